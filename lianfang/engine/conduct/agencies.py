"""Agencies: what is known of one, the state it stands in, and which acts are open.

A state is never stored: it is what the acts so far make of it, on a given day.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from lianfang.engine.terms import shelf
from lianfang.engine.terms.errors import Conflict, InputError, Say

FIRST = "candidate"


@dataclass(frozen=True)
class Step:
    """One act on an agency."""

    act: str
    on: date
    why: str = ""


@dataclass(frozen=True)
class Evaluation:
    """One evaluation: when, what each part scored (0 to 100), whether it was for a renewal."""

    on: date
    parts: Mapping[str, float]
    passed: bool


@dataclass(frozen=True)
class Contract:
    """The contract in force: from when until when, which clauses it holds."""

    from_on: date
    until_on: date
    clauses: frozenset[str]


@dataclass(frozen=True)
class Agency:
    """An agency as a lender knows it. Nothing about any collector or debtor stands here."""

    code: str
    name: str
    steps: tuple[Step, ...] = ()
    admission: Mapping[str, bool] = field(default_factory=dict)
    contract: Contract | None = None
    evaluations: tuple[Evaluation, ...] = ()
    inspections: tuple[date, ...] = ()
    returned_on: date | None = None


@lru_cache(maxsize=1)
def knowledge() -> Any:
    """Read states, acts, parameters and duties once."""
    return shelf.yaml(shelf.path("conduct", "agencies.yaml"))


def param(name: str) -> int:
    """Give one parameter's number; its basis stands beside it in the file."""
    return int(knowledge()["params"][name]["value"])


def say(entry: Mapping[str, Any]) -> Say:
    """Give the two names of an entry."""
    return Say(str(entry["zh"]), str(entry["en"]))


def open_acts(state: str) -> tuple[str, ...]:
    """Give the acts a state allows, in the file's order."""
    return tuple(name for name, act in knowledge()["acts"].items() if state in act["from"])


def move(state: str, act: str) -> str:
    """Say where an act leads.

    Raises:
        Conflict: the state does not allow it; says which acts are open.
    """
    if act not in open_acts(state):
        states, acts = knowledge()["states"], knowledge()["acts"]
        here, asked = say(states[state]), say(acts[act]) if act in acts else Say(act, act)
        may = [say(acts[name]) for name in open_acts(state)]
        raise Conflict(
            Say(f"“{here.zh}”的机构不能“{asked.zh}”", f'an agency that is "{here.en}" cannot be put to "{asked.en}"'),
            code="E-AGENCY-01", where=f"agency:{state}",
            fix=Say(f"现在可以：{'、'.join(one.zh for one in may) or '没有'}", f"open now: {', '.join(one.en for one in may) or 'none'}"),
        )
    return str(knowledge()["acts"][act]["to"])


def since(agency: Agency, on: date) -> tuple[str, date | None]:
    """Give the state on a day and the day it began.

    Acts of one day count in the order given.

    Raises:
        Conflict: an act on record was not open; or an agency came back before its bar ended.
    """
    state, began = FIRST, None
    for step in sorted(agency.steps, key=lambda one: one.on):
        if step.on > on:
            break
        if state == "barred" and step.act == "reapply" and began is not None and step.on < bar_ends(began):
            raise Conflict(
                Say(f"禁止合作到 {bar_ends(began)}，之前不能重新申请", f"barred until {bar_ends(began)}; it cannot apply again before"),
                code="E-AGENCY-02", where=f"agency:{agency.code}",
                fix=Say("可以申诉，或等到期满", "appeal, or wait until the bar ends"),
            )
        earlier = state
        state = move(state, step.act)
        # An appeal that fails does not begin the bar anew.
        if not (earlier, step.act) == ("bar_appealed", "uphold_bar") and state != "bar_appealed":
            began = step.on
    return state, began


def state(agency: Agency, on: date) -> str:
    """Give the state on a day; see `since`."""
    return since(agency, on)[0]


def may_work(agency: Agency, on: date) -> bool:
    """Say whether the state alone lets the agency work."""
    return bool(knowledge()["states"][state(agency, on)]["may_work"])


