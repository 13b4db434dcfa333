"""Findings: which record broke which rule, what was counted, and the rows that show it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from lianfang.engine.conduct import sightings, windows
from lianfang.engine.conduct.rules import History, Rules, strictness
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
    pa.field("breach", pa.bool_()),  # false: only tried, the gate would have refused it
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


def make(rules: Rules, log: Log, kept: Bools, by_debtor: Order, threads: int = 2) -> pa.Table:
    """Make the findings of a log.

    Args:
        rules: the rules in force.
        log: the narrow columns.
        kept: rows to judge; the others tell a contact again.
        by_debtor: the log's rows as `sightings.by_debtor` gives them.
        threads: keys worked on at once; each needs 40 bytes a row.

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
    with ThreadPoolExecutor(threads, thread_name_prefix="lianfang-count") as pool:
        counted = []
        for key, numbers in by_key.items():
            order = partial(_order, log, kept, by_debtor if key == "debtor" else None, key)
            counted.append(pool.submit(_keyed, rules, numbers, log, order))
        found = _uncounted(plain, log, kept)
        for each in counted:
            found += each.result()
    return _table(rules, log, sorted(found, key=lambda one: one.rule))


def _uncounted(numbers: list[int], log: Log, kept: Bools) -> list[_Found]:
    """Judge the rules that count nothing."""
    none, made = np.zeros(0, dtype=np.int64), []
    for number in numbers:
        answers = log.answers(f"a{number}")
        rows = np.flatnonzero(answers[log.shape] & kept) if answers.any() else none
        made.append(_Found(number, rows, np.full(len(rows), -1, np.int64), none, np.zeros(len(rows), np.int64)))
    return made


def _order(log: Log, kept: Bools, given: Order | None, key: str) -> Order:
    """Put the rows kept that have a key in its order."""
    if given is None:
        return sightings.ordered(log, log.key(key)).of(kept)
    return given.of(kept & (log.key(key) >= 0))


def _keyed(rules: Rules, numbers: list[int], log: Log, ordered: Callable[[], Order]) -> list[_Found]:
    """Judge the rules that count over one key."""
    order = ordered()
    shape, made = log.shape[order.rows], []
    for number in numbers:
        held = rules.contact[number].history
        if held is not None:
            made.append(_counted(held, number, log, order, shape))
    return made


def _counted(held: History, number: int, log: Log, order: Order, shape: npt.NDArray[np.int32]) -> _Found:
    """Judge one counting rule."""
    if not len(order.rows):
        none = np.zeros(0, dtype=np.int64)
        return _Found(number, none, none, none, none)
    asked = np.flatnonzero(log.answers(f"a{number}")[shape])
    since, known = log.since_us(held.window, order.rows[asked], order.at_us[asked])
    asked, since = (asked, since) if known.all() else (asked[known], since[known])
    counts = log.answers(f"u{held.unit.name}")[shape]
    if held.reset is not None:
        since = _after_last(order, log.answers(f"u{held.reset.name}")[shape], asked, since)
    before, first = windows.before(order.key, order.at_us, counts, asked, since)
    broken = before < held.threshold if held.under else before >= held.threshold
    rows, before, first = order.rows[asked[broken]], before[broken], first[broken]
    shown, n_shown = _shown(order.rows[counts], before, first)
    return _Found(number, rows, before, log.record_no[shown], n_shown)


def _after_last(order: Order, resets: Bools, asked: Longs, since: Longs) -> Longs:
    """Move the first moment that counts to after the last row of the key that begins the count anew."""
    latest = np.maximum.accumulate(np.where(resets, np.arange(len(resets)), -1))
    place = np.where(asked > 0, latest[asked - 1], -1)
    has_one = (place >= 0) & (order.key[place] == order.key[asked])
    return np.where(has_one, np.maximum(since, order.at_us[place] + 1), since)


def _shown(counting: Longs, before: Longs, first: Longs) -> tuple[Longs, Longs]:
    """Give the newest counted rows of every finding, oldest first, at most a few."""
    n_shown = np.minimum(before, _MOST_EVIDENCE)
    if not n_shown.sum():
        return np.zeros(0, np.int64), n_shown
    ends = first + before
    total = np.cumsum(n_shown)
    inside = np.arange(total[-1]) - np.repeat(total - n_shown, n_shown)
    return counting[np.repeat(ends - n_shown, n_shown) + inside], n_shown


