from django.urls import path

from attendees import paths_console

app_name = "paths"
urlpatterns = [
    path("arrivals/", paths_console.arrivals, name="arrivals"),
    path("paths/", paths_console.report, name="report"),
    path("paths/people/<int:attendee_id>/", paths_console.person, name="person"),
    path("paths/moves/", paths_console.moves, name="moves"),
    path("paths/attendance.csv", paths_console.attendance_csv, name="attendance_csv"),
    path("paths/attendance.xlsx", paths_console.attendance_xlsx, name="attendance_xlsx"),
    path("paths/moves.csv", paths_console.moves_csv, name="moves_csv"),
    path("walk/", paths_console.walk, name="walk"),
]
