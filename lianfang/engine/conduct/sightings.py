"""The log as narrow columns: who, when, counting keys; contacts told twice; what is odd about the log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from lianfang.engine.conduct import windows, zones
from lianfang.engine.conduct.contact import KEYS, SAME
from lianfang.engine.conduct.rules import Window

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
        if self.judged is None:
            return np.zeros(0, dtype=np.bool_)
        return self.judged.column(name).to_numpy().astype(np.bool_)[self.shape]

    def key(self, name: str) -> Longs:
        """Give one counting key as numbers, -1 where a part of it is missing."""
        parts = [self.names[field].number.astype(np.int64) for field in KEYS[name]]
        if name == "debtor_agency":
            parts[2] = parts[2] + 1  # a lender that calls itself is an agency of its own
        missing = np.zeros(self.n_rows, dtype=np.bool_)
        for part in parts:
            missing |= part < 0
        return np.where(missing, -1, joined(parts))

    def since_us(self, window: Window, rows: Longs) -> tuple[Longs, Bools]:
        """Give the first moment that counts for some rows, and where there is one."""
        at_us, known = self.at_us[rows], self.has_moment[rows].copy()
        made = np.full(len(rows), -_BIG, dtype=np.int64)
        if window.unit == "ever":
            return made, known
        if window.unit != "calendar_days":
            zero = window.since_us(0, None)
            return at_us + (zero or 0), known
        zone = self.zone[rows]
        known &= zone >= 0
        for number, name in enumerate(self.zones):
            here = known & (zone == number)
            if here.any():
                made[here] = zones.midnights_of(name, at_us[here], 1 - window.n)
        return made, known


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


def by_time(log: Log) -> Longs:
    """Give the rows that have a moment, in order of moment, then record."""
    rows = np.flatnonzero(log.has_moment)
    return rows[np.argsort(log.at_us[rows], kind="stable")]


def by_key(key: Longs, timed: Longs) -> Longs:
    """Give rows in order of key, then as `timed` has them; a negative key is left out."""
    width = int(key.max(initial=-1)) + 1
    if width > 4 * len(key) + 1_000_000:
        present = key >= 0
        dense = np.full(len(key), -1, dtype=np.int64)
        listed, dense[present] = np.unique(key[present], return_inverse=True)
        key, width = dense, len(listed)
    return windows.grouped(timed, key, width)


def same(log: Log, timed: Longs) -> tuple[pa.Table, Bools]:
    """Find rows that tell a contact again; the first by record stays.

    Returns:
        A table (record_no, kept_record_no) and, per row, whether it stays.
    """
    # Only rows that share debtor and moment with a neighbour can be the same contact.
    whole = joined([log.names[field].number.astype(np.int64) for field in ("creditor", "debtor_id")])
    order = by_key(whole, timed)
    alike = (whole[order][1:] == whole[order][:-1]) & (log.at_us[order][1:] == log.at_us[order][:-1])
    near = np.zeros(len(order), dtype=np.bool_)
    near[1:] |= alike
    near[:-1] |= alike
    rows = np.sort(order[near])
    stays = np.ones(log.n_rows, dtype=np.bool_)
    again, first = _twins(log, rows)
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


def oddities(log: Log, kept: Bools, timed: Longs) -> dict[str, int]:
    """Count what is odd about a log: told to people, never held against a collector.

    Returns:
        moments and zones missing, steps back of the clock inside one file, calls of one collector
        that overlap.
    """
    file, at_us, known = log.names["source_file"].number, log.at_us, log.has_moment
    beside = (file[1:] == file[:-1]) & known[1:] & known[:-1]
    busy = kept & (log.seconds > 0)
    order = by_key(log.names["collector_id"].number.astype(np.int64), timed[busy[timed]])
    who, begin = log.names["collector_id"].number[order], at_us[order]
    end = begin + log.seconds[order].astype(np.int64) * 1_000_000
    overlap = (who[1:] == who[:-1]) & (begin[1:] < end[:-1])
    return {
        "moment_missing": int((~known).sum()),
        "zone_missing": int((log.zone < 0).sum()),
        "clock_back": int((beside & (at_us[1:] < at_us[:-1])).sum()),
        "calls_overlap": int(overlap.sum()),
        "told_twice": int((~kept).sum()),
    }
