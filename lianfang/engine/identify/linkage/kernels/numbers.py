"""Keyed 64-bit numbers of strings, straight from the Arrow buffers."""

from __future__ import annotations

import numpy as np
from numba import njit

from lianfang.engine.identify.linkage.kernels.shapes import I64, U8, W_U64, N

C0, C1 = np.uint64(0x736F6D6570736575), np.uint64(0x646F72616E646F6D)
C2, C3 = np.uint64(0x6C7967656E657261), np.uint64(0x7465646279746573)
R13, R16, R17, R21, R32 = (np.uint64(n) for n in (13, 16, 17, 21, 32))
R51, R48, R47, R43 = (np.uint64(n) for n in (51, 48, 47, 43))
EIGHT = np.uint64(8)


@njit
def _round(v0, v1, v2, v3):  # type: ignore[no-untyped-def]
    v0 += v1
    v1 = (v1 << R13) | (v1 >> R51)
    v1 ^= v0
    v0 = (v0 << R32) | (v0 >> R32)
    v2 += v3
    v3 = (v3 << R16) | (v3 >> R48)
    v3 ^= v2
    v0 += v3
    v3 = (v3 << R21) | (v3 >> R43)
    v3 ^= v0
    v2 += v1
    v1 = (v1 << R17) | (v1 >> R47)
    v1 ^= v2
    v2 = (v2 << R32) | (v2 >> R32)
    return v0, v1, v2, v3


@njit
def _siphash(letters, start, end, key0, key1):  # type: ignore[no-untyped-def]
    """SipHash-1-3: keyed, so that who has the numbers but not the key cannot try all mobiles."""
    v0, v1, v2, v3 = key0 ^ C0, key1 ^ C1, key0 ^ C2, key1 ^ C3
    place = start
    while place + 8 <= end:
        word = np.uint64(0)
        for step in range(8):
            word |= np.uint64(letters[place + step]) << np.uint64(8 * step)
        v3 ^= word
        v0, v1, v2, v3 = _round(v0, v1, v2, v3)
        v0 ^= word
        place += 8
    word = np.uint64((end - start) & 255) << np.uint64(56)
    for step in range(end - place):
        word |= np.uint64(letters[place + step]) << np.uint64(8 * step)
    v3 ^= word
    v0, v1, v2, v3 = _round(v0, v1, v2, v3)
    v0 ^= word
    v2 ^= np.uint64(0xFF)
    for _ in range(3):
        v0, v1, v2, v3 = _round(v0, v1, v2, v3)
    return v0 ^ v1 ^ v2 ^ v3


@njit(N(N, N, U8, I64, U8, N, I64, W_U64, N, N), cache=True, nogil=True)
def number_strings(  # type: ignore[no-untyped-def]
    lo, hi, letters, starts, validity, skip, key, numbers, column, n_columns
):
    """Number a string column into one column of a row-major table; 0 for null and empty.

    `skip`: rows before the array's first among the bits of `validity`, which may be empty: all valid.
    `key`: two halves of the key, already mixed with the kind of identifier.
    """
    key0, key1 = np.uint64(key[0]), np.uint64(key[1])
    n_numbered = 0
    for row in range(lo, hi):
        at = row + skip
        number = np.uint64(0)
        if validity.size == 0 or (validity[at >> 3] >> np.uint8(at & 7)) & 1:
            start, end = starts[row], starts[row + 1]
            if end > start:
                number = _siphash(letters, start, end, key0, key1)
                # Zero means `no value`.
                number = max(number, np.uint64(1))
                n_numbered += 1
        numbers[row * n_columns + column] = number
    return n_numbered
