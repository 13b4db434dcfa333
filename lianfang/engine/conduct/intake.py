"""Contact logs read for an audit: every distinct word of a column meets the records room once.

A row with a bad cell goes through the records room whole, so what is kept, refused and told is the
same as when the records room reads the file; digests of rows are not made, an audit has no use for them.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from lianfang.engine.conduct import words as conduct_words
from lianfang.engine.conduct.contact import COLUMNS, TOLD
from lianfang.engine.records import headers, mapping_file, read, schema, sniff, values
from lianfang.engine.records import load as records
from lianfang.engine.records import mapping as mappings
from lianfang.engine.records.build import Builder, IdBook
from lianfang.engine.records.load import Counts, FileRead, LoadOptions
from lianfang.engine.records.mapping import SECRET, TAKEN, UNKNOWN, Mapping
from lianfang.engine.records.rejects import Reason, RejectLog
from lianfang.engine.records.schema import Field
from lianfang.engine.records.source import ROW, Source, Tally, raw_batch
from lianfang.engine.terms.codes import Kind
from lianfang.engine.terms.errors import DefinitionError, EngineError, InputError, Say

_BATCH_ROWS = 524_288
_WORDY = frozenset(("string", "list", "identifier", "bool", "int"))
_STATED = "disclosed"
# Nearly every row has its own: read cell by cell, as a dictionary would be as long as the column.
_OWN = frozenset(("recording_id", "consent_ref", "loan_ref"))


@dataclass
class Intake:
    """Files of contacts, read once by `batches`; afterwards the accounts are whole.

    Args:
        paths: files and folders, CSV, XLSX, Parquet, JSON.
        mapping_files: mapping files.
        spill_folder: where many refusals wait.
    """

    paths: Sequence[Path]
    mapping_files: tuple[Path, ...] = ()
    spill_folder: Path | None = None
    rejects: RejectLog = field(default_factory=RejectLog)
    files: list[FileRead] = field(default_factory=list)

    @property
    def counts(self) -> Counts:
        """The accounts so far: rows in = rows kept + rows rejected."""
        told = [one.counts for one in self.files]
        return Counts(sum(one.n_in for one in told), sum(one.n_kept for one in told), sum(one.n_rejected for one in told))

    def batches(self) -> Iterator[pa.Table]:
        """Give the contacts, `record_no` ascending over all files.

        Raises:
            InputError: a single file that cannot be read, or nothing to read at all.
            DefinitionError: a mapping file with faults.
        """
        self.rejects.spill_folder = self.spill_folder
        if self.spill_folder is not None:
            self.spill_folder.mkdir(parents=True, exist_ok=True)
        definitions = mapping_file.load_all(self.mapping_files)
        sources = read.open_all(self.paths, self.rejects, mappings.known_headers)
        options, n_kept = LoadOptions(Kind.CONTACT), 0
        chosen = [records.mapping_of(one, options, definitions) for one in sources]
        _all_used(definitions, sources)
        with ThreadPoolExecutor(1, thread_name_prefix="lianfang-files") as beside:
            digests = {path: beside.submit(_sha256, path) for path in dict.fromkeys(one.path for one in sources)}
            for source, mapping in zip(sources, chosen, strict=True):
                desk = _Desk(source, mapping, self.rejects)
                for table in desk.batches(n_kept):
                    n_kept += table.num_rows
                    yield table
                _note_columns(source, mapping, desk.counts, self.rejects)
                self.files.append(FileRead(source.label, mapping.kind, mapping, desk.counts, source.path.stat().st_size,
                                           digests[source.path].result()))


def _all_used(definitions: Sequence[mapping_file.Definition], sources: Sequence[Source]) -> None:
    """Refuse a mapping file that fits none of the files: it was given for a reason."""
    faults = [one.unfitting(sources[0].headers) for one in definitions if not any(one.fits(each.headers) for each in sources)]
    if faults:
        raise DefinitionError(Say("映射文件与任何输入都对不上", "the mapping file fits none of the inputs"),
                              code="E-MAPPING-05", where=faults[0].where, fix=faults[0].fix, faults=faults)


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _note_columns(source: Source, mapping: Mapping, counts: Counts, log: RejectLog) -> None:
    """Tell every column that was not read, and an empty table."""
    told = {SECRET: Reason.SECRET_COLUMN, TAKEN: Reason.DOUBLED_COLUMN, UNKNOWN: Reason.UNKNOWN_COLUMN}
    if counts.n_in == 0:
        log.note(source.label, "", Reason.EMPTY_TABLE)
    for use in mapping.columns:
        if use.how in told:
            log.note(source.label, use.header, told[use.how])


@dataclass(frozen=True)
class _Columns:
    """The columns of one raw batch as read, the rows' ids, and the rows with a bad cell or no cell."""

    made: dict[str, pa.Array]
    named: pa.Array
    is_bad: npt.NDArray[np.bool_]


