"""The glyph table, the lexicon and the phrases laid out as arrays, for the kernels.

Nothing here decides anything: every array says the same as the Python object it was made from.
"""

from __future__ import annotations

import threading
import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lianfang.engine.text import glyphs, lexicon, plain, unfold
from lianfang.engine.text.glyphs import Class

POINTS = 0x110000
PAIR_BITS = 21  # bits of one code point in a pair key
NUMERAL, COMPONENT = 1 << 28, 1 << 29  # beside the class in a glyph entry
SIEVE_BITS = 13  # of the place of a word of 64 bits: 64 KB, which stays near the core
SIEVE_PLACES = (45, 39)  # of a mixed key, the two numbers of a bit in its word
GOLDEN = 0x9E3779B97F4A7C15
_ONE = threading.Lock()
_IDEOGRAPHS = ((0x3400, 0xA000), (0xAC00, 0xD7A4), (0x20000, 0x2F800), (0x30000, 0x3134B))

Ints = NDArray[np.int32]
Points = NDArray[np.uint32]


class Index(NamedTuple):
    """Open-addressed table: pair key -> two ranges of entries. Size is a power of two."""

    keys: NDArray[np.uint64]
    ranges: Ints


class Chart(NamedTuple):
    """Folding as arrays."""

    glyph: Points  # per code point: plain form or place in pool; class; NUMERAL; COMPONENT
    literal: Points  # per BMP code point: `glyphs.literal`
    pool: Points  # per WORD or BEHIND: size of after, size of word, after, word
    splits: Points  # row: number of parts, whole, parts
    common: NDArray[np.uint8]  # per BMP code point: in unfold.COMMON
    heads: Index  # pair -> spellings, substituted words
    spellings: Ints  # row: text at, size, word, guard, contexts, how
    letters: Points  # texts of spellings and words
    substituted: Ints  # row: word, place of the pair in it
    words: Ints  # row: text at, size, contexts
    stands: NDArray[np.uint64]  # set of (substitute, meant)
    ordinary: NDArray[np.uint64]  # set of everyday pairs
    digits: Points  # per BMP code point: the digit of a Chinese or plain digit, else 0
    tells: Index  # pair, one of which is in every disguise -> told, substituted
    told: Ints  # row: spelling, place of the pair in it
    sieve: NDArray[np.uint64]  # bitmap of the same pairs
    near: NDArray[np.uint64]  # bitmap of the pairs in `heads`


class Book(NamedTuple):
    """Phrases as arrays."""

    sieve: NDArray[np.uint64]  # bitmap of the rarest pairs of phrases and of disguises
    heads: Index  # pair, or (0, single character) -> forms
    forms: Ints  # row: text at, size, word_no, alternatives from, to, place of its rarest pair
    alternatives: Ints  # row: text at, size: spellings that are no evasion
    letters: Points
    has_singles: bool


def pair_key(first: int, second: int) -> int:
    """Give the key of two neighbouring characters."""
    return (first << PAIR_BITS) | second


def place_of(key: int) -> int:
    """Give the upper bits of a key, well mixed: masked, its place in an index."""
    return ((key * GOLDEN) & 0xFFFFFFFFFFFFFFFF) >> 32


def chart() -> Chart:
    """Lay out glyph table and lexicon, once a process; a second thread that asks waits for the first."""
    with _ONE:
        return _chart()


