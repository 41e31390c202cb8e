"""People with browsers of their own, and what their browsers complain of."""

import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, ConsoleMessage, Dialog, Page, Request, Response, expect

from hosts.models import Host

TAKES_PICTURES = bool(os.environ.get("PORTAL_PICTURES"))
SCREENSHOTS = settings.DATA_DIR / "screenshots"
PHONE = {"width": 360, "height": 800}
DESK = {"width": 1440, "height": 900}
PICTURE = {"width": 1120, "height": 700}
THEMES = ("light", "dark")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# What a theme changes; all else is the same in both.
RULES_OF_COLOUR = ["color-contrast", "link-in-text-block"]
RULES_IN = {"light": RULES, "dark": RULES_OF_COLOUR}
REPORT_VIOLATIONS = """
addEventListener("securitypolicyviolation", (event) =>
  reportViolation(`${event.violatedDirective} blocked ${event.blockedURI} (${event.sourceFile})`))
"""
STICKING_OUT = """() => {
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= width) return "";
  return "wider than the screen: " + [...document.querySelectorAll("body *")]
    .filter((element) => element.getBoundingClientRect().right > width + 1)
    .slice(0, 5).map((element) => element.outerHTML.slice(0, 120)).join("; ");
}"""

FADES_ARE_OVER = "Promise.allSettled(document.getAnimations().map((one) => one.finished))"

# Milliseconds. Nothing here is timed, and machines are busy at times; the console asks every 10 s,
# and a page that has lost its server waits up to 30 s between attempts.
PATIENCE = 60_000
ANSWERED_WITHIN = 10  # seconds
expect.set_options(timeout=PATIENCE)


def session_of(host: Host) -> str:
    client = Client()
    client.force_login(host)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


