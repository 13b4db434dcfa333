"""What a file really is: by its content, never by its name."""

from __future__ import annotations

import codecs
import csv
import io
import json
import re
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from lianfang.engine.terms.errors import InputError, Say

SAMPLE_BYTES = 1 << 20
DELIMITERS = (",", "\t", ";", "|", "\x01", "^", "~")
MAX_COLUMNS = 5_000


class Form(StrEnum):
    """The forms of table that are read."""

    CSV = "csv"
    XLSX = "xlsx"
    PARQUET = "parquet"
    NDJSON = "ndjson"
    JSON = "json"


@dataclass(frozen=True)
class Dialect:
    """How a text file writes a table."""

    encoding: str
    delimiter: str
    n_skipped_lines: int
    headers: tuple[str, ...]
    n_preamble_rows: int
    sample: tuple[tuple[str, ...], ...]


def refuse(path: Path, zh: str, en: str, fix: tuple[str, str], code: str) -> InputError:
    """Make the error for a file that cannot be read: what, where, what next."""
    return InputError(Say(zh, en), code=code, where=path.name, fix=Say(*fix))


def form(path: Path) -> Form:
    """Say what a file is.

    Raises:
        InputError: empty, unreadable, or nothing this house reads.
    """
    try:
        with path.open("rb") as stream:
            head = stream.read(4_096)
    except OSError as fault:
        raise refuse(
            path,
            f"打不开文件:{fault.strerror}",
            f"Cannot open: {fault.strerror}",
            ("请检查路径和权限", "Check the path and permissions"),
            "E-RECORDS-01",
        ) from fault
    if not head:
        raise refuse(
            path,
            "文件是空的",
            "The file is empty",
            ("请确认导出是否成功", "Check that the export succeeded"),
            "E-RECORDS-02",
        )
    if head.startswith(b"PAR1"):
        return Form.PARQUET
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")):
        return Form.XLSX
    if head.startswith((b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"7z\xbc\xaf", b"Rar!", b"\x28\xb5\x2f\xfd")):
        raise refuse(
            path,
            "这是压缩包,不直接读取",
            "A compressed archive is not read directly",
            ("请先解压", "Unpack it first"),
            "E-RECORDS-03",
        )
    if head.startswith((b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"MZ", b"\x7fELF", b"SQLite")):
        raise _not_a_table(path)
    return _text_form(head)


def _not_a_table(path: Path) -> InputError:
    return refuse(
        path,
        "不是表格文件",
        "This is no table",
        ("请给 CSV、XLSX、Parquet 或 NDJSON", "Give CSV, XLSX, Parquet or NDJSON"),
        "E-RECORDS-04",
    )


def _text_form(head: bytes) -> Form:
    start = head.removeprefix(codecs.BOM_UTF8).lstrip()
    if re.match(rb"\[\s*(?:\{|$)", start):
        return Form.JSON
    if start.startswith(b"{"):
        line = start.split(b"\n", 1)[0]
        if re.match(rb'\{\s*"', line) or line.strip() in (b"{", b"{}"):
            return Form.NDJSON
    return Form.CSV


