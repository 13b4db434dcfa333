"""Folding and unfolding over UTF-8 bytes, compiled: the same answers as `plain` and `unfold`.

Importing this module imports numba; only tables need it. Offsets are bytes from the row's start.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, assignment"
from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

import numba
import numpy as np

from lianfang.engine.text.glyphs import Class
from lianfang.engine.text.layout import COMPONENT, GOLDEN, NUMERAL, PAIR_BITS, SIEVE_BITS, SIEVE_PLACES
from lianfang.engine.text.unfold import REACH, SHORT


@cache
def _room_stamp() -> str:
    """Say which version of the whole room this is."""
    sources = sorted(Path(__file__).parent.glob("*.py"))
    return hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()


def _kept(function: Any, **options: Any) -> Any:
    """Compile a kernel when first called, and keep it on disk.

    numba drops a kept kernel when its own file changes, not when a kernel it calls does; the stamp
    of the whole room mends that.
    """
    made: Any = numba.njit(nogil=True, cache=True, boundscheck=False, **options)(function)
    kept = getattr(getattr(made, "_cache", None), "_cache_file", None)
    if kept is not None and hasattr(kept, "_source_stamp"):
        kept._source_stamp = _room_stamp()
    return made


def jit(function: Any) -> Any:
    """Compile a kernel that makes arrays of its own."""
    return _kept(function)


def kernel(function: Any) -> Any:
    """Compile a kernel that only works in arrays handed to it; it does not count references."""
    return _kept(function, _nrt=False)


def inner_kernel(function: Any) -> Any:
    """Compile a kernel that only other kernels call; it is not written out where it is called."""
    options: Any = {"_nrt": False}  # not in numba's typed signature
    return numba.njit(nogil=True, boundscheck=False, **options)(function)


SKIP, SPACE, MARK, STOP, SIGN = (int(one) for one in list(Class)[:5])
LETTER, HAN, WORD, BEHIND = (int(one) for one in list(Class)[5:])
POINT = 0x1FFFFF
KEY = np.uint64(GOLDEN)
SHIFT = np.uint64(PAIR_BITS)
SIEVE_SHIFT = np.uint64(64 - SIEVE_BITS)
LOW_BIT, HIGH_BIT = (np.uint64(one) for one in SIEVE_PLACES)
LAST_BIT, ONE = np.uint64(63), np.uint64(1)
SKIP_KIND, MARK_KIND, STOP_KIND, SIGN_KIND = (np.uint32(one) for one in (SKIP, MARK, STOP, SIGN))
LETTER_KIND, HAN_KIND, WORD_KIND, BEHIND_KIND = (np.uint32(one) for one in (LETTER, HAN, WORD, BEHIND))
FLAG_KIND = np.uint32(15)
REACHES = tuple(REACH)
SHORTEST = SHORT
NUMERAL_BIT, COMPONENT_BIT = NUMERAL, COMPONENT
FULL = -1  # answer of a kernel whose output did not fit: call again with more room
ZERO_TO_NINE = tuple("零一二三四五六七八九〇壹贰叁肆伍陆柒捌玖")
MAGNITUDE_POINTS = tuple(sorted(ord(one) for one in "十百千万亿拾佰仟"))


@inner_kernel
def find_key(keys, key):
    """Give the place of a key in an open-addressed table, or -1."""
    mask = np.uint64(keys.shape[0] - 1)
    place = ((key * KEY) >> np.uint64(32)) & mask
    while keys[place] != key and keys[place] != np.uint64(0):
        place = (place + np.uint64(1)) & mask
    found = np.int64(place)
    if keys[place] != key:
        found = np.int64(-1)
    return found


@inner_kernel
def decode(cells, at):
    """Give one code point and its number of bytes; the bytes are valid UTF-8."""
    place = np.uint64(at)
    one, low, six = np.uint64(1), np.uint64(63), np.uint64(6)
    point = np.uint64(cells[place])
    step = one
    if point >= np.uint64(0xF0):
        point &= np.uint64(7)
        step = np.uint64(4)
    elif point >= np.uint64(0xE0):
        point &= np.uint64(15)
        step = np.uint64(3)
    elif point >= np.uint64(0x80):
        point &= np.uint64(31)
        step = np.uint64(2)
    for more in range(one, step):
        point = (point << six) | (np.uint64(cells[place + more]) & low)
    return point, step


@inner_kernel
def in_sieve(sieve, mixed):
    """Say 1 where a mixed pair key may be in a sieve, else 0: both its bits stand in one word."""
    word = sieve[mixed >> SIEVE_SHIFT]
    return (word >> ((mixed >> LOW_BIT) & LAST_BIT)) & (word >> ((mixed >> HIGH_BIT) & LAST_BIT)) & ONE


@inner_kernel
def is_near(near, key):
    """Say whether a pair may be in `heads`; never False for one that is."""
    return in_sieve(near, key * KEY) != np.uint64(0)


@inner_kernel
def fold_row(glyph, pool, sieve, cells, low, high, text, starts, spots):
    """Fold one row's characters and sift its pairs in the same pass.

    The folding is `plain._characters` without rejoining and numerals; `starts` are byte offsets
    from `low`. The sifting lists in `spots` the places whose pair is in the sieve; it holds only
    where nothing was taken back, rejoined or read as digits.

    Returns:
        (characters written or FULL, spots, whether the spots must be sifted again,
        most Chinese digits close together, whether a component was seen).
    """
    one, two, three = np.uint64(1), np.uint64(2), np.uint64(3)
    room = np.uint64(text.shape[0] - 40)
    at, until, base = np.uint64(low), np.uint64(high), np.uint64(low)
    size, n_spots = np.uint64(0), np.uint64(0)
    before = np.uint64(0)
    last = np.uint32(SKIP)
    run, run_rank, run_plain, run_start = np.uint32(SKIP), np.uint32(0), np.uint32(0), np.uint64(0)
    token, stop_kept, again = np.uint64(0), False, False
    n_numerals, component = 0, False
    n_row, numeral = 0, np.uint64(0)  # Chinese digits close together, and where the last stood
    while at < until:
        while run == SKIP_KIND and at < until:  # most text: plain Chinese, nothing to decide
            lead = np.uint64(cells[at])
            if (lead & np.uint64(0xF0)) != np.uint64(0xE0):
                break
            tail = (np.uint64(cells[at + one]) << np.uint64(6)) ^ np.uint64(cells[at + two])
            entry = glyph[(lead << np.uint64(12) ^ tail) ^ np.uint64(0xE2080)]
            if (entry >> np.uint32(24)) != HAN_KIND:
                break
            now = np.uint64(entry & np.uint32(POINT))
            text[size] = now
            starts[size] = at - base
            mixed = ((before << SHIFT) | now) * KEY
            spots[n_spots] = size - one
            n_spots += in_sieve(sieve, mixed)
            before = now
            size += one
            at += three
            last = HAN_KIND
        if at >= until:
            break
        start = at
        point, step = decode(cells, at)
        at += step
        entry = glyph[point]
        kind = entry >> np.uint32(24)
        n_word = np.uint64(0)
        word_at = np.uint64(0)
        if kind != HAN_KIND and kind != LETTER_KIND:
            if kind == SKIP_KIND:
                continue
            if kind > FLAG_KIND:
                if entry & np.uint32(NUMERAL_BIT):
                    n_row = n_row + 1 if size - numeral < np.uint64(6) else 1
                    numeral = size
                    n_numerals = max(n_numerals, n_row)
                component |= (entry & np.uint32(COMPONENT_BIT)) != 0
                kind = kind & np.uint32(15)
            elif kind >= WORD_KIND:
                place = np.uint64(entry & np.uint32(POINT))
                n_word = np.uint64(pool[place + one])
                word_at = place + two + np.uint64(pool[place])
                if kind == BEHIND_KIND:
                    seen = False
                    if size > np.uint64(0) and run == SKIP_KIND:
                        for spot in range(place + two, word_at):
                            seen |= np.uint64(pool[spot]) == before
                    if not seen:
                        kind = MARK_KIND
                        entry = np.uint32(point)
                if kind != MARK_KIND:
                    kind = LETTER_KIND if pool[word_at] < 128 else HAN_KIND
            if kind < LETTER_KIND:
                rank = kind
                if kind == STOP_KIND:
                    rank = np.uint32(5)
                plain = entry & np.uint32(POINT)
                if rank > run_rank or (kind == STOP_KIND and plain == 43):
                    run, run_rank, run_plain, run_start = kind, rank, plain, start
                continue
        if run != SKIP_KIND:
            both_han = last == HAN_KIND and kind == HAN_KIND
            keep = False
            if run == STOP_KIND:
                if both_han and token > np.uint64(0) and size - token == one:
                    if stop_kept:
                        text[size - two] = text[size - one]
                        starts[size - two] = starts[size - one]
                        size -= one
                    again = True
                    stop_kept = False
                    token = size
                else:
                    keep = True
                    stop_kept = True
                    token = size + one
                    last = STOP_KIND
            elif run == SIGN_KIND:
                keep = not both_han
            else:
                keep = last == LETTER_KIND and kind == LETTER_KIND
            if keep:
                text[size] = run_plain
                starts[size] = run_start - base
                now = np.uint64(run_plain)
                mixed = ((before << SHIFT) | now) * KEY
                spots[n_spots] = size - one
                n_spots += in_sieve(sieve, mixed)
                before = now
                size += one
            run, run_rank = SKIP_KIND, np.uint32(0)
        last = kind
        now = np.uint64(entry & np.uint32(POINT))
        if n_word > np.uint64(0):
            again = True
            if size + n_word > room:
                return np.int64(FULL), 0, False, 0, False
            for spot in range(word_at, word_at + n_word - one):
                text[size] = pool[spot]
                starts[size] = start - base
                size += one
            now = np.uint64(pool[word_at + n_word - one])
            last = LETTER_KIND if now < np.uint64(128) else HAN_KIND
        text[size] = now
        starts[size] = start - base
        mixed = ((before << SHIFT) | now) * KEY
        spots[n_spots] = size - one
        n_spots += in_sieve(sieve, mixed)
        before = now
        size += one
    if run == STOP_KIND or run == SIGN_KIND:
        text[size] = run_plain
        starts[size] = run_start - base
        spots[n_spots] = size - one
        n_spots += one  # cheaper to list the last pair than to test it
        size += one
    again |= n_numerals > 2 or component or (n_spots > np.uint64(0) and spots[0] < 0)
    return np.int64(size), np.int64(n_spots), again, n_numerals, component


@inner_kernel
def fill_ends(cells, low, starts, ends, size):
    """Give each folded character of an unopened row its raw end: one raw character long."""
    for one in range(size):
        lead = cells[low + starts[one]]
        ends[one] = starts[one] + (1 if lead < 0x80 else 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4)


@inner_kernel
def sift(sieve, text, size, spots):
    """List the places whose pair is in the sieve. Gives their number."""
    n_spots = np.uint64(0)
    if size < 2:
        return 0
    before = np.uint64(text[0])
    for at in range(np.uint64(1), np.uint64(size)):
        now = np.uint64(text[at])
        mixed = ((before << SHIFT) | now) * KEY
        spots[n_spots] = at - np.uint64(1)
        n_spots += in_sieve(sieve, mixed)
        before = now
    return np.int64(n_spots)


@kernel
def rejoin(splits, text, starts, ends, size):
    """Put split characters together again, in place; `plain._rejoin`."""
    low, high = np.uint64(0), np.uint64(0)  # which first parts there are, by their last and middle bits
    for row in range(splits.shape[0]):
        low |= ONE << np.uint64(splits[row, 2] & 63)
        high |= ONE << np.uint64((splits[row, 2] >> 6) & 63)
    kept = 0
    at = 0
    while at < size:
        whole, step = text[at], 1
        n_rows = splits.shape[0]
        if ((low >> np.uint64(whole & 63)) & (high >> np.uint64((whole >> 6) & 63)) & ONE) == 0:
            n_rows = 0
        for row in range(n_rows):
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


@kernel
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


@inner_kernel
def digits_magnitude(point):
    """Say whether a character is 十, 百, 千 and the like."""
    seen = False
    for one in MAGNITUDE_POINTS:
        seen |= point == one
    return seen


@inner_kernel
def is_letter(point):
    """Say whether a folded character is a Latin letter."""
    return point >= 97 and point <= 122


@inner_kernel
def is_digit(point):
    """Say whether a folded character is a digit."""
    return point >= 48 and point <= 57


@inner_kernel
def in_address(point):
    """Say whether a folded character joins the parts of an address: `./@_-&=?`."""
    return (
        point == 46 or point == 47 or point == 64 or point == 95
        or point == 45 or point == 38 or point == 61 or point == 63
    )  # fmt: skip


@inner_kernel
def apart(text, size, start, end, address):
    """Say whether letters or digits at the edges of a stretch end there; `unfold.apart`."""
    free = True
    if start > 0:
        inner, outer = text[start], text[start - 1]
        free &= not (is_letter(inner) and (is_letter(outer) or (address and in_address(outer))))
        free &= not (is_digit(inner) and is_digit(outer))
    if end < size:
        inner, outer = text[end - 1], text[end]
        free &= not (is_letter(inner) and (is_letter(outer) or (address and in_address(outer))))
        free &= not (is_digit(inner) and is_digit(outer))
    return free


@inner_kernel
def same(letters, at, n_letters, text, size, start):
    """Say whether a written text stands at a place."""
    done = 0
    if start + n_letters <= size:
        while done < n_letters and letters[at + done] == text[start + done]:
            done += 1
    return done == n_letters


@inner_kernel
def pair(first, second):
    """Give the key of two neighbouring characters."""
    return (np.uint64(first) << SHIFT) | np.uint64(second)
