"""Keys by which like names meet: sounds of people's names, cores of firms' names."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from lianfang.engine.terms import shelf

_WIDTH = 6  # characters of a name that count
_REGION = re.compile(
    r"^[((]?((?:中国)?(?:.{2,3}(?:省|自治区))?(?:.{2,4}?(?:市|州|盟))?(?:.{1,4}?(?:区|县))?)[))]?"
)
_ROUND = re.compile(r"[((][^))]{1,8}[))]")
_NOT_NAME = r"[\s·•.()()*_0-90-9\-]"


@cache
def settings() -> Mapping[str, Any]:
    """Load `data/rings/fuzzy.yaml` once."""
    return shelf.yaml(shelf.path("rings", "fuzzy.yaml"))


def plain_names(names: pa.Array) -> pa.Array:
    """Take marks and blanks out of names; null where fewer than two Chinese characters are left.

    Args:
        names: names of people as written.
    """
    bare = pc.replace_substring_regex(names, _NOT_NAME, "")
    fit = pc.fill_null(pc.match_substring_regex(bare, r"^\p{Han}{2,6}$"), False)
    return pc.if_else(fit, bare, pa.scalar(None, pa.string()))


def sound_keys(names: pa.Array) -> npt.NDArray[np.int64]:
    """Give every name a number by its sound; like-sounding and like-written names share it.

    Args:
        names: from `plain_names` or `cores`.

    Returns:
        One number a name; -1 for null.

    Shape:
        Work is done once a different name; a character counts by its first reading without tone.
    """
    coded = names.dictionary_encode()
    known = coded.dictionary
    if not len(known):
        return np.full(len(names), -1, np.int64)
    cells = np.array([word or "" for word in known.to_pylist()], dtype=f"U{_WIDTH}")
    points = cells.view(np.uint32).reshape(len(cells), _WIDTH)
    letters, place = np.unique(points, return_inverse=True)
    spelled = [_sound(chr(point)) if point else "" for point in letters.tolist()]
    number = np.array([_number(word) for word in spelled], np.uint64)[place.reshape(points.shape)]
    # Mixed down to 62 bits: two names that collide by chance only meet, Splink still compares them.
    key = np.zeros(len(cells), np.uint64)
    for column in range(_WIDTH):
        key = (key ^ number[:, column]) * np.uint64(0x9E3779B97F4A7C15)
        key ^= key >> np.uint64(29)
    mixed = (key >> np.uint64(2)).astype(np.int64)
    return np.append(mixed, -1)[pc.fill_null(coded.indices.cast(pa.int64()), -1).to_numpy(zero_copy_only=False)]


@cache
def _number(sound: str) -> int:
    """Number a sound by itself, so that it is the same on another day among other names."""
    return int.from_bytes(hashlib.blake2b(sound.encode(), digest_size=8).digest(), "little") if sound else 0


@cache
def _sound(letter: str) -> str:
    from pypinyin.constants import PINYIN_DICT

    letter = _shapes().get(letter, letter)
    read = PINYIN_DICT.get(ord(letter))
    if read is None:
        return letter.lower()
    bare = unicodedata.normalize("NFD", read.split(",")[0].replace("ü", "v"))
    word = "".join(one for one in bare if not unicodedata.combining(one))
    for one, other in settings()["sounds"].items():
        word = other + word[len(one) :] if word.startswith(one) else word
        word = word[: -len(one)] + other if word.endswith(one) else word
    return word


@cache
def _shapes() -> Mapping[str, str]:
    return {letter: group[0] for group in settings()["alike"] for letter in group}


@cache
def core(firm: str) -> tuple[str, str]:
    """Take region and legal form off a firm's name.

    Args:
        firm: the name as written.

    Returns:
        The core and the region (perhaps empty); the core is empty when too little is left.
    """
    name = re.sub(r"\s", "", unicodedata.normalize("NFKC", firm))
    inner = _ROUND.findall(name)
    name = _ROUND.sub("", name)
    met = _REGION.match(name)
    region = met.group(1) if met else ""
    rest = name[len(region) :]
    cut = rest not in settings()["firm_tails"]
    if not cut:
        return "", region
    while cut:
        cut = False
        for tail in settings()["firm_tails"]:
            if rest.endswith(tail) and len(rest) - len(tail) >= settings()["firm_least"]:
                rest, cut = rest[: -len(tail)], True
    fit = len(rest) >= settings()["firm_least"]
    return (rest if fit else ""), (region or (inner[0][1:-1] if inner else ""))


def cores(firms: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Take region and legal form off every firm's name, once a different name."""
    coded = firms.dictionary_encode()
    parts = [core(firm or "") for firm in coded.dictionary.to_pylist()]
    columns = []
    for side in (0, 1):
        words = pa.array([part[side] or None for part in parts], pa.string())
        columns.append(words.take(coded.indices))
    return columns[0], columns[1]
