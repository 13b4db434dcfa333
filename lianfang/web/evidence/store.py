"""Where the log stands on disk, and the key that signs its checkpoints."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from lianfang.engine.evidence import note, proof, store, tiles
from lianfang.engine.evidence.disk import FolderDisk
from lianfang.engine.terms.errors import Conflict

_CHECKPOINT = "checkpoint"


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
    with store.Log(disk, key) as log:
        yield log


def entries(first: int, end: int) -> list[tuple[int, bytes]]:
    """Give published entries by place."""
    reader = tiles.Reader(store.public(place()), end)
    return [(index, reader.entry(index)) for index in range(first, end)]


def prove(index: int) -> bytes | None:
    """Give the proof file of an entry, or nothing while no checkpoint covers it."""
    from lianfang.engine.evidence import checkpoint

    public = store.public(place())
    signed = public(_CHECKPOINT)
    if signed is None:
        return None
    made, _ = checkpoint.verify(signed, signer().key)
    if index >= made.n_leaves:
        return None
    hashes = tiles.Reader(public, made.n_leaves).inclusion(index)
    return proof.Proof(index, tuple(hashes), signed).to_bytes()


def checkpoint() -> bytes | None:
    """Give the last signed checkpoint, or nothing while there is none."""
    return store.public(place())(_CHECKPOINT)


def key_line() -> str:
    """Give the public key, to be told to whoever checks proofs."""
    return signer().key.line()
