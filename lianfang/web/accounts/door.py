"""The door of a view: which permission opens it, said where the view stands and read by the access tests."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from lianfang.engine.terms.errors import NotAllowed, Say
from lianfang.web.accounts.act import require
from lianfang.web.accounts.permissions import Permission

View = TypeVar("View", bound=Callable[..., HttpResponse])


def door(permission: Permission | None, *methods: str) -> Callable[[View], View]:
    """Let in who holds the permission; None lets in everybody who signed in."""

    def wrap(view: View) -> View:
        @wraps(view)
        def entered(request: HttpRequest, *given: Any, **named: Any) -> HttpResponse:
            if request.member is None:  # type: ignore[attr-defined]
                raise NotAllowed(
                    Say("您的账户没有在任何机构任职,或已停用", "you hold no role at any institution, or it has ended"),
                    code="E-ACCESS-02", fix=Say("请找本机构管理员", "ask your administrator"),
                )  # fmt: skip
            if permission is not None:
                require(request.member, permission)  # type: ignore[attr-defined]
            return view(request, *given, **named)

        guarded = require_http_methods([*methods] or ["GET", "HEAD"])(entered)
        guarded.door = permission
        guarded.methods = methods or ("GET",)
        return guarded  # type: ignore[no-any-return]

    return wrap


def open_to_all(view: View) -> View:
    """Let in strangers: sign-in, health, the language switch."""
    view.is_open = True  # type: ignore[attr-defined]
    return view
