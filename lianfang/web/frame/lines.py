"""Log lines a program reads, without personal data: one JSON object a line.

A line has the name of the route, never the address: addresses hold codes of rows. It has no query, no body, no
header, no address of the asker, no user; who did what stands in the evidence log. A fault is told by its type and
where it came through, not by its message, since messages quote values. What other libraries log is told by its
template, not by what was filled in.
"""

from __future__ import annotations

import json
import logging
import re
import time
import traceback
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse

from lianfang.web.frame.gauges import COUNTS

_OURS = "lianfang"
_LONG = re.compile(r"\d{5,}")
_FRAMES = 12
log = logging.getLogger("lianfang.request")
# Asked every few seconds by machines; counted, not told.
_QUIET = ("site-health", "site-health-live", "site-health-ready", "site-metrics")


class Line(logging.Formatter):
    """Write a record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """Give the line."""
        told: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname, "logger": record.name, "event": _event(record),
            "from": f"{record.module}:{record.lineno}",
        }  # fmt: skip
        told |= getattr(record, "told", {})
        if record.exc_info and record.exc_info[0] is not None:
            told["fault"] = _fault(record.exc_info[1])
        return json.dumps(told, ensure_ascii=False)


def _event(record: logging.LogRecord) -> str:
    if record.name.split(".")[0] == _OURS or record.args:
        return _LONG.sub("…", str(record.msg))
    return "(left out: a message already filled in)"


def _fault(wrong: BaseException | None) -> dict[str, Any]:
    if wrong is None:
        return {}
    frames = traceback.extract_tb(wrong.__traceback__)[-_FRAMES:]
    cause = wrong.__cause__ or (None if wrong.__suppress_context__ else wrong.__context__)
    told = {
        "type": f"{type(wrong).__module__}.{type(wrong).__qualname__}",
        "through": [f"{one.filename.rpartition('site-packages/')[2]}:{one.lineno} {one.name}" for one in frames],
    }
    return {**told, "because": _fault(cause)} if cause is not None else told


def watch(answer: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Give every request a number of its own, count it, and tell of it in one line."""

    def watched(request: HttpRequest) -> HttpResponse:
        number, began = uuid.uuid4().hex[:16], time.perf_counter()
        request.number = number  # type: ignore[attr-defined]
        COUNTS.began()
        code = 500
        try:
            response = answer(request)
            code = response.status_code
            response["X-Request-Id"] = number
            return response
        finally:
            seconds = time.perf_counter() - began
            route = route_of(request)
            COUNTS.ended(route, request.method or "", code, seconds)
            if route not in _QUIET:
                told = {"request": number, "route": route, "method": request.method, "code": code, "ms": round(seconds * 1000, 1)}
                log.info("answered", extra={"told": told})

    return watched


def route_of(request: HttpRequest) -> str:
    """Name the route of a request; addresses nobody has share one name."""
    match = request.resolver_match
    if match is not None:
        return match.view_name or "unnamed"
    return "static" if request.path.startswith("/static/") else "none"
