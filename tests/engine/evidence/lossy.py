"""A disk in memory that loses power, fills up, and fails at any operation a test chooses."""

from __future__ import annotations

import contextlib
import errno
import random
from dataclasses import dataclass, field


class PowerCut(BaseException):
    """The machine is off."""


@dataclass
class Inode:
    live: bytearray = field(default_factory=bytearray)
    synced: bytes = b""


class LossyDisk:
    """Keeps two pictures: what programs see, and what the platters hold.

    A name (made, renamed, removed) is on the platters only after `sync_folder`; content only after `sync`. After a
    power cut unsynced content survives up to a place drawn by chance, unsynced names by chance, one by one.

    Args:
        stop_at: cut the power just before this operation; None never.
        fail_at: operations that raise this OSError, as {number: errno}.
        room: bytes that fit.
        honest: False makes `sync` lie, to show that the test would see it.
    """

    def __init__(self, seed=0, stop_at=None, fail_at=None, room=None, honest=True):
        self.files: dict[str, Inode] = {}
        self.durable: dict[str, Inode] = {}
        self.folders = {""}
        self.n_done, self.stop_at, self.fail_at, self.room, self.honest = 0, stop_at, fail_at or {}, room, honest
        self.chance = random.Random(seed)
        self.locked = False
        self.kinds: list[str] = []

    # -- the machine's life

    def cut_power(self):
        names = {}
        for name in sorted(set(self.files) | set(self.durable)):
            live, kept = self.files.get(name), self.durable.get(name)
            survivor = kept if live is kept else self.chance.choice([live, kept])
            if survivor is not None:
                names[name] = survivor
        for inode in {id(one): one for one in names.values()}.values():
            inode.live = bytearray(self._torn(inode))
            inode.synced = bytes(inode.live)
        self.files, self.durable, self.locked = dict(names), dict(names), False
        self.stop_at, self.fail_at = None, {}

    def _torn(self, inode):
        common = 0
        while common < min(len(inode.live), len(inode.synced)) and inode.live[common] == inode.synced[common]:
            common += 1
        if bytes(inode.live) == inode.synced:
            return inode.synced
        kept = self.chance.choice(["old", "new", "part", "zeros"])
        if kept == "old":
            return inode.synced
        if kept == "new":
            return bytes(inode.live)
        end = self.chance.randint(common, max(common, len(inode.live)))
        return bytes(inode.live[:end]) + (bytes(len(inode.live) - end) if kept == "zeros" else b"")

    def _step(self, kind):
        number, self.n_done = self.n_done, self.n_done + 1
        self.kinds.append(kind)
        if self.stop_at is not None and number >= self.stop_at:
            raise PowerCut
        if number in self.fail_at:
            raise OSError(self.fail_at[number], "made to fail")

    # -- the disk

    def read(self, path):
        found = self.files.get(path)
        return None if found is None else bytes(found.live)

    def names(self, folder):
        start = folder + "/" if folder else ""
        return sorted({name[len(start) :].split("/")[0] for name in self.files if name.startswith(start)})

    def make_folder(self, folder):
        self.folders.add(folder)

    def open(self, path, fresh):
        self._step("open")
        if path not in self.files:
            self.files[path] = Inode()
        elif fresh:
            self.files[path].live = bytearray()
        return LossyFile(self, self.files[path])

    def rename(self, old, new):
        self._step("rename")
        self.files[new] = self.files.pop(old)

    def remove(self, path):
        self._step("remove")
        self.files.pop(path, None)

    def sync_folder(self, folder):
        self._step("sync_folder")
        if not self.honest:
            return
        start = folder + "/" if folder else ""
        inside = [name for name in set(self.files) | set(self.durable) if name.startswith(start) and "/" not in name[len(start) :]]
        for name in inside:
            self.durable.pop(name, None)
            if name in self.files:
                self.durable[name] = self.files[name]

    @contextlib.contextmanager
    def lock(self):
        assert not self.locked
        self.locked = True
        try:
            yield
        finally:
            self.locked = False


class LossyFile:
    def __init__(self, disk, inode):
        self.disk, self.inode = disk, inode

    def write(self, content):
        room = None if self.disk.room is None else self.disk.room - sum(len(one.live) for one in self.disk.files.values())
        if room is not None and room < len(content):
            self.inode.live += content[: max(room, 0)]
            raise OSError(errno.ENOSPC, "full")
        half = len(content) // 2
        self.inode.live += content[:half]
        self.disk._step("write")
        self.inode.live += content[half:]

    def sync(self):
        self.disk._step("sync")
        if self.disk.honest:
            self.inode.synced = bytes(self.inode.live)

    def cut(self, n_bytes):
        self.disk._step("cut")
        del self.inode.live[n_bytes:]

    def close(self):
        pass
