"""What `check` answers: levels, findings, clauses with spans, guards, reasons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lianfang.engine.terms.codes import Level, Strength
from lianfang.engine.terms.errors import Say


@dataclass(frozen=True, order=True)
class Span:
    """A place in the raw text, in code points, and what stood there (identifiers masked)."""

    start: int
    end: int
    matched: str
    word: str = ""
    evasion: bool = False


@dataclass(frozen=True)
class ClauseHit:
    """One clause met, where, and why in words."""

    id: str
    name: Say
    strength: Strength
    spans: tuple[Span, ...]
    why: Say


@dataclass(frozen=True)
class GuardHit:
    """One guard that lowered a level, by which words, from what to what."""

    id: str
    name: Say
    spans: tuple[Span, ...]
    lowers_to: Level
    why: Say


@dataclass(frozen=True)
class Finding:
    """One guide whose gate the text reached, before and after the guards."""

    guide: str
    guide_version: str
    activity: str
    title: Say
    level: Level
    level_before_guards: Level
    score: int
    clauses: tuple[ClauseHit, ...]
    guards: tuple[GuardHit, ...]
    evasion: bool
    advice: Say | None


@dataclass(frozen=True)
class Answer:
    """The answer about one text: the highest level, its activities, every finding."""

    level: Level
    activities: tuple[str, ...]
    findings: tuple[Finding, ...]
    advice: Say | None

    def plain(self) -> dict[str, Any]:
        """Give the answer as words, numbers and lists, for JSON."""
        return _plain(self)  # type: ignore[no-any-return]


def _plain(value: Any) -> Any:
    if hasattr(value, "__dataclass_fields__"):
        return {name: _plain(getattr(value, name)) for name in value.__dataclass_fields__}
    return [_plain(each) for each in value] if isinstance(value, tuple) else value
