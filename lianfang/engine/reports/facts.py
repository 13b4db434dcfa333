"""What a page shows, as plain frozen values; nothing here knows HTML."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from lianfang.engine.terms.errors import Say


@dataclass(frozen=True)
class Figure:
    """One number at the top of the page."""

    name: Say
    value: str
    note: Say | None = None


@dataclass(frozen=True)
class Bar:
    """One bar: a label and its stacked parts, in the order of the chart's series."""

    name: Say
    parts: tuple[float, ...]


@dataclass(frozen=True)
class Node:
    """A dot of a ring's graph; `x`, `y` in 0..1, `n` how many records it stands for."""

    key: str
    name: Say
    role: str
    x: float
    y: float
    n: int = 1


@dataclass(frozen=True)
class Edge:
    """A line between two dots and the reason it is there."""

    left: str
    right: str
    by: str
    why: Say
    weight_bits: float = 0.0


@dataclass(frozen=True)
class Mark:
    """A lit stretch of a text: where, and which clause lit it."""

    start: int
    end: int
    name: Say
    strength: str


@dataclass(frozen=True)
class Passage:
    """One record's text, masked, with what was found in it."""

    record: str
    title: Say
    on: date | None
    text: str
    marks: tuple[Mark, ...] = ()
    guards: tuple[Say, ...] = ()
    evasion: bool = False


@dataclass(frozen=True)
class RingView:
    """All a person needs to judge one ring."""

    ring_id: str
    level: str
    score: float
    activities: tuple[Say, ...]
    n_records: int
    n_people: int
    n_institutions: int
    first_on: date | None
    last_on: date | None
    why: tuple[Say, ...]
    nodes: tuple[Node, ...] = ()
    edges: tuple[Edge, ...] = ()
    timeline: tuple[tuple[date, int], ...] = ()
    passages: tuple[Passage, ...] = ()
    n_hidden: int = 0


@dataclass(frozen=True)
class Overview:
    """The whole page."""

    title: Say
    version: str
    figures: tuple[Figure, ...]
    by_activity: tuple[Bar, ...]
    by_month: tuple[Bar, ...]
    by_link: tuple[Bar, ...]
    rings: tuple[RingView, ...]
    n_rings: int
    columns: tuple[tuple[str, str, str], ...] = field(default=())
