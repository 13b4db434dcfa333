"""The fields of each kind of record, and expressions over them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from lianfang.engine.terms.codes import IdentifierKind, Kind
from lianfang.engine.terms.errors import DefinitionError

if TYPE_CHECKING:
    from lianfang.engine.records.schema import KindSchema
    from lianfang.engine.tables.expression import Expression


@lru_cache(maxsize=16)
def types(kind: str) -> Mapping[str, str]:
    """Give field name to type of a kind of record.

    Args:
        kind: complaint, contact, post, application, objection or tip.
    """
    return {field.name: field.type for field in _schema(kind).fields}


@lru_cache(maxsize=16)
def texts(kind: str) -> tuple[str, ...]:
    """Name the text fields of a kind of record, in the order they are read.

    Args:
        kind: as in `types`.
    """
    return _schema(kind).text_fields


def time(kind: str) -> str:
    """Name the field that says when a record happened.

    Args:
        kind: as in `types`.
    """
    return _schema(kind).time_field


def identifier(kind: str, name: str) -> IdentifierKind | None:
    """Say which identifier a field holds, if it holds one.

    Args:
        kind: as in `types`.
        name: the field.
    """
    field = _schema(kind).field(name)
    return field.identifier if field is not None else None


def _schema(kind: str) -> KindSchema:
    from lianfang.engine.records import schema

    return schema.of(Kind(kind))


@lru_cache(maxsize=1024)
def expression(source: str, kind: str) -> Expression | None:
    """Parse an expression over one kind's fields; None where that kind lacks them.

    Args:
        source: the expression.
        kind: the record kind.
    """
    from lianfang.engine.tables import expression as expressions

    try:
        return expressions.parse(source, types(kind))
    except DefinitionError:
        return None


def wrong_expression(source: str, kind: str) -> DefinitionError | None:
    """Say why an expression does not hold over one kind's fields; None where it does.

    Args:
        source: the expression.
        kind: the record kind.
    """
    from lianfang.engine.tables import expression as expressions

    try:
        parsed = expressions.parse(source, types(kind))
    except DefinitionError as wrong:
        return wrong
    if parsed.family not in ("bool", "null"):
        return DefinitionError("表达式要得出是或否 / the expression must be true or false", code="E-GUIDE-14")
    return None
