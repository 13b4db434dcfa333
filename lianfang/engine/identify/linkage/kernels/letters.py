"""UTF-8 in Arrow buffers to code points."""

from __future__ import annotations

import numpy as np
from numba import njit

from lianfang.engine.identify.linkage.kernels.shapes import I64, U8, W_I64, W_U32, N


@njit(N(N, N, U8, I64, W_I64), cache=True, nogil=True)
def count_points(lo, hi, letters, starts, counts):  # type: ignore[no-untyped-def]
    """Count the characters of each text: every byte but the continuing ones."""
    total = 0
    for text in range(lo, hi):
        count = 0
        for place in range(starts[text], starts[text + 1]):
            count += (letters[place] & np.uint8(0xC0)) != np.uint8(0x80)
        counts[text] = count
        total += count
    return total


@njit(N(N, N, U8, I64, I64, W_U32), cache=True, nogil=True)
def decode_points(lo, hi, letters, starts, places, points):  # type: ignore[no-untyped-def]
    """Write the code points of each text; Arrow strings are valid UTF-8."""
    for text in range(lo, hi):
        place, end = starts[text], starts[text + 1]
        out = places[text]
        while place < end:
            head = np.uint32(letters[place])
            if head < 0x80:
                points[out] = head
                place += 1
            elif head < 0xE0:
                points[out] = ((head & 31) << 6) | (np.uint32(letters[place + 1]) & 63)
                place += 2
            elif head < 0xF0:
                points[out] = (
                    ((head & 15) << 12)
                    | ((np.uint32(letters[place + 1]) & 63) << 6)
                    | (np.uint32(letters[place + 2]) & 63)
                )
                place += 3
            else:
                points[out] = (
                    ((head & 7) << 18)
                    | ((np.uint32(letters[place + 1]) & 63) << 12)
                    | ((np.uint32(letters[place + 2]) & 63) << 6)
                    | (np.uint32(letters[place + 3]) & 63)
                )
                place += 4
            out += 1
    return 0
