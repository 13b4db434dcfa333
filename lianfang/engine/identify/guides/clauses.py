"""The nine kinds of clause a guide may be made of, and how each is read from YAML."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lianfang.engine.terms.codes import IdentifierKind, Strength
from lianfang.engine.terms.errors import Say

if TYPE_CHECKING:
    from lianfang.engine.identify.guides.lined import Page, Path

LITERAL = "="
DISTINCT = ("person", "institution", "record")


@dataclass(frozen=True)
class AnyOf:
    """At least N different words out of phrase sets and literal phrases (`=…`)."""

    words: tuple[str, ...]
    at_least: int = 1


@dataclass(frozen=True)
class Near:
    """Every named set (or literal) occurs, all inside one window of folded characters."""

    sets: tuple[str, ...]
    within: int = 20


@dataclass(frozen=True)
class Pattern:
    """An RE2 pattern on the folded text, tried only where one of `needs` occurs."""

    pattern: str
    needs: tuple[str, ...]


@dataclass(frozen=True)
class Reach:
    """A way to reach somebody stands in the text; a masked one counts where `masked`."""

    kinds: tuple[str, ...]
    at_least: int = 1
    masked: bool = False


@dataclass(frozen=True)
class Length:
    """The folded text is this long."""

    at_least: int = 0
    at_most: int = 0  # 0: no upper bound


@dataclass(frozen=True)
class Expr:
    """A closed SQL expression over the record's own fields."""

    source: str


@dataclass(frozen=True)
class Count:
    """So many different persons (institutions, records) share an identifier field in so many days."""

    distinct: str
    by: str
    days: int
    at_least: int


@dataclass(frozen=True)
class Similar:
    """The record's template family is this large and spread; public templates never count."""

    size: int
    institutions: int = 1
    people: int = 1


@dataclass(frozen=True)
class Sequence:
    """The same facts went to so many different channels within so many hours."""

    same: str
    distinct: str
    at_least: int
    hours: int


Test = AnyOf | Near | Pattern | Reach | Length | Expr | Count | Similar | Sequence


@dataclass(frozen=True)
class Clause:
    """One sign: what is looked for, how much it weighs, where it is written."""

    id: str
    name: Say
    strength: Strength
    test: Test
    where: str

    @property
    def terms(self) -> tuple[str, ...]:
        """Name the phrase sets and literals the clause needs found in the text."""
        if isinstance(self.test, AnyOf):
            return self.test.words
        if isinstance(self.test, Near):
            return self.test.sets
        return self.test.needs if isinstance(self.test, Pattern) else ()

    @property
    def reads_text(self) -> bool:
        """Say whether a loose text can meet the clause."""
        return isinstance(self.test, AnyOf | Near | Pattern | Reach | Length)


Reader = Callable[["Page", Mapping[str, Any], "Path"], Test]


def _any(page: Page, raw: Mapping[str, Any], path: Path) -> Test:
    words = page.words(raw, path, "any")
    return AnyOf(words, page.number(raw, path, "at_least", 1))


def _near(page: Page, raw: Mapping[str, Any], path: Path) -> Test:
    inner, here = _inner(page, raw, path, "near", ("sets", "within"))
    sets = page.words(inner, here, "sets")
    if len(sets) == 1:
        page.fault("wrong_value", (*here, "sets"), name="near.sets", value=sets[0], hint="[set_a, set_b]")
    return Near(sets, page.number(inner, here, "within", 20))


def _pattern(page: Page, raw: Mapping[str, Any], path: Path) -> Test:
    needs = page.words(raw, path, "needs", needed=False)
    if not needs:
        page.fault("no_needs", path, name=raw.get("id", ""))
    return Pattern(page.text(raw, path, "pattern"), needs)


def _reach(page: Page, raw: Mapping[str, Any], path: Path) -> Test:
    inner, here = _inner(page, raw, path, "identifier", ("kinds", "at_least", "masked"))
    kinds = page.words(inner, here, "kinds")
    known = [kind.value for kind in IdentifierKind]
    for no, kind in enumerate(kinds):
        if kind not in known:
            page.fault("wrong_value", (*here, "kinds", no), name="kinds", value=kind, hint=", ".join(known))
    masked = inner.get("masked", False)
    if not isinstance(masked, bool):
        page.fault("wrong_value", (*here, "masked"), name="masked", value=masked, hint="true / false")
    return Reach(kinds, page.number(inner, here, "at_least", 1), masked is True)


