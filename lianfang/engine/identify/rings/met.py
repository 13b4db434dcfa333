"""People who met two agents: their records stand in both rings, and tie neither to the other.

Rings are grown of people, so one customer of two agents would make one ring of two. Here the records
of such a person part, each to its own side, before rings are grown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lianfang.engine.identify.rings import kernel, rules, tally
from lianfang.engine.identify.rings.kernel import Bools, Ints

if TYPE_CHECKING:
    from lianfang.engine.identify.rings.graph import Graph


def parted(net: Graph, join: rules.Join) -> Ints | None:
    """Give records new nodes where one person's records lie on two sides that share nothing else.

    Args:
        net: the graph, one node a person.
        join: what a side is, and how many people may stand on two.

    Returns:
        Node of every record; None where nobody is parted. People of whom somebody was told that they
        are, or are not, another's stay whole.

    Shape:
        Sides are what records hang together by through keys that join alone, without their person; at
        least one of the keys points at an operator.
    """
    n, n_keys = net.records.size, net.key_by.size
    if not n or not n_keys:
        return None
    alone = np.zeros(n_keys, np.bool_)
    alone[net.held_key[net.joins]] = True
    operator = np.array([join.by(name).is_operator for name in net.names], np.bool_)[net.key_by] & alone
    use = alone[net.record_key]
    side = kernel.union(n + n_keys, net.record_of[use], net.record_key[use] + n)[:n]
    stood = np.unique(side[net.record_of[use]] * n + net.atom[net.record_of[use]])
    n_people = np.bincount(stood // n, minlength=n)
    stood = stood[n_people[stood // n] >= join.met_people]
    run = np.zeros(n, np.bool_)
    run[side[net.record_of[operator[net.record_key]]]] = True
    stood = stood[run[stood // n]]
    one, two, n_both = _between(stood // n, stood % n, n)
    few = n_both <= join.met_share * np.minimum(n_people[one], n_people[two])
    few &= ~_alike(net, side, one, two)
    return _apart(net, side, stood, (one[few], two[few])) if few.any() else None


def _between(side: Ints, who: Ints, n: int) -> tuple[Ints, Ints, Ints]:
    """List pairs of sides the same people stand on, and how many do; `who` may stand on several."""
    order = np.lexsort((side, who))
    side, who = side[order], who[order]
    pairs, step = [np.zeros(0, np.int64)], 1
    while step < side.size and (same := np.flatnonzero(who[:-step] == who[step:])).size:
        pairs.append(side[same] * n + side[same + step])
        step += 1
    pair, n_both = np.unique(np.concatenate(pairs), return_counts=True)
    return pair // n, pair % n, n_both


def _alike(net: Graph, side: Ints, one: Ints, two: Ints) -> Bools:
    """Say which pairs of sides share a key that at least two people hold on each."""
    n, n_keys = side.size, net.key_by.size
    near = np.isin(side[net.record_of], np.concatenate([one, two]))
    record, key = net.record_of[near], net.record_key[near]
    place, at = np.unique(side[record] * n_keys + key, return_inverse=True)
    held = tally.different(at.reshape(-1) * n + net.atom[record]) // n
    place = place[np.bincount(held, minlength=place.size) > 1]
    left, right, _ = _between(place // n_keys, place % n_keys, n)
    return np.isin(one * n + two, left * n + right)


def _apart(net: Graph, side: Ints, stood: Ints, pairs: tuple[Ints, Ints]) -> Ints | None:
    """Part whoever stands on both sides of a pair; other records of theirs stay with the first."""
    n = side.size
    apart = np.concatenate([pairs[0] * n + pairs[1], pairs[1] * n + pairs[0]])
    told = np.zeros(n, np.bool_)
    told[np.concatenate(net.apart)] = True
    told[net.atom[net.atom != net.person]] = True
    of, who = stood // n, stood % n
    order = np.lexsort((of, who))
    of, who = of[order], who[order]
    begun = np.flatnonzero(np.diff(who, prepend=-1))
    first = np.repeat(of[begun], np.diff(np.append(begun, who.size)))
    away = np.isin(first * n + of, apart) & ~told[who]
    if not away.any():
        return None
    gone = np.sort(who[away] * n + of[away])
    mine = net.atom * n + side
    record = np.flatnonzero(np.isin(mine, gone))
    atom = net.atom.copy()
    atom[record] = n + np.unique(mine[record], return_inverse=True)[1].reshape(-1)
    return _renamed(atom)


def _renamed(atom: Ints) -> Ints:
    """Name every node by its smallest record, also where that record went away."""
    _, first, place = np.unique(atom, return_index=True, return_inverse=True)
    return first[place.reshape(-1)].astype(np.int64)
