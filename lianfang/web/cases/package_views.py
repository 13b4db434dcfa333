"""Pages of court packages: make one from the exhibits of a row, see what is in it, take it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import FileResponse, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from lianfang.engine.terms.errors import Say
from lianfang.web.accounts import meter
from lianfang.web.accounts.door import door
from lianfang.web.accounts.permissions import Permission
from lianfang.web.cases import exhibit_access as access
from lianfang.web.cases import exhibit_actions as actions
from lianfang.web.cases.exhibit_forms import PackageForm
from lianfang.web.frame.page import page, part
from lianfang.web.frame.templatetags.say import said


@door(Permission.PACKAGE_MAKE, "GET", "POST")
def packages(request: Any) -> HttpResponse:
    """List the packages of one's institution, and make one."""
    about = (request.POST.get("about") or request.GET.get("about", ""))[:64]
    rows = access.offered(request.member, about)
    start = {"about": about, "exhibits": [str(one.code) for one in rows] if about else []}
    form = PackageForm(rows, request.POST or None, initial=start)
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        chosen = [one for one in rows if str(one.code) in told["exhibits"]]
        made = actions.make_package(request.member, chosen, form.asked(), meter.Purpose(told["purpose"], told["reason"]))
        messages.success(request, said(Say("证据包已制作,可下载", "the package is made and can be taken")))
        return HttpResponseRedirect(reverse("cases-package", args=[made.code]))
    shown = part(access.find_packages(request.member), request.GET.get("page"))
    return page(request, "cases/package_list.html", 400 if form.is_bound else 200, form=form, rows=rows, part=shown)


@door(Permission.PACKAGE_MAKE)
def package(request: Any, code: UUID) -> HttpResponse:
    """Show what a package is and how it is checked."""
    found = access.get_package(request.member, code)
    return page(request, "cases/package.html", package=found, rows=found.exhibits.order_by("pk"))


@door(Permission.PACKAGE_MAKE, "POST")
def take(request: Any, code: UUID) -> Any:
    """Hand a package out; that it was taken is in the log."""
    found = access.get_package(request.member, code)
    file = actions.take_package(request.member, found)
    answer = FileResponse(file, as_attachment=True, filename=f"{found.number}.zip", content_type="application/zip")
    answer["Cache-Control"] = "no-store"
    return answer
