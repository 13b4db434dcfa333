"""What is due about an agency on a day, what is blocked and why, and what the gate is told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from lianfang.engine.conduct import agencies
from lianfang.engine.conduct import contact as contacts
from lianfang.engine.conduct.agencies import Agency, Evaluation
from lianfang.engine.conduct.standing import Span
from lianfang.engine.terms.clock import SHANGHAI
from lianfang.engine.terms.errors import Say


@dataclass(frozen=True)
class Duty:
    """One thing that must be done, by when."""

    code: str
    rule: str
    name: Say
    due_on: date
    overdue: bool


@dataclass(frozen=True)
class Block:
    """One thing that may not be done, and why.

    Args:
        what: `admit`, `assign` or `renew`.
    """

    what: str
    code: str
    rule: str
    why: Say


def is_whole(one: Evaluation) -> bool:
    """Say whether an evaluation covers every part the instruments ask for."""
    return all(name in one.parts for name, part in agencies.knowledge()["parts"].items() if part["needed"])


def last_evaluation(agency: Agency, on: date) -> Evaluation | None:
    """Give the newest whole evaluation made by a day."""
    made = [one for one in agency.evaluations if one.on <= on and is_whole(one)]
    return max(made, key=lambda one: one.on, default=None)


def evaluation_due(agency: Agency, on: date) -> date | None:
    """Give the day the yearly evaluation is due; none without a contract or an evaluation."""
    last = last_evaluation(agency, on)
    start = last.on if last else agency.contract.from_on if agency.contract else None
    return None if start is None else agencies.years_on(start, agencies.param("evaluation_years"))


def renewal_evaluation(agency: Agency, on: date) -> Evaluation | None:
    """Give the evaluation made for the coming renewal: whole, near enough to expiry."""
    last = last_evaluation(agency, on)
    if agency.contract is None or last is None:
        return None
    opens = renewal_opens(agency.contract.until_on)
    return last if opens <= last.on <= agency.contract.until_on else None


def renewal_opens(until_on: date) -> date:
    """Give the first day on which an evaluation counts for a renewal."""
    return until_on - timedelta(days=agencies.param("renewal_evaluation_days"))


def duties(agency: Agency, on: date, holidays: tuple[date, ...] = ()) -> tuple[Duty, ...]:
    """List what is due about an agency, nearest first.

    Raises:
        Conflict: the acts on record do not fit each other.
    """
    state, began = agencies.since(agency, on)
    made = list(_yearly(agency, on)) if agencies.may_work(agency, on) else []
    if state in ("exiting", "exit_appealed") and began is not None:
        decided = _decided(agency, on) or began
        due = agencies.workdays_on(decided, agencies.param("exit_workdays"), holidays)
        made.append(_duty("EXIT_END", "LF.A9", Say("终止合作", "end cooperation"), due, on))
    if state == "exiting" and began is not None and began == _decided(agency, on):
        made.append(_duty("APPEAL_BY", "LF.A9", Say("机构可以申诉的最后一天", "last day for the agency to appeal"),
                          began + timedelta(days=agencies.param("appeal_days")), on))
    if state == "rectifying" and began is not None:
        made.append(_duty("RECTIFY_BY", "LF.A9", Say("整改验收", "check the rectification"),
                          began + timedelta(days=agencies.param("rectify_days")), on))
    if state in ("ended", "barred", "bar_appealed") and agency.returned_on is None and agency.contract and began:
        made.append(_duty("RETURN_OR_DELETE", "CN.PIPL.I3", Say("返还或删除个人信息并取得证明", "return or deletion of personal information, with proof"), began, on))
    return tuple(sorted(made, key=lambda one: (one.due_on, one.code)))


def _duty(code: str, rule: str, name: Say, due_on: date, on: date) -> Duty:
    return Duty(code, rule, name, due_on, on > due_on)


def _decided(agency: Agency, on: date) -> date | None:
    """Give the day the exit was decided; an appeal does not move the twenty days."""
    return max((one.on for one in agency.steps if one.act == "begin_exit" and one.on <= on), default=None)


def _yearly(agency: Agency, on: date) -> Iterator[Duty]:
    due = evaluation_due(agency, on)
    if due is not None:
        yield _duty("EVALUATION", "CN.GBT45251.A2", Say("年度评估", "yearly evaluation"), due, on)
    if agency.contract is None:
        return
    last = max((day for day in agency.inspections if day <= on), default=agency.contract.from_on)
    yield _duty("INSPECTION", "CN.CBA26.A4", Say("年度检查", "yearly inspection"), agencies.years_on(last, agencies.param("inspection_years")), on)
    if renewal_evaluation(agency, on) is None:
        yield _duty("RENEWAL_EVALUATION", "CN.GBT45251.A2", Say("合同到期前的评估", "evaluation before the contract ends"), agency.contract.until_on, on)


def blocks(agency: Agency, on: date) -> tuple[Block, ...]:
    """List what may not be done with an agency on a day, and why.

    Raises:
        Conflict: the acts on record do not fit each other.
    """
    return (*_admit(agency), *_assign(agency, on), *_renew(agency, on))


def _lacking(agency: Agency, what: str) -> Iterator[Block]:
    clauses = agency.contract.clauses if agency.contract else frozenset()
    for name, entry in agencies.knowledge()["clauses"].items():
        if name not in clauses:
            yield Block(what, "AGENCY_CONTRACT", entry["rule"], Say(f"合同缺少：{entry['zh']}", f"the contract lacks: {entry['en']}"))


def _admit(agency: Agency) -> Iterator[Block]:
    for name, entry in agencies.knowledge()["admission"].items():
        if agency.admission.get(name) is not True:
            yield Block("admit", "AGENCY_ADMISSION", entry["rule"], Say(f"准入核查未通过或未做：{entry['zh']}", f"admission check failed or not made: {entry['en']}"))
    yield from _lacking(agency, "admit")


def _assign(agency: Agency, on: date) -> Iterator[Block]:
    state = agencies.state(agency, on)
    if not agencies.knowledge()["states"][state]["may_work"]:
        name = agencies.say(agencies.knowledge()["states"][state])
        yield Block("assign", "AGENCY_NOT_LISTED", "CN.CBA26.A1", Say(f"现在的状态是“{name.zh}”，不在名单内", f'its state is "{name.en}", it is not on the list'))
    yield from (Block("assign", one.code, one.rule, one.why) for one in _admit(agency))
    if agency.contract and not agency.contract.from_on <= on <= agency.contract.until_on:
        yield Block("assign", "AGENCY_CONTRACT", "CN.CBA26.A7", Say("合同不在有效期内", "the contract is not in force"))
    due = evaluation_due(agency, on)
    if due is not None and on > due:
        yield Block("assign", "AGENCY_EVAL_OVERDUE", "CN.GBT45251.A2", Say(f"年度评估 {due} 到期未做", f"the yearly evaluation was due on {due}"))
    for one in _yearly(agency, on):
        if one.code == "INSPECTION" and one.overdue:
            yield Block("assign", "AGENCY_INSPECTION", one.rule, Say(f"年度检查 {one.due_on} 到期未做", f"the yearly inspection was due on {one.due_on}"))


def _renew(agency: Agency, on: date) -> Iterator[Block]:
    made = renewal_evaluation(agency, on)
    if made is None:
        yield Block("renew", "AGENCY_EVAL_OVERDUE", "CN.GBT45251.A2", Say("没有合同到期前的完整评估，不得续约", "no whole evaluation before expiry: no renewal"))
    elif not made.passed:
        yield Block("renew", "AGENCY_EVAL_FAILED", "CN.GBT45251.A2", Say("到期前评估不合格", "the evaluation before expiry was not passed"))
    if not agencies.may_work(agency, on):
        yield Block("renew", "AGENCY_NOT_LISTED", "CN.CBA26.A1", Say("机构不在名单内", "the agency is not on the list"))
    yield from _lacking(agency, "renew")


def may(agency: Agency, what: str, on: date) -> bool:
    """Say whether `admit`, `assign` or `renew` is open on a day."""
    return not any(one.what == what for one in blocks(agency, on))


def spans(agency: Agency) -> tuple[Span, ...]:
    """Give what the gate must know: when the agency was listed, and when its evaluation held.

    Shape:
        spans `agency_listed` and `agency_evaluated` whose subject is the agency's name.
    """
    made = []
    days = sorted({one.on for one in agency.steps})
    for place, day in enumerate(days):
        if agencies.may_work(agency, day):
            until = days[place + 1] if place + 1 < len(days) else None
            made.append(Span("agency_listed", agency.name, _midnight(day), None if until is None else _midnight(until)))
    starts = [one.on for one in agency.evaluations if is_whole(one)]
    starts += [agency.contract.from_on] if agency.contract else []
    for day in starts:
        until = agencies.years_on(day, agencies.param("evaluation_years")) + timedelta(days=1)
        made.append(Span("agency_evaluated", agency.name, _midnight(day), _midnight(until)))
    return tuple(made)


def _midnight(day: date) -> int:
    return contacts.micros(datetime.combine(day, time(), SHANGHAI)) or 0
