"""The map of the site. Addresses are promises: others script against them."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path

from meetingportal import views

admin.site.site_header = "Meeting portal, for operators"
admin.site.site_title = "Meeting portal"
# Operators sign in as hosts do, with the same limits on guessing.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

urlpatterns = [
    path("healthz", views.alive, name="alive"),
    path("readyz", views.ready, name="ready"),
    path("", include("meetings.urls")),
    path("m/<slug:slug>/", include("attendees.urls")),
    path("host/", include("hosts.console_urls")),
    path("host/", include("attendees.overview_urls")),
    path("host/meetings/", include("meetings.console_urls")),
    path("host/meetings/<slug:slug>/attendees/", include("attendees.console_urls")),
    path("host/meetings/<slug:slug>/", include("materials.console_urls")),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
]
