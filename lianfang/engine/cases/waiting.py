"""The queue: who waits, in which order, for whom; one open case for one matter."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from lianfang.engine.cases.leases import Lease, is_held
from lianfang.engine.cases.recusal import knowledge


@dataclass(frozen=True)
class Waiting:
    """One piece of work in a queue.

    Attributes:
        code: the case's code.
        due_on: its earliest last day; none where no clock runs.
        priority: higher first among those due on one day.
        since: when it began to wait, aware.
        lease: who works on it.
        skipped: the reason code where somebody skipped it; such stand in a list of their own.
        barred: codes of people who may not have it.
    """

    code: str
    due_on: date | None
    priority: int
    since: datetime
    lease: Lease | None = None
    skipped: str | None = None
    barred: frozenset[str] = frozenset()


def order(queue: Iterable[Waiting]) -> tuple[Waiting, ...]:
    """Order a queue: earliest last day, then priority, then age, then code; the same every time."""
    return tuple(sorted(queue, key=lambda one: (one.due_on or date.max, -one.priority, one.since, one.code)))


def next_for(queue: Iterable[Waiting], who: str, at: datetime) -> Waiting | None:
    """Give the first piece a person may take: not skipped, not barred, not held by somebody else."""
    free = (one for one in queue if one.skipped is None and who not in one.barred
            and (one.lease is None or one.lease.by == who or not is_held(one.lease, at)))
    return next(iter(order(free)), None)


@dataclass(frozen=True)
class Matter:
    """What a suspicion case is about; at most one case of a lender is open for it."""

    typology: str
    key: str


def find_open(matter: Matter, cases: Iterable[tuple[Matter, str, bool]]) -> str | None:
    """Give the code of the open case of a matter, or none.

    Args:
        matter: typology and key.
        cases: (matter, code, whether it is open) of one lender.
    """
    return min((code for held, code, is_open in cases if is_open and held == matter), default=None)


def shown(n_signals: int) -> tuple[int, int]:
    """Split the signals of a case into those shown one by one and those that are a count."""
    most = int(knowledge()["signals_shown"])
    return min(n_signals, most), max(0, n_signals - most)