def _length(page: Page, raw: Mapping[str, Any], path: Path) -> Test:
    inner, here = _inner(page, raw, path, "length", ("at_least", "at_most"))
    if not inner:
        page.fault("missing", here, name="at_least / at_most", hint="{at_least: 20}")
    least = page.number(inner, here, "at_least", 1) if "at_least" in inner else 0
    most = page.number(inner, here, "at_most", 1) if "at_most" in inner else 0
    return Length(least, most)


def _expr(page: Page, raw: Mapping[str, Any], path: Path) -> Test:
    return Expr(page.text(raw, path, "expr"))


def _count(page: Page, raw: Mapping[str, Any], path: Path) -> Test:
    inner, here = _inner(page, raw, path, "count", ("distinct", "by", "days", "at_least"))
    distinct = page.text(inner, here, "distinct", " | ".join(DISTINCT))
    if distinct and distinct not in DISTINCT:
        page.fault("wrong_value", (*here, "distinct"), name="distinct", value=distinct, hint=" | ".join(DISTINCT))
    by = page.text(inner, here, "by", "agent_mobile")
    days = page.number(inner, here, "days", None)
    return Count(distinct, by, days, page.number(inner, here, "at_least", None))


def _similar(page: Page, raw: Mapping[str, Any], path: Path) -> Test:
    inner, here = _inner(page, raw, path, "similar", ("size", "institutions", "people"))
    size = page.number(inner, here, "size", None)
    return Similar(size, page.number(inner, here, "institutions", 1), page.number(inner, here, "people", 1))


def _sequence(page: Page, raw: Mapping[str, Any], path: Path) -> Test:
    inner, here = _inner(page, raw, path, "sequence", ("same", "distinct", "at_least", "hours"))
    same = page.text(inner, here, "same", "facts")
    if same and same != "facts":
        page.fault("wrong_value", (*here, "same"), name="same", value=same, hint="facts")
    distinct = page.text(inner, here, "distinct", "channel")
    least = page.number(inner, here, "at_least", None)
    return Sequence(same, distinct, least, page.number(inner, here, "hours", None))


def _inner(
    page: Page, raw: Mapping[str, Any], path: Path, key: str, known: tuple[str, ...]
) -> tuple[Mapping[str, Any], Path]:
    inner = raw[key]
    if not isinstance(inner, dict):
        page.fault("wrong_value", (*path, key), name=key, value=inner, hint=f"{{{', '.join(known)}}}")
        return {}, (*path, key)
    page.keys(inner, (*path, key), known)
    return inner, (*path, key)


#: The word that names each kind, the further keys beside it, and its reader.
KINDS: tuple[tuple[str, tuple[str, ...], Reader], ...] = (
    ("any", ("at_least",), _any),
    ("near", (), _near),
    ("pattern", ("needs",), _pattern),
    ("identifier", (), _reach),
    ("length", (), _length),
    ("expr", (), _expr),
    ("count", (), _count),
    ("similar", (), _similar),
    ("sequence", (), _sequence),
)


def clause(page: Page, raw: Any, path: Path) -> Clause | None:
    """Read one clause; what is wrong goes to the page, None where nothing is usable.

    Args:
        page: the file, which gathers the faults.
        raw: the YAML value.
        path: where it stands in the file.
    """
    names = [name for name, _, _ in KINDS]
    if not isinstance(raw, dict):
        page.fault("wrong_value", path, name="clause", value=raw, hint="{id: …, strength: …, any: […]}")
        return None
    kinds = [entry for entry in KINDS if entry[0] in raw]
    if len(kinds) != 1:
        page.fault("missing", path, name=" / ".join(names), hint="exactly one of them")
        return None
    name, beside, reader = kinds[0]
    page.keys(raw, path, ("id", "name", "strength", name, *beside))
    called = page.text(raw, path, "id", "talk")
    if called and not _is_id(called):
        page.fault("wrong_value", (*path, "id"), name="id", value=called, hint="a-z 0-9 _")
    strength = page.text(raw, path, "strength", "strong | medium | weak")
    if strength and strength not in {each.value for each in Strength}:
        page.fault("wrong_value", (*path, "strength"), name="strength", value=strength, hint="strong | medium | weak")
        strength = "weak"
    title = page.say(raw["name"], (*path, "name"), "name") if "name" in raw else Say(called, called)
    test = reader(page, raw, path)
    return Clause(called, title, Strength(strength or "weak"), test, page.where(path))


def _is_id(word: str) -> bool:
    reserved = {"and", "or", "not", "of", "any", "strong", "medium", "weak"}
    plain = word.isascii() and word.replace("_", "a").isalnum() and word == word.lower()
    return plain and not word[0].isdigit() and word not in reserved
