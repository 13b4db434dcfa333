"""What stands about a debtor, an agency, a collector or a line at a moment: holds and registers.

One shape for all: a subject, a fact, from when, until when. Dispute, plan, hardship hold, stop and
representation are holds of a debtor; listed, evaluated and allowed come from registers.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lianfang.engine.conduct import contact as contacts
from lianfang.engine.conduct.contact import HOLDS, REGISTERS, Contact

HARDSHIP_SIGN = "hardship_sign"
# Which field of a contact names the subject of a fact.
SUBJECT: Mapping[str, str] = {
    **dict.fromkeys((*HOLDS, HARDSHIP_SIGN), "debtor"),
    "agency_listed": "agency",
    "agency_evaluated": "agency",
    "collector_allowed": "collector_id",
    "line_registered": "line_number",
}
_EVER = 2**62


@dataclass(frozen=True)
class Span:
    """One fact of one subject, from a moment (inclusive) until another (exclusive).

    Args:
        fact: a name in `SUBJECT`.
        subject: `debtor_key(creditor, debtor_id)`, or an agency, collector or line.
        from_us: microseconds UTC; none is always.
        until_us: microseconds UTC; none is open.
        ref: the paper it rests on.
    """

    fact: str
    subject: str
    from_us: int | None = None
    until_us: int | None = None
    ref: str | None = None


def debtor_key(creditor: str, debtor_id: str) -> str:
    """Name a debtor of a creditor, as spans and counts do."""
    return f"{creditor}\x1f{debtor_id}"


def read(rows: Iterable[Mapping[str, Any]]) -> tuple[Span, ...]:
    """Read spans from named values: fact, subject (or creditor and debtor_id), from, until, ref."""
    made = []
    for row in rows:
        fact = str(row.get("fact", ""))
        if fact not in SUBJECT:
            continue
        debtor = SUBJECT[fact] == "debtor"
        subject = debtor_key(str(row.get("creditor", "")), str(row.get("debtor_id", ""))) if debtor else row.get("subject")
        made.append(Span(fact, str(subject), contacts.micros(row.get("from")), contacts.micros(row.get("until")), row.get("ref")))
    return tuple(made)


def named(row: Mapping[str, Any]) -> bool:
    """Say whether a row tells whose fact it is."""
    whom = ("creditor", "debtor_id") if SUBJECT[str(row["fact"])] == "debtor" else ("subject",)
    return all(str(row.get(name) or "").strip() for name in whom)


def merged(spans: Sequence[Span]) -> dict[str, dict[str, tuple[list[int], list[int]]]]:
    """Join touching spans: fact -> subject -> (starts, ends), sorted, not touching."""
    by: dict[str, dict[str, list[tuple[int, int]]]] = defaultdict(lambda: defaultdict(list))
    for span in spans:
        start = -_EVER if span.from_us is None else span.from_us
        end = _EVER if span.until_us is None else span.until_us
        by[span.fact][span.subject].append((start, end))
    made: dict[str, dict[str, tuple[list[int], list[int]]]] = {}
    for fact, subjects in by.items():
        made[fact] = {}
        for subject, pairs in subjects.items():
            starts: list[int] = []
            ends: list[int] = []
            for start, end in sorted(pairs):
                if ends and start <= ends[-1]:
                    ends[-1] = max(ends[-1], end)
                elif end > start:
                    starts.append(start)
                    ends.append(end)
            made[fact][subject] = (starts, ends)
    return made


class Standing:
    """Answers whether a fact stands at a moment.

    A hold nobody told does not stand. A register nobody gave answers nothing at all: rules that need
    it are silent and the verdict says so.
    """

    def __init__(self, spans: Sequence[Span] = ()) -> None:
        self.spans = tuple(spans)
        self._by = merged(self.spans)

    def has(self, fact: str) -> bool:
        """Say whether anything was told about a fact, of anyone."""
        return fact in self._by

    def by(self, fact: str) -> Mapping[str, tuple[list[int], list[int]]]:
        """Give a fact's spans: subject -> (starts, ends), joined and sorted."""
        return self._by.get(fact, {})

    def at(self, fact: str, subject: str | None, at_us: int | None) -> bool:
        """Say whether a fact of a subject stands at a moment."""
        if subject is None or at_us is None:
            return False
        starts, ends = self._by.get(fact, {}).get(subject, ((), ()))
        place = bisect_right(starts, at_us) - 1
        return place >= 0 and at_us < ends[place]

    def facts(self, one: Contact) -> dict[str, bool | None]:
        """Give every hold and register answer for a contact, as the rules read them."""
        debtor = one.key("debtor")
        told: dict[str, bool | None] = {}
        for fact in (*HOLDS, HARDSHIP_SIGN):
            told[fact] = fact in self._by and self.at(fact, debtor, one.at_us)
        for fact in REGISTERS:
            subject = one.facts.get(SUBJECT[fact])
            silent = fact not in self._by or subject is None or one.at_us is None
            told[fact] = None if silent else self.at(fact, subject, one.at_us)
        return told
