"""Exports as people have them: Chinese headers, yuan, 是/否, CSV with a mark for spreadsheets."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv
import pyarrow.parquet as arrow_parquet

from lianfang.engine.terms.codes import Kind
from lianfang.simulate import columns
from lianfang.simulate.wording import shelf

_SHANGHAI = "Asia/Shanghai"
_EPOCH_NAME = "2025-01-01"


def write(kind: Kind, table: pa.Table, folder: Path, form: str) -> Path:
    """Write one kind's table in one form, with the headers of that kind."""
    path = folder / f"{shelf('headers')[kind.value]['file']}.{form}"
    WRITERS[form](dressed(kind, table) if form != "parquet" else table, path)
    return path


def dressed(kind: Kind, table: pa.Table) -> pa.Table:
    """Give a table as an export shows it: headers in Chinese, all cells text."""
    spec = shelf("headers")[kind.value]
    shown = {spec["id"][0]: table["record_id"]}
    for name, (header, how) in spec["fields"].items():
        shown[header] = _SHOWN[how](table[name])
    return pa.table(shown)


def _yuan(column: pa.ChunkedArray) -> pa.ChunkedArray:
    hundred = columns.one(100)
    whole = pc.divide(column, hundred)
    cents = pc.subtract(column, pc.multiply(whole, hundred)).cast(pa.string())
    parts = (whole.cast(pa.string()), pc.utf8_lpad(cents, 2, "0"), columns.one("."))
    return pc.binary_join_element_wise(*parts)


def _local(column: pa.ChunkedArray) -> pa.ChunkedArray:
    naive = pc.local_timestamp(column.cast(pa.timestamp("s", _SHANGHAI), safe=False))
    return pc.strftime(naive, format="%Y-%m-%d %H:%M:%S")


_SHOWN: dict[str, Callable[[pa.ChunkedArray], pa.ChunkedArray]] = {
    "text": lambda column: column,
    "money": _yuan,
    "whole": lambda column: column.cast(pa.string()),
    "yesno": lambda column: pc.if_else(column, columns.one("是"), columns.one("否")),
    "time": _local,
    "day": lambda column: column.cast(pa.string()),
}


def parquet(table: pa.Table, path: Path) -> None:
    """Write Parquet, the same bytes every time."""
    arrow_parquet.write_table(table, path, compression="zstd", row_group_size=131_072)


def csv(table: pa.Table, path: Path) -> None:
    """Write CSV in UTF-8 with the mark spreadsheets look for; empty cells stay empty."""
    buffer = io.BytesIO()
    arrow_csv.write_csv(table, buffer)
    path.write_bytes(b"\xef\xbb\xbf" + buffer.getvalue())


def xlsx(table: pa.Table, path: Path) -> None:
    """Write one sheet, every cell as text so that long numbers keep their digits."""
    import xlsxwriter  # half a second; only who asks for xlsx pays it

    book = xlsxwriter.Workbook(str(path), {"constant_memory": True, "strings_to_formulas": False})
    book.set_properties({"created": datetime.fromisoformat(_EPOCH_NAME)})
    sheet = book.add_worksheet("导出")
    for i, header in enumerate(table.column_names):
        sheet.write_string(0, i, header)
    cells_by_column = [column.to_pylist() for column in table.columns]
    for row, cells in enumerate(zip(*cells_by_column, strict=True), start=1):
        for i, cell in enumerate(cells):
            if cell is not None:
                sheet.write_string(row, i, cell)
    book.close()


WRITERS: dict[str, Callable[[pa.Table, Path], None]] = {"csv": csv, "parquet": parquet, "xlsx": xlsx}
