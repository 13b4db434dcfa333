"""Some rows of a column made plain for patterns, with the way back to the raw text, compiled."""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
import pyarrow as pa

from lianfang.engine.text import cells as cutting
from lianfang.engine.text import plain

_JOB_ROWS = 4_096


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


def folded(bodies: pa.Array, rows: np.ndarray, threads: int | None = None) -> Folded:
    """Fold some rows of a column as `plain.plain` folds one text.

    Args:
        bodies: large strings without nulls.
        rows: which, ascending.
        threads: how many work at once; the answer is the same.
    """
    if not len(rows):
        return NOTHING
    jobs = [rows[first : first + _JOB_ROWS] for first in range(0, len(rows), _JOB_ROWS)]
    parts = cutting.each(lambda job: _job(bodies, job), jobs, threads)
    letters, byte_counts, starts, ends, counts, opened = (np.concatenate(each) for each in zip(*parts, strict=True))
    offsets = np.concatenate([[0], np.cumsum(byte_counts)]).astype(np.int64)
    texts = pa.Array.from_buffers(pa.large_string(), len(rows), [None, pa.py_buffer(offsets), pa.py_buffer(letters)])
    return Folded(rows, texts, np.concatenate([[0], np.cumsum(counts)]).astype(np.int64), starts, ends, opened)


def _job(bodies: pa.Array, rows: np.ndarray) -> tuple[np.ndarray, ...]:
    texts = bodies.take(pa.array(rows)).to_pylist()
    letters, byte_counts, starts, ends, counts, opened = [], [], [], [], [], []
    for raw in texts:
        made = plain.plain(raw)
        written = made.text.encode("utf-8", "replace")
        places = np.cumsum([0, *(len(sign.encode("utf-8", "replace")) for sign in raw)])
        letters.append(np.frombuffer(written, np.uint8))
        byte_counts.append(len(written))
        starts.append(places[list(made.starts)].astype(np.int32))
        ends.append(places[list(made.ends)].astype(np.int32))
        counts.append(len(made.text))
        opened.append(bool(made.disguised))
    flat = [np.concatenate(each) for each in (letters, starts, ends)]
    return flat[0], np.array(byte_counts), flat[1], flat[2], np.array(counts), np.array(opened)


def raw_spans(
    made: Folded, bodies: pa.Array, places: np.ndarray, first: np.ndarray, size: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Lead spans of folded bytes back to code points of the raw text.

    Args:
        made: the folded texts.
        bodies: the raw texts.
        places: which folded text each span is in.
        first: its first byte there.
        size: its bytes.

    Returns:
        First code point of each span in the raw text, and one past the last.
    """
    column = next(cutting.columns(bodies))
    text_offsets = np.frombuffer(made.texts.buffers()[1], np.int64)
    text_letters = np.frombuffer(made.texts.buffers()[2], np.uint8)
    out = np.zeros((len(places), 2), np.int64)
    _back(
        text_letters, text_offsets, made.ptr, made.starts, made.ends, column.bytes, column.offsets, made.rows, places,
        first.astype(np.int64), size.astype(np.int64), out,
    )  # fmt: skip
    return out[:, 0], out[:, 1]


@numba.njit(cache=True, nogil=True)
def _points(letters, low, high):  # type: ignore[no-untyped-def]
    n = 0
    for at in range(low, high):
        n += (letters[at] & 0xC0) != 0x80
    return n


@numba.njit(cache=True, nogil=True)
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
