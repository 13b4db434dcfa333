"""Phrase hits of many records against all clauses: the compiled form of `meet`, same answer.

Hits come sorted by (row, fstart, word_no). Every kernel is linear in hits times clauses per word.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from lianfang.engine.identify.guides.clauses import AnyOf, Near
from lianfang.engine.identify.guides.compile import Compiled
from lianfang.engine.identify.signals.meet import MOST_SPANS
from lianfang.engine.terms import compiled


@dataclass(frozen=True)
class Wiring:
    """Who waits for which word, as arrays.

    Shape:
        use_ptr[w]:use_ptr[w+1] are the uses of word w; use_clause, use_part say whose, which part.
        least[c]: different words a clause needs. within[c]: its window, -1 for no window.
        n_parts[c], part_base[c]: parts of a `near`, and where they lie in one row of all parts.
    """

    use_ptr: np.ndarray
    use_clause: np.ndarray
    use_part: np.ndarray
    least: np.ndarray
    within: np.ndarray
    n_parts: np.ndarray
    part_base: np.ndarray

    @property
    def n_clauses(self) -> int:
        """Count the clauses."""
        return len(self.least)


def wiring(compiled: Compiled, asked: Collection[int]) -> Wiring:
    """Lay a compiled book out as arrays.

    Args:
        compiled: the book made ready.
        asked: numbers of the clauses to ask; nobody waits for the others' words.
    """
    kept = [[use for use in uses if use[0] in asked] for uses in compiled.uses]
    sizes = [len(uses) for uses in kept]
    flat = [use for uses in kept for use in uses]
    n_parts = np.array(compiled.n_parts, np.int32)
    tests = [clause.test for clause in compiled.clauses]
    return Wiring(
        use_ptr=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        use_clause=np.array([clause for clause, _ in flat], np.int32),
        use_part=np.array([part for _, part in flat], np.int32),
        least=np.array([test.at_least if isinstance(test, AnyOf) else 1 for test in tests], np.int32),
        within=np.array([test.within if isinstance(test, Near) else -1 for test in tests], np.int32),
        n_parts=n_parts,
        part_base=(np.cumsum(n_parts) - n_parts).astype(np.int32),
    )


def met(wired: Wiring, row_ptr: np.ndarray, word: np.ndarray, fstart: np.ndarray, fend: np.ndarray) -> np.ndarray:
    """Say which clauses each record's hits meet; a pattern's `needs` count as its words.

    Args:
        wired: the clauses.
        row_ptr: hits of record r are row_ptr[r]:row_ptr[r+1].
        word: word number of each hit.
        fstart: start of each hit in the folded text.
        fend: its end.

    Shape:
        one boolean row a clause, one column a record.
    """
    out = np.zeros((wired.n_clauses, len(row_ptr) - 1), np.bool_)
    _met(
        row_ptr, word, fstart, fend, wired.use_ptr, wired.use_clause, wired.use_part, wired.least, wired.within,
        wired.n_parts, wired.part_base, out,
    )  # fmt: skip
    return out


def supports(
    wired: Wiring,
    row_ptr: np.ndarray,
    word: np.ndarray,
    fstart: np.ndarray,
    fend: np.ndarray,
    wanted: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Give the hits that met each wanted clause, at most `MOST_SPANS` of each, in their order.

    Args:
        wired: the clauses.
        row_ptr: as in `met`.
        word: as in `met`.
        fstart: as in `met`.
        fend: as in `met`.
        wanted: which (clause, record) pairs to give; met ones only.

    Returns:
        Clause number and hit number of each support, ordered by record.
    """
    most = int(wanted.sum()) * MOST_SPANS
    clause_out, hit_out = np.empty(most, np.int32), np.empty(most, np.int64)
    n = _supports(
        row_ptr, word, fstart, fend, wired.use_ptr, wired.use_clause, wired.use_part, wired.within, wired.n_parts,
        wired.part_base, wanted, clause_out, hit_out,
    )  # fmt: skip
    return clause_out[:n], hit_out[:n]


