"""Which clocks of a case run: folded from its steps on every read, so that nothing stored can go wrong.

Only clocks of the case; a complaint's own clock is neither read nor written here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from lianfang.engine.cases import clocks
from lianfang.engine.cases.calendar import Calendar
from lianfang.engine.cases.case import Case, Step
from lianfang.engine.cases.clocks import Clock, Due, Pause
from lianfang.engine.cases.table import Table
from lianfang.engine.terms.clock import SHANGHAI


@dataclass(frozen=True)
class Running:
    """One clock that runs or is paused: since when, pauses so far, its last day as of the day asked about."""

    clock: Clock
    started_on: date
    pauses: tuple[Pause, ...]
    is_paused: bool
    due: Due


@dataclass
class _Track:
    started_on: date
    pauses: list[Pause] = field(default_factory=list)
    since: tuple[date, str] | None = None


def of(table: Table, case: Case, on: date, calendar: Calendar | None = None) -> tuple[Running, ...]:
    """Say which clocks run on a day.

    Args:
        table: the case's law.
        case: with its steps; a clock that runs already is not started anew, so that nobody gains time by moving about.
        on: the day asked about, Shanghai; a pause still open counts up to it.
        calendar: days off; none takes the packaged ones.

    Returns:
        Clocks not stopped, earliest last day first.
    """
    opened = case.opened_at.astimezone(SHANGHAI).date() if case.opened_at else None
    tracks: dict[str, _Track] = {name: _Track(opened) for name in table.starts} if opened else {}
    for step in case.steps:
        _fold(table, step, tracks)
    found = []
    for name, track in tracks.items():
        clock = clocks.get(name)
        still = (Pause(track.since[0], max(on, track.since[0]), track.since[1]),) if track.since else ()
        pauses = (*track.pauses, *still)
        found.append(Running(clock, track.started_on, pauses, track.since is not None, clocks.due(track.started_on, clock, pauses, calendar)))
    return tuple(sorted(found, key=lambda one: (one.due.on, one.clock.id)))


def earliest(table: Table, case: Case, on: date, calendar: Calendar | None = None) -> Due | None:
    """Give the earliest last day of a case's clocks, by which queues are ordered; none where none runs."""
    running = of(table, case, on, calendar)
    return running[0].due if running else None


def _fold(table: Table, step: Step, tracks: dict[str, _Track]) -> None:
    row = table.find(step.came_from, step.act)
    if row is None:
        return
    on = step.at.astimezone(SHANGHAI).date()
    for name in row.stops:
        tracks.pop(name, None)
    for name in row.starts:
        tracks.setdefault(name, _Track(on))
    for name in row.pauses:
        reason = next((str(value) for value in step.given.values() if value in clocks.get(name).pauses), "")
        if name in tracks and tracks[name].since is None and reason:
            tracks[name].since = (on, reason)
    for name in row.resumes:
        track = tracks.get(name)
        if track and track.since:
            track.pauses.append(Pause(track.since[0], on, track.since[1]))
            track.since = None
