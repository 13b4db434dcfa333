"""Pages of exhibits: the shelf, one exhibit with its custody, what may be done with it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import FileResponse, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from lianfang.engine.terms import clock
from lianfang.engine.terms.errors import InputError, Say
from lianfang.web.accounts import meter
from lianfang.web.accounts.door import door
from lianfang.web.accounts.forms import PurposeForm, ReasonForm
from lianfang.web.accounts.permissions import Permission
from lianfang.web.cases import exhibit_access as access
from lianfang.web.cases import exhibit_actions as actions
from lianfang.web.cases.exhibit_forms import CopyForm, CoverForm, ExhibitForm
from lianfang.web.evidence import authority, states
from lianfang.web.evidence import exhibit_access as evidence
from lianfang.web.frame.page import page, part
from lianfang.web.frame.templatetags.say import said


@door(Permission.EXHIBIT_READ)
def exhibits(request: Any) -> HttpResponse:
    """Show the exhibits of one's institution, newest first."""
    shown = part(access.find_exhibits(request.member), request.GET.get("page"))
    return page(request, "cases/exhibit_list.html", part=shown)


@door(Permission.EXHIBIT_ADD, "GET", "POST")
def add(request: Any) -> HttpResponse:
    """Take an exhibit in, beside a row or on the institution's own shelf."""
    start = {"about": request.GET.get("about", "")[:64], "captured_by": str(request.member.user), "captured_at": clock.now()}
    form = ExhibitForm(request.POST or None, request.FILES or None, initial=start)
    if request.method == "POST" and form.is_valid():
        made = actions.add(request.member, actions.Said(form.intake(), form.cleaned_data["upload"].chunks()))
        messages.success(request, said(Say("已入库,哈希已写入存证日志", "taken in; its digests are in the evidence log")))
        return HttpResponseRedirect(reverse("cases-exhibit", args=[made.code]))
    return page(request, "cases/exhibit_add.html", 400 if form.is_bound else 200, form=form)


@door(Permission.EXHIBIT_READ)
def exhibit(request: Any, code: UUID) -> HttpResponse:
    """Show what an exhibit is, whether it is still the same, who had it; its content is not shown."""
    found = access.get_exhibit(request.member, code)
    is_own = access.is_own(request.member, found)
    return page(
        request, "cases/exhibit.html", exhibit=found, is_own=is_own, sort=states.SORTS[found.sort],
        lines=part(evidence.lines_of(found), request.GET.get("page")), holds=evidence.holds_of(found),
        map=found.redactions.all(), stamps=found.stamps.all(), authority=authority.name(),
        stays=[] if found.is_forgotten else evidence.why_it_stays(found, clock.today()),
        form=PurposeForm(initial=request.session.get("purpose")), reason_form=ReasonForm(), cover_form=CoverForm(), copy_form=CopyForm(),
        asked_by_me=access.is_self(request.member, found.forget_asked_by),
    )  # fmt: skip


@door(Permission.EXHIBIT_READ, "POST")
def read(request: Any, code: UUID) -> Any:
    """Hand an exhibit's bytes out for a purpose, never to be shown as a page of ours."""
    found = access.get_exhibit(request.member, code)
    form = PurposeForm(request.POST)
    if not form.is_valid():
        messages.error(request, said(Say("请先说明用途(至少 4 字)", "state a purpose first, in 4 characters or more")))
        return _back(code)
    told = form.cleaned_data
    request.session["purpose"] = {"id": told["purpose"], "purpose": told["purpose"], "reason": told["reason"]}
    content = actions.read(request.member, found, meter.Purpose(told["purpose"], told["reason"]))
    shown = f"{found.name}.quarantine" if found.is_quarantined else found.name
    answer = FileResponse(content, as_attachment=True, filename=shown, content_type="application/octet-stream")
    answer["Cache-Control"] = "no-store"
    return answer


def _back(code: UUID) -> HttpResponse:
    return HttpResponseRedirect(reverse("cases-exhibit", args=[code]))


