"""Clauses that cost something: patterns, identifiers and lengths, decided for some records of a slice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lianfang.engine.identify.guides import compile as ready
from lianfang.engine.identify.guides.clauses import Clause, Length, Pattern, Reach
from lianfang.engine.identify.guides.compile import Compiled
from lianfang.engine.identify.guides.guide import Guard, Guide
from lianfang.engine.identify.signals import folded as folding
from lianfang.engine.identify.signals import meet, why
from lianfang.engine.identify.signals.answer import Span
from lianfang.engine.identify.signals.look import MASKS, Look, mask_spans, reach_spans
from lianfang.engine.terms.codes import IdentifierKind
from lianfang.engine.text import cells

_MASKED = "|".join(MASKS)
_JOB_ROWS = 8_192
_FOUND = ["row", "kind", "value", "start", "end", "hidden"]


@dataclass(frozen=True)
class Matches:
    """Where a pattern matched: records in order, raw spans, places among the folded texts."""

    rows: np.ndarray
    start: np.ndarray
    end: np.ndarray
    opened: np.ndarray


@dataclass
class Slice:
    """Records in a row, their phrase clauses and their clauses about fields and other records.

    Attributes:
        bodies: the texts.
        words: met phrase clauses, one boolean row a clause number.
        known: met clauses about fields and other records, by clause number.
        threads: how many may work at once.
        given: identifiers found in the texts before: row, kind, value, start, end, hidden; or none.
    """

    compiled: Compiled
    kind: str
    bodies: pa.Array
    words: np.ndarray
    known: dict[int, np.ndarray]
    threads: int | None = None
    given: pa.Table | None = None
    settled: dict[int, np.ndarray] = field(default_factory=dict)
    matches: dict[int, Matches] = field(default_factory=dict)
    folded: folding.Folded = folding.NOTHING
    identifiers: dict[int, list[tuple[str, str, Span]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.searched = np.zeros(self.size, bool)
        self.masked = np.zeros(self.size, bool)

    @cached_property
    def column(self) -> cells.Cells:
        """Give the texts as bytes and offsets."""
        return next(cells.columns(self.bodies))

    @property
    def size(self) -> int:
        """Count the records."""
        return len(self.bodies)

    def least(self, no: int, clause: Clause) -> np.ndarray:
        """Say where a clause is known to be met."""
        if isinstance(clause.test, Pattern | Reach | Length):
            return self.settled.get(no, np.zeros(self.size, bool))
        return np.asarray(self.words[no]) if no not in self.known else self.known[no]

    def most(self, no: int, clause: Clause) -> np.ndarray:
        """Say where a clause may be met."""
        if isinstance(clause.test, Pattern):
            return np.asarray(self.words[no])
        return np.ones(self.size, bool) if isinstance(clause.test, Reach | Length) else self.least(no, clause)

    def prepare(self, asked: Sequence[tuple[Guide | Guard, np.ndarray]]) -> None:
        """Fold texts and find identifiers once, where any of them will ask; they are settled next.

        Args:
            asked: guides or guards, each with the records it will ask about.
        """
        fold, find = np.zeros(self.size, bool), np.zeros(self.size, bool)
        for holder, where in asked:
            for no, clause in self.compiled.numbered(holder):
                if isinstance(clause.test, Pattern | Length):
                    fold |= where & self.most(no, clause)
                elif isinstance(clause.test, Reach):
                    find |= where
        self.folded = folding.folded(self.column, np.flatnonzero(fold), self.threads)
        rows = np.flatnonzero(find & ~self.searched)
        if len(rows):
            masks = pc.match_substring_regex(self.bodies.take(pa.array(rows)), _MASKED)
            self.masked[rows] = masks.to_numpy(zero_copy_only=False)
            self._find(rows)
        self.searched |= find

    def _find(self, rows: np.ndarray) -> None:
        from lianfang.engine.identifiers import find, mask

        if self.given is None:
            made = find.find_table(self.bodies.take(pa.array(rows)))
            made = made.set_column(0, "row", pa.array(rows).take(made["row"].combine_chunks()))
        else:
            made = self.given.filter(pc.is_in(self.given["row"], pa.array(rows)))
        for row, kind, value, start, end, hidden in zip(*made.select(_FOUND).to_pydict().values(), strict=True):
            span = Span(start, end, mask.mask(IdentifierKind(kind), value), evasion=hidden)
            self.identifiers.setdefault(row, []).append((kind, value, span))

    def settle(self, no: int, clause: Clause, where: np.ndarray) -> None:
        """Decide a pattern, an identifier or a length for some of the records; others are known."""
        if isinstance(clause.test, Pattern):
            self.settled[no] = self._pattern(no, clause.test, np.flatnonzero(where & self.words[no]))
        elif isinstance(clause.test, Reach):
            self.settled[no] = self._reach(clause.test, where)
        elif isinstance(clause.test, Length):
            self.settled[no] = self._length(clause.test, np.flatnonzero(where))

    def _pattern(self, no: int, test: Pattern, rows: np.ndarray) -> np.ndarray:
        met = np.zeros(self.size, bool)
        _ = self.compiled.patterns  # a refused pattern is told as a fault, not as Arrow's exception
        jobs = [rows[first : first + _JOB_ROWS] for first in range(0, len(rows), _JOB_ROWS)]
        parts = cells.each(lambda job: self._matched(test, job), jobs, self.threads)
        if parts:
            self.matches[no] = Matches(*(np.concatenate(column) for column in zip(*parts, strict=True)))
            met[self.matches[no].rows] = True
        return met

    def _matched(self, test: Pattern, rows: np.ndarray) -> tuple[np.ndarray, ...]:
        made = self.folded
        places = made.at(rows)
        spans = pc.extract_regex_span(made.texts.take(pa.array(places)), f"(?P<found>{ready.groupless(test.pattern)})")
        pairs = pc.struct_field(spans, "found")
        both = np.asarray(pairs.flatten()) if pairs.null_count == 0 else np.asarray(pc.fill_null(pairs, [0, 0]).flatten())
        first, size = both.reshape(-1, 2).T
        met = pc.is_valid(spans).to_numpy(zero_copy_only=False) & (size > 0)
        start, end = folding.raw_spans(made, self.column, places[met], first[met], size[met])
        return rows[met], start, end, made.opened[places[met]]

    def _length(self, test: Length, rows: np.ndarray) -> np.ndarray:
        met = np.zeros(self.size, bool)
        sizes = self.folded.sizes[self.folded.at(rows)]
        met[rows] = (sizes >= test.at_least) & ((sizes <= test.at_most) if test.at_most else True)
        return met

    def _reach(self, test: Reach, where: np.ndarray) -> np.ndarray:
        rows = {row for row, found in self.identifiers.items() if any(kind in test.kinds for kind, _, _ in found)}
        if test.masked:
            rows |= set(np.flatnonzero(self.masked & where).tolist())
        met = np.zeros(self.size, bool)
        chosen = sorted(row for row in rows if where[row])
        met[[row for row in chosen if len(self.reached(row, test)) >= test.at_least]] = True
        return met

    def reached(self, row: int, test: Reach) -> list[Span]:
        """Give the ways to reach somebody in one text, as `Look` gives them."""
        spans = reach_spans(self.identifiers.get(row, []), test)
        return sorted(spans + (mask_spans(self.bodies[row].as_py(), test) if test.masked else []))

    def spans(self, no: int, clause: Clause, rows: np.ndarray) -> list[tuple[Span, ...]]:
        """Say where some records meet a dear clause, as `Look` says it.

        Args:
            no: the clause's number.
            clause: the clause.
            rows: records known to meet it, ascending.
        """
        if isinstance(clause.test, Reach):
            return [tuple(self.reached(row, clause.test)[: meet.MOST_SPANS]) for row in rows.tolist()]
        if not isinstance(clause.test, Pattern) or not len(rows):
            return [()] * len(rows)
        found = self.matches[no]
        at = np.searchsorted(found.rows, rows)
        made = []
        for row, start, end, opened in zip(
            rows.tolist(), found.start[at].tolist(), found.end[at].tolist(), found.opened[at].tolist(), strict=True
        ):
            raw = self.bodies[row].as_py()
            span = Span(start, end, why.covered(raw[start:end]))
            made.append((span,) if not opened else Look(self.compiled, raw, kind=self.kind).spans(no, clause) or (span,))
        return made

