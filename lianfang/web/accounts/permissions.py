"""Permissions, roles, and which role may do what: read from `data/accounts/roles.yaml`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from lianfang.engine.terms import shelf
from lianfang.engine.terms.errors import Say


class Sort(StrEnum):
    """What an institution is."""

    ASSOCIATION = "association"
    MEMBER = "member"
    AGENCY = "agency"
    REGULATOR = "regulator"


SORTS = {
    Sort.ASSOCIATION: Say("协会", "association"),
    Sort.MEMBER: Say("会员单位", "member institution"),
    Sort.AGENCY: Say("催收机构", "collection agency"),
    Sort.REGULATOR: Say("监管机构", "regulator"),
}


class Permission(StrEnum):
    """Everything somebody may be allowed to do: `room:thing:verb`."""

    RUN_MAKE = "identify:run:make"
    RUN_READ = "identify:run:read"
    RING_READ = "identify:ring:read"
    RING_SHARE = "identify:ring:share"
    PAIR_JUDGE = "identify:pair:judge"
    PERSON_UNMASK = "identify:person:unmask"
    TEXT_CHECK = "identify:text:check"
    GUIDE_READ = "identify:guide:read"
    METER_RELEASE = "accounts:meter:release"
    USER_MANAGE = "accounts:user:manage"
    INSTITUTION_MANAGE = "accounts:institution:manage"
    KEY_MAKE = "accounts:key:make"
    VISIT_READ = "accounts:visit:read"
    ENTRY_READ = "evidence:entry:read"
    CASE_READ = "cases:case:read"
    CASE_OPEN = "cases:case:open"
    CASE_WRITE = "cases:case:write"
    CASE_MOVE = "cases:case:move"
    CASE_SHARE = "cases:case:share"
    CHECK_SIGN = "cases:check:sign"
    REVIEW_READ = "cases:review:read"
    PANEL_SEAT = "cases:panel:seat"
    TIE_ENTER = "cases:tie:enter"
    OPINION_WRITE = "cases:opinion:write"
    VOTE_CAST = "cases:vote:cast"
    PRECEDENT_READ = "cases:precedent:read"
    EXHIBIT_READ = "cases:exhibit:read"
    EXHIBIT_ADD = "cases:exhibit:add"
    EXHIBIT_HOLD = "cases:exhibit:hold"
    EXHIBIT_RELEASE = "cases:exhibit:release"
    EXHIBIT_ASK_REMOVAL = "cases:exhibit:ask_removal"
    EXHIBIT_REMOVE = "cases:exhibit:remove"
    PACKAGE_MAKE = "cases:package:make"
    DOOR_OPEN = "accounts:door:open"
    DOOR_PASS = "accounts:door:pass"


@dataclass(frozen=True)
class Role:
    """A role: its name, the institutions it stands in, what it may do."""

    id: str
    name: Say
    sorts: frozenset[Sort]
    may: frozenset[Permission]


@cache
def roles() -> dict[str, Role]:
    """Give every role, in the order of the table."""
    read = shelf.yaml(shelf.path("accounts", "roles.yaml"))
    return {
        row["id"]: Role(
            row["id"],
            Say(row["zh"], row["en"]),
            frozenset(Sort(one) for one in row["at"]),
            frozenset(Permission(one) for one in row["may"]),
        )
        for row in read["roles"]
    }


@cache
def names() -> dict[Permission, Say]:
    """Give the words for every permission."""
    read = shelf.yaml(shelf.path("accounts", "roles.yaml"))
    return {Permission(row["id"]): Say(row["zh"], row["en"]) for row in read["permissions"]}
