"""Who stands behind each record, as numbers: for counting people, never for showing them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from lianfang.engine.identify.linkage import entries as entry

NO_TIME = np.int64(-(2**63))
_TIMES = ("received_at", "at", "posted_at", "applied_at")
_MOBILES = ("person_mobile", "party_mobile")


@dataclass(frozen=True)
class People:
    """What is counted of each record; row k is record_no k.

    Args:
        person: number of the person: by resident id, else mobile, else name with institution,
            else the record itself.
        resident: number of the resident id; 0 where there is none.
        name: number of the person's name; 0 where there is none.
        institution: code of the institution; -1 where there is none.
        at: when, microseconds since 1970 UTC; `NO_TIME` where unknown.
    """

    person: npt.NDArray[np.uint64]
    resident: npt.NDArray[np.uint64]
    name: npt.NDArray[np.uint64]
    institution: npt.NDArray[np.int32]
    at: npt.NDArray[np.int64]

    @property
    def n_records(self) -> int:
        """Say how many records there are."""
        return int(self.person.size)


def people(
    tables: Sequence[pa.Table],
    n_records: int,
    key: bytes = entry.DEFAULT_KEY,
    institutions: list[str] | None = None,
    first_record: int = 0,
) -> People:
    """Number the people, institutions and times of all records.

    Args:
        tables: record tables with `record_no`, `institution`, `person_*` and a time column.
        n_records: one more than the largest record_no.
        key: 16 bytes.
        institutions: names already coded; new ones are appended in the order they come.
        first_record: record number of row 0, for a later delivery.

    Returns:
        One row a record.

    Shape:
        reads  <kind>(record_no, institution, person_*, received_at|at|posted_at|applied_at)
        makes  arrays of n_records

    Units:
        Times in microseconds, UTC.
    """
    names = [] if institutions is None else institutions
    lone = np.arange(first_record, first_record + n_records).astype(np.uint64) + np.uint64(1)
    made = People(
        lone * np.uint64(0x9E3779B97F4A7C15),
        np.zeros(n_records, np.uint64),
        np.zeros(n_records, np.uint64),
        np.full(n_records, -1, np.int32),
        np.full(n_records, NO_TIME, np.int64),
    )
    for table in tables:
        if table.num_rows:
            _number_table(table, made, names, key)
    return made


def _number_table(table: pa.Table, made: People, names: list[str], key: bytes) -> None:
    record = np.asarray(table["record_no"].combine_chunks(), np.int64)
    empty = np.zeros(table.num_rows, np.uint64)
    columns = set(table.column_names)

    def numbered(column: str, space: str) -> npt.NDArray[np.uint64]:
        if column not in columns:
            return empty
        return entry.number_column(table[column], space, key)

    resident = numbered("person_resident_id", "resident_id")
    name = numbered("person_name", "person_name")
    place = _coded(table, names)
    mobile = empty
    for column in _MOBILES:
        mobile = np.where(mobile == 0, numbered(column, "phone"), mobile)
    alone = made.person[record]
    by_name = (name * np.uint64(0xBF58476D1CE4E5B9)) ^ (place + 2).astype(np.uint64)
    person = np.where(name > 0, by_name, alone)
    person = np.where(mobile > 0, mobile, person)
    made.person[record] = np.where(resident > 0, resident, person)
    made.resident[record], made.name[record] = resident, name
    made.institution[record] = place
    made.at[record] = _times(table, columns)


def _coded(table: pa.Table, names: list[str]) -> npt.NDArray[np.int32]:
    """Give institutions their codes; unseen names go to the end of the list."""
    if "institution" not in table.column_names:
        return np.full(table.num_rows, -1, np.int32)
    column = table["institution"].cast(pa.string())
    seen = set(names)
    names.extend(
        sorted(n for n in pc.unique(column).to_pylist() if n is not None and n not in seen)
    )
    codes = pc.index_in(column, value_set=pa.array(names, pa.string()))
    return np.asarray(pc.fill_null(codes, -1), np.int32)


def _times(table: pa.Table, columns: set[str]) -> npt.NDArray[np.int64]:
    for column in _TIMES:
        if column in columns:
            moments = table[column].cast(pa.timestamp("us", "UTC")).cast(pa.int64())
            return np.asarray(pc.fill_null(moments, NO_TIME), np.int64)
    return np.full(table.num_rows, NO_TIME, np.int64)
