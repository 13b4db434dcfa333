"""What went wrong in the contacts already made: the gate's rules over millions of rows.

Batches are turned into a few narrow columns (a shape, a moment, a number per key) and counting runs over
those. The tables' machine reads the rules' expressions as SQL, the same ones the gate runs, once for
every shape.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from lianfang.engine.conduct import columns, findings, sightings, silence
from lianfang.engine.conduct.columns import NO_MOMENT
from lianfang.engine.conduct.contact import SAME
from lianfang.engine.conduct.rules import Rule, Rules, Unit
from lianfang.engine.conduct.shapes import Eyes, Shapes, distinct, eyes
from lianfang.engine.conduct.sightings import Log
from lianfang.engine.conduct.standing import Standing
from lianfang.engine.tables.step import Sql, Tables

_BATCH_ROWS = 524_288
_KEPT_NAMES = tuple(dict.fromkeys((*SAME, "institution")))


@dataclass
class _Gathered:
    """Narrow columns of the batches read so far."""

    shapes: Shapes
    numbers: dict[str, list[npt.NDArray[Any]]] = field(default_factory=dict)
    names: dict[str, list[pa.DictionaryArray]] = field(default_factory=dict)
    record_id: list[pa.Array] = field(default_factory=list)
    zones: list[str] = field(default_factory=list)
    assumed: Counter[str] = field(default_factory=Counter)

    def keep(self, name: str, column: npt.NDArray[Any]) -> None:
        self.numbers.setdefault(name, []).append(column)

    def whole(self, name: str, kind: Any) -> npt.NDArray[Any]:
        made = self.numbers.pop(name, [])
        return np.concatenate(made) if made else np.zeros(0, dtype=kind)


@dataclass(frozen=True)
class Audit:
    """The audit's answer.

    Args:
        findings: one row per record and rule broken, sorted by record and rule.
        log: the narrow columns, for grading and charts.
        kept: rows judged.
        n_in: rows read; `n_in == n_kept + n_same`.
        n_same: rows that tell a contact again; listed in `same`.
        same: record_no of such a row, and of the row kept.
        oddities: what is odd about the log itself, by name.
    """

    findings: pa.Table
    log: Log
    kept: npt.NDArray[np.bool_]
    n_in: int
    n_same: int
    same: pa.Table
    oddities: dict[str, int]
    rules_sha256: str

    @property
    def n_kept(self) -> int:
        """Rows judged."""
        return self.n_in - self.n_same


def audit(
    batches: Iterable[pa.Table | pa.RecordBatch],
    tables: Tables,
    rules: Rules,
    standing: Standing | None = None,
    told: Callable[[str], None] | None = None,
) -> Audit:
    """Audit a contact log.

    Args:
        batches: the kind `contact`, in order of `record_no`; missing columns are empty ones.
        tables: the machine that runs the rules' SQL.
        rules: the rules in force.
        standing: holds and registers.
        told: hears what is being done.

    Returns:
        Findings, and what is needed to grade and show them.

    Shape:
        reads  contact(record_no, record_id, at, tz, ...), any number of rows
        makes  findings: see `findings.SCHEMA`

    Raises:
        EngineError: the machine refused a step.

    Source:
        Asking the gate before each contact in turn (by moment, then record) gives the same findings;
        a property test holds the two together.
    """
    say = told or (lambda _: None)
    held, n_in = _Gathered(Shapes(eyes(rules), [], [])), 0
    for ready in _readied(_rebatched(batches), rules, standing or Standing(), held.shapes.seen):
        n_in += _take(ready, n_in, held)
        say(f"{n_in}")
    log = _log(held, judge_shapes(held.shapes.table(), tables, rules))
    say("count")
    with ThreadPoolExecutor(2, thread_name_prefix="lianfang-count") as pool:
        apart = findings.sorted_apart(rules, log, pool)
        order = sightings.by_debtor(log)
        same, kept = sightings.same(log, order)
        oddities = pool.submit(sightings.oddities, log, kept)
        made = findings.make(rules, log, kept, order, apart, pool)
        odd = oddities.result() | dict(held.assumed)
    return Audit(made, log, kept, n_in, same.num_rows, same, odd, rules.sha256)


def _rebatched(batches: Iterable[pa.Table | pa.RecordBatch]) -> Iterable[pa.Table]:
    """Give tables of a steady size, whatever came; an empty one first, so that nothing is a log too."""
    yield pa.table({})
    for batch in batches:
        table = batch if isinstance(batch, pa.Table) else pa.Table.from_batches([batch])
        for start in range(0, table.num_rows, _BATCH_ROWS):
            yield table.slice(start, _BATCH_ROWS)


@dataclass(frozen=True)
class _Ready:
    """A batch, made plain, with one row of every shape in it."""

    batch: pa.Table
    plain: columns.Normal
    one_each: pa.Table
    shape: npt.NDArray[np.int32]


def _readied(batches: Iterable[pa.Table], rules: Rules, standing: Standing, seen: Eyes) -> Iterator[_Ready]:
    """Make batches plain, two at a time beside the reading, in their order."""

    def ready(batch: pa.Table) -> _Ready:
        plain = columns.normal(batch, rules.default_zone, standing)
        return _Ready(batch, plain, *distinct(plain.table, seen))

    with ThreadPoolExecutor(2, thread_name_prefix="lianfang-conduct") as pool:
        waiting: deque[Future[_Ready]] = deque()
        for batch in batches:
            waiting.append(pool.submit(ready, batch))
            if len(waiting) > 2:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def ask_name(number: int) -> str:
    """Name the column that says a rule's scope, test and date hold and nothing excuses."""
    return f"a{number}"


