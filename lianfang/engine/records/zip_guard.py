"""A workbook is a zip archive from a stranger: looked through before any library opens it.

The sizes in its directory may lie, so real bytes are counted while unpacking; a part that
declares entities, unpacks too far, or spreads two cells over a continent ends the look.
"""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from lianfang.engine.records.sniff import refuse
from lianfang.engine.terms.errors import InputError

MAX_BYTES = 300 << 20
MAX_RATIO = 100
MAX_PARTS = 2_000
MAX_CELLS = 40_000_000
_CHUNK = 1 << 18
_SMALL = 1 << 20

_CELL = re.compile(rb"<(?:\w+:)?c\s[^>]{0,200}?\br=[\"']([A-Za-z]{1,3})([0-9]{1,7})[\"']")
_DOCTYPE = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)


@dataclass
class _Box:
    """The rectangle the cells of one sheet span."""

    low_row: int = 1 << 30
    high_row: int = 0
    high_column: int = 0

    def meet(self, chunk: bytes) -> None:
        found = _CELL.findall(chunk)
        if not found:
            return
        rows = [int(row) for _, row in (found[0], found[-1])]
        self.low_row, self.high_row = min(self.low_row, *rows), max(self.high_row, *rows)
        for letters in {letters.upper() for letters, _ in found}:
            number = 0
            for letter in letters:
                number = number * 26 + letter - 64
            self.high_column = max(self.high_column, number)
        for row in {row for _, row in found if len(row) > 5}:
            self.high_row = max(self.high_row, int(row))

    @property
    def n_cells(self) -> int:
        return max(0, self.high_row - self.low_row + 1) * self.high_column


def check(path: Path) -> None:
    """Look a workbook through, without trusting one number in it.

    Raises:
        InputError: not a workbook, too many parts, too big unpacked, entities in its XML, cells
            spread so that no memory holds them.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, struct.error) as fault:
        raise _no(path, f"工作簿损坏:{fault}", f"Broken workbook: {fault}", "E-RECORDS-11") from fault
    names = {part.filename for part in parts}
    if not any(name.lower().endswith(("workbook.xml", "workbook.bin")) for name in names):
        raise _no(path, "这个压缩包不是 Excel 工作簿", "This archive is no Excel workbook", "E-RECORDS-04")
    if len(parts) > MAX_PARTS:
        raise _no(path, f"部件超过 {MAX_PARTS} 个", f"More than {MAX_PARTS} parts", "E-RECORDS-12")
    n_bytes = 0
    with path.open("rb") as stream:
        for part in parts:
            n_bytes += _look(path, stream, part, MAX_BYTES - n_bytes)


def _look(path: Path, stream: BinaryIO, part: zipfile.ZipInfo, allowed: int) -> int:
    name = part.filename.lower()
    box = _Box() if "/worksheets/" in name else None
    is_xml = name.endswith((".xml", ".rels", ".vml"))
    n_bytes, tail = 0, b""
    for chunk in _unpacked(path, stream, part):
        n_bytes += len(chunk)
        if n_bytes > allowed:
            raise _no(path, f"解开后超过 {MAX_BYTES >> 20} MB", f"Over {MAX_BYTES >> 20} MB unpacked",
                      "E-RECORDS-12")  # fmt: skip
        if n_bytes > _SMALL and n_bytes > MAX_RATIO * max(1, part.compress_size):
            raise _no(path, f"压缩比超过 {MAX_RATIO},疑似压缩炸弹",
                      f"Packed more than {MAX_RATIO} to 1: a zip bomb", "E-RECORDS-12")  # fmt: skip
        seen = tail + chunk
        if is_xml and _DOCTYPE.search(seen.replace(b"\0", b"")):
            raise _no(path, "工作簿的 XML 里声明了实体", "The workbook's XML declares entities",
                      "E-RECORDS-13")  # fmt: skip
        if box is not None:
            box.meet(seen)
            if box.n_cells > MAX_CELLS:
                raise _no(path, "单元格散布过广", "Its cells are spread too far apart", "E-RECORDS-12")
        tail = seen[-300:]
    return n_bytes


def _unpacked(path: Path, stream: BinaryIO, part: zipfile.ZipInfo) -> Iterator[bytes]:
    """Unpack one part piece by piece, past whatever size its directory claims."""
    stream.seek(part.header_offset)
    head = stream.read(30)
    if len(head) < 30 or head[:4] != b"PK\x03\x04" or part.flag_bits & 1:
        raise _no(path, "工作簿损坏或已加密", "The workbook is broken or encrypted", "E-RECORDS-11")
    n_name, n_extra = struct.unpack("<HH", head[26:30])
    stream.seek(n_name + n_extra, 1)
    left = part.compress_size
    if part.compress_type == zipfile.ZIP_STORED:
        while left > 0 and (chunk := stream.read(min(_CHUNK, left))):
            left -= len(chunk)
            yield chunk
        return
    if part.compress_type != zipfile.ZIP_DEFLATED:
        raise _no(path, "工作簿用了不认识的压缩方式", "Unknown packing in the workbook", "E-RECORDS-11")
    inflater = zlib.decompressobj(-15)
    try:
        while not inflater.eof:
            packed = inflater.unconsumed_tail or stream.read(_CHUNK)
            if not packed:
                raise _no(path, "工作簿不完整", "The workbook is cut short", "E-RECORDS-11")
            yield inflater.decompress(packed, _CHUNK)
    except zlib.error as fault:
        raise _no(path, f"工作簿损坏:{fault}", f"Broken workbook: {fault}", "E-RECORDS-11") from fault


def _no(path: Path, zh: str, en: str, code: str) -> InputError:
    return refuse(path, zh, en, ("请用 Excel 或 WPS 重新另存,或改给 CSV",
                                 "Save it again with a spreadsheet, or give CSV"), code)  # fmt: skip
