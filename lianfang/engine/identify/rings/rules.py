"""How strong each kind of link is, from `data/rings/join.yaml`; no number lives in code."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

from lianfang.engine.terms import shelf
from lianfang.engine.terms.codes import Kind
from lianfang.engine.terms.errors import DefinitionError, Fault, Say

KINDS = tuple(Kind)
_ANY = frozenset(range(-1, len(KINDS)))
_JOINS = ("alone", "pair", "never", "person", "same")


@dataclass(frozen=True)
class By:
    """What a link of one name may do.

    Attributes:
        by: the link's name, as in table `link`.
        joins: alone; pair (only with a second sign); never; person (same person); same (judged).
        role: agent, payee, device, poster, employer, loan, paper, wording ... or none.
        is_operator: whether sharing it points at whoever runs the scheme.
        factor: what the link's bits are multiplied by.
        least_bits: fewest bits to join alone; none means the general bound.
        alone_from_people: fewest holders to join alone.
        alone_to_people: most holders to join alone.
        alone_kinds: kinds of record (places in `KINDS`) at least half its holders must be to join alone.
        unsigned_kinds: kinds of record that count as if they carried signs.
        alone_signed_share: share of its holders that must carry signs of an activity to join alone.
        never_kinds: kinds of record it never joins.
        signed_only: whether a record must carry signs, or be of `unsigned_kinds`, to hold the key.
        one_author: whether all who hold the key count as one person where rings are cut.
        attaches: whether it brings a lone person to a ring most of its holders are of.
        moves: whether a record that holds the key sits with it rather than with its person.
        most_people: above this the key joins nothing, not even as a second sign.
        name: the name for a person.
    """

    by: str
    joins: str
    role: str | None
    is_operator: bool
    factor: float
    least_bits: float | None
    alone_from_people: float
    alone_to_people: float
    most_people: float
    alone_kinds: frozenset[int]
    never_kinds: frozenset[int]
    unsigned_kinds: frozenset[int]
    alone_signed_share: float
    signed_only: bool
    moves: bool
    attaches: bool
    one_author: bool
    name: Say


@dataclass(frozen=True)
class Cut:
    """When a ring is cut in two: the bounds of a weak bridge."""

    least_people: int
    most_share: float
    spared_share: float
    n_rounds: int
    most_work: int


@dataclass(frozen=True)
class Join:
    """All of `join.yaml`."""

    least_bits: float
    pair_bits: float
    most_weak: int
    attach_people: int
    attach_share: float
    core_people: int
    once_share: float
    met_people: int
    met_share: float
    cut: Cut
    names: Mapping[str, By]

    def by(self, name: str) -> By:
        """Give the settings of a link name; `found_x` follows its own line, else the unknown one."""
        if name in self.names:
            return self.names[name]
        known = self.names["found" if name.startswith("found_") else "other"]
        return By(**{**known.__dict__, "by": name})


@cache
def join() -> Join:
    """Load `data/rings/join.yaml` once.

    Raises:
        DefinitionError: with every fault of the file.
    """
    return parse(shelf.yaml(shelf.path("rings", "join.yaml")))


@cache
def relations() -> Mapping[str, tuple[str, ...]]:
    """Give the words by which an agent's relation is told, by `family` and `paid`."""
    read = shelf.yaml(shelf.path("rings", "gates.yaml"))["relations"]
    return MappingProxyType({name: tuple(read[name]) for name in ("family", "paid")})


def parse(read: Mapping[str, Any]) -> Join:
    """Make the settings of a file already read, or name every fault in it.

    Raises:
        DefinitionError: a link name with an unknown `joins`, without a name, or no general line.
    """
    faults: list[Fault] = []
    names: dict[str, By] = {}
    for by, line in (read.get("by") or {}).items():
        if line.get("joins") not in _JOINS or not {"zh", "en"} <= set(line.get("name") or {}):
            faults.append(_fault(by))
            continue
        names[by] = _by(by, line)
    faults += [_fault(by) for by in ("other", "found") if by not in (read.get("by") or {})]
    if faults:
        say = Say(f"团伙连接规则有 {len(faults)} 处错误", f"{len(faults)} faults in the join rules")
        raise DefinitionError(say, code="E-RING-02", where="data/rings/join.yaml", faults=faults)
    cut = Cut(**read["cut"])
    return Join(
        read["least_bits"], read["pair_bits"], read["most_weak"], read["attach_people"], read["attach_share"],
        read["core_people"], read["once_share"], read["met_people"], read["met_share"], cut, MappingProxyType(names),
    )  # fmt: skip


def _by(by: str, line: Mapping[str, Any]) -> By:
    return By(
        by=by,
        joins=line["joins"],
        role=line.get("role"),
        is_operator=bool(line.get("operator", False)),
        factor=float(line.get("factor", 1.0)),
        least_bits=line.get("least_bits"),
        alone_from_people=float(line.get("alone_from_people", 2)),
        alone_to_people=float(line.get("alone_to_people", float("inf"))),
        most_people=float(line.get("most_people", float("inf"))),
        alone_kinds=_kinds(line["alone_kinds"]) if "alone_kinds" in line else _ANY,
        never_kinds=_kinds(line.get("never_kinds", ())),
        unsigned_kinds=_kinds(line.get("unsigned_kinds", ())),
        alone_signed_share=float(line.get("alone_signed_share", 0.0)),
        signed_only=bool(line.get("signed_only", False)),
        moves=bool(line.get("moves", True)),
        attaches=bool(line.get("attaches", True)),
        one_author=bool(line.get("one_author", False)),
        name=Say(line["name"]["zh"], line["name"]["en"]),
    )


def _kinds(names: Iterable[str]) -> frozenset[int]:
    return frozenset(KINDS.index(Kind(name)) for name in names)


def _fault(by: str) -> Fault:
    return Fault(
        f"data/rings/join.yaml:{by}",
        Say(f"连接名 {by} 缺少 joins 或中英文名称", f"link name {by} lacks `joins` or a name in both languages"),
        Say(f"joins 取 {'、'.join(_JOINS)};name 写 zh 与 en", f"joins is one of {', '.join(_JOINS)}; name has zh and en"),
        "E-RING-02",
    )
