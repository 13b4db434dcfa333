"""One text or one record, looked at as it comes; nothing of it is kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from lianfang.engine.identify.signals import check
from lianfang.engine.records import schema
from lianfang.engine.terms.clock import SHANGHAI
from lianfang.engine.terms.codes import Kind
from lianfang.engine.terms.errors import InputError, Say
from lianfang.web.identify import guides


class Misfit(InputError):
    """A record whose fields are not those of its kind."""

    http_code = 422


def text(asked: str) -> dict[str, Any]:
    """Say which signs a text shows."""
    found: dict[str, Any] = guides.checked(asked).plain()
    return found


def record(kind: Kind, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Say which signs a record shows; clauses about other records stay unmet.

    Raises:
        Misfit: E-API-12, naming every field that is unknown or does not fit its type.
    """
    row, wrong = {}, []
    known = {one.name: one.type for one in schema.of(kind).fields}
    for name, value in fields.items():
        try:
            row[name] = None if value is None else _CASTS[known[name]](value)
        except (KeyError, ValueError, OverflowError):
            wrong.append(name)
    if wrong:
        named = "、".join(sorted(wrong))[:300]
        raise Misfit(
            Say(f"字段不认识或类型不对:{named}", f"unknown fields, or values of another type: {named}"), code="E-API-12",
            fix=Say("字段表见 lianfang 文档“记录与列”", "the fields are listed in the docs, Records and columns"),
        )  # fmt: skip
    return check.check_record(str(kind), row, guides.book()).plain()


def _text(value: Any) -> str:
    return str(value)


def _whole(value: Any) -> int:
    if isinstance(value, bool):
        raise ValueError
    return int(value)


def _yes(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError
    return value


def _moment(value: Any) -> datetime:
    found = datetime.fromisoformat(_only_text(value))
    return found if found.tzinfo else found.replace(tzinfo=SHANGHAI)


def _day(value: Any) -> date:
    return date.fromisoformat(_only_text(value))


def _only_text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError
    return value


_CASTS: dict[str, Callable[[Any], Any]] = {
    "string": _text, "text": _text, "identifier": _text, "list": _text, "time": _moment, "date": _day,
    "money": _whole, "int": _whole, "bool": _yes,
}  # fmt: skip
