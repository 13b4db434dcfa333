"""Union-find over flat edge arrays; the smallest node of a component is its name."""

from __future__ import annotations

from numba import njit

from lianfang.engine.identify.linkage.kernels.shapes import I32, W_I32, N


@njit
def _join(parent, u, v):  # type: ignore[no-untyped-def]
    """Join two nodes by Rem's algorithm with splicing: the walk itself shortens the paths."""
    while True:
        above_u, above_v = parent[u], parent[v]
        if above_u == above_v:
            return
        if above_u > above_v:
            parent[u] = above_v
            if u == above_u:
                return
            u = above_u
        else:
            parent[v] = above_u
            if v == above_v:
                return
            v = above_v


@njit(N(I32, I32, W_I32), cache=True, nogil=True)
def join_all(left, right, parent):  # type: ignore[no-untyped-def]
    """Join the two ends of every edge; gives how many edges there were."""
    for edge in range(left.size):
        _join(parent, left[edge], right[edge])
    return left.size


@njit(N(W_I32), cache=True, nogil=True)
def flatten(parent):  # type: ignore[no-untyped-def]
    """Point every node straight at its component's smallest node; gives the components."""
    n_components = 0
    for node in range(parent.size):
        above = parent[node]
        # A parent is never larger than its child, so one pass upward is enough.
        parent[node] = parent[above]
        if above == node:
            n_components += 1
    return n_components