@cache
def _chart() -> Chart:
    known = plain.known()
    letters, at = _letters([word.text for word in known.words])
    spelled = sorted({one for group in known.heads.values() for one in group}, key=lambda one: one.form)
    more, more_at = _letters([one.form for one in spelled])
    spellings = _rows(
        [
            (len(letters) + place, len(one.form), one.word, one.guard, one.contexts, one.how)
            for one, place in zip(spelled, more_at, strict=True)
        ],
        6,
    )
    substituted, pairs = _substituted(known)
    heads = {_key(one.form): place for place, one in reversed(list(enumerate(spelled)))}
    tails = {_key(one.form): place + 1 for place, one in enumerate(spelled)}
    ranges = {key: [heads[key], tails[key], 0, 0] for key in heads}
    for key, (low, high) in pairs.items():
        ranges.setdefault(key, [0, 0, 0, 0])[2:] = [low, high]
    tells, told = _tells(spelled, pairs, known)
    glyph, pool = _glyphs()
    words = _rows([(at[n], len(word.text), word.contexts) for n, word in enumerate(known.words)], 3)
    common = _marked(unfold.COMMON)
    stands = {pair_key(ord(x), ord(c)) for x, group in known.stands_for.items() for c in group}
    ordinary = {_key(word) for word in known.ordinary}
    return Chart(
        glyph, _literal(), pool, _splits(), common, _index(ranges), spellings,
        np.concatenate([letters, more]), substituted, words,
        _keys(stands), _keys(ordinary), _digits(), tells, told, _sieve(int(key) for key in tells.keys if key), _sieve(ranges),
    )  # fmt: skip


def _tells(
    spelled: Sequence[lexicon.Spelling], pairs: dict[int, tuple[int, int]], known: lexicon.Lexicon
) -> tuple[Index, Ints]:
    """Choose for every spelling the pair in it that ordinary text is least likely to have."""

    rows: list[tuple[int, int, int]] = []
    for number, one in enumerate(spelled):
        if one.word >= 0:
            place = lexicon.rarest(one.form, known.pairs, known.ordinary)
            rows.append((_key(one.form[place : place + 2]), number, place))
    rows.sort()
    ranges: dict[int, list[int]] = {}
    for at, (key, _, _) in enumerate(rows):
        ranges.setdefault(key, [at, at, 0, 0])[1] = at + 1
    for key, (low, high) in pairs.items():
        ranges.setdefault(key, [0, 0, 0, 0])[2:] = [low, high]
    return _index(ranges), _rows([row[1:] for row in rows], 2)


def book(forms: Sequence[Any]) -> Book:
    """Lay out the forms of `scan.Phrases`.

    Args:
        forms: with `text`, `word_no` and `plainly`.
    """
    known = plain.known()
    rarest = {text: lexicon.rarest(text, known.pairs, known.ordinary) for text in {one.text for one in forms}}
    keys = {text: _key(text[place : place + 2]) for text, place in rarest.items()}
    ordered = sorted(forms, key=lambda one: (keys[one.text], one.word_no, len(one.text), one.text))
    letters, at = _letters([one.text for one in ordered])
    plainly = [(n, text) for n, one in enumerate(ordered) for text in sorted(one.plainly)]
    more, more_at = _letters([text for _, text in plainly])
    alternatives = _rows(
        [(len(letters) + place, len(text)) for (_, text), place in zip(plainly, more_at, strict=True)], 2
    )
    ranges: dict[int, list[int]] = {}
    rows: list[tuple[int, ...]] = []
    reached = 0
    for place, one in enumerate(ordered):
        size = len(one.plainly)
        rows.append((at[place], len(one.text), one.word_no, reached, reached + size, rarest[one.text]))
        reached += size
        ranges.setdefault(keys[one.text], [place, place, 0, 0])[1] = place + 1
    sieve = _sieve(key for key in ranges if key >> PAIR_BITS) | chart().sieve
    has_singles = any(len(one.text) == 1 for one in ordered)
    return Book(
        sieve, _index(ranges), _rows(rows, 6), alternatives, np.concatenate([letters, more]), has_singles
    )


def _key(text: str) -> int:
    return pair_key(ord(text[0]), ord(text[1])) if len(text) > 1 else pair_key(0, ord(text))


def _letters(texts: Sequence[str]) -> tuple[Points, list[int]]:
    at = np.concatenate([[0], np.cumsum([len(text) for text in texts])]).astype(int)
    joined = "".join(texts).encode("utf-32-le", "surrogatepass")
    return np.frombuffer(joined, np.uint32), at[:-1].tolist()


def _rows(rows: Sequence[Sequence[int]], width: int) -> Ints:
    return np.array([tuple(map(int, row)) for row in rows], np.int32).reshape(-1, width)


