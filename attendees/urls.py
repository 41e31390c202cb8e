from django.urls import path

from attendees import door, live_views, views

app_name = "attendees"
urlpatterns = [
    path("", views.meeting, name="meeting"),
    path("materials/", views.materials, name="materials"),
    path("materials/<uuid:material_id>/", views.follow_material, name="follow"),
    path("people/", views.people, name="people"),
    path("live/", live_views.live, name="live"),
    path("join/", door.join, name="join"),
    path("enter/", door.enter, name="enter"),
    path("signed/", door.signed, name="signed"),
    path("leave/", door.leave_meeting, name="leave"),
    path("privacy/", door.privacy, name="privacy"),
]
