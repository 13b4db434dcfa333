"""Grow rings: people joined by links nobody has overruled, cut where a weak bridge joins two parts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from lianfang.engine.identify.linkage import judge
from lianfang.engine.identify.rings import graph, kernel, rules, split, tally
from lianfang.engine.identify.rings.kernel import Bools, Floats, Ints


@dataclass(frozen=True)
class Grown:
    """Rings as arrays; rings are numbered by their smallest record.

    Attributes:
        record: record_no of each member, ordered by ring, then record.
        ring: ring number of each member.
        person: smallest record_no of the member's person.
        own: whether the record holds no key of the ring and only belongs to a member.
        linked: the graph they grew in.
    """

    record: Ints
    ring: Ints
    person: Ints
    own: Bools
    linked: graph.Graph

    @property
    def n_rings(self) -> int:
        """Count the rings."""
        return int(self.ring.max(initial=-1)) + 1


def grow(
    links: pa.Table, verdicts: judge.Verdicts = judge.NO_VERDICTS, said: graph.Said | None = None
) -> Grown:
    """Grow rings from links: collapse people, join, keep apart who was told apart, cut weak bridges.

    Args:
        links: table `link`.
        verdicts: people's judgements, resolved to record numbers; they overrule the machine.
        said: kinds and signs of records, by record_no.

    Returns:
        Every group of at least two people, with the records of each.

    Shape:
        reads  link(left, right, by, key_masked, weight_bits), star-shaped
        makes  one row per member record, ordered by ring, then record_no; the order of link rows
               makes no difference

    Units:
        weight_bits in bits (log2 odds).

    Source:
        Connected components by union-find; conductance cuts by sweeps (see `kernel.sweep`).
    """
    rule = rules.join()
    net = graph.read(links, verdicts, said)
    n = net.records.size
    atom, key = _joining(net, rule)
    more = _attached(net, _joined(n, atom, key), rule)
    atom, key = np.concatenate([atom, more[0]]), np.concatenate([key, more[1]])
    group = _joined(n, atom, key)
    if net.apart[0].size:
        group = _kept_apart(n, atom, key, net, group)
    operators = np.array([rule.by(name).is_operator for name in net.names], np.bool_)
    strong = net.joins & operators[net.key_by[net.held_key]] if net.joins.size else net.joins
    held = split.Held(net.held_atom, net.held_key, net.weight, strong)
    part = split.split(held, group, _counted(net, rule), rule.cut)
    final = _joined(n, atom, _local(key, part[atom]))
    return _rings(net, final)


def _counted(net: graph.Graph, rule: rules.Join) -> Bools:
    """Say which nodes count as people where rings are cut: the posts of one author are one person."""
    counts = np.ones(net.records.size, np.bool_)
    author = np.array([rule.by(name).one_author for name in net.names], np.bool_)
    if not author.any():
        return counts
    use = net.joins & author[net.key_by[net.held_key]]
    who, what = net.held_atom[use], net.held_key[use]
    order = np.lexsort((who, what))
    counts[who[order][1:][what[order][1:] == what[order][:-1]]] = False
    return counts


def _joining(net: graph.Graph, rule: rules.Join) -> tuple[Ints, Ints]:
    """List holdings that join: of keys strong alone, and of two weak keys held together."""
    strong = (net.held_atom[net.joins], net.held_key[net.joins])
    weak = _two_weak(net, rule)
    atom, key = np.concatenate([strong[0], weak[0]]), np.concatenate([strong[1], weak[1]])
    return atom, _by_core(net, atom, key, rule)


def _by_core(net: graph.Graph, atom: Ints, key: Ints, rule: rules.Join) -> Ints:
    """Make a wording that people of several cores hold one key in each: two agents may copy one letter.

    A core is held together by keys of an operator. Whoever is of none goes where he shares something
    else, or else to the core most holders of the wording are of.
    """
    n, n_keys = net.records.size, max(net.key_by.size, 1)
    settings = [rule.by(name) for name in net.names]
    plain = key < n_keys
    by = net.key_by[np.where(plain, key, 0)] if net.key_by.size else key
    said = plain & np.array([one.role == "wording" for one in settings], np.bool_)[by]
    core = _cores(n, atom, key, plain & np.array([one.is_operator for one in settings], np.bool_)[by], rule)
    who, what = atom[said], key[said]
    sure = core[who] >= 0
    pair, n_held = np.unique(what[sure] * n + core[who][sure], return_counts=True)
    order = np.lexsort((pair % n, -n_held, pair // n))
    first = order[np.flatnonzero(np.diff(pair[order] // n, prepend=-1))]
    most = np.full(n_keys, -1, np.int64)
    most[pair[first] // n] = pair[first] % n
    several = _at_once(net, core, pair, n_keys, rule.once_share)
    of = np.where(sure, core[who], most[what])
    out = key.copy()
    far = int(key.max(initial=0)) + 1
    out[said] = np.where(several[what], far + np.unique(what * n + of, return_inverse=True)[1].reshape(-1), what)
    return out


def _at_once(net: graph.Graph, core: Ints, pair: Ints, n_keys: int, most: float) -> Bools:
    """Say which wordings people of several cores used at one time; one after the other, it is one agent.

    An agent who changes his numbers makes one core after the other of the same letter.
    """
    n = core.size
    mine = core[net.atom]
    use = np.flatnonzero((mine >= 0) & (net.at != graph.NO_TIME))
    order = use[np.lexsort((net.at[use], mine[use]))]
    begun = np.searchsorted(mine[order], np.arange(n))
    size = np.bincount(mine[order], minlength=n)
    # The first and the last tenth may be strays.
    timed = net.at[order] if order.size else np.zeros(1, np.int64)
    first = timed[np.minimum(begun + size // 10, timed.size - 1)]
    last = timed[np.minimum(begun + np.maximum(size - 1 - size // 10, 0), timed.size - 1)]
    key, of = pair // n, pair % n
    line = np.lexsort((of, first[of], key))
    key, of = key[line], of[line]
    one, two = of[:-1], of[1:]
    both = np.minimum(last[one], last[two]) - np.maximum(first[one], first[two])
    shorter = np.minimum(last[one] - first[one], last[two] - first[two])
    known = (size[one] > 0) & (size[two] > 0)
    crossed = (key[:-1] == key[1:]) & ~(known & (both <= most * shorter))
    out = np.zeros(n_keys, np.bool_)
    out[key[:-1][crossed]] = True
    return out


def _cores(n: int, atom: Ints, key: Ints, operator: Bools, rule: rules.Join) -> Ints:
    """Give every node its core, -1 for none: keys of two holders tie nobody to a core but who has none."""
    who, what = atom[operator], key[operator]
    many = np.bincount(what, minlength=1)[what] > 2
    label = _joined(n, who[many], what[many])
    large = np.bincount(label[np.unique(who)], minlength=n) >= rule.core_people
    core = np.where(large[label], label, -1)
    top = np.full(int(what.max(initial=0)) + 1, -1, np.int64)
    np.maximum.at(top, what[~many], core[who[~many]])
    near = np.full(n, -1, np.int64)
    np.maximum.at(near, who[~many], top[what[~many]])
    return np.where(core >= 0, core, near)


def _two_weak(net: graph.Graph, rule: rules.Join) -> tuple[Ints, Ints]:
    """Make a joint key of every two weak keys that at least two people hold together."""
    weak = ~net.joins
    who, what, how = net.held_atom[weak], net.held_key[weak], net.weight[weak]
    order = np.lexsort((what, -how, who))
    who, what, how = who[order], what[order], how[order]
    first = np.flatnonzero(np.concatenate([[True], who[1:] != who[:-1]])) if who.size else np.zeros(0, np.int64)
    nth = np.arange(who.size) - np.repeat(first, np.diff(np.append(first, who.size)))
    near = nth < rule.most_weak
    who, what, how, nth = who[near], what[near], how[near], nth[near]
    atoms, joints = [], []
    sort = _sorts(net, rule)[net.key_by]
    n_keys = max(net.key_by.size, 1)
    for step in range(1, rule.most_weak):
        same = np.flatnonzero(who[:-step] == who[step:]) if who.size > step else np.zeros(0, np.int64)
        one, two = what[same], what[same + step]
        fit = (sort[one] != sort[two]) & (how[same] + how[same + step] >= rule.pair_bits)
        atoms.append(who[same][fit])
        joints.append(np.minimum(one, two)[fit] * n_keys + np.maximum(one, two)[fit])
    atom = np.concatenate([np.zeros(0, np.int64), *atoms])
    found, place = np.unique(np.concatenate([np.zeros(0, np.int64), *joints]), return_inverse=True)
    shared = np.bincount(place, minlength=found.size)[place] > 1
    return atom[shared], place[shared] + n_keys


def _sorts(net: graph.Graph, rule: rules.Join) -> Ints:
    """Give link names of one role one number: a firm's name and its address are one fact, not two."""
    words = [rule.by(name).role or name for name in net.names]
    return np.unique(words, return_inverse=True)[1].reshape(-1).astype(np.int64)


