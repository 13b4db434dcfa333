"""Pages of cases: the queue, one case, what its institution writes, what is done with it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse

from lianfang.engine.cases import moves, self_check, tables
from lianfang.engine.terms import clock
from lianfang.engine.terms.errors import LianfangError, Say
from lianfang.engine.terms.glossary import labels
from lianfang.web.accounts.act import held
from lianfang.web.accounts.door import door
from lianfang.web.accounts.permissions import Permission
from lianfang.web.cases import access, actions, dossier, exhibit_access, sheet, waiting_list
from lianfang.web.cases.forms import BulkForm, CheckForm, ClaimsForm, GuardsForm, MoveForm, OpenForm, TaskForm
from lianfang.web.cases.states import REGULATOR
from lianfang.web.evidence import access as log
from lianfang.web.frame.page import page, part
from lianfang.web.frame.templatetags.say import is_english, said
from lianfang.web.identify import access as identify

LEASES = {"claim": Say("领取", "claim"), "release": Say("放回", "give back")}


@door(Permission.CASE_READ)
def cases(request: Any) -> HttpResponse:
    """Show the queue of cases, earliest due first; htmx asks for the list alone."""
    who, asked = request.member, request.GET.dict()
    shown = part(waiting_list.asked(who, asked, clock.now()), asked.get("page"))
    states = {state.id: state.name for table in tables.load().values() for state in table.states.values()}
    acts = [(move.act, move.name) for one in shown.rows
            for move in moves.open_moves(dossier.table_of(one.case), one.case.state, (who.role,)) if not move.n_exhibits]  # fmt: skip
    template = "cases/cases_list.html" if request.headers.get("HX-Request") else "cases/cases.html"
    return page(
        request, template, part=shown, asked=request.GET, states=states, tables=tables.load(), activities=labels("activities"),
        acts=[*(LEASES.items() if acts else ()), *dict(acts).items()], is_own=who.institution.sort == "member",
    )  # fmt: skip


@door(Permission.CASE_MOVE, "POST")
def bulk(request: Any) -> HttpResponse:
    """Do one thing with several cases; each has its own result, and a refusal of one stops no other."""
    form = BulkForm(request.POST)
    if not form.is_valid():
        messages.error(request, said(Say("先选案件和要办的事", "choose cases and what to do with them")))
        return HttpResponseRedirect(reverse("cases-cases"))
    act, chosen = form.cleaned_data["act"], form.cleaned_data["codes"]
    row = next((one for table in tables.load().values() for one in table.moves if one.act == act and not one.n_exhibits), None)
    asked = None
    if row is not None:
        table = next(one for one in tables.load().values() if row in one.moves)
        typed = MoveForm(table, row, access.colleagues_of(request.member), (), request.POST if "go" in request.POST else None)
        if not typed.is_valid():
            return page(request, "cases/bulk.html", form=typed, name=row.name, act=act, codes=chosen)
        asked = typed.asked()
    results = [_one(request.member, code, act, asked) for code in chosen]
    name = row.name if row else LEASES.get(act, Say(act, act))
    return page(request, "cases/bulk.html", results=results, name=name)


def _one(who: Any, code: UUID, act: str, asked: actions.Asked | None) -> dict[str, Any]:
    """Do one thing with one case and tell what came of it."""
    try:
        case = access.get_case(who, code)
        if act in LEASES:
            (actions.claim if act == "claim" else actions.release)(who, case)
        else:
            actions.move(who, case, act, asked or actions.Asked())
        return {"case": access.get_case(who, code)}
    except LianfangError as wrong:
        return {"code": str(code)[:8].upper(), "wrong": wrong}


@door(Permission.CASE_MOVE, "POST")
def next_case(request: Any) -> HttpResponse:
    """Take the next case that waits for somebody, and open it."""
    code = waiting_list.next_case(request.member, clock.now())
    if code is None:
        messages.success(request, said(Say("没有等您办的案件", "no case waits for you")))
        return HttpResponseRedirect(reverse("cases-cases"))
    actions.claim(request.member, access.get_case(request.member, code))
    return HttpResponseRedirect(reverse("cases-case", args=[code]))


@door(Permission.CASE_OPEN, "GET", "POST")
def open_on_ring(request: Any, code: UUID) -> HttpResponse:
    """Open a case on a ring, or show the one that is open already."""
    ring = identify.get_own_ring(request.member, code)
    form = OpenForm(ring.activity_codes, request.POST or None)
    already = access.open_on(request.member, ring.ring_id)
    if request.method == "POST" and form.is_valid():
        wanted = tuple(form.cleaned_data[one] for one in ("table", "typology", "grounds"))
        same = next((one for one in already if (one.table, one.typology) == wanted[:2]), None)
        if same is not None:
            messages.success(request, said(Say("已有未结的案件,就是这一件", "one is open already: this one")))
        made = same or actions.open_case(request.member, ring, *wanted)
        return HttpResponseRedirect(reverse("cases-case", args=[made.code]))
    return page(request, "cases/open.html", ring=ring, form=form, already=already)


@door(Permission.CASE_READ)
def case(request: Any, code: UUID) -> HttpResponse:
    """Show one case: what is asked of whom and when due, self-check, criteria, guards, drawing, history."""
    who = request.member
    found = access.get_case(who, code)
    if who.institution.sort == REGULATOR:
        return HttpResponseRedirect(reverse("cases-case-decision", args=[code]))
    table, seen = dossier.table_of(found), access.engine_case(found)
    exhibits, steps = access.exhibits_of(found), access.steps_of(found)
    return page(
        request, "cases/case.html", case=found, is_application=sheet.is_application(found), clocks=sheet.clocks_of(table, seen),
        offers=_offered(request, found, seen, exhibits), waits_for=sheet.waits_for(table, found.state),
        check=seen.self_check, questions=sheet.questions(seen), findings=sheet.findings(seen), check_missing=self_check.missing(seen),
        criteria=sheet.criteria_of(seen, exhibits), is_enough=sheet.is_enough(seen), guards=sheet.guards(seen), exhibits=exhibits,
        shown=exhibit_access.shown(who, found.code), may_edit=_may_edit(who, found, table), lease=_lease(found, who),
        drawing=sheet.drawing(table, found.state, is_english()), past=sheet.history(found, steps, access.entries_of(steps)),
        tasks=access.tasks_of(found), task_form=TaskForm(), notices=access.notices_of(found), is_own=dossier.is_applicant(found, who), key=log.key_line(),
    )  # fmt: skip


def _offered(request: Any, found: Any, seen: Any, exhibits: Any) -> list[Any]:
    """Give the buttons: the engine's offers, each with the form of its row."""
    who, table = request.member, dossier.table_of(found)
    if Permission.CASE_MOVE not in held(who):
        return []
    start = {"typology": found.typology, **seen.fields}
    colleagues = access.colleagues_of(who) if dossier.is_applicant(found, who) else []
    return [
        (offer, MoveForm(table, offer.move, colleagues, exhibits, initial=start))
        for offer in moves.offers(table, seen, dossier.actor(who), clock.now())
    ]