class Visitor:
    """Somebody with a browser. Whatever it complains of is kept, and fails the test."""

    def __init__(self, browser: Browser, address: str, **options: Any) -> None:
        options = {"viewport": DESK, "locale": "en-GB", "reduced_motion": "reduce"} | options
        self.context = browser.new_context(base_url=address, **options)
        self.context.set_default_timeout(PATIENCE)
        self.address = address
        self.complaints: list[str] = []
        self.failed_loads: dict[str, str] = {}
        self.documents: set[str] = set()
        self.context.expose_binding("reportViolation", self.on_violation)
        self.context.add_init_script(REPORT_VIOLATIONS)
        self.context.on("console", self.on_console)
        self.context.on("weberror", lambda error: self.complain(f"error: {error.error}"))
        self.context.on("dialog", self.on_dialog)
        self.context.on("response", self.on_response)
        self.under_way: set[Request] = set()
        self.context.on("request", lambda request: self.under_way.add(request))
        for end in ("requestfinished", "requestfailed"):
            self.context.on(end, lambda request: self.under_way.discard(request))
        self.page = self.context.new_page()

    def complain(self, complaint: str) -> None:
        self.complaints.append(f"{complaint} (on {self.page.url})")

    def on_violation(self, source: dict[str, Any], violation: str) -> None:
        self.complain(f"CSP: {violation}")

    def on_console(self, message: ConsoleMessage) -> None:
        if message.type != "error":
            return
        if message.text.startswith("Failed to load resource"):
            self.failed_loads[message.location["url"]] = message.text
        else:
            self.complain(f"console: {message.text}")

    def on_dialog(self, dialog: Dialog) -> None:
        self.complain(f"dialog: {dialog.message}")
        dialog.dismiss()

    def on_response(self, response: Response) -> None:
        if response.request.is_navigation_request():
            self.documents.add(response.url)
            if response.status >= 500:
                self.complain(f"{response.status}: {response.url}")

    def all_complaints(self) -> list[str]:
        """A page that answers 4xx says so itself; a missing script or picture is a fault."""
        loads = [
            f"{text} ({url})"
            for url, text in self.failed_loads.items()
            if url not in self.documents
        ]
        return self.complaints + loads

    @contextmanager
    def forgiven(self, *words: str) -> Iterator[None]:
        """Within, complaints with one of these words are expected (the server is gone, say)."""
        before = list(self.complaints), dict(self.failed_loads)
        yield
        complaints = [c for c in self.complaints if not any(word in c for word in words)]
        loads = {u: t for u, t in self.failed_loads.items() if not any(word in t for word in words)}
        self.complaints, self.failed_loads = before[0] + complaints[len(before[0]) :], loads

    def leave(self) -> None:
        """Close the browser, but not in the middle of a request.

        What the server still does for it would be done to the database of the next test.
        """
        until = time.monotonic() + ANSWERED_WITHIN
        while self.under_way and time.monotonic() < until:
            self.page.wait_for_timeout(20)  # in which Playwright hears of answers
        self.context.close()

    # --- What people do ------------------------------------------------------------------

    def sign_in_as(self, host: Host) -> "Visitor":
        """Signed in, as if by the form; the form has tests of its own."""
        cookie = {"name": settings.SESSION_COOKIE_NAME, "value": session_of(host)}
        self.context.add_cookies([{**cookie, "url": self.address}])
        return self

    def open(self, path: str) -> Page:
        self.page.goto(path)
        return self.page

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).first.click()

    def follow(self, name: str) -> None:
        self.page.get_by_role("link", name=name).first.click()

    def fill(self, label: str, text: str) -> None:
        """Fill in the field of this label; a required one has a star behind it."""
        self.page.get_by_label(re.compile(rf"^\s*{label}\s*\*?\s*$")).fill(text)

    def come_in(self, slug: str, code: str) -> None:
        """Open the meeting, be asked, type the code, and stand in it."""
        self.open(f"/m/{slug}/")
        self.is_asked_in(slug)
        self.type_code(code)
        self.is_in(slug)

    def type_code(self, code: str) -> None:
        self.fill("Access code", code)
        self.press("Join")

    # --- What people see -----------------------------------------------------------------

    def sees(self, text: str) -> None:
        expect(self.page.get_by_text(text).filter(visible=True).first).to_be_visible()

    def does_not_see(self, text: str) -> None:
        expect(self.page.locator("body")).not_to_contain_text(text)

    def is_in(self, slug: str, name: str = "") -> None:
        """Stands in the meeting; under this name, where one is given."""
        expect(self.page).to_have_url(re.compile(rf"/m/{slug}/(\?from=[\w-]+)?$"))
        if name:
            expect(self.page.locator(".meeting-name")).to_have_text(name)

    def is_asked_in(self, slug: str) -> None:
        """Stands before the code prompt of the meeting."""
        expect(self.page).to_have_url(re.compile(rf"/m/{slug}/join/"))
        expect(self.page.get_by_label("Access code", exact=True)).to_be_visible()

    # --- What is measured ----------------------------------------------------------------

    def show_in(self, theme: str) -> None:
        self.page.emulate_media(color_scheme=theme)
        # Half-way through a fade colours are neither the one nor the other.
        self.page.evaluate(FADES_ARE_OVER)

    def barriers(self) -> str:
        """What axe-core finds on this page, light and dark; "" is nothing."""
        found = ""
        for theme, rules in RULES_IN.items():
            self.show_in(theme)
            # Without the second, what is well would be described element by element, too.
            options = {"runOnly": rules, "resultTypes": ["violations"]}
            results = Axe().run(self.page, options=options)
            if results.violations_count:
                found += f"{theme}: {results.generate_report()}\n"
        return found

    def sideways(self) -> str:
        """What sticks out of the page sideways, so that one would have to scroll; "" is nothing."""
        return str(self.page.evaluate(STICKING_OUT))

    def take_pictures(self, name: str) -> None:
        """The page on a phone and on a desk, light and dark, for people who want to look at it."""
        if not TAKES_PICTURES:
            return
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        for size in (PHONE, DESK):
            self.page.set_viewport_size(size)
            for theme in THEMES:
                self.show_in(theme)
                path = SCREENSHOTS / f"{name}-{size['width']}-{theme}.png"
                self.page.screenshot(path=path, full_page=True)

    def take_picture(self, path: Path) -> None:
        """A picture for the README."""
        self.page.set_viewport_size(PICTURE)
        self.show_in("light")
        self.page.screenshot(path=path)
