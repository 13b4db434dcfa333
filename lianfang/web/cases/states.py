"""Words of this room that no table of the engine has: findings, receivers, kinds of case."""

from __future__ import annotations

from lianfang.engine.terms.errors import Say

APPLICATION, SUSPICION = "application", "suspicion"
FIRST, APPEAL = "first", "appeal"
ASSOCIATION, REGULATOR, MEMBER = "association", "regulator", "member"
FINDINGS = {
    "abnormal": Say("异常", "abnormal"),
    "not_abnormal": Say("不异常", "not abnormal"),
    "unclear": Say("不清楚", "unclear"),
}
RECEIVERS = {"applicant": Say("申请机构", "the applicant"), "person": Say("当事人", "the person concerned")}
STANDINGS = {
    "running": Say("进行中", "running"),
    "soon": Say("快到期", "due soon"),
    "last_day": Say("今天到期", "due today"),
    "late": Say("已过期", "overdue"),
}
YES_NO = {"yes": Say("是", "yes"), "no": Say("否", "no")}
"""What a question is answered with."""
