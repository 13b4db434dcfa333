"""Which cases somebody may see: their institution's own; as a reviewer those submitted and theirs to review.

Not yours answers like not there. What is seen of a ballot is the engine's answer, never this file's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any
from uuid import UUID

from django.db.models import F, Prefetch, Q

from lianfang.engine.cases import case as kinds
from lianfang.engine.cases import tables
from lianfang.engine.cases.precedents import Precedent
from lianfang.engine.cases.table import Side
from lianfang.engine.terms import clock
from lianfang.engine.terms.clock import SHANGHAI
from lianfang.engine.terms.errors import NotFound, Say
from lianfang.web.accounts import access as accounts
from lianfang.web.accounts import door_access
from lianfang.web.accounts.act import held
from lianfang.web.accounts.models import Institution, Membership
from lianfang.web.accounts.permissions import Permission
from lianfang.web.cases import dossier
from lianfang.web.cases.exhibit_access import Standing
from lianfang.web.cases.models import (
    Case,
    Claim,
    ClaimExhibit,
    Decision,
    GroupSeat,
    Notice,
    Opinion,
    Panel,
    PanelSeat,
    Step,
    Task,
    Tie,
    Vote,
)
from lianfang.web.cases.states import APPLICATION, ASSOCIATION, MEMBER, REGULATOR
from lianfang.web.evidence.models import Entry, Exhibit

NOBODY = Q(pk__in=())
MOST_PRECEDENTS = 2_000
WITH_ONE = ("institution__parent", "made_by__user", "ring", "self_check__written_by__user", "self_check__signed_by__user",
            "lease__member__user")  # fmt: skip


@cache
def review_states() -> frozenset[str]:
    """Give the states in which an application lies with the association: read off its table."""
    table = tables.get(APPLICATION)
    moves = [move for move in table.moves if move.side is Side.REVIEW]
    ends = {move.to for move in moves if table.states[move.to].is_final}
    return frozenset(state for move in moves for state in move.sources) | ends


def visible_cases(who: Membership) -> Any:
    """Give the cases somebody may see, as the one they act as."""
    return Case.objects.filter(_theirs(who))


def _theirs(who: Membership) -> Q:
    sort = who.institution.sort
    if sort == MEMBER:
        return Q(institution=who.institution_id)
    if sort == REGULATOR:
        behind = [one.pk for one in door_access.behind(who)]
        return Q(shared_at__isnull=False, institution__in=behind) & ~Q(outcome="")
    return _to_review(who) if sort == ASSOCIATION else NOBODY


def _to_review(who: Membership) -> Q:
    """At an association: what was submitted, and of that what a role is asked about."""
    below = [one.pk for one in accounts.reach(who)]
    submitted = Q(table=APPLICATION, state__in=review_states(), institution__in=below)
    if who.role == "secretariat":
        return submitted
    if who.role == "working_group":
        return submitted & Q(pk__in=GroupSeat.objects.filter(member=who, ended_at=None).values("case"))
    if who.role == "expert":
        return submitted & Q(pk__in=Panel.objects.filter(seats__member=who, ended_at=None).values("case"))
    if who.role == "dispute_officer":
        return submitted & ~Q(outcome="")
    return NOBODY


def get_case(who: Membership, code: UUID) -> Case:
    """Give one case somebody may see, with everything that belongs to it."""
    found: Case | None = visible_cases(who).filter(code=code).select_related(*WITH_ONE).first()
    if found is None:
        raise NotFound(Say("没有这个案件", "there is no such case"), code="E-CASE-11")
    return found


def steps_whole() -> Prefetch[Any]:
    """Read the moves of cases with who made them and for whom, in one query."""
    return Prefetch("steps", Step.objects.select_related("made_by__user", "institution"))


def due_first(found: Any, n: int) -> Any:
    """Narrow cases to as many as the first `n` by last day need, all of one day together; who is first, the engine says."""
    day = found.order_by(F("due_on").asc(nulls_last=True)).values_list("due_on", flat=True)[n - 1 : n].first()
    return found.filter(due_on__lte=day) if day else found


def in_states(found: Any, states: Mapping[str, Iterable[str]]) -> Any:
    """Narrow cases to some states of each table."""
    wanted = NOBODY
    for table, names in states.items():
        wanted |= Q(table=table, state__in=list(names))
    return found.filter(wanted)


def named_like(found: Any, words: str) -> Any:
    """Narrow cases to those whose number or ring contains some words."""
    plain = words.strip()[:60].upper().removeprefix("Y-").removeprefix("D-")
    return found.filter(Q(code__icontains=plain.lower()) | Q(key__icontains=plain))


def open_on(who: Membership, ring_id: str) -> list[Case]:
    """Give the open cases of somebody's institution on one ring."""
    return list(visible_cases(who).filter(key=ring_id, ended_at=None).order_by("pk"))


