"""What was said: every rule with its samples and sets; quotes covered, spans true, bad input answered."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lianfang.engine.conduct import (
    load,
    said,
    said_card,
    said_page,
    said_read,
    said_rules,
    said_sets,
    said_signs,
    said_talk,
)
from lianfang.engine.conduct.rules import Effect, JudgedIn
from lianfang.engine.conduct.said import SaidVerdict
from lianfang.engine.conduct.said_talk import Speaker
from lianfang.engine.terms import shelf
from lianfang.engine.terms.errors import DefinitionError, InputError

RULES = {rule.id: rule for rule in said_rules.load()}
PACKS = load.rules(load.ALL)


def found(findings):
    return {one.rule.id: one for one in findings if one.verdict in (SaidVerdict.WARN, SaidVerdict.FAIL)}


def say(*lines, **context):
    rows = [dict(zip(("speaker", "text"), line.split(" ", 1), strict=True)) for line in lines]
    return said_talk.talk(rows, said_talk.context(context))


@pytest.mark.parametrize("each", list(said_sets.samples()), ids=lambda each: f"{each[0].id}:{str(each[1])[:16]}")
def test_sample(each):
    _, _, promised, came = each
    assert came is promised


def test_every_said_row_of_the_packs_has_a_rule_and_every_rule_names_rows_that_exist():
    named = {one for rule in RULES.values() for one in rule.rules}
    assert {rule.id for rule in PACKS.all if rule.judged_in is JudgedIn.SAID} <= named
    assert named <= {rule.id for rule in PACKS.all}


@pytest.mark.parametrize("name", RULES)
def test_sets_are_large_enough_and_no_text_stands_twice(name):
    sets = said_sets.labelled()[name]
    assert sum(one.finding for one in sets) >= said_sets.LEAST_FINDING
    assert sum(not one.finding for one in sets) >= said_sets.LEAST_NONE
    for half in said_sets.HALVES:
        assert sum(one.half == half for one in sets) >= 45
    texts = [json.dumps(one.raw, ensure_ascii=False) for one in sets]
    assert len(texts) == len(set(texts))


@pytest.mark.parametrize("name", RULES)
def test_a_rule_below_the_limit_may_only_warn(name):
    measured = said_sets.figures()[name]
    least = min(one.precision for one in measured.values())
    assert RULES[name].may_fail is (least >= said_sets.LEAST_PRECISION)


@pytest.mark.parametrize("name", [name for name, rule in RULES.items() if not rule.may_fail])
def test_a_rule_that_may_only_warn_never_fails(name):
    verdicts = {said.judge(RULES[name], one.talk).verdict for one in said_sets.labelled()[name]}
    assert SaidVerdict.FAIL not in verdicts


def test_spans_are_raw_and_quotes_are_covered():
    text = "张三，手机13800138000，你个傻-逼欠钱不还"
    finding = found(said.check(said_talk.message(text, said_talk.context({"names": ["张三"]})), PACKS))["SAID.X1.INSULT"]
    cited = finding.spans[0]
    assert text[cited.start : cited.end] == "傻-逼" and finding.evasion
    assert finding.utt_ids == ("u1",) and finding.method == "lexicon" and finding.is_gate
    assert "张三" not in finding.quote and "13800138000" not in finding.quote


@pytest.mark.parametrize("text", ["你个傻-逼", "你个傻逼", "你個傻逼", "你 个 傻 逼", "你个煞笔", "你个傻比"])
def test_disguised_insults_are_found(text):
    assert "SAID.X1.INSULT" in found(said.check(said_talk.message(text)))


@pytest.mark.parametrize(
    ("talk", "rule"),
    [
        (said_talk.message("我们不会找您家人"), "SAID.X1.THREAT"),
        (said_talk.message("逾期不还我们将依法向人民法院提起诉讼"), "SAID.X4.CONSEQUENCE"),
        (said_talk.message("逾期不还我们将依法向人民法院提起诉讼"), "SAID.X2.IMPERSONATION"),
        (say("催收员 您好", "客户 你们就是一群畜生，弄死你", "催收员 请您冷静"), "SAID.X1.INSULT"),
        (say("催收员 您好", "客户 你们就是一群畜生，弄死你", "催收员 请您冷静"), "SAID.X1.THREAT"),
        (said_talk.message("您投诉催收员骂您“人渣”，工单已转质检"), "SAID.X1.INSULT"),
        (said_talk.message("指引规定不得以坐牢相威胁"), "SAID.X4.CONSEQUENCE"),
        (said_talk.message("请问之前有没有人收过您上门费?"), "SAID.X6.FEE"),
    ],
)
def test_look_alikes_are_left_alone(talk, rule):
    assert rule not in found(said.check(talk))


def test_a_dropped_match_says_why():
    finding = next(one for one in said.check(said_talk.message("我们不会找您家人")) if one.rule.id == "SAID.X1.THREAT")
    assert finding.verdict is SaidVerdict.PASS
    assert "declines" in {name for _, name, _ in finding.excused}


def test_nobody_is_failed_for_words_of_an_unknown_speaker():
    finding = found(said.check(say("某人 你个傻逼")))["SAID.X1.INSULT"]
    assert finding.verdict is SaidVerdict.WARN and not finding.is_gate


def test_a_third_person_may_not_hear_of_the_debt_and_the_debtor_may():
    told = said_talk.message("张三欠我们两万块", said_talk.context({"party_role": "紧急联系人"}))
    assert found(said.check(told, PACKS))["SAID.P8.THIRD"].effect is Effect.SEVERE
    assert "SAID.P8.THIRD" not in found(said.check(said_talk.message("您欠我们两万块")))
    proved = said_talk.message("张三欠我们两万块", said_talk.context({"party_role": "第三人", "consent_ref": "DC-1"}))
    assert "SAID.P8.THIRD" not in found(said.check(proved))


def test_the_strictest_pack_in_force_lends_its_effect():
    talk = say("催 您好", "债 谁", "催 您的欠款逾期了")
    assert said.judge(RULES["SAID.UK3.CHECKED"], talk, load.rules(load.CHINA)).effect is Effect.WARN
    strict = said.judge(RULES["SAID.UK3.CHECKED"], talk, PACKS)
    assert (strict.effect, strict.decided) == (Effect.SEVERE, "UK.CONC7.UK3")


def test_a_severe_failure_holds_the_card_at_the_cap():
    card = said_card.card(said.check(said_talk.message("您好，我是甲银行的。你个傻逼"), PACKS))
    assert card.total == 0 and card.gates == ("SAID.X1.INSULT",)
    assert said_card.card(said.check(said_talk.message("您好，我是甲银行工作人员，祝您愉快"), PACKS)).total == 100


@pytest.mark.parametrize("sample", shelf.yaml(shelf.path("conduct", "said", "card.yaml"))["samples"])
def test_card_samples(sample):
    some = said.check(said_talk.message("您好"))[0]
    given_ = [replace(some, effect=Effect(effect), verdict=SaidVerdict(verdict)) for effect, verdict in sample["findings"]]
    assert said_card.card(given_).total == sample["total"]


def test_sign_samples():
    for rule in said_signs.load()[0]:
        for name, texts in rule.samples.items():
            for text in texts:
                talk = said_talk.talk([{"speaker": rule.speakers[0].value, "text": text}])
                assert any(one.rule is rule for one in said_signs.signs(talk)) is (name == "finding"), text


def test_hardship_and_dispute_propose_tasks_and_holds_never_a_penalty():
    talk = say("催 您好", "债 我失业了，愿意还，能不能分期", "债 而且有一笔不是我刷的", product="credit_card")
    offers = {one.code: one for one in said_signs.offers(talk)}
    assert set(offers) == {"OFFER_PLAN", "MARK_DISPUTE"} and offers["OFFER_PLAN"].most_months == 60
    assert {one.fact for one in said_signs.spans(talk, "甲银行", "D1", 0, "L1")} == {"hardship_sign", "dispute_open"}
    assert said_card.card(said.check(talk)).total == 100


def test_a_collectors_words_are_no_sign():
    assert said_signs.offers(say("催 您是不是失业了")) == ()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["催", "债", "三", "谁"]), st.text(max_size=40)), max_size=6))
def test_any_talk_is_answered_with_true_places(lines):
    talk = said_talk.talk([{"speaker": who, "text": text, "utt_id": "x"} for who, text in lines], said_talk.context({"first": True}))
    texts = {one.utt_id: one.text for one in talk.utterances}
    assert len(texts) == len(lines)
    for finding in said.check(talk, PACKS):
        for cited in finding.spans:
            assert 0 <= cited.start < cited.end <= len(texts[cited.utt_id])


def test_utterances_are_put_in_order_of_time_when_every_one_has_it():
    rows = [{"speaker": "催", "text": "b", "t0": 9}, {"speaker": "债", "text": "a", "t0": "1.5"}]
    assert [one.text for one in said_talk.talk(rows).utterances] == ["a", "b"]
    rows[0]["t0"] = "nan"
    assert [one.text for one in said_talk.talk(rows).utterances] == ["b", "a"]


@pytest.mark.parametrize(
    "text",
    [
        '[{"speaker": "催收员", "text": "你好"}, {"speaker": "客户", "text": "谁"}]',
        '{"speaker": "催收员", "text": "你好"}\n{"speaker": "客户", "text": "谁"}\n',
        '{"talk_id": "A", "party_role": "第三人", "utterances": [{"说话人": "坐席", "内容": "你好"}, {"role": "客户", "content": "谁"}]}',
        "说话人,内容\n催收员,你好\n客户,谁\n",
    ],
)
def test_every_form_of_file_is_read(text):
    (one,) = said_read.talks(text, "f")
    assert [each.speaker for each in one.talk.utterances] == [Speaker.COLLECTOR, Speaker.DEBTOR]
    assert [each.text for each in one.talk.utterances] == ["你好", "谁"]


def test_rows_are_gathered_by_talk():
    read = said_read.talks("通话编号,说话人,内容\n1,催收员,a\n2,催收员,b\n1,客户,c\n", "f")
    assert [(one.talk_id, len(one.talk.utterances)) for one in read] == [("1", 2), ("2", 1)]


@pytest.mark.parametrize("text", ["[1]", "[{]", '{"a": 1}\nnope', "甲,乙\n1,2\n", '{"utterances": 3}'])
def test_bad_files_are_refused_in_words(text):
    with pytest.raises(InputError):
        said_read.talks(text, "f")


def test_a_wrong_rule_file_tells_every_fault(tmp_path):
    place = tmp_path / "x.yaml"
    place.write_text(
        "source: x\nid: A\ncode: A\nkind: phrase\nname: {zh: a, en: a}\nwhy: {zh: a, en: a}\nbasis: x\n"
        "looks: {find: [{id: a, pattern: '<nowhere>'}, {id: b, pattern: '('}]}\nunless: [nobody]\nsamples: {finding: [], none: []}\n",
        encoding="utf-8",
    )
    with pytest.raises(DefinitionError) as wrong:
        said_rules.read([place])
    assert len(wrong.value.faults) == 4


def test_the_page_says_that_the_sets_are_authored():
    page = said_page.said_page()
    assert "The sets are authored" in page and "样本是我们自己写的" in page
    assert all(f"`{name}`" in page for name in RULES)
    assert page == said_page.said_page()


def test_the_sieve_says_exactly_which_patterns_match() -> None:
    texts = [folded.text for sets in said_sets.labelled().values() for one in sets for folded in one.talk.folded]
    texts += ["".join(pair) for pair in zip(texts[::7], texts[3::7], strict=False)] + ["", "a" * 5000, "欠" * 3000]
    looks = [look for rule in said_rules.load() for part in rule.looks.values() for look in part if look.sieve is not None]
    assert len(looks) > 60
    for text in texts[::5]:
        for look in looks:
            assert (look.number in look.sieve.met(text)) == (look.regexp.search(text) is not None), (look.id, text)


def test_messages_in_parquet_are_judged_like_texts(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    place = tmp_path / "短信.parquet"
    pq.write_table(pa.table({"短信内容": ["今天不还钱我弄死你", "您好", None], "别的": [1, 2, 3]}), place)
    made = list(said_read.parquet(place))
    assert [one.talk_id for one in made] == ["1", "2", "3"]
    assert said.check(made[0].talk)[-1].told()["verdict"] == said.check(said_talk.message("今天不还钱我弄死你"))[-1].told()["verdict"]
    pq.write_table(pa.table({"talk_id": ["a", "a", "b"], "speaker": ["催收", "债务人", "催收"], "text": ["您好", "嗯", "喂"]}), place)
    assert [(one.talk_id, len(one.talk.utterances)) for one in said_read.parquet(place)] == [("a", 2), ("b", 1)]
    pq.write_table(pa.table({"别的": [1]}), place)
    with pytest.raises(InputError):
        list(said_read.parquet(place))
    place.write_bytes(b"PAR1 no")
    with pytest.raises(InputError):
        list(said_read.parquet(place))


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_a_file_whose_talks_stand_together_is_read_talk_by_talk_and_answers_the_same(tmp_path: Path, form: str) -> None:
    rows = [("T1", "催收", "您好，我是甲银行的"), ("T1", "债务人", "嗯"), ("T2", "催收", "今天不还钱\u0000我弄死你")]

    def written(listed: list[tuple[str, str, str]]) -> Path:
        place = tmp_path / f"a.{form}"
        as_json = "\n".join(json.dumps(dict(zip(("talk_id", "speaker", "text"), row, strict=True)), ensure_ascii=False) for row in listed)
        as_csv = "通话编号,说话人,内容\n" + "".join(f"{a},{b},{c}\n" for a, b, c in listed)
        place.write_text(as_csv if form == "csv" else as_json, encoding="utf-8")
        return place

    place = written(rows)
    streamed = said_read.stream(place)
    assert streamed is not None and tuple(streamed) == said_read.talks(place.read_text("utf-8"), place.name)
    assert said_read.stream(written([rows[0], rows[2], rows[1]])) is None  # a talk in two places
    assert said_read.stream(written([("", *rows[0][1:])])) is None  # a row without a talk
    place.write_bytes(b"\xff\xfe\x00 no")
    assert said_read.stream(place) is None


def test_workbooks_are_read_sheet_by_sheet(tmp_path: Path) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    for row in (["某公司 通话转写"], ["通话编号", "说话人", "内容"], ["T1", "催收", "您好"], ["T2", "催收", "今天不还钱我弄死你"], ["T1", "债务人", "嗯"]):
        book.active.append(row)
    book.create_sheet("说明").append(["与通话无关"])
    book.save(tmp_path / "a.xlsx")
    made = list(said_read.xlsx(tmp_path / "a.xlsx"))
    assert [(one.talk_id, len(one.talk.utterances)) for one in made] == [("T1", 2), ("T2", 1)]
    assert "SAID.X1.THREAT" in found(said.check(made[1].talk))
    for sheet in book.worksheets:
        sheet["C2"] = None
    book.save(tmp_path / "b.xlsx")
    (tmp_path / "c.xlsx").write_bytes(b"PK no")
    for name in ("b.xlsx", "c.xlsx"):
        with pytest.raises(InputError):
            list(said_read.xlsx(tmp_path / name))
