from django.urls import path

from attendees.repairs import console as repairs

app_name = "links"
urlpatterns = [
    path("repairs/<uuid:repair_id>/", repairs.repaired, name="repaired"),
    path("<slug:other>/repair/<slug:act>/", repairs.repair, name="repair"),
    path("<slug:other>/people/<slug:outcome>/", repairs.people, name="people"),
    path("<slug:other>/people/<slug:outcome>/csv/", repairs.people_csv, name="people_csv"),
]
