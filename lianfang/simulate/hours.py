"""When things happen: one profile of weekdays and hours for everybody, so time tells nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from lianfang.engine.terms.clock import SHANGHAI
from lianfang.simulate.dice import Dice

DAY = 86_400
# Share of records by hour (0-23) and weekday (Monday first): offices are busy, nights are not.
HOURS = (4, 2, 1, 1, 1, 2, 5, 14, 40, 72, 80, 66, 38, 46, 68, 74, 66, 52, 40, 38, 40, 34, 22, 10)
WEEKDAYS = (118, 112, 106, 104, 100, 62, 50)
_HOUR_NUMBERS = tuple(range(24))


@dataclass(frozen=True)
class Period:
    """The simulated days, counted from midnight (Shanghai) of the first."""

    start_on: date
    days: int

    def moment(self, seconds: int) -> datetime:
        """Give the aware moment so many seconds after the start."""
        midnight = datetime(self.start_on.year, self.start_on.month, self.start_on.day)
        return (midnight + timedelta(seconds=int(seconds))).replace(tzinfo=SHANGHAI)

    def on(self, seconds: int) -> date:
        """Give the day so many seconds after the start."""
        return self.start_on + timedelta(days=int(seconds) // DAY)

    def draw(self, dice: Dice, first: float = 0.0, last: float | None = None) -> int:
        """Draw a moment in seconds by the profile.

        Args:
            dice: chance.
            first: first day of the window, in days from the start.
            last: end of the window (not in it); the end of the period if missing.
        """
        last = float(self.days) if last is None else min(last, float(self.days))
        return self._day(dice, first, last) * DAY + time_of_day(dice)

    def _day(self, dice: Dice, first: float, last: float) -> int:
        """Draw a day of a window by the weekday profile."""
        for _ in range(12):
            day = int(first + dice.share() * (last - first))
            if dice.share() * WEEKDAYS[0] < WEEKDAYS[(self.start_on.weekday() + day) % 7]:
                break
        return day

    def soon(self, dice: Dice, at: int, least_days: float, most_days: float) -> int:
        """Draw a moment some days after another, at an hour of the profile, inside the period."""
        day = self._day(dice, at / DAY + least_days, at / DAY + most_days)
        if day >= self.days:
            day = int(at / DAY)
        later = day * DAY + time_of_day(dice)
        return later if later > at else min(at + dice.between(600, 9000), self.days * DAY - 1)

    def around(self, dice: Dice, at: int, reach_days: float) -> int:
        """Draw a moment within some days before or after another, folded back at the edges."""
        day = self._day(dice, at / DAY - reach_days, at / DAY + reach_days)
        day = abs(day)
        day = day if day < self.days else max(0, 2 * self.days - 1 - day)
        return day * DAY + time_of_day(dice)


def time_of_day(dice: Dice) -> int:
    """Draw seconds after midnight by the hour profile."""
    hour = dice.weighted(_HOUR_NUMBERS, HOURS)
    return hour * 3600 + dice.below(3600)


@dataclass(frozen=True)
class Window:
    """The days in which a campaign or look-alike group is at work."""

    first: float
    last: float

    def progress(self, at: int) -> float:
        """Say how far the window has run at a moment, 0 to 1."""
        return min(1.0, max(0.0, (at / DAY - self.first) / max(0.5, self.last - self.first)))


def window(turn: int, shift: float, length_days: float, days: int) -> Window:
    """Place the turn-th window so that windows spread evenly over the period.

    Even spread (golden-ratio steps; short windows hang over the edges and are cut) keeps the share
    of campaign records the same all along, so the day of a record says nothing about it.
    """
    length = min(float(days), max(2.0, length_days))
    place = (turn * 0.6180339887 + shift) % 1.0
    # an eighth of a window beyond the edges makes up for what the edges cut
    first = 0.0 if length == days else place * (days + length / 4) - length * 5 / 8
    return Window(max(0.0, first), min(float(days), first + length))


def waves(n: int, shift: float, span: float, days: int) -> tuple[Window, ...]:
    """Place n waves evenly over the period that fill this share of it together; none if all of it."""
    if span >= 1.0:
        return ()
    length = max(2.0, days * span / n)
    firsts = [(i + shift % 1.0) / n * (days - length) for i in range(n)]
    return tuple(Window(first, first + length) for first in firsts)
