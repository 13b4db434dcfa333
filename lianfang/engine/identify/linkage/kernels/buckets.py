"""Walk the buckets of one band and verify what meets there."""

from __future__ import annotations

import numpy as np
from numba import njit, types

from lianfang.engine.identify.linkage.kernels.shapes import (
    I32,
    I64,
    REAL,
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


@njit
def _table_size(count):  # type: ignore[no-untyped-def]
    size = 16
    while size < 2 * count:
        size *= 2
    return size


@njit
def _fill(seen, turn, shingles, start, count):  # type: ignore[no-untyped-def]
    """Put one text's shingles into the table; older turns count as empty."""
    mask = _table_size(count) - 1
    for place in range(start, start + count):
        shingle = shingles[place]
        spot = np.int64(shingle) & mask
        while seen[spot] >= turn:
            spot = (spot + 1) & mask
        seen[spot] = turn | np.uint64(shingle)
    return mask


@njit
def _shared(seen, turn, mask, shingles, start, count, needed):  # type: ignore[no-untyped-def]
    """Count shared shingles, or stop with -1 once `needed` is out of reach."""
    spare = count - needed
    for place in range(start, start + count):
        shingle = shingles[place]
        mark = turn | np.uint64(shingle)
        spot = np.int64(shingle) & mask
        while seen[spot] >= turn and seen[spot] != mark:
            spot = (spot + 1) & mask
        if seen[spot] != mark:
            spare -= 1
            if spare < 0:
                return -1
    return spare + needed


@njit
def _top(above, node):  # type: ignore[no-untyped-def]
    while above[node] != node:
        above[node] = above[above[node]]
        node = above[node]
    return node


@njit
def _met_before(keys, over, left, right, band):  # type: ignore[no-untyped-def]
    """Say whether an earlier band has already compared the two."""
    for earlier in range(band):
        if keys[left, earlier] == keys[right, earlier] and not (over[right] >> np.uint32(earlier)) & 1:
            return True
    return False


@njit
def _ones(word):  # type: ignore[no-untyped-def]
    """Count the bits that are set; compiled to one instruction."""
    word = word - ((word >> np.uint64(1)) & np.uint64(0x5555555555555555))
    pairs = np.uint64(0x3333333333333333)
    word = (word & pairs) + ((word >> np.uint64(2)) & pairs)
    word = (word + (word >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64((word * np.uint64(0x0101010101010101)) >> np.uint64(56))


@njit
def _may_share(sketch, one, two, spare_one, spare_two):  # type: ignore[no-untyped-def]
    """Say whether the sketches leave it open that few enough shingles are missing."""
    lacks_two, lacks_one = np.int64(0), np.int64(0)
    for word in range(8):
        left, right = sketch[8 * one + word], sketch[8 * two + word]
        lacks_two += _ones(left & ~right)
        lacks_one += _ones(right & ~left)
    return lacks_two <= spare_one and lacks_one <= spare_two


@njit
def needed_shared(total, least):  # type: ignore[no-untyped-def]
    """Say how many shared shingles make two texts of `total` shingles similar enough."""
    needed = np.int64(np.ceil(total * least / (1.0 + least)))
    # Floating point must not decide a border case: the rule is shared >= least * union.
    while needed > 0 and (needed - 1) >= least * (total - needed + 1):
        needed -= 1
    while needed < least * (total - needed):
        needed += 1
    return needed


EDGES = types.Tuple((W_U32, W_U32, W_F32, types.int64, types.int64))


@njit(
    [EDGES(N, N, U64, N, U32_2D, W_U32, I32, U32, I64, I32, U64, I64, REAL)],
    cache=True,
    nogil=True,
)
def walk_band(  # type: ignore[no-untyped-def]
    lo, hi, packed, band, keys, over, label, shingles, places, counts, sketch, rules, least
):
    """Compare the texts that share a key of one band; gives the similar pairs.

    `rules`: window of the first and of the last members each member is compared with, first slot
    that counts as new, 1 where every pair is wanted (0: connected pairs are skipped), most
    shingles of a text.
    """
    window, first_new, every_pair = rules[0], rules[1], rules[2]
    seen = np.zeros(_table_size(rules[3]), np.uint64)
    turn = np.uint64(0)
    room = 1024
    left, right = np.empty(room, np.uint32), np.empty(room, np.uint32)
    share = np.empty(room, np.float32)
    n_found, n_checks, n_capped = np.int64(0), np.int64(0), np.int64(0)
    above = np.empty(64, np.int32)
    begin = lo
    while begin < hi:
        key = packed[begin] >> S32
        end = begin + 1
        while end < hi and packed[end] >> S32 == key:
            end += 1
        size = end - begin
        if size < 2 or np.int64(packed[end - 1] & LOW) < first_new:
            begin = end
            continue
        if above.size < size:
            above = np.empty(2 * size, np.int32)
        head_label = label[packed[begin] & LOW]
        above[0] = 0
        same_head = True
        for place in range(1, size):
            above[place] = place
            newer = np.int64(packed[begin + place] & LOW)
            if place > 2 * window:
                over[newer] |= np.uint32(1) << np.uint32(band)
                n_capped += 1
            if every_pair == 0 and same_head and label[newer] == head_label:
                above[place] = 0
                continue
            if newer < first_new:
                if label[newer] == head_label:
                    above[place] = 0
                else:
                    same_head = False
                continue
            mask = np.int64(0)
            for other in range(place):
                if window <= other < place - window:
                    continue
                older = np.int64(packed[begin + other] & LOW)
                if every_pair == 0:
                    top_new, top_old = _top(above, place), _top(above, other)
                    if top_new == top_old:
                        continue
                    if label[newer] == label[older]:
                        above[max(top_new, top_old)] = min(top_new, top_old)
                        continue
                small, large = counts[newer], counts[older]
                if small > large:
                    small, large = large, small
                if small == 0 or small < least * large or _met_before(keys, over, older, newer, band):
                    continue
                total = counts[newer] + counts[older]
                needed = needed_shared(total, least)
                if not _may_share(sketch, newer, older, counts[newer] - needed, counts[older] - needed):
                    continue
                if mask == 0:
                    turn += np.uint64(1 << 32)
                    mask = _fill(seen, turn, shingles, places[newer], counts[newer])
                n_checks += 1
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
                if every_pair == 0:
                    top_new, top_old = _top(above, place), _top(above, other)
                    above[max(top_new, top_old)] = min(top_new, top_old)
            same_head = same_head and _top(above, place) == 0
        begin = end
    return left[:n_found], right[:n_found], share[:n_found], n_checks, n_capped


@njit([N(N, N, U32, U32, U32, I64, I32, N, W_F32)], cache=True, nogil=True)
def similarity_of(lo, hi, left, right, shingles, places, counts, most, share):  # type: ignore[no-untyped-def]
    """Give the exact similarity of listed pairs; quick where `left` comes in runs."""
    seen = np.zeros(_table_size(most), np.uint64)
    turn, mask, filled = np.uint64(0), np.int64(0), np.int64(-1)
    for pair in range(lo, hi):
        one, two = np.int64(left[pair]), np.int64(right[pair])
        if one != filled:
            turn += np.uint64(1 << 32)
            mask = _fill(seen, turn, shingles, places[one], counts[one])
            filled = one
        shared = _shared(seen, turn, mask, shingles, places[two], counts[two], np.int64(0))
        total = counts[one] + counts[two] - shared
        share[pair] = np.float32(shared / total) if total > 0 else np.float32(1.0)
    return 0
