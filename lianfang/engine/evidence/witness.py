"""A witness remembers how large a log was and what its root was, and signs only what adds to that.

Pure: what is known and a request go in, an answer and what is known after go out. Whoever serves it must have
the new knowledge on the disk before the answer leaves, and must do one log's requests one after another.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lianfang.engine.evidence import checkpoint, note, proof, tiles, tree
from lianfang.engine.evidence.note import Key, Note, Signer
from lianfang.engine.terms.errors import PartnerError, ProofError, Say

SIZE_TYPE = "text/x.tlog.size"
TEXT_TYPE = "text/plain; charset=utf-8"
MOST_BYTES = 65_536
_MOST_TOLD = 4_000_000


@dataclass(frozen=True)
class Seen:
    """The last state of a log this witness signed."""

    n_leaves: int = 0
    root: bytes = tree.EMPTY_ROOT

    def to_bytes(self) -> bytes:
        """Write it for the disk."""
        return f"{self.n_leaves}\n{base64.b64encode(self.root).decode()}\n".encode()


@dataclass(frozen=True)
class Answer:
    """What a request is answered with; `seen` is to be on the disk before it goes out, if there is one."""

    code: int
    body: str
    seen: Seen | None = None
    content_type: str = TEXT_TYPE


def read_seen(raw: bytes) -> Seen:
    """Read what `Seen.to_bytes` wrote.

    Raises:
        ProofError: E-WITNESS-01: a witness that has forgotten must not sign.
    """
    try:
        size, root, end = raw.decode("ascii").split("\n")
        made = Seen(int(size), note.decoded(root) or b"")
    except (UnicodeDecodeError, ValueError):
        made, end = Seen(0, b""), "x"
    if end or made.n_leaves < 0 or len(made.root) != 32 or made.to_bytes() != raw:
        raise ProofError(Say("见证记录读不出", "what the witness has seen cannot be read"), code="E-WITNESS-01",
                         fix=Say("从备份恢复这一行;不要从零开始", "restore it from a backup; do not begin from nothing"))
    return made


def request(old: int, hashes: Sequence[bytes], signed: bytes) -> bytes:
    """Write the body of `POST /add-checkpoint`.

    Args:
        old: the size the witness has seen.
        hashes: the consistency proof from that size.
        signed: the log's signed checkpoint.

    Source:
        C2SP tlog-witness.
    """
    lines = [f"old {old}", *(base64.b64encode(one).decode() for one in hashes), ""]
    return "".join(line + "\n" for line in lines).encode() + signed


def ask(read: tiles.Read, old: int) -> bytes:
    """Write the request for the checkpoint a log has published.

    Raises:
        ProofError: E-WITNESS-02, the witness has seen more than this log has: it was set back to an older state.
    """
    signed = read("checkpoint") or b""
    made = checkpoint.read(note.read(signed).text)
    if old > made.n_leaves:
        raise ProofError(
            Say(f"见证方见过 {old} 条,这里只有 {made.n_leaves} 条:日志被倒退过", f"the witness has seen {old} entries, here are {made.n_leaves}: the log was set back"),
            code="E-WITNESS-02",
            fix=Say("停止写入,恢复最新备份后再核对", "stop writing; restore the newest state, then compare"),
        )
    return request(old, tiles.Reader(read, made.n_leaves).consistency(old), signed)


def read_request(body: bytes) -> tuple[int, list[bytes], bytes] | None:
    """Take a request apart as (old size, proof, signed checkpoint), or say it is none."""
    head, middle, signed = body.partition(b"\n\n")
    try:
        first, *lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError:
        return None
    word, _, size = first.partition(" ")
    if not middle or word != "old" or not size.isdecimal() or len(size) > 19 or str(int(size)) != size or len(lines) > proof.MOST_HASHES:
        return None
    hashes = [one for one in map(note.decoded, lines) if one is not None and len(one) == 32]
    return (int(size), hashes, signed) if len(hashes) == len(lines) else None


def origin_of(body: bytes) -> str:
    """Say which log a request is about, before anything is checked, so that its knowledge can be fetched."""
    return body.partition(b"\n\n")[2].partition(b"\n")[0].decode("utf-8", "replace")


def add_checkpoint(body: bytes, logs: Mapping[str, Key], seen: Seen, signer: Signer, at_seconds: int) -> Answer:
    """Judge a checkpoint: sign it, or say why not.

    Args:
        body: the request.
        logs: the logs this witness signs for, by origin.
        seen: what it has signed of the log `origin_of(body)`.
        signer: the witness's own key, kind 0x04.
        at_seconds: its clock, POSIX.

    Returns:
        200 a signature line · 400 not a request, or `old` above the new size · 403 not signed by the log ·
        404 unknown log · 409 another `old`, with the size seen as body · 422 the proof does not hold, or another
        root at the same size: the log shows two histories.

    Source:
        C2SP tlog-witness 1.0, add-checkpoint.
    """
    found = read_request(body)
    if found is None:
        return Answer(400, "malformed request\n")
    old, hashes, signed = found
    judged = _signed_by_a_log(signed, logs)
    if isinstance(judged, Answer):
        return judged
    made, held = judged
    if old > made.n_leaves:
        return Answer(400, "old is larger than the checkpoint\n")
    if old != seen.n_leaves:
        return Answer(409, f"{seen.n_leaves}\n", content_type=SIZE_TYPE)
    if not tree.is_consistent(old, made.n_leaves, hashes, seen.root, made.root):
        return Answer(422, "not consistent with what was seen\n")
    line = checkpoint.cosign(held.text, signer, at_seconds).line()
    return Answer(200, line + "\n", Seen(made.n_leaves, made.root))


def _signed_by_a_log(signed: bytes, logs: Mapping[str, Key]) -> tuple[checkpoint.Checkpoint, Note] | Answer:
    try:
        held = note.read(signed)
        made = checkpoint.read(held.text)
    except ProofError:
        return Answer(400, "malformed checkpoint\n")
    if made.origin not in logs:
        return Answer(404, "unknown log\n")
    try:
        checkpoint.verify(signed, logs[made.origin])
    except ProofError:
        return Answer(403, "no good signature of the log\n")
    return made, held


def read_answer(code: int, body: bytes, signed: bytes, witness: Key) -> int | bytes:
    """Read a witness's answer to a log that asked.

    Returns:
        The checkpoint with the cosignature added, as bytes; or the size the witness has seen, to ask again from.

    Raises:
        PartnerError: E-WITNESS-03, a refusal, or a signature that is not this witness's for this checkpoint.
    """
    text = body[:_MOST_TOLD].decode("utf-8", "replace")
    size = text.strip()
    if code == 409 and size.isascii() and size.isdecimal() and len(size) < 20:
        return int(size)
    if code == 200:
        held = note.read(signed)
        lines = [one for one in map(_line, text.splitlines()) if one is not None]
        good = [one for one in lines if checkpoint.is_cosigned(held.text, witness, one)]
        if good:
            return held.and_signed(good).to_bytes()
    raise PartnerError(Say(f"见证方 {witness.name} 没有签:{code} {size[:80]}", f"witness {witness.name} did not sign: {code} {size[:80]}"), code="E-WITNESS-03",
                       fix=Say("422 表示它见过不同的历史,须查清后再写", "422 means it has seen another history: find out before writing on"))


def _line(text: str) -> note.Signature | None:
    try:
        return note.read_signature(text)
    except ProofError:
        return None
