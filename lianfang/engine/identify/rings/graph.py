"""Links as a graph of people and keys: who holds which identifier or wording.

A link table is star-shaped: every record of a group points at the group's smallest record. Here each
group becomes one key and its records its holders, so that strength is counted once per person.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lianfang.engine.identify.linkage import judge
from lianfang.engine.identify.rings import kernel, met, rules, tally
from lianfang.engine.identify.rings.kernel import Bools, Floats, Ints

NO_TIME = np.iinfo(np.int64).min


@dataclass(frozen=True)
class Graph:
    """People, keys and who holds what; indexes are dense, in order of record_no.

    Attributes:
        records: record_no of every record that has a link, ascending.
        person: person of each record; records of one person share the index of the first.
        atom: node of each record: a person, or several a judgement holds together.
        key_by: link name of each key, as a place in `names`.
        key_first: smallest record of each key's group (its index).
        held_atom: node of each holding.
        held_key: key of each holding.
        weight: bits of each holding.
        joins: whether the holding joins alone.
        record_of: record (its index) of each holding told by record, with `record_key` and
            `record_bits`: who holds what before records of a person are collapsed.
        names: link names.
        apart: pairs of nodes told apart.
        at: moment of each record in microseconds, `NO_TIME` where unknown.
    """

    records: Ints
    person: Ints
    atom: Ints
    key_by: Ints
    key_first: Ints
    held_atom: Ints
    held_key: Ints
    weight: Floats
    joins: Bools
    record_of: Ints
    record_key: Ints
    record_bits: Floats
    names: tuple[str, ...]
    apart: tuple[Ints, Ints]
    at: Ints


@dataclass(frozen=True)
class Ends:
    """The link table as arrays: ends as indexes of records, names and keys as codes."""

    records: Ints
    left: Ints
    right: Ints
    by: Ints
    key: Ints
    bits: Floats
    names: tuple[str, ...]
    at: Ints


@dataclass(frozen=True)
class Said:
    """What is known of records beside their links, by record_no.

    Attributes:
        kind: place of the record's kind in `codes.Kind`, -1 where unknown.
        signed: whether guides found signs of an activity in it.
    """

    kind: Ints
    signed: Bools


def read(links: pa.Table, verdicts: judge.Verdicts, said: Said | None = None) -> Graph:
    """Turn a link table into a graph, with people's judgements obeyed.

    Args:
        links: table `link`, star-shaped.
        verdicts: judgements as record numbers.
        said: kinds and signs of records; without it rules about kinds and signs do not apply.

    Returns:
        The graph; hubs and groups outside their rule's bounds are left out.
    """
    join = rules.join()
    ends = _ends(links, verdicts)
    scale = np.array([join.by(name).factor for name in ends.names])
    bits = ends.bits * scale[ends.by] if ends.by.size else ends.bits
    apart = _pair_places(ends.records, verdicts.different)
    person, atom = _people(ends, bits, apart, verdicts, join)
    same = np.array([join.by(name).joins in ("person", "same") for name in ends.names], np.bool_)
    use = ~same[ends.by] if ends.by.size else np.zeros(0, np.bool_)
    told = _told(ends, bits, use, said, join)
    net = _net(ends, told, (person, atom), (atom[apart[0]], atom[apart[1]]), join)
    split = met.parted(net, join)
    if split is None:
        return net
    return _net(ends, told, (person, split), (split[apart[0]], split[apart[1]]), join)


def _ends(links: pa.Table, verdicts: judge.Verdicts) -> Ends:
    left = _numbers(links["left"])
    right = _numbers(links["right"])
    told = np.array([*verdicts.same, *verdicts.different], np.int64).reshape(-1)
    records, (left, right, _) = tally.dense(left, right, told)
    by, names = _codes(links["by"])
    key, _ = _codes(links["key_masked"])
    bits = np.nan_to_num(links["weight_bits"].combine_chunks().to_numpy(zero_copy_only=False).astype(np.float64))
    at = np.full(records.size, NO_TIME)
    for end, side in ((left, "left_at"), (right, "right_at")):
        at[end] = pc.fill_null(links[side].cast(pa.int64()), NO_TIME).combine_chunks().to_numpy(zero_copy_only=False)
    return Ends(records, left, right, by, key, bits, names, at)


def _numbers(column: pa.ChunkedArray) -> Ints:
    return column.combine_chunks().to_numpy(zero_copy_only=False).astype(np.int64)


def _codes(column: pa.ChunkedArray) -> tuple[Ints, tuple[str, ...]]:
    """Give codes in the order of the sorted words, so that order never depends on row order."""
    coded = pc.fill_null(column.cast(pa.string()), "").combine_chunks().dictionary_encode()
    if not len(coded.dictionary):
        return np.zeros(0, np.int64), ()
    rank = pc.rank(coded.dictionary, tiebreaker="dense").to_numpy().astype(np.int64) - 1
    words = np.empty(rank.size, dtype=object)
    words[rank] = coded.dictionary.to_pylist()
    return rank[coded.indices.to_numpy(zero_copy_only=False)], tuple(words)


def _pair_places(records: Ints, pairs: tuple[tuple[int, int], ...]) -> tuple[Ints, Ints]:
    told = np.array(pairs, np.int64).reshape(-1, 2)
    places = np.searchsorted(records, told)
    return places[:, 0], places[:, 1]


def _people(
    ends: Ends, bits: Floats, apart: tuple[Ints, Ints], verdicts: judge.Verdicts, join: rules.Join
) -> tuple[Ints, Ints]:
    """Collapse records of one person; then hold together what a judgement calls the same."""
    is_person = np.array([join.by(name).joins == "person" for name in ends.names], np.bool_)
    least = np.array([join.by(name).least_bits or 0.0 for name in ends.names])
    use = is_person[ends.by] & (bits >= least[ends.by]) if ends.by.size else np.zeros(0, np.bool_)
    order = np.lexsort((ends.right[use], ends.left[use], -bits[use]))
    one, two = ends.left[use][order], ends.right[use][order]
    same = _pair_places(ends.records, verdicts.same)
    n = ends.records.size
    if not apart[0].size:
        person = kernel.union(n, one, two)
        return person, kernel.union(n, np.concatenate([one, same[0]]), np.concatenate([two, same[1]]))
    person, _ = kernel.union_apart(n, one, two, *apart)
    ahead = (np.concatenate([same[0], np.arange(n)]), np.concatenate([same[1], person]))
    atom, _ = kernel.union_apart(n, *ahead, *apart)
    return person, atom


@dataclass(frozen=True)
class _Told:
    """Who holds what, record by record, and what is said of each key."""

    record: Ints
    key: Ints
    bits: Floats
    key_by: Ints
    key_first: Ints
    may_alone: Bools


def _told(ends: Ends, bits: Floats, use: Bools, said: Said | None, join: rules.Join) -> _Told:
    """Make one key of every group and one holding of every record and key."""
    by, key = ends.by[use], ends.key[use]
    n_by, n_key = max(len(ends.names), 1), int(ends.key.max(initial=0)) + 1
    first = _firsts(ends.left[use], ends.right[use], key, n_key)
    found, place = np.unique((first * n_by + by) * n_key + key, return_inverse=True)
    first, key_by = found // (n_by * n_key), found // n_key % n_by
    # One end of a link is the star's middle; it holds the key under every name its rays have.
    record = np.concatenate([ends.right[use], ends.left[use]])
    what, how = np.concatenate([place, place]), np.concatenate([bits[use], bits[use]])
    may_alone = np.ones(found.size, np.bool_)
    if said is not None and found.size:
        kind, signed = said.kind[ends.records], said.signed[ends.records]
        settings = [join.by(name) for name in ends.names]
        keep = ~_of_kind([one.never_kinds for one in settings])[key_by[what], kind[record] + 1]
        free = _of_kind([one.unsigned_kinds for one in settings])
        only = np.array([one.signed_only for one in settings], np.bool_)[key_by[what]]
        keep &= ~only | signed[record] | free[key_by[what], kind[record] + 1]
        record, what, how = record[keep], what[keep], how[keep]
        n_held = np.maximum(np.bincount(what, minlength=found.size), 1)
        fit = _of_kind([one.alone_kinds for one in settings])[key_by[what], kind[record] + 1]
        n_fit = np.bincount(what, fit, minlength=found.size)
        n_signed = np.bincount(what, free[key_by[what], kind[record] + 1] | signed[record], minlength=found.size)
        least = np.array([one.alone_signed_share for one in settings])[key_by]
        may_alone = (n_fit * 2 >= n_held) & (n_signed >= least * n_held)
    record, what, how = _once(record, what, how, found.size)
    return _Told(record, what, how, key_by, first, may_alone)


def _firsts(left: Ints, right: Ints, key: Ints, n_key: int) -> Ints:
    """Give each link the smallest record of its star: the middle of a star need not be its first record."""
    spots, (one, two) = tally.dense(left * n_key + key, right * n_key + key)
    return spots[kernel.union(spots.size, one, two)[one]] // n_key if spots.size else left


def _of_kind(sets: list[frozenset[int]]) -> Bools:
    """Say for every link name and kind (unknown first) whether the kind is in the name's set."""
    return np.array([[place in one for place in range(-1, len(rules.KINDS))] for one in sets], np.bool_)


