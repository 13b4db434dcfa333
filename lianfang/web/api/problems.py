"""Errors a program can read: RFC 9457, a stable code, both languages; the same for every answer under /api/."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI, Schema
from ninja.errors import AuthenticationError, HttpError, ValidationError

from lianfang.engine.terms.errors import LianfangError, Say
from lianfang.web.api.auth import NO_KEY, NO_KEY_FIX

KIND = "application/problem+json"
SEE = Say("对照 /api/v1/openapi.json", "see /api/v1/openapi.json")
_FAULT = Say("办公室内部出错,已记入日志", "something broke inside the office; it is in the log")
_WORDS = {
    400: ("E-API-02", Say("请求读不懂", "the request cannot be read"), SEE),
    404: ("E-API-03", Say("没有这个地址", "there is no such address"), SEE),
    405: ("E-API-04", Say("这个地址不接受这种方法", "this address takes another method"), SEE),
    413: ("E-API-05", Say("请求太大", "the request is too large"), Say("拆成几次", "send it in parts")),
    500: ("E-API-99", _FAULT, Say("稍后再试;带上 X-Request-Id 找管理员", "try again later; tell the administrator the X-Request-Id")),
}


class Problem(Schema):
    """What went wrong, as RFC 9457 says it; `code` is stable, words come in both languages."""

    type: str
    title: str
    title_en: str
    status: int
    code: str
    fix: str = ""
    fix_en: str = ""


WRONG: Any = dict.fromkeys((400, 401, 403, 404, 409, 412, 413, 422, 428, 503), Problem)
"""Every way an operation may refuse, for its description."""


def problem(code: str, say: Say, number: int, fix: Say | None = None) -> HttpResponse:
    """Make the answer that tells a problem."""
    told = Problem(type=f"urn:lianfang:problem:{code}", title=say.zh, title_en=say.en, status=number, code=code)
    if fix is not None:
        told.fix, told.fix_en = fix.zh, fix.en
    return HttpResponse(json.dumps(told.model_dump(), ensure_ascii=False), status=number, content_type=KIND)


def known(number: int) -> HttpResponse:
    """Make the answer for a number that says all there is to say."""
    code, say, fix = _WORDS[number]
    return problem(code, say, number, fix)


def tell(api: NinjaAPI) -> None:
    """Let an API answer every error in this house's form."""
    api.add_exception_handler(LianfangError, _told)
    api.add_exception_handler(AuthenticationError, _no_key)
    api.add_exception_handler(ValidationError, _misfit)
    api.add_exception_handler(HttpError, _unreadable)
    api.add_exception_handler(RequestDataTooBig, lambda request, wrong: known(413))
    api.add_exception_handler(Exception, _broken)


def _told(request: HttpRequest, wrong: Any) -> HttpResponse:
    return problem(wrong.code, wrong.say, wrong.http_code, wrong.fix)


def _no_key(request: HttpRequest, wrong: Any) -> HttpResponse:
    answer = problem("E-KEY-10", NO_KEY, 401, NO_KEY_FIX)
    answer["WWW-Authenticate"] = "Bearer"
    return answer


def _misfit(request: HttpRequest, wrong: Any) -> HttpResponse:
    where = "; ".join(".".join(map(str, one.get("loc", ()))) for one in wrong.errors[:5])[:300]
    return problem("E-API-01", Say(f"请求不合格式:{where}", f"the request does not fit: {where}"), 422, SEE)


def _unreadable(request: HttpRequest, wrong: Any) -> HttpResponse:
    return known(wrong.status_code if wrong.status_code in _WORDS else 400)


def _broken(request: HttpRequest, wrong: Any) -> HttpResponse:
    logging.getLogger("lianfang.fault").error("fault", exc_info=wrong)
    return known(500)


class Plain:
    """Turn what the building answers under /api/ (no such address, wrong method, a fault) into problems."""

    def __init__(self, answer: Callable[[HttpRequest], HttpResponse]) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = self.answer(request)
        if not request.path.startswith("/api/") or answer.status_code not in _WORDS:
            return answer
        if answer.headers.get("Content-Type") == KIND:
            return answer
        told = known(answer.status_code)
        if answer.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            told["Allow"] = answer.headers["Allow"]
        return told
