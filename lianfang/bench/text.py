"""Folding and scanning beside engines that scan without folding; one text in a running process."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

_HAN = (0x4E00, 0x4E00 + 6000)
_ENGINES = ("product", "hyperscan", "daachorse")


def scan(megabytes: int = 200, n_phrases: int = 5000, rounds: int = 3) -> dict[str, Any]:
    """Scan Chinese texts for thousands of phrases; the product folds first, its peers do not.

    Args:
        megabytes: size of the texts, UTF-8.
        n_phrases: made-up phrases of 2 to 6 characters, a tenth of a hit a hundred characters.
        rounds: runs of each engine, interleaved, each in a process of its own.

    Returns:
        Median MB/s of each engine inside its process, CPU seconds, and the ratio to the best peer.
    """
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        _make(place, megabytes, n_phrases)
        runs: dict[str, list[dict[str, float]]] = {name: [] for name in _ENGINES}
        for _ in range(rounds):
            for name in _ENGINES:
                runs[name].append(_child(name, place))
    told: dict[str, Any] = {
        name: {
            "mb_per_s": round(median(one["mb_per_s"] for one in held)),
            "cpu_s": round(median(one["cpu_s"] for one in held), 2),
            "hits": held[0]["hits"],
        }
        for name, held in runs.items()
    }
    best = max(_ENGINES[1:], key=lambda name: told[name]["mb_per_s"])
    told["ratio_to_best"] = round(told["product"]["mb_per_s"] / told[best]["mb_per_s"], 2)
    told["ratio_cpu"] = round(told[best]["cpu_s"] / told["product"]["cpu_s"], 2)
    return told | {"best_peer": best, "megabytes": megabytes, "n_phrases": n_phrases, "rounds": rounds}


def _make(place: Path, megabytes: int, n_phrases: int) -> None:
    chance = np.random.default_rng(7)
    sizes = chance.integers(2, 7, n_phrases)
    phrases = sorted({"".join(map(chr, chance.integers(*_HAN, size))) for size in sizes})
    (place / "phrases.json").write_text(json.dumps(phrases, ensure_ascii=False), "utf-8")
    n_points = megabytes * 1_000_000 // 3
    points = chance.integers(*_HAN, n_points).astype(np.uint32)
    for at in chance.integers(0, n_points - 8, n_points // 120):
        word = np.frombuffer(phrases[at % len(phrases)].encode("utf-32-le"), np.uint32)
        points[at : at + word.size] = word
    text = points.tobytes().decode("utf-32-le")
    rows = [text[at : at + 120] for at in range(0, n_points, 120)]
    pq.write_table(pa.table({"text": pa.array(rows, pa.large_string())}), place / "texts.parquet")


def _child(name: str, place: Path) -> dict[str, float]:
    command = [sys.executable, "-m", "lianfang.bench.text", name, str(place)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    answer: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return answer


def _run(name: str, place: Path) -> dict[str, float]:
    phrases = json.loads((place / "phrases.json").read_text("utf-8"))
    column = pq.read_table(place / "texts.parquet")["text"].combine_chunks()
    work = {"product": _product, "hyperscan": _hyperscan, "daachorse": _daachorse}[name]
    search = work(phrases)
    n_bytes = column.nbytes
    began, cpu = time.perf_counter(), time.process_time()
    hits = search(column)
    seconds = time.perf_counter() - began
    return {"mb_per_s": n_bytes / 1e6 / seconds, "cpu_s": time.process_time() - cpu, "hits": hits}


def _product(phrases: list[str]) -> Any:
    from lianfang.engine.text import scan as scanning

    made = scanning.Phrases(phrases)
    scanning.scan_table(made, pa.array(["热身"], pa.large_string()))
    return lambda column: len(scanning.scan_table(made, column))


def _hyperscan(phrases: list[str]) -> Any:
    import hyperscan

    database = hyperscan.Database()
    database.compile(
        expressions=[one.encode() for one in phrases],
        ids=list(range(len(phrases))),
        elements=len(phrases),
        flags=0,
    )

    def search(column: Any) -> int:
        n = 0

        def hit(*_: Any) -> None:
            nonlocal n
            n += 1

        whole = column.buffers()[2].to_pybytes()
        for at in range(0, len(whole), 8 << 20):
            database.scan(whole[at : at + (8 << 20)], match_event_handler=hit)
        return n

    return search


def _daachorse(phrases: list[str]) -> Any:
    import daachorse

    automaton = daachorse.CharwiseDoubleArrayAhoCorasick(phrases)
    return lambda column: sum(len(automaton.find(text)) for text in column.to_pylist())


def check(n: int = 3000) -> dict[str, Any]:
    """Ask one text after another of a running process; say how long each waited.

    Args:
        n: texts, from the simulator's posts and complaints.

    Returns:
        p50, p95, p99 and the longest, in milliseconds.
    """
    from lianfang.engine.identify.guides import kept
    from lianfang.engine.identify.signals import check as checking
    from lianfang.engine.terms.codes import Kind
    from lianfang.simulate import simulation
    from lianfang.simulate.knobs import Knobs

    made = simulation.simulate(Knobs(seed=11, people=2000, institutions=4, days=60))
    texts = [row for kind in (Kind.COMPLAINT, Kind.POST) for row in _texts(made.tables[kind])][:n]
    book = kept.book()
    for text in texts[:50]:
        checking.check(text, book)
    waited = []
    for text in texts:
        began = time.perf_counter()
        checking.check(text, book)
        waited.append((time.perf_counter() - began) * 1000)
    marks = np.percentile(waited, [50, 95, 99, 100])
    return dict(
        zip(
            ("p50_ms", "p95_ms", "p99_ms", "longest_ms"), (round(float(one), 2) for one in marks), strict=True
        )
    ) | {"n": len(texts)}


def _texts(table: Any) -> list[str]:
    longest = max(
        table.column_names, key=lambda name: sum(len(str(one or "")) for one in table[name][:50].to_pylist())
    )
    return [one for one in table[longest].to_pylist() if one]


def starts(rounds: int = 5) -> dict[str, Any]:
    """Time commands that need no kernel, from the shell's point of view."""
    commands = {
        "version": ["version"],
        "help": ["--help"],
        "guide list": ["guide", "list"],
        "check": ["check", "专业停息挂账,不成功不收费,加薇信 abc12345"],
    }
    told = {}
    for name, words in commands.items():
        seconds = []
        for _ in range(rounds):
            began = time.perf_counter()
            subprocess.run(
                [sys.executable, "-m", "lianfang.cli.main", *words], capture_output=True, check=False
            )
            seconds.append(time.perf_counter() - began)
        told[name] = round(median(seconds), 3)
    return {"seconds": told, "rounds": rounds}


if __name__ == "__main__":
    print(json.dumps(_run(sys.argv[1], Path(sys.argv[2]))))
