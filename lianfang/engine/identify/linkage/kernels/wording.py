"""From folded characters to shingles, and from shingles to band keys."""

from __future__ import annotations

import numpy as np
from numba import njit

from lianfang.engine.identify.linkage.kernels.shapes import (
    I32,
    I64,
    U16,
    U32,
    W_I32,
    W_U32,
    W_U32_2D,
    W_U64,
    W_U64_2D,
    N,
    mix,
    shingle_number,
)

BANDS = 25
ROWS = 5
HASHES = BANDS * ROWS
S29 = np.uint64(29)
FULL = np.uint16(0xFFFF)
# Orders are computed in full vectors; the last three are not used.
LANES = 128
KEY_STEP = np.uint64(0x9E3779B97F4A7C15)


@njit
def _kept(point, keep):  # type: ignore[no-untyped-def]
    """Give the letter a character counts as; 0 where it does not count."""
    if point < keep.size:
        return keep[point]
    # Pictographs are decoration; rare ideographs above the table count as they are.
    if np.uint32(0x1F000) <= point < np.uint32(0x20000):
        return np.uint32(0)
    return point


@njit([N(N, N, U32, I64, U32, W_U64, W_I32)], cache=True, nogil=True)
def number_texts(lo, hi, points, starts, keep, numbers, lengths):  # type: ignore[no-untyped-def]
    """Give every text the 64-bit number of its counted letters, and how many they are."""
    zero = np.uint32(48)
    longest = 0
    for text in range(lo, hi):
        state = np.uint64(0x243F6A8885A308D3)
        length = 0
        before = np.uint32(0)
        for place in range(starts[text], starts[text + 1]):
            letter = _kept(points[place], keep)
            if letter == 0 or (letter == zero and before == zero):
                continue
            before = letter
            length += 1
            state = (state ^ np.uint64(letter)) * np.uint64(0x9E3779B97F4A7C15)
            state ^= state >> S29
        numbers[text] = mix(state ^ np.uint64(length))
        lengths[text] = length
        longest = max(longest, length)
    return longest


@njit([N(N, N, U32, I64, U32, I64, N, I64, W_U32, W_I32)], cache=True, nogil=True)
def shingle_texts(  # type: ignore[no-untyped-def]
    lo, hi, points, starts, keep, chosen, longest, places, shingles, counts
):
    """Write the distinct three-letter shingles of each chosen text at its place."""
    zero = np.uint32(48)
    size = 16
    while size < 4 * longest:
        size *= 2
    seen = np.zeros(size, np.uint64)
    kept = np.empty(longest + 1, np.uint32)
    turn = np.uint64(0)
    for slot in range(lo, hi):
        text = chosen[slot]
        turn += np.uint64(1 << 32)
        length, before = 0, np.uint32(0)
        for place in range(starts[text], starts[text + 1]):
            letter = _kept(points[place], keep)
            # Written always, counted only if it counts: no branch to guess wrong.
            kept[length] = letter
            length += (letter != 0) and not (letter == zero and before == zero)
            before = letter if letter != 0 else before
        # A small text uses a small corner of the table, which stays in the cache.
        mask = 15
        while mask < 2 * length:
            mask = 2 * mask + 1
        out = places[slot]
        for place in range(length - 2):
            shingle = shingle_number(kept[place], kept[place + 1], kept[place + 2])
            mark = turn | np.uint64(shingle)
            spot = np.int64(shingle) & mask
            while seen[spot] >= turn and seen[spot] != mark:
                spot = (spot + 1) & mask
            if seen[spot] != mark:
                seen[spot] = mark
                shingles[out] = shingle
                out += 1
        counts[slot] = out - places[slot]
    return 0


@njit
def _smallest(best, shingle, times, plus):  # type: ignore[no-untyped-def]
    """Keep the smaller of the best so far and this shingle's place, in all orders at once."""
    # 16-bit lanes: twice as many in a vector as 32-bit ones, and the multiply costs half. That two
    # shingles of a text fall on one number is rare and only blurs a band key, never the verdict.
    for order in range(LANES):
        value = np.uint16(np.uint16(shingle * times[order]) ^ plus[order])
        best[order] = value if value < best[order] else best[order]


@njit([N(N, N, U32, I64, I32, U16, U16, W_U32_2D)], cache=True, nogil=True)
def sign_texts(lo, hi, shingles, places, counts, times, plus, keys):  # type: ignore[no-untyped-def]
    """Give every text one key a band: five smallest shingles, each in an order of its own."""
    best = np.empty(LANES, np.uint16)
    for slot in range(lo, hi):
        for order in range(LANES):
            best[order] = FULL
        for place in range(places[slot], places[slot] + counts[slot]):
            _smallest(best, np.uint16(shingles[place]), times, plus)
        for band in range(BANDS):
            state = np.uint64(best[band * ROWS])
            for row in range(1, ROWS):
                state = state * KEY_STEP + np.uint64(best[band * ROWS + row])
            keys[slot, band] = np.uint32(mix(state + np.uint64(band)))
    return 0


@njit([N(N, N, U32, I64, I32, W_U64)], cache=True, nogil=True)
def sketch_texts(lo, hi, shingles, places, counts, sketch):  # type: ignore[no-untyped-def]
    """Give every text 512 bits, one set for each of its shingles.

    A bit one text has and another lacks is a shingle the other lacks: a bound that is never wrong.
    """
    for slot in range(lo, hi):
        for word in range(8 * slot, 8 * slot + 8):
            sketch[word] = 0
        for place in range(places[slot], places[slot] + counts[slot]):
            bit = shingles[place] >> np.uint32(23)
            sketch[8 * slot + (bit >> 6)] |= np.uint64(1) << np.uint64(bit & 63)
    return 0


@njit([N(N, N, W_U32_2D, N, W_U64_2D)], cache=True, nogil=True)
def pack_bands(lo, hi, keys, first_slot, packed):  # type: ignore[no-untyped-def]
    """Turn keys into one array a band of (key, slot), ready to be sorted."""
    for slot in range(lo, hi):
        for band in range(BANDS):
            packed[band, slot] = (np.uint64(keys[slot, band]) << np.uint64(32)) | np.uint64(
                slot + first_slot
            )
    return 0
