"""Make Chinese text plain for matching, and keep the way back to what was written.

Two stages. Characters: width, case, script, costume digits, inserted marks, split characters.
Words: spellings of domain words that are meant to slip past a reader (`unfold`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from lianfang.engine.text import glyphs, lexicon, unfold
from lianfang.engine.text.glyphs import Class, Glyph
from lianfang.engine.text.lexicon import How, Lexicon

LEAST_NUMERALS = 3  # Chinese digits in a row that are read as a number written out


@dataclass(frozen=True)
class Disguise:
    """One disguised word: where in the folded text, where in the raw, what it says, how it hid."""

    start: int
    end: int
    raw_start: int
    raw_end: int
    word: str
    how: str


@dataclass(frozen=True)
class Plain:
    """A text made plain. Character `n` of `text` was written at `raw[starts[n]:ends[n]]`."""

    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]
    disguised: tuple[Disguise, ...]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Give the raw span of a folded span.

        Args:
            start: first folded character.
            end: one past the last; greater than start.
        """
        return self.starts[start], self.ends[end - 1]


@cache
def known() -> Lexicon:
    """Give the packaged disguise lexicon, read or built once a process."""
    return lexicon.known(fold)


def plain(raw: str, *, every: bool = False) -> Plain:
    """Make a text plain for matching.

    Args:
        raw: any text; lone surrogates and controls are fine.
        every: open doubtful spellings too (for phrases, which have no context of their own).

    Returns:
        Folded text, its way back to the raw, and the disguises that were opened.

    Shape:
        Punctuation comes out as one of `, 。 ! ? ; : 、 … + 【 】` or a line break, one for a run of
        it; other marks and spaces are dropped, except one between two letters or digits.
        `plain(plain(x).text).text` equals `plain(x).text` for text without disguises.

    Raises:
        Nothing.

    Source:
        Domain sheet 6.0; measured in docs/measures/text.md.
    """
    text, starts, ends = _characters(raw)
    opened = unfold.openings(text, known(), every=every)
    if not opened:
        return Plain(text, tuple(starts), tuple(ends), ())
    return _open(text, starts, ends, opened)


def fold(raw: str) -> str:
    """Fold characters only, without opening disguised words."""
    return _characters(raw)[0]


def _open(text: str, starts: list[int], ends: list[int], opened: tuple[unfold.Opening, ...]) -> Plain:
    parts: list[str] = []
    new_starts: list[int] = []
    new_ends: list[int] = []
    disguised: list[Disguise] = []
    reached = 0
    for one in opened:
        parts.append(text[reached : one.start])
        new_starts += starts[reached : one.start]
        new_ends += ends[reached : one.start]
        low, high = starts[one.start], ends[one.end - 1]
        at, size = len(new_starts), len(one.word)
        if one.how is not How.REVERSED and one.end - one.start == size:
            new_starts += starts[one.start : one.end]
            new_ends += ends[one.start : one.end]
        else:
            new_starts += [low] * size
            new_ends += [high] * size
        parts.append(one.word)
        disguised.append(Disguise(at, at + size, low, high, one.word, one.how.name.lower()))
        reached = one.end
    parts.append(text[reached:])
    new_starts += starts[reached:]
    new_ends += ends[reached:]
    return Plain("".join(parts), tuple(new_starts), tuple(new_ends), tuple(disguised))


def _characters(raw: str) -> tuple[str, list[int], list[int]]:
    out = _Line()
    known_glyph, text_add, place_add = glyphs.known, out.text.append, out.starts.append
    for place, character in enumerate(raw):
        glyph = known_glyph(character)
        kind = glyph.kind
        if not out.run and (kind is Class.HAN or kind is Class.LETTER):  # most text: nothing to decide
            text_add(glyph.plain)
            place_add(place)
            out.last = kind
        else:
            out.take(place, glyph)
    out.finish()
    starts = out.starts
    ends = [start + 1 for start in starts]
    text = "".join(out.text)
    if _COMPONENTS.search(text):
        text = _rejoin(text, starts, ends)
    return _numerals(text), starts, ends


