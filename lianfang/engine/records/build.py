"""Raw batches become record batches: typed, in normal form, with where each row came from."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numba import njit

from lianfang.engine.identifiers import buffers, kinds
from lianfang.engine.records import cells, digest, headers, schema, secrets, values
from lianfang.engine.records.mapping import SECRET, ColumnUse, Mapping, stem
from lianfang.engine.records.rejects import Reason, RejectLog
from lianfang.engine.records.schema import Field
from lianfang.engine.records.source import ROW
from lianfang.engine.terms import compiled


@njit(cache=True, nogil=True)
def _enter(b, offsets, book, shift, out):  # type: ignore[no-untyped-def]
    # open-addressed set of 64-bit fingerprints (FNV-1a, then mixed); marks what was there before
    mask, n_new = len(book) - 1, 0
    for row in range(len(offsets) - 1):
        code = np.uint64(14695981039346656037)
        for i in range(offsets[row], offsets[row + 1]):
            code = (code ^ np.uint64(b[i])) * np.uint64(1099511628211)
        code ^= code >> np.uint64(29)
        code = code * np.uint64(0xBF58476D1CE4E5B9) + np.uint64(shift)
        code = code if code != np.uint64(0) else np.uint64(1)
        place = np.int64(code >> np.uint64(20)) & mask
        while book[place] != np.uint64(0) and book[place] != code:
            place = (place + 1) & mask
        out[row] = book[place] == code
        if not out[row]:
            book[place] = code
            n_new += 1
    return n_new


@njit(cache=True, nogil=True)
def _regrow(old, new):  # type: ignore[no-untyped-def]
    mask = len(new) - 1
    for i in range(len(old)):
        if old[i] != np.uint64(0):
            place = np.int64(old[i] >> np.uint64(20)) & mask
            while new[place] != np.uint64(0):
                place = (place + 1) & mask
            new[place] = old[i]


@dataclass
class IdBook:
    """Record numbers given so far in one kind, so that a doubled one gets `~2`."""

    _book: Any = field(default_factory=lambda: np.zeros(1 << 16, np.uint64))
    _seen: set[bytes] = field(default_factory=set)
    _n_used: int = 0
    _doubled: dict[str, int] = field(default_factory=dict)

    def distinct(self, ids: pa.Array) -> pa.Array:
        """Give every record its own number; the first keeps its own, the next gets `~2`."""
        was_there = self._enter(ids) if compiled.used() else self._enter_each(ids)
        if not was_there.any():
            return ids
        again = [self._next(one) for one in ids.filter(pa.array(was_there)).to_pylist()]
        return pc.replace_with_mask(ids, pa.array(was_there), pa.array(again, pa.string()))

    def _enter(self, ids: pa.Array) -> Any:
        if (self._n_used + len(ids)) * 2 > len(self._book):
            grown = np.zeros(1 << int(np.ceil(np.log2((self._n_used + len(ids)) * 4))), np.uint64)
            _regrow(self._book, grown)
            self._book = grown
        held, offsets, _ = buffers.views(ids)
        was_there = np.empty(len(ids), np.bool_)
        self._n_used += _enter(held, offsets, self._book, 0, was_there)
        return was_there

    def _enter_each(self, ids: pa.Array) -> Any:
        was_there = np.zeros(len(ids), np.bool_)
        for at, one in enumerate(ids.cast(pa.binary()).to_pylist()):
            was_there[at] = one in self._seen
            self._seen.add(one)
        return was_there

    def _next(self, given: str) -> str:
        while True:
            self._doubled[given] = number = self._doubled.get(given, 1) + 1
            made = pa.array([f"{given}~{number}"])
            if not (self._enter(made) if compiled.used() else self._enter_each(made))[0]:
                return f"{given}~{number}"


_BESIDE = ThreadPoolExecutor(1, thread_name_prefix="lianfang-digest")


def _hashed(column: pa.Array, text: pa.Array) -> pa.Array:
    """Give what of a column goes into the row's digest; moments go in as whole numbers."""
    return column.cast(pa.int64()).cast(pa.string()) if pa.types.is_timestamp(column.type) else text


def row_digests(columns: list[pa.Array]) -> pa.Array:
    """Give the SHA-256 of every row: its cells as text in file order, each ended by 0x1F.

    Shape:
        k columns of [n] strings in; [n] strings of 64 hexadecimal digits out.
    """
    joined, ends = cells.join_rows(columns)
    offsets = np.arange(len(ends), dtype=np.int64) * 64
    return cells.text_array(digest.sha256_hex(joined, ends), offsets)


