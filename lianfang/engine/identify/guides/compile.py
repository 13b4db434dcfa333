"""All guides at once: one list of words for one scan, and who waits for each word."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from threading import Lock
from typing import TYPE_CHECKING, Any

from lianfang.engine.identify.guides import condition
from lianfang.engine.identify.guides.clauses import LITERAL, AnyOf, Clause, Length, Near, Pattern, Reach
from lianfang.engine.identify.guides.faults import fault
from lianfang.engine.identify.guides.guide import Guard, Guide, GuideBook
from lianfang.engine.terms.errors import DefinitionError, Say
from lianfang.engine.text import scan

if TYPE_CHECKING:
    from re2 import _Regexp as Regexp

_KEPT: dict[str, Compiled] = {}
_LOCK = Lock()
#: An escape, a class or quoted text as it stands; else a group that captures.
_GROUP = re.compile(r"\\Q.*?(?:\\E|$)|\\.|\[\^?\]?(?:\[:[^\]]*:\]|\\.|[^\]\\])*\]|\((?!\?)|\(\?P<\w+>", re.DOTALL)


@dataclass(frozen=True)
class Asked:
    """A guide's gates over bits, one bit a clause: a quick no for most texts.

    Attributes:
        guide: whose.
        may_reach: may a gate be met, given what is met and what may be met; remembers its answers.
        hoped: bits of identifier and length clauses, which only asking can decide.
        patterns: bits of patterns, hoped for where one of their words stands.
        others: clauses that are not about text, with number and bit.
    """

    guide: Guide
    may_reach: Callable[[int, int], bool]
    hoped: int
    patterns: int
    others: tuple[tuple[int, Clause, int], ...]


@dataclass(frozen=True)
class Compiled:
    """A book made ready: numbered clauses, numbered words, and which word serves which clause.

    Clauses are numbered guides first, in the book's order, then guards. A word's number is its place
    in `words`: longer words first, so that at one place the longest is met first.
    """

    book: GuideBook
    clauses: tuple[Clause, ...]
    first_clause: dict[str, int]  # guide or guard id -> number of its first clause
    words: tuple[str, ...]
    uses: tuple[tuple[tuple[int, int], ...], ...]  # per word: (clause number, part of the clause)
    n_parts: tuple[int, ...]  # per clause: how many parts must be met (near), else 1

    @cached_property
    def phrases(self) -> scan.Phrases:
        """Give the words compiled for scanning."""
        return scan.Phrases(self.words)

    @cached_property
    def patterns(self) -> dict[int, Regexp]:
        """Give the compiled pattern of each pattern clause.

        Raises:
            DefinitionError: RE2 refuses some; all are named.
        """
        made, faults = {}, []
        for no, clause in enumerate(self.clauses):
            if isinstance(clause.test, Pattern):
                try:
                    made[no] = compiled_pattern(clause.test.pattern)
                except DefinitionError as wrong:
                    faults.append(fault("bad_pattern", clause.where, why=wrong.say.zh))
        if faults:
            raise DefinitionError(
                Say("有正则不被接受", "some patterns are refused"),
                code="E-GUIDE-12", where=faults[0].where, fix=faults[0].fix, faults=faults,
            )  # fmt: skip
        return made

    def __getstate__(self) -> dict[str, Any]:
        # Patterns and gates over bits are quick to make and cannot be written down.
        return {name: part for name, part in self.__dict__.items() if name not in ("patterns", "asked")}

    @cached_property
    def owners(self) -> tuple[str, ...]:
        """Name the guide or guard of each clause number."""
        return tuple(holder.id for holder in self.book.holders for _ in holder.clauses)

    @cached_property
    def asked(self) -> tuple[Asked, ...]:
        """Give the gates of every guide over bits, in the book's order."""
        return tuple(_asked(self, guide) for guide in self.book.guides)

    def numbered(self, holder: Guide | Guard) -> Iterator[tuple[int, Clause]]:
        """Give the clauses of a guide or guard with their numbers."""
        return enumerate(holder.clauses, self.first_clause[holder.id])


def compiled_pattern(pattern: str) -> Any:
    """Compile one pattern, in linear time and bounded memory whatever it says.

    Raises:
        DefinitionError: RE2 refuses it.
    """
    import re2

    options = re2.Options()
    options.log_errors = False
    options.max_mem = 1 << 22
    try:
        return re2.compile(pattern, options)
    except re2.error as wrong:
        why = wrong.args[0]
        said = why.decode() if isinstance(why, bytes) else str(why)
        raise DefinitionError(Say(said, said), code="E-GUIDE-12") from wrong


def groupless(pattern: str) -> str:
    """Give the same pattern with no group that captures: Arrow wants every such group named.

    Args:
        pattern: an RE2 pattern.
    """
    return _GROUP.sub(lambda found: "(?:" if found[0].startswith("(") else found[0], pattern)


def compiled(book: GuideBook) -> Compiled:
    """Make a book ready, once in a process for the same content.

    Args:
        book: all guides, guards and sets.
    """
    kept = _KEPT.get(book.digest)
    if kept is None:
        with _LOCK:
            kept = _KEPT.setdefault(book.digest, _compile(book))
    return kept


def keep(made: Compiled) -> None:
    """Let `compiled` find a book made ready elsewhere.

    Args:
        made: the book made ready.
    """
    _KEPT.setdefault(made.book.digest, made)


def _compile(book: GuideBook) -> Compiled:
    clauses: list[Clause] = []
    first: dict[str, int] = {}
    for holder in book.holders:
        first[holder.id] = len(clauses)
        clauses += holder.clauses
    uses: dict[str, list[tuple[int, int]]] = {}
    for no, clause in enumerate(clauses):
        for part, term in enumerate(clause.terms):
            part = part if isinstance(clause.test, Near) else 0
            for word in term_words(book, term):
                entries = uses.setdefault(word, [])
                if (no, part) not in entries:
                    entries.append((no, part))
    words = tuple(sorted(uses, key=lambda word: (-len(word), word)))
    return Compiled(
        book=book,
        clauses=tuple(clauses),
        first_clause=first,
        words=words,
        uses=tuple(tuple(uses[word]) for word in words),
        n_parts=tuple(len(c.test.sets) if isinstance(c.test, Near) else 1 for c in clauses),
    )


def term_words(book: GuideBook, term: str) -> tuple[str, ...]:
    """Give the words of a phrase set, or the one word of a literal `=…`."""
    return (term[len(LITERAL) :],) if term.startswith(LITERAL) else book.sets[term].words


def _asked(compiled: Compiled, guide: Guide) -> Asked:
    numbered = list(compiled.numbered(guide))
    bits = {clause.id: 1 << place for place, (_, clause) in enumerate(numbered)}
    gates = [condition.closure(gate, bits) for gate in guide.gates.values()]

    def may_reach(met: int, most: int) -> bool:
        return any(gate(met, most) for gate in gates)

    return Asked(
        guide=guide,
        may_reach=lru_cache(maxsize=4096)(may_reach),
        hoped=sum(bits[clause.id] for _, clause in numbered if isinstance(clause.test, Reach | Length)),
        patterns=sum(bits[clause.id] for _, clause in numbered if isinstance(clause.test, Pattern)),
        others=tuple((no, clause, bits[clause.id]) for no, clause in numbered if not clause.reads_text),
    )


def least_words(clause: Clause) -> int:
    """Say how many different words a clause needs; for a pattern, one of its `needs`."""
    return clause.test.at_least if isinstance(clause.test, AnyOf) else 1
