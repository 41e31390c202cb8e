"""A bare Django view, as Django serves it: so many look-ups by primary key, and no template."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "meetingportal.settings")
django.setup()

from django.conf import settings  # noqa: E402 - once Django is set up
from django.core.handlers.asgi import ASGIHandler  # noqa: E402
from django.http import HttpRequest, HttpResponse  # noqa: E402
from django.urls import path  # noqa: E402

from meetings.models import Meeting  # noqa: E402


def alive(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok")


def look_up(request: HttpRequest, queries: int) -> HttpResponse:
    for number in range(queries):
        Meeting.objects.filter(pk=number).first()
    return HttpResponse("ok")


urlpatterns = [path("healthz", alive), path("bare/<int:queries>/", look_up)]

settings.MIDDLEWARE = []
settings.ROOT_URLCONF = __name__
application = ASGIHandler()
