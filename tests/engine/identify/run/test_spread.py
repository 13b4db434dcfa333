"""The spread course gives the tables of the one-machine course, on DuckDB and on Spark."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from lianfang.engine.identify.guides import guide
from lianfang.engine.identify.linkage import batches, components, families
from lianfang.engine.identify.linkage.families import FamilyOptions
from lianfang.engine.identify.linkage.make import LinkOptions
from lianfang.engine.identify.run import course, results, spread, spread_links
from lianfang.engine.tables.duck import DuckTables
from lianfang.engine.tables.step import Plan, Sql
from lianfang.engine.terms.codes import Kind
from lianfang.engine.terms.errors import DefinitionError


def five(tables: dict[Any, pa.Table], outcome: course.Outcome) -> dict[str, pa.Table]:
    named = results.names(tables)
    return {
        "records": results.records(tables, outcome.verdicts),
        "signals": results.signals(outcome.signals, named),
        "links": results.links(outcome.links, named),
        "rings": results.rings(outcome.found.ring),
        "ring_members": results.members(outcome.found.member),
    }


def rows(table: pa.Table) -> list[str]:
    """The rows of a table in an order of their own, the lists and moments spelled out."""
    names = sorted(table.column_names)
    return sorted(repr([row[name] for name in names]) for row in table.to_pylist())


@pytest.fixture(scope="module")
def duck() -> Iterator[DuckTables]:
    machine = DuckTables(2)
    yield machine
    machine.close()


@pytest.fixture(scope="module")
def on_duck(simulated: dict[Any, Any], todo: course.Course, duck: DuckTables) -> course.Outcome:
    return spread.run(simulated, todo, duck)


def test_the_plan_on_duckdb_gives_the_tables_of_one_machine(simulated, one_machine, on_duck):
    wanted, got = five(simulated, one_machine), five(simulated, on_duck)
    for name, table in wanted.items():
        assert table.num_rows > 10, name
        assert got[name].equals(table), name
    assert on_duck.hubs.equals(one_machine.hubs)
    assert on_duck.sources.families.equals(one_machine.sources.families)


@pytest.mark.spark
def test_the_plan_on_spark_gives_the_tables_of_one_machine(simulated, todo, spark, duck, on_duck, one_machine):
    from lianfang.engine.tables.spark import SparkTables

    machine = SparkTables(spark)
    outcome = spread.run(simulated, todo, machine)
    wanted, got = five(simulated, one_machine), five(simulated, outcome)
    for name, table in wanted.items():
        assert got[name].equals(table), name
    # Every step by itself: the same SQL, the same kernels, fed by the other machine.
    steps = spread.plan({str(kind): table.schema for kind, table in simulated.items()}, todo.book).steps
    for step in steps:
        if isinstance(step, Sql) and not step.name.startswith(("texts_", "asked_", "identifiers_", "known_")):
            assert rows(machine.arrow(step.name)) == rows(duck.arrow(step.name)), step.name
    machine.close()
    assert machine.names() == ()


@pytest.mark.parametrize("window", [1, 3, 64])
@pytest.mark.parametrize("seed", range(3))
def test_two_rounds_of_pairs_make_the_families_of_one_machine(window, seed):
    draw = np.random.default_rng(seed)
    # Few letters and many edits: buckets larger than the window, families that hang by one pair.
    bases = ["".join(chr(0x4E00 + int(k)) for k in draw.integers(0, 40, 60)) for _ in range(4)]
    bodies = []
    for _ in range(300):
        letters = list(bases[int(draw.integers(4))])
        for _ in range(int(draw.integers(0, 9))):
            letters[int(draw.integers(60))] = chr(0x4E00 + int(draw.integers(0, 40)))
        bodies.append("".join(letters))
    numbers = np.sort(draw.choice(10_000, len(bodies), replace=False))
    options = LinkOptions(families=FamilyOptions(window=window))
    asked = spread_links.steps({}, frozenset(), options)
    wanted = ("copy_keys", "copies", "wordings", "band_keys", "ranked", "head_pairs", "head_bodies", "head_verified",
              "headed", "mixed", "far_pairs", "far_bodies", "far_verified", "rooted")  # fmt: skip
    machine = DuckTables(2)
    machine.put("folded", pa.table({"record_no": numbers, "body": bodies}))
    Plan(tuple(step for name in wanted for step in asked if step.name == name)).on(machine)
    family = families.families(batches.texts_of(pa.array(bodies)), options.families).family
    edges = [machine.arrow("copies").select(["record_no", "first_no"]), machine.arrow("rooted")]
    ends = np.concatenate([np.stack([column.to_numpy() for column in one.columns], 1) for one in edges])
    label = components.components(*np.searchsorted(numbers, ends).T, len(bodies))
    assert label.tolist() == family.tolist()
    assert machine.arrow("far_pairs").num_rows > 0
    machine.close()


def test_a_run_without_records_and_one_without_guides(simulated, todo):
    machine = DuckTables(1)
    nothing = {kind: table.slice(0, 0) for kind, table in simulated.items()}
    assert spread.run(nothing, todo, machine).found.ring.num_rows == 0
    contacts = {Kind.CONTACT: simulated[Kind.CONTACT]}
    silent = course.Course(guide.GuideBook((), (), {}, "none"), threads=1)
    outcome = spread.run(contacts, silent, machine)
    made = five(contacts, outcome)
    assert set(made["records"]["level"].to_pylist()) == {"none"}
    assert made["records"].num_rows == contacts[Kind.CONTACT].num_rows and made["signals"].num_rows == 0
    machine.close()


def test_a_plan_is_whole(simulated, todo):
    schemas = {str(kind): table.schema for kind, table in simulated.items()}
    plan = spread.plan(schemas, todo.book)
    plan.check(schemas)
    with pytest.raises(DefinitionError):
        plan.check(list(schemas)[1:])
