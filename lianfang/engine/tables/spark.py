"""The same tables on Spark, for those who outgrow one machine."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa

from lianfang.engine.tables import dialect
from lianfang.engine.tables.step import Rows, Sql, Step, Whole
from lianfang.engine.terms.errors import EngineError, Say, SettingError

_HOUSE = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.session.timeZone": "Asia/Shanghai",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
    "spark.sql.ansi.enabled": "false",
    # What is collected is linear and wanted whole; Spark's own limit of 1 GB would end the run.
    "spark.driver.maxResultSize": "0",
}
# One machine needs few partitions and speaks to itself only; a cluster keeps its own settings.
_LOCAL = {
    "spark.sql.shuffle.partitions": "4",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
}


def session(master: str | None = "local[2]", settings: Mapping[str, str] | None = None) -> Any:
    """Open a Spark session with the settings the kernels need.

    Args:
        master: `local[2]`, or a cluster's address; None where `spark-submit` has settled it.
        settings: further Spark settings, by their own names; they go before those of the house.

    Raises:
        SettingError: pyspark is not installed, or no Java machine answers.
    """
    import os

    try:
        from pyspark.sql import SparkSession
    except ImportError as wrong:
        raise SettingError(
            Say("没有安装 Spark", "Spark is not installed"),
            code="E-SPARK-01",
            where="--on spark",
            fix=Say(
                "pip install 'lianfang[spark]',并装 Java 17", "pip install 'lianfang[spark]' and Java 17"
            ),
        ) from wrong
    # Workers must run this very Python, or they find no kernels.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.appName("lianfang")
    if master is not None:
        builder = builder.master(master)
    local = _LOCAL if master is not None and master.startswith("local") else {}
    for name, value in (_HOUSE | local | dict(settings or {})).items():
        builder = builder.config(name, value)
    try:
        return builder.getOrCreate()
    except Exception as wrong:
        raise SettingError(
            Say("Spark 起不来", "Spark does not start"),
            code="E-SPARK-02",
            where="--on spark",
            fix=Say(f"检查 Java 17:{wrong}", f"check Java 17: {wrong}"),
        ) from wrong


class SparkTables:
    """Named Spark frames behind the same four verbs as `DuckTables`."""

    def __init__(self, spark: Any) -> None:
        self._spark = spark
        self._kept: dict[str, Any] = {}
        self._schemas: dict[str, pa.Schema] = {}

    def put(self, name: str, table: pa.Table) -> None:
        """Hand an Arrow table to Spark under a name."""
        self._keep(name, self._frame(table).cache())
        self._schemas[name] = table.schema

    def _frame(self, table: pa.Table) -> Any:
        from pyspark.sql.pandas.types import from_arrow_schema

        plain = _plain(table)
        if plain.num_rows == 0:
            return self._spark.createDataFrame([], from_arrow_schema(plain.schema))
        return self._spark.createDataFrame(plain)

    def _keep(self, name: str, frame: Any) -> None:
        frame.createOrReplaceTempView(name)
        self._kept[name] = frame

    def names(self) -> tuple[str, ...]:
        """Name the tables kept."""
        return tuple(self._kept)

    def arrow(self, name: str) -> pa.Table:
        """Collect a table to the driver; here Spark does the work it was asked for before.

        Raises:
            EngineError: Spark failed while making this table or one it reads.
        """
        try:
            table = self._kept[name].toArrow()
        except Exception as wrong:
            raise _refused(name, wrong) from wrong
        return table.cast(self._schemas[name]) if name in self._schemas else table

    def drop(self, name: str) -> None:
        """Let a table go."""
        frame = self._kept.pop(name, None)
        self._schemas.pop(name, None)
        if frame is not None:
            frame.unpersist()
            self._spark.catalog.dropTempView(name)

    def run(self, step: Step) -> None:
        """Run one step and keep what it makes; `Sql` and `Rows` are only planned until somebody reads.

        Raises:
            EngineError: Spark refused; carries step and SQL.
        """
        if isinstance(step, Sql):
            self._select(step)
        elif isinstance(step, Rows):
            self._rows(step)
        elif isinstance(step, Whole):
            made = step.work({name: self.arrow(name) for name in step.reads})
            self.put(step.name, made.cast(step.schema))

    def _select(self, step: Sql) -> None:
        text = dialect.said(step.sql, "spark", tuple(sorted(step.params.items())))
        try:
            self._keep(step.name, _cut(self._spark.sql(text)))
        except Exception as wrong:
            raise _refused(step.name, wrong, text) from wrong

    def _rows(self, step: Rows) -> None:
        from pyspark.sql.pandas.types import from_arrow_schema

        work, schema = step.work, step.schema
        source = self._schemas.get(step.reads[0])

        def each(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            for batch in batches:
                if batch.num_rows:
                    if source is not None:
                        batch = pa.Table.from_batches([batch]).cast(source).combine_chunks().to_batches()[0]
                    made = pa.Table.from_batches([work(batch)], schema)
                    yield from _plain(made).combine_chunks().to_batches()

        plain = _plain(schema.empty_table()).schema
        made = self._kept[step.reads[0]].mapInArrow(each, from_arrow_schema(plain))
        self._keep(step.name, _cut(made))
        self._schemas[step.name] = schema

    def close(self) -> None:
        """Drop every table; the session stays, it is the caller's."""
        for name in tuple(self._kept):
            self.drop(name)


def _cut(frame: Any) -> Any:
    """Keep what a step makes once it is made, and forget how.

    A view stands for its whole history: where a table is read twice the plan doubles, and after
    thirty steps planning would take longer than the work. Not eager, so that steps still run together.
    """
    return frame.localCheckpoint(eager=False)


def _refused(step: str, wrong: Exception, sql: str = "") -> EngineError:
    return EngineError(
        Say(f"Spark 不接受步骤 {step}", f"Spark refused the step {step}"),
        code="E-SPARK-03",
        where=f"step:{step}",
        fix=str(wrong)[:2000],
        step=step,
        sql=sql,
    )


_WIDER = {
    pa.uint8(): pa.int16(),
    pa.uint16(): pa.int32(),
    pa.uint32(): pa.int64(),
}


def _plain(table: pa.Table) -> pa.Table:
    """Give the table in types Spark has: no unsigned integers, no dictionaries, no large strings."""
    columns, fields = [], []
    for column, at in zip(table.columns, table.schema, strict=True):
        kind = at.type
        if pa.types.is_dictionary(kind):
            column, kind = column.cast(kind.value_type), kind.value_type
        if pa.types.is_large_string(kind):
            column, kind = column.cast(pa.string()), pa.string()
        if pa.types.is_uint64(kind):
            column, kind = _signed(column), pa.int64()
        elif kind in _WIDER:
            column, kind = column.cast(_WIDER[kind]), _WIDER[kind]
        columns.append(column)
        fields.append(pa.field(at.name, kind))
    return pa.table(columns, schema=pa.schema(fields))


def _signed(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Read unsigned 64-bit words as signed ones: Spark has no unsigned type, the bits stay the same."""
    return pa.chunked_array([chunk.view(pa.int64()) for chunk in column.chunks], pa.int64())
