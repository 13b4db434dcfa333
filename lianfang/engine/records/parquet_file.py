"""Parquet, batch by batch; its own types are kept until a field asks for another."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from lianfang.engine.records import sniff, values
from lianfang.engine.records.rejects import RejectLog
from lianfang.engine.records.source import Source, Tally, raw_batch

BATCH_ROWS = 131_072


def open_parquet(path: Path, label: str) -> Source:
    """Open a Parquet file and make it ready to stream.

    Raises:
        InputError: broken, or more columns than any table has.
    """
    try:
        with pq.ParquetFile(path) as opened:
            names = sniff.unique(tuple(opened.schema_arrow.names))
            first = next(opened.iter_batches(batch_size=400), None)
    except (pa.ArrowException, OSError, ValueError) as fault:
        raise sniff.refuse(
            path,
            f"Parquet 文件损坏:{fault}",
            f"Broken Parquet file: {fault}",
            ("请重新导出", "Export it again"),
            "E-RECORDS-07",
        ) from fault
    if len(names) > sniff.MAX_COLUMNS:
        raise sniff.refuse(
            path,
            f"列数超过 {sniff.MAX_COLUMNS}",
            f"More than {sniff.MAX_COLUMNS} columns",
            ("请只导出需要的列", "Export only what is needed"),
            "E-RECORDS-06",
        )
    sample: tuple[tuple[str, ...], ...] = ()
    if first is not None:
        texts = [values.to_text(column).to_pylist() for column in first.columns]
        sample = tuple(tuple(cell or "" for cell in row) for row in zip(*texts, strict=True))

    def batches(log: RejectLog, tally: Tally) -> Iterator[pa.RecordBatch]:
        return _batches(path, names, tally)

    return Source(path, label, names, sample, batches)


def _ahead(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Read the next batch while this one is worked on."""
    with ThreadPoolExecutor(1, thread_name_prefix="lianfang-read") as beside:
        pending = beside.submit(next, batches, None)
        while (batch := pending.result()) is not None:
            pending = beside.submit(next, batches, None)
            yield batch


def _batches(path: Path, names: tuple[str, ...], tally: Tally) -> Iterator[pa.RecordBatch]:
    n_row = 0
    try:
        with pq.ParquetFile(path) as opened:
            for batch in _ahead(opened.iter_batches(batch_size=BATCH_ROWS)):
                tally.n_in += batch.num_rows
                rows = pa.array(np.arange(n_row + 1, n_row + batch.num_rows + 1))
                yield raw_batch(names, batch.columns, rows)
                n_row += batch.num_rows
    except (pa.ArrowException, OSError) as fault:
        raise sniff.refuse(
            path,
            f"Parquet 文件读到一半坏了:{fault}",
            f"Parquet broke half-way: {fault}",
            ("请重新导出", "Export it again"),
            "E-RECORDS-07",
        ) from fault
