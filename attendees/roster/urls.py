from django.urls import path

from attendees.roster import console

app_name = "roster"
urlpatterns = [
    path("", console.attendees, name="attendees"),
    path("new/", console.new_attendee, name="new"),
    path("import/", console.import_list, name="import"),
    path("import/<uuid:upload_id>/", console.preview, name="preview"),
    path("import/<uuid:upload_id>/problems/", console.wrong_rows_of, name="problems"),
    path("import/<uuid:upload_id>/undo/", console.undo_import, name="undo"),
    path("imports/", console.history, name="history"),
    path("cards/", console.code_cards, name="cards"),
    path("personal-links/", console.personal_links, name="personal_links"),
    path("from-another-meeting/", console.from_another, name="from_another"),
    path("export/", console.export, name="export"),
    path("<int:attendee_id>/", console.edit_attendee, name="edit"),
    path("<int:attendee_id>/remove/", console.remove_attendee, name="remove"),
]
