"""SHA-256 and SM3 of the same bytes in one pass: one for the world, one for national cryptography."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from lianfang.engine.terms.errors import InputError, Say

CHUNK_BYTES = 1 << 20
DIGEST_BYTES = 32


@dataclass(frozen=True)
class Digests:
    """What some bytes are: their number and two digests in small hexadecimal letters."""

    sha256: str
    sm3: str
    n_bytes: int

    def row(self) -> dict[str, Any]:
        """Give it as a JSON value: `{"bytes", "sha256", "sm3"}`."""
        return {"bytes": self.n_bytes, "sha256": self.sha256, "sm3": self.sm3}


def of(chunks: Iterable[bytes]) -> Digests:
    """Digest a stream in one pass; memory stays at one chunk.

    Args:
        chunks: the bytes in order, cut anywhere.

    Source:
        FIPS 180-4 (SHA-256), GB/T 32905-2016 (SM3).
    """
    sha256, sm3, n_bytes = hashlib.sha256(), _sm3(), 0
    for chunk in chunks:
        sha256.update(chunk)
        sm3.update(chunk)
        n_bytes += len(chunk)
    return Digests(sha256.hexdigest(), sm3.hexdigest() if hasattr(sm3, "hexdigest") else sm3.finalize().hex(), n_bytes)


def of_bytes(content: bytes) -> Digests:
    """Digest bytes that are in memory already."""
    return of((content,))


def read(row: Any) -> Digests:
    """Read what `Digests.row` wrote.

    Raises:
        InputError: E-CANON-03, not two digests and a length.
    """
    try:
        made = Digests(str(row["sha256"]), str(row["sm3"]), int(row["bytes"]))
        if len(bytes.fromhex(made.sha256)) == len(bytes.fromhex(made.sm3)) == DIGEST_BYTES and made.row() == dict(row):
            return made
    except (KeyError, TypeError, ValueError):
        pass
    raise InputError(
        Say("要有 sha256、sm3 和 bytes", "sha256, sm3 and bytes are wanted"),
        code="E-CANON-03",
        fix=Say("小写十六进制各 64 位,bytes 为整数", "64 small hexadecimal letters each, bytes a whole number"),
    )


def hmac_both(key: bytes, message: bytes) -> tuple[bytes, bytes]:
    """Give HMAC-SHA-256 and HMAC-SM3 of a message under one key.

    Returns:
        Two times 32 bytes.

    Source:
        RFC 2104; block size 64 bytes for both.
    """
    first = hmac.digest(key, message, "sha256")
    if _has_sm3():
        return first, hmac.digest(key, message, "sm3")
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.hmac import HMAC

    other = HMAC(key, hashes.SM3())
    other.update(message)
    return first, other.finalize()


@cache
def _has_sm3() -> bool:
    return "sm3" in hashlib.algorithms_available


def _sm3() -> Any:
    if _has_sm3():
        return hashlib.new("sm3")
    from cryptography.hazmat.primitives import hashes

    return hashes.Hash(hashes.SM3())
