"""Every kind of identifier: how it is read, when it is right, what its one normal form is."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from lianfang.engine.identifiers import checks, costume, web_names
from lianfang.engine.terms.codes import IdentifierKind

if TYPE_CHECKING:
    import pyarrow as pa

EMPTY_WORDS = frozenset(
    "- -- --- — —— / \\ . * ** 无 空 没有 暂无 未知 未填 未填写 未提供 不详 不明 无数据 无信息 未登记 "
    "null none nan n/a na nil nat #n/a undefined (null) \\n <na> unknown".split()
)
"""What people and systems write where there is nothing."""

MOBILE = re.compile(r"(?:(?:00)?86|0|17951|12593|17911|10193)?(1[3-9]\d{9})")
AREA = re.compile(r"(?:(?:00)?86)?(0?(?:10|2\d)[2-8]\d{7}|0?[3-9]\d{2}[2-8]\d{6,7})")
SHORT = re.compile(r"[48]00\d{7}|9[56]\d{3,6}|1[012]\d{3}")
EXTENSION = re.compile(
    r"(\(?0\d{2,3}\)?[\s-]?\d{7,8}|[48]00-?\d{3}-?\d{4})\s*(?:转|ext\.?|分机|x|#|-|,)\s*(\d{1,6})"
)
WECHAT = re.compile(r"[a-z][a-z0-9_-]{5,19}")
QQ = re.compile(r"[1-9]\d{4,10}")
LABEL = re.compile(
    r"(?:微信号?|wechat|weixin|wx|vx|qq号?|抖音号?|快手号?|小红书号?|支付宝(?:账号|号)?|账号|id)"
    r"\s*(?:id)?\s*[:：]\s*",
    re.IGNORECASE,
)
EMAIL = re.compile(r"[a-z0-9_][a-z0-9._%+-]{0,63}@([a-z0-9.-]+)")
SOCIAL = re.compile(r"[a-z0-9][a-z0-9._-]{3,23}|[0-9]{6,12}")
PLATE = re.compile(
    r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼使领][A-HJ-Z]"
    r"(?:[A-HJ-NP-Z0-9]{4}[A-HJ-NP-Z0-9挂学警港澳]|[A-HJK][A-HJ-NP-Z0-9]\d{4}|\d{5}[A-HJK])"
)
PACKAGE = re.compile(r"[a-zA-Z][a-zA-Z0-9_]*(?:\.[a-zA-Z][a-zA-Z0-9_]*)+")
DEVICE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:+/=-]{5,127}")
NO_DEVICE = frozenset({"9774d56d682e549c", "020000000000", "123456789012345"})
"""What broken or emulated devices answer; it names nobody."""


def _mobile(raw: str) -> str | None:
    found = MOBILE.fullmatch(costume.digits_of(raw) or "")
    return found[1] if found else None


def _landline(raw: str) -> str | None:
    cell = costume.fold(raw.strip()).digits
    with_extension = EXTENSION.fullmatch(cell)
    if with_extension:
        base = _landline(with_extension[1])
        return f"{base}-{with_extension[2]}" if base else None
    digits = costume.digits_of(raw) or ""
    if SHORT.fullmatch(digits):
        return digits
    found = AREA.fullmatch(digits)
    if not found or (found[1][0] != "0" and not digits.startswith(("86", "0086"))):
        return None
    return found[1] if found[1][0] == "0" else "0" + found[1]


def _resident_id(raw: str) -> str | None:
    number = costume.digits_of(raw) or ""
    if len(number) == 15 and number.isdigit():
        number = number[:6] + "19" + number[6:]
        number += checks.id_check_digit(number)
    return number if checks.is_resident_id(number) else None


def _uscc(raw: str) -> str | None:
    code = re.sub(r"[\s-]", "", costume.plain_cell(raw)).upper()
    return code if checks.is_uscc(code) else None


def _bank_card(raw: str) -> str | None:
    digits = costume.digits_of(raw) or ""
    return digits if checks.is_bank_card(digits) else None


def _bank_account(raw: str) -> str | None:
    digits = costume.digits_of(raw) or ""
    if digits.isdigit() and 6 <= len(digits) <= 32:
        return digits if len(set(digits)) > 1 else None
    return _email(raw)


def _bare(raw: str) -> str:
    return LABEL.sub("", costume.plain_cell(raw), count=1).lstrip("@").lower()


def _wechat_id(raw: str) -> str | None:
    cell = _bare(raw)
    return cell if WECHAT.fullmatch(cell) else _mobile(cell) or _qq(cell)


def _qq(raw: str) -> str | None:
    cell = _bare(raw)
    digits = costume.digits_of(cell.removesuffix("@qq.com")) or ""
    return digits if QQ.fullmatch(digits) else None


def _alipay(raw: str) -> str | None:
    cell = _bare(raw)
    if re.fullmatch(r"2088\d{12}", cell):
        return cell
    return _mobile(cell) or _email(cell)


def _social(raw: str) -> str | None:
    cell = _bare(raw)
    return cell if SOCIAL.fullmatch(cell) else None


def _email(raw: str) -> str | None:
    cell = costume.plain_cell(raw).lower().removeprefix("mailto:")
    found = EMAIL.fullmatch(cell)
    if not found or ".@" in cell or ".." in cell:
        return None
    host = web_names.ascii_host(found[1])
    return cell if host and host == found[1] and web_names.registrable(host) else None


def _url(raw: str) -> str | None:
    return web_names.parse_url(costume.plain_cell(raw))


def _domain(raw: str) -> str | None:
    return web_names.parse_domain(costume.plain_cell(raw))


def _ip(raw: str) -> str | None:
    cell = costume.plain_cell(raw)
    cell = re.sub(r"^\[([^\]]+)\](?::\d+)?$|^([\d.]+):\d+$", lambda m: m[1] or m[2], cell)
    try:
        place = ipaddress.ip_address(cell.split("%", 1)[0])
    except ValueError:
        return None
    place = getattr(place, "ipv4_mapped", None) or place
    return None if place.is_unspecified else str(place)


def _device_id(raw: str) -> str | None:
    cell = costume.plain_cell(raw)
    bare = re.sub(r"[-:]", "", cell).lower()
    if not DEVICE.fullmatch(cell) or len(set(bare)) < 2 or bare in NO_DEVICE:
        return None
    if re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", cell.lower()):
        return cell.lower()
    if re.fullmatch(r"(?:[0-9a-f]{2}[-:]){5}[0-9a-f]{2}", cell.lower()):
        return cell.lower().replace("-", ":")
    if cell.isdigit() and len(cell) == 15:
        return cell if checks.is_imei(cell) else None
    if re.fullmatch(r"[0-9a-fA-F]{12,128}", cell):
        return cell.lower()
    return cell if any(one.isdigit() for one in cell) else None


def _plate(raw: str) -> str | None:
    cell = re.sub(r"[\s·.•-]", "", costume.plain_cell(raw)).upper()
    return cell if PLATE.fullmatch(cell) else None


def _app_package(raw: str) -> str | None:
    cell = costume.plain_cell(raw)
    return cell if PACKAGE.fullmatch(cell) and len(cell) <= 150 else None


def _sha256(raw: str) -> str | None:
    cell = costume.plain_cell(raw).lower().removeprefix("sha256:").replace(" ", "")
    return cell if re.fullmatch(r"[0-9a-f]{64}", cell) else None


_PARSERS: dict[IdentifierKind, Callable[[str], str | None]] = {
    IdentifierKind.MOBILE: _mobile,
    IdentifierKind.LANDLINE: _landline,
    IdentifierKind.RESIDENT_ID: _resident_id,
    IdentifierKind.USCC: _uscc,
    IdentifierKind.BANK_CARD: _bank_card,
    IdentifierKind.BANK_ACCOUNT: _bank_account,
    IdentifierKind.WECHAT_ID: _wechat_id,
    IdentifierKind.QQ: _qq,
    IdentifierKind.ALIPAY: _alipay,
    IdentifierKind.DOUYIN: _social,
    IdentifierKind.KUAISHOU: _social,
    IdentifierKind.XIAOHONGSHU: _social,
    IdentifierKind.EMAIL: _email,
    IdentifierKind.URL: _url,
    IdentifierKind.DOMAIN: _domain,
    IdentifierKind.IP: _ip,
    IdentifierKind.DEVICE_ID: _device_id,
    IdentifierKind.PLATE: _plate,
    IdentifierKind.APP_PACKAGE: _app_package,
    IdentifierKind.SHA256: _sha256,
}

_MAX_CELL = 4_096


def is_empty(raw: str | None) -> bool:
    """Say whether a cell holds nothing, in the ways people write nothing."""
    return raw is None or not raw.strip() or raw.strip().lower() in EMPTY_WORDS


def parse(kind: IdentifierKind, raw: str) -> str | None:
    """Read one cell as an identifier, in any costume, or say there is none.

    Args:
        kind: what the cell should hold.
        raw: as written: `+86 138-0013-8000`, `壹叁捌 0013 8000`, `①③⑧00138000`.

    Returns:
        The normal form, the same for every way of writing it; `parse` of it is itself.
    """
    return None if len(raw) > _MAX_CELL or is_empty(raw) else _PARSERS[kind](raw)


def valid(kind: IdentifierKind, raw: str) -> bool:
    """Say whether a cell can be read as this kind."""
    return parse(kind, raw) is not None


def is_private_ip(value: str) -> bool:
    """Say whether an address in normal form names no single place on the internet.

    Private, reserved, loop-back and carrier-shared (100.64/10) ranges are used by thousands at
    once, so sharing one means nothing.
    """
    try:
        return not ipaddress.ip_address(value).is_global
    except ValueError:
        return False


def parse_column(kind: IdentifierKind, column: pa.Array | pa.ChunkedArray) -> tuple[Any, Any]:
    """Read a whole column; only cells that are not plainly normal meet Python, each once.

    Returns:
        The normal forms, null where empty or bad; and a mask of the bad ones.

    Shape:
        string [n] in; string [n] and bool [n] out; chunked in, chunked out.
    """
    import pyarrow as pa  # like numba below, only when a column is at hand: one text needs none of it

    if isinstance(column, pa.ChunkedArray):
        pairs = [parse_column(kind, chunk) for chunk in column.chunks]
        return (
            pa.chunked_array([value for value, _ in pairs], pa.string()),
            pa.chunked_array([bad for _, bad in pairs], pa.bool_()),
        )
    return _parse_array(kind, column)


def _parse_array(kind: IdentifierKind, column: pa.Array) -> tuple[pa.Array, pa.Array]:
    import pyarrow as pa
    import pyarrow.compute as pc

    from lianfang.engine.identifiers import kernels

    if column.type != pa.string():
        column = column.cast(pa.string())
    sorts = kernels.sort_cells(kind, column)
    is_slow = sorts == kernels.SLOW
    if not is_slow.any():
        values = column
        if (sorts == kernels.EMPTY).sum() > column.null_count:
            values = pc.if_else(pa.array(sorts == kernels.NORMAL), column, None)
        return values, pa.array(is_slow)
    slow = column.filter(pa.array(is_slow)).dictionary_encode()
    read = [parse(kind, raw) for raw in slow.dictionary.to_pylist()]
    bad = [
        value is None and not is_empty(raw)
        for value, raw in zip(read, slow.dictionary.to_pylist(), strict=True)
    ]
    mended = pa.array(read, pa.string()).take(slow.indices)
    kept = pc.if_else(pa.array(sorts == kernels.NORMAL), column, None)
    values = pc.replace_with_mask(kept, pa.array(is_slow), mended)
    is_bad = is_slow.copy()
    is_bad[is_slow] = pa.array(bad, pa.bool_()).take(slow.indices).to_numpy(zero_copy_only=False)
    return values, pa.array(is_bad)
