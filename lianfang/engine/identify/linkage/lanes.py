"""Run one kernel over a long array on several threads, always with the same answer.

A kernel takes a range `lo, hi` and writes only its own rows, so that the number of lanes can
change the time a job takes and nothing else.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

# Below this many rows a thread costs more than it gives.
LEAST_ROWS_A_LANE = 4096


def count(lanes: int | None = None) -> int:
    """Say how many threads to use.

    Args:
        lanes: a number asked for, or None for one per core this process may use.

    Returns:
        At least one.
    """
    if lanes is not None:
        return max(1, lanes)
    return max(1, len(os.sched_getaffinity(0)))


def ranges(n_rows: int, lanes: int) -> list[tuple[int, int]]:
    """Cut `0..n_rows` into at most `lanes` equal ranges.

    Args:
        n_rows: how many rows there are.
        lanes: how many ranges are wanted.

    Returns:
        Ranges `(lo, hi)` in order; one range where the rows are few.
    """
    parts = max(1, min(lanes, n_rows // LEAST_ROWS_A_LANE))
    edges = [n_rows * part // parts for part in range(parts + 1)]
    return list(itertools.pairwise(edges))


def run(
    kernel: Callable[..., Any], spans: Sequence[tuple[int, int]], *arrays: Any
) -> list[Any]:
    """Call a kernel once a range, each on its own thread.

    Args:
        kernel: compiled function `(lo, hi, *arrays)` that lets go of the interpreter lock.
        spans: the ranges, from `ranges` or cut by the caller.
        arrays: handed to every call as they are.

    Returns:
        What each call gave, in the order of the ranges.
    """
    if len(spans) <= 1:
        return [kernel(lo, hi, *arrays) for lo, hi in spans]
    with ThreadPoolExecutor(len(spans)) as pool:
        return list(pool.map(lambda span: kernel(span[0], span[1], *arrays), spans))
