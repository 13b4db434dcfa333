"""One table in one file: where it stands, its headers, some rows to know it by, its batches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from lianfang.engine.records.rejects import RejectLog

ROW = "@row"
"""The column of a raw batch that carries the 1-based number of the data row."""


@dataclass
class Tally:
    """Rows met while reading, each counted where it was met."""

    n_in: int = 0


@dataclass(frozen=True)
class Source:
    """One table to read.

    Shape:
        `batches(log, tally)` gives record batches of raw columns named by header, and `@row`.
    """

    path: Path
    label: str
    headers: tuple[str, ...]
    sample: tuple[tuple[str, ...], ...]
    batches: Callable[[RejectLog, Tally], Iterator[pa.RecordBatch]] = field(repr=False)


def raw_batch(headers: tuple[str, ...], columns: list[pa.Array], rows: pa.Array) -> pa.RecordBatch:
    """Make a raw batch out of columns and row numbers."""
    return pa.RecordBatch.from_arrays([*columns, rows], names=[*headers, ROW])
