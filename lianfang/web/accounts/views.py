"""Pages about people: who works here, keys, looks, institutions."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from lianfang.engine.terms.errors import Say
from lianfang.web.accounts import access, actions, meter
from lianfang.web.accounts.act import held
from lianfang.web.accounts.door import door
from lianfang.web.accounts.forms import InstitutionForm, KeyForm, PersonForm, ReasonForm
from lianfang.web.accounts.permissions import Permission, Sort, names, roles
from lianfang.web.frame.page import page, part
from lianfang.web.frame.templatetags.say import said


@door(None, "POST")
def switch(request: Any) -> HttpResponse:
    """Act in another of one's own roles from now on."""
    wanted = request.POST.get("membership", "")
    if any(str(one.code) == wanted for one in access.memberships_of(request.user)):
        request.session["membership"] = wanted
    return HttpResponseRedirect("/")


@door(None)
def me(request: Any) -> HttpResponse:
    """Show somebody their own role, what it may do, and their meter."""
    return page(
        request, "accounts/me.html", memberships=access.memberships_of(request.user),
        allowed=[names()[one] for one in Permission if one in held(request.member)],
        reading=meter.reading(request.member), limits=meter.limits(),
    )  # fmt: skip


@door(Permission.USER_MANAGE, "GET", "POST")
def people(request: Any) -> HttpResponse:
    """List the people somebody looks after, and enter a new one."""
    institutions = access.reach(request.member)
    form = PersonForm(institutions, request.POST or None)
    once: tuple[str, str] | None = None
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        where = access.get_institution(request.member, UUID(given["institution"]))
        password = actions.one_time_password()
        actions.add_person(request.member, where, given["username"], password, given["role"])
        once, form = (given["username"], password), PersonForm(institutions)
    shown = part(access.find_people(request.member), request.GET.get("page"))
    return page(request, "accounts/people.html", part=shown, form=form, once=once, roles=roles())


@door(Permission.USER_MANAGE, "POST")
def end(request: Any, code: UUID) -> HttpResponse:
    """End a membership."""
    ended = actions.end_membership(request.member, access.get_person(request.member, code))
    messages.success(request, said(Say(f"已停用 {ended.user}", f"{ended.user} has ended")))
    return HttpResponseRedirect(reverse("accounts-people"))


@door(Permission.USER_MANAGE, "POST")
def reset(request: Any, code: UUID) -> HttpResponse:
    """Give a one-time password to somebody who lost theirs, shown once."""
    member = access.get_person(request.member, code)
    password = actions.one_time_password()
    actions.reset_password(request.member, member, password)
    institutions = access.reach(request.member)
    shown = part(access.find_people(request.member), None)
    return page(
        request, "accounts/people.html", part=shown, form=PersonForm(institutions),
        once=(member.user.username, password), roles=roles(),
    )  # fmt: skip


@door(Permission.INSTITUTION_MANAGE, "GET", "POST")
def institutions(request: Any) -> HttpResponse:
    """Show the tree of institutions somebody looks after, and enter a new one."""
    mine = access.reach(request.member)
    form = InstitutionForm(mine, request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        above = access.get_institution(request.member, UUID(given["parent"]))
        name = Say(given["name_zh"], given["name_en"])
        actions.add_institution(request.member, above, name, Sort(given["sort"]))
        return HttpResponseRedirect(reverse("accounts-institutions"))
    return page(request, "accounts/institutions.html", institutions=mine, form=form)


@door(Permission.KEY_MAKE, "GET", "POST")
def keys(request: Any) -> HttpResponse:
    """List one's keys, and make one; the key is shown this once."""
    may = held(request.member)
    form, clear = KeyForm(may, request.POST or None), None
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        scopes = frozenset(Permission(one) for one in given["scopes"])
        _, clear = actions.make_key(request.member, given["name"], scopes, given["days"])
        form = KeyForm(may)
    rows = [(one, [names()[Permission(scope)] for scope in one.scopes]) for one in access.find_keys(request.member)]
    return page(request, "accounts/keys.html", keys=rows, form=form, clear=clear)


@door(Permission.KEY_MAKE, "POST")
def revoke(request: Any, code: UUID) -> HttpResponse:
    """Stop a key."""
    actions.revoke_key(request.member, access.get_key(request.member, code))
    return HttpResponseRedirect(reverse("accounts-keys"))


@door(Permission.VISIT_READ)
def visits(request: HttpRequest) -> HttpResponse:
    """Show who looked at whom, why, and what was refused."""
    who: Any = request.member  # type: ignore[attr-defined]
    shown = part(access.find_visits(who), request.GET.get("page"))
    return page(
        request, "accounts/visits.html", part=shown, purposes=meter.purposes(), form=ReasonForm(),
        may_release=Permission.METER_RELEASE in held(who), limits=meter.limits(),
    )  # fmt: skip


@door(Permission.METER_RELEASE, "POST")
def release(request: Any, code: UUID) -> HttpResponse:
    """Let a colleague see more people, for a reason."""
    member = access.get_colleague(request.member, code)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        messages.error(request, said(Say("请写明放行理由(至少 4 字)", "say why, in at least 4 characters")))
        return HttpResponseRedirect(reverse("accounts-visits"))
    made = actions.release(request.member, member, form.cleaned_data["reason"])
    done = Say(f"已给 {member.user} 放行 {made.n_people} 人", f"{member.user} may see {made.n_people} more people")
    messages.success(request, said(done))
    return HttpResponseRedirect(reverse("accounts-visits"))
