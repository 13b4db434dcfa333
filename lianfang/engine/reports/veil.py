"""A text as a stranger may see it: identifiers and the person's name covered, length unchanged.

Length stays so that the places of matches, told in the raw text, still fit.
"""

from __future__ import annotations

from collections.abc import Iterable

from lianfang.engine.identifiers import find


def veiled(text: str, names: Iterable[str | None] = ()) -> str:
    """Cover every identifier found in a text, and the given names.

    Args:
        text: raw text.
        names: names of people to cover; the first character stays.

    Returns:
        A text of the same number of characters.
    """
    signs = list(text)
    for found in find.find(text):
        _cover(signs, found.start, found.end)
    for name in names:
        if name and len(name) > 1:
            at = text.find(name)
            while at >= 0:
                signs[at + 1 : at + len(name)] = "*" * (len(name) - 1)
                at = text.find(name, at + len(name))
    return "".join(signs)


def _cover(signs: list[str], start: int, end: int) -> None:
    places = [place for place in range(start, end) if signs[place].isalnum()]
    head, tail = (3, 4) if len(places) >= 11 else (1, 1)
    for place in places[head : max(len(places) - tail, head)]:
        signs[place] = "*"
