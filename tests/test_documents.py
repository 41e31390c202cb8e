"""What the documents say is so."""

import re
import shlex
from pathlib import Path

from django.conf import settings
from django.core.management import get_commands, load_command_class

from attendees.management.commands.demo import DAPHNE

ROOT: Path = settings.BASE_DIR
README = (ROOT / "README.md").read_text()
SETTING = re.compile(r'env\.\w+\(\s*"(PORTAL_\w+)"')


def table_below(heading: str) -> list[str]:
    """The first cells of the table in this section, without their backticks."""
    section = README.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return re.findall(r"^\| `([^`]+)`", section, re.MULTILINE)


def test_the_table_has_exactly_the_settings_that_are_read():
    read = SETTING.findall((ROOT / "meetingportal" / "settings.py").read_text())
    assert sorted(table_below("Settings")) == sorted(read)


def test_no_other_module_reads_the_environment():
    apps = ("meetingportal", "hosts", "meetings", "materials", "attendees")
    reading = {
        str(path.relative_to(ROOT))
        for app in apps
        for path in (ROOT / app).rglob("*.py")
        if re.search(r"\benviron\b|getenv", path.read_text())
    }
    # The demonstration passes its environment on to the server.
    assert reading - {"meetingportal/asgi.py", "meetingportal/wsgi.py"} == {
        "meetingportal/settings.py",
        "attendees/management/commands/demo.py",
    }


def test_the_commands_of_the_table_exist():
    named = {row.split()[0] for row in table_below("Commands")[1:6]}
    assert named - {"test"} <= set(get_commands())


def test_the_commands_of_the_table_take_the_options_that_it_names():
    taken = {
        (name, option)
        for name in ("demo", "importattendees")
        for option in load_command_class("attendees", name)
        .create_parser("manage.py", name)
        ._option_string_actions
    }
    named = {
        (row.split()[0], option)
        for row in table_below("Commands")
        for option in re.findall(r"\[(--[\w-]+)", row)
    }
    assert len(named) == 6
    assert named <= taken


def test_all_files_that_the_documents_link_to_exist():
    for document in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md"):
        links = re.findall(r"\]\((?!http)([^)#]+)\)", (ROOT / document).read_text())
        assert [link for link in links if not (ROOT / link).exists()] == []


def test_every_way_to_serve_gives_daphne_the_same_limits():
    for file in ("deploy/systemd/meeting-portal@.service", "deploy/docker/start"):
        text = (ROOT / file).read_text().replace("\\\n", " ")
        line = next(line for line in text.splitlines() if "-m daphne" in line)
        assert [word for word in shlex.split(line) if word.startswith("--")] == list(DAPHNE)


def test_every_way_to_serve_tidies_daily():
    for file in ("systemd/meeting-portal-tidy.service", "docker/compose.yaml"):
        assert ".venv/bin/python manage.py tidy" in (ROOT / "deploy" / file).read_text()


def test_units_are_shut_in_alike():
    units = ROOT / "deploy" / "systemd"
    shut_in = [
        (units / name).read_text().partition("NoNewPrivileges=")[2].partition("\n\n[Install]")[0]
        for name in ("meeting-portal@.service", "meeting-portal-tidy.service")
    ]
    assert "SystemCallFilter=" in shut_in[0]
    assert shut_in[0].strip() == shut_in[1].strip()


def test_nginx_lets_through_what_the_portal_takes():
    conf = (ROOT / "deploy" / "nginx.conf").read_text()
    sizes = {
        path: int(size)
        for path, size in re.findall(
            r"location (\S+) \{\s+client_max_body_size (\d+)m;", conf, re.MULTILINE
        )
    }
    uploads = max(settings.MAX_FILE_SIZE, settings.MAX_ROSTER_SIZE)
    assert sizes["/host/"] * settings.MEGABYTE > uploads
    assert sizes["/api/"] * settings.MEGABYTE >= settings.DATA_UPLOAD_MAX_MEMORY_SIZE


def test_the_tree_on_the_map_exists():
    map_of_tree = README.split("## Map of the tree")[1].split("```")[1]
    names = re.findall(r"^((?:[\w.]+/? )+)", map_of_tree, re.MULTILINE)
    assert all((ROOT / name).exists() for row in names for name in row.split())


def test_in_ci_no_two_write_into_one_file():
    """Else what a server logs stands in the middle of what the tests say."""
    run = (ROOT / ".ci" / "run").read_text()
    written = re.findall(r'(?:>|tee |data=|DATA_DIR=)"\$scratch/([\w.]+)"', run)
    assert {"sqlite.log", "postgresql.log", "redis.log"} <= set(written)
    assert sorted(written) == sorted(set(written))
