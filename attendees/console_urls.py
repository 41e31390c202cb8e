from django.urls import path

from attendees import console

app_name = "roster"
urlpatterns = [
    path("", console.attendees, name="attendees"),
    path("new/", console.new_attendee, name="new"),
    path("import/", console.import_list, name="import"),
    path("import/<uuid:upload_id>/", console.preview, name="preview"),
    path("import/<uuid:upload_id>/problems/", console.wrong_rows_of, name="problems"),
    path("imports/", console.history, name="history"),
    path("export/", console.export, name="export"),
    path("<int:attendee_id>/", console.edit_attendee, name="edit"),
    path("<int:attendee_id>/remove/", console.remove_attendee, name="remove"),
]
