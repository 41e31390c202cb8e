"""Setting up, on machines that lack one thing or another."""

import ast
import hashlib
import io
import os
import sys
import threading
import zipfile
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

import bootstrap

SOURCE = (bootstrap.ROOT / "bootstrap.py").read_text()


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with nothing of ours on it: no uv, no pip, no configuration."""
    for name in [*bootstrap.INDEX_VARIABLES, "UV", "PIP_CONFIG_FILE", "PYENV_ROOT"]:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    monkeypatch.setattr(bootstrap, "UV_HOME", tmp_path / ".uv")
    return tmp_path


@pytest.fixture
def index(tmp_path: Path) -> Iterator[str]:
    """A package index on this machine that has a wheel of uv."""
    wheel = wheel_of_uv(prints=f"uv {bootstrap.UV_VERSION}")
    name = f"uv-{bootstrap.UV_VERSION}-py3-none-{'_'.join(bootstrap.wheel_tags())}.whl"
    folder = tmp_path / "index" / "uv"
    folder.mkdir(parents=True)
    (folder / name).write_bytes(wheel)
    sha256 = hashlib.sha256(wheel).hexdigest()
    (folder / "index.html").write_text(f'<a href="{name}#sha256={sha256}">{name}</a>')
    handler = partial(QuietHandler, directory=str(folder.parent))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def wheel_of_uv(*, prints: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("uv.data/scripts/uv", f"#!/bin/sh\necho '{prints}'\n")
    return buffer.getvalue()


def executable(path: Path, script: str) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(script)
    path.chmod(0o755)
    return str(path)


def test_it_is_written_for_old_pythons():
    ast.parse(SOURCE, feature_version=(3, 8))


def test_it_needs_the_standard_library_alone():
    imported = {
        (node.module or "").split(".")[0] if isinstance(node, ast.ImportFrom) else name.name
        for node in ast.parse(SOURCE).body
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in node.names
    }
    assert {name.split(".")[0] for name in imported} <= sys.stdlib_module_names


def test_it_names_no_package_index():
    assert "://" not in SOURCE


def test_a_uv_that_answers_is_taken_from_the_path(machine: Path):
    executable(machine / "bin" / "uv", "#!/bin/sh\necho uv 99.0.0\n")
    assert bootstrap.found_uv() == "uv"


def test_a_uv_that_only_exists_is_passed_over(machine: Path):
    executable(machine / "bin" / "uv", "#!/bin/sh\nexit 127\n")  # as pyenv's shims do
    assert bootstrap.found_uv() is None


def test_a_uv_that_is_too_old_is_passed_over(machine: Path):
    executable(machine / "bin" / "uv", "#!/bin/sh\necho uv 0.1.0\n")
    assert bootstrap.found_uv() is None


def test_without_pip_uv_comes_from_the_configured_index(
    machine: Path, index: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("PIP_INDEX_URL", index)
    bootstrap.fetch_uv()
    assert bootstrap.found_uv() == str(machine / ".uv" / "bin" / "uv")


def test_a_wheel_that_is_not_as_promised_is_refused(
    machine: Path, index: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("PIP_INDEX_URL", index)
    monkeypatch.setattr(bootstrap, "ROOT", machine)  # no other index
    wheel = next((machine / "index" / "uv").glob("*.whl"))
    wheel.write_bytes(wheel_of_uv(prints="uv 99.0.0 of somebody else"))
    with pytest.raises(SystemExit):
        bootstrap.fetch_uv()
    assert "not what the index promised" in capsys.readouterr().err
    assert not (machine / ".uv" / "bin" / "uv").exists()


def test_without_any_index_it_says_what_to_do(
    machine: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(bootstrap, "ROOT", machine)
    with pytest.raises(SystemExit):
        bootstrap.fetch_uv()
    assert "Install uv or pip, or name an index" in capsys.readouterr().err


def test_indexes_are_asked_as_the_machine_is_configured(
    machine: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("UV_INDEX", "ours=https://one.example/simple")
    files = {
        "uv/uv.toml": '[[index]]\nurl = "https://two.example/simple"\n',
        "pip/pip.conf": "[global]\nindex-url = https://three.example/simple\n",
    }
    for name, text in files.items():
        (machine / "config" / name).parent.mkdir(parents=True)
        (machine / "config" / name).write_text(text)
    assert bootstrap.indexes()[:3] == [
        "https://one.example/simple",
        "https://two.example/simple",
        "https://three.example/simple",
    ]


def test_a_password_of_an_index_is_not_shown():
    shown = bootstrap.without_password("https://user:secret@index.example/simple")
    assert shown == "https://index.example/simple"


def test_pyenv_versions_are_searched_newest_first(machine: Path):
    for version in ("3.9.1", "3.13.0", "3.12.10", "system-link"):
        (machine / ".pyenv" / "versions" / version / "bin").mkdir(parents=True)
    pyenv = str(machine / ".pyenv")
    of_pyenv = [folder for folder in bootstrap.python_folders() if folder.startswith(pyenv)]
    versions = [Path(folder).parent.name for folder in of_pyenv]
    assert versions == ["3.13.0", "3.12.10", "3.9.1"]


def test_uv_trusts_whom_the_machine_trusts(machine: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("UV_SYSTEM_CERTS", raising=False)
    monkeypatch.setattr(bootstrap, "CERTIFICATES", machine / "certificates")
    assert "UV_SYSTEM_CERTS" not in bootstrap.environment_of_uv()
    (machine / "certificates").touch()
    assert bootstrap.environment_of_uv()["UV_SYSTEM_CERTS"] == "true"
    monkeypatch.setenv("UV_SYSTEM_CERTS", "false")
    assert bootstrap.environment_of_uv()["UV_SYSTEM_CERTS"] == "false"


def test_a_failed_set_up_ends_with_a_sentence(
    machine: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
):
    script = '#!/bin/sh\n[ "$1" = --version ] && echo uv 99.0.0 && exit 0\nexit 2\n'
    executable(machine / "bin" / "uv", script)
    monkeypatch.setenv("PATH", f"{machine / 'bin'}{os.pathsep}/bin")
    monkeypatch.setenv("UV_PROJECT_ENVIRONMENT", str(machine / "nothing"))
    with pytest.raises(SystemExit):
        bootstrap.set_up(dev=False)
    assert "Could not set up: Python 3.12 or later" in capfd.readouterr().err
