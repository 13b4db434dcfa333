"""Rings over REST: the queue, one ring with its picture, members and links; sharing with the association."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from django.http import HttpResponse
from ninja import Router

from lianfang.web.accounts.permissions import Permission
from lianfang.web.api import cursors, once, stamps
from lianfang.web.api.actions import hold
from lianfang.web.api.auth import Key
from lianfang.web.api.problems import WRONG
from lianfang.web.api.run_rest import Cursor, Limit
from lianfang.web.api.shapes import RingOut, RingPart, RowPart, shown
from lianfang.web.identify import access, actions

rings = Router(tags=["rings"])
READ = Key(Permission.RING_READ)


@rings.get("/rings", response={200: RingPart, **WRONG}, url_name="rings", auth=READ)
def find(
    request: Any,
    level: Literal["", "look", "review"] = "",
    run: UUID | None = None,
    cursor: Cursor = None,
    limit: Limit = cursors.LIMIT,
) -> Any:
    """List the rings of the latest run, or of a named one, in the order of the queue.

    The run is fixed by the first part: a run that ends meanwhile does not mix into the list.
    """
    asked = cursors.Asked("rings", {"level": level, "run": str(run or "")}, cursor, limit)
    wanted, after = asked.opened
    if not wanted["run"] and (latest := access.latest_run(request.member)) is not None:
        wanted = {**wanted, "run": str(latest.code)}
    return cursors.part(asked, wanted, after, access.queue(request.member, wanted), ("place", "pk"))


@rings.get("/rings/{uuid:code}", response={200: dict[str, Any], **WRONG}, url_name="ring", auth=READ)
def get(request: Any, code: UUID) -> Any:
    """Give a ring with its graph, reasons, members and texts, masked."""
    found = access.get_ring(request.member, code)
    answer = stamps.answer(request, {**shown(RingOut, found), **access.picture(found)})
    answer["ETag"] = stamps.tag(shown(RingOut, found))
    return answer


@rings.get("/rings/{uuid:code}/members", response={200: RowPart, **WRONG}, url_name="ring-members", auth=READ)
def members(request: Any, code: UUID, cursor: Cursor = None, limit: Limit = cursors.LIMIT) -> Any:
    """List the records of a ring, texts masked, with the signs they show."""
    found = access.get_ring(request.member, code)
    return cursors.cut(cursors.Asked(f"members {code}", {}, cursor, limit), access.picture(found)["members"])


@rings.get("/rings/{uuid:code}/links", response={200: RowPart, **WRONG}, url_name="ring-links", auth=READ)
def links(request: Any, code: UUID, cursor: Cursor = None, limit: Limit = cursors.LIMIT) -> Any:
    """List what joins the people of a ring, each link with its reason in both languages."""
    found = access.get_ring(request.member, code)
    return cursors.cut(cursors.Asked(f"links {code}", {}, cursor, limit), access.picture(found)["graph"]["edges"])


@rings.post("/rings/{uuid:code}/share", response={200: RingOut, **WRONG}, url_name="ring-share", auth=Key(Permission.RING_SHARE))
def share(request: Any, code: UUID, if_match: stamps.IfMatch = None, idempotency_key: once.Once = None) -> Any:
    """Let the association above see a ring, masked."""

    def answer() -> HttpResponse:
        hold(access.get_own_ring(request.member, code))
        found = access.get_own_ring(request.member, code)
        stamps.must_match(request, shown(RingOut, found))
        return stamps.answer(request, shown(RingOut, actions.share(request.member, found)))

    return once.at_once(request, request.headers.get("If-Match", ""), answer)
