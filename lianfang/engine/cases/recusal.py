"""Who may not review: found by recorded ties, never by anybody's own word."""

from __future__ import annotations

from functools import cache
from typing import Any

from lianfang.engine.cases.case import Case, Missing, Seat
from lianfang.engine.terms import shelf
from lianfang.engine.terms.errors import Say


@cache
def knowledge() -> Any:
    """Read the numbers of the review once."""
    return shelf.yaml(shelf.path("cases", "review.yaml"))


def bars(case: Case, seat: Seat) -> tuple[Missing, ...]:
    """Say why a person may not review a case.

    Args:
        case: with applicant, agencies, people concerned, recorded ties, steps made.
        seat: the person and the institution he works for.

    Returns:
        One reason for each: works for the applicant or an agency, has a recorded tie, acted in the case for the applicant,
        is concerned himself. Empty where he may.
    """
    parties = case.agencies | {case.applicant}
    found = []
    if seat.institution in parties:
        found.append(Say("任职于申请机构或有关催收机构", "works for the applicant or an agency involved"))
    if seat.person in case.concerned:
        found.append(Say("本人是当事人", "is concerned himself"))
    if any(step.by == seat.person and step.institution == case.applicant for step in case.steps):
        found.append(Say("曾为申请机构经办本案", "handled this case for the applicant"))
    if case.self_check and seat.person in (case.self_check.written_by, case.self_check.signed_by):
        found.append(Say("写过或签过本案自查", "wrote or signed its self-check"))
    for tie in case.ties:
        if tie.person == seat.person and tie.to in parties | case.concerned:
            kind = knowledge()["ties"].get(tie.kind, {"zh": tie.kind, "en": tie.kind})
            found.append(Say(f"登记的关系：{kind['zh']}", f"recorded tie: {kind['en']}"))
    return tuple(Missing("M-RECUSED", seat.person, say) for say in found)
