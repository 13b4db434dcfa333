"""Asking the gate before each contact in turn gives exactly the audit's findings."""

from __future__ import annotations

import datetime as dt
import random
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lianfang.engine.conduct import audit, gate, load, standing
from lianfang.engine.conduct import contact as contacts
from lianfang.engine.conduct.history import History
from lianfang.engine.conduct.rules import Rules
from lianfang.engine.conduct.standing import Span, Standing
from lianfang.engine.tables.duck import DuckTables

CHINA = load.rules(default_zone="Asia/Shanghai")
STRICT = load.rules(("ningbo", *load.CHINA))
WORLD = load.rules(load.ALL, default_zone="America/New_York")
DAY = 86_400
# Moments around every edge: night, midnight, the clock change of New York, a pack's first day.
EDGES = [int(dt.datetime.fromisoformat(text).timestamp()) for text in (
    "2026-03-02T21:59:30+08:00", "2026-03-02T22:00:00+08:00", "2026-03-03T07:59:59+08:00", "2026-03-03T08:00:00+08:00",
    "2026-03-02T23:59:59+08:00", "2026-03-03T00:00:00+08:00", "2026-03-08T07:00:00+00:00", "2026-03-08T06:59:59+00:00",
    "2026-01-29T23:59:59+08:00", "2026-01-30T00:00:00+08:00", "2025-02-28T00:00:00+08:00", "2026-11-01T06:00:00+00:00",
)]
POOLS: dict[str, list[Any]] = {
    "tz": ["Asia/Shanghai"] * 6 + [None, "Asia/Urumqi", "America/New_York", "Mars/Base", ""],
    "channel": ["电话"] * 6 + ["短信", "信函", "外访", "AI外呼", "im", None, "信鸽", "judicial"],
    "direction": ["呼出"] * 8 + ["呼入", None],
    "mode": ["interactive", "通知", None, "机器人"],
    "answered": [True, False, None],
    "effective": [True, False, None],
    "duration_seconds": [None, 0, 1, 5, 30, 30000],
    "line_number": ["02100000001", "02100000002", None],
    "party_role": ["本人"] * 6 + ["担保人", "紧急联系人", "第三人", "配偶", "律师", None, "邻居"],
    "party_mobile": ["13800000001", "13800000002", None],
    "debtor_id": ["D1", "D1", "D1", "D2", None, " "],
    "agency": ["乙催", "丙催", None],
    "collector_id": ["C1", "C2", None],
    "device_owner": ["机构", "私人手机", None],
    "recording_id": ["R1", "R2", None, ""],
    "disclosed": [None, "机构", "机构|催收机构|工号|来意", "agency|institution", "机构,工号"],
    "consent_ref": [None, None, "K1"],
    "agreed_time": [None, False, True],
    "unreachable_basis": [None, "空号", "连续三次无法联系", "别的"],
    "stop_requested": [None, False, False, True],
    "purpose": ["催收", "催收", None, "转告", "查找", "协商还款", "营销", "代偿", "怪"],
    "product": [None, "信用卡", "网贷"],
    "n_persons": [None, 1, 2],
    "id_shown": [None, False, True],
    "av_recorded": [None, False, True],
    "entry_consent": [None, False, True],
}
SCHEMA = pa.schema([
    ("record_no", pa.int64()), ("record_id", pa.string()), ("source_file", pa.string()), ("institution", pa.string()),
    ("creditor", pa.string()), ("at", pa.timestamp("us", "UTC")), ("consent_until", pa.timestamp("us", "UTC")),
    *((name, pa.bool_() if any(isinstance(v, bool) for v in pool) else pa.int64() if any(isinstance(v, int) for v in pool) else pa.string())
      for name, pool in POOLS.items()),
])


def moment(chance: random.Random, base: int) -> dt.datetime | None:
    if chance.random() < 0.02:
        return None
    seconds = base + chance.choice([0, 0, 0, 1, 60, 3600, 7200, DAY, 6 * DAY, 7 * DAY, -60, -DAY, chance.randint(0, 2 * DAY)])
    return dt.datetime.fromtimestamp(seconds, dt.UTC)


def one_log(chance: random.Random, lender: str, most: int) -> list[dict[str, Any]]:
    base, steady, rows = chance.choice(EDGES), chance.random(), []
    usual = {name: chance.choice(pool) for name, pool in POOLS.items()}
    for _ in range(chance.randint(1, most)):
        if rows and chance.random() < 0.1:
            rows.append(dict(chance.choice(rows)))  # the same contact told twice
            continue
        row = {name: usual[name] if chance.random() < steady else chance.choice(pool) for name, pool in POOLS.items()}
        row.update(at=moment(chance, base), institution=lender, creditor=chance.choice([lender, None]))
        row["consent_until"] = None if chance.random() < 0.8 else moment(chance, base)
        rows.append(row)
    return rows


