from __future__ import annotations

import pytest

from lianfang.engine.identify.guides import guide
from lianfang.engine.identify.signals import check
from lianfang.engine.terms.codes import Level


def test_an_advert_reaches_review_with_words_spans_and_reasons(book: guide.GuideBook) -> None:
    text = "专业办理:无抵押贷款,加微信"
    answer = check.check(text, book)
    assert answer.level is Level.REVIEW
    assert answer.activities == ("BG08",)
    (found,) = answer.findings
    assert [hit.id for hit in found.clauses] == ["offer", "talk"]
    assert found.score == 14
    for hit in found.clauses:
        for span in hit.spans:
            assert text[span.start : span.end] == span.matched
        assert hit.why.zh and hit.why.en
    assert "「加微信」" in found.clauses[1].why.zh
    assert answer.advice is not None and answer.advice.en == "pay no fee"


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("今天天气不错", "none"),
        ("", "none"),
        ("贷款", "none"),
        ("无抵押贷款", "look"),
        ("贷款的事情以后再慢慢说吧反正也不急,无抵押", "none"),
        ("停息挂账", "none"),
        ("停息挂账,停催", "look"),
        ("交保证金后解冻,联系我", "look"),
        ("保证金可以解冻,保证金,电话13800138000", "look"),
        ("联系我 CELLPHONE", "look"),
    ],
)
def test_levels(book: guide.GuideBook, text: str, level: str) -> None:
    assert check.check(text, book).level == level


def test_a_guard_lowers_and_says_why_and_both_levels_stay(book: guide.GuideBook) -> None:
    answer = check.check("我欠了很多,有人发无抵押贷款加微信的广告给我", book)
    assert answer.level is Level.NONE and answer.activities == () and answer.advice is None
    (found,) = answer.findings
    assert (found.level_before_guards, found.level) == (Level.REVIEW, Level.NONE)
    (guard,) = found.guards
    assert guard.id == "own_debt" and "「我欠」" in guard.why.zh and "own debt" in guard.why.en


def test_unless_keeps_a_guard_from_acting(book: guide.GuideBook) -> None:
    assert check.check("我欠过债,现在可代做无抵押贷款,加微信", book).level is Level.REVIEW


def test_a_record_meets_expressions_and_given_clauses(book: guide.GuideBook) -> None:
    row = {"text": "要求停催", "demanded_fen": 600, "disputed_fen": 100}
    assert check.check_record("complaint", row, book).level is Level.REVIEW
    assert check.check_record("complaint", {**row, "demanded_fen": 500}, book).level is Level.NONE
    assert check.check_record("complaint", {"text": "x"}, book, given=("agents",)).level is Level.LOOK
    assert check.check_record("tip", row, book).level is Level.NONE


def test_an_identifier_is_shown_masked(book: guide.GuideBook) -> None:
    answer = check.check("无抵押贷款,电话13800138000", book)
    shown = str(answer.plain())
    assert "13800138000" not in shown
    assert answer.level is Level.REVIEW


def test_the_answer_as_json_words(book: guide.GuideBook) -> None:
    plain = check.check("无抵押贷款", book).plain()
    assert plain["findings"][0]["clauses"][0]["spans"][0]["start"] == 0


def test_reasons_quote_what_was_typed_and_name_no_code() -> None:
    from types import SimpleNamespace

    from lianfang.engine.identify.guides.clauses import Count, Expr
    from lianfang.engine.identify.signals import why
    from lianfang.engine.terms.errors import Say

    said = {why.Word("加薇信", "加vx").say.zh, why.Word("停息", "停息").say.zh, why.Word("加1VX9", "加vx").say.zh}
    assert said == {"「加薇信」(即「加微信」)", "「停息」", "「加1VX9」(即「加vx」)"}
    assert why.Word("停息挂账", "停息挂帐").say.zh == "「停息挂账」", "two ordinary spellings of one word: none is a disguise"
    assert "13812345678" not in why.Word("停13812345678息", "停息").say.zh, "what may be a number is covered"
    expression = SimpleNamespace(name=Say("有代理人", "has an agent"), test=Expr("agent_name is not null or agent_mobile is not null"))
    counted = SimpleNamespace(name=Say("同号", "one number"), test=Count(by="agent_mobile", days=90, at_least=5, distinct="person"))
    for reason in (why.by_reading(expression, ()), why.by_others(counted, 6, 0, "138****0000")):  # type: ignore[arg-type]
        assert "agent_" not in reason.zh + reason.en and "null" not in reason.zh + reason.en
    assert "同一代理人手机号(138****0000)下有 6 名" in why.by_others(counted, 6, 0, "138****0000").zh  # type: ignore[arg-type]
