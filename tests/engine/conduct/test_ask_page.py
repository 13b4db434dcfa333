"""The docs page of the gate: its example is run as it stands there, its lists are whole."""

from __future__ import annotations

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


def test_every_fact_on_record_is_on_the_page() -> None:
    assert all(f"| `{fact}` |" in PAGE for fact in SUBJECT)
