"""Addresses of the building."""

from django.urls import path

from lianfang.web.frame import views

urlpatterns = [path("language", views.language, name="frame-language-choose")]
