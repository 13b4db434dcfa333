"""Doors for a regulator: which stand open, for whom, and to whose rows; they close by themselves."""

from __future__ import annotations

from functools import cache
from typing import Any
from uuid import UUID

from django.db.models import Count, Q

from lianfang.engine.terms import clock, shelf
from lianfang.engine.terms.errors import NotFound, Say
from lianfang.web.accounts import access
from lianfang.web.accounts.models import Door, Institution, Membership
from lianfang.web.accounts.permissions import Permission, Sort, roles

WITH = ("institution", "first__user", "first__institution", "second__user", "second__institution", "made_by__user")


@cache
def most_days() -> int:
    """Give how many days a door may stand open at most."""
    return int(shelf.yaml(shelf.path("accounts", "doors.yaml"))["most_days"])


def find_doors(who: Membership) -> Any:
    """Give the doors one's association opened, newest first."""
    mine = Door.objects.filter(institution=who.institution_id).annotate(n_looks=Count("looks"))
    return mine.select_related(*WITH).order_by("-pk")


def get_door(who: Membership, code: UUID) -> Door:
    """Give one door of one's association."""
    found: Door | None = find_doors(who).filter(code=code).first()
    if found is None:
        raise no_door()
    return found


def no_door() -> NotFound:
    """Make the answer where no door stands open."""
    return NotFound(
        Say("没有为您开着的门", "no door stands open for you"), code="E-DOOR-01",
        fix=Say("请持文书号联系协会秘书处", "bring your document's number to the association's secretariat"),
    )  # fmt: skip


def is_open(door: Door) -> bool:
    """Say whether a door stands open now."""
    return door.closed_at is None and door.expires_on >= clock.today()


def open_doors(who: Membership) -> list[Door]:
    """Give the doors that stand open for somebody now: they are named, and it is not over."""
    if who.institution.sort != Sort.REGULATOR or who.ended_at is not None:
        return []
    named = Q(first=who.pk) | Q(second=who.pk)
    return list(Door.objects.filter(named, closed_at=None, expires_on__gte=clock.today()).select_related(*WITH).order_by("pk"))


def behind(who: Membership) -> list[Institution]:
    """Give the institutions whose shared rows stand behind the doors open for somebody."""
    found = {one.pk: one for door in open_doors(who) for one in access.reach(door.made_by)}
    return list(found.values())


def door_to(who: Membership, institution: Institution) -> Door:
    """Give the open door somebody reaches an institution's shared rows by.

    Raises:
        NotFound: E-DOOR-01, there is none.
    """
    for door in open_doors(who):
        if any(one.pk == institution.pk for one in access.reach(door.made_by)):
            return door
    raise no_door()


def readers() -> list[Membership]:
    """Give the memberships a door may be opened for."""
    may = [role.id for role in roles().values() if Permission.DOOR_PASS in role.may]
    found = Membership.objects.filter(role__in=may, ended_at=None, institution__sort=Sort.REGULATOR, user__is_active=True)
    return list(found.select_related("user", "institution").order_by("institution__name_zh", "user__username"))


def looks_of(door: Door) -> Any:
    """Give the looks through a door, newest first."""
    return door.looks.select_related("member__user").order_by("-pk")
