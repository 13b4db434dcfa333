"""Put equal numbers together: scatter by their first bits, sort each part, scan."""

from __future__ import annotations

import numpy as np
from numba import njit, types

from lianfang.engine.identify.linkage.kernels.shapes import I64, U32, U64, W_I64, W_U32, W_U64, N, longer


@njit([N(N, N, U64, N, W_I64)], cache=True, nogil=True)
def tally(lo, hi, numbers, bits, counts):  # type: ignore[no-untyped-def]
    """Count how many numbers fall into each part; 0 is no number."""
    shift = np.uint64(64 - bits)
    for entry in range(lo, hi):
        if numbers[entry] != 0:
            counts[np.int64(numbers[entry] >> shift)] += 1
    return 0


@njit([N(N, N, U64, N, N, W_I64, I64, W_U64, W_U32)], cache=True, nogil=True)
def scatter(lo, hi, numbers, bits, place_bits, next_place, part_starts, packed, entries):  # type: ignore[no-untyped-def]
    """Write each number into its part as (its further bits, place in the part)."""
    shift, left = np.uint64(64 - bits), np.uint64(bits)
    drop = np.uint64(place_bits)
    for entry in range(lo, hi):
        number = numbers[entry]
        if number == 0:
            continue
        part = np.int64(number >> shift)
        place = next_place[part]
        next_place[part] = place + 1
        packed[place] = (((number << left) >> drop) << drop) | np.uint64(place - part_starts[part])
        entries[place] = np.uint32(entry)
    return 0


@njit
def _write_group(  # type: ignore[no-untyped-def]
    numbers, packed, entries, base, begin, end, low, members, ends, n_members, n_groups, whole
):
    """Write one run; where two whole numbers share the compared bits, write them apart."""
    for place in range(begin, end):
        members[n_members + place - begin] = entries[base + np.int64(packed[place] & low)]
    mixed = False
    if not whole:
        first = numbers[members[n_members]]
        for place in range(n_members, n_members + end - begin):
            mixed = mixed or numbers[members[place]] != first
    if not mixed:
        ends[n_groups] = n_members + end - begin
        return n_members + end - begin, n_groups + 1
    run = longer(members[n_members:], end - begin, end - begin)
    done = np.zeros(run.size, np.uint8)
    for one in range(run.size):
        if done[one]:
            continue
        kept = n_members
        for two in range(one, run.size):
            if not done[two] and numbers[run[two]] == numbers[run[one]]:
                done[two] = 1
                members[kept] = run[two]
                kept += 1
        if kept - n_members > 1:
            n_members = kept
            ends[n_groups] = kept
            n_groups += 1
    return n_members, n_groups


FOUND = types.Tuple((W_U32, W_I64))


@njit([FOUND(N, N, U64, U64, U32, I64, N, N)], cache=True, nogil=True)
def scan(lo, hi, numbers, packed, entries, part_starts, place_bits, whole):  # type: ignore[no-untyped-def]
    """Give the entries of all groups of two or more, and where each group ends.

    `whole`: not 0 where part and packed bits together are the whole number.
    """
    drop = np.uint64(place_bits)
    low = (np.uint64(1) << drop) - np.uint64(1)
    room, rooms = 1024, 256
    members, ends = np.empty(room, np.uint32), np.empty(rooms, np.int64)
    n_members, n_groups = np.int64(0), np.int64(0)
    for part in range(lo, hi):
        begin = part_starts[part]
        while begin < part_starts[part + 1]:
            end = begin + 1
            while end < part_starts[part + 1] and packed[end] >> drop == packed[begin] >> drop:
                end += 1
            size = end - begin
            if size > 1:
                if n_members + size > room:
                    room = 2 * (n_members + size)
                    members = longer(members, n_members, room)
                if n_groups + size > rooms:
                    rooms = 2 * (n_groups + size)
                    ends = longer(ends, n_groups, rooms)
                n_members, n_groups = _write_group(
                    numbers, packed, entries, part_starts[part], begin, end, low,
                    members, ends, n_members, n_groups, whole != 0,
                )
            begin = end
    return members[:n_members], ends[:n_groups]
