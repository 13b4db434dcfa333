"""Collectors: may this one work on this day, why not, and what falls due next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from lianfang.engine.conduct import agencies
from lianfang.engine.conduct import contact as contacts
from lianfang.engine.conduct.standing import Span
from lianfang.engine.terms.clock import SHANGHAI
from lianfang.engine.terms.errors import Say


@dataclass(frozen=True)
class Exam:
    """One training with its exam: when, which subjects, whether passed."""

    on: date
    subjects: frozenset[str]
    passed: bool


@dataclass(frozen=True)
class Collector:
    """A collector as the agency or lender knows them, under a code; no name is needed.

    Args:
        record_checked_on: the day violent-crime record and bad credit were checked.
        record_clear: the check found neither; none is not known.
        signed_on: the confidentiality agreement.
        pay_parts: what the pay formula looks at.
        left_on: last day of work.
    """

    collector_id: str
    agency: str = ""
    record_checked_on: date | None = None
    record_clear: bool | None = None
    signed_on: date | None = None
    exams: tuple[Exam, ...] = ()
    pay_parts: frozenset[str] = field(default_factory=frozenset)
    left_on: date | None = None


@dataclass(frozen=True)
class Lack:
    """One reason a collector may not work."""

    code: str
    rule: str
    why: Say


def _subjects() -> frozenset[str]:
    return frozenset(agencies.knowledge()["collector"]["subjects"])


def passed_on(one: Collector, on: date, subject: str) -> date | None:
    """Give the newest day by `on` that an exam in a subject was passed."""
    return max((exam.on for exam in one.exams if exam.passed and exam.on <= on and subject in exam.subjects), default=None)


def exam_due(one: Collector, on: date) -> date | None:
    """Give the last day the yearly exams still hold; none where some subject was never passed."""
    days = [passed_on(one, on, subject) for subject in _subjects()]
    known = [day for day in days if day is not None]
    if len(known) < len(days):
        return None
    return agencies.years_on(min(known), agencies.param("training_years"))


def lacks(one: Collector, on: date) -> tuple[Lack, ...]:
    """Say why a collector may not work on a day; nothing lacking means allowed.

    Source:
        NIFA 2024 S1, S2, S4; GB/T 45251 S2, S3 (domain sheet 1.2).
    """
    return tuple(_lacks(one, on))


def _lacks(one: Collector, on: date) -> Iterator[Lack]:
    rules = {name: entry["rule"] for name, entry in agencies.knowledge()["collector"].items() if isinstance(entry, Mapping) and "rule" in entry}
    if one.left_on is not None and on > one.left_on:
        yield Lack("COLLECTOR_LEFT", rules["record"], Say(f"已于 {one.left_on} 离岗", f"left on {one.left_on}"))
    if one.record_checked_on is None or one.record_checked_on > on or one.record_clear is None:
        yield Lack("COLLECTOR_RECORD", rules["record"], Say("没有任职核查（暴力犯罪、严重失信）", "no check for violent crime and bad credit"))
    elif not one.record_clear:
        yield Lack("COLLECTOR_RECORD", rules["record"], Say("任职核查未通过", "the record check was not clear"))
    if one.signed_on is None or one.signed_on > on:
        yield Lack("COLLECTOR_UNSIGNED", rules["confidentiality"], Say("没有签署个人信息保密协议", "no confidentiality agreement signed"))
    due = exam_due(one, on)
    if due is None:
        names = agencies.knowledge()["collector"]["subjects"]
        missing = [agencies.say(names[subject]) for subject in names if passed_on(one, on, subject) is None]
        yield Lack("COLLECTOR_UNTRAINED", rules["training"], Say(
            f"未通过上岗考试：{'、'.join(each.zh for each in missing)}", f"exam not passed: {', '.join(each.en for each in missing)}"))
    elif on > due:
        yield Lack("COLLECTOR_UNTRAINED", rules["yearly"], Say(f"年度考试 {due} 到期", f"the yearly exam ran out on {due}"))


def may_work(one: Collector, on: date) -> bool:
    """Say whether a collector may work on a day."""
    return not lacks(one, on)


def pay_lacks(one: Collector) -> tuple[Say, ...]:
    """Say which parts the pay formula lacks; noted in audits, never a reason to stop work."""
    parts = agencies.knowledge()["collector"]["pay_parts"]
    return tuple(agencies.say(entry) for name, entry in parts.items() if name not in one.pay_parts)


def spans(one: Collector) -> tuple[Span, ...]:
    """Give the spans in which the gate may let a collector work.

    Shape:
        spans `collector_allowed` whose subject is the collector's id; none overlap.
    """
    days = {day for day in (one.record_checked_on, one.signed_on) if day is not None} | {exam.on for exam in one.exams}
    ends = {agencies.years_on(exam.on, agencies.param("training_years")) + timedelta(days=1) for exam in one.exams}
    ends |= {one.left_on + timedelta(days=1)} if one.left_on else set()
    edges = sorted(days | ends)
    made = []
    for place, day in enumerate(edges):
        if may_work(one, day):
            until = edges[place + 1] if place + 1 < len(edges) else None
            made.append(Span("collector_allowed", one.collector_id, _midnight(day), None if until is None else _midnight(until)))
    return tuple(made)


def _midnight(day: date) -> int:
    return contacts.micros(datetime.combine(day, time(), SHANGHAI)) or 0


def read(raw: Mapping[str, Any], where: str, agency: str = "") -> Collector:
    """Read one collector from named values; an exam without subjects counts for none.

    Raises:
        InputError: a day cannot be read.
    """
    exams = tuple(
        Exam(agencies.needed(agencies.day_in(one), where), frozenset(map(str, one.get("subjects") or ())), one.get("passed") is True)
        for one in agencies.rows(raw, "exams", where))
    clear = raw.get("record_clear")
    return Collector(
        str(raw.get("collector_id") or where), str(raw.get("agency") or agency), agencies.day_of(raw.get("record_checked_on"), where),
        clear if isinstance(clear, bool) else None, agencies.day_of(raw.get("signed_on"), where), exams,
        frozenset(map(str, raw.get("pay_parts") or ())), agencies.day_of(raw.get("left_on"), where))
