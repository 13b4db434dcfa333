"""Editions of a guide: the one in force beside those that runs used, and what changed between two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from difflib import unified_diff
from functools import cache
from typing import Any

from lianfang.web.identify import guides, tallies

LINES_AROUND = 3


@dataclass(frozen=True)
class Edition:
    """One edition of a guide; no day where no run has used it yet."""

    version: str
    sha256: str
    text: str
    first_at: datetime | None = None
    last_at: datetime | None = None
    is_in_force: bool = False


@dataclass(frozen=True)
class Line:
    """One line of a comparison: kept, added, dropped, or the place where a stretch begins."""

    kind: str
    text: str


@cache
def _in_force() -> dict[str, dict[str, str]]:
    return tallies.used(guides.book())


def in_force(guide: str) -> Edition:
    """Give the edition that today's runs use."""
    told = _in_force()[guide]
    return Edition(told["version"], told["sha256"], told["text"], is_in_force=True)


def line_up(now: Edition, used: Sequence[Any]) -> list[Edition]:
    """List the edition in force first, then those used before, the latest first."""
    kept = [Edition(one.version, one.sha256, one.text, one.first_at, one.last_at) for one in used]
    mine = next((one for one in kept if one.sha256 == now.sha256), now)
    return [replace(mine, is_in_force=True), *(one for one in kept if one.sha256 != now.sha256)]


def chosen(kept: Sequence[Edition], old: str, new: str) -> tuple[Edition | None, Edition | None]:
    """Give the two editions to compare: those asked for by digest, else the latest two."""
    by = {one.sha256: one for one in kept}
    later = by.get(new, kept[0])
    before = [one for one in kept if one.sha256 != later.sha256]
    return by.get(old, before[0] if before else None), later


def differences(old: str, new: str) -> list[Line]:
    """Compare two texts line by line, with a few lines around each change."""
    kinds = {"+": "added", "-": "dropped", "@": "place"}
    told = list(unified_diff(old.splitlines(), new.splitlines(), lineterm="", n=LINES_AROUND))[2:]
    return [Line(kinds.get(line[:1], "kept"), line if line[:1] == "@" else line[1:]) for line in told]
