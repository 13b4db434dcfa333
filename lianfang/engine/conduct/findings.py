"""Findings: which record broke which rule, what was counted, and the rows that show it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from lianfang.engine.conduct import sightings, silence, windows
from lianfang.engine.conduct.contact import KEYS
from lianfang.engine.conduct.rules import History, Rule, Rules, strictness
from lianfang.engine.conduct.sightings import Log, Order

Longs = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
_MOST_EVIDENCE = 8
_NAME = pa.dictionary(pa.int32(), pa.string())

SCHEMA = pa.schema([
    pa.field("record_no", pa.int64()),
    pa.field("record_id", pa.string()),
    pa.field("rule", _NAME),
    pa.field("code", _NAME),
    pa.field("instrument", _NAME),
    pa.field("clause", _NAME),
    pa.field("effect", _NAME),
    pa.field("hard", pa.bool_()),
    pa.field("breach", pa.bool_()),  # proved by what the record tells
    pa.field("unclear", pa.bool_()),  # the record does not tell what a breach would rest on; neither: only tried
    pa.field("lacks", _NAME),  # the fields it does not tell, joined by |
    pa.field("decided", pa.bool_()),  # the strictest of its code: count these
    pa.field("counted", pa.int32()),
    pa.field("limit", pa.int32()),
    pa.field("window", _NAME),
    pa.field("why_zh", _NAME),
    pa.field("why_en", _NAME),
    pa.field("evidence", pa.list_(pa.int64())),  # record_no of the rows counted, oldest first
    pa.field("at", pa.timestamp("us", "UTC")),
    pa.field("institution", _NAME),
    pa.field("agency", _NAME),
    pa.field("collector_id", _NAME),
    pa.field("channel", _NAME),
])


@dataclass(frozen=True)
class _Found:
    """One rule's findings: rows of the log, what was counted, rows that show it."""

    rule: int
    rows: Longs
    counted: Longs
    shown: Longs
    n_shown: Longs


@dataclass(frozen=True)
class _Laid:
    """All findings by record and rule.

    Args:
        row: of the log.
        rule: its number.
        counted: what was counted, -1 where the rule counts nothing.
        shown: `record_no` of the rows that show it, a list each.
    """

    row: Longs
    rule: Longs
    counted: Longs
    shown: pa.ListArray


def _within_debtor(key: str) -> bool:
    return KEYS[key][: len(KEYS["debtor"])] == KEYS["debtor"]


def sorted_apart(rules: Rules, log: Log, pool: Executor) -> dict[str, Future[Order]]:
    """Begin to sort the log by every key that is no part of the debtor's, as those take longest.

    Args:
        rules: the rules in force.
        log: the narrow columns.
        pool: the sorting is done in it.
    """
    keys = dict.fromkeys(one.history.unit.key for one in rules.contact if one.history is not None)
    return {key: pool.submit(sightings.by_key, log, key) for key in keys if not _within_debtor(key)}


def make(rules: Rules, log: Log, kept: Bools, by_debtor: Order, apart: Mapping[str, Future[Order]], pool: Executor) -> pa.Table:
    """Make the findings of a log.

    Args:
        rules: the rules in force.
        log: the narrow columns.
        kept: rows to judge; the others tell a contact again.
        by_debtor: the log's rows as `sightings.by_debtor` gives them.
        apart: as `sorted_apart` gives them.
        pool: keys are worked on in it, each at 30 bytes a row.

    Returns:
        Findings by record and rule, shaped as `SCHEMA`.
    """
    by_key: dict[str, list[int]] = {}
    plain = []
    for number, rule in enumerate(rules.contact):
        if rule.history is None:
            plain.append(number)
        else:
            by_key.setdefault(rule.history.unit.key, []).append(number)
    counted = []
    for key, numbers in by_key.items():
        own = apart[key].result() if key in apart else None
        counted.append(pool.submit(_keyed, rules, numbers, log, partial(_order, log, kept, own or by_debtor, key)))
        del own
    found = sorted((one for each in counted for one in each.result()), key=lambda one: one.rule)
    return _table(rules, log, _laid(plain, found, log, kept))


def _order(log: Log, kept: Bools, given: Order, key: str) -> Order:
    """Put the rows kept that have a key in its order, out of an order by it or by a part of it."""
    return sightings.refined(log, given, kept, key) if _within_debtor(key) else given.of(kept)


def _keyed(rules: Rules, numbers: list[int], log: Log, ordered: Callable[[], Order]) -> list[_Found]:
    """Judge the rules that count over one key."""
    order = ordered()
    rows = (order.key, order.at_us, log.shape[order.rows], log.zone[order.rows])
    made = []
    for number in numbers:
        held = rules.contact[number].history
        if held is not None:
            made.append(_counted(held, number, log, order, rows))
    return made


