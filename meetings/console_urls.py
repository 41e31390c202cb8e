from django.urls import path

from meetings import console

app_name = "meetings"
urlpatterns = [
    path("new/", console.new_meeting, name="new"),
    path("<slug:slug>/settings/", console.settings, name="settings"),
    path("<slug:slug>/start/", console.start, name="start"),
    path("<slug:slug>/end/", console.end, name="end"),
    path("<slug:slug>/reopen/", console.reopen, name="reopen"),
    path("<slug:slug>/archive/", console.archive, name="archive"),
    path("<slug:slug>/take-back/", console.take_back, name="take_back"),
    path("<slug:slug>/duplicate/", console.duplicate, name="duplicate"),
    path("<slug:slug>/cohosts/add/", console.add_cohost, name="cohost_add"),
    path("<slug:slug>/cohosts/<int:host_id>/remove/", console.remove_cohost, name="cohost_remove"),
]
