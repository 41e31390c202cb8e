"""All settings, from PORTAL_* environment variables; each is explained in the README's table."""

import secrets
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import django_stubs_ext
import environ
from django.utils.csp import CSP
from redis.exceptions import ConnectionError

from meetingportal.pooled import look_at

# Generic classes such as ModelForm[Meeting] are written as the type checker reads them.
django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

DEBUG = env.bool("PORTAL_DEBUG", default=False)

# Where the embedded database, uploaded files and the generated secret live.
DATA_DIR = Path(env.str("PORTAL_DATA_DIR", default=str(BASE_DIR / "var")))
DATA_DIR.mkdir(parents=True, exist_ok=True)


def kept_secret(path: Path) -> str:
    """The secret of this installation: made at the first start, then read back."""
    try:
        with path.open("x") as file:
            path.chmod(0o600)
            file.write(secrets.token_urlsafe(50))
    except FileExistsError:
        pass
    return path.read_text()


SECRET_KEY = env.str("PORTAL_SECRET_KEY", default="") or kept_secret(DATA_DIR / "secret-key")
SECRET_KEY_FALLBACKS = env.list("PORTAL_SECRET_KEY_FALLBACKS", default=[])

# --- Where the portal is reached ---------------------------------------------------------

SITE_URL = env.str("PORTAL_SITE_URL", default="http://127.0.0.1:8000").rstrip("/")
_site = urlsplit(SITE_URL)
_LOOPBACK = ["127.0.0.1", "localhost", "[::1]"]
_site_host = f"[{_site.hostname}]" if ":" in (_site.hostname or "") else (_site.hostname or "")
_site_port = _site.port or (443 if _site.scheme == "https" else 80)
SITE_IS_SECURE = _site.scheme == "https"

ALLOWED_HOSTS = _LOOPBACK if _site_host in _LOOPBACK else [_site_host]
ALLOWED_HOSTS = [*ALLOWED_HOSTS, *env.list("PORTAL_EXTRA_HOSTS", default=[])]
# Sockets are accepted from these origins only: scheme, host and port, exactly.
SOCKET_ORIGINS = [f"{_site.scheme}://{host}:{_site_port}" for host in ALLOWED_HOSTS]
CSRF_TRUSTED_ORIGINS = [SITE_URL] if SITE_IS_SECURE else []

# The address of a client is read from this header, and only where the peer is one of these.
TRUSTED_PROXIES = env.list("PORTAL_TRUSTED_PROXIES", default=[])
CLIENT_ADDRESS_HEADER = env.str("PORTAL_CLIENT_ADDRESS_HEADER", default="X-Real-IP")

# --- Parts -------------------------------------------------------------------------------

INSTALLED_APPS = [
    "daphne",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "channels",
    "crispy_forms",
    "crispy_bootstrap5",
    "django_htmx",
    "js_lib_bootstrap5",
    "lucide",
    "meetingportal",
    "hosts",
    "meetings",
    "materials",
    "attendees",
]

MIDDLEWARE = [
    "meetingportal.middleware.client_address",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "meetingportal.middleware.private_pages",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "meetingportal.middleware.refused_methods",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "hosts.middleware.host_time_zone",
    "hosts.middleware.refused_account_forms",
    "attendees.middleware.AdmissionMiddleware",
]

ROOT_URLCONF = "meetingportal.urls"
ASGI_APPLICATION = "meetingportal.asgi.application"
WSGI_APPLICATION = "meetingportal.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.csp",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]
CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Database ----------------------------------------------------------------------------

DATABASE_URL = env.str("PORTAL_DATABASE_URL", default="") or f"sqlite:///{DATA_DIR}/portal.sqlite3"
DATABASES: dict[str, dict[str, Any]] = {"default": env.db_url_config(DATABASE_URL)}
_database = DATABASES["default"]
_database["CONN_MAX_AGE"] = 0
if _database["ENGINE"] == "django.db.backends.sqlite3":
    # IMMEDIATE: a transaction that reads and then writes never fails as "locked" half-way.
    # synchronous=FULL: what was answered survives a power cut.
    _database["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": (
            "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;PRAGMA temp_store=MEMORY;"
            "PRAGMA mmap_size=134217728;PRAGMA journal_size_limit=27103364;"
            "PRAGMA cache_size=-16000;"
        ),
    }
