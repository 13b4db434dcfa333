"""The gate's answer: every rule's judgement, in codes and in two languages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

from lianfang.engine.conduct import contact as contacts
from lianfang.engine.conduct.rules import Rule
from lianfang.engine.terms.errors import Say


class State(StrEnum):
    """How one rule came out for one contact."""

    KEPT = "kept"
    BROKEN = "broken"
    EXCUSED = "excused"  # an agreement with evidence lifts it
    OUT_OF_SCOPE = "out_of_scope"
    NOT_IN_FORCE = "not_in_force"
    UNJUDGED = "unjudged"  # a fact is missing; another rule refuses for it, or no register was given


@dataclass(frozen=True)
class Remaining:
    """What may still be done under one counting rule.

    Args:
        used: contacts counted, told up to the limit.
        left: how many more may be made now.
        resets_us: from when at least one more may be made; none where one may be made now, or never.
    """

    rule_id: str
    code: str
    used: int
    limit: int
    left: int
    resets_us: int | None


@dataclass(frozen=True)
class Offer:
    """A task proposed to a person: something offered to the debtor."""

    code: str
    why: Say
    most_months: int | None
    basis_rule: str


@dataclass(frozen=True)
class Judgement:
    """One rule's outcome for one contact.

    Args:
        counted: contacts counted before this one, up to the rule's threshold.
        breach: the rule as written was broken by what happened; false where only the attempt was
            one the gate would have refused (a fourth call that was never answered).
        evidence: the agreement that excused it.
        lacks: fields the contact does not tell and a breach would rest on: found, but nothing is proved.
    """

    rule: Rule
    state: State
    counted: int | None = None
    remaining: Remaining | None = None
    breach: bool = False
    evidence: str | None = None
    lacks: tuple[str, ...] = ()

    @property
    def why(self) -> Say:
        """Say it in one sentence, both languages."""
        history = self.rule.history
        return self.rule.why.fill(
            counted="" if self.counted is None else self.counted,
            limit="" if history is None else history.limit,
        )


@dataclass(frozen=True)
class Verdict:
    """May it be made, and why or why not. The same contact, history and rules give the same verdict."""

    allow: bool
    codes: tuple[str, ...]
    warnings: tuple[str, ...]
    judged: tuple[Judgement, ...]
    deciding: Mapping[str, Rule]
    missing: tuple[tuple[str, Say], ...]
    offers: tuple[Offer, ...]
    at_us: int | None
    rules_sha256: str

    @cached_property
    def broken(self) -> tuple[Judgement, ...]:
        """The rules broken, in rule order."""
        return tuple(one for one in self.judged if one.state is State.BROKEN)

    @cached_property
    def remaining(self) -> tuple[Remaining, ...]:
        """Remaining counts of every counting rule in scope."""
        return tuple(one.remaining for one in self.judged if one.remaining is not None)

    def told(self) -> dict[str, Any]:
        """Give the verdict as plain values, for JSON and for the kept answer."""
        return {
            "allow": self.allow,
            "codes": list(self.codes),
            "warnings": list(self.warnings),
            "missing": [{"code": code, "zh": say.zh, "en": say.en} for code, say in self.missing],
            "reasons": [_reason(one, self.deciding) for one in self.broken],
            "excused": [
                {"rule": one.rule.id, "code": one.rule.code, "evidence": one.evidence}
                for one in self.judged
                if one.state is State.EXCUSED
            ],
            "limits": [
                {"rule": one.rule_id, "code": one.code, "used": one.used, "max": one.limit, "left": one.left,
                 "resets_at": _iso(one.resets_us)}
                for one in self.remaining
            ],
            "offers": [
                {"code": one.code, "zh": one.why.zh, "en": one.why.en, "most_months": one.most_months,
                 "basis_rule": one.basis_rule}
                for one in self.offers
            ],
            "evaluated": {one.rule.id: one.state.value for one in self.judged},
            "at": _iso(self.at_us),
            "rules_sha256": self.rules_sha256,
        }


def _iso(at_us: int | None) -> str | None:
    return None if at_us is None else contacts.moment(at_us).isoformat()


def _reason(one: Judgement, deciding: Mapping[str, Rule]) -> dict[str, Any]:
    source = one.rule.source
    return {
        "rule": one.rule.id,
        "code": one.rule.code,
        "effect": one.rule.effect.value,
        "hard": one.rule.hard,
        "decided": deciding[one.rule.code] is one.rule,
        "lacks": [field for field in one.lacks if field not in contacts.OUTCOMES],  # nobody asks a plan how it ended
        "instrument": {"zh": source.instrument.zh, "en": source.instrument.en},
        "clause": source.clause,
        "verified": source.verified,
        "basis": source.basis,
        "counted": one.counted,
        "limit": one.rule.history.limit if one.rule.history else None,
        "zh": one.why.zh,
        "en": one.why.en,
        "override": None if one.rule.override is None else {"zh": one.rule.override.zh, "en": one.rule.override.en},
    }
