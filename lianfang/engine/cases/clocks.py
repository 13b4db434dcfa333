"""Deadlines of cases and applications, computed from a day and from data; nothing is stored and patched.

A complaint's own clock cannot be written here: `Subject` has no word for a complaint, every clock of this room
has a `Subject`, and no function of this room takes any other clock. Nothing here stops or delays a reply.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from typing import Any

from lianfang.engine.cases import calendar as calendars
from lianfang.engine.cases.calendar import Calendar
from lianfang.engine.terms import shelf
from lianfang.engine.terms.errors import Conflict, NotFound, Say


class Subject(StrEnum):
    """What a clock of this room may be about. There is no third, and never a complaint."""

    SUSPICION = "suspicion"
    APPLICATION = "application"


class DayUnit(StrEnum):
    """How days are counted."""

    CALENDAR = "calendar_day"
    WORKING = "working_day"


@dataclass(frozen=True)
class Clock:
    """One deadline: how long, counted how, by whose word, which reasons may pause it."""

    id: str
    name: Say
    of: Subject
    unit: DayUnit
    length: int
    basis: str
    pauses: frozenset[str]


@dataclass(frozen=True)
class Pause:
    """A time that is not counted: from a day until before another, with its reason code."""

    from_on: date
    until_on: date
    reason: str


@dataclass(frozen=True)
class Due:
    """A last day, whether it is certain, and what to know about it."""

    on: date
    certain: bool
    notes: tuple[Say, ...] = ()


@dataclass(frozen=True)
class Standing:
    """How a clock stands on a day.

    Attributes:
        due: its last day.
        state: `running`, `soon`, `last_day` or `late`.
        n_workdays_left: working days until the last day; below 0 where it is late.
    """

    due: Due
    state: str
    n_workdays_left: int


@cache
def _read() -> Any:
    return shelf.yaml(shelf.path("cases", "clocks.yaml"))


@cache
def load() -> dict[str, Clock]:
    """Read every clock, by id."""
    return {
        str(one["id"]): Clock(str(one["id"]), Say(one["zh"], one["en"]), Subject(one["of"]), DayUnit(one["unit"]),
                              int(one["length"]), str(one["basis"]), frozenset(one["pauses"]))
        for one in _read()["clocks"]
    }


def get(name: str) -> Clock:
    """Give one clock.

    Raises:
        NotFound: there is none of that name.
    """
    if name not in load():
        raise NotFound(Say(f"没有这个时限：{name}", f"no such clock: {name}"), code="E-CLOCK-01",
                       fix=Say(f"有：{'、'.join(load())}", f"there are: {', '.join(load())}"))
    return load()[name]


def due(started_on: date, clock: Clock, pauses: Sequence[Pause] = (), calendar: Calendar | None = None) -> Due:
    """Say the last day of a clock.

    Args:
        started_on: the day of the event that starts it; not counted.
        clock: which one.
        pauses: times not counted; overlapping ones count once. A pause that is still open ends on the day asked about.
        calendar: days off; none takes the packaged ones.

    Raises:
        Conflict: a pause has a reason the clock does not take, or ends before it begins.

    Source:
        Civil Code 201 and 203: the first day is not counted; a last day off moves to the next working day.
    """
    known = calendar or calendars.load()
    off = _paused(clock, pauses)
    day, left = started_on, clock.length
    while left > 0:
        day = _next(day)
        if any(one.from_on <= day < one.until_on for one in off):
            continue
        if clock.unit is DayUnit.CALENDAR or known.is_workday(day):
            left -= 1
    day = known.next_workday(day)
    years = known.unknown_years(started_on, day)
    notes = tuple(Say(f"{year} 年没有放假安排，按周末推算", f"no calendar of {year}: weekends only") for year in years)
    return Due(day, not years, notes)


def standing(due_on: Due, started_on: date, today: date, calendar: Calendar | None = None) -> Standing:
    """Say how a clock stands on a day.

    Args:
        due_on: from `due`.
        started_on: the day it started.
        today: the day asked about.
        calendar: days off; none takes the packaged ones.

    Returns:
        `soon` from the last share of the time or the working days before the last day that `clocks.yaml` has.
    """
    known = calendar or calendars.load()
    if today > due_on.on:
        return Standing(due_on, "late", -_workdays(known, due_on.on, today))
    left = _workdays(known, today, due_on.on)
    if today == due_on.on:
        return Standing(due_on, "last_day", 0)
    share = (today - started_on).days / max(1, (due_on.on - started_on).days)
    soon = share >= max(_read()["warn_shares"]) or left <= max(_read()["warn_workdays"])
    return Standing(due_on, "soon" if soon else "running", left)


def warnings(due_on: Due, started_on: date, calendar: Calendar | None = None) -> tuple[date, ...]:
    """Give the working days on which somebody is told that a clock runs out, sorted, none twice."""
    known = calendar or calendars.load()
    span = due_on.on - started_on
    days = {known.next_workday(started_on + span * share) for share in _read()["warn_shares"]}
    days |= {known.add_workdays(due_on.on, -n) for n in _read()["warn_workdays"]}
    return tuple(sorted(day for day in days if started_on < day <= due_on.on))


def _workdays(known: Calendar, after: date, until: date) -> int:
    n = 0
    while after < until:
        after = _next(after)
        n += known.is_workday(after)
    return n


def _next(day: date) -> date:
    return date.fromordinal(day.toordinal() + 1)


def _paused(clock: Clock, pauses: Sequence[Pause]) -> Sequence[Pause]:
    for one in pauses:
        if one.reason not in clock.pauses or one.until_on < one.from_on:
            raise Conflict(
                Say(f"“{clock.name.zh}”不能以“{one.reason}”中止，或起止日颠倒", f'"{clock.name.en}" cannot be paused for "{one.reason}", or the days are turned round'),
                code="E-CLOCK-02", where=f"clock:{clock.id}",
                fix=Say(f"可以：{'、'.join(sorted(clock.pauses)) or '没有'}", f"open: {', '.join(sorted(clock.pauses)) or 'none'}"))
    return pauses
