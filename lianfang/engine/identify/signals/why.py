"""Reasons in words: what was found, what it means, which guard acted; always in both languages."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from lianfang.engine.identify.guides.clauses import (
    Clause,
    Count,
    Expr,
    Length,
    Pattern,
    Reach,
    Sequence,
    Similar,
)
from lianfang.engine.identify.guides.guide import Guard
from lianfang.engine.terms.codes import Kind, Level
from lianfang.engine.terms.errors import Say
from lianfang.engine.terms.words import LEVELS
from lianfang.engine.text import plain

_LONG_CODE = re.compile(r"[A-Za-z0-9_\-.@]{6,}")
_DIGIT = re.compile(r"\d")


def covered(matched: str) -> str:
    """Cover long runs of letters and digits in a shown match: they may name a person."""
    return _LONG_CODE.sub(lambda run: f"{run[0][:2]}{'*' * (len(run[0]) - 4)}{run[0][-2:]}", matched)


@cache
def _folded(word: str) -> str:
    return plain.plain(word).text


@dataclass(frozen=True)
class Word:
    """A word as it was typed, and as the guides have it."""

    raw: str
    plain: str

    @property
    def typed(self) -> str:
        """Give what was typed; one with digits in it may name a person and is covered."""
        return covered(self.raw) if _DIGIT.search(self.raw) else self.raw

    @property
    def say(self) -> Say:
        """Quote what was typed, and the plain form beside it where that is another.

        A guide may list a word in two ordinary spellings: which of them met it is of no interest.
        """
        typed, made = self.raw.lower(), _folded(self.raw)
        shown = made if made == _folded(self.plain) else self.plain
        if typed in (self.plain, shown):
            return Say(f"「{self.typed}」", f"“{self.typed}”")
        return Say(f"「{self.typed}」(即「{shown}」)", f"“{self.typed}” (“{shown}” made plain)")


def by_words(clause: Clause, words: tuple[Word, ...], evasion: bool) -> Say:
    """Say that words met a clause.

    Args:
        clause: the clause met.
        words: as they were typed, in the order they stand.
        evasion: one of them was written in disguise.
    """
    said = [word.say for word in dict.fromkeys(words)]
    zh = f"{clause.name.zh}:出现{''.join(one.zh for one in said)}"
    en = f"{clause.name.en}: found {', '.join(one.en for one in said)}"
    if evasion:
        return Say(f"{zh}(变体写法)", f"{en} (written in disguise)")
    return Say(zh, en)


def by_reading(clause: Clause, matched: tuple[str, ...]) -> Say:
    """Say that a pattern, a way to reach somebody, a length or an expression met a clause.

    Args:
        clause: the clause met.
        matched: what stood in the text, identifiers masked already.
    """
    test = clause.test
    shown = tuple(dict.fromkeys(matched))
    if isinstance(test, Pattern):
        return by_words(clause, tuple(Word(one, one.lower()) for one in shown), False)
    if isinstance(test, Reach):
        return Say(
            f"{clause.name.zh}:留有联系方式 {'、'.join(shown)}",
            f"{clause.name.en}: a way to reach somebody, {', '.join(shown)}",
        )
    if isinstance(test, Length):
        return Say(f"{clause.name.zh}:文字长度符合", f"{clause.name.en}: the text has that length")
    if isinstance(test, Expr):
        return Say(f"{clause.name.zh}:记录的字段符合", f"{clause.name.en}: the record's fields say so")
    return Say(clause.name.zh, clause.name.en)


_COUNTED = {
    "person": ("名不同的人", "different persons"),
    "institution": ("家不同的机构", "different institutions"),
    "record": ("条记录", "records"),
    "channel": ("个不同的渠道", "different channels"),
}


@cache
def _field(name: str) -> Say:
    """Give the words of a field, from the first kind of record that has it."""
    from lianfang.engine.records import schema

    found = (one.field(name) for one in map(schema.of, Kind))
    said = next((field.meaning for field in found if field), Say(name, name))
    return Say(said.zh, said.en if said.en[1:2].isupper() else said.en[:1].lower() + said.en[1:])


def by_others(clause: Clause, n: int, n_institutions: int = 0, shared: str = "") -> Say:
    """Say that other records met a clause: how many share what, and within which time.

    Args:
        clause: a count, similar or sequence clause.
        n: the number found.
        n_institutions: for similar, over how many institutions.
        shared: for count, the identifier in masked form.
    """
    test = clause.test
    if isinstance(test, Count):
        zh, en = _COUNTED[test.distinct]
        seen = f"({shared})" if shared else ""
        by = _field(test.by)
        return Say(
            f"{clause.name.zh}:{test.days} 天内同一{by.zh}{seen}下有 {n} {zh}",
            f"{clause.name.en}: {n} {en} with the same {by.en}{seen and ' ' + seen} within {test.days} days",
        )
    if isinstance(test, Similar):
        return Say(
            f"{clause.name.zh}:同一模板 {n} 份,涉及 {n_institutions} 家机构",
            f"{clause.name.en}: {n} letters of one template, over {n_institutions} institutions",
        )
    if isinstance(test, Sequence):
        zh, en = _COUNTED.get(test.distinct) or (f"个不同的{_field(test.distinct).zh}", f"different values of {_field(test.distinct).en}")
        return Say(
            f"{clause.name.zh}:同一事实 {test.hours} 小时内出现在 {n} {zh}",
            f"{clause.name.en}: the same facts in {n} {en} within {test.hours} hours",
        )
    return clause.name


def by_guard(guard: Guard, words: tuple[Say, ...], before: Level, after: Level) -> Say:
    """Say which guard lowered a level, and by which words.

    Args:
        guard: the guard that acted.
        words: what it was met by, quoted.
        before: the level without it.
        after: the level with it.
    """
    shown = "、".join(dict.fromkeys(word.zh for word in words))
    shown_en = ", ".join(dict.fromkeys(word.en for word in words))
    return Say(
        f"{guard.why.zh}{f'(依据 {shown})' if shown else ''};由“{LEVELS[before].zh}”降为“{LEVELS[after].zh}”",
        f"{guard.why.en}{f' (by {shown_en})' if shown else ''}; lowered from “{LEVELS[before].en}” to “{LEVELS[after].en}”",
    )


def quoted(shown: str) -> Say:
    """Quote what stood in the text, identifiers masked already."""
    return Say(f"「{shown}」", f"“{shown}”")
