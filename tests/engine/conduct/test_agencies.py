"""Agencies: states, duties, blocks, score, and what may be shared."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianfang.engine.conduct import agencies, agency_duties, agency_score, contact, gate, load
from lianfang.engine.conduct.agencies import Agency, Contract, Evaluation, Step
from lianfang.engine.conduct.history import History
from lianfang.engine.conduct.standing import Standing
from lianfang.engine.conduct.words import words
from lianfang.engine.terms.errors import Conflict, InputError, NotEnough

KNOWN = agencies.knowledge()
DAYS = st.dates(date(2024, 1, 1), date(2032, 12, 31))
PARTS = {"conduct": 90.0, "quality": 80.0, "security": 95.0}
START = date(2026, 1, 1)
GOOD = Agency(
    "B", "乙催收公司", (Step("admit", START),), dict.fromkeys(KNOWN["admission"], True),
    Contract(START, date(2026, 12, 31), frozenset(KNOWN["clauses"])), (), (date(2026, 6, 1),),
)


def codes(agency, what, on):
    return {one.code for one in agency_duties.blocks(agency, on) if one.what == what}


@pytest.mark.parametrize("sample", KNOWN["samples"])
def test_state_samples(sample):
    if sample["to"] is None:
        with pytest.raises(Conflict):
            agencies.move(sample["from"], sample["act"])
    else:
        assert agencies.move(sample["from"], sample["act"]) == sample["to"]


@given(st.sampled_from(sorted(KNOWN["states"])), st.sampled_from([*KNOWN["acts"], "fly"]))
def test_an_act_leads_to_a_known_state_or_the_refusal_lists_what_is_open(state, act):
    if act in agencies.open_acts(state):
        assert agencies.move(state, act) in KNOWN["states"]
        return
    with pytest.raises(Conflict) as wrong:
        agencies.move(state, act)
    for name in agencies.open_acts(state):
        assert KNOWN["acts"][name]["zh"] in wrong.value.fix.zh


@given(st.lists(st.integers(0, 20), max_size=12), DAYS)
def test_a_walk_over_open_acts_ends_in_the_same_state_whenever_it_is_asked(picks, start):
    state, steps, day = "candidate", [], start
    for pick in picks:
        acts = agencies.open_acts(state)
        act = acts[pick % len(acts)]
        day += timedelta(days=1200)  # longer than a bar
        state = agencies.move(state, act)
        steps.append(Step(act, day))
    agency = replace(GOOD, steps=tuple(steps))
    assert agencies.state(agency, day) == state
    assert agencies.state(agency, start) == "candidate"


def test_a_barred_agency_waits_three_years():
    steps = (Step("admit", START), Step("begin_exit", date(2026, 2, 2)), Step("end", date(2026, 3, 2)))
    back = replace(GOOD, steps=(*steps, Step("reapply", date(2029, 3, 1))))
    with pytest.raises(Conflict):
        agencies.state(back, date(2029, 3, 1))
    back = replace(GOOD, steps=(*steps, Step("reapply", date(2029, 3, 2))))
    assert agencies.state(back, date(2029, 3, 2)) == "candidate"


def test_an_appeal_that_fails_does_not_begin_the_bar_anew():
    steps = (Step("admit", START), Step("begin_exit", date(2026, 2, 2)), Step("end", date(2026, 3, 2)),
             Step("appeal_bar", date(2026, 3, 5)), Step("uphold_bar", date(2026, 5, 1)))
    assert agencies.since(replace(GOOD, steps=steps), date(2026, 6, 1)) == ("barred", date(2026, 3, 2))


def test_exit_is_due_in_twenty_working_days_and_an_appeal_does_not_move_it():
    steps = (Step("admit", START), Step("begin_exit", date(2026, 3, 2)))
    (duty,) = [one for one in agency_duties.duties(replace(GOOD, steps=steps), date(2026, 3, 3)) if one.code == "EXIT_END"]
    assert duty.due_on == date(2026, 3, 30)
    later = replace(GOOD, steps=(*steps, Step("appeal_exit", date(2026, 3, 6))))
    (same,) = [one for one in agency_duties.duties(later, date(2026, 3, 31)) if one.code == "EXIT_END"]
    assert same.due_on == duty.due_on and same.overdue


@given(DAYS, st.integers(0, 60), st.sets(DAYS, max_size=5))
def test_working_days_are_counted_one_by_one(day, n, holidays):
    end = agencies.workdays_on(day, n, holidays)
    between = [day + timedelta(days=k) for k in range(1, (end - day).days + 1)]
    assert sum(one.weekday() < 5 and one not in holidays for one in between) == n
    assert n == 0 or (end.weekday() < 5 and end not in holidays)


@given(DAYS, st.integers(0, 9))
def test_years_later_is_the_same_day_or_the_28th(day, years):
    later = agencies.years_on(day, years)
    assert (later.year, later.month) == (day.year + years, day.month)
    assert later.day == day.day or (day.month, day.day, later.day) == (2, 29, 28)


def test_a_good_agency_gets_work_and_no_renewal_without_the_evaluation_before_expiry():
    on = date(2026, 11, 22)
    assert agency_duties.may(GOOD, "assign", on)
    assert codes(GOOD, "renew", on) == {"AGENCY_EVAL_OVERDUE"}
    assert agency_duties.may(replace(GOOD, evaluations=(Evaluation(on, PARTS, True),)), "renew", on)
    assert codes(replace(GOOD, evaluations=(Evaluation(on, PARTS, False),)), "renew", on) == {"AGENCY_EVAL_FAILED"}
    part = {"conduct": 90.0, "quality": 80.0}
    assert not agency_duties.may(replace(GOOD, evaluations=(Evaluation(on, part, True),)), "renew", on)
    early = Evaluation(agency_duties.renewal_opens(GOOD.contract.until_on) - timedelta(days=1), PARTS, True)
    assert not agency_duties.may(replace(GOOD, evaluations=(early,)), "renew", on)


@pytest.mark.parametrize("name", KNOWN["admission"])
def test_one_failed_admission_check_blocks(name):
    agency = replace(GOOD, admission={**GOOD.admission, name: False}, steps=())
    assert codes(agency, "admit", START) == {"AGENCY_ADMISSION"}


@pytest.mark.parametrize("name", KNOWN["clauses"])
def test_one_missing_clause_blocks(name):
    contract = replace(GOOD.contract, clauses=GOOD.contract.clauses - {name})
    assert "AGENCY_CONTRACT" in codes(replace(GOOD, contract=contract), "renew", START)


@given(DAYS)
def test_the_gate_is_told_what_the_duties_say(on):
    agency = replace(GOOD, steps=(*GOOD.steps, Step("begin_exit", date(2026, 9, 1))), evaluations=(Evaluation(date(2026, 5, 5), PARTS, True),))
    stands = Standing(agency_duties.spans(agency))
    noon = contact.micros(f"{on}T12:00:00+08:00")
    assert stands.at("agency_listed", agency.name, noon) is agencies.may_work(agency, on)
    due = agency_duties.evaluation_due(agency, on)
    held = due is not None and START <= on <= due
    assert stands.at("agency_evaluated", agency.name, noon) is held


def test_the_gate_refuses_an_agency_that_is_leaving():
    rules = load.rules()
    agency = replace(GOOD, steps=(*GOOD.steps, Step("begin_exit", date(2026, 3, 1))))
    intent = contact.read({**words().sample, "at": "2026-03-02T10:00:00+08:00"}, "Asia/Shanghai")
    verdict = gate.check(intent, History(rules, (), Standing(agency_duties.spans(agency))), rules)
    assert "AGENCY_NOT_LISTED" in verdict.codes and "AGENCY_EVAL_OVERDUE" not in verdict.codes


def test_a_score_has_its_parts_and_a_severe_finding_caps_it():
    marks = {"quality": 100, "security": 100}
    clean = agency_score.score(10_000, {}, marks)
    assert clean.total == 100 and clean.passed and not clean.small
    worse = agency_score.score(10_000, {"block": 20}, marks)
    assert worse.total < clean.total and worse.passed
    severe = agency_score.score(1_000_000, {"severe": 1}, marks)
    assert severe.capped and not severe.passed and severe.total == KNOWN["score"]["severe_cap"]
    assert agency_score.score(10, {}, marks).small
    with pytest.raises(NotEnough):
        agency_score.score(10, {}, {"quality": 100})


@given(st.integers(1, 10_000), st.dictionaries(st.sampled_from(["severe", "block", "warn", "audit"]), st.integers(0, 50)),
       st.sampled_from(["severe", "block", "warn", "audit"]))
def test_one_more_finding_never_raises_a_score(n, findings, more):
    marks = {"quality": 70, "security": 80, "protection": 90}
    before = agency_score.score(n, findings, marks)
    after = agency_score.score(n, {**findings, more: findings.get(more, 0) + 1}, marks)
    assert 0 <= after.total <= before.total <= 100


@given(st.lists(st.fixed_dictionaries({
    "code": st.sampled_from(["ABUSE", "QUIET_HOURS"]), "rule": st.just("R"), "effect": st.sampled_from(["severe", "block", "warn"]),
    "collector_id": st.just("C-SECRET"), "debtor_id": st.just("D-SECRET"), "quote": st.just("张三13800138000"), "person_name": st.just("张三")})))
def test_what_is_shared_names_firms_and_nobody(findings):
    made = agency_score.shared("乙催收公司", None, "甲银行", findings, (START, START))
    told = repr(made)
    assert not any(secret in told for secret in ("SECRET", "张三", "13800138000"))
    assert sum(one.n_findings for one in made) == sum(row["effect"] != "warn" for row in findings)
    assert {one.name for one in fields(agency_score.SharedRecord)}.isdisjoint({"collector_id", "debtor_id", "person_name", "quote"})


@pytest.mark.parametrize("raw", [
    {"steps": [{"act": "admit"}]}, {"steps": [{"act": "admit", "on": "soon"}]}, {"steps": 3}, {"contract": 3},
    {"evaluations": [{"on": "2026-01-01", "parts": {"conduct": "good"}}]},
])
def test_bad_files_are_refused_in_words(raw):
    with pytest.raises(InputError):
        agencies.read(raw, "f:1")
