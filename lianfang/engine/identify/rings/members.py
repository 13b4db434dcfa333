"""Members of rings with their fields at hand, gathered once for measuring and drawing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lianfang.engine.identify.rings.grow import Grown
from lianfang.engine.identify.rings.kernel import Bools, Floats, Ints
from lianfang.engine.terms.codes import Kind

KINDS = tuple(Kind)
TIME_FIELD = {
    Kind.COMPLAINT: "received_at", Kind.CONTACT: "at", Kind.POST: "posted_at",
    Kind.APPLICATION: "applied_at", Kind.OBJECTION: "received_at", Kind.TIP: "received_at",
}  # fmt: skip
NO_TIME = np.iinfo(np.int64).min


@dataclass(frozen=True)
class Members:
    """Member rows of all rings, ordered by ring, then record.

    Attributes:
        grown: the rings.
        kind: place in `KINDS` of each member.
        row: row in its kind's table.
        tables: record tables by kind.
    """

    grown: Grown
    kind: Ints
    row: Ints
    tables: Mapping[Kind, pa.Table]

    @property
    def ring(self) -> Ints:
        """Give the ring number of each member."""
        return self.grown.ring

    @property
    def n_rings(self) -> int:
        """Count the rings."""
        return self.grown.n_rings

    def column(self, name: str) -> pa.Array:
        """Gather a field over all members as text; null where the kind lacks it."""
        return self._gather(dict.fromkeys(KINDS, name), pa.string())

    def numbers(self, name: str) -> Floats:
        """Gather a field as numbers; not-a-number where missing."""
        found = self._gather(dict.fromkeys(KINDS, name), pa.float64())
        return pc.fill_null(found, float("nan")).to_numpy(zero_copy_only=False)

    def truths(self, name: str) -> Floats:
        """Gather a yes/no field: 1, 0, or not-a-number where missing."""
        found = self._gather(dict.fromkeys(KINDS, name), pa.bool_())
        return pc.fill_null(found.cast(pa.float64()), float("nan")).to_numpy(zero_copy_only=False)

    def moments(self, names: Mapping[Kind, str] = TIME_FIELD) -> Ints:
        """Gather moments as microseconds since 1970; `NO_TIME` where missing."""
        found = self._gather(names, pa.timestamp("us", tz="UTC")).cast(pa.int64())
        return pc.fill_null(found, NO_TIME).to_numpy(zero_copy_only=False)

    def codes(self, name: str) -> Ints:
        """Gather a text field as codes in the order of the sorted words; -1 where missing."""
        return codes(self.column(name))

    def _gather(self, names: Mapping[Kind, str], shape: pa.DataType) -> pa.Array:
        parts: list[pa.Array] = []
        places: list[Ints] = []
        for code in range(-1, len(KINDS)):  # -1: a record no table has
            mine = np.flatnonzero(self.kind == code)
            if not mine.size:
                continue
            table = self.tables[KINDS[code]] if code >= 0 else None
            name = names.get(KINDS[code]) if code >= 0 else None
            if table is not None and name in table.column_names:
                # Combined first: taking from many chunks costs a search per row.
                part = table[name].take(pa.array(self.row[mine])).cast(shape, safe=False)
                parts += part.chunks if isinstance(part, pa.ChunkedArray) else [part]
            else:
                parts.append(pa.nulls(mine.size, shape))
            places.append(mine)
        if not parts:
            return pa.nulls(0, shape)
        back = np.argsort(np.concatenate(places), kind="stable")
        return pa.concat_arrays(parts).take(pa.array(back))


def codes(words: pa.Array) -> Ints:
    """Turn words into codes in the order of the sorted words; null and empty become -1."""
    coded = words.dictionary_encode()
    known = coded.dictionary
    if not len(known):
        return np.full(len(words), -1, np.int64)
    rank = np.append(pc.rank(known, tiebreaker="dense").to_numpy().astype(np.int64) - 1, -1)
    rank[:-1][pc.fill_null(pc.equal(known, ""), True).to_numpy(zero_copy_only=False)] = -1
    return rank[pc.fill_null(coded.indices.cast(pa.int64()), -1).to_numpy(zero_copy_only=False)]


def gather(grown: Grown, tables: Mapping[Kind, pa.Table]) -> Members:
    """Find the row of every member in its kind's table.

    Args:
        grown: the rings.
        tables: record tables; each has record_no ascending.

    Returns:
        The members with their fields at hand.
    """
    kind = np.full(grown.record.size, -1, np.int64)
    row = np.zeros(grown.record.size, np.int64)
    for code, name in enumerate(KINDS):
        if name not in tables or not tables[name].num_rows:
            continue
        numbers = tables[name]["record_no"].to_numpy().astype(np.int64, copy=False)
        place = np.minimum(np.searchsorted(numbers, grown.record), numbers.size - 1)
        met: Bools = numbers[place] == grown.record
        kind[met], row[met] = code, place[met]
    return Members(grown, kind, row, tables)
