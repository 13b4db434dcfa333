"""The authored labelled sets, and how well each rule does on them.

No public recordings of Chinese collection calls exist, so every sentence here was written for this
software. Patterns were written beside the half called `developed`; the half called `kept` was written
after the patterns stood and is only measured.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from lianfang.engine.conduct import said, said_rules, said_talk
from lianfang.engine.conduct.grade import wilson
from lianfang.engine.conduct.said import SaidVerdict
from lianfang.engine.conduct.said_rules import SaidRule
from lianfang.engine.conduct.said_talk import Talk
from lianfang.engine.terms import shelf

HALVES = ("developed", "kept")
LEAST_PRECISION = 0.8
LEAST_FINDING, LEAST_NONE = 30, 60


@dataclass(frozen=True)
class Labelled:
    """One labelled talk: which half, and whether the rule should find something."""

    rule_id: str
    half: str
    finding: bool
    raw: Any
    talk: Talk


@dataclass(frozen=True)
class Figures:
    """How a rule did on one half or both.

    Units:
        Shares 0 to 1, with their 95 % Wilson intervals.
    """

    hits: int
    false_alarms: int
    misses: int
    quiet: int

    @property
    def n_finding(self) -> int:
        """Give how many talks hold a finding."""
        return self.hits + self.misses

    @property
    def n_none(self) -> int:
        """Give how many talks hold none."""
        return self.false_alarms + self.quiet

    @property
    def precision(self) -> float:
        """Give the share of findings that are right; 0 where nothing is found."""
        return self.hits / max(self.hits + self.false_alarms, 1)

    @property
    def recall(self) -> float:
        """Give the share of talks with a finding that are found."""
        return self.hits / max(self.n_finding, 1)

    def interval(self, of: str) -> tuple[float, float]:
        """Give the interval of `precision` or `recall`."""
        n = self.hits + self.false_alarms if of == "precision" else self.n_finding
        low, high = wilson(np.array([self.hits]), np.array([n]))
        return float(low[0]), float(high[0])

    def __add__(self, other: Figures) -> Figures:
        return Figures(self.hits + other.hits, self.false_alarms + other.false_alarms,
                       self.misses + other.misses, self.quiet + other.quiet)


def talk_of(raw: Any, given: Mapping[str, Any]) -> Talk:
    """Make the talk of one written sample.

    Args:
        raw: a text of the collecting side; a list of texts, each begun by its speaker and a space;
            or a mapping of context and `text` or `talk`.
        given: the context the set shares.
    """
    context = dict(given)
    if isinstance(raw, Mapping):
        context.update({str(key): value for key, value in raw.items() if key not in ("text", "talk")})
        raw = raw.get("talk") or raw.get("text") or ""
    known = said_talk.context(context)
    if isinstance(raw, str):
        return said_talk.message(raw, known)
    parts = (str(line).partition(" ") for line in raw)
    return said_talk.talk([{"speaker": who, "text": text} for who, _, text in parts], known)


@lru_cache(maxsize=1)
def labelled() -> Mapping[str, tuple[Labelled, ...]]:
    """Read every set: rule id -> its labelled talks."""
    made: dict[str, tuple[Labelled, ...]] = {}
    for place in shelf.files("conduct", "said", "sets"):
        read = shelf.yaml(place)
        made[read["rule"]] = (*made.get(read["rule"], ()), *_listed(read))
    return made


def _listed(read: Any) -> Iterator[Labelled]:
    for half in HALVES:
        for name in ("finding", "none"):
            for raw in (read["samples"].get(half) or {}).get(name) or ():
                yield Labelled(read["rule"], half, name == "finding", raw, talk_of(raw, read.get("context") or {}))


def is_found(rule: SaidRule, talk: Talk) -> bool:
    """Say whether a rule finds something in a talk."""
    return said.judge(rule, talk).verdict in (SaidVerdict.WARN, SaidVerdict.FAIL)


def measure(rule: SaidRule, sets: Iterable[Labelled]) -> Figures:
    """Count hits, false alarms, misses and right silences of a rule."""
    counts = {(True, True): 0, (True, False): 0, (False, True): 0, (False, False): 0}
    for one in sets:
        counts[one.finding, is_found(rule, one.talk)] += 1
    return Figures(counts[True, True], counts[False, True], counts[True, False], counts[False, False])


@lru_cache(maxsize=1)
def figures() -> Mapping[str, Mapping[str, Figures]]:
    """Measure every rule on each half: rule id -> half -> figures."""
    sets = labelled()
    return {
        rule.id: {half: measure(rule, [one for one in sets.get(rule.id, ()) if one.half == half]) for half in HALVES}
        for rule in said_rules.load()
    }


def samples() -> Iterator[tuple[SaidRule, Any, bool, bool]]:
    """Ask the samples inside the rules: rule, sample, what it promises, what came out."""
    for rule in said_rules.load():
        for name, promised in (("finding", True), ("none", False)):
            for raw in rule.samples[name]:
                yield rule, raw, promised, is_found(rule, talk_of(raw, {}))
