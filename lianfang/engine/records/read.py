"""Paths become sources: folders walked in order, each file known by its content."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa

from lianfang.engine.records import csv_file, json_file, parquet_file, sniff, xlsx_file
from lianfang.engine.records.rejects import Reason, RejectLog
from lianfang.engine.records.source import Source, Tally
from lianfang.engine.terms.errors import InputError, Say

_NO_TABLES = frozenset({".md", ".txt.sha256", ".yaml", ".yml", ".html", ".log", ".py", ".ini", ".toml"})


def walk(paths: Sequence[Path]) -> list[tuple[Path, str]]:
    """Give every file below the paths with the name it is told by, sorted by that name.

    Hidden files are no inputs. A name starts at the given folder, so that the same folder
    elsewhere gives the same results.

    Raises:
        InputError: a path that is not there.
    """
    found: dict[str, Path] = {}
    for path in paths:
        if not path.exists():
            raise InputError(
                Say(f"没有这个文件或文件夹:{path.name}", f"No such file or folder: {path.name}"),
                code="E-RECORDS-01", where=str(path),
                fix=Say("请检查路径", "Check the path"),
            )  # fmt: skip
        inside = sorted(path.rglob("*")) if path.is_dir() else [path]
        for one in inside:
            label = str(one.relative_to(path)) if path.is_dir() else path.name
            if not one.is_file() or any(part.startswith((".", "~$", "_")) for part in Path(label).parts):
                continue
            found[_own_label(found, label, one)] = one
    return [(found[label], label) for label in sorted(found)]


def _own_label(found: dict[str, Path], label: str, path: Path) -> str:
    while label in found and found[label] != path:
        path_parts = path.parts
        depth = len(Path(label).parts) + 1
        if depth > len(path_parts):
            return label + "~2"
        label = str(Path(*path_parts[-depth:]))
    return label


def open_one(path: Path, label: str, looks_like_header: object = None) -> tuple[Source, ...]:
    """Open one file: a table, or the tables of its sheets.

    Raises:
        InputError: what is wrong, where, and what to do next.
    """
    found = sniff.form(path)
    if found is sniff.Form.PARQUET:
        return (parquet_file.open_parquet(path, label),)
    if found is sniff.Form.XLSX:
        return xlsx_file.open_xlsx(path, label, looks_like_header)
    if found in (sniff.Form.NDJSON, sniff.Form.JSON):
        return (json_file.open_json(path, label, found),)
    return (csv_file.open_csv(path, label, looks_like_header),)


def open_all(paths: Sequence[Path], log: RejectLog, looks_like_header: object = None) -> tuple[Source, ...]:
    """Open everything below the paths; one broken file among good ones is noted and left.

    Raises:
        InputError: nothing to read, or the only file is broken.
    """
    files = walk(paths)
    sources: list[Source] = []
    last: InputError | None = None
    for path, label in files:
        if path.suffix.lower() in _NO_TABLES and path not in paths:
            log.note(label, "", Reason.NOT_A_TABLE)
            continue
        try:
            sources.extend(open_one(path, label, looks_like_header))
        except InputError as fault:
            last = fault
            log.note(label, "", Reason.UNREADABLE_FILE, fault.say)
    if last is not None and not sources:
        raise last
    if not sources:
        raise InputError(
            Say("没有可读的文件", "There is no file to read"), code="E-RECORDS-08",
            where=", ".join(path.name for path in paths),
            fix=Say("请给 CSV、XLSX、Parquet、NDJSON 或它们所在的文件夹",
                    "Give CSV, XLSX, Parquet, NDJSON or a folder of them"),
        )  # fmt: skip
    return tuple(sources)


def read(source: Source, log: RejectLog | None = None) -> Iterator[pa.RecordBatch]:
    """Stream the raw batches of one source: columns by header, and `@row`."""
    return source.batches(log or RejectLog(), Tally())
