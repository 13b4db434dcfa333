"""Rings against known truth: simulated worlds, the engine beside equal texts and beside like texts.

`python -m lianfang.bench.rings` prints the tables of docs/measures/rings.md.
"""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from lianfang.engine.identify.run.course import Outcome
from lianfang.engine.terms.codes import Kind, Level
from lianfang.simulate import evaluate
from lianfang.simulate.knobs import Knobs

# Worlds nothing was tuned on: the usual knobs at three sizes, then harder ones, then the size people ask for.
WORLDS: Mapping[str, Knobs] = {
    "A": Knobs(seed=930201, people=3000, institutions=6, days=90),
    "B": Knobs(seed=930202, people=5000),
    "C": Knobs(seed=930203, people=8000, days=240),
    "D": Knobs(
        seed=930204, people=6000, institutions=8, days=120, paraphrase=0.35, noise=0.4, churn=0.6
    ),
    "E": Knobs(
        seed=930205, people=6000, institutions=16, days=60, paraphrase=0.1, noise=0.5, overlap=0.2, churn=0.9
    ),
    "F": Knobs(seed=930206, people=20000),
}
WAYS = ("equal texts", "like texts", "engine")
LEAST_PEOPLE = 5  # so many people behind one text are a ring to review, where only texts are looked at


def measure(knobs: Knobs) -> dict[str, evaluate.Report]:
    """Score one world three ways.

    Args:
        knobs: the world.

    Returns:
        Report by way: equal texts, like texts (template families by MinHash), the whole engine.
    """
    from lianfang.engine.identify.guides import kept
    from lianfang.engine.identify.run import course
    from lianfang.engine.records import load
    from lianfang.simulate import simulation

    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        simulation.write(simulation.simulate(knobs), home / "world", "parquet")
        loaded = load.load([home / "world" / "tables"], load.LoadOptions(None, (), home / "spill"))
        tables = {kind: loaded.table(kind) for kind in loaded.tables}
        outcome = course.run(tables, course.Course(kept.book(None)))
        return {
            "equal texts": _by_text(home / "world", tables, _equal(tables)),
            "like texts": _by_text(home / "world", tables, _like(outcome)),
            "engine": _by_engine(home / "world", tables, outcome),
        }


def _equal(tables: Mapping[Kind, pa.Table]) -> dict[int, int]:
    """Give every record with a text the number of that text."""
    numbers: dict[str, int] = {}
    return {
        number: numbers.setdefault(text, len(numbers))
        for table in tables.values() if "text" in table.column_names
        for number, text in zip(table["record_no"].to_pylist(), table["text"].to_pylist(), strict=True)
        if text
    }  # fmt: skip


def _like(outcome: Outcome) -> dict[int, int]:
    """Give every record of a template family the family; who copied a public text counts too."""
    family = outcome.sources.families
    return {} if family is None else dict(
        zip(family["record_no"].to_pylist(), family["family_no"].to_pylist(), strict=True)
    )  # fmt: skip


def _by_text(world: Path, tables: Mapping[Kind, pa.Table], of: Mapping[int, int]) -> evaluate.Report:
    """Score groups of texts: two records make a ring, five people make one to review."""
    named, people = _named(tables), _people(tables)
    rings: dict[str, list[evaluate.Key]] = defaultdict(list)
    seen: dict[str, set[int]] = defaultdict(set)
    for number, group in of.items():
        rings[str(group)].append(named[number])
        seen[str(group)].add(int(people[number]))
    review = {ring for ring, who in seen.items() if len(who) >= LEAST_PEOPLE}
    return evaluate.judged(world, {ring: one for ring, one in rings.items() if len(one) > 1}, review, {})


def _by_engine(world: Path, tables: Mapping[Kind, pa.Table], outcome: Outcome) -> evaluate.Report:
    named, verdicts = _named(tables), outcome.verdicts
    levels = dict(zip(*(outcome.found.ring[name].to_pylist() for name in ("ring_id", "level")), strict=True))
    rings: dict[str, list[evaluate.Key]] = defaultdict(list)
    for ring, number in zip(
        *(outcome.found.member[name].to_pylist() for name in ("ring_id", "record_no")), strict=True
    ):
        if levels[ring] != Level.NONE:
            rings[ring].append(named[number])
    answers = {
        named[number]: (activity, level)
        for number, activity, level in zip(
            *(verdicts[name].cast(pa.string()).to_pylist() if name != "record_no" else verdicts[name].to_pylist()
              for name in ("record_no", "activity", "level")), strict=True
        )
    }  # fmt: skip
    return evaluate.judged(world, rings, {ring for ring, level in levels.items() if level == Level.REVIEW}, answers)


def _named(tables: Mapping[Kind, pa.Table]) -> dict[int, evaluate.Key]:
    return {
        number: (str(kind), record)
        for kind, table in tables.items()
        for number, record in zip(
            *(table[name].to_pylist() for name in ("record_no", "record_id")), strict=True
        )
    }


def _people(tables: Mapping[Kind, pa.Table]) -> np.ndarray:
    from lianfang.engine.identify.linkage import people

    n_records = 1 + max(int(np.asarray(table["record_no"]).max(initial=-1)) for table in tables.values())
    return people.people(list(tables.values()), n_records).person


def pages(told: Mapping[str, Mapping[str, evaluate.Report]]) -> str:
    """Write the figures of all worlds as tables: one for each way, one of harm."""
    parts = []
    for way in reversed(WAYS):
        reports = {world: ways[way] for world, ways in told.items()}
        rows = [["all", *(_pair(one.recall, one.precision) for one in reports.values())]]
        kinds = [{c.kind: c for c in one.campaigns} for one in reports.values()]
        rows += [
            [kind, *(_pair(one[kind].recall, one[kind].precision) if kind in one else "" for one in kinds)]
            for kind in sorted({kind for one in kinds for kind in one})
        ]
        parts.append(_table([f"{way}: recall / precision of pairs", *reports], rows))
        harms = [{h.kind: h for h in one.harms} for one in reports.values()]
        rows = [
            [kind, *(f"{one[kind].n_harmed} / {one[kind].n_people}" if kind in one else "" for one in harms)]
            for kind in sorted({kind for one in harms for kind in one})
        ]
        parts.append(_table([f"{way}: innocent people in a ring to review", *reports], rows))
    return "\n".join(parts)


def _pair(recall: float | None, precision: float | None) -> str:
    return " / ".join("–" if one is None else f"{one:.3f}" for one in (recall, precision))


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


if __name__ == "__main__":
    print(pages({name: measure(knobs) for name, knobs in WORLDS.items()}))
