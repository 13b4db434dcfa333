"""How each kind of rule looks at a talk; matches and the excuses that drop them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from lianfang.engine.conduct.said_rules import Excuse, Kind, Look, SaidRule, Where
from lianfang.engine.conduct.said_talk import THIRDS, Speaker, Talk

_STOPS = re.compile(r"[。!?;…\n]")
_SIDE = (Speaker.COLLECTOR, Speaker.UNKNOWN)


@dataclass(frozen=True)
class Match:
    """One match in one utterance, in folded characters, and the excuse that drops it."""

    place: int
    start: int
    end: int
    look: str
    method: str
    evasion: bool
    excuse: Excuse | None = None


@dataclass(frozen=True)
class Outcome:
    """What a rule makes of a talk."""

    is_found: bool
    matches: tuple[Match, ...] = ()
    excused: tuple[Match, ...] = ()
    is_doubtful: bool = False  # nobody knows who speaks: warn, never fail


def outcome(rule: SaidRule, talk: Talk) -> Outcome | None:
    """Give what a rule makes of a talk; none where it does not apply."""
    if not talk.by(*_SIDE) or not any(one.text for one in talk.folded):
        return None
    return _BY_KIND[rule.kind](rule, talk)


def matched(looks: Iterable[Look], talk: Talk, places: Sequence[int]) -> Iterator[Match]:
    """Give the matches in some utterances in order of place, excused ones too."""
    looks = tuple(looks)
    numbers = _numbers(looks)
    for place in places:
        folded, raw = talk.folded[place], talk.utterances[place].text
        if numbers is not None and looks[0].sieve is not None and numbers.isdisjoint(looks[0].sieve.met(folded.text)):
            continue
        met = [
            Match(place, start, end, look.id, look.method, evasion, _excuse(look, folded.text, start, end))
            for look in looks
            for start, end, evasion in look.find(raw, folded)
        ]
        yield from sorted(met, key=lambda one: (one.start, one.end))


@lru_cache(maxsize=256)
def _numbers(looks: tuple[Look, ...]) -> frozenset[int] | None:
    """Give the sieve's numbers of some looks; none where one of them is not in the sieve of the first."""
    if not looks or any(one.sieve is None or one.sieve is not looks[0].sieve for one in looks):
        return None
    return frozenset(one.number for one in looks)


def _sentence(text: str, start: int, end: int) -> tuple[int, int]:
    low = 0
    for stop in _STOPS.finditer(text, 0, start):
        low = stop.end()
    after = _STOPS.search(text, end)
    return low, after.end() if after else len(text)


def _excuse(look: Look, text: str, start: int, end: int) -> Excuse | None:
    if not look.unless:
        return None
    low, high = _sentence(text, start, end)
    parts = {
        Where.BEFORE: text[low:start],
        Where.AFTER: text[end:high],
        Where.SENTENCE: text[low:high],
        Where.UTTERANCE: text,
    }
    return next((one for one in look.unless if one.regexp.search(parts[one.where])), None)


def _split(met: Iterable[Match]) -> tuple[tuple[Match, ...], tuple[Match, ...]]:
    kept: list[Match] = []
    dropped: list[Match] = []
    for one in met:
        (kept if one.excuse is None else dropped).append(one)
    return tuple(kept), tuple(dropped)


def _phrase(rule: SaidRule, talk: Talk) -> Outcome | None:
    places = talk.by(*_SIDE)
    if rule.to == "third":
        if talk.context.consent_ref is not None and talk.context.party_role in THIRDS:
            return None
        places = tuple(place for place in places if talk.to[place] is Speaker.THIRD)
    if not places:
        return None
    kept, dropped = _split(matched(rule.looks["find"], talk, places))
    return Outcome(bool(kept), kept, dropped, _doubtful(talk, kept))


def _doubtful(talk: Talk, kept: Sequence[Match]) -> bool:
    return all(talk.utterances[one.place].speaker is Speaker.UNKNOWN for one in kept)


def _identity(rule: SaidRule, talk: Talk) -> Iterator[Match]:
    kept, _ = _split(matched(rule.looks["first"], talk, talk.by(*_SIDE)))
    yield from kept


_FIRMS = re.compile(r"(股份有限公司|有限责任公司|有限公司|集团)$")


def _named(rule: SaidRule, talk: Talk) -> Outcome | None:
    if talk.context.first is not True:
        return None
    name = talk.context.institution
    short = _FIRMS.sub("", name).casefold() if name else ""
    for one in _identity(rule, talk):
        text = talk.folded[one.place].text[max(0, one.start - 16) : one.end + 24]
        if short and short in text.replace(" ", "").casefold():
            return Outcome(False)
        if not short and any(True for look in rule.looks["named"] if look.regexp.search(text)):
            return Outcome(False)
    place = talk.by(*_SIDE)[0]
    size = len(talk.folded[place].text)
    return Outcome(True, (Match(place, 0, size, "absent", "pattern", False),) if size else (), (), False)


def _order(rule: SaidRule, talk: Talk) -> Outcome | None:
    debts, dropped = _split(matched(rule.looks["debt"], talk, talk.by(*_SIDE)))
    if not debts:
        return None
    first = next(_identity(rule, talk), None)
    debt = debts[0]
    is_late = first is None or (first.place, first.start) > (debt.place, debt.start)
    return Outcome(is_late, (debt,) if is_late else (), dropped, _doubtful(talk, (debt,)))


def _checked(rule: SaidRule, talk: Talk) -> Outcome | None:
    debts, dropped = _split(matched(rule.looks["debt"], talk, talk.by(*_SIDE)))
    if not debts or not talk.is_spoken:
        return None
    debt = debts[0]
    asked = next(_identity(rule, talk), None)
    if asked is not None and asked.place < debt.place:
        heard = [place for place in talk.by(Speaker.DEBTOR, Speaker.THIRD) if asked.place < place < debt.place]
        yes = any(True for _ in matched(rule.looks["confirms"], talk, heard))
        no = any(True for _ in matched(rule.looks["denies"], talk, heard))
        if yes and not no:
            return Outcome(False, (), dropped)
    return Outcome(True, (debt,), dropped, _doubtful(talk, (debt,)))


def _stop(rule: SaidRule, talk: Talk) -> Outcome | None:
    asked, _ = _split(matched(rule.looks["request"], talk, talk.by(Speaker.DEBTOR, Speaker.THIRD)))
    if not asked:
        return None
    first = asked[0]
    later = [place for place in talk.by(*_SIDE) if place > first.place]
    kept, dropped = _split(matched(rule.looks["goes_on"], talk, later))
    found = (first, kept[0]) if kept else (replace(first),)
    return Outcome(bool(kept), found, dropped, _doubtful(talk, kept[:1]) if kept else False)


_BY_KIND = {Kind.PHRASE: _phrase, Kind.NAMED: _named, Kind.ORDER: _order, Kind.CHECKED: _checked, Kind.STOP: _stop}