def _ahead(batches: Iterator[pa.RecordBatch], read: Callable[[pa.RecordBatch], _Columns]) -> Iterator[tuple[pa.RecordBatch, _Columns]]:
    """Give batches and what is read from them in their order, two of them read beside the file."""
    with ThreadPoolExecutor(2, thread_name_prefix="lianfang-desk") as pool:
        waiting: deque[tuple[pa.RecordBatch, Future[_Columns]]] = deque()
        broken: InputError | None = None
        while True:
            try:
                raw = next(batches, None) if broken is None else None
            except InputError as fault:  # what was read before the break is given first
                raw, broken = None, fault
            if raw is not None and raw.num_rows:
                waiting.append((raw, pool.submit(read, raw)))
            if waiting and (raw is None or len(waiting) > 2):
                one, made = waiting.popleft()
                yield one, made.result()
            elif raw is None:
                break
        if broken is not None:
            raise broken


class _Desk:
    """Reads one table of one file."""

    def __init__(self, source: Source, mapping: Mapping, log: RejectLog) -> None:
        self.source, self.mapping, self.log = source, mapping, log
        self.fields = tuple(one for one in schema.of(Kind.CONTACT).fields if one.name in COLUMNS)
        self.counts = Counts(0, 0, 0)

    def batches(self, first_no: int) -> Iterator[pa.Table]:
        """Give the contacts of this table and keep its accounts."""
        tally, n_kept, n_before = Tally(), 0, self.log.n_rows[self.source.label]
        try:
            for raw, made in _ahead(_raw(self.source, self._own(), self.log, tally), self._columns):
                table = self._table(raw, made, first_no + n_kept)
                n_kept += table.num_rows
                yield table
        except InputError as fault:  # the file broke half-way: what was read stays, and the break is told
            self.log.note(self.source.label, "", Reason.UNREADABLE_FILE, fault.say)
        n_rejected = self.log.n_rows[self.source.label] - n_before
        if tally.n_in != n_kept + n_rejected:
            raise EngineError(
                Say(f"行数对不上：读入 {tally.n_in}，保留 {n_kept}，拒收 {n_rejected}",
                    f"rows do not balance: {tally.n_in} in, {n_kept} kept, {n_rejected} rejected"),
                code="E-CONDUCT-05", where=self.source.label, fix=Say("请报告此问题", "please report this"))
        self.counts = Counts(tally.n_in, n_kept, n_rejected)

    def _own(self) -> frozenset[int]:
        """Give the places of the columns in which nearly every row has its own word."""
        used = [self.mapping.of(name) for name in (*_OWN, headers.RECORD_ID)]
        return frozenset(use.place for use in used if use is not None)

    def _columns(self, raw: pa.RecordBatch) -> _Columns:
        """Read the columns of one raw batch and say which rows have a bad cell, or none at all."""
        n = raw.num_rows
        is_bad, has_some, made = np.zeros(n, np.bool_), np.zeros(n, np.bool_), {}
        for one in self.fields:
            use = self.mapping.of(one.name)
            if use is None:
                continue
            column, bad = _read(one, raw.column(use.place), use.unit)
            made[one.name] = column
            if bad is not None:
                is_bad |= bad
            has_some |= True if column.null_count == 0 else column.is_valid().to_numpy(zero_copy_only=False)
        return _Columns(made, self._ids(raw), is_bad | ~has_some)

    def _table(self, raw: pa.RecordBatch, read: _Columns, first_no: int) -> pa.Table:
        """Put one batch together; rows with a bad cell are read by the records room."""
        rows, made, named, is_bad = raw.column(ROW), read.made, read.named, read.is_bad
        if is_bad.any():
            good = pa.array(~is_bad)
            slow = Builder(self.mapping, self.source.label, self.log).records(raw.filter(pa.array(is_bad)), first_no, IdBook())
            place = pa.array(np.searchsorted(rows.to_numpy(), slow.column("source_row").to_numpy()))
            for name, column in {"record_id": named, **{name: made[name] for name in (_STATED,) if name in made}}.items():
                slow = slow.set_column(slow.schema.get_field_index(name), name, column.take(place).cast(pa.string()))
            return self._joined(pa.table({"record_id": named, "source_row": rows, **made}).filter(good), slow, first_no)
        return self._whole(pa.table({"record_id": named, "source_row": rows, **made}), first_no)

    def _whole(self, table: pa.Table, first_no: int) -> pa.Table:
        n = table.num_rows
        label = pa.DictionaryArray.from_arrays(np.zeros(n, np.int32), pa.array([self.source.label]))
        numbers = pa.array(np.arange(first_no, first_no + n))
        return self._cut_off(table.append_column("record_no", numbers).append_column("source_file", label))

    def _cut_off(self, table: pa.Table) -> pa.Table:
        """Say of rows with too few cells that an empty reference of theirs is not told, rather than none."""
        short = self.log.short.get(self.source.label)
        if not short:
            return table
        is_short = pc.is_in(table.column("source_row"), pa.concat_arrays(short))
        for name in TOLD:
            if name != "purpose" and name in table.column_names:
                table = table.append_column(f"told_{name}", pc.invert(pc.and_(is_short, pc.is_null(table.column(name)))))
        return table

    def _joined(self, good: pa.Table, slow: pa.RecordBatch, first_no: int) -> pa.Table:
        """Put the rows both ways read back into the file's order."""
        kept = {name: _like(slow.column(name), good.schema.field(name).type) for name in good.column_names}
        whole = pa.concat_tables([good, pa.table(kept)]).unify_dictionaries().combine_chunks()
        order = np.argsort(whole["source_row"].to_numpy(), kind="stable")
        return self._whole(whole.take(pa.array(order)), first_no)

    def _ids(self, raw: pa.RecordBatch) -> pa.Array:
        """Give the log's own id of every row, else the file's name and the row."""
        use = self.mapping.of(headers.RECORD_ID)
        numbered = None
        if use is not None:
            text = pc.utf8_trim_whitespace(values.to_text(raw.column(use.place)))
            empty = pc.fill_null(pc.equal(text, ""), True)
            if not pc.any(empty).as_py():
                return text
            numbered = pc.if_else(empty, pa.scalar(None, pa.string()), text)
        made = pc.binary_join_element_wise(mappings.stem(self.source.label), raw.column(ROW).cast(pa.string()), "#")
        return made if numbered is None else pc.coalesce(numbered, made)