def _index(ranges: dict[int, list[int]]) -> Index:
    size = 1 << max(4, (2 * len(ranges)).bit_length())
    keys = np.zeros(size, np.uint64)
    values = np.zeros((size, 4), np.int32)
    for key in sorted(ranges):
        place = place_of(key) & (size - 1)
        while keys[place]:
            place = (place + 1) & (size - 1)
        keys[place] = key
        values[place] = ranges[key]
    return Index(keys, values)


def _marked(characters: Iterable[str]) -> NDArray[np.uint8]:
    made = np.zeros(0x10000, np.uint8)
    made[[ord(one) for one in characters]] = 1
    return made


def _keys(keys: Iterable[int]) -> NDArray[np.uint64]:
    return _index({key: [0, 0, 0, 0] for key in keys}).keys


def _digits() -> Points:
    made = np.zeros(0x10000, np.uint32)
    made[48:58] = range(48, 58)
    for character, digit in glyphs.NUMERALS.items():
        made[ord(character)] = ord(digit)
    return made


def _sieve(keys: Iterable[int]) -> NDArray[np.uint64]:
    made = np.zeros(1 << SIEVE_BITS, np.uint64)
    for key in keys:
        mixed = (key * GOLDEN) & 0xFFFFFFFFFFFFFFFF
        for place in SIEVE_PLACES:
            made[mixed >> (64 - SIEVE_BITS)] |= np.uint64(1 << ((mixed >> place) & 63))
    return made


def _substituted(known: lexicon.Lexicon) -> tuple[Ints, dict[int, tuple[int, int]]]:
    """List every pair of one kept and one substituted character, with the words it may be in."""
    made = lexicon.substituted(known.pairs, known.stands_for, known.ordinary)
    rows: list[tuple[int, int]] = []
    ranges: dict[int, tuple[int, int]] = {}
    for pair in sorted(made):
        ranges[_key(pair)] = (len(rows), len(rows) + len(made[pair]))
        rows += sorted(made[pair])
    return _rows(rows, 2), ranges


def _splits() -> Points:
    table = lexicon.splits()
    ordered = sorted(table, key=lambda one: (-len(one), one))
    made = np.zeros((len(ordered), 2 + len(ordered[0])), np.uint32)
    for row, parts in zip(made, ordered, strict=True):
        row[: 2 + len(parts)] = [len(parts), ord(table[parts]), *map(ord, parts)]
    return made


def _glyphs() -> tuple[Points, Points]:
    table = np.arange(POINTS, dtype=np.uint32) | np.uint32(Class.MARK << 24)
    han = [p for low, high in _IDEOGRAPHS for p in range(low, high) if unicodedata.category(chr(p)) == "Lo"]
    table[han] = np.array(han, np.uint32) | np.uint32(Class.HAN << 24)
    pool: list[int] = []
    ranges = ((0, 0x3400), (0xA000, 0xAC00), (0xD7A4, 0xD800), (0xF900, 0x20000), (0x2F800, 0x2FA20))
    points = [point for low, high in ranges for point in range(low, high)]
    points += [*range(0xE0000, 0xE0200), *map(ord, glyphs.traditional())]
    for point in dict.fromkeys(points):
        if point > 0xFFFF and unicodedata.category(chr(point)) in ("Cn", "Co"):
            continue
        one = glyphs.glyph(chr(point))
        value = ord(one.plain) if len(one.plain) == 1 else 0
        if one.kind in (Class.WORD, Class.BEHIND):
            value = len(pool)
            pool += [len(one.after), len(one.plain), *map(ord, one.after + one.plain)]
        table[point] = value | (one.kind << 24)
    for character in glyphs.NUMERALS:
        table[ord(character)] |= np.uint32(NUMERAL)
    everyday = {character for word in plain.known().ordinary for character in word}
    for parts in lexicon.splits():
        rare = next((part for part in parts if part not in everyday), parts[0])
        table[ord(rare)] |= np.uint32(COMPONENT)
    return table, np.array(pool, np.uint32)


def _literal() -> Points:
    made = np.arange(0x10000, dtype=np.uint32)
    for low, high in ((0, 0x3400), (0xA640, 0xAC00), (0xF900, 0x10000)):
        for point in range(low, high):
            made[point] = ord(glyphs.literal(chr(point)))
    return made
