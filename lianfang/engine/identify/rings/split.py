"""Cut a connected group where a weak bridge joins two dense parts.

Connected components over-merge: one person who met two agents would make one ring of two. A cut is
made where both sides hold enough people and the crossing weight is light beside the lighter side
(conductance). Bridges go first, all in one walk; then sweeps along the slow mode, part by part. The
work is bounded by counting steps, not seconds, so the answer never depends on the machine.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lianfang.engine.identify.rings import kernel, rules
from lianfang.engine.identify.rings.kernel import Bools, Floats, Ints


@dataclass(frozen=True)
class Net:
    """One group: people are nodes 0 .. n_people - 1, keys follow; edges with weights.

    `mass` counts people: 0 for a node that is somebody already counted, and for keys.
    """

    n_people: int
    n_nodes: int
    mass: Ints
    person: Ints
    key: Ints
    weight: Floats


@dataclass(frozen=True)
class Held:
    """Who holds what, how heavily.

    Attributes:
        atom: node of each holding.
        key: key of each holding.
        weight: bits of each holding.
        strong: whether the holding joins alone; one such key held by nearly all spares the group.
    """

    atom: Ints
    key: Ints
    weight: Floats
    strong: Bools


def split(held: Held, group: Ints, counts: Bools, cut: rules.Cut) -> Ints:
    """Give every person the part of the group it falls in.

    Args:
        held: who holds what.
        group: group of every node (any label), by node.
        counts: whether each node counts as a person.
        cut: bounds of a weak bridge.

    Returns:
        For every node the smallest node of its part; nodes of uncut groups keep the smallest node of
        their group.

    Shape:
        Linear in holdings for bridges; each sweep costs rounds times the part's holdings.
    """
    part = group.copy()
    atom, key, weight, strong = held.atom, held.key, held.weight, held.strong
    # A group is worth the walk only when both sides could hold enough people.
    large = np.bincount(group, counts, minlength=group.size)[group[atom]] >= 2 * cut.least_people
    atom, key, weight, strong = atom[large], key[large], weight[large], strong[large]
    of = group[atom]
    order = np.lexsort((key, atom, of))
    atom, key, weight, strong, of = atom[order], key[order], weight[order], strong[order], of[order]
    starts = np.flatnonzero(np.diff(of, prepend=-1))
    for begin, end in zip(starts, np.append(starts, of.size)[1:], strict=True):
        people, one = np.unique(atom[begin:end], return_inverse=True)
        keys, two = np.unique(key[begin:end], return_inverse=True)
        if np.bincount(two, strong[begin:end]).max() >= cut.spared_share * people.size:
            continue
        use = np.bincount(two)[two] > 1
        mass = np.concatenate([counts[people].astype(np.int64), np.zeros(keys.size, np.int64)])
        net = Net(people.size, people.size + keys.size, mass, one[use], two[use] + people.size, weight[begin:end][use])
        label = _parts(net, cut)
        least = np.full(label.max() + 1, np.iinfo(np.int64).max)
        np.minimum.at(least, label, people)
        part[people] = least[label]
    return part


def _parts(net: Net, cut: rules.Cut) -> Ints:
    """Cut one group; give a part number per person."""
    kept = ~_bridge_cuts(net, cut)
    label = _components(net, kept)
    work = 0
    queue = [int(n) for n in np.unique(label)]
    fresh = int(label.max()) + 1
    while queue and work < cut.most_work:
        name = queue.pop()
        nodes = np.flatnonzero(label == name)
        if int(net.mass[nodes].sum()) < 2 * cut.least_people:
            continue
        inside = kept & (label[net.person] == name) & (label[net.key] == name)
        work += int(np.count_nonzero(inside)) * cut.n_rounds + label.size
        side = _halve(net, nodes, inside, cut)
        if side is None:
            continue
        kept &= ~(inside & (_on(side, nodes, net.person) != _on(side, nodes, net.key)))
        pieces = _components(net, kept)
        names = np.unique(pieces[nodes])
        for piece in names:
            label[nodes[pieces[nodes] == piece]] = fresh
            queue.append(fresh)
            fresh += 1
    return label[: net.n_people]


def _on(side: Bools, nodes: Ints, ends: Ints) -> Bools:
    return side[np.minimum(np.searchsorted(nodes, ends), nodes.size - 1)]


def _components(net: Net, kept: Bools) -> Ints:
    return kernel.union(net.n_nodes, net.person[kept], net.key[kept])


def _bridge_cuts(net: Net, cut: rules.Cut) -> Bools:
    start, near, edge = kernel.adjacency(net.n_nodes, net.person, net.key)
    tree = kernel.bridges(start, near, edge)
    volume: Floats = np.zeros(net.n_nodes, np.float64)
    for ends in (net.person, net.key):
        volume += np.bincount(ends, net.weight, net.n_nodes)
    return kernel.weak_bridges(tree, net.mass, volume, net.weight, cut.least_people, cut.most_share)


def _halve(net: Net, nodes: Ints, inside: Bools, cut: rules.Cut) -> Bools | None:
    """Find the best cut of one part, or none light enough."""
    one = np.searchsorted(nodes, net.person[inside])
    two = np.searchsorted(nodes, net.key[inside])
    weight = net.weight[inside]
    start, near, edge = kernel.adjacency(nodes.size, one, two)
    heft = weight[edge]
    mass = net.mass[nodes]
    found, side = kernel.sweep(start, near, heft, mass, cut.least_people, cut.n_rounds)
    if found > 2 * cut.most_share:
        return None
    side = kernel.settle(start, near, heft, side, 4)
    people = int(mass[side].sum())
    if min(people, int(mass.sum()) - people) < cut.least_people:
        return None
    crossing = float(weight[side[one] != side[two]].sum())
    volume = float(heft[np.repeat(side, np.diff(start))].sum())
    lighter = min(volume, float(heft.sum()) - volume)
    return side if lighter > 0 and crossing <= cut.most_share * lighter else None
