"""Distinct wordings: what two texts are compared by.

A wording is the sequence of letters of a folded text. Punctuation and pictographs do not count,
and a run of digits counts as one `0`, so that a letter with another amount, date or order number
is the same wording.
"""

from __future__ import annotations

import functools
import unicodedata
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lianfang.engine.identify.linkage import lanes as lane

Uint16 = npt.NDArray[np.uint16]
Uint32 = npt.NDArray[np.uint32]
Uint64 = npt.NDArray[np.uint64]
Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]

# Seed of the 125 orders; another seed is another index on disk.
ORDER_SEED = 20261121
# Texts too short for a shingle are compared by exact copy only.
LEAST_SHINGLED = 3


@dataclass(frozen=True)
class Texts:
    """Folded texts as one array of code points.

    Args:
        points: code points of all texts, one after the other.
        starts: where each text starts, and one end more: n_texts + 1 numbers.
    """

    points: Uint32
    starts: Int64

    @property
    def n_texts(self) -> int:
        """Say how many texts there are."""
        return int(self.starts.size) - 1


@dataclass(frozen=True)
class Wordings:
    """Shingles and band keys of distinct wordings; slot k is the k-th wording.

    Args:
        shingles: distinct shingle numbers, wording after wording.
        places: where each wording's shingles start.
        counts: how many it has.
        keys: one key a band, slots x 25.
        sketch: eight 64-bit words a wording, see `sketched`.
    """

    shingles: Uint32
    places: Int64
    counts: Int32
    keys: Uint32
    sketch: Uint64

    @property
    def n_slots(self) -> int:
        """Say how many wordings there are."""
        return int(self.counts.size)

    @property
    def most(self) -> int:
        """Say how many shingles the longest wording has."""
        return int(self.counts.max(initial=0))


def texts(points: npt.NDArray[np.integer], starts: npt.NDArray[np.integer]) -> Texts:
    """Take the text room's arrays as they are, without a copy where types agree.

    Args:
        points: code points, any 32-bit integer type.
        starts: n_texts + 1 places.

    Returns:
        The texts.
    """
    whole = np.ascontiguousarray(points)
    wide = whole.view(np.uint32) if whole.dtype.itemsize == 4 else whole.astype(np.uint32)
    return Texts(wide, np.ascontiguousarray(starts, dtype=np.int64))


@functools.cache
def letters_kept() -> Uint32:
    """Make the table character -> letter it counts as (0: it does not count).

    Returns:
        65,536 numbers: letters stand for their lower case, digits for `0`, the rest for nothing.
    """
    kept = np.zeros(1 << 16, np.uint32)
    for point in range(1 << 16):
        sign = chr(point)
        category = unicodedata.category(sign)
        if category in ("Nd", "No"):
            kept[point] = ord("0")
        elif category[0] in "LM" or category == "Nl":
            low = sign.lower()
            kept[point] = ord(low) if len(low) == 1 else point
    return kept


@functools.cache
def orders() -> tuple[Uint16, Uint16]:
    """Make the orders in which a wording's smallest shingles are looked for."""
    draw = np.random.Generator(np.random.PCG64(ORDER_SEED))
    times = draw.integers(0, 1 << 16, 128, dtype=np.uint16) | np.uint16(1)
    return times, draw.integers(0, 1 << 16, 128, dtype=np.uint16)


def number(source: Texts, lanes: int | None = None) -> tuple[Uint64, Int32]:
    """Give every text the 64-bit number of its wording, and its length.

    Args:
        source: the texts.
        lanes: threads; None for one a core.

    Returns:
        Numbers (equal for equal wordings) and counted letters.

    Shape:
        n texts in, two arrays of n out.

    Units:
        Length in letters that count.
    """
    from lianfang.engine.identify.linkage.kernels import wording

    numbers = np.empty(source.n_texts, np.uint64)
    lengths = np.empty(source.n_texts, np.int32)
    spans = lane.ranges(source.n_texts, lane.count(lanes))
    lane.run(
        wording.number_texts, spans, source.points, source.starts, letters_kept(), numbers, lengths
    )
    return numbers, lengths


def read(
    source: Texts, chosen: Int64, lengths: Int32, lanes: int | None = None
) -> Wordings:
    """Cut chosen texts into shingles and give each its band keys.

    Args:
        source: the texts.
        chosen: which of them, one a wording.
        lengths: letters of every text, from `number`.
        lanes: threads; None for one a core.

    Returns:
        Wordings in the order of `chosen`.

    Shape:
        k chosen texts in, k slots out.

    Source:
        MinHash, 25 bands of 5: a pair of similarity 0.7 meets with probability 0.99, one of 0.8
        with 0.9999; docs/measures has the recall measured on whole sets.
    """
    from lianfang.engine.identify.linkage.kernels import wording

    chosen = np.ascontiguousarray(chosen, dtype=np.int64)
    room = np.maximum(lengths[chosen].astype(np.int64) - (LEAST_SHINGLED - 1), 0)
    places = np.zeros(chosen.size, np.int64)
    np.cumsum(room[:-1], out=places[1:])
    shingles = np.empty(int(room.sum()), np.uint32)
    counts = np.zeros(chosen.size, np.int32)
    keys = np.empty((chosen.size, wording.BANDS), np.uint32)
    spans = lane.ranges(chosen.size, lane.count(lanes))
    longest = int(lengths[chosen].max(initial=0))
    lane.run(
        wording.shingle_texts, spans, source.points, source.starts, letters_kept(), chosen,
        longest, places, shingles, counts,
    )
    lane.run(wording.sign_texts, spans, shingles, places, counts, *orders(), keys)
    return sketched(shingles, places, counts, keys, lanes)


def sketched(
    shingles: Uint32, places: Int64, counts: Int32, keys: Uint32, lanes: int | None = None
) -> Wordings:
    """Add to shingles the sketch that tells most unlike pairs apart without looking at them.

    Args:
        shingles, places, counts, keys: as in `Wordings`.
        lanes: threads; None for one a core.

    Returns:
        The wordings. Sketches only ever rule out what exact comparison would rule out.
    """
    from lianfang.engine.identify.linkage.kernels import wording

    sketch = np.empty(8 * counts.size, np.uint64)
    spans = lane.ranges(counts.size, lane.count(lanes))
    lane.run(wording.sketch_texts, spans, shingles, places, counts, sketch)
    return Wordings(shingles, places, counts, keys, sketch)


def banded(keys: Uint32, first_slot: int = 0, lanes: int | None = None) -> Uint64:
    """Sort the wordings of every band by key.

    Args:
        keys: slots x 25, from `read`.
        first_slot: number of the first slot.
        lanes: threads; None for one a core.

    Returns:
        25 x slots; each number is key * 2^32 + slot, each row ascending.
    """
    from lianfang.engine.identify.linkage.kernels import wording

    packed = np.empty((wording.BANDS, keys.shape[0]), np.uint64)
    threads = lane.count(lanes)
    lane.run(wording.pack_bands, lane.ranges(keys.shape[0], threads), keys, first_slot, packed)
    halves = np.array_split(np.arange(wording.BANDS), min(threads, wording.BANDS))
    lane.run(
        lambda lo, hi: packed[lo:hi].sort(axis=1), [(int(h[0]), int(h[-1]) + 1) for h in halves]
    )
    return packed
