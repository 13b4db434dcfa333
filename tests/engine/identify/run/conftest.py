"""A small simulation and its answer, shared by the tests of this room; one Spark session for all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lianfang.engine.identify.guides import guide
from lianfang.engine.identify.run import course
from lianfang.engine.records import load
from lianfang.simulate import simulation
from lianfang.simulate.knobs import Knobs


@pytest.fixture(scope="session")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> dict[Any, Any]:
    """Record tables of a small simulated world."""
    folder = tmp_path_factory.mktemp("simulated")
    simulation.write(simulation.simulate(Knobs(seed=11, people=400, institutions=4, days=60)), folder, "parquet")
    loaded = load.load([Path(folder) / "tables"])
    return {kind: loaded.table(kind) for kind in loaded.tables}


@pytest.fixture(scope="session")
def todo() -> course.Course:
    return course.Course(guide.load(None), threads=2)


@pytest.fixture(scope="session")
def one_machine(simulated: dict[Any, Any], todo: course.Course) -> course.Outcome:
    """What the one-machine course finds."""
    return course.run(simulated, todo)


@pytest.fixture(scope="session")
def spark() -> Iterator[Any]:
    """One Spark session for the whole run of tests; a few rows are not worth compiling code for."""
    pytest.importorskip("pyspark")
    from lianfang.engine.tables import spark as tables

    few = {
        "spark.sql.shuffle.partitions": "2",
        "spark.default.parallelism": "1",
        "spark.sql.adaptive.enabled": "false",
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.codegen.factoryMode": "NO_CODEGEN",
        "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    }
    opened = tables.session("local[2]", few)
    yield opened
    opened.stop()
