"""Which exhibits somebody may see, and to which rows they may add: the owner may, and whom the row's room lets in.

An exhibit knows only the code of the row it belongs to. Each room that has such rows registers one resolver, which
says for a membership and a code what may be done there, or that the code is none of its rows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from lianfang.engine.terms.errors import NotFound
from lianfang.web.accounts.act import held
from lianfang.web.accounts.models import Membership
from lianfang.web.accounts.permissions import Permission
from lianfang.web.evidence import exhibit_access as evidence
from lianfang.web.evidence.models import Exhibit, Hold, Package
from lianfang.web.identify import access as identify


@dataclass(frozen=True)
class Standing:
    """What a membership may do with the exhibits of one row."""

    may_read: bool = False
    may_add: bool = False


NOBODY = Standing()
Resolver = Callable[[Membership, UUID], Standing | None]


def of_ring(who: Membership, about: UUID) -> Standing | None:
    """Say what somebody may do with the exhibits of a ring: its institution all, others nothing."""
    if Permission.RING_READ not in held(who):
        return None
    try:
        identify.get_own_ring(who, about)
    except NotFound:
        return None
    return Standing(True, True)


_resolvers: list[Resolver] = [of_ring]


def register(resolver: Resolver) -> None:
    """Let a room say who may see the exhibits of its rows; called once, when the room is ready."""
    if resolver not in _resolvers:
        _resolvers.append(resolver)


def standing(who: Membership, about: str) -> Standing:
    """Say what somebody may do with the exhibits of a row; nothing, where no room knows the row."""
    try:
        code = UUID(about)
    except ValueError:
        return NOBODY
    for resolver in _resolvers:
        told = resolver(who, code)
        if told is not None:
            return told
    return NOBODY


def may_add(who: Membership, about: str) -> bool:
    """Say whether somebody may put an exhibit beside a row; beside none, their own institution's shelf."""
    return Permission.EXHIBIT_ADD in held(who) and (not about or standing(who, about).may_add)


def is_own(who: Membership, found: Exhibit) -> bool:
    """Say whether an exhibit is one's own institution's."""
    return found.institution == str(who.institution.code)


def find_exhibits(who: Membership) -> Any:
    """Give the exhibits of one's own institution, newest first."""
    return evidence.exhibits_of(str(who.institution.code))


def exhibits_about(who: Membership, about: str) -> list[Exhibit]:
    """Give the exhibits of a row somebody may see, oldest first."""
    rows = evidence.exhibits_about(about)
    if not standing(who, about).may_read:
        rows = rows.filter(institution=str(who.institution.code))
    return list(rows)


def get_exhibit(who: Membership, code: UUID) -> Exhibit:
    """Give one exhibit somebody may see."""
    found = evidence.get_exhibit(code)
    if not is_own(who, found) and not (found.about and standing(who, found.about).may_read):
        raise evidence.no_exhibit()
    return found


def get_own_exhibit(who: Membership, code: UUID) -> Exhibit:
    """Give one exhibit of one's own institution: only the owner holds, covers and removes."""
    found = evidence.get_exhibit(code)
    if not is_own(who, found):
        raise evidence.no_exhibit()
    return found


def get_own_hold(who: Membership, code: UUID) -> Hold:
    """Give one legal hold of one's own institution."""
    found = evidence.get_hold(code)
    if not is_own(who, found.exhibit):
        raise evidence.no_hold()
    return found


def is_self(who: Membership, code: str) -> bool:
    """Say whether a code is one of somebody's own memberships: two roles of one person are one person."""
    return bool(code) and bool(who.user.memberships.filter(code=code).exists())


@dataclass(frozen=True)
class Shown:
    """The exhibits of a row, for the part of its page that lists them."""

    about: str
    rows: list[Exhibit]
    may_add: bool


def shown(who: Membership, about: object) -> Shown:
    """Give what `cases/exhibits.html` lists; nothing, for somebody whose role reads no exhibits."""
    code = str(about)
    if Permission.EXHIBIT_READ not in held(who):
        return Shown(code, [], False)
    return Shown(code, exhibits_about(who, code), may_add(who, code))


MOST_OFFERED = 100


def offered(who: Membership, about: str) -> list[Exhibit]:
    """Give the exhibits a package may be made of: those of a row, or the newest of one's institution."""
    return exhibits_about(who, about) if about else list(find_exhibits(who)[:MOST_OFFERED])


def find_packages(who: Membership) -> Any:
    """Give the packages one's institution made."""
    return evidence.packages_of(str(who.institution.code))


def get_package(who: Membership, code: UUID) -> Package:
    """Give one package of one's institution."""
    return evidence.get_package(str(who.institution.code), code)
