"""The door when it is full: so many are served at once, so many wait a while, the rest are told to come back."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from lianfang.web.frame.gauges import COUNTS

RETRY_SECONDS = 2
# A live check takes milliseconds and a program waits for it: so many never stand in line behind pages.
_QUICK, _QUICK_AT_ONCE = "/api/v1/check", 2
# Probes and files are answered however full it is: they take no slot and no database.
_FREE = ("/health", "/metrics", "/static/")
_PROBLEM = {
    "type": "urn:lianfang:problem:E-API-98", "title": "现在太忙,请稍后再试", "title_en": "too busy just now; come back in a moment",
    "status": 503, "code": "E-API-98", "fix": "按 Retry-After 的秒数等待", "fix_en": "wait for the seconds of Retry-After",
}  # fmt: skip
_PAGE = """<!doctype html><html lang="zh-Hans"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>太忙 Busy</title><h1>现在太忙,请稍后再试</h1><p>没有做任何改动。两秒后刷新本页。 [E-API-98]</p>
<h2 lang="en">Too busy just now</h2><p lang="en">Nothing was changed. Reload this page in two seconds.</p></html>"""


class Gate:
    """Let in a bounded number of requests; a bounded number waits a bounded time."""

    def __init__(self, answer: Callable[[HttpRequest], HttpResponse]) -> None:
        self.answer = answer
        self._slots = threading.Semaphore(settings.LIANFANG_AT_ONCE)
        self._quick = threading.Semaphore(_QUICK_AT_ONCE if settings.LIANFANG_AT_ONCE else 0)
        self._lock, self._n_waiting = threading.Lock(), 0

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(_FREE):
            return self.answer(request)
        if request.path == _QUICK and self._quick.acquire(blocking=False):
            try:
                return self.answer(request)
            finally:
                self._quick.release()
        if not self._entered():
            COUNTS.turned_away()
            return busy(request)
        try:
            return self.answer(request)
        finally:
            self._slots.release()

    def _entered(self) -> bool:
        if self._slots.acquire(blocking=False):
            return True
        with self._lock:
            if self._n_waiting >= settings.LIANFANG_IN_LINE:
                return False
            self._n_waiting += 1
        try:
            return self._slots.acquire(timeout=settings.LIANFANG_WAIT_SECONDS)
        finally:
            with self._lock:
                self._n_waiting -= 1


def busy(request: HttpRequest) -> HttpResponse:
    """Answer 503 and say when to come back; in words that need no template and no database."""
    if request.path.startswith("/api/"):
        text, kind = json.dumps(_PROBLEM, ensure_ascii=False), "application/problem+json"
    else:
        text, kind = _PAGE, "text/html; charset=utf-8"
    answer = HttpResponse(text, status=503, content_type=kind)
    answer["Retry-After"] = str(RETRY_SECONDS)
    return answer
