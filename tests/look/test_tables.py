"""Tables say the same to those who read the headings and to those who read cards."""

import re

import pytest
from django.conf import settings

TEMPLATES = sorted((settings.BASE_DIR / "templates").rglob("*.html"))
TABLE = re.compile(r"<thead>(.*?)</thead>\s*<tbody.*?>(.*?)</tbody>", re.DOTALL)
HEADING = re.compile(r'<th scope="col"[^>]*>(.*?)</th>', re.DOTALL)
CELL = re.compile(r"<t[dh]\b(?P<attributes>[^>]*)>", re.DOTALL)
LABEL = re.compile(r'data-label="([^"]*)"')


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_each_labelled_cell_stands_under_its_heading(template) -> None:
    for head, body in TABLE.findall(template.read_text()):
        headings = [re.sub(r"<[^>]*>", "", heading).strip() for heading in HEADING.findall(head)]
        first_row = body.partition("</tr>")[0]
        cells = [cell["attributes"] for cell in CELL.finditer(first_row)]
        if len(cells) != len(headings):
            continue  # cells that come by turns, or several rows in one
        for heading, attributes in zip(headings, cells, strict=True):
            label = LABEL.search(attributes)
            assert label is None or label[1] == heading, f"“{label[1]}” stands under “{heading}”"
