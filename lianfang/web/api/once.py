"""`Idempotency-Key`: the same request sent twice is done once and answered alike."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from typing import Annotated, Any

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from ninja import Header

from lianfang.engine.terms.errors import Conflict, Say
from lianfang.web.api import actions

Once = Annotated[
    str | None,
    Header(
        None, alias="Idempotency-Key", min_length=1, max_length=255, pattern=r"^[\x21-\x7e]+$",
        description="chosen by the program; the same key with the same body gives the same answer for 24 hours",
    ),
]  # fmt: skip
_KEPT = ("ETag", "Location", "Content-Type")
Answer = Callable[[], Any]


class AnotherBody(Conflict):
    """A key used before with other content."""

    http_code = 422


def at_once(request: HttpRequest, body: Any, do: Answer) -> HttpResponse:
    """Do a quick change once: the change and its answer are kept in one transaction, or neither is."""
    key = request.headers.get("Idempotency-Key")
    if key is None:
        with transaction.atomic():
            return do()
    with transaction.atomic():
        row, is_new = actions.claim(request.member, key, _digest(request, body))
        if not is_new:
            return _again(row, _digest(request, body))
        return _kept(row, do())


def slowly(request: HttpRequest, body: Any, do: Answer) -> HttpResponse:
    """Do a change once that takes seconds: the key is claimed first, so nobody waits on the database meanwhile.

    If the office is stopped half-way, the key says so until it expires: what became of it must be looked up.
    """
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return do()
    row, is_new = actions.claim(request.member, key, _digest(request, body))
    if not is_new:
        return _again(row, _digest(request, body))
    try:
        return _kept(row, do())
    except BaseException:
        actions.release(row)
        raise


def unkept(request: HttpRequest, body: Any, do: Answer) -> Any:
    """Answer a question that changes nothing: a key binds its body, the answer is made anew and kept nowhere."""
    key = request.headers.get("Idempotency-Key")
    if key is not None:
        asked = _digest(request, body)
        row, _ = actions.claim(request.member, key, asked)
        _same(row, asked)
    return do()


def _kept(row: Any, answer: HttpResponse) -> HttpResponse:
    headers = {name: answer.headers[name] for name in _KEPT if name in answer.headers}
    actions.keep(row, answer.status_code, answer.content.decode(), headers)
    return answer


def _again(row: Any, asked: str) -> HttpResponse:
    _same(row, asked)
    if row.number is None:
        raise Conflict(
            Say("同一请求还在办,或中途停下了", "the same request is under way, or was stopped half-way"), code="E-API-08",
            fix=Say("过一会再试;仍如此,查列表后换一个 Idempotency-Key",
                    "try again in a while; if it stays so, look into the list and take another Idempotency-Key"),
        )  # fmt: skip
    answer = HttpResponse(row.body, status=row.number)
    for name, value in row.headers.items():
        answer[name] = value
    answer["Idempotent-Replayed"] = "true"
    return answer


def _same(row: Any, asked: str) -> None:
    if row.asked != asked:
        raise AnotherBody(
            Say("这个 Idempotency-Key 已用于另一个请求", "this Idempotency-Key was used for another request"), code="E-API-07",
            fix=Say("每个新请求用一个新的", "take a new one for every new request"),
        )  # fmt: skip


def _digest(request: HttpRequest, body: Any) -> str:
    """Name a request without keeping it: the digest is keyed, for bodies hold texts about people."""
    plain = f"{request.method}\x00{request.path}\x00{body}".encode("utf-8", "surrogatepass")
    return hmac.new(settings.SECRET_KEY.encode(), b"once\x00" + plain, hashlib.sha256).hexdigest()
