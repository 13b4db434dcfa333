"""Kernels compiled once a machine: the ones every run needs first, the others beside it or before a large one.

A mark in the user's cache says which part is compiled, for this very code and interpreter. Parts are
compiled in processes of their own, each once, whoever asks for it.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import importlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from importlib.metadata import version
from pathlib import Path

from lianfang.cli import show

_LINKAGE = "lianfang.engine.identify.linkage.kernels."
FIRST = {
    "wordings": tuple(_LINKAGE + name for name in ("wording", "buckets", "near", "union")),
    "groups": tuple(_LINKAGE + name for name in ("groups", "grouping", "numbers", "letters", "known")),
}
"""What no run does without, in parts that take about as long."""

PARTS = FIRST | {
    "rings": ("lianfang.engine.identify.rings.warm",),
    "signals": ("lianfang.engine.identify.signals.warm",),
    "records": ("lianfang.engine.records.warm",),
    "conduct": ("lianfang.engine.conduct.warm",),
}
NEEDED = {"links": ("wordings", "groups"), "rings": ("rings",)}
"""Which of them a step of a run waits for."""

_started: dict[str, subprocess.Popen[bytes]] = {}
_BEHIND = {"wordings": "5", "groups": "5", "rings": "10"}
"""How far each lets others go first: the run itself before all, and what it needs last behind what it needs first."""
SMALL_BYTES, TINY_BYTES = 8_000_000, 1_500_000
"""Up to this much input is read, and its rings are found, without compiled kernels rather than after compiling them."""


def warm(only: str | None) -> int:
    """Compile all kernels, or those of one part (`only`, used by the workers)."""
    if only:
        return _compile(only)
    began = time.perf_counter()
    missing = [name for name in PARTS if not _mark(name).exists()]
    if not missing:
        show.line("计算核已经编译好了", "kernels are compiled already", sys.stderr)
        return 0
    show.line("编译计算核(只做一次)…", "compiling kernels (once) …", sys.stderr)
    failed = sum(worker.wait() != 0 for worker in _workers(missing))
    seconds = time.perf_counter() - began
    show.line(f"完成,{seconds:.0f} 秒", f"done in {seconds:.0f} s", sys.stderr)
    return 1 if failed else 0


def _workers(names: Sequence[str]) -> Iterator[subprocess.Popen[bytes]]:
    """Start a worker for every part, as many at once as there are processors; give each when it has ended."""
    running: list[subprocess.Popen[bytes]] = []
    waiting = list(names)
    while waiting or running:
        while waiting and len(running) < max(2, os.cpu_count() or 1):
            running.append(_worker(waiting.pop(0)))
        ended = [worker for worker in running if worker.poll() is not None]
        running = [worker for worker in running if worker.returncode is None]
        yield from ended
        if not ended:
            time.sleep(0.05)


def _worker(name: str, *before: str) -> subprocess.Popen[bytes]:
    command = [*before, sys.executable, "-m", "lianfang.cli.main", "warm", "--only", name]
    return subprocess.Popen(command, env=plainly())


def plainly() -> dict[str, str]:
    """Give the environment of a process that chooses kernels for itself, whatever this one does without."""
    return {name: value for name, value in os.environ.items() if name != "LIANFANG_KERNELS"}


def _compile(name: str) -> int:
    """Compile one part unless it is done; whoever comes second waits for the first."""
    with contextlib.ExitStack() as held:
        with contextlib.suppress(OSError):
            _room().mkdir(parents=True, exist_ok=True, mode=0o700)
            lock = held.enter_context((_room() / f"kernels-{name}.lock").open("w"))
            fcntl.flock(lock, fcntl.LOCK_EX)
        mark = _mark(name)
        if mark.exists():
            return 0
        for module in PARTS[name]:
            part = importlib.import_module(module)
            if hasattr(part, "warm"):
                part.warm()
        with contextlib.suppress(OSError):
            for old in _room().glob(f"kernels-{name}-{_where()}-*.ready"):
                old.unlink(missing_ok=True)
            mark.touch()
    return 0


def needed() -> None:
    """Compile what is missing before anything else, told to whoever waits."""
    if "LIANFANG_KERNELS" not in os.environ and any(not _mark(name).exists() for name in PARTS):
        warm(None)


def prepared(paths: Sequence[Path]) -> Callable[[str], None]:
    """Choose how a run works on this machine: with all kernels, or, small and early, with the first ones.

    Args:
        paths: the files and folders it will read.

    Returns:
        What to call with every step's name before it: it waits for the kernels the step needs.
    """
    if _started:
        return _await
    missing = [name for name in PARTS if not _mark(name).exists()]
    if not missing or "LIANFANG_KERNELS" in os.environ:
        return lambda _: None
    if "lianfang.engine.terms.compiled" in sys.modules or _size(paths) > SMALL_BYTES:
        warm(None)
        return lambda _: None
    is_tiny = _size(paths) <= TINY_BYTES
    awaited = [name for name in missing if name in FIRST or (name == "rings" and not is_tiny)]
    if awaited:  # the others are compiled by no run of this size, and nothing is to be told of them
        show.line(
            "这台机器上第一次运行:计算核在旁边编译(只做一次)…",
            "first run on this machine: kernels are compiled beside it (once) …",
            sys.stderr,
        )
    os.environ["LIANFANG_KERNELS"] = "off" if is_tiny else "few"
    _beside(awaited)
    return _await


def early() -> None:
    """Begin to compile what the first run needs, if it is missing; whoever needs it waits."""
    _beside([name for name in FIRST if not _mark(name).exists()])


def without() -> None:
    """Let this process, not yet at work, answer single texts without kernels where they would have to be compiled."""
    if any(not _mark(name).exists() for name in PARTS):
        os.environ.setdefault("LIANFANG_KERNELS", "off")


def _beside(names: Sequence[str]) -> None:
    for name in names:
        _started[name] = _worker(name, "nice", "-n", _BEHIND[name])


def _await(step: str) -> None:
    for name in NEEDED.get(step, ()):
        if name in _started:
            _started[name].wait()


def beside() -> None:
    """Compile what is missing in a process of its own, out of the way of whoever looks at a page."""
    if any(not _mark(name).exists() for name in PARTS):
        subprocess.Popen(
            ["nice", "-n", "10", sys.executable, "-m", "lianfang.cli.main", "warm"],
            env=plainly(),
            stderr=subprocess.DEVNULL,
        )


def _size(paths: Sequence[Path]) -> int:
    """Count the bytes of files and folders; packed ones count for what they may unpack to."""
    files = [file for path in paths for file in (path.rglob("*") if path.is_dir() else [path]) if file.is_file()]
    return sum(file.stat().st_size * (5 if file.suffix in (".parquet", ".xlsx") else 1) for file in files)


def _room() -> Path:
    room = os.environ.get("LIANFANG_CACHE") or os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(room) / "lianfang"


def _where() -> str:
    """Name this copy of the code."""
    return hashlib.sha256(str(_code()).encode()).hexdigest()[:12]


def _code() -> Path:
    return Path(__file__).parents[1] / "engine"


def _mark(name: str) -> Path:
    """Give the file that says a part is compiled."""
    return _room() / f"kernels-{name}-{_where()}-{_stamp()}.ready"


@cache
def _stamp() -> str:
    """Digest this code, interpreter and compiler."""
    seen = hashlib.sha256(f"{sys.version}|{version('numba')}|{version('llvmlite')}".encode())
    for file in sorted(_code().rglob("*.py")):
        stat = file.stat()
        seen.update(f"{file}|{stat.st_size}|{stat.st_mtime_ns}\n".encode())
    return seen.hexdigest()[:24]
