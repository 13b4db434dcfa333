"""Equal numbers put together, in linear time and on several threads."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lianfang.engine.identify.linkage import lanes as lane

# More parts than this and the scatter itself misses the cache.
MOST_BITS = 13


@dataclass(frozen=True)
class Groups:
    """Groups of two or more entries with one number.

    Args:
        members: entries, group after group.
        bounds: where each group starts in `members`, and one end more.
    """

    members: npt.NDArray[np.uint32]
    bounds: npt.NDArray[np.int64]

    @property
    def n_groups(self) -> int:
        """Say how many groups there are."""
        return int(self.bounds.size) - 1

    @property
    def of_member(self) -> npt.NDArray[np.int64]:
        """Give the group of every member."""
        return np.repeat(np.arange(self.n_groups), np.diff(self.bounds))


def groups(numbers: npt.NDArray[np.uint64], lanes: int | None = None) -> Groups:
    """Find the entries that share a number.

    Args:
        numbers: one number an entry; 0 is no number.
        lanes: threads; None for one a core.

    Returns:
        Groups in the order of their numbers; inside a group entries ascend.

    Shape:
        n entries in; members of groups of two and more out. The same for any number of threads.

    Source:
        One radix scatter, then a vector sort of each part (numpy's AVX-512 or AVX2 sort).
    """
    from lianfang.engine.identify.linkage.kernels import grouping

    threads = lane.count(lanes)
    # About as many parts as entries a part: then place and part together need no bit twice, and
    # a part and its packed number are the whole number.
    bits = max(1, min(MOST_BITS, (int(numbers.size).bit_length() + 1) // 2 + 1))
    spans = lane.ranges(numbers.size, threads)
    counts = [np.zeros(1 << bits, np.int64) for _ in spans]
    _each(spans, lambda lo, hi, turn: grouping.tally(lo, hi, numbers, bits, counts[turn]))
    sizes = np.sum(counts, axis=0)
    part_starts = np.concatenate([[0], np.cumsum(sizes)])
    place_bits = max(1, int(sizes.max(initial=1)).bit_length())
    packed = np.empty(int(part_starts[-1]), np.uint64)
    entries = np.empty(packed.size, np.uint32)
    ahead = part_starts[:-1] + np.concatenate(
        [[np.zeros(1 << bits, np.int64)], np.cumsum(counts, axis=0)[:-1]]
    ) if len(spans) > 1 else part_starts[None, :-1].copy()
    _each(
        spans,
        lambda lo, hi, turn: grouping.scatter(
            lo, hi, numbers, bits, place_bits, ahead[turn], part_starts, packed, entries
        ),
    )
    parts = _part_ranges(part_starts, threads)
    _each(parts, lambda lo, hi, _: _sort_parts(lo, hi, packed, part_starts))
    whole = int(place_bits <= bits)
    scanned = lane.run(
        grouping.scan, parts, numbers, packed, entries, part_starts, place_bits, whole
    )
    members = np.concatenate([part[0] for part in scanned])
    shift = np.cumsum([0] + [part[0].size for part in scanned])
    ends = [part[1] + shift[turn] for turn, part in enumerate(scanned)]
    return Groups(members, np.concatenate([np.zeros(1, np.int64), *ends]))


def _each(spans, kernel) -> None:  # type: ignore[no-untyped-def]
    """Run a call a range, telling each which turn it is."""
    turn_of = {lo: turn for turn, (lo, _) in enumerate(spans)}
    lane.run(lambda lo, hi: kernel(lo, hi, turn_of[lo]), spans)


def _sort_parts(
    lo: int, hi: int, packed: npt.NDArray[np.uint64], part_starts: npt.NDArray[np.int64]
) -> None:
    for part in range(lo, hi):
        packed[part_starts[part] : part_starts[part + 1]].sort()


def _part_ranges(part_starts: npt.NDArray[np.int64], lanes: int) -> list[tuple[int, int]]:
    """Give each thread parts of about equally many entries."""
    n_parts = part_starts.size - 1
    wanted = part_starts[-1] * np.arange(1, lanes) // lanes
    cuts = [0, *np.searchsorted(part_starts, wanted).tolist(), n_parts]
    edges = sorted({min(cut, n_parts) for cut in cuts})
    return list(itertools.pairwise(edges))
