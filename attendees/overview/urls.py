from django.urls import path

from attendees.overview import console
from attendees.room_map import console as room_map
from attendees.rooms import console as rooms

app_name = "overview"
urlpatterns = [
    path("", console.meetings, name="meetings"),
    path("workspaces/<int:pk>/map/", room_map.workspace_map, name="map"),
    path("meetings/<slug:slug>/", console.meeting, name="meeting"),
    path("meetings/<slug:slug>/people/", console.people, name="people"),
    path("meetings/<slug:slug>/qr.svg", console.qr_code, name="qr"),
    path("meetings/<slug:slug>/rooms/new/", rooms.new_rooms, name="new_rooms"),
    path("meetings/<slug:slug>/together/", rooms.together, name="together"),
    path("meetings/<slug:slug>/together/start/", rooms.start_together, name="start_together"),
    path("meetings/<slug:slug>/together/end/", rooms.end_together, name="end_together"),
    path(
        "meetings/<slug:slug>/together/duplicate/",
        rooms.duplicate_together,
        name="duplicate_together",
    ),
]
