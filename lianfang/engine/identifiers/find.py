"""Identifiers inside free text, in the spellings people use to hide them.

A number with stars in it is masked already and is none. Everything found carries its span in the
raw text, and whether it was written so that a plain search would miss it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lianfang.engine.identifiers import checks, costume, kinds, patterns
from lianfang.engine.identifiers.costume import Folded
from lianfang.engine.terms import compiled
from lianfang.engine.terms.codes import IdentifierKind as Kind


@dataclass(frozen=True)
class Found:
    """One identifier in a text: kind, normal form, raw span in characters, hidden or plain."""

    kind: Kind
    value: str
    start: int
    end: int
    hidden: bool


@dataclass(frozen=True)
class _Spot:
    kind: Kind
    value: str
    start: int
    end: int
    hidden: bool = False


def find(raw: str) -> tuple[Found, ...]:
    """Find every identifier in a text.

    Args:
        raw: the text as written.

    Returns:
        In order of their start. Spans do not overlap, but for the domain inside an address or
        an e-mail's address of its own. Reading stops at 100,000 characters.

    Shape:
        One text in, any number of findings out; `raw[start:end]` is what was written.
    """
    return _find(raw, patterns.ALL)


def _find(raw: str, parts: int) -> tuple[Found, ...]:
    folded = costume.fold(raw[:100_000])
    spots: list[_Spot] = []
    for part, maker in _MAKERS:  # the surer first: what they take is not read again
        for spot in maker(folded) if parts & part else ():
            if not any(spot.start < other.end and other.start < spot.end for other in spots):
                spots.append(spot)
    found = [_found(raw, folded, spot) for spot in spots]
    for address in [one for one in found if one.kind is Kind.URL]:
        found.extend(_domain_within(raw, address))
    return tuple(sorted(found, key=lambda one: (one.start, one.end, one.kind)))


def _found(raw: str, folded: Folded, spot: _Spot) -> Found:
    start, end = folded.raw_span(spot.start, spot.end)
    written = raw[start:end]
    is_costumed = not written.isascii() and spot.kind is not Kind.PLATE and not _plain_idn(spot, written)
    value = spot.value
    if spot.kind is Kind.URL and written.isascii():
        # paths tell small letters from capitals, which the folded text no longer does
        cased = re.sub(r"^hxxp", "http", written.replace("[.]", "."), flags=re.IGNORECASE)
        again = kinds.parse(Kind.URL, cased)
        value = again if again is not None and again.lower() == value.lower() else value
    return Found(spot.kind, value, start, end, spot.hidden or is_costumed)


def _plain_idn(spot: _Spot, written: str) -> bool:
    return spot.kind in (Kind.DOMAIN, Kind.URL) and "点" not in written and "。" not in written


def _domain_within(raw: str, address: Found) -> Iterator[Found]:
    domain = kinds.parse(Kind.DOMAIN, address.value)
    if domain is not None:
        head = re.match(r"[a-zA-Z\s]{0,8}[::]\s?/\s?/", raw[address.start : address.end])
        start = address.start + (head.end() if head else 0)
        host = re.match(r"[^/?#::]+", raw[start : address.end])
        end = start + (host.end() if host else 0)
        yield Found(Kind.DOMAIN, domain, start, end, address.hidden)


def _undotted(text: str) -> str:
    return re.sub(r"\s?(?:\[\.\]|\(\.\)|\[点\]|\(点\)|\[dot\]|\(dot\)|点)\s?", ".", text)


def _addresses(folded: Folded) -> Iterator[_Spot]:
    text = folded.text
    if not folded.has_letter and patterns.IDN_TOP.search(text) is None:
        return
    if patterns.JOINED.search(text) is None:
        return
    for hit in patterns.EMAIL.finditer(text):
        address = f"{hit[1].strip('.')}@{_undotted(hit[2])}"
        value = kinds.parse(Kind.EMAIL, address)
        if value is not None:
            yield _Spot(Kind.EMAIL, value, hit.start(), hit.end(), hit[0] != value)
    for hit in patterns.URL.finditer(text):
        written = re.sub(r"[.,;!?'\")\]]+$", "", hit[0])
        cleaned = re.sub(r"^h\s?[tx]{2}\s?p(s?)\s?:\s?/\s?/", r"http\1://", written).replace("[.]", ".")
        value = kinds.parse(Kind.URL, cleaned)
        if value is None:
            # words run on after the address without a blank: keep its ASCII part
            written = re.match(r"[!-~\s]*", written)[0]  # type: ignore[index]
            value = kinds.parse(Kind.URL, re.sub(r"^h\s?[tx]{2}\s?p(s?)\s?:\s?/\s?/", r"http\1://", written))
        if value is not None:
            yield _Spot(
                Kind.URL,
                value,
                hit.start(),
                hit.start() + len(written),
                cleaned[:4] != hit[0][:4] or "[" in written,
            )
    yield from _packages_and_domains(text)


def _packages_and_domains(text: str) -> Iterator[_Spot]:
    for hit in patterns.PACKAGE.finditer(text):
        last = hit[1].rsplit(".", 1)[-1]
        if last not in ("com", "cn", "net", "org", "cc", "top", "vip", "xyz"):
            yield _Spot(Kind.APP_PACKAGE, hit[1], hit.start(1), hit.end(1))
    for hit in patterns.DOMAIN.finditer(text):
        host = _undotted(hit[1])
        labels = host.split(".")
        value = kinds.parse(Kind.DOMAIN, host)
        if value is None or (labels[0].isdigit() and len(labels[0]) < 4) or re.fullmatch(r"[\d.]+", host):
            continue
        is_hidden = host != hit[1]
        if hit[2]:
            address = kinds.parse(Kind.URL, host + re.sub(r"[.,;!?'\")\]]+$", "", hit[2]))
            if address is not None:
                yield _Spot(Kind.URL, address, hit.start(), hit.start() + len(hit[0]), is_hidden)
                continue
        yield _Spot(Kind.DOMAIN, value, hit.start(1), hit.end(1), is_hidden)
    for hit in patterns.IDN.finditer(text) if patterns.IDN_TOP.search(text) else ():
        value = kinds.parse(Kind.DOMAIN, hit[1])
        if value is not None:
            yield _Spot(Kind.DOMAIN, value, hit.start(1), hit.end(1))


def _named(folded: Folded) -> Iterator[_Spot]:
    """Find what only the word before it tells: WeChat, QQ, Alipay, social handles."""
    text, digits = folded.text, folded.digits
    for hit in patterns.WECHAT.finditer(text) if folded.has_letter and patterns.NAME.search(text) else ():
        value = hit[1].strip("-_") if len(hit[1].strip("-_")) >= 6 else hit[1]
        if not value.isalpha() or len(value) >= 6:
            if value in _WORDS:
                continue
            word = text[hit.start() : hit.start(1)]
            yield _Spot(
                Kind.WECHAT_ID,
                value,
                hit.start(1),
                hit.start(1) + len(value),
                not re.match(r"微信|wechat", word),
            )
    for kind, pattern in (
        patterns.SOCIAL if (patterns.SITE if folded.has_letter else patterns.SITE_SIGN).search(text) else ()
    ):
        for hit in pattern.finditer(text):
            value = hit[1].strip("._-")
            if any(one.isdigit() for one in value) and kinds.parse(kind, value):
                yield _Spot(kind, value, hit.start(1), hit.start(1) + len(hit[1]))
    for hit in patterns.ALIPAY.finditer(digits) if "2088" in digits else ():
        yield _Spot(Kind.ALIPAY, hit[1], hit.start(1), hit.end(1))
    for hit in patterns.QQ.finditer(digits) if patterns.CALL.search(text) else ():
        value = re.sub(r"[^0-9]", "", hit[1])
        if (
            5 <= len(value) <= 11
            and not kinds.MOBILE.fullmatch(value)
            and not patterns.UNIT.match(digits, hit.end())
        ):
            word = text[hit.start() : hit.start(1)]
            is_hidden = not word.startswith("qq") or value != text[hit.start(1) : hit.end(1)]
            yield _Spot(Kind.QQ, value, hit.start(1), hit.end(1), is_hidden)


_WORDS = frozenset(
    "cellphone phone hotline digit number wechat weixin url place name address unknown mobile".split()
)
"""Masks that other people's corpora put where an identifier was; they name nobody."""


