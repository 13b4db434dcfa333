"""One slice of a record table against the guides of its kind: levels, guards, and who met what.

The same questions as `check`, asked of columns: cheap clauses first; patterns, identifiers and lengths
only of records whose gate they may decide.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lianfang.engine.identify.guides import condition
from lianfang.engine.identify.guides.guide import SCORE, Guard, Guide
from lianfang.engine.identify.signals.dear import Slice
from lianfang.engine.terms.codes import Level

LEVELS = (Level.NONE, Level.LOOK, Level.REVIEW)


@dataclass
class Found:
    """What one slice shows.

    Attributes:
        before: level number before guards, one row a guide of the kind.
        after: level number after guards.
        score: score where a gate was reached, else 0.
        lowered: one row a guard: the highest level it lowered, 0 where it did nothing.
        wanted: met clauses worth telling, one row a clause number.
    """

    guides: list[Guide]
    before: np.ndarray
    after: np.ndarray
    score: np.ndarray
    lowered: np.ndarray
    wanted: np.ndarray


def ask(here: Slice, guides: list[Guide]) -> Found:
    """Ask all guides and their guards of a slice.

    Args:
        here: the slice.
        guides: those for its kind.
    """
    guards = here.compiled.book.guards
    shape = (len(guides), here.size)
    found = Found(
        guides=guides,
        before=np.zeros(shape, np.int8),
        after=np.zeros(shape, np.int8),
        score=np.zeros(shape, np.int32),
        lowered=np.zeros((len(guards), here.size), np.int8),
        wanted=np.zeros((len(here.compiled.clauses), here.size), np.bool_),
    )
    hopes = [_hope(here, guide) for guide in guides]
    here.prepare([*zip(guides, hopes, strict=True)])
    for at, guide in enumerate(guides):
        if hopes[at].any():
            _ask_guide(here, guide, at, hopes[at], found)
    found.after[:] = found.before
    needed = [_where(here, guard, found) for guard in guards]
    here.prepare([*zip(guards, needed, strict=True)])
    for at, guard in enumerate(guards):
        if needed[at].any():
            _ask_guard(here, guard, at, needed[at], found)
    return found


def _hope(here: Slice, guide: Guide) -> np.ndarray:
    """Say where a gate may be met, whatever the dear clauses will say."""
    numbered = list(here.compiled.numbered(guide))
    least = {clause.id: here.least(no, clause) for no, clause in numbered}
    most = {clause.id: here.most(no, clause) for no, clause in numbered}
    hope = np.zeros(here.size, bool)
    for gate in guide.gates.values():
        hope |= condition.columns(gate, least, here.size, most)
    return hope


def _ask_guide(here: Slice, guide: Guide, at: int, hope: np.ndarray, found: Found) -> None:
    numbered = list(here.compiled.numbered(guide))
    for no, clause in numbered:
        here.settle(no, clause, hope)
    met = {clause.id: here.least(no, clause) for no, clause in numbered}
    for level, gate in guide.gates.items():
        reached = condition.columns(gate, met, here.size) & hope
        np.maximum(found.before[at], reached * np.int8(LEVELS.index(level)), out=found.before[at])
    reached = found.before[at] > 0
    for no, clause in numbered:
        found.wanted[no] = met[clause.id] & reached
        found.score[at] += found.wanted[no] * np.int32(SCORE[clause.strength])


def _mine(here: Slice, guard: Guard, found: Found) -> list[int]:
    return [n for n, guide in enumerate(found.guides) if guard in here.compiled.book.guards_of(guide)]


def _where(here: Slice, guard: Guard, found: Found) -> np.ndarray:
    """Say which records have a level that the guard may lower."""
    where = np.zeros(here.size, bool)
    for n in _mine(here, guard, found):
        where |= found.before[n] > LEVELS.index(guard.lowers_to)
    return where


def _ask_guard(here: Slice, guard: Guard, at: int, where: np.ndarray, found: Found) -> None:
    low = LEVELS.index(guard.lowers_to)
    numbered = list(here.compiled.numbered(guard))
    for no, clause in numbered:
        here.settle(no, clause, where)
    met = {clause.id: here.least(no, clause) for no, clause in numbered}
    acts = where & condition.columns(guard.when, met, here.size)
    if guard.unless is not None:
        acts &= ~condition.columns(guard.unless, met, here.size)
    for n in _mine(here, guard, found):
        lowers = acts & (found.before[n] > low)
        found.after[n] = np.where(lowers, np.minimum(found.after[n], low), found.after[n])
        found.lowered[at] = np.where(lowers, np.maximum(found.lowered[at], found.before[n]), found.lowered[at])
    told = condition.named(guard.when)
    for no, clause in numbered:
        if clause.id in told:
            found.wanted[no] = met[clause.id] & acts


