"""The evidence log over REST: entries, their leaves and proofs, the checkpoint; all of it is checked without us."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from django.http import HttpResponse
from ninja import Query, Router

from lianfang.web.accounts.permissions import Permission
from lianfang.web.api import cursors, stamps
from lianfang.web.api.auth import Key
from lianfang.web.api.problems import WRONG
from lianfang.web.api.run_rest import Cursor, Limit
from lianfang.web.api.shapes import EntryOut, EntryPart, Text, shown
from lianfang.web.evidence import access

log = Router(tags=["log"])
READ = Key(Permission.ENTRY_READ)


def _mine(request: Any) -> list[str]:
    return [str(request.member.institution.code)]


@log.get("/entries", response={200: EntryPart, **WRONG}, url_name="entries", auth=READ)
def find(
    request: Any,
    tag: Annotated[Text, Query("", max_length=80)] = "",
    cursor: Cursor = None,
    limit: Limit = cursors.LIMIT,
) -> Any:
    """List the log entries of the key's institution, newest first."""
    asked = cursors.Asked("entries", {"tag": tag}, cursor, limit)
    wanted, after = asked.opened
    return cursors.part(asked, wanted, after, access.find_entries(_mine(request), wanted["tag"]), ("-pk",))


@log.get("/entries/{uuid:code}", response={200: EntryOut, **WRONG}, url_name="entry", auth=READ)
def get(request: Any, code: UUID) -> Any:
    """Give one entry."""
    return stamps.answer(request, shown(EntryOut, access.get_entry(_mine(request), code)))


@log.get("/entries/{uuid:code}/leaf", response={200: Any, **WRONG}, url_name="entry-leaf", auth=READ)
def leaf(request: Any, code: UUID) -> Any:
    """Give the bytes an entry has in the log: codes and a salted commitment."""
    return HttpResponse(bytes(access.get_entry(_mine(request), code).leaf), content_type="application/json")


@log.get("/entries/{uuid:code}/proof", response={200: str, **WRONG}, url_name="entry-proof", auth=READ)
def proof(request: Any, code: UUID) -> Any:
    """Give the proof (C2SP tlog-proof) that an entry is in the log."""
    return HttpResponse(access.proof_of(access.get_entry(_mine(request), code)), content_type="text/plain; charset=utf-8")


@log.get("/checkpoint", response={200: str, **WRONG}, url_name="checkpoint", auth=READ)
def checkpoint(request: Any) -> Any:
    """Give the log's last signed checkpoint (C2SP tlog-checkpoint)."""
    return HttpResponse(access.checkpoint(), content_type="text/plain; charset=utf-8")


@log.get("/log-key", response={200: str, **WRONG}, url_name="log-key", auth=READ)
def key(request: Any) -> Any:
    """Give the log's public key, to check its checkpoints and proofs by."""
    return HttpResponse(access.key_line() + "\n", content_type="text/plain; charset=utf-8")
