"""The docs page of the gate: its example is run as it stands there, its lists are whole."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from lianfang.cli import main
from lianfang.engine.conduct import ask_page
from lianfang.engine.conduct.standing import SUBJECT


def run(monkeypatch: pytest.MonkeyPatch, words: list[str]) -> int | str | None:
    monkeypatch.setenv("LIANFANG_LANG", "zh")
    monkeypatch.setattr("sys.argv", ["lianfang", *words])
    with pytest.raises(SystemExit) as end:
        main.main()
    return end.value.code


PAGE = (Path(__file__).parents[3] / "docs" / "conduct.md").read_text(encoding="utf-8")


def test_the_example_runs_as_the_page_shows_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for name, _, text in re.findall(r"`([a-z]+\.(json|csv))`\n\n```[a-z]+\n(.*?\n)```", PAGE, re.S):
        (tmp_path / name).write_text(text, encoding="utf-8")
    shown = re.search(r"```console\n\$ (.*?)\n(.*?)\$ echo \$\?\n(\d)\n```", PAGE, re.S)
    assert shown and {one.name for one in tmp_path.iterdir()} == set(ask_page.EXAMPLE)
    monkeypatch.chdir(tmp_path)
    code = run(monkeypatch, shown[1].split()[1:])
    assert (capsys.readouterr().out, code) == (shown[2], int(shown[3]))
    # One call less that day, and it may be made.
    history = (tmp_path / "history.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    (tmp_path / "history.csv").write_text("".join(history[:-1]), encoding="utf-8")
    assert run(monkeypatch, shown[1].split()[1:]) == 0


def test_headers_alone_are_a_history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, _, text in re.findall(r"`([a-z]+\.(json|csv))`\n\n```[a-z]+\n(.*?\n)```", PAGE, re.S):
        (tmp_path / name).write_text(text.splitlines(keepends=True)[0] if name == "history.csv" else text, encoding="utf-8")
    words = ["conduct", "check", str(tmp_path / "intent.json"), "--history", str(tmp_path / "history.csv")]
    assert run(monkeypatch, words) == 0
    assert run(monkeypatch, words[:3]) == 3


def test_a_history_that_does_not_tell_how_calls_ended_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for name, _, text in re.findall(r"`([a-z]+\.(json|csv))`\n\n```[a-z]+\n(.*?\n)```", PAGE, re.S):
        (tmp_path / name).write_text(text.replace("是否接通,通话时长", "没见过甲,没见过乙"), encoding="utf-8")
    words = ["conduct", "check", str(tmp_path / "intent.json"), "--history", str(tmp_path / "history.csv")]
    assert run(monkeypatch, words) == 3
    assert "E_NO_OUTCOME  当日有 4 次通话" in capsys.readouterr().out


def test_what_is_not_understood_in_an_intent_is_told_and_counts_as_not_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    asked, history = tmp_path / "asked.json", tmp_path / "history.csv"
    asked.write_text('{"at": 1772434800, "chanel": "电话", "agreed_time": "是", "consent_until": "soon", "consent_ref": "K1"}', encoding="utf-8")
    history.write_text("机构,联系时间,客户号\n", encoding="utf-8")
    assert run(monkeypatch, ["conduct", "check", str(asked), "--history", str(history), "--json"]) == 3
    told = capsys.readouterr()
    assert all(word in told.err for word in ("不认识的键 chanel，没有读；是 channel 吗", "agreed_time 的值读不懂", "consent_until 的值读不懂", "at 的值读不懂"))
    assert {"E_NO_MOMENT", "E_NO_CHANNEL"} <= set(json.loads(told.out)["codes"])


@pytest.mark.parametrize("rows", [[{"fact": "agency_listed", "subject": "x", "from": "soon"}], [{"fact": "dispute_open", "creditor": "a"}],
                                  [{"fact": "agency_listed", "subject": "x", "until": 1772434800}]])
def test_a_fact_on_record_that_cannot_be_read_is_an_error_and_never_always(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: list[dict[str, object]],
                                                                          capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "asked.json").write_text("{}", encoding="utf-8")
    (tmp_path / "standing.json").write_text(json.dumps(rows), encoding="utf-8")
    assert run(monkeypatch, ["conduct", "check", str(tmp_path / "asked.json"), "--standing", str(tmp_path / "standing.json")]) == 2
    assert "E-GATE-05" in capsys.readouterr().err


def test_every_fact_on_record_is_on_the_page() -> None:
    assert all(f"| `{fact}` |" in PAGE for fact in SUBJECT)
