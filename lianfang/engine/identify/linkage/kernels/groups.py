"""Measure groups of entries that share an identifier, and draw their stars."""

from __future__ import annotations

import numpy as np
from numba import njit

from lianfang.engine.identify.linkage.kernels.shapes import (
    I32,
    I64,
    U8,
    U32,
    U64,
    W_I32,
    W_U8,
    W_U32,
    N,
)

NO_TIME = np.int64(-(2**63))


@njit
def _sift_down(values, root, size):  # type: ignore[no-untyped-def]
    held = values[root]
    while 2 * root + 1 < size:
        child = 2 * root + 1
        if child + 1 < size and values[child] < values[child + 1]:
            child += 1
        if held >= values[child]:
            break
        values[root] = values[child]
        root = child
    values[root] = held


@njit
def _sort(values, size):  # type: ignore[no-untyped-def]
    """Sort the first values in place: by insertion where few, else as a heap.

    numba's own sort takes four seconds to compile for every type of number.
    """
    if size <= 24:
        for place in range(1, size):
            held, at = values[place], place
            while at > 0 and values[at - 1] > held:
                values[at] = values[at - 1]
                at -= 1
            values[at] = held
        return
    for root in range(size // 2 - 1, -1, -1):
        _sift_down(values, np.int64(root), np.int64(size))
    for last in range(size - 1, 0, -1):
        values[0], values[last] = values[last], values[0]
        _sift_down(values, np.int64(0), np.int64(last))


@njit
def _n_distinct(values, size):  # type: ignore[no-untyped-def]
    """Count distinct values that are not zero; `values` is sorted in passing."""
    if size < 2:
        return np.int64(size == 1 and values[0] != 0)
    _sort(values, size)
    n_seen = np.int64(values[0] != 0)
    for place in range(1, size):
        if values[place] != values[place - 1] and values[place] != 0:
            n_seen += 1
    return n_seen


@njit
def _densest(times, size, window):  # type: ignore[no-untyped-def]
    """Say how many of the times fall into the fullest window."""
    _sort(times, size)
    most, tail = 0, 0
    for head in range(size):
        if times[head] == NO_TIME:
            tail = head + 1
            continue
        while times[head] - times[tail] > window:
            tail += 1
        most = max(most, head - tail + 1)
    return most


@njit([N(N, N, W_U32, I64, I32, U8)], cache=True, nogil=True)
def order_members(lo, hi, members, bounds, record, field):  # type: ignore[no-untyped-def]
    """Put each group's entries in the order of records, then fields; entries of one field as they came."""
    room = 64
    keys, old = np.empty(room, np.uint64), np.empty(room, np.uint32)
    for group in range(lo, hi):
        begin, end = bounds[group], bounds[group + 1]
        in_order = True
        for place in range(begin + 1, end):
            one, two = members[place - 1], members[place]
            if record[one] > record[two] or (record[one] == record[two] and field[one] > field[two]):
                in_order = False
                break
        if in_order:
            continue
        size = end - begin
        if size > room:
            room = 2 * size
            keys, old = np.empty(room, np.uint64), np.empty(room, np.uint32)
        # One number for all three keeps the sort stable: a record has far fewer than 2**24 entries in a group.
        first = record[members[begin]]
        for step in range(size):
            old[step] = members[begin + step]
            first = min(first, record[old[step]])
        for step in range(size):
            own = np.uint64(record[old[step]] - first) << np.uint64(8) | np.uint64(field[old[step]])
            keys[step] = own << np.uint64(24) | np.uint64(step & 0xFFFFFF)
        _sort(keys, size)
        for step in range(size):
            members[begin + step] = old[np.int64(keys[step] & np.uint64(0xFFFFFF))]
    return 0


@njit(
    [N(N, N, U32, I64, I32, U8, U8, U64, U64, U64, I32, I64, N, W_I32, W_U8)],
    cache=True,
    nogil=True,
)
def measure(  # type: ignore[no-untyped-def]
    lo, hi, members, bounds, record, field, joins,
    person, resident, name, institution, at, window, measures, best_field,
):
    """Measure each group: records, people, residents, names, institutions, burst, joiners.

    `joins`: for each field 0 (joins nothing), 1 (a person's own records), 2 and more (strangers;
    larger is heavier). `measures` holds seven numbers a group. `best_field` is the heaviest field.
    """
    room = 64
    people, residents = np.empty(room, np.uint64), np.empty(room, np.uint64)
    names, places = np.empty(room, np.uint64), np.empty(room, np.uint64)
    times = np.empty(room, np.int64)
    for group in range(lo, hi):
        begin, end = bounds[group], bounds[group + 1]
        if end - begin > room:
            room = 2 * (end - begin)
            people, residents = np.empty(room, np.uint64), np.empty(room, np.uint64)
            names, places = np.empty(room, np.uint64), np.empty(room, np.uint64)
            times = np.empty(room, np.int64)
        n_records, n_joiners, before = np.int64(0), np.int64(0), np.int64(-1)
        best = field[members[begin]]
        for place in range(begin, end):
            entry = members[place]
            if joins[field[entry]] > joins[best]:
                best = field[entry]
            n_joiners += joins[field[entry]] >= 2
            own = record[entry]
            if own == before:
                continue
            before = own
            people[n_records], residents[n_records] = person[own], resident[own]
            names[n_records], times[n_records] = name[own], at[own]
            places[n_records] = np.uint64(institution[own] + 1)
            n_records += 1
        row = 7 * group
        measures[row] = n_records
        measures[row + 1] = _n_distinct(people, n_records)
        measures[row + 2] = _n_distinct(residents, n_records)
        measures[row + 3] = _n_distinct(names, n_records)
        measures[row + 4] = _n_distinct(places, n_records)
        measures[row + 5] = _densest(times, n_records, window)
        measures[row + 6] = n_joiners
        best_field[group] = best
    return 0


@njit(
    [N(N, N, U32, I64, I32, U8, U8, U8, U8, I64, W_I32, W_I32, W_U8, W_I32)],
    cache=True,
    nogil=True,
)
def stars(  # type: ignore[no-untyped-def]
    lo, hi, members, bounds, record, field, joins, verdict, best_field, places,
    left, right, by, group_of,
):
    """Draw each joining group as a star: every record to the smallest with the heaviest field.

    `verdict`: 0 joins nothing, 1 a person's own records, 2 strangers. `places`: where each group's
    links are written.
    """
    n_links = 0
    for group in range(lo, hi):
        if verdict[group] == 0:
            continue
        heaviest = best_field[group]
        centre = np.int32(-1)
        for place in range(bounds[group], bounds[group + 1]):
            if field[members[place]] == heaviest or verdict[group] == 1:
                centre = record[members[place]]
                break
        out, before = places[group], np.int32(-1)
        for place in range(bounds[group], bounds[group + 1]):
            entry = members[place]
            if record[entry] == centre or joins[field[entry]] == 0:
                continue
            own = field[entry] if joins[field[entry]] >= 2 or verdict[group] == 1 else heaviest
            if record[entry] == before:
                # One record may hold the identifier twice: the heavier field speaks.
                if joins[own] > joins[by[out - 1]]:
                    by[out - 1] = own
                continue
            before = record[entry]
            left[out], right[out] = min(centre, before), max(centre, before)
            by[out], group_of[out] = own, group
            out += 1
        n_links += out - places[group]
    return n_links
