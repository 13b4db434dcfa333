"""The fields of each kind of record, and expressions over them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from lianfang.engine.terms import shelf
from lianfang.engine.terms.errors import DefinitionError

if TYPE_CHECKING:
    from lianfang.engine.tables.expression import Expression


@lru_cache(maxsize=16)
def types(kind: str) -> Mapping[str, str]:
    """Give field name to type of a kind of record.

    Args:
        kind: complaint, contact, post, application, objection or tip.
    """
    return {field["name"]: field["type"] for field in _schema(kind)["fields"]}


@lru_cache(maxsize=16)
def texts(kind: str) -> tuple[str, ...]:
    """Name the text fields of a kind of record, in the order they are read.

    Args:
        kind: as in `types`.
    """
    return tuple(_schema(kind)["text"])


@lru_cache(maxsize=16)
def time(kind: str) -> str:
    """Name the field that says when a record happened.

    Args:
        kind: as in `types`.
    """
    return str(_schema(kind)["time"])


@lru_cache(maxsize=16)
def _schema(kind: str) -> Mapping[str, Any]:
    tree: Mapping[str, Any] = shelf.yaml(shelf.path("schema", f"{kind}.yaml"))
    return tree


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
