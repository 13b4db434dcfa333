"""Compiled loops over graphs: union-find, union under cannot-links, greedy bridges, spectral sweep.

Import this file only where a graph is at hand: numba takes most of a second to load. Where kernels are off they
are plain Python with the same answer.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from lianfang.engine.terms.compiled import graph_kernel

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@graph_kernel
def _root(parent: Ints, node: int) -> int:
    while parent[node] != node:
        parent[node] = parent[parent[node]]
        node = parent[node]
    return node


@graph_kernel
def union(n_nodes: int, left: Ints, right: Ints) -> Ints:
    """Join the ends of every edge; the smallest node of a part is its name.

    Args:
        n_nodes: nodes are 0 .. n_nodes - 1.
        left: one end of each edge.
        right: the other end.

    Returns:
        For each node the smallest node joined to it.

    Shape:
        Edges in, one label a node out; the order of edges makes no difference.
    """
    parent = np.arange(n_nodes)
    for i in range(left.size):
        a, b = _root(parent, left[i]), _root(parent, right[i])
        if a < b:
            parent[b] = a
        elif b < a:
            parent[a] = b
    for i in range(n_nodes):
        parent[i] = _root(parent, i)
    return parent


@graph_kernel
def union_apart(n_nodes: int, left: Ints, right: Ints, one: Ints, other: Ints) -> tuple[Ints, Bools]:
    """Join the ends of edges in the given order, refusing whatever joins a pair told apart.

    With the heaviest edge first this cuts the weakest link of every path between the two.

    Args:
        n_nodes: nodes are 0 .. n_nodes - 1.
        left: one end of each edge, heaviest edge first.
        right: the other end.
        one: one node of each pair told apart.
        other: the other node of the pair.

    Returns:
        The smallest node joined to each node, and whether each edge was kept.
    """
    parent = np.arange(n_nodes)
    kept = np.ones(left.size, np.bool_)
    for i in range(left.size):
        a, b = _root(parent, left[i]), _root(parent, right[i])
        if a == b:
            continue
        for j in range(one.size):
            x, y = _root(parent, one[j]), _root(parent, other[j])
            if (x == a and y == b) or (x == b and y == a):
                kept[i] = False
                break
        if kept[i]:
            parent[max(a, b)] = min(a, b)
    for i in range(n_nodes):
        parent[i] = _root(parent, i)
    return parent, kept


@graph_kernel
def adjacency(n_nodes: int, left: Ints, right: Ints) -> tuple[Ints, Ints, Ints]:
    """Lay edges out by node: start of each node's stretch, its neighbours, the edge numbers."""
    start = np.zeros(n_nodes + 1, np.int64)
    for i in range(left.size):
        start[left[i] + 1] += 1
        start[right[i] + 1] += 1
    for i in range(n_nodes):
        start[i + 1] += start[i]
    place = start[:-1].copy()
    near = np.empty(2 * left.size, np.int64)
    edge = np.empty(2 * left.size, np.int64)
    for i in range(left.size):
        near[place[left[i]]], edge[place[left[i]]] = right[i], i
        place[left[i]] += 1
        near[place[right[i]]], edge[place[right[i]]] = left[i], i
        place[right[i]] += 1
    return start, near, edge


@graph_kernel
def _descend(start: Ints, near: Ints, edge: Ints, first: int, clock: int, walk: tuple[Ints, ...]) -> int:
    order, by, above, met, low, place, only = walk
    met[first] = low[first] = clock
    order[clock] = first
    clock += 1
    node = first
    while node >= 0:
        i = place[node]
        if i < start[node + 1]:
            place[node] += 1
            to = near[i]
            if met[to] < 0:
                met[to] = low[to] = clock
                order[clock] = to
                clock += 1
                by[to], above[to] = edge[i], node
                node = to
            elif edge[i] != by[node]:
                low[node] = min(low[node], met[to])
            continue
        up = above[node]
        if up >= 0:
            low[up] = min(low[up], low[node])
            only[node] = 1 if low[node] > met[up] else 0
        node = up
    return clock


@graph_kernel
def bridges(start: Ints, near: Ints, edge: Ints) -> tuple[Ints, Ints, Ints, Ints]:
    """Walk the graph depth first and mark the edges that are the only way to a node.

    Args:
        start: start of each node's stretch (`adjacency`).
        near: neighbours.
        edge: edge numbers.

    Returns:
        Nodes in the order met; for each node the edge it was met by (-1 for a start), the node it
        was met from, and 1 where that edge is the only way to it.

    Source:
        Tarjan, A note on finding the bridges of a graph, 1974; without recursion.
    """
    n = start.size - 1
    order, by, above = np.empty(n, np.int64), np.full(n, -1, np.int64), np.full(n, -1, np.int64)
    met, low, only = np.full(n, -1, np.int64), np.zeros(n, np.int64), np.zeros(n, np.int64)
    walk = (order, by, above, met, low, start[:-1].copy(), only)
    clock = np.int64(0)  # a bare 0 would compile the walk twice: once for just that number
    for first in range(n):
        if met[first] < 0:
            clock = _descend(start, near, edge, first, clock, walk)
    return order, by, above, only


