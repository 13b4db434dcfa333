"""All counts of one check as one statement: the text depends on how many are asked, not on their values."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from lianfang.engine.conduct.gate import Ask

_OF = "from conduct_tally where unit = ? and counted_over = ? and at_us >= {since} and (expires_us is null or expires_us > ?)"
_AFTER = f"coalesce((select at_us + 1 {_OF.format(since='?')} order by at_us desc limit 1), ?)"


@lru_cache(maxsize=256)
def _sql(resets: tuple[bool, ...]) -> str:
    # Every branch stops at its own limit; on both databases it walks the key backwards from the newest.
    return " union all ".join(
        f"select * from (select {n} as ask, at_us {_OF.format(since=_AFTER if reset else '?')} order by at_us desc limit ?) as a{n}"
        for n, reset in enumerate(resets)
    )


def statement(asks: Sequence[Ask], now_us: int) -> tuple[str, list[Any]]:
    """Give one statement for all asks, and its values.

    Args:
        asks: one at least.
        now_us: reservations that ended by then count no more.
    """
    values: list[Any] = []
    for ask in asks:
        values += [ask.unit, ask.key]
        values += [ask.since_us] if ask.reset is None else [ask.reset, ask.key, ask.since_us, now_us, ask.since_us]
        values += [now_us, ask.most]
    return _sql(tuple(ask.reset is not None for ask in asks)), values


def sorted_out(rows: Iterable[Sequence[Any]], n: int) -> list[tuple[int, ...]]:
    """Give the moments of every ask, newest first, from the statement's rows."""
    seen: list[list[int]] = [[] for _ in range(n)]
    for place, at_us in rows:
        seen[place].append(at_us)
    return [tuple(sorted(each, reverse=True)) for each in seen]
