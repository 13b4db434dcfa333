"""RFC 3161 time stamps: a stranger's word that some bytes existed at a moment. Asking and answering travel elsewhere."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lianfang.engine.terms.errors import InputError, PartnerError, ProofError, Say


@dataclass(frozen=True)
class Request:
    """What is sent to the authority, and what its answer must repeat."""

    raw: bytes
    nonce: int


@dataclass(frozen=True)
class Stamp:
    """What an authority said: when, by which policy and serial number, over which digest."""

    at: datetime
    policy: str
    serial: int
    imprint: bytes
    nonce: int | None


def request(content: bytes) -> Request:
    """Make a request over the SHA-256 of some bytes, with a nonce, asking for the authority's certificate.

    Source:
        RFC 3161, 2.4.1.
    """
    from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

    made = TimestampRequestBuilder().data(content).hash_algorithm(HashAlgorithm.SHA256).nonce(nonce=True).cert_request(cert_request=True).build()
    return Request(made.as_bytes(), int(made.nonce or 0))


def read(raw: bytes) -> Stamp:
    """Read an answer; nothing is verified.

    Raises:
        ProofError: E-STAMP-01, not an answer in strict DER, or refused by the authority.
    """
    info = _decoded(raw).tst_info
    return Stamp(info.gen_time, info.policy.dotted_string, info.serial_number, bytes(info.message_imprint.message), info.nonce)


def _decoded(raw: bytes) -> Any:
    from rfc3161_client import decode_timestamp_response

    try:
        made = decode_timestamp_response(raw)
        if made.status != 0:
            raise PartnerError(Say(f"时间戳机构拒绝:{made.status_string}", f"the authority refused: {made.status_string}"), code="E-STAMP-02")
        made.tst_info  # noqa: B018  (reading it is what decodes it)
    except ValueError as wrong:
        raise ProofError(Say("不是时间戳应答(须为严格 DER)", "not a time stamp in strict DER"), code="E-STAMP-01",
                         fix=Say("请时间戳机构返回只含签名证书的应答", "ask the authority for an answer with its own certificate only")) from wrong
    return made


def certificates(pem: bytes) -> tuple[Any, ...]:
    """Read PEM certificates.

    Raises:
        InputError: E-STAMP-03, there is none, or one is malformed.
    """
    from cryptography.x509 import load_pem_x509_certificates

    try:
        return tuple(load_pem_x509_certificates(pem))
    except ValueError as wrong:
        raise InputError(Say("不是 PEM 证书", "these are no PEM certificates"), code="E-STAMP-03") from wrong


def verify(raw: bytes, content: bytes, roots: Sequence[Any], nonce: int | None = None, between: Sequence[Any] = ()) -> Stamp:
    """Check a time stamp over some bytes.

    Args:
        raw: the authority's answer.
        content: the bytes that were stamped (their SHA-256 was sent).
        roots: certificates that are trusted, from elsewhere than the answer.
        nonce: that of the request, where it is known.
        between: certificates on the way to a root.

    Returns:
        What the stamp says.

    Raises:
        ProofError: E-STAMP-01 malformed; E-STAMP-04, other bytes, another nonce, a signature or chain that fails,
            a certificate not made for time stamps.

    Source:
        RFC 3161, 2.4.2; revocation is not looked up, the engine knows no network.
    """
    from rfc3161_client import VerificationError, VerifierBuilder

    decoded = _decoded(raw)
    builder = VerifierBuilder(roots=list(roots), intermediates=list(between), nonce=nonce)
    try:
        builder.build().verify(decoded, hashlib.sha256(content).digest())
    except (VerificationError, ValueError) as wrong:
        raise ProofError(Say(f"时间戳不成立:{wrong}", f"the time stamp does not hold: {wrong}"), code="E-STAMP-04") from wrong
    return read(raw)
