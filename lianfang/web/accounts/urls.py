"""Addresses about people."""

from django.urls import path

from lianfang.web.accounts import views

urlpatterns = [
    path("me", views.me, name="accounts-me"),
    path("me/role", views.switch, name="accounts-role-switch"),
    path("people", views.people, name="accounts-people"),
    path("people/<uuid:code>/end", views.end, name="accounts-person-end"),
    path("people/<uuid:code>/reset", views.reset, name="accounts-person-reset"),
    path("institutions", views.institutions, name="accounts-institutions"),
    path("keys", views.keys, name="accounts-keys"),
    path("keys/<uuid:code>/revoke", views.revoke, name="accounts-key-revoke"),
    path("visits", views.visits, name="accounts-visits"),
    path("visits/<uuid:code>/release", views.release, name="accounts-meter-release"),
]
