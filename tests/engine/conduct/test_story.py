"""A day of ten collectors: the gate stops what the audit would have found."""

from __future__ import annotations

import datetime as dt
import json
import random
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lianfang.cli import conduct as cli
from lianfang.engine.conduct import audit, contact, gate, grade, load, standing
from lianfang.engine.conduct.history import History
from lianfang.engine.reports import conduct as pages
from lianfang.engine.tables.duck import DuckTables
from lianfang.engine.terms.errors import InputError

RULES = load.rules(default_zone="Asia/Shanghai")
SHANGHAI = dt.timezone(dt.timedelta(hours=8))
NAMES = ("record_no", "record_id", "source_file", "institution", "agency", "collector_id", "at", "tz", "channel", "direction", "answered",
         "effective", "duration_seconds", "line_number", "party_role", "party_mobile", "debtor_id", "device_owner", "recording_id",
         "disclosed", "purpose", "unreachable_basis", "stop_requested", "n_persons", "id_shown", "av_recorded", "entry_consent")


def a_day(seed: int = 3) -> list[dict[str, Any]]:
    """Ten collectors of two agencies work forty debtors from 07:00 to 23:00; some of them badly."""
    chance, rows = random.Random(seed), []
    for who in range(10):
        careless = who in (3, 7)
        for _ in range(60):
            hour, debtor = chance.uniform(7.0 if careless else 8.2, 23.0 if careless else 21.5), chance.randrange(40)
            at = dt.datetime(2026, 3, 2, tzinfo=SHANGHAI) + dt.timedelta(hours=hour)
            answered = chance.random() < 0.5
            third = careless and chance.random() < 0.2
            rows.append({
                "record_id": f"c{len(rows)}", "source_file": f"k{who}.csv", "institution": "甲银行", "agency": "乙催收" if who < 5 else "丙催收",
                "collector_id": f"K{who}", "at": at.astimezone(dt.UTC), "tz": "Asia/Shanghai", "channel": chance.choice(["电话"] * 8 + ["短信"]),
                "direction": "呼出", "answered": answered, "effective": answered, "duration_seconds": chance.randrange(5, 200) if answered else 0,
                "line_number": "02100000001", "party_role": "联系人" if third else "本人", "party_mobile": f"138{debtor + 1000 * third:08d}",
                "debtor_id": f"D{debtor}", "device_owner": "私人手机" if careless and chance.random() < 0.05 else "机构",
                "recording_id": None if careless and chance.random() < 0.1 else f"R{len(rows)}",
                "disclosed": "机构|催收机构|工号|来意", "purpose": "催收", "stop_requested": third and chance.random() < 0.3,
            })
    rows.sort(key=lambda row: (row["source_file"], row["at"]))
    return rows


