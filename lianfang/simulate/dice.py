"""Chance with a name: each stream depends on the seed and its name only."""

from __future__ import annotations

import zlib
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import accumulate
from typing import TypeVar

import numpy as np

T = TypeVar("T")
_BLOCK = 1024


@cache
def _steps(weights: tuple[float, ...]) -> list[float]:
    return list(accumulate(weights))


class Dice:
    """A named stream of chance.

    Streams are independent, so adding a campaign kind does not shift the others. Only uniform
    doubles of PCG64 are used: numpy keeps that stream stable across versions.
    """

    def __init__(self, seed: int, *names: object) -> None:
        key = [zlib.crc32(str(name).encode()) for name in names]
        self._bits = np.random.PCG64(np.random.SeedSequence(seed, spawn_key=tuple(key)))
        self._source = np.random.Generator(self._bits)
        # the generator's own __next__: half the price of a method around it, and it is called
        # some hundred times a record
        self.share: Callable[[], float] = self._stream().__next__

    def _stream(self) -> Iterator[float]:
        """Give numbers from 0 up to 1, drawn in blocks."""
        while True:
            yield from self._source.random(_BLOCK).tolist()

    def chance(self, share: float) -> bool:
        """Say yes with this chance."""
        return self.share() < share

    def below(self, n: int) -> int:
        """Give a whole number from 0 up to n - 1."""
        return int(self.share() * n)

    def between(self, least: int, most: int) -> int:
        """Give a whole number from least to most, both possible."""
        return least + int(self.share() * (most - least + 1))

    def pick(self, choices: Sequence[T]) -> T:
        """Give one of the choices."""
        return choices[int(self.share() * len(choices))]

    def some(self, choices: Sequence[T], n: int) -> list[T]:
        """Give n different choices, in drawn order (all of them if there are fewer)."""
        pool = list(choices)
        chosen = []
        for _ in range(min(n, len(pool))):
            at = self.below(len(pool))
            pool[at], pool[-1] = pool[-1], pool[at]
            chosen.append(pool.pop())
        return chosen

    def weighted(self, choices: Sequence[T], weights: Sequence[float]) -> T:
        """Give one of the choices, by weight."""
        steps = _steps(tuple(weights))
        return choices[bisect_right(steps, self.share() * steps[-1], 0, len(steps) - 1)]

    def count(self, mean: float) -> int:
        """Give a count with this mean, at least 0 (geometric: many small, few large)."""
        if mean <= 0:
            return 0
        n, stay = 0, mean / (1 + mean)
        while n < 40 and self.share() < stay:
            n += 1
        return n

    def shares(self, n: int) -> np.ndarray:
        """Give n numbers from 0 up to 1 at once."""
        return self._source.random(n)

    def wholes(self, n: int, least: int, most: int) -> np.ndarray:
        """Give n whole numbers from least to most (both possible) at once."""
        return least + np.floor(self._source.random(n) * (most - least + 1)).astype(np.int64)
