"""Pages of rings: the queue, one ring, judging, looking unmasked."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse

from lianfang.engine.terms.errors import Say
from lianfang.engine.terms.glossary import labels
from lianfang.web.accounts import meter
from lianfang.web.accounts.act import held
from lianfang.web.accounts.door import door
from lianfang.web.accounts.forms import PurposeForm
from lianfang.web.accounts.permissions import Permission
from lianfang.web.frame.page import Listed, page, part
from lianfang.web.frame.templatetags.say import is_english, said
from lianfang.web.identify import access, actions, letters
from lianfang.web.identify.forms import JudgeForm, ViewForm
from lianfang.web.identify.states import ANSWERS, record_name

MEMBERS_SHOWN, TEXTS_SHOWN, TEXTS_OPEN = 100, 12, 4


@door(Permission.RING_READ)
def rings(request: Any) -> HttpResponse:
    """Show the queue of rings, filtered as asked; htmx asks for the list alone."""
    shown = part(access.queue(request.member, request.GET), request.GET.get("page"))
    template = "identify/rings_list.html" if request.headers.get("HX-Request") else "identify/rings.html"
    return page(
        request, template, part=shown, asked=request.GET, activities=labels("activities"),
        run=access.latest_run(request.member), is_association=request.member.institution.sort == "association",
        views=access.find_views(request.member), kept=access.filters_of(request.GET),
    )  # fmt: skip


@door(Permission.RING_READ, "POST")
def save_view(request: Any) -> HttpResponse:
    """Keep the filters of the queue under a name."""
    form = ViewForm(request.POST)
    if not form.is_valid():
        messages.error(request, said(Say("给视图起个名字(40 字以内)", "give the view a name of at most 40 characters")))
        return HttpResponseRedirect(reverse("identify-rings"))
    made = actions.save_view(request.member, form.cleaned_data["name"], request.POST)
    messages.success(request, said(Say(f"已保存视图“{made.name}”", f"saved the view {made.name}")))
    return HttpResponseRedirect(reverse("identify-rings") + "?" + made.address)


@door(Permission.RING_READ, "POST")
def delete_view(request: Any, code: UUID) -> HttpResponse:
    """Delete one of one's own saved views."""
    actions.delete_view(request.member, access.get_view(request.member, code))
    messages.success(request, said(Say("已删除视图", "the view is deleted")))
    return HttpResponseRedirect(reverse("identify-rings"))


@door(Permission.RING_READ)
def ring(request: Any, code: UUID) -> HttpResponse:
    """Show one ring: why, graph, timeline, members, wording, texts, judgements."""
    found = access.get_ring(request.member, code)
    drawn = access.picture(found)
    is_own = found.institution_id == request.member.institution_id
    purpose = request.session.get("purpose")
    return page(
        request, "identify/ring.html", ring=found, drawn=drawn, members=drawn["members"][:MEMBERS_SHOWN],
        n_hidden=max(0, found.n_records - min(MEMBERS_SHOWN, len(drawn["members"]))),
        has_families=letters.has_families(drawn["members"]), texts=lambda: _texts(drawn), families=lambda: letters.families(drawn["members"]),
        is_own=is_own, answers=ANSWERS, judged=access.standing_in(request.member, [one["key"] for one in drawn["members"]]) if is_own else [],
        purpose=purpose and {"name": meter.purposes()[purpose["id"]], **purpose},
        may_judge=is_own and Permission.PAIR_JUDGE in held(request.member),
        may_unmask=is_own and Permission.PERSON_UNMASK in held(request.member),
        may_share=is_own and Permission.RING_SHARE in held(request.member) and found.shared_at is None,
    )  # fmt: skip


@door(Permission.RING_READ)
def members(request: Any, code: UUID) -> HttpResponse:
    """List every member record of a ring, page by page."""
    found = access.get_ring(request.member, code)
    shown = part(Listed(access.members_of(found)), request.GET.get("page"))
    is_own = found.institution_id == request.member.institution_id
    return page(request, "identify/ring_all.html", ring=found, part=shown, is_own=is_own)


def _texts(drawn: dict[str, Any]) -> dict[str, list[Any]]:
    """Give the texts of a ring with what was met in them: some at once, more on a click."""
    texts = [one for one in drawn["members"] if one["text"]][:TEXTS_SHOWN]
    told = [(one, letters.lit(one["text"], one["marks"]), _signs(one), letters.folded(one["text"])) for one in texts]
    return {"open": told[:TEXTS_OPEN], "more": told[TEXTS_OPEN:]}


