"""Guides, guards and phrase sets as read-only values; `load` gives them all as one book."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from lianfang.engine.identify.guides import condition
from lianfang.engine.identify.guides.clauses import Clause
from lianfang.engine.terms.codes import Level, Strength
from lianfang.engine.terms.errors import DefinitionError, NotFound, Say

SCORE: Mapping[Strength, int] = {Strength.STRONG: 10, Strength.MEDIUM: 4, Strength.WEAK: 1}


@dataclass(frozen=True)
class PhraseSet:
    """Words that say one thing, written plain; folding meets their disguises."""

    id: str
    name: Say
    words: tuple[str, ...]
    where: str


@dataclass(frozen=True)
class Sample:
    """One text or record a guide is tried on: `wants` is hit, miss or guarded.

    `given` names clauses taken as met, for those that look at other records (count, similar, sequence).
    """

    wants: str
    level: Level
    where: str
    text: str = ""
    record: Mapping[str, Any] | None = None
    kind: str = ""
    guard: str = ""
    given: tuple[str, ...] = ()


@dataclass(frozen=True)
class Law:
    """The instrument a guide leans on; `verified` only where the clause was read."""

    instrument: str
    clause: str
    verified: bool
    note: str
    where: str


@dataclass(frozen=True)
class Guide:
    """One activity's signs: clauses, gates, and what to do when a record meets them."""

    id: str
    version: str
    activity: str
    title: Say
    kinds: tuple[str, ...]
    clauses: tuple[Clause, ...]
    gates: Mapping[Level, condition.Gate]
    gate_words: Mapping[Level, str]
    where: str
    definition: Say | None = None
    excludes: tuple[Say, ...] = ()
    guards: tuple[str, ...] | None = None  # None: every guard of the activity
    evidence: tuple[Say, ...] = ()
    response: Mapping[str, Say] = field(default_factory=dict)
    advice: Say | None = None
    legal: tuple[Law, ...] = ()
    source: str = ""
    samples: tuple[Sample, ...] = ()

    @property
    def reads_text(self) -> bool:
        """Say whether a loose text can meet the guide."""
        return any(clause.reads_text for clause in self.clauses)

    def score(self, hits: frozenset[str] | set[str]) -> int:
        """Add the weights of the clauses met; it orders a queue and decides nothing."""
        return sum(SCORE[clause.strength] for clause in self.clauses if clause.id in hits)


@dataclass(frozen=True)
class Guard:
    """A protected look-alike: where it holds, the level of its guides is lowered, with a reason."""

    id: str
    name: Say
    why: Say
    activities: tuple[str, ...]
    clauses: tuple[Clause, ...]
    when: condition.Gate
    unless: condition.Gate | None
    lowers_to: Level
    when_words: str
    unless_words: str
    where: str
    samples: tuple[Sample, ...] = ()

    def covers(self, activity: str) -> bool:
        """Say whether the guard speaks about an activity."""
        return "all" in self.activities or activity in self.activities

    def acts(self, hits: frozenset[str] | set[str]) -> bool:
        """Say whether the guard holds, given its own clauses that are met."""
        if not condition.holds(self.when, hits):
            return False
        return self.unless is None or not condition.holds(self.unless, hits)


@dataclass(frozen=True)
class GuideBook:
    """All guides, guards and phrase sets in force, in order of their ids."""

    guides: tuple[Guide, ...]
    guards: tuple[Guard, ...]
    sets: Mapping[str, PhraseSet]
    digest: str

    @property
    def holders(self) -> tuple[Guide | Guard, ...]:
        """Give all guides, then all guards: the order clauses are numbered in."""
        return (*self.guides, *self.guards)

    @cached_property
    def _by_id(self) -> dict[str, Guide]:
        return {guide.id: guide for guide in self.guides}

    def guide(self, name: str) -> Guide:
        """Give one guide by its id.

        Raises:
            NotFound: no guide has it.
        """
        found = self._by_id.get(name)
        if found is None:
            raise NotFound(
                Say(f"没有特征指南 {name}", f"there is no guide {name}"),
                code="E-GUIDE-30",
                fix=Say("lianfang guide list 列出全部编号", "lianfang guide list names them all"),
            )
        return found

    def guards_of(self, guide: Guide) -> tuple[Guard, ...]:
        """Give the guards that may lower a guide."""
        if guide.guards is None:
            return tuple(guard for guard in self.guards if guard.covers(guide.activity))
        return tuple(guard for guard in self.guards if guard.id in guide.guards)


def load(folder: str | Path | None = None, shipped: bool = True) -> GuideBook:
    """Load every guide, guard and phrase set; the answer is kept for the next caller.

    Args:
        folder: more YAML files; a guide, guard or set with a known id replaces the shipped one.
        shipped: start from the shipped ones; False reads the folder alone.

    Raises:
        DefinitionError: something cannot run; `.faults` has every fault of every file.
    """
    return _load(str(folder) if folder is not None else None, shipped)


@lru_cache(maxsize=8)
def _load(folder: str | None, shipped: bool) -> GuideBook:
    from lianfang.engine.identify.guides import reading

    shelf = reading.read(Path(folder) if folder is not None else None, shipped)
    if shelf.is_broken:
        faults = shelf.faults
        raise DefinitionError(
            Say(f"特征指南有 {len(faults)} 处错误", f"the guides have {len(faults)} faults"),
            code="E-GUIDE-00",
            where=faults[0].where,
            fix=Say("lianfang guide lint 列出每一处和改法", "lianfang guide lint lists each with its mend"),
            faults=faults,
        )
    return shelf.book
