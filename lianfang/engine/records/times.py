"""Compiled reading of days, moments, money and whole numbers out of text cells."""

from __future__ import annotations

import numpy as np

from lianfang.engine.terms import compiled

BAD, FINE = 0, 1
_MICRO = 1_000_000
_DAY = 86_400


@compiled.kernel
def _days_from_civil(y, m, d):  # type: ignore[no-untyped-def]
    y -= 1 if m <= 2 else 0
    era = y // 400
    yoe = y - era * 400
    doy = (153 * (m + (-3 if m > 2 else 9)) + 2) // 5 + d - 1
    return era * 146097 + yoe * 365 + yoe // 4 - yoe // 100 + doy - 719468


@compiled.kernel
def _is_day(y, m, d):  # type: ignore[no-untyped-def]
    if not (1900 <= y <= 2199 and 1 <= m <= 12 and 1 <= d <= 31):
        return False
    if m == 2:
        return d <= (29 if y % 4 == 0 and (y % 100 != 0 or y % 400 == 0) else 28)
    return d <= (30 if m in (4, 6, 9, 11) else 31)


@compiled.kernel
def _pure_number(b, s, e, n_dots):  # type: ignore[no-untyped-def]
    # 20260102, 20260102030405, epoch seconds and milliseconds, spreadsheet serials
    n, whole, value = 0, e, 0
    for i in range(s, e):
        if b[i] == 46:
            whole = i
            break
        value = value * 10 + b[i] - 48
        n += 1
    share, scale = 0, 1
    if n_dots == 1:
        for i in range(whole + 1, min(e, whole + 13)):
            share, scale = share * 10 + b[i] - 48, scale * 10
    if n_dots == 0 and n in (8, 12, 14):
        clock = 0
        day = value
        if n > 8:
            day = value // 10 ** (n - 8)
            clock = value % 10 ** (n - 8)
            if n == 12:
                clock *= 100
        y, m, d = day // 10000, day // 100 % 100, day % 100
        hh, mm, ss = clock // 10000, clock // 100 % 100, clock % 100
        if _is_day(y, m, d) and hh < 24 and mm < 60 and ss < 60:
            seconds = _days_from_civil(y, m, d) * _DAY + hh * 3600 + mm * 60 + ss
            return FINE, (seconds - 28_800) * _MICRO
        return BAD, 0
    if n == 13 and n_dots == 0 and 600_000_000_000 < value < 7_000_000_000_000:
        return FINE, value * 1000
    if n == 10 and 600_000_000 < value < 7_000_000_000:
        return FINE, value * _MICRO + (share * _MICRO) // scale
    if n == 5 and 20_000 <= value < 110_000:
        # spreadsheets count days from 1899-12-30, in local time
        seconds = (value - 25_569) * _DAY
        part = (share * _DAY * 2 + scale) // (2 * scale) if scale > 1 else 0
        return FINE, (seconds + part - 28_800) * _MICRO
    return BAD, 0


@compiled.kernel
def _moment(b, s, e):  # type: ignore[no-untyped-def]
    while s < e and (b[s] == 32 or b[s] == 9):
        s += 1
    while e > s and (b[e - 1] == 32 or b[e - 1] == 9 or b[e - 1] == 13 or b[e - 1] == 10):
        e -= 1
    if e - s < 5 or e - s > 48:
        return BAD, 0
    n_digits, n_dots = 0, 0
    for i in range(s, e):
        n_digits += 1 if 48 <= b[i] <= 57 else 0
        n_dots += 1 if b[i] == 46 else 0
    if n_digits + n_dots == e - s and n_dots <= 1:
        return _pure_number(b, s, e, n_dots)
    return _parts(b, s, e)


