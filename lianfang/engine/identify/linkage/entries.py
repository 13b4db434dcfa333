"""From record tables to one long list of (record, field, number), without a Python object a row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from lianfang.engine.identify.linkage import fields as link_fields
from lianfang.engine.identify.linkage import lanes as lane
from lianfang.engine.identify.linkage import strings
from lianfang.engine.identify.linkage.fields import LinkRules

# Used where an institution has not set its own: numbers never leave the run that made them.
DEFAULT_KEY = b"lianfang linkage"
_NO_BYTES = np.empty(0, np.uint8)


@dataclass(frozen=True)
class Block:
    """Identifier columns of some records, row by row; entry = base + row * columns + column."""

    base: int
    columns: tuple[pa.Array, ...]
    codes: tuple[int, ...]

    @property
    def n_entries(self) -> int:
        """Say how many entries the block holds, empty ones included."""
        return len(self.columns) * (len(self.columns[0]) if self.columns else 0)


@dataclass(frozen=True)
class Entries:
    """All identifiers of all records.

    Args:
        number: keyed 64-bit number of the normal form within its space; 0 where there is none.
        record: the record that holds it.
        field: code of the field, see `fields.LinkRules.codes`.
        blocks: where the values themselves are, to be masked.
    """

    number: npt.NDArray[np.uint64]
    record: npt.NDArray[np.int32]
    field: npt.NDArray[np.uint8]
    blocks: tuple[Block, ...]

    def values(self, chosen: npt.NDArray[np.integer]) -> pa.Array:
        """Fetch the normal forms of chosen entries.

        Args:
            chosen: places in this list.

        Returns:
            Strings in the order of `chosen`.
        """
        chosen = np.asarray(chosen, np.int64)
        parts, rows = [pa.array([], pa.string())], [np.empty(0, np.int64)]
        for block in self.blocks:
            inside = np.flatnonzero((chosen >= block.base) & (chosen < block.base + block.n_entries))
            if not inside.size:
                continue
            row, column = np.divmod(chosen[inside] - block.base, len(block.columns))
            for place, values in enumerate(block.columns):
                mine = column == place
                parts.append(values.take(pa.array(row[mine])).cast(pa.string()))
                rows.append(inside[mine])
        back = np.argsort(np.concatenate(rows), kind="stable")
        return pa.concat_arrays(parts).take(pa.array(back))


def entries(
    tables: Sequence[pa.Table],
    found: pa.Table | None = None,
    rules: LinkRules | None = None,
    key: bytes = DEFAULT_KEY,
    lanes: int | None = None,
) -> Entries:
    """List the identifiers of record tables and of their texts.

    Args:
        tables: record tables with `record_no` and any link fields.
        found: identifiers found in texts: `record_no`, `kind`, `value`.
        rules: the link fields; None for the packaged ones.
        key: 16 bytes; numbers made with another key do not meet.
        lanes: threads; None for one a core.

    Returns:
        One entry a record and field; empty cells have number 0.

    Shape:
        reads  <kind>(record_no, <link fields>), found(record_no, kind, value)
        makes  arrays number, record, field of one length
    """
    rules = rules or link_fields.load()
    blocks: list[Block] = []
    numbers, records, codes = [], [], []
    base = 0
    for table in [*tables, *_found_tables(found)]:
        names = link_fields.known(table.column_names, rules)
        if not names or not table.num_rows:
            continue
        columns = tuple(_string(table[name]) for name in names)
        mine = tuple(rules.codes[name] for name in names)
        block = Block(base, columns, mine)
        numbers.append(_numbered(block, rules, key, lane.count(lanes)))
        record = np.asarray(_whole(table["record_no"]), np.int32)
        records.append(np.repeat(record, len(names)))
        codes.append(np.tile(np.array(mine, np.uint8), table.num_rows))
        blocks.append(block)
        base += block.n_entries
    if not blocks:
        return Entries(np.empty(0, np.uint64), np.empty(0, np.int32), _NO_BYTES, ())
    return Entries(
        np.concatenate(numbers), np.concatenate(records), np.concatenate(codes), tuple(blocks)
    )


def number_column(
    values: pa.Array, space: str, key: bytes = DEFAULT_KEY, lanes: int | None = None
) -> npt.NDArray[np.uint64]:
    """Number one column of strings: equal strings of a space get equal numbers.

    Args:
        values: normal forms; null and empty give 0.
        space: which identifiers these are; the same string elsewhere has another number.
        key: 16 bytes.
        lanes: threads; None for one a core.

    Returns:
        One 64-bit number a row.

    Source:
        SipHash-1-3 (Aumasson, Bernstein 2012), keyed.
    """
    out = np.empty(len(values), np.uint64)
    _number_into(_string(values), _space_key(space, key), out, 0, 1, lane.count(lanes))
    return out


def _numbered(
    block: Block, rules: LinkRules, key: bytes, lanes: int
) -> npt.NDArray[np.uint64]:
    n_columns = len(block.columns)
    out = np.empty(block.n_entries, np.uint64)
    for place, (values, code) in enumerate(zip(block.columns, block.codes, strict=True)):
        space = _space_key(rules.fields[code].space, key)
        _number_into(values, space, out, place, n_columns, lanes)
    return out


def _number_into(
    values: pa.Array, key: npt.NDArray[np.int64], out: npt.NDArray[np.uint64], column: int,
    n_columns: int, lanes: int,
) -> None:
    from lianfang.engine.identify.linkage.kernels import numbers

    validity = values.buffers()[0]
    bits = _NO_BYTES if validity is None else np.frombuffer(validity, np.uint8)
    text, places = strings.buffers(values)
    lane.run(
        numbers.number_strings, lane.ranges(len(values), lanes), text, places, bits, values.offset,
        key, out, column, n_columns,
    )


def _space_key(space: str, key: bytes) -> npt.NDArray[np.int64]:
    """Mix the name of a space into the key, so that spaces never meet."""
    import hashlib

    digest = hashlib.blake2b(space.encode(), key=key, digest_size=16).digest()
    return np.frombuffer(digest, np.int64)


def _found_tables(found: pa.Table | None) -> list[pa.Table]:
    """Turn found identifiers into one table a kind, named like a field."""
    if found is None or not found.num_rows:
        return []
    kinds: Mapping[str, None] = dict.fromkeys(sorted(pc.unique(found["kind"]).to_pylist()))
    parts = []
    for kind in kinds:
        mine = found.filter(pc.equal(found["kind"], kind))
        parts.append(pa.table({"record_no": mine["record_no"], f"found_{kind}": mine["value"]}))
    return parts


def _whole(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    if not isinstance(column, pa.ChunkedArray):
        return column
    if column.num_chunks == 1:
        return column.chunk(0)
    return pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)


def _string(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    """Give a column as one plain string array."""
    plain = (pa.types.is_string, pa.types.is_large_string)
    if not any(is_plain(column.type) for is_plain in plain):
        column = column.cast(pa.string())
    if isinstance(column, pa.ChunkedArray) and column.nbytes > 2**31 - 1:
        column = column.cast(pa.large_string())
    return _whole(column)
