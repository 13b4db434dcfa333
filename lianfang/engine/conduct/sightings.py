"""The log as narrow columns: who, when, counting keys; contacts told twice; what is odd about the log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from lianfang.engine.conduct import windows, zones
from lianfang.engine.conduct.contact import KEYS, SAME

Longs = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
_BIG = 2**62


@dataclass(frozen=True)
class Names:
    """A column of names as numbers: -1 where empty, else the place in `listed`."""

    number: npt.NDArray[np.int32]
    listed: pa.Array


@dataclass(frozen=True)
class Log:
    """A contact log as narrow columns, one entry per row read, in order of `record_no`."""

    record_no: Longs
    record_id: pa.ChunkedArray
    at_us: Longs
    has_moment: Bools
    zone: npt.NDArray[np.int16]
    zones: tuple[str, ...]
    hour: npt.NDArray[np.int8]
    seconds: npt.NDArray[np.int32]
    names: Mapping[str, Names]
    shape: npt.NDArray[np.int32]
    judged: pa.Table | None

    @property
    def n_rows(self) -> int:
        """Rows in the log."""
        return len(self.record_no)

    def truth(self, name: str) -> Bools:
        """Give one rule's answers for all rows."""
        return self.answers(name)[self.shape]

    def answers(self, name: str) -> Bools:
        """Give one rule's answers by shape."""
        if self.judged is None:
            return np.zeros(0, dtype=np.bool_)
        return np.asarray(self.judged.column(name).to_numpy(), dtype=np.bool_)

    def key(self, name: str) -> Longs:
        """Give one counting key as numbers, -1 where a part of it is missing."""
        parts = [self.names[field].number.astype(np.int64) for field in KEYS[name]]
        if name == "debtor_agency":
            parts[2] = parts[2] + 1  # a lender that calls itself is an agency of its own
        missing = np.zeros(self.n_rows, dtype=np.bool_)
        for part in parts:
            missing |= part < 0
        return np.where(missing, -1, joined(parts))

    @cached_property
    def clocks(self) -> tuple[Longs, Longs, Longs]:
        """Give every zone's changes of its clock one after the other, as `windows.counted` reads them."""
        held = [zones.changes(name) for name in self.zones]
        heads = np.cumsum([0, *(len(starts) for starts, _ in held)]).astype(np.int64)
        starts, offsets = (np.array([one for pair in held for one in pair[part]], dtype=np.int64) for part in (0, 1))
        return heads, starts, offsets


def joined(parts: list[Longs]) -> Longs:
    """Make one number of several, equal exactly where all of them are."""
    made, width = parts[0] + 1, int(parts[0].max(initial=0)) + 2
    for part in parts[1:]:
        size = int(part.max(initial=0)) + 2
        if width * size >= _BIG:
            made = np.unique(made, return_inverse=True)[1].astype(np.int64)
            width = int(made.max(initial=0)) + 1
        made, width = made * size + (part + 1), width * size
    return made


@dataclass(frozen=True)
class Order:
    """Rows in order of one key, then moment, then record; rows of one key stand together."""

    rows: Longs
    key: Longs
    at_us: Longs

    def of(self, stays: Bools) -> Order:
        """Give the order of those rows of the log only that stay."""
        if stays.all():
            return self
        here = stays[self.rows]
        return Order(self.rows[here], self.key[here], self.at_us[here])


def ordered(log: Log, key: Longs) -> Order:
    """Put the rows that have a key (none negative) and a moment in order."""
    if not log.has_moment.all():
        key = np.where(log.has_moment, key, -1)
    return Order(*windows.ordered(key, log.at_us, min(12, max(1, log.n_rows.bit_length() - 11))))


def by_key(log: Log, name: str) -> Order:
    """Put all rows that have a key and a moment in its order."""
    return ordered(log, log.key(name))


def refined(log: Log, order: Order, stays: Bools, name: str) -> Order:
    """Put the rows that stay and have a key in its order, out of an order by a part of that key.

    Args:
        log: the narrow columns.
        order: its rows by debtor.
        stays: rows of the log that stay.
        name: a key in `contact.KEYS` that begins with the debtor.
    """
    key = log.key(name)
    held = order.of(stays & (key >= 0))
    if name == "debtor":
        return held
    rows, keys, moments = held.rows.copy(), key[held.rows], held.at_us.copy()
    windows.refined(held.key, rows, keys, moments)
    return Order(rows, keys, moments)


def by_debtor(log: Log) -> Order:
    """Put all rows that have a moment in order of creditor and debtor, named or not."""
    return ordered(log, joined([log.names[field].number.astype(np.int64) for field in KEYS["debtor"]]))


def same(log: Log, order: Order) -> tuple[pa.Table, Bools]:
    """Find rows that tell a contact again; the first by record stays.

    Args:
        log: the narrow columns.
        order: its rows as `by_debtor` gives them.

    Returns:
        A table (record_no, kept_record_no) and, per row, whether it stays.
    """
    # Only rows that share debtor and moment with a neighbour can be the same contact.
    alike = (order.key[1:] == order.key[:-1]) & (order.at_us[1:] == order.at_us[:-1])
    beside = np.zeros(len(order.rows), dtype=np.bool_)
    beside[1:] |= alike
    beside[:-1] |= alike
    again, first = _twins(log, np.sort(order.rows[beside]))
    stays = np.ones(log.n_rows, dtype=np.bool_)
    stays[again] = False
    table = pa.table({"record_no": pa.array(log.record_no[again]), "kept_record_no": pa.array(log.record_no[first])})
    return table, stays


def _twins(log: Log, rows: Longs) -> tuple[Longs, Longs]:
    """Among some rows, give those equal to an earlier one, and that one."""
    if not len(rows):
        return rows, rows
    at = np.unique(log.at_us[rows], return_inverse=True)[1].astype(np.int64)
    whole = joined([at, *(log.names[field].number[rows].astype(np.int64) for field in SAME)])
    order = np.argsort(whole, kind="stable")
    ordered = whole[order]
    is_head = np.concatenate(([True], ordered[1:] != ordered[:-1]))
    heads = order[np.maximum.accumulate(np.where(is_head, np.arange(len(order)), 0))]
    by_row = np.argsort(order[~is_head], kind="stable")
    return rows[order[~is_head][by_row]], rows[heads[~is_head][by_row]]


def oddities(log: Log, kept: Bools) -> dict[str, int]:
    """Count what is odd about a log: told to people, never held against a collector.

    Returns:
        moments and zones missing, steps back of the clock inside one file, calls of one collector
        that overlap.
    """
    file, at_us, known = log.names["source_file"].number, log.at_us, log.has_moment
    beside = (file[1:] == file[:-1]) & known[1:] & known[:-1]
    busy = kept & (log.seconds > 0)
    calls = ordered(log, np.where(busy, log.names["collector_id"].number.astype(np.int64), -1))
    end = calls.at_us + log.seconds[calls.rows].astype(np.int64) * 1_000_000
    overlap = (calls.key[1:] == calls.key[:-1]) & (calls.at_us[1:] < end[:-1])
    return {
        "moment_missing": int((~known).sum()),
        "zone_missing": int((log.zone < 0).sum()),
        "clock_back": int((beside & (at_us[1:] < at_us[:-1])).sum()),
        "calls_overlap": int(overlap.sum()),
        "told_twice": int((~kept).sum()),
    }
