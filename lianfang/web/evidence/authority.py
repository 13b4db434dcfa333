"""The few addresses outside: a time stamp authority, a witness. The engine knows no network; this file is it."""

from __future__ import annotations

import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings

from lianfang.engine.evidence import stamp
from lianfang.engine.evidence.stamp import Stamp
from lianfang.engine.terms.errors import InputError, PartnerError, Say

SECONDS = 10
_MOST_BYTES = 1 << 20


class _Stays(urllib.request.HTTPRedirectHandler):
    """An address that sends us elsewhere is not the one that was configured."""

    def redirect_request(self, *given: object, **named: object) -> None:
        return None


def post(address: str, body: bytes, content_type: str, seconds: float = SECONDS) -> tuple[int, bytes]:
    """Send bytes to a configured address and give its code and answer; never follows to another.

    Raises:
        PartnerError: E-OUTSIDE-01, no answer within the time, or no such address.
    """
    asked = urllib.request.Request(address, body, {"Content-Type": content_type}, method="POST")
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _Stays)
    try:
        if urlsplit(address).scheme not in ("http", "https"):
            raise ValueError(f"not an address of the web: {address}")
        with opener.open(asked, timeout=seconds) as answer:
            return int(answer.status), answer.read(_MOST_BYTES)
    except urllib.error.HTTPError as told:
        return told.code, told.read(_MOST_BYTES)
    except (OSError, ValueError) as wrong:
        raise PartnerError(
            Say(f"对方没有应答:{wrong}", f"no answer: {wrong}"), code="E-OUTSIDE-01", where=urlsplit(address).netloc,
            fix=Say("检查地址与网络,稍后再试", "check address and network, try again later"),
        ) from wrong  # fmt: skip


def name() -> str:
    """Name the configured time stamp authority; nothing where there is none."""
    return urlsplit(settings.LIANFANG_TSA).netloc


def stamped(content: bytes, most_bytes: int) -> tuple[bytes, Stamp]:
    """Ask the authority for a stamp over some bytes and check its answer before it is believed.

    Raises:
        PartnerError: E-STAMP-05 none is configured; E-STAMP-02 it refuses; E-OUTSIDE-01 it does not answer.
        ProofError: E-STAMP-01, E-STAMP-04.
    """
    if not settings.LIANFANG_TSA or not settings.LIANFANG_TSA_ROOTS:
        raise PartnerError(
            Say("没有配置时间戳机构", "no time stamp authority is configured"), code="E-STAMP-05", where="LIANFANG_TSA",
            fix=Say("在环境里写 LIANFANG_TSA 和 LIANFANG_TSA_ROOTS", "set LIANFANG_TSA and LIANFANG_TSA_ROOTS"),
        )  # fmt: skip
    if len(content) > most_bytes:
        raise InputError(
            Say(f"超过 {most_bytes >> 20} MB 的文件不单独加盖时间戳", f"above {most_bytes >> 20} MB a file is not stamped by itself"),
            code="E-STAMP-06", fix=Say("做证据包:时间戳盖在检查点上", "make a package: the stamp is over its checkpoint"),
        )  # fmt: skip
    asked = stamp.request(content)
    code, raw = post(settings.LIANFANG_TSA, asked.raw, "application/timestamp-query")
    if code != 200:
        raise PartnerError(
            Say(f"时间戳机构应答 {code}", f"the authority answered {code}"), code="E-STAMP-02", where=name(),
            fix=Say("稍后再试,或联系时间戳机构", "try again later, or ask the authority"),
        )  # fmt: skip
    return raw, stamp.verify(raw, content, _roots(), asked.nonce)


def _roots() -> tuple[object, ...]:
    place = Path(settings.LIANFANG_TSA_ROOTS)
    try:
        return tuple(stamp.certificates(place.read_bytes()))
    except OSError as wrong:
        raise InputError(
            Say(f"读不到根证书:{wrong.strerror}", f"the root certificates cannot be read: {wrong.strerror}"), code="E-STAMP-07",
            where="LIANFANG_TSA_ROOTS", fix=Say("写成 PEM 文件的路径", "name a PEM file"),
        ) from wrong  # fmt: skip
