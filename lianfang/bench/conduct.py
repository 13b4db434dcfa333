"""Figures of the audit: n contacts in, findings, grades and the page out; and the made log they use."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from lianfang.engine.terms.errors import EngineError, Say

_BATCH = 500_000
START_US = 1_769_875_200_000_000  # 2026-02-01 00:00 in Shanghai
DAY_US = 86_400_000_000


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
    at_us = START_US + rng.integers(0, 90, rows) * DAY_US + hour * 3_600_000_000 + rng.integers(0, 3_600_000_000, rows)
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


def audit(n: int) -> dict[str, Any]:
    """Measure an audit of n contacts as a user starts it: a Parquet file in, all results and the page out.

    Returns:
        Rows, findings, wall and CPU seconds, peak memory, load of the machine; start-up is inside.
    """
    with tempfile.TemporaryDirectory() as folder:
        place, out = Path(folder) / "contacts.parquet", Path(folder) / "out"
        _write(place, n)
        _run(place, out, n=min(n, 50_000))  # kernels compiled and files in memory, as on any second run
        seconds, cpu, peak_mb = _run(place, out)
        story = json.loads((out / "run.json").read_text(encoding="utf-8"))
        size_mb = place.stat().st_size / 2**20
    return {
        "rows": n, "file_mb": round(size_mb), "findings": story["counts"]["findings"], "agencies": story["counts"]["agencies"],
        "collectors": story["counts"]["collectors"], "seconds": round(seconds, 1), "cpu_seconds": round(cpu, 1),
        "peak_mb": round(peak_mb), "rows_a_second": round(n / seconds), "load_after": round(os.getloadavg()[0], 2),
    }


def _run(place: Path, out: Path, n: int | None = None) -> tuple[float, float, float]:
    """Run the command in a process of its own; give wall seconds, CPU seconds, peak MB.

    Args:
        place: the log.
        out: where results stand.
        n: only so many contacts.
    """
    if n is not None:
        place = place.with_name("few.parquet")
        _write(place, n)
    words = [sys.executable, "-m", "lianfang.cli.main", "conduct", "audit", str(place), "--out", str(out), "--force"]
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    seconds, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise EngineError(Say("审计没有完成", "the audit did not end well"), code="E-BENCH-02", where=done.stderr[-400:])
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return seconds, cpu, after.ru_maxrss / 1024


def _write(place: Path, n: int) -> None:
    writer = None
    for table in synthetic(n):
        writer = writer or pq.ParquetWriter(place, table.schema, compression="zstd")
        writer.write_table(table)
    if writer:
        writer.close()