def engine_case(case: Case) -> kinds.Case:
    """Make the engine's case of a row: what is on file, who is tied, which agencies are involved."""
    whole = Case.objects.filter(pk=case.pk).select_related(*WITH_ONE).prefetch_related(*_with_all()).get()
    parties = parties_of(case)
    return dossier.of(whole, exhibits_of(case), ties_of(case, parties), agencies_of(parties))


def _with_all() -> list[Any]:
    """Say what is fetched with a case so that it is read whole: one question for each kind of row."""
    sat = ("member__user", "member__institution")
    return [
        Prefetch("steps", Step.objects.select_related("made_by__user", "institution")),
        Prefetch("claims", Claim.objects.prefetch_related(Prefetch("rests_on", ClaimExhibit.objects.select_related("exhibit")))),
        "guards", Prefetch("tasks", Task.objects.select_related("case")),
        Prefetch("opinions", Opinion.objects.select_related("made_by__user")),
        Prefetch("group_seats", GroupSeat.objects.select_related(*sat)),
        Prefetch("panels", Panel.objects.prefetch_related(Prefetch("seats", PanelSeat.objects.select_related(*sat)))),
        Prefetch("votes", Vote.objects.select_related("person")),
    ]  # fmt: skip


def parties_of(case: Case) -> list[Institution]:
    """Give the institution whose case it is, and its collection agencies."""
    return [case.institution, *Institution.objects.filter(parent=case.institution_id, sort="agency").order_by("pk")]


def agencies_of(parties: Iterable[Institution]) -> list[str]:
    """Give the codes of the agencies among the parties."""
    return [str(one.code) for one in parties if one.sort == "agency"]


def ties_of(case: Case, parties: Iterable[Institution]) -> list[kinds.Tie]:
    """Give the ties to a case's parties: those entered, and those that where somebody works shows by itself."""
    houses = list(parties)
    entered = Tie.objects.filter(Q(to_institution__in=houses) | Q(to_case=case.pk)).select_related("person", "to_institution")
    ties = [
        kinds.Tie(one.person.username, one.kind, str(one.to_institution.code) if one.to_institution else dossier.concerned(case))
        for one in entered
    ]
    both = Membership.objects.filter(institution__in=houses, user__memberships__institution__sort=ASSOCIATION)
    for one in both.select_related("user", "institution").distinct():
        kind = "employer" if one.ended_at is None else "former_employer"
        ties.append(kinds.Tie(one.user.username, kind, str(one.institution.code)))
    return ties


def exhibits_of(case: Case) -> list[Exhibit]:
    """Give the exhibits filed under a case, oldest first."""
    return list(Exhibit.objects.filter(about=str(case.code)).order_by("pk"))


def of_case(who: Membership, about: UUID) -> Standing | None:
    """Say what somebody may do with the exhibits of a case: whoever sees it reads them, its institution adds while it writes."""
    found = visible_cases(who).filter(code=about).select_related("institution").first()
    if found is None or Permission.CASE_READ not in held(who):
        return None
    edits = dossier.table_of(found).states[found.state].edits
    return Standing(who.institution.sort != REGULATOR, dossier.is_applicant(found, who) and "exhibits" in edits)


def steps_of(case: Case) -> list[Step]:
    """Give the moves of a case, oldest first."""
    return list(case.steps.select_related("made_by__user", "institution").order_by("pk"))


def entries_of(steps: Iterable[Step]) -> Mapping[str, Entry]:
    """Give the log entry of each move, by the move's code."""
    codes = [str(one.code) for one in steps]
    return {one.target: one for one in Entry.objects.filter(target__in=codes)}


def get_step_entry(who: Membership, code: UUID) -> Entry:
    """Give the log entry of a move of a case somebody may see."""
    step = Step.objects.filter(code=code, case__in=visible_cases(who)).first()
    found = Entry.objects.filter(target=str(step.code)).first() if step else None
    if found is None:
        raise NotFound(Say("没有这一步", "there is no such move"), code="E-CASE-12")
    return found


def tasks_of(case: Case) -> list[Task]:
    """Give the tasks of a case, open ones first."""
    found = case.tasks.select_related("case", "step__institution", "done_by__user").order_by("pk")
    return sorted(found, key=lambda one: one.done_at is not None)


