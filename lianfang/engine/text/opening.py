"""Disguised words opened in a folded row, compiled: the same answers as `unfold` and `plain._open`."""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, assignment"
from __future__ import annotations

import numpy as np

from lianfang.engine.text.kernels import (
    FULL,
    REACHES,
    SHORTEST,
    apart,
    find_key,
    inner_kernel,
    is_near,
    kernel,
    pair,
    same,
)
from lianfang.engine.text.lexicon import LONGEST, How

REVERSED = int(How.REVERSED)
SOUND = int(How.SOUND)
TAKEN = 9  # in the place of the guard: this candidate is opened
FIELDS = 6  # of a candidate: start, end, word (-1: plain word), guard, contexts, how


@inner_kernel
def is_ordinary(ordinary, text, size, at):
    """Say whether two neighbouring characters are an everyday word."""
    seen = False
    if at >= 0 and at + 1 < size:
        seen = find_key(ordinary, pair(text[at], text[at + 1])) >= 0
    return seen


@kernel
def spelled(near, keys, ranges, spellings, letters, ordinary, text, size, found):
    """List written-out spellings and the plain words that show a context. Gives their number, or FULL."""
    n_found = 0
    for start in range(size - 1):
        if not is_near(near, pair(text[start], text[start + 1])):
            continue
        place = find_key(keys, pair(text[start], text[start + 1]))
        if place < 0:
            continue
        for one in range(ranges[place, 0], ranges[place, 1]):
            end = start + spellings[one, 1]
            if not same(letters, spellings[one, 0], spellings[one, 1], text, size, start):
                continue
            if not apart(text, size, start, end, True):
                continue
            if spellings[one, 2] >= 0 and spellings[one, 3] != 0:
                if is_ordinary(ordinary, text, size, start - 1):
                    continue
                if is_ordinary(ordinary, text, size, end - 1):
                    continue
            if n_found >= found.shape[0]:
                return FULL
            found[n_found, 0], found[n_found, 1] = start, end
            for field in range(2, FIELDS):
                found[n_found, field] = spellings[one, field]
            n_found += 1
    return n_found


@inner_kernel
def last_from(found, n_spelled, place):
    """Give the last spelling that begins at a place or before; -1 where none does."""
    low, high = 0, n_spelled
    while low < high:
        middle = (low + high) >> 1
        if found[middle, 0] <= place:
            low = middle + 1
        else:
            high = middle
    return low - 1


@kernel
def stands(lex, text, size, start, word, found, n_spelled):
    """Say whether a window may be the word with at most half of it replaced; `unfold._stands`."""
    words, letters, stood, common, ordinary = lex
    at, n_letters = words[word, 0], words[word, 1]
    end = start + n_letters
    if start < 0 or end > size:
        return False
    n_changed = 0
    for one in range(n_letters):
        written = text[start + one]
        meant = letters[at + one]
        if written != meant:
            n_changed += 1
            if find_key(stood, pair(written, meant)) < 0:
                return False
    if n_changed == 0 or 2 * n_changed > n_letters:
        return False
    low, high = start, end - 1
    if n_letters <= SHORTEST:
        low, high = start - 1, end
    for place in range(start, end):
        if text[place] == letters[at + place - start]:
            continue
        if n_letters == 2 and text[place] <= 0xFFFF and common[text[place]]:
            return False
        if place > max(low, 0) and is_ordinary(ordinary, text, size, place - 1):
            return False
        if place < high and is_ordinary(ordinary, text, size, place):
            return False
        one = last_from(found, n_spelled, place)
        while one >= 0 and found[one, 0] > place - LONGEST:
            if found[one, 2] < 0 and place < found[one, 1]:
                return False
            one -= 1
    return True


@kernel
def may_hide(tells, told, spellings, places, lex, text, size, spots, n_spots, found):
    """Say whether a spelling or a substituted word stands at one of the listed places at all."""
    letters = lex[1]
    for spot in range(n_spots):
        at = np.int64(spots[spot])
        there = find_key(tells.keys, pair(text[at], text[at + 1]))
        if there < 0:
            continue
        for one in range(tells.ranges[there, 0], tells.ranges[there, 1]):
            row = told[one, 0]
            start = at - told[one, 1]
            if start >= 0 and same(letters, spellings[row, 0], spellings[row, 1], text, size, start):
                return True
        for one in range(tells.ranges[there, 2], tells.ranges[there, 3]):
            if stands(lex, text, size, at - places[one, 1], places[one, 0], found, 0):
                return True
    return False