def _codes(folded: Folded) -> Iterator[_Spot]:
    """Find what its own shape tells: UUID, digests, credit codes, IP addresses, plates."""
    text = folded.text
    for pattern, kind in patterns.CODE_SHAPES if patterns.LONG.search(text) else patterns.CODE_SHAPES[-1:]:
        for hit in pattern.finditer(text):
            value = kinds.parse(kind, hit[1])
            if value is not None and not (kind is Kind.PLATE and not re.search(r"\d", value)):
                yield _Spot(kind, value, hit.start(1), hit.end(1))
    has_v4 = text.count(".") >= 3
    has_v6 = "::" in text or text.count(":") >= 5
    for pattern in (*((patterns.IPV4,) if has_v4 else ()), *((patterns.IPV6,) if has_v6 else ())):
        for hit in pattern.finditer(text):
            value = kinds.parse(Kind.IP, hit[1])
            if value is not None and not patterns.VERSION.search(text, 0, hit.start()):
                yield _Spot(Kind.IP, value, hit.start(1), hit.end(1))


def _numbers(folded: Folded) -> Iterator[_Spot]:
    """Find mobiles, identity numbers, cards and landlines in runs of digits in any costume."""
    for hit in patterns.RUN.finditer(folded.digits):
        spans = [
            (group.start() + hit.start(), group.end() + hit.start())
            for group in patterns.GROUP.finditer(hit[0])
        ]
        run = _Run(
            folded,
            spans,
            "".join(folded.digits[start:end] for start, end in spans).translate(patterns.LETTERS),
        )
        at, first = 0, 0
        while at < len(spans):
            spot, used = _number_at(run, at, first)
            if spot is not None:
                yield spot
            first += sum(end - start for start, end in spans[at : at + used])
            at += used


