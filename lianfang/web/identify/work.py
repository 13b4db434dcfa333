"""The worker's part: take a waiting run, let its own process do it, keep what it found."""

from __future__ import annotations

import subprocess
import sys
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from lianfang.cli import warm
from lianfang.engine.terms import clock
from lianfang.engine.terms.errors import Say
from lianfang.web.identify import actions, shelves

if TYPE_CHECKING:
    from lianfang.web.identify.models import Run

LOST_AFTER, MOST_TRIES, LOOK_EVERY_SECONDS = timedelta(seconds=60), 2, 0.3


def once() -> bool:
    """Do one waiting run, if there is one; say whether there was."""
    actions.give_back(clock.now() - LOST_AFTER, MOST_TRIES)
    run = actions.claim()
    if run is None:
        return False
    told = _done(run)
    if "wrong" in told:
        actions.fail(run, told["wrong"])
    else:
        actions.finish(run, told, _rings(run))
    return True


def _done(run: Run) -> dict[str, Any]:
    folder = shelves.folder_of(run.code)
    for left in ("told.json", "step.json"):
        (folder / left).unlink(missing_ok=True)
    (folder / "judgements.csv").write_text(actions.judgements_file(run.institution), "utf-8")
    with (folder / "child.log").open("wb") as log:
        child = subprocess.Popen(
            [sys.executable, "-m", "lianfang.web.identify.child", "run", str(folder)],
            stdout=log, stderr=log, env=warm.plainly(),
        )  # fmt: skip
        try:
            _watch(run, child)
        except KeyboardInterrupt:  # the worker is being stopped, which is not the run's fault
            actions.hand_back(run)
            raise
        finally:
            if child.poll() is None:
                child.terminate()
                child.wait(10)
    told = shelves.read(run.code, "told.json")
    return told or {"wrong": actions.wrong(Say("运行程序中途停住", "the running program stopped half-way"), "E-RUN-05")}


def _watch(run: Run, child: subprocess.Popen[bytes]) -> None:
    told_at = 0.0
    seen: dict[str, Any] = {}
    while child.poll() is None:
        step = shelves.read(run.code, "step.json")
        if step != seen or time.monotonic() - told_at > 10:
            actions.beat(run, step)
            seen, told_at = step, time.monotonic()
        time.sleep(LOOK_EVERY_SECONDS)


def _rings(run: Run) -> list[dict[str, Any]]:
    import pyarrow.parquet as pq

    table = pq.read_table(shelves.folder_of(run.code) / "results" / "rings.parquet")
    rows: list[dict[str, Any]] = table.to_pylist()
    return rows
