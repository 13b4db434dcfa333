"""Signals as rows: each place a clause was met, with its words and its reason, in a fixed order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import pyarrow as pa

from lianfang.engine.identify.guides.clauses import AnyOf, Count, Near, Similar
from lianfang.engine.identify.guides.clauses import Sequence as Sequenced
from lianfang.engine.identify.guides.compile import Compiled
from lianfang.engine.identify.signals import kernels, why
from lianfang.engine.identify.signals.columns import LEVELS, Found
from lianfang.engine.identify.signals.dear import Slice
from lianfang.engine.identify.signals.others import Counted
from lianfang.engine.terms import compiled
from lianfang.engine.terms.errors import Say

Key = tuple[int | str | bool | why.Word, ...]


@dataclass(frozen=True)
class Hits:
    """The phrase hits of a slice, ordered by (row, place); `row_ptr` says where each record's begin."""

    row_ptr: np.ndarray
    word: np.ndarray
    start: np.ndarray
    end: np.ndarray
    fstart: np.ndarray
    fend: np.ndarray
    evasion: np.ndarray


@dataclass
class Reasons:
    """Every different reason told so far, numbered in the order they came."""

    numbers: dict[Key, int] = field(default_factory=dict)
    says: list[Say] = field(default_factory=list)

    def number(self, key: Key, say: Callable[[], Say]) -> int:
        """Give the number of a reason, making its sentences the first time."""
        number = self.numbers.get(key)
        if number is None:
            number = self.numbers[key] = len(self.says)
            self.says.append(say())
        return number


@dataclass(frozen=True)
class Told:
    """Rows of signals of one slice; span -1 where the clause is not about a place in the text."""

    row: np.ndarray
    clause: np.ndarray
    start: np.ndarray
    end: np.ndarray
    evasion: np.ndarray
    reason: np.ndarray
    matched: pa.Array


def told(
    here: Slice, found: Found, hits: Hits, wired: kernels.Wiring, counts: dict[int, Counted], reasons: Reasons
) -> Told:
    """Tell every wanted clause of a slice.

    Args:
        here: the slice.
        found: what it shows.
        hits: its phrase hits.
        wired: the clauses they were asked of.
        counts: clauses about other records, for these records.
        reasons: takes the reasons.

    Shape:
        rows by record, then clause, then place.
    """
    parts = [
        _by_words(here, found, hits, wired, reasons),
        _by_looking(here, found, reasons),
        _by_counting(here, found, counts, reasons),
    ]
    row, clause = (np.concatenate([getattr(part, name) for part in parts]) for name in ("row", "clause"))
    order = np.lexsort((np.arange(len(row)), clause, row))
    matched = pa.concat_arrays([part.matched for part in parts]).take(pa.array(order))
    columns = {
        name: np.concatenate([getattr(part, name) for part in parts])[order]
        for name in ("start", "end", "evasion", "reason")
    }
    return Told(row=row[order], clause=clause[order], matched=matched, **columns)


def _guard_before(here: Slice, found: Found, clause: np.ndarray, row: np.ndarray) -> np.ndarray:
    """Say from which level a guard's clause lowered its record; 0 for a guide's clause."""
    before = np.zeros(len(row), np.int8)
    for at, guard in enumerate(here.compiled.book.guards):
        first = here.compiled.first_clause[guard.id]
        mine = (clause >= first) & (clause < first + len(guard.clauses))
        before[mine] = found.lowered[at][row[mine]]
    return before


