"""Rows that no rule can tell apart are judged once.

Ten million contacts have some thousands of shapes: the same channel, party, purpose, hour band and so
on. A shape is the row as far as the rules can see it; its answers hold for every row of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import sqlglot
from sqlglot import exp

from lianfang.engine.conduct.contact import FIELDS
from lianfang.engine.conduct.rules import Rules
from lianfang.engine.tables.expression import Expression

Longs = npt.NDArray[np.int64]
_BIG = 2**62
_COMPARES = (exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE)


class Sight(StrEnum):
    """How sharply the rules see a field."""

    EMPTY = "empty"  # only whether it is there
    BAND = "band"  # between which numbers of the rules it lies
    EXACT = "exact"


@dataclass(frozen=True)
class Eyes:
    """What the rules can see.

    Args:
        sights: field -> how sharply.
        marks: numeric field -> the numbers it is compared with, ascending; `at_us` has the rules' dates.
    """

    sights: Mapping[str, Sight]
    marks: Mapping[str, tuple[float, ...]]


def expressions(rules: Rules) -> Iterator[Expression]:
    """Give every expression of the contact rules and of what they count."""
    for rule in rules.contact:
        yield from (one for one in (rule.scope, rule.forbid, rule.unless, rule.made) if one is not None)
    for unit in rules.units:
        yield from (unit.of, unit.made)


def eyes(rules: Rules) -> Eyes:
    """Work out what the rules can see."""
    sights: dict[str, Sight] = {}
    marks: dict[str, set[float]] = defaultdict(set)
    for one in expressions(rules):
        for column in sqlglot.parse_one(f"select {one.sql()}", read="duckdb").find_all(exp.Column):
            sight, numbers = _sight(column)
            if sight is Sight.EMPTY and FIELDS.get(column.name) not in ("string", "list"):
                sight = Sight.EXACT
            held = sights.get(column.name, sight)
            sights[column.name] = sight if held is Sight.EMPTY else held if sight in (Sight.EMPTY, held) else Sight.EXACT
            marks[column.name] |= numbers
    for rule in rules.contact:
        for need in rule.needs:
            sights[need] = Sight.EXACT
        dates = (rule.source.effective_from_us, rule.source.effective_to_us)
        marks["at_us"] |= {float(each) for each in dates if each is not None}
    sights["at_us"] = Sight.BAND
    return Eyes(sights, {name: tuple(sorted(numbers)) for name, numbers in marks.items()})


def _sight(column: exp.Column) -> tuple[Sight, set[float]]:
    """Say how sharply one place of an expression sees its field."""
    node: Any = column
    numbers: set[float] = set()
    while isinstance(node.parent, exp.Paren | exp.Coalesce):
        node = node.parent
        if isinstance(node, exp.Coalesce):
            others = [each for each in (node.this, *node.expressions) if column not in set(each.find_all(exp.Column)) and each is not column]
            if not all(isinstance(each, exp.Literal) for each in others):
                return Sight.EXACT, set()
            numbers |= {float(each.this) for each in others if not each.is_string}
    if isinstance(node.parent, exp.Is):
        return Sight.EMPTY, set()
    if isinstance(node.parent, _COMPARES) and FIELDS.get(column.name) == "int":
        other = node.parent.right if node.parent.left is node else node.parent.left
        if isinstance(other, exp.Literal):
            return Sight.BAND, numbers | {float(other.this)}
    return Sight.EXACT, set()


def codes(table: pa.Table, seen: Eyes) -> Longs:
    """Number every row by its shape within one batch; equal numbers are equal shapes."""
    made, width = np.zeros(table.num_rows, dtype=np.int64), 1
    for name in sorted(seen.sights):
        part = _part(table[name].combine_chunks(), seen.sights[name], seen.marks.get(name, ()))
        size = int(part.max(initial=0)) + 1
        if width * size >= _BIG:
            made = np.unique(made, return_inverse=True)[1].astype(np.int64)
            width = int(made.max(initial=0)) + 1
        made, width = made * size + part, width * size
    return made


def _part(column: pa.Array, sight: Sight, marks: tuple[float, ...]) -> Longs:
    if sight is Sight.EMPTY:
        return pc.is_valid(column).to_numpy(zero_copy_only=False).astype(np.int64)
    if pa.types.is_dictionary(column.type):
        return column.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64) + 1
    if pa.types.is_string(column.type):
        return _part(column.dictionary_encode(), sight, marks)
    if sight is Sight.BAND:
        lost = pc.is_null(column).to_numpy(zero_copy_only=False)
        values = column.cast(pa.int64()).fill_null(0).to_numpy(zero_copy_only=False)
        edges = np.array(sorted({int(mark) for mark in marks}), dtype=np.int64)
        # Twice the place, one more where it is the number itself: below, at and above all differ.
        place = np.searchsorted(edges, values, side="left") + np.searchsorted(edges, values, side="right")
        return np.where(lost, 0, place + 1)
    if pa.types.is_boolean(column.type):
        held = column.cast(pa.int8()).fill_null(-1).to_numpy(zero_copy_only=False)
        return held.astype(np.int64) + 1
    return _part(column.cast(pa.string()).dictionary_encode(), sight, marks)


@dataclass
class Shapes:
    """Shapes met so far: one row of each, and for every row of the log which shape it has."""

    seen: Eyes
    rows: list[pa.Table]
    number: list[npt.NDArray[np.int32]]
    n: int = 0

    def take(self, table: pa.Table) -> None:
        """Take a plain batch in."""
        _, first, inverse = np.unique(codes(table, self.seen), return_index=True, return_inverse=True)
        one_each = table.select([*FIELDS, "at_us"]).take(pa.array(first))
        plain = {name: one_each[name].cast(pa.string()) if pa.types.is_dictionary(one_each[name].type) else one_each[name]
                 for name in one_each.column_names}
        self.rows.append(pa.table(plain))
        self.number.append((inverse + self.n).astype(np.int32))
        self.n += len(first)

    def table(self) -> pa.Table | None:
        """Give one row per shape, in the order they were numbered."""
        return pa.concat_tables(self.rows, promote_options="permissive") if self.rows else None
