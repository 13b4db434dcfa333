from __future__ import annotations

import importlib.util
from collections import defaultdict
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from lianfang.engine.identify.linkage import batches, components, entries, families
from lianfang.engine.identify.linkage.families import FamilyOptions

_spec = importlib.util.spec_from_file_location("linkage_made", Path(__file__).with_name("made.py"))
made = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(made)


def batched(function, table, size, **more):
    return pa.Table.from_batches(
        [function(batch, **more) for batch in table.to_batches(max_chunksize=size)]
    ).to_pylist()


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("window", [3, 64])
def test_the_steps_of_a_cluster_give_the_same_families(seed, window):
    bodies = made.bodies(np.random.default_rng(seed), 400)
    options = FamilyOptions(window=window)
    table = pa.table({"record_no": range(len(bodies)), "body": bodies})
    first = {}
    edges = []
    for row in batched(batches.copy_keys, table, 70, options=options):
        edges.append((first.setdefault(row["key"], row["record_no"]), row["record_no"]))
    firsts = sorted(set(first.values()))
    buckets = defaultdict(list)
    for row in batched(batches.band_keys, table.take(firsts), 50, options=options):
        buckets[row["band"], row["key"]].append(row["record_no"])
    pairs = {
        (one, two)
        for members in buckets.values()
        for rank, two in enumerate(sorted(members))
        for other, one in enumerate(sorted(members)[:rank])
        if other < window or other >= rank - window
    }
    left, right = (list(side) for side in zip(*sorted(pairs), strict=True))
    joined = pa.table({"left": left, "right": right, "left_body": [bodies[k] for k in left],
                       "right_body": [bodies[k] for k in right]})
    edges += [(r["left"], r["right"]) for r in batched(batches.verified, joined, 33, options=options)]
    ends = np.array(edges, np.int64).reshape(-1, 2)
    label = components.components(ends[:, 0], ends[:, 1], len(bodies))
    assert label.tolist() == families.families(made.texts_of(bodies), options).family.tolist()


def test_identifier_keys_are_the_numbers_of_entries():
    table, _ = made.complaints(np.random.default_rng(1), 200)
    got = batched(batches.identifier_keys, table, 30)
    listed = entries.entries([table])
    kept = listed.number != 0
    assert [row["record_no"] for row in got] == listed.record[kept].tolist()
    assert [row["key"] % 2**64 for row in got] == listed.number[kept].tolist()


def test_code_points_of_every_width_and_of_slices():
    bodies = ["a¢中😀", None, "", "末尾", "é"]
    column = pa.array(["前", *bodies], pa.string()).slice(1)
    for values in (column, column.cast(pa.large_string()), pa.chunked_array([column, column])):
        got = batches.texts_of(values)
        whole = "".join(b or "" for b in values.to_pylist())
        assert got.points.tobytes().decode("utf-32-le") == whole
        assert np.diff(got.starts).tolist() == [len(b or "") for b in values.to_pylist()]
