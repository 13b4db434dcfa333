"""Letters of one family side by side: what they share, and where each differs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from lianfang.engine.terms.errors import Say
from lianfang.web.identify.states import record_name

MOST_LETTERS, MOST_FAMILIES, MOST_SIGNS = 8, 4, 1_200


@dataclass(frozen=True)
class Piece:
    """A stretch of a text: `same` as the first letter of the family, or `other`; or lit by a clause."""

    text: str
    kind: str = ""
    title: Any = None


@dataclass(frozen=True)
class Letter:
    """One letter of a family; the first is shown whole, the others with their differences marked."""

    key: str
    on: str
    share: float
    pieces: tuple[Piece, ...]

    @property
    def name(self) -> Say:
        """Give the record it is, in words."""
        return record_name(self.key)


@dataclass(frozen=True)
class Family:
    """Letters of one wording."""

    n_letters: int
    letters: tuple[Letter, ...]

    @property
    def n_more(self) -> int:
        """Count the letters shown beyond the first two."""
        return len(self.letters) - 2

    @property
    def n_hidden(self) -> int:
        """Count the letters not shown."""
        return self.n_letters - len(self.letters)


def families(members: Sequence[Mapping[str, Any]]) -> tuple[Family, ...]:
    """Gather the template families of a ring, largest first; a text of its own is no family."""
    large = sorted(_shared(members), key=lambda held: (-len(held), held[0]["key"]))
    return tuple(_family(held) for held in large[:MOST_FAMILIES])


def has_families(members: Sequence[Mapping[str, Any]]) -> bool:
    """Say whether two members share a wording."""
    return bool(_shared(members))


def _shared(members: Sequence[Mapping[str, Any]]) -> list[list[Mapping[str, Any]]]:
    by: dict[int, list[Mapping[str, Any]]] = defaultdict(list)
    for one in members:
        if one.get("family") is not None and one["text"]:
            by[one["family"]].append(one)
    return [held for held in by.values() if len(held) > 1]


def _family(held: list[Mapping[str, Any]]) -> Family:
    held = sorted(held, key=lambda one: (one["on"], one["key"]))
    first = held[0]["text"][:MOST_SIGNS]
    letters = [Letter(held[0]["key"], held[0]["on"], 1.0, (Piece(first),))]
    letters += [_against(first, one) for one in held[1:MOST_LETTERS]]
    return Family(len(held), tuple(letters))


def _against(first: str, one: Mapping[str, Any]) -> Letter:
    text = one["text"][:MOST_SIGNS]
    match = SequenceMatcher(None, first, text, autojunk=False)
    pieces, left_out = [], 0
    for what, a, b, c, d in match.get_opcodes():
        if what == "equal":
            pieces.append(Piece(text[c:d]))
        elif d > c:
            pieces.append(Piece(text[c:d], "other"))
        else:
            left_out += b - a
            pieces.append(Piece("∅", "gone", first[a:b][:60]))
    return Letter(one["key"], one["on"], round(match.ratio(), 3), tuple(pieces))


def lit(text: str, marks: Sequence[Mapping[str, Any]]) -> tuple[Piece, ...]:
    """Cut a text where clauses were met: the strongest of several lights a character.

    Args:
        text: the text, masked or raw; masking keeps every place.
        marks: start, end, strength, zh, en; marks without a place are no light.
    """
    rank = {"strong": 3, "medium": 2, "weak": 1, "guard": 4}
    over: list[Mapping[str, Any] | None] = [None] * len(text)
    for one in sorted(marks, key=lambda mark: rank.get(mark["strength"], 0)):
        if one["start"] is not None:
            for at in range(max(one["start"], 0), min(one["end"], len(text))):
                over[at] = one
    pieces, begun = [], 0
    for at in range(1, len(text) + 1):
        if at == len(text) or over[at] is not over[begun]:
            mark = over[begun]
            title = {"zh": mark["zh"], "en": mark["en"]} if mark else None
            pieces.append(Piece(text[begun:at], str(mark["strength"]) if mark else "", title))
            begun = at
    return tuple(pieces)


def folded(text: str) -> str:
    """Give the plain form the guides look at: what disguises were opened to."""
    from lianfang.engine.text import plain

    return plain.plain(text).text
