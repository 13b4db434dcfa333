"""What the other side says that must lead to an act: hardship, dispute, stop, a lawyer.

A sign proposes a task to a person and a hold for the gate; it never counts against anybody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from lianfang.engine.conduct import gate, said, said_rules
from lianfang.engine.conduct.said import Cited
from lianfang.engine.conduct.said_talk import Speaker, Talk
from lianfang.engine.conduct.standing import Span, debtor_key
from lianfang.engine.conduct.verdict import Offer
from lianfang.engine.terms import shelf
from lianfang.engine.terms.errors import DefinitionError, Say


@dataclass(frozen=True, eq=False)
class SignRule:
    """One kind of sign, as `data/conduct/said/signs.yaml` has it."""

    id: str
    name: Say
    fact: str | None
    offer: str | None
    rule: str
    speakers: tuple[Speaker, ...]
    patterns: tuple[Any, ...]
    unless: tuple[Any, ...]
    samples: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Sign:
    """One sign heard, and where."""

    rule: SignRule
    cited: Cited
    quote: str


@lru_cache(maxsize=1)
def load() -> tuple[tuple[SignRule, ...], Mapping[str, Say]]:
    """Read the signs and the tasks they propose.

    Raises:
        DefinitionError: a pattern is refused.
    """
    read, desk = shelf.yaml(shelf.path("conduct", "said", "signs.yaml")), said_rules.desk()
    desk.file = "conduct/said/signs.yaml"
    rules = tuple(
        SignRule(
            one["id"], Say(**one["name"]), one["fact"], one["offer"], one["rule"], tuple(map(Speaker, one["speakers"])),
            tuple(map(desk.pattern, one["patterns"])), tuple(map(desk.pattern, one["unless"])),
            {name: tuple(texts) for name, texts in one["samples"].items()},
        )
        for one in read["signs"]
    )
    if desk.faults:
        raise DefinitionError(desk.faults[0].say, code="E-SAID-02", where=desk.file, faults=desk.faults)
    return rules, {name: Say(**entry) for name, entry in read["offers"].items()}


def signs(talk: Talk) -> tuple[Sign, ...]:
    """Give the signs heard, one of a kind in an utterance, in order.

    Raises:
        DefinitionError: the packaged file is wrong.
    """
    found = []
    for place, one in enumerate(talk.utterances):
        text = talk.folded[place].text
        for rule in load()[0]:
            if one.speaker in rule.speakers:
                span = _first(rule, text)
                if span is not None:
                    low, high = talk.folded[place].span(*span)
                    quote = said.covered(one.text, talk.context.names)[low:high]
                    found.append(Sign(rule, Cited(one.utt_id, low, high), quote))
    return tuple(found)


def _first(rule: SignRule, text: str) -> tuple[int, int] | None:
    for pattern in rule.patterns:
        for found in pattern.finditer(text):
            start, end = found.span()
            if end > start and not any(one.search(text[:start]) for one in rule.unless):
                return start, end
    return None


def offers(talk: Talk) -> tuple[Offer, ...]:
    """Propose tasks for what was heard, each once: an offer, a mark, a hold; never a penalty.

    Source:
        Domain sheet H1, H2; the plan offer is the gate's own.
    """
    made: dict[str, Offer] = {}
    for sign in signs(talk):
        code = sign.rule.offer
        if code is None or code in made:
            continue
        if sign.rule.fact == "hardship_sign":
            for offer in gate.offers({"hardship_sign": True, "product": talk.context.product}):
                made[offer.code] = offer
        else:
            made[code] = Offer(code, load()[1][code], None, sign.rule.rule)
    return tuple(made.values())


def spans(talk: Talk, creditor: str, debtor_id: str, at_us: int, ref: str) -> tuple[Span, ...]:
    """Give holds a person may put on record for the gate: facts of this debtor from this moment on.

    Args:
        talk: what was said.
        creditor: whose debtor.
        debtor_id: the debtor's id there.
        at_us: when it was said.
        ref: the recording or message they rest on.
    """
    facts = dict.fromkeys(sign.rule.fact for sign in signs(talk) if sign.rule.fact)
    return tuple(Span(fact, debtor_key(creditor, debtor_id), at_us, None, ref) for fact in facts)
