"""The lender looks at itself first: what its self-check lacks, and who may sign it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any

from lianfang.engine.cases.case import Actor, Case, Missing, SelfCheck
from lianfang.engine.terms import shelf
from lianfang.engine.terms.errors import NotAllowed, NotEnough, Say


@cache
def knowledge() -> Any:
    """Read questions and numbers once."""
    return shelf.yaml(shelf.path("cases", "self_check.yaml"))


def missing(case: Case) -> tuple[Missing, ...]:
    """Say what a case's self-check lacks, the signature last.

    Returns:
        Nothing where it is complete and signed by compliance, not by its author.
    """
    check = case.self_check
    if check is None:
        return (Missing("M-SELF-CHECK", "self_check", Say("还没有自查：先查本机构有没有错", "no self-check yet: first, what did we do wrong")),)
    found = list(_unanswered(case, check))
    if check.signed_by is None or check.signed_role != knowledge()["signer"] or check.signed_by == check.written_by or check.signed_at is None:
        found.append(Missing("M-SIGN", "self_check", Say("自查没有由合规人员（非撰写人）签字", "the self-check is not signed by compliance (not its author)")))
    return tuple(found)


def _unanswered(case: Case, check: SelfCheck) -> list[Missing]:
    least = knowledge()["note_least"]
    found = []
    for one in knowledge()["questions"]:
        answer = check.answers.get(one["id"])
        if answer is None or len(answer.note.strip()) < least:
            found.append(Missing("M-QUESTION", one["id"], Say(f"{one['zh']}？没有回答（说明至少 {least} 字）", f"{one['en']}? Not answered (at least {least} characters)")))
    for code in sorted(case.conduct_findings):
        if len(check.findings.get(code, "").strip()) < least:
            found.append(Missing("M-FINDING", code, Say(f"催收发现 {code} 没有说明处理", f"conduct finding {code} is not spoken to")))
    faults = [one["id"] for one in knowledge()["questions"] if one["fault"] and one["id"] in check.answers and check.answers[one["id"]].yes]
    if faults and len(check.remedy.strip()) < least:
        found.append(Missing("M-REMEDY", "remedy", Say(f"{'、'.join(faults)} 有问题，要写补救", f"{', '.join(faults)} found a fault: write the remedy")))
    return found


def sign(case: Case, actor: Actor, at: datetime) -> SelfCheck:
    """Sign a complete self-check.

    Raises:
        NotAllowed: not compliance of the applicant, or the author himself.
        NotEnough: a question, a finding or a remedy is open; all are told.
    """
    check = case.self_check
    if check is None:
        raise NotEnough(Say("还没有自查", "no self-check yet"), code="E-SELF-01", where=f"case:{case.code}",
                        fix=Say("先写自查", "write it first"))
    if knowledge()["signer"] not in actor.roles or actor.institution != case.applicant or actor.code == check.written_by:
        raise NotAllowed(Say("自查由申请机构的合规人员签字，撰写人不能自签", "compliance of the applicant signs, and never the author"), code="E-SELF-02",
                         where=f"case:{case.code}", fix=Say("请合规同事签字", "ask a colleague in compliance"))
    lacking = _unanswered(case, check)
    if lacking:
        raise NotEnough(Say("；".join(one.say.zh for one in lacking), "; ".join(one.say.en for one in lacking)), code="E-SELF-03",
                        where=f"case:{case.code}", fix=Say("补齐后再签", "complete it, then sign"))
    return replace(check, signed_by=actor.code, signed_role=knowledge()["signer"], signed_at=at)


def unsigned(check: SelfCheck) -> SelfCheck:
    """Take the signature off; every change of a self-check goes through here."""
    return replace(check, signed_by=None, signed_role=None, signed_at=None)
