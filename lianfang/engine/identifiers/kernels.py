"""Compiled look at columns of cells: which are in normal form already, which texts are worth a read.

A cell the kernel passes is its own normal form, so the column is not rebuilt. It never says
"bad": what it does not pass goes to the parser. Imported only when a column is at hand.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from numba import njit

from lianfang.engine.identifiers import buffers
from lianfang.engine.terms import compiled
from lianfang.engine.terms.codes import IdentifierKind

NUMBER_OF = {kind: number for number, kind in enumerate(IdentifierKind)}
EMPTY, NORMAL, SLOW = 0, 1, 2

_ID_WEIGHTS = np.array((7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2), np.int64)
_ID_CHECKS = np.frombuffer(b"10X98765432", np.uint8)
_USCC_WEIGHTS = np.array((1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28), np.int64)
_USCC_VALUE = np.full(256, -1, np.int64)
for _n, _one in enumerate(b"0123456789ABCDEFGHJKLMNPQRTUWXY"):
    _USCC_VALUE[_one] = _n
_MONTH_DAYS = np.array((0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31), np.int64)
_PLATE_FIRSTS = np.array(
    [ord(one) for one in "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"], np.int64
)
_PROVINCE = np.zeros(100, np.bool_)
for _place in (11, 12, 13, 14, 15, 21, 22, 23, 31, 32, 33, 34, 35, 36, 37, 41, 42, 43, 44, 45, 46,
               50, 51, 52, 53, 54, 61, 62, 63, 64, 65, 71, 81, 82, 83, 91):  # fmt: skip
    _PROVINCE[_place] = True


@njit(cache=True, nogil=True)
def _digits(b, s, e):  # type: ignore[no-untyped-def]
    for i in range(s, e):
        if b[i] < 48 or b[i] > 57:
            return False
    return e > s


@njit(cache=True, nogil=True)
def _hex(b, s, e):  # type: ignore[no-untyped-def]
    for i in range(s, e):
        if not (48 <= b[i] <= 57 or 97 <= b[i] <= 102):
            return False
    return e > s


@njit(cache=True, nogil=True)
def _mixed(b, s, e):  # type: ignore[no-untyped-def]
    for i in range(s + 1, e):
        if b[i] != b[s]:
            return True
    return False


@njit(cache=True, nogil=True)
def _mobile(b, s, e):  # type: ignore[no-untyped-def]
    return e - s == 11 and b[s] == 49 and 51 <= b[s + 1] <= 57 and _digits(b, s, e)


@njit(cache=True, nogil=True)
def _landline(b, s, e):  # type: ignore[no-untyped-def]
    n = e - s
    if not _digits(b, s, e):
        return False
    if b[s] == 48:
        if n == 11 and (b[s + 1] == 50 or (b[s + 1] == 49 and b[s + 2] == 48)):
            return 50 <= b[s + 3] <= 56
        return (n == 11 or n == 12) and 51 <= b[s + 1] <= 57 and 50 <= b[s + 4] <= 56
    if n == 10:
        return (b[s] == 52 or b[s] == 56) and b[s + 1] == 48 and b[s + 2] == 48
    return n == 5 and b[s] == 57 and b[s + 1] == 53


@njit(cache=True, nogil=True)
def _resident_id(b, s, e):  # type: ignore[no-untyped-def]
    if e - s != 18 or not _digits(b, s, e - 1):
        return False
    if not _PROVINCE[(b[s] - 48) * 10 + b[s + 1] - 48]:
        return False
    century = (b[s + 6] - 48) * 10 + b[s + 7] - 48
    rest = (b[s + 8] - 48) * 10 + b[s + 9] - 48
    month = (b[s + 10] - 48) * 10 + b[s + 11] - 48
    day = (b[s + 12] - 48) * 10 + b[s + 13] - 48
    if not 19 <= century <= 20 or not 1 <= month <= 12 or not 1 <= day <= _MONTH_DAYS[month]:
        return False
    year = century * 100 + rest
    if month == 2 and day == 29 and (year % 4 != 0 or year == 1900):
        return False
    total = 0
    for i in range(17):
        total += (b[s + i] - 48) * _ID_WEIGHTS[i]
    return _ID_CHECKS[total % 11] == b[s + 17]


@njit(cache=True, nogil=True)
def _uscc(b, s, e):  # type: ignore[no-untyped-def]
    if e - s != 18 or not _digits(b, s + 2, s + 8):
        return False
    if not (49 <= b[s] <= 57 or b[s] == 65 or b[s] == 78 or b[s] == 89):
        return False
    total = 0
    for i in range(17):
        value = _USCC_VALUE[b[s + i]]
        if value < 0:
            return False
        total += value * _USCC_WEIGHTS[i]
    return _USCC_VALUE[b[s + 17]] == (31 - total % 31) % 31


@njit(cache=True, nogil=True)
def _luhn(b, s, e):  # type: ignore[no-untyped-def]
    total, is_double, is_mixed = 0, False, False
    for i in range(e - 1, s - 1, -1):
        n = b[i] - 48
        is_mixed = is_mixed or b[i] != b[s]
        if is_double:
            n += n
            if n > 9:
                n -= 9
        total += n
        is_double = not is_double
    return is_mixed and total % 10 == 0


@njit(cache=True, nogil=True)
def _bank_card(b, s, e):  # type: ignore[no-untyped-def]
    n = e - s
    if not 16 <= n <= 19 or not _digits(b, s, e):
        return False
    first, second = b[s], b[s + 1]
    if first == 54:
        if second != 48 and second != 50 and second != 56 and second != 57:
            return False
    elif first == 56:
        if second != 49 and second != 50:
            return False
    elif first != 51 and first != 52 and first != 53 and first != 57:
        return False
    return _luhn(b, s, e)


@njit(cache=True, nogil=True)
def _wechat(b, s, e):  # type: ignore[no-untyped-def]
    if not 6 <= e - s <= 20 or not 97 <= b[s] <= 122:
        return False
    has_digit = False  # words such as "unknown" look like names; the parser knows them
    for i in range(s + 1, e):
        c = b[i]
        if not (97 <= c <= 122 or 48 <= c <= 57 or c == 95 or c == 45):
            return False
        has_digit = has_digit or 48 <= c <= 57
    return has_digit


@njit(cache=True, nogil=True)
def _name_part(b, s, e):  # type: ignore[no-untyped-def]
    if e <= s or e - s > 63:
        return False
    for i in range(s, e):
        c = b[i]
        if not (97 <= c <= 122 or 48 <= c <= 57 or (c == 45 and s < i < e - 1)):
            return False
    return not (e - s > 3 and b[s + 2] == 45 and b[s + 3] == 45)


@njit(cache=True, nogil=True)
def _fast_top(b, s, e):  # type: ignore[no-untyped-def]
    n = e - s
    if n == 3:
        word = (b[s] << 16) | (b[s + 1] << 8) | b[s + 2]
        return word in (6516589, 7234932, 7303783, 7630704, 7895418, 7760240)
    if n == 2:
        return (b[s] == 99 and b[s + 1] == 110) or (b[s] == 99 and b[s + 1] == 99)
    return False


@njit(cache=True, nogil=True)
def _is_own(b, width, dot, e):  # type: ignore[no-untyped-def]
    # short names under .cn may be suffixes themselves (com.cn, bj.cn)
    return width >= 4 or not (e - dot == 3 and b[dot + 2] == 110)


@njit(cache=True, nogil=True)
def _domain(b, s, e):  # type: ignore[no-untyped-def]
    dot = -1
    for i in range(s, e):
        if b[i] == 46:
            if dot >= 0:
                return False
            dot = i
    return _fast_top(b, dot + 1, e) and _name_part(b, s, dot) and _is_own(b, dot - s, dot, e)


@njit(cache=True, nogil=True)
def _host(b, s, e):  # type: ignore[no-untyped-def]
    last, n_dots = s, 0
    for i in range(s, e):
        if b[i] == 46:
            if not _name_part(b, last, i):
                return False
            last, n_dots = i + 1, n_dots + 1
    if n_dots == 0 or e - s > 200 or not _fast_top(b, last, e):
        return False
    return n_dots > 1 or _is_own(b, last - 1 - s, last - 1, e)


@njit(cache=True, nogil=True)
def _url(b, s, e):  # type: ignore[no-untyped-def]
    if e - s < 12 or b[s] != 104 or b[s + 1] != 116 or b[s + 2] != 116 or b[s + 3] != 112:
        return False
    at = s + 4
    if b[at] == 115:
        at += 1
    if b[at] != 58 or b[at + 1] != 47 or b[at + 2] != 47:
        return False
    at += 3
    end = at
    while end < e and b[end] != 47:
        end += 1
    # a host of two parts or more under a plain top; anything rarer is the parser's work
    if not _host(b, at, end) or (end < e and end + 1 == e):
        return False
    for i in range(end, e):
        c = b[i]
        if not (97 <= c <= 122 or 65 <= c <= 90 or 45 <= c <= 57 or c == 95 or c == 63
                or c == 61 or c == 38):  # fmt: skip
            return False
    return e - end == 0 or b[e - 1] != 63


@njit(cache=True, nogil=True)
def _email(b, s, e):  # type: ignore[no-untyped-def]
    at = s
    while at < e and b[at] != 64:
        c = b[at]
        if not (97 <= c <= 122 or 48 <= c <= 57 or c == 95 or (c in (45, 46) and at > s)):
            return False
        if c == 46 and b[at - 1] == 46:
            return False
        at += 1
    return s < at < e and at - s <= 64 and b[at - 1] != 46 and _host(b, at + 1, e)


@njit(cache=True, nogil=True)
def _ip(b, s, e):  # type: ignore[no-untyped-def]
    if not 7 <= e - s <= 15:
        return False
    n_parts, value, n_digits, total = 0, 0, 0, 0
    for i in range(s, e + 1):
        c = b[i] if i < e else 46
        if c == 46:
            if n_digits == 0 or value > 255:
                return False
            n_parts, total = n_parts + 1, total + value
            value, n_digits = 0, 0
        elif 48 <= c <= 57 and n_digits < 3 and not (n_digits > 0 and value == 0):
            value, n_digits = value * 10 + c - 48, n_digits + 1
        else:
            return False
    return n_parts == 4 and total > 0


@njit(cache=True, nogil=True)
def _device(b, s, e):  # type: ignore[no-untyped-def]
    n = e - s
    is_mixed = False
    for i in range(s + 1, e):
        is_mixed = is_mixed or (b[i] != b[s] and b[i] != 45)
    if not is_mixed:
        return False
    if n == 36:
        return (
            b[s + 8] == 45 and b[s + 13] == 45 and b[s + 18] == 45 and b[s + 23] == 45
            and _hex(b, s, s + 8) and _hex(b, s + 9, s + 13) and _hex(b, s + 14, s + 18)
            and _hex(b, s + 19, s + 23) and _hex(b, s + 24, e)
        )  # fmt: skip
    if n == 16 and b[s] == 57 and b[s + 1] == 55 and b[s + 2] == 55 and b[s + 3] == 52:
        return False  # may be what every emulated telephone answers
    return (n == 16 or n == 32 or n == 40 or n == 64) and _hex(b, s, e)


@njit(cache=True, nogil=True)
def _plate(b, s, e):  # type: ignore[no-untyped-def]
    # one province character of three bytes, a letter, five plain places with a digit at the end
    if e - s != 9 or b[s] < 0xE4 or b[s] > 0xE9 or not 65 <= b[s + 3] <= 90 or b[s + 3] == 73:
        return False
    point = ((b[s] & 15) << 12) | ((b[s + 1] & 63) << 6) | (b[s + 2] & 63)
    is_province = False
    for one in _PLATE_FIRSTS:
        is_province = is_province or one == point
    if not is_province:
        return False
    for i in range(s + 4, e):
        c = b[i]
        if not (48 <= c <= 57 or (65 <= c <= 90 and c != 73 and c != 79)):
            return False
    return True


@njit(cache=True, nogil=True)
def _package(b, s, e):  # type: ignore[no-untyped-def]
    n_dots, is_first = 0, True
    for i in range(s, e):
        c = b[i]
        if c == 46:
            if is_first:
                return False
            n_dots, is_first = n_dots + 1, True
        elif 97 <= c <= 122:
            is_first = False
        elif is_first or not (48 <= c <= 57 or c == 95):
            return False
    return n_dots > 0 and not is_first and e - s <= 150


@njit(cache=True, nogil=True)
def _is_normal(kind, b, s, e):  # type: ignore[no-untyped-def]
    n = e - s
    if kind == 0:
        return _mobile(b, s, e)
    if kind == 1:
        return _landline(b, s, e)
    if kind == 2:
        return _resident_id(b, s, e)
    if kind == 3:
        return _uscc(b, s, e)
    if kind == 4:
        return _bank_card(b, s, e)
    if kind == 5:
        return 6 <= n <= 32 and _digits(b, s, e) and _mixed(b, s, e)
    if kind == 6:
        return _wechat(b, s, e) or _mobile(b, s, e)
    if kind == 7:
        return 5 <= n <= 11 and b[s] != 48 and _digits(b, s, e)
    if kind == 8:
        return _mobile(b, s, e) or _email(b, s, e)
    if kind == 12:
        return _email(b, s, e)
    if kind == 13:
        return _url(b, s, e)
    if kind == 14:
        return _domain(b, s, e)
    if kind == 15:
        return _ip(b, s, e)
    if kind == 16:
        return _device(b, s, e)
    if kind == 17:
        return _plate(b, s, e)
    if kind == 18:
        return _package(b, s, e)
    return kind == 19 and n == 64 and _hex(b, s, e)


@njit(cache=True, nogil=True)
def plain_cells(kind, b, offsets, is_there):  # type: ignore[no-untyped-def]
    """Sort cells into empty (0), normal already (1) and work for the parser (2).

    Shape:
        bytes uint8, offsets int64 [n + 1], is_there bool [n] or [0] for all; makes uint8 [n].
    """
    n = len(offsets) - 1
    out = np.empty(n, np.uint8)
    for row in range(n):
        s, e = offsets[row], offsets[row + 1]
        if e == s or (len(is_there) > 0 and not is_there[row]):
            out[row] = 0
        elif _is_normal(kind, b, s, e):
            out[row] = 1
        else:
            out[row] = 2
    return out


def sort_cells(kind: IdentifierKind, column: pa.Array) -> Any:
    """Sort the cells of one string column: EMPTY, NORMAL or SLOW."""
    if not compiled.used():
        _, offsets, is_there = buffers.views(column)
        return np.where((np.diff(offsets) > 0) & (is_there if len(is_there) else True), SLOW, EMPTY).astype(np.uint8)
    return plain_cells(NUMBER_OF[kind], *buffers.views(column))


def warm() -> None:
    """Compile every kernel of this file now, so that no user waits for it."""
    sort_cells(IdentifierKind.MOBILE, pa.array(["13800138000", None]))
