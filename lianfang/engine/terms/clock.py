"""The only file that reads the time; tests replace these two functions."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


def now() -> datetime:
    """Give the present moment, aware, in UTC."""
    return datetime.now(UTC)


def today() -> date:
    """Give the present day in Shanghai."""
    return now().astimezone(SHANGHAI).date()
