"""A batch of contact records in the words the rules use: `contact.read` for whole columns.

Words are looked up once per distinct value, local time is worked out per zone; no row is touched alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from lianfang.engine.conduct import windows, words, zones
from lianfang.engine.conduct.contact import (
    BOOLS,
    CODED,
    ENDS,
    HOLDS,
    LEAST_US,
    NUMBERS,
    REFERENCES,
    REGISTERS,
    TEXTS,
    TOLD,
    micros,
)
from lianfang.engine.conduct.standing import SUBJECT, Standing, debtor_key
from lianfang.engine.terms import clock

NO_MOMENT = -(2**63)
_DICTIONARY = pa.dictionary(pa.int32(), pa.string())
# Nearly every row has its own: trimmed in place, not as a dictionary.
_PLAIN = frozenset(("recording_id", "consent_ref", "loan_ref"))
_SHANGHAI = str(clock.SHANGHAI)


@dataclass(frozen=True)
class Normal:
    """A batch made plain.

    Args:
        table: one column for every name of `contact.FIELDS` asked for, and `at_us`.
        at_us: moments, `NO_MOMENT` where there is none.
        zone: number of the zone in `zones`, -1 where there is none.
        zones: zone names.
        assumed: rows that were given the default zone, a direction, a mode; calls whose outcome is not told.
    """

    table: pa.Table
    at_us: npt.NDArray[np.int64]
    zone: npt.NDArray[np.int16]
    zones: tuple[str, ...]
    assumed: Mapping[str, int]


def _column(batch: pa.Table, name: str, kind: pa.DataType) -> pa.Array:
    if name not in batch.column_names:
        return pa.nulls(batch.num_rows, kind)
    column = batch.column(name)
    column = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if isinstance(column, pa.ChunkedArray):
        column = pa.concat_arrays(column.chunks)
    if pa.types.is_null(column.type):
        return pa.nulls(batch.num_rows, kind)
    return column


def _words(column: pa.Array) -> pa.DictionaryArray:
    if column.null_count == len(column):
        empty = pa.array(np.zeros(len(column), np.int32), mask=np.ones(len(column), bool))
        return pa.DictionaryArray.from_arrays(empty, pa.array([], pa.string()))
    made = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    return made.cast(_DICTIONARY) if made.type != _DICTIONARY else made


def numbers(column: pa.DictionaryArray, lost: int) -> npt.NDArray[np.int32]:
    """Give the place of every row's word in the dictionary, `lost` where the row is empty."""
    index = column.indices
    if index.null_count:
        index = index.fill_null(pa.scalar(lost, index.type))
    return np.asarray(index.to_numpy(zero_copy_only=False))


def coded(column: pa.Array, field: str) -> pa.DictionaryArray:
    """Turn a column of words into codes, each distinct word looked up once."""
    held = _words(column)
    found = [words.code(field, value) for value in held.dictionary.to_pylist()]
    listed = sorted({code for code in found if code is not None} | ({words.words().assumed[field]} if field in words.words().assumed else set()))
    place = {code: number for number, code in enumerate(listed)}
    empty = place.get(words.words().assumed.get(field, ""), -1)
    table = np.array([-1 if code is None else place[code] for code in found] + [empty], dtype=np.int32)
    if held.null_count == len(held):
        index = np.full(len(held), empty, dtype=np.int32)
    else:
        index = table[numbers(held, len(found))]
    mask = index < 0 if (table < 0).any() else None
    return pa.DictionaryArray.from_arrays(pa.array(index, mask=mask), pa.array(listed or [""], pa.string()))


def text(column: pa.Array, plain: bool) -> pa.Array:
    """Trim a column of names; an empty one is none."""
    if plain:
        if column.null_count == len(column):
            return pa.nulls(len(column), pa.string())
        held = pc.utf8_trim_whitespace(column.cast(pa.string()))
        empty = pc.equal(held, "")
        return pc.if_else(empty, pa.scalar(None, pa.string()), held) if pc.any(empty).as_py() else held
    held = _words(column)
    if held.null_count == len(held):
        return held
    trimmed = pc.utf8_trim_whitespace(held.dictionary)
    if pc.all(pc.equal(trimmed, held.dictionary)).as_py() is not False and not pc.any(pc.equal(trimmed, "")).as_py():
        return held
    return _words(text(held.cast(pa.string()), True))


