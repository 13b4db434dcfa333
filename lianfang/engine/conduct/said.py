"""What was said: every rule judged over a talk, with the words it rests on.

Patterns over folded text, never a model alone. A match is dropped where the collector declines, quotes,
asks or reads out a rule, and the reason for dropping is kept beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any

from lianfang.engine.conduct import said_judge, said_rules
from lianfang.engine.conduct.rules import Effect, Rules, strictness
from lianfang.engine.conduct.said_judge import Match
from lianfang.engine.conduct.said_rules import SaidRule
from lianfang.engine.conduct.said_talk import Talk
from lianfang.engine.identifiers import find
from lianfang.engine.terms.errors import Say

_AROUND = 12  # characters of context on each side of a quote


class SaidVerdict(StrEnum):
    """How one rule came out for one talk."""

    PASS = "PASS"
    WARN = "WARN"
    FAIL = "FAIL"
    NA = "NA"


@dataclass(frozen=True)
class Cited:
    """A stretch of one utterance, in raw code points."""

    utt_id: str
    start: int
    end: int


@dataclass(frozen=True)
class SaidFinding:
    """One rule's answer for one talk.

    Args:
        effect: as of the strictest pack rule in force, else the rule's own.
        decided: id of that pack rule, or none.
        quote: what was said, identifiers and given names covered.
        method: `lexicon` or `pattern`; there is no third.
        evasion: a match stands only in the folded text.
        excused: id and reason of matches dropped, with their place.
    """

    rule: SaidRule
    verdict: SaidVerdict
    effect: Effect | None
    decided: str | None
    spans: tuple[Cited, ...]
    quote: str
    why: Say
    method: str
    evasion: bool
    looks: tuple[str, ...]
    excused: tuple[tuple[Cited, str, Say], ...]

    @property
    def utt_ids(self) -> tuple[str, ...]:
        """Give the utterances it cites, each once, in order."""
        return tuple(dict.fromkeys(one.utt_id for one in self.spans))

    @property
    def is_gate(self) -> bool:
        """Say whether it stands above any total: severe, and certain enough to fail."""
        return self.verdict is SaidVerdict.FAIL and self.effect is Effect.SEVERE

    def told(self) -> dict[str, Any]:
        """Give it as plain values."""
        return {
            "rule": self.rule.id, "code": self.rule.code, "verdict": self.verdict.value,
            "effect": self.effect.value if self.effect else None, "decided": self.decided,
            "utt_ids": list(self.utt_ids),
            "spans": [{"utt_id": one.utt_id, "start": one.start, "end": one.end} for one in self.spans],
            "quote": self.quote, "zh": self.why.zh, "en": self.why.en, "method": self.method,
            "evasion": self.evasion, "looks": list(self.looks), "gate": self.is_gate,
            "excused": [{"utt_id": at.utt_id, "start": at.start, "end": at.end, "excuse": name, "zh": why.zh, "en": why.en}
                        for at, name, why in self.excused],
        }


def check(talk: Talk, held: Rules | None = None, at_us: int | None = None,
          rules: Sequence[SaidRule] | None = None) -> tuple[SaidFinding, ...]:
    """Judge a talk by every rule about what was said.

    Args:
        talk: made by `said_talk.talk` or `said_talk.message`.
        held: conduct packs in force, which lend effect and instrument; none uses the rules' own effects.
        at_us: when it was said, for rules with dates.
        rules: other rules than the packaged ones.

    Returns:
        One finding per rule, in rule order; rules no pack asks for come out NA.

    Shape:
        One talk in, one finding a rule out; pure.

    Raises:
        DefinitionError: a packaged rule file is wrong.

    Source:
        Conventions of transcript checks (cases and peers, 4.7): finding with utterances, quote, method.
    """
    return tuple(judge(rule, talk, held, at_us) for rule in (said_rules.load() if rules is None else rules))


def judge(rule: SaidRule, talk: Talk, held: Rules | None = None, at_us: int | None = None) -> SaidFinding:
    """Judge a talk by one rule."""
    effect, decided = _effect(rule, held, at_us)
    outcome = said_judge.outcome(rule, talk) if effect is not None else None
    if outcome is None:
        return SaidFinding(rule, SaidVerdict.NA, effect, decided, (), "", _NOT_ASKED, "pattern", False, (), ())
    verdict = SaidVerdict.PASS
    if outcome.is_found:
        sure = rule.may_fail and not outcome.is_doubtful
        verdict = SaidVerdict.FAIL if sure else SaidVerdict.WARN
    matches = outcome.matches if outcome.is_found else ()
    return SaidFinding(
        rule, verdict, effect, decided, tuple(_cited(talk, one) for one in matches), _quote(talk, matches),
        rule.why if outcome.is_found else _KEPT, _method(matches), any(one.evasion for one in matches),
        tuple(dict.fromkeys(one.look for one in matches)),
        tuple((_cited(talk, one), one.excuse.id, one.excuse.why) for one in outcome.excused if one.excuse is not None),
    )


_NOT_ASKED = Say("这段话用不上这条规则", "the rule does not apply to this talk")
_KEPT = Say("没有发现", "nothing found")


@lru_cache(maxsize=1024)
def _effect(rule: SaidRule, held: Rules | None, at_us: int | None) -> tuple[Effect | None, str | None]:
    """Give the strictest effect in force: of the pack rules it judges for, else its own."""
    if held is None:
        return rule.effect or Effect.SEVERE, None
    known = [held.get(name) for name in rule.rules]
    asked = [one for one in known if one is not None and one.stands_at(at_us)]
    if not asked:
        return rule.effect, None
    chosen = max(asked, key=strictness)
    if rule.effect is not None and rule.effect.rank > chosen.effect.rank:
        return rule.effect, None
    return chosen.effect, chosen.id


def _method(matches: Iterable[Match]) -> str:
    return "lexicon" if any(one.method == "lexicon" for one in matches) else "pattern"


def _cited(talk: Talk, one: Match) -> Cited:
    low, high = talk.folded[one.place].span(one.start, one.end)
    return Cited(talk.utterances[one.place].utt_id, low, high)


def _quote(talk: Talk, matches: Sequence[Match]) -> str:
    """Give the first match with a little around it, covered."""
    if not matches:
        return ""
    one = matches[0]
    low, high = talk.folded[one.place].span(one.start, one.end)
    text = covered(talk.utterances[one.place].text, talk.context.names)
    start, end = max(0, low - _AROUND), min(len(text), high + _AROUND)
    return ("…" if start else "") + text[start:end].replace("\n", " ") + ("…" if end < len(text) else "")


def covered(text: str, names: Iterable[str] = ()) -> str:
    """Cover identifiers and given names in a text; its length stays, so places still fit."""
    signs = list(text)
    for found in find.find(text):
        places = [place for place in range(found.start, found.end) if signs[place].isalnum()]
        for place in places[1:-1] if len(places) < 11 else places[3:-4]:
            signs[place] = "*"
    for name in names:
        at = text.find(name) if len(name) > 1 else -1
        while at >= 0:
            signs[at + 1 : at + len(name)] = "*" * (len(name) - 1)
            at = text.find(name, at + len(name))
    return "".join(signs)