def bar_ends(began: date) -> date:
    """Give the first day after a bar."""
    return years_on(began, param("bar_years"))


def years_on(day: date, years: int) -> date:
    """Give the same day years later; the 29th of February becomes the 28th."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


def workdays_on(day: date, n: int, holidays: Iterable[date] = (), workdays: Iterable[date] = ()) -> date:
    """Give the n-th working day after a day.

    Args:
        day: not counted itself.
        n: how many; 0 gives the day back.
        holidays: days off that fall on weekdays.
        workdays: weekend days made working days.

    Source:
        Monday to Friday; the State Council's yearly notice must be given by the caller.
    """
    off, extra = frozenset(holidays), frozenset(workdays)
    while n > 0:
        day += timedelta(days=1)
        if day in extra or (day.weekday() < 5 and day not in off):
            n -= 1
    return day


def day_of(raw: object, where: str) -> date | None:
    """Read a day; none where the cell is empty.

    Raises:
        InputError: it is no day.
    """
    if raw is None or raw == "":
        return None
    if isinstance(raw, datetime):
        return raw.date()
    if isinstance(raw, date):
        return raw
    try:
        return date.fromisoformat(str(raw).strip())
    except ValueError as wrong:
        raise InputError(Say(f"不是日期：{raw}", f"no day: {raw}"), code="E-AGENCY-03", where=where,
                         fix=Say("写成 2026-03-02", "write 2026-03-02")) from wrong


def needed(raw: object, where: str) -> date:
    """Read a day that must be there.

    Raises:
        InputError: it is missing or no day.
    """
    day = day_of(raw, where)
    if day is None:
        raise InputError(Say("缺少日期", "a day is missing"), code="E-AGENCY-03", where=where,
                         fix=Say("写成 2026-03-02", "write 2026-03-02"))
    return day


def day_in(one: Mapping[Any, Any]) -> object:
    """Give what stands under `on`; YAML 1.1 reads that key as the word true."""
    return one.get("on", one.get(True))


def _shapeless(name: str, where: str) -> InputError:
    return InputError(Say(f"{name} 的写法不对", f"{name} is not written right"), code="E-AGENCY-05", where=where,
                      fix=Say("写法见 docs/conduct-said.md", "docs/conduct-said.md shows how"))


def rows(raw: Mapping[str, Any], name: str, where: str) -> list[Mapping[str, Any]]:
    """Give a list of mappings out of named values; nothing where it is not there.

    Raises:
        InputError: it is something else.
    """
    held = raw.get(name) or []
    if not isinstance(held, list) or not all(isinstance(one, Mapping) for one in held):
        raise _shapeless(name, where)
    return list(held)


def _marks(raw: object, where: str) -> dict[str, float]:
    if raw is None:
        return {}
    if not isinstance(raw, Mapping) or not all(isinstance(one, int | float) and not isinstance(one, bool) for one in raw.values()):
        raise _shapeless("parts", where)
    return {str(name): float(one) for name, one in raw.items()}


def read(raw: Mapping[str, Any], where: str) -> Agency:
    """Read one agency from named values.

    Raises:
        InputError: a day is missing or cannot be read.
    """
    held = raw.get("contract") or None
    if held is not None and not isinstance(held, Mapping):
        raise _shapeless("contract", where)
    contract = None if held is None else Contract(
        needed(held.get("from"), where), needed(held.get("until"), where), frozenset(map(str, held.get("clauses") or ())))
    evaluations = tuple(
        Evaluation(needed(day_in(one), where), _marks(one.get("parts"), where), one.get("passed", True) is True)
        for one in rows(raw, "evaluations", where))
    steps = tuple(Step(str(one.get("act")), needed(day_in(one), where), str(one.get("why") or "")) for one in rows(raw, "steps", where))
    return Agency(
        str(raw.get("code") or raw.get("name") or where), str(raw.get("name") or raw.get("code") or where), steps,
        {str(name): value is True for name, value in dict(raw.get("admission") or {}).items()}, contract, evaluations,
        tuple(needed(one, where) for one in raw.get("inspections") or ()), day_of(raw.get("returned_on"), where),
    )
