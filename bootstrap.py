"""Sets the portal up, with the standard library alone, and hands over to its commands.

Everything lands in the project's folder: uv in `.uv/`, Python packages in `.venv/`. This file must
run on whatever `python3` the machine has (3.8 and later): `requires-python` is for the rest.
"""

import configparser
import hashlib
import io
import os
import platform
import re
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
import zipfile
from importlib.util import find_spec
from pathlib import Path
from typing import Dict, Iterator, List, NoReturn, Optional, Sequence, Tuple

ROOT = Path(__file__).resolve().parent
UV_HOME = ROOT / ".uv"
UV_VERSION = "0.13.9"
OLDEST_UV = (0, 9)  # what reads our lock file
OLDEST_PYTHON = (3, 12)
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")  # Debian's, whom the machine trusts
SETTINGS = "meetingportal.settings"


def main(words: Sequence[str]) -> None:
    """Run `manage.py` with these words: `test` runs pytest, all others are Django's commands."""
    # Some machines switch bytecode off, and then every start compiles everything anew.
    os.environ["PYTHONDONTWRITEBYTECODE"] = ""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", SETTINGS)
    if words[:1] == ["test"]:
        python = sys.executable if in_environment() and find_spec("pytest") else set_up(dev=True)
        become([python, "-m", "pytest", *words[1:]])
    if not in_environment():
        become([set_up(dev=False), str(ROOT / "manage.py"), *words])
    from django.core.management import execute_from_command_line  # noqa: PLC0415 - there now

    execute_from_command_line(["manage.py", *words])


def environment() -> Path:
    """The virtual environment of the project, as uv would find it."""
    return ROOT / os.environ.get("UV_PROJECT_ENVIRONMENT", ".venv")


def in_environment() -> bool:
    return Path(sys.prefix).resolve() == environment().resolve()


def become(command: List[str]) -> NoReturn:
    sys.stdout.flush()
    os.chdir(str(ROOT))
    os.execv(command[0], command)  # noqa: S606 - no shell is meant


def set_up(dev: bool) -> str:
    """Install what uv.lock names; returns the environment's Python. Only tests need `dev`."""
    is_first_time = not environment().exists()
    uv = found_uv() or installed_uv()
    command = [uv, "sync", "--locked", "--project", str(ROOT)]
    command += [] if dev else ["--no-dev", "--inexact"]
    command += [] if is_first_time else ["--quiet"]
    if is_first_time:
        tell("Setting up in " + str(environment()) + " (once).")
    done = subprocess.run(command, env=environment_of_uv())
    if done.returncode != 0:
        stop(
            "Could not set up: Python {}.{} or later and the packages of uv.lock are needed. "
            "What failed stands above.".format(*OLDEST_PYTHON)
        )
    return str(environment() / "bin" / "python")


def environment_of_uv() -> Dict[str, str]:
    variables = {**os.environ, "UV_PYTHON_SEARCH_PATH": os.pathsep.join(python_folders())}
    if CERTIFICATES.exists():
        # uv brings certificates of its own, but a company's network may have others.
        variables.setdefault("UV_SYSTEM_CERTS", "true")
    return variables


