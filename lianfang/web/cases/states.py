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
PARTIES = {
    "applicant": Say("申请机构", "the applicant"),
    "person_concerned": Say("当事人", "the person concerned"),
    "agent": Say("代理人", "the agent"),
}
WAITING_FOR = {
    "customer": Say("客户", "customer"), "agency": Say("催收机构", "collection agency"), "other_lender": Say("其他机构", "another lender"),
    "court": Say("法院", "court"), "police": Say("公安", "police"), "records": Say("调取记录", "records"),
}  # fmt: skip
OUTCOMES = {
    "confirmed": Say("属实", "confirmed"),
    "refuted": Say("不属实", "refuted"),
    "inconclusive": Say("查不清", "inconclusive"),
    "split": Say("未达多数", "no majority"),
}
CHOICES = PARTIES | WAITING_FOR | OUTCOMES
"""The words a field of a table may choose from."""
