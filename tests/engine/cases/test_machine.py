"""Anybody tries anything in any order: what may never happen does not happen."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from lianfang.engine.cases import clocks, moves, quorum, recusal, running, samples, self_check, tables
from lianfang.engine.cases.case import (
    Actor,
    Answer,
    Case,
    Claim,
    Given,
    Opinion,
    Panel,
    Seat,
    SelfCheck,
    Tie,
    Vote,
)
from lianfang.engine.cases.table import FieldKind
from lianfang.engine.terms.errors import LianfangError

LENDER, OTHER, HOUSE, WHY = "lender-a", "lender-b", "association", samples.WHY
TABLE = tables.get("application")
SUSPICION = tables.get("suspicion")


def person(code, role, institution):
    return Actor(code, frozenset(role.split()), institution)


CAST = (
    person("ana", "analyst compliance", LENDER), person("sun", "supervisor", LENDER), person("com", "compliance", LENDER),
    person("mole", "expert working_group", LENDER), person("bob", "analyst compliance", OTHER),
    person("sec", "secretariat", HOUSE), person("sec2", "secretariat dispute_officer", HOUSE), person("dis", "dispute_officer", HOUSE),
    person("g1", "working_group expert secretariat", HOUSE), person("g2", "working_group expert", HOUSE),
    person("e1", "expert secretariat dispute_officer", HOUSE), *(person(f"e{n}", "expert", HOUSE) for n in range(2, 8)), person("robot", "system", HOUSE),
)
REVIEWERS = tuple(one for one in CAST if one.roles & {"expert", "working_group"})
ACTS = sorted({move.act for move in TABLE.moves} - {"withdraw"})  # it would end most walks at their first step
people = st.sampled_from(CAST)
reviewers = st.lists(st.sampled_from(REVIEWERS), max_size=5)


def seats(chosen):
    return tuple(Seat(one.code, one.institution) for one in chosen)


class Office(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.at, self.case = samples.AT, Case("C-1", "draft", LENDER, exhibits=frozenset(("E1", "E2")), conduct_findings=frozenset(("F1",)), ties=(Tie("e7", "adviser", LENDER),))

    @initialize(n=st.integers(0, 9), choice=st.integers(0, 2))
    def begin_somewhere(self, n, choice):
        """Walk some way straight on, so that late states are tried as often as early ones."""
        back = {"return_incomplete", "ask_more", "find_not_abnormal", "expire"}
        for _ in range(n):
            self.go_on(0, choice, 9, back)

    def edit(self, part, **changes):
        with suppress(moves.Refused):
            moves.editing(TABLE, self.case, part, CAST[0])
            self.case = replace(self.case, **changes)

    @rule(who=people, is_whole=st.booleans())
    def write_self_check(self, who, is_whole):
        answers = {one["id"]: Answer(True, WHY) for one in self_check.knowledge()["questions"]}
        self.edit("self_check", self_check=SelfCheck(who.code, answers if is_whole else {}, {"F1": WHY}, WHY))

    @rule(who=people)
    def sign(self, who):
        with suppress(LianfangError):
            self.edit("self_check", self_check=self_check.sign(self.case, who, self.at))

    @rule(is_whole=st.booleans())
    def claim(self, is_whole):
        self.edit("claims", claims=(Claim("A1", ("E1",)), Claim("A4", ("E2",)))[: 2 if is_whole else 1])
        self.edit("guards", guards={f"G{n}": Answer(False, WHY) for n in range(1, 9 if is_whole else 5)})

    @rule(chosen=reviewers, is_good=st.booleans())
    def appoint_group(self, chosen, is_good):
        self.edit("working_group", working_group=seats(REVIEWERS[1:3] if is_good else chosen))

    @rule(who=people, finding=st.sampled_from(("abnormal", "not_abnormal")))
    def give_opinion(self, who, finding):
        self.edit("opinions", opinions=(*self.case.opinions, Opinion(who.code, finding, WHY, self.at)))

    @rule(chosen=reviewers, stage=st.sampled_from(("first", "appeal")), is_good=st.booleans())
    def seat_panel(self, chosen, stage, is_good):
        if is_good:
            chosen = [Seat(one.code, one.institution) for one in REVIEWERS[3:]]
            chosen = quorum.free(self.case, stage, chosen)[:3]
        panel = Panel(stage, tuple(Seat(getattr(one, "person", None) or one.code, one.institution) for one in chosen))
        self.edit("panel", panels=(*self.case.panels, panel))

    @rule(stage=st.sampled_from(("first", "appeal")), who=people, pick=st.integers(0, 2), same=st.booleans())
    def vote(self, stage, who, pick, same):
        panel = self.case.panel(stage)
        voters = [next(one for one in CAST if one.code == seat.person) for seat in panel.seats] if same and panel else [who]
        for voter in voters:
            choice = recusal.knowledge()["panels"][stage]["choices"][pick]
            with suppress(LianfangError):
                taken = quorum.cast(self.case, Seat(voter.code, voter.institution), Vote(stage, voter.code, choice, WHY, self.at))
                self.edit("ballot", votes=(*self.case.votes, taken))

    @rule(stage=st.sampled_from(("first", "appeal")))
    def shut_ballot(self, stage):
        panel = self.case.panel(stage)
        if panel and quorum.may_close(self.case, stage):
            self.edit("ballot", panels=(*self.case.panels[: -1], replace(panel, closed_at=self.at)) if self.case.panels[-1] is panel else self.case.panels)

    def make(self, act, who):
        before, row = self.case, TABLE.find(self.case.state, act)
        fields = {name: (date(2026, 4, 1) if TABLE.fields[name].kind is FieldKind.DAY else (TABLE.fields[name].of or (WHY,))[0]) for name in (row.needs if row else ())}
        self.at += timedelta(hours=7)
        try:
            moved = moves.move(TABLE, before, act, who, Given(self.at, WHY, fields))
        except moves.Refused as wrong:
            assert self.case is before and {one.act for one in wrong.open} <= {one.act for one in TABLE.out_of(before.state)}
            return
        self.case = moved.case
        self.judge(before, row, who, moved)

    @rule(act=st.sampled_from(ACTS), who=people)
    def try_anything(self, act, who):
        self.make(act, who)

    @rule(pick=st.integers(0, 50), choice=st.integers(0, 2), left_out=st.integers(0, 4))
    def go_on(self, pick, choice, left_out, never=frozenset()):
        """Prepare what the state asks for, one thing left out now and then, and press a live button."""
        prepare = {
            "draft": [lambda: self.claim(True)], "returned": [lambda: self.claim(True)],
            "self_check": [lambda: self.write_self_check(CAST[1], True), lambda: self.sign(CAST[2])],
            "submitted": [lambda: self.appoint_group([], True)],
            "working_group": [*(lambda who=who: self.give_opinion(who, ("abnormal", "not_abnormal")[choice % 2]) for who in CAST[8:10]), lambda: self.seat_panel([], "first", True)],
            "committee": [lambda: self.vote("first", CAST[10], choice, True), lambda: self.shut_ballot("first")],
            "published": [lambda: self.seat_panel([], "appeal", True)],
            "disputed": [lambda: self.vote("appeal", CAST[10], choice, True), lambda: self.shut_ballot("appeal")],
        }.get(self.case.state, [])
        for n, one in enumerate(prepare):
            if n + 1 != left_out:
                one()
        live = [(one.move.act, each) for each in CAST for one in moves.offers(TABLE, self.case, each, self.at) if not one.missing and one.move.act not in {"withdraw", *never}]
        if live:
            self.make(*live[pick % len(live)])

    def judge(self, before, row, who, moved):
        assert moved.step.to == row.to == self.case.state and who.roles & set(row.who)
        if row.act == "submit":
            check = before.self_check
            assert check and check.signed_at and check.signed_by not in (check.written_by, who.code)
            assert any(one.code == check.signed_by and "compliance" in one.roles and one.institution == LENDER for one in CAST)
        latest = {step.act: step.by for step in before.steps}
        assert all(latest.get(act) != who.code for act in row.apart_from), "nobody checks his own work"
        if row.side == "review":
            assert who.institution != LENDER and who.code != "e7"
        if "majority" in row.holds:
            panel = before.panel(row.panel)
            votes = [vote for vote in quorum.counted(before, row.panel) if vote.by in panel.people]
            assert len(panel.people) >= 3 and len(panel.people) % 2 and len(votes) == len(panel.people) and who.code in panel.people
            assert not panel.people & {"mole", "e7"}
        if row.panel == "appeal":
            assert not before.panel("appeal").people & quorum.first_reviewers(before)
        assert all(name in clocks.load() and clocks.load()[name].of == "application" for name in (*moved.starts, *moved.stops, *moved.pauses, *moved.resumes))

    @invariant()
    def nothing_after_the_gate_without_a_signed_self_check(self):
        if self.case.state in ("submitted", "working_group", "committee", "abnormal", "published", "disputed"):
            assert any(step.act == "submit" for step in self.case.steps)
            assert self.case.self_check.signed_by

    @invariant()
    def steps_follow_each_other(self):
        for one, after in zip(self.case.steps, self.case.steps[1:], strict=False):
            assert one.to == after.came_from and one.at <= after.at

    @invariant()
    def a_case_that_waits_for_somebody_has_a_last_day(self):
        due = running.earliest(TABLE, self.case, self.at.date())
        if self.case.state in ("submitted", "working_group", "committee", "disputed", "returned", "abnormal"):
            assert due is not None
        if self.case.state in ("withdrawn", "expired", "upheld", "removed", "corrected"):
            assert due is None


Office.TestCase.settings = settings(max_examples=25, stateful_step_count=50, deadline=None, suppress_health_check=list(HealthCheck))
TestOffice = Office.TestCase


class Desk(RuleBasedStateMachine):
    """A suspicion case: the same, with waiting and reopening."""

    STAFF = (person("ana", "analyst", LENDER), person("ben", "analyst supervisor", LENDER), person("sun", "supervisor compliance", LENDER),
             person("bob", "supervisor", OTHER), person("robot", "system", LENDER), person("sec", "secretariat", HOUSE))

    def __init__(self):
        super().__init__()
        self.at, self.case, self.checked = samples.AT, Case("S-1", "new", LENDER, exhibits=frozenset(("E1",))), []

    @rule(pick=st.integers(0, 30), who=st.sampled_from(STAFF), has_note=st.booleans(), assignee=st.sampled_from(("ana", "ben")))
    def act(self, pick, who, has_note, assignee):
        rows = SUSPICION.out_of(self.case.state)
        row = rows[pick % len(rows)]
        fields = {name: {"assignee": assignee, "until": date(2027, 1, 1)}.get(name, (SUSPICION.fields[name].of or (WHY,))[0]) for name in row.needs}
        self.at += timedelta(hours=30)
        before = self.case
        with suppress(moves.Refused):
            self.case = moves.move(SUSPICION, before, row.act, who, Given(self.at, WHY if has_note else "", fields, ("E1",))).case
            proposer = next((step.by for step in reversed(before.steps) if step.act == "propose"), None)
            if row.act in ("confirm", "refute", "leave_open", "take_check"):
                assert proposer and who.code != proposer
            if row.act in ("allow_reopen", "refuse_reopen"):
                assert who.code != before.steps[-1].by
            assert who.institution == LENDER and (has_note or not row.note_least)

    @invariant()
    def nothing_is_confirmed_by_one_person_or_by_a_machine(self):
        confirmed = [step for step in self.case.steps if step.act == "confirm"]
        assert all(step.by != "robot" and step.exhibits for step in confirmed)
        assert (self.case.outcome == "confirmed") <= bool(confirmed)

    @invariant()
    def waiting_pauses_the_clock_and_nothing_else(self):
        running_now = {one.clock.id: one for one in running.of(SUSPICION, self.case, self.at.date())}
        assert ("suspicion.investigation" in running_now) >= (self.case.state in ("investigating", "waiting"))
        if self.case.state == "waiting":
            assert running_now["suspicion.investigation"].is_paused
        if self.case.state == "investigating":
            assert not running_now["suspicion.investigation"].is_paused
        if self.case.state == "closed":
            assert not running_now


Desk.TestCase.settings = settings(max_examples=25, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck))
TestDesk = Desk.TestCase


def test_the_whole_way_from_draft_to_expiry():
    office = Office()
    who = {one.code: one for one in CAST}
    office.claim(True)
    office.make("begin_self_check", who["ana"])
    office.write_self_check(who["sun"], True)
    office.make("submit", who["ana"])
    assert office.case.state == "self_check"
    office.sign(who["com"])
    office.make("submit", who["ana"])
    office.appoint_group([], True)
    office.make("accept", who["sec"])
    office.give_opinion(who["g1"], "abnormal")
    office.give_opinion(who["g2"], "abnormal")
    office.seat_panel([], "first", True)
    office.make("refer", who["g1"])
    office.vote("first", who["e1"], 0, True)
    office.make("decide_abnormal", who["e1"])
    assert office.case.state == "committee"
    office.shut_ballot("first")
    office.make("decide_not_abnormal", who["e1"])
    assert office.case.state == "committee"
    office.make("decide_abnormal", who["e1"])
    office.make("publish", who["sec"])
    office.seat_panel([], "appeal", True)
    assert office.case.state == "published" and running.earliest(TABLE, office.case, office.at.date()).on == date(2026, 4, 7)
    office.make("dispute", who["dis"])
    office.vote("appeal", who["e4"], 2, True)
    office.shut_ballot("appeal")
    office.make("remove", who["e4"])
    assert (office.case.state, office.case.outcome, office.case.appeal) == ("removed", "abnormal", "removed")
    office.make("expire", who["robot"])
    assert office.case.state == "removed"
    office.at += timedelta(days=60)
    office.make("expire", who["robot"])
    assert office.case.state == "expired" and len(office.case.steps) == 9
