"""The queue of cases as the engine orders it: earliest last day first; who may have the next one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from lianfang.engine.cases import clocks, moves, recusal, running, tables
from lianfang.engine.cases.clocks import Standing
from lianfang.engine.cases.leases import Lease
from lianfang.engine.cases.running import Running
from lianfang.engine.cases.waiting import Waiting, next_for, order
from lianfang.engine.terms.clock import SHANGHAI
from lianfang.web.cases import access, dossier

if TYPE_CHECKING:
    from lianfang.web.accounts.models import Membership
    from lianfang.web.cases.models import Case

_COLUMNS = ("code", "due_on", "priority", "moved_at", "lease__member__user__username", "lease__since", "lease__until")


@dataclass(frozen=True)
class Line:
    """One case in a list: the row, its earliest running clock and how that stands, who works on it."""

    case: Case
    first: Running | None
    standing: Standing | None
    lease: Lease | None


class Queue:
    """A queue in the engine's order, cut into pages without reading the rest."""

    def __init__(self, who: Membership, found: Any, at: datetime) -> None:
        self.who, self.found, self.at = who, found, at
        self._n: int | None = None

    def count(self) -> int:
        """Count all of it, once."""
        if self._n is None:
            self._n = int(self.found.count())
        return self._n

    def __getitem__(self, wanted: slice) -> list[Line]:
        stop = wanted.stop or 1
        near = self.found if self.count() <= stop else access.due_first(self.found, stop)
        codes = [one.code for one in order(_waiting(near))[wanted]]
        rows = access.visible_cases(self.who).filter(code__in=codes).select_related("institution", "ring", "lease__member__user")
        found = {str(one.code): one for one in rows.prefetch_related(access.steps_whole())}
        return [line(found[code], self.at) for code in codes if code in found]


def states_for(who: Membership) -> dict[str, frozenset[str]]:
    """Give for each table the states in which somebody's role has a move to make."""
    return {
        name: frozenset(state for state in table.states if moves.open_moves(table, state, (who.role,)))
        for name, table in tables.load().items()
    }


def asked(who: Membership, wanted: Mapping[str, str], at: datetime) -> Queue:
    """Give the queue as filtered: open cases of every kind unless asked otherwise."""
    return Queue(who, _filtered(who, wanted, at), at)


def _filtered(who: Membership, wanted: Mapping[str, str], at: datetime) -> Any:
    found = access.visible_cases(who)
    if wanted.get("ended") != "1":
        found = found.filter(ended_at=None)
    if wanted.get("table") in tables.load():
        found = found.filter(table=wanted["table"])
    if wanted.get("state"):
        found = found.filter(state=wanted["state"][:24])
    if wanted.get("typology"):
        found = found.filter(typology=wanted["typology"][:8])
    if wanted.get("whose") == "me":
        found = access.in_states(found, states_for(who))
    if wanted.get("late") == "1":
        found = found.filter(due_on__lt=at.astimezone(SHANGHAI).date())
    return access.named_like(found, wanted["find"]) if wanted.get("find") else found


def _waiting(found: Any) -> list[Waiting]:
    return [
        Waiting(str(code), due_on, priority, since, Lease(by, held, until) if by else None)
        for code, due_on, priority, since, by, held, until in found.values_list(*_COLUMNS).order_by()
    ]


def next_case(who: Membership, at: datetime) -> UUID | None:
    """Give the first case somebody may take: theirs to move, held by nobody, and none they must stand aside in."""
    queue = _waiting(_filtered(who, {"whose": "me"}, at))
    while (found := next_for(queue, who.user.username, at)) is not None:
        case = access.get_case(who, UUID(found.code))
        barred = not dossier.is_applicant(case, who) and recusal.bars(access.engine_case(case), dossier.seat(who))
        if not barred:
            return case.code
        queue = [replace(one, barred=frozenset((who.user.username,))) if one.code == found.code else one for one in queue]
    return None


def line(case: Case, at: datetime) -> Line:
    """Read one case for a list: its clocks are folded from its moves, nothing stored is trusted."""
    runs = running.of(dossier.table_of(case), dossier.moved(case), at.astimezone(SHANGHAI).date())
    first = runs[0] if runs else None
    return Line(case, first, standing(first, at.astimezone(SHANGHAI).date()) if first else None, dossier.lease_of(case))


def standing(run: Running, on: date) -> Standing:
    """Say how a running clock stands on a day."""
    return clocks.standing(run.due, run.started_on, on)
