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
