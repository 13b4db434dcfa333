"""Long lists in parts: a cursor says after which row to go on, so rows that come in meanwhile move nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core import signing
from django.db.models import Q

from lianfang.engine.terms.errors import InputError, Say

_SALT = "lianfang.cursor"
LIMIT, MOST = 50, 200


@dataclass(frozen=True)
class Asked:
    """Which part of which list: its name, the filters, where to go on, how many rows."""

    name: str
    wanted: dict[str, str] = field(default_factory=dict)
    cursor: str | None = None
    limit: int = LIMIT

    @property
    def opened(self) -> tuple[dict[str, str], list[Any]]:
        """Give the filters and the place after which to go on; a cursor brings its own filters.

        Raises:
            InputError: E-API-06, a cursor of another list, of other filters, or of nobody.
        """
        if not self.cursor:
            return self.wanted, []
        try:
            name, wanted, after = signing.loads(self.cursor, salt=_SALT)
        except (signing.BadSignature, ValueError, UnicodeError):
            raise _stale() from None
        given = {key: value for key, value in self.wanted.items() if value}
        if name != self.name or any(wanted.get(key) != value for key, value in given.items()):
            raise _stale()
        return wanted, after

    def next(self, wanted: dict[str, str], after: Sequence[Any]) -> str:
        """Make the cursor that goes on behind a row."""
        return signing.dumps([self.name, wanted, list(after)], salt=_SALT, compress=True)


def _stale() -> InputError:
    return InputError(
        Say("游标不能用在这里", "this cursor does not go here"), code="E-API-06",
        fix=Say("从第一页重新取;游标原样带回,筛选不变", "begin at the first page; send a cursor back as it came, filters unchanged"),
    )  # fmt: skip


def part(asked: Asked, wanted: dict[str, str], after: list[Any], rows: Any, order: Sequence[str]) -> dict[str, Any]:
    """Cut one part out of a query.

    Args:
        asked: which part.
        wanted: the filters `rows` was made with; they travel in the cursor.
        after: the ordering values of the last row given before.
        rows: the whole query.
        order: ordering fields, `-` for falling; together they tell any two rows apart.
    """
    cut = rows.order_by(*order)
    if after:
        cut = cut.filter(_behind(order, after))
    got = list(cut[: asked.limit + 1])
    shown = got[: asked.limit]
    going_on = len(got) > len(shown)
    last = [getattr(shown[-1], one.lstrip("-")) for one in order] if going_on else []
    return {"rows": shown, "total": rows.count(), "next": asked.next(wanted, last) if going_on else None}


def _behind(order: Sequence[str], after: Sequence[Any]) -> Q:
    found, same = Q(), Q()
    for one, value in zip(order, after, strict=True):
        name = one.lstrip("-")
        found |= same & Q(**{f"{name}__{'lt' if one.startswith('-') else 'gt'}": value})
        same &= Q(**{name: value})
    return found


def cut(asked: Asked, rows: Sequence[Any]) -> dict[str, Any]:
    """Cut one part out of rows that never change: the members and links of a ring."""
    wanted, after = asked.opened
    start = after[0] if after else 0
    shown = rows[start : start + asked.limit]
    end = start + len(shown)
    return {"rows": shown, "total": len(rows), "next": asked.next(wanted, [end]) if end < len(rows) else None}
