"""Cases of the demo, moved by the people of the demo through the same acts as everybody's, each left where asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from lianfang.engine.cases import case as kinds
from lianfang.engine.cases import criteria, self_check
from lianfang.engine.terms import clock
from lianfang.web.cases import access, actions, exhibit_actions
from lianfang.web.cases import review_actions as review
from lianfang.web.cases.actions import Asked
from lianfang.web.cases.states import APPLICATION, SUSPICION
from lianfang.web.evidence.exhibit_actions import Intake

_CHECKED = "已逐笔核对录音、账单和答复记录,未见此情形"
_FAULT = "一次短信在约定时段之外发送,已确认"
_REMEDY = "已向当事人致歉,停用该时段的批量短信,并培训承办人员"
_FACTS = "同一代理电话在多名互不相识的客户的投诉中出现,文字几乎相同,客户本人否认曾要求退费"
_REASON = "核对了在案证据与客户本人陈述,结论与证据一致,理由如实写明"
_HANDLING = "按同一口径答复:本人诉求照常受理并按期答复,不与代理人谈判费用"


@dataclass(frozen=True)
class Company:
    """Who works on the cases: two of the lender, the secretariat, the group, two panels, the dispute officer."""

    analyst: Any
    compliance: Any
    office: Any
    group: Sequence[Any]
    committee: Sequence[Any]
    appeal: Sequence[Any]
    dispute: Any


@dataclass(frozen=True)
class Way:
    """How far a case goes, and how the panels vote."""

    to: str
    votes: tuple[str, ...] = ("abnormal", "abnormal", "not_abnormal")
    appeal: str = "corrected"


def lead(company: Company, ring: Any, typology: str, way: Way) -> Any:
    """Open an application on a ring and lead it as far as asked."""
    return lead_on(company, actions.open_case(company.analyst, ring, APPLICATION, typology), way)


def lead_on(company: Company, case: Any, way: Way) -> Any:
    """Lead an application on from the state it stands in."""
    begun = False
    for name, step in _STEPS:
        begun = begun or name == case.state
        if way.to in (case.state, name):
            break
        if begun:
            step(company, case, way)
            case.refresh_from_db()
    return case


def look_into(analyst: Any, boss: Any, ring: Any, typology: str) -> Any:
    """Open a suspicion case on a ring and begin to look into it."""
    case = actions.open_case(analyst, ring, SUSPICION, typology)
    actions.move(boss, case, "assign", Asked(fields={"assignee": analyst.user.username}))
    case.refresh_from_db()
    actions.move(analyst, case, "begin", Asked())
    return case


def _begin(company: Company, case: Any, way: Way) -> None:
    actions.move(company.analyst, case, "begin_self_check", Asked(fields={
        "complaint": f"TS-{case.code.hex[:6].upper()}", "typology": case.typology, "facts": _FACTS,
    }))  # fmt: skip


def _write(company: Company, case: Any, way: Way) -> None:
    answers = {one["id"]: kinds.Answer(one["id"] in ("S1", "S6"), _FAULT if one["id"] == "S1" else _CHECKED)
               for one in self_check.knowledge()["questions"]}  # fmt: skip
    actions.write_check(company.analyst, case, kinds.SelfCheck(company.analyst.user.username, answers, {}, _REMEDY))
    first = _exhibit(company.analyst, case, "代理电话对照表", "电话,客户\n139****0000,甲\n139****0000,乙\n")
    second = _exhibit(company.analyst, case, "同文投诉对照", "第一封与第二封仅称呼不同\n")
    actions.write_claims(company.analyst, case, [
        kinds.Claim("A5", (first,), "互不相识的客户共用同一代理电话"), kinds.Claim("A4", (second,), "多名客户向多家机构发送同一文字"),
    ])  # fmt: skip
    actions.answer_guards(company.analyst, case, {name: kinds.Answer(False, _CHECKED) for name in criteria.guards()})


def _exhibit(who: Any, case: Any, title: str, content: str) -> str:
    told = Intake(
        institution="", by="", title=title, purpose="证明材料的来源和相互关系", source="本机构投诉系统导出", captured_at=clock.now(),
        captured_by=str(who.user), name="exhibit.csv", about=str(case.code), sort="record", mime="text/csv", n_people=0,
    )  # fmt: skip
    return str(exhibit_actions.add(who, exhibit_actions.Said(told, [content.encode()])).code)


def _sign(company: Company, case: Any, way: Way) -> None:
    actions.sign_check(company.compliance, case)


def _submit(company: Company, case: Any, way: Way) -> None:
    actions.move(company.analyst, case, "submit", Asked())


def _accept(company: Company, case: Any, way: Way) -> None:
    review.seat_group(company.office, case, company.group)
    actions.move(company.office, case, "accept", Asked())


def _refer(company: Company, case: Any, way: Way) -> None:
    for one in company.group:
        review.write_opinion(one, case, "abnormal", _REASON)
    review.seat_panel(company.office, case, company.committee)
    actions.move(company.group[0], case, "refer", Asked(fields={"handling": _HANDLING}))


def _vote(company: Company, case: Any, way: Way) -> None:
    for one, choice in zip(company.committee, way.votes, strict=False):
        review.cast(one, case, choice, _REASON)


def _decide(company: Company, case: Any, way: Way) -> None:
    review.close_ballot(company.office, case)
    actions.move(company.committee[0], case, "decide_abnormal", Asked(fields={"reasons": _REASON, "handling": _HANDLING}))


def _publish(company: Company, case: Any, way: Way) -> None:
    actions.move(company.office, case, "publish", Asked(fields={
        "told_how": "书面告知并附申诉办法", "expires_on": clock.today() + timedelta(days=365),
    }))  # fmt: skip


def _dispute(company: Company, case: Any, way: Way) -> None:
    review.seat_panel(company.dispute, case, company.appeal)
    grounds = "当事人称其中一名客户由亲属代为投诉,没有收费代理,请求重新核对"
    actions.move(company.dispute, case, "dispute", Asked(fields={"disputed_by": "person_concerned", "dispute_grounds": grounds}))


def _appeal(company: Company, case: Any, way: Way) -> None:
    for one in company.appeal:
        review.cast(one, case, way.appeal, _REASON)
    review.close_ballot(company.dispute, case)
    given = {"reasons": _REASON, "correction": "由亲属代为投诉的一件不再列入本认定,其余各件维持原决定"}
    names = {"upheld": "uphold", "corrected": "correct", "removed": "remove"}
    fields = given if way.appeal == "corrected" else {"reasons": _REASON}
    actions.move(company.appeal[0], case, names[way.appeal], Asked(fields=fields))


_Step = Callable[[Company, Any, Way], None]
_STEPS: tuple[tuple[str, _Step], ...] = (
    ("draft", _begin), ("empty", _write), ("unsigned", _sign), ("signed", _submit), ("submitted", _accept), ("working_group", _refer),
    ("committee", _vote), ("voted", _decide), ("abnormal", _publish), ("published", _dispute), ("disputed", _appeal), ("end", _submit),
)  # fmt: skip
"""Where a case stands, and the step that leads on from there; the names are `Way.to`."""


def fill(company: Company, rings: Sequence[Any], boss: Any) -> list[Any]:
    """Make the demo's cases, each left somewhere else."""
    ways = [Way("unsigned"), Way("submitted"), Way("working_group"), Way("committee", votes=("abnormal", "not_abnormal")),
            Way("published"), Way("disputed"), Way("corrected")]  # fmt: skip
    made = []
    for ring, way in zip(rings, ways, strict=False):
        typology = (ring.activity_codes or ["BG01"])[0]
        made.append(lead(company, ring, typology, way))
        if way.to == "committee":  # two of three have voted: the ballot is open
            _vote(company, made[-1], way)
    if len(rings) > len(ways):
        ring = rings[len(ways)]
        made.append(look_into(company.analyst, boss, ring, (ring.activity_codes or ["BG01"])[0]))
    return [access.get_case(company.analyst, one.code) for one in made]