def made_name(number: int) -> str:
    """Name the column that says the breach was made, not only tried."""
    return f"m{number}"


def untold_name(number: int) -> str:
    """Name the column that says the outcome is not told, so nobody knows whether it was made."""
    return f"n{number}"


def lack_name(field: str) -> str:
    """Name the column that says a contact does not tell a field."""
    return f"x_{field}"


def _ask_sql(rule: Rule) -> str:
    start, end = rule.source.effective_from_us, rule.source.effective_to_us
    parts = [f'("at_us" is null or "at_us" >= {start})'] if start is not None else []
    parts += [f'("at_us" is null or "at_us" < {end})'] if end is not None else []
    parts += [f'("{need}" is not null)' for need in rule.needs]
    parts += [f"coalesce({one.sql()}, false)" for one in (rule.scope, rule.forbid) if one is not None]
    parts += [f"(not coalesce({rule.unless.sql()}, false))"] if rule.unless is not None else []
    parts += [f"coalesce({rule.made.sql()}, true)"] if rule.made is not None and not rule.attempts else []
    return " and ".join(parts) or "true"


def _unit_sql(unit: Unit) -> str:
    return f"coalesce({unit.of.sql()}, false) and coalesce({unit.made.sql()}, false)"


def judged_sql(rules: Rules) -> str:
    """Say all rules' tests as one select over a plain batch."""
    said = []
    for number, rule in enumerate(rules.contact):
        said.append(f"{_ask_sql(rule)} as {ask_name(number)}")
        if rule.made is not None:
            said.append(f"coalesce({rule.made.sql()}, false) as {made_name(number)}, ({rule.made.sql()}) is null as {untold_name(number)}")
    said += [f"coalesce({test.sql()}, false) as {lack_name(field)}" for field, test in silence.tests().items()]
    said += [f"({_unit_sql(unit)}) as u{unit.name}" for unit in rules.units]
    return f"select shape, {', '.join(said)} from conduct_contact"


def judge_shapes(shapes: pa.Table | None, tables: Tables, rules: Rules) -> pa.Table | None:
    """Judge one row of every shape by every rule; columns as `judged_sql` names them, by shape."""
    if shapes is None:
        return None
    step = Sql("conduct_judged", judged_sql(rules), ("conduct_contact",))
    tables.put("conduct_contact", shapes.append_column("shape", pa.array(np.arange(shapes.num_rows))))
    tables.run(step)
    return tables.arrow(step.name).sort_by("shape")


def _take(ready: _Ready, start: int, held: _Gathered) -> int:
    """Keep a batch's narrow columns and its shapes."""
    batch, plain = ready.batch, ready.plain
    held.shapes.keep(ready.one_each, ready.shape)
    held.assumed.update(plain.assumed)
    held.keep("record_no", _record_numbers(batch, start))
    held.keep("at_us", plain.at_us)
    held.keep("zone", _renumbered(plain, held.zones))
    minute = plain.table["local_minute"].combine_chunks().fill_null(-60).to_numpy(zero_copy_only=False)
    held.keep("hour", (minute // 60).astype(np.int8))
    seconds = plain.table["duration_seconds"].combine_chunks().fill_null(0).to_numpy(zero_copy_only=False)
    held.keep("seconds", seconds.astype(np.int32))
    for name in _KEPT_NAMES:
        held.names.setdefault(name, []).append(plain.table[name].combine_chunks())
    for name in ("source_file",):
        column = columns.text(columns._column(batch, name, pa.string()), False)
        held.names.setdefault(name, []).append(column)
    held.record_id.append(columns._column(batch, "record_id", pa.string()).cast(pa.string()))
    return batch.num_rows


def _record_numbers(batch: pa.Table, start: int) -> npt.NDArray[np.int64]:
    if "record_no" in batch.column_names:
        return batch["record_no"].to_numpy().astype(np.int64)
    return np.arange(start, start + batch.num_rows, dtype=np.int64)


def _renumbered(plain: columns.Normal, listed: list[str]) -> npt.NDArray[np.int16]:
    """Number a batch's zones as the whole log does."""
    for name in plain.zones:
        if name not in listed:
            listed.append(name)
    table = np.array([listed.index(name) for name in plain.zones] + [-1], dtype=np.int16)
    return table[plain.zone]


def _names(chunks: list[pa.DictionaryArray]) -> sightings.Names:
    """Put the batches of one column of names together under one list of names."""
    whole = pa.chunked_array(chunks, type=chunks[0].type).unify_dictionaries()
    number = np.concatenate([columns.numbers(chunk, -1) for chunk in whole.chunks])
    return sightings.Names(number, whole.chunks[-1].dictionary)


def _log(held: _Gathered, judged: pa.Table | None) -> Log:
    """Put the batches together."""
    with ThreadPoolExecutor(2, thread_name_prefix="lianfang-conduct") as pool:
        names = dict(zip(held.names, pool.map(_names, held.names.values()), strict=True))
    held.names.clear()
    shape = np.concatenate(held.shapes.number) if held.shapes.number else np.zeros(0, np.int32)
    at_us = held.whole("at_us", np.int64)
    record_id = pa.chunked_array(held.record_id, type=pa.string())
    return Log(
        record_no=held.whole("record_no", np.int64), record_id=record_id, at_us=at_us, has_moment=at_us != NO_MOMENT,
        zone=held.whole("zone", np.int16), zones=tuple(held.zones), hour=held.whole("hour", np.int8),
        seconds=held.whole("seconds", np.int32), names=names, shape=shape, judged=judged,
    )
