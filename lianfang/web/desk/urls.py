"""Addresses of the desk."""

from django.urls import path

from lianfang.web.desk import views

urlpatterns = [
    path("", views.home, name="desk-home"),
    path("log", views.entries, name="desk-log"),
    path("log/<uuid:code>/proof", views.proof, name="desk-log-proof"),
    path("log/<uuid:code>/leaf", views.leaf, name="desk-log-leaf"),
]
