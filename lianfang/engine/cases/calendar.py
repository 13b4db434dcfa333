"""Working days in mainland China: days off and make-up days from data, weekends only where a year is missing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any

from lianfang.engine.terms import shelf
from lianfang.engine.terms.errors import DefinitionError, Say

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Calendar:
    """Days off and make-up days of the years that are known.

    Attributes:
        years: years with a file; of other years only weekends are known.
        rest: days off, weekends among them.
        work: weekend days that are worked.
    """

    years: frozenset[int]
    rest: frozenset[date]
    work: frozenset[date]

    def is_workday(self, day: date) -> bool:
        """Say whether offices work on a day; a guess by weekday in years not known."""
        return day in self.work or (day.weekday() < 5 and day not in self.rest)

    def next_workday(self, day: date) -> date:
        """Give the day itself where it is worked, else the next one that is."""
        while not self.is_workday(day):
            day += _DAY
        return day

    def add_workdays(self, day: date, n: int) -> date:
        """Give the n-th working day after a day (before it where n is negative); the day is not counted."""
        step = _DAY if n > 0 else -_DAY
        while n:
            day += step
            if self.is_workday(day):
                n -= 1 if n > 0 else -1
        return day

    def unknown_years(self, first: date, last: date) -> tuple[int, ...]:
        """Give the years between two days that have no file."""
        return tuple(year for year in range(first.year, last.year + 1) if year not in self.years)


@cache
def load() -> Calendar:
    """Read every year of `data/calendar`.

    Raises:
        DefinitionError: a file holds a day of another year, or a make-up day that is no weekend day.
    """
    return made(shelf.yaml(place) | {"where": str(place)} for place in shelf.files("calendar"))


def made(years: Iterable[Mapping[str, Any]]) -> Calendar:
    """Make a calendar from years as they stand in the files.

    Raises:
        DefinitionError: see `load`.
    """
    known: set[int] = set()
    rest: set[date] = set()
    work: set[date] = set()
    for one in years:
        off = {first + _DAY * n for first, last in ((span["from"], span["to"]) for span in one["rest"])
               for n in range((last - first).days + 1)}
        extra = set(one["work"])
        wrong = [day for day in off | extra if day.year != one["year"]] + [day for day in extra if day.weekday() < 5 or day in off]
        if wrong:
            raise DefinitionError(
                Say(f"日历中的日期不对：{wrong[0]}", f"a day of the calendar is wrong: {wrong[0]}"),
                code="E-CALENDAR-01", where=str(one.get("where", one["year"])),
                fix=Say("日期要属于本年；调休日要是周末且不放假", "days belong to the year; a make-up day is a weekend day and no day off"))
        known.add(one["year"])
        rest |= off
        work |= extra
    return Calendar(frozenset(known), frozenset(rest), frozenset(work))
