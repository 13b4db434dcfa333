"""One engine, one job, one fresh process: `python -m lianfang.bench.kernels_engines JOB ENGINE FILE`.

Prints one JSON line: seconds inside (after imports, with and without reading), and the answer in
a form that can be compared. Imports stand inside the functions: each engine pays only for its own.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any

BANDS, ROWS, LEAST = 25, 5, 0.7
# Larger groups are hubs in this measure; every engine drops them.
MOST_A_GROUP = 100
FIELDS = ("agent_mobile", "payee_account", "device_id", "ip")


def product_near_duplicates(place: str) -> dict[str, Any]:
    """Families by the product: every joining pair verified."""
    from lianfang.engine.identify.linkage import batches, families

    begin = time.perf_counter()
    column = _column(place, "body")
    read = time.perf_counter()
    got = families.families(batches.texts_of(column))
    return _told(begin, read, got.family)


def numpy_near_duplicates(place: str) -> dict[str, Any]:
    """Families by vectorised numpy: MinHash, band keys, stars of unverified candidates."""
    import numpy as np

    begin = time.perf_counter()
    words = _column(place, "body").to_pylist()
    read = time.perf_counter()
    lengths = np.array([len(word) for word in words])
    points = np.frombuffer("".join(words).encode("utf-32-le"), np.uint32).astype(np.uint64)
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    cut = points[:-2] * np.uint64(0x9E3779B97F4A7C15)
    cut ^= points[1:-1] * np.uint64(0xBF58476D1CE4E5B9) + (cut >> np.uint64(29))
    cut ^= points[2:] * np.uint64(0x94D049BB133111EB) + (cut >> np.uint64(32))
    shingles = ((cut * np.uint64(0xD6E8FEB86659FD93)) >> np.uint64(32)).astype(np.uint32)
    inside = np.ones(points.size, bool)
    ends = starts + lengths
    inside[ends - 1] = inside[ends - 2] = False
    shingles = shingles[inside[:-2]]
    firsts = np.concatenate([[0], np.cumsum(lengths - 2)[:-1]])
    draw = np.random.default_rng(1)
    times = draw.integers(0, 1 << 32, BANDS * ROWS, dtype=np.uint32) | np.uint32(1)
    left, right = [], []
    for band in range(BANDS):
        key = np.zeros(len(words), np.uint64)
        for row in range(ROWS):
            best = np.minimum.reduceat(shingles * times[band * ROWS + row], firsts)
            key = (key ^ best) * np.uint64(0x9E3779B97F4A7C15)
            key ^= key >> np.uint64(31)
        order = np.argsort(key)
        same = np.flatnonzero(key[order][1:] == key[order][:-1])
        left.append(order[same])
        right.append(order[same + 1])
    return _told(begin, read, _components(np.concatenate(left), np.concatenate(right), len(words)))


def rensa_near_duplicates(place: str) -> dict[str, Any]:
    """Families by rensa: bulk MinHash from character 3-grams, its index, unverified candidates."""
    import numpy as np
    import rensa

    begin = time.perf_counter()
    words = _column(place, "body").to_pylist()
    read = time.perf_counter()
    index = rensa.RMinHashLSH(threshold=LEAST, num_perm=BANDS * ROWS, num_bands=BANDS)
    signed: list[Any] = []
    for at in range(0, len(words), 20_000):
        tokens = [
            [word[k : k + 3] for k in range(len(word) - 2)] for word in words[at : at + 20_000]
        ]
        signed += rensa.RMinHash.from_token_sets(tokens, BANDS * ROWS, 7)
    index.insert_many(signed)
    left, right = [], []
    for at in range(0, len(words), 20_000):
        met = index.query_all(signed[at : at + 20_000])
        left.append(np.repeat(np.arange(at, at + len(met)), [len(one) for one in met]))
        right.append(np.fromiter((k for one in met for k in one), np.int64))
    return _told(begin, read, _components(np.concatenate(left), np.concatenate(right), len(words)))


def gaoya_near_duplicates(place: str) -> dict[str, Any]:
    """Families by gaoya: its own parallel 3-grams and index, filtered by estimated similarity."""
    import numpy as np
    from gaoya.minhash import MinHashStringIndex

    begin = time.perf_counter()
    words = _column(place, "body").to_pylist()
    read = time.perf_counter()
    index = MinHashStringIndex(32, LEAST, BANDS, ROWS, None, "char", False, (3, 3), "vec")
    index.par_bulk_insert_docs(list(range(len(words))), words)
    left, right = [], []
    for at in range(0, len(words), 50_000):
        met = index.par_bulk_query(words[at : at + 50_000])
        left.append(np.repeat(np.arange(at, at + len(met)), [len(one) for one in met]))
        right.append(np.fromiter((k for one in met for k in one), np.int64))
    return _told(begin, read, _components(np.concatenate(left), np.concatenate(right), len(words)))


def product_components(place: str) -> dict[str, Any]:
    """Components by the product."""
    from lianfang.engine.identify.linkage import components
    from lianfang.engine.identify.linkage.kernels import union

    left, right, n_nodes = _edges(place)
    assert union.join_all is not None  # loaded before the clock starts, as scipy is
    begin = time.perf_counter()
    return _told(begin, begin, components.components(left, right, n_nodes))


def scipy_components(place: str) -> dict[str, Any]:
    """Components by scipy."""
    import scipy.sparse.csgraph  # noqa: F401 - loaded before the clock starts

    left, right, n_nodes = _edges(place)
    begin = time.perf_counter()
    label = _components(left, right, n_nodes, named=False)
    spent = time.perf_counter()
    told = _told(begin, begin, _smallest(label))
    told["inside_seconds"] = told["work_seconds"] = spent - begin
    return told


def product_shared_identifiers(place: str) -> dict[str, Any]:
    """Star links of shared identifiers by the product's kernels."""
    import numpy as np
    import pyarrow.parquet as pq

    from lianfang.engine.identify.linkage import entries, grouping, lanes
    from lianfang.engine.identify.linkage import fields as link_fields
    from lianfang.engine.identify.linkage.kernels import groups as kernel

    begin = time.perf_counter()
    table = pq.read_table(place)
    read = time.perf_counter()
    rules = link_fields.load()
    listed = entries.entries([table], rules=rules)
    groups = grouping.groups(listed.number)
    size = np.diff(groups.bounds)
    verdict = np.where(size <= MOST_A_GROUP, np.uint8(2), np.uint8(0))
    places = np.concatenate([[0], np.cumsum(np.where(verdict > 0, size - 1, 0))])
    left, right, group = (np.empty(int(places[-1]), np.int32) for _ in range(3))
    by = np.empty(left.size, np.uint8)
    lanes.run(
        kernel.stars, lanes.ranges(groups.n_groups, lanes.count()), groups.members, groups.bounds,
        listed.record, listed.field, rules.joins, verdict,
        listed.field[groups.members[groups.bounds[:-1]]], places, left, right, by, group,
    )
    sharing = size[group]
    code = np.zeros(256, np.int64)
    code[[rules.codes[name] for name in FIELDS]] = range(len(FIELDS))
    return _links_told(begin, read, left, right, code[by], sharing)


