from django.urls import path

from attendees.overview import console
from attendees.room_map import console as room_map
from attendees.rooms import console as rooms
from attendees.rooms import together_console as together

app_name = "overview"
urlpatterns = [
    path("", console.meetings, name="meetings"),
    path("workspaces/<int:pk>/map/", room_map.workspace_map, name="map"),
    path("meetings/<slug:slug>/", console.meeting, name="meeting"),
    path("meetings/<slug:slug>/people/", console.people, name="people"),
    path("meetings/<slug:slug>/qr.svg", console.qr_code, name="qr"),
    path("meetings/<slug:slug>/rooms/new/", rooms.new_rooms, name="new_rooms"),
    path("meetings/<slug:slug>/together/", together.together, name="together"),
    path("meetings/<slug:slug>/together/start/", together.start_together, name="start_together"),
    path("meetings/<slug:slug>/together/end/", together.end_together, name="end_together"),
    path(
        "meetings/<slug:slug>/together/duplicate/",
        together.duplicate_together,
        name="duplicate_together",
    ),
]
