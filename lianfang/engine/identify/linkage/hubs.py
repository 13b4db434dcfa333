"""Identifiers that join nothing because everybody may share them, and how they look masked."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from lianfang.engine.identifiers import mask as masks
from lianfang.engine.terms import shelf
from lianfang.engine.terms.codes import IdentifierKind
from lianfang.engine.terms.errors import DefinitionError, Fault, Say

LEAST_PROBED = 6
# Kinds whose mask depends on nothing but the length.
_BY_LENGTH = frozenset(
    IdentifierKind(kind)
    for kind in (
        "mobile", "landline", "resident_id", "uscc", "bank_card", "bank_account", "wechat_id", "qq",
        "alipay", "douyin", "kuaishou", "xiaohongshu", "device_id", "sha256", "plate",
    )
)


@dataclass(frozen=True)
class HubRule:
    """One registered hub: an exact value, or a pattern of values, and why it joins nothing."""

    space: str
    value: str | None
    pattern: str | None
    why: Say


@functools.cache
def registry(folder: Path | None = None) -> tuple[HubRule, ...]:
    """Read the registered hubs.

    Args:
        folder: a folder of files like data/hubs; None for the packaged one.

    Returns:
        All rules, in the order of files and lines; the first that fits speaks.

    Raises:
        DefinitionError: with all faults, each with file and line.
    """
    files = sorted(folder.rglob("*.yaml")) if folder else shelf.files("hubs")
    rules: list[HubRule] = []
    faults: list[Fault] = []
    for place in files:
        source = shelf.yaml(place)
        for one in [*source.get("exact", ()), *source.get("classes", ())]:
            rules.append(_rule(one, place, faults))
    if faults:
        raise DefinitionError(
            Say("枢纽号码表有错", "The registry of hubs is wrong"), code="E-LINKAGE-04",
            where=faults[0].where, faults=faults,
        )
    return tuple(rules)


def _rule(one: Any, place: Path, faults: list[Fault]) -> HubRule:
    pattern = one.get("pattern")
    say = one.get("why") or {}
    rule = HubRule(
        str(one.get("identifier")), None if "value" not in one else str(one["value"]), pattern,
        Say(str(say.get("zh", "")), str(say.get("en", ""))),
    )
    try:
        fits = (rule.value is None) != (pattern is None) and bool(rule.why.zh and rule.why.en)
        pc.match_substring_regex(pa.array(["x"]), pattern or "x")
    except pa.ArrowInvalid:
        fits = False
    if not fits:
        say = Say("要有 value 或能编译的 pattern,以及双语 why", "Needs value or a valid pattern, and why")
        fix = Say("改这一行", "Mend this line")
        faults.append(Fault(f"{place}:{getattr(one, 'line', 1)}", say, fix, "E-LINKAGE-04"))
    return rule


def registered(
    space: str, values: pa.Array, rules: tuple[HubRule, ...] | None = None
) -> npt.NDArray[np.int32]:
    """Say which rule of the registry each value meets.

    Args:
        space: which identifiers the values are (`phone`, `ip`, `domain` ...).
        values: normal forms.
        rules: the registry; None for the packaged one.

    Returns:
        The rule's place in the registry; -1 for no rule.

    Shape:
        n values in, n numbers out.
    """
    rules = registry() if rules is None else rules
    found = np.full(len(values), -1, np.int32)
    for place in range(len(rules) - 1, -1, -1):
        rule = rules[place]
        if rule.space != space or not len(values):
            continue
        met = (
            pc.equal(values, pa.scalar(rule.value, values.type))
            if rule.value is not None
            else pc.match_substring_regex(values, rule.pattern)
        )
        found[np.asarray(pc.fill_null(met, False))] = place
    return found


def masked(kind: str, values: pa.Array) -> pa.Array:
    """Mask a column of identifiers of one kind, as `identifiers.mask` does one by one.

    Args:
        kind: kind of identifier; `handle` is shown like a chat id.
        values: normal forms.

    Returns:
        Masked strings.

    Shape:
        n values in, n strings out. No Python string a row where the mask depends on length alone.
    """
    known = IdentifierKind(kind) if kind in set(IdentifierKind) else IdentifierKind.WECHAT_ID
    values = values.cast(pa.string())
    if known not in _BY_LENGTH:
        return pa.array([None if v is None else masks.mask(known, v) for v in values.to_pylist()],
                        pa.string())
    lengths = np.asarray(pc.fill_null(pc.utf8_length(values), 0))
    has_at = np.asarray(pc.fill_null(pc.match_substring(values, "@"), False))
    parts, rows = [], []
    for length in np.unique(lengths).tolist():
        chosen = np.flatnonzero((lengths == length) & ~has_at)
        parts.append(_masked_alike(known, values.take(pa.array(chosen)), length))
        rows.append(chosen)
    odd = np.flatnonzero(has_at)
    parts.append(pa.array([masks.mask(known, v) for v in values.take(pa.array(odd)).to_pylist()],
                          pa.string()))
    rows.append(odd)
    back = np.argsort(np.concatenate(rows), kind="stable")
    return pa.concat_arrays(parts).take(pa.array(back))


def _masked_alike(kind: IdentifierKind, values: pa.Array, length: int) -> pa.Array:
    """Mask values of one length: a probe of distinct letters shows what stays."""
    if length < LEAST_PROBED:  # front and back may overlap
        return pa.array(
            [None if v is None else masks.mask(kind, v) for v in values.to_pylist()], pa.string()
        )
    probe = "".join(chr(0x4E00 + place) for place in range(length))
    shown = masks.mask(kind, probe)
    front = next((k for k in range(length) if shown[k : k + 1] != probe[k]), length)
    back = next((k for k in range(length - front) if shown[-k - 1] != probe[-k - 1]), 0)
    middle = shown[front : len(shown) - back]
    head = pc.utf8_slice_codeunits(values, 0, front)
    tail = pc.utf8_slice_codeunits(values, length - back, length) if back else pa.scalar("")
    return pc.binary_join_element_wise(head, pa.scalar(middle), tail, pa.scalar(""))