def spans_of(chance: random.Random, lender: str) -> list[Span]:
    made = []
    for fact in standing.SUBJECT:
        if chance.random() < 0.15:
            subject = {"debtor": standing.debtor_key(lender, "D1"), "agency": "乙催", "collector_id": "C1", "line_number": "02100000001"}
            start = chance.choice([None, chance.choice(EDGES) * 1_000_000])
            end = None if start is None or chance.random() < 0.5 else start + chance.choice([1, 60, DAY]) * 1_000_000
            made.append(Span(fact, subject[standing.SUBJECT[fact]], start, end))
    return made


def by_gate(rows: list[dict[str, Any]], rules: Rules, stands: Standing) -> set[tuple[Any, ...]]:
    told = sorted(((contacts.read(row, rules.default_zone), no) for no, row in enumerate(rows)),
                  key=lambda pair: (pair[0].at_us if pair[0].at_us is not None else 0, pair[1]))
    past, found = History(rules, (), stands), set()
    for one, no in told:
        if one.at_us is not None and past.knows(one):
            continue
        verdict = gate.check(one, past, rules)
        for each in verdict.broken:
            decided = verdict.deciding[each.rule.code] is each.rule
            found.add((no, each.rule.id, each.breach, "|".join(each.lacks) or None, decided, each.counted))
        past.add(one)
    return found


def by_audit(rows: list[dict[str, Any]], rules: Rules, stands: Standing, tables: DuckTables) -> set[tuple[Any, ...]]:
    names = {name for row in rows for name in row}
    schema = pa.schema([one for one in SCHEMA if one.name in names or one.name in ("record_no", "record_id", "source_file")])
    table = pa.Table.from_pylist([{**row, "record_no": no, "record_id": str(no), "source_file": "x"} for no, row in enumerate(rows)], schema)
    made = audit.audit([table.slice(0, 3), table.slice(3)], tables, rules, stands)
    assert made.n_in == len(rows) == made.n_kept + made.n_same
    assert all(row["unclear"] == bool(row["lacks"]) and not (row["unclear"] and row["breach"]) for row in made.findings.to_pylist())
    limits = {rule.id: max(rule.history.threshold, 1) for rule in rules.contact if rule.history}
    return {
        (row["record_no"], row["rule"], row["breach"], row["lacks"], row["decided"],
         None if row["counted"] is None else min(row["counted"], limits[row["rule"]]))
        for row in made.findings.to_pylist()
    }


@pytest.mark.parametrize(("rules", "n_logs", "seed"), [(CHINA, 6000, 1), (STRICT, 2000, 2), (WORLD, 2000, 3)])
def test_gate_and_audit_agree_on_ten_thousand_logs(rules: Rules, n_logs: int, seed: int) -> None:
    chance, rows, spans = random.Random(seed), [], []
    for n in range(n_logs):
        lender = f"L{n}"
        rows += one_log(chance, lender, 30 if n % 50 == 0 else 9 if n % 5 == 0 else 3)
        spans += [one for one in spans_of(chance, lender) if "\x1f" in one.subject]
    spans += spans_of(chance, "L0") if seed != 1 else []
    stands, tables = Standing(spans), DuckTables(threads=2)
    ours, theirs = by_audit(rows, rules, stands, tables), by_gate(rows, rules, stands)
    assert len(theirs) > n_logs
    assert ours == theirs


@pytest.mark.parametrize("lost", [("disclosed",), ("recording_id", "consent_ref"), ("answered", "effective", "duration_seconds"), ("purpose", "product"),
                                  ("party_role", "unreachable_basis"), ("n_persons", "id_shown", "av_recorded", "entry_consent")])
def test_gate_and_audit_agree_where_columns_are_missing_and_silence_is_no_breach(lost: tuple[str, ...]) -> None:
    chance, tables = random.Random(len(lost[0])), DuckTables(threads=1)
    rows = [{name: value for name, value in row.items() if name not in lost} for n in range(250) for row in one_log(chance, f"L{n}", 6)]
    ours = by_audit(rows, WORLD, Standing(), tables)
    assert ours == by_gate(rows, WORLD, Standing())
    resting = {rule.id for rule in WORLD.contact if set(rule.lacks) & set(lost)}
    assert lost[0] == "answered" or {rule for _, rule, *_ in ours} & resting
    assert not [each for each in ours if each[1] in resting and each[2]]


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 2**32), st.sampled_from([CHINA, STRICT, WORLD]))
def test_gate_and_audit_agree_on_any_log(seed: int, rules: Rules) -> None:
    chance = random.Random(seed)
    rows, stands = one_log(chance, "L", 25), Standing(spans_of(chance, "L"))
    tables = DuckTables(threads=1)
    assert by_audit(rows, rules, stands, tables) == by_gate(rows, rules, stands)
    tables.close()


