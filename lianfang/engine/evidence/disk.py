"""The few things the log asks of a disk, so that a test can be a disk that loses power.

What is written counts only after `sync` of the file, and a new name only after `sync_folder` of its folder.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from lianfang.engine.terms.errors import Conflict, Say

_sync_content = getattr(os, "fdatasync", os.fsync)  # the length is synced too, the time of change need not be


class File(Protocol):
    """An open file that grows at its end."""

    def write(self, content: bytes) -> None:
        """Put bytes at the end; all of them, or OSError."""

    def sync(self) -> None:
        """Come back when everything written is on the disk."""

    def cut(self, n_bytes: int) -> None:
        """Drop everything behind the first `n_bytes`."""

    def close(self) -> None:
        """Close it; says nothing about the disk."""


class Disk(Protocol):
    """A folder of files; paths are relative, with `/`."""

    def read(self, path: str) -> bytes | None:
        """Give a file's content, or None where there is none."""

    def names(self, folder: str) -> list[str]:
        """Give the sorted names in a folder; none where there is no folder."""

    def make_folder(self, folder: str) -> None:
        """Make a folder and those above it, to stay."""

    def open(self, path: str, fresh: bool) -> File:
        """Open a file to write at its end; `fresh` makes it empty first."""

    def rename(self, old: str, new: str) -> None:
        """Give a file another name, in place of what had it; to stay only after `sync_folder`."""

    def remove(self, path: str) -> None:
        """Remove a file or an empty folder; nothing happens where there is none."""

    def sync_folder(self, folder: str) -> None:
        """Come back when the names in a folder are on the disk."""

    def lock(self) -> AbstractContextManager[None]:
        """Keep everybody else from writing.

        Raises:
            Conflict: E-LOG-01, somebody writes already.
        """


def replace(disk: Disk, path: str, content: bytes) -> str:
    """Put a file in place whole: old or new after a crash, never half. Its name stays after `sync_folder`.

    Returns:
        The folder to be synced.
    """
    folder, _, _ = path.rpartition("/")
    if folder:
        disk.make_folder(folder)
    file = disk.open(path + ".new", fresh=True)
    try:
        file.write(content)
        file.sync()
    finally:
        file.close()
    disk.rename(path + ".new", path)
    return folder


class FolderDisk:
    """A real folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._made = {""}

    def read(self, path: str) -> bytes | None:
        """See `Disk`."""
        try:
            return (self.root / path).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None

    def names(self, folder: str) -> list[str]:
        """See `Disk`."""
        try:
            return sorted(os.listdir(self.root / folder))
        except (FileNotFoundError, NotADirectoryError):
            return []

    def make_folder(self, folder: str) -> None:
        """See `Disk`."""
        if folder in self._made:
            return
        above = folder.rpartition("/")[0]
        self.make_folder(above)
        (self.root / folder).mkdir(exist_ok=True)
        self.sync_folder(above)
        self._made.add(folder)

    def open(self, path: str, fresh: bool) -> File:
        """See `Disk`."""
        return _RealFile(os.open(self.root / path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | (os.O_TRUNC if fresh else 0), 0o644))

    def rename(self, old: str, new: str) -> None:
        """See `Disk`."""
        os.replace(self.root / old, self.root / new)

    def remove(self, path: str) -> None:
        """See `Disk`."""
        self._made.discard(path)
        with contextlib.suppress(FileNotFoundError):
            try:
                os.unlink(self.root / path)
            except (IsADirectoryError, PermissionError):
                os.rmdir(self.root / path)

    def sync_folder(self, folder: str) -> None:
        """See `Disk`."""
        held = os.open(self.root / folder, os.O_RDONLY)
        try:
            os.fsync(held)
        finally:
            os.close(held)

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """See `Disk`; the lock goes with the process, however it ends."""
        import fcntl

        held = os.open(self.root / "lock", os.O_RDWR | os.O_CREAT, 0o644)
        try:
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as wrong:
                raise Conflict(Say("另一个进程正在写这个日志", "another process writes this log"), code="E-LOG-01", where=str(self.root),
                               fix=Say("等它结束,或把条目交给它", "wait for it, or hand the entries to it")) from wrong
            yield
        finally:
            os.close(held)


class _RealFile:
    def __init__(self, held: int) -> None:
        self._held = held

    def write(self, content: bytes) -> None:
        left = memoryview(content)
        while left:
            left = left[os.write(self._held, left) :]

    def sync(self) -> None:
        _sync_content(self._held)

    def cut(self, n_bytes: int) -> None:
        os.ftruncate(self._held, n_bytes)

    def close(self) -> None:
        os.close(self._held)
