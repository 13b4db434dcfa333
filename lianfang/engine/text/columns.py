"""Phrases found in a whole column, compiled: no Python object a row.

`scan.scan_table` is the way in. Rows are taken in chunks of bytes; every chunk is scanned alone, so
the answer is the same on any number of threads.
"""

from __future__ import annotations

import numpy as np

from lianfang.engine.text.kernels import (
    FULL,
    HAN,
    KEY,
    SPACE,
    apart,
    decode,
    find_key,
    fold_row,
    jit,
    numerals,
    pair,
    rejoin,
    same,
)
from lianfang.engine.text.layout import SIEVE_BITS
from lianfang.engine.text.opening import open_row
from lianfang.engine.text.scan import LEAST_GAPS, SEGMENT

SIEVE_SHIFT = np.uint64(64 - SIEVE_BITS)
FEWEST, MOST = SEGMENT
GAPS = LEAST_GAPS
COLUMNS = 7  # of a hit: row, word_no, start, end, fstart, fend, evasion
MORE_ROOM, MORE_HITS, DONE = 1, 2, 0


@jit
def sift(sieve, text, size, spots):
    """List the places whose pair may begin a phrase or a disguise. Gives their number."""
    n_spots = 0
    if size < 2:
        return 0
    before = np.uint64(text[0])
    for at in range(1, size):
        now = np.uint64(text[at])
        bit = (((before << np.uint64(21)) | now) * KEY) >> SIEVE_SHIFT
        spots[n_spots] = at - 1
        n_spots += (sieve[bit >> np.uint64(6)] >> (bit & np.uint64(63))) & np.uint64(1)
        before = now
    return n_spots


@jit
def may_hide(chart, text, spots, n_spots):
    """Say whether any listed place begins a disguise."""
    for one in range(n_spots):
        at = spots[one]
        if find_key(chart.disguises, pair(text[at], text[at + 1])) >= 0:
            return True
    return False


@jit
def count_points(cells, low, high):
    """Count the code points in a stretch of UTF-8."""
    points = 0
    for at in range(low, high):
        points += (cells[at] & 0xC0) != 0x80
    return points


@jit
def segmented(chart, cells, low, high):
    """Say whether a row is word-segmented; `scan.is_segmented`."""
    tokens, n_han, n_gaps = 0, 0, 0
    inside, gap = False, False
    at = low
    while at < high:
        point, step = decode(cells, at)
        at += step
        kind = (chart.glyph[point] >> 24) & 15
        if kind == HAN:
            n_gaps += gap and not inside
            tokens += not inside
            n_han += 1
            inside, gap = True, False
        elif kind == SPACE:
            gap, inside = n_han > 0, False
        else:
            gap, inside = False, False
    return n_gaps >= GAPS and FEWEST * tokens <= n_han and n_han <= MOST * tokens


@jit
def is_han(chart, cells, at, low, high):
    """Say whether the character that holds a byte is Chinese; False outside of the stretch."""
    if at < low or at >= high:
        return False
    while (cells[at] & 0xC0) == 0x80:
        at -= 1
    point, _ = decode(cells, at)
    return (chart.glyph[point] >> 24) & 15 == HAN


@jit
def written_as(chart, book, alternative, cells, low, high, exact):
    """Say whether a raw stretch is one spelling; not exact: width and case forgiven, no spaces."""
    at, size = book.alternatives[alternative, 0], book.alternatives[alternative, 1]
    place = low
    done = 0
    while place < high:
        point, step = decode(cells, place)
        place += step
        if not exact:
            if point == 32:
                continue
            if point <= 0xFFFF:
                point = chart.literal[point]
        if done >= size or book.letters[at + done] != point:
            return False
        done += 1
    return done == size


@jit
def plainly(chart, book, form, cells, low, high, row_low, row_high):
    """Say whether a raw stretch is the phrase as anybody would write it; `scan._plainly`."""
    folded = False
    for one in range(book.forms[form, 3], book.forms[form, 4]):
        if written_as(chart, book, one, cells, low, high, True):
            return True
        folded = folded or written_as(chart, book, one, cells, low, high, False)
    if not folded:
        return False
    n_spaces, n_between = 0, 0
    for at in range(low, high):
        if cells[at] == 32:
            n_spaces += 1
            n_between += is_han(chart, cells, at - 1, low, high) and is_han(chart, cells, at + 1, low, high)
    if n_between == 0:
        return True
    n_kept = count_points(cells, low, high) - n_spaces
    if n_kept > 2 and n_spaces == n_kept - 1:
        return False
    return segmented(chart, cells, row_low, row_high)


