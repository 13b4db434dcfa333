"""Disguised words opened in a folded row, compiled: the same answers as `unfold` and `plain._open`."""

from __future__ import annotations

import numpy as np

from lianfang.engine.text.kernels import (
    FULL,
    REACHES,
    SHORTEST,
    apart,
    find_key,
    jit,
    pair,
    same,
)
from lianfang.engine.text.lexicon import LONGEST, How

REVERSED = int(How.REVERSED)
SOUND = int(How.SOUND)
FIELDS = 6  # of a candidate: start, end, word (-1: plain word), guard, contexts, how


@jit
def is_ordinary(chart, text, size, at):
    """Say whether two neighbouring characters are an everyday word."""
    if at < 0 or at + 1 >= size:
        return False
    return find_key(chart.ordinary, pair(text[at], text[at + 1])) >= 0


@jit
def spelled(chart, text, size, found):
    """List written-out spellings and the plain words that show a context. Gives their number, or FULL."""
    n_found = 0
    for start in range(size - 1):
        place = find_key(chart.index.keys, pair(text[start], text[start + 1]))
        if place < 0:
            continue
        for one in range(chart.index.ranges[place, 0], chart.index.ranges[place, 1]):
            row = chart.spellings[one]
            end = start + row[1]
            if not same(chart.letters, row[0], row[1], text, size, start):
                continue
            if not apart(text, size, start, end, True):
                continue
            if row[2] >= 0 and row[3] != 0:
                if is_ordinary(chart, text, size, start - 1):
                    continue
                if is_ordinary(chart, text, size, end - 1):
                    continue
            if n_found >= found.shape[0]:
                return FULL
            found[n_found, 0], found[n_found, 1] = start, end
            found[n_found, 2:] = row[2:6]
            n_found += 1
    return n_found


@jit
def stands(chart, text, size, start, word, found, n_spelled):
    """Say whether a window may be the word with at most half of it replaced; `unfold._stands`."""
    at, n_letters = chart.words[word, 0], chart.words[word, 1]
    end = start + n_letters
    if start < 0 or end > size:
        return False
    n_changed = 0
    for one in range(n_letters):
        written = text[start + one]
        meant = chart.letters[at + one]
        if written != meant:
            n_changed += 1
            if find_key(chart.stands, pair(written, meant)) < 0:
                return False
    if n_changed == 0 or 2 * n_changed > n_letters:
        return False
    low, high = start, end - 1
    if n_letters <= SHORTEST:
        low, high = start - 1, end
    for place in range(start, end):
        if text[place] == chart.letters[at + place - start]:
            continue
        if n_letters == 2 and text[place] <= 0xFFFF and chart.common[text[place]]:
            return False
        if place > max(low, 0) and is_ordinary(chart, text, size, place - 1):
            return False
        if place < high and is_ordinary(chart, text, size, place):
            return False
        one = np.searchsorted(found[:n_spelled, 0], place, "right") - 1
        while one >= 0 and found[one, 0] > place - LONGEST:
            if found[one, 2] < 0 and place < found[one, 1]:
                return False
            one -= 1
    return True


@jit
def substituted(chart, text, size, found, n_spelled):
    """Add windows that are a word with some characters substituted. Gives the new number, or FULL."""
    n_found = n_spelled
    for place in range(size - 1):
        there = find_key(chart.index.keys, pair(text[place], text[place + 1]))
        if there < 0:
            continue
        for one in range(chart.index.ranges[there, 2], chart.index.ranges[there, 3]):
            word = chart.substituted[one, 0]
            start = place - chart.substituted[one, 1]
            if not stands(chart, text, size, start, word, found, n_spelled):
                continue
            if n_found >= found.shape[0]:
                return FULL
            n_letters = chart.words[word, 1]
            found[n_found, 0], found[n_found, 1], found[n_found, 2] = start, start + n_letters, word
            found[n_found, 3] = 0 if n_letters > SHORTEST else 1
            found[n_found, 4], found[n_found, 5] = chart.words[word, 2], SOUND
            n_found += 1
    return n_found


@jit
def rank(row):
    """Give the sort key of a candidate: leftmost, longest, least guarded, then word and how."""
    size = LONGEST - (row[1] - row[0])
    return (((np.int64(row[0]) * LONGEST + size) * 4 + row[3]) * 4096 + row[2] + 1) * 8 + row[5]


@jit
def plausible(found, order, at):
    """Say whether a candidate's context stands near it, and no longer plain word covers it."""
    one = found[order[at]]
    seen = one[3] == 0
    reach = REACHES[one[3]]
    low = at
    while low > 0 and found[order[low - 1], 0] >= one[0] - reach - LONGEST:
        low -= 1
    for place in range(low, order.shape[0]):
        other = found[order[place]]
        if other[0] > one[1] + reach:
            break
        if other[2] < 0 and other[0] <= one[0] and one[1] <= other[1]:
            if other[1] - other[0] > one[1] - one[0]:
                return False
        if seen or other[2] == one[2] or (other[4] & one[4]) == 0:
            continue
        if other[1] <= one[0]:
            seen = one[0] - other[1] <= reach
        elif other[0] >= one[1]:
            seen = other[0] - one[1] <= reach
    return seen


@jit
def choose(found, n_found):
    """Give the candidates to open, in order."""
    ranks = np.empty(n_found, np.int64)
    for one in range(n_found):
        ranks[one] = rank(found[one])
    order = np.argsort(ranks)
    taken = np.empty(n_found, np.int64)
    n_taken = 0
    reached = 0
    for at in range(n_found):
        row = found[order[at]]
        if row[2] >= 0 and row[0] >= reached and plausible(found, order, at):
            taken[n_taken] = order[at]
            n_taken += 1
            reached = row[1]
    return taken[:n_taken]


@jit
def open_row(chart, text, starts, ends, size, found, text2, starts2, ends2):
    """Open the disguised words of one row into the second set of arrays.

    Returns:
        (characters written, whether anything was opened and so written at all);
        FULL in the first place where `found` or the output is too small.
    """
    n_spelled = spelled(chart, text, size, found)
    if n_spelled == FULL:
        return FULL, False
    n_found = substituted(chart, text, size, found, n_spelled)
    if n_found == FULL:
        return FULL, False
    taken = choose(found, n_found)
    n_taken = taken.shape[0]
    if n_taken == 0:
        return size, False
    if text2.shape[0] < 6 * n_taken + size:
        return FULL, False
    kept = 0
    reached = 0
    for at in range(n_taken + 1):
        until = size if at == n_taken else found[taken[at], 0]
        for one in range(reached, until):
            text2[kept], starts2[kept], ends2[kept] = text[one], starts[one], ends[one]
            kept += 1
        if at == n_taken:
            break
        row = found[taken[at]]
        word_at, n_letters = chart.words[row[2], 0], chart.words[row[2], 1]
        even = row[5] != REVERSED and row[1] - row[0] == n_letters
        for one in range(n_letters):
            text2[kept] = chart.letters[word_at + one]
            starts2[kept] = starts[row[0] + one] if even else starts[row[0]]
            ends2[kept] = ends[row[0] + one] if even else ends[row[1] - 1]
            kept += 1
        reached = row[1]
    return kept, True
