from django.urls import path

from materials import console

app_name = "materials"
urlpatterns = [
    path("materials/", console.materials, name="materials"),
    path("materials/new/", console.new_material, name="new"),
    path("materials/<uuid:material_id>/edit/", console.edit_material, name="edit"),
    path("materials/<uuid:material_id>/remove/", console.remove_material, name="remove"),
    path("materials/<uuid:material_id>/publish/", console.publish_material, name="publish"),
    path("materials/<uuid:material_id>/withdraw/", console.withdraw_material, name="withdraw"),
    path("materials/<uuid:material_id>/move/", console.move_material, name="move"),
    path("links/<uuid:material_id>/accept/", console.accept_link, name="accept"),
    path("links/<uuid:material_id>/decline/", console.decline_link, name="decline"),
    path("links/<uuid:material_id>/back/", console.add_link_back, name="back"),
]
