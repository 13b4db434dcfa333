"""Compile every kernel into the cache, two rooms at a time, so that no user waits for it."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
import time

from lianfang.cli import show

# Rooms with a `warm()`, heaviest first, so that two workers end together.
ROOMS = (
    "lianfang.engine.identify.signals.warm",
    "lianfang.engine.identify.linkage.kernels",
    "lianfang.engine.records.warm",
    "lianfang.engine.identify.rings.warm",
    "lianfang.engine.conduct.warm",
)


def warm(only: str | None) -> int:
    """Compile all kernels, or those of one room (`only`, used by the workers)."""
    if only:
        importlib.import_module(only).warm()
        return 0
    began = time.perf_counter()
    show.line("编译计算核(只做一次)…", "compiling kernels (once) …", sys.stderr)
    waiting, failed = list(ROOMS), 0
    running: list[tuple[str, subprocess.Popen[bytes]]] = []
    while waiting or running:
        while waiting and len(running) < max(2, os.cpu_count() or 1):
            room = waiting.pop(0)
            running.append(
                (room, subprocess.Popen([sys.executable, "-m", "lianfang.cli.main", "warm", "--only", room]))
            )
        room, worker = running.pop(0)
        failed += worker.wait() != 0
    show.line(
        f"完成,{time.perf_counter() - began:.0f} 秒",
        f"done in {time.perf_counter() - began:.0f} s",
        sys.stderr,
    )
    return 1 if failed else 0
