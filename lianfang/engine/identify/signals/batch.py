"""The same signs asked batch by batch: what needs all records is counted first and handed along.

A batch holds records of one kind and one column more, `others`: for every clause about other records
that a record meets, three numbers in a row (clause number, how many, at how many institutions).
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lianfang.engine.identify.guides import compile as ready
from lianfang.engine.identify.guides.guide import GuideBook
from lianfang.engine.identify.signals import others, run, tabled
from lianfang.engine.identify.signals.told import Reasons

OTHERS = pa.schema([("record_no", pa.int64()), ("others", pa.list_(pa.int32()))])
"""Clauses about other records; a record that meets none has no row."""

_SIGNS = ("kind", "record_id", "guide", "guide_version", "clause", "strength", "span_start", "span_end",
          "matched", "why_zh", "why_en")  # fmt: skip
_VERDICTS = ("activity", "level", "level_before_guards", "score", "guards", "evasion")
TOLD = pa.schema(
    [("record_no", pa.int64()), ("place", pa.int32())]
    + [(name, pa.int32() if name.startswith("span") else pa.string()) for name in _SIGNS]
    + [(name, {"score": pa.int32(), "evasion": pa.bool_()}.get(name, pa.string())) for name in _VERDICTS]
)
"""Signals and verdicts under one another: `place` counts a record's signals from 0, -1 is its verdict."""


def fields_counted(kind: str, book: GuideBook) -> frozenset[str]:
    """Name the fields that the clauses about other records count by.

    Args:
        kind: the records' kind.
        book: the guides in force.
    """
    tests = [clause.test for guide in book.guides if kind in guide.kinds for clause in guide.clauses]
    tests += [clause.test for guard in book.guards for clause in guard.clauses]
    return frozenset(
        name for test in tests for name in (getattr(test, "by", ""), getattr(test, "distinct", "")) if name
    )


def counted(kind: str, table: pa.Table, book: GuideBook, families: pa.Table | None) -> pa.Table:
    """Ask the clauses about other records of all records of a kind.

    Args:
        kind: the records' kind.
        table: all of them; texts are not needed.
        book: the guides in force.
        families: table `family` of linkage.

    Returns:
        A table like `OTHERS`.
    """
    counts = run.counted(kind, table, ready.compiled(book), families)
    rows = [np.flatnonzero(one.met) for one in counts.values()]
    row = np.concatenate([np.zeros(0, np.int64), *rows])
    triples = np.concatenate(
        [np.zeros((0, 3), np.int32)]
        + [
            np.stack([np.full(len(at), no, np.int32), one.n[at], one.n_institutions[at]], axis=1)
            for at, (no, one) in zip(rows, counts.items(), strict=True)
        ]
    )
    order = np.argsort(row, kind="stable")
    met, sizes = np.unique(row, return_counts=True)
    ends = np.concatenate([[0], np.cumsum(3 * sizes)]).astype(np.int32)
    lists = pa.ListArray.from_arrays(pa.array(ends), pa.array(triples[order].reshape(-1)))
    numbers = table["record_no"].combine_chunks().take(pa.array(met))
    return pa.table([numbers, lists.cast(OTHERS.field("others").type)], schema=OTHERS)


def told(batch: pa.RecordBatch, kind: str, book: GuideBook, schema: pa.Schema) -> pa.RecordBatch:
    """Say of the records of one batch which signs they carry.

    Args:
        batch: records of one kind with the column `others`.
        kind: their kind.
        book: the guides in force.
        schema: types of the records' columns.

    Returns:
        A batch like `TOLD`; a record nobody spoke of, before guards, has no row.
    """
    compiled = ready.compiled(book)
    given = pa.Table.from_batches([batch])
    table = given.select(schema.names).cast(schema).combine_chunks()
    counts = _counts(given["others"].combine_chunks(), run.about_others(kind, compiled))
    reasons = Reasons()
    parts = run.slices(run.asked(kind, table, compiled, counts), reasons, 1)
    signs = tabled.signal_table(parts, compiled, reasons)
    verdicts = tabled.verdict_table(parts, compiled)
    verdicts = verdicts.filter(pc.not_equal(verdicts["level_before_guards"].cast(pa.string()), "none"))
    made = pa.concat_tables([_under(signs, _places(signs)), _under(verdicts, np.full(verdicts.num_rows, -1))])
    return next(iter(made.combine_chunks().to_batches()), pa.RecordBatch.from_pylist([], TOLD))


def _counts(given: pa.ListArray, clauses: list[int]) -> dict[int, others.Counted]:
    """Lay the numbers handed along out as columns again."""
    triples = pc.list_flatten(given).to_numpy(zero_copy_only=False).astype(np.int64).reshape(-1, 3)
    rows = pc.list_parent_indices(given).to_numpy(zero_copy_only=False)[::3]
    made = {}
    for no in clauses:
        mine = triples[:, 0] == no
        met = np.zeros(len(given), bool)
        n, spread = np.zeros(len(given), np.int32), np.zeros(len(given), np.int32)
        met[rows[mine]], n[rows[mine]], spread[rows[mine]] = True, triples[mine, 1], triples[mine, 2]
        made[no] = others.Counted(met, n, spread)
    return made


def _places(signs: pa.Table) -> np.ndarray:
    """Count the signals of each record from 0."""
    number = signs["record_no"].to_numpy()
    starts = np.r_[True, number[1:] != number[:-1]][: len(number)]
    here = np.arange(len(number))
    return here - np.maximum.accumulate(np.where(starts, here, 0)) if len(number) else here


def _under(table: pa.Table, place: np.ndarray) -> pa.Table:
    """Give a table the columns of `TOLD`; what it has not is null."""
    held = table.append_column("place", pa.array(place.astype(np.int32)))
    columns = [
        held[at.name].cast(at.type) if at.name in held.column_names else pa.nulls(held.num_rows, at.type)
        for at in TOLD
    ]
    return pa.table(columns, schema=TOLD)
