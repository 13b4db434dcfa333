"""Writing a court package: exhibits, proofs and checker in one zip, under a checkpoint that is witnessed where one can be."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from django.conf import settings

from lianfang.engine.evidence import digest, package
from lianfang.engine.evidence.digest import Digests
from lianfang.engine.evidence.package import Erased, Front, Grounds, Item, Stamped
from lianfang.engine.evidence.policy import Policy
from lianfang.engine.evidence.zips import Content
from lianfang.engine.terms.errors import Conflict, LianfangError, ProofError, Say
from lianfang.web.evidence import actions as log
from lianfang.web.evidence import authority, store, vault, witness
from lianfang.web.evidence import exhibit_access as access
from lianfang.web.evidence.states import FORGOTTEN

_MOST_CHECKPOINT_BYTES = 1 << 20


@dataclass(frozen=True)
class Written:
    """A finished zip: what its bytes are, and what stands behind its checkpoint."""

    digests: Digests
    is_witnessed: bool
    is_stamped: bool


def place(code: object) -> Path:
    """Give where a package's zip stands."""
    return Path(settings.HOME) / "packages" / f"{code}.zip"


def write(code: object, front: Front, exhibits: Sequence[Any]) -> Written:
    """Write a package: everything waiting is put into the log first, the witness is asked, the time is stamped.

    Raises:
        Conflict: E-LOG-21, an exhibit's entry is not in the log yet.
        ProofError: an exhibit, its chain or its entry is not what it was.
    """
    log.sequence()
    if settings.LIANFANG_WITNESS:
        witness.ask()
    signed = store.checkpoint() or b""
    is_witnessed = witness.is_cosigned(signed)
    stamps = _stamped(signed)
    target = place(code)
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with ExitStack() as stack, tempfile.NamedTemporaryFile(dir=target.parent, delete=False) as out:
        try:
            items = [_item(one, stack) for one in exhibits]
            grounds = Grounds(store.read(), signed, _policy(is_witnessed), stamps=[*stamps, *_stamps_of(exhibits)])
            package.write(out, front, items, grounds, store.signer())
            out.flush()
            os.fsync(out.fileno())
            os.replace(out.name, target)
        except BaseException:
            Path(out.name).unlink(missing_ok=True)
            raise
    with target.open("rb") as file:
        return Written(digest.of(_chunks(file)), is_witnessed, bool(stamps))


def _policy(is_witnessed: bool) -> Policy:
    held = witness.policy()
    name = next(iter(held.witnesses), "none")
    return Policy(held.log_key, held.witnesses, quorum=name if is_witnessed else "none")


def _stamped(signed: bytes) -> list[Stamped]:
    """Have the checkpoint stamped where an authority is configured; a package without a stamp is still a package."""
    if not settings.LIANFANG_TSA:
        return []
    try:
        raw, _ = authority.stamped(signed, _MOST_CHECKPOINT_BYTES)
    except LianfangError:
        return []
    return [Stamped("checkpoint.tsr", raw)]


def _stamps_of(exhibits: Sequence[Any]) -> Iterator[Stamped]:
    for number, one in enumerate(exhibits, 1):
        if one.state == FORGOTTEN:
            continue
        for n, made in enumerate(one.stamps.order_by("pk"), 1):
            yield Stamped(f"item-{number:03d}-{n}.tsr", bytes(made.raw), package.content_path(number, one.name))


def _item(found: Any, stack: ExitStack) -> Item:
    found = access.get_exhibit(found.code)
    entry = found.entry
    if entry.place is None:
        raise Conflict(
            Say("这件证据还没有写进存证日志", "this exhibit is not in the log yet"), code="E-LOG-21", where=str(found.code),
            fix=Say("过几秒再试;一直如此请看日志页", "try again in a few seconds; else look at the page of the log"),
        )  # fmt: skip
    code, leaf = str(found.code), bytes(entry.leaf)
    chain = access.chain_of(found)
    if found.state == FORGOTTEN:
        return Item(code, entry.place, leaf, erased=Erased(found.forget_rule, chain[-1].at, chain[-1].actor))
    content, _ = vault.taken_out(found.sha256, found.code)
    stack.enter_context(content)
    return Item(code, entry.place, leaf, access.record_of(found), access.salt_of(found), _again(content), chain)


def _again(content: IO[bytes]) -> Content:
    def give() -> Iterator[bytes]:
        content.seek(0)
        return _chunks(content)

    return give


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    while chunk := file.read(digest.CHUNK_BYTES):
        yield chunk


def taken_out(code: object, sha256: str) -> IO[bytes]:
    """Open a finished zip whose bytes are still those it was made with.

    Raises:
        ProofError: E-PACKAGE-11, they are not, or it is gone.
    """
    try:
        file = place(code).open("rb")
    except FileNotFoundError:
        raise _changed(code) from None
    if digest.of(_chunks(file)).sha256 != sha256:
        file.close()
        raise _changed(code)
    file.seek(0)
    return file


def _changed(code: object) -> ProofError:
    return ProofError(
        Say("证据包的文件已不是制作时的内容", "the package's file is not what was made"), code="E-PACKAGE-11", where=str(code),
        fix=Say("重新制作证据包", "make the package again"),
    )  # fmt: skip
