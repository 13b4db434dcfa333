"""May this contact be made now? One pure answer with every rule evaluated.

`check` reads nothing and writes nothing: the contact, what went before and the rules come in, a verdict
goes out. What is missing refuses: a gate that guesses is no gate.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Protocol

from lianfang.engine.conduct import contact as contacts
from lianfang.engine.conduct.contact import Contact
from lianfang.engine.conduct.rules import Rule, Rules, Unit, deciding
from lianfang.engine.conduct.standing import HARDSHIP_SIGN, Standing
from lianfang.engine.conduct.verdict import Judgement, Offer, Remaining, State, Verdict
from lianfang.engine.terms.errors import Say


class Past(Protocol):
    """What went before: `history.History` in memory, `ledger.Ledger` in a database."""

    standing: Standing

    def seen(self, unit: Unit, key: str, since_us: int, most: int) -> tuple[int, ...]:
        """Give the moments of counted contacts from `since_us` on, newest first, at most so many."""


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
    known: dict[str, bool] = {}
    judged = tuple(judge(rule, asked, row, history, known) for rule in rules.contact)
    broken = tuple(one for one in judged if one.state is State.BROKEN)
    codes = [one.rule.code for one in broken if one.rule.effect.refuses]
    return Verdict(
        allow=not codes and not missing,
        codes=tuple(dict.fromkeys([code for code, _ in missing] + codes)),
        warnings=tuple(dict.fromkeys(one.rule.code for one in broken if not one.rule.effect.refuses)),
        judged=judged,
        deciding=deciding([one.rule for one in broken]),
        missing=missing,
        offers=offers(row),
        at_us=asked.at_us,
        rules_sha256=rules.sha256,
    )


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


def judge(
    rule: Rule, asked: Contact, row: Mapping[str, Any], history: Past | None, known: dict[str, bool] | None = None
) -> Judgement:
    """Judge one rule for one contact; `known` holds scopes already worked out for this row."""
    if not rule.stands_at(asked.at_us):
        return _plain(rule, State.NOT_IN_FORCE)
    if rule.needs and any(row.get(need) is None for need in rule.needs):
        return _plain(rule, State.UNJUDGED)
    if not _in_scope(rule, row, {} if known is None else known):
        return _plain(rule, State.OUT_OF_SCOPE)
    forbidden = rule.forbid is None or rule.forbid.check(row)
    before = remaining = None
    if rule.history is not None:
        before, remaining = counted(rule, asked, history)
        if before is None:
            return Judgement(rule, State.UNJUDGED)
        forbidden = forbidden and rule.history.broken(before)
    if not forbidden:
        return _plain(rule, State.KEPT) if before is None else Judgement(rule, State.KEPT, before, remaining)
    if rule.unless is not None and rule.unless.check(row):
        return Judgement(rule, State.EXCUSED, before, remaining, evidence=row.get("consent_ref"))
    was_made = rule.made is None or rule.made.check(row)
    return Judgement(rule, State.BROKEN, before, remaining, breach=was_made)


def counted(rule: Rule, asked: Contact, history: Past | None) -> tuple[int | None, Remaining | None]:
    """Count what went before a contact, as far as the rule's threshold needs, and say what remains."""
    held = rule.history
    if held is None or history is None or asked.at_us is None:
        return None, None
    key, since_us = asked.key(held.unit.key), held.window.since_us(asked.at_us, asked.zone)
    if key is None or since_us is None:
        return None, None
    if held.reset is not None:
        last = history.seen(held.reset, key, since_us, 1)
        since_us = last[0] + 1 if last else since_us
    seen = history.seen(held.unit, key, since_us, max(held.threshold, 1))
    if held.under:
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
