"""Phrases found in a whole column, compiled: no Python object a row.

`scan.scan_table` is the way in. Rows are taken in chunks of bytes; every chunk is scanned alone, so
the answer is the same on any number of threads.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, assignment"
from __future__ import annotations

from typing import Any

import numpy as np

from lianfang.engine.text.folding import DONE, MORE_HITS, MORE_ROOM, make_rooms, plain_row
from lianfang.engine.text.kernels import (
    FULL,
    HAN,
    SPACE,
    apart,
    decode,
    find_key,
    inner_kernel,
    kernel,
    pair,
    same,
)
from lianfang.engine.text.scan import LEAST_GAPS, SEGMENT

FEWEST, MOST = SEGMENT
GAPS = LEAST_GAPS
COLUMNS = 7  # of a hit: row, word_no, start, end, fstart, fend, evasion


@kernel
def count_points(cells, low, high):
    """Count the code points in a stretch of UTF-8."""
    points = 0
    for at in range(low, high):
        points += (cells[at] & 0xC0) != 0x80
    return points


@kernel
def segmented(glyph, cells, low, high):
    """Say whether a row is word-segmented; `scan.is_segmented`."""
    tokens, n_han, n_gaps = 0, 0, 0
    inside, gap = False, False
    at = low
    while at < high:
        point, step = decode(cells, at)
        at += step
        kind = (glyph[point] >> 24) & 15
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


@kernel
def is_han(glyph, cells, at, low, high):
    """Say whether the character that holds a byte is Chinese; False outside of the stretch."""
    if at < low or at >= high:
        return False
    while (cells[at] & 0xC0) == 0x80:
        at -= 1
    point, _ = decode(cells, at)
    return (glyph[point] >> 24) & 15 == HAN


@kernel
def written_as(literal, at, size, letters, cells, low, high, exact):
    """Say whether a raw stretch is one spelling; not exact: width and case forgiven, no spaces."""
    place = low
    done = 0
    while place < high:
        point, step = decode(cells, place)
        place += step
        if not exact:
            if point == 32:
                continue
            if point <= 0xFFFF:
                point = np.uint64(literal[point])
        if done >= size or letters[at + done] != point:
            return False
        done += 1
    return done == size


@kernel
def plainly(glyph, literal, alternatives, letters, first, last, cells, low, high, row_low, row_high):
    """Say whether a raw stretch is the phrase as anybody would write it; `scan._plainly`."""
    folded = False
    for one in range(first, last):
        if written_as(literal, alternatives[one, 0], alternatives[one, 1], letters, cells, low, high, True):
            return True
        folded = folded or written_as(
            literal, alternatives[one, 0], alternatives[one, 1], letters, cells, low, high, False
        )
    if not folded:
        return False
    n_spaces, n_between = 0, 0
    for at in range(low, high):
        if cells[at] == 32:
            n_spaces += 1
            n_between += is_han(glyph, cells, at - 1, low, high) and is_han(glyph, cells, at + 1, low, high)
    if n_between == 0:
        return True
    n_kept = count_points(cells, low, high) - n_spaces
    if n_kept > 2 and n_spaces == n_kept - 1:
        return False
    return segmented(glyph, cells, row_low, row_high)


@inner_kernel
def match_row(keys, ranges, forms, letters, text, size, spots, n_spots, n_singles, spans):
    """List all phrases of one folded row, by place and word; `n_singles` is its size or 0.

    Returns:
        The number of spans (start, end, word_no, form), or FULL.
    """
    n_spans, spot, single = 0, 0, 0
    while spot < n_spots or single < n_singles:
        if spot < n_spots and (single >= n_singles or spots[spot] <= single):
            at = np.int64(spots[spot])
            place = find_key(keys, pair(text[at], text[at + 1]))
            spot += 1
        else:
            at = single
            place = find_key(keys, np.uint64(text[at]))
            single += 1
        if place < 0:
            continue
        for form in range(ranges[place, 0], ranges[place, 1]):
            start = at - forms[form, 5]
            end = start + forms[form, 1]
            if start < 0 or not same(letters, forms[form, 0], forms[form, 1], text, size, start):
                continue
            if not apart(text, size, start, end, False):
                continue
            if n_spans >= spans.shape[0]:
                return FULL
            word = forms[form, 2]
            one = n_spans
            while one > 0 and (
                spans[one - 1, 0] > start
                or (
                    spans[one - 1, 0] == start
                    and (spans[one - 1, 2] > word or (spans[one - 1, 2] == word and spans[one - 1, 1] > end))
                )
            ):
                for field in range(4):
                    spans[one, field] = spans[one - 1, field]
                one -= 1
            spans[one, 0], spans[one, 1], spans[one, 2], spans[one, 3] = start, end, word, form
            n_spans += 1
    return n_spans


@kernel
def scan_rows(chart, book, cells, offsets, valid, first, last, rooms, spans, hits):
    """Scan rows first..last.

    Returns:
        (rows done up to, hits written, DONE or what more is needed to go on).
    """
    glyph, sieve = chart.glyph, book.sieve
    lex = (chart.words, chart.letters, chart.stands, chart.common, chart.ordinary)
    room, spots = rooms[0].shape[0], rooms[6]
    n_hits = 0
    for row in range(first, last):
        low, high = np.int64(offsets[row]), np.int64(offsets[row + 1])
        if high == low or (valid.shape[0] and not valid[row]):
            continue
        if high - low + 64 > room:
            return row, n_hits, MORE_ROOM
        size, n_spots, wide, opened = plain_row(chart, sieve, lex, cells, low, high, rooms)
        if size == FULL:
            return row, n_hits, MORE_ROOM
        text, starts, ends = rooms[0], rooms[1], rooms[2]
        if opened:
            text, starts, ends = rooms[3], rooms[4], rooms[5]
        n_spans = match_row(
            book.heads.keys, book.heads.ranges, book.forms, book.letters, text,
            size, spots, n_spots, size if book.has_singles else 0, spans,
        )  # fmt: skip
        if n_spans == FULL or n_hits + n_spans > hits.shape[0]:
            return row, n_hits, MORE_HITS
        at, points = low, 0
        for one in range(n_spans):
            start = low + starts[spans[one, 0]]
            end = low + np.int64(starts[spans[one, 1] - 1])
            if wide:
                end = low + np.int64(ends[spans[one, 1] - 1])
            else:
                _, step = decode(cells, end)
                end += np.int64(step)
            points += count_points(cells, at, start)
            at = start
            hits[n_hits, 0], hits[n_hits, 1] = row, spans[one, 2]
            hits[n_hits, 2] = points
            hits[n_hits, 3] = points + count_points(cells, start, end)
            hits[n_hits, 4], hits[n_hits, 5] = spans[one, 0], spans[one, 1]
            hits[n_hits, 6] = not plainly(
                glyph, chart.literal, book.alternatives, book.letters,
                book.forms[spans[one, 3], 3], book.forms[spans[one, 3], 4],
                cells, start, end, low, high,
            )  # fmt: skip
            n_hits += 1
    return last, n_hits, DONE


def scan_chunk(chart: Any, book: Any, cells: Any, offsets: Any, valid: Any, bounds: tuple[int, int]) -> Any:
    """Scan the rows between two bounds, with as much room as it takes. Gives the hits, one row each."""
    first, last = bounds
    longest = int((offsets[first + 1 : last + 1] - offsets[first:last]).max(initial=0))
    room, n_hits = longest + 128, (last - first) // 2 + 1024
    parts = []
    rooms = make_rooms(room)
    while first < last:
        hits = np.empty((n_hits, COLUMNS), np.int64)
        spans = np.empty((n_hits, 4), np.int32)
        first, done, answer = scan_rows(chart, book, cells, offsets, valid, first, last, rooms, spans, hits)
        parts.append(hits[:done])
        if answer == MORE_ROOM:
            room *= 2
            rooms = make_rooms(room)
        elif answer == MORE_HITS and done == 0:
            n_hits *= 4
    return np.concatenate(parts) if parts else np.empty((0, COLUMNS), np.int64)
