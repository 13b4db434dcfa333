"""Compiled shapes of identifiers over a text laid out one folded character a place.

Each asks one question at one place, as the patterns of `find` do, a little more freely: it may say
yes too often, never no too often. Eight empty places stand before the text and forty behind it, so
that looking around needs no care.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from lianfang.engine.identifiers.patterns import ACCOUNTS, ADDRESSES, ALL, CODES, NAMED, NUMBERS

DIGIT, SPOKEN, LETTER, LOOSE, COLON, STEP, HOT, SKIP = 1, 2, 4, 8, 16, 32, 64, 128
HAN, SPACE, ODD, CUE, PROVINCE, DOT, TOP = 256, 512, 1024, 2048, 4096, 8192, 16384
"""What a character is: digit, numeral word, Latin letter, may stand between digits, may stand after
a cue, part of a cue's tail, worth a look, invisible, Chinese, blank, digit of another script, ends
a cue, opens a plate, joins names, opens a Chinese top domain."""

_WECHAT, _QQ, _SOCIAL, _ACCOUNT, _DEVICE, _ALIPAY = 1, 2, 4, 8, 16, 32
MOST_DIGITS = 36
MATHS, SIGNS = (0x1D400, 0x1D800), (0x1F000, 0x1FB00)
"""Planes above the first where letters, digits and emoji stand; each character has its own slot."""
SIGNS_AT, ODD_AT, RARE_AT = 0x10400, 0x10F00, 0x10F01
"""Slots of emoji, of characters nobody vouches for, and of rare Chinese ones, nothing to numbers."""
CUES = "信星薇溦徾嶶微扣秋蔻叩球抠丘鹅音书薯手号户卡公备列宝vxntqysidab"
STEPS = "同号码群主客服编标识id"


@njit(cache=True, nogil=True)
def run_at(f, c, k, d, g):  # type: ignore[no-untyped-def]
    """Read the run of digits, in any costume, that begins here."""
    m, j, is_first = 0, k, True
    while m < MOST_DIGITS:
        if c[j] & 3:
            digit = f[j] - 48
        elif (f[j] == 108 or f[j] == 111) and (m == 0 or not is_first):
            after = c[j + 1] & LETTER and f[j + 1] != 108 and f[j + 1] != 111
            if m > 0 and after:
                break
            digit = 1 if f[j] == 108 else 0
        else:
            step = 0
            while step < 3 and c[j + step] & LOOSE:
                step += 1
            if is_first or step == 0 or not c[j + step] & 3:
                break
            j, is_first = j + step, True
            continue
        d[m], g[m] = digit, is_first
        m, j, is_first = m + 1, j + 1, False
    return m, j


@njit(cache=True, nogil=True)
def number_in(d, g, m, is_x, is_starred):  # type: ignore[no-untyped-def]
    """Say whether a run of digits can be a number somebody is reached by."""
    if m >= 34 or (is_starred and m >= 11):
        return True
    for i in range(m - 9):
        if not g[i]:
            continue
        for n in range(10, min(22, m - i) + 1):
            if (i + n == m or g[i + n]) and _is_number(d, i, n):
                return True
        if is_x and m - i == 17 and _id_rest(d, i) == 2:
            return True
    return False


@njit(cache=True, nogil=True)
def _is_number(d, i, n):  # type: ignore[no-untyped-def]
    a = i + n - 11
    if n in (11, 12, 13, 15, 16) and d[a] == 1 and d[a + 1] >= 3:
        return True
    if n == 10 and (d[i] == 4 or d[i] == 8):
        return d[i + 1] == 0 and d[i + 2] == 0
    if (n == 11 or n == 12) and d[i] == 0:
        if n == 11 and (d[i + 1] == 2 or (d[i + 1] == 1 and d[i + 2] == 0)):
            return 2 <= d[i + 3] <= 8
        return d[i + 1] >= 3 and 2 <= d[i + 4] <= 8
    if n == 18 and (12 - _id_rest(d, i)) % 11 == d[i + 17]:
        return True
    return 15 <= n <= 19 and _is_card(d, i, n)


@njit(cache=True, nogil=True)
def _id_rest(d, i):  # type: ignore[no-untyped-def]
    total = 0
    for place in range(17):
        total += d[i + place] * ((1 << (17 - place)) % 11)
    return total % 11


@njit(cache=True, nogil=True)
def _is_card(d, i, n):  # type: ignore[no-untyped-def]
    first = d[i]
    if first in (0, 1, 2, 7) or (n == 15 and first != 3):
        return False
    if first == 6 and d[i + 1] not in (0, 2, 8, 9):
        return False
    total = 0
    for place in range(n):
        number = d[i + n - 1 - place] * (1 + place % 2)
        total += number - 9 if number > 9 else number
    return total % 10 == 0


@njit(cache=True, nogil=True)
def word_at(f, c, k):  # type: ignore[no-untyped-def]
    """Say whether a cue word begins here."""
    n = 0
    while n < 65 and c[k + n] & 5:
        n += 1
    if n == 8:
        return CODES if f[k + 8] == 45 and f[k + 13] == 45 and f[k + 18] == 45 and f[k + 23] == 45 else 0
    return CODES if n == 64 or (n == 18 and _is_uscc(f, k)) else 0


@njit(cache=True, nogil=True)
def _is_uscc(f, k):  # type: ignore[no-untyped-def]
    weight, total, last = 1, 0, 0
    for place in range(18):
        one = f[k + place]
        value = one - 48 if one < 58 else one - 87
        if one >= 97:
            # the code's letters leave out i, o, s, v and z
            if one in (105, 111, 115, 118, 122) or 2 <= place < 8:
                return False
            value -= (one > 105) + (one > 111) + (one > 115) + (one > 118)
        if place < 17:
            total, weight = total + value * weight, weight * 3 % 31
        last = value
    return (31 - total % 31) % 31 == last


@njit(cache=True, nogil=True)
def _cue_of(f, c, k):  # type: ignore[no-untyped-def]
    p, j = f[k], k - 1
    while c[j] & SPACE:
        j -= 1
    q, near, far = f[j], f[k - 1], f[k - 2]
    if p < 128:  # a Latin word: the last letter of a cue, often inside the word it opens
        sorts = _WECHAT if p == 118 and not c[k - 1] & 5 else 0  # v
        if p == 120 and (q == 118 or q == 119):  # vx wx
            sorts |= _WECHAT
        if (p == 110 and near == 105 and far == 120) or (p == 116 and near == 97 and far == 104):  # xin chat
            sorts |= _WECHAT
        if p == 113:
            sorts |= _QQ
        if p == 115 and (near == 107 or near == 104):  # ks xhs
            sorts |= _SOCIAL
        if p == 121 and (q == 100 or q == 0x6296):  # dy
            sorts |= _SOCIAL
        if (p == 121 and near == 97) or (p == 98 and near == 102):  # alipay zfb
            sorts |= _ALIPAY
        if (p == 105 and near == 101) or (p == 100 and near in (97, 105)) or (p == 97 and near == 102):
            sorts |= _DEVICE  # imei meid oaid idfa
        return sorts | (_DEVICE if p == 100 and near == 105 else 0)
    if p in (0x8587, 0x6EA6, 0x5FBE, 0x5DB6, 0x5FAE) or p == 0x661F:  # 薇溦徾嶶微 星
        return _WECHAT if p != 0x661F or near == 0x536B else 0
    if p == 0x4FE1:  # 信
        return _WECHAT if q in (0x5FAE, 0x8587, 0x5A01, 0x5FBD, 0x6EA6, 0x7EF4, 0x851A, 118) else 0
    if p in (0x6263, 0x79CB, 0x853B, 0x53E9, 0x7403, 0x62A0, 0x4E18):  # 扣秋蔻叩球抠丘
        return _QQ if q == p or (p == 0x6263 and f[k + 1] == 58) else 0
    if p == 0x9E45:  # 鹅
        return _QQ if near == 0x4F01 else 0
    if p in (0x97F3, 0x4E66, 0x85AF, 0x624B):  # 音书薯手 behind 抖斗红快
        return _SOCIAL if q in (0x6296, 0x6597, 0x7EA2, 0x5FEB) else 0
    if p == 0x53F7:  # 号 behind 账帐户卡, or s
        sorts = _ACCOUNT if q in (0x8D26, 0x5E10, 0x6237, 0x5361) else 0
        return _SOCIAL if near == 115 else sorts
    if p == 0x6237 or p == 0x5361 or p == 0x516C:  # 户卡公 behind 账帐行对
        return _ACCOUNT if q in (0x8D26, 0x5E10, 0x884C, 0x5BF9) else 0
    if p == 0x5907 or p == 0x5217:  # 备列 behind 设序
        return _DEVICE if near in (0x8BBE, 0x5E8F) else 0
    return _ALIPAY if p == 0x5B9D else 0  # 宝


@njit(cache=True, nogil=True)
def cued_at(f, c, k):  # type: ignore[no-untyped-def]
    """Say whether a handle can follow the cue word here."""
    sorts = _cue_of(f, c, k)
    if sorts == 0:
        return 0
    for j in range(k + 1, k + 17):
        if sorts & _WECHAT and c[j] & LETTER and _n_signs(f, c, j, 6, 0)[0] >= 6:
            return NAMED
        if sorts & _QQ and c[j] & 3 and _n_digits(f, c, j, 5, 46) >= 5:
            return NAMED
        if sorts & _SOCIAL:
            n, n_digits = _n_signs(f, c, j, 24, 46)
            if n >= 5 and n_digits > 0:
                return NAMED
        if sorts & _ALIPAY and f[j] == 50 and f[j + 1] == 48 and f[j + 2] == 56 and f[j + 3] == 56:
            return NAMED
        if sorts & _ACCOUNT and c[j] & 3 and _n_digits(f, c, j, 9, 45) >= 9:
            return ACCOUNTS
        if sorts & _DEVICE and (c[j] & 5 or f[j] == 45) and _n_signs(f, c, j, 14, 0)[0] >= 14:
            return CODES
        if not c[j] & 48:
            break
    return 0


@njit(cache=True, nogil=True)
def _n_signs(f, c, j, most, joint):  # type: ignore[no-untyped-def]
    n, n_digits = 0, 0
    while n < most and (c[j + n] & 5 or f[j + n] == 45 or f[j + n] == 95 or (joint and f[j + n] == joint)):
        n_digits += c[j + n] & 1
        n += 1
    return n, n_digits


@njit(cache=True, nogil=True)
def _n_digits(f, c, j, most, joint):  # type: ignore[no-untyped-def]
    n = 0
    while n < most:
        if c[j] & 3:
            n += 1
        elif not ((c[j] & SPACE or f[j] == 45 or f[j] == joint) and c[j + 1] & 3):
            break
        j += 1
    return n


@njit(cache=True, nogil=True)
def dot_at(f, c, k):  # type: ignore[no-untyped-def]
    """Say whether a dot between names, written or spelled, stands here."""
    p = f[k]
    before = k - 2 if c[k - 1] & SPACE else k - 1
    after = k + 2 if c[k + 1] & SPACE else k + 1
    is_named = c[before] & 5 or f[before] == 45
    if p == 58:  # a long address: two colons, or seven
        return _colons_at(f, c, k)
    if p == 47:
        colon = before - 2 if c[before - 1] & SPACE else before - 1
        return ADDRESSES if f[before] == 47 and f[colon] == 58 else 0
    if p == 0x70B9:
        return ADDRESSES if is_named and c[after] & LETTER and not _is_hour(f, c, before) else 0
    if p == 91 or p == 40:
        return ADDRESSES if is_named and f[k + 1] in (46, 0x70B9, 100) else 0
    if f[k - 1] == 119 and f[k - 2] == 119:
        return ADDRESSES
    if c[k + 1] & 1:
        return _quads_at(c, f, k) if c[k - 1] & 1 else 0
    if c[k + 1] & LETTER:
        return ADDRESSES if (c[k - 1] & 5 or f[k - 1] == 45) and not _is_hour(f, c, k - 1) else 0
    one, two = f[k + 1], f[k + 2]
    if one == 0x6211 and two == 0x7231 and f[k + 3] == 0x4F60:  # 我爱你
        return 0 if c[k + 4] & HAN else ADDRESSES
    is_top = (one == 0x4E2D and two == 0x56FD) or (one == 0x516C and two == 0x53F8)  # 中国 公司
    is_top |= one == 0x7F51 and (two == 0x7EDC or two == 0x5740)  # 网络 网址
    is_top |= (one == 0x5728 and two == 0x7EBF) or (one == 0x5546 and two == 0x57CE)  # 在线 商城
    is_named = c[k - 1] & (5 | HAN) or f[k - 1] == 45
    return ADDRESSES if is_top and is_named and not c[k + 3] & HAN else 0


@njit(cache=True, nogil=True)
def _is_hour(f, c, k):  # type: ignore[no-untyped-def]
    # 下午3点APP: a short number alone opens no name, behind a word
    n = 0
    while n < 4 and c[k - n] & 1:
        n += 1
    before = f[k - n]
    if n == 0 or n == 4 or before == 0x70B9 or before == 0x7279:
        return False
    return c[k - n] & HAN > 0 or before == 0 or before == 44


@njit(cache=True, nogil=True)
def _quads_at(c, f, k):  # type: ignore[no-untyped-def]
    for _ in range(2):
        n = 1
        while n < 4 and c[k + n] & 1:
            n += 1
        k += n
        if f[k] != 46 or not c[k + 1] & 1:
            return 0
    return CODES


@njit(cache=True, nogil=True)
def _colons_at(f, c, k):  # type: ignore[no-untyped-def]
    if not (c[k - 1] & 5 and f[k - 1] <= 102):
        return 0
    if f[k + 1] == 58:
        return CODES if c[k + 2] & 5 and f[k + 2] <= 102 else 0
    for _ in range(6):
        n = 1
        while n < 6 and c[k + n] & 5 and f[k + n] <= 102:
            n += 1
        k += n
        if n == 1 or f[k] != 58:
            return 0
    return CODES


@njit(cache=True, nogil=True)
def plate_at(f, c, k):  # type: ignore[no-untyped-def]
    """Say whether a number plate can begin here."""
    if not c[k + 1] & LETTER:
        return 0
    j = k + 2
    if c[j] & SPACE or f[j] == 46 or f[j] == 45 or f[j] == 0xB7:
        j += 1
    n, n_digits = 0, 0
    while n < 6 and c[j + n] & 5 and f[j + n] != 105 and f[j + n] != 111:
        n_digits += c[j + n] & 1
        n += 1
    return CODES if n >= 5 and n_digits > 0 else 0


@njit(cache=True, nogil=True)
def _lay_out(b, i, e, folds, classes, f, c, hot):  # type: ignore[no-untyped-def]
    n, n_hot, seen, n_raw = 8, 0, 0, 0
    while i < e and n_raw < 100_000:
        byte = b[i]
        if byte < 0x80:
            slot, i = np.int64(byte), i + 1
        elif byte < 0xE0:
            slot, i = ((np.int64(byte) & 31) << 6) | (b[i + 1] & 63), i + 2
        elif byte < 0xF0:
            slot = ((np.int64(byte) & 15) << 12) | ((np.int64(b[i + 1]) & 63) << 6) | (b[i + 2] & 63)
            i += 3
        else:
            point = (
                ((np.int64(byte) & 7) << 18) | ((np.int64(b[i + 1]) & 63) << 12)
                | ((np.int64(b[i + 2]) & 63) << 6) | (b[i + 3] & 63)
            )  # fmt: skip
            slot, i = np.int64(ODD_AT), i + 4
            if 0x1D400 <= point < 0x1D800:
                slot = 0x10000 + point - 0x1D400
            elif 0x1F000 <= point < 0x1FB00:
                slot = SIGNS_AT + point - 0x1F000
            elif 0x20000 <= point < 0x2F800 or 0x30000 <= point < 0x40000:
                slot = np.int64(RARE_AT)
            elif 0xE0000 <= point < 0xE1000:
                n_raw += 1
                continue
        n_raw += 1
        kind = classes[slot]
        if kind & SKIP:
            continue
        f[n], c[n] = folds[slot], kind
        if kind & HOT:
            hot[n_hot] = n
            n_hot += 1
        seen |= kind
        n += 1
    for at in range(n, n + 72):
        f[at], c[at] = 0, 0
    return n_hot, seen


@njit(cache=True, nogil=True)
def _parts(f, c, hot, n_hot, d, g):  # type: ignore[no-untyped-def]
    # calls are dear here: each is asked for by what stands beside the place
    parts, read = 0, 0
    for at in range(n_hot):
        k = hot[at]
        kind, p, near = c[k], f[k], c[k + 1]
        opens = kind & 3 or (p == 108 and not c[k - 1] & 4)
        if opens and k >= read and not (c[k - 1] & 3 or f[k - 1] == 42):
            n = at + 1
            while n < n_hot and n < at + 10 and hot[n] - hot[n - 1] <= 4:
                n += 1
            if n == at + 10:
                m, read = run_at(f, c, k, d, g)
                if m >= 10 and number_in(d, g, m, f[read] == 120, f[read] == 42):
                    parts |= NUMBERS
        if kind & 5:
            if not c[k - 1] & 5 and c[k + 7] & 5 and c[k + 3] & 5 and c[k + 5] & 5:
                parts |= word_at(f, c, k)
        elif kind & DOT and (near & (5 | TOP | SPACE | DOT) or c[k - 1] & (5 | SPACE | DOT)):
            parts |= dot_at(f, c, k)
        if kind & CUE and near & (DIGIT | SPOKEN | LETTER | COLON | STEP):
            parts |= cued_at(f, c, k)
        if kind & PROVINCE and near & LETTER:
            parts |= plate_at(f, c, k)
    return parts


@njit(cache=True, nogil=True)
def part_rows(b, offsets, is_there, folds, classes, out):  # type: ignore[no-untyped-def]
    """Say of every row which shapes it may hold."""
    longest = np.int64(0)
    for row in range(len(out)):
        longest = max(longest, offsets[row + 1] - offsets[row])
    size = min(longest, 100_000) + 96
    f, c, hot = np.zeros(size, np.uint16), np.zeros(size, np.uint16), np.zeros(size, np.int32)
    d, g = np.zeros(MOST_DIGITS, np.int64), np.zeros(MOST_DIGITS, np.bool_)
    for row in range(len(out)):
        out[row] = 0
        if len(is_there) and not is_there[row]:
            continue
        n_hot, seen = _lay_out(b, offsets[row], offsets[row + 1], folds, classes, f, c, hot)
        out[row] = ALL if seen & ODD else _parts(f, c, hot, n_hot, d, g)
