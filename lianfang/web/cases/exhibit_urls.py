"""Addresses of exhibits and court packages, and of a regulator's door."""

from django.urls import path

from lianfang.web.cases import door_views, package_views
from lianfang.web.cases import exhibit_views as views

urlpatterns = [
    path("exhibits", views.exhibits, name="cases-exhibits"),
    path("exhibits/add", views.add, name="cases-exhibit-add"),
    path("exhibits/<uuid:code>", views.exhibit, name="cases-exhibit"),
    path("exhibits/<uuid:code>/read", views.read, name="cases-exhibit-read"),
    path("exhibits/<uuid:code>/verify", views.verify, name="cases-exhibit-verify"),
    path("exhibits/<uuid:code>/hold", views.hold, name="cases-exhibit-hold"),
    path("exhibits/<uuid:code>/redact", views.redact, name="cases-exhibit-redact"),
    path("exhibits/<uuid:code>/copy", views.add_copy, name="cases-exhibit-copy"),
    path("exhibits/<uuid:code>/stamp", views.stamp, name="cases-exhibit-stamp"),
    path("exhibits/<uuid:code>/ask-removal", views.ask_removal, name="cases-exhibit-ask-removal"),
    path("exhibits/<uuid:code>/remove", views.remove, name="cases-exhibit-remove"),
    path("packages", package_views.packages, name="cases-packages"),
    path("packages/<uuid:code>", package_views.package, name="cases-package"),
    path("packages/<uuid:code>/zip", package_views.take, name="cases-package-take"),
    path("doors", door_views.doors, name="cases-doors"),
    path("doors/<uuid:code>/close", door_views.close, name="cases-door-close"),
    path("doors/<uuid:code>/looks", door_views.looks, name="cases-door-looks"),
    path("door", door_views.rows, name="cases-behind"),
    path("door/rings/<uuid:code>", door_views.ring, name="cases-behind-ring"),
    path("holds/<uuid:code>/release", views.release, name="cases-hold-release"),
]