def _counted(held: History, number: int, log: Log, order: Order, rows: tuple[Any, ...]) -> _Found:
    """Judge one counting rule."""
    if not len(order.rows):
        none = np.zeros(0, dtype=np.int64)
        return _Found(number, none, none, none, none)
    asks, counts = log.answers(f"a{number}"), log.answers(f"u{held.unit.name}")
    resets = np.zeros(len(asks), dtype=np.bool_) if held.reset is None else log.answers(f"u{held.reset.name}")
    if held.window.unit == "ever":
        kind, shift = windows.EVER, 0
    elif held.window.unit == "calendar_days":
        kind, shift = windows.DAYS, 1 - held.window.n
    else:
        kind, shift = windows.ROLLING, held.window.since_us(0, None) or 0
    threshold = -held.threshold - 1 if held.under else held.threshold
    found, before, first, counting = windows.counted(rows, np.stack((asks, counts, resets)), (kind, shift, threshold), log.clocks)
    before = before.astype(np.int64)
    shown, n_shown = _shown(counting, before, first.astype(np.int64))
    return _Found(number, order.rows[found], before, log.record_no[order.rows[shown]], n_shown)


def _shown(counting: npt.NDArray[np.int32], before: Longs, first: Longs) -> tuple[npt.NDArray[np.int32], Longs]:
    """Give the newest counted rows of every finding, oldest first, at most a few."""
    n_shown = np.minimum(before, _MOST_EVIDENCE)
    if not n_shown.sum():
        return np.zeros(0, np.int32), n_shown
    ends = first + before
    total = np.cumsum(n_shown)
    inside = np.arange(total[-1]) - np.repeat(total - n_shown, n_shown)
    return counting[np.repeat(ends - n_shown, n_shown) + inside], n_shown


def _laid(plain: list[int], found: list[_Found], log: Log, kept: Bools) -> _Laid:
    """Lay the findings of rules that count and of rules that count nothing out by record and rule."""
    n_shapes = 0 if log.judged is None else log.judged.num_rows
    broken = np.stack([log.answers(f"a{number}") for number in plain]) if plain else np.zeros((0, n_shapes), np.bool_)
    n_of = broken.sum(axis=0, dtype=np.int32)
    heads = np.concatenate(([0], np.cumsum(n_of))).astype(np.int64)
    listed = np.array(plain, dtype=np.int16)[np.nonzero(broken.T)[1]]
    none = np.zeros(0, np.int64)
    rows = np.concatenate([none, *(one.rows for one in found)])
    rules = np.concatenate([none, *(np.full(len(one.rows), one.rule) for one in found)]).astype(np.int16)
    starts = windows.tallied(log.shape, kept, n_of, rows)
    row, rule, place = windows.laid(starts, log.shape, kept, (heads, listed), (rows, rules))
    counted = np.concatenate([*(one.counted for one in found), [-1]]).astype(np.int64)[place]
    shown = np.concatenate([none, *(one.shown for one in found)])
    ends = np.cumsum(np.concatenate([none, *(one.n_shown for one in found)]))
    lists = pa.ListArray.from_arrays(pa.array(np.concatenate(([0], ends, ends[-1:])).astype(np.int32)), pa.array(shown))
    place = np.where(place < 0, len(rows), place)  # after the last stands one that shows nothing
    return _Laid(row, rule.astype(np.int64), counted, lists.take(pa.array(place)) if len(rows) else _nothing(len(row)))


def _nothing(n: int) -> pa.ListArray:
    """Give so many lists of nothing."""
    return pa.ListArray.from_arrays(pa.array(np.zeros(n + 1, np.int32)), pa.array([], pa.int64()))


def _decided(rules: Rules, laid: _Laid, breach: Bools, lacks: Longs) -> Bools:
    """Mark, for every record and code, the finding of the strictest rule: breaches before doubts."""
    rule, row = laid.rule, laid.row
    listed = rules.contact
    codes = {code: place for place, code in enumerate(dict.fromkeys(one.code for one in listed))}
    code = np.array([codes[one.code] for one in listed], dtype=np.int64)
    ranked = sorted(range(len(listed)), key=lambda place: (*(-part for part in strictness(listed[place])), place))
    rank = np.empty(len(listed), dtype=np.int64)
    rank[ranked] = np.arange(len(listed))
    doubt = 2 - np.where(breach, 2, (lacks > 0).astype(np.int64))  # as `rules.certainty` orders them
    return np.asarray(windows.strictest(row, code[rule], rank[rule] + doubt * len(listed)))


def _named(values: list[str | None], number: Longs) -> pa.DictionaryArray:
    """Make a column of names from a short list and a number per row."""
    listed = sorted({value for value in values if value is not None})
    place = {value: n for n, value in enumerate(listed)}
    index = np.array([-1 if value is None else place[value] for value in values], dtype=np.int32)[number]
    return pa.DictionaryArray.from_arrays(pa.array(index, mask=index < 0), pa.array(listed, pa.string()))


