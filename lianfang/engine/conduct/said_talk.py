"""A talk to be judged: utterances in order, and what is known about it.

A message or letter is a talk of one utterance. Nothing is refused here: what cannot be read becomes
`unknown`, and the judges are lenient with what is unknown.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any

from lianfang.engine.conduct import words
from lianfang.engine.terms import shelf
from lianfang.engine.text import plain
from lianfang.engine.text.plain import Plain

THIRDS = ("unrelated_third", "emergency_contact", "related_third")


class Speaker(StrEnum):
    """Who speaks."""

    COLLECTOR = "collector"
    DEBTOR = "debtor"
    THIRD = "third"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Utterance:
    """One thing said. Seconds from the start, where known."""

    utt_id: str
    speaker: Speaker
    text: str
    t0: float | None = None
    t1: float | None = None


@dataclass(frozen=True)
class Context:
    """What is known about a talk besides its words.

    Args:
        party_role: whom the contact was meant for, a code of `contact/words.yaml`.
        first: the agency's first contact with this debtor; none where nobody knows.
        institution: the lender's name; agency: the collecting firm's name.
        names: names of people to cover in quotes.
        consent_ref: proof that a third person offered to repay, or is liable.
        product: as in contacts; decides how long a plan may run.
    """

    party_role: str = "debtor"
    first: bool | None = None
    institution: str | None = None
    agency: str | None = None
    names: tuple[str, ...] = ()
    consent_ref: str | None = None
    product: str | None = None


@dataclass(frozen=True)
class Talk:
    """Utterances in the order spoken, folded once, and their context."""

    utterances: tuple[Utterance, ...]
    folded: tuple[Plain, ...]
    to: tuple[Speaker, ...]
    context: Context

    def by(self, *speakers: Speaker) -> tuple[int, ...]:
        """Give the places of the utterances of some speakers."""
        return tuple(place for place, one in enumerate(self.utterances) if one.speaker in speakers)

    @property
    def is_spoken(self) -> bool:
        """Say whether anybody but the collector says something."""
        return any(one.speaker in (Speaker.DEBTOR, Speaker.THIRD) for one in self.utterances)


@lru_cache(maxsize=1)
def _speakers() -> dict[str, Speaker]:
    read = shelf.yaml(shelf.path("conduct", "said", "shared.yaml"))["speakers"]
    return {str(alias).casefold(): Speaker(code) for code, aliases in read.items() for alias in (code, *aliases)}


def speaker(raw: object) -> Speaker:
    """Give the code of a speaker word; what nobody knows is `unknown`."""
    return _speakers().get(str(raw or "").strip().casefold(), Speaker.UNKNOWN)


def seconds(raw: object) -> float | None:
    """Give a moment in seconds, or none where it is no number that can be ordered."""
    try:
        value = float(str(raw))
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def context(raw: Mapping[str, Any]) -> Context:
    """Read a context from named values; unknown names are not looked at."""
    first = raw.get("first")
    known = words.words().codes["party_role"]
    names = raw.get("names") or ()
    return Context(
        party_role=known.get(str(raw.get("party_role") or "debtor").strip().casefold(), "unknown"),
        first=None if first is None or first == "" else str(first).casefold() in ("true", "1", "yes", "是", "首次"),
        institution=_word(raw.get("institution")),
        agency=_word(raw.get("agency")),
        names=tuple(str(name) for name in ([names] if isinstance(names, str) else names)),
        consent_ref=_word(raw.get("consent_ref")),
        product=_word(raw.get("product")),
    )


def _word(raw: object) -> str | None:
    return str(raw).strip() or None if raw is not None else None


def talk(rows: Sequence[Mapping[str, Any]], given: Context = Context()) -> Talk:
    """Make a talk from rows of utt_id, t0, t1, speaker, text.

    Rows are ordered by `t0` where every row has one, else they stay as given; a missing or doubled
    `utt_id` is replaced, so that every finding points at one utterance.

    Args:
        rows: named values; `text` may be missing.
        given: what is known besides.

    Raises:
        Nothing.
    """
    made, seen = [], set()
    for place, row in enumerate(rows, 1):
        name = base = str(row.get("utt_id") or f"u{place}")
        again = 2
        while name in seen:
            name, again = f"{base}~{again}", again + 1
        seen.add(name)
        text = row.get("text")
        made.append(Utterance(name, speaker(row.get("speaker")), "" if text is None else str(text),
                              seconds(row.get("t0")), seconds(row.get("t1"))))
    if all(one.t0 is not None for one in made):
        made.sort(key=lambda one: one.t0 or 0.0)
    folded = tuple(plain.plain(one.text) for one in made)
    return Talk(tuple(made), folded, _addressed(made, given), given)


def message(text: str, given: Context = Context()) -> Talk:
    """Make a talk of one message or letter written by the collecting side."""
    return talk([{"utt_id": "u1", "speaker": "collector", "text": text}], given)


def _addressed(made: Sequence[Utterance], given: Context) -> tuple[Speaker, ...]:
    """Say to whom each utterance is said: whoever spoke last, else whoever speaks next, else the party."""
    party = Speaker.THIRD if given.party_role in THIRDS else Speaker.DEBTOR
    others = (Speaker.DEBTOR, Speaker.THIRD)
    coming, after = party, []
    for one in reversed(made):
        coming = one.speaker if one.speaker in others else coming
        after.append(coming)
    after.reverse()
    last, told = None, []
    for one, following in zip(made, after, strict=True):
        last = one.speaker if one.speaker in others else last
        told.append(last or following)
    return tuple(told)