@dataclass(frozen=True)
class _Run:
    folded: Folded
    spans: list[tuple[int, int]]
    digits: str


def _number_at(run: _Run, at: int, first: int) -> tuple[_Spot | None, int]:
    # one group alone first: a plain number must not swallow its neighbours
    last = first
    for n_groups in range(1, min(20, len(run.spans) - at) + 1):
        start, end = run.spans[at + n_groups - 1]
        last += end - start
        if last - first > 22:
            break
        if last - first < 10:
            continue
        value = run.digits[first:last]
        if value.endswith("x") and len(value) != 18:
            value, end = value[:-1], end - 1
        kind = _kind_of(value, n_groups)
        if kind is None or patterns.UNIT.match(run.folded.digits, end) or _goes_on(run.spans, at, n_groups):
            continue
        found = kinds.MOBILE.fullmatch(value) if kind is Kind.MOBILE else None
        begin = run.spans[at][0]
        written = run.folded.text[begin:end]
        is_hidden = written != value and not _usual(written)
        return _Spot(kind, found[1] if found else value.upper(), begin, end, is_hidden), n_groups
    return None, 1


def _goes_on(spans: list[tuple[int, int]], at: int, n_groups: int) -> bool:
    """Say whether single digits go on after the number: then it is part of a longer one."""
    following = spans[at + n_groups : at + n_groups + 1]
    if not following or n_groups < 4:
        return False
    last = spans[at + n_groups - 1]
    return following[0][1] - following[0][0] == 1 and last[1] - last[0] == 1


def _kind_of(value: str, n_groups: int) -> Kind | None:
    if not value.isascii() or len(value) < 7:
        return None
    if kinds.MOBILE.fullmatch(value):
        return Kind.MOBILE
    if len(value) == 18 and checks.is_resident_id(value.upper()):
        return Kind.RESIDENT_ID
    if value.isdigit() and 15 <= len(value) <= 19 and checks.is_bank_card(value):
        return Kind.BANK_CARD
    if re.fullmatch(r"0(?:10|2\d)[2-8]\d{7}|0[3-9]\d{2}[2-8]\d{6,7}|[48]00\d{7}", value) and n_groups <= 4:
        return Kind.LANDLINE
    return None


_USUAL = re.compile(
    r"(?:\+?86[ -]?)?1\d{2}[ -]?\d{4}[ -]?\d{4}|0\d{2,3}-?\d{7,8}|[48]00-?\d{3}-?\d{4}|(?:\d{4} ){3,4}\d{1,4}"
)


def _usual(written: str) -> bool:
    """Say whether blanks and hyphens stand where honest people put them."""
    return _USUAL.fullmatch(written) is not None


def _accounts(folded: Folded) -> Iterator[_Spot]:
    for hit in patterns.ACCOUNT.finditer(folded.digits):
        value = kinds.parse(Kind.BANK_ACCOUNT, hit[1])
        if value is not None and len(value) >= 8:
            yield _Spot(Kind.BANK_ACCOUNT, value, hit.start(1), hit.end(1))


_MAKERS = (
    (patterns.ADDRESSES, _addresses),
    (patterns.NAMED, _named),
    (patterns.CODES, _codes),
    (patterns.NUMBERS, _numbers),
    (patterns.ACCOUNTS, _accounts),
)


def find_table(bodies: Any) -> Any:
    """Find every identifier in a column of texts; only rows a kernel holds for likely are read.

    Args:
        bodies: Arrow strings, an array or a chunked one.

    Returns:
        One row a finding, in order of row, then start.

    Shape:
        string [n] in; table(row int64, kind string, value string, start int32, end int32,
        hidden bool) out.
    """
    import pyarrow as pa

    from lianfang.engine.identifiers import likely

    look = likely.parts if compiled.used() else likely.every
    chunks = bodies.chunks if isinstance(bodies, pa.ChunkedArray) else [bodies]
    rows: list[int] = []
    found: list[Found] = []
    first = 0
    for chunk in chunks:
        parts = look(chunk)
        candidates = parts.nonzero()[0]
        texts = chunk.take(pa.array(candidates)).to_pylist()
        for row, text, may in zip(candidates.tolist(), texts, parts[candidates].tolist(), strict=True):
            for one in _find(text, may):
                rows.append(first + row)
                found.append(one)
        first += len(chunk)
    return pa.table(
        {
            "row": pa.array(rows, pa.int64()),
            "kind": pa.array([one.kind.value for one in found], pa.string()),
            "value": pa.array([one.value for one in found], pa.string()),
            "start": pa.array([one.start for one in found], pa.int32()),
            "end": pa.array([one.end for one in found], pa.int32()),
            "hidden": pa.array([one.hidden for one in found], pa.bool_()),
        }
    )