def test_the_gate_without_outcomes_refuses_whatever_the_audit_calls_a_breach() -> None:
    chance, tables = random.Random(9), DuckTables(threads=1)
    rows = [row for n in range(300) for row in one_log(chance, f"L{n}", 8)]
    findings = by_audit(rows, CHINA, Standing(), tables)
    told = sorted(((contacts.read(row, CHINA.default_zone), no) for no, row in enumerate(rows)), key=lambda p: (p[0].at_us or 0, p[1]))
    past, planned = History(CHINA), set()
    for one, no in told:
        if one.at_us is None or not past.knows(one):
            intent = contacts.read({**one.facts, **dict.fromkeys(contacts.OUTCOMES), "at": one.at_us, "tz": one.zone})
            planned |= {(no, each.rule.id) for each in gate.check(intent, past, CHINA).broken}
            past.add(one)
    # Of what was planned, only duties of a call that was answered fall away when it was not.
    assert planned >= {(no, rule) for no, rule, *_ in findings}
    rest = planned - {(no, rule) for no, rule, *_ in findings}
    assert rest and {rule for _, rule in rest} <= {rule.id for rule in CHINA.contact if not rule.attempts}


def test_gate_and_audit_agree_around_midnight_and_on_days_the_clock_changes() -> None:
    chance, rows = random.Random(12), []
    midnights = [int(dt.datetime.fromisoformat(text).timestamp()) for text in (
        "2026-03-03T00:00:00+08:00", "2026-03-08T05:00:00+00:00", "2026-03-09T04:00:00+00:00", "2026-11-01T04:00:00+00:00",
        "2026-11-02T05:00:00+00:00")]
    for n in range(200):
        base, zone = chance.choice(midnights), chance.choice(["Asia/Shanghai", "America/New_York"])
        for _ in range(14):
            seconds = base + chance.choice([-1, 0, 1, chance.randint(-7200, 7200), chance.randint(-7200, 7200)])
            rows.append({**dict.fromkeys(POOLS), "tz": zone, "channel": "电话", "answered": True, "effective": chance.random() < 0.7,
                         "party_role": "本人", "party_mobile": "13800000001", "debtor_id": "D1", "agency": "乙催", "recording_id": "R",
                         "at": dt.datetime.fromtimestamp(seconds, dt.UTC), "institution": f"L{n}", "creditor": None, "consent_until": None})
    tables = DuckTables(threads=1)
    ours = by_audit(rows, WORLD, Standing(), tables)
    assert any(rule == "CN.GBT45251.F1" for _, rule, *_ in ours)
    assert ours == by_gate(rows, WORLD, Standing())


def test_gate_and_audit_agree_on_failures_in_a_row() -> None:
    chance, rows = random.Random(31), []
    for n in range(300):
        for _ in range(12):
            third = chance.random() < 0.4
            seconds = EDGES[0] - DAY + chance.choice([0, 1, 60, 60, chance.randint(0, 7200)])
            rows.append({**dict.fromkeys(POOLS), "tz": "Asia/Shanghai", "channel": "电话", "direction": "呼出", "recording_id": "R",
                         "answered": chance.random() < 0.3, "party_role": "紧急联系人" if third else "本人", "purpose": "转告" if third else "催收",
                         "unreachable_basis": "连续三次无法联系" if third else None, "party_mobile": f"1380000000{chance.randint(0, 9)}", "debtor_id": "D1",
                         "at": dt.datetime.fromtimestamp(seconds, dt.UTC), "institution": f"L{n}", "creditor": None, "consent_until": None})
    tables = DuckTables(threads=1)
    ours = by_audit(rows, CHINA, Standing(), tables)
    assert ours == by_gate(rows, CHINA, Standing())
    shown = [counted for _, rule, *_, counted in ours if rule == "CN.CBA26.P4B"]
    asked = sum(row["party_role"] == "紧急联系人" for row in rows)
    assert {0, 1, 2} == set(shown) and 200 < len(shown) < asked - 100
