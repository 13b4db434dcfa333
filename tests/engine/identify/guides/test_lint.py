from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from lianfang.engine.identify.guides import guide, lint
from lianfang.engine.terms.errors import DefinitionError

TEN = """id: LF-G-0801
version: 1.0
activity: BG88
title: {zh: 只有中文}
kinds: [posts]
on: x
clauses:
  - {id: a, strength: strong, any: [no_such_set]}
  - {id: a, strength: huge, any: [product]}
  - {id: b, strength: weak, pattern: '(a)\\1'}
  - {id: c, strength: weak, near: {sets: [product, ease], within: 0}}
  - {id: d, strength: weak, any: [product], at_least: 9}
gates: {look: "3 of strong", review: "1 of strong and ghost"}
guards: [nobody]
legal: [{instrument: 刑法, verified: true}]
samples: {hit: ["贷款"], miss: [3]}
"""

#: line and code of each planted fault
PLACES = [
    "1 E-GUIDE-03",  # definition, not, evidence, response, advice
    "1 E-GUIDE-06",  # the id is taken
    "1 E-GUIDE-17",  # source
    "2 E-GUIDE-04",  # the version is a number
    "3 E-GUIDE-07",
    "4 E-GUIDE-05",
    "5 E-GUIDE-04",
    "6 E-GUIDE-02",  # `on:` stays a word
    "8 E-GUIDE-08",
    "9 E-GUIDE-04",
    "9 E-GUIDE-06",
    "10 E-GUIDE-12",
    "10 E-GUIDE-13",
    "11 E-GUIDE-04",
    "12 E-GUIDE-10",
    "13 E-GUIDE-09",
    "13 E-GUIDE-10",
    "14 E-GUIDE-15",
    "15 E-GUIDE-18",
    "16 E-GUIDE-04",
    "1 E-GUIDE-16",
]


def test_the_folder_of_the_tests_is_clean(folder: Path) -> None:
    assert [str(fault) for fault in lint.lint(folder, shipped=False)] == []


def test_a_guide_with_many_faults_tells_them_all_at_once(faults_of: Callable[[str], list[str]]) -> None:
    found = faults_of(TEN)
    assert len(found) >= 25
    for place in PLACES:
        assert place in found


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("id: [", "2 E-GUIDE-01"),
        ("", "1 E-GUIDE-01"),
        ("a: &x [1]\nb: *x", "1 E-GUIDE-01"),
        ("title: {zh: 甲,乙, en: a}", "1 E-GUIDE-02"),
        ("- 3", "1 E-GUIDE-04"),
        ("guards: 7", "1 E-GUIDE-04"),
        ("sets: {a: {words: []}}", "1 E-GUIDE-19"),
        ("sets:\n  a: 3", "2 E-GUIDE-04"),
        ("[" * 3000, "2 E-GUIDE-01"),
        ("clauses: {}\nclauses: {}", "1 E-GUIDE-02"),
    ],
)
def test_broken_files_become_faults_never_traces(
    faults_of: Callable[[str], list[str]], words: str, code: str
) -> None:
    assert code in faults_of(words)


def _changed(folder: Path, old: str, new: str) -> list[str]:
    text = (folder / "halt.yaml").read_text(encoding="utf-8")
    assert old in text
    (folder / "halt.yaml").write_text(text.replace(old, new), encoding="utf-8")
    return [fault.code for fault in lint.lint(folder, shipped=False)]


@pytest.mark.parametrize(
    ("old", "new", "codes"),
    [
        ("demanded_fen > 5", "demanded_fn > 5", ["E-GUIDE-14"]),
        ('"demanded_fen > 5 * disputed_fen and disputed_fen > 0"', '"demanded_fen + 1"', ["E-GUIDE-14"]),
        ("by: agent_mobile", "by: agent_mobil", ["E-GUIDE-14"]),
        ("distinct: channel", "distinct: chanel", ["E-GUIDE-14"]),
        ("at_least: 2}", "at_least: 20}", ["E-GUIDE-10"]),
        ("(same and storm)", "(same)", ["E-GUIDE-11"]),
        ('look: "words', 'look: "not words', ["E-GUIDE-10"]),
        ('miss: ["今天天气不错", ', "miss: [", ["E-GUIDE-16"]),
        ("any: [halt], at_least: 2", "pattern: '停(?=息)', needs: [halt]", ["E-GUIDE-12"]),
    ],
)
def test_each_kind_of_fault(folder: Path, old: str, new: str, codes: list[str]) -> None:
    assert _changed(folder, old, new) == codes


def test_load_refuses_with_all_faults_and_a_fix_for_each(folder: Path) -> None:
    (folder / "more.yaml").write_text(TEN, encoding="utf-8")
    with pytest.raises(DefinitionError) as wrong:
        guide.load(folder, shipped=False)
    assert len(wrong.value.faults) > 10
    for fault in wrong.value.faults:
        assert fault.fix.zh and fault.fix.en and fault.say.zh and fault.say.en
        assert "{" not in fault.say.zh.replace("{zh", "").replace("{lender", "")


def test_load_accepts_what_only_lint_complains_about(folder: Path) -> None:
    text = (folder / "halt.yaml").read_text(encoding="utf-8").replace('source: "written for the tests"', "")
    (folder / "halt.yaml").write_text(text, encoding="utf-8")
    assert len(guide.load(folder, shipped=False).guides) == 2
    assert [fault.code for fault in lint.lint(folder, shipped=False)] == ["E-GUIDE-17"]


def test_a_later_folder_replaces_by_id(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    first = guide.load(folder, shipped=False)
    text = (folder / "halt.yaml").read_text(encoding="utf-8").replace("version: 1.0.0", "version: 1.0.1")
    (folder / "halt.yaml").write_text("# moved down a line\n" + text, encoding="utf-8")
    guide._load.cache_clear()
    second = guide.load(folder, shipped=False)
    assert second.guide("LF-G-0201").version == "1.0.1"
    assert first.digest != second.digest


def test_the_digest_says_content_not_place(folder: Path) -> None:
    first = guide.load(folder, shipped=False)
    text = (folder / "halt.yaml").read_text(encoding="utf-8")
    (folder / "halt.yaml").write_text("# a remark\n\n" + text, encoding="utf-8")
    guide._load.cache_clear()
    assert guide.load(folder, shipped=False).digest == first.digest
