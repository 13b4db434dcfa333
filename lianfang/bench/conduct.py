"""Figures of the conduct room: an audit of n contacts, and the gate over a history of n contacts."""

from __future__ import annotations

import resource
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from lianfang.engine.conduct import audit as audits
from lianfang.engine.conduct import contact as contacts
from lianfang.engine.conduct import grade, ledger, load
from lianfang.engine.conduct.contact import NUMBERS
from lianfang.engine.tables.duck import DuckTables

_BATCH = 500_000
_START_US = 1_769_875_200_000_000  # 2026-02-01 00:00 in Shanghai
_DAY_US = 86_400_000_000


def synthetic(n: int, seed: int = 7) -> Iterator[pa.Table]:
    """Make a contact log: ninety days of calls, texts and visits; a few in a hundred are breaches.

    Shape:
        n rows in batches, `record_no` ascending, moments not in order between files.
    """
    rng = np.random.default_rng(seed)
    debtors = max(1, n // 25)
    for start in range(0, n, _BATCH):
        rows = min(_BATCH, n - start)
        yield _batch(rng, start, rows, debtors)


def _pick(rng: np.random.Generator, rows: int, names: list[str], shares: list[float]) -> pa.Array:
    index = rng.choice(len(names), size=rows, p=shares).astype(np.int32)
    return pa.DictionaryArray.from_arrays(index, pa.array(names))


def _numbered(prefix: str, numbers: np.ndarray[Any, Any]) -> pa.Array:
    listed, index = np.unique(numbers, return_inverse=True)
    return pa.DictionaryArray.from_arrays(index.astype(np.int32), pa.array([f"{prefix}{one:08d}" for one in listed.tolist()]))


def _batch(rng: np.random.Generator, start: int, rows: int, debtors: int) -> pa.Table:
    debtor = rng.integers(0, debtors, rows)
    hour = rng.choice(24, size=rows, p=_hours())
    at_us = _START_US + rng.integers(0, 90, rows) * _DAY_US + hour * 3_600_000_000 + rng.integers(0, 3_600_000_000, rows)
    answered = rng.random(rows) < 0.35
    seconds = np.where(answered, rng.integers(1, 300, rows), 0)
    role = _pick(rng, rows, ["本人", "联系人", "第三人", "担保人"], [0.93, 0.04, 0.02, 0.01])
    recorded = rng.random(rows) < 0.995
    return pa.table({
        "record_no": np.arange(start, start + rows),
        "record_id": pa.array(np.char.add("c", np.arange(start, start + rows).astype(str))),
        "source_file": pa.DictionaryArray.from_arrays(np.full(rows, start // _BATCH % 128, np.int32), pa.array([f"log{i}.csv" for i in range(128)])),
        "institution": _pick(rng, rows, ["甲银行", "乙消金", "丙小贷"], [0.5, 0.3, 0.2]),
        "agency": _pick(rng, rows, [f"催收机构{i:02d}" for i in range(20)], [0.05] * 20),
        "collector_id": _numbered("K", rng.integers(0, 2000, rows)),
        "at": pa.array(at_us).cast(pa.timestamp("us", "UTC")),
        "tz": _pick(rng, rows, ["Asia/Shanghai", "Asia/Urumqi"], [0.98, 0.02]),
        "channel": _pick(rng, rows, ["电话", "机器人", "短信", "外访", "信函"], [0.6, 0.2, 0.17, 0.01, 0.02]),
        "direction": _pick(rng, rows, ["呼出", "呼入"], [0.97, 0.03]),
        "answered": pa.array(answered),
        "duration_seconds": pa.array(seconds),
        "line_number": _numbered("021", 55_550_000 + rng.integers(0, 500, rows)),
        "party_role": role,
        "party_mobile": _numbered("138", debtor),
        "debtor_id": _numbered("D", debtor),
        "recording_id": pa.array(np.char.add("r", np.arange(start, start + rows).astype(str)), mask=~recorded),
        "disclosed": _pick(rng, rows, ["机构|催收机构|工号|来意", "机构"], [0.97, 0.03]),
        "device_owner": _pick(rng, rows, ["机构", "私人手机"], [0.999, 0.001]),
        "unreachable_basis": _pick(rng, rows, ["空号", "其他"], [0.9, 0.1]),
        "purpose": _pick(rng, rows, ["催收", "转告"], [0.95, 0.05]),
        "n_persons": pa.array(np.full(rows, 2)),
        "id_shown": pa.array(np.ones(rows, bool)),
        "av_recorded": pa.array(np.ones(rows, bool)),
        "entry_consent": pa.array(np.ones(rows, bool)),
    })


def _hours() -> list[float]:
    weight = np.array([0.02] * 8 + [8, 10, 10, 9, 5, 6, 9, 10, 10, 8, 7, 6, 4, 2, 0.2, 0.05])
    return [float(one) for one in weight / weight.sum()]


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def audit(n: int, threads: int = 2) -> dict[str, Any]:
    """Measure an audit of n contacts: Parquet in, findings and grades out.

    Returns:
        Rows, findings, seconds of every stage, peak memory of this very program, rows a second.
    """
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "contacts.parquet"
        _write(place, n)
        began, tables, rules = time.perf_counter(), DuckTables(threads=threads), load.rules()
        source = pq.ParquetFile(place)
        made = audits.audit((pa.Table.from_batches([each]) for each in source.iter_batches(_BATCH)), tables, rules)
        judged = time.perf_counter()
        agencies, collectors = grade.agencies(made), grade.collectors(made)
        graded = time.perf_counter()
        pq.write_table(made.findings, Path(folder) / "findings.parquet", compression="zstd")
        ended = time.perf_counter()
    return {
        "rows": n, "findings": made.findings.num_rows, "agencies": agencies.num_rows, "collectors": collectors.num_rows,
        "audit_seconds": round(judged - began, 2), "grade_seconds": round(graded - judged, 2),
        "write_seconds": round(ended - graded, 2), "seconds": round(ended - began, 2), "peak_mb": round(_peak_mb()),
        "rows_a_second": round(n / (ended - began)), "threads": threads,
    }


def _write(place: Path, n: int) -> None:
    writer = None
    for table in synthetic(n):
        writer = writer or pq.ParquetWriter(place, table.schema, compression="zstd")
        writer.write_table(table)
    if writer:
        writer.close()


def gate(n: int, asks: int = 5_000) -> dict[str, Any]:
    """Measure the gate over a history of n contacts in SQLite: check, and reserve with confirm.

    Returns:
        Contacts, tallies, seconds to fill, milliseconds at p50 and p99 of a check and of a reservation.
    """
    rules, rng = load.rules(), np.random.default_rng(11)
    with tempfile.TemporaryDirectory() as folder:
        connection = sqlite3.connect(Path(folder) / "gate.sqlite", isolation_level=None)
        connection.execute("pragma journal_mode = wal")
        connection.execute("pragma synchronous = normal")
        book = ledger.Ledger(connection, rules, "?")
        book.prepare()
        began = time.perf_counter()
        tallies = ledger.fill(book, synthetic(n), DuckTables(threads=2))
        filled = time.perf_counter() - began
        checks, reserves = _asked(book, rng, max(1, n // 25), asks)
        connection.close()
    return {
        "rows": n, "tallies": tallies, "fill_seconds": round(filled, 1), "asks": asks,
        **_quantiles("check", checks), **_quantiles("reserve_confirm", reserves), "peak_mb": round(_peak_mb()),
    }


def _asked(book: ledger.Ledger, rng: np.random.Generator, debtors: int, asks: int) -> tuple[list[float], list[float]]:
    checks, reserves = [], []
    for _ in range(asks):
        debtor = int(rng.integers(0, debtors))
        at_us = _START_US + int(rng.integers(0, 90)) * _DAY_US + int(rng.integers(9, 21)) * 3_600_000_000
        intent = contacts.read({
            "at": at_us, "tz": "Asia/Shanghai", "institution": "甲银行", "agency": "催收机构01", "collector_id": "K00000001",
            "channel": "电话", "direction": "呼出", "party_role": "本人", "debtor_id": f"D{debtor:08d}",
            "party_mobile": f"138{debtor:08d}", "recording_id": "line-1", "disclosed": "机构|催收机构|工号|来意",
            **dict.fromkeys(NUMBERS),
        })
        began = time.perf_counter()
        book.check(intent)
        between = time.perf_counter()
        held = book.reserve(intent, at_us)
        if held.number is not None and held.verdict.allow:
            book.confirm(held.number, {"answered": True, "effective": True, "duration_seconds": 30}, at_us)
        ended = time.perf_counter()
        checks.append(between - began)
        reserves.append(ended - between)
    return checks, reserves


def _quantiles(name: str, seconds: list[float]) -> dict[str, float]:
    ordered = np.sort(np.array(seconds)) * 1000
    return {f"{name}_ms_p50": round(float(np.quantile(ordered, 0.5)), 3), f"{name}_ms_p99": round(float(np.quantile(ordered, 0.99)), 3)}
