"""Pages of the doors: the secretariat opens and closes them; a regulator's named persons see what stands behind."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse

from lianfang.engine.terms.errors import Say
from lianfang.web.accounts import door_access, door_actions
from lianfang.web.accounts.door import door
from lianfang.web.accounts.permissions import Permission
from lianfang.web.cases import access as cases
from lianfang.web.cases.exhibit_forms import DoorForm
from lianfang.web.frame.page import page, part
from lianfang.web.frame.templatetags.say import said
from lianfang.web.identify import access as identify

MEMBERS_SHOWN = 100


@door(Permission.DOOR_OPEN, "GET", "POST")
def doors(request: Any) -> HttpResponse:
    """List the doors one's association opened, and open one."""
    readers = door_access.readers()
    form = DoorForm(readers, request.POST or None)
    if request.method == "POST" and form.is_valid():
        door_actions.open_door(request.member, _asked(form, readers))
        messages.success(request, said(Say("门已开;到期自动关闭", "the door is open; it closes by itself")))
        return HttpResponseRedirect(reverse("cases-doors"))
    shown = part(door_access.find_doors(request.member), request.GET.get("page"))
    rows = [(one, door_access.is_open(one)) for one in shown.rows]
    return page(request, "cases/door_list.html", 400 if form.is_bound else 200, form=form, rows=rows, part=shown, most=door_access.most_days())


def _asked(form: forms.Form, readers: list[Any]) -> door_actions.Opening:
    told = form.cleaned_data
    named = {str(one.code): one for one in readers}
    return door_actions.Opening(
        named[told["first"]], named[told["second"]], told["document"], told["purpose"], told["expires_on"]
    )


@door(Permission.DOOR_OPEN, "POST")
def close(request: Any, code: UUID) -> HttpResponse:
    """Close a door before its day."""
    door_actions.close_door(request.member, door_access.get_door(request.member, code))
    messages.success(request, said(Say("门已关", "the door is closed")))
    return HttpResponseRedirect(reverse("cases-doors"))


@door(Permission.DOOR_OPEN)
def looks(request: Any, code: UUID) -> HttpResponse:
    """Show every look through a door."""
    found = door_access.get_door(request.member, code)
    return page(request, "cases/door_looks.html", door=found, part=part(door_access.looks_of(found), request.GET.get("page")))


@door(Permission.DOOR_PASS)
def rows(request: Any) -> HttpResponse:
    """Show what stands behind the doors open for somebody: shared rings and shared decisions."""
    mine = door_access.open_doors(request.member)
    rings = part(identify.rings_behind(door_access.behind(request.member)), request.GET.get("page"))
    decided = cases.visible_cases(request.member).order_by("-shared_at", "-pk")[:50]
    return page(request, "cases/door_rows.html", doors=mine, part=rings, decided=list(decided))


@door(Permission.DOOR_PASS)
def ring(request: Any, code: UUID) -> HttpResponse:
    """Show one shared ring, masked; the look is written down first."""
    found = identify.get_ring_behind(door_access.behind(request.member), code)
    through = door_actions.look_through(request.member, found.institution, f"ring:{found.code}")
    drawn = identify.picture(found)
    return page(request, "cases/door_ring.html", ring=found, drawn=drawn, members=drawn["members"][:MEMBERS_SHOWN], through=through)