def references(column: pa.Array) -> pa.Array:
    """Empty the cells of a column of ids that say there is none."""
    if column.null_count == len(column):
        return column
    # Such a word is short, an id hardly ever is: nearly every row is told apart by its length.
    longest = max(len(word) for word in words.words().none)
    short = pc.fill_null(pc.less_equal(pc.utf8_length(column), longest), False)
    if not pc.any(short).as_py():
        return column
    said = pc.is_in(pc.utf8_lower(column), pa.array(sorted(words.words().none)))
    return pc.if_else(pc.and_(short, said), pa.scalar(None, pa.string()), column)


def told(batch: pa.Table, name: str) -> pa.Array:
    """Say for every row whether the log tells a field: `contact.told` for whole columns."""
    n, is_there = batch.num_rows, name in batch.column_names
    if f"told_{name}" in batch.column_names:
        return _column(batch, f"told_{name}", pa.bool_())
    if name not in CODED or not is_there:
        return pa.array(np.full(n, is_there))
    held = _words(_column(batch, name, pa.string()))
    empty = name != "purpose"
    known = [words.knows(name, word) or (empty and not (word or "").strip()) for word in held.dictionary.to_pylist()]
    table = np.array([*known, empty], dtype=np.bool_)
    return pa.array(table[numbers(held, len(known))])


def moments(column: pa.Array) -> npt.NDArray[np.int64]:
    """Give a time column as microseconds UTC, `NO_MOMENT` where empty; naive time is Shanghai time."""
    if pa.types.is_string(column.type):
        held = column.dictionary_encode()
        read = [NO_MOMENT if (found := micros(value)) is None else found for value in held.dictionary.to_pylist()]
        table = np.array([*read, NO_MOMENT], dtype=np.int64)
        return table[numbers(held, len(read))]
    if not (pa.types.is_timestamp(column.type) or pa.types.is_integer(column.type)):
        return np.full(len(column), NO_MOMENT, dtype=np.int64)
    is_number = pa.types.is_integer(column.type)
    naive = pa.types.is_timestamp(column.type) and column.type.tz is None
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.timestamp("us", column.type.tz))
    made = column.cast(pa.int64())
    made = (made.fill_null(NO_MOMENT) if made.null_count else made).to_numpy(zero_copy_only=False)
    if is_number:
        made = np.where(np.abs(made) >= LEAST_US, made, NO_MOMENT)
    if naive:
        wall = made - zones.offsets_of(_SHANGHAI, made)
        made = np.where(made == NO_MOMENT, made, wall)
    return np.ascontiguousarray(made, dtype=np.int64)


def _written(column: pa.Array) -> npt.NDArray[np.bool_]:
    """Say which cells hold anything at all."""
    if column.null_count == len(column):
        return np.zeros(len(column), dtype=np.bool_)
    held = pc.fill_null(pc.not_equal(pc.utf8_trim_whitespace(column.cast(pa.string())), ""), False) if pa.types.is_string(column.type) else column.is_valid()
    return np.asarray(held.to_numpy(zero_copy_only=False), dtype=np.bool_)


def zone_numbers(column: pa.Array, default: str | None) -> tuple[npt.NDArray[np.int16], tuple[str, ...], int]:
    """Number the zones of a column; -1 where no zone is known. Also count the rows given the default."""
    held = text(column, False)
    default = zones.known(default)
    named = [zones.known(value) for value in held.dictionary.to_pylist()]
    listed = tuple(sorted({name for name in (*named, default) if name is not None}))
    place = {name: number for number, name in enumerate(listed)}
    table = np.array([place.get(name or "", -1) for name in named] + [place.get(default or "", -1)], dtype=np.int16)
    index = numbers(held, len(named))
    return table[index], listed, int((index == len(named)).sum()) if default else 0


