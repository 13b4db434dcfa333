"""One text's phrase hits against all clauses: the plain form of what `kernels` does for tables.

Two rules hold in both: a hit that lies inside a longer hit of the same clause says nothing new, and a
window is looked at whenever a part of a `near` clause is met, with the latest hit of each other part.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lianfang.engine.identify.guides.clauses import Near
from lianfang.engine.identify.guides.compile import Compiled, least_words

#: So many places of one clause are kept; a reader needs no more.
MOST_SPANS = 5


@dataclass(frozen=True)
class Hit:
    """One phrase found: its number, its span in the folded and in the raw text."""

    fstart: int
    word_no: int
    fend: int
    start: int
    end: int
    evasion: bool


def met(compiled: Compiled, hits: Sequence[Hit]) -> dict[int, tuple[Hit, ...]]:
    """Say which clauses the hits meet, and by which of them.

    Args:
        compiled: the numbered clauses.
        hits: ordered by (fstart, word_no).

    Returns:
        Clause number to its first hits, at most `MOST_SPANS`; a pattern clause stands here when one
        of its `needs` occurs.
    """
    waiting: dict[int, list[tuple[int, Hit]]] = {}
    for hit in hits:
        for clause_no, part in compiled.uses[hit.word_no]:
            waiting.setdefault(clause_no, []).append((part, hit))
    found = {}
    for clause_no, parts in waiting.items():
        clause = compiled.clauses[clause_no]
        if isinstance(clause.test, Near):
            kept = _window(parts, compiled.n_parts[clause_no], clause.test.within)
        else:
            kept = _words([hit for _, hit in parts], least_words(clause))
        if kept:
            found[clause_no] = tuple(kept[:MOST_SPANS])
    return found


def _words(hits: list[Hit], least: int) -> list[Hit]:
    kept: list[Hit] = []
    end = -1
    for hit in hits:
        if hit.fend > end:
            kept.append(hit)
            end = hit.fend
    return kept if len({hit.word_no for hit in kept}) >= least else []


def _window(parts: list[tuple[int, Hit]], n_parts: int, within: int) -> list[Hit]:
    last: dict[int, Hit] = {}
    for part, hit in parts:
        last[part] = hit
        if len(last) == n_parts:
            chosen = last.values()
            if max(each.fend for each in chosen) - min(each.fstart for each in chosen) <= within:
                return sorted(set(chosen), key=lambda each: (each.fstart, each.word_no))
    return []
