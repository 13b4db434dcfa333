"""Collectors: allowed to work or not, why, and until when."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from lianfang.engine.conduct import collectors, contact
from lianfang.engine.conduct.collectors import Collector, Exam
from lianfang.engine.conduct.standing import Standing

BOTH = frozenset(("business", "security"))
GOOD = Collector("C001", "乙催收公司", date(2026, 1, 1), True, date(2026, 1, 1), (Exam(date(2026, 1, 5), BOTH, True),))
DAYS = st.dates(date(2025, 1, 1), date(2029, 12, 31))
EXAMS = st.lists(st.builds(Exam, DAYS, st.sampled_from([BOTH, frozenset(("business",)), frozenset(("security",)), frozenset()]), st.booleans()), max_size=5)
PEOPLE = st.builds(
    Collector, st.just("C1"), st.just("A"), st.none() | DAYS, st.sampled_from([None, True, True, False]), st.none() | DAYS,
    EXAMS.map(tuple), st.just(frozenset()), st.none() | DAYS,
)


def codes(one, on):
    return {lack.code for lack in collectors.lacks(one, on)}


def test_a_whole_file_works_from_the_exam_until_a_year_after():
    assert codes(GOOD, date(2026, 1, 4)) == {"COLLECTOR_UNTRAINED"}
    assert collectors.may_work(GOOD, date(2026, 1, 5))
    assert collectors.may_work(GOOD, date(2027, 1, 5))
    assert codes(GOOD, date(2027, 1, 6)) == {"COLLECTOR_UNTRAINED"}
    assert collectors.exam_due(GOOD, date(2026, 2, 1)) == date(2027, 1, 5)


def test_each_paper_is_asked_for_by_its_own_code():
    on = date(2026, 3, 2)
    assert codes(replace(GOOD, record_checked_on=None), on) == {"COLLECTOR_RECORD"}
    assert codes(replace(GOOD, record_clear=False), on) == {"COLLECTOR_RECORD"}
    assert codes(replace(GOOD, record_clear=None), on) == {"COLLECTOR_RECORD"}
    assert codes(replace(GOOD, signed_on=None), on) == {"COLLECTOR_UNSIGNED"}
    assert codes(replace(GOOD, exams=(Exam(on, BOTH, False),)), on) == {"COLLECTOR_UNTRAINED"}
    assert codes(replace(GOOD, exams=(Exam(on, frozenset(("business",)), True),)), on) == {"COLLECTOR_UNTRAINED"}
    assert codes(replace(GOOD, left_on=date(2026, 3, 1)), on) == {"COLLECTOR_LEFT"}
    assert codes(Collector("C002"), on) == {"COLLECTOR_RECORD", "COLLECTOR_UNSIGNED", "COLLECTOR_UNTRAINED"}


def test_pay_is_noted_and_never_stops_work():
    assert len(collectors.pay_lacks(GOOD)) == 4 and collectors.may_work(GOOD, date(2026, 3, 2))
    assert collectors.pay_lacks(replace(GOOD, pay_parts=frozenset(("compliance", "effect", "security", "complaints")))) == ()


@given(PEOPLE, DAYS)
def test_the_gate_is_told_what_the_file_says_on_every_day(one, on):
    stands = Standing(collectors.spans(one))
    assert stands.at("collector_allowed", one.collector_id, contact.micros(f"{on}T12:00:00+08:00")) is collectors.may_work(one, on)


@given(PEOPLE, DAYS, DAYS)
def test_one_more_passed_exam_never_takes_work_away(one, on, day):
    more = replace(one, exams=(*one.exams, Exam(day, BOTH, True)))
    assert collectors.may_work(more, on) or not collectors.may_work(one, on)


@given(PEOPLE, DAYS)
def test_work_ends_within_a_year_of_the_last_exam(one, on):
    if collectors.may_work(one, on):
        assert max(exam.on for exam in one.exams) >= on - timedelta(days=366) or any(exam.on > on for exam in one.exams)
