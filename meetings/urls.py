from django.urls import path

from meetings import views

urlpatterns = [
    path("", views.landing, name="landing"),
]
