"""Digits and letters in every costume, and the way back to the plain character.

Only for numbers: `text.plain` folds words. Here one character becomes one plain character, or
nothing, so that a span in the folded text always points at a span in the raw one.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_SPOKEN = {
    "0": "〇零○◯洞栋",
    "1": "一壹弌幺吆",
    "2": "二贰貳弍両",
    "3": "三叁參叄弎",
    "4": "四肆",
    "5": "五伍",
    "6": "六陆陸",
    "7": "七柒",
    "8": "八捌",
    "9": "九玖",
}
"""Numerals as words; they count as digits only inside a run of digits."""

_ROUND = (0x2460, 0x2474, 0x2488, 0x24F5, 0x2776, 0x2780, 0x278A, 0x3220, 0x3280)
"""First characters of the rows ① ⑴ ⒈ ⓵ ❶ ➀ ➊ ㈠ ㊀, each 1 to 9."""


def _symbols() -> dict[int, str]:
    table = {}
    for first in _ROUND:
        table.update({first + step: str(step + 1) for step in range(9)})
    for zero in (0x24EA, 0x24FF, 0x1F10B, 0x1F10C):
        table[zero] = "0"
    for place in range(0x1D7CE, 0x1D800):
        table[place] = str((place - 0x1D7CE) % 10)
    for row in (0x0660, 0x06F0, 0x0966, 0x0E50, 0xFF10, 0x2080):
        table.update({row + step: str(step) for step in range(10)})
    table.update({ord(one): str(n) for n, one in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")})
    return table


SYMBOLS = _symbols()
"""Code point of a costumed digit -> the digit, anywhere in a text."""

SPOKEN = {ord(one): digit for digit, ones in _SPOKEN.items() for one in ones}
"""Code point of a numeral word -> the digit, in a run of digits only."""

INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u20e0\u20e3\ufe00-\ufe0f\ufeff\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
"""Characters that show nothing: zero width, direction marks, variation selectors, keycaps."""

_SPOKEN_ONE = re.compile("[" + "".join(_SPOKEN.values()) + "]+")
_LOOKALIKES = {"。": ".", "・": ".", "．": ".", "｡": ".", "●": "·", "•": "·", "‧": "·", "∙": "·"}


def _fold_one(one: str) -> str:
    digit = SYMBOLS.get(ord(one))
    if digit is not None:
        return digit
    if one in _LOOKALIKES:
        return _LOOKALIKES[one]
    plain = unicodedata.normalize("NFKC", one)
    return plain.lower() if len(plain) == 1 and len(plain.lower()) == 1 else one


class _Folding(dict[int, str]):
    """A translate table that learns each character once."""

    def __missing__(self, point: int) -> str:
        self[point] = folded = _fold_one(chr(point))
        return folded


_FOLDING = _Folding()


_COSTUMED = re.compile(r"[^\n -@\[-~\u3400-\u9fff\u3001]+")
"""Anything but small letters, digits, plain marks and Chinese characters: most texts have little."""

_MARKS = tuple((one, _FOLDING[ord(one)]) for one in "\uff0c\u3002\uff1a\uff01\uff1f\uff1b\uff08\uff09")
"""Wide marks, in every Chinese sentence: put in their place one by one, faster than by pattern."""


def _undress(hit: re.Match[str]) -> str:
    return hit[0].translate(_FOLDING)


def _spell(hit: re.Match[str]) -> str:
    return hit[0].translate(SPOKEN)


_LETTER = re.compile("[a-z]")


@dataclass(frozen=True)
class Folded:
    """A text with its characters undressed, and where each one stood."""

    text: str
    digits: str
    starts: tuple[int, ...] | None

    @property
    def has_letter(self) -> bool:
        """Say whether a Latin letter is in it: most shapes need one."""
        return _LETTER.search(self.text) is not None

    def raw_span(self, start: int, end: int) -> tuple[int, int]:
        """Give the span in the raw text of a span in the folded one."""
        if self.starts is None:
            return start, end
        return self.starts[start], self.starts[end - 1] + 1


def fold(raw: str) -> Folded:
    """Undress digits, letters and dots; drop what shows nothing.

    Returns:
        `text`: width, case and circled digits folded. `digits`: the same length, numeral words
        folded to digits too.
    """
    if raw.isascii() or INVISIBLE.search(raw) is None:
        kept, starts = raw, None
    else:
        places = [at for at, one in enumerate(raw) if INVISIBLE.match(one) is None]
        kept, starts = "".join([raw[at] for at in places]), tuple(places)
    for mark, plain in _MARKS:
        kept = kept.replace(mark, plain)
    text = _COSTUMED.sub(_undress, kept)
    return Folded(text, _SPOKEN_ONE.sub(_spell, text), starts)


def plain_cell(raw: str) -> str:
    """Undress one cell: width, case kept, nothing invisible, no blanks at the ends."""
    return unicodedata.normalize("NFKC", INVISIBLE.sub("", raw)).strip().strip("'`\u3000")


_LETTER_DIGITS = str.maketrans({"o": "0", "O": "0", "l": "1", "I": "1", "|": "1"})


def digits_of(raw: str) -> str | None:
    """Read a cell as one number in any costume; None where words or masks are in it.

    Returns:
        Digits, a leading `+` dropped; blanks and joining marks left out. X stays, for identity
        numbers.
    """
    cell = fold(raw.strip()).digits
    cell = re.sub(r"^(\d{5,})\.0+$", r"\1", cell)
    kept = []
    for one in cell.translate(_LETTER_DIGITS):
        if one.isascii() and (one.isdigit() or one in "xX"):
            kept.append(one.upper())
        elif one.isalnum() or one in "*＊?#%$￥¥":
            return None
    return "".join(kept)