@dataclass(frozen=True)
class Builder:
    """Makes records of one table: its mapping, its file, and where refusals go."""

    mapping: Mapping
    label: str
    log: RejectLog

    def records(self, raw: pa.RecordBatch, first_no: int, ids: IdBook) -> pa.RecordBatch:
        """Make the records of one raw batch; rows with no usable cell are refused.

        Args:
            raw: columns by header, and `@row`.
            first_no: the `record_no` of the first record kept.
            ids: numbers given so far in this kind.
        """
        shape = schema.of(self.mapping.kind)
        rows = raw.column(ROW)
        texts = self._texts(raw)
        hashed = [
            _hashed(raw.column(use.place), texts[use.place])
            for use in self.mapping.columns if use.how != SECRET
        ]  # fmt: skip
        pending = _BESIDE.submit(row_digests, hashed)  # compiled, so it runs beside the fields
        made = [self._field(one, raw, rows) for one in shape.fields]
        own = self._own_ids(raw)
        digests = pending.result()
        usable = self._usable(made, rows, texts)
        if usable is not None:
            made, rows = [one.filter(usable) for one in made], rows.filter(usable)
            own, digests = own.filter(usable), digests.filter(usable)
        numbered = pc.binary_join_element_wise(stem(self.label), rows.cast(pa.string()), "#")
        named = ids.distinct(pc.coalesce(own, numbered))
        record_no = pa.array(np.arange(first_no, first_no + len(rows)))
        system = [record_no, named, pa.repeat(pa.scalar(self.label), len(rows)), rows, digests]
        return pa.RecordBatch.from_arrays([*system, *made], schema=shape.arrow)

    def _texts(self, raw: pa.RecordBatch) -> dict[int, pa.Array]:
        return {
            use.place: column
            if pa.types.is_timestamp((column := raw.column(use.place)).type)
            else values.to_text(column)
            for use in self.mapping.columns
        }

    def _own_ids(self, raw: pa.RecordBatch) -> pa.Array:
        use = self.mapping.of(headers.RECORD_ID)
        if use is not None:
            text = pc.utf8_trim_whitespace(values.to_text(raw.column(use.place)))
            return pc.if_else(pc.equal(text, ""), None, text)
        url = self.mapping.of("url")
        if self.mapping.id_pattern and url is not None:
            found = pc.extract_regex(values.to_text(raw.column(url.place)), self.mapping.id_pattern)
            return pc.if_else(pc.equal(found.field("id"), ""), None, found.field("id"))
        return pa.nulls(raw.num_rows, pa.string())

    def _usable(self, made: list[pa.Array], rows: pa.Array, texts: dict[int, pa.Array]) -> pa.Array | None:
        has_some = np.zeros(len(rows), np.bool_)
        for one in made:
            if one.null_count == 0:
                return None
            if one.null_count < len(one):
                has_some |= one.is_valid().to_numpy(zero_copy_only=False)
        if has_some.all():
            return None
        empty = pa.array(~has_some)
        shown = values.to_text(next(iter(texts.values())).filter(empty))
        self.log.cells(self.label, "", rows.filter(empty), shown, Reason.NO_USABLE_CELL)
        return pa.array(has_some)

    def _field(self, one: Field, raw: pa.RecordBatch, rows: pa.Array) -> pa.Array:
        use = self.mapping.of(one.name)
        if use is None:
            return pa.nulls(raw.num_rows, one.arrow)
        column = raw.column(use.place)
        read, bad = values.read_column(one, column, use.unit)
        if bad is not None:
            read = self._refuse(one, use, read, column, bad, rows)
        if one.type in ("text", "string"):
            read = self._texts_kept(one, use, read, rows)
        return read

    def _refuse(
        self, one: Field, use: ColumnUse, read: pa.Array, column: pa.Array, bad: pa.Array, rows: pa.Array
    ) -> pa.Array:
        raw, at = values.to_text(column).filter(bad), rows.filter(bad)
        if one.identifier is not None:
            first = _first_of_several(one, raw)
            if first is not None:
                has = first.is_valid()
                read = pc.replace_with_mask(read, bad, first)
                self.log.cells(self.label, use.header, at.filter(has), raw.filter(has), Reason.SEVERAL_VALUES)
                raw, at = raw.filter(pc.invert(has)), at.filter(pc.invert(has))
        self.log.cells(self.label, use.header, at, raw, Reason.BAD_VALUE)
        return read

    def _texts_kept(self, one: Field, use: ColumnUse, read: pa.Array, rows: pa.Array) -> pa.Array:
        long = values.too_long(read)
        if long is not None:
            self.log.cells(self.label, use.header, rows.filter(long), read.filter(long), Reason.TOO_LONG)
            cut = pc.utf8_slice_codeunits(read.filter(long), 0, values.MAX_CHARACTERS)
            read = pc.replace_with_mask(read, pc.fill_null(long, False), cut)
        if one.type == "text":
            read, covered = secrets.cover(read)
            if covered is not None:
                self.log.cells(self.label, use.header, rows.filter(covered),
                               pa.nulls(covered.true_count, pa.string()), Reason.SECRET_IN_TEXT)  # fmt: skip
        return read


def _first_of_several(one: Field, raw: pa.Array) -> pa.Array | None:
    """Read cells that hold several numbers; the first is kept, and that is told."""
    identifier = one.identifier
    if identifier is None:
        return None
    coded = raw.dictionary_encode()
    found = []
    for cell in coded.dictionary.to_pylist():
        parts = [part for part in _SEVERAL.split(cell[:4_096]) if part.strip()]
        found.append(kinds.parse(identifier, parts[0]) if len(parts) > 1 else None)
    if not any(found):
        return None
    return pa.array(found, pa.string()).take(coded.indices)


_SEVERAL = re.compile(r"[/,,;;、|\s]+|或|和")


def warm() -> None:
    """Compile every kernel of this file now, so that no user waits for it."""
    IdBook().distinct(pa.array(["a", "a"]))
    _regrow(np.zeros(2, np.uint64), np.zeros(2, np.uint64))
