"""NDJSON, a record a line; and a JSON array of records where it is small."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa

from lianfang.engine.records import sniff
from lianfang.engine.records.rejects import Reason, RejectLog
from lianfang.engine.records.source import Source, Tally, raw_batch

BATCH_ROWS = 32_768
MAX_ARRAY_BYTES = 300 << 20
MAX_LINE = 64 << 20


def open_json(path: Path, label: str, form: sniff.Form) -> Source:
    """Open NDJSON or a JSON array; its keys are the headers.

    Raises:
        InputError: no record in it, or an array too big to hold.
    """
    if form is sniff.Form.JSON and path.stat().st_size > MAX_ARRAY_BYTES:
        raise sniff.refuse(
            path,
            "JSON 数组过大",
            "The JSON array is too big",
            ("请改用一行一条的 NDJSON", "Use NDJSON, one record a line"),
            "E-RECORDS-09",
        )
    first = [one for one in islice(_records(path, form), 2_000) if isinstance(one, dict)]
    names = tuple(dict.fromkeys(str(key) for one in first for key in one))
    if not names:
        raise sniff.refuse(
            path,
            "没有一条 JSON 记录",
            "There is no JSON record in it",
            ("应为一行一个 JSON 对象", "One JSON object a line is expected"),
            "E-RECORDS-10",
        )
    if len(names) > sniff.MAX_COLUMNS:
        raise sniff.refuse(
            path,
            f"列数超过 {sniff.MAX_COLUMNS}",
            f"More than {sniff.MAX_COLUMNS} columns",
            ("请只导出需要的列", "Export only what is needed"),
            "E-RECORDS-06",
        )
    sample = tuple(tuple(_cell(one.get(name)) or "" for name in names) for one in first[:400])

    def batches(log: RejectLog, tally: Tally) -> Iterator[pa.RecordBatch]:
        return _batches(path, label, form, names, log, tally)

    return Source(path, label, sniff.unique(names), sample, batches)


def _records(path: Path, form: sniff.Form) -> Iterator[Any]:
    """Give records, and the text of what is none."""
    with path.open("rb") as stream:
        encoding = sniff.encoding_of(path, stream.read(sniff.SAMPLE_BYTES))
    if form is sniff.Form.JSON:
        try:
            whole = json.loads(path.read_text(encoding=encoding, errors="replace"))
        except (ValueError, RecursionError) as fault:
            raise sniff.refuse(
                path,
                f"不是合法的 JSON:{fault}",
                f"Not valid JSON: {fault}",
                ("请重新导出", "Export it again"),
                "E-RECORDS-10",
            ) from fault
        yield from whole if isinstance(whole, list) else [whole]
        return
    with path.open(encoding=encoding, errors="replace", newline="\n") as lines:
        while line := lines.readline(MAX_LINE):
            if line.strip():
                read = sniff.json_line(line)
                yield line[:100] if read is None else read


def _cell(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def _batches(
    path: Path, label: str, form: sniff.Form, names: tuple[str, ...], log: RejectLog, tally: Tally
) -> Iterator[pa.RecordBatch]:
    records, n_row, known = _records(path, form), 0, set(names)
    strangers: set[str] = set()
    while chunk := list(islice(records, BATCH_ROWS)):
        kept, rows = [], []
        for one in chunk:
            n_row += 1
            tally.n_in += 1
            if isinstance(one, dict):
                kept.append(one)
                rows.append(n_row)
                strangers.update(one.keys() - known)
            else:
                log.row(label, n_row, str(one)[:100], Reason.NOT_JSON)
        columns = [pa.array([_cell(one.get(name)) for one in kept], pa.string()) for name in names]
        yield raw_batch(sniff.unique(names), columns, pa.array(rows, pa.int64()))
    for name in sorted(strangers):
        log.note(label, name, Reason.LATE_COLUMN)
