"""Where entries wait for their tiles: one file, one record a batch, each record known whole by its digest.

The digest holds a number only this file knows, so that no entry can be made to look like a record.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import struct
from collections.abc import Sequence
from dataclasses import dataclass

from lianfang.engine.evidence import tiles
from lianfang.engine.evidence.disk import Disk, File
from lianfang.engine.terms.errors import ProofError, Say

FOLDER = "journal"
_MARK = b"LFJ1"
_NONCE_BYTES = 32
_HEAD = struct.Struct(">4sQII32s")  # mark, index of the first entry, how many, bytes behind the head, digest
_FILE_HEAD = len(_MARK) + _NONCE_BYTES


@dataclass
class Journal:
    """An open journal file: `n_bytes` is where the last whole record ends."""

    path: str
    nonce: bytes
    file: File
    n_bytes: int
    is_unsure: bool = False  # a wait for the disk failed: what it holds is not known

    def write(self, first: int, entries: Sequence[bytes]) -> None:
        """Write one batch and wait for the disk.

        Raises:
            OSError: nothing of it counts; what was written is to be cut off.
        """
        made = record(self.nonce, first, entries)
        self.file.write(made)
        self.is_unsure = True
        self.file.sync()
        self.is_unsure = False
        self.n_bytes += len(made)

    def give_up(self) -> None:
        """Cut off a batch that could not be written whole; waits for the disk."""
        self.file.cut(self.n_bytes)
        self.file.sync()


def record(nonce: bytes, first: int, entries: Sequence[bytes]) -> bytes:
    """Make the bytes of one batch."""
    body = tiles.bundle(entries)
    return _HEAD.pack(_MARK, first, len(entries), len(body), _digest(nonce, first, len(entries), body)) + body


def _digest(nonce: bytes, first: int, n_entries: int, body: bytes) -> bytes:
    return hashlib.sha256(nonce + struct.pack(">QI", first, n_entries) + body).digest()


def begin(disk: Disk, first: int) -> Journal:
    """Begin a journal file for entries from `first` on; it and its name are on the disk when this returns."""
    path, nonce = f"{FOLDER}/{first:020d}", os.urandom(_NONCE_BYTES)
    disk.make_folder(FOLDER)
    file = disk.open(path, fresh=True)
    try:
        file.write(_MARK + nonce)
        file.sync()
        disk.sync_folder(FOLDER)
    except BaseException:
        file.close()
        with contextlib.suppress(OSError):
            disk.remove(path)
        raise
    return Journal(path, nonce, file, _FILE_HEAD)


@dataclass(frozen=True)
class Kept:
    """What a journal file holds.

    `batches` are (index of the first entry, entries); `n_bytes` is where the last whole one ends.
    """

    nonce: bytes
    batches: tuple[tuple[int, list[bytes]], ...]
    n_bytes: int


def read(raw: bytes, where: str) -> Kept | None:
    """Read a journal file; a last record that was cut off is passed over, it was never acknowledged.

    Returns:
        None where not even the head of the file is whole: the file was being begun.

    Raises:
        ProofError: E-LOG-02, a damaged record with a good one behind it, or a damaged head: that is no torn write.
    """
    if not raw.startswith(_MARK) or len(raw) < _FILE_HEAD:
        if len(raw) > _FILE_HEAD:
            raise _damaged(f"{where}@0")
        return None
    nonce, at, batches = raw[len(_MARK) : _FILE_HEAD], _FILE_HEAD, []
    while found := _record_at(raw, at, nonce):
        first, entries, at = found
        batches.append((first, entries))
    after = raw.find(_MARK, at + 1)
    while after >= 0:
        if _record_at(raw, after, nonce):
            raise _damaged(f"{where}@{at}")
        after = raw.find(_MARK, after + 1)
    return Kept(nonce, tuple(batches), at)


def _damaged(where: str) -> ProofError:
    return ProofError(Say("待写区有损坏的记录", "a record of the journal is damaged"), code="E-LOG-02", where=where,
                      fix=Say("停用此日志,从备份恢复并与见证方核对", "stop using this log; restore it and compare with the witnesses"))


def _record_at(raw: bytes, at: int, nonce: bytes) -> tuple[int, list[bytes], int] | None:
    if len(raw) - at < _HEAD.size:
        return None
    mark, first, n_entries, n_bytes, digest = _HEAD.unpack_from(raw, at)
    body = raw[at + _HEAD.size : at + _HEAD.size + n_bytes]
    if mark != _MARK or len(body) < n_bytes or digest != _digest(nonce, first, n_entries, body):
        return None
    return first, tiles.unbundle(body), at + _HEAD.size + n_bytes
