"""Counting per ring, without a loop over records."""

from __future__ import annotations

import numpy as np

from lianfang.engine.identify.rings.kernel import Bools, Floats, Ints


def dense(*numbers: Ints) -> tuple[Ints, tuple[Ints, ...]]:
    """Number what occurs, in order: the different numbers, and each array as places among them."""
    top = max((int(one.max(initial=-1)) for one in numbers), default=-1)
    if top < 64 * sum(one.size for one in numbers) + 1_000_000:  # a table of marks beats sorting
        marks = np.zeros(top + 1, np.bool_)
        for one in numbers:
            marks[one] = True
        known = np.flatnonzero(marks)
        place = np.cumsum(marks) - 1
        return known, tuple(place[one] for one in numbers)
    known = different(np.concatenate(numbers))
    return known, tuple(np.searchsorted(known, one) for one in numbers)


def different(numbers: Ints) -> Ints:
    """Give the different numbers, ascending; sorting beats numpy's hashing `unique` many times."""
    line = np.sort(numbers)
    return line[np.diff(line, prepend=line[:1] - 1) != 0]


def count(ring: Ints, n_rings: int, use: Bools | None = None) -> Ints:
    """Count the rows of each ring, or those that are true."""
    return np.bincount(ring if use is None else ring[use], minlength=n_rings)


def distinct(ring: Ints, n_rings: int, code: Ints) -> Ints:
    """Count the different codes of each ring; -1 is no code."""
    return np.bincount(_pairs(ring, code)[0], minlength=n_rings)


def top(ring: Ints, n_rings: int, code: Ints, unit: Ints) -> Ints:
    """Say how many different units hold the most widely held code of each ring."""
    where, n_units = holders(ring, code, unit)[::2]
    return largest(where, n_rings, n_units)


def holders(ring: Ints, code: Ints, unit: Ints) -> tuple[Ints, Ints, Ints]:
    """Count the different units that hold each code of each ring: ring, code, number."""
    use = code >= 0
    width = int(code.max(initial=0)) + 1
    pair, place = np.unique(ring[use] * width + code[use], return_inverse=True)
    span = int(unit.max(initial=0)) + 1
    held = different(place.reshape(-1) * span + unit[use]) // span
    return pair // width, pair % width, np.bincount(held, minlength=pair.size)


def largest(ring: Ints, n_rings: int, number: Ints) -> Ints:
    """Give the largest number of each ring; 0 where it has none."""
    most = np.zeros(n_rings, np.int64)
    np.maximum.at(most, ring, number)
    return most


def share(part: Ints | Floats, whole: Ints | Floats) -> Floats:
    """Give part over whole, 0 to 1 in four digits; 0 of nothing is 0."""
    out = np.zeros(len(part), np.float64)
    np.divide(part, whole, out=out, where=np.asarray(whole) > 0)
    return np.round(out, 4)


def busiest(ring: Ints, n_rings: int, at: Ints, window: int) -> Ints:
    """Count the rows of each ring's fullest stretch of time.

    Args:
        ring: ring of each row.
        n_rings: how many rings there are.
        at: moment of each row, whole units (say seconds), not negative.
        window: length of the stretch in the same units, ends included.
    """
    span = int(at.max(initial=0)) + window + 2
    line = np.sort(ring * span + at)
    ahead = np.searchsorted(line, line + window, side="right") - np.arange(line.size)
    return largest(line // span, n_rings, ahead)


def _pairs(ring: Ints, code: Ints) -> tuple[Ints, Ints]:
    use = code >= 0
    width = int(code.max(initial=0)) + 1
    pair = different(ring[use] * width + code[use])
    return pair // width, pair % width
