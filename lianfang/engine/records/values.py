"""Columns of raw cells become columns of days, moments, fen, numbers, answers and identifiers.

Every function gives the values and a mask of the cells that are bad (None where none is).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lianfang.engine.identifiers import buffers, kinds
from lianfang.engine.records import schema, times
from lianfang.engine.records.schema import Field
from lianfang.engine.terms import compiled

MAX_CHARACTERS = 100_000
"""Longest text kept; what is longer is cut and told."""

HUNDREDTHS = {"fen": 1, "yuan": 100, "thousand": 100_000, "wan": 1_000_000, "yi": 10_000_000_000}
SECONDS = {"seconds": 1, "minutes": 60, "hours": 3_600}
TRUE_WORDS = frozenset("是 有 对 真 √ ✓ y yes true t 1 1.0 已接通 接通 有效 同意 已 on ok".split())
FALSE_WORDS = frozenset("否 无 没有 不 错 假 × ✗ x n no false f 0 0.0 未接通 无效 不同意 未 off".split())
_SHANGHAI = "Asia/Shanghai"
_EMPTY = pa.array(sorted({*kinds.EMPTY_WORDS, ""}))
Read = tuple[pa.Array, "pa.Array | None"]


def read_column(field: Field, column: pa.Array, unit: str | None) -> Read:
    """Read one raw column as what its field should be.

    Args:
        field: what the column means.
        column: raw cells: text, or whatever type a Parquet file had.
        unit: what the header said it counts in, if it did.

    Returns:
        The values, null where empty or bad; the mask of the bad, or None.

    Shape:
        [n] in, two [n] out.
    """
    if pa.types.is_null(column.type):
        return pa.nulls(len(column), field.arrow), None
    return _READERS[field.type](field, column, unit)


def to_text(column: pa.Array) -> pa.Array:
    """Give any column as text; whole floats lose their `.0`.

    Units:
        A float above 2**53 no longer knows its last digits: it is left as its own text.
    """
    if pa.types.is_string(column.type):
        return column
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_floating(column.type):
        whole = column.cast(pa.float64())
        is_whole = pc.and_(pc.equal(pc.round(whole), whole), pc.less(pc.abs(whole), 2.0**53))
        as_int = pc.if_else(is_whole, whole, None).cast(pa.int64()).cast(pa.string())
        return pc.coalesce(as_int, whole.cast(pa.string()))
    if pa.types.is_nested(column.type) or pa.types.is_binary(column.type):
        import json

        return pa.array(
            [None if one is None else json.dumps(one, ensure_ascii=False, default=str)
             for one in column.to_pylist()], pa.string())  # fmt: skip
    return column.cast(pa.string())


def _strings(field: Field, column: pa.Array, unit: str | None) -> Read:
    text = pc.utf8_trim_whitespace(to_text(column))
    if pc.any(pc.is_in(pc.utf8_lower(text), _EMPTY)).as_py():
        text = pc.if_else(pc.is_in(pc.utf8_lower(text), _EMPTY), None, text)
    return text, None


def _list(field: Field, column: pa.Array, unit: str | None) -> Read:
    text, _ = _strings(field, column, unit)
    return pc.replace_substring_regex(text, r"\s*[,,;;、|]\s*", "|"), None


def _text(field: Field, column: pa.Array, unit: str | None) -> Read:
    text = to_text(column)
    is_blank = pc.equal(pc.binary_length(text), 0)
    if pc.any(is_blank).as_py():
        text = pc.if_else(is_blank, None, text)
    return text, None


def too_long(text: pa.Array) -> pa.Array | None:
    """Mark texts beyond the longest that is kept; None where there is none."""
    longest = pc.max(pc.binary_length(text)).as_py() or 0
    if longest <= MAX_CHARACTERS:
        return None
    mask = pc.greater(pc.utf8_length(text), MAX_CHARACTERS)
    return mask if pc.any(mask).as_py() else None


def _identifier(field: Field, column: pa.Array, unit: str | None) -> Read:
    if field.identifier is None:
        return _strings(field, column, unit)
    values, bad = kinds.parse_column(field.identifier, to_text(column))
    if field.also is not None and pc.any(bad).as_py():
        others, still = kinds.parse_column(field.also, to_text(column).filter(bad))
        values = pc.replace_with_mask(values, bad, others)
        bad = pc.replace_with_mask(bad, bad, still)
    return values, bad if pc.any(bad).as_py() else None


def _by_word(column: pa.Array, one: Callable[[str], Any], kind: pa.DataType) -> Read:
    # every different cell meets Python once
    coded = column.dictionary_encode()
    words = coded.dictionary.to_pylist()
    read = [one(word) for word in words]
    bad = [value is None and not kinds.is_empty(word) for value, word in zip(read, words, strict=True)]
    values = pa.array(read, kind).take(coded.indices)
    if not any(bad):
        return values, None
    return values, pc.fill_null(pa.array(bad).take(coded.indices), False)


def _by_kernel(
    column: pa.Array, kernel: Callable[..., None], slow: Callable[[str], Any], *extra: Any
) -> Read:
    held, offsets, is_there = buffers.views(column)
    out, fine = np.empty(len(column), np.int64), np.empty(len(column), np.uint8)
    kernel(compiled.buffer(held), offsets, is_there, *extra, out, fine)
    is_fine = fine == times.FINE
    if is_fine.all():
        return pa.array(out), None
    values = pa.array(out, mask=~is_fine)
    rest = pa.array(~is_fine & (np.diff(offsets) > 0))
    others, bad = _by_word(column.filter(rest), slow, pa.int64())
    values = pc.replace_with_mask(values, rest, others)
    if bad is None:
        return values, None
    return values, pc.fill_null(pc.replace_with_mask(pc.and_(rest, False), rest, bad), False)


def _time(field: Field, column: pa.Array, unit: str | None) -> Read:
    if pa.types.is_date(column.type):
        column = column.cast(pa.timestamp("us"))
    if pa.types.is_timestamp(column.type):
        if column.type.tz is None:
            column = pc.assume_timezone(column.cast(pa.timestamp("us")), _SHANGHAI)
        return column.cast(schema.TIME, safe=False), None
    values, bad = _by_kernel(to_text(column), times.moments, lambda _: None)
    return values.cast(pa.timestamp("us")).cast(schema.TIME), bad


def _date(field: Field, column: pa.Array, unit: str | None) -> Read:
    if pa.types.is_date(column.type):
        return column.cast(pa.date32()), None
    moments, bad = _time(field, column, unit)
    return pc.local_timestamp(moments.cast(pa.timestamp("us", tz=_SHANGHAI))).cast(
        pa.date32(), safe=False
    ), bad


def _money(field: Field, column: pa.Array, unit: str | None) -> Read:
    hundredths = HUNDREDTHS.get(unit or "yuan", 100)
    if pa.types.is_integer(column.type) and hundredths == 1:
        return column.cast(pa.int64()), None
    text = to_text(column)
    return _by_kernel(text, times.amounts, lambda word: _wordy_fen(word, hundredths), hundredths)


def _wordy_fen(word: str, hundredths: int) -> int | None:
    from lianfang.engine.identifiers import costume

    bare = re.sub(r"^(?:人民币|rmb|cny|约|共计|合计)|(?:元整|整|左右|人民币|rmb|cny)$", "",
                  costume.plain_cell(word).lower()).strip()  # fmt: skip
    found = re.fullmatch(r"[¥$]?\s*([+-]?[\d,]+(?:\.\d+)?)\s*(元|块|万|万元|亿|亿元|千|千元|分|k|w)?", bare)
    if not found or len(found[1]) > 20:
        return None
    scale = {"元": 100, "块": 100, "万": 10**6, "万元": 10**6, "w": 10**6, "亿": 10**10,
             "亿元": 10**10, "千": 10**5, "千元": 10**5, "k": 10**5, "分": 1}  # fmt: skip
    whole, _, part = found[1].replace(",", "").partition(".")
    amount = int(whole + part[:6].ljust(6, "0")) if whole not in ("", "+", "-") else 0
    total = (amount * scale.get(found[2] or "", hundredths) + 500_000) // 10**6
    return total if abs(total) < 2**63 else None


def _int(field: Field, column: pa.Array, unit: str | None) -> Read:
    if pa.types.is_integer(column.type) and SECONDS.get(unit or "", 1) == 1:
        return column.cast(pa.int64()), None
    scale = SECONDS.get(unit or "", 1)
    return _by_kernel(to_text(column), times.amounts, lambda word: _wordy_int(word, scale), scale)


def _wordy_int(word: str, scale: int) -> int | None:
    bare = word.strip().lower().replace(",", "")
    clock = re.fullmatch(r"(?:(\d{1,3})[::])?(\d{1,3})[::](\d{2})", bare) or re.fullmatch(
        r"(?:(\d{1,3})(?:小时|时|h))?(?:(\d{1,4})(?:分钟?|m(?:in)?))?(?:(\d{1,5})(?:秒钟?|s(?:ec)?))?", bare
    )
    if clock and any(clock.groups()):
        hours, minutes, seconds = (int(part or 0) for part in clock.groups())
        return hours * 3600 + minutes * 60 + seconds
    found = re.fullmatch(r"(\d{1,12}(?:\.\d+)?)\s*(万|w|k|亿|\+|人|次|个月|月|个)?\+?", bare)
    if not found:
        return None
    return round(float(found[1]) * {"万": 10**4, "w": 10**4, "k": 10**3, "亿": 10**8}.get(found[2], scale))


def _bool(field: Field, column: pa.Array, unit: str | None) -> Read:
    if pa.types.is_boolean(column.type):
        return column, None

    def answer(word: str) -> bool | None:
        word = word.strip().lower()
        return True if word in TRUE_WORDS else False if word in FALSE_WORDS else None

    return _by_word(to_text(column), answer, pa.bool_())


_READERS: dict[str, Callable[[Field, pa.Array, str | None], Read]] = {
    "string": _strings,
    "text": _text,
    "list": _list,
    "identifier": _identifier,
    "time": _time,
    "date": _date,
    "money": _money,
    "int": _int,
    "bool": _bool,
}
