"""The portal for ASGI servers: pages and, below `/live/`, sockets."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "meetingportal.settings")
django.setup()

# The imports below need configured apps.
from asgiref.typing import ASGI3Application  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from channels.security.websocket import OriginValidator  # noqa: E402
from channels.sessions import SessionMiddlewareStack  # noqa: E402
from django.conf import settings  # noqa: E402

from attendees.routing import websocket_urlpatterns  # noqa: E402
from meetingportal.handler import OneHopHandler  # noqa: E402
from meetingportal.rootpath import pinned  # noqa: E402

application: ASGI3Application = pinned(
    ProtocolTypeRouter(
        {
            "http": OneHopHandler(),
            "websocket": OriginValidator(
                SessionMiddlewareStack(URLRouter(websocket_urlpatterns)),
                settings.SOCKET_ORIGINS,
            ),
        }
    )
)
