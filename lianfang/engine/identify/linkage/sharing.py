"""Identifiers several records share: what they join, and which of them are hubs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from lianfang.engine.identifiers import hubs
from lianfang.engine.identify.linkage import fields as link_fields
from lianfang.engine.identify.linkage import grouping, shown, ties
from lianfang.engine.identify.linkage import lanes as lane
from lianfang.engine.identify.linkage.entries import Entries
from lianfang.engine.identify.linkage.fields import LinkRules
from lianfang.engine.identify.linkage.grouping import Groups
from lianfang.engine.identify.linkage.people import People

NOTHING, OWN, STRANGERS = 0, 1, 2
# Why a group joins nothing although it is shared: the codes of `Shared.hub`.
NO_HUB, REGISTERED, CROWD, TOO_MANY = 0, 1, 2, 3


@dataclass(frozen=True)
class Shared:
    """Measured groups and the stars they draw; arrays of one length per group or per link.

    Args:
        number: keyed number of the identifier.
        field: heaviest field of the group, as a code.
        value_masked: how the identifier is shown.
        verdict: NOTHING, OWN or STRANGERS.
        hub: NO_HUB, REGISTERED, CROWD or TOO_MANY.
        rule: which rule of the registry spoke, -1 for none.
        n_records, n_people, n_institutions, n_burst: counts.
        left, right: ends of each link, left < right.
        by: field code of each link.
        group: group of each link.
    """

    number: npt.NDArray[np.uint64]
    field: npt.NDArray[np.uint8]
    value_masked: pa.Array
    verdict: npt.NDArray[np.uint8]
    hub: npt.NDArray[np.uint8]
    rule: npt.NDArray[np.int32]
    n_records: npt.NDArray[np.int32]
    n_people: npt.NDArray[np.int32]
    n_institutions: npt.NDArray[np.int32]
    n_burst: npt.NDArray[np.int32]
    left: npt.NDArray[np.int32]
    right: npt.NDArray[np.int32]
    by: npt.NDArray[np.uint8]
    group: npt.NDArray[np.int32]


@dataclass(frozen=True)
class Measured:
    """Groups with their measures, before anything is decided."""

    groups: Groups
    table: npt.NDArray[np.int32]
    field: npt.NDArray[np.uint8]

    def column(self, place: int) -> npt.NDArray[np.int32]:
        """Give one measure: records, people, residents, names, institutions, burst, joiners."""
        return self.table[:, place]


def share(
    source: Entries,
    people: People,
    family: npt.NDArray[np.int64] | None = None,
    rules: LinkRules | None = None,
    lanes: int | None = None,
) -> Shared:
    """Find what identifiers join.

    Args:
        source: all entries.
        people: who stands behind each record.
        family: non-public template family of each record, -1 for none: a tie for the hub guard.
        rules: the link fields; None for the packaged ones.
        lanes: threads; None for one a core.

    Returns:
        Measured groups and their links.

    Shape:
        One star a joining group: every record to the smallest record with the heaviest field.
    """
    rules = rules or link_fields.load()
    measured = measure(source, people, grouping.groups(source.number, lanes), rules, lanes)
    first = measured.groups.members[measured.groups.bounds[:-1]]
    values = source.values(first)
    rule = registered(values, measured.field, rules)
    value_masked = masked(values, measured.field, rules)
    tied = ties.tied_share(source, measured, family, rule, rules)
    return decide(source, measured, rule, tied, value_masked, rules, lanes)


def measure(
    source: Entries, people: People, found: Groups, rules: LinkRules, lanes: int | None = None
) -> Measured:
    """Count records, people and institutions of each group.

    Args:
        source: the entries.
        people: who stands behind each record.
        found: groups; members are put in the order of records.
        rules: the link fields.
        lanes: threads.

    Returns:
        The groups with seven numbers each.
    """
    from lianfang.engine.identify.linkage.kernels import groups as kernel

    table = np.zeros((found.n_groups, 7), np.int32)
    best = np.zeros(found.n_groups, np.uint8)
    spans = lane.ranges(found.n_groups, lane.count(lanes))
    lane.run(kernel.order_members, spans, found.members, found.bounds, source.record, source.field)
    lane.run(
        kernel.measure, spans, found.members, found.bounds, source.record, source.field,
        rules.joins, people.person, people.resident, people.name, people.institution, people.at,
        link_fields.burst_window_us(rules), table.reshape(-1), best,
    )
    return Measured(found, table, best)


def decide(
    source: Entries,
    measured: Measured,
    rule: npt.NDArray[np.int32],
    tied: npt.NDArray[np.float64],
    value_masked: pa.Array,
    rules: LinkRules,
    lanes: int | None = None,
) -> Shared:
    """Say what each group joins, and draw the stars.

    Args:
        source: the entries.
        measured: the groups.
        rule: registry rule each group meets, -1 for none.
        tied: share of members with another tie inside the group; 1.0 where it was not asked.
        value_masked: masked identifiers.
        rules: the link fields.
        lanes: threads.

    Returns:
        Groups and links.
    """
    from lianfang.engine.identify.linkage.kernels import groups as kernel

    found = measured.groups
    verdict, hub = verdicts(measured, rule, tied, rules)
    sizes = np.where(verdict > NOTHING, measured.column(0).astype(np.int64) - 1, 0)
    places = np.concatenate([[0], np.cumsum(sizes)])
    total = int(places[-1])
    left, right = np.full(total, -1, np.int32), np.zeros(total, np.int32)
    by, group = np.zeros(total, np.uint8), np.zeros(total, np.int32)
    lane.run(
        kernel.stars, lane.ranges(found.n_groups, lane.count(lanes)), found.members, found.bounds,
        source.record, source.field, rules.joins, verdict, measured.field, places, left, right,
        by, group,
    )
    drawn = left >= 0  # a record whose field joins nothing leaves its place empty
    first = found.members[found.bounds[:-1]]
    return Shared(
        source.number[first], measured.field, value_masked, verdict, hub, rule,
        measured.column(0), measured.column(1), measured.column(4), measured.column(5),
        left[drawn], right[drawn], by[drawn], group[drawn],
    )


def verdicts(
    measured: Measured, rule: npt.NDArray[np.int32], tied: npt.NDArray[np.float64], rules: LinkRules
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    """Decide each group: what it joins, and whether it is a hub.

    Args:
        measured: the groups.
        rule: registry rule each group meets, -1 for none.
        tied: share of members with another tie inside the group.
        rules: the link fields.

    Returns:
        Verdict and hub code of each group.
    """
    n_records, n_people, n_residents, n_names = (measured.column(k) for k in range(4))
    n_joiners = measured.column(6)
    code = measured.field
    never, most = rules.numbers_of("never_over")[code], rules.numbers_of("most_people")[code]
    several = n_records >= 2
    is_identity = np.array([f.identifier == "resident_id" for f in rules.fields])[code]
    # Two names on one telephone are a family, unless an identity number says otherwise.
    one_name = (n_names <= 1) | is_identity | ((n_people == 1) & (n_residents == 1))
    one_person = one_name & ((n_people == 1) | ((n_joiners == 0) & (n_residents <= 1)))
    own_count = rules.joins[code] > 0
    own = several & one_person & own_count & (n_records <= rules.same_person_most)
    strangers = several & (n_people >= 2) & ~one_person & (n_joiners > 0)
    hub = np.zeros(code.size, np.uint8)
    hub[strangers & (n_people > most) & (tied < rules.tie_share)] = CROWD
    hub[strangers & (n_people > never)] = TOO_MANY
    hub[several & (strangers | own) & (rule >= 0)] = REGISTERED
    verdict = np.where(own, OWN, np.where(strangers, STRANGERS, NOTHING)).astype(np.uint8)
    verdict[hub != NO_HUB] = NOTHING
    return verdict, hub


def registered(
    values: pa.Array, field: npt.NDArray[np.uint8], rules: LinkRules
) -> npt.NDArray[np.int32]:
    """Say which registered hub each group's identifier is; -1 for none."""
    spaces = np.array([f.space for f in rules.fields])[field]
    out = np.full(len(values), -1, np.int32)
    for space in sorted(set(spaces.tolist())):
        mine = np.flatnonzero(spaces == space)
        out[mine] = hubs.registered(space, values.take(pa.array(mine)))
    return out


def masked(values: pa.Array, field: npt.NDArray[np.uint8], rules: LinkRules) -> pa.Array:
    """Mask each group's identifier as its kind is masked."""
    kinds = np.array([f.identifier for f in rules.fields])[field]
    parts, rows = [pa.array([], pa.string())], [np.empty(0, np.int64)]
    for kind in sorted(set(kinds.tolist())):
        mine = np.flatnonzero(kinds == kind)
        parts.append(shown.masked(kind, values.take(pa.array(mine))))
        rows.append(mine)
    back = np.argsort(np.concatenate(rows), kind="stable")
    return pa.concat_arrays(parts).take(pa.array(back))
