"""The debtor's clock: local time and local days, the same in Python and over columns.

All channels go through these functions: an old failing of conduct software is one channel that uses the
server's clock. Moments are whole microseconds since 1970 in UTC.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

DAY_US = 86_400_000_000
HOUR_US = 3_600_000_000
MINUTE_US = 60_000_000
_FIRST, _LAST = 0, 4_102_444_800  # 1970 to 2100; outside it the nearest offset stands
_STRIDE = 3 * 86_400  # no zone has changed its clock twice within three days

Longs = npt.NDArray[np.int64]


@lru_cache(maxsize=1024)
def known(name: str | None) -> str | None:
    """Give a zone's name back if it is one, else nothing."""
    if not name:
        return None
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None
    return name


def _offset_seconds(zone: ZoneInfo, second: int) -> int:
    shift = datetime.fromtimestamp(second, UTC).astimezone(zone).utcoffset()
    return round(shift.total_seconds()) if shift is not None else 0


@lru_cache(maxsize=256)
def changes(name: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Find when a zone changes its clock.

    Returns:
        Moments (microseconds) from which each offset stands, and the offsets (microseconds).
    """
    zone = ZoneInfo(name)
    starts, offsets = [_FIRST], [_offset_seconds(zone, _FIRST)]
    for after in range(_FIRST, _LAST, _STRIDE):
        before, upto = after, min(after + _STRIDE, _LAST)
        if _offset_seconds(zone, upto) == offsets[-1]:
            continue
        while upto - before > 1:
            middle = (before + upto) // 2
            if _offset_seconds(zone, middle) == offsets[-1]:
                before = middle
            else:
                upto = middle
        starts.append(upto)
        offsets.append(_offset_seconds(zone, upto))
    return tuple(s * 1_000_000 for s in starts), tuple(o * 1_000_000 for o in offsets)


def offset_us(name: str, at_us: int) -> int:
    """Say how far a zone's clock is ahead of UTC at a moment; microseconds."""
    starts, offsets = changes(name)
    return offsets[max(0, bisect_right(starts, at_us) - 1)]


def local_us(name: str, at_us: int) -> int:
    """Give what the zone's wall clock shows, counted as microseconds since 1970."""
    return at_us + offset_us(name, at_us)


def midnight_us(name: str, at_us: int, days: int = 0) -> int:
    """Give the moment a local day began: the day of `at_us`, moved by whole days.

    Returns:
        Microseconds UTC; right on days the clock is changed too.
    """
    wall = (local_us(name, at_us) // DAY_US + days) * DAY_US
    return wall - offset_us(name, wall - offset_us(name, wall))


def offsets_of(name: str, at_us: Longs) -> Longs:
    """Say `offset_us` for a whole column."""
    starts, offsets = (np.asarray(each, dtype=np.int64) for each in changes(name))
    if len(at_us):
        # Nearly always no clock was changed between the first moment and the last.
        first, last = (np.searchsorted(starts, each, side="right") for each in (at_us.min(), at_us.max()))
        if first == last:
            return np.broadcast_to(offsets[max(int(first) - 1, 0)], at_us.shape)
    return offsets[np.maximum(np.searchsorted(starts, at_us, side="right") - 1, 0)]


def midnights_of(name: str, at_us: Longs, days: int = 0) -> Longs:
    """Say `midnight_us` for a whole column."""
    wall = ((at_us + offsets_of(name, at_us)) // DAY_US + days) * DAY_US
    return wall - offsets_of(name, wall - offsets_of(name, wall))
