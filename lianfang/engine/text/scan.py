"""Phrases found in text: in one text, and in a column of a million.

Both ways give the same answer; a property test holds them together. Spans are raw code points.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lianfang.engine.terms import compiled
from lianfang.engine.text import glyphs, plain, unfold
from lianfang.engine.text.glyphs import Class

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from lianfang.engine.text import layout

LEAST_GAPS = 3  # spaces between words before a text may count as word-segmented
SEGMENT = (1.3, 6.0)  # characters a token in word-segmented text, on average


@dataclass(frozen=True)
class Hit:
    """One phrase in one text.

    Attributes:
        word_no: place of the phrase in the list given to `Phrases`.
        start: first raw code point; end: one past the last.
        fstart: the same in folded text; fend: one past the last.
        matched_raw: what was written.
        evasion: the phrase is there only after folding.
    """

    word_no: int
    start: int
    end: int
    fstart: int
    fend: int
    matched_raw: str
    evasion: bool


@dataclass(frozen=True)
class Form:
    """One folded form of a phrase, and the spellings that are no evasion of it."""

    text: str
    word_no: int
    plainly: frozenset[str]


class Phrases:
    """Phrases to look for, folded once.

    Args:
        words: written plainly; simplified, no disguise. Empty or markless ones never match.
    """

    def __init__(self, words: Sequence[str]) -> None:
        self.words = tuple(words)
        self.forms = tuple(form for number, word in enumerate(words) for form in _forms(number, word))
        heads: dict[str, list[Form]] = defaultdict(list)
        singles: dict[str, list[Form]] = defaultdict(list)
        for form in self.forms:
            (heads if len(form.text) > 1 else singles)[form.text[:2]].append(form)
        self._heads = {head: tuple(group) for head, group in heads.items()}
        self._singles = {head: tuple(group) for head, group in singles.items()}
        self._book: layout.Book | None = None

    def book(self) -> layout.Book:
        """Give the phrases as arrays, laid out once."""
        from lianfang.engine.text import layout

        if self._book is None:
            self._book = layout.book(self.forms)
        return self._book

    def find(self, raw: str) -> tuple[Hit, ...]:
        """Find every phrase in one text.

        Args:
            raw: any text.

        Returns:
            All occurrences, overlapping ones too, sorted by (fstart, word_no).

        Raises:
            Nothing.
        """
        return self.find_plain(raw, plain.plain(raw))

    def find_plain(self, raw: str, folded: plain.Plain) -> tuple[Hit, ...]:
        """Find every phrase in a text that was folded before."""
        text = folded.text
        hits: list[Hit] = []
        segmented: bool | None = None
        for start in range(len(text)):
            for form in (
                *self._heads.get(text[start : start + 2], ()),
                *self._singles.get(text[start], ()),
            ):
                end = start + len(form.text)
                if text.startswith(form.text, start) and unfold.apart(text, start, end):
                    low, high = folded.span(start, end)
                    matched = raw[low:high]
                    if segmented is None and " " in matched:
                        segmented = is_segmented(raw)
                    evasion = not _plainly(matched, form, bool(segmented))
                    hits.append(Hit(form.word_no, low, high, start, end, matched, evasion))
        return tuple(sorted(hits, key=lambda one: (one.fstart, one.word_no, one.fend)))


def is_segmented(raw: str) -> bool:
    """Say whether a text is word-segmented: spaces between its words throughout.

    Text handed over by language researchers is; 停 息 挂 账, a space behind every character, is not.

    Args:
        raw: any text.

    Raises:
        Nothing.
    """
    tokens = n_han = n_gaps = 0
    inside = gap = False
    for character in raw:
        kind = glyphs.known(character).kind
        if kind is Class.HAN:
            n_gaps += gap and not inside
            tokens += not inside
            n_han += 1
            inside, gap = True, False
        elif kind is Class.SPACE:
            gap, inside = n_han > 0, False
        else:
            gap = inside = False
    return n_gaps >= LEAST_GAPS and SEGMENT[0] * tokens <= n_han <= SEGMENT[1] * tokens


def _plainly(matched: str, form: Form, segmented: bool) -> bool:
    """Say whether a raw stretch is the phrase as anybody would write it."""
    if matched in form.plainly:
        return True
    kept: list[str] = []
    n_spaces = n_between = 0
    for place, character in enumerate(matched):
        if character == " ":
            n_spaces += 1
            n_between += _han(matched, place - 1) and _han(matched, place + 1)
        else:
            kept.append(glyphs.literal(character))
    if "".join(kept) not in form.plainly:
        return False
    if n_between == 0:
        return True
    return segmented and not (len(kept) > 2 and n_spaces == len(kept) - 1)


def _han(text: str, place: int) -> bool:
    return 0 <= place < len(text) and glyphs.known(text[place]).kind is Class.HAN


def _forms(number: int, word: str) -> list[Form]:
    """Give the folded phrase, and the phrase as it reads where its own disguises are opened."""
    folded = plain.fold(word)
    opened = plain.plain(word, every=True).text
    written = "".join(glyphs.literal(one) for one in word if one != " ")
    plainly = frozenset((written, folded, opened))
    return [Form(text, number, plainly) for text in dict.fromkeys((folded, opened)) if text]


@dataclass(frozen=True)
class HitTable:
    """Phrases in a column, one entry a hit, sorted by (row, fstart, word_no, fend).

    Attributes:
        row: place in the column; word_no: place in the phrases.
        start, end: raw code points; fstart, fend: folded characters.
        evasion: the phrase is there only after folding.
    """

    row: NDArray[np.int64]
    word_no: NDArray[np.int32]
    start: NDArray[np.int32]
    end: NDArray[np.int32]
    fstart: NDArray[np.int32]
    fend: NDArray[np.int32]
    evasion: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.row)


def scan_table(phrases: Phrases, bodies: pa.Array | pa.ChunkedArray, threads: int | None = None) -> HitTable:
    """Find every phrase in a column of texts.

    Args:
        phrases: compiled once.
        bodies: strings; null rows have no hits. Invalid UTF-8 reads as U+FFFD.
        threads: how many work at once; None: as many as the machine has.

    Returns:
        The hits `phrases.find` gives for each text, in row order; the same on any number of threads.

    Shape:
        One entry a hit.

    Raises:
        Nothing.

    Source:
        Speed and method: docs/measures/text.md.
    """
    import numpy as np

    if not compiled.used():
        from lianfang.engine.text import one_by_one

        return _table(one_by_one.scan(phrases, bodies))
    from lianfang.engine.text import cells, columns, layout

    chart, book = layout.chart(), phrases.book()
    work: list[tuple[int, cells.Cells, int, int]] = []
    rows_before = 0
    for column in cells.columns(bodies):
        work += [(rows_before, column, first, last) for first, last in column.chunks()]
        rows_before += column.n_rows

    def one(job: tuple[int, cells.Cells, int, int]) -> NDArray[np.int64]:
        before, column, first, last = job
        hits: NDArray[np.int64] = columns.scan_chunk(
            chart, book, column.bytes, column.offsets, column.valid, (first, last)
        )
        hits[:, 0] += before
        return hits

    parts = cells.each(one, work, threads)
    hits = np.concatenate(parts) if parts else np.empty((0, columns.COLUMNS), np.int64)
    return _table(hits)


def _table(hits: NDArray[np.int64]) -> HitTable:
    word_no, start, end, fstart, fend = (hits[:, place].astype("int32") for place in range(1, 6))
    return HitTable(hits[:, 0].copy(), word_no, start, end, fstart, fend, hits[:, 6] != 0)


def warm() -> None:
    """Compile the room's kernels into the cache, so that no user waits for it."""
    import pyarrow as pa

    from lianfang.engine.text import shingles

    for texts in (["停熄挂账 加微信"], ["停熄挂账 加微信", None]):
        scan_table(Phrases(["停息挂账"]), pa.array(texts))
        shingles.fold_column(pa.array(texts), with_spans=True)
