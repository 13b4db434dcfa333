"""A conduct rule: dated, sourced, and the same before a contact and after it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any

from lianfang.engine.conduct import zones
from lianfang.engine.tables.expression import Expression
from lianfang.engine.terms.errors import Say


class Effect(StrEnum):
    """What a broken rule does: noted in an audit, warned of, refused, refused and severe."""

    AUDIT = "audit"
    WARN = "warn"
    BLOCK = "block"
    SEVERE = "severe"

    @property
    def rank(self) -> int:
        """Give 0 to 3, for comparing."""
        return _RANKS[self]

    @property
    def refuses(self) -> bool:
        """Say whether the gate refuses on it."""
        return self in (Effect.BLOCK, Effect.SEVERE)


_RANKS = {effect: rank for rank, effect in enumerate(Effect)}


class JudgedIn(StrEnum):
    """Where a row of the sheet is judged; only `contact` rules have expressions here."""

    CONTACT = "contact"  # gate and audit
    SAID = "said"  # transcripts and messages
    AGENCIES = "agencies"  # duties of agencies
    COLLECTORS = "collectors"  # duties of collectors
    RETENTION = "retention"  # how long things are kept
    WORKFLOW = "workflow"  # a person's act, not a field


@dataclass(frozen=True)
class Param:
    """A number or word a lender may make stricter.

    Args:
        value: as in force.
        stricter: `lower`, `higher`, or `none` (may not be changed by a policy).
        note: why this default, where the sheet knows no number.
    """

    value: int | str
    stricter: str
    note: Say | None = None


_ROLLING_US = {"rolling_hours": zones.HOUR_US, "rolling_minutes": zones.MINUTE_US}


@dataclass(frozen=True)
class Window:
    """How far back is counted: local calendar days, rolling hours or minutes, or for ever."""

    unit: str
    n: int = 1

    def since_us(self, at_us: int, zone: str | None) -> int | None:
        """Give the first moment that counts; none where the zone is missing and needed."""
        if self.unit == "ever":
            return -(2**62)
        if self.unit in _ROLLING_US:
            return at_us - self.n * _ROLLING_US[self.unit] + 1
        return None if zone is None else zones.midnight_us(zone, at_us, 1 - self.n)

    def leaves_us(self, at_us: int, zone: str) -> int | None:
        """Give the moment from which a contact made at `at_us` counts no more."""
        if self.unit == "ever":
            return None
        if self.unit in _ROLLING_US:
            return at_us + self.n * _ROLLING_US[self.unit]
        return zones.midnight_us(zone, at_us, self.n)

    def __str__(self) -> str:
        return self.unit if self.unit == "ever" else f"{self.unit}:{self.n}"


@dataclass(frozen=True)
class Unit:
    """What is counted, and over whom.

    Args:
        of: which contacts may count, by what is known beforehand.
        made: which of them did count, by their outcome.
        key: a name in `contact.KEYS`.
        reserves: an intent taken through the gate counts until its outcome is known.
    """

    name: str
    of: Expression
    made: Expression
    key: str
    reserves: bool


@dataclass(frozen=True)
class History:
    """The counting part of a rule.

    Args:
        unit: what is counted.
        window: how far back.
        threshold: broken when so many went before (`at_most`), or when fewer did (`at_least`).
        limit: the number as the instrument says it.
        under: broken when fewer went before.
        reset: only what came after the last contact counted here counts ("in a row").
    """

    unit: Unit
    window: Window
    threshold: int
    limit: int
    under: bool = False
    reset: Unit | None = None

    def broken(self, before: int) -> bool:
        """Say whether that many contacts before this one break the rule."""
        return before < self.threshold if self.under else before >= self.threshold


@dataclass(frozen=True)
class Source:
    """Where a rule comes from, as the sheet states it; never completed by guessing."""

    instrument: Say
    clause: str | None
    verified: bool
    basis: str
    row: str
    effective_from_us: int | None
    effective_to_us: int | None
    pack: str
    where: str


@dataclass(frozen=True)
class Sample:
    """One side of an edge: a contact, what went before, and whether the rule finds it."""

    give: Mapping[str, Any]
    before: tuple[Mapping[str, Any], ...]
    spans: tuple[Mapping[str, Any], ...]
    finding: bool
    where: str
    unclear: bool = False  # found, but the contact does not tell what a breach would rest on
    without: tuple[str, ...] = ()  # fields the log has no column for


@dataclass(frozen=True, eq=False)
class Rule:
    """One conduct rule. Broken when in scope, forbidden, not excused, and the count says so.

    Args:
        made: what makes a breach of it; neither true nor false where the outcome is not told.
        lacks: fields a breach rests on (`silence.TESTS`); where one is not told, nothing is proved.
        attempts: whether an attempt that came to nothing is told as tried.
    """

    id: str
    code: str
    name: Say
    why: Say
    effect: Effect
    hard: bool
    judged_in: JudgedIn
    source: Source
    params: Mapping[str, Param] = field(default_factory=dict)
    scope: Expression | None = None
    forbid: Expression | None = None
    unless: Expression | None = None
    history: History | None = None
    made: Expression | None = None
    override: Say | None = None
    needs: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    attempts: bool = True
    note: Say | None = None
    samples: tuple[Sample, ...] = ()

    def stands_at(self, at_us: int | None) -> bool:
        """Say whether the rule is in force at a moment."""
        start, end = self.source.effective_from_us, self.source.effective_to_us
        if at_us is None:
            return True
        return (start is None or at_us >= start) and (end is None or at_us < end)


@dataclass(frozen=True)
class Rules:
    """The rules in force for a lender: packs and its own stricter policy, strictest wins.

    Args:
        all: every rule of the packs chosen, in pack order.
        policy: the lender's policy file's name, or none.
        default_zone: the zone of contacts that name none; none refuses them.
        sha256: digest of what was read, kept with every answer.
    """

    all: tuple[Rule, ...]
    policy: str | None
    default_zone: str | None
    sha256: str

    @cached_property
    def contact(self) -> tuple[Rule, ...]:
        """The rules gate and audit judge."""
        return tuple(rule for rule in self.all if rule.judged_in is JudgedIn.CONTACT)

    @cached_property
    def units(self) -> tuple[Unit, ...]:
        """What must be counted, each once; a unit reserves if any rule asks it to."""
        by: dict[str, Unit] = {}
        for rule in self.contact:
            if rule.history:
                for unit in (rule.history.unit, rule.history.reset):
                    if unit is not None and (unit.name not in by or unit.reserves):
                        by[unit.name] = unit
        return tuple(by.values())

    def get(self, rule_id: str) -> Rule | None:
        """Give a rule by its id."""
        return self._by_id.get(rule_id)

    @cached_property
    def _by_id(self) -> dict[str, Rule]:
        return {rule.id: rule for rule in reversed(self.all)}


def strictness(rule: Rule) -> tuple[int, int, int]:
    """Order rules of one code: the highest decides which instrument is named.

    Source:
        Strictest wins: effect, then a hard limit before a presumption, then the lower number.
    """
    limit = rule.history.limit if rule.history and not rule.history.under else 0
    return (rule.effect.rank, int(rule.hard), -limit)


def deciding(broken: Sequence[tuple[Rule, int]]) -> dict[str, Rule]:
    """Choose, for every code, the broken rule whose instrument decided; the first of equals.

    Args:
        broken: rules and how sure each is (`certainty`); a proved breach goes before a stricter rule's doubt.
    """
    chosen: dict[str, tuple[Rule, tuple[int, ...]]] = {}
    for rule, sure in broken:
        held, here = chosen.get(rule.code), (sure, *strictness(rule))
        if held is None or here > held[1]:
            chosen[rule.code] = (rule, here)
    return {code: rule for code, (rule, _) in chosen.items()}


def certainty(breach: bool, unclear: bool) -> int:
    """Order findings of one code: a breach, then one that needs a fact, then what was only tried."""
    return 2 if breach else int(unclear)
