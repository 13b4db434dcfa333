"""What the machines' room keeps of its own: answers to requests that may come twice. No act of a person."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction

from lianfang.engine.terms import clock
from lianfang.web.accounts.models import Membership
from lianfang.web.api.models import Answered

KEPT_FOR = timedelta(hours=24)


def claim(who: Membership, key: str, asked: str) -> tuple[Answered, bool]:
    """Give the row of a key, and whether it is new; what has expired is forgotten first.

    Within a transaction that lasts until the answer is kept, a second request of the same key waits here.
    """
    at = clock.now()
    Answered.objects.filter(expires_at__lte=at).delete()
    try:
        with transaction.atomic():
            made = Answered.objects.create(member=who, key=key, asked=asked, made_at=at, expires_at=at + KEPT_FOR)
            return made, True
    except IntegrityError:
        return Answered.objects.get(member=who, key=key), False


def keep(row: Answered, number: int, body: str, headers: dict[str, str]) -> None:
    """Keep the answer of a key."""
    row.number, row.body, row.headers = number, body, headers
    row.save(update_fields=["number", "body", "headers"])


def release(row: Answered) -> None:
    """Forget a key whose request was refused, so that it may be put right and sent again."""
    row.delete()


def hold(row: Any) -> None:
    """Hold a row until the transaction ends, so that nobody changes it between being read and being changed."""
    type(row)._default_manager.select_for_update().get(pk=row.pk)
