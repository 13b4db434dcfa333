"""One plan for two machines: what a step reads, what it makes, how it is done.

A step is written once. `Sql` is text in the portable subset (see `dialect`), `Rows` is a function
from batch to batch that never looks outside its batch, `Whole` is a function from whole tables to one
table, for work whose answer is linear in its input and must see all of it (union-find).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import pyarrow as pa

from lianfang.engine.terms.errors import DefinitionError, Fault, Say


@dataclass(frozen=True)
class Sql:
    """A named select statement; `$name` places are filled from `params`, never by formatting."""

    name: str
    sql: str
    reads: tuple[str, ...]
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Rows:
    """A kernel from one batch to one batch; DuckDB feeds it batches, Spark runs it in `mapInArrow`."""

    name: str
    work: Callable[[pa.RecordBatch], pa.RecordBatch]
    reads: tuple[str]
    schema: pa.Schema


@dataclass(frozen=True)
class Whole:
    """A kernel over whole tables. On Spark its input is collected to the driver first."""

    name: str
    work: Callable[[Mapping[str, pa.Table]], pa.Table]
    reads: tuple[str, ...]
    schema: pa.Schema


Step = Sql | Rows | Whole


class Tables(Protocol):
    """A machine that keeps named tables and runs steps."""

    def put(self, name: str, table: pa.Table) -> None:
        """Keep a table under a name, in place of any older one."""

    def run(self, step: Step) -> None:
        """Run one step and keep what it makes under the step's name."""

    def arrow(self, name: str) -> pa.Table:
        """Give a kept table as Arrow, in no promised order."""

    def names(self) -> tuple[str, ...]:
        """Name the tables kept."""

    def close(self) -> None:
        """Let the machine go."""


@dataclass(frozen=True)
class Plan:
    """Steps in order; every table a step reads has a maker before it."""

    steps: tuple[Step, ...]

    def check(self, given: Iterable[str]) -> None:
        """Refuse a plan that reads a table nobody makes, or makes one twice.

        Raises:
            DefinitionError: with one fault for every such step.
        """
        known, faults = set(given), []
        for step in self.steps:
            for name in sorted(set(step.reads) - known):
                faults.append(
                    Fault(
                        f"plan:{step.name}",
                        Say(
                            f"步骤 {step.name} 要读的表 {name} 没有人做",
                            f"step {step.name} reads {name}, which nobody makes",
                        ),
                        Say(f"把做出 {name} 的步骤放在它前面", f"put the step that makes {name} before it"),
                        "E-PLAN-01",
                    )
                )
            if step.name in known:
                faults.append(
                    Fault(
                        f"plan:{step.name}",
                        Say(f"表 {step.name} 被做了两次", f"table {step.name} is made twice"),
                        Say("给其中一个步骤换名", "rename one of the steps"),
                        "E-PLAN-02",
                    )
                )
            known.add(step.name)
        if faults:
            raise DefinitionError(
                Say("计划不能执行", "the plan cannot run"), code="E-PLAN", where="plan", faults=faults
            )

    def on(self, tables: Tables, told: Callable[[str], None] | None = None) -> None:
        """Run every step on a machine; `told` hears each step's name before it starts."""
        self.check(tables.names())
        for step in self.steps:
            if told:
                told(step.name)
            tables.run(step)


def empty(schema: pa.Schema) -> pa.Table:
    """Make a table of a shape with no row in it."""
    return schema.empty_table()


def sorted_by(table: pa.Table, keys: Sequence[str]) -> pa.Table:
    """Order a table by columns, ascending, nulls last: the order results are written in."""
    return table.sort_by([(key, "ascending") for key in keys]) if table.num_rows > 1 else table
