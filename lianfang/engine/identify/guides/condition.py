"""Gates: `1 of strong and (talk or 2 of weak)` read into a tree, and the tree asked.

    gate   := both { "or" both }
    both   := one { "and" one }
    one    := "not" one | "(" gate ")" | N "of" choice | clause id
    choice := "strong" | "medium" | "weak" | "any" | prefix "*"

A clause counts for its own strength only: two strong clauses are not one strong and one medium.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lianfang.engine.identify.guides.clauses import Clause
from lianfang.engine.terms.errors import DefinitionError, Say

if TYPE_CHECKING:
    import numpy as np

_TOKEN = re.compile(r"\s*(\(|\)|[a-z_][a-z0-9_]*\*?|\d+|\S)")
_MOST_DEPTH = 20


@dataclass(frozen=True)
class AtLeast:
    """N of these clauses are met; one named clause is 1 of itself."""

    n: int
    clauses: tuple[str, ...]


@dataclass(frozen=True)
class Not:
    """The part is not met."""

    part: Gate


@dataclass(frozen=True)
class All:
    """Every part is met."""

    parts: tuple[Gate, ...]


@dataclass(frozen=True)
class Some:
    """One of the parts is met."""

    parts: tuple[Gate, ...]


Gate = AtLeast | Not | All | Some


def parse(source: str, clauses: Sequence[Clause]) -> Gate:
    """Read a gate over the clauses of one guide.

    Args:
        source: the gate as written.
        clauses: what its words may name.

    Raises:
        DefinitionError: the words cannot be read, or name an unknown clause.
    """
    return _Words(source, clauses).gate_to_end()


class _Words:
    """The words of one gate, read from left to right."""

    def __init__(self, source: str, clauses: Sequence[Clause]) -> None:
        self.words = _TOKEN.findall(source)
        self.at = 0
        self.depth = 0
        self.clauses = clauses

    def peek(self) -> str:
        return self.words[self.at] if self.at < len(self.words) else ""

    def take(self) -> str:
        word = self.peek()
        self.at += 1
        return word

    def gate_to_end(self) -> Gate:
        tree = self.gate()
        if self.peek():
            raise _wrong(f"多出 {self.peek()}", f"unexpected {self.peek()}")
        return tree

    def gate(self) -> Gate:
        parts = [self.both()]
        while self.peek() == "or":
            self.take()
            parts.append(self.both())
        return parts[0] if len(parts) == 1 else Some(tuple(parts))

    def both(self) -> Gate:
        parts = [self.one()]
        while self.peek() == "and":
            self.take()
            parts.append(self.one())
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def one(self) -> Gate:
        self.depth += 1
        if self.depth > _MOST_DEPTH:
            raise _wrong("嵌套太深", "nested too deep")
        word = self.take()
        if word == "not":
            tree: Gate = Not(self.one())
        elif word == "(":
            tree = self.gate()
            if self.take() != ")":
                raise _wrong("括号没有闭合", "a parenthesis is not closed")
        elif word.isdigit():
            tree = self.choice(int(word))
        else:
            tree = AtLeast(1, (self.known(word),))
        self.depth -= 1
        return tree

    def choice(self, n: int) -> Gate:
        if n < 1:
            raise _wrong("数目至少是 1", "the number must be at least 1")
        if self.take() != "of":
            raise _wrong(f"{n} 后面要写 of", f"`of` must follow {n}")
        word = self.take()
        if word == "any":
            return AtLeast(n, tuple(clause.id for clause in self.clauses))
        if word in ("strong", "medium", "weak"):
            return AtLeast(n, tuple(clause.id for clause in self.clauses if clause.strength == word))
        if word.endswith("*"):
            named = tuple(clause.id for clause in self.clauses if clause.id.startswith(word[:-1]))
            if not named:
                raise _wrong(f"没有以 {word[:-1]} 开头的特征项", f"no clause begins with {word[:-1]}")
            return AtLeast(n, named)
        raise _wrong(f"of 后面不能是 {word or '空'}", f"{word or 'nothing'} may not follow `of`")

    def known(self, word: str) -> str:
        if word not in {clause.id for clause in self.clauses}:
            raise _wrong(f"没有特征项 {word or '(空)'}", f"no clause {word or '(empty)'}")
        return word


def _wrong(zh: str, en: str) -> DefinitionError:
    return DefinitionError(Say(zh, en), code="E-GUIDE-09")


def holds(gate: Gate, hits: Collection[str], unknown: Collection[str] = (), hope: bool = True) -> bool:
    """Say whether a gate is met by one record's clauses.

    Args:
        gate: the tree.
        hits: ids of the clauses met.
        unknown: ids nobody has tried yet.
        hope: count the unknown in the gate's favour (could it be met?), else against it.
    """
    if isinstance(gate, AtLeast):
        return sum(1 for name in gate.clauses if name in hits or (hope and name in unknown)) >= gate.n
    if isinstance(gate, Not):
        return not holds(gate.part, hits, unknown, not hope)
    if isinstance(gate, All):
        return all(holds(part, hits, unknown, hope) for part in gate.parts)
    return any(holds(part, hits, unknown, hope) for part in gate.parts)


def closure(gate: Gate, bits: Mapping[str, int]) -> Callable[[int, int], bool]:
    """Turn a gate into a function of two bit sets: what is met, and what may still be met.

    Args:
        gate: the tree.
        bits: the bit of each clause.

    Returns:
        A function that says whether the gate may be met; exact where both sets are the same.
    """
    if isinstance(gate, AtLeast):
        mask, n = sum(bits[name] for name in set(gate.clauses)), gate.n
        if n == 1:
            return lambda met, most: most & mask != 0
        return lambda met, most: (most & mask).bit_count() >= n
    if isinstance(gate, Not):
        inner = closure(gate.part, bits)
        return lambda met, most: not inner(most, met)
    parts = [closure(part, bits) for part in gate.parts]
    if isinstance(gate, All):
        return lambda met, most: all(part(met, most) for part in parts)
    return lambda met, most: any(part(met, most) for part in parts)


def columns(
    gate: Gate,
    met: Mapping[str, np.ndarray],
    size: int,
    most: Mapping[str, np.ndarray] | None = None,
) -> np.ndarray:
    """Ask a gate of many records at once; the same answer as `holds` row by row.

    Args:
        gate: the tree.
        met: one boolean column a clause, what is known to be met; an absent clause is met nowhere.
        size: rows.
        most: the same, with what may still turn out to be met; then the answer is where the gate
            may be met. Left out, everything is known.

    Shape:
        columns of `size` booleans in, one column of `size` booleans out.
    """
    import numpy as np

    most = met if most is None else most
    if isinstance(gate, AtLeast):
        found = [most[name] for name in gate.clauses if name in most]
        if len(found) < gate.n:
            return np.zeros(size, bool)
        if gate.n == 1:
            return np.asarray(np.logical_or.reduce(found))
        return np.asarray(np.sum(found, axis=0, dtype=np.int16) >= gate.n)
    if isinstance(gate, Not):
        return ~columns(gate.part, most, size, met)
    parts = [columns(part, met, size, most) for part in gate.parts]
    joined = np.logical_and.reduce(parts) if isinstance(gate, All) else np.logical_or.reduce(parts)
    return np.asarray(joined)


def named(gate: Gate) -> frozenset[str]:
    """Name the clauses a gate looks at."""
    if isinstance(gate, AtLeast):
        return frozenset(gate.clauses)
    if isinstance(gate, Not):
        return named(gate.part)
    return frozenset(itertools.chain.from_iterable(named(part) for part in gate.parts))


def can_hold(gate: Gate) -> bool:
    """Say whether any set of clauses meets the gate; tries them all up to 16 clauses."""
    names = sorted(named(gate))
    if holds(gate, names) or holds(gate, ()):
        return True
    if len(names) > 16 or not _has_not(gate):
        return _has_not(gate)
    return any(holds(gate, chosen) for n in range(len(names)) for chosen in itertools.combinations(names, n))


def _has_not(gate: Gate) -> bool:
    if isinstance(gate, AtLeast):
        return False
    return isinstance(gate, Not) or any(_has_not(part) for part in gate.parts)
