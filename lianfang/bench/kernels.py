"""Kernels against peers: same data, fresh processes, in turns, the answers compared first."""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from lianfang.bench import kernels_made as made
from lianfang.bench.kernels_engines import ENGINES
from lianfang.engine.terms.errors import EngineError, Say

N_SAMPLED = 1500
_PACKAGES = ("numpy", "numba", "pyarrow", "scipy", "polars", "duckdb", "rensa", "gaoya")


def near_duplicates(n: int = 1_000_000, rounds: int = 3, peers: tuple[str, ...] = ()) -> dict[str, Any]:
    """Measure template families of `n` texts against rensa, gaoya and numpy.

    Args:
        n: how many texts.
        rounds: how often each engine runs, in turns.
        peers: only these peers; none named means all.

    Returns:
        Medians, ratios, CPU seconds, peak memory, recall and precision, versions.

    Units:
        Seconds of the whole process; `ratio` is best peer over product.

    Raises:
        EngineError: an engine failed.
    """
    with tempfile.TemporaryDirectory() as folder:
        place = made.texts(n, Path(folder) / "texts.parquet")
        told = _rounds("near_duplicates", place, rounds, peers)
        told["truth"] = _against_truth(place, told["labels"])
    del told["labels"]
    product = told["truth"]["product"]
    told["passed"] = product["recall"] >= 0.999 and product["precision"] == 1.0
    return told


def components(n: int = 10_000_000, rounds: int = 3) -> dict[str, Any]:
    """Measure connected components of `n` edges against scipy, in the process.

    Args:
        n: how many edges.
        rounds: how often each engine runs, in turns.

    Returns:
        Medians, ratios, CPU seconds, peak memory, versions.

    Units:
        `ratio` is of whole processes, `inside_ratio` without start-up and reading.

    Raises:
        EngineError: an engine failed, or the answers differ.
    """
    with tempfile.TemporaryDirectory() as folder:
        place = made.edges(n, Path(folder) / "edges.parquet")
        return _same(_rounds("components", place, rounds))


def shared_identifiers(n: int = 10_000_000, rounds: int = 3) -> dict[str, Any]:
    """Measure star links of `n` identifiers against DuckDB and polars on hashed values.

    Args:
        n: how many identifiers, in a quarter as many records.
        rounds: how often each engine runs, in turns.

    Returns:
        Medians, ratios, CPU seconds, peak memory, versions.

    Raises:
        EngineError: an engine failed, or the answers differ.
    """
    with tempfile.TemporaryDirectory() as folder:
        place = made.identifiers(n, Path(folder) / "identifiers.parquet")
        return _same(_rounds("shared_identifiers", place, rounds))


def _rounds(job: str, place: Path, rounds: int, only: tuple[str, ...] = ()) -> dict[str, Any]:
    """Run every engine once a round; the product's kernels are compiled before."""
    from lianfang.engine.identify.linkage import kernels

    kernels.warm()
    engines = [name for name in ENGINES[job] if name == "product" or not only or name in only]
    runs: dict[str, list[dict[str, Any]]] = {name: [] for name in engines}
    labels = {}
    load = os.getloadavg()[0]
    for turn in range(rounds):
        for name in engines:
            kept = place.parent / f"{name}.npy"
            runs[name].append(_once(job, name, place, kept))
            if turn == 0 and kept.exists():
                labels[name] = np.load(kept)
    return {"job": job, "load_before": load, "rounds": rounds, **_summed(runs), "labels": labels}


