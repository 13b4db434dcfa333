"""The promise of rings, kept on a small world nobody tuned on: simulate, run, score."""

from __future__ import annotations

from pathlib import Path

import pytest

from lianfang.cli import run
from lianfang.simulate import evaluate, simulation
from lianfang.simulate.knobs import Knobs

# One small world has few campaigns of a kind: one stray advert of a campaign of twelve is a sixth
# of its pairs. docs/measures/rings.md has the figures of many worlds.
FEWEST_RECORDS = 30


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> evaluate.Report:
    """Score one run over one simulated world."""
    folder: Path = tmp_path_factory.mktemp("figures")
    world = simulation.simulate(Knobs(seed=90417, people=3000, institutions=6, days=120))
    simulation.write(world, folder / "world", "parquet")
    assert run.run(run.asked([folder / "world" / "tables"], folder / "out", threads=2)) == 0
    return evaluate.score(folder / "out", folder / "world")


def test_pairs_of_all_rings_reach_what_is_promised(scored: evaluate.Report) -> None:
    assert scored.precision is not None and scored.precision >= 0.95
    assert scored.recall is not None and scored.recall >= 0.90


def test_pairs_of_every_kind_come_near_it(scored: evaluate.Report) -> None:
    for kind in scored.campaigns:
        if kind.n_records >= FEWEST_RECORDS:
            assert kind.recall is not None and kind.recall >= 0.80, kind
            assert kind.precision is not None and kind.precision >= 0.90, kind


def test_the_innocent_are_not_harmed(scored: evaluate.Report) -> None:
    harmed = {kind.kind: kind.n_harmed for kind in scored.harms}
    assert harmed["template_copier"] == 0
    for kind in scored.harms:
        assert kind.harm_share <= 0.01, kind


def test_copiers_of_a_public_text_are_in_no_ring_at_all(scored: evaluate.Report) -> None:
    in_look = {kind.kind: kind.n_in_look for kind in scored.harms}
    assert in_look["template_copier"] == 0
