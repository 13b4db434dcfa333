"""The text of a record: its text fields one below the other; spans count from its start."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from lianfang.engine.identify.guides import fields

if TYPE_CHECKING:
    import pyarrow as pa


def body(kind: str, row: Mapping[str, Any]) -> str:
    """Join the text fields of one record; missing and empty ones leave no line.

    Args:
        kind: the record's kind; the schema names its text fields.
        row: field name to value.
    """
    return "\n".join(str(row[name]) for name in fields.texts(kind) if row.get(name))


def bodies(kind: str, table: pa.Table) -> pa.ChunkedArray:
    """Join the text fields of many records, never null.

    Args:
        kind: the records' kind.
        table: the records.

    Shape:
        n records in, n large strings out, in the same order; each is `body` of its row.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    parts = []
    for name in fields.texts(kind):
        if name in table.column_names:
            column = table[name].cast(pa.large_string())
            parts.append(pc.if_else(pc.equal(pc.binary_length(column), 0), pa.scalar(None, pa.large_string()), column))
    if not parts:
        return pa.chunked_array([pa.array([""] * table.num_rows, pa.large_string())])
    joined = pc.binary_join_element_wise(*parts, pa.scalar("\n", pa.large_string()), null_handling="skip")
    return pc.fill_null(joined, "")
