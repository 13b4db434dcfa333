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


def bodies(kind: str, table: pa.Table) -> pa.Array:
    """Join the text fields of many records, never null.

    Args:
        kind: the records' kind.
        table: the records.

    Shape:
        n records in, n large strings out, in the same order; each is `body` of its row.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    joined = pa.array([""] * table.num_rows, pa.large_string())
    for name in fields.texts(kind):
        if name in table.column_names and table.num_rows:
            part = pc.fill_null(table[name].cast(pa.large_string()).combine_chunks(), "")
            gap = pc.if_else(_is_empty(joined), "", pc.if_else(_is_empty(part), "", "\n"))
            joined = pc.binary_join_element_wise(joined, part, gap.cast(pa.large_string()))
    return joined


def _is_empty(texts: pa.Array) -> pa.BooleanArray:
    import pyarrow.compute as pc

    return pc.equal(pc.binary_length(texts), 0)
