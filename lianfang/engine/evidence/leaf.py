"""One entry of the evidence log: what happened, and a commitment to the rest that can be forgotten.

The leaf is public for good; the payload and its salt live elsewhere and may be deleted. Without the salt a
commitment tells nothing, even of a payload that can be guessed (a mobile number has only 10**10 values).
"""

from __future__ import annotations

import hmac
import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NoReturn

from lianfang.engine.evidence import canonical, digest
from lianfang.engine.terms.errors import InputError, ProofError, Say

VERSION = 1
SALT_BYTES = 32

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9:._/-]{0,119}")
_TYPE = re.compile(r"[a-z][a-z0-9_]*:[a-z][a-z0-9_]*:[a-z][a-z0-9_]*")
# A piece of nothing but digits as long as a local telephone number may be somebody's number; codes are never that.
_NUMBER = re.compile(r"[0-9][0-9-]{5,}[0-9Xx]")
_FIELDS = ("actor", "at", "commit", "id", "target", "type", "v")


@dataclass(frozen=True)
class Commitment:
    """HMAC-SHA-256 and HMAC-SM3 of a payload under a salt of 32 bytes; hexadecimal."""

    sha256: str
    sm3: str


@dataclass(frozen=True)
class Leaf:
    """What one entry says in public: never a name, a number of a person, or a digest of one.

    `id` makes the entry findable and a second append of it recognisable; `type` is `room:thing:past`;
    `actor` and `target` are codes that mean something only with the database beside them.
    """

    id: str
    type: str
    at: datetime
    actor: str
    target: str
    commit: Commitment


def fresh_salt() -> bytes:
    """Give 32 bytes nobody can guess; one for every payload, never used twice."""
    return os.urandom(SALT_BYTES)


def commit(salt: bytes, payload: bytes) -> Commitment:
    """Bind to a payload without telling it.

    Args:
        salt: exactly 32 bytes; a key of another length would let two salts open one commitment.
        payload: any bytes, usually `canonical.dumps` of the particulars.

    Raises:
        InputError: E-LEAF-02, the salt has another length.
    """
    if len(salt) != SALT_BYTES:
        raise InputError(Say(f"盐要有 {SALT_BYTES} 字节", f"a salt has {SALT_BYTES} bytes"), code="E-LEAF-02",
                         fix=Say("用 leaf.fresh_salt()", "use leaf.fresh_salt()"))
    sha256, sm3 = digest.hmac_both(salt, payload)
    return Commitment(sha256.hex(), sm3.hex())


def opens(found: Leaf, salt: bytes, payload: bytes) -> bool:
    """Say whether this salt and payload are what the leaf was bound to; both digests must agree."""
    made = commit(salt, payload)
    return hmac.compare_digest(made.sha256, found.commit.sha256) and hmac.compare_digest(made.sm3, found.commit.sm3)


def to_bytes(made: Leaf) -> bytes:
    """Write a leaf as the log keeps it.

    Returns:
        Canonical JSON, about 400 bytes, never above 1,000.

    Raises:
        InputError: E-LEAF-01, a field that is no code, looks like a number of a person, or has no time zone.
    """
    _check(made)
    at = made.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return canonical.dumps({
        "v": VERSION, "id": made.id, "type": made.type, "at": at, "actor": made.actor, "target": made.target,
        "commit": {"sha256": made.commit.sha256, "sm3": made.commit.sm3},
    })


def from_bytes(raw: bytes) -> Leaf:
    """Read a leaf back.

    Raises:
        ProofError: E-PROOF-01, these bytes are no leaf of version 1.
    """
    try:
        found: dict[str, Any] = canonical.loads(raw)
        if tuple(sorted(found)) != _FIELDS or found["v"] != VERSION or sorted(found["commit"]) != ["sha256", "sm3"]:
            return _no_leaf("fields")
        at = datetime.strptime(found["at"], "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
        commitment = Commitment(found["commit"]["sha256"], found["commit"]["sm3"])
        made = Leaf(found["id"], found["type"], at, found["actor"], found["target"], commitment)
        if to_bytes(made) != raw:
            return _no_leaf("spelling")
    except (InputError, KeyError, TypeError, ValueError, AttributeError) as wrong:
        return _no_leaf(str(wrong), wrong)
    return made


def _no_leaf(what: str, wrong: Exception | None = None) -> NoReturn:
    raise ProofError(Say(f"这不是第 1 版日志条目:{what}", f"this is no log entry of version 1: {what}"), code="E-PROOF-01") from wrong


def _check(made: Leaf) -> None:
    if not _TYPE.fullmatch(made.type):
        _refuse("type", made.type)
    for name, code in (("id", made.id), ("actor", made.actor), ("target", made.target)):
        if not _CODE.fullmatch(code):
            _refuse(name, code)
        if any(_NUMBER.fullmatch(piece) for piece in re.split(r"[:._/]", code)):
            _refuse(name, "…" + code[-2:])
    if made.at.tzinfo is None:
        _refuse("at", made.at.isoformat())
    for name, text in (("commit.sha256", made.commit.sha256), ("commit.sm3", made.commit.sm3)):
        if not re.fullmatch(r"[0-9a-f]{64}", text):
            _refuse(name, text[:8])


def _refuse(name: str, value: str) -> NoReturn:
    raise InputError(
        Say(f"日志条目的 {name} 不能写成 {value}", f"{name} of a log entry cannot be {value}"),
        code="E-LEAF-01",
        where=f"leaf.{name}",
        fix=Say(
            "类型写成 房间:事物:过去式;编号用无含义的代号,不得用手机号、证件号、卡号及其摘要",
            "type is room:thing:past; use codes without meaning, never a number of a person nor a digest of one",
        ),
    )
