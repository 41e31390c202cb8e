from django.urls import path

from attendees import repairs_console

app_name = "links"
urlpatterns = [
    path("repairs/<uuid:repair_id>/", repairs_console.repaired, name="repaired"),
    path("<slug:other>/repair/<slug:act>/", repairs_console.repair, name="repair"),
    path("<slug:other>/people/<slug:outcome>/", repairs_console.people, name="people"),
    path("<slug:other>/people/<slug:outcome>/csv/", repairs_console.people_csv, name="people_csv"),
]
