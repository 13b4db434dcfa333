"""Identifiers everybody may share: hotlines, short numbers, shared networks; they tell nothing about who uses them."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from lianfang.engine.terms import shelf
from lianfang.engine.terms.codes import IdentifierKind
from lianfang.engine.terms.errors import DefinitionError, Fault, Say

# Two kinds of one space meet: a payee's card is an account, a landline may stand where a mobile is.
SPACES = {
    "mobile": "phone", "landline": "phone", "bank_card": "bank_account", "alipay": "alipay",
}


def space_of(kind: IdentifierKind | str) -> str:
    """Say which identifiers can be equal to those of a kind.

    Args:
        kind: kind of identifier, as in the schema; `handle` for names of posters.
    """
    return SPACES.get(str(kind), str(kind))


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
