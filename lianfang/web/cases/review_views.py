"""Pages of a review: working group, panel and ballot, decision and notice, appeal, precedents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse

from lianfang.engine.cases import criteria, quorum, recusal
from lianfang.engine.cases.precedents import search
from lianfang.engine.terms.errors import Say
from lianfang.engine.terms.glossary import labels
from lianfang.web.accounts import door_actions
from lianfang.web.accounts.act import held
from lianfang.web.accounts.door import door
from lianfang.web.accounts.permissions import Permission
from lianfang.web.cases import access, dossier, sheet
from lianfang.web.cases import review_actions as actions
from lianfang.web.cases.forms import OpinionForm, SeatsForm, TieForm, VoteForm
from lianfang.web.cases.states import APPEAL, FIRST
from lianfang.web.frame.page import page
from lianfang.web.frame.templatetags.say import said

_TYPED = Say("没有保存:要选,并写够字数", "not kept: choose, and write enough")


def _edits(found: Any) -> tuple[str, ...]:
    return dossier.table_of(found).states[found.state].edits


def _back(name: str, code: UUID) -> HttpResponse:
    return HttpResponseRedirect(reverse(name, args=[code]))


def _free(found: Any, seen: Any, role: str, stage: str) -> tuple[list[Any], list[tuple[Any, Say]]]:
    """Give who may be asked to sit, and of the others why not."""
    people = access.candidates(found, role)
    free = {seat.person for seat in quorum.free(seen, stage, [dossier.seat(one) for one in people])}
    earlier = Say("参加过前一阶段", "took part in an earlier stage")
    barred = []
    for one in people:
        if one.user.username not in free:
            reasons = recusal.bars(seen, dossier.seat(one))
            barred.append((one, reasons[0].say if reasons else earlier))
    return [one for one in people if one.user.username in free], barred


@door(Permission.REVIEW_READ)
def group(request: Any, code: UUID) -> HttpResponse:
    """Show the working group of a case: who sits, what they wrote, who must stand aside."""
    who, found = request.member, access.get_case(request.member, code)
    seen, may = access.engine_case(found), held(request.member)
    free, barred = _free(found, seen, "working_group", "working_group")
    mine = {one.by for one in seen.opinions}
    sits = who.user.username in {seat.person for seat in seen.working_group}
    may_seat = Permission.PANEL_SEAT in may and "working_group" in _edits(found)
    may_write = Permission.OPINION_WRITE in may and "opinions" in _edits(found) and sits and who.user.username not in mine
    return page(
        request, "cases/group.html", case=found, group=access.group_of(found), opinions=access.opinions_of(found), barred=barred,
        seats=SeatsForm(free) if may_seat else None, form=OpinionForm() if may_write else None,
        ties=access.entered_ties(found), tie_form=_tie_form(who, found), missing=quorum.missing_opinions(seen),
    )  # fmt: skip


def _tie_form(who: Any, found: Any) -> TieForm | None:
    if Permission.TIE_ENTER not in held(who) or "ties" not in _edits(found):
        return None
    return TieForm(_may_be_tied(who, found))


def _may_be_tied(who: Any, found: Any) -> Sequence[Any]:
    """Give the people whose ties somebody may enter: the secretariat anybody's, a reviewer his own."""
    if Permission.PANEL_SEAT not in held(who):
        return [who]
    return [*access.candidates(found, "working_group"), *access.candidates(found, "expert")]


@door(Permission.PANEL_SEAT, "POST")
def seat_group(request: Any, code: UUID) -> HttpResponse:
    """Ask two people to be the working group."""
    found = access.get_case(request.member, code)
    form = SeatsForm(access.candidates(found, "working_group"), request.POST)
    actions.seat_group(request.member, found, form.members() if form.is_valid() else [])
    messages.success(request, said(Say("工作组已组成", "the working group is seated")))
    return _back("cases-case-group", code)


@door(Permission.OPINION_WRITE, "POST")
def opinion(request: Any, code: UUID) -> HttpResponse:
    """Write an opinion."""
    found, form = access.get_case(request.member, code), OpinionForm(request.POST)
    if form.is_valid():
        actions.write_opinion(request.member, found, form.cleaned_data["finding"], form.cleaned_data["reason"])
        messages.success(request, said(Say("意见已存", "opinion kept")))
    else:
        messages.error(request, said(_TYPED))
    return _back("cases-case-group", code)


@door(Permission.TIE_ENTER, "POST")
def tie(request: Any, code: UUID) -> HttpResponse:
    """Enter a tie that bars."""
    found = access.get_case(request.member, code)
    form = TieForm(_may_be_tied(request.member, found), request.POST)
    if form.is_valid():
        given = form.cleaned_data
        actions.enter_tie(request.member, found, form.people[given["person"]], given["kind"], given["note"])
        messages.success(request, said(Say("已登记,从现在起须回避", "entered; it bars from now on")))
    else:
        messages.error(request, said(_TYPED))
    return _back("cases-case-group", code)


@door(Permission.REVIEW_READ)
def vote(request: Any, code: UUID) -> HttpResponse:
    """Show the committee and its ballot: secret until closed, then every vote with its reason."""
    return _panel_page(request, access.get_case(request.member, code), FIRST, "cases/vote.html")


@door(Permission.REVIEW_READ)
def appeal(request: Any, code: UUID) -> HttpResponse:
    """Show the appeal: who appeals and why, a panel that shares nobody with the first review, its ballot."""
    return _panel_page(request, access.get_case(request.member, code), APPEAL, "cases/appeal.html")