@compiled.kernel
def _parts(b, s, e):  # type: ignore[no-untyped-def]
    # six numbers in order, whatever stands between: - / . 年 月 日 T : 时 分 秒; then a zone
    numbers = np.zeros(6, np.int64)
    n, i, micro, zone, has_zone = 0, s, 0, 28_800, False
    afternoon = 0
    while i < e:
        c = b[i]
        if 48 <= c <= 57:
            if n == 6 or has_zone:
                return BAD, 0
            value, width = 0, 0
            while i < e and 48 <= b[i] <= 57 and width < 5:
                value, width, i = value * 10 + b[i] - 48, width + 1, i + 1
            if (n == 0 and width != 4) or (n > 0 and width > 2):
                return BAD, 0
            numbers[n] = value
            n += 1
            continue
        if c == 46 and n == 6:
            i, scale = i + 1, 100_000
            if i >= e or not 48 <= b[i] <= 57:
                return BAD, 0
            while i < e and 48 <= b[i] <= 57:
                micro, scale, i = micro + (b[i] - 48) * scale, scale // 10, i + 1
            continue
        if n == 0:
            return BAD, 0
        if (c == 90 or c == 122) and n >= 4 and i == e - 1:
            zone, has_zone, i = 0, True, i + 1
            continue
        if (c == 43 or c == 45) and n >= 5:
            sign = 1 if c == 43 else -1
            hh, mm, width, i = 0, 0, 0, i + 1
            while i < e and (48 <= b[i] <= 57 or b[i] == 58):
                if b[i] != 58:
                    if width < 2:
                        hh = hh * 10 + b[i] - 48
                    else:
                        mm = mm * 10 + b[i] - 48
                    width += 1
                i += 1
            if width not in (2, 4) or hh > 14 or mm > 59 or i != e:
                return BAD, 0
            zone, has_zone = sign * (hh * 3600 + mm * 60), True
            continue
        if c < 128:
            if c not in (45, 47, 46, 32, 84, 116, 58, 44, 95):
                return BAD, 0
            i += 1
            continue
        if i + 2 >= e or c < 0xE3:
            return BAD, 0
        point = ((c & 15) << 12) | ((b[i + 1] & 63) << 6) | (b[i + 2] & 63)
        if point == 0x4E0B or point == 0x665A:  # 下(午) 晚(上)
            afternoon = 12
        elif point not in (0x5E74, 0x6708, 0x65E5, 0x53F7, 0x65F6, 0x70B9, 0x5206, 0x79D2,
                           0x4E0A, 0x5348, 0xFF1A, 0x3000, 0x65E9, 0x6642, 0x9EDE):  # fmt: skip
            return BAD, 0
        i += 3
    if n < 3 or (n == 4 and numbers[3] > 23):
        return BAD, 0
    if afternoon and numbers[3] < 12:
        numbers[3] += 12
    is_midnight = numbers[3] == 24 and numbers[4] == 0 and numbers[5] == 0
    if not _is_day(numbers[0], numbers[1], numbers[2]):
        return BAD, 0
    if (numbers[3] > 23 and not is_midnight) or numbers[4] > 59 or numbers[5] > 59:
        return BAD, 0
    seconds = _days_from_civil(numbers[0], numbers[1], numbers[2]) * _DAY
    seconds += numbers[3] * 3600 + numbers[4] * 60 + numbers[5] - zone
    return FINE, seconds * _MICRO + micro


@compiled.kernel
def moments(b, offsets, is_there, out, fine):  # type: ignore[no-untyped-def]
    """Read text cells as moments: microseconds in UTC; what names no zone is Shanghai time."""
    for row in range(len(offsets) - 1):
        s, e = offsets[row], offsets[row + 1]
        fine[row], out[row] = BAD, 0
        if e > s and (len(is_there) == 0 or is_there[row]):
            fine[row], out[row] = _moment(b, s, e)


@compiled.kernel
def _amount(b, s, e, hundredths):  # type: ignore[no-untyped-def]
    # digits with commas, two decimals or more (rounded half up), a sign; `hundredths` a unit
    sign, value, n_digits, decimals, in_decimals = 1, 0, 0, 0, False
    carry = -1
    for i in range(s, e):
        c = b[i]
        if 48 <= c <= 57:
            n_digits += 1
            if n_digits > 17:
                return BAD, 0
            if not in_decimals:
                value = value * 10 + c - 48
            elif decimals < 8:
                value, decimals = value * 10 + c - 48, decimals + 1
            elif carry < 0:
                carry = c - 48
        elif c == 46 and not in_decimals:
            in_decimals = True
        elif c == 45 and i == s:
            sign = -1
        elif c == 43 and i == s:
            sign = 1
        elif (c == 44 or c == 32) and not in_decimals and n_digits > 0:
            continue
        else:
            return BAD, 0
    if n_digits == 0 or value > 9_000_000_000_000_000_000 // max(1, hundredths):
        return BAD, 0
    scale = 10**decimals
    total = value * hundredths
    return FINE, sign * ((2 * total + scale) // (2 * scale))


@compiled.kernel
def amounts(b, offsets, is_there, hundredths, out, fine):  # type: ignore[no-untyped-def]
    """Read text cells as whole hundredths; `hundredths` says how many one unit has."""
    for row in range(len(offsets) - 1):
        s, e = offsets[row], offsets[row + 1]
        fine[row], out[row] = BAD, 0
        if e <= s or (len(is_there) > 0 and not is_there[row]):
            continue
        unit = hundredths
        while s < e and b[s] == 32:
            s += 1
        if e - s > 3 and b[s] == 0xEF and b[s + 1] == 0xBF and b[s + 2] == 0xA5:
            s += 3
        elif e - s > 2 and b[s] == 0xC2 and b[s + 1] == 0xA5:
            s += 2
        while e > s and (b[e - 1] == 32 or b[e - 1] == 13):
            e -= 1
        if e - s > 3 and b[e - 3] == 0xE5 and b[e - 2] == 0x85 and b[e - 1] == 0x83:
            unit, e = 100, e - 3
        if e - s > 3 and b[e - 3] == 0xE4 and b[e - 2] == 0xB8 and b[e - 1] == 0x87:
            unit, e = 1_000_000, e - 3
        elif e - s > 3 and b[e - 3] == 0xE4 and b[e - 2] == 0xBA and b[e - 1] == 0xBF:
            unit, e = 10_000_000_000, e - 3
        fine[row], out[row] = _amount(b, s, e, unit)


def warm() -> None:
    """Compile every kernel of this file now, so that no user waits for it."""
    held, is_there = np.frombuffer(b"2026-01-02", np.uint8), np.zeros(0, np.bool_)
    held.flags.writeable = False
    offsets, out, fine = np.array([0, 10], np.int64), np.empty(1, np.int64), np.empty(1, np.uint8)
    moments(held, offsets, is_there, out, fine)
    amounts(held, offsets, is_there, 100, out, fine)
