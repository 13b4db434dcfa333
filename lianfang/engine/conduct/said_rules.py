"""Rules about what was said, read from `data/conduct/said/rules`: words, patterns, excuses, samples."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any

import re2

from lianfang.engine.conduct.rules import Effect
from lianfang.engine.identify.guides.compile import compiled_pattern
from lianfang.engine.terms import shelf
from lianfang.engine.terms.errors import DefinitionError, Fault, Say
from lianfang.engine.text import scan
from lianfang.engine.text.plain import Plain

_NAME = re.compile(r"<(\w+)>")
_DEEPEST = 6
_HELD_TEXTS = 4_096
_SIEVE_BYTES = 64 << 20  # the automaton grows with what it meets and begins anew beyond this


class Kind(StrEnum):
    """How a rule looks at a talk."""

    PHRASE = "phrase"  # something that must not be said
    NAMED = "named"  # something that must be said at first contact
    ORDER = "order"  # something that must be said before something else
    CHECKED = "checked"  # a question that must be answered before something is said
    STOP = "stop"  # a request that must be honoured


class Where(StrEnum):
    """Which stretch of text an excuse is looked for in."""

    BEFORE = "before"  # directly before the match, in its sentence; the pattern ends with $
    AFTER = "after"  # directly after the match, in its sentence; the pattern begins with ^
    SENTENCE = "sentence"
    UTTERANCE = "utterance"


@dataclass(frozen=True, eq=False)
class Excuse:
    """Why a match is none: the collector declines, quotes, asks, or reads out a rule."""

    id: str
    where: Where
    why: Say
    regexp: Any


class Sieve:
    """All patterns of a rule in one automaton: a text's characters are met once.

    The patterns themselves are only asked where the automaton says that they match; the answers are
    the same, a hundred times sooner.
    """

    def __init__(self) -> None:
        self._patterns: list[str] = []
        self._set: Any = None
        self._held: dict[str, frozenset[int]] = {}

    def add(self, pattern: str) -> int:
        """Take a pattern in; give its number."""
        self._patterns.append(pattern)
        return len(self._patterns) - 1

    def met(self, text: str) -> frozenset[int]:
        """Give the numbers of the patterns that match somewhere in a text."""
        found = self._held.get(text)
        if found is None:
            if len(self._held) >= _HELD_TEXTS:
                self._held.clear()
            found = self._held[text] = frozenset(self._compiled().Match(text) or ())
        return found

    def _compiled(self) -> Any:
        if self._set is None:
            options = re2.Options()
            options.max_mem = _SIEVE_BYTES
            held = re2.Set.SearchSet(options)
            for pattern in self._patterns:
                held.Add(pattern)
            held.Compile()
            self._set = held
        return self._set


@dataclass(frozen=True, eq=False)
class Look:
    """One thing to look for: a list of words, or a pattern over folded text."""

    id: str
    method: str  # lexicon or pattern
    regexp: Any
    phrases: scan.Phrases | None
    unless: tuple[Excuse, ...]
    sieve: Sieve | None = None
    number: int = -1

    def find(self, raw: str, folded: Plain) -> Iterator[tuple[int, int, bool]]:
        """Give every match as folded start, folded end, and whether it was disguised."""
        if self.phrases is not None:
            for hit in self.phrases.find_plain(raw, folded):
                yield hit.fstart, hit.fend, hit.evasion
            return
        if self.sieve is not None and self.number not in self.sieve.met(folded.text):
            return
        for found in self.regexp.finditer(folded.text):
            start, end = found.span()
            if end > start:
                yield start, end, _hidden(raw, folded, start, end)


def _hidden(raw: str, folded: Plain, start: int, end: int) -> bool:
    if any(one.start < end and one.end > start for one in folded.disguised):
        return True
    low, high = folded.span(start, end)
    return len(raw[low:high].replace(" ", "")) > end - start


@dataclass(frozen=True, eq=False)
class SaidRule:
    """One rule about what was said.

    Args:
        id: `SAID.<row>.<CODE>`.
        rules: ids of the pack rules it judges for; the strictest in force lends its effect.
        effect: our own effect where no pack rule is in force; none leaves the rule out then.
        may_fail: a finding may be FAIL; else at most WARN (its measured precision is below the limit).
        to: `third` for rules about what third persons are told, else `any`.
        looks: what to look for, by part: `find`, `first`, `debt`, `request`, `goes_on` and so on.
    """

    id: str
    code: str
    kind: Kind
    name: Say
    why: Say
    rules: tuple[str, ...]
    effect: Effect | None
    basis: str
    may_fail: bool
    to: str
    looks: Mapping[str, tuple[Look, ...]]
    samples: Mapping[str, tuple[Any, ...]]
    where: str


_PARTS: Mapping[Kind, tuple[str, ...]] = {
    Kind.PHRASE: ("find",),
    Kind.NAMED: ("first", "named"),
    Kind.ORDER: ("first", "debt"),
    Kind.CHECKED: ("first", "confirms", "denies", "debt"),
    Kind.STOP: ("request", "goes_on"),
}
_KEYS = ("source", "id", "code", "kind", "name", "why", "basis", "looks", "samples")


class Desk:
    """Shared words and excuses, and the faults met while reading."""

    def __init__(self, shared: Mapping[str, Any], file: str) -> None:
        self.words = {str(name): str(value) for name, value in shared["words"].items()}
        self.file, self.faults, self.sieve = file, list[Fault](), Sieve()
        self.excuses = {one["id"]: self.excuse(one, one["id"]) for one in shared["excuses"]}

    def fault(self, zh: str, en: str) -> None:
        """Note one fault of the file being read."""
        fix = Say("写法见同目录其他规则", "the rules beside it show how it is written")
        self.faults.append(Fault(self.file, Say(zh, en), fix, "E-SAID-01"))

    def pattern(self, text: object) -> Any:
        """Compile a pattern whose `<name>` stand for shared words."""
        grown = str(text)
        for _ in range(_DEEPEST):
            missing = [name for name in _NAME.findall(grown) if name not in self.words]
            if missing:
                self.fault(f"没有词组 {missing[0]}", f"no words named {missing[0]}")
                return compiled_pattern("a^")
            if not _NAME.search(grown):
                break
            grown = _NAME.sub(lambda found: f"(?:{self.words[found[1]]})", grown)
        try:
            return compiled_pattern(grown)
        except DefinitionError as wrong:
            self.fault(f"正则不被接受：{wrong.say.zh}：{text}", f"pattern refused: {wrong.say.en}: {text}")
            return compiled_pattern("a^")

    def excuse(self, raw: Any, name: str) -> Excuse:
        """Read one excuse."""
        why = raw.get("why") or {"zh": "不是对对方说的", "en": "not said to the party"}
        return Excuse(name, Where(raw["where"]), Say(why["zh"], why["en"]), self.pattern(raw["pattern"]))

    def looks(self, listed: Iterable[Any], common: Iterable[str]) -> Iterator[Look]:
        """Read the things one part of a rule looks for."""
        for number, raw in enumerate(listed):
            asked = [*(raw.get("unless") or ()), *(() if raw.get("bare") else common)]
            unless = [self._named(one) if isinstance(one, str) else self.excuse(one, f"{raw['id']}-{number}") for one in asked]
            excuses = tuple(one for one in unless if one is not None)
            if "words" in raw:
                yield Look(raw["id"], "lexicon", None, scan.Phrases([str(word) for word in raw["words"]]), excuses)
            else:
                regexp = self.pattern(raw["pattern"])
                yield Look(raw["id"], "pattern", regexp, None, excuses, self.sieve, self.sieve.add(regexp.pattern))

    def _named(self, name: str) -> Excuse | None:
        if name not in self.excuses:
            self.fault(f"没有排除项 {name}", f"no excuse named {name}")
        return self.excuses.get(name)


def _rule(raw: Any, desk: Desk) -> SaidRule | None:
    missing = [key for key in _KEYS if raw.get(key) is None]
    if missing:
        desk.fault(f"缺少 {'、'.join(missing)}", f"missing: {', '.join(missing)}")
        return None
    kind = Kind(raw["kind"])
    common = raw.get("unless") or ()
    looks = {part: tuple(desk.looks(raw["looks"].get(part) or (), common)) for part in _PARTS[kind]}
    if not any(looks.values()):
        desk.fault("没有要找的话", "nothing to look for")
    samples = {name: tuple(raw["samples"].get(name) or ()) for name in ("finding", "none")}
    return SaidRule(
        raw["id"], raw["code"], kind, Say(**raw["name"]), Say(**raw["why"]), tuple(raw.get("rules") or ()),
        Effect(raw["effect"]) if raw.get("effect") else None, str(raw["basis"]), bool(raw.get("may_fail", True)),
        str(raw.get("to", "any")), looks, samples, desk.file,
    )


@lru_cache(maxsize=1)
def load() -> tuple[SaidRule, ...]:
    """Read every packaged rule about what was said, in file order.

    Raises:
        DefinitionError: anything is wrong in any file; `.faults` has all of it.
    """
    return read(shelf.files("conduct", "said", "rules"))


def desk() -> Desk:
    """Give the shared words and excuses, ready to read rules with."""
    place = shelf.path("conduct", "said", "shared.yaml")
    return Desk(shelf.yaml(place), place.name)


def read(files: Iterable[Path]) -> tuple[SaidRule, ...]:
    """Read rule files.

    Raises:
        DefinitionError: anything is wrong in any file; `.faults` has all of it.
    """
    held, made = desk(), []
    for place in files:
        held.file, held.sieve = f"conduct/said/rules/{place.name}", Sieve()  # one each: small ones settle soonest
        made.append(_rule(shelf.yaml(place), held))
    if held.faults:
        raise DefinitionError(
            Say(f"话语规则有 {len(held.faults)} 处错误", f"{len(held.faults)} faults in the rules about what was said"),
            code="E-SAID-01", where=held.faults[0].where, fix=held.faults[0].fix, faults=held.faults,
        )
    return tuple(rule for rule in made if rule is not None)
