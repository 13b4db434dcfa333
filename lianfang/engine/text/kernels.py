"""Folding and unfolding over UTF-8 bytes, compiled: the same answers as `plain` and `unfold`.

Importing this module imports numba; only tables need it. Offsets are bytes from the row's start.
"""

from __future__ import annotations

import numba
import numpy as np

from lianfang.engine.text.glyphs import Class
from lianfang.engine.text.layout import COMPONENT, GOLDEN, NUMERAL, PAIR_BITS
from lianfang.engine.text.unfold import REACH, SHORT

jit = numba.njit(nogil=True, cache=True, boundscheck=False)

SKIP, SPACE, MARK, STOP, SIGN = (int(one) for one in list(Class)[:5])
LETTER, HAN, WORD, BEHIND = (int(one) for one in list(Class)[5:])
POINT = 0x1FFFFF
KEY = np.uint64(GOLDEN)
SHIFT = np.uint64(PAIR_BITS)
REACHES = tuple(REACH)
SHORTEST = SHORT
NUMERAL_BIT, COMPONENT_BIT = NUMERAL, COMPONENT
FULL = -1  # answer of a kernel whose output did not fit: call again with more room
ZERO_TO_NINE = tuple("零一二三四五六七八九〇壹贰叁肆伍陆柒捌玖")
MAGNITUDE_POINTS = tuple(sorted(ord(one) for one in "十百千万亿拾佰仟"))


@jit
def find_key(keys, key):
    """Give the place of a key in an open-addressed table, or -1."""
    bits = np.uint64(64)
    size = keys.shape[0]
    probe = size
    while probe > 1:
        probe >>= 1
        bits -= np.uint64(1)
    place = (key * KEY) >> bits
    while True:
        there = keys[place]
        if there == key:
            return np.int64(place)
        if there == 0:
            return np.int64(-1)
        place = (place + np.uint64(1)) & np.uint64(size - 1)


@jit
def decode(cells, at):
    """Give one code point and its number of bytes; the bytes are valid UTF-8."""
    lead = np.uint32(cells[at])
    if lead < 0x80:
        return lead, 1
    if lead >= 0xF0:
        return (
            ((lead & 7) << 18)
            | ((np.uint32(cells[at + 1]) & 63) << 12)
            | ((np.uint32(cells[at + 2]) & 63) << 6)
            | (np.uint32(cells[at + 3]) & 63)
        ), 4
    if lead >= 0xE0:
        return (
            ((lead & 15) << 12) | ((np.uint32(cells[at + 1]) & 63) << 6) | (np.uint32(cells[at + 2]) & 63)
        ), 3
    return ((lead & 31) << 6) | (np.uint32(cells[at + 1]) & 63), 2


@jit
def fold_row(chart, cells, low, high, text, starts, ends):
    """Fold one row's characters; `plain._characters` without rejoining and numerals.

    Returns:
        (characters written or FULL, Chinese digits seen, whether a component was seen).
    """
    room = text.shape[0] - 40
    glyph = chart.glyph
    size = 0
    last = SKIP
    run, run_rank, run_plain, run_start, run_end = SKIP, 0, np.uint32(0), 0, 0
    token, stop_kept = -1, False
    n_numerals, component = 0, False
    at = low
    while at < high:
        start = at
        lead = np.uint32(cells[at])
        if lead >= 0xE0 and lead < 0xF0:
            point = (
                ((lead & 15) << 12) | ((np.uint32(cells[at + 1]) & 63) << 6) | (np.uint32(cells[at + 2]) & 63)
            )
            at += 3
        elif lead < 0x80:
            point = lead
            at += 1
        else:
            point, step = decode(cells, at)
            at += step
        entry = glyph[point]
        kind = (entry >> 24) & 15
        if kind == SKIP:
            continue
        word_at = 0
        n_word = 0
        if kind >= WORD:
            pool = np.int64(entry & POINT)
            n_after = np.int64(chart.pool[pool])
            n_word = np.int64(chart.pool[pool + 1])
            word_at = pool + 2 + n_after
            if kind == BEHIND:
                seen = False
                if size > 0 and run == SKIP:
                    for one in range(pool + 2, word_at):
                        if chart.pool[one] == text[size - 1]:
                            seen = True
                if not seen:
                    kind = MARK
                    entry = point
            if kind != MARK:
                kind = LETTER if chart.pool[word_at] < 128 else HAN
        if kind < LETTER:
            rank = 4 if kind == STOP else (3 if kind == SIGN else kind)
            plain = entry & POINT
            if rank > run_rank or (kind == STOP and plain == 43):
                run, run_rank, run_plain = kind, rank, plain
                run_start, run_end = start - low, at - low
            continue
        if run != SKIP:
            both_han = last == HAN and kind == HAN
            keep = False
            if run == STOP:
                if both_han and token > 0 and size - token == 1:
                    if stop_kept:
                        text[size - 2] = text[size - 1]
                        starts[size - 2], ends[size - 2] = starts[size - 1], ends[size - 1]
                        size -= 1
                    stop_kept = False
                    token = size
                else:
                    keep = True
                    stop_kept = True
                    token = size + 1
                    last = STOP
            elif run == SIGN:
                keep = not both_han
            else:
                keep = last == LETTER and kind == LETTER
            if keep:
                text[size] = run_plain
                starts[size], ends[size] = run_start, run_end
                size += 1
            run, run_rank = SKIP, 0
        if n_word == 0:
            text[size] = entry & POINT
            starts[size], ends[size] = start - low, at - low
            size += 1
            last = kind
            if entry >= NUMERAL_BIT:
                n_numerals += (entry & NUMERAL_BIT) != 0
                component |= (entry & COMPONENT_BIT) != 0
        else:
            for one in range(word_at, word_at + n_word):
                text[size] = chart.pool[one]
                starts[size], ends[size] = start - low, at - low
                size += 1
            last = LETTER if text[size - 1] < 128 else HAN
            if size > room:
                return FULL, 0, False
    if run == STOP or run == SIGN:
        text[size] = run_plain
        starts[size], ends[size] = run_start, run_end
        size += 1
    return size, n_numerals, component


