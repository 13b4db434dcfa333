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
import sqlglot
from sqlglot import exp

from lianfang.engine.conduct import columns, silence
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
    lacks = {name for rule in rules.contact for name in rule.lacks}
    yield from (one for name, one in silence.tests().items() if name in lacks)


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
        column = _whole(table[name])
        if column.null_count == len(column):
            continue  # all rows are alike here
        part = _part(column, seen.sights[name], seen.marks.get(name, ()))
        size = int(part.max(initial=0)) + 1
        if int(part.min(initial=size)) == size - 1:
            continue
        if width * size >= _BIG:
            made, width = _renumbered(made)
        made, width = made * size + part, width * size
    return made


def _whole(column: pa.ChunkedArray) -> pa.Array:
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def _renumbered(made: Longs) -> tuple[Longs, int]:
    """Number the numbers met from 0 up."""
    held = pa.array(made).dictionary_encode()
    return held.indices.to_numpy().astype(np.int64), max(1, len(held.dictionary))


def _part(column: pa.Array, sight: Sight, marks: tuple[float, ...]) -> npt.NDArray[Any]:
    """Give every row a number from 0 up by what the rules see of one field."""
    if sight is Sight.EMPTY:
        return _given(column).astype(np.int8)
    if pa.types.is_dictionary(column.type):
        return columns.numbers(column, -1) + 1
    if pa.types.is_string(column.type):
        return _part(column.dictionary_encode(), sight, marks)
    if sight is Sight.BAND:
        values = column.cast(pa.int64())
        values = (values.fill_null(pa.scalar(0, pa.int64())) if values.null_count else values).to_numpy(zero_copy_only=False)
        edges = np.array(sorted({int(mark) for mark in marks}), dtype=np.int64)
        # Twice the place, one more where it is the number itself: below, at and above all differ.
        place = _places(edges, values) + 1
        return np.where(_given(column), place, 0) if column.null_count else place
    if pa.types.is_boolean(column.type):
        given = _given(column)
        return np.where(given, column.fill_null(pa.scalar(False)).to_numpy(zero_copy_only=False).astype(np.int8) + 1, 0)
    return _part(column.cast(pa.string()).dictionary_encode(), sight, marks)


def _given(column: pa.Array) -> npt.NDArray[np.bool_]:
    """Say which rows are not empty."""
    if column.null_count == 0:
        return np.ones(len(column), dtype=np.bool_)
    return np.asarray(column.is_valid().to_numpy(zero_copy_only=False))


def _places(edges: Longs, values: Longs) -> npt.NDArray[np.int16]:
    """Count the edges below and the edges at or below every value; one comparison of a column an edge."""
    made = np.zeros(len(values), dtype=np.int16)
    if not len(values):
        return made
    least, most = int(values.min()), int(values.max())
    for edge in edges.tolist():
        if most < edge:
            break
        if least > edge:
            made += 2
        else:
            made += values >= edge
            made += values > edge
    return made


@dataclass
class Shapes:
    """Shapes met so far: one row of each, and for every row of the log which shape it has."""

    seen: Eyes
    rows: list[pa.Table]
    number: list[npt.NDArray[np.int32]]
    n: int = 0

    def take(self, table: pa.Table) -> None:
        """Take a plain batch in."""
        self.keep(*distinct(table, self.seen))

    def keep(self, one_each: pa.Table, number: npt.NDArray[np.int32]) -> None:
        """Keep a batch's shapes, as `distinct` gives them."""
        self.rows.append(one_each)
        self.number.append(number + np.int32(self.n))
        self.n += one_each.num_rows

    def table(self) -> pa.Table | None:
        """Give one row per shape, in the order they were numbered."""
        return pa.concat_tables(self.rows, promote_options="permissive") if self.rows else None


def distinct(table: pa.Table, seen: Eyes) -> tuple[pa.Table, npt.NDArray[np.int32]]:
    """Give one row of every shape of a plain batch, and every row's shape."""
    held = pa.array(codes(table, seen)).dictionary_encode()
    number = held.indices.to_numpy().astype(np.int32)
    first = np.zeros(len(held.dictionary), dtype=np.int64)
    first[number[::-1]] = np.arange(len(number) - 1, -1, -1)
    one_each = table.select([*FIELDS, "at_us"]).take(pa.array(first))
    plain = {name: one_each[name].cast(pa.string()) if pa.types.is_dictionary(one_each[name].type) else one_each[name]
             for name in one_each.column_names}
    return pa.table(plain), number