def duckdb_shared_identifiers(place: str) -> dict[str, Any]:
    """Star links by DuckDB on hashed values."""
    import duckdb

    begin = time.perf_counter()
    union = " union all ".join(
        f"select record_no as r, {turn} as f, hash({name}) as h from read_parquet('{place}')"
        for turn, name in enumerate(FIELDS)
    )
    got = duckdb.sql(
        f"""with long as ({union}),
            shared as (select f, h, min(r) as head, count(*) as n from long group by f, h
                       having count(*) between 2 and {MOST_A_GROUP})
            select head, r, f, n from long join shared using (f, h) where r <> head"""
    ).fetchnumpy()
    return _links_told(begin, begin, got["head"], got["r"], got["f"], got["n"])


def polars_shared_identifiers(place: str) -> dict[str, Any]:
    """Star links by polars on hashed values."""
    import polars as pl

    begin = time.perf_counter()
    table = pl.read_parquet(place)
    read = time.perf_counter()
    long = pl.concat(
        [
            table.select(
                pl.col("record_no").alias("r"), pl.lit(turn, pl.Int32).alias("f"),
                pl.col(name).hash(7).alias("h"),
            )
            for turn, name in enumerate(FIELDS)
        ]
    ).lazy()
    shared = (
        long.group_by("f", "h").agg(pl.col("r").min().alias("head"), pl.len().alias("n"))
        .filter(pl.col("n").is_between(2, MOST_A_GROUP))
    )
    got = long.join(shared, on=["f", "h"]).filter(pl.col("r") != pl.col("head")).collect()
    return _links_told(begin, read, *(got[name].to_numpy() for name in ("head", "r", "f", "n")))


