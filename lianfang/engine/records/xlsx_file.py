"""XLSX and XLS, sheet by sheet; formulas are never evaluated, only their stored results read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa

from lianfang.engine.records import sniff, zip_guard
from lianfang.engine.records.rejects import Reason, RejectLog
from lianfang.engine.records.source import Source, Tally, raw_batch

BATCH_ROWS = 16_384
MAX_XLS_BYTES = 100 << 20
_EXACT = 10**15


def open_xlsx(path: Path, label: str, looks_like_header: object = None) -> tuple[Source, ...]:
    """Open the sheets of a workbook that hold something; each is a table.

    Raises:
        InputError: broken, encrypted, a bomb, or with nothing in it.
    """
    sheets = _sheets(path)
    sources = []
    for name in sheets:
        rows = list(islice(_rows(path, name), 500))
        if not rows:
            continue
        texts = [[_text(cell) or "" for cell in row] for row in rows]
        at = sniff.header_place(texts, looks_like_header)
        n_columns = max(map(len, texts))
        if n_columns > sniff.MAX_COLUMNS:
            raise sniff.refuse(
                path,
                f"列数超过 {sniff.MAX_COLUMNS}",
                f"More than {sniff.MAX_COLUMNS} columns",
                ("请只保留需要的列", "Keep only what is needed"),
                "E-RECORDS-06",
            )
        given = texts[at] if at is not None else [f"列{n + 1}" for n in range(n_columns)]
        first = 0 if at is None else at + 1
        own = label if len(sheets) == 1 else f"{label}#{name}"
        sources.append(_source(path, own, name, (sniff.unique(tuple(given)), first, texts[first:400])))
    if not sources:
        raise sniff.refuse(
            path,
            "工作簿里没有内容",
            "The workbook has nothing in it",
            ("请确认导出是否成功", "Check that the export succeeded"),
            "E-RECORDS-02",
        )
    return tuple(sources)


def _source(
    path: Path, label: str, sheet: str, shape: tuple[tuple[str, ...], int, list[list[str]]]
) -> Source:
    names, first, sample = shape

    def batches(log: RejectLog, tally: Tally) -> Iterator[pa.RecordBatch]:
        rows = _rows(path, sheet)
        for number, _ in enumerate(islice(rows, max(0, first - 1))):
            tally.n_in += 1
            log.row(label, number + 2 - first, "", Reason.BEFORE_HEADER)
        next(rows, None) if first else None
        return _batches(rows, label, names, log, tally)

    return Source(path, label, names, tuple(map(tuple, sample)), batches)


def _open(path: Path) -> Any:
    import python_calamine

    try:
        return python_calamine.CalamineWorkbook.from_path(str(path))
    except (python_calamine.CalamineError, OSError, ValueError) as fault:
        raise sniff.refuse(
            path,
            f"打不开工作簿:{fault}",
            f"Cannot open the workbook: {fault}",
            ("请另存为未加密的 XLSX 或 CSV", "Save it unencrypted, as XLSX or CSV"),
            "E-RECORDS-11",
        ) from fault


def _sheets(path: Path) -> list[str]:
    with path.open("rb") as stream:
        is_zip = stream.read(2) == b"PK"
    if is_zip:
        zip_guard.check(path)
    elif path.stat().st_size > MAX_XLS_BYTES:
        raise sniff.refuse(
            path,
            "XLS 文件过大",
            "The XLS file is too big",
            ("请另存为 CSV", "Save it as CSV"),
            "E-RECORDS-12",
        )
    return list(_open(path).sheet_names)


def _rows(path: Path, sheet: str) -> Iterator[list[Any]]:
    import python_calamine

    try:
        for row in _open(path).get_sheet_by_name(sheet).iter_rows():
            if any(cell not in ("", None) for cell in row):
                yield row
    except (python_calamine.CalamineError, ValueError, OSError) as fault:
        raise sniff.refuse(
            path,
            f"工作表 {sheet} 读不了:{fault}",
            f"Sheet {sheet} cannot be read: {fault}",
            ("请另存为 CSV", "Save it as CSV"),
            "E-RECORDS-11",
        ) from fault


def _text(cell: Any) -> str | None:
    if cell is None or cell == "":
        return None
    if isinstance(cell, str):
        return cell.replace("\0", "")
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 2**63 else repr(cell)
    if isinstance(cell, dt.datetime):
        return cell.isoformat(sep=" ")
    return str(cell)


def _batches(
    rows: Iterator[list[Any]], label: str, names: tuple[str, ...], log: RejectLog, tally: Tally
) -> Iterator[pa.RecordBatch]:
    n_row, n = 0, len(names)
    while chunk := list(islice(rows, BATCH_ROWS)):
        tally.n_in += len(chunk)
        numbers, kept = [], []
        for row in chunk:
            n_row += 1
            if len(row) > n and any(cell not in ("", None) for cell in row[n:]):
                log.row(label, n_row, str(row[0])[:100], Reason.LONG_ROW)
                continue
            kept.append(row)
            numbers.append(n_row)
        columns = [_column(kept, place, numbers, (label, names[place], log)) for place in range(n)]
        yield raw_batch(names, columns, pa.array(numbers, pa.int64()))


def _column(
    kept: list[list[Any]], place: int, numbers: list[int], told: tuple[str, str, RejectLog]
) -> pa.Array:
    cells = [row[place] if place < len(row) else None for row in kept]
    lost = [isinstance(cell, float) and abs(cell) >= _EXACT for cell in cells]
    if any(lost):
        # fifteen digits are all a spreadsheet keeps: a longer number's end is invented
        at = [number for number, is_lost in zip(numbers, lost, strict=True) if is_lost]
        shown = [_text(cell) for cell, is_lost in zip(cells, lost, strict=True) if is_lost]
        label, name, log = told
        log.cells(label, name, pa.array(at), pa.array(shown, pa.string()), Reason.LOST_PRECISION)
        cells = [None if is_lost else cell for cell, is_lost in zip(cells, lost, strict=True)]
    return pa.array([_text(cell) for cell in cells], pa.string())
