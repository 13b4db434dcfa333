"""The score card of a talk: a total with its parts, and hard gates above it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from lianfang.engine.conduct.rules import Effect
from lianfang.engine.conduct.said import SaidFinding, SaidVerdict
from lianfang.engine.terms import shelf


@dataclass(frozen=True)
class CardPart:
    """Points one finding takes."""

    rule_id: str
    verdict: SaidVerdict
    off: float


@dataclass(frozen=True)
class Card:
    """A talk's total, 0 to 100.

    Args:
        gates: rules that failed and are severe: the total is held at the cap whatever the rest.
        version: of the card; totals of different versions are not compared.
    """

    total: float
    parts: tuple[CardPart, ...]
    gates: tuple[str, ...]
    version: str


@lru_cache(maxsize=1)
def _card() -> Any:
    return shelf.yaml(shelf.path("conduct", "said", "card.yaml"))


def points(effect: Effect | None, verdict: SaidVerdict) -> float:
    """Give the points a finding takes."""
    if effect is None or verdict not in (SaidVerdict.WARN, SaidVerdict.FAIL):
        return 0.0
    off = float(_card()["points_off"][effect.value])
    return off if verdict is SaidVerdict.FAIL else off * float(_card()["warn_share"])


def card(findings: Sequence[SaidFinding]) -> Card:
    """Score a talk.

    Args:
        findings: of `said.check`.

    Returns:
        The total with its parts; a severe rule that failed holds it at the cap.

    Raises:
        Nothing.

    Source:
        Hard gates: conventions of transcript checks; points are ours, in data/conduct/said/card.yaml.
    """
    known = _card()
    parts = tuple(CardPart(one.rule.id, one.verdict, off) for one in findings if (off := points(one.effect, one.verdict)))
    gates = tuple(one.rule.id for one in findings if one.is_gate)
    total = max(0.0, known["full"] - sum(part.off for part in parts))
    return Card(float(min(total, known["gate_cap"])) if gates else float(total), parts, gates, str(known["version"]))
