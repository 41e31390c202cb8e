from django.urls import path

from hosts import access_console, brand_console, views

app_name = "hosts"
urlpatterns = [
    path("workspaces/", views.workspaces, name="workspaces"),
    path("workspaces/new/", views.new_workspace, name="new_workspace"),
    path("workspaces/<int:pk>/", views.workspace, name="workspace"),
    path("workspaces/<int:pk>/rename/", views.rename_workspace, name="rename_workspace"),
    path("workspaces/<int:pk>/look/", brand_console.look, name="look"),
    path("workspaces/<int:pk>/look/colour/", brand_console.set_colour, name="set_colour"),
    path("workspaces/<int:pk>/look/logo/", brand_console.set_logo, name="set_logo"),
    path("workspaces/<int:pk>/look/logo/remove/", brand_console.remove_logo, name="remove_logo"),
    path("workspaces/<int:pk>/leave/", views.leave_workspace, name="leave_workspace"),
    path("workspaces/<int:pk>/invite/", views.invite_member, name="invite"),
    path(
        "workspaces/<int:pk>/invitations/<int:invitation>/withdraw/",
        views.withdraw_invitation,
        name="withdraw_invitation",
    ),
    path("workspaces/<int:pk>/members/<int:member>/role/", views.change_role, name="change_role"),
    path(
        "workspaces/<int:pk>/members/<int:member>/remove/",
        views.remove_member,
        name="remove_member",
    ),
    path("workspaces/<int:pk>/access/", access_console.access_of_others, name="access"),
    path("workspaces/<int:pk>/access/tokens/", access_console.new_token, name="new_token"),
    path(
        "workspaces/<int:pk>/access/tokens/<int:api_token>/revoke/",
        access_console.revoke_token,
        name="revoke_token",
    ),
    path("workspaces/<int:pk>/access/keys/", access_console.new_key, name="new_key"),
    path(
        "workspaces/<int:pk>/access/keys/<int:key_id>/remove/",
        access_console.remove_key,
        name="remove_key",
    ),
    path("invitations/<str:token>/", views.invitation, name="invitation"),
    path("profile/", views.profile, name="profile"),
]
