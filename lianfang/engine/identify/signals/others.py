"""Clauses that look at other records: how many share an identifier, a template, the same facts.

All of it is sorting and sliding over arrays; nothing here looks at a record one by one.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lianfang.engine.identifiers import hubs
from lianfang.engine.identify.guides import fields
from lianfang.engine.identify.guides.clauses import Clause, Count, Sequence, Similar
from lianfang.engine.terms import compiled

_DAY_US, _HOUR_US = 86_400_000_000, 3_600_000_000
#: What names a person, best first; the last resort is the record itself.
_PERSON = ("person_resident_id", "person_mobile", "debtor_id", "party_mobile", "author_handle")


@dataclass(frozen=True)
class Counted:
    """One clause about other records: where it is met, by how many, by which shared thing (masked)."""

    met: np.ndarray
    n: np.ndarray
    n_institutions: np.ndarray
    shared: pa.Array | None = None


class Numbers:
    """Columns of one table as whole numbers, each numbered once.

    Args:
        table: records of one kind.
    """

    def __init__(self, table: pa.Table) -> None:
        self.table = table
        self._kept: dict[str, np.ndarray | None] = {}

    def column(self, name: str) -> np.ndarray | None:
        """Number the different values of a column; -1 where there is none."""
        if name not in self._kept:
            self._kept[name] = _numbered(self.table[name]) if name in self.table.column_names else None
        return self._kept[name]

    def telling(self, kind: str, name: str) -> np.ndarray | None:
        """Number the values of a column that tell something about who uses them: -1 also where it is a registered hub."""
        numbers = self.column(name)
        holds = fields.identifier(kind, name)
        if numbers is None or holds is None:
            return numbers
        values = self.table[name].combine_chunks().dictionary_encode()
        values = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
        is_hub = hubs.registered(hubs.space_of(holds), values.dictionary) >= 0
        return np.where((numbers >= 0) & is_hub[np.maximum(numbers, 0)], -1, numbers) if is_hub.any() else numbers

    @cached_property
    def people(self) -> np.ndarray:
        """Number the persons behind records: by their best identifier, else name and institution."""
        numbers = np.full(self.table.num_rows, -1, np.int64)
        for name in _PERSON:
            numbers = _filled(numbers, self.column(name))
        called, institution = self.column("person_name"), self.column("institution")
        if called is not None and institution is not None:
            numbers = _filled(numbers, _pairs(called, institution))
        return _filled(numbers, np.arange(self.table.num_rows, dtype=np.int64))


def counted(clause: Clause, kind: str, numbers: Numbers, families: pa.Table | None) -> Counted:
    """Ask a count, similar or sequence clause of all records of a kind.

    Args:
        clause: the clause.
        kind: the records' kind.
        numbers: the records, as numbers.
        families: table `family`, or none yet: then nothing is similar.

    Shape:
        n records in; three columns of n out.
    """
    test, table = clause.test, numbers.table
    size = table.num_rows
    nothing = Counted(np.zeros(size, bool), np.zeros(size, np.int32), np.zeros(size, np.int32))
    if isinstance(test, Similar):
        return _similar(test, table, families) if families is not None else nothing
    if isinstance(test, Count):
        key, distinct, window = numbers.telling(kind, test.by), _distinct(numbers, test.distinct), test.days * _DAY_US
    elif isinstance(test, Sequence):
        key, distinct, window = _facts(numbers, families), numbers.column(test.distinct), test.hours * _HOUR_US
    else:
        return nothing
    if key is None or distinct is None or fields.time(kind) not in table.column_names:
        return nothing
    moments = table[fields.time(kind)].cast(pa.timestamp("us", "UTC"))
    at = pc.fill_null(moments.cast(pa.int64()), 0).to_numpy()
    usable = (key >= 0) & (distinct >= 0) & pc.is_valid(moments).to_numpy()
    n = np.zeros(size, np.int32)
    chosen = np.flatnonzero(usable)
    chosen = chosen[np.lexsort((chosen, at[chosen], key[chosen]))]
    found = np.zeros(len(chosen), np.int32)
    if len(chosen):
        _slide(key[chosen], at[chosen], distinct[chosen], window, np.zeros(int(distinct.max()) + 1, np.int32), found)
    n[chosen] = found
    return Counted(n >= test.at_least, n, np.zeros(size, np.int32))


def _similar(test: Similar, table: pa.Table, families: pa.Table) -> Counted:
    places = _family_rows(table, families)
    known = places >= 0
    at = np.where(known, places, 0)

    def column(name: str) -> np.ndarray:
        if not families.num_rows or name not in families.column_names:
            return np.zeros(len(at), np.int32)
        values = pc.fill_null(families[name].cast(pa.int32()), 0).to_numpy()[at]
        return np.where(known, values, 0).astype(np.int32)

    n, spread, people = column("size"), column("n_institutions"), column("n_people")
    met = (n >= test.size) & (spread >= test.institutions) & (column("public") == 0)
    if test.people > 1:
        met &= people >= test.people
    return Counted(met & known, n, spread)


def _family_rows(table: pa.Table, families: pa.Table) -> np.ndarray:
    """Say in which row of `family` each record stands, or -1."""
    numbers = families["record_no"].to_numpy()
    order = np.argsort(numbers, kind="stable")
    wanted = table["record_no"].to_numpy()
    if not len(order):
        return np.full(len(wanted), -1, np.int64)
    at = np.minimum(np.searchsorted(numbers, wanted, sorter=order), len(order) - 1)
    return np.where(numbers[order[at]] == wanted, order[at], -1)


def _pairs(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Number pairs; -1 where either is none."""
    return np.where((left >= 0) & (right >= 0), left * (right.max(initial=0) + 1) + right, -1)


