"""Which records hang together: connected components of an edge list."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from lianfang.engine.terms.errors import EngineError, Say

MOST_NODES = 2**31 - 1


def components(
    left: npt.NDArray[np.integer], right: npt.NDArray[np.integer], n_nodes: int
) -> npt.NDArray[np.int32]:
    """Name the component of every node.

    Iterated SQL needs one pass of the edges per step of the longest chain; this needs one pass
    in all, and its answer does not depend on the order of the edges.

    Args:
        left: one end of each edge, 0 .. n_nodes-1.
        right: the other end.
        n_nodes: how many nodes there are.

    Returns:
        For every node the smallest node it is connected with; itself if it is alone.

    Shape:
        Two arrays of n edges in (int32 or int64), one int32 array of n_nodes out.

    Raises:
        EngineError: an end lies outside 0 .. n_nodes-1, or there are too many nodes.

    Source:
        Rem's union-find with splicing; Patwary, Blair, Manne, 2010.
    """
    from lianfang.engine.identify.linkage.kernels import union

    left, right = np.asarray(left), np.asarray(right)
    _check(left, right, n_nodes)
    parent = np.arange(n_nodes, dtype=np.int32)
    # Every end was seen to lie below 2**31: one compiled form does for all types of input.
    union.join_all(np.ascontiguousarray(left, np.int32), np.ascontiguousarray(right, np.int32), parent)
    union.flatten(parent)
    return parent


def _check(left: npt.NDArray[np.integer], right: npt.NDArray[np.integer], n_nodes: int) -> None:
    if n_nodes > MOST_NODES or left.size != right.size:
        raise EngineError(
            Say("边表的两列长度不同,或节点超过 21 亿", "Edge columns differ, or too many nodes"),
            code="E-LINKAGE-01",
        )
    if left.size and (
        min(left.min(), right.min()) < 0 or max(left.max(), right.max()) >= n_nodes
    ):
        raise EngineError(
            Say("边的端点超出了节点编号的范围", "An edge ends at a node that does not exist"),
            code="E-LINKAGE-02",
        )
