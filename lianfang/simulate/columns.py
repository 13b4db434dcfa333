"""Arrow columns from Python cells, without `pa.array`, which loads pandas first: two seconds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from lianfang.simulate.hours import Period


def strings(cells: Sequence[object]) -> pa.StringArray:
    """Make a string column; None stays empty."""
    encoded = [b"" if cell is None else str(cell).encode() for cell in cells]
    offsets = np.zeros(len(cells) + 1, dtype=np.int32)
    np.cumsum([len(cell) for cell in encoded], out=offsets[1:])
    body = pa.py_buffer(b"".join(encoded))
    return pa.StringArray.from_buffers(len(cells), pa.py_buffer(offsets), body, _filled(cells))


def wholes(cells: Sequence[object], kind: pa.DataType | None = None) -> pa.Array:
    """Make a column of whole numbers (64 bits unless another kind is asked); None stays empty."""
    kind = kind or pa.int64()
    return _fixed(cells, [0 if cell is None else int(str(cell)) for cell in cells], kind)


def numbers(values: np.ndarray) -> pa.Int64Array:
    """Make a column of whole numbers from numpy, none missing."""
    body = pa.py_buffer(np.ascontiguousarray(values, dtype=np.int64))
    return pa.Int64Array.from_buffers(pa.int64(), len(values), [None, body])


def one(cell: str | int) -> pa.Scalar:
    """Give one cell for use beside columns (a bare Python value would load pandas too)."""
    return (strings([cell]) if isinstance(cell, str) else wholes([cell]))[0]


def truths(cells: Sequence[object]) -> pa.BooleanArray:
    """Make a yes/no column; None stays empty."""
    bits = pa.py_buffer(np.packbits([bool(cell) for cell in cells], bitorder="little"))
    return pa.BooleanArray.from_buffers(pa.bool_(), len(cells), [_filled(cells), bits])


def decided(values: np.ndarray) -> pa.BooleanArray:
    """Make a yes/no column from numpy, none missing."""
    bits = pa.py_buffer(np.packbits(values, bitorder="little"))
    return pa.BooleanArray.from_buffers(pa.bool_(), len(values), [None, bits])


def empty() -> pa.Scalar:
    """Give the empty string cell."""
    return strings([None])[0]


def moments(cells: Sequence[object], period: Period) -> pa.TimestampArray:
    """Make a column of moments from seconds after the start of the period."""
    first = int(period.moment(0).timestamp())
    micros = [0 if cell is None else (first + int(str(cell))) * 1_000_000 for cell in cells]
    return _fixed(cells, micros, pa.timestamp("us", "UTC"))


def days(cells: Sequence[object], period: Period) -> pa.Date32Array:
    """Make a column of days from seconds after the start of the period."""
    first = period.start_on.toordinal() - 719_163  # 1970-01-01
    counted = [0 if cell is None else first + int(str(cell)) // 86_400 for cell in cells]
    return _fixed(cells, counted, pa.date32())


def _fixed(cells: Sequence[object], values: Sequence[int], kind: pa.DataType) -> pa.Array:
    width = np.int32 if kind.bit_width == 32 else np.int64
    body = pa.py_buffer(np.array(values, dtype=width))
    return pa.Array.from_buffers(kind, len(cells), [_filled(cells), body])


def _filled(cells: Sequence[object]) -> pa.Buffer | None:
    present = np.array([cell is not None for cell in cells], dtype=bool)
    return None if present.all() else pa.py_buffer(np.packbits(present, bitorder="little"))