def _attached(net: graph.Graph, group: Ints, rule: rules.Join) -> tuple[Ints, Ints]:
    """Attach people to a group by a weak key that is mostly the group's, and groups that share one widely.

    Where most of those behind one network address, or most who show papers of one issuer, are of one
    group, the last of them is very likely of it too, and so is a handful that holds together by something
    else; a crowded address never is. Where several of two groups are behind one, the two are one.
    """
    n, n_keys = group.size, max(net.key_by.size, 1)
    settings = [rule.by(name) for name in net.names]
    brings = np.array([one.attaches for one in settings], np.bool_)
    weak = ~net.joins & brings[net.key_by[net.held_key]] if net.joins.size else net.joins
    who, what = net.held_atom[weak], net.held_key[weak]
    size = np.bincount(group[np.unique(net.held_atom)], minlength=n)
    held = np.bincount(what, minlength=n_keys)
    pair, place = np.unique(what * n + group[who], return_inverse=True)
    place = place.reshape(-1)
    n_held = np.bincount(place, minlength=pair.size)
    key, of = pair // max(n, 1), pair % max(n, 1)
    many = (size[of] > 1) & (n_held >= rule.attach_people)
    # Wording alone makes no two groups one.
    said = np.array([one.role == "wording" for one in settings], np.bool_)[net.key_by[key]] if key.size else many
    n_many = np.bincount(key, n_held * many, minlength=n_keys)
    whole = many & (n_many[key] >= rule.attach_share * held[key]) & ~said
    home = many & (n_held >= rule.attach_share * held[key])
    has_home, reach = np.zeros(n_keys, np.bool_), np.zeros(n_keys, np.int64)
    has_home[key[home]] = True
    np.maximum.at(reach, key[home], size[of[home]])
    small = (size[of] < rule.cut.least_people) & (size[of] < reach[key]) & (2 * n_held >= size[of])
    use = (has_home[key] & (home | (size[of] < 2) | (small & ~said))) | whole
    return who[use[place]], what[use[place]]


