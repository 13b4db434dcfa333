"""Criteria A1 to A12 and the innocent reasons: what is claimed, what is taken away, what is missing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from lianfang.engine.cases.case import Answer, Case, Claim, Missing
from lianfang.engine.terms import shelf
from lianfang.engine.terms.codes import Strength
from lianfang.engine.terms.errors import Say


@dataclass(frozen=True)
class Criterion:
    """One criterion of an abnormal complaint."""

    id: str
    name: Say
    strength: Strength


@dataclass(frozen=True)
class Guard:
    """One innocent reason, and the criteria that do not count where it applies."""

    id: str
    name: Say
    takes_away: frozenset[str]


@dataclass(frozen=True)
class Weighed:
    """What remains of the claims: criteria counted, those taken away and by what, whether it is enough."""

    counted: tuple[str, ...]
    taken_away: Mapping[str, tuple[str, ...]]
    is_enough: bool


@cache
def knowledge() -> Any:
    """Read the file once."""
    return shelf.yaml(shelf.path("cases", "criteria.yaml"))


@cache
def criteria() -> dict[str, Criterion]:
    """Give the criteria by id, in the file's order."""
    return {one["id"]: Criterion(one["id"], Say(one["zh"], one["en"]), Strength(one["strength"])) for one in knowledge()["criteria"]}


@cache
def guards() -> dict[str, Guard]:
    """Give the innocent reasons by id, in the file's order."""
    return {one["id"]: Guard(one["id"], Say(one["zh"], one["en"]), frozenset(one["takes_away"])) for one in knowledge()["guards"]}


def weigh(claims: Iterable[Claim], answers: Mapping[str, Answer]) -> Weighed:
    """Say which claims count once the innocent reasons are heard, and whether they are enough.

    Args:
        claims: criteria claimed; one without exhibits does not count.
        answers: guard id → whether it applies.
    """
    least = knowledge()["exhibits_least"]
    claimed = [one for one in dict.fromkeys(claim.criterion for claim in claims if len(set(claim.exhibits)) >= least) if one in criteria()]
    applying = [guard for guard in guards().values() if guard.id in answers and answers[guard.id].yes]
    taken = {one: by for one in claimed if (by := tuple(guard.id for guard in applying if one in guard.takes_away))}
    counted = tuple(one for one in criteria() if one in claimed and one not in taken)
    n = {strength: sum(criteria()[one].strength is strength for one in counted) for strength in Strength}
    have = {"strong": n[Strength.STRONG], "medium": n[Strength.MEDIUM], "lesser": n[Strength.MEDIUM] + n[Strength.WEAK]}
    return Weighed(counted, taken, any(all(have[name] >= least for name, least in line.items()) for line in knowledge()["enough"]))


def missing_criteria(case: Case) -> tuple[Missing, ...]:
    """Say what the claims of a case lack: exhibits on file, known criteria, enough of them."""
    found = []
    for claim in case.claims:
        name = criteria()[claim.criterion].name if claim.criterion in criteria() else None
        if name is None:
            found.append(Missing("M-CRITERION", claim.criterion, Say(f"没有标准 {claim.criterion}", f"there is no criterion {claim.criterion}")))
            continue
        on_file = case.exhibits.intersection(claim.exhibits)
        if len(on_file) < knowledge()["exhibits_least"]:
            found.append(Missing("M-EXHIBIT", claim.criterion, Say(f"{claim.criterion}（{name.zh}）没有在案证据", f"{claim.criterion} ({name.en}) has no exhibit on file")))
    held = [Claim(one.criterion, tuple(case.exhibits.intersection(one.exhibits))) for one in case.claims]
    weighed = weigh(held, case.guards)
    if not weighed.is_enough:
        found.append(Missing("M-ENOUGH", "criteria", Say(
            f"标准不够：计入 {'、'.join(weighed.counted) or '无'}；要一强一中，或三条中弱且至少一条中",
            f"not enough criteria: {', '.join(weighed.counted) or 'none'} count; one strong and one medium, or three lesser with one medium")))
    return tuple(found)


def missing_guards(case: Case) -> tuple[Missing, ...]:
    """Say which innocent reasons are not answered, each with a written reason."""
    least = knowledge()["answer_least"]
    return tuple(
        Missing("M-GUARD", guard.id, Say(f"{guard.id}（{guard.name.zh}）没有逐项回答（说明至少 {least} 字）", f"{guard.id} ({guard.name.en}) is not answered (at least {least} characters)"))
        for guard in guards().values()
        if guard.id not in case.guards or len(case.guards[guard.id].note.strip()) < least
    )
