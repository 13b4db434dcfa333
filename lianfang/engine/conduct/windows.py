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
def grouped(rows: Longs, key: Longs, width: int) -> Longs:
    """Sort rows by key, keeping their order inside a key: a counting sort.

    Args:
        rows: places in `key`, in the order to be kept.
        key: a number from 0 up to `width` for every row of the log; a negative one is left out.
        width: how many keys there may be.
    """
    heads = np.zeros(width + 1, dtype=np.int64)
    for place in range(len(rows)):
        if key[rows[place]] >= 0:
            heads[key[rows[place]] + 1] += 1
    for number in range(width):
        heads[number + 1] += heads[number]
    made = np.empty(heads[width], dtype=np.int64)
    for place in range(len(rows)):
        number = key[rows[place]]
        if number >= 0:
            made[heads[number]] = rows[place]
            heads[number] += 1
    return made
