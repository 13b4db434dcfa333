"""Changes to a case: opened, moved, written, signed, worked on. Every move is the engine's; this file keeps it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from lianfang.engine.cases import case as kinds
from lianfang.engine.cases import leases, moves, quorum, running, self_check, tables
from lianfang.engine.cases.table import Move, Table
from lianfang.engine.cases.waiting import Matter, find_open
from lianfang.engine.terms import clock
from lianfang.engine.terms.clock import SHANGHAI
from lianfang.engine.terms.errors import Conflict, InputError, NotAllowed, NotEnough, Say
from lianfang.engine.terms.glossary import labels
from lianfang.web.accounts import access as accounts
from lianfang.web.accounts.act import act, takes
from lianfang.web.accounts.models import Institution, Membership
from lianfang.web.accounts.permissions import Permission
from lianfang.web.cases import access, dossier
from lianfang.web.cases.models import (
    Appeal,
    Case,
    Claim,
    ClaimExhibit,
    Decision,
    GuardAnswer,
    Lease,
    Notice,
    SelfCheck,
    Step,
    Task,
)

GROUNDS_LEAST = 10
_IN_OFFICE = "本系统 / in this office"


@dataclass(frozen=True)
class Said:
    """A part of a case that was written anew: whose it is, and what the log commits to."""

    code: UUID
    facts: Mapping[str, Any]

    def sealed(self) -> dict[str, Any]:
        """Give the facts the log commits to."""
        return dict(self.facts)


@dataclass(frozen=True)
class Asked:
    """What comes with a move: note, fields as the table names them, codes of exhibits."""

    note: str = ""
    fields: Mapping[str, kinds.Value] = field(default_factory=dict)
    exhibits: Sequence[str] = ()


def locked(case: Case) -> Case:
    """Give the row as it is now, held until the act ends: of two acts at once the second sees the first."""
    return Case.objects.select_for_update().get(pk=case.pk)


@act(Permission.CASE_OPEN, "cases:case:opened")
def open_case(who: Membership, ring: Any, table: str, typology: str, grounds: str = "") -> Case:
    """Open a case on a ring; an institution has one open case of a kind for one typology and one ring.

    Args:
        who: the membership that acts.
        ring: one of its institution's rings.
        table: the kind of case.
        typology: the activity; one the ring does not show needs grounds.
        grounds: why it is that activity all the same.
    """
    law, at = tables.get(table), clock.now()
    grounds = shown_or_told(ring.activity_codes, typology, grounds)
    already = find_open(Matter(typology, ring.ring_id), (
        (Matter(one.typology, one.key), str(one.code), one.ended_at is None)
        for one in Case.objects.filter(institution=who.institution_id, table=table, key=ring.ring_id)
    ))  # fmt: skip
    if already:
        raise _open_already()
    try:
        with transaction.atomic():
            return Case.objects.create(
                table=table, institution=who.institution, typology=typology, grounds=grounds, key=ring.ring_id, ring=ring,
                state=law.first, made_by=who, made_at=at, moved_at=at, due_on=_first_due(law, at),
            )  # fmt: skip
    except IntegrityError as wrong:
        raise _open_already() from wrong


def _first_due(law: Table, at: datetime) -> date | None:
    due = running.earliest(law, kinds.Case("", law.first, "", opened_at=at), at.astimezone(SHANGHAI).date())
    return due.on if due else None


def shown_or_told(shown: Sequence[str], typology: str, grounds: str) -> str:
    """Give the grounds to keep: none are asked where the ring shows the activity itself."""
    known, told = labels("activities"), grounds.strip()
    if typology in shown:
        return ""
    if typology not in known:
        raise InputError(
            Say(f"没有这类活动:{typology}", f"no such activity: {typology}"), code="E-CASE-23", where="typology",
            fix=Say(f"有:{'、'.join(known)}", f"there are: {', '.join(known)}"),
        )  # fmt: skip
    if len(told) < GROUNDS_LEAST:
        raise NotEnough(
            Say(f"这个团伙显示的活动:{'、'.join(shown) or '没有'},其中没有 {typology} {known[typology].zh}",
                f"the ring shows {', '.join(shown) or 'no activity'}, not {typology} {known[typology].en}"),
            code="E-CASE-24", where="grounds",
            fix=Say(f"选团伙显示的活动,或写明依据(至少 {GROUNDS_LEAST} 字)",
                    f"choose what the ring shows, or say on what grounds (at least {GROUNDS_LEAST} characters)"),
        )  # fmt: skip
    return told


def _open_already() -> Conflict:
    return Conflict(
        Say("这个团伙、这类活动已有未结的案件", "there is an open case for this ring and this typology"), code="E-CASE-15",
        fix=Say("打开已有的案件继续办", "go on with the one that is open"),
    )  # fmt: skip


@act(Permission.CASE_MOVE, "cases:case:moved")
def move(who: Membership, case: Case, name: str, asked: Asked) -> Step:
    """Move a case by its table, or refuse and say what is open."""
    held, at = locked(case), clock.now()
    undisturbed(held, who, at)
    given = kinds.Given(at, asked.note, asked.fields, tuple(asked.exhibits))
    made = moves.move(dossier.table_of(held), access.engine_case(held), name, dossier.actor(who), given)
    return _keep(held, made, who, who.institution)


@takes("cases:case:moved")
def expire(case: Case) -> Step:
    """Let a decision whose term is over expire, where its table says so."""
    held = locked(case)
    house = accounts.association_of(held.institution) or held.institution
    actor = kinds.Actor(dossier.SYSTEM, frozenset((dossier.SYSTEM,)), str(house.code))
    made = moves.move(dossier.table_of(held), access.engine_case(held), "expire", actor, kinds.Given(clock.now()))
    return _keep(held, made, None, house)


def _keep(case: Case, made: moves.Moved, who: Membership | None, house: Institution) -> Step:
    """Keep a move the engine made: the step, where the case stands now, and what follows from it."""
    table, at = dossier.table_of(case), made.step.at
    row = table.find(made.step.came_from, made.step.act)
    given = {name: value.isoformat() if isinstance(value, date) else value for name, value in made.step.given.items()}
    step = Step.objects.create(
        case=case, act=made.step.act, made_by=who, institution=house, at=at, came_from=made.step.came_from, to=made.step.to,
        note=made.step.note, given=given, exhibits=list(made.step.exhibits),
    )  # fmt: skip
    due = running.earliest(table, made.case, at.astimezone(SHANGHAI).date())
    until = made.case.fields.get("expires_on")
    case.state, case.moved_at, case.due_on = made.case.state, at, due.on if due else None
    case.outcome, case.appeal_outcome = made.case.outcome or "", made.case.appeal or ""
    case.ended_at = at if table.states[case.state].is_final else None
    case.expires_on = until if isinstance(until, date) else None
    try:
        with transaction.atomic():
            case.save(update_fields=["state", "moved_at", "due_on", "outcome", "appeal_outcome", "ended_at", "expires_on"])
    except IntegrityError as wrong:
        raise _open_already() from wrong
    Lease.objects.filter(case=case).delete()
    _clear(case, made.clears, at)
    Task.objects.bulk_create(Task(case=case, step=step, rule=rule) for rule in made.tasks)
    if row is not None:
        _follow(row, made, step, who)
    return step


def _clear(case: Case, lapsed: Sequence[str], at: datetime) -> None:
    if "self_check" in lapsed:
        SelfCheck.objects.filter(case=case).update(signed_by=None, signed_at=None)
    if "opinions" in lapsed:
        case.opinions.filter(lapsed_at=None).update(lapsed_at=at)


def _follow(row: Move, made: moves.Moved, step: Step, who: Membership | None) -> None:
    """Write what the table says comes with a move: a decision, an appeal taken or ended, a notice to the applicant."""
    case, told = step.case, step.given
    if row.outcome or row.appeal:
        _decide(row, made, step)
    if row.appeal:
        case.appeals.filter(ended_at=None).update(outcome=row.appeal, ended_at=step.at)
    if "disputed_by" in row.needs:
        Appeal.objects.create(case=case, step=step, disputed_by=told["disputed_by"], grounds=told["dispute_grounds"], made_at=step.at)
    if "tell_applicant" in row.tasks and who is not None:
        until = _appeal_until(row, made, step)
        Notice.objects.create(
            case=case, step=step, receiver="applicant", told_how=told.get("told_how", _IN_OFFICE), appeal_until=until,
            made_by=who, made_at=step.at,
        )  # fmt: skip


def _decide(row: Move, made: moves.Moved, step: Step) -> None:
    told, counts, against = step.given, {}, []
    if row.panel:
        counted = quorum.verdict(made.case, row.panel)
        counts, people = counted.n_by_choice, [one.by for one in counted.dissents]
        votes = step.case.votes.filter(stage=row.panel, person__username__in=people)
        against = [str(one.code) for one in votes.order_by("pk")]
    Decision.objects.create(
        case=step.case, step=step, stage=row.panel or step.came_from, outcome=row.appeal or row.outcome or "",
        reasons=told.get("reasons", step.note), handling=told.get("handling", ""), correction=told.get("correction", ""),
        n_by_choice=counts, dissents=against, made_at=step.at,
    )  # fmt: skip


def _appeal_until(row: Move, made: moves.Moved, step: Step) -> date | None:
    started = [name for name in row.starts if name.endswith(".appeal")]
    runs = running.of(tables.get(step.case.table), made.case, step.at.astimezone(SHANGHAI).date())
    return next((one.due.on for one in runs if one.clock.id in started), None)


def editable(case: Case, part: str, who: Membership) -> kinds.Case:
    """Give the engine's case where its state lets a part be changed; refuse otherwise."""
    found = access.engine_case(case)
    moves.editing(dossier.table_of(case), found, part, dossier.actor(who))
    return found


