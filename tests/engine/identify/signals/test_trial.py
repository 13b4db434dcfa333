from __future__ import annotations

import json
from pathlib import Path

import pytest

from lianfang.cli import check as check_cli
from lianfang.cli import guide as guide_cli
from lianfang.engine.identify.guides import guide
from lianfang.engine.identify.signals import trial
from lianfang.engine.terms.errors import DefinitionError, InputError, NotFound


def _reloaded(folder: Path, old: str, new: str) -> guide.GuideBook:
    for name in ("broker", "halt", "guards"):
        words = (folder / f"{name}.yaml").read_text(encoding="utf-8")
        (folder / f"{name}.yaml").write_text(words.replace(old, new), encoding="utf-8")
    guide._load.cache_clear()
    return guide.load(folder, shipped=False)


def test_all_samples_of_the_tests_pass(book: guide.GuideBook) -> None:
    n_tried, failures = trial.trial(book)
    assert (n_tried, failures) == (14, ())


@pytest.mark.parametrize(
    ("old", "new", "holder"),
    [
        ("今天天气不错", "无抵押贷款", "LF-G-0801"),
        ("信用贷当天放款", "信用贷", "LF-G-0801"),
        ("{text: \"无抵押贷款秒批加微信\", level: review}", "{text: \"无抵押贷款\", level: review}", "LF-G-0801"),
        ("我欠了网贷", "有人欠了网贷", "LF-G-0801"),
        ("我欠银行钱", "有人欠钱", "own_debt"),
        ("专业代办", "我欠银行", "own_debt"),
        ("demanded_fen: 600", "demanded_fen: 60", "LF-G-0201"),
    ],
)  # fmt: skip
def test_a_wrong_sample_is_named(folder: Path, old: str, new: str, holder: str) -> None:
    _, failures = trial.trial(_reloaded(folder, old, new))
    assert holder in {failure.holder for failure in failures}
    assert all(failure.say.zh and failure.say.en and ".yaml:" in failure.sample.where for failure in failures)


def test_the_verbs_of_guides(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert guide_cli.list_guides(folder) == 0
    assert guide_cli.show_guide("LF-G-0801", folder) == 0
    assert "offer" in capsys.readouterr().out
    assert guide_cli.show_guide("LF-G-0801", folder, as_json=True) == 0
    assert json.loads(capsys.readouterr().out)["id"] == "LF-G-0801"
    assert guide_cli.list_guides(folder, as_json=True) == 0
    assert {"LF-G-0801", "LF-G-0201"} <= {one["id"] for one in json.loads(capsys.readouterr().out)}
    with pytest.raises(NotFound):
        guide_cli.show_guide("LF-G-9999", folder)


def test_lint_and_test_say_by_their_exit_code(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert guide_cli.test("LF-G-0201", folder) == 0
    (folder / "halt.yaml").write_text("id: LF-G-0201\n", encoding="utf-8")
    guide._load.cache_clear()
    assert guide_cli.lint(folder) == 2
    out = capsys.readouterr().out
    assert "halt.yaml:1: E-GUIDE-03" in out and "→" in out
    with pytest.raises(DefinitionError):
        guide_cli.test(None, folder)


def test_a_new_guide_passes_lint_and_its_own_samples(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert guide_cli.new("LF-G-0199", "BG01", tmp_path / "own") == 0
    assert trial.trial(guide.load(tmp_path / "own"), "LF-G-0199")[1] == ()
    with pytest.raises(InputError):
        guide_cli.new("LF-G-0199", "BG01", tmp_path / "own")
    with pytest.raises(InputError):
        guide_cli.new("LF-G-0198", "BG11", tmp_path / "own")


def test_check_prints_words_and_json(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check_cli.check("无抵押\x1b[2J贷款,加微信13800138000", folder) == 0
    out = capsys.readouterr().out
    assert "\x1b" not in out and "LF-G-0801" in out
    assert check_cli.check("无抵押贷款", folder, as_json=True) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["level"] in ("look", "review") and "BG08" in answer["activities"]
    with pytest.raises(InputError):
        check_cli.check("贷" * 1_000_001, folder)
