"""Hosts, registrable domains and addresses, by the public suffix list; no network."""

from __future__ import annotations

import ipaddress
import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, quote, urlsplit

if TYPE_CHECKING:
    import tldextract

HOST = re.compile(r"(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]")
_PORTS = {"http": 80, "https": 443}
FAST_TOPS = ("com", "cn", "net", "org", "cc", "top", "xyz", "vip", "club", "shop", "site", "online")
"""Top domains whose plain names the column kernel passes without asking the list."""


@cache
def _suffixes(is_private: bool) -> tldextract.TLDExtract:
    import tldextract

    return tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None, include_psl_private_domains=is_private)


_CHINESE_TOP = r"[\u4e00-\u9fffa-z0-9-]*[\u4e00-\u9fff][\u4e00-\u9fffa-z0-9-]*"


@cache
def _tops() -> frozenset[str]:
    """Give every top domain of the list, as written there."""
    return frozenset(suffix.rsplit(".", 1)[-1] for suffix in _suffixes(True).tlds)


def ascii_host(raw: str) -> str | None:
    """Give a host in lower-case ASCII (punycode), or say it is none."""
    host = raw.strip().strip(".").lower().replace("。", ".")
    if not host.isascii():
        last = host.rsplit(".", 1)[-1]
        if re.fullmatch(_CHINESE_TOP, last) and last not in _tops():
            return None  # a sentence run on behind an address: no need to spell it in punycode
        try:
            host = host.encode("idna").decode("ascii")
        except UnicodeError:
            return None
    return host if HOST.fullmatch(host) else None


@lru_cache(maxsize=65_536)
def registrable(host: str) -> str | None:
    """Give the part of a host that somebody registered: `a.b.com.cn` -> `b.com.cn`.

    Shared hosts of the list's private part (`x.github.io`) count as registered names.

    Source:
        publicsuffix.org, as packaged with tldextract.
    """
    for is_private in (True, False):
        parts = _suffixes(is_private)(host)
        if parts.domain and parts.suffix:
            return f"{parts.domain}.{parts.suffix}"
    return None


def parse_domain(raw: str) -> str | None:
    """Read a domain, or the domain of an address, in normal form: registrable, punycode."""
    cell = re.sub(r"^[a-z]{2,6}://", "", raw.strip().lower())
    cell = re.split(r"[/?#]", cell, maxsplit=1)[0].rsplit("@", 1)[-1]
    host = ascii_host(re.sub(r":\d+$", "", cell))
    return registrable(host) if host else None


def parse_url(raw: str) -> str | None:
    """Read an address in normal form: scheme and host small, no fragment, no default port."""
    cell = re.sub(r"^hxxp", "http", raw.strip().replace("[.]", "."), flags=re.IGNORECASE)
    if not re.match(r"[a-zA-Z]{2,6}://", cell):
        cell = "http://" + cell
    try:
        parts = urlsplit(cell)
        port = parts.port
    except ValueError:
        return None
    scheme, host = parts.scheme.lower(), _url_host(parts)
    if scheme not in _PORTS or host is None or re.search(r"\s", cell):
        return None
    tail = f":{port}" if port and port != _PORTS[scheme] else ""
    path = "" if parts.path == "/" and not parts.query else parts.path
    address = f"{scheme}://{host}{tail}{path}" + (f"?{parts.query}" if parts.query else "")
    return quote(address, safe="!#$%&'()*+,/:;=?@[]~\"<>\\^`{|}")


def _url_host(parts: SplitResult) -> str | None:
    name = parts.hostname or ""
    try:
        place = ipaddress.ip_address(name)
        return f"[{place}]" if place.version == 6 else str(place)
    except ValueError:
        host = ascii_host(name)
    return host if host and registrable(host) else None


def domain_of(address: str) -> str | None:
    """Give the registrable domain of an address in normal form, or None for a bare number."""
    return parse_domain(address)
