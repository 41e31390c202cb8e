"""The rig itself notices what it is there to notice."""

from collections.abc import Callable

import pytest

from hosts.models import Host
from tests.browser.server import Server
from tests.browser.visitors import PHONE, Visitor

pytestmark = pytest.mark.browser


def test_the_landing_page_is_served_without_complaints(visitor: Callable[..., Visitor]):
    stranger = visitor()
    stranger.open("/")
    stranger.page.get_by_label("Meeting ID").wait_for()
    assert stranger.all_complaints() == []


def test_forbidden_scripts_and_missing_files_are_complaints(visitor: Callable[..., Visitor]):
    stranger = visitor()
    page = stranger.open("/")
    page.evaluate(
        """() => new Promise((done) => {
            const script = document.createElement("script");
            script.textContent = "window.ran = true";
            document.body.append(script);
            const picture = new Image();
            picture.onerror = () => setTimeout(done, 200);
            picture.src = "/static/nothing-here.png";
        })"""
    )
    complaints = stranger.all_complaints()
    assert any("CSP: script-src" in complaint for complaint in complaints)
    assert any("nothing-here.png" in complaint for complaint in complaints)
    stranger.complaints.clear()
    stranger.failed_loads.clear()


def test_a_barrier_is_found(visitor: Callable[..., Visitor]):
    stranger = visitor()
    page = stranger.open("/")
    page.evaluate("document.querySelector('label').remove()")
    assert "label" in stranger.barriers()


def test_what_sticks_out_is_found(visitor: Callable[..., Visitor]):
    stranger = visitor(viewport=PHONE)
    page = stranger.open("/")
    assert stranger.sideways() == ""
    page.evaluate("document.querySelector('h1').style.width = '700px'")
    assert "<h1" in stranger.sideways()


def test_a_host_is_signed_in(visitor: Callable[..., Visitor], alice: Host):
    page = visitor(alice).open("/host/")
    assert page.url.endswith("/host/")


def test_a_server_is_restarted(portal: Server, visitor: Callable[..., Visitor]):
    portal.restart()
    visitor().open("/healthz")
