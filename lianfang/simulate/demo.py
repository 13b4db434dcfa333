"""The demo: three lenders and an association, small enough to be looked through by hand."""

from __future__ import annotations

from pathlib import Path

from lianfang.simulate import simulation
from lianfang.simulate.knobs import Knobs

KNOBS = Knobs(seed=315, people=1_500, institutions=3, days=90)


def demo(folder: Path) -> list[Path]:
    """Write the demo's tables (`folder/tables`) and their truth beside them.

    Args:
        folder: made anew.

    Returns:
        The files, more than two thousand records in six tables.
    """
    return simulation.write(simulation.simulate(KNOBS), folder, "csv")
