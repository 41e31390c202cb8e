from django.urls import path

from attendees.roster.console import attendees, files, imports, previewing, uploading

app_name = "roster"
urlpatterns = [
    path("", attendees.attendees, name="attendees"),
    path("new/", attendees.new_attendee, name="new"),
    path("import/", uploading.import_list, name="import"),
    path("import/<uuid:upload_id>/", previewing.preview, name="preview"),
    path("import/<uuid:upload_id>/problems/", previewing.wrong_rows_of, name="problems"),
    path("import/<uuid:upload_id>/undo/", imports.undo_import, name="undo"),
    path("imports/", imports.history, name="history"),
    path("cards/", files.code_cards, name="cards"),
    path("personal-links/", files.personal_links, name="personal_links"),
    path("from-another-meeting/", uploading.from_another, name="from_another"),
    path("export/", files.export, name="export"),
    path("<int:attendee_id>/", attendees.edit_attendee, name="edit"),
    path("<int:attendee_id>/remove/", attendees.remove_attendee, name="remove"),
]
