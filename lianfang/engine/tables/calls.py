"""The functions an expression may call."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from sqlglot import exp

from lianfang.engine.tables.parts import Part, Row, refused, want

Sub = Callable[[exp.Expr], Part]


def _arguments(node: Any) -> list[exp.Expr]:
    if isinstance(node, exp.Anonymous):
        return list(node.expressions)
    return [child for child in (node.this, node.expression) if child is not None]


def _two(node: Any, name: str, families: tuple[str, str], sub: Sub) -> tuple[Part, Part]:
    children = _arguments(node)
    if len(children) != 2:
        raise refused(
            f"{name} 要两个参数", f"{name} takes two arguments", "补足参数", "give both", "E-EXPR-04"
        )
    left, right = sub(children[0]), sub(children[1])
    want(left, families[0], name)
    want(right, families[1], name)
    return left, right


def _lift(left: Part, right: Part, family: str, work: Callable[[Any, Any], Any], sql: str) -> Part:
    def worked(row: Row) -> Any:
        one, two = left.closure(row), right.closure(row)
        return None if one is None or two is None else work(one, two)

    return Part(family, worked, sql, left.reads | right.reads)


def _contains(node: Any, sub: Sub) -> Part:
    left, right = _two(node, "contains", ("text", "text"), sub)
    return _lift(left, right, "bool", lambda a, b: b in a, f"contains({left.sql}, {right.sql})")


def _has(node: Any, sub: Sub) -> Part:
    left, right = _two(node, "has", ("list", "text"), sub)

    inside = f"contains(concat('|', {left.sql}, '|'), concat('|', {right.sql}, '|'))"
    # concat skips nulls in DuckDB and not in Spark: say the null ourselves.
    guarded = f"(case when {left.sql} is null then null else {inside} end)"
    return _lift(left, right, "bool", lambda a, b: b in a.split("|"), guarded)


def _moment(value: Any) -> datetime:
    return value if isinstance(value, datetime) else datetime.combine(value, datetime.min.time())


def _seconds_between(node: Any, sub: Sub) -> Part:
    later, earlier = _two(node, "seconds_between", ("time", "time"), sub)
    said = f"(cast(epoch_us({later.sql}) - epoch_us({earlier.sql}) as double) / 1000000.0)"
    return _lift(later, earlier, "number", lambda a, b: (_moment(a) - _moment(b)).total_seconds(), said)


def _days_between(node: Any, sub: Sub) -> Part:
    later, earlier = _two(node, "days_between", ("date", "date"), sub)
    said = f"(cast({later.sql} as date) - cast({earlier.sql} as date))"

    def counted(a: date, b: date) -> int:
        return (a - b).days

    return _lift(later, earlier, "number", counted, said)


CALLS: dict[str, Callable[[Any, Sub], Part]] = {
    "contains": _contains,
    "has": _has,
    "seconds_between": _seconds_between,
    "days_between": _days_between,
}
