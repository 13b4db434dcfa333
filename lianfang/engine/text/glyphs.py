"""What one character is for matching: its class and its plain form.

Every character belongs to one class; the class decides what becomes of it beside its neighbours
(`plain`). The same table, laid out as numbers, drives the kernels (`layout`).
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from pathlib import Path
from typing import Any

from lianfang.engine.terms import kept, shelf

NUMERALS = {
    **dict(zip("零一二三四五六七八九", "0123456789", strict=True)),
    **dict(zip("〇壹贰叁肆伍陆柒捌玖", "0123456789", strict=True)),
}
MAGNITUDES = frozenset("十百千万亿拾佰仟")
_STOPS = frozenset(",.!?;:。、…⋯【】〖〗+\n") - {"."}
_SIGNS = frozenset("%‰¥$")


class Class(IntEnum):
    """What a character does beside its neighbours."""

    SKIP = 0  # never there: zero-width, combining marks, controls
    SPACE = 1  # dropped unless between two letters or digits
    MARK = 2  # dropped unless between two letters or digits
    STOP = 3  # ends a sentence or a part of one; kept
    SIGN = 4  # % and money signs; dropped between two Chinese characters
    LETTER = 5  # Latin letters and digits (and other alphabets with spaces)
    HAN = 6  # Chinese characters, and all that is written without spaces
    WORD = 7  # stands for several characters
    BEHIND = 8  # a WORD only behind certain characters, elsewhere a MARK


@dataclass(frozen=True)
class Glyph:
    """One character made plain: class, plain form, and for BEHIND what must stand before."""

    kind: Class
    plain: str
    after: str = ""


@cache
def traditional() -> dict[str, str]:
    """Give traditional characters and their simplified form."""

    def make() -> dict[str, str]:
        table = _file("traditional.yaml")
        return dict(zip(table["from"], table["to"], strict=True))

    made: dict[str, str] = kept.kept("traditional", (_home(),), make)
    return made


def glyph(character: str) -> Glyph:
    """Say the class and plain form of one character.

    Args:
        character: exactly one code point; a lone surrogate is fine.

    Returns:
        Its `Glyph`; `plain` is empty only for SKIP.

    Raises:
        Nothing.

    Source:
        Unicode NFKC and general categories; `lexicon/disguise/emoji.yaml`, `traditional.yaml`.
    """
    authored = _authored().get(character)
    if authored:
        return authored
    digit = unicodedata.digit(character, None)
    if digit is not None:
        return Glyph(Class.LETTER, str(int(digit)))
    folded = unicodedata.normalize("NFKC", character).lower()
    if len(folded) > 1 or unicodedata.category(folded or "a")[0] == "L":
        folded = _bare(folded)
    swap = traditional()
    folded = "".join(swap.get(one, one) for one in folded)
    if len(folded) == 1:
        return _single(folded)
    solid = [one for one in folded if _single(one).kind in (Class.LETTER, Class.HAN)]
    if len(solid) > 1:
        return Glyph(Class.WORD, "".join(solid))
    if solid:
        return _single(solid[0])
    return _single(folded[0]) if folded else Glyph(Class.SKIP, "")


class _Known(dict[str, Glyph]):
    def __missing__(self, character: str) -> Glyph:
        made = self[character] = glyph(character)
        return made


known = _Known().__getitem__  # `glyph`, remembered


def literal(character: str) -> str:
    """Give a character as it counts for "written plainly": width and case forgiven, no more."""
    if character > "\uffff":
        return character  # mathematical letters and the like are a costume
    folded = unicodedata.normalize("NFKC", character).lower()
    return folded if len(folded) == 1 else character


@cache
def _authored() -> dict[str, Glyph]:
    plain = kept.kept("emoji", (_home(), Path(__file__)), _emoji)
    return {one: Glyph(Class(kind), word, after) for one, (kind, word, after) in plain.items()}


def _emoji() -> dict[str, tuple[int, str, str]]:
    table = _file("emoji.yaml")
    made: dict[str, tuple[int, str, str]] = {}
    for entry in table["emoji"]:
        word, after = str(entry["word"]), str(entry.get("after", ""))
        kind = Class.BEHIND if "after" in entry else (Class.WORD if len(word) > 1 else Class.HAN)
        for one in entry["glyphs"]:
            made[one] = (int(kind), word, after)
    for line in table["letters"].splitlines():
        letter, alike = line.split()
        made.update({one: (int(Class.LETTER), letter, "") for one in alike + alike.upper()})
    return made


def _bare(folded: str) -> str:
    """Take accents off Latin letters: pinyin with tones is pinyin."""
    parts = unicodedata.normalize("NFKD", folded)
    if not parts[:1].isascii():
        return folded
    return "".join(one for one in parts if unicodedata.category(one)[0] != "M")


def _single(character: str) -> Glyph:
    group = unicodedata.category(character)
    if group[0] == "M" or (group[0] == "C" and group not in ("Cn", "Co", "Cs")):
        if character in "\n\r\v\f\x85":
            return Glyph(Class.STOP, "\n")
        return Glyph(Class.SPACE, " ") if character == "\t" else Glyph(Class.SKIP, "")
    if group[0] == "Z":
        return Glyph(Class.STOP, "\n") if group in ("Zl", "Zp") else Glyph(Class.SPACE, " ")
    if character in _STOPS:
        return Glyph(Class.STOP, {"⋯": "…", "〖": "【", "〗": "】"}.get(character, character))
    if character in _SIGNS:
        return Glyph(Class.SIGN, character)
    if group[0] in "LN":
        spaced = ord(character) < 0x0600
        return Glyph(Class.LETTER if spaced else Class.HAN, character)
    return Glyph(Class.MARK, character)


def _home() -> Path:
    return shelf.path("lexicon", "disguise")


def _file(name: str) -> Any:
    return shelf.yaml(_home() / name)
