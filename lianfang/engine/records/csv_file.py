"""CSV of any encoding, delimiter and size, block by block."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lianfang.engine.records import cells, sniff
from lianfang.engine.records.rejects import Reason, RejectLog
from lianfang.engine.records.source import Source, Tally, raw_batch

BLOCK_BYTES = 8 << 20
MAX_ROW_BYTES = 64 << 20
_SHOWN_AT_ONCE = 100_000


def open_csv(path: Path, label: str, looks_like_header: object = None) -> Source:
    """Sniff a CSV file and make it ready to stream.

    Raises:
        InputError: not text, nothing in it, or far too many columns.
    """
    dialect = sniff.dialect(path, looks_like_header)

    def batches(log: RejectLog, tally: Tally) -> Iterator[pa.RecordBatch]:
        return _batches(path, label, dialect, log, tally)

    return Source(path, label, dialect.headers, dialect.sample, batches)


def _utf8_blocks(stream: BinaryIO, encoding: str, log: RejectLog, label: str) -> Iterator[bytes]:
    """Give the file in UTF-8; bytes that are no text become U+FFFD, which is told per cell."""
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    plain = encoding in ("utf-8", "utf-8-sig")
    rest, is_first, has_nul = b"", True, False
    while True:
        block = stream.read(BLOCK_BYTES)
        is_last = not block
        if plain:
            block = rest + block
            if is_first:
                block, is_first = block.removeprefix(codecs.BOM_UTF8), False
            cut = len(block) if is_last else _whole(block)
            block, rest = block[:cut], block[cut:]
            if not _is_utf8(block):
                block = block.decode("utf-8", "replace").encode()
        else:
            block = decoder.decode(block, final=is_last).encode("utf-8", "replace")
        if b"\0" in block:
            block = block.replace(b"\0", b"")
            if not has_nul:
                has_nul = True
                log.note(label, "", Reason.NUL_BYTES)
        yield block
        if is_last:
            return


def _whole(block: bytes) -> int:
    """Give the length without a character cut in two at the end."""
    for back in range(1, min(4, len(block)) + 1):
        byte = block[-back]
        if byte < 0x80:
            break
        if byte >= 0xC0:
            width = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
            return len(block) if back >= width else len(block) - back
    return len(block)


def _is_utf8(block: bytes) -> bool:
    try:
        pa.scalar(block, pa.large_binary()).cast(pa.large_string())
    except pa.ArrowInvalid:
        return False
    return True


def _batches(
    path: Path, label: str, dialect: sniff.Dialect, log: RejectLog, tally: Tally
) -> Iterator[pa.RecordBatch]:
    held, n_row, to_skip = b"", 0, dialect.n_skipped_lines
    _preamble(label, dialect.n_preamble_rows, log, tally)
    with path.open("rb") as stream:
        blocks = _utf8_blocks(stream, dialect.encoding, log, label)
        block, is_last = next(blocks), False
        while not is_last:
            following = next(blocks, None)
            is_last = following is None
            held, block = held + block, following or b""
            held, to_skip = _skip(held, to_skip)
            while held and not to_skip:
                split = cells.split(held, dialect.delimiter, is_last)
                if split.n_rows:
                    yield from _rows(split, label, dialect.headers, n_row, log, tally)
                    n_row += split.n_rows
                elif not (split.is_open and (is_last or len(held) > MAX_ROW_BYTES)) and (
                    not is_last and len(held) <= MAX_ROW_BYTES
                ):
                    break
                used = split.n_used
                if split.n_rows == 0 and used == 0:
                    used = _refuse_line(held, label, n_row, log, tally)
                    n_row += 1
                held = held[used:]


def _preamble(label: str, n_rows: int, log: RejectLog, tally: Tally) -> None:
    for row in range(n_rows):
        tally.n_in += 1
        log.row(label, row + 1 - n_rows, "", Reason.BEFORE_HEADER)


def _skip(held: bytes, n_lines: int) -> tuple[bytes, int]:
    while n_lines:
        ends = [at for at in (held.find(b"\n"), held.find(b"\r")) if at >= 0]
        if not ends:
            return held, n_lines
        at = min(ends)
        held = held[at + (2 if held[at : at + 2] == b"\r\n" else 1) :]
        n_lines -= 1
    return held, 0


def _refuse_line(held: bytes, label: str, n_row: int, log: RejectLog, tally: Tally) -> int:
    """Refuse the line whose quote never closes, so that the rows after it are read."""
    at = held.find(b"\n")
    used = len(held) if at < 0 else at + 1
    tally.n_in += 1
    log.row(label, n_row + 1, held[:100].decode("utf-8", "replace"), Reason.OPEN_QUOTE)
    return used


def _rows(
    split: cells.Cells, label: str, headers: tuple[str, ...], n_row: int, log: RejectLog, tally: Tally
) -> Iterator[pa.RecordBatch]:
    tally.n_in += split.n_rows
    widths, n = split.n_cells, len(headers)
    rows = np.arange(split.n_rows)
    if (widths != n).any():
        for reason, which in ((Reason.SHORT_ROW, widths < n), (Reason.LONG_ROW, _spilling(split, n))):
            odd = rows[which]
            # In pieces: rows may be long, and every one of them has its line among the rejects.
            for first in range(0, len(odd), _SHOWN_AT_ONCE):
                some = odd[first : first + _SHOWN_AT_ONCE]
                shown = pa.array([split.raw_row(row) for row in some], pa.string())
                log.cells(label, "", pa.array(some + n_row + 1), shown, reason)
            if reason is Reason.LONG_ROW:
                rows = rows[~which]
    columns = [split.column(place, rows) for place in range(n)]
    batch = raw_batch(headers, columns, pa.array(rows + n_row + 1))
    for name, column in zip(headers, columns, strict=True):
        broken = pc.fill_null(pc.match_substring(column, "\ufffd"), False)
        if pc.any(broken).as_py():
            log.cells(label, name, batch[batch.num_columns - 1].filter(broken),
                      column.filter(broken), Reason.BAD_BYTES)  # fmt: skip
    yield batch


def _spilling(split: cells.Cells, n: int) -> np.ndarray:
    """Mark rows with something in a cell beyond the last header; empty ends do no harm."""
    widths = split.n_cells
    spilling = np.zeros(split.n_rows, np.bool_)
    for row in np.flatnonzero(widths > n):
        first, last = split.firsts[row] + n, split.firsts[row + 1]
        spilling[row] = bool((split.ends[first:last] > split.starts[first:last]).any())
    return spilling
