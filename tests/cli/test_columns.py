"""`lianfang columns` says what an amount is taken for where its header names no unit."""

from __future__ import annotations

from pathlib import Path

import pytest

from lianfang.cli import columns


def test_an_amount_without_a_unit_says_what_it_is_taken_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = tmp_path / "投诉.csv"
    table.write_text("投诉编号,手机号,投诉时间,涉诉金额,投诉内容\n1,13800000001,2026-03-02 10:00,5000,利息高\n", encoding="utf-8")
    columns.columns(table)
    line = next(one for one in capsys.readouterr().out.splitlines() if one.startswith("涉诉金额"))
    assert "yuan(缺省)" in line
