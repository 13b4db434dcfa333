"""`lianfang run --on spark`: the same tables, the work per record done where Spark keeps the records."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from lianfang.cli import run as runs
from lianfang.engine.terms.errors import InputError, Say, SettingError

MASTER = "LIANFANG_SPARK_MASTER"
SETTINGS = "LIANFANG_SPARK_SETTINGS"


def run(asked: argparse.Namespace, beside: Path, watch: runs.Watch) -> str:
    """Run the course on Spark; see docs/spark.md.

    Raises:
        InputError: a state to go on from was asked for, which only one machine keeps.
        SettingError: Spark is not there or does not start.
    """
    from lianfang.engine.identify.run import course, spread
    from lianfang.engine.tables import spark

    if asked.keep:
        raise InputError(
            Say("--on spark 不保存可接着算的状态", "--on spark keeps no state to go on from"),
            code="E-SPARK-04",
            where="--keep",
            fix=Say("去掉 --keep,或用 --on duckdb", "leave --keep out, or use --on duckdb"),
        )
    # Faults of files and guides are told before anybody waits for Java.
    loaded = runs.read(asked, beside, watch)
    todo = runs.settings(asked)
    watch.step("spark", Say("启动 Spark", "start Spark"))
    session = spark.session(master(asked.threads), settings(os.environ.get(SETTINGS, "")))
    machine = spark.SparkTables(session)
    try:
        tables = {kind: loaded.table(kind) for kind in loaded.tables}
        outcome = spread.run(tables, todo, machine, lambda name: watch.step(name, course.STEPS[name]))
    finally:
        machine.close()
        session.stop()
    return runs.write(asked, beside, watch, loaded, outcome, todo)


def master(threads: int | None = None) -> str | None:
    """Say which Spark is meant: the address given, that of `spark-submit` (None), or this machine.

    Args:
        threads: how many of this machine's, where it is this machine.
    """
    if given := os.environ.get(MASTER, "").strip():
        return given
    # spark-submit has opened the way to its own Java machine and settled the master there.
    return None if "PYSPARK_GATEWAY_PORT" in os.environ else f"local[{threads or '*'}]"


def settings(given: str) -> dict[str, str]:
    """Read Spark settings written `name=value;name=value`.

    Raises:
        SettingError: a piece without a name or a value.
    """
    pieces = [piece.strip() for piece in given.split(";") if piece.strip()]
    made = dict(piece.partition("=")[::2] for piece in pieces)
    wrong = [piece for piece in pieces if not all(piece.partition("="))]
    if wrong:
        raise SettingError(
            Say("Spark 设置读不懂", "the Spark settings cannot be read"),
            code="E-SPARK-05",
            where=f"{SETTINGS}: {wrong[0]}",
            fix=Say("写成 名=值;名=值", "write name=value;name=value"),
        )
    return made