class _Line:
    """Folded characters so far, and the run of spaces and marks not yet decided."""

    def __init__(self) -> None:
        self.text: list[str] = []
        self.starts: list[int] = []
        self.last = Class.SKIP  # class of the last kept character: LETTER, HAN, STOP, or SKIP at first
        self.run = Class.SKIP  # strongest class in the run: SPACE < MARK < STOP, SIGN
        self.run_plain = ""
        self.run_place = 0
        self.token = -1  # where the part after the last stop began; -1 before any stop
        self.stop_kept = False

    def take(self, place: int, glyph: Glyph) -> None:
        """Take one raw character."""
        kind = glyph.kind
        if kind is Class.HAN or kind is Class.LETTER:
            self.settle(kind)
            self.emit(place, glyph.plain)
            self.last = kind
        elif kind is Class.WORD:
            self.word(place, glyph.plain)
        elif kind is Class.BEHIND and self.text and not self.run and self.text[-1] in glyph.after:
            self.word(place, glyph.plain)
        elif kind is not Class.SKIP:
            self.widen(place, Class.MARK if kind is Class.BEHIND else kind, glyph.plain)

    def emit(self, place: int, character: str) -> None:
        self.text.append(character)
        self.starts.append(place)

    def word(self, place: int, word: str) -> None:
        kind = Class.LETTER if word[0].isascii() else Class.HAN
        if self.run:
            self.settle(kind)
        for character in word:
            self.emit(place, character)
        self.last = Class.LETTER if word[-1].isascii() else Class.HAN

    def widen(self, place: int, kind: Class, plain: str) -> None:
        """Take one more into the run: a stop outranks a sign, a sign a mark, a mark a space."""
        if _RANK[kind] > _RANK[self.run] or (kind is Class.STOP and plain == "+"):
            self.run, self.run_plain, self.run_place = kind, plain, place

    def settle(self, following: Class) -> None:
        """Decide the run between the last kept character and the one that follows."""
        both_han = self.last is Class.HAN and following is Class.HAN
        if self.run is Class.STOP:
            self.stop(both_han)
        elif self.run is Class.SIGN:
            if not both_han:
                self.emit(self.run_place, self.run_plain)
        elif self.last is Class.LETTER and following is Class.LETTER:
            self.emit(self.run_place, self.run_plain)
        self.run = Class.SKIP

    def stop(self, both_han: bool) -> None:
        """Keep a stop, unless stops stand around a lone character: 停,息,挂,账 is one word."""
        if both_han and self.token > 0 and len(self.text) - self.token == 1:
            if self.stop_kept:
                del self.text[self.token - 1], self.starts[self.token - 1]
            self.stop_kept = False
        else:
            self.emit(self.run_place, self.run_plain)
            self.stop_kept = True
        self.token = len(self.text)
        self.last = Class.STOP if self.stop_kept else self.last

    def finish(self) -> None:
        """Decide what stands at the end."""
        if self.run in (Class.STOP, Class.SIGN):
            self.emit(self.run_place, self.run_plain)


_RANK = {Class.SKIP: 0, Class.SPACE: 1, Class.MARK: 2, Class.SIGN: 3, Class.STOP: 4}
_SPLITS = lexicon.splits()
_COMPONENTS = re.compile(
    "|".join(re.escape(parts) for parts in sorted(_SPLITS, key=lambda one: (-len(one), one)))
)


def _rejoin(text: str, starts: list[int], ends: list[int]) -> str:
    """Put split characters together again; the joined one spans all its parts."""
    parts: list[str] = []
    kept_starts: list[int] = []
    kept_ends: list[int] = []
    reached = 0
    for found in _COMPONENTS.finditer(text):
        low, high = found.span()
        parts += (text[reached:low], _SPLITS[found.group()])
        kept_starts += [*starts[reached:low], starts[low]]
        kept_ends += [*ends[reached:low], ends[high - 1]]
        reached = high
    parts.append(text[reached:])
    starts[:] = kept_starts + starts[reached:]
    ends[:] = kept_ends + ends[reached:]
    return "".join(parts)


_NUMBER_LIKE = re.compile(f"[0-9{''.join(glyphs.NUMERALS)}]{{{LEAST_NUMERALS},}}")
_TO_DIGITS = str.maketrans(glyphs.NUMERALS)


def _numerals(text: str) -> str:
    """Read three or more Chinese digits in a row as digits; 三万 and 一百二十 stay words."""

    def read(found: re.Match[str]) -> str:
        run = found.group()
        spelled = sum(character in glyphs.NUMERALS for character in run)
        beside = text[found.start() - 1 : found.start()] + text[found.end() : found.end() + 1]
        if spelled < LEAST_NUMERALS or any(one in glyphs.MAGNITUDES for one in beside):
            return run
        return run.translate(_TO_DIGITS)

    return _NUMBER_LIKE.sub(read, text) if _NUMBER_LIKE.search(text) else text