def encoding_of(path: Path, head: bytes) -> str:
    """Say in which encoding a text file is written.

    Raises:
        InputError: neither UTF-8, UTF-16 nor GB18030, or no text at all.
    """
    for mark, name in (
        (codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):  # fmt: skip
        if head.startswith(mark):
            return name
    if head.count(0) > len(head) // 8:
        odd, even = head[1::2].count(0), head[::2].count(0)
        if max(odd, even) > 4 * max(1, min(odd, even)):
            return "utf-16-le" if odd > even else "utf-16-be"
        raise _not_a_table(path)
    n_control = sum(head.count(byte) for byte in (*range(1, 9), *range(14, 27), 28, 29, 30))
    if n_control - head.count(1) > len(head) // 100:
        raise _not_a_table(path)
    return _ansi(path, head)


def _ansi(path: Path, head: bytes) -> str:
    shares = {}
    for name in ("utf-8", "gb18030"):
        decoder = codecs.getincrementaldecoder(name)
        try:
            decoder().decode(head)
        except UnicodeDecodeError:
            read = decoder("replace").decode(head)
            shares[name] = read.count("\ufffd") / max(1, len(re.findall(r"[^\x00-\x7f]", read)))
        else:
            return name
    best = min(shares, key=lambda name: shares[name])
    if shares[best] <= 0.2:
        return best
    raise refuse(
        path,
        "认不出文字编码",
        "The character encoding is not recognised",
        ("请另存为 UTF-8 或 GB18030", "Save it as UTF-8 or GB18030"),
        "E-RECORDS-05",
    )


def dialect(path: Path, looks_like_header: object = None) -> Dialect:
    """Say how a text file writes its table: encoding, delimiter, where the header stands.

    Args:
        path: a text file.
        looks_like_header: function of a row that gives the number of headers known in it.

    Raises:
        InputError: not text, no row, or more columns than any table has.
    """
    with path.open("rb") as stream:
        head = stream.read(SAMPLE_BYTES)
    encoding = encoding_of(path, head)
    is_whole = len(head) < SAMPLE_BYTES
    text = codecs.getincrementaldecoder(encoding)("replace").decode(head, final=is_whole)
    text = text.replace("\0", "")
    delimiter = _delimiter(text, looks_like_header)
    rows = _sample_rows(text, delimiter, is_whole)
    if not rows:
        raise refuse(
            path,
            "文件里没有内容",
            "The file has nothing in it",
            ("请确认导出是否成功", "Check that the export succeeded"),
            "E-RECORDS-02",
        )
    at = header_place([row for row, _ in rows], looks_like_header)
    names = tuple(rows[at][0]) if at is not None else tuple(f"列{n + 1}" for n in range(len(rows[0][0])))
    if len(names) > MAX_COLUMNS:
        raise refuse(
            path,
            f"列数超过 {MAX_COLUMNS}",
            f"More than {MAX_COLUMNS} columns",
            ("请检查分隔符", "Check the delimiter"),
            "E-RECORDS-06",
        )
    first = 0 if at is None else at + 1
    return Dialect(
        encoding,
        delimiter,
        0 if at is None else rows[at][1],
        unique(names),
        at or 0,
        tuple(tuple(row) for row, _ in rows[first : first + 400]),
    )


def _delimiter(text: str, looks_like_header: object) -> str:
    def regular(delimiter: str) -> tuple[int, bool, bool, float, int]:
        rows = [row for row, _ in _sample_rows(text[:65_536], delimiter, False)[:200]]
        widths = [len(row) for row in rows]
        if not widths:
            return 0, False, False, 0.0, 0
        known = max(map(looks_like_header, rows[:10])) if callable(looks_like_header) else 0
        width, n_rows = Counter(widths).most_common(1)[0]
        share = n_rows / len(widths) if width > 1 else 0.0
        return known, share > 0.7, width > 1, share, width

    # known headers tell best; then what makes most rows equally wide; then the wider
    scored = {one: regular(one) for one in DELIMITERS if one in text}
    best = max(scored, key=lambda one: scored[one], default=",")
    return best if scored and (scored[best][0] > 1 or scored[best][2]) else ","


def _sample_rows(text: str, delimiter: str, is_whole: bool) -> list[tuple[list[str], int]]:
    csv.field_size_limit(1 << 27)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows = []
    try:
        for row in reader:
            if row:
                rows.append((row, reader.line_num))
            if len(rows) > 600:
                return rows
    except csv.Error:
        pass
    return rows if is_whole or len(rows) < 2 else rows[:-1]


def header_place(rows: list[list[str]], looks_like_header: object = None) -> int | None:
    """Say which of the first rows is the header, or None where the table has none.

    Exports put a title above the header; the row with the most known headers is the header.
    """
    if callable(looks_like_header):
        scores = [int(looks_like_header(row)) for row in rows[:10]]
        best = max(range(len(scores)), key=lambda at: (scores[at], -at))
        if scores[best] > 0:
            return best
        if _is_values(rows[0]):
            return None
    return 0


def _is_values(row: list[str]) -> bool:
    return any(
        re.fullmatch(r"1[3-9]\d{9}|\d{17}[\dXx]|\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}.*", cell.strip())
        or len(cell) > 30
        for cell in row
    )


def unique(names: tuple[str, ...]) -> tuple[str, ...]:
    """Give every header its own name: a doubled one gets `~2`, an empty one its place."""
    seen: Counter[str] = Counter()
    made = []
    for place, name in enumerate(names):
        name = name.strip().strip("\ufeff") or f"列{place + 1}"
        seen[name] += 1
        made.append(name if seen[name] == 1 else f"{name}~{seen[name]}")
    return tuple(made)


def json_line(line: str) -> dict[str, object] | None:
    """Read one line of NDJSON, or say it is no record."""
    try:
        read = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return read if isinstance(read, dict) else None
