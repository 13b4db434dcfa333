"""All guides over whole record tables: table `signal` and a verdict for every record.

Texts are read slice by slice, so that memory stays bounded; a slice's size never depends on the number
of threads, so the answer does not either. A record's signals are kept where one of its guides reached
a gate before guards: what a guard silenced can still be read, a stray word is not kept.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lianfang.engine.identify.guides import compile as ready
from lianfang.engine.identify.guides.clauses import Clause, Count, Expr, Sequence, Similar
from lianfang.engine.identify.guides.compile import Compiled
from lianfang.engine.identify.guides.guide import Guard, Guide, GuideBook
from lianfang.engine.identify.signals import columns, expressions, kernels, others, tabled, told
from lianfang.engine.identify.signals.body import bodies
from lianfang.engine.identify.signals.dear import Slice
from lianfang.engine.text import scan

SLICE_ROWS = 131_072


@dataclass(frozen=True)
class Asked:
    """What is asked of one kind of record: its guides, their clauses, what is known beforehand."""

    kind: str
    table: pa.Table
    compiled: Compiled
    guides: list[Guide]
    wired: kernels.Wiring
    known: dict[int, np.ndarray]
    counts: dict[int, others.Counted]
    found: pa.Table | None = None


def signals(
    records: Mapping[str, pa.Table],
    book: GuideBook,
    *,
    families: pa.Table | None = None,
    found: pa.Table | None = None,
    threads: int | None = None,
) -> tuple[pa.Table, pa.Table]:
    """Say which records carry which signs of which activity, and why.

    Args:
        records: record tables by kind.
        book: the guides in force.
        families: table `family` of linkage; without it no clause about templates is met.
        found: identifiers found in the bodies before (record_no, kind, value, start, end, hidden);
            without it they are looked for where a guide asks.
        threads: how many to scan with; the answer is the same for any number.

    Shape:
        makes  signal(record_no, kind, record_id, guide, guide_version, clause, strength, span_start,
               span_end, matched, why_zh, why_en), by record, then guide, clause, place; a guard that
               acted stands there too, as guide = its id and strength = `guard`
               verdict(record_no, kind, record_id, activity, level, level_before_guards, score, guards,
               evasion), one row a record, in order of record_no

    Units:
        spans in code points of the record's body; score orders a queue and decides nothing.

    Raises:
        DefinitionError: a pattern or expression of the book cannot be used.
    """
    compiled = ready.compiled(book)
    reasons = told.Reasons()
    parts = []
    for kind in sorted(records):
        table = records[kind]
        if table.num_rows:
            counts = counted(kind, table, compiled, families)
            parts += slices(replace(asked(kind, table, compiled, counts), found=found), reasons, threads)
    return tabled.signal_table(parts, compiled, reasons), tabled.verdict_table(parts, compiled)


def counted(
    kind: str, table: pa.Table, compiled: Compiled, families: pa.Table | None
) -> dict[int, others.Counted]:
    """Ask the clauses about other records, which need all records of a kind.

    Args:
        kind: the records' kind.
        table: all of them; columns no such clause reads may be missing.
        compiled: the book made ready.
        families: table `family` of linkage, or none.

    Shape:
        n records in; three columns of n out for every such clause, by clause number.
    """
    numbers = others.Numbers(table)
    return {
        no: others.counted(compiled.clauses[no], kind, numbers, families)
        for no in about_others(kind, compiled)
    }


def about_others(kind: str, compiled: Compiled) -> list[int]:
    """Number the clauses about other records that are asked of a kind.

    Args:
        kind: the records' kind.
        compiled: the book made ready.
    """
    numbered = _numbered(kind, compiled)[1]
    return [no for no, clause in numbered.items() if isinstance(clause.test, Count | Similar | Sequence)]


def asked(kind: str, table: pa.Table, compiled: Compiled, counts: dict[int, others.Counted]) -> Asked:
    """Gather what is asked of records of one kind.

    Args:
        kind: the records' kind.
        table: some or all of them.
        compiled: the book made ready.
        counts: the clauses about other records, for these records.
    """
    guides, numbered = _numbered(kind, compiled)
    known = {no: one.met for no, one in counts.items()}
    sources = {no: clause.test.source for no, clause in numbered.items() if isinstance(clause.test, Expr)}
    known |= expressions.true_where(sources, kind, table)
    return Asked(kind, table, compiled, guides, kernels.wiring(compiled, numbered.keys()), known, counts)


def _numbered(kind: str, compiled: Compiled) -> tuple[list[Guide], dict[int, Clause]]:
    """Give the guides of a kind, and their clauses and those of their guards by number."""
    guides = [guide for guide in compiled.book.guides if kind in guide.kinds]
    guards = {guard.id: guard for guide in guides for guard in compiled.book.guards_of(guide)}
    holders: list[Guide | Guard] = [*guides, *guards.values()]
    return guides, {no: clause for holder in holders for no, clause in compiled.numbered(holder)}


def slices(asked: Asked, reasons: told.Reasons, threads: int | None = None) -> list[tabled.Part]:
    """Ask the guides of the records, slice by slice.

    Args:
        asked: what is asked, and of which records.
        reasons: takes the reasons.
        threads: how many to scan with.
    """
    parts = []
    firsts = range(0, asked.table.num_rows, SLICE_ROWS)
    # Two slices are under way at once: one thread works where the other waits for Python. Reasons are
    # numbered here, slice after slice, so that their order never depends on threads.
    with ThreadPoolExecutor(1 if threads == 1 else 2, "lianfang-slices") as pool:
        waiting: deque[Future[_Met]] = deque()
        for first in firsts:
            waiting.append(pool.submit(_slice, asked, first, threads))
            if len(waiting) > 2:
                parts.append(_part(asked, waiting.popleft().result(), reasons))
        while waiting:
            parts.append(_part(asked, waiting.popleft().result(), reasons))
    return parts


def _given(found: pa.Table | None, table: pa.Table) -> pa.Table | None:
    """Give the identifiers found in a slice, by row of the slice."""
    if found is None:
        return None
    mine = pc.index_in(found["record_no"], table["record_no"].combine_chunks())
    made = found.select(["kind", "value", "start", "end", "hidden"]).append_column("row", mine.cast(pa.int64()))
    return made.filter(pc.is_valid(mine))


@dataclass(frozen=True)
class _Met:
    """What one slice shows, not yet told."""

    table: pa.Table
    here: Slice
    found: columns.Found
    hits: told.Hits
    counts: dict[int, others.Counted]


def _slice(asked: Asked, first: int, threads: int | None) -> _Met:
    table = asked.table.slice(first, SLICE_ROWS)
    texts = bodies(asked.kind, table)
    size = table.num_rows
    scanned = scan.scan_table(asked.compiled.phrases, texts, threads=threads)
    row_ptr = np.searchsorted(scanned.row, np.arange(size + 1)).astype(np.int64)
    hits = told.Hits(
        row_ptr, scanned.word_no, scanned.start, scanned.end, scanned.fstart, scanned.fend, scanned.evasion
    )
    met = kernels.met(asked.wired, row_ptr, hits.word, hits.fstart, hits.fend)
    stretch = slice(first, first + size)
    known = {no: column[stretch] for no, column in asked.known.items()}
    here = Slice(asked.compiled, asked.kind, texts, met, known, threads, _given(asked.found, table))
    found = columns.ask(here, asked.guides)
    counts = {
        no: replace(
            one,
            met=one.met[stretch],
            n=one.n[stretch],
            n_institutions=one.n_institutions[stretch],
            shared=others.masked(asked.compiled.clauses[no], asked.kind, table, found.wanted[no]),
        )
        for no, one in asked.counts.items()
    }
    return _Met(table, here, found, hits, counts)


def _part(asked: Asked, met: _Met, reasons: told.Reasons) -> tabled.Part:
    rows = told.told(met.here, met.found, met.hits, asked.wired, met.counts, reasons)
    return tabled.Part(asked.kind, met.table, met.found, rows)


