"""May this contact be made now? One pure answer with every rule evaluated.

`check` reads nothing and writes nothing: the contact, what went before and the rules come in, a verdict
goes out. What is missing refuses: a gate that guesses is no gate.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, NamedTuple, Protocol

from lianfang.engine.conduct import contact as contacts
from lianfang.engine.conduct import silence, zones
from lianfang.engine.conduct.contact import Contact
from lianfang.engine.conduct.rules import Rule, Rules, certainty, deciding
from lianfang.engine.conduct.standing import HARDSHIP_SIGN, Standing
from lianfang.engine.conduct.verdict import Judgement, Offer, Remaining, State, Verdict
from lianfang.engine.terms.errors import Say


class Ask(NamedTuple):
    """What one rule wants counted; rules that want the same ask once.

    Args:
        unit: name of the unit that is counted.
        key: over whom.
        since_us: the first moment that counts.
        most: no more moments than this are wanted.
        reset: only what came after the last contact of this unit counts.
    """

    unit: str
    key: str
    since_us: int
    most: int
    reset: str | None


class Past(Protocol):
    """What went before: `history.History` in memory, `ledger.Ledger` in a database."""

    standing: Standing

    def seen(self, asks: Sequence[Ask]) -> Sequence[tuple[int, ...]]:
        """Give, for every ask, the moments of counted contacts, newest first.

        One call a check: a database answers all of them in one statement.
        """


_NO_HISTORY = Say("没有给出历史联系记录，无法计数，按规定不放行", "no history was given, nothing can be counted: refused")
_LATE = Say("没有在规定时间内答出，按规定不放行", "no answer in time: refused")
_OFFER_WHY = Say(
    "有困难迹象：先提出个性化分期方案，不作任何不利处理",
    "signs of hardship: offer an individual repayment plan first; nothing counts against the debtor",
)
_PLAN_MONTHS = 60  # CARD11 art. 70 as recalled (RECALL-H): a card plan runs five years at most


def late(intent: Contact, rules: Rules, standing: Standing, at_us: int | None = None) -> Verdict:
    """Refuse with `E_TIMEOUT` what could not be answered in time; rules that count nothing are still told."""
    return _checked(placed(intent, at_us), None, standing, rules, (("E_TIMEOUT", _LATE),))


def check(intent: Contact, history: Past | None, rules: Rules, at_us: int | None = None) -> Verdict:
    """Say whether a contact may be made.

    Args:
        intent: the contact as planned, or as made (its outcome then says whether a breach happened).
        history: what went before; none refuses with `E_NO_HISTORY`.
        rules: the rules in force.
        at_us: the moment asked; used where the intent carries no moment of its own.

    Returns:
        The verdict: every rule's judgement, codes, remaining counts, offers.

    Shape:
        One contact in, one verdict out; pure.

    Raises:
        Nothing. A missing fact refuses with a code.

    Source:
        Conventions of pre-dial gates: all rules always evaluated, coded refusals, fail closed.
    """
    if history is None:
        return _checked(placed(intent, at_us), None, Standing(), rules, (("E_NO_HISTORY", _NO_HISTORY),))
    return _checked(placed(intent, at_us), history, history.standing, rules, ())


def _checked(
    asked: Contact, history: Past | None, standing: Standing, rules: Rules, missing: tuple[tuple[str, Say], ...]
) -> Verdict:
    """Judge every rule and put the verdict together."""
    row = {**asked.facts, **standing.facts(asked)}
    judged = _judged(rules.contact, asked, row, history)
    broken = tuple(one for one in judged if one.state is State.BROKEN)
    codes = [one.rule.code for one in broken if one.rule.effect.refuses]
    return Verdict(
        allow=not codes and not missing,
        codes=tuple(dict.fromkeys([code for code, _ in missing] + codes)),
        warnings=tuple(dict.fromkeys(one.rule.code for one in broken if not one.rule.effect.refuses)),
        judged=judged,
        deciding=deciding([(one.rule, certainty(one.breach, bool(one.lacks))) for one in broken]),
        missing=missing,
        offers=offers(row),
        at_us=asked.at_us,
        rules_sha256=rules.sha256,
    )


def is_open(asked: Contact, one: Contact) -> bool:
    """Say whether it is the debtor's call of the same local day and nothing tells how it ended.

    No rule counts such a call, as silence proves nothing; a gate that has one must not say yes.

    Args:
        asked: the contact as planned.
        one: a contact already made, of anybody.
    """
    since_us = None if asked.zone is None or asked.at_us is None else zones.midnight_us(asked.zone, asked.at_us)
    if since_us is None or asked.at_us is None or one.at_us is None or not since_us <= one.at_us <= asked.at_us:
        return False
    is_call = one.facts["direction"] == "out" and one.facts["channel"] in ("voice_human", "voice_ai")
    return is_call and one.key("debtor") == asked.key("debtor") and all(one.facts[name] is None for name in contacts.ENDS)


def without_outcomes(verdict: Verdict, n: int) -> Verdict:
    """Refuse with `E_NO_OUTCOME` where so many contacts before are open (`is_open`)."""
    if not n:
        return verdict
    say = Say(f"当日有 {n} 次通话没有写明是否接通，次数数不清，按规定不放行", f"of {n} calls that day nothing tells how they ended, the count is not known: refused")
    return replace(verdict, allow=False, codes=("E_NO_OUTCOME", *verdict.codes), missing=(*verdict.missing, ("E_NO_OUTCOME", say)))


def placed(intent: Contact, at_us: int | None) -> Contact:
    """Give the intent its moment where it carries none."""
    if intent.at_us is not None or at_us is None:
        return intent
    return contacts.read({**intent.facts, "at": at_us, "tz": intent.zone, "record_id": intent.record_id})


def _in_scope(rule: Rule, row: Mapping[str, Any], known: dict[str, bool]) -> bool:
    """Say whether a rule looks at this contact; rules share scopes, each is worked out once."""
    if rule.scope is None:
        return True
    told = known.get(rule.scope.source)
    if told is None:
        told = known[rule.scope.source] = rule.scope.check(row)
    return told


@lru_cache(maxsize=4096)
def _plain(rule: Rule, state: State) -> Judgement:
    return Judgement(rule, state)


def judge(rule: Rule, asked: Contact, row: Mapping[str, Any], history: Past | None) -> Judgement:
    """Judge one rule for one contact."""
    return _judged((rule,), asked, row, history)[0]


def _judged(
    rules: Sequence[Rule], asked: Contact, row: Mapping[str, Any], history: Past | None
) -> tuple[Judgement, ...]:
    """Judge rules for one contact: first which of them speak, then all counts at once, then each answer."""
    known: dict[str, bool] = {}
    silent = [_silent(rule, asked, row, known) for rule in rules]
    asks = [_ask(rule, asked) if state is None else None for rule, state in zip(rules, silent, strict=True)]
    wanted = tuple(dict.fromkeys(ask for ask in asks if ask is not None))
    counts = dict(zip(wanted, history.seen(wanted), strict=True)) if history is not None and wanted else {}
    return tuple(
        _spoken(rule, asked, row, counts.get(ask) if ask else None) if state is None else _plain(rule, state)
        for rule, state, ask in zip(rules, silent, asks, strict=True)
    )


def _silent(rule: Rule, asked: Contact, row: Mapping[str, Any], known: dict[str, bool]) -> State | None:
    """Say why a rule has nothing to say to this contact, or none where it has."""
    if not rule.stands_at(asked.at_us):
        return State.NOT_IN_FORCE
    if rule.needs and any(row.get(need) is None for need in rule.needs):
        return State.UNJUDGED
    return None if _in_scope(rule, row, known) else State.OUT_OF_SCOPE


def _ask(rule: Rule, asked: Contact) -> Ask | None:
    """Say what a rule wants counted; none where it counts nothing or a part of its key is missing."""
    held = rule.history
    if held is None or asked.at_us is None:
        return None
    key, since_us = asked.key(held.unit.key), held.window.since_us(asked.at_us, asked.zone)
    if key is None or since_us is None:
        return None
    return Ask(held.unit.name, key, since_us, max(held.threshold, 1), held.reset.name if held.reset else None)


def _spoken(
    rule: Rule, asked: Contact, row: Mapping[str, Any], seen: tuple[int, ...] | None
) -> Judgement:
    """Judge a rule that is in force and in scope by what was seen before."""
    forbidden = rule.forbid is None or rule.forbid.check(row)
    before = remaining = None
    if rule.history is not None:
        if seen is None:
            return _plain(rule, State.UNJUDGED)
        before, remaining = _counted(rule, asked, seen)
        forbidden = forbidden and rule.history.broken(before)
    if not forbidden:
        return _plain(rule, State.KEPT) if before is None else Judgement(rule, State.KEPT, before, remaining)
    if rule.unless is not None and rule.unless.check(row):
        return Judgement(rule, State.EXCUSED, before, remaining, evidence=row.get("consent_ref"))
    was_made = True if rule.made is None else rule.made.value(row)
    if was_made is False:
        return Judgement(rule, State.BROKEN if rule.attempts else State.KEPT, before, remaining)
    lacks = silence.lacking(rule.lacks, row, was_made is None)
    return Judgement(rule, State.BROKEN, before, remaining, breach=not lacks, lacks=lacks)


def _counted(rule: Rule, asked: Contact, seen: tuple[int, ...]) -> tuple[int, Remaining | None]:
    """Say how many went before, as far as the rule's threshold needs, and what remains."""
    held = rule.history
    if held is None or held.under:
        return len(seen), None
    resets_us = None
    if seen and len(seen) >= held.threshold and asked.zone:
        resets_us = held.window.leaves_us(seen[max(held.threshold, 1) - 1], asked.zone)
    left = max(0, held.threshold - len(seen))
    return len(seen), Remaining(rule.id, rule.code, len(seen), held.limit, left, resets_us)


def offers(row: Mapping[str, Any]) -> tuple[Offer, ...]:
    """Propose an offer task where hardship shows; never a penalty (domain sheet H1)."""
    if not (row.get(HARDSHIP_SIGN) or row.get("hardship_hold")):
        return ()
    months = _PLAN_MONTHS if row.get("product") in (None, "credit_card") else None
    return (Offer("OFFER_PLAN", _OFFER_WHY, months, "CN.CARD11.H1"),)
