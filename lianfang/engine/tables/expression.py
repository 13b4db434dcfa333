"""One small expression, two uses: SQL over a table, and a closure over one live row.

Guides, conduct rules and clocks write their tests in a closed piece of SQL. The text is parsed once;
anything outside the closed list is a `DefinitionError`. Nulls follow SQL: an unknown operand makes an
unknown answer, and an unknown answer is not true.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlglot

from lianfang.engine.tables.nodes import part
from lianfang.engine.tables.parts import Closure, Refused, Row, refused
from lianfang.engine.terms.errors import DefinitionError, Fault

_MAX_NODES, _MAX_TEXT = 200, 4000


@dataclass(frozen=True)
class Expression:
    """A parsed expression; make it with `parse`."""

    source: str
    family: str
    reads: frozenset[str]
    _closure: Closure
    _sql: str

    def value(self, row: Row) -> Any:
        """Work the expression out for one row; `None` where SQL would say null."""
        return self._closure(row)

    def check(self, row: Row) -> bool:
        """Say whether the expression is true for one row; unknown is not true."""
        return self._closure(row) is True

    def sql(self) -> str:
        """Say the same as SQL of the portable subset; field names stand as quoted columns."""
        return self._sql


def parse(source: str, fields: Mapping[str, str], where: str | None = None) -> Expression:
    """Parse one expression over named fields.

    Args:
        source: the text, for example `demanded_fen > 5 * disputed_fen and channel in ('12378')`.
        fields: field name to type: string, int, money, float, bool, time, date, list.
        where: `path:line`, for the error.

    Returns:
        The expression, ready as SQL and as a closure.

    Raises:
        DefinitionError: it does not parse, names an unknown field, or uses what is not on the list.
    """
    try:
        if len(source) > _MAX_TEXT:
            raise refused("表达式太长", "the expression is too long", "拆成几个条款", "split it", "E-EXPR-05")
        try:
            tree = sqlglot.parse_one(f"select {source}", read="duckdb").expressions[0]
        except (sqlglot.errors.SqlglotError, IndexError, AttributeError) as wrong:
            raise refused(
                "表达式语法有误",
                "the expression does not parse",
                str(wrong)[:200],
                str(wrong)[:200],
                "E-EXPR-01",
            ) from wrong
        if sum(1 for _ in tree.walk()) > _MAX_NODES:
            raise refused("表达式太长", "the expression is too long", "拆成几个条款", "split it", "E-EXPR-05")
        made = part(tree, fields, 0)
    except Refused as no:
        fault = Fault(where or source, no.say, no.fix, no.code)
        raise DefinitionError(
            no.say, code=no.code, where=where or source, fix=no.fix, faults=(fault,)
        ) from no
    return Expression(source, made.family, made.reads, made.closure, made.sql)