def get_task(who: Membership, code: UUID) -> Task:
    """Give a task that the institution somebody works for was asked to do."""
    mine = Task.objects.filter(code=code, case__in=visible_cases(who), step__institution=who.institution_id)
    found: Task | None = mine.select_related("case").first()
    if found is None:
        raise NotFound(Say("没有这项任务", "there is no such task"), code="E-CASE-13")
    return found


def decisions_of(case: Case) -> list[Decision]:
    """Give the decisions on a case, first review before appeal."""
    return list(case.decisions.select_related("step__made_by__user").order_by("pk"))


def notices_of(case: Case) -> list[Notice]:
    """Give what parties were told, oldest first."""
    return list(case.notices.select_related("made_by__user", "received_by__user").order_by("pk"))


def get_notice(who: Membership, code: UUID) -> Notice:
    """Give a notice to somebody's own institution."""
    mine = Notice.objects.filter(code=code, receiver="applicant", case__institution=who.institution_id)
    found: Notice | None = mine.select_related("case").first() if who.institution.sort == MEMBER else None
    if found is None:
        raise NotFound(Say("没有这份告知", "there is no such notice"), code="E-CASE-14")
    return found


def panel_of(case: Case, stage: str) -> Panel | None:
    """Give the panel that stands for a stage."""
    found: Panel | None = case.panels.filter(stage=stage, ended_at=None).order_by("-pk").first()
    return found


def candidates(case: Case, role: str) -> list[Membership]:
    """Give the people of the association above who hold a role, least burdened first."""
    house = accounts.association_of(case.institution)
    known = Membership.objects.filter(institution=house, role=role, ended_at=None, user__is_active=True)
    found = list(known.select_related("user", "institution").order_by("pk"))
    seats = "group_seats" if role == "working_group" else "panel_seats"
    return sorted(found, key=lambda one: (getattr(one, seats).count(), one.pk))


def appeals_of(case: Case) -> list[Any]:
    """Give the appeals of a case."""
    return list(case.appeals.select_related("step__made_by__user").order_by("pk"))


def votes_of(case: Case, stage: str) -> list[Any]:
    """Give the votes of a stage; which of them somebody may read, `sheet.ballot` asks the engine."""
    return list(case.votes.filter(stage=stage).select_related("person", "made_by__institution").order_by("pk"))


def opinions_of(case: Case) -> list[Any]:
    """Give the working group's opinions, those that lapsed too."""
    return list(case.opinions.select_related("made_by__user").order_by("pk"))


def group_of(case: Case) -> list[Membership]:
    """Give the people of a case's working group."""
    return [one.member for one in case.group_seats.filter(ended_at=None).select_related("member__user").order_by("pk")]


def sitting(panel: Panel | None) -> list[Membership]:
    """Give the people of a panel."""
    return [one.member for one in panel.seats.select_related("member__user").order_by("pk")] if panel else []


def entered_ties(case: Case) -> list[Tie]:
    """Give the ties entered to a case's parties and people."""
    to = Q(to_institution__in=parties_of(case)) | Q(to_case=case.pk)
    return list(Tie.objects.filter(to).select_related("person", "to_institution", "made_by__user").order_by("pk"))


def colleagues_of(who: Membership) -> list[Membership]:
    """Give the people of one's institution a case may be given to."""
    mine = Membership.objects.filter(institution=who.institution_id, role__in=("analyst", "supervisor"), ended_at=None)
    return list(mine.select_related("user").order_by("pk"))


def precedents(who: Membership) -> list[Precedent]:
    """Give the cases decided and told below the same association, without anybody's name."""
    house = who.institution if who.institution.sort == ASSOCIATION else accounts.association_of(who.institution)
    told = Case.objects.filter(institution__parent=house, decisions__isnull=False, notices__appeal_until__isnull=False)
    found = told.exclude(outcome="").distinct().prefetch_related("claims", "guards", "decisions")
    return [
        Precedent(
            one.number, one.typology, frozenset(claim.criterion for claim in one.claims.all()),
            frozenset(guard.guard for guard in one.guards.all() if guard.applies), one.appeal_outcome or one.outcome,
            max(each.made_at for each in one.decisions.all()).astimezone(SHANGHAI).date(),
        )
        for one in found.order_by("-pk")[:MOST_PRECEDENTS]
    ]  # fmt: skip


def over() -> Any:
    """Give the cases whose decision's term is over and whose table lets it expire, oldest first; for the worker."""
    states = {one.id: [state for move in one.moves if "term_over" in move.holds for state in move.sources] for one in tables.load().values()}
    found = Case.objects.filter(ended_at=None, expires_on__lte=clock.today()).select_related("institution__parent")
    return in_states(found, states).order_by("expires_on", "pk")