def _by_words(here: Slice, found: Found, hits: Hits, wired: kernels.Wiring, reasons: Reasons) -> Told:
    texted = np.array([isinstance(clause.test, AnyOf | Near) for clause in here.compiled.clauses])
    wanted = found.wanted & texted[:, None]
    clause, hit = kernels.supports(wired, hits.row_ptr, hits.word, hits.fstart, hits.fend, wanted)
    row = np.searchsorted(hits.row_ptr, hit, side="right") - 1
    order = np.lexsort((hit, clause, row))
    clause, hit, row = clause[order], hit[order], row[order]
    first = np.flatnonzero(np.r_[True, (row[1:] != row[:-1]) | (clause[1:] != clause[:-1])][: len(row)])
    group = np.cumsum(np.isin(np.arange(len(row)), first, assume_unique=True)) - 1
    before = _guard_before(here, found, clause[first], row[first])
    evaded = np.logical_or.reduceat(hits.evasion[hit], first) if len(first) else np.zeros(0, bool)
    start, end = hits.start[hit], hits.end[hit]
    matched = slices(here.bodies, row, start, end)
    letter, spelt = _spelt(here.compiled, hits.word[hit], matched)
    code = _grouped(clause[first], evaded, before, letter, group)
    reason = np.zeros(len(first), np.int32)
    _, sample, back = np.unique(code, return_index=True, return_inverse=True)
    bounds = np.append(first, len(row))
    numbers = []
    for one in sample.tolist():
        words = tuple(spelt[n] for n in letter[bounds[one] : bounds[one + 1]].tolist())
        numbers.append(_word_reason(here.compiled, int(clause[first[one]]), words, bool(evaded[one]), int(before[one]), reasons))
    if numbers:
        reason = np.array(numbers, np.int32)[back]
    return Told(row, clause, start, end, hits.evasion[hit], reason[group], matched)


