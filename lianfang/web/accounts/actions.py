"""Changes to institutions, people, roles and keys."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection
from datetime import timedelta

from django.db import IntegrityError, transaction

from lianfang.engine.terms import clock
from lianfang.engine.terms.errors import Conflict, NotAllowed, Say
from lianfang.web.accounts import meter
from lianfang.web.accounts.act import act, held, takes
from lianfang.web.accounts.models import ApiKey, Institution, Membership, Release, User
from lianfang.web.accounts.permissions import Permission, Sort, roles

MOST_KEY_DAYS = 366


def one_time_password() -> str:
    """Make a password to be read aloud once: five groups without letters that look alike."""
    signs = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(signs) for _ in range(4)) for _ in range(5))


@takes("accounts:institution:founded")
def found_office(name: Say, sort: Sort, parent: Institution | None = None) -> Institution:
    """Enter an institution from the command line: the first of an office, and those of the demo."""
    return Institution.objects.create(
        name_zh=name.zh, name_en=name.en, sort=sort, parent=parent, made_at=clock.now()
    )


@takes("accounts:member:enrolled")
def enrol(
    username: str, password: str, institution: Institution, role: str, once: bool = True, like: Membership | None = None
) -> Membership:
    """Enter a person from the command line: the first administrator, and those of the demo.

    The people of the demo share one published password; `like` names somebody who has it, so that it is digested once.
    """
    _role_stands(role, institution)
    user = _user(username, None if like else password, once)
    if like is not None:
        user.password = like.user.password
        user.save(update_fields=["password"])
    return Membership.objects.create(user=user, institution=institution, role=role, made_at=clock.now())


@act(Permission.INSTITUTION_MANAGE, "accounts:institution:added")
def add_institution(who: Membership, parent: Institution, name: Say, sort: Sort) -> Institution:
    """Enter an institution below one the administrator looks after."""
    try:
        with transaction.atomic():
            return Institution.objects.create(
                name_zh=name.zh, name_en=name.en, sort=sort, parent=parent, made_at=clock.now()
            )
    except IntegrityError as wrong:
        raise Conflict(
            Say(f"已有同名机构:{name.zh}", f"there is one of that name: {name.zh}"), code="E-PERSON-03",
            fix=Say("换个名称", "choose another name"),
        ) from wrong  # fmt: skip


@act(Permission.USER_MANAGE, "accounts:member:added")
def add_person(who: Membership, institution: Institution, username: str, password: str, role: str) -> Membership:
    """Enter a person in a role; the password works once and must be changed."""
    _role_stands(role, institution)
    user = _user(username, password, True)
    return Membership.objects.create(user=user, institution=institution, role=role, made_at=clock.now())


@act(Permission.USER_MANAGE, "accounts:member:ended")
def end_membership(who: Membership, member: Membership) -> Membership:
    """End a membership; what the person did stays."""
    if member.pk == who.pk:
        raise NotAllowed(
            Say("不能停用自己", "nobody ends their own membership"), code="E-PERSON-05",
            fix=Say("请另一位管理员来做", "ask another administrator"),
        )  # fmt: skip
    if member.ended_at is not None:
        raise Conflict(Say("已经停用", "it has ended already"), code="E-PERSON-06")
    member.ended_at = clock.now()
    member.save(update_fields=["ended_at"])
    return member


@act(Permission.USER_MANAGE, "accounts:password:reset")
def reset_password(who: Membership, member: Membership, password: str) -> Membership:
    """Give a one-time password to somebody who lost theirs; their second factor is taken off too."""
    from allauth.mfa.models import Authenticator

    user = member.user
    user.set_password(password)
    user.must_change_password = True
    user.save(update_fields=["password", "must_change_password"])
    Authenticator.objects.filter(user=user).delete()
    return member


@act(Permission.METER_RELEASE, "accounts:meter:released")
def release(who: Membership, member: Membership, reason: str) -> Release:
    """Let a colleague see more people for a while; nobody releases themselves."""
    if member.user_id == who.user_id:
        raise NotAllowed(
            Say("不能给自己放行", "nobody releases themselves"), code="E-METER-02",
            fix=Say("请另一位主管或合规来做", "ask another supervisor or compliance"),
        )  # fmt: skip
    at, set_at = clock.now(), meter.limits()
    return Release.objects.create(
        member=member, made_by=who, reason=reason, n_people=set_at.release_people, made_at=at,
        expires_at=at + timedelta(hours=set_at.release_hours),
    )  # fmt: skip


def make_key(who: Membership, name: str, scopes: Collection[Permission], days: int) -> tuple[ApiKey, str]:
    """Make a key and give it once, in clear; only its digest is kept."""
    clear = "lf_" + secrets.token_urlsafe(32)
    return _keep_key(who, name, clear, frozenset(scopes), days), clear


@act(Permission.KEY_MAKE, "accounts:key:made")
def _keep_key(who: Membership, name: str, clear: str, scopes: frozenset[Permission], days: int) -> ApiKey:
    if not scopes <= held(who):
        raise NotAllowed(
            Say("密钥不能比您自己能做的更多", "a key may not do more than you may"), code="E-KEY-02",
            fix=Say("去掉多出的权限", "leave out what you may not do"),
        )  # fmt: skip
    at = clock.now()
    return ApiKey.objects.create(
        member=who, name=name, prefix=clear[:8], sha256=hashlib.sha256(clear.encode()).hexdigest(),
        scopes=sorted(scopes), made_at=at, expires_at=at + timedelta(days=min(max(days, 1), MOST_KEY_DAYS)),
    )  # fmt: skip


@act(Permission.KEY_MAKE, "accounts:key:revoked")
def revoke_key(who: Membership, key: ApiKey) -> ApiKey:
    """Stop a key now."""
    if key.revoked_at is not None:
        raise Conflict(Say("已经停用", "it was revoked already"), code="E-KEY-03")
    key.revoked_at = clock.now()
    key.save(update_fields=["revoked_at"])
    return key


def _role_stands(role: str, institution: Institution) -> None:
    known = roles().get(role)
    if known is None or institution.sort not in known.sorts:
        raise Conflict(
            Say(f"{institution.name_zh} 没有这个角色:{role}", f"{institution.name_en} has no role {role}"),
            code="E-PERSON-04",
            fix=Say("角色与机构的对应见 roles.yaml", "roles.yaml says which role stands where"),
        )


def _user(username: str, password: str | None, once: bool) -> User:
    if User.objects.filter(username__iexact=username).exists():
        raise Conflict(
            Say(f"用户名已有人用:{username}", f"the user name is taken: {username}"), code="E-PERSON-07",
            fix=Say("换个用户名", "choose another user name"),
        )  # fmt: skip
    made: User = User.objects.create_user(username=username, password=password)
    made.must_change_password = once
    made.save(update_fields=["must_change_password"])
    return made
