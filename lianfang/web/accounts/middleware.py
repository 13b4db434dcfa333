"""Before every view: who is asking, in which role, and whether they have duties first."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from allauth.usersessions.middleware import UserSessionsMiddleware
from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from lianfang.engine.terms import clock
from lianfang.web.accounts import access

# Where somebody may go before their duties are done: sign-in, password, second factor, sign-out.
_DUTY_ROOMS = ("account/", "language", "static/", "health")


class SeenAt:
    """Keep when a session was last seen, once a minute: a page that only reads must not wait for a writer."""

    EVERY, MOST_KEPT = timedelta(minutes=1), 10_000

    def __init__(self, answer: Callable[[HttpRequest], HttpResponse]) -> None:
        self.answer, self.note = answer, UserSessionsMiddleware(answer)
        self.seen: dict[tuple[str | None, ...], datetime] = {}

    def __call__(self, request: HttpRequest) -> HttpResponse:
        told = request.META
        # Another address or browser is noted at once, whatever the minute.
        key = (request.session.session_key, told.get("REMOTE_ADDR"), told.get("HTTP_USER_AGENT"))
        at = clock.now()
        if key[0] is None or (key in self.seen and at < self.seen[key] + self.EVERY):
            return self.answer(request)
        if len(self.seen) >= self.MOST_KEPT:
            self.seen.clear()
        self.seen[key] = at
        answered: HttpResponse = self.note(request)
        return answered


class WhoAsks:
    """Give every request its `member`; nobody gets past without one, save where the door is open."""

    def __init__(self, answer: Callable[[HttpRequest], HttpResponse]) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.member, request.memberships = None, []
        if request.user.is_authenticated:
            chosen = request.session.get("membership")
            request.memberships = access.memberships_of(request.user)
            request.member = access.chosen_of(request.memberships, chosen)
        return self.answer(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], given: Any, named: Any
    ) -> HttpResponse | None:
        """Send strangers to sign in and people to their duties, before any view runs."""
        at = request.path.lstrip("/")
        if getattr(view, "is_open", False) or at.startswith(_DUTY_ROOMS) or at.startswith("api/"):
            return None
        if not request.user.is_authenticated:
            return _sign_in(request)
        if request.member is None:
            return None  # the door of the view says so
        return _duty(request)


def _sign_in(request: HttpRequest) -> HttpResponse:
    """Send a stranger to sign in; a part of a page that refreshes itself takes the whole page along."""
    if not request.headers.get("HX-Request"):
        return redirect_to_login(request.get_full_path())
    answer = HttpResponse(status=204)
    answer["HX-Redirect"] = settings.LOGIN_URL
    return answer


def _duty(request: HttpRequest) -> HttpResponse | None:
    if request.user.must_change_password:
        return HttpResponseRedirect(reverse("account_change_password"))
    if settings.LIANFANG_REQUIRE_TOTP and not _has_second_factor(request):
        return HttpResponseRedirect(reverse("mfa_activate_totp"))
    return None


def _has_second_factor(request: HttpRequest) -> bool:
    if request.session.get("second_factor") == request.user.pk:
        return True
    from allauth.mfa.utils import is_mfa_enabled

    held = bool(is_mfa_enabled(request.user))
    if held:
        request.session["second_factor"] = request.user.pk
    return held