@door(Permission.EXHIBIT_READ, "POST")
def verify(request: Any, code: UUID) -> HttpResponse:
    """Hash an exhibit again and say whether it is still the same."""
    found = actions.verify(request.member, access.get_exhibit(request.member, code))
    if found.is_damaged:
        messages.error(request, said(Say("与入库时不同:已标为损坏", "it differs from its intake: marked damaged")))
    else:
        messages.success(request, said(Say("与入库时相同(SHA-256、SM3、字节数)", "the same as at intake (SHA-256, SM3, size)")))
    return _back(code)


@door(Permission.EXHIBIT_HOLD, "POST")
def hold(request: Any, code: UUID) -> HttpResponse:
    """Place a legal hold."""
    found = access.get_own_exhibit(request.member, code)
    actions.hold(request.member, found, _reason(request))
    messages.success(request, said(Say("已保全:到期也不能删除", "held: it cannot be removed, whatever its day")))
    return _back(code)


def _reason(request: Any) -> str:
    form = ReasonForm(request.POST)
    if not form.is_valid():
        raise InputError(
            Say("请写明理由(至少 4 字)", "say why, in at least 4 characters"), code="E-EXHIBIT-19",
            fix=Say("返回上一页补写理由", "go back and write the reason"),
        )  # fmt: skip
    return str(form.cleaned_data["reason"])[:200]


@door(Permission.EXHIBIT_RELEASE, "POST")
def release(request: Any, code: UUID) -> HttpResponse:
    """Release a legal hold somebody else placed."""
    held = access.get_own_hold(request.member, code)
    freed = actions.release(request.member, held, _reason(request))
    messages.success(request, said(Say("保全已解除", "the hold is released")))
    return _back(freed.code)


@door(Permission.EXHIBIT_ADD, "POST")
def redact(request: Any, code: UUID) -> HttpResponse:
    """Make a covered copy of a text."""
    found = access.get_own_exhibit(request.member, code)
    made = actions.redact(request.member, found, _valid(CoverForm(request.POST))["covers"])
    messages.success(request, said(Say("已制作遮盖本;原件未动", "the covered copy is made; the original is untouched")))
    return _back(made.code)


@door(Permission.EXHIBIT_ADD, "POST")
def add_copy(request: Any, code: UUID) -> HttpResponse:
    """Take in a copy that was covered elsewhere."""
    found = access.get_own_exhibit(request.member, code)
    told = _valid(CopyForm(request.POST, request.FILES))
    made = actions.add_redacted(request.member, found, told["places"], told["upload"].chunks())
    return _back(made.code)


def _valid(form: Any) -> dict[str, Any]:
    if not form.is_valid():
        said_wrong = ";".join(str(one) for field in form.errors.values() for one in field)
        raise InputError(Say(said_wrong, said_wrong), code="E-EXHIBIT-19", fix=Say("返回上一页改正", "go back and correct it"))
    told: dict[str, Any] = form.cleaned_data
    return told


@door(Permission.EXHIBIT_ADD, "POST")
def stamp(request: Any, code: UUID) -> HttpResponse:
    """Have the configured authority stamp the time."""
    actions.stamp(request.member, access.get_own_exhibit(request.member, code))
    messages.success(request, said(Say("时间戳已取得并核验", "the time stamp came and was checked")))
    return _back(code)


@door(Permission.EXHIBIT_ASK_REMOVAL, "POST")
def ask_removal(request: Any, code: UUID) -> HttpResponse:
    """Ask for the removal of an expired exhibit."""
    actions.ask_removal(request.member, access.get_own_exhibit(request.member, code), _reason(request))
    messages.success(request, said(Say("已申请删除,等另一人同意", "removal asked for; another person decides")))
    return _back(code)


@door(Permission.EXHIBIT_REMOVE, "POST")
def remove(request: Any, code: UUID) -> HttpResponse:
    """Remove an exhibit somebody else asked to remove."""
    actions.forget(request.member, access.get_own_exhibit(request.member, code))
    messages.success(request, said(Say("已依法删除;日志与证明仍可核验", "removed; entry and proof still verify")))
    return _back(code)