def _local(key: Ints, part: Ints) -> Ints:
    """Make a key that several parts hold one key in each."""
    pair = part * (int(key.max(initial=0)) + 1) + key
    return np.unique(pair, return_inverse=True)[1].reshape(-1)


def _joined(n: int, atom: Ints, key: Ints) -> Ints:
    """Give every node the smallest node it is joined to."""
    n_keys = int(key.max(initial=-1)) + 1
    return kernel.union(n + n_keys, atom, key + n)[:n]


def _kept_apart(n: int, atom: Ints, key: Ints, net: graph.Graph, group: Ints) -> Ints:
    """Regrow the groups that hold a pair told apart, heaviest link first, refusing their union."""
    one, two = net.apart
    bad = (group[one] == group[two]) & (one != two)
    if not bad.any():
        return group
    touched = np.unique(group[one[bad]])
    inside = np.isin(group[atom], touched)
    who, what = atom[inside], key[inside]
    # Of equal weights those with one key go first, so that whoever stands between two parts is cut.
    order = np.lexsort((what, who, np.bincount(who)[who], -_weights(net, who, what)))
    n_keys = int(key.max(initial=-1)) + 1
    label, _ = kernel.union_apart(n + n_keys, who[order], what[order] + n, one, two)
    fresh = group.copy()
    again = np.isin(group, touched)
    fresh[again] = label[:n][again]
    return fresh