def local(at_us: npt.NDArray[np.int64], zone: npt.NDArray[np.int16], names: tuple[str, ...]) -> tuple[pa.Array, pa.Array]:
    """Give local minute of the day and weekday (Monday is 1); null where moment or zone is missing."""
    wall = np.zeros(len(at_us), dtype=np.int64)
    unknown = (at_us == NO_MOMENT) | (zone < 0)
    for number, name in enumerate(names):
        here = (zone == number) & ~unknown
        if here.all():
            wall = at_us + zones.offsets_of(name, at_us)
        elif here.any():
            wall[here] = at_us[here] + zones.offsets_of(name, at_us[here])
    day = wall // zones.DAY_US
    minute = ((wall - day * zones.DAY_US) // zones.MINUTE_US).astype(np.int32)
    weekday = ((day + 3) % 7 + 1).astype(np.int32)
    mask = unknown if unknown.any() else None
    return pa.array(minute, mask=mask), pa.array(weekday, mask=mask)


def normal(batch: pa.Table, default_zone: str | None, standing: Standing) -> Normal:
    """Make a batch plain.

    Args:
        batch: columns of the kind `contact`; missing ones are empty.
        default_zone: zone of contacts that name none, or none.
        standing: holds and registers.

    Returns:
        The batch in codes, with local time, holds and registers as columns.

    Shape:
        n rows in, n rows out, in the same order.

    Raises:
        Nothing. A bad value is an empty one.
    """
    made: dict[str, Any] = {field: coded(_column(batch, field, pa.string()), field) for field in CODED}
    made.update((field, text(_column(batch, field, pa.string()), field in _PLAIN)) for field in TEXTS)
    made.update((field, references(made[field])) for field in sorted(REFERENCES))
    made.update((f"told_{name}", told(batch, name)) for name in TOLD)
    made.update((field, _truth(_column(batch, field, pa.bool_()))) for field in BOOLS)
    made.update((field, _whole(_column(batch, field, pa.int64()))) for field in NUMBERS)
    made["creditor"] = _creditor(made["creditor"], made["institution"])
    at_us = moments(_column(batch, "at", pa.timestamp("us", "UTC")))
    zone, names, n_assumed = zone_numbers(_column(batch, "tz", pa.string()), default_zone)
    if "consent_until" in batch.column_names:
        until = moments(_column(batch, "consent_until", pa.timestamp("us", "UTC")))
        ended = (until != NO_MOMENT) & ((at_us == NO_MOMENT) | (at_us >= until))
        ended |= (until == NO_MOMENT) & _written(_column(batch, "consent_until", pa.timestamp("us", "UTC")))
        made["consent_ref"] = pc.if_else(pa.array(ended), pa.scalar(None, pa.string()), made["consent_ref"])
    made["local_minute"], made["local_weekday"] = local(at_us, zone, names)
    made["has_zone"], made["has_moment"] = pa.array(zone >= 0), pa.array(at_us != NO_MOMENT)
    made["has_number"] = pc.is_valid(made["party_mobile"])
    made["at_us"] = pa.array(at_us, mask=at_us == NO_MOMENT)
    made.update(stood(made, at_us, standing))
    gaps = {"zone_assumed": n_assumed, **{f"{field}_assumed": _strange(batch, field) for field in ("direction", "mode")},
            "outcome_missing": _open(made)}
    return Normal(pa.table(made), at_us, zone, names, gaps)


def _strange(batch: pa.Table, field: str) -> int:
    """Count the rows that tell no known word of a coded field."""
    held = _words(_column(batch, field, pa.string()))
    known = [words.knows(field, word) for word in held.dictionary.to_pylist()]
    return int((~np.array([*known, False], dtype=np.bool_)[numbers(held, len(known))]).sum())


def _open(made: Mapping[str, Any]) -> int:
    """Count the calls of which nothing tells how they ended: no rule counts them as answered or unanswered."""
    if any(made[name].null_count == 0 for name in ENDS):
        return 0
    voice = np.array([one in ("voice_human", "voice_ai") for one in made["channel"].dictionary.to_pylist()] + [False], dtype=np.bool_)
    is_open = voice[numbers(made["channel"], len(voice) - 1)]
    for name in ENDS:
        is_open = is_open & made[name].is_null().to_numpy(zero_copy_only=False)
    return int(is_open.sum())


def _creditor(creditor: pa.DictionaryArray, institution: pa.DictionaryArray) -> pa.DictionaryArray:
    """Give the creditor, the institution where none is named."""
    if creditor.null_count == 0 and len(creditor):
        return creditor
    if creditor.null_count == len(creditor):
        return institution
    return _words(pc.coalesce(creditor.cast(pa.string()), institution.cast(pa.string())))


def _truth(column: pa.Array) -> pa.Array:
    return column if pa.types.is_boolean(column.type) else pa.nulls(len(column), pa.bool_())


def _whole(column: pa.Array) -> pa.Array:
    """Give whole numbers of a sane size; anything else is empty."""
    if not (pa.types.is_integer(column.type) or pa.types.is_floating(column.type)):
        return pa.nulls(len(column), pa.int64())
    if column.null_count == len(column):
        return pa.nulls(len(column), pa.int64())
    sane = pc.and_(pc.less(column, 2**31), pc.greater(column, -(2**31)))
    return pc.if_else(sane, column, pa.scalar(None, column.type)).cast(pa.int64(), safe=False)


def stood(made: dict[str, Any], at_us: npt.NDArray[np.int64], standing: Standing) -> dict[str, pa.Array]:
    """Give holds and registers as columns."""
    rows, told = len(at_us), {}
    for fact in HOLDS:
        told[fact] = pa.array(_covered(made, at_us, standing, fact)) if standing.has(fact) else pa.array(np.zeros(rows, bool))
    for fact in REGISTERS:
        if standing.has(fact):
            unknown = (at_us == NO_MOMENT) | pc.is_null(made[SUBJECT[fact]]).to_numpy(zero_copy_only=False)
            told[fact] = pa.array(_covered(made, at_us, standing, fact), mask=unknown)
        else:
            told[fact] = pa.nulls(rows, pa.bool_())
    return told


def _covered(made: dict[str, Any], at_us: npt.NDArray[np.int64], standing: Standing, fact: str) -> npt.NDArray[np.bool_]:
    """Say for every row whether a fact of its subject stands at its moment."""
    subjects: dict[str, int] = {}
    starts, ends, head = list[int](), list[int](), [0]
    for subject, (froms, untils) in standing.by(fact).items():
        subjects[subject] = len(subjects)
        starts += froms
        ends += untils
        head.append(len(starts))
    if SUBJECT[fact] == "debtor":
        index = _debtors(made, subjects)
    else:
        held = made[SUBJECT[fact]]
        table = np.array([subjects.get(value, -1) for value in held.dictionary.to_pylist()] + [-1], dtype=np.int64)
        index = table[numbers(held, len(table) - 1)]
    longs = (np.array(each, dtype=np.int64) for each in (head, starts, ends))
    return windows.covered(index, at_us, *longs)


def _debtors(made: dict[str, Any], subjects: dict[str, int]) -> npt.NDArray[np.int64]:
    """Number the debtor of every row as the spans do, -1 where no span is about it."""
    creditor, debtor = made["creditor"], made["debtor_id"]
    ids = {value: number for number, value in enumerate(debtor.dictionary.to_pylist())}
    names = {value: number for number, value in enumerate(creditor.dictionary.to_pylist())}
    width = len(ids) + 1
    pairs, found = [], list[int]()
    for subject, number in subjects.items():
        lender, _, person = subject.partition(debtor_key("", ""))
        if lender in names and person in ids:
            pairs.append(names[lender] * width + ids[person])
            found.append(number)
    order = np.argsort(np.array(pairs, dtype=np.int64))
    keys, targets = np.array(pairs, dtype=np.int64)[order], np.array(found, dtype=np.int64)[order]
    c, d = (numbers(each, -1).astype(np.int64) for each in (creditor, debtor))
    row = np.where((c < 0) | (d < 0), -1, c * width + d)
    if not len(keys):
        return np.full(len(row), -1, dtype=np.int64)
    place = np.minimum(np.searchsorted(keys, row), len(keys) - 1)
    return np.where(keys[place] == row, targets[place], -1)
