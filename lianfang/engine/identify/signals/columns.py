"""One slice of a record table against the guides of its kind: levels, guards, and who met what.

The same questions as `check`, asked of columns: cheap clauses first; patterns, identifiers and lengths
only of records whose gate they may decide.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from lianfang.engine.identify.guides import condition
from lianfang.engine.identify.guides.clauses import Clause, Length, Pattern, Reach
from lianfang.engine.identify.guides.compile import Compiled
from lianfang.engine.identify.guides.guide import SCORE, Guard, Guide
from lianfang.engine.identify.signals.look import Look
from lianfang.engine.terms.codes import Level

LEVELS = (Level.NONE, Level.LOOK, Level.REVIEW)


@dataclass
class Slice:
    """Records in a row, their phrase clauses and their clauses about fields and other records.

    Attributes:
        bodies: the texts.
        words: met phrase clauses, one boolean row a clause number.
        known: met clauses about fields and other records, by clause number.
    """

    compiled: Compiled
    kind: str
    bodies: pa.Array
    words: np.ndarray
    known: dict[int, np.ndarray]
    looks: dict[int, Look] = field(default_factory=dict)
    settled: dict[int, np.ndarray] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Count the records."""
        return len(self.bodies)

    def look(self, row: int) -> Look:
        """Give one record's text as `check` would look at it."""
        if row not in self.looks:
            self.looks[row] = Look(self.compiled, self.bodies[row].as_py(), kind=self.kind)
        return self.looks[row]

    def least(self, no: int, clause: Clause) -> np.ndarray:
        """Say where a clause is known to be met."""
        if isinstance(clause.test, Pattern | Reach | Length):
            return self.settled.get(no, np.zeros(self.size, bool))
        return self.words[no] if no not in self.known else self.known[no]

    def most(self, no: int, clause: Clause) -> np.ndarray:
        """Say where a clause may be met."""
        if isinstance(clause.test, Pattern):
            return self.words[no]
        return np.ones(self.size, bool) if isinstance(clause.test, Reach | Length) else self.least(no, clause)

    def settle(self, no: int, clause: Clause, where: np.ndarray) -> None:
        """Decide a pattern, an identifier or a length for some of the records."""
        found = self.settled.setdefault(no, np.zeros(self.size, bool))
        for row in np.flatnonzero(where & self.most(no, clause) & ~found).tolist():
            found[row] = self.look(row).spans(no, clause) is not None


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
    for at, guide in enumerate(guides):
        _ask_guide(here, guide, at, found)
    found.after[:] = found.before
    for at, guard in enumerate(guards):
        _ask_guard(here, guard, at, found)
    return found


def _ask_guide(here: Slice, guide: Guide, at: int, found: Found) -> None:
    numbered = list(here.compiled.numbered(guide))
    least = {clause.id: here.least(no, clause) for no, clause in numbered}
    most = {clause.id: here.most(no, clause) for no, clause in numbered}
    hope = np.zeros(here.size, bool)
    for gate in guide.gates.values():
        hope |= condition.columns(gate, least, here.size, most)
    if not hope.any():
        return
    for no, clause in numbered:
        if isinstance(clause.test, Pattern | Reach | Length):
            here.settle(no, clause, hope)
            least[clause.id] = here.least(no, clause)
    for level, gate in guide.gates.items():
        met = condition.columns(gate, least, here.size) & hope
        np.maximum(found.before[at], np.where(met, LEVELS.index(level), 0), out=found.before[at], casting="unsafe")
    reached = found.before[at] > 0
    for no, clause in numbered:
        found.wanted[no] = least[clause.id] & reached
        found.score[at] += found.wanted[no] * np.int32(SCORE[clause.strength])


def _ask_guard(here: Slice, guard: Guard, at: int, found: Found) -> None:
    low = LEVELS.index(guard.lowers_to)
    mine = [n for n, guide in enumerate(found.guides) if guard in here.compiled.book.guards_of(guide)]
    where = (found.before[mine] > low).any(axis=0) if mine else np.zeros(here.size, bool)
    if not where.any():
        return
    numbered = list(here.compiled.numbered(guard))
    met = {}
    for no, clause in numbered:
        if isinstance(clause.test, Pattern | Reach | Length):
            here.settle(no, clause, where)
        met[clause.id] = here.least(no, clause)
    acts = where & condition.columns(guard.when, met, here.size)
    if guard.unless is not None:
        acts &= ~condition.columns(guard.unless, met, here.size)
    for n in mine:
        lowers = acts & (found.before[n] > low)
        found.after[n] = np.where(lowers, np.minimum(found.after[n], low), found.after[n])
        found.lowered[at] = np.where(lowers, np.maximum(found.lowered[at], found.before[n]), found.lowered[at])
    told = condition.named(guard.when)
    for no, clause in numbered:
        if clause.id in told:
            found.wanted[no] = met[clause.id] & acts
