from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lianfang.engine.identifiers import find
from lianfang.engine.identify.guides import guide
from lianfang.engine.identify.signals import body, check, run
from lianfang.engine.records import schema
from lianfang.engine.terms.codes import Kind

PIECES = [
    "贷款", "信用贷", "备用金", "无抵押", "秒批", "黑户可做", "当天放款", "加微信", "联系我", "私信", "停息挂账", "停息",
    "挂账", "停催", "我欠", "我的贷款", "代办", "可代做", "保证金", "解冻费", "解冻", "滴滴我", ",", "。", " ", "\n", "今天天气",
    "13800138000", "CELLPHONE", "停·息·挂·账", "貸款", "贷 款", "😀", "a", "",
]  # fmt: skip


def _table(kind: str, rows: list[dict[str, Any]], first: int = 0) -> pa.Table:
    shape = schema.of(Kind(kind)).arrow
    system = [
        {"record_no": first + n, "record_id": f"{kind}#{n}", "source_file": "x.csv", "source_row": n + 1, "row_sha256": ""}
        for n in range(len(rows))
    ]
    return pa.Table.from_pylist([one | row for one, row in zip(system, rows, strict=True)], schema=shape)


def _spans(found: Any) -> list[tuple[str, str, int | None, int | None, str]]:
    rows = []
    for finding in found.findings:
        for hit in finding.clauses:
            spans = [(span.start, span.end, span.matched) for span in hit.spans] or [(None, None, "")]
            rows += [(finding.guide, hit.id, *span) for span in spans]
    return sorted(rows, key=str)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(st.sampled_from(PIECES), max_size=12).map("".join), min_size=1, max_size=12))
def test_a_table_and_a_text_get_the_same_answer(book: guide.GuideBook, texts: list[str]) -> None:
    table = _table("post", [{"text": text or None} for text in texts])
    signal, verdict = run.signals({"post": table}, book, threads=1)
    told = signal.to_pylist()
    for number, (text, row) in enumerate(zip(texts, verdict.to_pylist(), strict=True)):
        answer = check.check_record("post", {"text": text}, book)
        assert row["level"] == answer.level.value
        assert row["activity"] == (answer.activities[0] if answer.activities else None)
        shown = [found for found in answer.findings if found.level != "none"]
        assert row["score"] == (shown[0].score if shown else 0)
        assert row["evasion"] == any(found.evasion for found in shown)
        guards = {guard.id for found in answer.findings for guard in found.guards}
        assert row["guards"] == "|".join(sorted(guards))
        mine = [each for each in told if each["record_no"] == number]
        rows = [
            (each["guide"], each["clause"], each["span_start"], each["span_end"], each["matched"])
            for each in mine
            if each["strength"] != "guard"
        ]
        assert sorted(rows, key=str) == _spans(answer)
        whys = {(each["guide"], each["clause"]): each["why_zh"] for each in mine if each["strength"] != "guard"}
        assert whys == {(f.guide, hit.id): hit.why.zh for f in answer.findings for hit in f.clauses}
        assert {each["guide"] for each in mine if each["strength"] == "guard"} == guards
        for each in mine:
            if each["span_start"] is not None and each["clause"] != "way":
                assert text[each["span_start"] : each["span_end"]] == each["matched"]


def test_a_loose_text_and_a_record_get_the_same_answer(book: guide.GuideBook) -> None:
    for text in ("无抵押贷款,加微信", "停息又停催", "我欠钱,无抵押贷款"):
        assert check.check(text, book) == check.check_record("post", {"text": text}, book)


NOW = datetime(2026, 3, 2, tzinfo=UTC)


def _agents(days: list[int], people: list[str]) -> list[dict[str, Any]]:
    return [
        {"text": "投诉", "agent_mobile": "13900001111", "received_at": NOW + timedelta(days=day), "person_mobile": who}
        for day, who in zip(days, people, strict=True)
    ]


