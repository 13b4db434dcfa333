"""Which identifier joins what, how heavily, and from how many people on it is a hub."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lianfang.engine.identifiers import hubs
from lianfang.engine.terms import shelf
from lianfang.engine.terms.errors import DefinitionError, Fault, Say

JOINS = ("none", "own", "strangers")


@dataclass(frozen=True)
class LinkField:
    """One identifier field and what sharing it means.

    Args:
        name: column name, or `found_<kind>` for what stands in free text.
        by: the name links carry.
        identifier: kind of identifier, as in the schema; `handle` for names of posters.
        joins: `strangers`, `own` or `none`.
        weight_bits: what it is worth when two people share it.
        most_people: above this the members must have other ties.
        never_over: above this it is a hub in any case.
        say: the field in words.
    """

    name: str
    by: str
    identifier: str
    joins: str
    weight_bits: float
    most_people: int
    never_over: int
    say: Say

    @property
    def space(self) -> str:
        """Say which identifiers can be equal to this one's."""
        return hubs.space_of(self.identifier)


@dataclass(frozen=True)
class DraftRules:
    """What ties wordings that are no longer one letter; see `drafts`.

    Args:
        least_similarity: shared shingles over all shingles, at least.
        least_shingles: shorter wordings are tied by nothing but being one letter.
        large: a family of so many texts goes to no other.
        core_bits: identifiers of at least this weight tie records into cores.
        core_people: a core is so many people at least.
        weight_bits: what one draft is worth when two people wrote from it.
        least_bits: and at least, however many did.
    """

    least_similarity: float
    least_shingles: int
    large: int
    core_bits: float
    core_people: int
    weight_bits: float
    least_bits: float


@dataclass(frozen=True)
class LinkRules:
    """All fields and the numbers that hold for all of them; see data/links/fields.yaml."""

    fields: tuple[LinkField, ...]
    same_person_bits: float
    same_person_most: int
    wording_bits: float
    least_bits: float
    burst_hours: int
    burst_least: int
    burst_bits: float
    tie_share: float
    overlap_share: float
    drafts: DraftRules

    @functools.cached_property
    def codes(self) -> Mapping[str, int]:
        """Give every field name its number, as entries carry it."""
        return {field.name: code for code, field in enumerate(self.fields)}

    @functools.cached_property
    def joins(self) -> npt.NDArray[np.uint8]:
        """Rank the fields for the kernels: 0 none, 1 own, from 2 on strangers by weight."""
        ranks = np.array([JOINS.index(field.joins) for field in self.fields], np.uint8)
        bits = [(field.weight_bits, -code) for code, field in enumerate(self.fields)]
        strangers = sorted(np.flatnonzero(ranks == 2), key=lambda code: bits[code])
        ranks[strangers] = np.arange(2, 2 + len(strangers), dtype=np.uint8)
        return ranks

    def numbers_of(self, name: str) -> npt.NDArray[np.float64]:
        """Give one number of every field as an array: `weight_bits`, `most_people` ..."""
        return np.array([getattr(field, name) for field in self.fields], np.float64)


def weight_bits(base: npt.ArrayLike, n_people: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Weigh a shared identifier: the rarer, the heavier.

    Args:
        base: what it is worth when two people share it.
        n_people: how many share it.

    Returns:
        `base - log2(n_people / 2)`, not below 0.5.

    Units:
        Bits: log2 of how much likelier sharing is for two of a ring than for two strangers.

    Source:
        Term-frequency adjustment of Fellegi-Sunter weights: a value m times as common is m times
        as likely by chance. The base weights do not depend on how many records there are, so a
        link keeps its weight when others are added elsewhere.
    """
    rarity = np.log2(np.maximum(np.asarray(n_people, np.float64), 2.0) / 2.0)
    return np.maximum(np.round(np.asarray(base, np.float64) - rarity, 3), 0.5)


@functools.cache
def load(place: Path | None = None) -> LinkRules:
    """Read the link rules.

    Args:
        place: a file like data/links/fields.yaml; None for the packaged one.

    Returns:
        The rules.

    Raises:
        DefinitionError: with all faults, each with file and line.
    """
    place = place or shelf.path("links", "fields.yaml")
    source = shelf.yaml(place)
    faults: list[Fault] = []
    fields = tuple(_field(one, faults, place) for one in source.get("fields", ()))
    if len({field.name for field in fields}) < len(fields) or len(fields) > 200:
        faults.append(_fault(place, 1, "字段重名,或超过 200 个", "A field stands twice, or over 200"))
    if faults:
        raise DefinitionError(
            Say("关联字段表有错", "The table of link fields is wrong"), code="E-LINKAGE-03",
            where=faults[0].where, faults=faults,
        )
    own, burst, ties = source["same_person"], source["burst"], source["ties"]
    return LinkRules(
        fields, float(own["weight_bits"]), int(own["most_records"]),
        float(source["wording"]["weight_bits"]), float(source["wording"]["least_bits"]),
        int(burst["hours"]), int(burst["least_records"]), float(burst["plus_bits"]),
        float(ties["least_share"]), float(ties["overlap_share"]),
        DraftRules(**source["drafts"]),
    )


def _field(one: Mapping[str, Any], faults: list[Fault], place: Path) -> LinkField:
    line = getattr(one, "line", 1)
    joins = one.get("joins")
    if joins not in JOINS or not one.get("name") or not one.get("identifier"):
        faults.append(
            _fault(place, line, "要有 name、identifier 和 joins(strangers、own 或 none)",
                   "Needs name, identifier and joins (strangers, own or none)")
        )
    if joins == "strangers" and not {"most_people", "never_over"} <= set(one):
        faults.append(
            _fault(place, line, "连接陌生人的字段要写人数上限", "A field that joins strangers needs limits")
        )
    say = one.get("say", {})
    return LinkField(
        str(one.get("name")), str(one.get("by", one.get("name"))), str(one.get("identifier")),
        str(joins), float(one.get("weight_bits", 0)), int(one.get("most_people", 1 << 30)),
        int(one.get("never_over", 1 << 30)),
        Say(str(say.get("zh", one.get("name"))), str(say.get("en", one.get("name")))),
    )


def _fault(place: Path, line: int, zh: str, en: str) -> Fault:
    say = Say(zh, en)
    return Fault(f"{place}:{line}", say, Say("照着别的字段改", "Follow another field"), "E-LINKAGE-03")


def known(names: Sequence[str], rules: LinkRules) -> tuple[str, ...]:
    """Give those of some column names that are link fields, in the rules' order."""
    return tuple(sorted((n for n in names if n in rules.codes), key=rules.codes.__getitem__))


def burst_window_us(rules: LinkRules) -> int:
    """Give the burst window in microseconds."""
    return math.floor(rules.burst_hours * 3_600_000_000)