else:
    _database["OPTIONS"] = {
        "pool": {
            "min_size": 1,
            "max_size": env.int("PORTAL_DATABASE_POOL", default=8),
            "timeout": 10,
            # A database that was restarted has ended all of them; nobody need notice.
            "check": look_at,
        },
        # One that has vanished from the network is given up within seconds.
        "connect_timeout": 5,
        "tcp_user_timeout": 10_000,
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        # Statements stay with the server where that is asked for (`Prepared`), and only there.
        "prepare_threshold": 10**9,
        # Without jit: PostgreSQL guesses high what rights cost, and would compile for seconds what
        # runs in milliseconds. Nor does it merge: where few of many attendees have come in, it
        # would walk through all of them for each page. A `Prepared` statement is planned once.
        "options": (
            "-c lock_timeout=10s -c idle_in_transaction_session_timeout=60s -c jit=off"
            " -c enable_mergejoin=off -c plan_cache_mode=force_generic_plan"
        ),
    }

# --- Live pages, cache, sessions -----------------------------------------------------------

REDIS_URL = env.str("PORTAL_REDIS_URL", default="")
CHANNEL_LAYERS: dict[str, dict[str, Any]]
# A Redis that was restarted has ended our connections; nobody need notice.
ONCE_MORE: dict[str, Any] = {"retry_on_error": [ConnectionError]}
if REDIS_URL:
    CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            # Without socket_timeout=None an idle subscription dies after seconds (redis-py 8).
            "CONFIG": {"hosts": [{"address": REDIS_URL, "socket_timeout": None, **ONCE_MORE}]},
        }
    }
    CACHES = {
        "default": {
            "BACKEND": "meetingportal.cache.RedisOrProcess",
            "LOCATION": REDIS_URL,
            "OPTIONS": {**ONCE_MORE, "socket_timeout": 2, "socket_connect_timeout": 2},
        }
    }
else:
    CHANNEL_LAYERS = {
        "default": {"BACKEND": "channels.layers.InMemoryChannelLayer", "CONFIG": {"capacity": 5000}}
    }
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
            "OPTIONS": {"MAX_ENTRIES": 10_000},
        }
    }

SESSION_ENGINE = "meetingportal.sessions"
SESSION_COOKIE_NAME = "__Host-sessionid" if SITE_IS_SECURE else "sessionid"
SESSION_COOKIE_AGE = int(timedelta(days=14).total_seconds())
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SITE_IS_SECURE
CSRF_COOKIE_NAME = "__Host-csrftoken" if SITE_IS_SECURE else "csrftoken"
CSRF_COOKIE_HTTPONLY = False
DEVICE_COOKIE_NAME = "__Host-device" if SITE_IS_SECURE else "device"
CSRF_FAILURE_VIEW = "meetingportal.views.refused_form"

# --- Hosts -------------------------------------------------------------------------------

AUTH_USER_MODEL = "hosts.Host"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
SIGNUP_OPEN = env.bool("PORTAL_SIGNUP_OPEN", default=True)
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/host/"
ACCOUNT_ADAPTER = "hosts.sign_in.PortalAccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_FORMS = {
    "login": "hosts.sign_in_forms.LoginForm",
    "signup": "hosts.sign_in_forms.SignUpForm",
    "add_email": "hosts.sign_in_forms.AddEmailForm",
    "change_password": "hosts.sign_in_forms.ChangePasswordForm",
    "set_password": "hosts.sign_in_forms.SetPasswordForm",
    "reset_password": "hosts.sign_in_forms.ResetPasswordForm",
    "reset_password_from_key": "hosts.sign_in_forms.ResetPasswordKeyForm",
    "reauthenticate": "hosts.sign_in_forms.ReauthenticateForm",
}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_UNIQUE_EMAIL = True
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = True
ACCOUNT_SESSION_REMEMBER = True
PASSWORD_RESET_TIMEOUT = int(timedelta(hours=1).total_seconds())
# Who the browser is in meetings (attendees.browsers) outlives the host's session.
SESSION_KEYS_KEPT_AT_SIGN_OUT = ["browser"]
ACCOUNT_DEFAULT_HTTP_PROTOCOL = _site.scheme

