"""The fields of each kind of record, and expressions over them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from lianfang.engine.terms.errors import DefinitionError

if TYPE_CHECKING:
    from lianfang.engine.tables.expression import Expression


@lru_cache(maxsize=16)
def types(kind: str) -> Mapping[str, str]:
    """Give field name to type of a kind of record.

    Args:
        kind: complaint, contact, post, application, objection or tip.
    """
    from lianfang.engine.records import schema

    return {field.name: str(field.type) for field in schema.kind(kind).fields}


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