@pytest.mark.parametrize(
    ("days", "people", "met"),
    [
        ([0, 1, 2], ["a", "b", "c"], [1, 1, 1]),
        ([0, 45, 90], ["a", "b", "c"], [1, 1, 1]),
        ([0, 45, 91], ["a", "b", "c"], [0, 0, 0]),
        ([0, 1, 2], ["a", "a", "c"], [0, 0, 0]),
        ([0, 80, 100, 120, 300], ["a", "b", "c", "d", "e"], [0, 1, 1, 1, 0]),
        ([120, 0, 100, 80], ["d", "a", "c", "b"], [1, 0, 1, 1]),
    ],
)
def test_counting_people_who_share_an_agent(
    book: guide.GuideBook, days: list[int], people: list[str], met: list[int]
) -> None:
    table = _table("complaint", _agents(days, people))
    signal, verdict = run.signals({"complaint": table}, book)
    assert [level == "look" for level in verdict["level"].to_pylist()] == [bool(one) for one in met]
    if signal.num_rows:
        first = signal.to_pylist()[0]
        assert "139****1111" in first["why_zh"] and "13900001111" not in str(signal.to_pylist())


@pytest.mark.parametrize("number", ["12378", "4008123456", "95588", "13800138000"])
def test_a_number_everybody_may_give_counts_nobody(book: guide.GuideBook, number: str) -> None:
    rows = [{**row, "agent_mobile": number} for row in _agents([0, 1, 2], ["a", "b", "c"])]
    signal, verdict = run.signals({"complaint": _table("complaint", rows)}, book)
    assert signal.num_rows == 0 and set(verdict["level"].to_pylist()) == {"none"}
    rows.append(_agents([0], ["d"])[0])
    assert run.signals({"complaint": _table("complaint", rows)}, book)[0].num_rows == 0
    rows += _agents([1, 2], ["e", "f"])
    assert set(run.signals({"complaint": _table("complaint", rows)}, book)[1]["level"].to_pylist()) == {"none", "look"}


def test_templates_and_storms(book: guide.GuideBook) -> None:
    rows = [
        {"text": "投诉", "person_mobile": "p", "channel": channel, "received_at": NOW + timedelta(hours=hour)}
        for channel, hour in (("12378", 0), ("12345", 20), ("黑猫", 47), ("黑猫", 500))
    ]
    table = _table("complaint", rows)
    family = {"record_no": [0, 1, 2, 3], "family_no": [0] * 4, "size": [4] * 4, "n_people": [1] * 4,
              "n_institutions": [2] * 4, "public": [False] * 4}  # fmt: skip
    signal, verdict = run.signals({"complaint": table}, book, families=pa.table(family))
    assert verdict["level"].to_pylist() == ["look", "look", "look", "none"]
    assert {row["clause"] for row in signal.to_pylist()} == {"same", "storm"}
    family["public"] = [True] * 4
    assert run.signals({"complaint": table}, book, families=pa.table(family))[0].num_rows == 0


def test_the_answer_does_not_depend_on_threads_or_slices(book: guide.GuideBook, monkeypatch: pytest.MonkeyPatch) -> None:
    chance = np.random.default_rng(7)
    rows = [{"text": "".join(chance.choice(PIECES, 8)), "title": "我欠" if n % 7 == 0 else None} for n in range(300)]
    tables = {"post": _table("post", rows), "complaint": _table("complaint", rows, first=300)}
    first = run.signals(tables, book, threads=1)
    second = run.signals(tables, book, threads=4)
    assert first[0].equals(second[0]) and first[1].equals(second[1])
    assert first[0].num_rows > 100
    monkeypatch.setattr(run, "SLICE_ROWS", 64)
    third = run.signals(tables, book, threads=2)
    assert first[0].to_pylist() == third[0].to_pylist() and first[1].to_pylist() == third[1].to_pylist()


def test_nothing_in_gives_empty_tables_of_the_same_shape(book: guide.GuideBook) -> None:
    signal, verdict = run.signals({}, book)
    full = run.signals({"post": _table("post", [{"text": "无抵押贷款"}])}, book)
    assert signal.schema == full[0].schema and verdict.schema == full[1].schema
    assert run.signals({"post": _table("post", [])}, book)[1].num_rows == 0
    assert run.signals({"post": _table("post", [{"text": None}])}, book)[1]["level"].to_pylist() == ["none"]


def test_identifiers_found_before_give_the_same_answer(book: guide.GuideBook) -> None:
    rows = [{"text": text} for text in ("联系我13800138000", "普通", "无抵押贷款 13800138000 13900139000", "CELLPHONE 加微信")]
    table = _table("post", rows, first=5)
    found = find.find_table(body.bodies("post", table))
    given = found.append_column("record_no", pc.add(found["row"], 5))
    alone, with_given = run.signals({"post": table}, book), run.signals({"post": table}, book, found=given)
    assert alone[0].equals(with_given[0]) and alone[1].equals(with_given[1])
    assert "way" in alone[0]["clause"].to_pylist()