def table(rows: list[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist([{"record_no": no, **{name: row.get(name) for name in NAMES if name != "record_no"}} for no, row in enumerate(rows)])


def audited(rows: list[dict[str, Any]], stands: standing.Standing | None = None) -> audit.Audit:
    tables = DuckTables(threads=2)
    made = audit.audit([table(rows)], tables, RULES, stands)
    tables.close()
    return made


def refusing(made: audit.Audit) -> set[int]:
    return {row["record_no"] for row in made.findings.to_pylist() if row["breach"] and row["effect"] in ("block", "severe")}


def test_a_day_of_ten_collectors() -> None:
    rows = a_day()
    hold = standing.Standing((standing.Span("dispute_open", standing.debtor_key("甲银行", "D5"), ref="Y-1"),))
    wild = audited(rows, hold)
    assert len(refusing(wild)) > 50
    codes = {row["code"] for row in wild.findings.to_pylist()}
    assert {"QUIET_HOURS", "DAILY_EFFECTIVE_CAP", "NOT_DEBTOR", "NO_RECORDING", "DEVICE_PRIVATE", "DISPUTE_OPEN", "CONTACT_PERSON_NO_BASIS"} <= codes

    past, made, stopped = History(RULES, (), hold), [], []
    for row in sorted(rows, key=lambda each: each["at"]):
        planned = contact.read({name: value for name, value in row.items() if name not in contact.OUTCOMES})
        if gate.check(planned, past, RULES).allow:
            past.add(contact.read(row))
            made.append(row)
        else:
            stopped.append(row["record_id"])
    tame = audited(made, hold)
    assert refusing(tame) == set()
    # What the audit of the wild day calls a breach, the gate had stopped; but for fourth calls that
    # were no longer the fourth, because it had stopped one before them.
    for row in wild.findings.to_pylist():
        if row["breach"] and row["effect"] in ("block", "severe") and row["record_id"] not in stopped:
            assert row["code"] == "DAILY_EFFECTIVE_CAP"
    assert len(made) > 200

    grades = {row["collector_id"]: row for row in grade.collectors(wild).to_pylist()}
    worst = sorted(grades, key=lambda who: -grades[who]["per_thousand"])[:2]
    assert set(worst) == {"K3", "K7"}
    whole = grade.agencies(wild).to_pylist()
    assert sum(row["n_contacts"] for row in whole) == 600 and all(row["per_thousand_low"] < row["per_thousand"] < row["per_thousand_high"] for row in whole)

    page = pages.page(pages.Told(wild, RULES, grade.agencies(wild), grade.collectors(wild), "0"))
    assert page.count("<svg") == 6 and "http" not in page.replace("http-equiv", "") and "138000" not in page and "D5" not in page


def test_the_command_line_audits_a_folder_and_leaves_it_whole_or_not_at_all(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pq.write_table(table(a_day()).drop_columns(["record_no", "source_file"]), tmp_path / "联系.parquet")
    out = tmp_path / "out"
    assert cli.audit([tmp_path / "联系.parquet"], out) == 0
    told = json.loads((out / "run.json").read_text())
    assert told["rows"]["in"] == 600 == told["rows"]["judged"] + told["rows"]["told_twice"] + told["rows"]["rejected"]
    assert {path.name for path in out.iterdir()} == {
        "findings.parquet", "agencies.parquet", "collectors.parquet", "told_twice.parquet", "rejects.csv", "run.json", "report.html"}
    with pytest.raises(InputError):
        cli.audit([tmp_path / "联系.parquet"], out)
    with pytest.raises(InputError):
        cli.audit([tmp_path / "nothing.csv"], tmp_path / "never")
    assert not (tmp_path / "never").exists() and not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_the_command_line_answers_one_contact(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log, asked = tmp_path / "log.csv", tmp_path / "asked.yaml"
    log.write_text("催收机构,机构,联系时间,联系渠道,呼叫方向,是否接通,是否有效,对象,联系号码,客户编号\n" + "".join(
        f"乙催收,甲银行,2026-03-02 {hour:02d}:00:00,电话,呼出,是,是,本人,13800000001,D1\n" for hour in (9, 10, 11)), encoding="utf-8")
    intent = {"at": "2026-03-02T12:00:00+08:00", "tz": "Asia/Shanghai", "institution": "甲银行", "channel": "电话", "party_role": "本人",
              "party_mobile": "13800000001", "debtor_id": "D1", "recording_id": "L1", "disclosed": "机构|工号|来意"}
    asked.write_text(json.dumps(intent, ensure_ascii=False), encoding="utf-8")
    assert cli.check(asked, [log], as_json=True) == 3
    told = json.loads(capsys.readouterr().out)
    assert told["codes"] == ["DAILY_EFFECTIVE_CAP"] and not told["allow"]
    assert next(one for one in told["limits"] if one["code"] == "DAILY_EFFECTIVE_CAP")["resets_at"] == "2026-03-02T16:00:00+00:00"
    asked.write_text(json.dumps({**intent, "at": "2026-03-03T12:00:00+08:00"}), encoding="utf-8")
    assert cli.check(asked, [log]) == 0
    assert cli.check(asked) == 3
    assert "E_NO_HISTORY" in capsys.readouterr().out
    asked.write_text("- a list", encoding="utf-8")
    with pytest.raises(InputError):
        cli.check(asked, [log])


def test_the_command_line_lists_and_tries_the_rules(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.rules() == 0 and cli.rules(test=True) == 0
    assert "CN.GBT45251.F1" in capsys.readouterr().out
    assert cli.rules(as_json=True) == 0
    assert len(json.loads(capsys.readouterr().out)) == len(load.rules(load.ALL).all)
