"""Sentences made from a small grammar, so that honest people do not sound alike.

Syntax of a rule: `[a|b]` one of these, nested as deep as wanted; `<rule>` another rule;
`{field}` a value of the record; `{#2-9}` a whole number.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import yaml

from lianfang.engine.terms.errors import DefinitionError, Say
from lianfang.engine.terms.shelf import path
from lianfang.simulate.dice import Dice

Values = Mapping[str, object]
Part = Callable[[Dice, Values], str]


@cache
def shelf(name: str) -> dict[str, Any]:
    """Read one YAML file of the simulator's shelf (`lianfang/data/simulate`)."""
    text = path("simulate", f"{name}.yaml").read_text(encoding="utf-8")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return dict(yaml.load(text, Loader=loader))


@dataclass
class Grammar:
    """Rules by name, compiled on first use."""

    rules: Mapping[str, Sequence[str]]
    _compiled: dict[str, Part] = field(default_factory=dict)

    def say(self, source: str, dice: Dice, values: Values) -> str:
        """Give one sentence of a rule text."""
        part = self._compiled.get(source)
        if part is None:
            part = self._compiled[source] = _compile(source, self)
        return part(dice, values)

    def rule(self, name: str, dice: Dice, values: Values) -> str:
        """Give one sentence of a named rule."""
        if name not in self.rules:
            raise DefinitionError(
                Say(f"没有这条句式:{name}", f"no such wording rule: {name}"),
                code="E-SIMULATE-02",
                where="data/simulate",
                fix=Say("请补上这条句式或改正名字", "add the rule or mend its name"),
            )
        return self.say(dice.pick(self.rules[name]), dice, values)


def _compile(source: str, grammar: Grammar) -> Part:
    choices, at = _choices(source, 0, grammar)
    if at != len(source):
        raise _broken(source, at)
    return choices


def _choices(source: str, at: int, grammar: Grammar) -> tuple[Part, int]:
    """Read alternatives up to a closing bracket or the end."""
    branches: list[list[Part | str]] = [[]]
    while at < len(source) and source[at] != "]":
        sign = source[at]
        if sign == "|":
            branches.append([])
            at += 1
        elif sign == "[":
            part, at = _choices(source, at + 1, grammar)
            if at >= len(source):
                raise _broken(source, at)
            branches[-1].append(part)
            at += 1
        elif sign in "<{":
            end = source.find(">" if sign == "<" else "}", at)
            if end < 0:
                raise _broken(source, at)
            branches[-1].append(_named(source[at + 1 : end], sign, grammar))
            at = end + 1
        else:
            end = min((i for i in (source.find(c, at) for c in "[]|<{") if i >= 0), default=-1)
            end = len(source) if end < 0 else end
            branches[-1].append(source[at:end])
            at = end
    sequences = [_sequence(parts) for parts in branches]
    if len(sequences) == 1:
        return sequences[0], at
    n = len(sequences)
    return (lambda dice, values: sequences[int(dice.share() * n)](dice, values)), at


def _sequence(parts: list[Part | str]) -> Part:
    if all(isinstance(part, str) for part in parts):
        text = "".join(str(part) for part in parts)
        return lambda dice, values: text
    steps = tuple(parts)
    return lambda dice, values: "".join(
        [part if isinstance(part, str) else part(dice, values) for part in steps]
    )


def _named(name: str, sign: str, grammar: Grammar) -> Part:
    if sign == "<":
        return lambda dice, values: grammar.rule(name, dice, values)
    if name.startswith("#"):
        least, most = (int(n) for n in name[1:].split("-"))
        return lambda dice, values: str(dice.between(least, most))
    return lambda dice, values: str(values[name])


def _broken(source: str, at: int) -> DefinitionError:
    return DefinitionError(
        Say(f"句式括号不配对:{source}", f"unbalanced brackets in a wording rule: {source}"),
        code="E-SIMULATE-03",
        where=f"data/simulate:{at}",
        fix=Say("检查 [ ] < > { } 是否成对", "check that [ ] < > { } come in pairs"),
    )
