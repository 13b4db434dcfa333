"""`lianfang run NEW --since EARLIER`: add a day's records to a finished run."""

from __future__ import annotations

import argparse
from importlib.metadata import version
from pathlib import Path
from typing import Any

from lianfang.cli import run as runs


def marks(todo: Any) -> dict[str, object]:
    """Say what must be the same for one run to go on from another."""
    return {"version": version("lianfang"), "guides": todo.book.digest}


def run(asked: argparse.Namespace, beside: Path, watch: runs.Watch) -> str:
    """Go on from the earlier run's state; the answer is that of one run over everything."""
    from lianfang.engine.identify.run import course, memory, renew

    todo = runs.settings(asked)
    before = memory.open_(asked.since / "state", marks(todo))
    loaded = runs.read(asked, beside, watch)
    fresh = renew.numbered({kind: loaded.table(kind) for kind in loaded.tables}, before)
    state = beside / "state"
    state.mkdir(mode=0o700)
    memory.copy_index(before.folder / "index", state / "index")
    outcome = renew.run(
        fresh, before, state / "index", todo, lambda name: watch.step(name, course.STEPS[name])
    )
    told = runs.write(asked, beside, watch, loaded, outcome, todo)
    memory.keep(state, outcome, marks(todo), before)
    return told