def _signs(member: dict[str, Any]) -> list[dict[str, Any]]:
    """Give each clause of a record once, with its reason; what guards look at is told with the guards."""
    once = {(one["guide"], one["clause"]): one for one in member["marks"] if one["strength"] != "guard"}
    return list(once.values())


@door(Permission.RING_READ)
def graph(request: Any, code: UUID) -> HttpResponse:
    """Give a ring's graph and timeline in the reader's language, for the drawing script."""
    drawn = access.picture(access.get_ring(request.member, code))
    tongue = "en" if is_english() else "zh"
    nodes = [{**one, "label": one[tongue]} for one in drawn["graph"]["nodes"]]
    edges = [{**one, "why": one[tongue]} for one in drawn["graph"]["edges"]]
    return JsonResponse({"nodes": nodes, "edges": edges, "timeline": drawn["timeline"]})


@door(Permission.PAIR_JUDGE, "POST")
def judge(request: Any, code: UUID) -> HttpResponse:
    """Judge two records of a ring."""
    found = access.get_own_ring(request.member, code)
    form = JudgeForm(request.POST)
    if form.is_valid():
        given = form.cleaned_data
        actions.judge(request.member, found, (given["left"], given["right"]), given["answer"], given["reason"])
        messages.success(request, said(Say("已记下,下次运行照此执行", "noted; the next run obeys it")))
    else:
        messages.error(request, said(Say("要选两条记录、一个结论,并写理由(至少 4 字)",
                                         "choose two records and an answer, and say why in 4 characters or more")))  # fmt: skip
    return HttpResponseRedirect(reverse("identify-ring", args=[code]) + "#judge")


@door(Permission.RING_SHARE, "POST")
def share(request: Any, code: UUID) -> HttpResponse:
    """Share a ring with the association, masked."""
    actions.share(request.member, access.get_own_ring(request.member, code))
    messages.success(request, said(Say("已报给协会(脱敏)", "shared with the association, masked")))
    return HttpResponseRedirect(reverse("identify-ring", args=[code]))


@door(Permission.PERSON_UNMASK, "POST")
def purpose(request: Any, code: UUID) -> HttpResponse:
    """Keep the purpose a person states, for this session."""
    access.get_own_ring(request.member, code)
    form = PurposeForm(request.POST)
    if form.is_valid():
        given = form.cleaned_data
        request.session["purpose"] = {"id": given["purpose"], "reason": given["reason"]}
    else:
        request.session.pop("purpose", None)
    return HttpResponseRedirect(reverse("identify-ring-unmask", args=[code]) + "?record=" + request.POST.get("record", ""))


@door(Permission.PERSON_UNMASK, "GET", "POST")
def unmask(request: Any, code: UUID) -> HttpResponse:
    """Show one record as it came, once a purpose is stated; the look is counted and written down first."""
    found = access.get_own_ring(request.member, code)
    record = request.POST.get("record") or request.GET.get("record", "")
    drawn = access.picture(found)
    member = next((one for one in drawn["members"] if one["key"] == record), None)
    stated = request.session.get("purpose")
    shown: dict[str, Any] = {"ring": found, "record": record, "name": record_name(record), "form": PurposeForm(), "stated": stated,
                             "reading": meter.reading(request.member), "limits": meter.limits()}  # fmt: skip
    if stated:
        shown["purpose_name"] = meter.purposes()[stated["id"]]
    if request.method == "POST" and stated:
        raw = access.raw_of(found, record)
        target = f"ring:{found.code}:{record}"
        look = meter.look(request.member, raw["person"], target, meter.Purpose(stated["id"], stated["reason"]))
        marks = member["marks"] if member else []
        shown |= {"reading": look, "raw": raw, "pieces": letters.lit(raw["text"], marks), "folded": letters.folded(raw["text"])}
    return page(request, "identify/unmask.html", **shown)


@door(Permission.PAIR_JUDGE)
def judgements(request: Any) -> HttpResponse:
    """List what was judged, by whom, and what was taken back."""
    shown = part(access.find_judgements(request.member), request.GET.get("page"))
    return page(request, "identify/judgements.html", part=shown)


@door(Permission.PAIR_JUDGE, "POST")
def take_back(request: Any, code: UUID) -> HttpResponse:
    """Take a judgement back."""
    actions.take_back(request.member, access.get_judgement(request.member, code))
    messages.success(request, said(Say("已收回,下次运行不再照办", "taken back; the next run does not obey it")))
    return HttpResponseRedirect(reverse("identify-judgements"))
