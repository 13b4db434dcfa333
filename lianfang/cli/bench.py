"""`lianfang bench`: measure beside peers in one run, write `docs/measures/`."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from lianfang.cli import show
from lianfang.engine.terms.clock import now
from lianfang.engine.terms.errors import InputError, Say

_PEERS = (
    "rensa",
    "gaoya",
    "hyperscan",
    "daachorse",
    "polars",
    "scipy",
    "duckdb",
    "numpy",
    "numba",
    "pyarrow",
    "splink",
)


def _topics(small: bool) -> dict[str, Callable[[], Any]]:
    from lianfang.bench import conduct, conduct_gate, kernels, office, runs, screens, text

    return {
        "starts": text.starts,
        "check": lambda: text.check(500 if small else 3000),
        "scan": lambda: text.scan(20 if small else 200, rounds=1 if small else 3),
        "components": lambda: kernels.components(200_000 if small else 10_000_000),
        "shared_identifiers": lambda: kernels.shared_identifiers(200_000 if small else 10_000_000),
        "near_duplicates": lambda: kernels.near_duplicates(20_000 if small else 1_000_000),
        "run": lambda: runs.whole((10_000, 50_000) if small else (100_000, 1_000_000, 5_000_000)),
        "day_after": lambda: runs.day_after(20_000 if small else 1_000_000),
        "conduct_audit": lambda: conduct.audit(100_000 if small else 10_000_000),
        "screens": lambda: screens.screens(20_000 if small else 1_000_000, 300 if small else 10_000),
        "conduct_gate": lambda: conduct_gate.gate(20_000 if small else 10_000_000),
        "office": lambda: office.office(10, 10, 500) if small else office.office(),
    }


def bench(names: tuple[str, ...], size: str) -> int:
    """Run the asked topics, or all; each writes one JSON file and its page.

    Raises:
        InputError: a topic that does not exist.
    """
    small = size == "small"
    topics = _topics(small)
    if unknown := set(names) - set(topics):
        raise InputError(
            Say(
                f"没有这个测速题:{'、'.join(sorted(unknown))}", f"no such topic: {', '.join(sorted(unknown))}"
            ),
            code="E-BENCH-01",
            fix=Say(f"可选:{'、'.join(topics)}", f"one of: {', '.join(topics)}"),
        )
    for name in names or topics:
        show.line(f"测 {name} …", f"measuring {name} …")
        told = {"topic": name, "size": size, "machine": _machine(), "figures": topics[name]()}
        if not small:
            _keep(name, told)
        print(json.dumps(told["figures"], ensure_ascii=False, indent=1))
    return 0


def _keep(name: str, told: dict[str, Any]) -> None:
    folder = Path(__file__).parents[2] / "docs" / "measures"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.json").write_text(
        json.dumps(told, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
    )
    if name == "office":
        from lianfang.bench import office

        (folder / "office.md").write_text(office.page(told), encoding="utf-8")


def _machine() -> dict[str, Any]:
    found = {}
    for name in _PEERS:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    load = os.getloadavg()[0]
    return {
        "cores": os.cpu_count(), "processor": _processor(), "system": platform.system(), "python": platform.python_version(),
        "load_before": round(load, 2), "on": now().date().isoformat(), "versions": found,
    }  # fmt: skip


def _processor() -> str:
    told = Path("/proc/cpuinfo")
    if told.exists():
        for line in told.read_text(errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.machine()