def _panel_page(request: Any, found: Any, stage: str, template: str) -> HttpResponse:
    who, may, edits = request.member, held(request.member), _edits(found)
    seen = access.engine_case(found)
    now_asked = next((move.panel for move in dossier.table_of(found).out_of(found.state) if move.panel), None) == stage
    free, barred = _free(found, seen, "expert", stage)
    panel = access.panel_of(found, stage)
    sits = who.pk in {one.pk for one in access.sitting(panel)}
    voted = who.user.username in {one.by for one in quorum.counted(seen, stage)} if panel else False
    is_open = now_asked and "ballot" in edits and panel is not None and panel.closed_at is None
    return page(
        request, template, case=found, panel=panel, people=access.sitting(panel), barred=barred, missing=quorum.missing_panel(seen, stage),
        ballot=sheet.ballot(found, seen, stage, who), appeals=access.appeals_of(found), stage=stage,
        seats=SeatsForm(free) if now_asked and "panel" in edits and Permission.PANEL_SEAT in may and not (panel and panel.closed_at) else None,
        form=VoteForm(stage) if is_open and sits and not voted and Permission.VOTE_CAST in may else None,
        may_close=is_open and Permission.PANEL_SEAT in may and quorum.may_close(seen, stage), voted=voted,
        tie_form=_tie_form(who, found), ties=access.entered_ties(found),
    )  # fmt: skip


def _page_of(found: Any) -> str:
    return "cases-case-appeal" if actions.stage_of(found) == APPEAL else "cases-case-vote"


@door(Permission.PANEL_SEAT, "POST")
def seat_panel(request: Any, code: UUID) -> HttpResponse:
    """Ask people to sit on the panel."""
    found = access.get_case(request.member, code)
    form = SeatsForm(access.candidates(found, "expert"), request.POST)
    actions.seat_panel(request.member, found, form.members() if form.is_valid() else [])
    messages.success(request, said(Say("评审组已组成", "the panel is seated")))
    return _back(_page_of(found), code)


@door(Permission.VOTE_CAST, "POST")
def cast(request: Any, code: UUID) -> HttpResponse:
    """Vote."""
    found = access.get_case(request.member, code)
    form = VoteForm(actions.stage_of(found), request.POST)
    if form.is_valid():
        actions.cast(request.member, found, form.cleaned_data["choice"], form.cleaned_data["reason"])
        messages.success(request, said(Say("已表决;封票前只有您自己看得到", "voted; until the ballot closes only you can read it")))
    else:
        messages.error(request, said(_TYPED))
    return _back(_page_of(found), code)


@door(Permission.PANEL_SEAT, "POST")
def close(request: Any, code: UUID) -> HttpResponse:
    """Close the ballot."""
    found = access.get_case(request.member, code)
    actions.close_ballot(request.member, found)
    messages.success(request, said(Say("已封票,表决公开给评审各方", "closed; the votes are open to the review")))
    return _back(_page_of(found), code)


@door(Permission.CASE_READ)
def decision(request: Any, code: UUID) -> HttpResponse:
    """Show what was decided and why, dissent as far as the reader may see it, and who was told."""
    who, found = request.member, access.get_case(request.member, code)
    if who.institution.sort == "regulator":
        door_actions.look_through(who, found.institution, f"case:{found.code}")
    decisions = [(one, sheet.outcome_name(one.outcome), _counts(one), _dissents(who, found, one)) for one in access.decisions_of(found)]
    notices = access.notices_of(found)
    may_share = Permission.CASE_SHARE in held(who) and found.shared_at is None and any(one.appeal_until for one in notices)
    return page(
        request, "cases/decision.html", case=found, decisions=decisions, notices=notices, may_share=may_share,
        is_own=dossier.is_applicant(found, who), is_review=Permission.REVIEW_READ in held(who), sees_case=who.institution.sort != "regulator",
        appeals=access.appeals_of(found),
    )  # fmt: skip


def _counts(made: Any) -> list[tuple[Say, int]]:
    return [(sheet.outcome_name(choice), n) for choice, n in made.n_by_choice.items()]


def _dissents(who: Any, found: Any, made: Any) -> Sequence[Any]:
    """Give the votes that went the other way, to those the engine opens the ballot to."""
    if made.stage not in (FIRST, APPEAL) or Permission.REVIEW_READ not in held(who):
        return ()
    seen = access.engine_case(found)
    if recusal.bars(seen, dossier.seat(who)):
        return ()
    return [one for one in access.votes_of(found, made.stage) if str(one.code) in made.dissents]


@door(Permission.CASE_SHARE, "POST")
def share(request: Any, code: UUID) -> HttpResponse:
    """Let the regulator read the decision."""
    actions.share(request.member, access.get_case(request.member, code))
    messages.success(request, said(Say("已报给监管(只有决定)", "shared with the regulator: the decision alone")))
    return _back("cases-case-decision", code)


@door(Permission.PRECEDENT_READ)
def precedents(request: Any) -> HttpResponse:
    """Search decided cases by what they share; how they were decided never changes the order."""
    asked = request.GET
    claimed = [one for one in asked.getlist("criteria") if one in criteria.criteria()]
    applying = [one for one in asked.getlist("guards") if one in criteria.guards()]
    typology = asked.get("typology", "")[:8]
    known = access.precedents(request.member)
    found = search(typology, claimed, applying, known) if typology or claimed or applying else ()
    return page(
        request, "cases/precedents.html", found=[(one, sheet.outcome_name(one.precedent.outcome)) for one in found], n_known=len(known),
        typology=typology, claimed=claimed, applying=applying, criteria=criteria.criteria(), guards=criteria.guards(),
        activities=labels("activities"), is_asked=bool(typology or claimed or applying),
    )  # fmt: skip
