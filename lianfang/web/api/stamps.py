"""Answers with an ETag, and changes that must name the ETag they were made on."""

from __future__ import annotations

import hashlib
import json
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Header

from lianfang.engine.terms.errors import Conflict, Say

IfMatch = Annotated[
    str | None, Header(None, alias="If-Match", max_length=400, description="the ETag of the row as it was read; required")
]


class Unstamped(Conflict):
    """A change that does not say on which state it was made."""

    http_code = 428


class Outdated(Conflict):
    """A change made on a state that is no longer so."""

    http_code = 412


def _plain(shown: Any) -> str:
    return json.dumps(shown, ensure_ascii=False, sort_keys=True, default=str)


def tag(shown: Any) -> str:
    """Make the ETag of what is shown of a row."""
    return f'"{hashlib.sha256(_plain(shown).encode()).hexdigest()[:32]}"'


def answer(request: HttpRequest, shown: Any, number: int = 200, where: str = "") -> HttpResponse:
    """Answer with a row and its ETag; `304` where the asker has it already."""
    made = tag(shown)
    if request.method == "GET" and made in request.headers.get("If-None-Match", ""):
        told = HttpResponse(status=304)
    else:
        text = json.dumps(shown, ensure_ascii=False, default=str)
        told = HttpResponse(text, status=number, content_type="application/json")
    told["ETag"] = made
    if where:
        told["Location"] = where
    return told


def must_match(request: HttpRequest, shown: Any) -> None:
    """Refuse a change that names no ETag, or another than the row has now.

    Raises:
        Unstamped: E-API-10, without If-Match.
        Outdated: E-API-11, the row has changed since it was read.
    """
    given = request.headers.get("If-Match", "").strip()
    again = Say("先读取这一行,把它的 ETag 放进 If-Match", "read the row and send its ETag as If-Match")
    if not given:
        raise Unstamped(Say("缺少 If-Match", "If-Match is missing"), code="E-API-10", fix=again)
    if given != "*" and tag(shown) not in [one.strip() for one in given.split(",")]:
        raise Outdated(Say("这一行在您读取之后变了", "the row has changed since you read it"), code="E-API-11", fix=again)
