"""The log as it stands on a disk: append, acknowledge after the disk has it, publish tiles and a checkpoint.

Three states of an entry: *acknowledged* (in the journal, on the disk), *published* (in tiles under a signed
checkpoint), *witnessed* (others have cosigned that checkpoint). `append` returns at the first; nothing is ever
served that is not at the second.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from types import TracebackType

from lianfang.engine.evidence import checkpoint, disk, journal, note, tiles, tree, turns
from lianfang.engine.evidence.checkpoint import Checkpoint
from lianfang.engine.evidence.disk import Disk
from lianfang.engine.evidence.note import Key, Signer
from lianfang.engine.terms.errors import Conflict, InputError, LianfangError, ProofError, Say

PUBLIC = "public"
_CHECKPOINT = f"{PUBLIC}/checkpoint"
_WITNESSED = f"{PUBLIC}/witnessed"
_JOURNAL_BYTES = 1 << 20  # a longer journal is begun anew at the next checkpoint


@dataclass(frozen=True)
class _Snapshot:
    made: Checkpoint
    full: tuple[tuple[int | None, int, bytes], ...]
    partial: tuple[tuple[int | None, int, int, bytes], ...]
    journals: tuple[str, ...]  # may go once this is published


def create(place: Disk, signer: Signer) -> None:
    """Begin an empty log with a signed checkpoint of size 0.

    Raises:
        Conflict: E-LOG-03, there is a log already.
    """
    if place.read(_CHECKPOINT) is not None or place.names(journal.FOLDER):
        raise Conflict(Say("这里已有日志", "there is a log here already"), code="E-LOG-03", fix=Say("换一个文件夹", "take another folder"))
    with place.lock():
        place.make_folder(journal.FOLDER)
        empty = Checkpoint(signer.key.name, 0, tree.EMPTY_ROOT)
        place.sync_folder(disk.replace(place, _CHECKPOINT, checkpoint.sign(empty, [signer]).to_bytes()))


def public(place: Disk) -> tiles.Read:
    """Give what readers and the world may see of a log: tiles and checkpoints, by their paths."""
    return lambda path: place.read(f"{PUBLIC}/{path}")


class Log:
    """The one writer of a log; any number of threads may append.

    A journal longer than `journal_bytes` is begun anew at the next checkpoint; every start reads it whole. Whoever
    opens the log for each entry keeps it short.

    Use as a context manager. One broken `sync` ends the writer: what the disk holds then is only known after a
    new start has read it.

    Raises:
        Conflict: E-LOG-01, another process writes.
        ProofError: E-LOG-02, E-LOG-04, E-PROOF-*: what is on the disk is not what was signed.
    """

    def __init__(self, place: Disk, signer: Signer, journal_bytes: int = _JOURNAL_BYTES) -> None:
        self._place, self._signer, self._journal_bytes = place, signer, journal_bytes
        self._queue, self._write, self._publish = turns.Queue(), threading.Lock(), threading.Lock()
        self._full: list[tuple[int | None, int, bytes]] = []
        self._old_journals: list[str] = []
        self._broken: BaseException | None = None
        self._published_at = time.monotonic()
        with ExitStack() as stack:
            stack.enter_context(place.lock())
            self._published = self._read_checkpoint()
            self._edge = self._read_edge()
            self._journal = self._recover()
            stack.callback(self._journal.file.close)
            self._closing = stack.pop_all()

    def __enter__(self) -> Log:
        return self

    def __exit__(self, kind: type[BaseException] | None, wrong: BaseException | None, trace: TracebackType | None) -> None:
        self._closing.close()

    @property
    def n_durable(self) -> int:
        """Say how many entries are acknowledged."""
        return self._edge.n_leaves

    @property
    def published(self) -> Checkpoint:
        """Give the last checkpoint published."""
        return self._published

    # -- opening

    def _read_checkpoint(self) -> Checkpoint:
        raw = self._place.read(_CHECKPOINT)
        if raw is None:
            raise ProofError(Say("这里没有日志", "there is no log here"), code="E-LOG-04", fix=Say("先 lianfang log init", "run lianfang log init first"))
        return checkpoint.verify(raw, self._signer.key)[0]

    def _read_edge(self) -> tiles.Edge:
        edge = tiles.Edge.of(tiles.Reader(public(self._place), self._published.n_leaves))
        if edge.root() != self._published.root or not edge.entries_fit():
            raise ProofError(Say("日志文件与签过的检查点不符", "the files are not those of the signed checkpoint"), code="E-LOG-04",
                             fix=Say("跑 lianfang log verify 看坏在哪里,再从备份恢复", "run lianfang log verify to see where, then restore"))
        return edge

    def _recover(self) -> journal.Journal:
        last: tuple[str, journal.Kept] | None = None
        for name in self._place.names(journal.FOLDER):
            path = f"{journal.FOLDER}/{name}"
            kept = journal.read(self._place.read(path) or b"", path)
            if kept is None:  # it was being begun, so nothing was ever acknowledged by it
                self._place.remove(path)
                continue
            for first, entries in kept.batches:
                self._replay(first, entries, path)
            if last:
                self._old_journals.append(last[0])
            last = path, kept
        return self._take_up(*last) if last else journal.begin(self._place, self._edge.n_leaves)

    def _take_up(self, path: str, kept: journal.Kept) -> journal.Journal:
        held = journal.Journal(path, kept.nonce, self._place.open(path, fresh=False), kept.n_bytes)
        try:
            # What was read may only be in memory: nothing is built on it before the disk has it.
            held.give_up()
            self._place.sync_folder(journal.FOLDER)
        except BaseException:
            held.file.close()
            raise
        return held

    def _replay(self, first: int, entries: Sequence[bytes], path: str) -> None:
        known = self._edge.n_leaves - first
        if known < 0:
            raise self._gap(path)
        for entry in entries[known:]:
            self._full += self._edge.add(entry)

    def _gap(self, path: str) -> ProofError:
        return ProofError(Say("待写区缺了一段", "a part of the journal is missing"), code="E-LOG-02", where=path,
                          fix=Say("停用此日志,从备份恢复并与见证方核对", "stop using this log; restore it and compare with the witnesses"))

    # -- appending

    def append(self, entries: Sequence[bytes]) -> range:
        """Add entries and come back when the disk has them: their places in the log.

        Whoever holds the pen writes for all who wait, so many writers share one wait for the disk.

        Raises:
            InputError: E-LOG-05, an entry is empty or above 65,535 bytes; nothing of the call was added.
            OSError: the disk refused; none of the entries is in the log, unless it was the sync that failed:
                then the log is closed to writing, and only a new start can say.
            Conflict: E-LOG-06, writing has been given up after a failed sync.
        """
        for entry in entries:
            if not 0 < len(entry) <= tiles.LARGEST_BYTES:
                raise InputError(Say(f"条目有 {len(entry)} 字节,要 1 到 {tiles.LARGEST_BYTES}", f"an entry has {len(entry)} bytes; from 1 to {tiles.LARGEST_BYTES}"), code="E-LOG-05")
        ask = turns.Ask(entries)
        self._queue.enter(ask)
        try:
            ask.gate.acquire()
        except BaseException:
            self._queue.desert(ask)
            raise
        if ask.leads:
            batch = self._queue.take()
            try:
                with self._write:
                    self._commit(batch)
            finally:
                self._queue.leave(batch)
        if ask.wrong is not None:
            raise ask.wrong
        return range(ask.first, ask.first + len(entries))

    def _commit(self, batch: list[turns.Ask]) -> None:
        entries = [entry for ask in batch for entry in ask.entries]
        first = self._edge.n_leaves
        try:
            self._write_down(first, entries)
            self._broken = Conflict("half added", code="E-LOG-06")  # stays if somebody interrupts the next line
            for entry in entries:
                self._full += self._edge.add(entry)
            self._broken = None
        except BaseException as wrong:
            for ask in batch:
                ask.wrong = wrong if isinstance(wrong, Exception) else self._given_up()
            if not isinstance(wrong, Exception):
                raise
            return
        for ask in batch:
            ask.first, first = first, first + len(ask.entries)

    def _write_down(self, first: int, entries: list[bytes]) -> None:
        if self._broken is not None:
            raise self._given_up() from self._broken
        if not entries:
            return
        try:
            self._journal.write(first, entries)
        except BaseException as wrong:
            if self._journal.is_unsure:
                self._broken = wrong
                raise
            try:
                self._journal.give_up()
            except BaseException as worse:
                self._broken = worse
            raise

    def _given_up(self) -> LianfangError:
        return Conflict(Say("磁盘没有确认写入,日志已停写", "the disk did not confirm a write; the log takes no more"), code="E-LOG-06",
                        fix=Say("检查磁盘后重新打开日志", "check the disk, then open the log anew"))

    # -- publishing

    def publish(self) -> Checkpoint:
        """Put everything acknowledged into tiles and sign a checkpoint over it.

        Tiles are on the disk before the checkpoint names them, the checkpoint before a journal goes.

        Raises:
            OSError: the disk refused; the former checkpoint stands, nothing is lost, try again.
        """
        with self._publish:
            with self._write:
                if self._broken is not None:
                    raise self._given_up() from self._broken
                snapshot = self._snapshot()
            if snapshot.made == self._published:
                return self._published
            self._put_tiles(snapshot)
            signed = checkpoint.sign(snapshot.made, [self._signer]).to_bytes()
            self._place.sync_folder(disk.replace(self._place, _CHECKPOINT, signed))
            self._published, self._published_at = snapshot.made, time.monotonic()
            with self._write:
                self._full = self._full[len(snapshot.full) :]
            self._tidy(snapshot)
            return snapshot.made

    def publish_if_due(self, least_entries: int = 256, after_seconds: float = 1.0) -> Checkpoint:
        """Publish when enough is waiting, or something has waited long enough; give the last checkpoint."""
        waiting = self.n_durable - self._published.n_leaves
        late = time.monotonic() - self._published_at >= after_seconds
        return self.publish() if waiting >= least_entries or (waiting and late) else self._published

    def _snapshot(self) -> _Snapshot:
        if self._journal.n_bytes > self._journal_bytes:
            before, self._journal = self._journal, journal.begin(self._place, self._edge.n_leaves)
            self._closing.callback(self._journal.file.close)
            self._old_journals.append(before.path)
        made = Checkpoint(self._signer.key.name, self._edge.n_leaves, self._edge.root())
        return _Snapshot(made, tuple(self._full), tuple(self._edge.partial()), tuple(self._old_journals))

    def _put_tiles(self, snapshot: _Snapshot) -> None:
        folders = {disk.replace(self._place, f"{PUBLIC}/{tiles.path(level, n)}", content) for level, n, content in snapshot.full}
        folders |= {disk.replace(self._place, f"{PUBLIC}/{tiles.path(level, n, width)}", content) for level, n, width, content in snapshot.partial}
        for folder in sorted(folders):
            self._place.sync_folder(folder)

    def _tidy(self, snapshot: _Snapshot) -> None:
        for level, n, _ in snapshot.full:
            folder = f"{PUBLIC}/{tiles.path(level, n)}.p"
            for name in self._place.names(folder):
                self._place.remove(f"{folder}/{name}")
            self._place.remove(folder)
        for path in snapshot.journals:
            self._place.remove(path)
        self._old_journals = self._old_journals[len(snapshot.journals) :]

    def witnessed(self, cosigned: bytes) -> None:
        """Keep a checkpoint with its cosignatures, to stay.

        Readers find them in `checkpoint` as long as nothing newer is published, and in `witnessed` until a newer
        one is cosigned.

        Args:
            cosigned: a signed checkpoint of this log with good cosignatures.

        Raises:
            ProofError: it is not this log's.
        """
        checkpoint.verify(cosigned, self._signer.key)
        with self._publish:
            folder = disk.replace(self._place, _WITNESSED, cosigned)
            if note.read(self._place.read(_CHECKPOINT) or b"").text == note.read(cosigned).text:
                disk.replace(self._place, _CHECKPOINT, cosigned)
            self._place.sync_folder(folder)


@dataclass(frozen=True)
class Audit:
    """What a look at every byte of a log found: the checkpoint it holds to."""

    checkpoint: Checkpoint
    n_bytes: int


def verify(read: tiles.Read, log_key: Key, look: Callable[[int, bytes], None] | None = None) -> Audit:
    """Hash every entry and every tile again and compare them with the signed checkpoint.

    Args:
        read: the public files, see `public`.
        look: is handed every entry with its index, once it is known to be good.

    Raises:
        ProofError: the first thing wrong: E-LOG-04 with the entry or file as `where`, or E-PROOF-*.
    """
    raw = read("checkpoint")
    if raw is None:
        raise ProofError(Say("没有检查点", "there is no checkpoint"), code="E-LOG-04", where="checkpoint")
    made, _ = checkpoint.verify(raw, log_key)
    reader, edge, n_bytes = tiles.Reader(read, made.n_leaves), tiles.Edge(), 0
    for place in range(-(-made.n_leaves // tiles.WIDTH)):
        hashes, entries = reader.raw(0, place), reader.entries(place)
        for n, entry in enumerate(entries):
            index = place * tiles.WIDTH + n
            if tree.hash_leaf(entry) != hashes[n * tiles.HASH_BYTES : (n + 1) * tiles.HASH_BYTES]:
                raise _differs(f"entry {index}")
            n_bytes += len(entry)
            for level, at, content in edge.add(entry):
                if reader.raw(level, at) != content:
                    raise _differs(tiles.path(level, at))
            if look:
                look(index, entry)
    for level, at, width, content in edge.partial():
        if reader.raw(level, at) != content:
            raise _differs(tiles.path(level, at, width))
    if edge.root() != made.root:
        raise _differs("checkpoint")
    return Audit(made, n_bytes)


def _differs(where: str) -> ProofError:
    return ProofError(Say("内容与哈希不符", "the content does not fit its hash"), code="E-LOG-04", where=where,
                      fix=Say("此处被改动或损坏;取见证方或备份中的原件", "it was changed or damaged; take the original from a mirror or backup"))
