"""One change, one act: permission, transaction and log entry in one decorator.

The act's first argument is the membership that acts. It returns the row that was changed; the row has a
`code`, and may have `sealed()` for the facts the log commits to. A refused act changes nothing and is
told in the record of visits.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from django.db import transaction

from lianfang.engine.terms import clock
from lianfang.engine.terms.errors import NotAllowed, Say
from lianfang.web.accounts.models import Membership, Visit
from lianfang.web.accounts.permissions import Permission, names
from lianfang.web.evidence import actions as log

Act = TypeVar("Act", bound=Callable[..., Any])
ACTS: dict[str, Permission | None] = {}
"""Every tag the house writes, and the permission behind it; None where the house itself acts."""

REFUSED = "refused"


def act(permission: Permission, tag: str) -> Callable[[Act], Act]:
    """Make a function an act of a person.

    Args:
        permission: what the person's role must allow.
        tag: the event, `room:thing:past`.
    """
    ACTS[tag] = permission

    def wrap(do: Act) -> Act:
        @wraps(do)
        def done(who: Membership, *given: Any, **named: Any) -> Any:
            require(who, permission)
            with transaction.atomic():
                row = do(who, *given, **named)
                log.note(log.Deed(tag, str(who.code), str(row.code), str(who.institution.code), _facts(row)))
            return row

        done.permission = permission  # type: ignore[attr-defined]
        return done  # type: ignore[return-value]

    return wrap


def takes(tag: str) -> Callable[[Act], Act]:
    """Make a function an act of the house itself: the same promise, no person behind it."""
    ACTS[tag] = None

    def wrap(do: Act) -> Act:
        @wraps(do)
        def done(*given: Any, **named: Any) -> Any:
            with transaction.atomic():
                row = do(*given, **named)
                if row is not None:
                    owner = getattr(row, "institution", None)
                    code = str(owner.code) if owner else ""
                    log.note(log.Deed(tag, log.SYSTEM, str(row.code), code, _facts(row)))
            return row

        return done  # type: ignore[return-value]

    return wrap


def require(who: Membership, permission: Permission) -> None:
    """Refuse, and write the refusal down, where the role does not allow it."""
    if permission in held(who):
        return
    Visit.objects.create(member=who, made_at=clock.now(), purpose=REFUSED, target=str(permission), n_people=0)
    say = names()[permission]
    raise NotAllowed(
        Say(f"您的角色“{who.role_name.zh}”不能:{say.zh}", f"your role, {who.role_name.en}, may not {say.en}"),
        code="E-ACCESS-01",
        where=str(permission),
        fix=Say("请找本机构管理员或有此权限的同事", "ask your administrator, or a colleague who may"),
    )


def held(who: Membership) -> frozenset[Permission]:
    """Give what a membership may do now; a key narrows it to the key's scopes."""
    scopes = getattr(who, "scopes", None)
    return who.permissions if scopes is None else who.permissions & scopes


def _facts(row: Any) -> dict[str, Any]:
    sealed = getattr(row, "sealed", None)
    return dict(sealed()) if sealed else {}
