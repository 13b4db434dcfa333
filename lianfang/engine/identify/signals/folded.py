"""Some rows of a column made plain for patterns, with the way back to the raw text, compiled."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from lianfang.engine.terms import compiled
from lianfang.engine.text import cells as cutting
from lianfang.engine.text import layout, one_by_one, plain
from lianfang.engine.text.kernels import FULL, fill_ends, fold_row, jit, numerals, rejoin, sift
from lianfang.engine.text.opening import may_hide, open_row

_JOB_ROWS = 4_096
_OWN = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()


def kernel(function: Any) -> Any:
    """Compile a kernel that calls the text room's: kept until that room or this file changes.

    Args:
        function: the kernel.
    """
    if not compiled.used():
        return function
    made = jit(function)
    kept = getattr(getattr(made, "_cache", None), "_cache_file", None)
    if kept is not None and hasattr(kept, "_source_stamp"):
        kept._source_stamp = f"{kept._source_stamp}{_OWN}"
    return made


@dataclass(frozen=True)
class Folded:
    """Folded texts of chosen rows.

    Attributes:
        rows: which rows, ascending.
        texts: the folded text of each, large strings.
        ptr: characters of text n are ptr[n]:ptr[n+1] of `starts` and `ends`.
        starts: first raw byte of each folded character, from its row's start.
        ends: one past its last raw byte.
        opened: whether a disguised word was opened in the text.
    """

    rows: np.ndarray
    texts: pa.Array
    ptr: np.ndarray
    starts: np.ndarray
    ends: np.ndarray
    opened: np.ndarray

    def at(self, rows: np.ndarray) -> np.ndarray:
        """Give the places of some of the rows."""
        return np.searchsorted(self.rows, rows)

    @property
    def sizes(self) -> np.ndarray:
        """Count the folded characters of each text."""
        return np.diff(self.ptr)


_NONE = np.zeros(0, np.int32)
NOTHING = Folded(
    _NONE.astype(np.int64), pa.array([], pa.large_string()), np.zeros(1, np.int64), _NONE, _NONE, np.zeros(0, bool)
)


def folded(column: cutting.Cells, rows: np.ndarray, threads: int | None = None) -> Folded:
    """Fold some rows of a column as `plain.plain` folds one text.

    Args:
        column: the texts, none of them null.
        rows: which, ascending.
        threads: how many work at once; the answer is the same.
    """
    if not len(rows):
        return NOTHING
    jobs = [rows[first : first + _JOB_ROWS] for first in range(0, len(rows), _JOB_ROWS)]
    parts = cutting.each(lambda job: _job(column, job), jobs, threads)
    letters, byte_counts, starts, ends, counts, opened = (np.concatenate(each) for each in zip(*parts, strict=True))
    offsets = np.concatenate([[0], np.cumsum(byte_counts)]).astype(np.int64)
    texts = pa.Array.from_buffers(pa.large_string(), len(rows), [None, pa.py_buffer(offsets), pa.py_buffer(letters)])
    return Folded(rows, texts, np.concatenate([[0], np.cumsum(counts)]).astype(np.int64), starts, ends, opened)


def _job(column: cutting.Cells, rows: np.ndarray) -> tuple[np.ndarray, ...]:
    if not compiled.used():
        return _each(column, rows)
    sizes = column.offsets[rows + 1] - column.offsets[rows]
    room, most = int(sizes.max(initial=0)) + 128, int(sizes.sum()) + 8 * len(rows) + 64
    counts, opened = np.zeros((len(rows), 2), np.int64), np.zeros(len(rows), np.bool_)
    while True:
        letters, spans = np.empty(4 * most, np.uint8), np.empty((most, 2), np.int32)
        if _fold(layout.chart(), column.bytes, column.offsets, rows, room, letters, spans, counts, opened):
            break
        room, most = room * 2, most * 2
    n_bytes, n = counts.sum(axis=0).tolist()
    return letters[:n_bytes].copy(), counts[:, 0], spans[:n, 0].copy(), spans[:n, 1].copy(), counts[:, 1], opened


def _each(column: cutting.Cells, rows: np.ndarray) -> tuple[np.ndarray, ...]:
    letters, sizes, spans = [], [], [np.zeros((0, 2), np.int32)]
    opened = np.zeros(len(rows), np.bool_)
    for place, row in enumerate(rows.tolist()):
        raw = column.bytes[column.offsets[row] : column.offsets[row + 1]].tobytes().decode()
        made = plain.plain(raw)
        letters.append(made.text.encode("utf-8", "surrogatepass"))
        sizes.append((len(letters[-1]), len(made.text)))
        if made.text:
            spans.append(one_by_one.byte_spans(raw, made))
        opened[place] = bool(made.disguised)
    counts, places = np.array(sizes, np.int64), np.concatenate(spans)
    return (
        np.frombuffer(b"".join(letters), np.uint8), counts[:, 0], places[:, 0].copy(), places[:, 1].copy(), counts[:, 1],
        opened,
    )  # fmt: skip


@kernel
def _fold(chart, cells, offsets, rows, room, letters, spans, counts, opened):  # type: ignore[no-untyped-def]
    """Fold as `text.folding.fold_rows` does, and keep where each character came from; False: more room."""
    glyph, pool, sieve = chart.glyph, chart.pool, chart.sieve
    lex = (chart.words, chart.letters, chart.stands, chart.common, chart.ordinary)
    text, text2 = np.empty(room, np.uint32), np.empty(room, np.uint32)
    starts, starts2 = np.empty(room, np.int32), np.empty(room, np.int32)
    ends, ends2 = np.empty(room, np.int32), np.empty(room, np.int32)
    spots, found = np.empty(room, np.int32), np.empty((room, 6), np.int32)
    at, n = 0, 0
    for place in range(len(rows)):
        low, high = np.int64(offsets[rows[place]]), np.int64(offsets[rows[place] + 1])
        size, n_spots, again, n_numerals, component = fold_row(glyph, pool, sieve, cells, low, high, text, starts, spots)
        if size == FULL:
            return False
        fill_ends(cells, low, starts, ends, size)
        if again:
            if component:
                size = rejoin(chart.splits, text, starts, ends, size)
            if n_numerals > 2:
                numerals(chart.digits, text, size)
            n_spots = sift(sieve, text, size, spots)
        now, now_starts, now_ends, changed = text, starts, ends, False
        if may_hide(chart.tells, chart.told, chart.spellings, chart.substituted, lex, text, size, spots, n_spots, found):
            size, changed = open_row(chart, text, starts, ends, size, found, text2, starts2, ends2)
            if size == FULL:
                return False
        if changed:
            now, now_starts, now_ends = text2, starts2, ends2
        if n + size > len(spans):
            return False
        begin = at
        for one in range(size):
            spans[n, 0], spans[n, 1] = now_starts[one], now_ends[one]
            n += 1
            at = _encode(now[one], letters, at)
        counts[place, 0], counts[place, 1], opened[place] = at - begin, size, changed
    return True


@kernel
def _encode(point, letters, at):  # type: ignore[no-untyped-def]
    if point < 0x80:
        letters[at] = point
        return at + 1
    if point < 0x800:
        letters[at], letters[at + 1] = 0xC0 | (point >> 6), 0x80 | (point & 63)
        return at + 2
    if point < 0x10000:
        letters[at] = 0xE0 | (point >> 12)
        letters[at + 1], letters[at + 2] = 0x80 | ((point >> 6) & 63), 0x80 | (point & 63)
        return at + 3
    letters[at] = 0xF0 | (point >> 18)
    letters[at + 1], letters[at + 2] = 0x80 | ((point >> 12) & 63), 0x80 | ((point >> 6) & 63)
    letters[at + 3] = 0x80 | (point & 63)
    return at + 4


def raw_spans(
    made: Folded, column: cutting.Cells, places: np.ndarray, first: np.ndarray, size: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Lead spans of folded bytes back to code points of the raw text.

    Args:
        made: the folded texts.
        column: the raw texts.
        places: which folded text each span is in.
        first: its first byte there.
        size: its bytes.

    Returns:
        First code point of each span in the raw text, and one past the last.
    """
    text_offsets = np.frombuffer(made.texts.buffers()[1], np.int64)
    text_letters = np.frombuffer(made.texts.buffers()[2], np.uint8)
    out = np.zeros((len(places), 2), np.int64)
    _back(
        compiled.buffer(text_letters), text_offsets, made.ptr, made.starts, made.ends, compiled.buffer(column.bytes),
        column.offsets, made.rows, places,
        first.astype(np.int64), size.astype(np.int64), out,
    )  # fmt: skip
    return out[:, 0], out[:, 1]


@kernel
def _points(letters, low, high):  # type: ignore[no-untyped-def]
    n = 0
    for at in range(low, high):
        n += (letters[at] & 0xC0) != 0x80
    return n


@kernel
def _back(letters, letter_offsets, ptr, starts, ends, cells, offsets, rows, places, first, size, out):  # type: ignore[no-untyped-def]
    for n in range(len(places)):
        begin = letter_offsets[places[n]]
        one = ptr[places[n]] + _points(letters, begin, begin + first[n])
        last = one + _points(letters, begin + first[n], begin + first[n] + size[n])
        low, high = starts[one], ends[one]
        for at in range(one, last):
            low, high = min(low, starts[at]), max(high, ends[at])
        raw = offsets[rows[places[n]]]
        out[n, 0] = _points(cells, raw, raw + low)
        out[n, 1] = out[n, 0] + _points(cells, raw + low, raw + high)
