"""The meter: how many different people somebody has seen unmasked; warned at one number, stopped at another."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Sum

from lianfang.engine.terms import clock, shelf
from lianfang.engine.terms.errors import NotEnough, Say
from lianfang.web.accounts.models import Membership, Release, Sighting, Visit


@dataclass(frozen=True)
class Limits:
    """The numbers of meter.yaml."""

    window_days: int
    warn_people: int
    stop_people: int
    release_people: int
    release_hours: int


@dataclass(frozen=True)
class Reading:
    """Where somebody's meter stands."""

    n_people: int
    limit: int
    warn: int

    @property
    def is_warning(self) -> bool:
        """Say whether the warning number is reached."""
        return self.n_people >= self.warn

    @property
    def left(self) -> int:
        """Give how many more people may be seen."""
        return max(0, self.limit - self.n_people)


@dataclass(frozen=True)
class Purpose:
    """Why somebody looks: a code of the table and their own words."""

    id: str
    reason: str


@cache
def limits() -> Limits:
    """Give the numbers in force."""
    read = shelf.yaml(shelf.path("accounts", "meter.yaml"))
    return Limits(*(int(read[name]) for name in Limits.__dataclass_fields__))


@cache
def purposes() -> dict[str, Say]:
    """Give the purposes a person may state."""
    read = shelf.yaml(shelf.path("accounts", "meter.yaml"))
    return {row["id"]: Say(row["zh"], row["en"]) for row in read["purposes"]}


def digest(person: str) -> str:
    """Name a person without naming them: a digest only this office can make."""
    return hmac.new(settings.SECRET_KEY.encode(), b"meter\x00" + person.encode(), hashlib.sha256).hexdigest()


def reading(who: Membership) -> Reading:
    """Read somebody's meter: all memberships of one person count together."""
    at, set_at = clock.now(), limits()
    since = at - timedelta(days=set_at.window_days)
    seen = Sighting.objects.filter(member__user=who.user_id, seen_at__gte=since).values("person").distinct().count()
    more = Release.objects.filter(member__user=who.user_id, expires_at__gt=at).aggregate(n=Sum("n_people"))["n"] or 0
    return Reading(seen, set_at.stop_people + more, set_at.warn_people)


def look(who: Membership, person: str, target: str, purpose: Purpose) -> Reading:
    """Count and write down one look at a person, before anything is shown.

    Raises:
        NotEnough: the limit is reached and this is a person not seen before.
    """
    with transaction.atomic():
        # Looks of one person wait for each other, so that two at once cannot pass one limit.
        Membership.objects.select_for_update().filter(user=who.user_id).order_by("pk").first()
        at, named = clock.now(), digest(person)
        since = at - timedelta(days=limits().window_days)
        known: Any = Sighting.objects.filter(member__user=who.user_id, person=named, seen_at__gte=since)
        stands = reading(who)
        if not known.exists() and stands.left == 0:
            raise NotEnough(
                Say(f"{limits().window_days} 天内已看过 {stands.n_people} 人的原文,到了上限",
                    f"you have seen {stands.n_people} people unmasked in {limits().window_days} days, which is the limit"),
                code="E-METER-01", where=target,
                fix=Say("请主管或合规在“查看记录”里说明理由后放行", "ask a supervisor or compliance to release more, under Looks"),
            )  # fmt: skip
        Sighting.objects.update_or_create(member=who, person=named, defaults={"seen_at": at})
        after = reading(who)
        Visit.objects.create(
            member=who, made_at=at, purpose=purpose.id, reason=purpose.reason, target=target, n_people=after.n_people
        )
    return after
