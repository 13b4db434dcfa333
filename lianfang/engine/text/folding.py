"""Kernel: rows of UTF-8 folded into flat code points; the same steps as scanning, nothing sought."""

from __future__ import annotations

from typing import Any

import numpy as np

from lianfang.engine.text.columns import may_hide
from lianfang.engine.text.kernels import FULL, fill_ends, fold_row, jit, numerals, rejoin, sift
from lianfang.engine.text.opening import open_row


@jit
def fold_rows(chart, cells, offsets, valid, first, last, room, out, counts):
    """Fold rows first..last into `out`; gives (rows done up to, code points written, whether all fitted)."""
    glyph, pool, sieve = chart.glyph, chart.pool, chart.sieve
    lex = (chart.words, chart.letters, chart.stands, chart.common, chart.ordinary)
    text, text2 = np.empty(room, np.uint32), np.empty(room, np.uint32)
    starts, starts2 = np.empty(room, np.int32), np.empty(room, np.int32)
    ends, ends2 = np.empty(room, np.int32), np.empty(room, np.int32)
    spots = np.empty(room, np.int32)
    found = np.empty((room, 6), np.int32)
    n_out = 0
    for row in range(first, last):
        counts[row - first] = 0
        if valid.shape[0] and not valid[row]:
            continue
        low, high = np.int64(offsets[row]), np.int64(offsets[row + 1])
        if high - low + 64 > room:
            return row, n_out, False
        size, n_spots, again, n_numerals, component = fold_row(
            glyph, pool, sieve, cells, low, high, text, starts, spots
        )
        if size == FULL:
            return row, n_out, False
        if again:
            if component:
                fill_ends(cells, low, starts, ends, size)
                size = rejoin(chart.splits, text, starts, ends, size)
            if n_numerals > 2:
                numerals(chart.digits, text, size)
            n_spots = sift(sieve, text, size, spots)
        now = text
        if may_hide(
            chart.tells,
            chart.told,
            chart.spellings,
            chart.substituted,
            lex,
            text,
            size,
            spots,
            n_spots,
            found,
        ):
            if not component:
                fill_ends(cells, low, starts, ends, size)
            size, opened = open_row(chart, text, starts, ends, size, found, text2, starts2, ends2)
            if size == FULL:
                return row, n_out, False
            if opened:
                now = text2
        if n_out + size > out.shape[0]:
            return row, n_out, False
        for at in range(size):
            out[n_out + at] = now[at]
        n_out += size
        counts[row - first] = size
    return last, n_out, True


def fold_chunk(chart: Any, cells: Any, offsets: Any, valid: Any, first: int, last: int) -> tuple[Any, Any]:
    """Fold rows first..last with as much room as it takes; gives code points and a count a row."""
    longest = int((offsets[first + 1 : last + 1] - offsets[first:last]).max(initial=0))
    room = longest + 128
    points, counts = [], []
    while first < last:
        out = np.empty(max(int(offsets[last] - offsets[first]) // 2 + 4096, room), np.uint32)
        here = np.empty(last - first, np.int64)
        done, n_out, fitted = fold_rows(chart, cells, offsets, valid, first, last, room, out, here)
        points.append(out[:n_out].copy() if not fitted else out[:n_out])
        counts.append(here[: done - first])
        if not fitted and done == first:
            room *= 2
        first = done
    return np.concatenate(points), np.concatenate(counts)
