"""A proof in one small file: this entry is in that log, whose checkpoint the log and its witnesses signed."""

from __future__ import annotations

import base64
from dataclasses import dataclass

from lianfang.engine.evidence import checkpoint, note, policy, tree
from lianfang.engine.evidence.checkpoint import Checkpoint, Cosignature
from lianfang.engine.evidence.policy import Policy
from lianfang.engine.terms.errors import ProofError, Say

HEAD = "c2sp.org/tlog-proof@v1"
MOST_HASHES = 63


@dataclass(frozen=True)
class Proof:
    """The place of an entry, the hashes that lead to the root, the signed checkpoint."""

    index: int
    hashes: tuple[bytes, ...]
    signed: bytes
    extra: bytes | None = None

    def to_bytes(self) -> bytes:
        """Write a `.tlog-proof` file."""
        lines = [HEAD] if self.extra is None else [HEAD, f"extra {base64.b64encode(self.extra).decode()}"]
        lines += [f"index {self.index}", *(base64.b64encode(one).decode() for one in self.hashes)]
        return "".join(line + "\n" for line in (*lines, "")).encode() + self.signed


@dataclass(frozen=True)
class Proved:
    """What a good proof says: the checkpoint, and which witnesses saw it when."""

    checkpoint: Checkpoint
    witnesses: tuple[Cosignature, ...]


def read(raw: bytes) -> Proof:
    """Read a `.tlog-proof` file; nothing is verified.

    Raises:
        ProofError: E-PROOF-11.

    Source:
        C2SP tlog-proof.
    """
    head, middle, signed = raw.partition(b"\n\n")
    try:
        lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError as wrong:
        raise _no_proof("ASCII") from wrong
    if not middle or lines.pop(0) != HEAD:
        raise _no_proof(HEAD)
    extra = None
    if lines and lines[0].startswith("extra "):
        extra = note.decoded(lines.pop(0).removeprefix("extra "))
        if extra is None:
            raise _no_proof("extra")
    name, _, index = lines.pop(0).partition(" ") if lines else ("", "", "")
    if name != "index" or not index.isdecimal() or len(index) > 19 or str(int(index)) != index:
        raise _no_proof("index")
    hashes = [note.decoded(line) for line in lines]
    if len(hashes) > MOST_HASHES or any(one is None or len(one) != 32 for one in hashes):
        raise _no_proof("hashes")
    return Proof(int(index), tuple(one for one in hashes if one is not None), signed, extra)


def _no_proof(what: str) -> ProofError:
    return ProofError(Say(f"不是证明文件:{what}", f"not a proof file: {what}"), code="E-PROOF-11")


def verify(raw: bytes, entry: bytes, held: Policy) -> Proved:
    """Check that an entry is in the log, and that the log and enough witnesses stand by it.

    Args:
        raw: a `.tlog-proof` file.
        entry: the bytes of the leaf.
        held: whom to believe; from elsewhere than the proof.

    Raises:
        ProofError: E-PROOF-06..12; the first thing that is wrong.
    """
    found = read(raw)
    made, signed = checkpoint.verify(found.signed, held.log_key)
    witnesses = policy.demand(signed, held)
    if not tree.is_included(tree.hash_leaf(entry), found.index, made.n_leaves, found.hashes, made.root):
        raise ProofError(Say("这条日志不在检查点之下", "this entry is not under that checkpoint"), code="E-PROOF-12")
    return Proved(made, tuple(witnesses))
