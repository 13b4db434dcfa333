"""A case as the engine sees it: frozen values made from rows, anew every time. No rule stands here.

People are known to the engine by their user names: one person in two roles stays one person.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING, Any

from lianfang.engine.cases import case as kinds
from lianfang.engine.cases import tables
from lianfang.engine.cases.leases import Lease
from lianfang.engine.cases.table import FieldKind, Table
from lianfang.web.cases.states import MEMBER
from lianfang.web.evidence import states as exhibits

if TYPE_CHECKING:
    from lianfang.web.accounts.models import Membership
    from lianfang.web.cases.models import Case

SYSTEM = "system"


def actor(who: Membership) -> kinds.Actor:
    """Say who acts, in the one role somebody acts in."""
    return kinds.Actor(who.user.username, frozenset((who.role,)), str(who.institution.code))


def seat(who: Membership) -> kinds.Seat:
    """Say who sits and for whom they work."""
    return kinds.Seat(who.user.username, str(who.institution.code))


def table_of(case: Case) -> Table:
    """Give the law of a case."""
    return tables.get(case.table)


def of(case: Case, on_file: Iterable[Any], ties: Iterable[kinds.Tie], agencies: Iterable[str]) -> kinds.Case:
    """Make the engine's case from rows.

    Args:
        case: fetched with everything that belongs to it, `access.engine_case`.
        on_file: its exhibits.
        ties: ties of people who may sit, recorded or read off where they work.
        agencies: codes of the collection agencies of its institution.
    """
    steps = tuple(_step(case, one) for one in sorted(case.steps.all(), key=lambda one: one.pk))
    fields = {name: value for step in steps for name, value in step.given.items()}
    return kinds.Case(
        str(case.code), case.state, str(case.institution.code), steps, fields,
        exhibits=frozenset(str(one.code) for one in on_file if one.state == exhibits.HELD),
        concerned=frozenset((concerned(case),)), agencies=frozenset(agencies),
        conduct_findings=frozenset(case.findings), self_check=_self_check(case),
        claims=tuple(
            kinds.Claim(one.criterion, tuple(str(rest.exhibit.code) for rest in one.rests_on.all()), one.reason)
            for one in case.claims.all()
        ),
        guards={one.guard: kinds.Answer(one.applies, one.note) for one in case.guards.all()},
        ties=tuple(ties),
        tasks=tuple(kinds.Task(str(one.code), one.name.zh, one.done_at is not None) for one in case.tasks.all()),
        outcome=case.outcome or None, appeal=case.appeal_outcome or None,
        opened_at=case.made_at, **_review(case),
    )  # fmt: skip


def moved(case: Case) -> kinds.Case:
    """Make as much of the engine's case as its clocks need: where it stands and the moves made."""
    steps = tuple(_step(case, one) for one in sorted(case.steps.all(), key=lambda one: one.pk))
    return kinds.Case(str(case.code), case.state, str(case.institution.code), steps, opened_at=case.made_at)


def concerned(case: Case) -> str:
    """Give the code that stands for the people a case is about: ties to them are kept without their names."""
    return f"people:{case.code}"


def lease_of(case: Case) -> Lease | None:
    """Give the lease on a case, as the engine sees it."""
    held = getattr(case, "lease", None)
    return Lease(held.member.user.username, held.since, held.until) if held else None


def _step(case: Case, one: Any) -> kinds.Step:
    rules = table_of(case).fields
    given: dict[str, kinds.Value] = {
        name: date.fromisoformat(value) if name in rules and rules[name].kind is FieldKind.DAY else value
        for name, value in one.given.items()
    }
    by = one.made_by.user.username if one.made_by else SYSTEM
    return kinds.Step(one.act, by, str(one.institution.code), one.at, one.came_from, one.to, one.note, given, tuple(one.exhibits))


def _self_check(case: Case) -> kinds.SelfCheck | None:
    held = getattr(case, "self_check", None)
    if held is None:
        return None
    answers = {name: kinds.Answer(bool(one["yes"]), one["note"]) for name, one in held.answers.items()}
    signer = held.signed_by
    return kinds.SelfCheck(
        held.written_by.user.username, answers, held.findings, held.remedy, signer.user.username if signer else None,
        signer.role if signer else None, held.signed_at,
    )  # fmt: skip


def _review(case: Case) -> dict[str, Any]:
    group = [one.member for one in case.group_seats.all()]
    standing = [one.member for one in case.group_seats.all() if one.ended_at is None]
    panels = sorted(case.panels.all(), key=lambda one: one.pk)
    return {
        "working_group": tuple(seat(one) for one in standing),
        "earlier_group": frozenset(one.user.username for one in group),
        "opinions": tuple(
            kinds.Opinion(one.made_by.user.username, one.finding, one.reason, one.at)
            for one in case.opinions.all() if one.lapsed_at is None
        ),
        "panels": tuple(
            kinds.Panel(one.stage, tuple(seat(each.member) for each in one.seats.all()), one.closed_at) for one in panels
        ),
        "votes": tuple(
            kinds.Vote(one.stage, one.person.username, one.choice, one.reason, one.at)
            for one in sorted(case.votes.all(), key=lambda one: one.pk)
        ),
    }  # fmt: skip


def is_applicant(case: Case, who: Membership) -> bool:
    """Say whether somebody works for the institution whose case it is."""
    return bool(case.institution_id == who.institution_id and who.institution.sort == MEMBER)