def _may_edit(who: Any, found: Any, table: Any) -> dict[str, bool]:
    """Say which parts this person may change in this state, and whether the signature is his to give."""
    may, own = held(who), dossier.is_applicant(found, who)
    edits = table.states[found.state].edits
    parts = {part: own and part in edits and Permission.CASE_WRITE in may for part in ("self_check", "claims", "guards")}
    return {**parts, "sign": own and "self_check" in edits and Permission.CHECK_SIGN in may}


def _lease(found: Any, who: Any) -> Any:
    """Give the lease a reader is told of: that of a colleague or their own, while it runs."""
    held_by = getattr(found, "lease", None)
    runs = held_by and held_by.until > clock.now() and held_by.member.institution_id == who.institution_id
    return held_by if runs else None


@door(Permission.CASE_MOVE, "POST")
def move(request: Any, code: UUID) -> HttpResponse:
    """Move a case; what is not open or not ready answers 409 and says what is."""
    who = request.member
    found = access.get_case(who, code)
    table, name = dossier.table_of(found), request.POST.get("act", "")[:32]
    row = table.find(found.state, name)
    asked = actions.Asked(request.POST.get("note", ""))
    if row is not None:
        form = MoveForm(table, row, access.colleagues_of(who), access.exhibits_of(found), request.POST)
        # A field that cannot be read is left out, so that the engine tells it with all else that is lacking.
        form.is_valid()
        asked = form.asked()
    actions.move(who, found, name, asked)
    messages.success(request, said(Say("已办理,写入存证日志", "done, and in the evidence log")))
    return _after(request, found)


def _after(request: Any, found: Any) -> HttpResponse:
    """Go back to the case, or to the queue where a move took it out of sight."""
    is_seen = access.visible_cases(request.member).filter(pk=found.pk).exists()
    return HttpResponseRedirect(reverse("cases-case", args=[found.code]) if is_seen else reverse("cases-cases"))


