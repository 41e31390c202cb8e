from django.urls import path

from attendees.paths import console

app_name = "paths"
urlpatterns = [
    path("arrivals/", console.arrivals, name="arrivals"),
    path("paths/", console.report, name="report"),
    path("paths/people/<int:attendee_id>/", console.person, name="person"),
    path("paths/moves/", console.moves, name="moves"),
    path("paths/attendance.csv", console.attendance_csv, name="attendance_csv"),
    path("paths/attendance.xlsx", console.attendance_xlsx, name="attendance_xlsx"),
    path("paths/moves.csv", console.moves_csv, name="moves_csv"),
    path("walk/", console.walk, name="walk"),
]