def _net(ends: Ends, told: _Told, nodes: tuple[Ints, Ints], apart: tuple[Ints, Ints], join: rules.Join) -> Graph:
    """Collapse holdings of records to holdings of nodes; leave out keys beyond their bounds."""
    person, atom = nodes
    n_keys = told.key_by.size
    who, what, how = _once(atom[told.record], told.key, told.bits, n_keys)
    alone, kept = _bounds(what, how, told, ends.names, join)
    key_use = np.zeros(n_keys, np.bool_)
    key_use[what[kept]] = True
    rank = np.cumsum(key_use) - 1
    held = key_use[told.key]
    return Graph(
        ends.records, person, atom, told.key_by[key_use], told.key_first[key_use], who[kept], rank[what[kept]],
        how[kept], alone[kept], told.record[held], rank[told.key[held]], told.bits[held], ends.names, apart, ends.at,
    )  # fmt: skip


def _once(who: Ints, what: Ints, how: Floats, n_keys: int) -> tuple[Ints, Ints, Floats]:
    """Keep one holding of a key by a node, the heaviest."""
    pair = who * max(n_keys, 1) + what
    order = np.lexsort((-how, pair))
    pair, how = pair[order], how[order]
    fresh = np.ones(pair.size, np.bool_)
    fresh[1:] = pair[1:] != pair[:-1]
    return pair[fresh] // max(n_keys, 1), pair[fresh] % max(n_keys, 1), how[fresh]


def _bounds(
    what: Ints, how: Floats, told: _Told, names: tuple[str, ...], join: rules.Join
) -> tuple[Bools, Bools]:
    """Say which holdings join alone and which count at all, by the bounds of their link name."""
    settings = [join.by(name) for name in names]
    n_people = np.bincount(what, minlength=told.key_by.size)[what]
    by = told.key_by[what]

    def bound(values: list[float]) -> Floats:
        return np.array(values, np.float64)[by] if by.size else np.zeros(0)

    may = (bound([float(one.joins == "alone") for one in settings]) > 0) & told.may_alone[what]
    least = bound([join.least_bits if one.least_bits is None else one.least_bits for one in settings])
    fewest = bound([one.alone_from_people for one in settings])
    most = bound([one.alone_to_people for one in settings])
    never = bound([float(one.joins == "never") for one in settings]) > 0
    limit = bound([one.most_people for one in settings])
    kept = (n_people >= 2) & (n_people <= limit) & ~never
    return may & (how >= least) & (n_people >= fewest) & (n_people <= most) & kept, kept
