"""What was counted since the office started, told as Prometheus reads it. Routes are names, so no row and no person.

Where several processes answer pages, each leaves its counts in a folder every second, and whoever is asked adds them up.
"""

from __future__ import annotations

import contextlib
import json
import os
import threading
import time
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

BOUNDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


class Counts:
    """Requests by route, method and code; seconds by route; how many are under way; how many were turned away."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: dict[tuple[str, str, str], int] = defaultdict(int)
        self._seconds: dict[str, list[float]] = {}
        self._under_way = self._turned_away = 0

    def began(self) -> None:
        """Count a request that came in."""
        with self._lock:
            self._under_way += 1

    def ended(self, route: str, method: str, code: int, seconds: float) -> None:
        """Count a request that was answered."""
        with self._lock:
            self._under_way -= 1
            self._requests[route, method if method in METHODS else "OTHER", str(code)] += 1
            row = self._seconds.setdefault(route, [0.0] * (len(BOUNDS) + 2))
            row[bisect_left(BOUNDS, seconds)] += 1
            row[-1] += seconds

    def turned_away(self) -> None:
        """Count a request answered 503 because the office was full."""
        with self._lock:
            self._turned_away += 1

    def told(self) -> dict[str, Any]:
        """Give everything counted, as another process can read it."""
        with self._lock:
            return {
                "requests": [[*key, n] for key, n in self._requests.items()], "turned_away": self._turned_away,
                "seconds": {name: list(row) for name, row in self._seconds.items()}, "under_way": self._under_way,
            }  # fmt: skip

    def add(self, told: Mapping[str, Any]) -> None:
        """Add what another process counted."""
        with self._lock:
            for route, method, code, n in told["requests"]:
                self._requests[route, method, code] += n
            for name, row in told["seconds"].items():
                held = self._seconds.setdefault(name, [0.0] * len(row))
                self._seconds[name] = [one + more for one, more in zip(held, row, strict=True)]
            self._under_way += told["under_way"]
            self._turned_away += told["turned_away"]

    def lines(self) -> Iterable[str]:
        """Give the text Prometheus reads, line by line."""
        with self._lock:
            requests, seconds = sorted(self._requests.items()), {name: list(row) for name, row in sorted(self._seconds.items())}
            under_way, turned_away = self._under_way, self._turned_away
        yield from _head("lianfang_requests_total", "counter", "requests answered")
        for (route, method, code), n in requests:
            yield _line("lianfang_requests_total", {"route": route, "method": method, "code": code}, n)
        yield from _head("lianfang_request_seconds", "histogram", "seconds a request took, waiting in line included")
        for route, row in seconds.items():
            yield from _histogram(route, row)
        yield from gauge("lianfang_requests_under_way", "requests being answered now", under_way)
        yield from _head("lianfang_turned_away_total", "counter", "requests answered 503 because the office was full")
        yield _line("lianfang_turned_away_total", {}, turned_away)


COUNTS = Counts()
_SHARED: list[Shared] = []


def share(folder: Path) -> None:
    """Count together with the other processes that use this folder."""
    _SHARED.append(Shared(folder, COUNTS))


def everything() -> Counts:
    """Give what all processes counted, or this one where it is alone."""
    return _SHARED[-1].all() if _SHARED else COUNTS


class Shared:
    """The folder where the processes of one office leave their counts for each other."""

    EVERY = 1.0  # seconds; what the others know of this process is no older

    def __init__(self, folder: Path, counts: Counts) -> None:
        self.place, self.counts, self._thread = folder / f"{os.getpid()}.json", counts, threading.Thread(target=self._tell, daemon=True)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._thread.start()

    def write(self) -> None:
        """Leave what was counted so far; a reader never sees half of it."""
        beside = self.place.with_suffix(".new")
        beside.write_text(json.dumps(self.counts.told()), "utf-8")
        beside.replace(self.place)

    def all(self) -> Counts:
        """Add up this process and the others."""
        every = Counts()
        every.add(self.counts.told())
        for place in self.place.parent.glob("*.json"):
            if place != self.place:
                told = json.loads(place.read_text("utf-8"))
                # A process that ended answers nothing any more; what it counted stays counted.
                every.add(told if _runs(int(place.stem)) else told | {"under_way": 0})
        return every

    def _tell(self) -> None:
        before: dict[str, Any] | None = None
        while True:
            now = self.counts.told()
            if now != before:
                with contextlib.suppress(OSError):  # a full disk must not stop the counting
                    self.write()
                    before = now
            time.sleep(self.EVERY)


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def gauge(name: str, meaning: str, value: float | Mapping[str, float]) -> Iterable[str]:
    """Tell one number, or one a state."""
    yield from _head(name, "gauge", meaning)
    if isinstance(value, Mapping):
        for state, n in sorted(value.items()):
            yield _line(name, {"state": state}, n)
    else:
        yield _line(name, {}, value)


def resident_bytes() -> int:
    """Say how much memory this process holds; 0 where the system does not tell."""
    told = Path("/proc/self/status")
    if not told.exists():
        return 0
    for line in told.read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) << 10
    return 0


def _histogram(route: str, row: list[float]) -> Iterable[str]:
    name, sofar = "lianfang_request_seconds", 0.0
    for bound, n in zip([*map(str, BOUNDS), "+Inf"], row[:-1], strict=True):
        sofar += n
        yield _line(f"{name}_bucket", {"route": route, "le": bound}, sofar)
    yield _line(f"{name}_sum", {"route": route}, row[-1])
    yield _line(f"{name}_count", {"route": route}, sofar)


def _head(name: str, sort: str, meaning: str) -> Iterable[str]:
    yield f"# HELP {name} {meaning}"
    yield f"# TYPE {name} {sort}"


def _line(name: str, labels: Mapping[str, str], value: float) -> str:
    told = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels.items())
    return f"{name}{{{told}}} {value:g}" if told else f"{name} {value:.10g}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
