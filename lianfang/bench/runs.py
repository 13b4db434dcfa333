"""Whole runs as a user starts them: growth from 100 thousand records, and a day on top of a million."""

from __future__ import annotations

import json
import math
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq


def whole(sizes: tuple[int, ...] = (100_000, 1_000_000), rounds: int = 1) -> dict[str, Any]:
    """Run complaints of 120 characters and 12 identifier columns, Parquet in to all results out.

    Args:
        sizes: how many complaints, ascending.
        rounds: runs of each size; the median is told.

    Returns:
        Seconds and peak memory of every size and step, and the exponent the time grows with.
    """
    told: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        for n in sizes:
            place = _complaints(Path(folder), n)
            runs = [
                _run(
                    [str(place), "--out", str(Path(folder) / f"out{n}"), "--force"], Path(folder) / f"out{n}"
                )
                for _ in range(rounds)
            ]
            told[str(n)] = sorted(runs, key=lambda one: one["seconds"])[len(runs) // 2]
            shutil.rmtree(Path(folder) / f"out{n}")
    if len(sizes) > 1:
        low, high = sizes[-2], sizes[-1]
        told["grows_as_n_to_the"] = round(
            math.log(told[str(high)]["seconds"] / told[str(low)]["seconds"]) / math.log(high / low), 3
        )
    return told


def day_after(n: int = 1_000_000, share: float = 0.01) -> dict[str, Any]:
    """Add a day's records to a finished run, beside one run over everything.

    Args:
        n: complaints in the finished run.
        share: new ones, as a share of n.

    Returns:
        Seconds of both, their ratio, and whether the tables are the same.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        every = pq.read_table(_complaints(folder, n + int(n * share)) / "complaints.parquet")
        for part, number, table in (("old", 0, every.slice(0, n)), ("new", 1, every.slice(n))):
            for home in (part, "all"):
                (folder / home).mkdir(exist_ok=True)
                pq.write_table(table, folder / home / f"{number}.parquet")
        _run([str(folder / "old"), "--out", str(folder / "r0"), "--keep"], folder / "r0")
        full = _run([str(folder / "all"), "--out", str(folder / "r1")], folder / "r1")
        added = _run(
            [str(folder / "new"), "--since", str(folder / "r0"), "--out", str(folder / "r2")], folder / "r2"
        )
        same = {
            table: _same(folder / "r1", folder / "r2", table)
            for table in ("records", "signals", "links", "rings", "ring_members")
        }
    return {"full": full, "added": added, "ratio": round(full["seconds"] / added["seconds"], 2), "same": same}


def _same(one: Path, other: Path, table: str) -> bool:
    left, right = (pq.read_table(place / f"{table}.parquet") for place in (one, other))
    keys = [(name, "ascending") for name in left.column_names]
    return bool(left.sort_by(keys).equals(right.sort_by(keys)))


def _complaints(folder: Path, n: int) -> Path:
    from lianfang.simulate import bulk

    place = folder / f"in{n}"
    place.mkdir()
    bulk.bulk(n, folder / "complaints.parquet", 7)
    (folder / "complaints.parquet").rename(place / "complaints.parquet")
    return place


def _run(words: list[str], out: Path) -> dict[str, Any]:
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "lianfang.cli.main", "run", *words],
        capture_output=True,
        text=True,
        check=False,
    )
    seconds = time.perf_counter() - began
    if done.returncode:
        return {"seconds": seconds, "failed": done.stderr[-2000:]}
    story = json.loads((out / "run.json").read_text("utf-8"))
    steps = {one["step"]: one["seconds"] for one in story["steps"]}
    return {
        "seconds": round(seconds, 2),
        "peak_mb": story["peak_mb"],
        "steps": steps,
        "counts": story["counts"],
    }
