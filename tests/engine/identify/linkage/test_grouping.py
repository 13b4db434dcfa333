from __future__ import annotations

import itertools

import numpy as np
import pytest

from lianfang.engine.identify.linkage import grouping


def brute(numbers):
    where = {}
    for place, number in enumerate(numbers.tolist()):
        if number:
            where.setdefault(number, []).append(place)
    return sorted(tuple(v) for v in where.values() if len(v) > 1)


def listed(groups):
    ends = groups.bounds
    return sorted(tuple(groups.members[a:b].tolist()) for a, b in itertools.pairwise(ends))


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("lanes", [1, 2, 3])
def test_groups_are_those_of_a_dictionary(seed, lanes):
    draw = np.random.default_rng(seed)
    n = int(draw.integers(0, 60_000))
    pool = draw.integers(0, 1 << 63, max(1, n // 2), dtype=np.uint64) * np.uint64(2)
    numbers = pool[draw.integers(0, pool.size, n)]
    numbers[draw.random(n) < 0.3] = 0
    if n:
        numbers[: n // 10] = numbers[0]  # one crowd
    assert listed(grouping.groups(numbers, lanes)) == brute(numbers)


def test_numbers_alike_in_their_first_bits_stay_apart():
    base = np.uint64(0xABCDEF0123456789)
    numbers = np.array([base, base ^ np.uint64(1), base, base ^ np.uint64(1), base ^ np.uint64(2)])
    assert listed(grouping.groups(numbers)) == [(0, 2), (1, 3)]
