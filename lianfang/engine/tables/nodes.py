"""The closed list of SQL nodes an expression may hold: each as a closure and as SQL.

Nulls follow SQL: an unknown operand makes an unknown answer.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any

from sqlglot import exp

from lianfang.engine.tables.calls import CALLS, Sub
from lianfang.engine.tables.parts import FAMILY, Part, Row, refused, want

_MAX_DEPTH = 20


def part(node: exp.Expr, fields: Mapping[str, str], depth: int) -> Part:
    """Check one node and all below it; refuse what is not on the list."""
    if depth > _MAX_DEPTH:
        raise refused(
            "表达式嵌套太深", "the expression is nested too deep", "拆成几个条款", "split it", "E-EXPR-05"
        )

    def sub(child: exp.Expr) -> Part:
        return part(child, fields, depth + 1)

    for kinds, make in _MAKERS:
        if isinstance(node, kinds):
            return make(node, fields, sub)
    raise refused(
        f"表达式里不能用 {node.key}",
        f"{node.key} may not be used in an expression",
        "能用的写法见 docs/guides.md 的表达式一节",
        "docs/guides.md lists what may be written",
        "E-EXPR-02",
    )


def _column(node: Any, fields: Mapping[str, str], sub: Sub) -> Part:
    name = node.name
    if node.table or name not in fields:
        raise refused(
            f"没有这个字段:{node.sql()}",
            f"no such field: {node.sql()}",
            f"可用字段:{'、'.join(sorted(fields))}",
            f"fields: {', '.join(sorted(fields))}",
            "E-EXPR-03",
        )
    return Part(FAMILY.get(fields[name], "text"), lambda row: row.get(name), f'"{name}"', frozenset((name,)))


def _constant(value: Any, family: str) -> Part:
    text = exp.convert(value).sql(dialect="duckdb") if value is not None else "null"
    return Part(family, lambda _: value, text, frozenset())


def _literal(node: Any, fields: Mapping[str, str], sub: Sub) -> Part:
    if node.is_string:
        return _constant(node.this, "text")
    text = node.this
    return _constant(float(text) if "." in text or "e" in text.lower() else int(text), "number")


def _boolean(node: Any, fields: Mapping[str, str], sub: Sub) -> Part:
    return _constant(bool(node.this), "bool")


def _null(node: Any, fields: Mapping[str, str], sub: Sub) -> Part:
    return _constant(None, "null")


def _paren(node: Any, fields: Mapping[str, str], sub: Sub) -> Part:
    inner = sub(node.this)
    return Part(inner.family, inner.closure, f"({inner.sql})", inner.reads)


def _and(node: Any, fields: Mapping[str, str], sub: Sub) -> Part:
    left, right = sub(node.left), sub(node.right)
    want(left, "bool", "and")
    want(right, "bool", "and")

    def both(row: Row) -> bool | None:
        one, two = left.closure(row), right.closure(row)
        if one is False or two is False:
            return False
        return None if one is None or two is None else True

    return Part("bool", both, f"({left.sql} and {right.sql})", left.reads | right.reads)


def _or(node: Any, fields: Mapping[str, str], sub: Sub) -> Part:
    left, right = sub(node.left), sub(node.right)
    want(left, "bool", "or")
    want(right, "bool", "or")

    def either(row: Row) -> bool | None:
        one, two = left.closure(row), right.closure(row)
        if one is True or two is True:
            return True
        return None if one is None or two is None else False

    return Part("bool", either, f"({left.sql} or {right.sql})", left.reads | right.reads)


def _not(node: Any, fields: Mapping[str, str], sub: Sub) -> Part:
    inner = sub(node.this)
    want(inner, "bool", "not")

    def turned(row: Row) -> bool | None:
        value = inner.closure(row)
        return None if value is None else not value

    return Part("bool", turned, f"(not {inner.sql})", inner.reads)


_COMPARE: dict[type, tuple[str, Callable[[Any, Any], bool]]] = {
    exp.EQ: ("=", operator.eq),
    exp.NEQ: ("<>", operator.ne),
    exp.LT: ("<", operator.lt),
    exp.LTE: ("<=", operator.le),
    exp.GT: (">", operator.gt),
    exp.GTE: (">=", operator.ge),
}


def _same_family(left: Part, right: Part, what: str) -> None:
    if "null" not in (left.family, right.family) and left.family != right.family:
        raise refused(
            f"{what} 两边类型不同:{left.family} 与 {right.family}",
            f"{what} compares {left.family} with {right.family}",
            "检查字段类型",
            "check the fields' types",
            "E-EXPR-04",
        )


def _compare(node: Any, fields: Mapping[str, str], sub: Sub) -> Part:
    sign, test = _COMPARE[type(node)]
    left, right = sub(node.left), sub(node.right)
    _same_family(left, right, sign)

    def tested(row: Row) -> bool | None:
        one, two = left.closure(row), right.closure(row)
        return None if one is None or two is None else bool(test(one, two))

    return Part("bool", tested, f"({left.sql} {sign} {right.sql})", left.reads | right.reads)


_ARITHMETIC: dict[type, tuple[str, Callable[[Any, Any], float]]] = {
    exp.Add: ("+", operator.add),
    exp.Sub: ("-", operator.sub),
    exp.Mul: ("*", operator.mul),
}


def _arithmetic(node: Any, fields: Mapping[str, str], sub: Sub) -> Part:
    sign, work = _ARITHMETIC[type(node)]
    left, right = sub(node.left), sub(node.right)
    want(left, "number", sign)
    want(right, "number", sign)

    # Both machines and Python work in doubles here, so all three overflow and round alike.
    def worked(row: Row) -> float | None:
        one, two = left.closure(row), right.closure(row)
        return None if one is None or two is None else work(float(one), float(two))

    return Part(
        "number",
        worked,
        f"(cast({left.sql} as double) {sign} cast({right.sql} as double))",
        left.reads | right.reads,
    )


def _divide(node: Any, fields: Mapping[str, str], sub: Sub) -> Part:
    left, right = sub(node.left), sub(node.right)
    want(left, "number", "/")
    want(right, "number", "/")

    def worked(row: Row) -> float | None:
        one, two = left.closure(row), right.closure(row)
        return None if one is None or two is None or two == 0 else float(one) / float(two)

    return Part(
        "number",
        worked,
        f"(cast({left.sql} as double) / nullif(cast({right.sql} as double), 0))",
        left.reads | right.reads,
    )


def _negative(node: Any, fields: Mapping[str, str], sub: Sub) -> Part:
    inner = sub(node.this)
    want(inner, "number", "-")

    def turned(row: Row) -> Any:
        value = inner.closure(row)
        return None if value is None else -value

    return Part("number", turned, f"(-{inner.sql})", inner.reads)


def _is(node: Any, fields: Mapping[str, str], sub: Sub) -> Part:
    if not isinstance(node.expression, exp.Null):
        raise refused(
            "is 后面只能是 null", "only `is null` may follow", "写 x = true", "write x = true", "E-EXPR-02"
        )
    inner = sub(node.this)
    return Part("bool", lambda row: inner.closure(row) is None, f"({inner.sql} is null)", inner.reads)


def _in(node: Any, fields: Mapping[str, str], sub: Sub) -> Part:
    if node.args.get("query") or node.args.get("unnest"):
        raise refused(
            "in 里只能列值", "`in` takes listed values only", "列出每个值", "list each value", "E-EXPR-02"
        )
    inner, values = sub(node.this), [sub(value) for value in node.expressions]
    for value in values:
        _same_family(inner, value, "in")

    def member(row: Row) -> bool | None:
        one = inner.closure(row)
        if one is None:
            return None
        listed = [value.closure(row) for value in values]
        return (
            True
            if any(one == each for each in listed if each is not None)
            else (None if None in listed else False)
        )

    reads = reduce(operator.or_, (value.reads for value in values), inner.reads)
    return Part("bool", member, f"({inner.sql} in ({', '.join(v.sql for v in values)}))", reads)


def _between(node: Any, fields: Mapping[str, str], sub: Sub) -> Part:
    low = exp.GTE(this=node.this.copy(), expression=node.args["low"].copy())
    high = exp.LTE(this=node.this.copy(), expression=node.args["high"].copy())
    return _and(exp.And(this=low, expression=high), fields, sub)


def _coalesce(node: Any, fields: Mapping[str, str], sub: Sub) -> Part:
    parts = [sub(child) for child in (node.this, *node.expressions)]
    for part in parts[1:]:
        _same_family(parts[0], part, "coalesce")

    def first(row: Row) -> Any:
        return next((value for part in parts if (value := part.closure(row)) is not None), None)

    reads = reduce(operator.or_, (part.reads for part in parts))
    family = next((part.family for part in parts if part.family != "null"), "null")
    return Part(family, first, f"coalesce({', '.join(p.sql for p in parts)})", reads)


def _length(node: Any, fields: Mapping[str, str], sub: Sub) -> Part:
    inner = sub(node.this)
    want(inner, "text", "length")

    def counted(row: Row) -> int | None:
        value = inner.closure(row)
        return None if value is None else len(value)

    return Part("number", counted, f"length({inner.sql})", inner.reads)


def _absolute(node: Any, fields: Mapping[str, str], sub: Sub) -> Part:
    inner = sub(node.this)
    want(inner, "number", "abs")

    def sized(row: Row) -> Any:
        value = inner.closure(row)
        return None if value is None else abs(value)

    return Part("number", sized, f"abs({inner.sql})", inner.reads)


def _call(node: Any, fields: Mapping[str, str], sub: Sub) -> Part:
    name = str(node.this).lower() if isinstance(node, exp.Anonymous) else node.sql_name().lower()
    maker = CALLS.get(name)
    if maker is None:
        raise refused(
            f"没有函数 {name}",
            f"no function {name}",
            f"可用函数:coalesce、length、abs、{'、'.join(sorted(CALLS))}",
            f"functions: coalesce, length, abs, {', '.join(sorted(CALLS))}",
            "E-EXPR-02",
        )
    return maker(node, sub)


_MAKERS: tuple[tuple[Any, Callable[[Any, Mapping[str, str], Sub], Part]], ...] = (
    (exp.Column, _column),
    (exp.Literal, _literal),
    (exp.Boolean, _boolean),
    (exp.Null, _null),
    (exp.Paren, _paren),
    (exp.And, _and),
    (exp.Or, _or),
    (exp.Not, _not),
    (tuple(_COMPARE), _compare),
    (tuple(_ARITHMETIC), _arithmetic),
    (exp.Div, _divide),
    (exp.Neg, _negative),
    (exp.Is, _is),
    (exp.In, _in),
    (exp.Between, _between),
    (exp.Coalesce, _coalesce),
    (exp.Length, _length),
    (exp.Abs, _absolute),
    ((exp.Anonymous, exp.Func), _call),
)
