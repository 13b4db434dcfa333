"""How each kind of identifier is shown to somebody who need not know it whole."""

from __future__ import annotations

import re

from lianfang.engine.terms.codes import IdentifierKind as Kind

_SHOWN = {
    Kind.MOBILE: (3, 4),
    Kind.LANDLINE: (4, 2),
    Kind.RESIDENT_ID: (4, 4),
    Kind.USCC: (6, 4),
    Kind.BANK_CARD: (6, 4),
    Kind.BANK_ACCOUNT: (4, 4),
    Kind.WECHAT_ID: (2, 2),
    Kind.QQ: (2, 2),
    Kind.ALIPAY: (3, 2),
    Kind.DOUYIN: (2, 2),
    Kind.KUAISHOU: (2, 2),
    Kind.XIAOHONGSHU: (2, 2),
    Kind.DEVICE_ID: (4, 4),
    Kind.SHA256: (8, 4),
}
"""Characters left at the front and at the end."""


def mask(kind: Kind, value: str) -> str:
    """Show an identifier with its middle covered: `138****8000`.

    Args:
        kind: what it is.
        value: its normal form.

    Returns:
        A text that can be told from others yet cannot be read back; domains and app packages
        are names of things and are shown whole.
    """
    if kind in (Kind.DOMAIN, Kind.APP_PACKAGE):
        return value
    if kind is Kind.EMAIL or "@" in value:
        name, _, host = value.partition("@")
        return f"{name[:1]}***@{host}"
    if kind is Kind.URL:
        found = re.match(r"(\w+://)?([^/?]*)(.?)", value)
        return value if not found or not found[3] else f"{found[1] or ''}{found[2]}/***"
    if kind is Kind.IP:
        mark = ":" if ":" in value else "."
        return mark.join([*value.split(mark)[:2], "*", "*"])
    if kind is Kind.PLATE:
        return f"{value[:2]}***{value[-2:]}"
    return _covered(value, *_SHOWN[kind])


def mask_any(raw: str) -> str:
    """Show a cell nobody could read: the first and last of it, if it is long enough."""
    if len(raw) > 64:
        return _covered(raw[:64], 2, 0)
    return _covered(raw, 2, 2)


def _covered(value: str, front: int, back: int) -> str:
    if len(value) < front + back + 3:
        front, back = min(1, len(value) // 3), 0
    n_covered = min(4, max(3, len(value) - front - back))
    if len(value) >= 15:
        n_covered = min(10, len(value) - front - back)
    return value[:front] + "*" * n_covered + (value[-back:] if back else "")
