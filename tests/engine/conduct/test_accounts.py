"""What an audit prints, writes and shows are the same numbers; silence of a log is no breach."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from lianfang.cli import conduct as cli
from lianfang.cli import conduct_sample
from lianfang.engine.conduct.sampling import SampleWish

HEAD = "催收机构,工号,联系时间,联系渠道,是否接通,通话时长,被叫号码,客户号,联系对象,机构"
ROWS = (
    "乙催,C1,2026-03-02 10:00,电话,是,60,13800000001,D1,本人,甲银行",
    "乙催,C1,2026-03-02 11:00,电话,否,0,13800000002,D2,本人,甲银行",
    "乙催,C1,2026-03-02 12:00,电话,否,很长,13800000003,D3,本人,甲银行",
    "丙催,C2,2026-03-02 22:30,短信,,,13800000004,D4,本人,甲银行",
    "丙催,C2,2026-03-02 14:00,电话,是,9,13800000005,D5,联系人,甲银行",
)


def audited(tmp_path: Path, extra: str = "", cells: str = "") -> tuple[Path, list[dict[str, object]]]:
    log, out = tmp_path / "外呼.csv", tmp_path / "out"
    log.write_text("\n".join([HEAD + extra, *(row + cells for row in ROWS)]) + "\n", encoding="utf-8")
    assert cli.audit([log], out, cli.AuditOptions(force=True)) == 0
    return out, pq.read_table(out / "findings.parquet").to_pylist()


def test_printed_written_and_shown_numbers_are_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, rows = audited(tmp_path, ",没见过的列", ",1")
    printed = capsys.readouterr().out
    counted = [row for row in rows if row["decided"]]
    want = {
        "rows": len(rows), "twice": len(rows) - len(counted), "breaches": sum(bool(row["breach"]) for row in counted),
        "severe": sum(bool(row["breach"] and row["effect"] == "severe") for row in counted),
        "unclear": sum(bool(row["unclear"]) for row in counted),
        "tried": sum(not row["breach"] and not row["unclear"] for row in counted),
        "contacts": len({row["record_no"] for row in counted if row["breach"] and row["effect"] in ("block", "severe")}),
    }
    told = json.loads((out / "run.json").read_text(encoding="utf-8"))
    assert told["findings"] == want and want["unclear"] > want["breaches"] > 0
    for number, word in ((want["breaches"], "确定违规"), (want["severe"], "其中严重"), (want["unclear"], "不明"), (want["tried"], "未遂")):
        assert f"{word} {number}" in printed
    agencies = pq.read_table(out / "agencies.parquet").to_pylist()
    for name, column in (("breaches", "n_findings"), ("severe", "n_severe"), ("unclear", "n_unclear"), ("tried", "n_tried"), ("contacts", "n_breached")):
        assert sum(row[column] for row in agencies) == want[name], column
    page = (out / "report.html").read_text(encoding="utf-8")
    cards = {zh: number for number, zh in re.findall(r'<b>([^<]*)</b><span class="zh">([^<]*)</span>', page)}
    assert [cards[name] for name in ("确定违规的发现", "其中严重")] == [str(want["breaches"]), str(want["severe"])]
    assert any(name.startswith("不明的发现") and number == str(want["unclear"]) for name, number in cards.items())
    lacking = {field for row in counted if row["unclear"] for field in str(row["lacks"]).split("|")}
    assert {"disclosed", "recording_id", "purpose"} <= lacking and all(f'lang="en">{field}</span></th>' in page for field in lacking)
    with (out / "rejects.csv").open(encoding="utf-8-sig") as stream:
        lines = list(csv.DictReader(stream))
    assert told["rejects"] == {"rows": 0, "cells": 1, "wider": 1} and len(lines) == 2
    assert "整行拒收 0；行内置空或改动 1 格，没有读的列或文件 1 个（共 2 条" in printed


def test_a_log_without_a_column_accuses_nobody_of_what_it_would_tell(tmp_path: Path) -> None:
    _, rows = audited(tmp_path)
    by = {(row["record_no"], row["code"]): row for row in rows if row["decided"]}
    for code, lacks in (("IDENTITY_NOT_STATED", "disclosed"), ("NO_RECORDING", "recording_id")):
        assert (by[0, code]["breach"], by[0, code]["unclear"], by[0, code]["lacks"]) == (False, True, lacks)
        assert "不明" in by[0, code]["why_zh"] and "unclear" in by[0, code]["why_en"]
    assert by[3, "QUIET_HOURS"]["breach"] and by[4, "NOT_DEBTOR"]["lacks"] == "purpose"
    assert by[4, "CONTACT_PERSON_NO_BASIS"]["lacks"] == "unreachable_basis"
    assert not [no for no, _ in by if no in (1, 2)]  # nobody answered: nothing to record, nobody to tell


def test_a_column_that_is_there_and_says_no_is_a_breach(tmp_path: Path) -> None:
    _, rows = audited(tmp_path, ",告知内容,录音编号,联系目的,失联依据", ",无,,催收,")
    by = {(row["record_no"], row["code"]): row for row in rows if row["decided"]}
    assert all(by[key]["breach"] and not by[key]["unclear"] for key in (
        (0, "IDENTITY_NOT_STATED"), (0, "NO_RECORDING"), (4, "NOT_DEBTOR"), (4, "CONTACT_PERSON_NO_BASIS")))


def test_a_word_instead_of_an_id_is_no_recording(tmp_path: Path) -> None:
    _, rows = audited(tmp_path, ",录音", ",否")
    assert next(row for row in rows if row["code"] == "NO_RECORDING")["breach"]


def test_what_was_filled_by_custom_is_counted(tmp_path: Path) -> None:
    out, _ = audited(tmp_path)
    told = json.loads((out / "run.json").read_text(encoding="utf-8"))["oddities"]
    assert (told["zone_assumed"], told["direction_assumed"], told["mode_assumed"], told["outcome_missing"]) == (5, 5, 5, 0)
    log = tmp_path / "外呼.csv"
    log.write_text(log.read_text(encoding="utf-8").replace("是否接通,通话时长", "呼叫方向,拨打模式"), encoding="utf-8")
    assert cli.audit([log], out, cli.AuditOptions(force=True)) == 0
    told = json.loads((out / "run.json").read_text(encoding="utf-8"))["oddities"]
    assert told["outcome_missing"] == 4


def test_a_drawn_list_holds_no_formula(tmp_path: Path) -> None:
    log, out = tmp_path / "外呼.csv", tmp_path / "drawn"
    log.write_text("\n".join([HEAD, *(row.replace("乙催", "=1+1") for row in ROWS)]) + "\n", encoding="utf-8")
    assert conduct_sample.sample([log], out, SampleWish(number=2), cli.AuditOptions()) == 0
    assert "'=1+1" in (out / "sample.csv").read_text(encoding="utf-8-sig") and ',"=1+1' not in (out / "sample.csv").read_text(encoding="utf-8-sig")


def test_a_row_that_was_cut_off_says_nothing_in_the_cells_it_lacks(tmp_path: Path) -> None:
    log, out = tmp_path / "外呼.csv", tmp_path / "out"
    log.write_text(f"{HEAD},录音编号\n{ROWS[0]}\n{ROWS[0].replace('10:00', '11:00')},\n{ROWS[2].replace('否', '是')}\n", encoding="utf-8")
    assert cli.audit([log], out) == 0
    rows = {row["record_no"]: row for row in pq.read_table(out / "findings.parquet").to_pylist() if row["rule"] == "CN.CBA26.R1"}
    assert [(rows[no]["breach"], rows[no]["lacks"]) for no in (0, 1, 2)] == [(False, "recording_id"), (True, None), (False, "recording_id")]
