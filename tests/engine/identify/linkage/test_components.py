from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from lianfang.engine.identify.linkage import components
from lianfang.engine.terms.errors import EngineError


def test_a_component_is_named_by_its_smallest_node():
    got = components.components(np.array([5, 4, 1]), np.array([4, 2, 0]), 7)
    assert got.tolist() == [0, 0, 2, 3, 2, 2, 6]


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("dtype", [np.int32, np.int64, np.uint32, np.uint16])
def test_components_are_scipys(seed, dtype):
    draw = np.random.default_rng(seed)
    n = int(draw.integers(1, 400))
    m = int(draw.integers(0, 500))
    left, right = (draw.integers(0, n, m).astype(dtype) for _ in range(2))
    got = components.components(left, right, n)
    _, label = connected_components(
        coo_matrix((np.ones(m), (left, right)), shape=(n, n)), directed=False
    )
    smallest = np.full(label.max() + 1, n)
    np.minimum.at(smallest, label, np.arange(n))
    assert (got == smallest[label]).all()


def test_a_long_chain_in_the_worst_order():
    n = 50_000
    left = np.arange(n - 1, 0, -1)
    assert not components.components(left, left - 1, n).any()


def test_no_edges_and_no_nodes():
    none = np.empty(0, np.int64)
    assert components.components(none, none, 3).tolist() == [0, 1, 2]
    assert components.components(none, none, 0).size == 0


@pytest.mark.parametrize("ends", [([0], [3]), ([-1], [0]), ([0, 1], [1])])
def test_a_wrong_edge_is_refused(ends):
    with pytest.raises(EngineError):
        components.components(np.array(ends[0]), np.array(ends[1]), 3)
