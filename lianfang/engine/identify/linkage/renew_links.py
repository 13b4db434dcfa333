"""New identifiers taken into known groups: only groups that took something in are drawn again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from lianfang.engine.identify.linkage import entries as entry
from lianfang.engine.identify.linkage import grouping, links, segments, sharing, ties
from lianfang.engine.identify.linkage.entries import Entries
from lianfang.engine.identify.linkage.fields import LinkRules
from lianfang.engine.identify.linkage.people import People
from lianfang.engine.identify.linkage.segments import Segment
from lianfang.engine.identify.linkage.sharing import Measured, Shared
from lianfang.engine.identify.linkage.wordings import Int64, Uint64

if TYPE_CHECKING:
    from lianfang.engine.identify.linkage.make import LinkOptions, LinkSource

KNOWN = pa.schema(
    [("number", pa.uint64()), ("key_masked", pa.string()), ("rule", pa.int32()), ("big", pa.bool_())]
)
"""Identifiers whose raw form is gone but whose mask and registry rule are still needed."""


@dataclass(frozen=True)
class Regrouped:
    """Groups after a delivery.

    Args:
        listed: the new entries.
        touched: numbers whose groups were looked at again, ascending.
        shared: those groups and their links.
        known: identifiers to remember.
    """

    listed: Entries
    touched: Uint64
    shared: Shared
    known: pa.Table


def regroup(
    parts: Sequence[Segment], known: pa.Table, source: LinkSource, who: People,
    family: Int64, rules: LinkRules, options: LinkOptions,
) -> Regrouped:
    """Take new identifiers in.

    Args:
        parts: earlier segments.
        known: remembered identifiers, like `KNOWN`.
        source: new records.
        who: who stands behind each record, all of them.
        family: tying family of each record.
        rules: the link fields.
        options: key and threads.

    Returns:
        The groups that changed, drawn again.
    """
    listed = entry.entries(source.tables, source.found, rules, options.key, options.lanes)
    big = np.asarray(known.filter(known["big"])["number"], np.uint64)
    touched = np.unique(np.concatenate([listed.number[listed.number != 0], big]))
    some, origin = _with_numbers(parts, listed, touched)
    measured = sharing.measure(
        some, who, grouping.groups(some.number, options.lanes), rules, options.lanes
    )
    crowds = ties.big(measured, rules)
    if crowds.size:
        numbers = _numbers_around(parts, listed, some, measured, crowds)
        some, origin = _with_numbers(parts, listed, np.union1d(touched, numbers))
        measured = sharing.measure(
            some, who, grouping.groups(some.number, options.lanes), rules, options.lanes
        )
    rule, masked = _remembered(listed, origin, some, measured, known, rules)
    tied = ties.tied_share(some, measured, family, rule, rules)
    whole = sharing.decide(some, measured, rule, tied, masked, rules, options.lanes)
    shared = _only(whole, _is_among(whole.number, touched))
    return Regrouped(listed, touched, shared, _to_remember(known, touched, shared, rules))


def no_known() -> pa.Table:
    """Give a table of remembered identifiers without rows."""
    return KNOWN.empty_table()


def merge_links(
    before: pa.Table, regrouped: Regrouped, changed: pa.Table, touched_records: Int64, who: People,
    rules: LinkRules,
) -> pa.Table:
    """Put the links that were drawn again in the place of the old ones.

    Args:
        before: table `link` with `number`, sorted.
        regrouped: from `regroup`.
        changed: rows of table `family` that are new or changed.
        touched_records: records of touched families.
        who: who stands behind each record.
        rules: the link fields.

    Returns:
        Table `link` with `number`, sorted; without drafts, which are drawn anew over all of it.
    """
    new = links.ordered(
        [links.identifier_links(regrouped.shared, who, rules), links.wording_links(changed, who, rules)]
    )
    if not before.num_rows:
        return new
    is_touched = np.zeros(who.n_records, bool)
    is_touched[touched_records] = True
    by = before["by"].cast(pa.string())
    stale = np.asarray(pc.equal(by, "draft")) | np.where(
        np.asarray(pc.equal(by, "wording")),
        is_touched[np.asarray(before["right"], np.int64)],
        _is_among(np.asarray(before["number"]), regrouped.touched),
    )
    return links.merged(before.filter(pa.array(~stale)), new)


def merge_hubs(before: pa.Table, regrouped: Regrouped, rules: LinkRules) -> pa.Table:
    """Put the hubs that were looked at again in the place of the old ones.

    Args:
        before: table `hub` with `number`.
        regrouped: from `regroup`.
        rules: the link fields.

    Returns:
        Table `hub` with `number`.
    """
    new = links.hub_rows(regrouped.shared, rules)
    kept = before.filter(pa.array(~_is_among(np.asarray(before["number"]), regrouped.touched)))
    return links.order_hubs(pa.concat_tables([kept, new]))


def _with_numbers(
    parts: Sequence[Segment], listed: Entries, numbers: Uint64
) -> tuple[Entries, Int64]:
    """Give all entries with some numbers, and the place of each in `listed` (-1: an old one)."""
    number, record, field = [], [], []
    for part in parts:
        rows = segments.ranges_of(part.number, numbers)
        number.append(part.number[rows])
        record.append(part.record[rows])
        field.append(part.field[rows])
    n_old = sum(one.size for one in number)
    mine = np.flatnonzero((listed.number != 0) & _is_among(listed.number, numbers))
    some = Entries(
        np.concatenate([*number, listed.number[mine]]),
        np.concatenate([*record, listed.record[mine]]),
        np.concatenate([*field, listed.field[mine]]),
        (),
    )
    return some, np.concatenate([np.full(n_old, -1, np.int64), mine])


def _numbers_around(
    parts: Sequence[Segment], listed: Entries, some: Entries, measured: Measured, crowds: Int64
) -> Uint64:
    """Give all numbers held by the members of crowds: what might tie them."""
    bounds = measured.groups.bounds
    places = segments.spread(bounds[crowds], bounds[crowds + 1] - bounds[crowds])
    records = np.unique(some.record[measured.groups.members[places]])
    found = [listed.number[np.isin(listed.record, records)]]
    for part in parts:
        rows = part.record_order[segments.ranges_of(part.record_sorted, records)]
        found.append(part.number[rows])
    numbers = np.unique(np.concatenate(found))
    return numbers[numbers != 0]


def _remembered(
    listed: Entries, origin: Int64, some: Entries, measured: Measured, known: pa.Table,
    rules: LinkRules,
) -> tuple[npt.NDArray[np.int32], pa.Array]:
    """Give each group its registry rule and mask: from a new entry, else from memory."""
    found = measured.groups
    if not found.n_groups:
        return np.empty(0, np.int32), pa.array([], pa.string())
    latest = np.maximum.reduceat(origin[found.members], found.bounds[:-1])
    fresh = np.flatnonzero(latest >= 0)
    values = listed.values(latest[fresh])
    rule = np.full(found.n_groups, -1, np.int32)
    number = some.number[found.members[found.bounds[:-1]]]
    place = np.asarray(
        pc.fill_null(pc.index_in(pa.array(number), value_set=known["number"].combine_chunks()), -1)
    )
    old = np.flatnonzero(place >= 0)
    rule[old] = np.asarray(known["rule"])[place[old]]
    rule[fresh] = sharing.registered(values, measured.field[fresh], rules)
    masks = pa.concat_arrays(
        [
            sharing.masked(values, measured.field[fresh], rules),
            known["key_masked"].combine_chunks().cast(pa.string()),
            pa.nulls(1, pa.string()),
        ]
    )
    at = np.full(found.n_groups, len(masks) - 1, np.int64)
    at[old] = fresh.size + place[old]
    at[fresh] = np.arange(fresh.size)
    return rule, masks.take(pa.array(at))


def _to_remember(
    known: pa.Table, touched: Uint64, shared: Shared, rules: LinkRules
) -> pa.Table:
    """Remember big groups and registered hubs; forget what these numbers were before."""
    kept = known.filter(pa.array(~_is_among(np.asarray(known["number"]), touched)))
    big = shared.n_people > rules.numbers_of("most_people")[shared.field]
    rows = np.flatnonzero(big | (shared.rule >= 0))
    new = pa.table(
        [
            pa.array(shared.number[rows]), shared.value_masked.take(pa.array(rows)),
            pa.array(shared.rule[rows]), pa.array(big[rows]),
        ],
        schema=KNOWN,
    )
    return pa.concat_tables([kept, new]).combine_chunks()


def _only(shared: Shared, kept: npt.NDArray[np.bool_]) -> Shared:
    """Keep some groups and their links."""
    renumbered = np.cumsum(kept, dtype=np.int32) - 1
    drawn = kept[shared.group]
    by_group = {
        name: getattr(shared, name)[kept]
        for name in ("number", "field", "verdict", "hub", "rule", "n_records", "n_people",
                     "n_institutions", "n_burst")
    }
    by_link = {name: getattr(shared, name)[drawn] for name in ("left", "right", "by")}
    return replace(
        shared, **by_group, **by_link, value_masked=shared.value_masked.filter(pa.array(kept)),
        group=renumbered[shared.group[drawn]],
    )


def _is_among(numbers: Uint64, wanted: Uint64) -> npt.NDArray[np.bool_]:
    """Say which numbers stand in a sorted list."""
    if not wanted.size:
        return np.zeros(numbers.size, bool)
    place = np.minimum(np.searchsorted(wanted, numbers), wanted.size - 1)
    return np.asarray(wanted[place] == numbers)
