from django.urls import path

from attendees import overview

app_name = "overview"
urlpatterns = [
    path("", overview.meetings, name="meetings"),
    path("meetings/<slug:slug>/", overview.meeting, name="meeting"),
    path("meetings/<slug:slug>/people/", overview.people, name="people"),
    path("meetings/<slug:slug>/qr.svg", overview.qr_code, name="qr"),
]
