"""What machines ask about the office itself: does it live, is it ready, what has it counted."""

from __future__ import annotations

import hmac
import shutil
from collections.abc import Iterable
from datetime import datetime
from functools import cache

from django.conf import settings
from django.core.cache import cache as shared
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from lianfang.engine.terms import clock
from lianfang.web.accounts.door import open_to_all
from lianfang.web.evidence import access as log
from lianfang.web.frame.gauges import everything, gauge, resident_bytes
from lianfang.web.identify import access as identify
from lianfang.web.site.errors import not_found

_BEAT = "lianfang-worker-beat"
_TEXT = "text/plain; version=0.0.4; charset=utf-8"
_HERE = ("127.0.0.1", "::1")


@open_to_all
@require_safe
def live(request: HttpRequest) -> HttpResponse:
    """Say that this process answers; nothing else is asked."""
    return JsonResponse({"ok": True})


@open_to_all
@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """Say whether requests may be sent here: the database answers and has this version's shape."""
    try:
        with connection.cursor() as asked:
            asked.execute("select 1")
        lacking = [] if _has_shape() else ["migrations"]
    except DatabaseError:
        lacking = ["database"]
    answer = JsonResponse({"ok": not lacking, "lacking": lacking}, status=503 if lacking else 200)
    if lacking:
        answer["Retry-After"] = "5"
    return answer


def _has_shape() -> bool:
    try:
        return _is_migrated()
    except LookupError:
        return False


@cache
def _is_migrated() -> bool:
    """Ask once: only a yes is remembered."""
    if unapplied():
        raise LookupError
    return True


def unapplied() -> list[str]:
    """Name the migrations this database still lacks."""
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    return [f"{one.app_label}.{one.name}" for one, _ in executor.migration_plan(executor.loader.graph.leaf_nodes())]


@open_to_all
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Give what was counted and the numbers of the office, to this machine or to a token; else there is nothing here."""
    if not _may_read(request):
        return not_found(request)
    lines = [*everything().lines(), *_office()]
    return HttpResponse("\n".join(lines) + "\n", content_type=_TEXT)


def _may_read(request: HttpRequest) -> bool:
    token = settings.LIANFANG_METRICS_TOKEN
    if token:
        given = request.headers.get("Authorization", "")
        return hmac.compare_digest(given.encode(), f"Bearer {token}".encode())
    # Behind a proxy everybody comes from this machine: then only a token opens.
    is_passed_on = settings.SECURE_PROXY_SSL_HEADER or "X-Forwarded-For" in request.headers or "Forwarded" in request.headers
    return not is_passed_on and request.META.get("REMOTE_ADDR") in _HERE


def _office() -> Iterable[str]:
    yield from gauge("lianfang_resident_bytes", "memory this process holds", resident_bytes())
    yield from gauge("lianfang_disk_free_bytes", "bytes free where the office stands", shutil.disk_usage(settings.HOME).free)
    yield from gauge("lianfang_runs", "runs by state", identify.runs_by_state())
    yield from gauge("lianfang_entries_waiting", "log entries not yet in the log on disk", log.n_waiting())
    at = last_beat()
    if at is not None:
        yield from gauge("lianfang_worker_silent_seconds", "seconds since a worker was heard", (clock.now() - at).total_seconds())


def beat() -> None:
    """Let a worker say that it lives."""
    shared.set(_BEAT, clock.now().isoformat(), None)


def last_beat() -> datetime | None:
    """Say when a worker was last heard."""
    told = shared.get(_BEAT)
    heard = [datetime.fromisoformat(told)] if told else []
    # A long run is told of by the run itself.
    return max([*heard, *identify.last_beat()], default=None)