def _spelt(compiled: Compiled, word: np.ndarray, matched: pa.Array) -> tuple[np.ndarray, list[why.Word]]:
    """Number the different spellings of the words hit; give each hit's number, and the spellings."""
    typed = matched.dictionary_encode()
    names, at = typed.dictionary.to_pylist(), typed.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    pairs, letter = np.unique(word.astype(np.int64) * (len(names) + 1) + at, return_inverse=True)
    spelt = [why.Word(names[one % (len(names) + 1)], compiled.words[one // (len(names) + 1)]) for one in pairs.tolist()]
    return letter, spelt


def _grouped(clause: np.ndarray, evaded: np.ndarray, before: np.ndarray, word: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Number groups with the same clause, words in order, evasion and level: exact, no hashing."""
    code = (clause.astype(np.int64) * 2 + evaded) * 4 + before
    n_words = int(word.max(initial=0)) + 2
    counts = np.bincount(group, minlength=len(clause))
    begin = np.cumsum(counts) - counts
    for place in range(int(counts.max(initial=0))):
        there = begin + place
        inside = place < counts
        letter = np.where(inside, word[np.where(inside, there, 0)] + 1, 0)
        code = np.unique(code, return_inverse=True)[1].astype(np.int64) * n_words + letter
    return np.asarray(code)


def _word_reason(compiled: Compiled, no: int, words: tuple[why.Word, ...], evaded: bool, before: int, reasons: Reasons) -> int:
    key: Key = ("words", no, evaded, before, *words)
    return reasons.number(key, partial(_worded, compiled, no, words, before, evaded))


def _worded(compiled: Compiled, no: int, words: tuple[why.Word, ...], before: int, evaded: bool) -> Say:
    return _say(compiled, no, tuple(word.say for word in words), before, why.by_words(compiled.clauses[no], words, evaded))


def _say(compiled: Compiled, no: int, shown: tuple[Say, ...], before: int, otherwise: Say) -> Say:
    if not before:
        return otherwise
    guard = next(
        guard
        for guard in compiled.book.guards
        if compiled.first_clause[guard.id] <= no < compiled.first_clause[guard.id] + len(guard.clauses)
    )
    return why.by_guard(guard, shown, LEVELS[before], guard.lowers_to)


def _by_looking(here: Slice, found: Found, reasons: Reasons) -> Told:
    """Patterns, identifiers, lengths, expressions: few records, each asked as `check` asks it."""
    rows: list[tuple[int, int, int, int, bool, int]] = []
    matched: list[str] = []
    for no, clause in enumerate(here.compiled.clauses):
        if isinstance(clause.test, AnyOf | Near | Count | Similar | Sequenced):
            continue
        chosen = np.flatnonzero(found.wanted[no])
        before = _guard_before(here, found, np.full(len(chosen), no), chosen)
        places = here.spans(no, clause, chosen)
        for row, level, spans in zip(chosen.tolist(), before.tolist(), places, strict=True):
            shown = tuple(span.matched for span in spans)
            reason = reasons.number(("look", no, level, *shown), partial(_looked, here.compiled, no, shown, level))
            for span in spans:
                rows.append((row, no, span.start, span.end, span.evasion, reason))
            if not spans:
                rows.append((row, no, -1, -1, False, reason))
            matched += shown or ("",)
    at, clause_no, first, last, evaded, said = np.array(rows, np.int64).reshape(len(rows), 6).T
    shapes = clause_no.astype(np.int32), first, last, evaded.astype(bool), said.astype(np.int32)
    return Told(at, *shapes, pa.array(matched, pa.large_string()))


def _looked(compiled: Compiled, no: int, shown: tuple[str, ...], before: int) -> Say:
    quoted = tuple(why.quoted(one) for one in shown)
    return _say(compiled, no, quoted, before, why.by_reading(compiled.clauses[no], shown))


def _by_counting(here: Slice, found: Found, counts: dict[int, Counted], reasons: Reasons) -> Told:
    """Clauses about other records: the reason tells the number, and the identifier masked."""
    rows, clauses, numbers = [np.zeros(0, np.int64)], [np.zeros(0, np.int32)], [np.zeros(0, np.int32)]
    for no, counted in counts.items():
        row = np.flatnonzero(found.wanted[no])
        if not len(row):
            continue
        before = _guard_before(here, found, np.full(len(row), no), row)
        masked = [""] * len(row) if counted.shared is None else counted.shared.take(pa.array(row)).to_pylist()
        said = [
            reasons.number(("count", no, *each), partial(_counted, here.compiled, no, each))
            for each in zip(before.tolist(), counted.n[row].tolist(), counted.n_institutions[row].tolist(), masked, strict=True)
        ]
        rows.append(row)
        clauses.append(np.full(len(row), no, np.int32))
        numbers.append(np.array(said, np.int32))
    row = np.concatenate(rows)
    none = np.full(len(row), -1, np.int64)
    return Told(row, np.concatenate(clauses), none, none, np.zeros(len(row), bool), np.concatenate(numbers), pa.array([""] * len(row), pa.large_string()))  # fmt: skip


def _counted(compiled: Compiled, no: int, told: tuple[int, int, int, str]) -> Say:
    before, n, n_institutions, masked = told
    said = why.by_others(compiled.clauses[no], n, n_institutions, masked)
    return _say(compiled, no, (), before, said)


def slices(bodies: pa.Array, row: np.ndarray, start: np.ndarray, end: np.ndarray) -> pa.Array:
    """Cut code-point spans out of strings.

    Args:
        bodies: large strings.
        row: which string each span is in.
        start: first code point.
        end: one past the last.

    Shape:
        n spans in, n large strings out, in the same order.
    """
    offsets = np.frombuffer(bodies.buffers()[1], np.int64)[bodies.offset : bodies.offset + len(bodies) + 1]
    letters = np.frombuffer(bodies.buffers()[2] or b"", np.uint8)
    order = np.lexsort((end, start, row))
    spans = np.zeros((len(row), 2), np.int64)
    kernels.cut(offsets, compiled.buffer(letters), row[order], start[order], end[order], spans)
    spans[order] = spans.copy()
    sizes = spans[:, 1] - spans[:, 0]
    out = np.zeros(int(sizes.sum()), np.uint8)
    kernels.copy(compiled.buffer(letters), spans, out)
    ends = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    return pa.Array.from_buffers(pa.large_string(), len(row), [None, pa.py_buffer(ends), pa.py_buffer(out)])
