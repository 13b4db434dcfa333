"""From errors to answers: one class, one HTTP code, the same three lines everywhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse

from lianfang.engine.terms.errors import DefinitionError, LianfangError, Say
from lianfang.web.frame.page import page

_GONE = Say("没有这个页面,或者不归您看", "there is no such page, or it is not yours")
_CSRF = Say("页面放得太久,表单已失效", "the page was open too long and its form is stale")
_FAULT = Say("办公室内部出错,已记入日志", "something broke inside the office; it is in the log")


class Told:
    """Turn every error of the house into a page that says what, where and what next."""

    def __init__(self, answer: Callable[[HttpRequest], HttpResponse]) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.answer(request)

    def process_exception(self, request: HttpRequest, wrong: Exception) -> HttpResponse | None:
        """Answer an error of the house; any other goes on to the 500 page."""
        return told(request, wrong) if isinstance(wrong, LianfangError) else None


def told(request: HttpRequest, wrong: LianfangError) -> HttpResponse:
    """Make the page of an error."""
    faults = wrong.faults if isinstance(wrong, DefinitionError) else ()
    return page(
        request, "frame/wrong.html", wrong.http_code, say=wrong.say, fix=wrong.fix, code=wrong.code,
        faults=faults, number=wrong.http_code,
    )  # fmt: skip


def not_found(request: HttpRequest, exception: Any = None) -> HttpResponse:
    """Answer for an address nobody has."""
    return page(request, "frame/wrong.html", 404, say=_GONE, fix=_BACK, code="E-PAGE-01", number=404)


def forbidden(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer for a form without its token."""
    return page(request, "frame/wrong.html", 403, say=_CSRF, fix=_AGAIN, code="E-PAGE-02", number=403)


def broken(request: HttpRequest) -> HttpResponse:
    """Answer for a fault of ours."""
    return page(request, "frame/wrong.html", 500, say=_FAULT, fix=_AGAIN, code="E-PAGE-03", number=500)


_BACK = Say("回到工作台", "go back to the desk")
_AGAIN = Say("返回上一页,刷新后再试", "go back, reload and try again")
