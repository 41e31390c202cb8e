from django.urls import path

from attendees.api import views
from attendees.api.calls import resource

app_name = "api"
urlpatterns = [
    path("openapi.json", views.openapi, name="openapi"),
    path(
        "meetings/",
        resource(get=views.list_meetings, post=views.create_meeting),
        name="meetings",
    ),
    path("meetings/<str:slug>/", resource(get=views.get_meeting), name="meeting"),
    path("meetings/<str:slug>/start/", resource(post=views.start_meeting), name="start"),
    path("meetings/<str:slug>/end/", resource(post=views.end_meeting), name="end"),
    path("meetings/<str:slug>/roster/", resource(post=views.upsert_roster), name="roster"),
    path(
        "meetings/<str:slug>/links/",
        resource(get=views.list_links, post=views.create_link),
        name="links",
    ),
    path("meetings/<str:slug>/attendance/", resource(get=views.get_attendance), name="attendance"),
    path("<path:rest>", views.unknown, name="unknown"),
]
