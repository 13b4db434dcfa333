"""`lianfang simulate` and `lianfang simulate score`: tables with known truth, and the judge of a run."""

from __future__ import annotations

import sys
from pathlib import Path

from lianfang.cli import show
from lianfang.engine.terms.codes import Exit
from lianfang.simulate.knobs import Knobs


def simulate(knobs: Knobs, out: Path, form: str = "csv") -> int:
    """Write a simulation and print its audit.

    Args:
        knobs: size and difficulty.
        out: folder for `tables/` and, beside it, the truth.
        form: `csv`, `parquet` or `xlsx`.

    Returns:
        0, or 1 where the audit does not hold.
    """
    from lianfang.simulate import audit, simulation

    made = simulation.simulate(knobs)
    simulation.write(made, out, form)
    counts = {kind.value: table.num_rows for kind, table in made.tables.items()}
    show.line(
        f"写入 {out}：" + "，".join(f"{kind} {n}" for kind, n in counts.items()),
        f"wrote {out}: " + ", ".join(f"{kind} {n}" for kind, n in counts.items()),
    )
    found = audit.audit(made)
    marks = {True: "✓", False: "✗"}
    head = ["", "项目", "结果", "要求"] if show.language() == "zh" else ["", "check", "found", "wanted"]
    show.table(head, [(marks[c.holds], show.said(c.name), c.found, c.wanted) for c in found.checks])
    if not found.holds:
        show.line("仿真数据没有通过真实性检查", "the simulation failed its realism audit", sys.stderr)
    return Exit.OK if found.holds else Exit.FAILED


def score(run_dir: Path, sim_dir: Path) -> int:
    """Print how well a run found the truth of a simulation.

    Args:
        run_dir: results of `lianfang run` on the simulation's tables.
        sim_dir: what `lianfang simulate` wrote.
    """
    from lianfang.simulate import evaluate

    for head, rows in evaluate.score(run_dir, sim_dir).tables():
        show.table([show.said(cell) for cell in head], rows)
        print()
    return Exit.OK