def _like(column: pa.Array, kind: pa.DataType) -> pa.Array:
    return column.dictionary_encode() if pa.types.is_dictionary(kind) else column.cast(kind)


def _read(one: Field, column: pa.Array, unit: str | None) -> tuple[pa.Array, Any]:
    """Read one raw column; give its values and which rows are bad, none where none is."""
    if pa.types.is_null(column.type) or column.null_count == len(column):
        return pa.nulls(len(column), one.arrow), None
    is_wordy = pa.types.is_string(column.type) or pa.types.is_dictionary(column.type)
    if not is_wordy or one.type not in _WORDY or one.name in _OWN:
        made, bad = values.read_column(one, column, unit)
        return made, None if bad is None else pc.fill_null(bad, False).to_numpy(zero_copy_only=False)
    held = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    if not pa.types.is_string(held.type.value_type):
        return _read(one, values.to_text(column), unit)
    words, bad = values.read_column(one, held.dictionary, unit)
    if one.name == _STATED:
        words = _nothing_kept(held.dictionary, words)
    rows = held.indices
    if bad is not None:
        bad = pc.fill_null(pc.fill_null(bad, False).take(rows), False).to_numpy(zero_copy_only=False)
    if one.type in ("bool", "int"):
        return words.take(rows), bad
    listed = words.dictionary_encode()  # two spellings may be one word now, and some none
    if listed.indices.null_count or len(listed.dictionary) < len(words):
        rows = listed.indices.take(rows)
    return pa.DictionaryArray.from_arrays(rows.cast(pa.int32()), listed.dictionary), bad


def _nothing_kept(raw: pa.Array, words: pa.Array) -> pa.Array:
    """Keep a cell that says nothing was stated; to the records room it is as empty as one that says nothing."""
    said = [conduct_words.disclosed((word or "").strip().casefold()) == "nothing" for word in raw.to_pylist()]
    return pc.if_else(pa.array(said), pa.scalar("nothing"), words)


def _raw(source: Source, own: frozenset[int], log: RejectLog, tally: Tally) -> Iterator[pa.RecordBatch]:
    """Give raw batches; those of Parquet files a row group at a time, words but for `own` as dictionaries."""
    if sniff.form(source.path) is not sniff.Form.PARQUET:
        yield from source.batches(log, tally)
        return
    n_row = 0
    try:
        with pq.ParquetFile(source.path) as told:
            worded = [one.name for place, one in enumerate(told.schema_arrow) if pa.types.is_string(one.type) and place not in own]
        with pq.ParquetFile(source.path, read_dictionary=worded) as opened:
            for group in range(opened.num_row_groups):
                for batch in opened.iter_batches(batch_size=_BATCH_ROWS, row_groups=[group]):
                    tally.n_in += batch.num_rows
                    rows = pa.array(np.arange(n_row + 1, n_row + batch.num_rows + 1))
                    yield raw_batch(source.headers, batch.columns, rows)
                    n_row += batch.num_rows
    except (pa.ArrowException, OSError) as fault:
        raise InputError(Say(f"Parquet 文件读到一半坏了：{fault}", f"Parquet broke half-way: {fault}"), code="E-CONDUCT-06",
                         where=source.label, fix=Say("请重新导出", "export it again")) from fault
