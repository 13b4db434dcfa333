"""Addresses of the machines' room."""

from django.urls import path

from lianfang.web.api.rest import api

urlpatterns = [path("api/v1/", api.urls)]
