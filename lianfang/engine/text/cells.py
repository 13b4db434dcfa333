"""String columns as bytes and offsets, cut into chunks of work that do not depend on threads."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

CHUNK_BYTES = 1 << 22  # about four million bytes a chunk
CHUNK_ROWS = 1 << 16

Job = TypeVar("Job")
Made = TypeVar("Made")


@dataclass(frozen=True)
class Cells:
    """One string array without Python objects.

    Attributes:
        bytes: UTF-8 of all rows, valid.
        offsets: row `n` is bytes[offsets[n]:offsets[n + 1]]; int64.
        valid: whether each row is there; empty where all are.
    """

    bytes: NDArray[np.uint8]
    offsets: NDArray[np.int64]
    valid: NDArray[np.bool_]

    @property
    def n_rows(self) -> int:
        """Count the rows."""
        return len(self.offsets) - 1

    def chunks(self) -> Iterator[tuple[int, int]]:
        """Cut the rows into stretches of about CHUNK_BYTES."""
        first = 0
        while first < self.n_rows:
            until = self.offsets[first] + CHUNK_BYTES
            last = int(np.searchsorted(self.offsets, until, "right")) - 1
            last = min(max(last, first + 1), first + CHUNK_ROWS, self.n_rows)
            yield first, last
            first = last


def columns(bodies: pa.Array | pa.ChunkedArray) -> Iterator[Cells]:
    """Lay out string arrays, chunk by chunk, without copying the texts.

    Args:
        bodies: string, large_string, string_view, binary, dictionary of strings, or all null.

    Raises:
        Nothing; invalid UTF-8 is read again with U+FFFD in its place.
    """
    for chunk in bodies.chunks if isinstance(bodies, pa.ChunkedArray) else [bodies]:
        if len(chunk):
            yield _cells(chunk)


def each(work: Callable[[Job], Made], jobs: Sequence[Job], threads: int | None) -> list[Made]:
    """Do all jobs, several at once, answers in the order of the jobs."""
    wanted = min(threads or os.cpu_count() or 1, len(jobs))
    if wanted <= 1:
        return [work(job) for job in jobs]
    with ThreadPoolExecutor(wanted) as pool:
        return list(pool.map(work, jobs))


def _cells(chunk: pa.Array) -> Cells:
    if not pa.types.is_string(chunk.type):
        chunk = _as_strings(chunk)
    try:
        chunk.validate(full=True)
    except pa.ArrowInvalid:
        kind = pa.large_binary() if pa.types.is_large_string(chunk.type) else pa.binary()
        chunk = _readable(chunk.view(kind))
    width: Any = np.int64 if pa.types.is_large_string(chunk.type) else np.int32
    valid = np.empty(0, np.bool_)
    if chunk.null_count:
        valid = np.array(chunk.is_valid().to_numpy(zero_copy_only=False))
    _, offsets, values = chunk.buffers()
    at = np.frombuffer(offsets, width)[chunk.offset : chunk.offset + len(chunk) + 1].astype(np.int64)
    written = np.frombuffer(values if values is not None and values.size else b"\0", np.uint8)
    written.flags.writeable = False  # one type for the kernels, whatever made the array
    return Cells(written, at, valid)


def _as_strings(chunk: pa.Array) -> pa.Array:
    if pa.types.is_large_string(chunk.type):
        return chunk
    if pa.types.is_binary(chunk.type) or pa.types.is_large_binary(chunk.type):
        return _readable(chunk)
    return chunk.cast(pa.large_string())


def _readable(chunk: pa.Array) -> pa.Array:
    """Read bytes as text, with U+FFFD where they are no UTF-8."""
    texts = [None if one is None else one.decode("utf-8", "replace") for one in chunk.to_pylist()]
    return pa.array(texts, pa.large_string())
