"""Cases and exhibits over REST, to read: where a case stands; what a piece of evidence is and what its digests are.

Free words (titles, sources, notes) stay on the pages: they may name people, and a program has no purpose to state.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from ninja import Router

from lianfang.web.accounts.permissions import Permission
from lianfang.web.api import cursors, stamps
from lianfang.web.api.auth import Key
from lianfang.web.api.problems import WRONG
from lianfang.web.api.run_rest import Cursor, Limit
from lianfang.web.api.shapes import CaseOut, CasePart, ExhibitOut, ExhibitPart, shown
from lianfang.web.cases import access, exhibit_access

cases = Router(tags=["cases"])
READ, HOLD = Key(Permission.CASE_READ), Key(Permission.EXHIBIT_READ)


@cases.get("/cases", response={200: CasePart, **WRONG}, url_name="cases", auth=READ)
def find(request: Any, cursor: Cursor = None, limit: Limit = cursors.LIMIT) -> Any:
    """List the cases the key's holder may see, newest first."""
    asked = cursors.Asked("cases", {}, cursor, limit)
    wanted, after = asked.opened
    return cursors.part(asked, wanted, after, access.visible_cases(request.member), ("-pk",))


@cases.get("/cases/{uuid:code}", response={200: CaseOut, **WRONG}, url_name="case", auth=READ)
def get(request: Any, code: UUID) -> Any:
    """Say where a case stands."""
    return stamps.answer(request, shown(CaseOut, access.get_case(request.member, code)))


@cases.get("/exhibits", response={200: ExhibitPart, **WRONG}, url_name="exhibits", auth=HOLD)
def find_exhibits(request: Any, cursor: Cursor = None, limit: Limit = cursors.LIMIT) -> Any:
    """List the exhibits of the key's institution, newest first."""
    asked = cursors.Asked("exhibits", {}, cursor, limit)
    wanted, after = asked.opened
    return cursors.part(asked, wanted, after, exhibit_access.find_exhibits(request.member), ("-pk",))


@cases.get("/exhibits/{uuid:code}", response={200: ExhibitOut, **WRONG}, url_name="exhibit", auth=HOLD)
def get_exhibit(request: Any, code: UUID) -> Any:
    """Give one exhibit: its digests, its state, until when it stays; not its bytes."""
    return stamps.answer(request, shown(ExhibitOut, exhibit_access.get_exhibit(request.member, code)))
