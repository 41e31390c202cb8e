"""The map of sockets, as `urls` is that of pages."""

from typing import Any

from django.urls import URLPattern, path, re_path

from attendees.consumers import meeting_page, nowhere

page: Any = meeting_page  # Django's types know views; Channels' router calls ASGI applications
elsewhere: Any = nowhere

websocket_urlpatterns: list[URLPattern] = [
    path("live/<slug:slug>/", page),
    re_path(r"", elsewhere),
]
