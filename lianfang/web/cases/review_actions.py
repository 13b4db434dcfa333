"""Changes in a review: who sits, what they write, how they vote, when a ballot closes, who must stand aside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from lianfang.engine.cases import case as kinds
from lianfang.engine.cases import quorum, recusal
from lianfang.engine.terms import clock
from lianfang.engine.terms.errors import Conflict, NotAllowed, NotEnough, Say
from lianfang.web.accounts.act import act, held
from lianfang.web.accounts.models import Institution, Membership
from lianfang.web.accounts.permissions import Permission
from lianfang.web.cases import access, dossier
from lianfang.web.cases.actions import Said, editable, locked, undisturbed
from lianfang.web.cases.models import Case, GroupSeat, Opinion, Panel, PanelSeat, Tie, Vote


def stage_of(case: Case) -> str:
    """Give the stage whose panel the moves out of a state ask for; refuse where none does."""
    stage = next((move.panel for move in dossier.table_of(case).out_of(case.state) if move.panel), None)
    if stage is None:
        raise Conflict(
            Say(f"“{case.state_name.zh}”时没有评审组", f'no panel sits while it is "{case.state_name.en}"'), code="E-CASE-18",
            fix=Say("看案件页现在可以办什么", "the page of the case says what is open"),
        )  # fmt: skip
    return stage


def untied(case: kinds.Case, who: Membership) -> None:
    """Refuse whoever must stand aside in a case, in whatever part of its review."""
    reasons = recusal.bars(case, dossier.seat(who))
    if reasons:
        raise NotAllowed(
            Say(f"应当回避:{reasons[0].say.zh}", f"must stand aside: {reasons[0].say.en}"), code="E-CASE-05",
            fix=Say("请另一位同事来办", "ask a colleague"),
        )  # fmt: skip


def lacking(missing: Sequence[kinds.Missing], code: str) -> NotEnough:
    """Make the refusal that tells everything lacking at once."""
    return NotEnough(
        Say(";".join(one.say.zh for one in missing), "; ".join(one.say.en for one in missing)), code=code,
        fix=Say("补齐后再办", "complete it first"),
    )  # fmt: skip


@act(Permission.PANEL_SEAT, "cases:group:seated")
def seat_group(who: Membership, case: Case, members: Sequence[Membership]) -> Said:
    """Ask two people to be the working group of a case."""
    row, at = locked(case), clock.now()
    undisturbed(row, who, at)
    found = editable(row, "working_group", who)
    untied(found, who)
    missing = quorum.missing_group(replace(found, working_group=tuple(dossier.seat(one) for one in members)))
    if missing:
        raise lacking(missing, "E-QUORUM-08")
    row.group_seats.filter(ended_at=None).update(ended_at=at)
    GroupSeat.objects.bulk_create(GroupSeat(case=row, member=one, made_at=at) for one in members)
    return Said(row.code, {"group": [str(one.code) for one in members]})


@act(Permission.PANEL_SEAT, "cases:panel:seated")
def seat_panel(who: Membership, case: Case, members: Sequence[Membership]) -> Panel:
    """Ask people to sit on the panel of the stage a case is in, in place of those asked before."""
    row, at = locked(case), clock.now()
    found = editable(row, "panel", who)
    untied(found, who)
    stage = stage_of(row)
    quorum.compose(found, stage, [dossier.seat(one) for one in members])
    row.panels.filter(stage=stage, ended_at=None).update(ended_at=at)
    made = Panel.objects.create(case=row, stage=stage, made_by=who, made_at=at)
    PanelSeat.objects.bulk_create(PanelSeat(panel=made, member=one) for one in members)
    return made


@act(Permission.OPINION_WRITE, "cases:opinion:written")
def write_opinion(who: Membership, case: Case, finding: str, reason: str) -> Opinion:
    """Write one's opinion as a member of the working group."""
    row, at = locked(case), clock.now()
    found = editable(row, "opinions", who)
    heard = quorum.hear(found, dossier.seat(who), kinds.Opinion(who.user.username, finding, reason, at))
    return Opinion.objects.create(case=row, made_by=who, finding=heard.finding, reason=heard.reason, at=at)


@act(Permission.VOTE_CAST, "cases:vote:cast")
def cast(who: Membership, case: Case, choice: str, reason: str) -> Vote:
    """Vote, with a written reason; nobody else reads it before the ballot is closed."""
    row, at = locked(case), clock.now()
    found = editable(row, "ballot", who)
    stage = stage_of(row)
    vote = quorum.cast(found, dossier.seat(who), kinds.Vote(stage, who.user.username, choice, reason, at))
    return Vote.objects.create(case=row, stage=stage, made_by=who, person=who.user, choice=vote.choice, reason=vote.reason, at=at)


@act(Permission.PANEL_SEAT, "cases:ballot:closed")
def close_ballot(who: Membership, case: Case) -> Panel:
    """Close a ballot in which all who sit have voted; from now on the votes are read."""
    row, at = locked(case), clock.now()
    found = editable(row, "ballot", who)
    untied(found, who)
    stage = stage_of(row)
    if not quorum.may_close(found, stage):
        raise lacking((*quorum.missing_panel(found, stage), *quorum.missing_votes(found, stage)), "E-QUORUM-09")
    panel = access.panel_of(row, stage)
    if panel is None or panel.closed_at is not None:
        raise Conflict(Say("已经封票", "the ballot is closed already"), code="E-QUORUM-05")
    panel.closed_by, panel.closed_at = who, at
    panel.save(update_fields=["closed_by", "closed_at"])
    return panel


@act(Permission.TIE_ENTER, "cases:tie:entered")
def enter_tie(who: Membership, case: Case, person: Membership, kind: str, note: str) -> Tie:
    """Enter a tie of somebody to a case's institution or to the people it is about; it bars from now on."""
    row, at = locked(case), clock.now()
    editable(row, "ties", who)
    known = recusal.knowledge()["ties"]
    if kind not in known:
        raise Conflict(Say("没有这种关系", "there is no such tie"), code="E-CASE-19", fix=Say("、".join(known), ", ".join(known)))
    if person.user_id != who.user_id and Permission.PANEL_SEAT not in held(who):
        raise NotAllowed(
            Say("只能登记自己的关系", "one enters one's own ties"), code="E-CASE-20",
            fix=Say("别人的由秘书处登记", "the secretariat enters those of others"),
        )  # fmt: skip
    to: Institution | None = row.institution if known[kind]["to"] == "institution" else None
    return Tie.objects.create(
        person=person.user, kind=kind, to_institution=to, to_case=None if to else row, note=note, made_by=who, made_at=at
    )


@act(Permission.CASE_SHARE, "cases:case:shared")
def share(who: Membership, case: Case) -> Case:
    """Let the regulator read a decision that has been told."""
    row = locked(case)
    if not row.decisions.exists() or not row.notices.filter(appeal_until__isnull=False).exists():
        raise Conflict(
            Say("决定告知以后才能报监管", "a decision is shared once it has been told"), code="E-CASE-21",
            fix=Say("先办“告知决定”", "tell the decision first"),
        )  # fmt: skip
    if row.shared_at is not None:
        raise Conflict(Say("已经报给监管", "it was shared already"), code="E-CASE-22")
    row.shared_at = clock.now()
    row.save(update_fields=["shared_at"])
    return row
