"""Template families as a table: how large, how many people, public or not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from lianfang.engine.identify.linkage import lanes as lane
from lianfang.engine.identify.linkage.people import People
from lianfang.engine.identify.linkage.wordings import Int32, Int64, Wordings

# A family is public when at least this share of its members is the public template.
PUBLIC_SHARE = 0.5


@dataclass(frozen=True)
class Worded:
    """What is known of the texts of some records, row by row.

    Args:
        record: record of each text, ascending.
        slot: its wording, -1 where it is too short.
        first: first text of each wording.
        label: smallest wording each wording hangs together with.
        template: public template of each wording, -1 for none.
    """

    record: Int64
    slot: Int64
    first: Int64
    label: Int32
    template: Int32


@dataclass(frozen=True)
class Rows:
    """The texts that stand in the table: those that share their wording or copy a public template.

    Args:
        known: place of each in `Worded.record`.
        slot: its wording.
        root: first wording of its family.
        template: its public template, -1 for none.
    """

    known: Int64
    slot: Int64
    root: Int64
    template: Int32


FAMILY = pa.schema(
    [
        ("record_no", pa.int64()), ("family_no", pa.int64()), ("size", pa.int32()),
        ("n_people", pa.int32()), ("n_institutions", pa.int32()), ("public", pa.bool_()),
        ("template_id", pa.string()), ("similarity", pa.float32()),
    ]
)
"""Columns of table `family`."""


def family_table(
    worded: Worded, read: Wordings, people: People, template_ids: tuple[str, ...],
    lanes: int | None = None,
) -> pa.Table:
    """Make the table of template families.

    Args:
        worded: texts with their wordings and families.
        read: shingles of the wordings.
        people: who stands behind each record.
        template_ids: names of the public templates.
        lanes: threads; None for one a core.

    Returns:
        One row a record that shares its wording or copies a public template.

    Shape:
        makes  family(record_no int64, family_no int64, size int32, n_people int32,
               n_institutions int32, public bool, template_id string|null, similarity float),
               sorted by record_no; family_no is the smallest record_no of the family

    Units:
        Similarity to the family's first text, a share; 1.0 for exact copies.
    """
    rows = rows_of(worded)
    share = similarity(rows.root, rows.slot, read, lanes)
    return tabled(worded, rows, share, people, template_ids)


def rows_of(worded: Worded) -> Rows:
    """Choose the texts that stand in the table.

    Args:
        worded: texts with their wordings and families.

    Returns:
        Them, in the order of records.
    """
    known = np.flatnonzero(worded.slot >= 0)
    slot = worded.slot[known]
    root = worded.label[slot].astype(np.int64)
    size = np.bincount(root, minlength=worded.label.size)
    template = worded.template[slot]
    kept = (size[root] >= 2) | (template >= 0)
    return Rows(known[kept], slot[kept], root[kept], template[kept])


def tabled(
    worded: Worded, rows: Rows, share: npt.NDArray[np.float32], people: People,
    template_ids: tuple[str, ...],
) -> pa.Table:
    """Make the table from texts whose similarity is known already.

    Args:
        worded: texts with their wordings and families.
        rows: those that stand in the table, from `rows_of`.
        share: similarity of each to its family's first wording.
        people: who stands behind each record.
        template_ids: names of the public templates.

    Returns:
        As `family_table`.
    """
    record = worded.record[rows.known]
    heads, place = np.unique(rows.root, return_inverse=True)
    size = np.bincount(place, minlength=heads.size)
    n_people = _distinct_by(place, people.person[record], heads.size)
    known = people.institution[record] >= 0  # a post that names no institution is at none
    n_places = _distinct_by(place[known], people.institution[record][known].astype(np.uint64), heads.size)
    is_public, which = _public(place, rows.template, size)
    names = pa.array([*template_ids, None], pa.string())
    which = np.where(which < 0, len(template_ids), which)
    columns = [
        pa.array(record), pa.array(worded.record[worded.first[rows.root]]),
        pa.array(size[place].astype(np.int32)), pa.array(n_people[place]), pa.array(n_places[place]),
        pa.array(is_public[place]), names.take(pa.array(which[place])), pa.array(share),
    ]
    return pa.table(columns, schema=FAMILY)


def similarity(
    root: Int64, slot: Int64, read: Wordings, lanes: int | None = None
) -> npt.NDArray[np.float32]:
    """Compare wordings with the first wording of their family.

    Args:
        root: first wording of each row's family.
        slot: wording of each row.
        read: shingles.
        lanes: threads; None for one a core.

    Returns:
        A share a row.
    """
    from lianfang.engine.identify.linkage.kernels import buckets

    order = np.argsort(root, kind="stable")
    share = np.ones(root.size, np.float32)
    left, right = root[order].astype(np.uint32), slot[order].astype(np.uint32)
    lane.run(
        buckets.similarity_of, lane.ranges(root.size, lane.count(lanes)), left, right,
        read.shingles, read.places, read.counts, read.most, share,
    )
    out = np.empty(root.size, np.float32)
    out[order] = share
    return out


def _distinct_by(
    place: Int64, values: npt.NDArray[np.uint64], n_places: int
) -> npt.NDArray[np.int32]:
    """Count distinct values at each place."""
    order = np.lexsort((values, place))
    place, values = place[order], values[order]
    is_new = np.ones(place.size, bool)
    is_new[1:] = (place[1:] != place[:-1]) | (values[1:] != values[:-1])
    return np.bincount(place[is_new], minlength=n_places).astype(np.int32)


def _public(place: Int64, template: Int32, size: Int64) -> tuple[npt.NDArray[np.bool_], Int32]:
    """Say which families are a public template, and which one."""
    matched = template >= 0
    n_matched = np.bincount(place[matched], minlength=size.size)
    is_public = (n_matched > 0) & (n_matched >= PUBLIC_SHARE * size)
    which = np.full(size.size, -1, np.int32)
    pairs, counts = np.unique(
        np.stack([place[matched], template[matched]]), axis=1, return_counts=True
    )
    # The commonest template of the family; of equals the first in the registry.
    for at in np.argsort(counts, kind="stable")[::-1] if pairs.size else ():
        if which[pairs[0, at]] < 0:
            which[pairs[0, at]] = pairs[1, at]
    which[~is_public] = -1
    return is_public, which