@kernel
def substituted(near, keys, ranges, places, lex, text, size, found, n_spelled):
    """Add windows that are a word with some characters substituted. Gives the new number, or FULL."""
    n_found = n_spelled
    for place in range(size - 1):
        if not is_near(near, pair(text[place], text[place + 1])):
            continue
        there = find_key(keys, pair(text[place], text[place + 1]))
        if there < 0:
            continue
        for one in range(ranges[there, 2], ranges[there, 3]):
            word = places[one, 0]
            start = place - places[one, 1]
            if not stands(lex, text, size, start, word, found, n_spelled):
                continue
            if n_found >= found.shape[0]:
                return FULL
            n_letters = lex[0][word, 1]
            found[n_found, 0], found[n_found, 1], found[n_found, 2] = start, start + n_letters, word
            found[n_found, 3] = 0 if n_letters > SHORTEST else 1
            found[n_found, 4], found[n_found, 5] = lex[0][word, 2], SOUND
            n_found += 1
    return n_found


@inner_kernel
def rank(found, one):
    """Give the sort key of a candidate: leftmost, longest, least guarded, then word and how."""
    size = LONGEST - (found[one, 1] - found[one, 0])
    key = (np.int64(found[one, 0]) * LONGEST + size) * 4 + found[one, 3]
    return (key * 4096 + found[one, 2] + 1) * 8 + found[one, 5]


@kernel
def arrange(found, n_found):
    """Sort candidates by rank, in place, without room of its own."""
    gap = 1
    while gap < n_found:
        gap = 3 * gap + 1
    while gap > 1:
        gap //= 3
        for one in range(gap, n_found):
            at = one
            while at >= gap and rank(found, at - gap) > rank(found, at):
                for field in range(FIELDS):
                    swapped = found[at, field]
                    found[at, field] = found[at - gap, field]
                    found[at - gap, field] = swapped
                at -= gap


@kernel
def plausible(found, n_found, one):
    """Say whether a candidate's context stands near it, and no longer plain word covers it."""
    start, end, word, contexts = found[one, 0], found[one, 1], found[one, 2], found[one, 4]
    seen = found[one, 3] == 0
    reach = REACHES[found[one, 3]]
    other = one
    while other > 0 and found[other - 1, 0] >= start - reach - LONGEST:
        other -= 1
    while other < n_found and found[other, 0] <= end + reach:
        first, behind = found[other, 0], found[other, 1]
        if found[other, 2] < 0 and first <= start and end <= behind and behind - first > end - start:
            return False
        if found[other, 2] != word and (found[other, 4] & contexts) != 0:
            if behind <= start:
                seen |= start - behind <= reach
            elif first >= end:
                seen |= first - end <= reach
        other += 1
    return seen


@kernel
def choose(found, n_found):
    """Mark the candidates to open, after sorting them. Gives their number."""
    arrange(found, n_found)
    n_taken = 0
    reached = 0
    for one in range(n_found):
        if found[one, 2] >= 0 and found[one, 0] >= reached and plausible(found, n_found, one):
            found[one, 3] = TAKEN
            n_taken += 1
            reached = found[one, 1]
    return n_taken


@kernel
def open_row(chart, text, starts, ends, size, found, text2, starts2, ends2):
    """Open the disguised words of one row into the second set of arrays.

    Returns:
        (characters written, whether anything was opened and so written at all);
        FULL in the first place where `found` or the output is too small.
    """
    keys, ranges, ordinary = chart.heads.keys, chart.heads.ranges, chart.ordinary
    n_spelled = spelled(chart.near, keys, ranges, chart.spellings, chart.letters, ordinary, text, size, found)
    if n_spelled == FULL:
        return FULL, False
    lex = (chart.words, chart.letters, chart.stands, chart.common, ordinary)
    n_found = substituted(chart.near, keys, ranges, chart.substituted, lex, text, size, found, n_spelled)
    if n_found == FULL:
        return FULL, False
    n_taken = choose(found, n_found)
    if n_taken == 0:
        return size, False
    if text2.shape[0] < 6 * n_taken + size:
        return FULL, False
    kept, reached = 0, 0
    for row in range(n_found + 1):
        if row < n_found and found[row, 3] != TAKEN:
            continue
        until = size if row == n_found else found[row, 0]
        for one in range(reached, until):
            text2[kept], starts2[kept], ends2[kept] = text[one], starts[one], ends[one]
            kept += 1
        if row == n_found:
            break
        first, reached = found[row, 0], found[row, 1]
        word_at, n_letters = chart.words[found[row, 2], 0], chart.words[found[row, 2], 1]
        even = found[row, 5] != REVERSED and reached - first == n_letters
        for one in range(n_letters):
            text2[kept] = chart.letters[word_at + one]
            starts2[kept] = starts[first + one] if even else starts[first]
            ends2[kept] = ends[first + one] if even else ends[reached - 1]
            kept += 1
    return kept, True
