"""Pages of the guides: what is in force, one guide with its samples, and how it changed between runs."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse

from lianfang.engine.terms.glossary import labels
from lianfang.web.accounts.door import door
from lianfang.web.accounts.permissions import Permission
from lianfang.web.frame.page import page
from lianfang.web.identify import access, editions, guides


@door(Permission.GUIDE_READ)
def guide_list(request: Any) -> HttpResponse:
    """List the guides in force, those of an activity or with a word where asked."""
    activity, word = request.GET.get("activity", ""), request.GET.get("find", "").strip()[:60]
    return page(
        request, "identify/guides.html", book=guides.book(), guides=guides.found(activity, word), activities=labels("activities"),
        activity=activity, find=word,
    )  # fmt: skip


@door(Permission.GUIDE_READ)
def guide(request: Any, name: str) -> HttpResponse:
    """Show one guide: what it means, its clauses, gates, guards and samples."""
    found = guides.book().guide(name)
    return page(
        request, "identify/guide.html", guide=found, guards=guides.book().guards_of(found), digest=editions.in_force(name).sha256
    )


@door(Permission.GUIDE_READ)
def guide_history(request: Any, name: str) -> HttpResponse:
    """Show each edition of a guide that runs of this office used, and how two of them differ."""
    found = guides.book().guide(name)
    kept = editions.line_up(editions.in_force(name), access.editions_of(name))
    old, new = editions.chosen(kept, request.GET.get("old", ""), request.GET.get("new", ""))
    return page(
        request, "identify/guide_history.html", guide=found, editions=kept, old=old, new=new,
        lines=editions.differences(old.text, new.text) if old and new else (),
    )  # fmt: skip
