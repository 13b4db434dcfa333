"""What every page shows: who you are, where you may go."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from lianfang.engine.terms.errors import Say
from lianfang.web.accounts import access
from lianfang.web.accounts.act import held
from lianfang.web.accounts.permissions import Permission
from lianfang.web.site.cast import DEMO

_PLACES = (
    ("desk-home", Say("工作台", "Desk"), None),
    ("identify-rings", Say("团伙", "Rings"), Permission.RING_READ),
    ("identify-runs", Say("上传与运行", "Runs"), Permission.RUN_READ),
    ("identify-judgements", Say("研判", "Judgements"), Permission.PAIR_JUDGE),
    ("cases-cases", Say("案件", "Cases"), Permission.CASE_READ),
    ("cases-precedents", Say("先例", "Precedents"), Permission.PRECEDENT_READ),
    ("identify-check", Say("查一段文字", "Check a text"), Permission.TEXT_CHECK),
    ("identify-guides", Say("特征指南", "Guides"), Permission.GUIDE_READ),
    ("cases-exhibits", Say("证据", "Exhibits"), Permission.EXHIBIT_READ),
    ("cases-doors", Say("监管之门", "Doors"), Permission.DOOR_OPEN),
    ("cases-behind", Say("监管查阅", "Shared with us"), Permission.DOOR_PASS),
    ("accounts-people", Say("人员", "People"), Permission.USER_MANAGE),
    ("accounts-institutions", Say("机构", "Institutions"), Permission.INSTITUTION_MANAGE),
    ("accounts-visits", Say("查看记录", "Looks"), Permission.VISIT_READ),
    ("desk-log", Say("存证日志", "Evidence log"), Permission.ENTRY_READ),
    ("accounts-keys", Say("接口密钥", "API keys"), Permission.KEY_MAKE),
)


def everywhere(request: HttpRequest) -> dict[str, Any]:
    """Give what the frame of every page needs."""
    who = getattr(request, "member", None)
    at = request.resolver_match.url_name if request.resolver_match else ""
    room = (at or "").split("-")[0]
    places, may = [], held(who) if who is not None else frozenset()
    if who is not None:
        places = [(name, say, _is_here(name, at or "", room)) for name, say, need in _PLACES if need is None or need in may]
    return {
        "member": who,
        "places": places,
        "other_roles": [one for one in getattr(request, "memberships", []) if one.pk != who.pk] if who else [],
        "is_demo": settings.LIANFANG_DEMO,
        "provider": settings.LIANFANG_OIDC,
        "demo_accounts": access.find_named(DEMO) if settings.LIANFANG_DEMO and at == "account_login" else [],
        "may": {one.name: one in may for one in Permission},
    }


def _is_here(name: str, at: str, room: str) -> bool:
    """Light the place a page belongs to: `identify-ring-judge` belongs to `identify-rings`."""
    return at == name or (room == name.split("-")[0] and at.startswith(name.rstrip("s")))
