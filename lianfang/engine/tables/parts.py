"""A checked piece of an expression, and how a piece is refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from lianfang.engine.terms.errors import Say

Row = Mapping[str, Any]
Closure = Callable[[Row], Any]

# Families of types that may stand on both sides of a comparison.
FAMILY = {
    "string": "text",
    "text": "text",
    "int": "number",
    "money": "number",
    "float": "number",
    "bool": "bool",
    "time": "time",
    "date": "date",
    "list": "list",
}


@dataclass(frozen=True)
class Part:
    """A checked node: its family, its closure, its SQL, the fields it reads."""

    family: str
    closure: Closure
    sql: str
    reads: frozenset[str]


class Refused(Exception):
    """A node that is not on the list; `expression.parse` turns it into a `DefinitionError`."""

    def __init__(self, say: Say, fix: Say, code: str) -> None:
        super().__init__(say.zh)
        self.say, self.fix, self.code = say, fix, code


def refused(zh: str, en: str, fix_zh: str, fix_en: str, code: str) -> Refused:
    """Make the refusal of a node, both languages."""
    return Refused(Say(zh, en), Say(fix_zh, fix_en), code)


def want(part: Part, family: str, what: str) -> None:
    """Refuse a piece that is not of the family its place needs."""
    if part.family not in (family, "null"):
        raise refused(
            f"{what} 两边要是 {family},这里是 {part.family}",
            f"{what} wants {family}, not {part.family}",
            "检查字段类型",
            "check the field's type",
            "E-EXPR-04",
        )
