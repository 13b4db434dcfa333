"""Conditions a move may ask of a case, by name: the table says which, this file says what each means."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from lianfang.engine.cases import criteria, quorum, self_check
from lianfang.engine.cases.case import Actor, Case, Given, Missing
from lianfang.engine.cases.table import Move
from lianfang.engine.terms.clock import SHANGHAI
from lianfang.engine.terms.errors import NotEnough, Say

NOBODY = Actor("", frozenset(), "")


@dataclass(frozen=True)
class Asked:
    """What a condition looks at: the case, the move, who acts, what comes with it."""

    case: Case
    move: Move
    actor: Actor
    given: Given

    @property
    def stage(self) -> str:
        """Give the panel meant; the first where the move names none."""
        return self.move.panel or "first"


Hold = Callable[[Asked], tuple[Missing, ...]]


def _one(code: str, about: str, zh: str, en: str) -> tuple[Missing, ...]:
    return (Missing(code, about, Say(zh, en)),)


def _self_check(asked: Asked) -> tuple[Missing, ...]:
    check = asked.case.self_check
    if check and check.signed_by == asked.actor.code:
        return (*self_check.missing(asked.case), Missing("M-APART", "self_check", Say("自查签字人不能自己提交", "whoever signed the self-check does not submit")))
    return self_check.missing(asked.case)


def _agreed(asked: Asked) -> tuple[Missing, ...]:
    if {one.finding for one in asked.case.opinions} == {asked.move.outcome}:
        return ()
    return _one("M-AGREED", "opinions", "工作组意见不一致，或与此结论不同", "the working group does not agree, or not on this")


def _in_group(asked: Asked) -> tuple[Missing, ...]:
    if asked.actor.code in {seat.person for seat in asked.case.working_group}:
        return ()
    return _one("M-SEAT", "working_group", "不是本案工作组成员", "does not sit in this case's working group")


def _on_panel(asked: Asked) -> tuple[Missing, ...]:
    panel = asked.case.panel(asked.stage)
    if panel and asked.actor.code in panel.people:
        return ()
    return _one("M-SEAT", asked.stage, "不是本案评审组成员", "does not sit on this case's panel")


def _majority(asked: Asked) -> tuple[Missing, ...]:
    if asked.case.panel(asked.stage) is None:
        return ()  # `panel` tells it
    try:
        found = quorum.verdict(asked.case, asked.stage).outcome
    except NotEnough as wrong:
        return (Missing("M-VOTE", asked.stage, wrong.say),)
    if found == (asked.move.appeal or asked.move.outcome):
        return ()
    return _one("M-MAJORITY", asked.stage, f"多数不是这个结论（计票为 {found}）", f"the majority found otherwise ({found})")


def _no_open_task(asked: Asked) -> tuple[Missing, ...]:
    return tuple(Missing("M-TASK", task.code, Say(f"任务未完成：{task.name}", f"open task: {task.name}")) for task in asked.case.tasks if not task.done)


def _told(asked: Asked) -> tuple[Missing, ...]:
    if asked.case.told or not asked.case.must_tell:
        return ()
    return _one("M-TELL", "complainant", "按规定还要告知投诉人", "the complainant has to be told first")


def _assignee(asked: Asked) -> tuple[Missing, ...]:
    if asked.case.fields.get("assignee") == asked.actor.code:
        return ()
    return _one("M-ASSIGNEE", "assignee", "本案由别人承办", "somebody else works on it")


def _term_over(asked: Asked) -> tuple[Missing, ...]:
    until = asked.case.fields.get("expires_on")
    if isinstance(until, date) and asked.given.at.astimezone(SHANGHAI).date() >= until:
        return ()
    return _one("M-TERM", "expires_on", f"还没有到期（{until or '没有到期日'}）", f"its term is not over ({until or 'no day set'})")


HOLDS: dict[str, tuple[Say, Hold]] = {
    "self_check": (Say("自查完整，由合规签字", "self-check complete, signed by compliance"), _self_check),
    "guards": (Say("无辜情形逐项回答", "innocent reasons answered one by one"), lambda asked: criteria.missing_guards(asked.case)),
    "criteria": (Say("标准够数，每条有在案证据", "enough criteria, each with an exhibit on file"), lambda asked: criteria.missing_criteria(asked.case)),
    "working_group": (Say("两人工作组，无须回避", "working group of two without ties"), lambda asked: quorum.missing_group(asked.case)),
    "opinions": (Say("工作组每人有书面意见", "a written opinion of each in the working group"), lambda asked: quorum.missing_opinions(asked.case)),
    "agreed": (Say("工作组一致为此结论", "the working group agrees on this"), _agreed),
    "in_group": (Say("本案工作组成员", "sits in the working group"), _in_group),
    "panel": (Say("评审组单数、三人以上、无须回避", "panel odd, three or more, without ties"), lambda asked: quorum.missing_panel(asked.case, asked.stage)),
    "on_panel": (Say("本案评审组成员", "sits on the panel"), _on_panel),
    "majority": (Say("已封票，多数为此结论", "ballot closed, the majority is for this"), _majority),
    "no_open_task": (Say("没有未完成的任务", "no open task"), _no_open_task),
    "told": (Say("该告知的已告知", "whoever must be told has been told"), _told),
    "assignee": (Say("本人承办", "is the one assigned"), _assignee),
    "term_over": (Say("已到期", "its term is over"), _term_over),
}
"""Every condition: its words, and what it finds lacking."""
