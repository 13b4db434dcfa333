"""Counting kernels: rows in order of a key, and how many of them went before within a window."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from lianfang.engine.terms.compiled import kernel

Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

EVER, ROLLING, DAYS = 0, 1, 2
"""Kinds of windows, as `counted` is told them."""

_DAY_US = 86_400_000_000
_BIG = 2**62


@kernel
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


@kernel
def _offset(clocks: tuple[Longs, Longs, Longs], zone: int, at_us: int) -> int:
    """Say how far a zone's clock is ahead of UTC at a moment: `zones.offset_us`."""
    heads, starts, offsets = clocks
    low, high = heads[zone], heads[zone + 1] - 1
    if at_us >= starts[high]:
        return offsets[high]
    while low < high:  # the last start at or before the moment, the first where there is none
        middle = (low + high + 1) // 2
        if starts[middle] <= at_us:
            low = middle
        else:
            high = middle - 1
    return offsets[low]


@kernel
def counted(
    order: tuple[Longs, Longs, Ints, npt.NDArray[np.int16]], tests: Bools, window: tuple[int, int, int],
    clocks: tuple[Longs, Longs, Longs],
) -> tuple[Ints, Ints, Ints, Ints]:
    """Count the counting rows before every row that asks; give those that break the rule.

    Args:
        order: key, moment, shape and zone of every row, sorted by key, moment and the rows' own order.
        tests: by shape: whether a row asks, whether it counts, whether it begins the count anew.
        window: its kind; the microseconds or local days its first moment lies from the row; the threshold,
            negative (and one less) where fewer than that break the rule.
        clocks: of all zones: where each begins in the others, when its clock was changed, to what offset.

    Returns:
        Places of the rows that break the rule, ascending; how many went before; how many counting rows
        stand before the window in the whole order; the places of all counting rows.
    """
    key, at_us, shape, zone = order
    kind, shift, threshold = window
    n = len(key)
    running = np.zeros(n + 1, np.int32)
    for row in range(n):
        running[row + 1] = running[row] + (1 if tests[1, shape[row]] else 0)
    counting = np.empty(running[n], np.int32)
    found, before, first = np.empty(1024, np.int32), np.empty(1024, np.int32), np.empty(1024, np.int32)
    n_found, head, latest = 0, 0, -1
    for row in range(n):
        if key[row] != key[head]:
            head, latest = row, -1
        if tests[1, shape[row]]:
            counting[running[row]] = row
        if tests[0, shape[row]] and (kind != DAYS or zone[row] >= 0):
            since = -_BIG
            if kind == ROLLING:
                since = at_us[row] + shift
            elif kind == DAYS:
                here = zone[row]
                wall = ((at_us[row] + _offset(clocks, here, at_us[row])) // _DAY_US + shift) * _DAY_US
                since = wall - _offset(clocks, here, wall - _offset(clocks, here, wall))
            if latest >= 0:
                since = max(since, at_us[latest] + 1)
            low, high, step = row, row, 1
            if since == -_BIG:
                low = high = head
            while high > head:  # backwards in growing steps: a window is short, a debtor's history may be long
                low = max(head, high - step)
                if at_us[low] < since:
                    low += 1
                    break
                high, step = low, 2 * step
            while low < high:
                middle = (low + high) // 2
                if at_us[middle] < since:
                    low = middle + 1
                else:
                    high = middle
            so_many = running[row] - running[low]
            if (threshold >= 0 and so_many >= threshold) or (threshold < 0 and so_many < -threshold - 1):
                if n_found == len(found):
                    found = np.concatenate((found, np.empty(n_found, np.int32)))
                    before = np.concatenate((before, np.empty(n_found, np.int32)))
                    first = np.concatenate((first, np.empty(n_found, np.int32)))
                found[n_found], before[n_found], first[n_found] = row, so_many, running[low]
                n_found += 1
        if tests[2, shape[row]]:
            latest = row
    return found[:n_found], before[:n_found], first[:n_found], counting


@kernel
def tallied(shape: Ints, kept: Bools, n_of: Ints, rows: Longs) -> Longs:
    """Say where each row's findings begin when all stand row after row.

    Args:
        shape: of every row.
        kept: rows judged.
        n_of: by shape, findings that every row of it has.
        rows: of the other findings.

    Returns:
        One number a row, and the number of all findings.
    """
    starts = np.zeros(len(shape) + 1, np.int64)
    for row in range(len(shape)):
        if kept[row]:
            starts[row + 1] = n_of[shape[row]]
    for place in range(len(rows)):
        starts[rows[place] + 1] += 1
    for row in range(len(shape)):
        starts[row + 1] += starts[row]
    return starts


@kernel
def laid(
    starts: Longs, shape: Ints, kept: Bools, of_shape: tuple[Longs, npt.NDArray[np.int16]],
    others: tuple[Longs, npt.NDArray[np.int16]],
) -> tuple[Longs, npt.NDArray[np.int16], Ints]:
    """Lay all findings out by row and rule.

    Args:
        starts: as `tallied` gives them.
        shape: of every row.
        kept: rows judged.
        of_shape: where the rules of each shape begin, and these rules, ascending.
        others: rows and rules of the other findings.

    Returns:
        Row and rule of every finding, and its place among the others, -1 where it is of its shape.
    """
    heads, listed = of_shape
    rows, rules = others
    total, n = starts[len(starts) - 1], len(shape)
    at_row, at_rule, place_of = np.empty(total, np.int64), np.empty(total, np.int16), np.empty(total, np.int32)
    filled = np.zeros(n, np.int16)
    for row in range(n):
        if kept[row]:
            for each in range(heads[shape[row]], heads[shape[row] + 1]):
                place = starts[row] + filled[row]
                at_row[place], at_rule[place], place_of[place] = row, listed[each], -1
                filled[row] += 1
    for each in range(len(rows)):
        row = rows[each]
        place = starts[row] + filled[row]
        while place > starts[row] and at_rule[place - 1] > rules[each]:
            at_row[place], at_rule[place], place_of[place] = row, at_rule[place - 1], place_of[place - 1]
            place -= 1
        at_row[place], at_rule[place], place_of[place] = row, rules[each], each
        filled[row] += 1
    return at_row, at_rule, place_of


@kernel
def strictest(row: Longs, code: Longs, rank: Longs) -> Bools:
    """Mark, among the findings of one row and code, the one of the lowest rank.

    Shape:
        Findings sorted by row; one answer each.
    """
    made = np.ones(len(row), np.bool_)
    head = 0
    for place in range(len(row)):
        if row[place] != row[head]:
            head = place
        for other in range(head, place):
            if code[other] == code[place]:
                if rank[other] < rank[place]:
                    made[place] = False
                else:
                    made[other] = False
    return made


@kernel
def _bucket(key: int, shift: int) -> int:
    """Scatter keys over buckets; no product grows beyond 63 bits, so that Python says the same."""
    return ((((key ^ (key >> 31)) & 0x7FFFFFFF) * 0x4F1BBCDD) & 0x7FFFFFFF) >> shift


@kernel
def _spread(key: Longs, at_us: Longs, shift: int, heads: Longs) -> tuple[Longs, Longs, Longs]:
    """Lay rows into buckets by their key, keeping their order; `heads` ends as the buckets' ends."""
    n = len(key)
    for row in range(n):
        if key[row] >= 0:
            heads[_bucket(key[row], shift) + 1] += 1
    for place in range(1, len(heads)):
        heads[place] += heads[place - 1]
    total = heads[-1]
    rows, keys, moments = np.empty(total, np.int64), np.empty(total, np.int64), np.empty(total, np.int64)
    for row in range(n):
        if key[row] >= 0:
            bucket = _bucket(key[row], shift)
            place = heads[bucket]
            rows[place], keys[place], moments[place] = row, key[row], at_us[row]
            heads[bucket] = place + 1
    return rows, keys, moments


@kernel
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


@kernel
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
    rows, keys, moments = _spread(key, at_us, 31 - bits, heads)
    for bucket in range(1 << bits):
        _merge(rows, keys, moments, heads[bucket - 1] if bucket else 0, heads[bucket])
    return rows, keys, moments


@kernel
def refined(outer: Longs, rows: Longs, keys: Longs, moments: Longs) -> None:
    """Sort rows of one outer key by a key within it, then moment, then as they stood; in place.

    Args:
        outer: the key the rows are sorted by already.
        rows, keys, moments: as `ordered` gives them, `keys` being the finer one.
    """
    head = 0
    for place in range(1, len(rows) + 1):
        if place == len(rows) or outer[place] != outer[head]:
            if place - head > 1:
                _merge(rows, keys, moments, head, place)
            head = place
