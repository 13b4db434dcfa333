"""Files and folders in; one table a kind, every refusal and the accounts out."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from lianfang.engine.records import mapping as mappings
from lianfang.engine.records import mapping_file, read, schema
from lianfang.engine.records.build import Builder, IdBook
from lianfang.engine.records.mapping import SECRET, TAKEN, UNKNOWN, Mapping
from lianfang.engine.records.rejects import Reason, RejectLog
from lianfang.engine.records.source import Source, Tally
from lianfang.engine.terms.codes import Kind
from lianfang.engine.terms.errors import DefinitionError, EngineError, InputError, Say


@dataclass(frozen=True)
class LoadOptions:
    """How to load: the kind where it is known, mapping files, where big tables wait."""

    kind: Kind | None = None
    mapping_files: tuple[Path, ...] = ()
    folder: Path | None = None
    memory_bytes: int = 3 << 30


@dataclass(frozen=True)
class Counts:
    """The accounts: rows in = rows kept + rows rejected."""

    n_in: int
    n_kept: int
    n_rejected: int


@dataclass(frozen=True)
class FileRead:
    """What became of one table of one file."""

    file: str
    kind: Kind
    mapping: Mapping
    counts: Counts
    n_bytes: int
    sha256: str


@dataclass(frozen=True)
class Loaded:
    """Everything one load made.

    `tables`: kind -> Arrow table in memory, or the Parquet file it was written to where memory
    was too small; `Loaded.table(kind)` gives an Arrow table either way.
    """

    tables: dict[Kind, pa.Table | Path]
    rejects: RejectLog
    counts: Counts
    files: tuple[FileRead, ...]

    def table(self, kind: Kind) -> pa.Table:
        """Give the records of one kind; an empty table where there are none."""
        held = self.tables.get(kind)
        if held is None:
            return schema.of(kind).arrow.empty_table()
        return pq.read_table(held) if isinstance(held, Path) else held


@dataclass
class _Shelf:
    """The records of one kind so far: in memory, then in a Parquet file."""

    kind: Kind
    folder: Path | None
    ids: IdBook = field(default_factory=IdBook)
    held: list[pa.RecordBatch] = field(default_factory=list)
    writer: pq.ParquetWriter | None = None
    path: Path | None = None

    def add(self, batch: pa.RecordBatch) -> None:
        if self.writer is not None:
            self.writer.write_batch(batch)
        else:
            self.held.append(batch)

    def spill(self) -> None:
        if self.writer is None and self.held:
            folder = self.folder or Path(tempfile.mkdtemp(prefix="lianfang-records-"))
            folder.mkdir(parents=True, exist_ok=True)
            self.path = folder / f"{self.kind.value}.parquet"
            self.writer = pq.ParquetWriter(self.path, schema.of(self.kind).arrow, compression="zstd")
        if self.writer is not None:
            for batch in self.held:
                self.writer.write_batch(batch)
            self.held = []

    def close(self) -> pa.Table | Path:
        if self.writer is not None and self.path is not None:
            self.writer.close()
            return self.path
        return pa.Table.from_batches(self.held, schema.of(self.kind).arrow)


def load(paths: Sequence[Path], options: LoadOptions = LoadOptions()) -> Loaded:
    """Read files and folders into records.

    Args:
        paths: files, or folders of them; order does not matter, records are numbered by file
            name, then row.
        options: kind, mapping files, where big tables wait.

    Returns:
        Tables by kind, refusals, accounts, and how every column was used.

    Raises:
        InputError: a single file that cannot be read, or nothing to read at all.
        DefinitionError: a mapping file with faults, or one that fits no file.
    """
    log = RejectLog()
    definitions = mapping_file.load_all(options.mapping_files)
    sources = read.open_all(paths, log, mappings.known_headers)
    chosen = [mapping_of(source, options, definitions) for source in sources]
    _all_used(definitions, sources)
    shelves: dict[Kind, _Shelf] = {}
    files, n_kept = [], 0
    with ThreadPoolExecutor(1, thread_name_prefix="lianfang-files") as beside:
        digests = {path: beside.submit(_sha256, path) for path in dict.fromkeys(one.path for one in sources)}
        for source, mapping in zip(sources, chosen, strict=True):
            shelf = shelves.setdefault(mapping.kind, _Shelf(mapping.kind, options.folder))
            counts = _read(source, mapping, shelf, log, n_kept)
            n_kept += counts.n_kept
            _note_columns(source, mapping, counts, log)
            files.append(
                FileRead(source.label, mapping.kind, mapping, counts, source.path.stat().st_size,
                         digests[source.path].result())
            )  # fmt: skip
            if sum(batch.nbytes for one in shelves.values() for batch in one.held) > options.memory_bytes:
                for one in shelves.values():
                    one.spill()
    tables = {kind: shelves[kind].close() for kind in Kind if kind in shelves}
    n_in = sum(one.counts.n_in for one in files)
    return Loaded(tables, log, Counts(n_in, n_kept, n_in - n_kept), tuple(files))


def mapping_of(
    source: Source, options: LoadOptions, definitions: Sequence[mapping_file.Definition]
) -> Mapping:
    """Say how the columns of a source are used: as told, as packaged, or as recognised."""
    for one in definitions:
        if one.fits(source.headers):
            return one.apply(source.headers, source.sample, options.kind)
    for one in mapping_file.packaged():
        if (options.kind in (None, one.kind)) and one.fits(source.headers):
            return one.apply(source.headers, source.sample, options.kind)
    return mappings.recognise(source.headers, source.sample, source.label, options.kind)


def _all_used(definitions: Sequence[mapping_file.Definition], sources: Sequence[Source]) -> None:
    faults = [
        one.unfitting(sources[0].headers if sources else ())
        for one in definitions
        if not any(one.fits(source.headers) for source in sources)
    ]
    if faults:
        raise DefinitionError(
            Say("映射文件与任何输入都对不上", "The mapping file fits none of the inputs"),
            code="E-MAPPING-05", where=faults[0].where, fix=faults[0].fix, faults=faults,
        )  # fmt: skip


def _read(source: Source, mapping: Mapping, shelf: _Shelf, log: RejectLog, first_no: int) -> Counts:
    tally, builder, n_kept = Tally(), Builder(mapping, source.label, log), 0
    n_before = log.n_rows[source.label]
    try:
        for raw in source.batches(log, tally):
            if raw.num_rows == 0:
                continue
            batch = builder.records(raw, first_no + n_kept, shelf.ids)
            n_kept += batch.num_rows
            if batch.num_rows:
                shelf.add(batch)
            if sum(one.nbytes for one in shelf.held) > 2 << 30:
                shelf.spill()
    except InputError as fault:
        # the file broke half-way: what was read stays, and the break is told
        log.note(source.label, "", Reason.UNREADABLE_FILE, fault.say)
    n_rejected = log.n_rows[source.label] - n_before
    if tally.n_in != n_kept + n_rejected:  # nothing may be dropped silently, not even by a fault of ours
        raise EngineError(
            Say(f"行数对不上:读入 {tally.n_in},保留 {n_kept},拒收 {n_rejected}",
                f"Rows do not balance: {tally.n_in} in, {n_kept} kept, {n_rejected} rejected"),
            code="E-RECORDS-14", where=source.label, fix=Say("请报告此问题", "Please report this"),
        )  # fmt: skip
    return Counts(tally.n_in, n_kept, n_rejected)


def _note_columns(source: Source, mapping: Mapping, counts: Counts, log: RejectLog) -> None:
    if counts.n_in == 0:
        log.note(source.label, "", Reason.EMPTY_TABLE)
    for use in mapping.columns:
        if use.how == SECRET:
            log.note(source.label, use.header, Reason.SECRET_COLUMN)
        elif use.how == TAKEN:
            log.note(source.label, use.header, Reason.DOUBLED_COLUMN)
        elif use.how == UNKNOWN:
            log.note(source.label, use.header, Reason.UNKNOWN_COLUMN)


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
