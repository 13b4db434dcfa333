"""A text as a stranger may see it: identifiers and people's names covered, length unchanged.

Length stays so that the places of matches, told in the raw text, still fit.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Set

from lianfang.engine.identifiers import find, mask

# Nine digits in a row say nothing to a reader and may be a number no rule knows.
_LONG = re.compile(r"\d(?:[ \-]?\d){8,}")
_LEAST = {False: 2, True: 4}
"""Letters a name needs before it is looked for; shorter Latin ones stand inside ordinary words."""


def names(given: Iterable[str | None]) -> frozenset[str]:
    """Choose the names worth looking for.

    Args:
        given: names of people, as the records have them.
    """
    plain = {name.strip() for name in given if name}
    return frozenset(name for name in plain if len(name) >= _LEAST[name.isascii()])


def veiled(text: str, known: Set[str] = frozenset()) -> str:
    """Cover every identifier found in a text, every long number, and the known names.

    Args:
        text: raw text.
        known: names of people to cover, from `names`; the first character stays.

    Returns:
        A text of the same number of characters.
    """
    signs = list(text)
    for found in find.find(text):
        _cover(signs, found.start, found.end, _kept(mask.mask(found.kind, found.value)))
    for long in _LONG.finditer("".join(signs)):
        _cover(signs, long.start(), long.end())
    for length in sorted({len(name) for name in known}):
        for at in range(len(text) - length + 1):
            if text[at : at + length] in known:
                signs[at + 1 : at + length] = "*" * (length - 1)
    return "".join(signs)


def _kept(masked: str) -> tuple[int, int] | None:
    """Say how many characters a mask leaves at either end; None where it hides nothing."""
    ends = [sum(one.isalnum() for one in part) for part in (masked.partition("*")[0], masked.rpartition("*")[2])]
    return (ends[0], ends[1]) if "*" in masked else None


def _cover(signs: list[str], start: int, end: int, kept: tuple[int, int] | None = None) -> None:
    """Cover a stretch; what a mask elsewhere leaves is left here, and no more: two views must not add up to the whole."""
    places = [place for place in range(start, end) if signs[place].isalnum()]
    head, tail = (3, 4) if len(places) >= 11 else (1, 1)
    if kept is not None:
        head, tail = min(head, kept[0]), min(tail, kept[1])
    for place in places[head : max(len(places) - tail, head)]:
        signs[place] = "*"
