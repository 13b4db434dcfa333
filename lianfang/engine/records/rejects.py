"""What was refused, where, and why: a bad cell, a bad row, a file. Nothing goes silently.

Values are masked and formulas are made harmless before anything is written.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from lianfang.engine.terms.errors import Say

SCHEMA = pa.schema(
    [
        ("file", pa.string()),
        ("row", pa.int64()),
        ("column", pa.string()),
        ("value", pa.string()),
        ("reason", pa.string()),
        ("reason_zh", pa.string()),
        ("reason_en", pa.string()),
    ]
)
"""`row` is the 1-based data row, null for a whole column or file; `value` is masked."""


class Reason(StrEnum):
    """Why something was refused. The first group loses a cell, the second a row, the third more."""

    BAD_VALUE = "bad_value"
    SEVERAL_VALUES = "several_values"
    TOO_LONG = "too_long"
    BAD_BYTES = "bad_bytes"
    NUL_BYTES = "nul_bytes"
    LOST_PRECISION = "lost_precision"
    SECRET_IN_TEXT = "secret_in_text"
    SHORT_ROW = "short_row"
    LONG_ROW = "long_row"
    NO_USABLE_CELL = "no_usable_cell"
    OPEN_QUOTE = "open_quote"
    NOT_JSON = "not_json"
    BEFORE_HEADER = "before_header"
    SECRET_COLUMN = "secret_column"
    DOUBLED_COLUMN = "doubled_column"
    UNKNOWN_COLUMN = "unknown_column"
    LATE_COLUMN = "late_column"
    UNREADABLE_FILE = "unreadable_file"
    NOT_A_TABLE = "not_a_table"
    EMPTY_TABLE = "empty_table"


SAYS = {
    Reason.BAD_VALUE: Say("不是合法的值,已置空", "Not a valid value; left empty"),
    Reason.SEVERAL_VALUES: Say("一格多值,只取第一个", "Several values in one cell; the first kept"),
    Reason.TOO_LONG: Say("单元格过长,已截断", "Cell too long; cut"),
    Reason.BAD_BYTES: Say("含无法解码的字节,已替换", "Bytes that are no text; replaced"),
    Reason.NUL_BYTES: Say("含 NUL 字节,已去除", "NUL bytes; removed"),
    Reason.LOST_PRECISION: Say(
        "表格软件已把长数字变成近似值,已置空", "A spreadsheet rounded this long number; left empty"
    ),
    Reason.SECRET_IN_TEXT: Say("文中含密码或安全码,已遮盖", "A password or code in a text; covered"),
    Reason.SHORT_ROW: Say("列数不足,缺的置空,行保留", "Too few cells; the rest empty, row kept"),
    Reason.LONG_ROW: Say("列数过多,无法对齐,整行拒收", "Too many cells to line up; row refused"),
    Reason.NO_USABLE_CELL: Say("没有一格可用,整行拒收", "No usable cell; row refused"),
    Reason.OPEN_QUOTE: Say("引号没有闭合,整行拒收", "A quote never closes; row refused"),
    Reason.NOT_JSON: Say("不是 JSON 记录,整行拒收", "No JSON record; row refused"),
    Reason.BEFORE_HEADER: Say("表头之前的行,不是记录", "A row above the header; no record"),
    Reason.SECRET_COLUMN: Say(
        "C3 数据(密码、安全码、生物特征)不收,整列拒收",
        "C3 data (passwords, codes, biometrics) are refused; whole column",
    ),
    Reason.DOUBLED_COLUMN: Say(
        "另一列已对应同一字段,本列未收", "Another column already fills this field; not read"
    ),
    Reason.UNKNOWN_COLUMN: Say(
        "未识别的列,未读;可用映射文件指定", "Column not recognised, not read; a mapping file can name it"
    ),
    Reason.LATE_COLUMN: Say("前两千条里没有的键,未读", "A key the first 2,000 records lack; not read"),
    Reason.NOT_A_TABLE: Say("不是表格文件,未读", "No table; not read"),
    Reason.UNREADABLE_FILE: Say("文件读不了,其余文件照常", "File unreadable; the others went on"),
    Reason.EMPTY_TABLE: Say("表里没有数据行", "The table has no rows"),
}
ROW_REASONS = frozenset(
    {Reason.LONG_ROW, Reason.NO_USABLE_CELL, Reason.OPEN_QUOTE, Reason.NOT_JSON,
     Reason.BEFORE_HEADER}
)  # fmt: skip
"""Reasons that cost a whole row: they count against rows in."""

WIDE_REASONS = frozenset(
    {Reason.SECRET_COLUMN, Reason.DOUBLED_COLUMN, Reason.UNKNOWN_COLUMN, Reason.LATE_COLUMN,
     Reason.UNREADABLE_FILE, Reason.NOT_A_TABLE, Reason.EMPTY_TABLE}
)  # fmt: skip
"""Reasons that are about a whole column or file."""


@dataclass(frozen=True)
class Lost:
    """How many lines `rejects.csv` has: whole rows, cells of rows kept, columns and files."""

    rows: int
    cells: int
    wider: int


_MAX_HELD = 500_000
_FORMULA = "^(\\s*[=+\\-@\\t\\r\\n|%\uff1d\uff0b\uff0d\uff20])"


def masked(values: pa.Array) -> pa.Array:
    """Cover the middle of every refused value, as `mask.mask_any` does for one."""
    short = pc.less(pc.utf8_length(values), 7)
    head = pc.utf8_slice_codeunits(values, 0, 2)
    tail = pc.if_else(short, "", pc.utf8_slice_codeunits(values, -2, None))
    head = pc.if_else(short, pc.utf8_slice_codeunits(values, 0, 1), head)
    return pc.binary_join_element_wise(head, "****", tail, "")


def harmless(values: Any) -> Any:
    """Put `'` before anything a spreadsheet would take for a formula."""
    return pc.replace_substring_regex(values, _FORMULA, r"'\1")


@dataclass
class RejectLog:
    """Refusals of one load, in the order of the files; long ones wait on disk.

    `short` keeps the numbers of the rows that were cut off, by file: an empty cell of theirs says nothing.
    """

    spill_folder: Path | None = None
    n_rows: Counter[str] = field(default_factory=Counter)
    by_reason: Counter[str] = field(default_factory=Counter)
    short: dict[str, list[pa.Array]] = field(default_factory=dict)
    _held: list[pa.RecordBatch] = field(default_factory=list)
    _n_held: int = 0
    _parts: list[Path] = field(default_factory=list)

    def cells(self, file: str, column: str, rows: pa.Array, values: pa.Array, reason: Reason) -> None:
        """Note bad cells of one column, or bad rows (column empty)."""
        if len(rows) == 0:
            return
        say, n = SAYS[reason], len(rows)

        def same(text: str) -> pa.Array:
            return pa.repeat(pa.scalar(text, pa.string()), n)

        shown = masked(values.cast(pa.string()))
        columns = [same(file), rows.cast(pa.int64()), same(column), shown, same(reason.value),
                   same(say.zh), same(say.en)]  # fmt: skip
        self._held.append(pa.RecordBatch.from_arrays(columns, schema=SCHEMA))
        self.by_reason[reason.value] += n
        if reason in ROW_REASONS:
            self.n_rows[file] += n
        if reason is Reason.SHORT_ROW:
            self.short.setdefault(file, []).append(rows.cast(pa.int64()))
        self._n_held += n
        if self._n_held > _MAX_HELD:
            self._spill()

    def row(self, file: str, number: int, value: str, reason: Reason) -> None:
        """Note one refused row."""
        self.cells(file, "", pa.array([number]), pa.array([value]), reason)

    def note(self, file: str, column: str, reason: Reason, why: Say | None = None) -> None:
        """Note something about a whole column or file."""
        say = why or SAYS[reason]
        line = [[file], [None], [column], [None], [reason.value], [say.zh], [say.en]]
        columns = [pa.array(one, kind) for one, kind in zip(line, SCHEMA.types, strict=True)]
        self._held.append(pa.RecordBatch.from_arrays(columns, schema=SCHEMA))
        self.by_reason[reason.value] += 1
        self._n_held += 1

    @property
    def told(self) -> Lost:
        """Count the lines by what they cost."""
        rows = sum(n for reason, n in self.by_reason.items() if reason in ROW_REASONS)
        wider = sum(n for reason, n in self.by_reason.items() if reason in WIDE_REASONS)
        return Lost(rows, sum(self.by_reason.values()) - rows - wider, wider)

    def _spill(self) -> None:
        if self.spill_folder is None:
            self.spill_folder = Path(tempfile.mkdtemp(prefix="lianfang-rejects-"))
        part = self.spill_folder / f"rejects-{len(self._parts):05d}.parquet"
        pq.write_table(pa.Table.from_batches(self._held, SCHEMA), part)
        self._parts.append(part)
        self._held, self._n_held = [], 0

    def batches(self) -> Any:
        """Give every refusal, batch by batch."""
        for part in self._parts:
            yield from pq.ParquetFile(part).iter_batches()
        yield from self._held

    def table(self) -> pa.Table:
        """Give all refusals as one table."""
        return pa.Table.from_batches(list(self.batches()), SCHEMA)

    def write_csv(self, path: Path) -> None:
        """Write `rejects.csv`: UTF-8 with BOM so that spreadsheets read it, formulas harmless."""
        with path.open("wb") as stream:
            stream.write(b"\xef\xbb\xbf")
            with pa_csv.CSVWriter(stream, SCHEMA) as writer:
                for batch in self.batches():
                    columns = [
                        harmless(one) if pa.types.is_string(one.type) else one for one in batch.columns
                    ]
                    writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=SCHEMA))
