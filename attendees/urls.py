from django.urls import path

from attendees import door

app_name = "attendees"
urlpatterns = [
    path("join/", door.join, name="join"),
    path("enter/", door.enter, name="enter"),
    path("leave/", door.leave_meeting, name="leave"),
    path("privacy/", door.privacy, name="privacy"),
]
