"""The start page, which belongs to no session and so to no namespace."""

from django.urls import path

from sessions.views.public import Home

urlpatterns = [path("", Home.as_view(), name="home")]
