"""The kernels against plain Python."""

from __future__ import annotations

import numpy as np
import pytest

from lianfang.engine.conduct import windows


@pytest.mark.parametrize("seed", range(20))
def test_rows_in_order_of_key_moment_and_their_own_order(seed: int) -> None:
    chance = np.random.default_rng(seed)
    n, bits = int(chance.integers(0, 400)), int(chance.integers(1, 7))
    key = chance.integers(-2, chance.integers(1, 60), n).astype(np.int64)
    at_us = chance.integers(-5, 5, n).astype(np.int64) * 10**17
    rows, keys, moments = windows.ordered(key, at_us, bits)
    assert sorted(rows.tolist()) == np.flatnonzero(key >= 0).tolist()
    assert keys.tolist() == key[rows].tolist() and moments.tolist() == at_us[rows].tolist()
    heads = [k for place, k in enumerate(keys.tolist()) if place == 0 or keys[place - 1] != k]
    assert len(heads) == len(set(heads))
    for one in heads:
        assert rows[keys == one].tolist() == sorted(np.flatnonzero(key == one).tolist(), key=lambda row: (at_us[row], row))


@pytest.mark.parametrize("seed", range(12))
def test_rows_sorted_within_a_key_stand_as_if_sorted_by_the_finer_key(seed: int) -> None:
    chance = np.random.default_rng(seed)
    n = int(chance.integers(1, 200))
    outer, at_us = chance.integers(0, 9, n).astype(np.int64), chance.integers(0, 6, n).astype(np.int64)
    rows, keys, moments = windows.ordered(outer, at_us, 2)
    finer = outer * 10 + chance.integers(0, 3, n)
    made = (rows.copy(), finer[rows], moments.copy())
    windows.refined(keys, *made)
    assert made[1].tolist() == finer[made[0]].tolist() and made[2].tolist() == at_us[made[0]].tolist()
    for one in set(finer.tolist()):
        assert made[0][made[1] == one].tolist() == sorted(np.flatnonzero(finer == one).tolist(), key=lambda row: (at_us[row], row))


@pytest.mark.parametrize("seed", range(12))
def test_of_one_record_and_code_the_lowest_rank_decides_and_findings_stand_by_record_and_rule(seed: int) -> None:
    chance = np.random.default_rng(seed)
    shape, kept = chance.integers(0, 3, 40).astype(np.int32), chance.random(40) < 0.8
    listed = [np.array([1, 4]), np.array([], dtype=np.int64), np.array([0, 2, 6])]
    heads = np.array([0, 2, 2, 5], dtype=np.int64)
    rows = chance.choice(np.flatnonzero(kept), 9, replace=False).astype(np.int64)
    rules = chance.choice(np.array([3, 5, 7]), 9).astype(np.int16)
    starts = windows.tallied(shape, kept, np.diff(heads).astype(np.int32), rows)
    row, rule, place = windows.laid(starts, shape, kept, (heads, np.concatenate(listed).astype(np.int16)), (rows, rules))
    wanted = [(r, int(one), -1) for r in range(40) if kept[r] for one in listed[shape[r]]]
    wanted += [(r, one, at) for at, (r, one) in enumerate(zip(rows.tolist(), rules.tolist(), strict=True))]
    assert list(zip(row.tolist(), rule.tolist(), place.tolist(), strict=True)) == sorted(wanted)
    code, rank = rule.astype(np.int64) % 2, chance.permutation(8)[rule].astype(np.int64)
    best = {key: min(rank[(row == key[0]) & (code == key[1])]) for key in set(zip(row.tolist(), code.tolist(), strict=True))}
    assert windows.strictest(row, code, rank).tolist() == [rank[at] == best[row[at], code[at]] for at in range(len(row))]
