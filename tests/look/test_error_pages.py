"""The pages for when something went wrong need nothing that may itself be broken."""

import pytest
from django.template.loader import render_to_string
from django.test import Client


@pytest.mark.parametrize("name", ["400", "403", "403_csrf", "404", "413", "429", "500"])
def test_page_renders_without_request_and_database(name: str) -> None:
    page = render_to_string(f"{name}.html")
    assert page.count("<h1>") == 1
    assert "</html>" in page


def test_unknown_address_is_a_calm_404(db: None) -> None:
    answer = Client().get("/no/such/page/")
    assert answer.status_code == 404
    assert "There is nothing here" in answer.text
