"""Checkpoints: how large a log is and what its root is, signed by the log and cosigned by witnesses."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass

from lianfang.engine.evidence import note, tree
from lianfang.engine.evidence.note import Key, KeyKind, Note, Signature, Signer
from lianfang.engine.terms.errors import InputError, ProofError, Say


@dataclass(frozen=True)
class Checkpoint:
    """A log at one moment: its name, how many entries it has, the root over all of them.

    `more` are extension lines; we write none, others may.
    """

    origin: str
    n_leaves: int
    root: bytes
    more: tuple[str, ...] = ()

    def text(self) -> str:
        """Give the text that is signed."""
        lines = (self.origin, str(self.n_leaves), base64.b64encode(self.root).decode(), *self.more)
        return "".join(line + "\n" for line in lines)


@dataclass(frozen=True)
class Cosignature:
    """A witness's word: at this second it had seen this and nothing that contradicts it."""

    name: str
    at_seconds: int


def read(text: str) -> Checkpoint:
    """Read the text of a checkpoint.

    Raises:
        ProofError: E-PROOF-08, fewer than three lines, an empty one, or a size or root that is none.

    Source:
        C2SP tlog-checkpoint.
    """
    lines = text.split("\n")
    if len(lines) < 4 or lines.pop() or not all(lines):
        raise _no_checkpoint("lines")
    size, root = lines[1], note.decoded(lines[2])
    # Digits of other scripts and leading zeros are other spellings of a number, so they are none.
    if not (size.isascii() and size.isdecimal()) or str(int(size[:20])) != size or int(size) > tree.LARGEST_SIZE:
        raise _no_checkpoint("size")
    if root is None or len(root) != 32 or (size == "0" and root != tree.EMPTY_ROOT):
        raise _no_checkpoint("root")
    return Checkpoint(lines[0], int(size), root, tuple(lines[3:]))


def _no_checkpoint(what: str) -> ProofError:
    return ProofError(Say(f"不是检查点:{what}", f"not a checkpoint: {what}"), code="E-PROOF-08")


def sign(made: Checkpoint, signers: Sequence[Signer]) -> Note:
    """Sign a checkpoint with the log's key; the first signer is the log.

    Raises:
        InputError: E-NOTE-04, the key is a witness's, or has another name than the log.
    """
    for one in signers:
        if one.key.kind != KeyKind.ED25519 or one.key.name != made.origin:
            raise InputError(Say("检查点要用与日志同名的日志密钥签", "a checkpoint is signed by a log key named as the log"), code="E-NOTE-04")
    return note.sign(made.text(), signers)


def verify(raw: bytes, log_key: Key) -> tuple[Checkpoint, Note]:
    """Read a signed checkpoint and check the log's own signature.

    Raises:
        ProofError: E-PROOF-06..08, malformed; E-PROOF-07 also when the log did not sign; E-PROOF-09, another log's.
    """
    found = note.read(raw)
    if not note.signed_by(found, log_key):
        raise ProofError(Say(f"没有日志 {log_key.name} 的签名", f"{log_key.name} did not sign this"), code="E-PROOF-07")
    made = read(found.text)
    if made.origin != log_key.name:
        raise ProofError(Say(f"这是另一个日志 {made.origin}", f"this is another log, {made.origin}"), code="E-PROOF-09")
    return made, found


def _cosigned(text: str, at_seconds: int) -> bytes:
    return f"cosignature/v1\ntime {at_seconds}\n{text}".encode()


def cosign(text: str, witness: Signer, at_seconds: int) -> Signature:
    """Cosign the text of a checkpoint.

    Args:
        text: what the log signed.
        witness: a key of kind 0x04.
        at_seconds: POSIX time of the witness's clock.

    Source:
        C2SP tlog-cosignature, `cosignature/v1` with Ed25519.
    """
    content = at_seconds.to_bytes(8, "big") + witness.sign(_cosigned(text, at_seconds))
    return Signature(witness.key.name, witness.key.id, content)


def is_cosigned(text: str, key: Key, signature: Signature) -> bool:
    """Say whether a signature line is this witness's cosignature of the text."""
    if (signature.name, signature.key_id) != (key.name, key.id) or key.kind != KeyKind.COSIGNATURE or len(signature.content) != 72:
        return False
    at_seconds = int.from_bytes(signature.content[:8], "big")
    return at_seconds <= tree.LARGEST_SIZE and note.is_signed(key, _cosigned(text, at_seconds), signature.content[8:])


def cosignatures(found: Note, keys: Sequence[Key]) -> list[Cosignature]:
    """Give the good cosignatures of known witnesses; lines of unknown keys are passed over.

    A line in a known witness's name that does not verify is passed over too: anybody can append such a line,
    and it must not be able to spoil the others'.
    """
    made = {}
    for key in keys:
        for one in found.signatures:
            if is_cosigned(found.text, key, one):
                made[key.name] = Cosignature(key.name, int.from_bytes(one.content[:8], "big"))
    return list(made.values())