# --- Mail --------------------------------------------------------------------------------

EMAIL_URL = env.str("PORTAL_EMAIL_URL", default="")
if EMAIL_URL:
    _mail = env.email_url_config(EMAIL_URL)
    MAILERS = {
        "default": {
            "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
            "OPTIONS": {
                "host": _mail["EMAIL_HOST"],
                "port": _mail["EMAIL_PORT"],
                "username": _mail["EMAIL_HOST_USER"] or "",
                "password": _mail["EMAIL_HOST_PASSWORD"] or "",
                "use_tls": _mail.get("EMAIL_USE_TLS", False),
                "use_ssl": _mail.get("EMAIL_USE_SSL", False),
                "timeout": 20,
            },
        }
    }
else:
    # No mail server: every mail is a file that the operator can read and pass on.
    MAILERS = {
        "default": {
            "BACKEND": "meetingportal.mail_files.MailFiles",
            "OPTIONS": {"file_path": str(DATA_DIR / "mail")},
        }
    }
# Without a mail server nobody could confirm an address, so nobody is asked to.
ACCOUNT_EMAIL_VERIFICATION = "mandatory" if EMAIL_URL else "none"
DEFAULT_FROM_EMAIL = env.str(
    "PORTAL_FROM_EMAIL", default=f"Meeting portal <portal@{_site.hostname or 'localhost'}>"
)

# --- Files, limits -------------------------------------------------------------------------

MEGABYTE = 1024 * 1024
MAX_FILE_SIZE = env.int("PORTAL_MAX_FILE_MB", default=25) * MEGABYTE
MAX_ROSTER_SIZE = env.int("PORTAL_MAX_ROSTER_MB", default=20) * MEGABYTE
MAX_ROSTER_ROWS = env.int("PORTAL_MAX_ROSTER_ROWS", default=200_000)
# What the process that imports a large list may take; it is ended where it takes more.
IMPORT_SECONDS = env.int("PORTAL_IMPORT_SECONDS", default=300)
IMPORT_MEMORY = env.int("PORTAL_IMPORT_MEMORY_MB", default=2048) * MEGABYTE
WRONG_CODES_PER_ADDRESS = env.int("PORTAL_WRONG_CODES_PER_ADDRESS", default=30)
WRONG_CODES_PER_MEETING = env.int("PORTAL_WRONG_CODES_PER_MEETING", default=1000)
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * MEGABYTE
MEDIA_ROOT = DATA_DIR / "files"
STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT.mkdir(exist_ok=True)
_collected = (STATIC_ROOT / "staticfiles.json").exists() and not DEBUG
_collecting = "collectstatic" in sys.argv[1:2]
# A server without `collectstatic` serves the same files straight from the parts.
WHITENOISE_USE_FINDERS = not _collected
WHITENOISE_AUTOREFRESH = DEBUG
WHITENOISE_ALLOW_ALL_ORIGINS = False  # no other site has any business with them
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if _collected or _collecting
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}

# --- Language and time ---------------------------------------------------------------------

LANGUAGE_CODE = "en"
USE_I18N = True
USE_TZ = True
TIME_ZONE = env.str("PORTAL_TIME_ZONE", default="UTC")

# --- What browsers are told ----------------------------------------------------------------

SECURE_CSP = {
    "default-src": [CSP.SELF],
    "script-src": [CSP.SELF, CSP.NONCE],
    "style-src": [CSP.SELF, CSP.NONCE],
    "img-src": [CSP.SELF, "data:"],
    "connect-src": [CSP.SELF],
    "object-src": [CSP.NONE],
    "base-uri": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
    "form-action": [CSP.SELF],
}
SILENCED_SYSTEM_CHECKS = [
    "security.W005",  # whether sister hosts speak https, too, is not ours to say
    "security.W008",  # the reverse proxy redirects to https (deploy/nginx.conf)
    "security.W021",
]
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 31_536_000 if SITE_IS_SECURE else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        "django.request": {"level": "ERROR"},
        # Whoever scans addresses asks for hosts that are none; each time would be a traceback.
        "django.security.DisallowedHost": {"level": "CRITICAL"},
        "portal": {"level": "INFO"},
    },
}