@act(Permission.CASE_WRITE, "cases:check:written")
def write_check(who: Membership, case: Case, told: kinds.SelfCheck) -> SelfCheck:
    """Write what the institution found about itself; any change takes the signature off."""
    held, at = locked(case), clock.now()
    undisturbed(held, who, at)
    editable(held, "self_check", who)
    plain = self_check.unsigned(told)
    kept, _ = SelfCheck.objects.update_or_create(case=held, defaults={
        "written_by": who, "written_at": at, "remedy": plain.remedy, "findings": dict(plain.findings),
        "answers": {name: {"yes": one.yes, "note": one.note} for name, one in plain.answers.items()},
        "signed_by": None, "signed_at": plain.signed_at,
    })  # fmt: skip
    return kept


@act(Permission.CHECK_SIGN, "cases:check:signed")
def sign_check(who: Membership, case: Case) -> SelfCheck:
    """Sign a complete self-check, as compliance and not as its author."""
    held = locked(case)
    signed = self_check.sign(editable(held, "self_check", who), dossier.actor(who), clock.now())
    kept = SelfCheck.objects.get(case=held)
    kept.signed_by, kept.signed_at = who, signed.signed_at
    kept.save(update_fields=["signed_by", "signed_at"])
    return kept


@takes("cases:finding:taken")
def take_findings(case: Case, codes: Sequence[str]) -> Case:
    """Put conduct findings to a case: its self-check must speak to each, and loses a signature that did not."""
    held = locked(case)
    new = sorted({*held.findings, *codes})
    if new != held.findings:
        held.findings = new
        held.save(update_fields=["findings"])
        SelfCheck.objects.filter(case=held).update(signed_by=None, signed_at=None)
    return held


