"""Decided cases like this one, nearest first, with what they share; what was decided never changes the order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from lianfang.engine.cases.criteria import criteria
from lianfang.engine.terms.codes import Strength

_WEIGHT = {Strength.STRONG: 3, Strength.MEDIUM: 2, Strength.WEAK: 1}


@dataclass(frozen=True)
class Precedent:
    """A decided case without any person: typology, criteria, innocent reasons, outcome."""

    code: str
    typology: str
    criteria: frozenset[str]
    guards: frozenset[str]
    outcome: str
    decided_on: date


@dataclass(frozen=True)
class Likeness:
    """A precedent, how alike it is (0 to 1), and what both have."""

    precedent: Precedent
    share: float
    criteria: tuple[str, ...]
    guards: tuple[str, ...]
    same_typology: bool


def search(typology: str, claimed: Iterable[str], guards: Iterable[str], known: Iterable[Precedent], most: int = 20) -> tuple[Likeness, ...]:
    """Rank precedents by what they share with a case.

    Args:
        typology: the case's.
        claimed: criteria claimed.
        guards: innocent reasons that apply.
        known: the precedents.
        most: how many to give.

    Returns:
        Those that share anything: same typology first, then the weighted share of criteria and guards in common,
        then the younger; `abnormal` and `not_abnormal` alike.
    """
    own, reasons = frozenset(claimed), frozenset(guards)
    found = []
    for one in known:
        same = one.typology == typology
        both, either = own & one.criteria, own | one.criteria
        shared, all_reasons = reasons & one.guards, reasons | one.guards
        whole = _weigh(either) + 2 * len(all_reasons)
        share = (_weigh(both) + 2 * len(shared)) / whole if whole else 0.0
        if same or both or shared:
            found.append(Likeness(one, share, tuple(sorted(both, key=_place)), tuple(sorted(shared)), same))
    found.sort(key=lambda like: (not like.same_typology, -like.share, -like.precedent.decided_on.toordinal(), like.precedent.code))
    return tuple(found[:most])


def _weigh(names: frozenset[str]) -> int:
    return sum(_WEIGHT[criteria()[name].strength] for name in names if name in criteria())


def _place(name: str) -> tuple[int, str]:
    return (int(name[1:]) if name[1:].isdecimal() else 0, name)
