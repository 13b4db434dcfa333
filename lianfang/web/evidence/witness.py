"""Having the log cosigned by the configured witness, over the network or in a folder beside; tolerated where absent.

LIANFANG_WITNESS is either `KEY ADDRESS` (the witness's public line and where it answers), or the folder of a local
witness made by `lianfang witness init`.
"""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings

from lianfang.cli.witness import Keeper
from lianfang.engine.evidence import checkpoint, note, witness
from lianfang.engine.evidence.disk import FolderDisk
from lianfang.engine.evidence.note import Key
from lianfang.engine.evidence.policy import Policy
from lianfang.engine.terms import clock
from lianfang.engine.terms.errors import LianfangError, PartnerError, Say
from lianfang.web.evidence import authority, store

SECONDS = 5.0
AGAIN_SECONDS = 60.0
_TRIES = 3


@dataclass(frozen=True)
class Told:
    """What the witness said last: how many entries it has signed for, when, or why not."""

    at: datetime
    n_leaves: int
    is_good: bool
    say: Say


def key() -> Key | None:
    """Give the configured witness's key, or nothing where none is configured."""
    said = settings.LIANFANG_WITNESS
    if not said:
        return None
    line = said.split()[0] if " " in said else (Path(said) / "witness.pub").read_text("utf-8").strip()
    return note.read_key(line)


def policy() -> Policy:
    """Give whom to believe about this log: its key, and the witness where there is one."""
    held = key()
    return Policy(store.signer().key, {} if held is None else {"witness": held})


def is_cosigned(signed: bytes) -> bool:
    """Say whether a checkpoint carries the witness's signature."""
    held = key()
    return held is not None and bool(checkpoint.cosignatures(note.read(signed), [held]))


def last() -> Told | None:
    """Give what the witness said last."""
    try:
        row = json.loads(_place().read_text("utf-8"))
        return Told(datetime.fromisoformat(row["at"]), int(row["n_leaves"]), bool(row["is_good"]), Say(row["zh"], row["en"]))
    except (OSError, ValueError, KeyError):
        return None


def _place() -> Path:
    return Path(settings.HOME) / "log.witness"


def ask_if_due() -> bool:
    """Ask the witness about a checkpoint it has not signed; after a refusal or silence not before a minute has gone."""
    before = last()
    signed = store.checkpoint()
    if not settings.LIANFANG_WITNESS or signed is None or _is_done(before, signed):
        return False
    if before and not before.is_good and (clock.now() - before.at).total_seconds() < AGAIN_SECONDS:
        return False
    return ask()


def _is_done(before: Told | None, signed: bytes) -> bool:
    made = store.published()
    return bool(before and before.is_good and made and before.n_leaves == made.n_leaves and is_cosigned(signed))


def ask() -> bool:
    """Have the published checkpoint cosigned now; say whether it was. What came of it is kept for the log's page."""
    before = last()
    seen = before.n_leaves if before else 0
    try:
        seen = _cosigned(seen)
    except (LianfangError, OSError) as wrong:
        say = wrong.say if isinstance(wrong, LianfangError) else Say(f"连不上:{wrong}", f"not reached: {wrong}")
        _keep(Told(clock.now(), seen, False, say))
        return False
    _keep(Told(clock.now(), seen, True, Say(f"已见证 {seen} 条", f"{seen} entries witnessed")))
    return True


def _cosigned(old: int) -> int:
    held, signed = key(), store.checkpoint()
    made = store.published()
    if held is None or signed is None or made is None:
        raise PartnerError(Say("没有配置见证方,或日志还是空的", "no witness is configured, or the log is empty"), code="E-WITNESS-06")
    for _ in range(_TRIES):  # it may have seen more, or less, than we remember
        code, body = _answer(witness.ask(store.read(), min(old, made.n_leaves)))
        told = witness.read_answer(code, body, signed, held)
        if isinstance(told, bytes):
            with store.opened() as log:
                log.witnessed(told)
            return made.n_leaves
        old = told
        if old > made.n_leaves:
            witness.ask(store.read(), old)  # says that this log was set back
    raise PartnerError(Say("见证方的大小一直在变", "the witness keeps changing its size"), code="E-WITNESS-03")


def _answer(body: bytes) -> tuple[int, bytes]:
    said = settings.LIANFANG_WITNESS
    if " " in said:
        address = said.split()[1].rstrip("/") + "/add-checkpoint"
        return authority.post(address, body, "text/plain; charset=utf-8", SECONDS)
    folder = Path(said)
    with FolderDisk(folder).lock():  # a second one on the folder would sign by knowledge of its own
        made = Keeper(folder).answer(body)
    return made.code, made.body.encode()


def _keep(told: Told) -> None:
    row = {"at": told.at.isoformat(), "n_leaves": told.n_leaves, "is_good": told.is_good, "zh": told.say.zh, "en": told.say.en}
    with contextlib.suppress(OSError):
        _place().write_text(json.dumps(row, ensure_ascii=False), "utf-8")
