"""Rows of UTF-8 made plain, both stages, compiled: the same answers as `plain.plain`."""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, assignment"
from __future__ import annotations

from typing import Any

import numpy as np

from lianfang.engine.text.kernels import (
    FULL,
    fill_ends,
    find_key,
    fold_row,
    inner_kernel,
    kernel,
    numerals,
    pair,
    rejoin,
    sift,
)
from lianfang.engine.text.opening import may_hide, open_row

MORE_ROOM, MORE_HITS, DONE = 1, 2, 0


@inner_kernel
def plain_row(chart, sieve, lex, cells, low, high, rooms):
    """Make one row plain, both stages; `plain.plain`.

    Returns:
        (characters or FULL, spots, whether ends are written, whether disguises were opened: then
        the answer stands in the second set of rooms).
    """
    text, starts, ends, text2, starts2, ends2, spots, found = rooms
    size, n_spots, again, n_numerals, component = fold_row(
        chart.glyph, chart.pool, sieve, cells, low, high, text, starts, spots
    )
    wide, opened = False, False
    if again:
        if component:
            fill_ends(cells, low, starts, ends, size)
            size = rejoin(chart.splits, text, starts, ends, size)
            wide = True
        if n_numerals > 2:
            numerals(chart.digits, text, size)
        n_spots = sift(sieve, text, size, spots)
    told = False
    for spot in range(n_spots):
        at = np.int64(spots[spot])
        told |= find_key(chart.tells.keys, pair(text[at], text[at + 1])) >= 0
    if told and may_hide(
        chart.tells, chart.told, chart.spellings, chart.substituted, lex, text, size, spots, n_spots, found
    ):
        if not wide:
            fill_ends(cells, low, starts, ends, size)
            wide = True
        size, opened = open_row(chart, text, starts, ends, size, found, text2, starts2, ends2)
        if opened and size != FULL:
            n_spots = sift(sieve, text2, size, spots)
    return size, n_spots, wide, opened


def make_rooms(room: int) -> tuple[Any, ...]:
    """Give two sets of (text, starts, ends) for rows of up to `room` bytes, spots and candidates."""
    text, text2 = np.empty(room, np.uint32), np.empty(room, np.uint32)
    starts, starts2 = np.empty(room, np.int32), np.empty(room, np.int32)
    ends, ends2 = np.empty(room, np.int32), np.empty(room, np.int32)
    return text, starts, ends, text2, starts2, ends2, np.empty(room, np.int32), np.empty((room, 6), np.int32)


@kernel
def fold_rows(chart, cells, offsets, valid, first, last, rooms, points, spans, sizes):
    """Fold rows first..last into flat arrays; `spans` may be empty where nobody asks for the raw.

    Returns:
        (rows done up to, characters written, DONE or MORE_ROOM or MORE_HITS: output is full).
    """
    lex = (chart.words, chart.letters, chart.stands, chart.common, chart.ordinary)
    room = rooms[0].shape[0]
    done = 0
    for row in range(first, last):
        low, high = np.int64(offsets[row]), np.int64(offsets[row + 1])
        sizes[row - first] = 0
        if high == low or (valid.shape[0] and not valid[row]):
            continue
        if high - low + 64 > room:
            return row, done, MORE_ROOM
        size, _, wide, opened = plain_row(chart, chart.sieve, lex, cells, low, high, rooms)
        if size == FULL:
            return row, done, MORE_ROOM
        if done + size > points.shape[0]:
            return row, done, MORE_HITS
        text, starts, ends = rooms[0], rooms[1], rooms[2]
        if opened:
            text, starts, ends = rooms[3], rooms[4], rooms[5]
        if spans.shape[0] and not wide:
            fill_ends(cells, low, starts, ends, size)
        for one in range(size):
            points[done + one] = text[one]
        if spans.shape[0]:
            for one in range(size):
                spans[done + one, 0], spans[done + one, 1] = starts[one], ends[one]
        sizes[row - first] = size
        done += size
    return last, done, DONE


def fold_chunk(
    chart: Any, cells: Any, offsets: Any, valid: Any, bounds: tuple[int, int], with_spans: bool
) -> tuple[Any, Any, Any]:
    """Fold the rows between two bounds. Gives code points, byte spans (or none) and the size of every row."""
    first, last = bounds
    longest = int((offsets[first + 1 : last + 1] - offsets[first:last]).max(initial=0))
    room, n_points = longest + 128, int(offsets[last] - offsets[first]) // 2 + 128
    parts, spans, sizes = [], [], []
    while first < last:
        points = np.empty(n_points, np.uint32)
        places = np.empty((n_points if with_spans else 0, 2), np.int32)
        counts = np.empty(last - first, np.int64)
        until, done, answer = fold_rows(
            chart, cells, offsets, valid, first, last, make_rooms(room), points, places, counts
        )
        parts.append(points[:done])
        spans.append(places[:done])
        sizes.append(counts[: until - first])
        first = until
        if answer == MORE_ROOM:
            room *= 2
        elif answer == MORE_HITS and done == 0:
            n_points *= 4
    return np.concatenate(parts), np.concatenate(spans), np.concatenate(sizes)
