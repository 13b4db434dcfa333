"""Small link tables and records for rings."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest

from lianfang.engine.terms.codes import Kind

Group = tuple[str, str, Iterable[int], float]
LINK = pa.schema([
    ("left", pa.int64()), ("right", pa.int64()), ("by", pa.string()), ("key_masked", pa.string()),
    ("n_sharing", pa.int32()), ("weight_bits", pa.float64()),
    ("left_at", pa.timestamp("us", tz="UTC")), ("right_at", pa.timestamp("us", tz="UTC")),
    ("why_zh", pa.string()), ("why_en", pa.string()),
])  # fmt: skip


def _links(groups: Iterable[Group]) -> pa.Table:
    rows = []
    for by, key, members, bits in groups:
        first, *rest = sorted(set(members))
        rows += [
            {"left": first, "right": one, "by": by, "key_masked": key, "n_sharing": 1 + len(rest),
             "weight_bits": bits, "why_zh": f"同一 {by} {key}", "why_en": f"same {by} {key}"}
            for one in rest
        ]  # fmt: skip
    return pa.Table.from_pylist(rows, LINK)


def _complaints(n: int, **columns: list[object]) -> dict[Kind, pa.Table]:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    table = pa.table({
        "record_no": pa.array(range(n), pa.int64()),
        "record_id": pa.array([f"c{i:05d}" for i in range(n)]),
        "institution": pa.array([f"机构{i % 4}" for i in range(n)]),
        "received_at": pa.array([start + timedelta(hours=i) for i in range(n)], pa.timestamp("us", tz="UTC")),
    })  # fmt: skip
    for name, values in columns.items():
        if name in table.column_names:
            table = table.drop_columns([name])
        table = table.append_column(name, pa.array(values))
    return {Kind.COMPLAINT: table}


def _random_groups(seed: int, n: int, n_keys: int) -> list[Group]:
    rng = np.random.default_rng(seed)
    names = ("agent_mobile", "payee_account", "device_id", "ip", "wording", "callback_mobile", "same_person")
    groups: list[Group] = []
    for key in range(n_keys):
        by = names[int(rng.integers(len(names)))]
        size = 2 if by == "same_person" else int(rng.integers(2, 9))
        groups.append((by, f"k{key}", rng.choice(n, size, replace=False).tolist(), float(rng.integers(1, 14))))
    return groups


@pytest.fixture
def make_links() -> Callable[[Iterable[Group]], pa.Table]:
    return _links


@pytest.fixture
def make_complaints() -> Callable[..., dict[Kind, pa.Table]]:
    return _complaints


@pytest.fixture
def random_groups() -> Callable[[int, int, int], list[Group]]:
    return _random_groups
