"""The portable subset of SQL: what may be written in a step, and how it is said to each machine.

DuckDB is the language steps are written in. sqlglot says the same to Spark. Constructs whose meaning
differs between the two without an error are refused when a step is first used, not discovered later.

Source: measured differences (day difference, weekday, mode, epoch, list slices) of sqlglot 30.30,
DuckDB 1.5 and Spark 4; the conformance test runs every step on both machines.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import sqlglot
from sqlglot import exp

from lianfang.engine.terms.errors import EngineError, Say

# Silently different or refused by one of the two machines.
_BANNED: dict[type[exp.Expr], str] = {
    exp.DateDiff: "date_diff: subtract two dates cast to date",
    exp.DayOfWeek: "dayofweek: join the calendar table",
    exp.Mode: "mode: ties differ; use arg_max with an order",
    exp.PercentileCont: "quantile_cont",
    exp.Slice: "list slices",
}


def _refuse(say: str, sql: str) -> EngineError:
    return EngineError(
        Say(f"这句 SQL 不在两机通用的子集里:{say}", f"this SQL is outside the portable subset: {say}"),
        code="E-SQL-02",
        where="sql",
        fix=Say("改用 docs/tables.md 里列出的写法", "write it as docs/tables.md lists"),
        sql=sql,
    )


@lru_cache(maxsize=512)
def parsed(sql: str) -> exp.Expr:
    """Parse a step's SQL once and check it against the subset.

    Raises:
        EngineError: it does not parse, or holds a construct that means two things.
    """
    try:
        tree = sqlglot.parse_one(sql, read="duckdb")
    except sqlglot.errors.ParseError as wrong:
        raise EngineError(
            Say("SQL 语法有误", "the SQL does not parse"),
            code="E-SQL-01",
            where="sql",
            fix=str(wrong),
            sql=sql,
        ) from wrong
    for node in tree.walk():
        for kind, say in _BANNED.items():
            if isinstance(node, kind):
                raise _refuse(say, sql)
    return tree


def _literal(value: Any) -> exp.Expr:
    """Turn a bound value into a SQL literal node; never by string formatting."""
    return exp.convert(value)


def _is_day(node: exp.Expr | None) -> bool:
    return isinstance(node, exp.Cast) and node.is_type("date")


def _for_spark(node: exp.Expr) -> exp.Expr:
    """Say in Spark what sqlglot leaves as it is: the difference of two days, microseconds of a moment."""
    if isinstance(node, exp.Sub) and _is_day(node.left) and _is_day(node.right):
        return exp.Anonymous(this="datediff", expressions=[node.left, node.right])
    if isinstance(node, exp.Anonymous) and str(node.this).lower() == "epoch_us":
        return exp.Anonymous(this="unix_micros", expressions=node.expressions)
    return node


def said(sql: str, machine: str, params: tuple[tuple[str, Any], ...] = ()) -> str:
    """Say a step's SQL to a machine (`duckdb` or `spark`), its `$name` places filled in.

    Raises:
        EngineError: a place without a value, or a value nobody uses.
    """
    tree, given, used = parsed(sql).copy(), dict(params), set()

    def fill(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Parameter | exp.Placeholder):
            name = node.name
            if name not in given:
                raise _refuse(f"${name} has no value", sql)
            used.add(name)
            return _literal(given[name])
        return node

    tree = tree.transform(fill)
    if machine == "spark":
        tree = tree.transform(_for_spark)
    if unused := set(given) - used:
        raise _refuse(f"nobody uses {', '.join(sorted(unused))}", sql)
    return tree.sql(dialect=machine)
