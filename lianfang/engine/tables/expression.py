"""One small expression, two uses: SQL over a table, and a closure over one live row.

Guides, conduct rules and clocks write their tests in a closed piece of SQL. The text is parsed once;
anything outside the closed list is a `DefinitionError`. Nulls follow SQL: an unknown operand makes an
unknown answer, and an unknown answer is not true.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import reduce
from typing import Any

import sqlglot
from sqlglot import exp

from lianfang.engine.terms.errors import DefinitionError, Fault, Say

Row = Mapping[str, Any]
Closure = Callable[[Row], Any]

_MAX_NODES, _MAX_DEPTH, _MAX_TEXT = 200, 20, 1000

# Families of types that may stand on both sides of a comparison.
_FAMILY = {
    "string": "text", "text": "text", "int": "number", "money": "number", "float": "number",
    "bool": "bool", "time": "time", "date": "date", "list": "list",
}


@dataclass(frozen=True)
class _Part:
    """A checked node: its family, its closure, its SQL, the fields it reads."""

    family: str
    closure: Closure
    sql: str
    reads: frozenset[str]


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


class _Refused(Exception):
    def __init__(self, say: Say, fix: Say, code: str) -> None:
        super().__init__(say.zh)
        self.say, self.fix, self.code = say, fix, code


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
        if len(source) > 4 * _MAX_TEXT:
            raise _refused("表达式太长", "the expression is too long", "拆成几个条款", "split it", "E-EXPR-05")
        try:
            tree = sqlglot.parse_one(f"select {source}", read="duckdb").expressions[0]
        except (sqlglot.errors.SqlglotError, IndexError, AttributeError) as wrong:
            raise _refused(
                "表达式语法有误", "the expression does not parse", str(wrong)[:200], str(wrong)[:200], "E-EXPR-01"
            ) from wrong
        if sum(1 for _ in tree.walk()) > _MAX_NODES:
            raise _refused("表达式太长", "the expression is too long", "拆成几个条款", "split it", "E-EXPR-05")
        part = _part(tree, fields, 0)
    except _Refused as no:
        fault = Fault(where or source, no.say, no.fix, no.code)
        raise DefinitionError(no.say, code=no.code, where=where or source, fix=no.fix, faults=(fault,)) from no
    return Expression(source, part.family, part.reads, part.closure, part.sql)


def _refused(zh: str, en: str, fix_zh: str, fix_en: str, code: str) -> _Refused:
    return _Refused(Say(zh, en), Say(fix_zh, fix_en), code)


def _part(node: exp.Expression, fields: Mapping[str, str], depth: int) -> _Part:
    if depth > _MAX_DEPTH:
        raise _refused("表达式嵌套太深", "the expression is nested too deep", "拆成几个条款", "split it", "E-EXPR-05")

    def sub(child: exp.Expression) -> _Part:
        return _part(child, fields, depth + 1)

    for kinds, make in _MAKERS:
        if isinstance(node, kinds):
            return make(node, fields, sub)
    raise _refused(
        f"表达式里不能用 {node.key}",
        f"{node.key} may not be used in an expression",
        "能用的写法见 docs/guides.md 的表达式一节",
        "docs/guides.md lists what may be written",
        "E-EXPR-02",
    )


Sub = Callable[[exp.Expression], _Part]


def _column(node: Any, fields: Mapping[str, str], sub: Sub) -> _Part:
    name = node.name
    if node.table or name not in fields:
        raise _refused(
            f"没有这个字段:{node.sql()}",
            f"no such field: {node.sql()}",
            f"可用字段:{'、'.join(sorted(fields))}",
            f"fields: {', '.join(sorted(fields))}",
            "E-EXPR-03",
        )
    return _Part(_FAMILY.get(fields[name], "text"), lambda row: row.get(name), f'"{name}"', frozenset((name,)))


def _constant(value: Any, family: str) -> _Part:
    text = exp.convert(value).sql(dialect="duckdb") if value is not None else "null"
    return _Part(family, lambda _: value, text, frozenset())


def _literal(node: Any, fields: Mapping[str, str], sub: Sub) -> _Part:
    if node.is_string:
        return _constant(node.this, "text")
    text = node.this
    return _constant(float(text) if "." in text or "e" in text.lower() else int(text), "number")


def _boolean(node: Any, fields: Mapping[str, str], sub: Sub) -> _Part:
    return _constant(bool(node.this), "bool")


def _null(node: Any, fields: Mapping[str, str], sub: Sub) -> _Part:
    return _constant(None, "null")


def _paren(node: Any, fields: Mapping[str, str], sub: Sub) -> _Part:
    inner = sub(node.this)
    return _Part(inner.family, inner.closure, f"({inner.sql})", inner.reads)


def _want(part: _Part, family: str, what: str) -> None:
    if part.family not in (family, "null"):
        raise _refused(
            f"{what} 两边要是 {family},这里是 {part.family}",
            f"{what} wants {family}, not {part.family}",
            "检查字段类型",
            "check the field's type",
            "E-EXPR-04",
        )


def _and(node: Any, fields: Mapping[str, str], sub: Sub) -> _Part:
    left, right = sub(node.left), sub(node.right)
    _want(left, "bool", "and")
    _want(right, "bool", "and")

    def both(row: Row) -> bool | None:
        one, two = left.closure(row), right.closure(row)
        if one is False or two is False:
            return False
        return None if one is None or two is None else True

    return _Part("bool", both, f"({left.sql} and {right.sql})", left.reads | right.reads)


def _or(node: Any, fields: Mapping[str, str], sub: Sub) -> _Part:
    left, right = sub(node.left), sub(node.right)
    _want(left, "bool", "or")
    _want(right, "bool", "or")

    def either(row: Row) -> bool | None:
        one, two = left.closure(row), right.closure(row)
        if one is True or two is True:
            return True
        return None if one is None or two is None else False

    return _Part("bool", either, f"({left.sql} or {right.sql})", left.reads | right.reads)


def _not(node: Any, fields: Mapping[str, str], sub: Sub) -> _Part:
    inner = sub(node.this)
    _want(inner, "bool", "not")

    def turned(row: Row) -> bool | None:
        value = inner.closure(row)
        return None if value is None else not value

    return _Part("bool", turned, f"(not {inner.sql})", inner.reads)


_COMPARE: dict[type, tuple[str, Callable[[Any, Any], bool]]] = {
    exp.EQ: ("=", operator.eq),
    exp.NEQ: ("<>", operator.ne),
    exp.LT: ("<", operator.lt),
    exp.LTE: ("<=", operator.le),
    exp.GT: (">", operator.gt),
    exp.GTE: (">=", operator.ge),
}


def _same_family(left: _Part, right: _Part, what: str) -> None:
    if "null" not in (left.family, right.family) and left.family != right.family:
        raise _refused(
            f"{what} 两边类型不同:{left.family} 与 {right.family}",
            f"{what} compares {left.family} with {right.family}",
            "检查字段类型",
            "check the fields' types",
            "E-EXPR-04",
        )


def _compare(node: Any, fields: Mapping[str, str], sub: Sub) -> _Part:
    sign, test = _COMPARE[type(node)]
    left, right = sub(node.left), sub(node.right)
    _same_family(left, right, sign)

    def tested(row: Row) -> bool | None:
        one, two = left.closure(row), right.closure(row)
        return None if one is None or two is None else bool(test(one, two))

    return _Part("bool", tested, f"({left.sql} {sign} {right.sql})", left.reads | right.reads)


_ARITHMETIC: dict[type, tuple[str, Callable[[Any, Any], float]]] = {
    exp.Add: ("+", operator.add),
    exp.Sub: ("-", operator.sub),
    exp.Mul: ("*", operator.mul),
}


def _arithmetic(node: Any, fields: Mapping[str, str], sub: Sub) -> _Part:
    sign, work = _ARITHMETIC[type(node)]
    left, right = sub(node.left), sub(node.right)
    _want(left, "number", sign)
    _want(right, "number", sign)

    # Both machines and Python work in doubles here, so all three overflow and round alike.
    def worked(row: Row) -> float | None:
        one, two = left.closure(row), right.closure(row)
        return None if one is None or two is None else work(float(one), float(two))

    return _Part(
        "number",
        worked,
        f"(cast({left.sql} as double) {sign} cast({right.sql} as double))",
        left.reads | right.reads,
    )


def _divide(node: Any, fields: Mapping[str, str], sub: Sub) -> _Part:
    left, right = sub(node.left), sub(node.right)
    _want(left, "number", "/")
    _want(right, "number", "/")

    def worked(row: Row) -> float | None:
        one, two = left.closure(row), right.closure(row)
        return None if one is None or two is None or two == 0 else float(one) / float(two)

    return _Part(
        "number",
        worked,
        f"(cast({left.sql} as double) / nullif(cast({right.sql} as double), 0))",
        left.reads | right.reads,
    )


def _negative(node: Any, fields: Mapping[str, str], sub: Sub) -> _Part:
    inner = sub(node.this)
    _want(inner, "number", "-")

    def turned(row: Row) -> Any:
        value = inner.closure(row)
        return None if value is None else -value

    return _Part("number", turned, f"(-{inner.sql})", inner.reads)


def _is(node: Any, fields: Mapping[str, str], sub: Sub) -> _Part:
    if not isinstance(node.expression, exp.Null):
        raise _refused("is 后面只能是 null", "only `is null` may follow", "写 x = true", "write x = true", "E-EXPR-02")
    inner = sub(node.this)
    return _Part("bool", lambda row: inner.closure(row) is None, f"({inner.sql} is null)", inner.reads)


def _in(node: Any, fields: Mapping[str, str], sub: Sub) -> _Part:
    if node.args.get("query") or node.args.get("unnest"):
        raise _refused("in 里只能列值", "`in` takes listed values only", "列出每个值", "list each value", "E-EXPR-02")
    inner, values = sub(node.this), [sub(value) for value in node.expressions]
    for value in values:
        _same_family(inner, value, "in")

    def member(row: Row) -> bool | None:
        one = inner.closure(row)
        if one is None:
            return None
        listed = [value.closure(row) for value in values]
        return True if any(one == each for each in listed if each is not None) else (None if None in listed else False)

    reads = reduce(operator.or_, (value.reads for value in values), inner.reads)
    return _Part("bool", member, f"({inner.sql} in ({', '.join(v.sql for v in values)}))", reads)


def _between(node: Any, fields: Mapping[str, str], sub: Sub) -> _Part:
    low = exp.GTE(this=node.this.copy(), expression=node.args["low"].copy())
    high = exp.LTE(this=node.this.copy(), expression=node.args["high"].copy())
    return _and(exp.And(this=low, expression=high), fields, sub)


def _coalesce(node: Any, fields: Mapping[str, str], sub: Sub) -> _Part:
    parts = [sub(child) for child in (node.this, *node.expressions)]
    for part in parts[1:]:
        _same_family(parts[0], part, "coalesce")

    def first(row: Row) -> Any:
        return next((value for part in parts if (value := part.closure(row)) is not None), None)

    reads = reduce(operator.or_, (part.reads for part in parts))
    family = next((part.family for part in parts if part.family != "null"), "null")
    return _Part(family, first, f"coalesce({', '.join(p.sql for p in parts)})", reads)


def _length(node: Any, fields: Mapping[str, str], sub: Sub) -> _Part:
    inner = sub(node.this)
    _want(inner, "text", "length")

    def counted(row: Row) -> int | None:
        value = inner.closure(row)
        return None if value is None else len(value)

    return _Part("number", counted, f"length({inner.sql})", inner.reads)


def _absolute(node: Any, fields: Mapping[str, str], sub: Sub) -> _Part:
    inner = sub(node.this)
    _want(inner, "number", "abs")

    def sized(row: Row) -> Any:
        value = inner.closure(row)
        return None if value is None else abs(value)

    return _Part("number", sized, f"abs({inner.sql})", inner.reads)


def _arguments(node: Any) -> list[exp.Expression]:
    if isinstance(node, exp.Anonymous):
        return list(node.expressions)
    return [child for child in (node.this, node.expression) if child is not None]


def _two(node: Any, name: str, families: tuple[str, str], sub: Sub) -> tuple[_Part, _Part]:
    children = _arguments(node)
    if len(children) != 2:
        raise _refused(f"{name} 要两个参数", f"{name} takes two arguments", "补足参数", "give both", "E-EXPR-04")
    left, right = sub(children[0]), sub(children[1])
    _want(left, families[0], name)
    _want(right, families[1], name)
    return left, right


def _call(node: Any, fields: Mapping[str, str], sub: Sub) -> _Part:
    name = str(node.this).lower() if isinstance(node, exp.Anonymous) else node.sql_name().lower()
    maker = _CALLS.get(name)
    if maker is None:
        raise _refused(
            f"没有函数 {name}",
            f"no function {name}",
            f"可用函数:coalesce、length、abs、{'、'.join(sorted(_CALLS))}",
            f"functions: coalesce, length, abs, {', '.join(sorted(_CALLS))}",
            "E-EXPR-02",
        )
    return maker(node, sub)


def _lift(left: _Part, right: _Part, family: str, work: Callable[[Any, Any], Any], sql: str) -> _Part:
    def worked(row: Row) -> Any:
        one, two = left.closure(row), right.closure(row)
        return None if one is None or two is None else work(one, two)

    return _Part(family, worked, sql, left.reads | right.reads)


def _contains(node: Any, sub: Sub) -> _Part:
    left, right = _two(node, "contains", ("text", "text"), sub)
    return _lift(left, right, "bool", lambda a, b: b in a, f"contains({left.sql}, {right.sql})")


def _has(node: Any, sub: Sub) -> _Part:
    left, right = _two(node, "has", ("list", "text"), sub)

    inside = f"contains(concat('|', {left.sql}, '|'), concat('|', {right.sql}, '|'))"
    # concat skips nulls in DuckDB and not in Spark: say the null ourselves.
    guarded = f"(case when {left.sql} is null then null else {inside} end)"
    return _lift(left, right, "bool", lambda a, b: b in a.split("|"), guarded)


def _moment(value: Any) -> datetime:
    return value if isinstance(value, datetime) else datetime.combine(value, datetime.min.time())


def _seconds_between(node: Any, sub: Sub) -> _Part:
    later, earlier = _two(node, "seconds_between", ("time", "time"), sub)
    said = f"(cast(epoch_us({later.sql}) - epoch_us({earlier.sql}) as double) / 1000000.0)"
    return _lift(later, earlier, "number", lambda a, b: (_moment(a) - _moment(b)).total_seconds(), said)


def _days_between(node: Any, sub: Sub) -> _Part:
    later, earlier = _two(node, "days_between", ("date", "date"), sub)
    said = f"(cast({later.sql} as date) - cast({earlier.sql} as date))"

    def counted(a: date, b: date) -> int:
        return (a - b).days

    return _lift(later, earlier, "number", counted, said)


_CALLS: dict[str, Callable[[Any, Sub], _Part]] = {
    "contains": _contains,
    "has": _has,
    "seconds_between": _seconds_between,
    "days_between": _days_between,
}

_MAKERS: tuple[tuple[Any, Callable[[Any, Mapping[str, str], Sub], _Part]], ...] = (
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
