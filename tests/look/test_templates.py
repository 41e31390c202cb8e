"""What every template promises to the Content-Security-Policy, and to who reads it."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.template.loader import get_template

TEMPLATES = Path(settings.BASE_DIR) / "templates"
STATIC = Path(settings.BASE_DIR) / "static" / "portal"
LONGEST_MODULE = 150  # lines
COMMENT = re.compile(r"{#.*?#}|{% comment.*?endcomment %}", re.DOTALL)

pages = sorted(str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*.html"))
modules = sorted(path.name for path in STATIC.glob("*.js"))


def text_of(name: str) -> str:
    return COMMENT.sub("", (TEMPLATES / name).read_text())


@pytest.mark.parametrize("name", pages)
def test_template_has_no_inline_script_style_or_handler(name: str) -> None:
    text = text_of(name)
    scripts = re.findall(r"<script\b[^>]*>", text)
    assert [tag for tag in scripts if "src=" not in tag and "application/json" not in tag] == []
    assert re.findall(r"<style\b", text) == []
    assert re.findall(r"\sstyle\s*=", text) == []
    assert re.findall(r"\son[a-z]+\s*=\s*[\"']", text) == []
    assert re.findall(r"[\"']\s*javascript:", text, re.IGNORECASE) == []


@pytest.mark.parametrize("name", pages)
def test_static_files_of_template_exist(name: str) -> None:
    named = re.findall(r"{%\s*static\s+['\"]([^'\"]+)['\"]", text_of(name))
    assert [path for path in named if finders.find(path) is None] == []


@pytest.mark.parametrize("name", pages)
def test_template_fetches_nothing_from_other_sites(name: str) -> None:
    assert (
        re.findall(r"<(?:script|link|img|iframe)\b[^>]*(?:src|href)=[\"']https?:", text_of(name))
        == []
    )


@pytest.mark.parametrize("name", pages)
def test_template_can_be_read_by_django(name: str) -> None:
    get_template(name)


@pytest.mark.parametrize("name", modules)
def test_module_is_short_and_stands_alone(name: str) -> None:
    text = (STATIC / name).read_text()
    assert len(text.splitlines()) <= LONGEST_MODULE
    assert (
        re.findall(r"^\s*import\b|\bimport\(|\beval\(|new Function\(|document\.write", text, re.M)
        == []
    )


@pytest.mark.parametrize("path", sorted(STATIC.glob("*.css")), ids=lambda path: path.name)
def test_style_sheet_fetches_nothing_from_other_sites(path: Path) -> None:
    assert re.findall(r"url\((?!\s*[\"']?data:)|@import", path.read_text()) == []
