"""A small table is read before any kernel is compiled: the results are the same, byte for byte."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from lianfang.simulate import simulation
from lianfang.simulate.knobs import Knobs


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("tables")
    simulation.write(simulation.simulate(Knobs(seed=23, people=400, institutions=3, days=30)), place)
    return place / "tables"


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_results_are_the_same_with_and_without_kernels(folder, form, tmp_path):
    import pyarrow.csv as csv
    import pyarrow.parquet as pq

    tables = tmp_path / "in"
    tables.mkdir()
    for file in sorted(folder.glob("*.csv")):
        if form == "csv":
            (tables / file.name).write_bytes(file.read_bytes())
        else:
            pq.write_table(csv.read_csv(file), tables / f"{file.stem}.parquet")
    for switch in ("on", "off"):
        subprocess.run(
            [sys.executable, "-m", "lianfang.cli.main", "run", str(tables), "--out", str(tmp_path / switch)],
            check=True,
            capture_output=True,
            env=os.environ | {"LIANFANG_KERNELS": switch},
        )
    for name in ("records", "signals", "links", "rings", "ring_members"):
        with_kernels = (tmp_path / "on" / f"{name}.parquet").read_bytes()
        assert with_kernels == (tmp_path / "off" / f"{name}.parquet").read_bytes(), name
    for name in ("rejects.csv", "report.html"):
        assert (tmp_path / "on" / name).read_bytes() == (tmp_path / "off" / name).read_bytes(), name


def test_every_kernel_is_warmed():
    """After `warm` a run compiles nothing: no user waits for a compiler."""
    listener = """
import sys
from numba.core import event
met = []
class Listener(event.Listener):
    def on_start(self, seen): met.append(seen.data["dispatcher"].py_func.__qualname__)
    def on_end(self, seen): pass
event.register("numba:compile", Listener())
from lianfang.cli import demo
demo.demo(__import__("pathlib").Path(sys.argv[1]), 0, False)
assert not met, met
"""
    import tempfile

    with tempfile.TemporaryDirectory() as place:
        done = subprocess.run(
            [sys.executable, "-c", listener, f"{place}/demo"],
            capture_output=True, text=True, env=os.environ | {"LIANFANG_KERNELS": "on"},
        )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