@door(Permission.CASE_MOVE, "POST")
def claim(request: Any, code: UUID) -> HttpResponse:
    """Take a case into work."""
    actions.claim(request.member, access.get_case(request.member, code))
    return HttpResponseRedirect(reverse("cases-case", args=[code]))


@door(Permission.CASE_MOVE, "POST")
def release(request: Any, code: UUID) -> HttpResponse:
    """Give a case back."""
    actions.release(request.member, access.get_case(request.member, code))
    return HttpResponseRedirect(reverse("cases-case", args=[code]))


@door(Permission.CASE_WRITE, "POST")
def check(request: Any, code: UUID) -> HttpResponse:
    """Keep the self-check as it was typed; what it still lacks is told on the page."""
    found = access.get_case(request.member, code)
    form = CheckForm(sorted(found.findings), request.POST)
    if form.is_valid():
        actions.write_check(request.member, found, form.told(request.member.user.username))
        messages.success(request, said(Say("自查已保存,等合规签字", "kept; compliance signs next")))
    else:
        messages.error(request, said(Say("有一格太长,没有保存", "something is too long; nothing was kept")))
    return HttpResponseRedirect(reverse("cases-case", args=[code]) + "#check")


@door(Permission.CHECK_SIGN, "POST")
def sign(request: Any, code: UUID) -> HttpResponse:
    """Sign the self-check."""
    actions.sign_check(request.member, access.get_case(request.member, code))
    messages.success(request, said(Say("已签字", "signed")))
    return HttpResponseRedirect(reverse("cases-case", args=[code]) + "#check")


@door(Permission.CASE_WRITE, "POST")
def claims(request: Any, code: UUID) -> HttpResponse:
    """Keep which criteria are claimed."""
    found = access.get_case(request.member, code)
    form = ClaimsForm(access.exhibits_of(found), request.POST)
    if form.is_valid():
        actions.write_claims(request.member, found, form.told())
        messages.success(request, said(Say("标准已保存", "criteria kept")))
    else:
        messages.error(request, said(Say("证据不在本案,或有一格太长", "an exhibit is not of this case, or something is too long")))
    return HttpResponseRedirect(reverse("cases-case", args=[code]) + "#criteria")


@door(Permission.CASE_WRITE, "POST")
def guards(request: Any, code: UUID) -> HttpResponse:
    """Keep the answers to the innocent reasons."""
    found = access.get_case(request.member, code)
    form = GuardsForm(request.POST)
    if form.is_valid():
        actions.answer_guards(request.member, found, form.told())
        messages.success(request, said(Say("已保存", "kept")))
    else:
        messages.error(request, said(Say("有一格太长,没有保存", "something is too long; nothing was kept")))
    return HttpResponseRedirect(reverse("cases-case", args=[code]) + "#guards")


@door(Permission.CASE_MOVE, "POST")
def task_done(request: Any, code: UUID) -> HttpResponse:
    """Say that a task is done, and how."""
    task = access.get_task(request.member, code)
    form = TaskForm(request.POST)
    if form.is_valid():
        actions.finish_task(request.member, task, form.cleaned_data["note"])
    else:
        messages.error(request, said(Say("写明怎么办的", "say how it was done")))
    return HttpResponseRedirect(reverse("cases-case", args=[task.case.code]) + "#tasks")


@door(Permission.CASE_MOVE, "POST")
def receive(request: Any, code: UUID) -> HttpResponse:
    """Confirm that a notice arrived."""
    notice = access.get_notice(request.member, code)
    actions.receive(request.member, notice)
    messages.success(request, said(Say("已确认收到", "receipt confirmed")))
    return HttpResponseRedirect(reverse("cases-case-decision", args=[notice.case.code]))


@door(Permission.CASE_READ)
def proof(request: Any, code: UUID) -> HttpResponse:
    """Give the proof that a move is in the log, to be checked without us."""
    entry = access.get_step_entry(request.member, code)
    answer = HttpResponse(log.proof_of(entry), content_type="text/plain; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{entry.code}.tlog-proof"'
    return answer


@door(Permission.CASE_READ)
def leaf(request: Any, code: UUID) -> HttpResponse:
    """Give the bytes a move has in the log."""
    entry = access.get_step_entry(request.member, code)
    answer = HttpResponse(bytes(entry.leaf), content_type="application/json")
    answer["Content-Disposition"] = f'attachment; filename="{entry.code}.json"'
    return answer