@act(Permission.CASE_WRITE, "cases:claim:written")
def write_claims(who: Membership, case: Case, claims: Sequence[kinds.Claim]) -> Said:
    """Write which criteria are claimed, each with the exhibits it rests on."""
    held = locked(case)
    undisturbed(held, who, clock.now())
    editable(held, "claims", who)
    on_file = {str(one.code): one for one in access.exhibits_of(held)}
    Claim.objects.filter(case=held).delete()
    for one in claims:
        kept = Claim.objects.create(case=held, criterion=one.criterion, reason=one.reason)
        ClaimExhibit.objects.bulk_create(ClaimExhibit(claim=kept, exhibit=on_file[code]) for code in one.exhibits if code in on_file)
    return Said(held.code, {"claims": [[one.criterion, list(one.exhibits), one.reason] for one in claims]})


@act(Permission.CASE_WRITE, "cases:guard:answered")
def answer_guards(who: Membership, case: Case, answers: Mapping[str, kinds.Answer]) -> Said:
    """Answer the innocent reasons one by one."""
    held = locked(case)
    undisturbed(held, who, clock.now())
    editable(held, "guards", who)
    for name, one in answers.items():
        GuardAnswer.objects.update_or_create(case=held, guard=name, defaults={"applies": one.yes, "note": one.note})
    return Said(held.code, {"guards": [[name, one.yes, one.note] for name, one in sorted(answers.items())]})


