"""What a column's header says: the field it means, the unit it counts in."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache

from lianfang.engine.records import schema
from lianfang.engine.terms.codes import Kind

RECORD_ID = "record_id"
"""The one target that is no field: the number the record already has."""

_UNITS = {
    "元": "yuan", "人民币": "yuan", "人民币元": "yuan", "rmb": "yuan", "cny": "yuan",
    "yuan": "yuan", "¥": "yuan", "万元": "wan", "万": "wan", "分": "fen", "fen": "fen",
    "千元": "thousand", "亿元": "yi", "秒": "seconds", "s": "seconds", "sec": "seconds",
    "seconds": "seconds", "分钟": "minutes", "min": "minutes", "minutes": "minutes",
    "小时": "hours", "ms": "milliseconds", "毫秒": "milliseconds",
}  # fmt: skip
_PAREN = re.compile(r"[((\[【<{]([^)()\]】>}]*)[))\]】>}]")
_WHOLE_BRACKET = re.compile(r"^[\[【「『\"“<({](.*)[\]】」』\"”>)}]$")
_JOINTS = re.compile(r"[\s_\-./\\、,,::;;*#\"'“”‘’|]+")
_PREFIXES = re.compile(
    "^(?:客户|投诉人|投诉者|借款人|申请人|本人|用户|债务人|持卡人|消费者|来电人|来访人|反映人|"
    "投保人|主贷人|主借人|异议人|信息主体|当事人|举报人|会员|贷款人|借款|客人)(?:的)?"
)
_NOTHING = re.compile(
    r"(?:列|column|col|field|字段|unnamed|var|f|c|x|未命名|空|数据|值|value)?\d*|[a-z]|号码|无|无标题"
)


@dataclass(frozen=True)
class Header:
    """A header taken apart: its words without joints and brackets, its unit."""

    raw: str
    key: str
    unit: str | None

    @property
    def says_nothing(self) -> bool:
        """Say whether only the values can tell what the column is."""
        return _NOTHING.fullmatch(self.key) is not None


@cache
def read(raw: str) -> Header:
    """Take a header apart: `[涉诉金额](元)` -> `涉诉金额`, yuan."""
    words = unicodedata.normalize("NFKC", raw).strip().strip("\ufeff").lower()
    whole = _WHOLE_BRACKET.match(words)
    if whole and not re.search(r"[\])】]", whole[1]):
        words = whole[1]
    unit = None
    for inside in _PAREN.findall(words):
        unit = _UNITS.get(inside.strip(), unit)
    bare = _PAREN.sub("", words)
    if not bare.strip() and words.strip():
        bare = re.sub(r"[\[\]()【】()<>{}]", "", words)
    key = _JOINTS.sub("", re.sub(r"[\[\]【】]", "", bare))
    found = re.search(r"(?<=[_\s])(yuan|rmb|fen|cny|seconds|minutes|ms)$", words)
    return Header(raw, key, unit or (_UNITS[found[1]] if found else None))


@cache
def aliases(kind: Kind) -> dict[str, tuple[str, ...]]:
    """Give header key -> the fields it may mean, the likeliest first.

    A field's own name always means that field, and only that field.
    """
    made: dict[str, list[str]] = {}
    shape = schema.of(kind)
    for alias in shape.record_id_headers:
        made.setdefault(read(alias).key, []).append(RECORD_ID)
    for field in shape.fields:
        for alias in field.headers:
            key = read(alias).key
            if field.name not in made.setdefault(key, []):
                made[key].append(field.name)
    for name in (RECORD_ID, *(field.name for field in shape.fields)):
        made[read(name).key] = [name]
    return {key: tuple(names) for key, names in made.items()}


def candidates(kind: Kind, raw: str) -> tuple[tuple[str, ...], str]:
    """Give the fields a header may mean in this kind, and how that was seen.

    Returns:
        Fields, the likeliest first; and `name`, `alias`, `near` or `unknown`.
    """
    key, known = read(raw).key, aliases(kind)
    if schema.of(kind).field(raw) is not None or raw == RECORD_ID:
        return (raw,), "name"
    if key in known:
        return known[key], "alias"
    bare = re.sub(r"\d+$", "", key)
    for near in (bare, _PREFIXES.sub("", bare), re.sub(r"(?:信息|内容)$", "", bare)):
        if len(near) >= 2 and near in known:
            return known[near], "near"
    return (), "unknown"
