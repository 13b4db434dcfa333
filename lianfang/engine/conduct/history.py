"""What went before, in memory: counted once per contact, in order of time."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Iterable, Sequence

from lianfang.engine.conduct.contact import Contact
from lianfang.engine.conduct.gate import Ask
from lianfang.engine.conduct.rules import Rules, Unit
from lianfang.engine.conduct.standing import Standing


def counts_in(unit: Unit, one: Contact) -> str | None:
    """Give the key a contact that was made counts under, or none where it does not count."""
    if one.at_us is None or not (unit.of.check(one.facts) and unit.made.check(one.facts)):
        return None
    return one.key(unit.key)


class History:
    """Contacts already made, ready to be counted; the same contact told twice counts once.

    Args:
        rules: they say what is counted.
        contacts: in any order.
        standing: holds and registers.
    """

    def __init__(self, rules: Rules, contacts: Iterable[Contact] = (), standing: Standing | None = None) -> None:
        self.standing = standing or Standing()
        self._rules = rules
        self._same: set[tuple[object, ...]] = set()
        self._times: dict[tuple[str, str], list[int]] = defaultdict(list)
        for one in contacts:
            self._take(one)
        for times in self._times.values():
            times.sort()

    def _take(self, one: Contact) -> None:
        if one.at_us is None or one.same in self._same:
            return
        self._same.add(one.same)
        for unit in self._rules.units:
            key = counts_in(unit, one)
            if key is not None:
                self._times[(unit.name, key)].append(one.at_us)

    def add(self, one: Contact) -> bool:
        """Add a contact that was made.

        Returns:
            False where it was known already and nothing changed.
        """
        if one.at_us is None:
            return True
        if one.same in self._same:
            return False
        self._same.add(one.same)
        for unit in self._rules.units:
            key = counts_in(unit, one)
            if key is not None:
                insort(self._times[(unit.name, key)], one.at_us)
        return True

    def knows(self, one: Contact) -> bool:
        """Say whether this very contact was told before."""
        return one.same in self._same

    def seen(self, asks: Sequence[Ask]) -> list[tuple[int, ...]]:
        """Give, for every ask, the moments of counted contacts, newest first."""
        return [self._seen(ask) for ask in asks]

    def _seen(self, ask: Ask) -> tuple[int, ...]:
        since_us = ask.since_us
        if ask.reset is not None:
            resets = self._times.get((ask.reset, ask.key))
            if resets and resets[-1] >= since_us:
                since_us = resets[-1] + 1
        times = self._times.get((ask.unit, ask.key), [])
        first = max(bisect_left(times, since_us), len(times) - ask.most)
        return tuple(reversed(times[first:]))
