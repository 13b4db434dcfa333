"""Compiled splitting of CSV bytes into cells, and of cells into columns.

One pass keeps every row's own number of cells, so that a short or long row is known and told.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from lianfang.engine.terms import compiled


@compiled.kernel
def _split(b, delimiter, is_last, starts, ends, is_doubled, firsts):  # type: ignore[no-untyped-def]
    n, at, n_cells, n_rows, used = len(b), 0, 0, 0, 0
    firsts[0] = 0
    row_cells, cell = 0, 0
    while at <= n:
        # the start of a cell
        cell = at
        doubled = 0
        if at < n and b[at] == 34:
            at += 1
            cell = at
            while at < n:
                if b[at] == 34:
                    if at + 1 < n and b[at + 1] == 34:
                        doubled = 1
                        at += 2
                        continue
                    break
                at += 1
            if at >= n:
                return n_rows, used, True
            end = at
            at += 1
            if at < n and b[at] != delimiter and b[at] != 10 and b[at] != 13:
                # words after the closing quote: keep the cell as it was written
                cell, doubled = cell - 1, 0
                while at < n and b[at] != delimiter and b[at] != 10 and b[at] != 13:
                    at += 1
                end = at
        else:
            while at < n and b[at] != delimiter and b[at] != 10 and b[at] != 13:
                at += 1
            end = at
        if at >= n and not is_last:
            return n_rows, used, False
        if at >= n and row_cells == 0 and end == cell and doubled == 0:
            return n_rows, n, False
        starts[n_cells], ends[n_cells], is_doubled[n_cells] = cell, end, doubled
        n_cells += 1
        row_cells += 1
        if at < n and b[at] == delimiter:
            at += 1
            continue
        if at < n and b[at] == 13:
            if at + 1 >= n and not is_last:
                return n_rows, used, False
            at += 1
            if at < n and b[at] == 10:
                at += 1
        elif at < n:
            at += 1
        if row_cells == 1 and end == cell:
            n_cells -= 1  # an empty line is no row
        else:
            n_rows += 1
            firsts[n_rows] = n_cells
        row_cells, used = 0, at
        if at >= n:
            break
    return n_rows, used, False


@compiled.kernel
def _widths(b, starts, ends, is_doubled, firsts, rows, column, offsets, is_there):  # type: ignore[no-untyped-def]
    total = 0
    offsets[0] = 0
    for i in range(len(rows)):
        cell = firsts[rows[i]] + column
        is_there[i] = cell < firsts[rows[i] + 1]
        if is_there[i]:
            width = ends[cell] - starts[cell]
            if is_doubled[cell]:
                at = starts[cell]
                while at < ends[cell]:
                    if b[at] == 34:
                        width -= 1
                        at += 1
                    at += 1
            is_there[i] = width > 0
            total += width
        offsets[i + 1] = total
    return total


@compiled.kernel
def _copy(b, starts, is_doubled, firsts, rows, column, offsets, out):  # type: ignore[no-untyped-def]
    for i in range(len(rows)):
        to, until = offsets[i], offsets[i + 1]
        if to == until:
            continue
        cell = firsts[rows[i]] + column
        at = starts[cell]
        if is_doubled[cell]:
            while to < until:
                out[to] = b[at]
                at += 2 if b[at] == 34 else 1
                to += 1
        else:
            while to < until:
                out[to] = b[at]
                at += 1
                to += 1


@dataclass(frozen=True)
class Cells:
    """Rows of one block: where every cell of every row stands in the bytes."""

    held: Any
    starts: Any
    ends: Any
    is_doubled: Any
    firsts: Any
    n_rows: int
    n_used: int
    is_open: bool

    @property
    def n_cells(self) -> Any:
        """Give the number of cells of every row."""
        return np.diff(self.firsts[: self.n_rows + 1])

    def column(self, place: int, rows: Any) -> pa.Array:
        """Give one column of the chosen rows; empty and missing cells are null."""
        offsets = np.empty(len(rows) + 1, np.int64)
        is_there = np.empty(len(rows), np.bool_)
        total = _widths(compiled.buffer(self.held), self.starts, self.ends, self.is_doubled, self.firsts, rows,
                        place, offsets, is_there)  # fmt: skip
        out = np.empty(total, np.uint8)
        _copy(compiled.buffer(self.held), self.starts, self.is_doubled, self.firsts, rows, place, offsets, out)
        return text_array(out, offsets, is_there)

    def raw_row(self, row: int) -> str:
        """Give one row as text, cut, for a reject."""
        first, last = self.firsts[row], self.firsts[row + 1] - 1
        held = self.held[self.starts[first] : min(self.ends[last], self.starts[first] + 400)]
        return str(held.tobytes().decode("utf-8", "replace")[:100])


def text_array(out: Any, offsets: Any, is_there: Any | None = None) -> pa.Array:
    """Make a string column out of bytes and offsets."""
    is_wide = bool(offsets[-1] > np.iinfo(np.int32).max)
    kind = pa.large_string() if is_wide else pa.string()
    width: type = np.int64 if is_wide else np.int32
    mask = None
    if is_there is not None and not is_there.all():
        mask = pa.py_buffer(np.packbits(is_there, bitorder="little"))
    return pa.Array.from_buffers(
        kind, len(offsets) - 1, [mask, pa.py_buffer(offsets.astype(width)), pa.py_buffer(out)]
    )


def split(held: bytes, delimiter: str, is_last: bool) -> Cells:
    """Split a block of UTF-8 bytes into rows of cells.

    Args:
        held: bytes that start at the start of a row.
        delimiter: one ASCII character.
        is_last: whether the file ends with this block.

    Returns:
        The whole rows; `n_used` bytes of them; `is_open` where a quote never closed.
    """
    b = np.frombuffer(held, np.uint8)
    n_lines = held.count(b"\n") + held.count(b"\r") + 2
    n_cells = held.count(delimiter.encode()) + n_lines
    starts, ends = np.empty(n_cells, np.int64), np.empty(n_cells, np.int64)
    is_doubled, firsts = np.empty(n_cells, np.uint8), np.empty(n_lines + 1, np.int64)
    n_rows, n_used, is_open = _split(compiled.buffer(b), ord(delimiter), is_last, starts, ends, is_doubled, firsts)
    return Cells(b, starts, ends, is_doubled, firsts, n_rows, n_used, is_open)


_NEAR = 1_024


@compiled.kernel
def _join(b, offsets, is_there, at, out, first, last):  # type: ignore[no-untyped-def]
    for i in range(first, last):
        to = at[i]
        if len(is_there) == 0 or is_there[i]:
            for k in range(offsets[i], offsets[i + 1]):
                out[to] = b[k]
                to += 1
        out[to] = 31
        at[i] = to + 1


def join_rows(columns: list[pa.Array]) -> tuple[Any, Any]:
    """Lay the cells of every row side by side, each ended by the unit separator (0x1F).

    Returns:
        The bytes, and the offsets of the rows in them.
    """
    from lianfang.engine.identifiers import buffers

    parts = [buffers.views(column) for column in columns]
    n = len(columns[0])
    widths = np.full(n, len(columns), np.int64)
    for _, offsets, is_there in parts:
        lengths = np.diff(offsets)
        widths += np.where(is_there, lengths, 0) if len(is_there) else lengths
    ends = np.concatenate((np.zeros(1, np.int64), np.cumsum(widths)))
    out, at = np.empty(int(ends[-1]), np.uint8), ends[:-1].copy()
    for first in range(0, n, _NEAR):  # a few rows at a time stay in the processor's cache
        last = min(n, first + _NEAR)
        for held, offsets, is_there in parts:
            _join(compiled.buffer(held), offsets, is_there, at, out, first, last)
    return out, ends


def warm() -> None:
    """Compile every kernel of this file now, so that no user waits for it."""
    held = split(b'a,"b""c"\n', ",", True)
    join_rows([held.column(1, np.zeros(1, np.int64)), pa.array(["x"])])
    join_rows([pa.array(["x", None])])
