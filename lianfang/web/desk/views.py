"""The desk and the log."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse

from lianfang.engine.terms import clock
from lianfang.web.accounts import meter
from lianfang.web.accounts.act import held
from lianfang.web.accounts.door import door
from lianfang.web.accounts.permissions import Permission
from lianfang.web.cases import waiting_list
from lianfang.web.cases.states import STANDINGS
from lianfang.web.desk import picture
from lianfang.web.evidence import access as log
from lianfang.web.frame.page import page, part
from lianfang.web.identify import access as identify

CASES_SHOWN = 8


@door(None)
def home(request: Any) -> HttpResponse:
    """Show what waits for somebody and what is due, and the picture of their institution."""
    who = request.member
    may = held(who)
    shown: dict[str, Any] = {"charts": lambda: picture.charts(who), "stamp": _stamp(who)}
    if Permission.PERSON_UNMASK in may:
        shown |= {"reading": meter.reading(who), "limits": meter.limits()}
    if Permission.CASE_READ in may:
        shown |= _due(who)
    if Permission.RING_READ in may:
        waiting = identify.queue(who, {})
        shown["n_by_level"], shown["rings"] = identify.count_levels(waiting), list(waiting[:6])
    if Permission.RUN_READ in may:
        shown["runs"] = list(identify.listed_runs(who)[:5])
    if Permission.PAIR_JUDGE in may:
        shown["n_judged"] = identify.find_judgements(who).filter(taken_back_at=None).count()
    return page(request, "desk/home.html", **shown)


def _stamp(who: Any) -> str:
    """Name what the picture depends on: who sees what of which institution, the last run, and the last act of all."""
    run = identify.latest_run(who) if Permission.RING_READ in held(who) else None
    return f"{who.institution.code} {who.role} {run and run.code} {log.last_code()}"


def _due(who: Any) -> dict[str, Any]:
    """Give the cases somebody has a move to make in, first due first."""
    at = clock.now()
    mine = waiting_list.asked(who, {"whose": "me"}, at)
    late = waiting_list.asked(who, {"late": "1"}, at)
    return {"n_mine": mine.count(), "n_late": late.count(), "waiting": mine[:CASES_SHOWN], "standings": STANDINGS}


@door(Permission.ENTRY_READ)
def entries(request: Any) -> HttpResponse:
    """Show the log of one's institution, each entry with whether its content still fits its commitment."""
    mine = [str(request.member.institution.code)]
    tag = request.GET.get("tag", "")[:80]
    shown = part(log.find_entries(mine, tag), request.GET.get("page"))
    rows = [(entry, log.opens(entry)) for entry in shown.rows]
    return page(request, "desk/log.html", part=shown, rows=rows, tags=log.tags(mine), tag=tag, key=log.key_line(), keeping=log.keeping())


@door(Permission.ENTRY_READ)
def proof(request: Any, code: UUID) -> HttpResponse:
    """Give the proof that an entry is in the log, to be checked without us."""
    entry = log.get_entry([str(request.member.institution.code)], code)
    answer = HttpResponse(log.proof_of(entry), content_type="text/plain; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{entry.code}.tlog-proof"'
    return answer


@door(Permission.ENTRY_READ)
def leaf(request: Any, code: UUID) -> HttpResponse:
    """Give the bytes an entry has in the log."""
    entry = log.get_entry([str(request.member.institution.code)], code)
    answer = HttpResponse(bytes(entry.leaf), content_type="application/json")
    answer["Content-Disposition"] = f'attachment; filename="{entry.code}.json"'
    return answer
