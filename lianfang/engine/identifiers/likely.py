"""Compiled look at texts: which of them may hold an identifier, and of which sort.

It may say yes where there is none; it never says no where `find` would find one (tested). A table
gives every character its folded self and what it is; only digits, letters, dots and the ends of
cues are looked at, by the shapes of `shapes`.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa

from lianfang.engine.identifiers import buffers, costume, patterns, shapes
from lianfang.engine.identifiers.shapes import (
    COLON,
    CUE,
    DIGIT,
    DOT,
    HAN,
    HOT,
    LETTER,
    LOOSE,
    ODD,
    PROVINCE,
    SKIP,
    SPACE,
    SPOKEN,
    STEP,
    TOP,
)  # fmt: skip

_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"


@cache
def _tables() -> tuple[Any, Any]:
    """Give every character's folded self and what it is, by slot.

    Shape:
        uint16 [slots] and uint16 [slots].
    """
    folds = np.zeros(shapes.RARE_AT + 1, np.uint16)
    folds[:0x10000] = np.arange(0x10000)
    classes = np.full(shapes.RARE_AT + 1, LOOSE, np.uint16)  # Korean and private signs stay as they are
    classes[shapes.ODD_AT] = ODD | LOOSE
    slots = np.r_[0:0xAC00, 0xF900 : shapes.ODD_AT]
    points = [*range(0xAC00), *range(0xF900, 0x10000), *range(*shapes.MATHS), *range(*shapes.SIGNS)]
    raw = "".join(map(chr, points))
    is_seen = np.ones(len(raw), np.bool_)
    is_seen[[hit.start() for hit in costume.INVISIBLE.finditer(raw)]] = False
    classes[slots[~is_seen]], slots = SKIP, slots[is_seen]
    folded = costume.fold(costume.INVISIBLE.sub("", raw))
    folds[slots] = np.frombuffer(folded.digits.encode("utf-32-le"), np.uint32) & 0xFFFF
    classes[slots] = _what(folded)
    return folds, classes


def _what(folded: costume.Folded) -> Any:
    """Say of every folded character what it is.

    Shape:
        uint16 [n].
    """
    bits = np.zeros(len(folded.text), np.uint16)
    cues, steps, provinces = (f"[{ones}]+" for ones in (shapes.CUES, shapes.STEPS, _PROVINCES))
    loose, colon = patterns.GAP.replace("{1,3}", "+"), patterns.COLON.replace("{0,8}", "+")
    for bit, pattern, text in (
        (DIGIT, "[0-9]+", folded.text), (SPOKEN, "[0-9]+", folded.digits), (LETTER, "[a-z]+", folded.text),
        (LOOSE, loose, folded.digits), (COLON, colon, folded.digits), (SPACE, r"\s+", folded.text),
        (HAN, "[\u4e00-\u9fff]+", folded.text), (ODD, r"(?![0-9])\d", folded.digits), (CUE, cues, folded.text),
        (STEP, steps, folded.text), (PROVINCE, provinces, folded.text),
        (DOT, r"[.点\[(/:]", folded.text), (TOP, "[中公网在商我]", folded.text),
    ):  # fmt: skip
        for hit in re.finditer(pattern, text):
            bits[hit.start() : hit.end()] |= bit
    bits[bits & DIGIT > 0] &= ~np.uint16(SPOKEN)
    bits[bits & (DIGIT | SPOKEN | LETTER | CUE | PROVINCE | DOT) > 0] |= np.uint16(HOT)
    return bits


def parts(texts: pa.Array) -> Any:
    """Say of every text which parts of `find` may find something in it.

    Shape:
        string [n] in; uint8 [n] out, bits of `patterns.ADDRESSES` and so on; 0 where nothing can be.
    """
    out = np.zeros(len(texts), np.uint8)
    shapes.part_rows(*buffers.views(texts), *_tables(), out)
    return out


def every(texts: pa.Array) -> Any:
    """Say that every text may hold anything: what `parts` stands for where no kernel is compiled.

    Shape:
        As `parts`.
    """
    return np.where(np.diff(buffers.views(texts)[1]) > 0, patterns.ALL, 0).astype(np.uint8)


def rows(texts: pa.Array) -> Any:
    """Give the rows whose text may hold an identifier.

    Shape:
        string [n] in; int64 [k] row numbers, rising, out.
    """
    return np.flatnonzero(parts(texts))


def warm() -> None:
    """Compile every kernel of this file now, so that no user waits for it."""
    rows(pa.array(["13800138000", None]))