def tell(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


def stop(sentence: str) -> NoReturn:
    tell(sentence)
    raise SystemExit(1)


# --- Where Pythons are ---------------------------------------------------------------------


def python_folders() -> List[str]:
    """Where uv looks for a Python: beside the one that runs this, in pyenv, on the PATH.

    pyenv's shims answer only for the selected version, so its versions are named one by one.
    """
    folders = []
    if sys.version_info[:2] >= OLDEST_PYTHON:
        folders.append(os.path.dirname(os.path.realpath(sys.executable)))
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    versions = [path for path in pyenv.glob("*") if re.fullmatch(r"\d+(\.\d+)+", path.name)]
    versions.sort(key=lambda path: version_of(path.name), reverse=True)
    folders += [str(path / "bin") for path in versions]
    return folders + os.environ.get("PATH", os.defpath).split(os.pathsep)


def version_of(text: str) -> Tuple[int, ...]:
    """The first dotted number in the text: (0, 13, 9) for "uv 0.13.9 (x86_64)"."""
    found = re.search(r"\d+(?:\.\d+)+", text)
    return tuple(int(part) for part in found.group().split(".")) if found else ()


# --- uv: found, or installed by pip, or fetched ----------------------------------------------


def found_uv() -> Optional[str]:
    """A uv that answers and is new enough: $UV, ours, or one on the PATH."""
    for candidate in (os.environ.get("UV"), str(UV_HOME / "bin" / "uv"), "uv"):
        if candidate and uv_version(candidate) >= OLDEST_UV:
            return candidate
    return None


def uv_version(command: str) -> Tuple[int, ...]:
    # Asking is the only way to know: a pyenv shim exists and fails.
    try:
        answer = subprocess.run(
            [command, "--version"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
    except OSError:
        return ()
    return version_of(answer.stdout.decode()) if answer.returncode == 0 else ()


def installed_uv() -> str:
    tell(f"Installing uv {UV_VERSION} into {UV_HOME}.")
    if not installed_by_pip():
        fetch_uv()
    uv = str(UV_HOME / "bin" / "uv")
    if not uv_version(uv):
        stop(f"uv was installed into {UV_HOME} but does not run on this machine.")
    return uv


def installed_by_pip() -> bool:
    """Let pip install it, with pip's own configuration; False where there is no pip."""
    if not find_spec("pip"):
        return False
    # `--target` is allowed where the system's Python is "externally managed".
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    command += ["--only-binary=:all:", "--upgrade", "--target", str(UV_HOME), "uv==" + UV_VERSION]
    quiet = {**os.environ, "PIP_ROOT_USER_ACTION": "ignore"}
    if subprocess.run(command, stdout=sys.stderr, env=quiet).returncode != 0:
        stop("Could not install uv; what pip says stands above.")
    return True


def fetch_uv() -> None:
    """Without pip: find the wheel in the package index, check its sum, take the binary out."""
    tags = wheel_tags()
    for index in indexes():
        try:
            wheel = wheel_in(index, tags)
            if wheel:
                keep_binary(checked(*wheel))
                return
        except (OSError, ValueError) as problem:
            tell(f"{without_password(index)}: {problem}")
    stop(
        "Could not install uv: there is no pip, and no package index here has "
        f"uv {UV_VERSION} for this machine. Install uv or pip, or name an index in "
        "UV_DEFAULT_INDEX."
    )


def wheel_tags() -> List[str]:
    """What the names of wheels for this machine contain."""
    machine = {"arm64": "aarch64", "AMD64": "x86_64"}.get(platform.machine(), platform.machine())
    libc = "manylinux" if platform.libc_ver()[0] == "glibc" else "musllinux"
    return [libc, machine]


def wheel_in(index: str, tags: Sequence[str]) -> Optional[Tuple[str, str]]:
    """The address of uv's wheel in the index and its SHA-256, by the index's page (PEP 503)."""
    page_address = index.rstrip("/") + "/uv/"
    page = download(page_address).decode("utf-8", "replace")
    for href in re.findall(r'href="([^"]+)"', page):
        address, _, mark = urllib.parse.urljoin(page_address, href).partition("#")
        name = urllib.parse.unquote(address.rsplit("/", 1)[-1])
        is_ours = name.startswith(f"uv-{UV_VERSION}-") and name.endswith(".whl")
        if is_ours and all(tag in name for tag in tags) and mark.startswith("sha256="):
            return address, mark[len("sha256=") :]
    return None


def checked(address: str, sha256: str) -> bytes:
    wheel = download(address)
    if hashlib.sha256(wheel).hexdigest() != sha256:
        raise ValueError("the wheel of uv is not what the index promised")
    return wheel


def keep_binary(wheel: bytes) -> None:
    target = UV_HOME / "bin" / "uv"
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name("uv.new")
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        name = next(name for name in archive.namelist() if name.endswith("/scripts/uv"))
        unfinished.write_bytes(archive.read(name))
    unfinished.chmod(0o755)
    unfinished.replace(target)


def download(address: str) -> bytes:
    """What is at the address, signed in with the name and password that it may contain."""
    parts = urllib.parse.urlsplit(address)
    opener = urllib.request.build_opener()
    if parts.username:
        passwords = urllib.request.HTTPPasswordMgrWithPriorAuth()
        address = without_password(address)
        user, password = urllib.parse.unquote(parts.username), parts.password or ""
        passwords.add_password(
            None, address, user, urllib.parse.unquote(password), is_authenticated=True
        )
        opener.add_handler(urllib.request.HTTPBasicAuthHandler(passwords))
    with opener.open(address, timeout=60) as answer:
        return bytes(answer.read())


def without_password(address: str) -> str:
    return re.sub(r"//[^/@]*@", "//", address)


# --- Which package index this machine uses -----------------------------------------------------

INDEX_VARIABLES = (
    "UV_DEFAULT_INDEX",
    "UV_INDEX",
    "UV_INDEX_URL",
    "PIP_INDEX_URL",
    "PIP_EXTRA_INDEX_URL",
)
INDEX_IN_UV_FILE = re.compile(r'^\s*(?:index-url|url)\s*=\s*"([^"]+)"', re.MULTILINE)
INDEX_IN_LOCK = re.compile(r'source = \{ registry = "([^"]+)" \}')


def indexes() -> List[str]:
    """As the machine is configured for uv or pip; else where uv.lock says packages come from."""
    found = [*of_variables(), *of_uv_files(), *of_pip_files(), *of_lock()]
    # An index in UV_INDEX may have a name before it: "name=address".
    return list(dict.fromkeys(re.sub(r"^\w+=", "", index) for index in found))


def of_variables() -> Iterator[str]:
    for name in INDEX_VARIABLES:
        yield from os.environ.get(name, "").split()


def of_uv_files() -> Iterator[str]:
    for path in (configuration() / "uv" / "uv.toml", Path("/etc/uv/uv.toml")):
        yield from INDEX_IN_UV_FILE.findall(text_of(path))


def of_pip_files() -> Iterator[str]:
    named = Path(os.environ.get("PIP_CONFIG_FILE", ""))
    users = [configuration() / "pip" / "pip.conf", Path.home() / ".pip" / "pip.conf"]
    for path in [named, *users, Path("/etc/pip.conf")]:
        config = configparser.RawConfigParser()
        try:
            config.read_string(text_of(path))
        except configparser.Error:
            continue
        for section in ("install", "global"):
            for option in ("index-url", "extra-index-url"):
                yield from config.get(section, option, fallback="").split()


def of_lock() -> Iterator[str]:
    yield from INDEX_IN_LOCK.findall(text_of(ROOT / "uv.lock"))[:1]


def configuration() -> Path:
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")


def text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        return ""
