"""Walk the buckets of one band for wordings that are alike, though not enough to be one letter."""

from __future__ import annotations

import numpy as np
from numba import njit, types

from lianfang.engine.identify.linkage.kernels.buckets import (
    _fill,
    _may_share,
    _met_before,
    _shared,
    _table_size,
    needed_shared,
)
from lianfang.engine.identify.linkage.kernels.shapes import (
    I32,
    I64,
    REAL,
    U8,
    U32,
    U32_2D,
    U64,
    W_F32,
    W_U32,
    N,
    longer,
)

S32 = np.uint64(32)
LOW = np.uint64(0xFFFFFFFF)
NEAR = types.Tuple((W_U32, W_U32, W_F32))


@njit
def _may_meet(older, newer, label, large, counts, fewest, least):  # type: ignore[no-untyped-def]
    """Say whether a pair is worth a look: of two families, one of them small, of like length."""
    if label[older] == label[newer] or (large[older] and large[newer]):
        return False
    small, more = min(counts[newer], counts[older]), max(counts[newer], counts[older])
    return small >= fewest and small >= least * more


@njit(
    [NEAR(N, N, U64, N, U32_2D, U32, I32, U8, U32, I64, I32, U64, I64, REAL)],
    cache=True,
    nogil=True,
)
def near_band(  # type: ignore[no-untyped-def]
    lo, hi, packed, band, keys, over, label, large, shingles, places, counts, sketch, rules, least
):
    """List the pairs of two families that share a key of one band and are alike.

    `rules`: window of the first and of the last members each member is compared with, first slot
    that counts as new, fewest shingles of a text, most shingles of a text.
    """
    window, first_new, fewest = rules[0], rules[1], rules[2]
    seen = np.zeros(_table_size(rules[3]), np.uint64)
    turn = np.uint64(0)
    room, n_found = 1024, np.int64(0)
    left, right = np.empty(room, np.uint32), np.empty(room, np.uint32)
    share = np.empty(room, np.float32)
    begin = lo
    while begin < hi:
        key = packed[begin] >> S32
        end = begin + 1
        while end < hi and packed[end] >> S32 == key:
            end += 1
        size = end - begin
        for place in range(1, size):
            newer = np.int64(packed[begin + place] & LOW)
            if newer < first_new or counts[newer] < fewest:
                continue
            mask = np.int64(0)
            for other in range(place):
                if window <= other < place - window:
                    continue
                older = np.int64(packed[begin + other] & LOW)
                if not _may_meet(older, newer, label, large, counts, fewest, least):
                    continue
                if _met_before(keys, over, older, newer, band):
                    continue
                total = counts[newer] + counts[older]
                needed = needed_shared(total, least)
                if not _may_share(sketch, newer, older, counts[newer] - needed, counts[older] - needed):
                    continue
                if mask == 0:
                    turn += np.uint64(1 << 32)
                    mask = _fill(seen, turn, shingles, places[newer], counts[newer])
                shared = _shared(
                    seen, turn, mask, shingles, places[older], counts[older], needed,
                )
                if shared < 0:
                    continue
                if n_found == room:
                    room *= 2
                    left, right = longer(left, n_found, room), longer(right, n_found, room)
                    share = longer(share, n_found, room)
                left[n_found], right[n_found] = older, newer
                share[n_found] = np.float32(shared / (total - shared))
                n_found += 1
        begin = end
    return left[:n_found], right[:n_found], share[:n_found]