def _once(job: str, name: str, place: Path, kept: Path) -> dict[str, Any]:
    """Run one engine in a fresh process; its own wall, CPU and peak memory."""
    call = [sys.executable, "-m", "lianfang.bench.kernels_engines", job, name, str(place), str(kept)]
    begin = time.perf_counter()
    child = subprocess.Popen(call, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    said = child.stdout.read()
    _, code, used = os.wait4(child.pid, 0)
    wall = time.perf_counter() - begin
    child.returncode = os.waitstatus_to_exitcode(code)
    if child.returncode:
        raise EngineError(
            Say(f"{name} 在 {job} 中失败", f"{name} failed at {job}"), code="E-BENCH-11", step=name
        )
    return {
        **json.loads(said.splitlines()[-1]), "wall_seconds": wall,
        "cpu_seconds": used.ru_utime + used.ru_stime,
    }


def _summed(runs: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    names = ("wall_seconds", "inside_seconds", "work_seconds", "cpu_seconds", "peak_mb")
    medians = {
        engine: {
            **{name: round(statistics.median(run[name] for run in all_runs), 3) for name in names},
            "n_answers": all_runs[0]["n_answers"], "answer": all_runs[0]["answer"],
            "walls": [round(run["wall_seconds"], 3) for run in all_runs],
        }
        for engine, all_runs in runs.items()
    }
    peers = [engine for engine in medians if engine != "product"]

    def ratio(name: str) -> float:
        return round(min(medians[p][name] for p in peers) / medians["product"][name], 2)

    return {
        "medians": medians, "ratio": ratio("wall_seconds"), "inside_ratio": ratio("inside_seconds"),
        "work_ratio": ratio("work_seconds"), "cpu_ratio": ratio("cpu_seconds"),
        "memory_ratio": ratio("peak_mb"), "versions": _versions(),
    }


def _same(told: dict[str, Any]) -> dict[str, Any]:
    """Refuse figures whose answers differ."""
    del told["labels"]
    answers = {engine: one["answer"] for engine, one in told["medians"].items()}
    if len(set(answers.values())) > 1:
        raise EngineError(
            Say(f"各引擎答案不同:{answers}", f"The engines' answers differ: {answers}"),
            code="E-BENCH-12", step=told["job"],
        )
    return told


def _versions() -> dict[str, str]:
    found = {name: importlib.metadata.version(name) for name in _PACKAGES}
    return {**found, "python": platform.python_version(), "machine": platform.machine(),
            "cores": str(len(os.sched_getaffinity(0)))}


def _against_truth(place: Path, labels: dict[str, Any]) -> dict[str, dict[str, float]]:
    """Compare families with the exact neighbours of sampled texts, by inverted index.

    Recall: neighbours of at least 0.7 that stand in the same family. Precision: members of a
    sampled text's family that some chain of truly similar pairs inside the family reaches.
    """
    import pyarrow.parquet as pq

    words = pq.read_table(place, columns=["body"])["body"].to_pylist()
    sets = _Shingles(words)
    draw = np.random.default_rng(11)
    sampled = draw.choice(len(words), min(N_SAMPLED, len(words)), replace=False)
    near = {int(k): sets.near(int(k)) for k in sampled}
    told = {}
    for engine, label in labels.items():
        pairs = sum(found.size for found in near.values())
        met = sum(int((label[found] == label[k]).sum()) for k, found in near.items())
        kept, reached = _reach(label, near, sets)
        told[engine] = {
            "recall": round(met / max(1, pairs), 5), "precision": round(reached / max(1, kept), 5),
            "n_true_pairs": pairs,
        }
    return told


def _reach(label: Any, near: dict[int, Any], sets: _Shingles) -> tuple[int, int]:
    """Count family members of sampled texts, and those a chain of verified pairs reaches."""
    order = np.argsort(label, kind="stable")
    ordered = label[order]
    kept = reached = 0
    for one in list(near)[:300]:
        lo, hi = np.searchsorted(ordered, label[one]), np.searchsorted(ordered, label[one], "right")
        members = set(order[lo:hi].tolist())
        if not 1 < len(members) <= 2000:
            continue
        seen, todo = {one}, [one]
        while todo:
            for other in sets.near(todo.pop()).tolist():
                if other in members and other not in seen:
                    seen.add(other)
                    todo.append(other)
        kept, reached = kept + len(members) - 1, reached + len(seen) - 1
    return kept, reached


class _Shingles:
    """Exact similarity by inverted index, spelled out with numpy alone."""

    def __init__(self, words: list[str]) -> None:
        points = np.frombuffer("".join(words).encode("utf-32-le"), np.uint32).astype(np.int64)
        owner = np.repeat(np.arange(len(words)), [len(word) for word in words])
        cut = (points[:-2] << 42) | (points[1:-1] << 21) | points[2:]
        inside = owner[:-2] == owner[2:]
        order = np.lexsort((owner[:-2][inside], cut[inside]))
        cut, owner = cut[inside][order], owner[:-2][inside][order]
        once = np.ones(cut.size, bool)
        once[1:] = (cut[1:] != cut[:-1]) | (owner[1:] != owner[:-1])
        self.cut, self.owner, self.words = cut[once], owner[once], words
        self.size = np.bincount(self.owner, minlength=len(words))
        self.known: dict[int, Any] = {}

    def near(self, one: int) -> Any:
        """Give all other texts of similarity 0.7 and more."""
        if one not in self.known:
            word = self.words[one]
            mine = np.array(
                sorted({(ord(a) << 42) | (ord(b) << 21) | ord(c)
                        for a, b, c in zip(word, word[1:], word[2:], strict=False)})
            )
            starts, ends = np.searchsorted(self.cut, mine), np.searchsorted(self.cut, mine, "right")
            rows = np.concatenate([np.arange(a, b) for a, b in zip(starts, ends, strict=True)])
            others, shared = np.unique(self.owner[rows], return_counts=True)
            union = self.size[others] + mine.size - shared
            self.known[one] = others[(10 * shared >= 7 * union) & (others != one)]
        return self.known[one]
