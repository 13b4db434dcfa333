"""The one-machine tables: DuckDB over Arrow, kernels fed batch by batch."""

from __future__ import annotations

import os
from collections.abc import Iterator

import duckdb
import pyarrow as pa

from lianfang.engine.tables import dialect
from lianfang.engine.tables.step import Rows, Sql, Step, Whole
from lianfang.engine.terms.errors import EngineError, Say

_BATCH_ROWS = 65_536


class DuckTables:
    """Named Arrow tables that DuckDB reads in place.

    Args:
        threads: how many DuckDB may use; the answer is the same for any number.
        memory_mb: DuckDB's own limit; beyond it sorting and joining go to disk in `spill`.
        spill: folder for that, or none.
    """

    def __init__(self, threads: int | None = None, memory_mb: int = 2048, spill: str | None = None) -> None:
        self._con = duckdb.connect(":memory:")
        self._con.execute(f"set threads = {int(threads or os.cpu_count() or 1)}")
        self._con.execute(f"set memory_limit = '{int(memory_mb)}MB'")
        self._con.execute("set TimeZone = 'Asia/Shanghai'")
        self._con.execute("set preserve_insertion_order = true")
        if spill:
            self._con.execute("set temp_directory = $1", [spill])
        self._kept: dict[str, pa.Table] = {}

    def put(self, name: str, table: pa.Table) -> None:
        """Keep an Arrow table under a name; nothing is copied."""
        self._kept[name] = table
        self._con.register(name, table)

    def names(self) -> tuple[str, ...]:
        """Name the tables kept."""
        return tuple(self._kept)

    def arrow(self, name: str) -> pa.Table:
        """Give a kept table."""
        return self._kept[name]

    def drop(self, name: str) -> None:
        """Let a table go, and its memory with it."""
        if self._kept.pop(name, None) is not None:
            self._con.unregister(name)

    def run(self, step: Step) -> None:
        """Run one step and keep what it makes.

        Raises:
            EngineError: DuckDB refused; carries step and SQL.
        """
        if isinstance(step, Sql):
            self.put(step.name, self._select(step))
        elif isinstance(step, Rows):
            self.put(step.name, pa.Table.from_batches(self._batches(step), step.schema))
        elif isinstance(step, Whole):
            made = step.work({name: self._kept[name] for name in step.reads})
            self.put(step.name, made.cast(step.schema))

    def _select(self, step: Sql) -> pa.Table:
        text = dialect.said(step.sql, "duckdb", tuple(sorted(step.params.items())))
        try:
            return self._con.sql(text).to_arrow_table()
        except duckdb.Error as wrong:
            raise EngineError(
                Say(f"DuckDB 不接受步骤 {step.name}", f"DuckDB refused the step {step.name}"),
                code="E-DUCK-01",
                where=f"step:{step.name}",
                fix=str(wrong),
                step=step.name,
                sql=text,
            ) from wrong

    def _batches(self, step: Rows) -> Iterator[pa.RecordBatch]:
        for batch in self._kept[step.reads[0]].to_batches(max_chunksize=_BATCH_ROWS):
            if batch.num_rows:
                yield step.work(batch)

    def close(self) -> None:
        """Let DuckDB go."""
        self._con.close()
        self._kept.clear()
