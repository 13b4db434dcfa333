"""Counting kernels: how many went before, within a window, over one key; compiled once and cached."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

Longs = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def covered(index: Longs, at_us: Longs, head: Longs, starts: Longs, ends: Longs) -> Bools:
    """Say for every row whether one of its subject's spans holds its moment.

    Shape:
        `head[s]:head[s+1]` are the spans of subject s, sorted and apart; one answer per row.
    """
    made = np.zeros(len(index), dtype=np.bool_)
    for row in range(len(index)):
        subject = index[row]
        if subject < 0 or at_us[row] == -9223372036854775808:
            continue
        low, high = head[subject], head[subject + 1]
        while low < high:
            middle = (low + high) // 2
            if starts[middle] <= at_us[row]:
                low = middle + 1
            else:
                high = middle
        last = low - 1
        made[row] = last >= head[subject] and at_us[row] < ends[last]
    return made


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def before(key: Longs, at_us: Longs, counts: Bools, asked: Longs, since_us: Longs) -> tuple[Longs, Longs]:
    """Count, for every row asked, the counting rows before it in its window.

    Rows stand sorted by key, moment, and their own order; rows before are those that stand before.

    Args:
        key: the key of every row.
        at_us: its moment.
        counts: whether it counts.
        asked: rows asked, as places in that order, ascending.
        since_us: for every row asked, the first moment that counts.

    Returns:
        How many went before, and how many counting rows stand before the window in the whole order;
        together they point at the counted rows.
    """
    n = len(key)
    running = np.zeros(n + 1, dtype=np.int64)
    for row in range(n):
        running[row + 1] = running[row] + (1 if counts[row] else 0)
    made = np.zeros(len(asked), dtype=np.int64)
    first = np.zeros(len(asked), dtype=np.int64)
    head, here = 0, 0
    for place in range(len(asked)):
        row = asked[place]
        while here <= row:
            if key[here] != key[head]:
                head = here
            here += 1
        low, high = head, row
        while low < high:
            middle = (low + high) // 2
            if at_us[middle] < since_us[place]:
                low = middle + 1
            else:
                high = middle
        first[place] = running[low]
        made[place] = running[row] - running[low]
    return made, first


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def _spread(key: Longs, at_us: Longs, shift: int, heads: Longs) -> tuple[Longs, Longs, Longs]:
    """Lay rows into buckets by their key, keeping their order; `heads` ends as the buckets' ends."""
    n, mix = len(key), np.uint64(0x9E3779B97F4A7C15)
    for row in range(n):
        if key[row] >= 0:
            heads[np.int64((np.uint64(key[row]) * mix) >> np.uint64(shift)) + 1] += 1
    for place in range(1, len(heads)):
        heads[place] += heads[place - 1]
    total = heads[-1]
    rows, keys, moments = np.empty(total, np.int64), np.empty(total, np.int64), np.empty(total, np.int64)
    for row in range(n):
        if key[row] >= 0:
            bucket = np.int64((np.uint64(key[row]) * mix) >> np.uint64(shift))
            place = heads[bucket]
            rows[place], keys[place], moments[place] = row, key[row], at_us[row]
            heads[bucket] = place + 1
    return rows, keys, moments


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def _merge(rows: Longs, keys: Longs, moments: Longs, first: int, last: int) -> None:
    """Sort one bucket by key and moment, keeping the order of equal ones: a merge sort in place."""
    n = last - first
    old, new = np.arange(first, last), np.empty(n, np.int64)
    width = 1
    while width < n:
        for start in range(0, n, 2 * width):
            left, middle = start, min(start + width, n)
            right, end = middle, min(start + 2 * width, n)
            for place in range(start, end):
                take = left < middle
                if take and right < end:
                    a, b = old[left], old[right]
                    take = keys[a] < keys[b] or (keys[a] == keys[b] and moments[a] <= moments[b])
                if take:
                    new[place] = old[left]
                    left += 1
                else:
                    new[place] = old[right]
                    right += 1
        old, new = new, old
        width *= 2
    for column in (rows, keys, moments):
        for place in range(n):
            new[place] = column[old[place]]
        column[first:last] = new


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def ordered(key: Longs, at_us: Longs, bits: int) -> tuple[Longs, Longs, Longs]:
    """Sort rows by key, then moment, then their own order; rows of one key stand together.

    Buckets small enough for the processor's cache are sorted one by one; keys stand in the order of
    their buckets, which is the same in every run.

    Args:
        key: a number per row; a negative one is left out.
        at_us: its moment.
        bits: there are 2 ** bits buckets, at least one bit.

    Returns:
        Rows, their keys, their moments.
    """
    heads = np.zeros((1 << bits) + 1, np.int64)
    rows, keys, moments = _spread(key, at_us, 64 - bits, heads)
    for bucket in range(1 << bits):
        _merge(rows, keys, moments, heads[bucket - 1] if bucket else 0, heads[bucket])
    return rows, keys, moments