def _weights(net: graph.Graph, who: Ints, what: Ints) -> Floats:
    """Give the bits of each holding; joint keys weigh nothing, so they are cut first."""
    n_keys = max(net.key_by.size, 1)
    held = net.held_atom * n_keys + net.held_key
    order = np.argsort(held)
    place = np.searchsorted(held[order], who * n_keys + np.minimum(what, n_keys - 1))
    place = order[np.minimum(place, held.size - 1)]
    plain: Bools = what < n_keys
    return np.where(plain, net.weight[place], 0.0)


def _rings(net: graph.Graph, final: Ints) -> Grown:
    """Number the groups of two people or more by their smallest record, and seat every record."""
    n = final.size
    label = final[net.atom]
    people = tally.different(label * n + net.person) // max(n, 1)
    label = np.where(np.bincount(people, minlength=n)[label] > 1, label, -1)
    seat, own = _seats(net, label)
    ring = np.unique(seat[seat >= 0], return_inverse=True)[1]
    record = np.flatnonzero(seat >= 0)
    order = np.lexsort((record, ring))
    record, ring = record[order], ring.reshape(-1)[order]
    return Grown(net.records[record], ring, net.records[net.person[record]], own[record], net)


def _seats(net: graph.Graph, label: Ints) -> tuple[Ints, Bools]:
    """Seat each record in the ring whose keys it holds; the rest follow their person.

    Somebody who met two agents has records in two rings; somebody's honest complaint of his own
    holds no key of the ring and only accompanies it.
    """
    n, n_keys = label.size, max(net.key_by.size, 1)
    where = label[net.record_of]
    inside = where >= 0
    record, key, bits = net.record_of[inside], net.record_key[inside], net.record_bits[inside]
    # Count people of each ring who hold the key; a key's home is the ring with most of them.
    pair, place = np.unique(where[inside] * n_keys + key, return_inverse=True)
    held = tally.different(place.reshape(-1) * n + net.atom[record]) // max(n, 1)
    n_held = np.bincount(held, minlength=pair.size)
    pair, n_held = pair[n_held > 1], n_held[n_held > 1]
    order = np.lexsort((pair // n_keys, -n_held, pair % n_keys))
    best = order[np.flatnonzero(np.diff(pair[order] % n_keys, prepend=-1))]
    home = np.full(n_keys, -1, np.int64)
    home[pair[best] % n_keys] = pair[best] // n_keys
    holds = np.isin(label[record] * n_keys + key, pair)
    seated = np.zeros(n, np.bool_)
    seated[record[holds]] = True
    moves = np.array([rules.join().by(name).moves for name in net.names], np.bool_)
    away = ~seated[record] & (home[key] >= 0)
    away &= moves[net.key_by[key]] if key.size else away
    # Who was told to be, or not to be, another's stays where the cut left him.
    people = tally.different(net.atom * n + net.person) // max(n, 1)
    told = np.concatenate([*net.apart, people[1:][people[1:] == people[:-1]]])
    away &= ~np.isin(net.atom[record], told)
    seat = label.copy()
    order = np.lexsort((home[key[away]], -bits[away], record[away]))
    movers, to = record[away][order], home[key[away]][order]
    first = np.flatnonzero(np.diff(movers, prepend=-1))
    seat[movers[first]] = to[first]
    seated[movers[first]] = True
    return seat, (seat >= 0) & ~seated
