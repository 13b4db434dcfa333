"""Where the log stands on disk, and the key that signs its checkpoints."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from lianfang.engine.evidence import checkpoint as checkpoints
from lianfang.engine.evidence import note, proof, store, tiles
from lianfang.engine.evidence.checkpoint import Checkpoint
from lianfang.engine.evidence.disk import FolderDisk
from lianfang.engine.terms import clock
from lianfang.engine.terms.errors import Conflict, LianfangError, Say

_CHECKPOINT = "checkpoint"
_STALE_SECONDS = 5.0
_JOURNAL_BYTES = 1 << 14  # opened for nearly every act, and read whole each time


def place() -> FolderDisk:
    """Give the folder of the log."""
    folder = Path(settings.HOME) / "log"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return FolderDisk(folder)


def signer() -> note.Signer:
    """Give the log's key; made once, readable by its owner only."""
    held = Path(settings.HOME) / "log.key"
    if not held.exists():
        beside = held.with_name(f".log.key.{os.getpid()}")
        with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(secrets.token_bytes(32))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(beside, held)
        except FileExistsError:
            pass
        finally:
            beside.unlink()
    return note.new_signer(settings.LIANFANG_LOG_NAME, note.KeyKind.ED25519, held.read_bytes())


@contextmanager
def opened() -> Iterator[store.Log]:
    """Open the log for writing; begun where there is none.

    Raises:
        Conflict: E-LOG-01, another worker writes.
    """
    disk, key = place(), signer()
    if disk.read(f"{store.PUBLIC}/{_CHECKPOINT}") is None:
        try:
            store.create(disk, key)
        except Conflict as wrong:
            if wrong.code == "E-LOG-01":
                raise
    _show_key(disk, key)
    with store.Log(disk, key, _JOURNAL_BYTES) as log:
        yield log


def _show_key(disk: FolderDisk, key: note.Signer) -> None:
    """Keep the public key where `lianfang log verify` looks for it."""
    held = disk.root / "log.pub"
    if not held.exists():
        beside = held.with_name(f".log.pub.{os.getpid()}")
        beside.write_text(key.key.line() + "\n", encoding="utf-8")
        os.replace(beside, held)


def read() -> tiles.Read:
    """Give what the world may see of the log, by its paths."""
    return store.public(place())


def published() -> Checkpoint | None:
    """Give what the last signed checkpoint says, or nothing while there is none."""
    signed = read()(_CHECKPOINT)
    return None if signed is None else checkpoints.verify(signed, signer().key)[0]


def differs(n_known: int) -> bool:
    """Say whether the last checkpoint covers more or fewer entries than the database knows a place of."""
    made = published()
    return n_known != (0 if made is None else made.n_leaves)


def is_stale() -> bool:
    """Say whether the last checkpoint is some seconds old."""
    try:
        signed_at = (place().root / store.PUBLIC / _CHECKPOINT).stat().st_mtime
    except FileNotFoundError:
        return True
    return clock.now().timestamp() - signed_at > _STALE_SECONDS


def tell_trouble(wrong: LianfangError | OSError | None) -> None:
    """Keep beside the log why it could not be written, for its page; None once it was written again."""
    kept = Path(settings.HOME) / "log.trouble"
    if wrong is None:
        kept.unlink(missing_ok=True)
        return
    say = wrong.say if isinstance(wrong, LianfangError) else Say(f"磁盘拒绝:{wrong.strerror}", f"the disk refused: {wrong.strerror}")
    told = {"zh": say.zh, "en": say.en, "code": getattr(wrong, "code", "E-LOG-22"), "at": clock.now().isoformat()}
    with contextlib.suppress(OSError):  # a full disk has no room for being told so
        kept.write_text(json.dumps(told, ensure_ascii=False), "utf-8")


def trouble() -> dict[str, str] | None:
    """Give why the log could not be written, if it could not."""
    try:
        told: dict[str, str] = json.loads((Path(settings.HOME) / "log.trouble").read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return told


def entries(first: int, end: int) -> list[tuple[int, bytes]]:
    """Give published entries by place."""
    reader = tiles.Reader(read(), end)
    return [(index, reader.entry(index)) for index in range(first, end)]


def prove(index: int) -> bytes | None:
    """Give the proof file of an entry, or nothing while no checkpoint covers it."""
    public = read()
    signed = public(_CHECKPOINT)
    if signed is None:
        return None
    made, _ = checkpoints.verify(signed, signer().key)
    if index >= made.n_leaves:
        return None
    hashes = tiles.Reader(public, made.n_leaves).inclusion(index)
    return proof.Proof(index, tuple(hashes), signed).to_bytes()


def checkpoint() -> bytes | None:
    """Give the last signed checkpoint, or nothing while there is none."""
    return read()(_CHECKPOINT)


def key_line() -> str:
    """Give the public key, to be told to whoever checks proofs."""
    return signer().key.line()
