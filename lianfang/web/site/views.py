"""Health, and the sign-in pages this house offers."""

from __future__ import annotations

from typing import Any

from allauth.account import views as account
from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import include, path

from lianfang.web.accounts.door import open_to_all
from lianfang.web.site.errors import not_found


@open_to_all
def health(request: HttpRequest) -> HttpResponse:
    """Say that the office stands and reaches its database."""
    with connection.cursor() as asked:
        asked.execute("select 1")
    return JsonResponse({"ok": True})


def account_addresses() -> list[Any]:
    """Give the sign-in pages offered here; nobody signs up or mails themselves a password."""
    return [
        path("login/", account.login, name="account_login"),
        path("logout/", account.logout, name="account_logout"),
        path("inactive/", account.account_inactive, name="account_inactive"),
        path("reauthenticate/", account.reauthenticate, name="account_reauthenticate"),
        path("password/", account.password_change, name="account_change_password"),
        path("signup/", open_to_all(lambda request: not_found(request)), name="account_signup"),
        path("reset/", open_to_all(lambda request: not_found(request)), name="account_reset_password"),
        path("2fa/", include("allauth.mfa.urls")),
        path("sessions/", include("allauth.usersessions.urls")),
        *(_provider_addresses() if settings.LIANFANG_OIDC else ()),
    ]


def _provider_addresses() -> list[Any]:
    """Give the addresses of signing in through a provider; nobody signs up or ties accounts there themselves."""
    shut = ["login_cancelled", "login_error", "signup", "connections"]
    return [
        *(path(f"provider/{name}/", open_to_all(lambda request: not_found(request)), name=f"socialaccount_{name}") for name in shut),
        path("", include("allauth.socialaccount.providers.openid_connect.urls")),
    ]
