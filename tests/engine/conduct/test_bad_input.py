"""Bad logs: nothing is lost, nothing crashes, what is odd is told."""

from __future__ import annotations

import datetime as dt
import random
import time

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from lianfang.engine.conduct import audit, contact, gate, grade, load
from lianfang.engine.conduct.history import History
from lianfang.engine.conduct.words import words
from lianfang.engine.tables.duck import DuckTables

RULES = load.rules()
BASE = {**words().sample, "record_id": "x", "source_file": "a.csv"}
NINE = dt.datetime(2026, 3, 2, 1, 0, tzinfo=dt.UTC)


def audited(rows: list[dict[str, object]] | pa.Table) -> audit.Audit:
    tables = DuckTables(threads=2)
    batch = rows if isinstance(rows, pa.Table) else pa.Table.from_pylist([{**BASE, "at": NINE, **row, "record_no": no} for no, row in enumerate(rows)])
    made = audit.audit([batch], tables, RULES)
    tables.close()
    return made


def test_an_empty_log() -> None:
    for batches in ([], [pa.table({})], [pa.table({"at": pa.array([], pa.timestamp("us", "UTC"))})]):
        tables = DuckTables(threads=1)
        made = audit.audit(batches, tables, RULES)
        assert (made.n_in, made.findings.num_rows, made.findings.schema.names[0]) == (0, 0, "record_no")
        assert grade.agencies(made).num_rows == grade.collectors(made).num_rows == 0


def test_contacts_told_twice_count_once() -> None:
    rows = [{"at": NINE + dt.timedelta(hours=n)} for n in (0, 1, 2)] * 3
    made = audited(rows)
    assert (made.n_in, made.n_kept, made.n_same) == (9, 3, 6)
    assert made.same.to_pylist()[:3] == [{"record_no": 3, "kept_record_no": 0}, {"record_no": 4, "kept_record_no": 1}, {"record_no": 5, "kept_record_no": 2}]
    assert "DAILY_EFFECTIVE_CAP" not in made.findings["code"].to_pylist()


def test_order_of_arrival_changes_nothing() -> None:
    rows = [{"at": NINE + dt.timedelta(minutes=n), "record_id": f"r{n}"} for n in range(8)]
    def found(given: list[dict[str, object]]) -> list[tuple[object, ...]]:
        made = audited(given)
        return sorted((row["record_id"], row["rule"], row["counted"]) for row in made.findings.to_pylist())
    shuffled = rows[:]
    random.Random(4).shuffle(shuffled)
    assert found(rows) == found(shuffled) and found(rows)
    assert audited(shuffled).oddities["clock_back"] > 0


def test_missing_zones_are_told_and_still_counted() -> None:
    rows = [{"at": NINE + dt.timedelta(hours=n), "tz": None if n < 3 else "Asia/Shanghai"} for n in range(4)]
    made = audited(rows)
    codes = [(row["record_no"], row["code"]) for row in made.findings.to_pylist()]
    assert (0, "E_NO_TZ") in codes and (3, "DAILY_EFFECTIVE_CAP") in codes
    assert made.oddities["zone_missing"] == 3


def test_overlapping_calls_are_told_not_held_against_anybody() -> None:
    made = audited([{"duration_seconds": 600, "debtor_id": f"D{n}", "at": NINE + dt.timedelta(minutes=n)} for n in range(3)])
    assert made.oddities["calls_overlap"] == 2
    assert all(row["n_breached"] == 0 for row in grade.agencies(made).to_pylist())


def test_moments_of_another_age() -> None:
    rows = [{"at": at} for at in (None, dt.datetime(1, 1, 1, tzinfo=dt.UTC), dt.datetime(9999, 12, 31, tzinfo=dt.UTC), dt.datetime(1969, 1, 1, tzinfo=dt.UTC))]
    made = audited(rows)
    assert made.n_in == 4 and "E_NO_MOMENT" in made.findings["code"].to_pylist()
    for row in rows:
        gate.check(contact.read({**BASE, **row}), History(RULES), RULES)


def test_strange_values_are_empty_values() -> None:
    raw = {"at": "yesterday", "tz": "../../etc/passwd", "answered": "maybe", "duration_seconds": float("nan"), "n_persons": 10**30,
           "channel": ["call"], "party_mobile": 13800000001, "disclosed": "机构;;工号,", "agreed_time": 1}
    one = contact.read({**BASE, **raw})
    assert (one.at_us, one.zone, one.facts["answered"], one.facts["duration_seconds"], one.facts["n_persons"]) == (None,) * 5
    assert one.facts["disclosed"] == "institution|staff" and one.facts["agreed_time"] is None
    assert not gate.check(one, History(RULES), RULES).allow


def test_columns_of_other_types_are_read_or_empty() -> None:
    table = pa.table({"at": ["2026-03-02 10:00:00", "no"], "debtor_id": ["D1", "D1"], "creditor": ["甲", "甲"], "channel": pa.nulls(2), "answered": [True, None],
                      "duration_seconds": pa.array([1.0, float("inf")])})
    made = audited(table)
    assert made.n_in == 2 and {"E_NO_CHANNEL", "E_NO_MOMENT"} <= set(made.findings["code"].to_pylist())


def test_a_million_contacts_of_one_debtor() -> None:
    n = 1_000_000
    at = 1_772_416_800_000_000 + np.random.default_rng(1).integers(0, 30 * 86_400_000_000, n)
    one = lambda value: pa.DictionaryArray.from_arrays(np.zeros(n, np.int32), pa.array([value]))  # noqa: E731
    table = pa.table({
        "record_no": np.arange(n), "record_id": pa.array(np.arange(n).astype(str)), "at": pa.array(at).cast(pa.timestamp("us", "UTC")), "tz": one("Asia/Shanghai"),
        "institution": one("甲"), "debtor_id": one("D"), "party_mobile": one("13800000001"), "party_role": one("本人"), "channel": one("电话"),
        "direction": one("呼出"), "answered": pa.array(np.ones(n, bool)), "recording_id": one("R"), "disclosed": one("机构|工号|来意"), "line_number": one("1"),
    })
    began = time.perf_counter()
    made = audited(table)
    assert made.n_in == made.n_kept + made.n_same == n
    days = 31
    over = pc.sum(pc.equal(made.findings["rule"].cast(pa.string()), "CN.GBT45251.F1")).as_py()
    assert n - made.n_same - 3 * days <= over <= n - made.n_same - 3 * (days - 2)
    assert time.perf_counter() - began < 120


def test_a_long_history_of_one_debtor_in_memory() -> None:
    rows = [{**BASE, "at": NINE + dt.timedelta(seconds=n)} for n in range(20_000)]
    random.Random(1).shuffle(rows)
    past = History(RULES, (contact.read(row) for row in rows))
    began = time.perf_counter()
    verdict = gate.check(contact.read({**BASE, "at": NINE + dt.timedelta(hours=8)}), past, RULES)
    assert verdict.codes == ("DAILY_EFFECTIVE_CAP",) and time.perf_counter() - began < 0.5


@pytest.mark.parametrize("back", [1, 3600])
def test_a_clock_that_runs_back_does_not_open_the_gate(back: int) -> None:
    past = History(RULES, [contact.read({**BASE, "at": NINE + dt.timedelta(hours=n)}) for n in (1, 2, 3)])
    asked = contact.read({**BASE, "at": NINE + dt.timedelta(hours=1) - dt.timedelta(seconds=back)})
    assert gate.check(asked, past, RULES).codes == ("DAILY_EFFECTIVE_CAP",)
