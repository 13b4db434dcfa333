"""Clocks, calendar, leases, queue: pure, monotone, and never a complaint's."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianfang.engine.cases import calendar, clocks, leases, running, samples, tables, waiting
from lianfang.engine.cases.case import Step
from lianfang.engine.cases.clocks import Pause, Subject
from lianfang.engine.terms import shelf
from lianfang.engine.terms.errors import Conflict, DefinitionError, NotFound

KNOWN, AT = calendar.load(), samples.AT
DAYS = st.dates(date(2024, 12, 1), date(2027, 3, 1))
CLOCK = st.sampled_from(sorted(clocks.load()))
PAUSED = clocks.get("suspicion.investigation")
DUE_SAMPLES = shelf.yaml(shelf.path("cases", "clocks.yaml"))["samples"]
YEARS = [shelf.yaml(place) for place in shelf.files("calendar")]


@pytest.mark.parametrize("sample", DUE_SAMPLES, ids=str)
def test_samples_of_the_clocks(sample):
    due = clocks.due(sample["started_on"], clocks.get(sample["clock"]))
    assert (due.on, due.certain) == (sample["due_on"], sample.get("certain", True))


@pytest.mark.parametrize(("day", "is_workday"), [(one["day"], one["workday"]) for year in YEARS for one in year["samples"]])
def test_samples_of_the_calendar(day, is_workday):
    assert KNOWN.is_workday(day) is is_workday


def test_the_years_have_as_many_days_off_as_the_notices_gave():
    assert {year: sum(day.year == year for day in KNOWN.rest) for year in KNOWN.years} == {2025: 28, 2026: 33}
    assert all(day.weekday() >= 5 for day in KNOWN.work)


def test_a_year_without_a_file_is_said_to_be_a_guess():
    due = clocks.due(date(2026, 12, 25), clocks.get("application.committee"))
    assert not due.certain and [note.zh for note in due.notes] == ["2027 年没有放假安排，按周末推算"]


@pytest.mark.parametrize("change", [{"work": [date(2026, 3, 3)]}, {"work": [date(2026, 1, 3)]}, {"work": [date(2025, 1, 4)]}, {"rest": [{"from": date(2025, 12, 31), "to": date(2026, 1, 1)}]}])
def test_a_wrong_calendar_is_refused(change):
    good = {"year": 2026, "rest": [{"from": date(2026, 1, 1), "to": date(2026, 1, 3)}], "work": [date(2026, 1, 4)]}
    calendar.made([good])
    with pytest.raises(DefinitionError):
        calendar.made([good | change])


def test_no_clock_of_this_room_is_a_complaints():
    assert {one.value for one in Subject} == {"suspicion", "application"}
    assert all(isinstance(one.of, Subject) for one in clocks.load().values())
    with pytest.raises(ValueError):
        Subject("complaint")
    for table in tables.load().values():
        for move in table.moves:
            for name in (*move.starts, *move.stops, *move.pauses, *move.resumes):
                assert clocks.get(name).of == table.id


def test_an_unknown_clock_says_which_there_are():
    with pytest.raises(NotFound) as wrong:
        clocks.get("complaint.reply")
    assert "application.appeal" in wrong.value.fix.en


@given(CLOCK, DAYS, st.integers(0, 40))
def test_a_later_start_is_never_due_earlier(name, day, later):
    clock = clocks.get(name)
    first, second = clocks.due(day, clock), clocks.due(day + timedelta(days=later), clock)
    assert day < first.on <= second.on and KNOWN.is_workday(first.on)


@given(DAYS, st.lists(st.tuples(st.integers(0, 60), st.integers(0, 30)), max_size=4), st.randoms())
def test_a_pause_never_brings_the_day_nearer_and_order_does_not_matter(day, spans, dice):
    pauses = [Pause(day + timedelta(days=start), day + timedelta(days=start + n), "court") for start, n in spans]
    dues = [clocks.due(day, PAUSED, pauses[:n]).on for n in range(len(pauses) + 1)]
    assert dues == sorted(dues)
    shuffled = list(pauses)
    dice.shuffle(shuffled)
    assert clocks.due(day, PAUSED, shuffled) == clocks.due(day, PAUSED, pauses) == clocks.due(day, PAUSED, pauses + pauses)


@given(DAYS, st.integers(1, 30))
def test_working_days_counted_there_and_back(day, n):
    there = KNOWN.add_workdays(day, n)
    assert sum(KNOWN.is_workday(day + timedelta(days=k)) for k in range(1, (there - day).days + 1)) == n
    if KNOWN.is_workday(day):
        assert KNOWN.add_workdays(there, -n) == day
    assert KNOWN.add_workdays(day, 0) == day


@pytest.mark.parametrize("pause", [Pause(date(2026, 3, 3), date(2026, 3, 5), "holiday"), Pause(date(2026, 3, 5), date(2026, 3, 3), "court")])
def test_a_pause_needs_a_reason_the_clock_takes_and_days_in_order(pause):
    with pytest.raises(Conflict):
        clocks.due(date(2026, 3, 2), PAUSED, [pause])


def test_how_a_clock_stands():
    start, clock = date(2026, 3, 2), clocks.get("application.committee")
    due = clocks.due(start, clock)
    assert due.on == date(2026, 3, 23)
    days = {date(2026, 3, 3): ("running", 14), date(2026, 3, 18): ("soon", 3), date(2026, 3, 23): ("last_day", 0), date(2026, 3, 25): ("late", -2)}
    assert {day: (one.state, one.n_workdays_left) for day in days for one in [clocks.standing(due, start, day)]} == days
    told = clocks.warnings(due, start)
    assert told == tuple(sorted(set(told))) and all(KNOWN.is_workday(day) and start < day <= due.on for day in told)
    assert {date(2026, 3, 18), date(2026, 3, 20)} <= set(told)


def step(act, came_from, to, days, **given):
    return Step(act, "ana", "lender-a", AT + timedelta(days=days), came_from, to, "", given)


def test_clocks_are_folded_out_of_the_steps():
    table = tables.get("suspicion")
    case = samples.Case("S", "investigating", "lender-a", (step("assign", "new", "assigned", 0), step("begin", "assigned", "investigating", 1)))
    (one,) = running.of(table, case, date(2026, 3, 4))
    assert (one.clock.id, one.started_on, one.is_paused) == ("suspicion.investigation", date(2026, 3, 3), False)
    paused = replace(case, steps=(*case.steps, step("wait", "investigating", "waiting", 2, waiting_for="court", until=date(2026, 5, 1))))
    waits = [running.of(table, paused, date(2026, 3, 4) + timedelta(days=n))[0].due.on for n in (0, 7, 14)]
    assert waits == sorted(waits) and waits[2] == KNOWN.add_workdays(one.due.on, 10)
    again = replace(paused, steps=(*paused.steps, step("resume", "waiting", "investigating", 9)))
    assert running.earliest(table, again, date(2026, 3, 30)).on == waits[1]


def test_passing_a_case_on_gains_no_time():
    table = tables.get("suspicion")
    case = samples.Case("S", "investigating", "lender-a", (step("assign", "new", "assigned", 0), step("begin", "assigned", "investigating", 1)))
    before = running.earliest(table, case, date(2026, 3, 20))
    passed = replace(case, steps=(*case.steps, step("reassign", "investigating", "assigned", 5), step("begin", "assigned", "investigating", 15)))
    assert running.earliest(table, passed, date(2026, 3, 20)) == before
    stray = replace(case, steps=(*case.steps, step("sing", "investigating", "investigating", 6)))
    assert running.earliest(table, stray, date(2026, 3, 20)) == before
    assert running.earliest(table, replace(case, steps=()), date(2026, 3, 20)) is None
    opened = replace(case, steps=(), opened_at=AT)
    assert [one.clock.id for one in running.of(table, opened, date(2026, 3, 3))] == ["suspicion.first_look"], "nobody was given it yet"
    assert running.earliest(table, replace(opened, steps=case.steps), date(2026, 3, 20)) == before


def test_a_lease_keeps_others_out_until_it_is_over():
    lease = leases.claim(None, "ana", AT)
    assert lease.until == AT + timedelta(minutes=10) and leases.is_held(lease, AT)
    with pytest.raises(Conflict) as wrong:
        leases.claim(lease, "ben", AT + timedelta(minutes=9, seconds=59))
    assert wrong.value.http_code == 409
    with pytest.raises(Conflict):
        leases.release(lease, "ben", AT)
    leases.release(lease, "ana", AT)
    leases.release(None, "ana", AT)
    renewed = leases.claim(lease, "ana", AT + timedelta(minutes=8))
    assert (renewed.since, renewed.until) == (AT, AT + timedelta(minutes=18))
    assert leases.claim(lease, "ben", lease.until).by == "ben"
    assert not leases.is_held(None, AT)


MINUTES = st.integers(0, 60)


@given(st.lists(st.tuples(st.sampled_from("ab"), MINUTES), max_size=12))
def test_two_people_never_hold_one_piece_of_work(claims):
    lease, now = None, AT
    for who, minutes in claims:
        now += timedelta(minutes=minutes)
        held_by = lease.by if leases.is_held(lease, now) else None
        try:
            lease = leases.claim(lease, who, now)
            assert held_by in (None, who)
        except Conflict:
            assert held_by not in (None, who)


def waits(code, due=None, priority=0, minutes=0, **more):
    return waiting.Waiting(code, due, priority, AT + timedelta(minutes=minutes), **more)


def test_earliest_due_first_then_priority_then_age():
    queue = [waits("none"), waits("late", date(2026, 3, 9)), waits("low", date(2026, 3, 3)), waits("high", date(2026, 3, 3), 5), waits("old", date(2026, 3, 9), 0, -5)]
    assert [one.code for one in waiting.order(queue)] == ["high", "low", "old", "late", "none"]


def test_the_next_piece_is_free_for_the_one_who_asks():
    held = leases.claim(None, "ben", AT)
    queue = [waits("skipped", date(2026, 3, 1), skipped="language"), waits("barred", date(2026, 3, 2), barred=frozenset(("ana",))),
             waits("held", date(2026, 3, 3), lease=held), waits("free", date(2026, 3, 4))]
    assert waiting.next_for(queue, "ana", AT).code == "free"
    assert waiting.next_for(queue, "ana", held.until).code == "held"
    assert waiting.next_for(queue, "ben", AT).code == "barred"
    assert waiting.next_for([], "ana", AT) is None


def test_one_open_case_for_one_matter():
    one, other = waiting.Matter("BG01", "13800000000"), waiting.Matter("BG02", "13800000000")
    cases = [(one, "C-1", False), (one, "C-2", True), (other, "C-3", True)]
    assert waiting.find_open(one, cases) == "C-2" and waiting.find_open(waiting.Matter("BG03", "x"), cases) is None
    assert waiting.shown(7) == (7, 0) and waiting.shown(120) == (50, 70)
