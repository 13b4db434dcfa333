"""Who may come in through a provider: only people an administrator has entered here, by their user name."""

from __future__ import annotations

from typing import Any

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.conf import settings
from django.http import HttpRequest

from lianfang.engine.terms.errors import Say
from lianfang.web.accounts import access
from lianfang.web.frame.page import page

_STRANGER = Say("这里没有您的账户", "there is no account of yours here")
_ASK = Say("请本机构管理员先开立账户,用户名与统一登录一致", "ask your administrator to enter you here under the same user name")


class Adapter(DefaultSocialAccountAdapter):
    """Sign-in through a provider, for a closed house."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        """Say that an administrator enters people."""
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """Let in whom we know; tie a provider's person to a user the first time, and to no other after."""
        if sociallogin.is_existing:
            return
        told = sociallogin.account.extra_data
        claims = told.get("id_token") or told.get("userinfo") or told
        user = access.standing_user(str(claims.get(settings.LIANFANG_OIDC_CLAIM, "")))
        # Whoever is tied to one person of the provider is not given to a second one of the same name.
        if user is None or user.socialaccount_set.exists():
            raise ImmediateHttpResponse(page(request, "frame/wrong.html", 403, say=_STRANGER, fix=_ASK, code="E-ACCESS-04", number=403))
        sociallogin.connect(request, user)

    def on_authentication_error(self, request: HttpRequest, provider: Any, *given: Any, **named: Any) -> None:
        """Say that the provider let nobody in."""
        failed = Say("统一登录没有成功", "signing in through the provider failed")
        again = Say("回到登录页再试", "go back to the sign-in page and try again")
        raise ImmediateHttpResponse(page(request, "frame/wrong.html", 403, say=failed, fix=again, code="E-ACCESS-05", number=403))
