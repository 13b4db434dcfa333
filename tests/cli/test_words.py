"""What a person reads on a terminal: the words that were typed, and no code where a word belongs."""

import os
import re
import sys

from lianfang.engine.terms.words import LEVELS


def test_check_shows_the_words_that_were_typed(command):
    told = command("check", "停息挂账,加薇信 abc12345").out
    assert "出现「停息挂账」" in told and "「加薇信」(即「加微信」)(变体写法)" in told
    assert "停息挂帐" not in told, "an ordinary spelling is not told as a disguise of another"
    assert any(f"[{level.zh}]" in told for level in LEVELS.values())
    assert not re.search(r"^ +(strong|medium|weak|guard):", told, re.M)
    english = command("check", "停息挂账,加薇信 abc12345", "--lang", "en").out
    assert "“加薇信” (“加微信” made plain)" in english and re.search(r"^ +weak: ", english, re.M)


def test_columns_names_fields_as_people_do(command, tmp_path):
    (tmp_path / "a.csv").write_text("投诉编号,投诉内容,代理人电话\nT1,被骗了,13800138000\n", "utf-8")
    told = command("columns", tmp_path / "a.csv").out
    assert "代理人手机号 (agent_mobile)" in told and "记录编号 (record_id)" in told and "投诉正文 (text)" in told
    assert re.search(r"没有对应列的字段:.*投诉人手机号 \(person_mobile\)", told)


def test_kernels_are_told_of_once(monkeypatch, capsys, tmp_path):
    """The first small run compiles what it needs; a later one is not told again of what no small run compiles."""
    from lianfang.cli import warm

    monkeypatch.setenv("LIANFANG_KERNELS", "")  # so that what a run sets is undone
    del os.environ["LIANFANG_KERNELS"]
    monkeypatch.setattr(warm, "_mark", lambda name: tmp_path / name)
    monkeypatch.setattr(warm, "_started", {})
    monkeypatch.setattr(warm, "_beside", lambda missing: None)
    monkeypatch.delitem(sys.modules, "lianfang.engine.terms.compiled", raising=False)
    warm.prepared([])
    assert "只做一次" in capsys.readouterr().err
    for name in warm.FIRST:
        (tmp_path / name).touch()
    del os.environ["LIANFANG_KERNELS"]
    warm.prepared([])
    assert capsys.readouterr().err == ""
