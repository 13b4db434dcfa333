"""Who somebody is, and which people, institutions, keys and looks they may see."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q

from lianfang.engine.terms import clock
from lianfang.engine.terms.errors import NotFound, Say
from lianfang.web.accounts.models import ApiKey, Institution, Membership, User, Visit
from lianfang.web.accounts.permissions import Permission

USED_EVERY = timedelta(hours=1)


def memberships_of(user: User) -> list[Membership]:
    """Give the memberships of a person that stand now, oldest first."""
    found = Membership.objects.filter(user=user, ended_at=None, user__is_active=True)
    mine = list(found.select_related("institution", "institution__parent").order_by("pk"))
    for one in mine:
        one.user = user
    return mine


def chosen_of(mine: Sequence[Membership], wanted: str | None) -> Membership | None:
    """Give the membership a person acts as: the chosen one, else the first."""
    return next((one for one in mine if str(one.code) == wanted), mine[0] if mine else None)


def by_key(key: str) -> Membership | None:
    """Give the membership behind a key that stands, narrowed to its scopes; its use is noted once an hour."""
    at = clock.now()
    digest = hashlib.sha256(key.encode()).hexdigest()
    held = ApiKey.objects.filter(
        sha256=digest, revoked_at=None, expires_at__gt=at, member__ended_at=None, member__user__is_active=True
    )
    found = held.select_related("member", "member__institution", "member__user").first()
    if found is None:
        return None
    if found.used_at is None or found.used_at < at - USED_EVERY:
        ApiKey.objects.filter(pk=found.pk).update(used_at=at)
    member: Membership = found.member
    member.scopes = frozenset(one for one in Permission if one in found.scopes)
    return member


def reach(who: Membership) -> list[Institution]:
    """Give the institutions somebody looks after: their own and every one below it."""
    found, edge = [who.institution], [who.institution_id]
    while edge:
        below = list(Institution.objects.filter(parent__in=edge).order_by("name_zh"))
        found += below
        edge = [one.pk for one in below]
    return found


def association_of(institution: Institution) -> Institution | None:
    """Give the association above an institution, if there is one."""
    above = institution.parent
    while above is not None and above.sort != "association":
        above = above.parent
    return above


def find_people(who: Membership) -> Any:
    """Give the memberships of the institutions somebody looks after."""
    mine = Membership.objects.filter(institution__in=reach(who))
    return mine.select_related("user", "institution").order_by("institution__name_zh", "user__username", "pk")


def get_person(who: Membership, code: UUID) -> Membership:
    """Give one membership of the institutions somebody looks after."""
    found: Membership | None = find_people(who).filter(code=code).first()
    if found is None:
        raise NotFound(Say("没有这个人", "there is no such person"), code="E-PERSON-01")
    return found


def get_institution(who: Membership, code: UUID) -> Institution:
    """Give an institution somebody looks after."""
    found = next((one for one in reach(who) if one.code == code), None)
    if found is None:
        raise NotFound(Say("没有这个机构", "there is no such institution"), code="E-PERSON-02")
    return found


def find_keys(who: Membership) -> Any:
    """Give somebody's own keys."""
    return ApiKey.objects.filter(member__user=who.user_id).select_related("member").order_by("-pk")


def get_key(who: Membership, code: UUID) -> ApiKey:
    """Give one of somebody's own keys."""
    found: ApiKey | None = find_keys(who).filter(code=code).first()
    if found is None:
        raise NotFound(Say("没有这个密钥", "there is no such key"), code="E-KEY-01")
    return found


def find_visits(who: Membership) -> Any:
    """Give the looks made at the institution somebody reads the record of."""
    mine = Visit.objects.filter(member__institution=who.institution_id)
    return mine.select_related("member", "member__user", "member__institution").order_by("-pk")


def get_colleague(who: Membership, code: UUID) -> Membership:
    """Give a membership of somebody's own institution."""
    found: Membership | None = find_people(who).filter(code=code, institution=who.institution_id).first()
    if found is None:
        raise NotFound(Say("没有这个人", "there is no such person"), code="E-PERSON-01")
    return found


def find_named(usernames: Collection[str]) -> list[Membership]:
    """Give the standing memberships of some user names: those the demo names on its sign-in page."""
    found = Membership.objects.filter(user__username__in=list(usernames), ended_at=None)
    return list(found.select_related("user", "institution").order_by("pk"))


def standing_user(username: str) -> User | None:
    """Give the user of a name who may sign in, if there is one; a name in other letters is another name."""
    found: User | None = User.objects.filter(username=username, is_active=True).first() if username else None
    return found


def nobody_yet() -> bool:
    """Say whether the office has no user at all."""
    return not User.objects.exists()


def institution_named(name: str | None) -> Institution:
    """Give an institution by its Chinese or English name; the first of the office without one."""
    found: Institution | None = Institution.objects.order_by("pk").first()
    if name is not None:
        found = Institution.objects.filter(Q(name_zh=name) | Q(name_en=name)).first()
    if found is None:
        raise NotFound(
            Say("没有这个机构", "there is no such institution"), code="E-PERSON-02",
            fix=Say("先 lianfang serve 一次,或写全名", "run lianfang serve once, or write the whole name"),
        )  # fmt: skip
    return found
