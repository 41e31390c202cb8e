"""People with browsers, as tests speak of them."""

from urllib.parse import urlencode

from django.test import Client
from django.utils.html import escape

from meetings.models import Meeting


class Browser(Client):
    """A browser in which somebody types codes and follows links."""

    def type_code(self, meeting: Meeting, code: str, came_from: Meeting | None = None) -> int:
        """Send the code prompt's form; the status of the answer."""
        query = f"?{urlencode({'from': came_from.slug})}" if came_from else ""
        return self.post(f"/m/{meeting.slug}/join/{query}", {"code": code}).status_code

    def name_in(self, meeting: Meeting, came_from: Meeting | None = None) -> str | None:
        """Open the meeting page: the name shown as one's own, or None where a code is asked."""
        query = f"?{urlencode({'from': came_from.slug})}" if came_from else ""
        answer = self.get(f"/m/{meeting.slug}/{query}")
        if answer.status_code == 302:
            assert answer["Location"].startswith(f"/m/{meeting.slug}/join/")
            return None
        assert answer.status_code == 200
        name = str(answer.context["name"])
        assert escape(name) in answer.content.decode()
        return name

    def follow(self, source: Meeting, target: Meeting) -> str | None:
        """Click the link to the target on the source's Materials tab, as `name_in`."""
        material = source.materials.get(target=target)
        answer = self.get(f"/m/{source.slug}/materials/{material.pk}/")
        assert answer.status_code == 302, answer.status_code
        assert answer["Location"] == f"/m/{target.slug}/?from={source.slug}"
        return self.name_in(target, came_from=source)

    def asked_why(self, meeting: Meeting, came_from: Meeting | None = None) -> str:
        """The sentence with which the code prompt explains itself, or ""."""
        query = f"?{urlencode({'from': came_from.slug})}" if came_from else ""
        answer = self.get(f"/m/{meeting.slug}/join/{query}")
        assert answer.status_code == 200
        return answer.context["reason"]
