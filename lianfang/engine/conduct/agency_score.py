"""An agency's score from findings, with its parts; and what of it may be shared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from lianfang.engine.conduct import agencies
from lianfang.engine.conduct.rules import Effect
from lianfang.engine.terms.errors import NotEnough, Say


@dataclass(frozen=True)
class Part:
    """One part of a score. Points 0 to 100; weight in hundredths of the total."""

    name: str
    points: float
    weight: int
    why: Say


@dataclass(frozen=True)
class Score:
    """A score and everything it is made of.

    Args:
        total: 0 to 100, after the cap.
        capped: a severe finding held it below the pass mark.
        small: too few contacts to say much.
    """

    total: float
    parts: tuple[Part, ...]
    capped: bool
    small: bool
    passed: bool


def score(n_contacts: int, findings: Mapping[str, int], marks: Mapping[str, float]) -> Score:
    """Score an agency over a period.

    Args:
        n_contacts: contacts made.
        findings: confirmed findings by effect (`severe`, `block`, `warn`, `audit`).
        marks: points of the other parts, 0 to 100, as evaluated by people.

    Returns:
        The total with its parts; `protection` counts only where it was marked.

    Raises:
        NotEnough: a part the instruments ask for has no mark.

    Source:
        Parts: GB/T 45251 A3, CBA 2026 A3. Weights and points are ours, in data/conduct/agencies.yaml.
    """
    known = agencies.knowledge()
    lacking = [agencies.say(part) for name, part in known["parts"].items() if part["needed"] and name != "conduct" and name not in marks]
    if lacking:
        raise NotEnough(
            Say(f"评估缺少：{'、'.join(one.zh for one in lacking)}", f"the evaluation lacks: {', '.join(one.en for one in lacking)}"),
            code="E-AGENCY-04", fix=Say("补上各项得分", "give their points"))
    rule = known["score"]
    off = sum(rule["per_thousand"].get(effect, 0) * n for effect, n in findings.items()) * 1000 / max(n_contacts, 1)
    conduct = max(0.0, rule["full"] - off)
    told = "、".join(f"{effect} {n}" for effect, n in findings.items() if n) or "0"
    why = Say(f"{n_contacts} 次联系，发现：{told}", f"{n_contacts} contacts, findings: {told}")
    parts = [Part("conduct", conduct, known["parts"]["conduct"]["weight"], why)]
    for name, part in known["parts"].items():
        if name != "conduct" and name in marks:
            parts.append(Part(name, min(100.0, max(0.0, float(marks[name]))), part["weight"], agencies.say(part)))
    total = sum(one.points * one.weight for one in parts) / sum(one.weight for one in parts)
    capped = findings.get(Effect.SEVERE.value, 0) > 0 and total > rule["severe_cap"]
    total = min(total, float(rule["severe_cap"])) if capped else total
    return Score(round(total, 2), tuple(parts), capped, n_contacts < rule["least"], total >= rule["pass"])


@dataclass(frozen=True)
class SharedRecord:
    """What an association's register of agencies gets: the firm, the rule, how often, when. No person."""

    agency: str
    agency_uscc: str | None
    institution: str
    code: str
    rule: str
    effect: str
    n_findings: int
    from_on: date
    until_on: date


def shared(agency: str, agency_uscc: str | None, institution: str, findings: Iterable[Mapping[str, Any]],
           span: tuple[date, date]) -> tuple[SharedRecord, ...]:
    """Prepare an agency's violations for sharing, counted per rule.

    Only `code`, `rule` and `effect` of a finding are read: names, numbers, quotes and collectors cannot
    come through. Warnings and notes are not shared.

    Args:
        findings: rows with `code`, `rule`, `effect`; whatever else they hold is not looked at.
        span: first and last day.

    Shape:
        One record per (code, rule, effect), sorted.

    Source:
        CBA 2026 A8; organisation-level by our decision.
    """
    counted: dict[tuple[str, str, str], int] = {}
    for row in findings:
        key = (str(row["code"]), str(row["rule"]), str(row["effect"]))
        if key[2] in (Effect.BLOCK.value, Effect.SEVERE.value):
            counted[key] = counted.get(key, 0) + 1
    return tuple(SharedRecord(agency, agency_uscc, institution, *key, n, *span) for key, n in sorted(counted.items()))
