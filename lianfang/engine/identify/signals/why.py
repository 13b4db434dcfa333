"""Reasons in words: what was found, what it means, which guard acted; always in both languages."""

from __future__ import annotations

import re

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
from lianfang.engine.terms.codes import Level
from lianfang.engine.terms.errors import Say

_LONG_CODE = re.compile(r"[A-Za-z0-9_\-.@]{6,}")
_LEVEL_ZH = {Level.NONE: "不提示", Level.LOOK: "留意", Level.REVIEW: "复核"}


def covered(matched: str) -> str:
    """Cover long runs of letters and digits in a shown match: they may name a person."""
    return _LONG_CODE.sub(lambda run: f"{run[0][:2]}{'*' * (len(run[0]) - 4)}{run[0][-2:]}", matched)


def by_words(clause: Clause, words: tuple[str, ...], evasion: bool) -> Say:
    """Say that words met a clause.

    Args:
        clause: the clause met.
        words: the plain words, in the order they stand.
        evasion: one of them was written in disguise.
    """
    unique = tuple(dict.fromkeys(words))
    zh = f"{clause.name.zh}:出现「{'」「'.join(unique)}」"
    en = f"{clause.name.en}: found “{'”, “'.join(unique)}”"
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
        return by_words(clause, shown, False)
    if isinstance(test, Reach):
        return Say(
            f"{clause.name.zh}:留有联系方式 {'、'.join(shown)}",
            f"{clause.name.en}: a way to reach somebody, {', '.join(shown)}",
        )
    if isinstance(test, Length):
        return Say(f"{clause.name.zh}:文字长度符合", f"{clause.name.en}: the text has that length")
    if isinstance(test, Expr):
        return Say(f"{clause.name.zh}:{test.source}", f"{clause.name.en}: {test.source}")
    return Say(clause.name.zh, clause.name.en)


_COUNTED = {
    "person": ("名不同的人", "different persons"),
    "institution": ("家不同的机构", "different institutions"),
    "record": ("条记录", "records"),
    "channel": ("个不同的渠道", "different channels"),
}


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
        return Say(
            f"{clause.name.zh}:{test.days} 天内同一 {test.by}{seen} 下有 {n} {zh}",
            f"{clause.name.en}: {n} {en} with the same {test.by}{seen and ' ' + seen} within {test.days} days",
        )
    if isinstance(test, Similar):
        return Say(
            f"{clause.name.zh}:同一模板 {n} 份,涉及 {n_institutions} 家机构",
            f"{clause.name.en}: {n} letters of one template, over {n_institutions} institutions",
        )
    if isinstance(test, Sequence):
        zh, en = _COUNTED.get(test.distinct, (f"个不同的 {test.distinct}", f"different {test.distinct}"))
        return Say(
            f"{clause.name.zh}:同一事实 {test.hours} 小时内出现在 {n} {zh}",
            f"{clause.name.en}: the same facts in {n} {en} within {test.hours} hours",
        )
    return clause.name


def by_guard(guard: Guard, words: tuple[str, ...], before: Level, after: Level) -> Say:
    """Say which guard lowered a level, and by which words.

    Args:
        guard: the guard that acted.
        words: what it was met by.
        before: the level without it.
        after: the level with it.
    """
    shown = "、".join(f"「{word}」" for word in dict.fromkeys(words))
    shown_en = ", ".join(f"“{word}”" for word in dict.fromkeys(words))
    return Say(
        f"{guard.why.zh}{f'(依据 {shown})' if shown else ''};由{_LEVEL_ZH[before]}降为{_LEVEL_ZH[after]}",
        f"{guard.why.en}{f' (by {shown_en})' if shown else ''}; lowered from {before} to {after}",
    )