def _decided(rules: Rules, rule: Longs, row: Longs) -> Bools:
    """Mark, for every record and code, the finding of the strictest rule."""
    listed = rules.contact
    codes = {code: place for place, code in enumerate(dict.fromkeys(one.code for one in listed))}
    code = np.array([codes[one.code] for one in listed], dtype=np.int64)
    ranked = sorted(range(len(listed)), key=lambda place: (*(-part for part in strictness(listed[place])), place))
    rank = np.empty(len(listed), dtype=np.int64)
    rank[ranked] = np.arange(len(listed))
    order = np.lexsort((rank[rule], code[rule], row))
    head = np.ones(len(order), dtype=np.bool_)
    head[1:] = (row[order][1:] != row[order][:-1]) | (code[rule[order]][1:] != code[rule[order]][:-1])
    made = np.zeros(len(order), dtype=np.bool_)
    made[order[head]] = True
    return made


def _named(values: list[str | None], number: Longs) -> pa.DictionaryArray:
    """Make a column of names from a short list and a number per row."""
    listed = sorted({value for value in values if value is not None})
    place = {value: n for n, value in enumerate(listed)}
    index = np.array([-1 if value is None else place[value] for value in values], dtype=np.int32)[number]
    return pa.DictionaryArray.from_arrays(pa.array(index, mask=index < 0), pa.array(listed, pa.string()))


def _sentences(rules: Rules, rule: Longs, counted: Longs) -> tuple[pa.DictionaryArray, pa.DictionaryArray]:
    """Say why, once for every rule and number counted."""
    pair = rule * (2**40) + (counted + 1)
    listed, number = np.unique(pair, return_inverse=True)
    said = []
    for each in listed.tolist():
        one, n = rules.contact[each // 2**40], each % 2**40 - 1
        limit = one.history.limit if one.history else ""
        said.append(one.why.fill(counted=n if n >= 0 else "", limit=limit))
    return _named([say.zh for say in said], number), _named([say.en for say in said], number)


def _table(rules: Rules, log: Log, found: list[_Found]) -> pa.Table:
    rule = np.concatenate([np.full(len(one.rows), one.rule, np.int64) for one in found] or [np.zeros(0, np.int64)])
    if not len(rule):
        return SCHEMA.empty_table()
    row, counted = np.concatenate([one.rows for one in found]), np.concatenate([one.counted for one in found])
    shown, n_shown = np.concatenate([one.shown for one in found]), np.concatenate([one.n_shown for one in found])
    ends = np.cumsum(n_shown)
    evidence = pa.ListArray.from_arrays(pa.array(np.concatenate(([0], ends)).astype(np.int32)), pa.array(shown))
    order = np.lexsort((rule, row))
    rule, row, counted = rule[order], row[order], counted[order]
    listed = rules.contact
    why_zh, why_en = _sentences(rules, rule, counted)
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
        "breach": pa.array(_made(rules, log, rule, row)),
        "decided": pa.array(_decided(rules, rule, row)),
        "counted": pa.array(counted.astype(np.int32), mask=counted < 0),
        "limit": pa.array(limit, mask=limit < 0),
        "window": _named([str(one.history.window) if one.history else None for one in listed], rule),
        "why_zh": why_zh,
        "why_en": why_en,
        "evidence": evidence.take(pa.array(order)),
        "at": pa.array(log.at_us[row], mask=~log.has_moment[row]).cast(pa.timestamp("us", "UTC")),
    }
    for name in ("institution", "agency", "collector_id", "channel"):
        held = log.names[name]
        index = held.number[row]
        made[name] = pa.DictionaryArray.from_arrays(pa.array(index, mask=index < 0), held.listed)
    return pa.table(made).cast(SCHEMA)


def _made(rules: Rules, log: Log, rule: Longs, row: Longs) -> Bools:
    """Say of every finding whether the breach was made, not only tried."""
    made = np.ones(len(rule), dtype=np.bool_)
    for number, one in enumerate(rules.contact):
        if one.made is not None:
            here = rule == number
            if here.any():
                made[here] = log.truth(f"m{number}")[row[here]]
    return made
