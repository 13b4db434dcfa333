"""Columns folded and scanned one text after another: the answers of the kernels, before there are any."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from lianfang.engine.text import cells, plain

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    from lianfang.engine.text.scan import Phrases


def texts(column: cells.Cells) -> Iterator[str]:
    """Give the texts of a column; an absent one reads as an empty one.

    Args:
        column: the texts as bytes.
    """
    for row in range(column.n_rows):
        there = not column.valid.size or column.valid[row]
        held = column.bytes[column.offsets[row] : column.offsets[row + 1]]
        yield held.tobytes().decode("utf-8", "surrogatepass") if there else ""


def scan(phrases: Phrases, bodies: pa.Array | pa.ChunkedArray) -> NDArray[np.int64]:
    """Find every phrase in a column of texts.

    Args:
        phrases: compiled once.
        bodies: as in `scan.scan_table`.

    Shape:
        One row a hit: row, word_no, start, end, fstart, fend, evasion.
    """
    found = []
    row = 0
    for column in cells.columns(bodies):
        for raw in texts(column):
            for hit in phrases.find(raw) if raw else ():
                found.append((row, hit.word_no, hit.start, hit.end, hit.fstart, hit.fend, hit.evasion))
            row += 1
    return np.array(found, np.int64).reshape(len(found), 7)


def fold(column: cells.Cells, with_spans: bool) -> tuple[Any, Any, Any]:
    """Fold the texts of a column.

    Args:
        column: the texts as bytes.
        with_spans: also give the way back to the raw bytes.

    Returns:
        Code points, spans of raw bytes (none where not asked for), sizes of the rows.
    """
    points, spans, sizes = [np.empty(0, np.uint32)], [np.empty((0, 2), np.int32)], []
    for raw in texts(column):
        made = plain.plain(raw)
        points.append(coded(made.text))
        sizes.append(len(made.text))
        if with_spans and made.text:
            spans.append(byte_spans(raw, made))
    return np.concatenate(points), np.concatenate(spans), np.array(sizes, np.int64)


def coded(text: str) -> NDArray[np.uint32]:
    """Give a text's code points."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)


def byte_spans(raw: str, made: plain.Plain) -> NDArray[np.int32]:
    """Say which raw bytes each folded character was written with.

    Args:
        raw: the text.
        made: the text made plain.

    Shape:
        [n, 2] for n folded characters: first byte and one past the last, from the text's start.
    """
    own = coded(raw)
    widths = 1 + (own >= 0x80).astype(np.int32) + (own >= 0x800) + (own >= 0x10000)
    at = np.concatenate([[0], np.cumsum(widths)]).astype(np.int32)
    return np.stack([at[np.array(made.starts, np.int64)], at[np.array(made.ends, np.int64)]], axis=1)
