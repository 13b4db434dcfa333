"""While the office is made ready, whoever comes is told so and how far it is; nothing else is answered."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from html import escape
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse

MARK = "preparing.json"
ALIVE = "/health/live"
_SECONDS, _LOOK_SECONDS = 2, 0.3

_PAGE = """<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>联防 Lianfang</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="stylesheet" href="/static/vendor/tabler.min.css"></head>
<body><main class="container-tight py-6"><h1>联防 <span lang="en">Lianfang</span></h1>
<p role="status">正在准备:{zh}({n}/{of})。好了本页会自己打开。</p>
<p lang="en">Being made ready: {en} ({n}/{of}). This page opens by itself when it is.</p>
<progress class="progress progress-sm" max="{of}" value="{n}" aria-label="准备进度 / progress"></progress></main></body></html>"""


def tell(n: int, of: int, zh: str, en: str) -> None:
    """Write down which step is under way, if anybody is waiting to be told."""
    place = _place()
    if place.exists():
        beside = place.with_suffix(".part")
        beside.write_text(json.dumps({"n": n, "of": of, "zh": zh, "en": en}, ensure_ascii=False), "utf-8")
        beside.replace(place)


def done() -> None:
    """Open the door."""
    _place().unlink(missing_ok=True)


def waits(answer: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Answer 503 with the step under way until the mark is gone; after that it is not looked for again."""
    opened: list[bool] = []

    def told(request: HttpRequest) -> HttpResponse:
        if opened or request.path == ALIVE or request.path.startswith("/static/"):
            return answer(request)
        try:
            step = json.loads(_place().read_text("utf-8"))
        except FileNotFoundError:
            opened.append(True)
            return answer(request)
        words = {name: escape(str(step[name])) for name in ("n", "of", "zh", "en")}
        headers = {"Retry-After": str(_SECONDS), "Refresh": str(_SECONDS)}
        page = HttpResponse(_PAGE.format(**words), status=503, headers=headers)
        page._has_been_logged = True  # type: ignore[attr-defined]  # nothing is wrong: no line for every look
        return page

    return told


def wake() -> None:
    """Load what the first page and the first check need, beside everything else: nobody should wait for it."""
    threading.Thread(target=_wake, daemon=True).start()


def _wake() -> None:
    while _place().exists():
        time.sleep(_LOOK_SECONDS)
    from django.urls import get_resolver

    from lianfang.web.identify import guides

    get_resolver().url_patterns  # noqa: B018 (read so that every room's views are loaded)
    guides.checked("预热")


def _place() -> Path:
    home: Path = settings.HOME
    return home / MARK