def _numbered(column: pa.ChunkedArray) -> np.ndarray:
    coded = column.combine_chunks().dictionary_encode()
    coded = coded.combine_chunks() if isinstance(coded, pa.ChunkedArray) else coded
    numbers: np.ndarray = pc.fill_null(coded.indices.cast(pa.int64()), -1).to_numpy(zero_copy_only=False)
    return numbers


def _distinct(numbers: Numbers, name: str) -> np.ndarray | None:
    if name == "record":
        return np.arange(numbers.table.num_rows, dtype=np.int64)
    return numbers.column("institution") if name == "institution" else numbers.people


def _filled(numbers: np.ndarray, further: np.ndarray | None) -> np.ndarray:
    """Fill what is not numbered yet, above all numbers in use."""
    if further is None:
        return numbers
    base = numbers.max(initial=-1) + 1
    return np.where((numbers < 0) & (further >= 0), further + base, numbers)


def _facts(numbers: Numbers, families: pa.Table | None) -> np.ndarray:
    """Number the facts: the given reference, else the same person with the same template."""
    facts = _filled(np.full(numbers.table.num_rows, -1, np.int64), numbers.column("facts_ref"))
    if families is not None and families.num_rows:
        rows = _family_rows(numbers.table, families)
        family = families["family_no"].to_numpy()[np.maximum(rows, 0)]
        own = np.unique(family, return_inverse=True)[1].astype(np.int64)
        facts = _filled(facts, _pairs(numbers.people, np.where(rows >= 0, own, -1)))
    return facts


@compiled.kernel
def _slide(key, at, distinct, window, counts, found):  # type: ignore[no-untyped-def]
    """The most different values in any window of that length that holds the record.

    Windows end at each record; a record takes the best window that ends at or after it.
    """
    n = len(key)
    ending = np.zeros(n, np.int32)
    first, n_distinct = 0, 0
    for here in range(n):
        while first < here and (key[first] != key[here] or at[here] - at[first] > window):
            counts[distinct[first]] -= 1
            n_distinct -= counts[distinct[first]] == 0
            first += 1
        counts[distinct[here]] += 1
        n_distinct += counts[distinct[here]] == 1
        ending[here] = n_distinct
    best = np.zeros(n, np.int64)  # a queue of windows, the best in front, later ones behind
    head, tail = 0, 0
    for here in range(n - 1, -1, -1):
        while tail > head and ending[best[tail - 1]] <= ending[here]:
            tail -= 1
        best[tail] = here
        tail += 1
        while key[best[head]] != key[here] or at[best[head]] - at[here] > window:
            head += 1
        found[here] = ending[best[head]]


def masked(clause: Clause, kind: str, table: pa.Table, wanted: np.ndarray) -> pa.Array:
    """Give the identifier a count clause shares, masked, for its reason.

    Args:
        clause: a count clause.
        kind: the records' kind.
        table: the records.
        wanted: for which of them.

    Shape:
        n records in, n strings out; empty where there is none, or none is wanted.
    """
    test = clause.test
    if not isinstance(test, Count) or test.by not in table.column_names:
        return pa.array([""] * table.num_rows, pa.string())
    from lianfang.engine.identifiers import mask

    shape = fields.identifier(kind, test.by)
    column = pc.if_else(pa.array(wanted), table[test.by].combine_chunks(), pa.scalar(None, pa.string()))
    coded = column.dictionary_encode()
    shown = pa.array([mask.mask(shape, one) if shape else mask.mask_any(one) for one in coded.dictionary.to_pylist()], pa.string())
    return pc.fill_null(shown.take(coded.indices), "")