@compiled.kernel
def _met(  # type: ignore[no-untyped-def]
    row_ptr, word, fstart, fend, use_ptr, use_clause, use_part, least, within, n_parts, part_base, out
):
    n_clauses = len(least)
    seen_in = np.full(n_clauses, -1, np.int64)  # the record a clause's marks belong to
    reach, count = np.zeros(n_clauses, np.int32), np.zeros(n_clauses, np.int32)
    word_in = np.full(len(use_clause), -1, np.int64)
    n_all = part_base[-1] + n_parts[-1] if n_clauses else 0
    part_in, part_hit = np.full(n_all, -1, np.int64), np.zeros(n_all, np.int64)
    for row in range(len(row_ptr) - 1):
        for hit in range(row_ptr[row], row_ptr[row + 1]):
            for use in range(use_ptr[word[hit]], use_ptr[word[hit] + 1]):
                clause = use_clause[use]
                if out[clause, row]:
                    continue
                if seen_in[clause] != row:
                    seen_in[clause], reach[clause], count[clause] = row, -1, 0
                if within[clause] < 0:
                    if fend[hit] > reach[clause]:
                        reach[clause] = fend[hit]
                        if word_in[use] != row:
                            word_in[use] = row
                            count[clause] += 1
                            out[clause, row] = count[clause] >= least[clause]
                    continue
                base = part_base[clause]
                mine = base + use_part[use]
                if part_in[mine] != row:
                    part_in[mine] = row
                    count[clause] += 1
                part_hit[mine] = hit
                if count[clause] == n_parts[clause]:
                    first, last = fstart[hit], fend[hit]
                    for part in range(base, base + n_parts[clause]):
                        first, last = min(first, fstart[part_hit[part]]), max(last, fend[part_hit[part]])
                    out[clause, row] = last - first <= within[clause]


@compiled.kernel
def _supports(  # type: ignore[no-untyped-def]
    row_ptr, word, fstart, fend, use_ptr, use_clause, use_part, within, n_parts, part_base, wanted, clause_out, hit_out
):
    n_clauses = len(within)
    seen_in = np.full(n_clauses, -1, np.int64)
    reach, count, done = np.zeros(n_clauses, np.int32), np.zeros(n_clauses, np.int32), np.zeros(n_clauses, np.bool_)
    n_all = part_base[-1] + n_parts[-1] if n_clauses else 0
    part_in, part_hit = np.full(n_all, -1, np.int64), np.zeros(n_all, np.int64)
    n = 0
    for row in range(len(row_ptr) - 1):
        for hit in range(row_ptr[row], row_ptr[row + 1]):
            for use in range(use_ptr[word[hit]], use_ptr[word[hit] + 1]):
                clause = use_clause[use]
                if not wanted[clause, row]:
                    continue
                if seen_in[clause] != row:
                    seen_in[clause], reach[clause], count[clause], done[clause] = row, -1, 0, False
                if done[clause]:
                    continue
                if within[clause] < 0:
                    if fend[hit] > reach[clause]:
                        reach[clause] = fend[hit]
                        clause_out[n], hit_out[n] = clause, hit
                        n += 1
                        count[clause] += 1
                        done[clause] = count[clause] == MOST_SPANS
                    continue
                base = part_base[clause]
                mine = base + use_part[use]
                if part_in[mine] != row:
                    part_in[mine] = row
                    count[clause] += 1
                part_hit[mine] = hit
                if count[clause] == n_parts[clause]:
                    first, last = fstart[hit], fend[hit]
                    for part in range(base, base + n_parts[clause]):
                        first, last = min(first, fstart[part_hit[part]]), max(last, fend[part_hit[part]])
                    if last - first <= within[clause]:
                        done[clause] = True
                        chosen = np.unique(part_hit[base : base + n_parts[clause]])[:MOST_SPANS]
                        for one in chosen:
                            clause_out[n], hit_out[n] = clause, one
                            n += 1
    return n


@compiled.kernel
def cut(offsets, letters, rows, starts, ends, out_ptr):  # type: ignore[no-untyped-def]
    """Say where code-point spans lie in bytes; spans ordered by (row, start).

    Args:
        offsets: of a large string array.
        letters: its UTF-8 bytes.
        rows: which string each span is in.
        starts: first code point.
        ends: one past the last code point.
        out_ptr: takes the first byte of each span and one past its last, two columns.
    """
    row, at, point = -1, 0, 0
    for n in range(len(rows)):
        if rows[n] != row or starts[n] < point:
            row, at, point = rows[n], offsets[rows[n]], 0
        stop = offsets[row + 1]
        while point < starts[n] and at < stop:
            at += 1
            while at < stop and letters[at] & 0xC0 == 0x80:
                at += 1
            point += 1
        out_ptr[n, 0] = at
        end, here = at, point
        while here < ends[n] and end < stop:
            end += 1
            while end < stop and letters[end] & 0xC0 == 0x80:
                end += 1
            here += 1
        out_ptr[n, 1] = end


@compiled.kernel
def copy(letters, spans, out):  # type: ignore[no-untyped-def]
    """Copy byte spans one behind the other.

    Args:
        letters: the bytes.
        spans: first byte and one past the last, two columns.
        out: takes the copies; as long as all spans together.
    """
    at = 0
    for n in range(len(spans)):
        for place in range(spans[n, 0], spans[n, 1]):
            out[at] = letters[place]
            at += 1
