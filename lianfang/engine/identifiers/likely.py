"""Compiled look at texts: which of them may hold an identifier at all.

It may say yes where there is none; it never says no where `find` would find one (tested). One
pass over the bytes; a table gives every character its class.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from numba import njit

from lianfang.engine.identifiers import buffers, costume

_GAP, _LETTER, _OTHER, _SKIP, _DOT, _STAR, _BREAK = 10, 11, 12, 13, 14, 15, 16
_CALLS = "q扣鹅秋蔻叩球抠丘抖薯书"
_ACCOUNTS = "账帐户卡公号"
_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"


def _classes() -> Any:
    table = np.full(1 << 16, _OTHER, np.uint8)
    for point in range(1 << 16):
        if 0xD800 <= point < 0xE000:
            continue
        one = chr(point)
        folded = costume.fold(one)
        if not folded.text:
            table[point] = _SKIP
        elif folded.digits in "0123456789":
            table[point] = int(folded.digits)
        elif folded.text.isascii() and folded.text.isalpha():
            table[point] = _LETTER
        elif folded.text == ".":
            table[point] = _DOT
        elif folded.text == "*":
            table[point] = _STAR
        elif folded.text in "\n,;:、!?()%¥$#&":
            table[point] = _BREAK
        elif not 0x3400 <= ord(folded.text) <= 0x9FFF:
            table[point] = _GAP
    return table


def _marks() -> Any:
    table = np.zeros(1 << 16, np.uint8)
    for bit, ones in ((1, _CALLS + "QqQ"), (2, _ACCOUNTS), (4, _PROVINCES), (8, "点"), (16, "中公网在商我")):
        for one in ones:
            table[ord(one)] |= bit
    return table


_TABLES: list[Any] = []


def _tables() -> tuple[Any, Any]:
    if not _TABLES:
        _TABLES.extend((_classes(), _marks()))
    return _TABLES[0], _TABLES[1]


@njit(cache=True, nogil=True)
def _likely(b, s, e, classes, marks):  # type: ignore[no-untyped-def]
    n_run, mobile, zero, eight, dotted = 0, -1, -1, -1, 0
    n_word, n_letters, starts_letter, n_colons = 0, 0, False, 0
    n_gap, called, account, previous, before = 9, 99, 99, np.uint8(_OTHER), np.uint8(_OTHER)
    may_call, may_account = False, False
    last_point, i = np.int64(0), s
    while i < e:
        c = b[i]
        if c < 0x80:
            point, i = np.int64(c), i + 1
        elif c < 0xE0:
            point, i = ((np.int64(c) & 31) << 6) | (b[i + 1] & 63), i + 2
        elif c < 0xF0:
            point = ((np.int64(c) & 15) << 12) | ((np.int64(b[i + 1]) & 63) << 6) | (b[i + 2] & 63)
            i += 3
        else:
            point = (
                ((np.int64(c) & 7) << 18) | ((np.int64(b[i + 1]) & 63) << 12)
                | ((np.int64(b[i + 2]) & 63) << 6) | (b[i + 3] & 63)
            )  # fmt: skip
            i += 4
        kind, mark = np.uint8(_GAP), np.uint8(0)
        if point < 0x10000:
            kind, mark = classes[point], marks[point]
        elif 0x1D7CE <= point < 0x1D800:
            kind = np.uint8((point - 0x1D7CE) % 10)
        elif 0xE0000 <= point < 0xE1000:
            kind = np.uint8(_SKIP)
        elif point == 0x1F10B or point == 0x1F10C:
            kind = np.uint8(0)
        elif 0x20000 <= point < 0x40000:
            kind = np.uint8(_OTHER)
        elif 0x1D400 <= point < 0x1D7CE or 0x1F130 <= point < 0x1F190:
            kind = np.uint8(_LETTER)
        if kind == _SKIP:
            continue
        called = 0 if mark & 1 else called + 1
        account = 0 if mark & 2 else account + 1
        # words of letters, digits and joints
        if kind <= 9 or kind == _LETTER or kind == _DOT or point == 95 or point == 45:
            if n_word == 0:
                starts_letter, n_letters = kind == _LETTER, 0
            n_word += 1
            n_letters += kind == _LETTER
            if n_letters > 0 and (n_word >= 10 or (starts_letter and n_word >= 5)):
                return True
        else:
            n_word = 0
        # dots between names, at-signs, colons of long addresses
        if (
            kind == _LETTER
            and (previous == _DOT or last_point == 0x70B9)
            and (before <= 9 or before >= _LETTER)
        ):
            return True
        if point == 64 and (previous <= 9 or previous == _LETTER):
            return True
        if mark & 16 and previous == _DOT:
            return True
        if kind == _DOT and (last_point == 91 or last_point == 40 or last_point == 0xFF08):
            return True
        if point == 58:
            n_colons += 1
            if n_colons >= 4 or last_point == 58:
                return True
        elif not (kind <= 9 or kind == _LETTER):
            n_colons = 0
        # plates: a province, a letter, then a digit or a dot
        if (kind <= 9 or kind == _DOT or kind == _GAP) and previous == _LETTER and before == 99:
            return True
        # runs of digits with little between
        if kind <= 9 or (kind == _LETTER and n_run > 0 and n_gap == 0 and point in (79, 111, 76, 108, 73)):
            digit = kind if kind <= 9 else 0
            if n_gap > 3:
                n_run, mobile, zero, eight, dotted = 0, -1, -1, -1, 0
            starts = n_run == 0 or n_gap > 0
            if starts:
                # a word that calls for a number stands a few marks before it at most
                may_call = called <= 14 or (may_call and n_run > 0)
                may_account = account <= 12 or (may_account and n_run > 0)
            if starts:
                if digit == 0 and zero < 0:
                    zero = n_run
                if (digit == 8 or digit == 4) and eight < 0:
                    eight = n_run
                if digit == 1 and mobile < 0:
                    mobile = n_run
            dotted += previous == _DOT
            n_run, n_gap = n_run + 1, 0
            if (may_call and n_run >= 5) or (may_account and n_run >= 9):
                return True
            if n_run >= 15 or dotted >= 3:
                return True
            if mobile >= 0 and n_run - mobile >= 11:
                return True
            if zero >= 0 and n_run - zero >= 10:
                return True
            if eight >= 0 and n_run - eight >= 10:
                return True
        elif kind in (_GAP, _DOT):
            n_gap += 1
        else:
            n_gap = 9
        before = np.uint8(99) if mark & 4 and kind == _OTHER else previous
        if kind == _LETTER and previous == 99:
            before = np.uint8(99)
        previous = np.uint8(99) if mark & 4 and kind == _OTHER else kind
        last_point = point
    return False


@njit(cache=True, nogil=True)
def _rows(b, offsets, is_there, classes, marks):  # type: ignore[no-untyped-def]
    n = len(offsets) - 1
    out = np.empty(n, np.bool_)
    for row in range(n):
        there = len(is_there) == 0 or is_there[row]
        out[row] = there and _likely(b, offsets[row], offsets[row + 1], classes, marks)
    return out


def rows(texts: pa.Array) -> Any:
    """Give the rows whose text may hold an identifier.

    Shape:
        string [n] in; int64 [k] row numbers, rising, out.
    """
    return np.flatnonzero(_rows(*buffers.views(texts), *_tables()))


def warm() -> None:
    """Compile every kernel of this file now, so that no user waits for it."""
    rows(pa.array(["13800138000", None]))
