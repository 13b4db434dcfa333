"""New texts taken into known families: only the buckets they fall into are looked at again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from lianfang.engine.identify.linkage import drafts, families, family_table, segments, wordings
from lianfang.engine.identify.linkage import fields as link_fields
from lianfang.engine.identify.linkage import templates as public
from lianfang.engine.identify.linkage.drafts import Near
from lianfang.engine.identify.linkage.families import FamilyOptions
from lianfang.engine.identify.linkage.family_table import Worded
from lianfang.engine.identify.linkage.fields import DraftRules
from lianfang.engine.identify.linkage.people import People
from lianfang.engine.identify.linkage.segments import Segment
from lianfang.engine.identify.linkage.templates import Templates
from lianfang.engine.identify.linkage.wordings import Int32, Int64, Texts, Uint32, Uint64, Wordings

if TYPE_CHECKING:
    from lianfang.engine.identify.linkage.make import LinkOptions

LOW32 = np.uint64(0xFFFFFFFF)
S32 = np.uint64(32)


@dataclass(frozen=True)
class Whole:
    """What concerns all wordings and texts at once: small, and written anew every time.

    Args:
        label: smallest wording each wording hangs together with.
        over: crowded-bucket bits of each wording.
        template: public template of each wording, -1 for none.
        first: first text of each wording.
        slot: wording of each text, -1 where it is too short.
        text_record: record of each text.
        near_left, near_right, near_share: alike wordings of two families, see `drafts.Near`.
    """

    label: Int32
    over: Uint32
    template: Int32
    first: Int64
    slot: Int64
    text_record: Int64
    near_left: Int64
    near_right: Int64
    near_share: npt.NDArray[np.float32]

    @property
    def near(self) -> Near:
        """Give the alike wordings."""
        return Near(self.near_left, self.near_right, self.near_share)


@dataclass(frozen=True)
class Renewed:
    """Texts after a delivery.

    Args:
        whole: labels of everything.
        parts: earlier segments and the new one.
        texts: texts whose family took something in, ascending.
    """

    whole: Whole
    parts: tuple[Segment, ...]
    texts: Int64

    @property
    def records(self) -> Int64:
        """Give the records of those texts."""
        return self.whole.text_record[self.texts]


def renew_texts(
    whole: Whole, parts: tuple[Segment, ...], source: Texts, text_records: Int64,
    registry: Templates, options: LinkOptions,
) -> Renewed:
    """Take new texts in.

    Args:
        whole: what is known.
        parts: earlier segments.
        source: new folded texts.
        text_records: their records.
        registry: public templates.
        options: what makes a family.

    Returns:
        The renewed state, with one segment more (its entries are still empty).
    """
    base, n_texts = whole.label.size, whole.slot.size
    slot, chosen, numbers, lengths = _placed(source, parts, base, options.families)
    read = wordings.read(source, chosen, lengths, options.lanes)
    segment = _segment(base, numbers[chosen], read, options.lanes)
    template, _ = public.match(read, registry, options.lanes)
    slots = np.concatenate([whole.slot, slot])
    rules = (options.rules or link_fields.load()).drafts
    label, over, near = _grown(whole, (*parts, segment), slots, options.families, rules)
    renewed = Whole(
        label,
        over,
        np.concatenate([whole.template, template]),
        np.concatenate([whole.first, chosen + n_texts]),
        slots,
        np.concatenate([whole.text_record, text_records]),
        near.left,
        near.right,
        near.similarity,
    )
    is_touched = np.zeros(label.size, bool)
    is_touched[label[slot[slot >= 0]]] = True
    known = np.flatnonzero(renewed.slot >= 0)
    texts = known[is_touched[label[renewed.slot[known]]]]
    return Renewed(renewed, (*parts, segment), texts)


def renew_families(
    before: pa.Table, renewed: Renewed, who: People, ids: tuple[str, ...], lanes: int | None = None
) -> tuple[pa.Table, pa.Table]:
    """Make the family rows of touched families, and put them among the others.

    Args:
        before: table `family` as it was.
        renewed: from `renew_texts`.
        who: who stands behind each record.
        ids: names of the public templates.
        lanes: threads.

    Returns:
        The whole table, and the rows that are new or changed.
    """
    whole, texts = renewed.whole, renewed.texts
    slots, slot = np.unique(whole.slot[texts], return_inverse=True)
    worded = Worded(
        whole.text_record[texts],
        slot,
        np.searchsorted(texts, whole.first[slots]),
        np.searchsorted(slots, whole.label[slots]).astype(np.int32),
        whole.template[slots],
    )
    changed = family_table.family_table(worded, gather(renewed.parts, slots), who, ids, lanes)
    is_touched = np.zeros(who.n_records, bool)
    is_touched[renewed.records] = True
    kept = before.filter(pa.array(~is_touched[np.asarray(before["record_no"], np.int64)]))
    table = pa.concat_tables([kept, changed]).combine_chunks()
    order = np.argsort(np.asarray(table["record_no"]), kind="stable")
    return table.take(pa.array(order)).combine_chunks(), changed


def no_families() -> pa.Table:
    """Give a family table without rows."""
    return pa.schema(
        [
            ("record_no", pa.int64()), ("family_no", pa.int64()), ("size", pa.int32()),
            ("n_people", pa.int32()), ("n_institutions", pa.int32()), ("public", pa.bool_()),
            ("template_id", pa.string()), ("similarity", pa.float32()),
        ]
    ).empty_table()


def gather(parts: Sequence[Segment], slots: Int64) -> Wordings:
    """Fetch some wordings out of all segments.

    Args:
        parts: segments in order.
        slots: wordings, ascending.

    Returns:
        Them alone, in that order.
    """
    shingles, counts, keys = [], [], []
    for part in parts:
        mine = slots[np.searchsorted(slots, part.base) : np.searchsorted(slots, part.base + part.n_slots)]
        local = mine - part.base
        counts.append(part.counts[local])
        shingles.append(part.shingles[segments.spread(part.places[local], counts[-1])])
        keys.append(part.keys[local])
    if not parts:
        return wordings.sketched(
            np.empty(0, np.uint32), np.empty(0, np.int64), np.empty(0, np.int32),
            np.empty((0, 25), np.uint32),
        )
    count = np.concatenate(counts)
    places = np.zeros(count.size, np.int64)
    np.cumsum(count[:-1], out=places[1:])
    return wordings.sketched(np.concatenate(shingles), places, count, np.concatenate(keys))


def _placed(
    source: Texts, parts: Sequence[Segment], base: int, options: FamilyOptions
) -> tuple[Int64, Int64, Uint64, Int32]:
    """Find the wording of each new text; unknown wordings get new slots in the order of texts."""
    numbers, lengths = wordings.number(source, options.lanes)
    slot = np.full(source.n_texts, -1, np.int64)
    long_enough = np.flatnonzero(lengths >= options.least_letters)
    if not long_enough.size:
        return slot, np.empty(0, np.int64), numbers, lengths
    firsts, group = families.first_of_each(numbers[long_enough])
    mine = numbers[long_enough[firsts]]
    known = np.full(firsts.size, -1, np.int64)
    for part in parts:
        if part.n_slots:
            place = np.minimum(np.searchsorted(part.copy_numbers, mine), part.n_slots - 1)
            met = part.copy_numbers[place] == mine
            known[met] = part.copy_slots[place[met]]
    is_new = known < 0
    known[is_new] = base + np.arange(int(is_new.sum()))
    slot[long_enough] = known[group]
    return slot, long_enough[firsts[is_new]], numbers, lengths


def _segment(base: int, numbers: Uint64, read: Wordings, lanes: int | None) -> Segment:
    order = np.argsort(numbers)
    return Segment(
        np.array([base], np.int64), numbers[order], order.astype(np.int64) + base, read.shingles,
        read.places, read.counts, read.keys, wordings.banded(read.keys, base, lanes),
        *segments.entry_columns(
            np.empty(0, np.uint64), np.empty(0, np.int32), np.empty(0, np.uint8)
        ),
    )


def _grown(
    whole: Whole, parts: tuple[Segment, ...], slot: Int64, options: FamilyOptions, rules: DraftRules
) -> tuple[Int32, Uint32, Near]:
    """Compare new wordings with their bucket mates; gives labels, crowded bits, alike pairs of all."""
    new = parts[-1]
    every = np.concatenate([whole.label, np.arange(new.base, new.base + new.n_slots, dtype=np.int32)])
    over = np.concatenate([whole.over, np.zeros(new.n_slots, np.uint32)])
    found = drafts.no_pairs()
    if new.n_slots and len(parts) == 1:  # a first delivery: all buckets are its own
        read = wordings.sketched(new.shingles, new.places, new.counts, new.keys, options.lanes)
        families.grow(new.packed, read, every, over, options)
        labels = (every, drafts.large(every, slot, rules))
        found = drafts.near(new.packed, read, labels, over, options, rules)
    elif new.n_slots:
        every, found = _grown_among(parts, slot, (every, over), options, rules)
    pairs = drafts.still_open(drafts.joined(whole.near, found), every, drafts.large(every, slot, rules))
    return every, over, pairs


def _grown_among(
    parts: tuple[Segment, ...], slot: Int64, known: tuple[Int32, Uint32], options: FamilyOptions,
    rules: DraftRules,
) -> tuple[Int32, Near]:
    """Compare new wordings with old ones; gives the labels of all and the alike pairs that are new."""
    every, over = known
    new = parts[-1]
    bands = [_mates(parts, band) for band in range(new.packed.shape[0])]
    old = np.unique(np.concatenate([(band & LOW32) for band in bands])).astype(np.int64)
    old = old[old < new.base]
    slots = np.concatenate([old, np.arange(new.base, new.base + new.n_slots)])
    read = gather(parts, slots)
    packed = [_renumbered(band, slots) for band in bands]
    _, head, place = np.unique(every[slots], return_index=True, return_inverse=True)
    label, crowded = head[place].astype(np.int32), over[slots]
    families.grow(packed, read, label, crowded, options, first_new=old.size)
    over[slots] = crowded
    smallest = np.arange(slots.size, dtype=np.int64) + every.size
    np.minimum.at(smallest, label, every[slots].astype(np.int64))
    renamed = np.arange(every.size, dtype=np.int32)
    renamed[every[slots]] = smallest[label].astype(np.int32)
    every = renamed[every]
    labels = (label, drafts.large(every, slot, rules)[slots])
    found = drafts.near(packed, read, labels, crowded, options, rules, first_new=old.size)
    return every, Near(slots[found.left], slots[found.right], found.similarity)


def _mates(parts: tuple[Segment, ...], band: int) -> Uint64:
    """Give whole buckets of one band: all wordings that share a key with a new one."""
    mine = parts[-1].packed[band]
    keys = np.unique(mine >> S32) << S32
    found = [mine]
    for part in parts[:-1]:
        starts = np.searchsorted(part.packed[band], keys)
        ends = np.searchsorted(part.packed[band], keys | LOW32, "right")
        found.append(part.packed[band][segments.spread(starts, ends - starts)])
    return np.concatenate(found)


def _renumbered(band: Uint64, slots: Int64) -> Uint64:
    """Number the members of buckets by their place in `slots`, sorted by key."""
    place = np.searchsorted(slots, (band & LOW32).astype(np.int64)).astype(np.uint64)
    renumbered = (band & ~LOW32) | place
    renumbered.sort()
    return renumbered
