"""Cases of the demo, moved by its people through the same acts as everybody's, each left where asked; see `demo_story`."""

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
from lianfang.web.site import demo_story as story


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
    return lead_on(company, _opened(company.analyst, ring, APPLICATION, typology), way)


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
    case = _opened(analyst, ring, SUSPICION, typology)
    actions.move(boss, case, "assign", Asked(fields={"assignee": analyst.user.username}))
    case.refresh_from_db()
    actions.move(analyst, case, "begin", Asked())
    return case


def _opened(analyst: Any, ring: Any, table: str, typology: str) -> Any:
    return actions.open_case(analyst, ring, table, typology, "" if typology in ring.activity_codes else story.GROUNDS)


def _begin(company: Company, case: Any, way: Way) -> None:
    actions.move(company.analyst, case, "begin_self_check", Asked(fields={
        "complaint": story.complaint_of(case.ring), "typology": case.typology, "facts": story.facts(case.ring),
    }))  # fmt: skip


def _write(company: Company, case: Any, way: Way) -> None:
    answers = {name: kinds.Answer(*story.ANSWERS[name]) for name in (one["id"] for one in self_check.knowledge()["questions"])}
    actions.write_check(company.analyst, case, kinds.SelfCheck(company.analyst.user.username, answers, {}, story.REMEDY))
    actions.write_claims(company.analyst, case, [
        kinds.Claim("A5", (_exhibit(company.analyst, case, *story.shared_marks(case.ring)),), case.ring.why_zh),
        kinds.Claim("A3", (_exhibit(company.analyst, case, *story.CALLS),), story.PAID),
    ])  # fmt: skip
    actions.answer_guards(company.analyst, case, {name: kinds.Answer(*story.GUARDS[name]) for name in criteria.guards()})


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
        review.write_opinion(one, case, "abnormal", story.REASONS["abnormal"])
    review.seat_panel(company.office, case, company.committee)
    actions.move(company.group[0], case, "refer", Asked(fields={"handling": story.HANDLING}))


def _vote(company: Company, case: Any, way: Way) -> None:
    for one, choice in zip(company.committee, way.votes, strict=False):
        review.cast(one, case, choice, story.REASONS[choice])


def _decide(company: Company, case: Any, way: Way) -> None:
    review.close_ballot(company.office, case)
    actions.move(company.committee[0], case, "decide_abnormal", Asked(fields={
        "reasons": story.REASONS["abnormal"], "handling": story.HANDLING,
    }))  # fmt: skip


def _publish(company: Company, case: Any, way: Way) -> None:
    actions.move(company.office, case, "publish", Asked(fields={
        "told_how": "书面告知并附申诉办法", "expires_on": clock.today() + timedelta(days=365),
    }))  # fmt: skip


def _dispute(company: Company, case: Any, way: Way) -> None:
    review.seat_panel(company.dispute, case, company.appeal)
    fields = {"disputed_by": "person_concerned", "dispute_grounds": story.DISPUTED}
    actions.move(company.dispute, case, "dispute", Asked(fields=fields))


def _appeal(company: Company, case: Any, way: Way) -> None:
    for one in company.appeal:
        review.cast(one, case, way.appeal, story.REASONS[way.appeal])
    review.close_ballot(company.dispute, case)
    fields = {"reasons": story.REASONS[way.appeal]}
    if way.appeal == "corrected":
        fields["correction"] = story.CORRECTION
    names = {"upheld": "uphold", "corrected": "correct", "removed": "remove"}
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
    made, about = [], story.matters(rings)
    for (ring, typology), way in zip(about, ways, strict=False):
        made.append(lead(company, ring, typology, way))
        if way.to == "committee":  # two of three have voted: the ballot is open
            _vote(company, made[-1], way)
    taken = {one.key for one in made}
    for n, ring in enumerate([one for one in rings if one.ring_id not in taken][:2]):
        typology = (ring.activity_codes or ["BG07"])[0]
        # The second waits for the supervisor to give it to somebody, and its clock runs.
        made.append(_opened(company.analyst, ring, SUSPICION, typology) if n else look_into(company.analyst, boss, ring, typology))
    return [access.get_case(company.analyst, one.code) for one in made]
