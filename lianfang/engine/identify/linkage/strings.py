"""Arrow strings as the bytes and places kernels read."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa


def buffers(values: pa.Array) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    """Give the letters of a string array, and where each of its own rows begins and the last one ends.

    Places are widened to 64 bits, so that every kernel over strings is compiled once, not for both kinds of Arrow string.

    Args:
        values: `string` or `large_string`; a slice will do.

    Returns:
        The bytes of its buffer; one place more than it has rows (one where it has none).
    """
    _, starts, text = values.buffers()
    width = np.int64 if pa.types.is_large_string(values.type) else np.int32
    letters = np.empty(0, np.uint8) if text is None else np.frombuffer(text, np.uint8)
    if starts is None or not len(values):
        return letters, np.zeros(1, np.int64)
    own = np.frombuffer(starts, width)[values.offset : values.offset + len(values) + 1]
    return letters, own.astype(np.int64, copy=False)
