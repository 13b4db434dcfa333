"""Pages of one record: its fields masked, its signs, its links; unmasked for a stated purpose."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse

from lianfang.web.accounts import meter
from lianfang.web.accounts.act import held
from lianfang.web.accounts.door import door
from lianfang.web.accounts.forms import PurposeForm
from lianfang.web.accounts.permissions import Permission
from lianfang.web.frame.page import page
from lianfang.web.identify import access, guides, letters, sheet


@door(Permission.RUN_READ)
def record(request: Any, code: UUID) -> HttpResponse:
    """Show one record of a run, masked; without a record named, ask which."""
    run = access.get_run(request.member, code)
    kind, record_id = _named(request.GET)
    if not record_id:
        return page(request, "identify/record_find.html", run=run, kinds=guides.kinds())
    found = access.record_of(run, kind, record_id)
    return page(request, "identify/record.html", **_shown(request, run, found, sheet.veiled(found)))


@door(Permission.PERSON_UNMASK, "POST")
def record_purpose(request: Any, code: UUID) -> HttpResponse:
    """Keep the purpose a person states, for this session, and go back to the record."""
    access.get_run(request.member, code)
    form = PurposeForm(request.POST)
    if form.is_valid():
        request.session["purpose"] = {"id": form.cleaned_data["purpose"], "reason": form.cleaned_data["reason"]}
    else:
        request.session.pop("purpose", None)
    return _back(request, code)


@door(Permission.PERSON_UNMASK, "POST")
def record_unmask(request: Any, code: UUID) -> HttpResponse:
    """Show one record as it came; the look is counted and written down first."""
    run = access.get_run(request.member, code)
    kind, record_id = _named(request.POST)
    stated = request.session.get("purpose")
    if not record_id or not stated:
        return _back(request, code)
    found = access.record_of(run, kind, record_id)
    purpose = meter.Purpose(stated["id"], stated["reason"])
    reading = meter.look(request.member, sheet.person_of(found), f"run:{run.code}:{found.key}"[:160], purpose)
    return page(request, "identify/record.html", **_shown(request, run, found, sheet.text(found)), raw=True, reading=reading)


def _named(given: Any) -> tuple[str, str]:
    return given.get("kind", "")[:32], given.get("id", "").strip()[:200]


def _back(request: Any, code: UUID) -> HttpResponse:
    kind, record_id = _named(request.POST)
    tail = "?" + urlencode({"kind": kind, "id": record_id}) if record_id else ""
    return HttpResponseRedirect(reverse("identify-run-record", args=[code]) + tail)


def _shown(request: Any, run: Any, found: Any, text: str) -> dict[str, Any]:
    marks = sheet.marks(found)
    once = {(one["guide"], one["clause"]): one for one in marks if one["strength"] != "guard"}
    stated = request.session.get("purpose")
    return {
        "run": run, "found": found, "cells": sheet.cells(found), "pieces": letters.lit(text, marks), "text": text,
        "folded": letters.folded(text), "signs": list(once.values()), "guards": sheet.guards(found), "links": sheet.links(found),
        "ring": access.ring_of(request.member, run, found.ring_id), "form": PurposeForm(), "limits": meter.limits(),
        "purpose": stated and {"name": meter.purposes()[stated["id"]], **stated},
        "may_unmask": Permission.PERSON_UNMASK in held(request.member),
    }  # fmt: skip