@jit
def match(book, text, size, at, key, spans, n_spans):
    """Add the forms under one key that stand at a place. Gives the new number."""
    place = find_key(book.index.keys, key)
    if place < 0:
        return n_spans
    for form in range(book.index.ranges[place, 0], book.index.ranges[place, 1]):
        row = book.forms[form]
        if not same(book.letters, row[0], row[1], text, size, at):
            continue
        if not apart(text, size, at, at + row[1], False):
            continue
        if n_spans >= spans.shape[0]:
            return FULL
        one = n_spans
        while (
            one > 0
            and spans[one - 1, 0] == at
            and (
                spans[one - 1, 2] > row[2]
                or (spans[one - 1, 2] == row[2] and spans[one - 1, 1] > at + row[1])
            )
        ):
            spans[one] = spans[one - 1]
            one -= 1
        spans[one, 0], spans[one, 1], spans[one, 2], spans[one, 3] = at, at + row[1], row[2], form
        n_spans += 1
    return n_spans


@jit
def match_row(book, text, size, spots, n_spots, spans):
    """List all phrases of one folded row. Gives their number, or FULL."""
    n_spans = 0
    if book.has_singles:
        spot = 0
        for at in range(size):
            if spot < n_spots and spots[spot] == at:
                n_spans = match(book, text, size, at, pair(text[at], text[at + 1]), spans, n_spans)
                spot += 1
            if n_spans != FULL:
                n_spans = match(book, text, size, at, np.uint64(text[at]), spans, n_spans)
            if n_spans == FULL:
                return FULL
        return n_spans
    for spot in range(n_spots):
        at = spots[spot]
        n_spans = match(book, text, size, at, pair(text[at], text[at + 1]), spans, n_spans)
        if n_spans == FULL:
            return FULL
    return n_spans


@jit
def scan_rows(chart, book, cells, offsets, valid, first, last, room, hits):
    """Scan rows first..last.

    Returns:
        (rows done up to, hits written, DONE or what more is needed to go on).
    """
    text, text2 = np.empty(room, np.uint32), np.empty(room, np.uint32)
    starts, starts2 = np.empty(room, np.int32), np.empty(room, np.int32)
    ends, ends2 = np.empty(room, np.int32), np.empty(room, np.int32)
    spots = np.empty(room, np.int32)
    found = np.empty((room, 6), np.int32)
    spans = np.empty((hits.shape[0], 4), np.int32)
    n_hits = 0
    for row in range(first, last):
        if valid.shape[0] and not valid[row]:
            continue
        low, high = np.int64(offsets[row]), np.int64(offsets[row + 1])
        if high - low + 64 > room:
            return row, n_hits, MORE_ROOM
        size, n_numerals, component = fold_row(chart, cells, low, high, text, starts, ends)
        if size == FULL:
            return row, n_hits, MORE_ROOM
        if component:
            size = rejoin(chart, text, starts, ends, size)
        if n_numerals > 2:
            numerals(chart.digits, text, size)
        n_spots = sift(book.sieve, text, size, spots)
        now, now_starts, now_ends = text, starts, ends
        if may_hide(chart, text, spots, n_spots):
            size, opened = open_row(chart, text, starts, ends, size, found, text2, starts2, ends2)
            if size == FULL:
                return row, n_hits, MORE_ROOM
            if opened:
                now, now_starts, now_ends = text2, starts2, ends2
                n_spots = sift(book.sieve, now, size, spots)
        n_spans = match_row(book, now, size, spots, n_spots, spans)
        if n_spans == FULL or n_hits + n_spans > hits.shape[0]:
            return row, n_hits, MORE_HITS
        at, points = low, 0
        for one in range(n_spans):
            start = low + now_starts[spans[one, 0]]
            end = low + now_ends[spans[one, 1] - 1]
            points += count_points(cells, at, start)
            at = start
            hits[n_hits, 0], hits[n_hits, 1] = row, spans[one, 2]
            hits[n_hits, 2] = points
            hits[n_hits, 3] = points + count_points(cells, start, end)
            hits[n_hits, 4], hits[n_hits, 5] = spans[one, 0], spans[one, 1]
            hits[n_hits, 6] = not plainly(chart, book, spans[one, 3], cells, start, end, low, high)
            n_hits += 1
    return last, n_hits, DONE


def scan_chunk(chart, book, cells, offsets, valid, first, last):
    """Scan rows first..last, with as much room as it takes. Gives the hits, one row each."""
    longest = int((offsets[first + 1 : last + 1] - offsets[first:last]).max(initial=0))
    room, n_hits = longest + 128, 4 * (last - first) + 64
    parts = []
    while first < last:
        hits = np.empty((n_hits, COLUMNS), np.int64)
        first, done, answer = scan_rows(chart, book, cells, offsets, valid, first, last, room, hits)
        parts.append(hits[:done])
        if answer == MORE_ROOM:
            room *= 2
        elif answer == MORE_HITS and done == 0:
            n_hits *= 4
    return np.concatenate(parts) if parts else np.empty((0, COLUMNS), np.int64)
