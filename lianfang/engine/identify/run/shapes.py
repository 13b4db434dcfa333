"""The shapes of result tables, read from `data/outputs/run.yaml`, which the docs page is made from too."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import pyarrow as pa

from lianfang.engine.terms import shelf
from lianfang.engine.terms.errors import Say

_TYPES = {
    "string": pa.string(),
    "int32": pa.int32(),
    "int64": pa.int64(),
    "float64": pa.float64(),
    "bool": pa.bool_(),
    "date": pa.date32(),
}


@dataclass(frozen=True)
class Column:
    """One column of a result table."""

    name: str
    type: str
    meaning: Say


@dataclass(frozen=True)
class Shape:
    """One result table: what a row is, how rows are ordered, its columns."""

    name: str
    meaning: Say
    order: tuple[str, ...]
    columns: tuple[Column, ...]

    @property
    def schema(self) -> pa.Schema:
        """Give the Arrow schema."""
        return pa.schema([(column.name, _TYPES[column.type]) for column in self.columns])


@cache
def shapes() -> dict[str, Shape]:
    """Read all shapes, in the order results are written."""
    read = shelf.yaml(shelf.path("outputs", "run.yaml"))
    return {
        name: Shape(
            name,
            Say(**table["meaning"]),
            tuple(table["order"]),
            tuple(Column(c["name"], c["type"], Say(**c["meaning"])) for c in table["columns"]),
        )
        for name, table in read["tables"].items()
    }


def fitted(name: str, table: pa.Table) -> pa.Table:
    """Give a table exactly the columns and types of its shape, in order."""
    schema = shapes()[name].schema
    return table.select(schema.names).cast(schema)
