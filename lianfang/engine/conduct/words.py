"""One code for each word contact logs use, read from `data/contact/words.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from lianfang.engine.terms import shelf

# What a word nobody knows becomes; in other fields it is as if the cell were empty.
_STRANGE = {"purpose": "other", "unreachable_basis": "other", "product": "other"}


@dataclass(frozen=True)
class Words:
    """The word list: codes, what an empty cell means, "no such paper", shared phrases, the base sample."""

    codes: Mapping[str, Mapping[str, str]]
    assumed: Mapping[str, str]
    none: frozenset[str]
    phrases: Mapping[str, str]
    sample: Mapping[str, Any]


@lru_cache(maxsize=1)
def words() -> Words:
    """Read the word list once."""
    read = shelf.yaml(shelf.path("contact", "words.yaml"))
    codes = {
        field: {alias.casefold(): code for code, aliases in by_code.items() for alias in (code, *aliases)}
        for field, by_code in read["codes"].items()
    }
    return Words(codes, dict(read["assumed"]), frozenset(str(word).casefold() for word in read["none"]), dict(read["phrases"]), dict(read["sample"]))


def code(field: str, value: Any) -> str | None:
    """Give the code of one word of a coded field; the stricter reading where the cell is empty.

    A word nobody knows becomes `other` (purpose, basis, product), else what an empty cell means.
    """
    listed = words()
    if value is None or not str(value).strip():
        return listed.assumed.get(field)
    word = str(value).strip().casefold()
    if field == "disclosed":
        return disclosed(word)
    found = listed.codes[field].get(word)
    if found is not None:
        return found
    return _STRANGE.get(field, listed.assumed.get(field))


def knows(field: str, value: Any) -> bool:
    """Say whether a coded field's word is one of the list; an empty one is not."""
    return value is not None and str(value).strip().casefold() in words().codes[field]


def disclosed(value: str) -> str:
    """Give the codes of what was stated, joined by `|`, each once, in order."""
    known = words().codes["disclosed"]
    for mark in (",", ";", "\u3001", "\uff0c", "\uff1b"):  # and their full-width forms
        value = value.replace(mark, "|")
    found = (known.get(part.strip().casefold(), part.strip()) for part in value.split("|"))
    return "|".join(sorted({part for part in found if part}))
