"""Samples inside the files, tried: a case with everything in order, one thing taken away, and what follows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from lianfang.engine.cases import criteria, moves, quorum, recusal, self_check
from lianfang.engine.cases.case import (
    Actor,
    Answer,
    Case,
    Claim,
    Given,
    Missing,
    Opinion,
    Panel,
    Seat,
    SelfCheck,
    Step,
    Task,
    Tie,
    Value,
    Vote,
)
from lianfang.engine.cases.table import Field, FieldKind, Move, Side, Table
from lianfang.engine.terms.errors import NotEnough

AT = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
LENDER, HOUSE = "lender-a", "association"
WHY = "样例中的书面理由，写得足够长，说明依据和经过；a written reason that is long enough"


@dataclass(frozen=True)
class Act:
    """One act about to be made: the case, who, and what comes with it."""

    case: Case
    actor: Actor
    given: Given


@dataclass(frozen=True)
class Outcome:
    """What came of one sample: where it stands, what was promised, what came."""

    where: str
    promised: str
    came: str

    @property
    def is_right(self) -> bool:
        """Say whether it came as promised."""
        return self.promised == self.came


def ready(table: Table, move: Move, role: str, state: str) -> Act:
    """Make an act that its table allows: everything on file, a second person, the right seat.

    Args:
        table, move: which act.
        role: the actor's role.
        state: where the case stands.
    """
    stage = move.panel or "first"
    found = move.appeal or move.outcome
    person = {"in_group": "group-1", "on_panel": f"{stage}-1"}.get(next((one for one in move.holds if one in ("in_group", "on_panel")), ""), "actor")
    institution = HOUSE if move.side is Side.REVIEW else LENDER
    fields: dict[str, Value] = {"assignee": person, "expires_on": date(2026, 3, 1)}
    steps = tuple(Step(act, f"maker-of-{act}", institution, AT - timedelta(days=1), "", state) for act in move.apart_from)
    case = Case(
        "C-1", state, LENDER, steps, fields, frozenset(("E1", "E2")), frozenset(("customer-1",)), frozenset(("agency-x",)), frozenset(("F1",)),
        self_check=SelfCheck("author", {one["id"]: Answer(not one["fault"], WHY) for one in self_check.knowledge()["questions"]}, {"F1": WHY}, WHY, "compliance-1", "compliance", AT),
        claims=(Claim("A1", ("E1",)), Claim("A3", ("E2",))), guards={one: Answer(False, WHY) for one in criteria.guards()},
        working_group=(Seat("group-1", HOUSE), Seat("group-2", HOUSE)),
        opinions=tuple(Opinion(who, move.outcome or "abnormal", WHY, AT) for who in ("group-1", "group-2")),
        panels=tuple(Panel(one, tuple(Seat(f"{one}-{n}", HOUSE) for n in (1, 2, 3)), AT) for one in ("first", "appeal")),
        votes=_votes(stage, found))
    given = {name: _value(table.fields[name]) for name in move.needs}
    return Act(case, Actor(person, frozenset((role,)), institution), Given(AT, WHY, given, ("E1",)))


def _votes(stage: str, found: str | None) -> tuple[Vote, ...]:
    choices = [one for one in recusal.knowledge()["panels"][stage]["choices"] if recusal.knowledge()["choices"][one]["as"] == found]
    return tuple(Vote(stage, f"{stage}-{n}", choices[0], WHY, AT) for n in (1, 2, 3)) if choices else ()


def _value(rule: Field) -> Value:
    if rule.kind is FieldKind.DAY:
        return date(2027, 3, 1)
    return rule.of[0] if rule.kind is FieldKind.CHOICE else WHY


_TAKE: dict[str, Callable[[Act], Act]] = {
    "self_check": lambda act: replace(act, case=replace(act.case, self_check=self_check.unsigned(act.case.self_check) if act.case.self_check else None)),
    "guards": lambda act: replace(act, case=replace(act.case, guards={})),
    "criteria": lambda act: replace(act, case=replace(act.case, claims=act.case.claims[:1])),
    "working_group": lambda act: replace(act, case=replace(act.case, working_group=act.case.working_group[:1])),
    "opinions": lambda act: replace(act, case=replace(act.case, opinions=act.case.opinions[:1])),
    "agreed": lambda act: replace(act, case=replace(act.case, opinions=(act.case.opinions[0], replace(act.case.opinions[1], finding="unclear")))),
    "in_group": lambda act: replace(act, actor=replace(act.actor, code="somebody")),
    "on_panel": lambda act: replace(act, actor=replace(act.actor, code="somebody")),
    "panel": lambda act: replace(act, case=replace(act.case, panels=())),
    "majority": lambda act: replace(act, case=replace(act.case, votes=act.case.votes[:1])),
    "no_open_task": lambda act: replace(act, case=replace(act.case, tasks=(Task("T1", "任务"),))),
    "told": lambda act: replace(act, case=replace(act.case, must_tell=True)),
    "assignee": lambda act: replace(act, case=replace(act.case, fields={**act.case.fields, "assignee": "somebody"})),
    "term_over": lambda act: replace(act, case=replace(act.case, fields={**act.case.fields, "expires_on": date(2026, 3, 3)})),
    "note": lambda act: replace(act, given=replace(act.given, note="")),
    "exhibits": lambda act: replace(act, given=replace(act.given, exhibits=())),
    "recusal": lambda act: replace(act, case=replace(act.case, ties=(Tie(act.actor.code, "adviser", LENDER),))),
    "apart": lambda act: replace(act, case=replace(act.case, steps=tuple(replace(step, by=act.actor.code) for step in act.case.steps))),
}


def without(act: Act, name: str) -> Act:
    """Take one thing away from an act.

    Args:
        act: in order.
        name: a condition's, a field's, or `note`, `exhibits`, `recusal`, `apart`.
    """
    if name in _TAKE and name not in act.given.fields:
        return _TAKE[name](act)
    return replace(act, given=replace(act.given, fields={key: value for key, value in act.given.fields.items() if key != name}))


def of_table(table: Table) -> tuple[Outcome, ...]:
    """Try every sample of a table."""
    outcomes = []
    for place, one in enumerate(table.samples):
        move = table.find(one["from"], one["act"]) or next(row for row in table.moves if row.act == one["act"])
        act = ready(table, move, one["who"], one["from"])
        if "without" in one:
            act = without(act, one["without"])
        try:
            came = moves.move(table, act.case, one["act"], act.actor, act.given).case.state
        except moves.Refused as wrong:
            came = wrong.code
        line = getattr(one, "line", place)
        outcomes.append(Outcome(f"{table.where}:{line}", str(one.get("to") or one.get("refused")), came))
    return tuple(outcomes)


def panel_sample(one: Mapping[str, Any]) -> tuple[str | None, list[str], list[str]]:
    """Try one sample of `review.yaml`.

    Returns:
        The outcome or none; who thought otherwise; codes of what is missing.
    """
    stage = one["panel"]
    case = Case("C-1", "committee", LENDER, panels=(Panel(stage, tuple(Seat(who, HOUSE) for who in one["members"]), AT),),
                votes=tuple(Vote(stage, who, choice, WHY, AT) for who, choice in one["votes"].items()))
    try:
        verdict = quorum.verdict(case, stage)
    except NotEnough:
        lacking: tuple[Missing, ...] = quorum.missing_panel(case, stage) or quorum.missing_votes(case, stage)
        return None, [], sorted({each.code for each in lacking})
    return verdict.outcome, [vote.by for vote in verdict.dissents], []


def criteria_sample(one: Mapping[str, Any]) -> bool:
    """Try one sample of `criteria.yaml`: whether the claims are enough."""
    answers = {name: Answer(name in one["applies"], WHY) for name in criteria.guards()}
    return criteria.weigh([Claim(name, ("E1",)) for name in one["claimed"]], answers).is_enough


def self_check_sample(one: Mapping[str, Any]) -> list[str]:
    """Try one sample of `self_check.yaml`: codes of what is missing."""
    answers = {each["id"]: Answer(each["id"] in one["said_yes"], WHY) for each in self_check.knowledge()["questions"]
               if each["id"] not in one.get("unanswered", ())}
    signer = {"author": "author", "compliance": "compliance-1", None: None}[one["signed_by"]]
    check = SelfCheck("author", answers, {}, WHY if one["remedy"] else "", signer, "compliance" if signer else None, AT if signer else None)
    case = Case("C-1", "self_check", LENDER, conduct_findings=frozenset(one.get("findings", ())), self_check=check)
    return [each.code for each in self_check.missing(case)]
