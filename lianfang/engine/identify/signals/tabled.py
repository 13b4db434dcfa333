"""The two tables of a run, put together from its slices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from lianfang.engine.identify.guides.compile import Compiled
from lianfang.engine.identify.guides.guide import Guide
from lianfang.engine.identify.signals.columns import LEVELS, Found
from lianfang.engine.identify.signals.told import Reasons, Told

_WORDS = pa.dictionary(pa.int32(), pa.string())

SIGNAL = pa.schema(
    [
        ("record_no", pa.int64()),
        ("kind", _WORDS),
        ("record_id", pa.string()),
        ("guide", _WORDS),
        ("guide_version", _WORDS),
        ("clause", _WORDS),
        ("strength", _WORDS),
        ("span_start", pa.int32()),
        ("span_end", pa.int32()),
        ("matched", pa.string()),
        ("why_zh", _WORDS),
        ("why_en", _WORDS),
    ]
)
VERDICT = pa.schema(
    [
        ("record_no", pa.int64()),
        ("kind", _WORDS),
        ("record_id", pa.string()),
        ("activity", _WORDS),
        ("level", _WORDS),
        ("level_before_guards", _WORDS),
        ("score", pa.int32()),
        ("guards", _WORDS),
        ("evasion", pa.bool_()),
    ]
)


@dataclass(frozen=True)
class Part:
    """One slice of one kind: its records, what was found, what is told."""

    kind: str
    table: pa.Table
    found: Found
    told: Told


def signal_table(parts: Sequence[Part], compiled: Compiled, reasons: Reasons) -> pa.Table:
    """Put table `signal` together.

    Args:
        parts: slices in order.
        compiled: the book made ready.
        reasons: all reasons, by number.
    """
    holders = [holder for holder in compiled.book.holders for _ in holder.clauses]
    by_clause = {
        "guide": [holder.id for holder in holders],
        "guide_version": [holder.version if isinstance(holder, Guide) else "" for holder in holders],
        "clause": [clause.id for clause in compiled.clauses],
        "strength": [
            clause.strength.value if isinstance(holder, Guide) else "guard"
            for holder, clause in zip(holders, compiled.clauses, strict=True)
        ],
    }
    says = {"why_zh": [say.zh for say in reasons.says], "why_en": [say.en for say in reasons.says]}
    dictionaries = {name: _dictionary(words) for name, words in {**by_clause, **says}.items()}
    tables = [_signals(part, dictionaries) for part in parts]
    return pa.concat_tables(tables).unify_dictionaries() if tables else SIGNAL.empty_table()


def _dictionary(words: list[str]) -> tuple[pa.Array, np.ndarray]:
    """Give the different words and, for each given one, its number among them."""
    different = list(dict.fromkeys(words))
    numbers = {word: number for number, word in enumerate(different)}
    return pa.array(different, pa.string()), np.array([numbers[word] for word in words], np.int32)


def _coded(dictionary: tuple[pa.Array, np.ndarray], places: np.ndarray, null: np.ndarray | None = None) -> pa.Array:
    words, numbers = dictionary
    codes = numbers[places] if len(numbers) else np.zeros(len(places), np.int32)
    return pa.DictionaryArray.from_arrays(pa.array(codes, pa.int32(), mask=null), words)


def _kind(part: Part, size: int) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(size, np.int32)), pa.array([part.kind], pa.string()))


def _signals(part: Part, dictionaries: dict[str, tuple[pa.Array, np.ndarray]]) -> pa.Table:
    told, rows = part.told, pa.array(part.told.row)
    nowhere = told.start < 0
    columns = [
        part.table["record_no"].combine_chunks().take(rows),
        _kind(part, len(rows)),
        _plain(part.table["record_id"]).take(rows),
        *(_coded(dictionaries[name], told.clause) for name in ("guide", "guide_version", "clause", "strength")),
        pa.array(told.start.astype(np.int32), mask=nowhere),
        pa.array(told.end.astype(np.int32), mask=nowhere),
        told.matched.cast(pa.string()),
        *(_coded(dictionaries[name], told.reason) for name in ("why_zh", "why_en")),
    ]
    return pa.Table.from_arrays([_flat(column) for column in columns], schema=SIGNAL)


def _plain(column: pa.ChunkedArray) -> pa.Array:
    return _flat(column.cast(pa.string()).combine_chunks())


def _flat(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    return pa.concat_arrays(column.chunks) if isinstance(column, pa.ChunkedArray) else column


def verdict_table(parts: Sequence[Part], compiled: Compiled) -> pa.Table:
    """Put the verdicts together, one row a record, in order of record_no.

    Args:
        parts: slices in order.
        compiled: the book made ready.
    """
    if not parts:
        return VERDICT.empty_table()
    table = pa.concat_tables([_verdicts(part, compiled) for part in parts]).unify_dictionaries()
    numbers = table["record_no"].to_numpy()
    if len(numbers) > 1 and (np.diff(numbers) < 0).any():
        table = table.take(pa.array(np.argsort(numbers, kind="stable"))).combine_chunks()
    return table


def _verdicts(part: Part, compiled: Compiled) -> pa.Table:
    found, size = part.found, part.table.num_rows
    best = np.zeros(size, np.int64)  # level, then score, then the first guide by id
    chosen = np.full(size, -1, np.int64)
    for at in range(len(found.guides)):
        rank = found.after[at].astype(np.int64) * 1_000_000 + np.minimum(found.score[at], 999_999)
        better = (found.after[at] > 0) & (rank > best)
        best, chosen = np.where(better, rank, best), np.where(better, at, chosen)
    none = chosen < 0
    level = best // 1_000_000
    before = found.before.max(axis=0, initial=0)
    evaded = np.zeros(size, bool)
    evaded[part.told.row[_shown(part, compiled)]] = True
    levels = _dictionary([each.value for each in LEVELS])
    columns = [
        _flat(part.table["record_no"].combine_chunks()),
        _kind(part, size),
        _plain(part.table["record_id"]),
        _coded(_dictionary([guide.activity for guide in found.guides]), np.maximum(chosen, 0), none),
        _coded(levels, level),
        _coded(levels, before),
        pa.array((best % 1_000_000).astype(np.int32)),
        _guards(found, compiled),
        pa.array(evaded),
    ]
    return pa.Table.from_arrays(columns, schema=VERDICT)


def _shown(part: Part, compiled: Compiled) -> np.ndarray:
    """Say which told rows are disguised words of a guide that stands after its guards."""
    of_clause = np.full(len(compiled.clauses), -1, np.int64)
    for at, guide in enumerate(part.found.guides):
        first = compiled.first_clause[guide.id]
        of_clause[first : first + len(guide.clauses)] = at
    guide_no = of_clause[part.told.clause]
    stands = np.zeros(len(guide_no), bool)
    mine = guide_no >= 0
    stands[mine] = part.found.after[guide_no[mine], part.told.row[mine]] > 0
    return np.asarray(stands & part.told.evasion)


def _guards(found: Found, compiled: Compiled) -> pa.Array:
    names = [guard.id for guard in compiled.book.guards]
    acted = np.packbits(found.lowered > 0, axis=0).T
    if not names or not len(acted):
        return pa.DictionaryArray.from_arrays(pa.array(np.zeros(len(acted), np.int32)), pa.array([""], pa.string()))
    code = np.zeros(len(acted), np.int64)
    for column in acted.T:
        code = np.unique(code * 256 + column, return_inverse=True)[1].astype(np.int64)
    _, sample = np.unique(code, return_index=True)
    words = ["|".join(names[at] for at in np.flatnonzero(found.lowered[:, row] > 0).tolist()) for row in sample.tolist()]
    return _coded(_dictionary(words), code)