def _column(place: str, name: str) -> Any:
    import pyarrow.parquet as pq

    return pq.read_table(place, columns=[name])[name]


def _edges(place: str) -> Any:
    import numpy as np
    import pyarrow.parquet as pq

    table = pq.read_table(place)
    left, right = (np.asarray(table[name].combine_chunks()) for name in ("left", "right"))
    return left, right, int(max(left.max(), right.max())) + 1


def _components(left: Any, right: Any, n: int, *, named: bool = True) -> Any:
    import numpy as np
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    graph = coo_matrix((np.ones(left.size, np.int8), (left, right)), shape=(n, n))
    label = connected_components(graph, directed=False)[1]
    return _smallest(label) if named else label


def _smallest(label: Any) -> Any:
    import numpy as np

    first = np.unique(label, return_index=True)[1]
    return first[label]


def _told(begin: float, read: float, label: Any) -> dict[str, Any]:
    import hashlib

    import numpy as np

    end = time.perf_counter()
    label = np.asarray(label, np.int64)
    kept = sys.argv[4] if len(sys.argv) > 4 else None
    if kept:
        np.save(kept, label)
    return {
        "inside_seconds": end - begin, "work_seconds": end - read,
        "n_answers": int(np.unique(label).size), "answer": hashlib.sha256(label.tobytes()).hexdigest(),
    }


def _links_told(begin: float, read: float, *columns: Any) -> dict[str, Any]:
    """Tell links by count and by sums that do not depend on their order."""
    import numpy as np

    end = time.perf_counter()
    left, right, by, sharing = (np.asarray(column).astype(np.uint64) for column in columns)
    stirred = (left * np.uint64(0x9E3779B97F4A7C15)) ^ (right * np.uint64(0xBF58476D1CE4E5B9))
    stirred ^= (by + np.uint64(1)) * np.uint64(0x94D049BB133111EB)
    stirred ^= stirred >> np.uint64(31)
    total = int((stirred * (sharing + np.uint64(1))).sum(dtype=np.uint64))
    return {
        "inside_seconds": end - begin, "work_seconds": end - read, "n_answers": int(left.size),
        "answer": f"{left.size}-{total:016x}",
    }


ENGINES: dict[str, dict[str, Callable[[str], dict[str, Any]]]] = {
    "near_duplicates": {
        "product": product_near_duplicates, "numpy": numpy_near_duplicates,
        "rensa": rensa_near_duplicates, "gaoya": gaoya_near_duplicates,
    },
    "components": {"product": product_components, "scipy": scipy_components},
    "shared_identifiers": {
        "product": product_shared_identifiers, "duckdb": duckdb_shared_identifiers,
        "polars": polars_shared_identifiers,
    },
}
"""Every job and who does it; `product` is Lianfang."""


def _peak_mb() -> float:
    """Give this process's own peak; `ru_maxrss` would carry over the parent's."""
    with open("/proc/self/status", encoding="ascii") as lines:
        return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


if __name__ == "__main__":
    told = ENGINES[sys.argv[1]][sys.argv[2]](sys.argv[3])
    print(json.dumps({**told, "peak_mb": _peak_mb()}))
