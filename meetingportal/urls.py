"""The map of the site. Addresses are promises: others script against them."""

from allauth.account.decorators import secure_admin_login
from allauth.account.views import logout
from django.contrib import admin
from django.urls import include, path

from attendees.links.console import links_page
from materials import console_urls
from meetingportal import views

admin.site.site_header = "Meeting portal, for operators"
admin.site.site_title = "Meeting portal"
# Operators sign in as hosts do, with the same limits on guessing.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

# Links are materials, but whom they carry is known by the rosters.
materials_console = [*console_urls.urlpatterns, path("links/", links_page, name="links")]

urlpatterns = [
    path("healthz", views.alive, name="alive"),
    path("readyz", views.ready, name="ready"),
    path("", include("meetings.urls")),
    path("m/<slug:slug>/", include("attendees.urls")),
    path("host/", include("hosts.console_urls")),
    path("brand/", include("hosts.brand_urls")),
    path("host/meetings/", include("meetings.console_urls")),
    path("host/", include("attendees.overview.urls")),
    path("host/meetings/<slug:slug>/attendees/", include("attendees.roster.urls")),
    path("host/meetings/<slug:slug>/links/", include("attendees.links.urls")),
    path("host/meetings/<slug:slug>/", include("attendees.paths.urls")),
    path("host/meetings/<slug:slug>/", include((materials_console, "materials"))),
    path("api/v1/", include("attendees.api.urls")),
    path("accounts/", include("allauth.urls")),
    # Django's own would also end who this browser is in meetings.
    path("admin/logout/", logout),
    path("admin/", admin.site.urls),
]

handler400 = "meetingportal.views.bad_request"
handler404 = "meetingportal.views.not_found"
handler500 = "meetingportal.views.server_error"
handler429 = "hosts.sign_in.too_many_requests"  # where allauth looks for it
