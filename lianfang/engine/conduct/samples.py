"""The samples inside the rules: both sides of every edge, asked of the gate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from lianfang.engine.conduct import contact as contacts
from lianfang.engine.conduct import gate, standing, zones
from lianfang.engine.conduct.contact import Contact
from lianfang.engine.conduct.history import History
from lianfang.engine.conduct.rules import Rule, Rules, Sample
from lianfang.engine.conduct.verdict import State
from lianfang.engine.conduct.words import words

_ZONES: Mapping[str, str] = {"us_regf": "America/New_York", "uk_conc7": "Europe/London", "au_rg96": "Australia/Sydney"}


@dataclass(frozen=True)
class Outcome:
    """One sample asked: what it promised and what came out."""

    rule: Rule
    sample: Sample
    found: bool
    unclear: bool = False

    @property
    def right(self) -> bool:
        """Say whether the rule did what the sample promises."""
        return self.found is self.sample.finding and self.unclear is self.sample.unclear


def base_of(rule: Rule) -> dict[str, Any]:
    """Give the contact every sample of a rule starts from."""
    base = dict(words().sample)
    base["tz"] = _ZONES.get(rule.source.pack, base["tz"])
    return base


def raw_of(base: Mapping[str, Any], give: Mapping[str, Any]) -> dict[str, Any]:
    """Give a whole contact; a moment without offset is the clock of the contact's own zone."""
    raw = {**base, **give}
    zone = ZoneInfo(zones.known(raw.get("tz")) or base["tz"])
    for name in ("at", "consent_until"):
        if raw.get(name) is not None:
            raw[name] = datetime.fromisoformat(str(raw[name])).replace(tzinfo=zone)
    return raw


def contacts_of(rule: Rule, sample: Sample) -> tuple[Contact, tuple[Contact, ...]]:
    """Give a sample's contact and those before it.

    Those before start from the base, not from the sample: each names what differs.
    """
    base = base_of(rule)
    before = tuple(contacts.read(raw_of(base, each)) for each in sample.before)
    raw = raw_of(base, sample.give)
    return contacts.read({name: value for name, value in raw.items() if name not in sample.without}), before


def outcome(rule: Rule, sample: Sample, rules: Rules) -> Outcome:
    """Ask one sample of the gate's judge."""
    one, before = contacts_of(rule, sample)
    stands = standing.Standing(standing.read(sample.spans))
    past = History(rules, before, stands)
    judged = gate.judge(rule, one, {**one.facts, **stands.facts(one)}, past)
    return Outcome(rule, sample, judged.state is State.BROKEN, bool(judged.lacks))


def outcomes(rules: Rules) -> tuple[Outcome, ...]:
    """Ask every sample of every rule.

    Returns:
        One outcome per sample, in rule order; `.right` says whether it held.
    """
    return tuple(outcome(rule, sample, rules) for rule in rules.contact for sample in rule.samples)