@jit
def rejoin(chart, text, starts, ends, size):
    """Put split characters together again, in place; `plain._rejoin`."""
    splits = chart.splits
    kept = 0
    at = 0
    while at < size:
        whole, step = text[at], 1
        for row in range(splits.shape[0]):
            n_parts = np.int64(splits[row, 0])
            if splits[row, 2] == text[at] and at + n_parts <= size:
                same = True
                for one in range(1, n_parts):
                    if splits[row, 2 + one] != text[at + one]:
                        same = False
                        break
                if same:
                    whole, step = splits[row, 1], n_parts
                    break
        text[kept], starts[kept], ends[kept] = whole, starts[at], ends[at + step - 1]
        kept += 1
        at += step
    return kept


@jit
def numerals(digits, text, size):
    """Read three or more Chinese digits in a row as digits, in place; `plain._numerals`."""
    at = 0
    while at < size:
        if digits[text[at] & 0xFFFF] == 0 or text[at] > 0xFFFF:
            at += 1
            continue
        low = at
        spelled = 0
        while at < size and text[at] <= 0xFFFF and digits[text[at]] != 0:
            spelled += text[at] > 127
            at += 1
        beside = (low > 0 and digits_magnitude(text[low - 1])) or (at < size and digits_magnitude(text[at]))
        if spelled >= 3 and not beside:
            for one in range(low, at):
                text[one] = digits[text[one]]


@jit
def digits_magnitude(point):
    """Say whether a character is 十, 百, 千 …"""
    for one in MAGNITUDE_POINTS:
        if point == one:
            return True
    return False


@jit
def is_letter(point):
    """Say whether a folded character is a Latin letter."""
    return point >= 97 and point <= 122


@jit
def is_digit(point):
    """Say whether a folded character is a digit."""
    return point >= 48 and point <= 57


@jit
def in_address(point):
    """Say whether a folded character joins the parts of an address: `./@_-&=?`."""
    return (
        point == 46 or point == 47 or point == 64 or point == 95
        or point == 45 or point == 38 or point == 61 or point == 63
    )  # fmt: skip


@jit
def apart(text, size, start, end, address):
    """Say whether letters or digits at the edges of a stretch end there; `unfold.apart`."""
    for side in range(2):
        inner = start if side == 0 else end - 1
        outer = start - 1 if side == 0 else end
        if outer < 0 or outer >= size:
            continue
        if is_letter(text[inner]) and (is_letter(text[outer]) or (address and in_address(text[outer]))):
            return False
        if is_digit(text[inner]) and is_digit(text[outer]):
            return False
    return True


@jit
def same(letters, at, n_letters, text, size, start):
    """Say whether a written text stands at a place."""
    if start + n_letters > size:
        return False
    for one in range(n_letters):
        if letters[at + one] != text[start + one]:
            return False
    return True


@jit
def pair(first, second):
    """Give the key of two neighbouring characters."""
    return (np.uint64(first) << SHIFT) | np.uint64(second)
