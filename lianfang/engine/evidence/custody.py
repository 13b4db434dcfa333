"""The chain of custody: who did what with an exhibit, when and why, each line bound to the one before."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from lianfang.engine.evidence import canonical, note
from lianfang.engine.evidence.digest import Digests
from lianfang.engine.evidence.note import Key, Signer
from lianfang.engine.terms.errors import InputError, ProofError, Say

START = "0" * 64


class Act(StrEnum):
    """What may be done with an exhibit."""

    CAPTURE = "capture"
    VIEW = "view"
    COPY = "copy"
    TRANSFER = "transfer"
    REDACT = "redact"
    EXPORT = "export"
    RETURN = "return"
    DESTROY = "destroy"
    HOLD = "hold"
    RELEASE = "release"
    VERIFY = "verify"
    STAMP = "stamp"


@dataclass(frozen=True)
class Line:
    """One act on one exhibit.

    `before` and `after` are SHA-256 of the exhibit's bytes; equal unless the act made a new copy. `former` is the
    SHA-256 of the line before. `signature` is the actor's, in hexadecimal, where there is a key.
    """

    exhibit: str
    at: datetime
    actor: str
    act: Act
    purpose: str
    before: str
    after: str
    giver: str = ""
    taker: str = ""
    note: str = ""
    former: str = START
    signature: str = ""

    def row(self) -> dict[str, Any]:
        """Give it as a canonical JSON value."""
        told = {name: str(value) for name, value in vars(self).items() if value != ""}
        told["at"] = self.at.isoformat()
        return told

    def to_bytes(self) -> bytes:
        """Give the line as it stands in a file, without the line end."""
        return canonical.dumps(self.row())

    def unsigned(self) -> bytes:
        """Give the bytes a signature is over."""
        return replace(self, signature="").to_bytes()


def add(lines: Sequence[Line], new: Line, signer: Signer | None = None) -> tuple[Line, ...]:
    """Put a line at the end of a chain.

    Raises:
        InputError: E-CUSTODY-01, no actor, purpose or time zone; a transfer without both sides; a first line
            that is no capture; another exhibit; earlier than the line before; after destruction.
    """
    bound = replace(new, former=hashlib.sha256(lines[-1].to_bytes()).hexdigest() if lines else START, signature="")
    wrong = _fault(lines, bound)
    if wrong:
        raise InputError(wrong, code="E-CUSTODY-01", where=new.exhibit)
    if signer:
        bound = replace(bound, signature=signer.sign(bound.unsigned()).hex())
    return (*lines, bound)


def _fault(lines: Sequence[Line], new: Line) -> Say | None:
    if not new.actor or not new.purpose or new.at.tzinfo is None:
        return Say("保管链一行要有人、目的和带时区的时间", "a line needs an actor, a purpose and a moment with a zone")
    if new.act == Act.TRANSFER and not (new.giver and new.taker):
        return Say("移交要写明交出方和接收方", "a transfer names who gives and who takes")
    if not lines:
        return None if new.act == Act.CAPTURE else Say("第一行必须是取得", "the first line is the capture")
    last = lines[-1]
    if new.exhibit != last.exhibit or new.act == Act.CAPTURE:
        return Say("一条保管链只讲一件证据的一次取得", "one chain is about one capture of one exhibit")
    if last.act == Act.DESTROY:
        return Say("已销毁,不能再有动作", "it was destroyed; nothing follows")
    if new.at < last.at:
        return Say("时间早于上一行", "it is earlier than the line before")
    return Say("动作前的哈希与上一行之后的不同", "the digest before is not the one after the line before") if new.before != last.after else None


def read(raw: bytes) -> tuple[Line, ...]:
    """Read a file of lines.

    Raises:
        ProofError: E-CUSTODY-02, a line is malformed.
    """
    made = []
    for number, one in enumerate(raw.splitlines(), 1):
        try:
            row = canonical.loads(one)
            made.append(Line(**{**row, "at": datetime.fromisoformat(row["at"]), "act": Act(row["act"])}))
        except (InputError, KeyError, TypeError, ValueError) as wrong:
            raise ProofError(Say(f"保管链第 {number} 行有误", f"line {number} of the chain is faulty"), code="E-CUSTODY-02") from wrong
    return tuple(made)


def check(lines: Sequence[Line], found: Digests, keys: dict[str, Key] | None = None) -> None:
    """Check a chain from the capture to the exhibit as it is now.

    Args:
        lines: the whole chain.
        found: what the exhibit's bytes are now.
        keys: actors' public keys; whoever has one must have signed.

    Raises:
        ProofError: E-CUSTODY-03, with the number of the first wrong line.
    """
    for number, line in enumerate(lines):
        before = lines[:number]
        former = hashlib.sha256(before[-1].to_bytes()).hexdigest() if before else START
        key = (keys or {}).get(line.actor)
        if line.former != former or _fault(before, line) or (key and not _is_signed(line, key)):
            raise _broken(number + 1)
    if not lines or lines[-1].after != found.sha256:
        raise _broken(len(lines))


def _is_signed(line: Line, key: Key) -> bool:
    try:
        return note.is_signed(key, line.unsigned(), bytes.fromhex(line.signature))
    except ValueError:
        return False


def _broken(number: int) -> ProofError:
    return ProofError(Say(f"保管链在第 {number} 行断开", f"the chain of custody breaks at line {number}"), code="E-CUSTODY-03", where=f"line {number}")
