"""The guard against unknown hubs: do those who share an identifier have anything else in common?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from lianfang.engine.identify.linkage.entries import Entries
    from lianfang.engine.identify.linkage.fields import LinkRules
    from lianfang.engine.identify.linkage.sharing import Measured

Int64 = npt.NDArray[np.int64]


def big(measured: Measured, rules: LinkRules) -> Int64:
    """Give the groups of more people than their field allows without other ties."""
    most = rules.numbers_of("most_people")[measured.field]
    return np.flatnonzero((measured.column(1) > most) & (measured.column(6) > 0))


def tied_share(
    source: Entries,
    measured: Measured,
    family: Int64 | None,
    rule: npt.NDArray[np.int32],
    rules: LinkRules,
) -> npt.NDArray[np.float64]:
    """Say what share of each big group's members has another tie inside it.

    A call centre's number or a public network is shared by people who have nothing else in
    common; the customers of one agent also share his letters, his account or his chat name.

    Args:
        source: the entries.
        measured: the groups.
        family: template family of each record, -1 for none.
        rule: registry rule of each group; registered hubs tie nothing.
        rules: the link fields.

    Returns:
        A share a group; 1.0 for groups that are not big.

    Units:
        Share, 0.0 to 1.0. A tie counts if the other group has two members here and at least
        `overlap_share` of its own members here, so that one crowd does not vouch for another.
    """
    out = np.ones(measured.groups.n_groups)
    asked = big(measured, rules)
    asked = asked[rule[asked] < 0]
    if not asked.size:
        return out
    record, group, size = _memberships(source, measured, family, rule, rules)
    for one in asked.tolist():
        bounds = measured.groups.bounds
        members = measured.groups.members[bounds[one] : bounds[one + 1]]
        inside = np.unique(source.record[members]).astype(np.int64)
        out[one] = _tied(inside, one, record, group, size, rules.overlap_share)
    return out


def _memberships(
    source: Entries,
    measured: Measured,
    family: Int64 | None,
    rule: npt.NDArray[np.int32],
    rules: LinkRules,
) -> tuple[Int64, Int64, Int64]:
    """List (record, group) sorted by record, and the size of every group; families come last."""
    n_groups = measured.groups.n_groups
    group = measured.groups.of_member
    joins = (rules.joins[measured.field] >= 2) & (rule < 0)
    kept = joins[group]
    record = source.record[measured.groups.members[kept]].astype(np.int64)
    group = group[kept]
    if family is not None:
        having = np.flatnonzero(family >= 0)
        record = np.concatenate([record, having])
        group = np.concatenate([group, family[having] + n_groups])
    order = np.lexsort((group, record))
    record, group = record[order], group[order]
    once = np.ones(record.size, bool)
    once[1:] = (record[1:] != record[:-1]) | (group[1:] != group[:-1])
    record, group = record[once], group[once]
    size = np.bincount(group, minlength=n_groups)
    return record, group, size


def _tied(
    inside: Int64, own: int, record: Int64, group: Int64, size: Int64, overlap: float
) -> float:
    """Say what share of some records shares another group with another of them."""
    starts = np.searchsorted(record, inside, "left")
    ends = np.searchsorted(record, inside, "right")
    counts = ends - starts
    rows = np.repeat(starts - np.concatenate([[0], np.cumsum(counts)[:-1]]), counts)
    rows = rows + np.arange(counts.sum())
    other = group[rows]
    who = np.repeat(np.arange(inside.size), counts)
    names, place, here = np.unique(other, return_inverse=True, return_counts=True)
    ties = (here >= 2) & (here >= overlap * size[names]) & (names != own)
    return float(np.unique(who[ties[place]]).size) / max(1, inside.size)
