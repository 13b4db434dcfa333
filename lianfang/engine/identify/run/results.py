"""From numbers to names: the engine's own tables become the tables a user reads.

Inside, a record is its number; outside, its kind and id. Nothing here decides anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lianfang.engine.identify.rings.find import Found
from lianfang.engine.identify.run.shapes import fitted
from lianfang.engine.terms.codes import Kind, Level


@dataclass(frozen=True)
class Names:
    """Kind and id of every record number.

    Args:
        number: record_no, ascending.
        kind: kind of each, dictionary encoded.
        record_id: id of each.
    """

    number: np.ndarray
    kind: pa.Array
    record_id: pa.Array

    def places(self, numbers: pa.ChunkedArray | np.ndarray) -> pa.Array:
        """Give the place of each record number."""
        wanted = numbers if isinstance(numbers, np.ndarray) else numbers.to_numpy()
        if self.number.size and self.number[-1] == self.number.size - 1:
            return pa.array(wanted)
        return pa.array(np.searchsorted(self.number, wanted))


def names(tables: Mapping[Kind, pa.Table]) -> Names:
    """Line up the records of all kinds by number."""
    order = sorted(
        (kind for kind in tables if tables[kind].num_rows),
        key=lambda kind: tables[kind]["record_no"][0].as_py(),
    )
    words = pa.array([str(kind) for kind in order], pa.string())
    if not order:
        return Names(np.zeros(0, np.int64), pa.array([], pa.string()), pa.array([], pa.string()))
    numbers = np.concatenate([tables[kind]["record_no"].to_numpy() for kind in order])
    codes = np.repeat(np.arange(len(order), dtype=np.int8), [tables[kind].num_rows for kind in order])
    ids = pa.chunked_array(
        [chunk for kind in order for chunk in tables[kind]["record_id"].cast(pa.string()).chunks]
    )
    if np.any(np.diff(numbers) < 0):
        seat = np.argsort(numbers, kind="stable")
        numbers, codes, ids = numbers[seat], codes[seat], ids.take(pa.array(seat))
    return Names(numbers, pa.DictionaryArray.from_arrays(pa.array(codes), words), ids.combine_chunks())


def records(tables: Mapping[Kind, pa.Table], verdicts: pa.Table) -> pa.Table:
    """Make `records`: every record kept, with what was said of it, in the order they were read.

    Args:
        tables: record tables by kind.
        verdicts: record_no, activity, level, score, guards, evasion; records nobody spoke of may be missing.
    """
    parts = []
    place = pc.index_in
    for kind, table in tables.items():
        if not table.num_rows:
            continue
        at = place(table["record_no"].combine_chunks(), verdicts["record_no"].combine_chunks())
        said = {
            name: verdicts[name].combine_chunks().take(at)
            for name in ("activity", "level", "score", "guards", "evasion")
        }
        parts.append(
            pa.table(
                {
                    "record_no": table["record_no"],
                    "kind": pa.DictionaryArray.from_arrays(
                        pa.array(np.zeros(table.num_rows, np.int8)), [str(kind)]
                    ),
                    "record_id": table["record_id"],
                    "source_file": table["source_file"],
                    "source_row": table["source_row"],
                    "activity": said["activity"],
                    "level": pc.fill_null(said["level"].cast(pa.string()), "none"),
                    "score": pc.fill_null(said["score"].cast(pa.float64()), 0.0),
                    "guards": pc.fill_null(_joined(said["guards"]), ""),
                    "evasion": pc.fill_null(said["evasion"], False),
                }
            )
        )
    if not parts:
        return fitted("records", _nothing("records"))
    whole = pa.concat_tables(
        [part.set_column(1, "kind", part["kind"].cast(pa.string())) for part in parts],
        promote_options="permissive",
    )
    if len(parts) > 1:
        whole = whole.sort_by("record_no")
    return fitted("records", whole)


def _nothing(name: str) -> pa.Table:
    from lianfang.engine.identify.run.shapes import shapes

    return shapes()[name].schema.empty_table()


def _joined(column: pa.Array) -> pa.Array:
    if pa.types.is_list(column.type) or pa.types.is_large_list(column.type):
        return pc.binary_join(column, "|")
    return column.cast(pa.string())


def signals(found: pa.Table, named: Names) -> pa.Table:
    """Make `signals`: every clause met, in the order of records, guides, clauses and places."""
    at = named.places(found["record_no"])
    columns = {name: found[name] for name in found.column_names if name != "record_no"}
    columns["kind"] = named.kind.take(at).cast(pa.string())
    columns["record_id"] = named.record_id.take(at)
    return fitted("signals", pa.table(columns))


def links(found: pa.Table, named: Names) -> pa.Table:
    """Make `links`: every link, its two ends named."""
    columns = {name: found[name] for name in ("by", "weight_bits", "why_zh", "why_en")}
    for side in ("left", "right"):
        at = named.places(found[side])
        columns[f"{side}_kind"] = named.kind.take(at).cast(pa.string())
        columns[f"{side}_id"] = named.record_id.take(at)
    return fitted("links", pa.table(columns))


def graded(found: Found) -> Found:
    """Leave out the rings no gate holds for: they are kept for a later run, and told to nobody."""
    ring = found.ring.filter(pc.not_equal(found.ring["level"], str(Level.NONE)))
    told = ring["ring_id"].combine_chunks()
    return replace(found, ring=ring, member=found.member.filter(pc.is_in(found.member["ring_id"], told)))


def rings(found: pa.Table) -> pa.Table:
    """Make `rings`, in the order of the queue: review first, then by score."""
    activities = pc.fill_null(_joined(found["activities"].combine_chunks()), "")
    return fitted("rings", found.set_column(found.column_names.index("activities"), "activities", activities))


def members(found: pa.Table) -> pa.Table:
    """Make `ring_members`."""
    return fitted("ring_members", found)
