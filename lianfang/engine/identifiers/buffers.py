"""The memory under an Arrow string column, as kernels read it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa


def views(column: pa.Array) -> tuple[Any, Any, Any]:
    """Give the bytes, offsets and validity of a string column, without a copy of the bytes.

    Shape:
        uint8 bytes; int64 offsets [n + 1]; bool [n], or [0] where nothing is null.
    """
    wide = pa.types.is_large_string(column.type) or pa.types.is_large_binary(column.type)
    buffers = column.buffers()
    width = np.int64 if wide else np.int32
    if len(column) == 0 or buffers[1] is None:
        offsets = np.zeros(len(column) + 1, np.int64)
    else:
        whole = np.frombuffer(buffers[1], width)
        offsets = whole[column.offset : column.offset + len(column) + 1].astype(np.int64)
    held = buffers[2] if buffers[2] is not None and buffers[2].size else b"\0"
    is_there = np.zeros(0, np.bool_)
    if column.null_count:
        is_there = np.array(column.is_valid().to_numpy(zero_copy_only=False))
    written = np.frombuffer(held, np.uint8)
    written.flags.writeable = False  # one type for the kernels, whatever made the column
    return written, offsets, is_there
