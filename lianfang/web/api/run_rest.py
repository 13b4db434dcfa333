"""Runs over REST: upload and run, where they stand, once more, drop."""

from __future__ import annotations

import hashlib
from typing import Annotated, Any
from uuid import UUID

from django.db import transaction
from django.http import HttpResponse
from django.urls import reverse
from ninja import File, Form, Query, Router
from ninja.files import UploadedFile

from lianfang.web.accounts.permissions import Permission
from lianfang.web.api import cursors, once, stamps
from lianfang.web.api.actions import hold
from lianfang.web.api.auth import Key
from lianfang.web.api.problems import WRONG
from lianfang.web.api.shapes import RunOut, RunPart, Text, shown
from lianfang.web.identify import access, actions

runs = Router(tags=["runs"])
READ, MAKE = Key(Permission.RUN_READ), Key(Permission.RUN_MAKE)
Limit = Annotated[int, Query(cursors.LIMIT, ge=1, le=cursors.MOST, description="rows at most")]
Cursor = Annotated[str | None, Query(None, max_length=2000, description="`next` of the part before, as it came")]


@runs.get("/runs", response={200: RunPart, **WRONG}, url_name="runs", auth=READ)
def find(request: Any, cursor: Cursor = None, limit: Limit = cursors.LIMIT) -> Any:
    """List the runs of the key's institution, newest first."""
    asked = cursors.Asked("runs", {}, cursor, limit)
    wanted, after = asked.opened
    return cursors.part(asked, wanted, after, access.find_runs(request.member), ("-pk",))


@runs.post("/runs", response={201: RunOut, **WRONG}, url_name="run-make", auth=MAKE)
def make(
    request: Any,
    files: File[list[UploadedFile]],
    name: Annotated[Text, Form("", max_length=120)] = "",
    idempotency_key: once.Once = None,
) -> Any:
    """Take tables and run them, columns as recognised."""
    digests = [(one.name, hashlib.file_digest(one, "sha256").hexdigest()) for one in files]
    for one in files:
        one.seek(0)

    def answer() -> HttpResponse:
        run = actions.recognise(actions.take_files(request.member, files, name), {})
        if "wrong" not in run.told:
            chosen = [{use["header"]: use["field"] or "" for use in table["columns"]} for table in run.columns]
            run = actions.start(request.member, run, chosen)
        return _made(request, run)

    return once.slowly(request, [name, digests], answer)


def _made(request: Any, run: Any) -> HttpResponse:
    return stamps.answer(request, shown(RunOut, run), 201, reverse("api:run", args=[run.code]))


@runs.get("/runs/{uuid:code}", response={200: RunOut, **WRONG}, url_name="run", auth=READ)
def get(request: Any, code: UUID) -> Any:
    """Say where a run stands."""
    return stamps.answer(request, shown(RunOut, access.get_run(request.member, code)))


@runs.post("/runs/{uuid:code}/again", response={201: RunOut, **WRONG}, url_name="run-again", auth=MAKE)
def again(request: Any, code: UUID, idempotency_key: once.Once = None) -> Any:
    """Run the same files once more, so that judgements made since are obeyed."""
    found = access.get_run(request.member, code)
    return once.at_once(request, "", lambda: _made(request, actions.again(request.member, found)))


@runs.delete("/runs/{uuid:code}", response={204: None, **WRONG}, url_name="run-drop", auth=MAKE)
def drop(request: Any, code: UUID, if_match: stamps.IfMatch = None) -> Any:
    """Delete a draft or a failed run with its files."""
    with transaction.atomic():
        hold(access.get_run(request.member, code))
        found = access.get_run(request.member, code)
        stamps.must_match(request, shown(RunOut, found))
        actions.drop(request.member, found)
    return HttpResponse(status=204)
