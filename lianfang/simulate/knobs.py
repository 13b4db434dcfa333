"""What may be turned on a simulation, and what each turn means."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date

from lianfang.engine.terms.errors import Fault, Say, SettingError

LEAST_PEOPLE = 300
MOST_PEOPLE = 2_000_000


@dataclass(frozen=True)
class Knobs:
    """Size and difficulty of one simulation.

    Args:
        seed: the same seed gives the same bytes.
        people: persons in the world; most of them are ordinary.
        institutions: lenders, insurers and advisers, all invented.
        days: length of the period that starts on `start_on`.
        overlap: share of a campaign's customers who also complain honestly on their own; a fifth
            of it are customers of two campaigns. Above 0.1 honest people copy campaign letters too.
        paraphrase: chance that a sentence of a template letter is reworded (a part of that:
            dropped, moved, added).
        noise: chance that a sensitive word of an advert is disguised; letters get a quarter of it.
        churn: how often agents change phones, devices, payee accounts.
        fault: share of honest complaints in which the lender did wrong.
        start_on: first day.
        names: what the first institutions are called; the others get invented names.
    """

    seed: int = 7
    people: int = 20_000
    institutions: int = 12
    days: int = 180
    overlap: float = 0.05
    paraphrase: float = 0.2
    noise: float = 0.2
    churn: float = 0.3
    fault: float = 0.35
    start_on: date = date(2025, 1, 6)
    names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        faults = _faults(self)
        if faults:
            raise SettingError(faults[0].say, code="E-SIMULATE-01", where=faults[0].where, fix=faults[0].fix)


def _faults(knobs: Knobs) -> list[Fault]:
    bounds = {
        "seed": (0, 2**63 - 1),
        "people": (LEAST_PEOPLE, MOST_PEOPLE),
        "institutions": (2, 60),
        "days": (14, 3650),
    }
    shares = ("overlap", "paraphrase", "noise", "churn", "fault")
    bounds |= dict.fromkeys(shares, (0, 1))
    names = [f.name for f in fields(knobs) if f.name in bounds]
    return [
        _out_of_bounds(name, getattr(knobs, name), *bounds[name])
        for name in names
        if not bounds[name][0] <= getattr(knobs, name) <= bounds[name][1]
    ]


def _out_of_bounds(name: str, value: float, least: float, most: float) -> Fault:
    return Fault(
        where=f"simulate:{name}",
        say=Say(
            f"--{name} 为 {value},不在 {least} 到 {most} 之间",
            f"--{name} is {value}, not between {least} and {most}",
        ),
        fix=Say(f"请给出 {least} 到 {most} 之间的值", f"give a value from {least} to {most}"),
        code="E-SIMULATE-01",
    )
