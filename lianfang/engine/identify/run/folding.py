"""Texts of all kinds folded once, and the identifiers found in them, ready for linkage."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lianfang.engine.identifiers import find
from lianfang.engine.identify.linkage import wordings
from lianfang.engine.identify.linkage.make import LinkSource
from lianfang.engine.identify.signals import body
from lianfang.engine.terms.codes import Kind
from lianfang.engine.text import shingles


def source(tables: Mapping[Kind, pa.Table], threads: int | None = None) -> LinkSource:
    """Fold every text and find the identifiers hidden in them.

    Args:
        tables: record tables by kind.
        threads: how many; never changes the answer.

    Returns:
        What linkage reads.

    Shape:
        reads  <kind>(record_no, text fields)
        makes  folded texts in the order of record_no; found(record_no, kind, value)
    """
    held = {kind: table for kind, table in tables.items() if table.num_rows}
    numbers = [table["record_no"].to_numpy() for table in held.values()]
    bodies = [body.bodies(str(kind), table) for kind, table in held.items()]
    number = np.concatenate(numbers) if numbers else np.zeros(0, np.int64)
    texts = pa.chunked_array([chunk for one in bodies for chunk in _chunks(one)], pa.large_string())
    if number.size and np.any(np.diff(number) < 0):
        order = np.argsort(number, kind="stable")
        number, texts = number[order], texts.take(pa.array(order))
    points, starts = shingles.fold_table(texts, threads=threads)
    found = find.find_table(texts)
    found = (
        found.set_column(0, "record_no", pc.take(pa.array(number), found["row"])) if found.num_rows else None
    )
    return LinkSource(
        list(held.values()),
        wordings.texts(points, starts),
        number,
        found,
        int(number[-1]) + 1 if number.size else 0,
    )


def _chunks(texts: pa.Array | pa.ChunkedArray) -> list[pa.Array]:
    return list(texts.chunks) if isinstance(texts, pa.ChunkedArray) else [texts]