def _sentences(rules: Rules, laid: _Laid, lacks: Longs) -> tuple[pa.DictionaryArray, pa.DictionaryArray]:
    """Say why, once for every rule, number counted and list of fields not told."""
    n_bits = len(silence.FIELDS_TOLD)
    held = pa.array(((laid.rule << n_bits) + lacks << 32) + (laid.counted + 1)).dictionary_encode()
    number, said = held.indices.to_numpy(), []
    for each in held.dictionary.to_pylist():
        one, bits, n = rules.contact[each >> 32 + n_bits], (each >> 32) % 2**n_bits, each % 2**32 - 1
        if bits and not one.code.startswith("E_"):  # those say themselves what is missing
            said.append(silence.said(_fields(bits), one.name))
        else:
            said.append(one.why.fill(counted=n if n >= 0 else "", limit=one.history.limit if one.history else ""))
    return _named([say.zh for say in said], number), _named([say.en for say in said], number)


def _table(rules: Rules, log: Log, laid: _Laid) -> pa.Table:
    rule, row, counted = laid.rule, laid.row, laid.counted
    if not len(rule):
        return SCHEMA.empty_table()
    listed = rules.contact
    breach, lacks = _proved(rules, log, rule, row)
    why_zh, why_en = _sentences(rules, laid, lacks)
    held = pa.array(lacks).dictionary_encode()
    limit = np.array([one.history.limit if one.history else -1 for one in listed], dtype=np.int32)[rule]
    made = {
        "record_no": pa.array(log.record_no[row]),
        "record_id": log.record_id.take(pa.array(row)).combine_chunks(),
        "rule": _named([one.id for one in listed], rule),
        "code": _named([one.code for one in listed], rule),
        "instrument": _named([one.source.instrument.zh for one in listed], rule),
        "clause": _named([one.source.clause for one in listed], rule),
        "effect": _named([one.effect.value for one in listed], rule),
        "hard": pa.array(np.array([one.hard for one in listed])[rule]),
        "breach": pa.array(breach),
        "unclear": pa.array(lacks > 0),
        "lacks": _named(["|".join(_fields(bits)) or None for bits in held.dictionary.to_pylist()], held.indices.to_numpy()),
        "decided": pa.array(_decided(rules, laid, breach, lacks)),
        "counted": pa.array(counted.astype(np.int32), mask=counted < 0),
        "limit": pa.array(limit, mask=limit < 0),
        "window": _named([str(one.history.window) if one.history else None for one in listed], rule),
        "why_zh": why_zh,
        "why_en": why_en,
        "evidence": laid.shown,
        "at": pa.array(log.at_us[row], mask=~log.has_moment[row]).cast(pa.timestamp("us", "UTC")),
    }
    for name in ("institution", "agency", "collector_id", "channel"):
        held = log.names[name]
        index = held.number[row]
        made[name] = pa.DictionaryArray.from_arrays(pa.array(index, mask=index < 0), held.listed)
    return pa.table(made).cast(SCHEMA)


def _proved(rules: Rules, log: Log, rule: Longs, row: Longs) -> tuple[Bools, Longs]:
    """Say of every finding whether it is a breach, and which fields it lacks to be told, as bits."""
    breach, lacks = np.ones(len(rule), dtype=np.bool_), np.zeros(len(rule), dtype=np.int64)
    for number, one in enumerate(rules.contact):
        if one.made is None and not one.lacks:
            continue
        here = np.flatnonzero(rule == number)
        if len(here):
            shape, of_shape = log.shape[row[here]], _lacking(one, number, log)
            made = np.ones(len(of_shape), np.bool_) if one.made is None else log.answers(f"m{number}")
            breach[here], lacks[here] = (made & (of_shape == 0))[shape], of_shape[shape]
    return breach, lacks


def _lacking(one: Rule, number: int, log: Log) -> Longs:
    """Say by shape which fields a rule's finding lacks; nothing where it was only tried."""
    lost = np.zeros(log.judged.num_rows if log.judged is not None else 0, dtype=np.int64)
    for place, field in enumerate(silence.TESTS):
        if field in one.lacks:
            lost |= log.answers(f"x_{field}").astype(np.int64) << place
    if one.made is None:
        return lost
    untold = log.answers(f"n{number}")
    return np.where(log.answers(f"m{number}") | untold, lost | untold.astype(np.int64) << len(silence.TESTS), 0)


def _fields(bits: int) -> tuple[str, ...]:
    return tuple(name for place, name in enumerate(silence.FIELDS_TOLD) if bits >> place & 1)


def write(place: Path, table: pa.Table) -> None:
    """Write findings to a Parquet file; the same findings make the same bytes.

    Args:
        place: the file.
        table: shaped as `SCHEMA`.
    """
    # Words as numbers into a list; a list of numbers that are all different would only be made and thrown away.
    words = [one.name for one in table.schema if pa.types.is_dictionary(one.type)]
    pq.write_table(table, place, compression="zstd", row_group_size=1 << 18, use_dictionary=words, write_statistics=["record_no", "at"])
