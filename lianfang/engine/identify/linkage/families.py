"""Template families: texts that are the same letter with other names, amounts or sentences."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from lianfang.engine.identify.linkage import lanes as lane
from lianfang.engine.identify.linkage import wordings
from lianfang.engine.identify.linkage.wordings import Int32, Int64, Texts, Uint32, Uint64, Wordings


@dataclass(frozen=True)
class FamilyOptions:
    """What makes two texts one family.

    Args:
        least_similarity: shared shingles over all shingles, at least.
        least_letters: shorter texts make no family on wording alone.
        window: in a crowded bucket a text meets the first and the last `window` before it.
        lanes: threads; None for one a core. Never changes the answer.
    """

    least_similarity: float = 0.7
    least_letters: int = 12
    window: int = 64
    lanes: int | None = None


USUAL = FamilyOptions()
EVERY_PAIR = FamilyOptions(window=1 << 20)


@dataclass(frozen=True)
class Families:
    """Which texts belong together.

    Args:
        family: for every text the smallest text of its family; itself if it has none.
        slot: for every text its wording, -1 where it is too short.
        first: for every wording the first text that has it.
        label: for every wording the smallest wording it hangs together with.
        n_checks: pairs compared shingle by shingle.
        over: for every wording a bit a band where its bucket was too crowded to compare all.
    """

    family: Int64
    slot: Int64
    first: Int64
    label: Int32
    n_checks: int
    over: Uint32

    @property
    def n_capped(self) -> int:
        """Say how many wordings met a crowded bucket and were not compared with all of it."""
        return int(np.count_nonzero(self.over))


@dataclass(frozen=True)
class Pairs:
    """Similar pairs of distinct wordings, verified one by one.

    Args:
        left: text number, smaller than `right`.
        right: text number.
        similarity: shared shingles over all shingles.
    """

    left: Int64
    right: Int64
    similarity: npt.NDArray[np.float32]


def families(source: Texts, options: FamilyOptions = USUAL) -> Families:
    """Find the template families of many texts.

    Template letters have many senders and one author; this finds the author's work. Exact copies
    are put together first; two wordings are compared only if they share a band key and do not
    hang together already; every pair that joins was verified by its exact similarity.

    Args:
        source: folded texts.
        options: what makes a family.

    Returns:
        A family for every text.

    Shape:
        n texts in; one family number a text out. The same for every number of threads.

    Units:
        Similarity is a share, 0.0 to 1.0.

    Source:
        Broder 1997 (MinHash), Leskovec et al. ch. 3 (bands); design in perf study section 5.
    """
    slot, first, lengths = distinct(source, options)
    read = wordings.read(source, first, lengths, options.lanes)
    packed = wordings.banded(read.keys, 0, options.lanes)
    over = np.zeros(read.n_slots, np.uint32)
    label = np.arange(read.n_slots, dtype=np.int32)
    n_checks = grow(packed, read, label, over, options)
    return Families(of_texts(slot, first, label), slot, first, label, n_checks, over)


def pairs(source: Texts, options: FamilyOptions = EVERY_PAIR) -> Pairs:
    """List every similar pair of distinct wordings with its similarity.

    Args:
        source: folded texts.
        options: what makes a pair; a wide window, as pairs are wanted and not only families.

    Returns:
        Pairs of the first texts of two wordings, sorted; exact copies are not listed.

    Shape:
        n texts in; as many rows out as there are pairs.

    Units:
        Similarity is a share, at least `least_similarity`.
    """
    _slot, first, lengths = distinct(source, options)
    read = wordings.read(source, first, lengths, options.lanes)
    packed = wordings.banded(read.keys, 0, options.lanes)
    over = np.zeros(read.n_slots, np.uint32)
    label = np.arange(read.n_slots, dtype=np.int32)
    found = [
        walk(packed[band], band, read, label, over, options, every_pair=True)
        for band in range(packed.shape[0])
    ]
    left = np.concatenate([band.left for band in found])
    right = np.concatenate([band.right for band in found])
    share = np.concatenate([band.similarity for band in found])
    ends = (left.astype(np.uint64) << np.uint64(32)) | right.astype(np.uint64)
    # A pair can be met twice where a crowded bucket hid it the first time.
    ends, rows = np.unique(ends, return_index=True)
    return Pairs(
        first[(ends >> np.uint64(32)).astype(np.int64)],
        first[(ends & np.uint64(0xFFFFFFFF)).astype(np.int64)],
        share[rows],
    )


def distinct(source: Texts, options: FamilyOptions) -> tuple[Int64, Int64, Int32]:
    """Collapse exact copies.

    Args:
        source: folded texts.
        options: how short a text may be.

    Returns:
        For every text its slot (-1: too short), for every slot its first text, and the lengths.

    Shape:
        Slots are numbered in the order of their first texts.
    """
    numbers, lengths = wordings.number(source, options.lanes)
    slot = np.full(source.n_texts, -1, np.int64)
    long_enough = np.flatnonzero(lengths >= options.least_letters)
    if not long_enough.size:
        return slot, np.empty(0, np.int64), lengths
    firsts, group = first_of_each(numbers[long_enough])
    slot[long_enough] = group
    return slot, long_enough[firsts], lengths


def first_of_each(numbers: Uint64) -> tuple[Int64, Int64]:
    """Number equal values in the order of their first places.

    Args:
        numbers: any 64-bit numbers.

    Returns:
        First place of every distinct value, ascending; and for every place its value's rank.
    """
    order = np.argsort(numbers)
    ordered = numbers[order]
    is_start = np.empty(order.size, bool)
    is_start[0] = True
    np.not_equal(ordered[1:], ordered[:-1], out=is_start[1:])
    starts = np.flatnonzero(is_start)
    firsts = np.minimum.reduceat(order, starts)
    by_place = np.argsort(firsts)
    rank = np.empty(by_place.size, np.int64)
    rank[by_place] = np.arange(by_place.size)
    group = np.empty(order.size, np.int64)
    group[order] = rank[np.cumsum(is_start) - 1]
    return firsts[by_place].astype(np.int64), group


def grow(
    packed: Uint64,
    read: Wordings,
    label: Int32,
    over: Uint32,
    options: FamilyOptions,
    first_new: int = 0,
) -> int:
    """Join wordings band by band, in place.

    Args:
        packed: 25 rows of sorted (key, slot).
        read: all wordings.
        label: smallest wording each hangs together with; changed.
        over: crowded-bucket bits; changed.
        options: what makes a family.
        first_new: only pairs with a slot from here on are compared.

    Returns:
        How many pairs were compared.
    """
    n_checks = 0
    for band in range(len(packed)):
        found = walk(packed[band], band, read, label, over, options, first_new=first_new)
        n_checks += found.n_checks
        join(label, found.left, found.right)
    return n_checks


def join(label: Int32, left: Uint32, right: Uint32) -> None:
    """Join pairs in place; a label stays the smallest member of its component."""
    from lianfang.engine.identify.linkage.kernels import union

    if left.size:
        union.join_all(left.view(np.int32), right.view(np.int32), label)  # slots stay below 2**31
        union.flatten(label)


@dataclass(frozen=True)
class Walked:
    """What one band gave: similar pairs of slots, their similarity, pairs compared."""

    left: Uint32
    right: Uint32
    similarity: npt.NDArray[np.float32]
    n_checks: int


def walk(
    band_keys: Uint64,
    band: int,
    read: Wordings,
    label: Int32,
    over: Uint32,
    options: FamilyOptions,
    *,
    every_pair: bool = False,
    first_new: int = 0,
) -> Walked:
    """Compare what shares a key of one band.

    Args:
        band_keys: sorted (key, slot) of this band.
        band: its number.
        read: all wordings.
        label: what hangs together already; only read.
        over: crowded-bucket bits; changed.
        options: what makes a pair similar.
        every_pair: also compare what hangs together already.
        first_new: only pairs with a slot from here on are compared.

    Returns:
        Similar pairs; the same set however many threads there are.
    """
    from lianfang.engine.identify.linkage.kernels import buckets

    rules = np.array([options.window, first_new, every_pair, read.most], np.int64)
    found = lane.run(
        buckets.walk_band, bucket_ranges(band_keys, lane.count(options.lanes)), band_keys, band,
        read.keys, over, label, read.shingles, read.places, read.counts, read.sketch, rules,
        options.least_similarity,
    )
    left, right, share = (np.concatenate([part[k] for part in found]) for k in range(3))
    return Walked(left, right, share, sum(part[3] for part in found))


def bucket_ranges(band_keys: Uint64, lanes: int) -> list[tuple[int, int]]:
    """Cut a sorted band into ranges that never divide a bucket."""
    edges = [0]
    for _, hi in lane.ranges(band_keys.size, lanes)[:-1]:
        next_key = ((int(band_keys[hi - 1]) >> 32) + 1) << 32
        edges.append(
            band_keys.size if next_key >= 1 << 64
            else int(np.searchsorted(band_keys, np.uint64(next_key)))
        )
    edges.append(band_keys.size)
    return list(itertools.pairwise(edges))


def of_texts(slot: Int64, first: Int64, label: Int32) -> Int64:
    """Carry the wordings' labels back to the texts: the smallest text of each family."""
    family = np.arange(slot.size, dtype=np.int64)
    known = slot >= 0
    family[known] = first[label[slot[known]]]
    return family


def with_lanes(options: FamilyOptions, lanes: int) -> FamilyOptions:
    """Give the same options for another number of threads."""
    return replace(options, lanes=lanes)