@graph_kernel
def weak_bridges(
    tree: tuple[Ints, Ints, Ints, Ints], mass: Ints, volume: Floats, weight: Floats, least_people: int, most_share: float
) -> Bools:
    """Choose bridges to cut, from the leaves up: both sides large, the bridge light beside them.

    Args:
        tree: what `bridges` said of one connected graph.
        mass: 1 for a person, 0 for a key.
        volume: weight of all edges at the node.
        weight: weight of each edge.
        least_people: fewest people on either side.
        most_share: highest share of the lighter side's weight the bridge may carry.

    Returns:
        For each edge whether to cut it.
    """
    order, by, above, only = tree
    people, total = mass.copy(), volume.copy()
    all_people, all_volume = 0, 0.0
    for node in range(mass.size):  # one after the other: numpy adds by halves, and the last bit would differ
        all_people += mass[node]
        all_volume += volume[node]
    cut = np.zeros(weight.size, np.bool_)
    for i in range(order.size - 1, 0, -1):
        node = order[i]
        if by[node] < 0:
            continue
        light = min(total[node], all_volume - total[node])
        large = people[node] >= least_people and all_people - people[node] >= least_people
        if only[node] == 1 and large and weight[by[node]] <= most_share * light:
            cut[by[node]] = True
            all_people -= people[node]
            all_volume -= total[node]
        else:
            people[above[node]] += people[node]
            total[above[node]] += total[node]
    return cut


@graph_kernel
def _far(start: Ints, near: Ints, first: int, depth: Ints) -> int:
    n = start.size - 1
    queue = np.empty(n, np.int64)
    depth[:] = -1
    depth[first], queue[0] = 0, first
    head, tail = 0, 1
    while head < tail:
        node = queue[head]
        head += 1
        for i in range(start[node], start[node + 1]):
            if depth[near[i]] < 0:
                depth[near[i]] = depth[node] + 1
                queue[tail] = near[i]
                tail += 1
    return queue[tail - 1]


@graph_kernel
def _slow_mode(start: Ints, near: Ints, heft: Floats, volume: Floats, n_rounds: int, x: Floats, fresh: Floats) -> None:
    """Find the slowest mode of the lazy walk by power iteration, from distances to a far node; it ends up in x."""
    n = start.size - 1
    depth = np.empty(n, np.int64)
    far = _far(start, near, np.int64(0), depth)  # a bare 0 would be compiled a second time
    far = _far(start, near, far, depth)
    total = 0.0
    for i in range(n):
        x[i] = depth[i]
        total += volume[i]
    for _ in range(n_rounds):
        mean = 0.0
        for i in range(n):
            mean += volume[i] * x[i]
        mean /= total
        top = 0.0
        for i in range(n):
            x[i] -= mean
            top = max(top, abs(x[i]))
        if top == 0.0:
            break
        for i in range(n):
            pull = 0.0
            for j in range(start[i], start[i + 1]):
                pull += heft[j] * x[near[j]]
            fresh[i] = 0.5 * (x[i] + pull / volume[i]) / top
        for i in range(n):
            x[i] = fresh[i]


def sweep(
    start: Ints, near: Ints, heft: Floats, mass: Ints, least_people: int, n_rounds: int
) -> tuple[float, Bools]:
    """Find a light cut with enough people on both sides: order nodes by the slow mode, sweep.

    Args:
        start: start of each node's stretch (`adjacency`); one connected graph.
        near: neighbours.
        heft: weight of the edge to each neighbour.
        mass: 1 for a person, 0 for a key.
        least_people: fewest people on either side.
        n_rounds: rounds of power iteration.

    Returns:
        Conductance of the best cut (2.0 when no cut is allowed) and the side of every node.

    Source:
        Spielman and Teng, Spectral partitioning works, 1996 (sweep of the second eigenvector).
    """
    n = start.size - 1
    volume: Floats = np.bincount(np.repeat(np.arange(n), np.diff(start)), heft, n).astype(np.float64)
    x = np.zeros(n)
    _slow_mode(start, near, heft, volume, n_rounds, x, np.zeros(n))
    # Rounding keeps the order of nodes the same on every machine. Sorting stays outside the kernels:
    # numba takes ten seconds to compile its own.
    scale = np.abs(x).max()
    order = np.argsort(np.round(x / scale, 9) if scale > 0 else x, kind="stable")
    side = np.zeros(n, np.bool_)
    best, best_at = _swept(start, near, heft, mass, least_people, order, volume, side)
    side[:] = False
    side[order[: best_at + 1]] = True
    return best, side


@graph_kernel
def _swept(
    start: Ints, near: Ints, heft: Floats, mass: Ints, least_people: int, order: Ints, volume: Floats, inside: Bools
) -> tuple[float, int]:
    """Move nodes across in the given order; give the lightest cut met and after which node it was."""
    n = start.size - 1
    total, n_people = 0.0, 0
    for i in range(n):
        total += volume[i]
        n_people += mass[i]
    best, best_at = 2.0, -1
    crossing, part, people = 0.0, 0.0, 0
    for at in range(n - 1):
        node = order[at]
        inside[node] = True
        part += volume[node]
        people += mass[node]
        for j in range(start[node], start[node + 1]):
            crossing += -heft[j] if inside[near[j]] else heft[j]
        if people < least_people or n_people - people < least_people:
            continue
        found = crossing / min(part, total - part)
        if found < best - 1e-9:
            best, best_at = found, at
    return best, best_at


@graph_kernel
def settle(start: Ints, near: Ints, heft: Floats, side: Bools, n_rounds: int) -> Bools:
    """Move every node to the side that holds most of its weight, a few rounds, in node order."""
    side = side.copy()
    for _ in range(n_rounds):
        moved = 0
        for i in range(side.size):
            here, there = 0.0, 0.0
            for j in range(start[i], start[i + 1]):
                if side[near[j]] == side[i]:
                    here += heft[j]
                else:
                    there += heft[j]
            if there > here:
                side[i] = not side[i]
                moved += 1
        if moved == 0:
            break
    return side