@act(Permission.CASE_MOVE, "cases:lease:claimed")
def claim(who: Membership, case: Case) -> Case:
    """Take a case into work for some minutes; colleagues leave it alone meanwhile."""
    held, at = locked(case), clock.now()
    before = Lease.objects.filter(case=held).select_related("member__user").first()
    mine = before if before and before.member.institution_id == who.institution_id else None
    lease = leases.claim(_plain(mine), who.user.username, at)
    Lease.objects.update_or_create(case=held, defaults={"member": who, "since": lease.since, "until": lease.until})
    return held


@act(Permission.CASE_MOVE, "cases:lease:released")
def release(who: Membership, case: Case) -> Case:
    """Give a case back before its time."""
    held = locked(case)
    before = Lease.objects.filter(case=held).select_related("member__user").first()
    leases.release(_plain(before), who.user.username, clock.now())
    Lease.objects.filter(case=held).delete()
    return held


def undisturbed(case: Case, who: Membership, at: datetime) -> None:
    """Refuse while a colleague works on it; renew one's own lease by what one does."""
    held = Lease.objects.filter(case=case, member__institution=who.institution_id).select_related("member__user").first()
    if held is None:
        return
    renewed = leases.claim(_plain(held), who.user.username, at)
    if held.member_id == who.pk:
        Lease.objects.filter(pk=held.pk).update(since=renewed.since, until=renewed.until)


def _plain(held: Lease | None) -> leases.Lease | None:
    return leases.Lease(held.member.user.username, held.since, held.until) if held else None


@act(Permission.CASE_MOVE, "cases:task:done")
def finish_task(who: Membership, task: Task, note: str) -> Task:
    """Say that a task is done, and how; whoever was told is written down as told."""
    if task.done_at is not None:
        raise Conflict(Say("这项任务已完成", "this task is done"), code="E-CASE-16")
    if task.step.institution_id != who.institution_id:
        raise NotAllowed(Say("这项任务由另一家机构办", "another institution does this task"), code="E-CASE-02")
    at = clock.now()
    task.done_by, task.done_at, task.note = who, at, note
    task.save(update_fields=["done_by", "done_at", "note"])
    if task.rule == "tell_person":
        Notice.objects.create(case=task.case, step=task.step, receiver="person", told_how=note, made_by=who, made_at=at)
    return task


@act(Permission.CASE_MOVE, "cases:notice:received")
def receive(who: Membership, notice: Notice) -> Notice:
    """Confirm, for the applicant, that a notice arrived; the task of telling it is done by that."""
    if notice.received_at is not None:
        raise Conflict(Say("已经确认过", "it was confirmed already"), code="E-CASE-17")
    at = clock.now()
    notice.received_by, notice.received_at = who, at
    notice.save(update_fields=["received_by", "received_at"])
    Task.objects.filter(step=notice.step_id, rule="tell_applicant", done_at=None).update(done_by=who, done_at=at, note=notice.told_how)
    return notice
