"""Who works in the demo: three lenders, an agency, an association, a regulator. All of it is invented."""

from __future__ import annotations

from dataclasses import dataclass

from lianfang.engine.terms.errors import Say
from lianfang.web.accounts.permissions import Sort

PASSWORD = "lianfang-demo-2026"


@dataclass(frozen=True)
class House:
    """One invented institution and the roles its people hold, by user name."""

    name: Say
    sort: Sort
    people: dict[str, str]
    below: str = ""


ASSOCIATION = "association"
HOUSES: dict[str, House] = {
    ASSOCIATION: House(
        Say("演示市金融业协会", "Demo City Finance Association"), Sort.ASSOCIATION,
        {"xie.admin": "association_admin", "xie.office": "secretariat", "xie.group": "working_group",
         "xie.group2": "working_group", "xie.expert": "expert", "xie.expert2": "expert", "xie.expert3": "expert",
         "xie.expert4": "expert", "xie.expert5": "expert", "xie.expert6": "expert", "xie.dispute": "dispute_officer",
         "xie.audit": "auditor"},
    ),
    "first": House(
        Say("甲银行(演示)", "Bank A (demo)"), Sort.MEMBER,
        {"jia.analyst": "analyst", "jia.boss": "supervisor", "jia.rule": "compliance", "jia.handler": "handler",
         "jia.admin": "member_admin"}, ASSOCIATION,
    ),
    "second": House(
        Say("乙消费金融(演示)", "Lender B (demo)"), Sort.MEMBER,
        {"yi.analyst": "analyst", "yi.boss": "supervisor"}, ASSOCIATION,
    ),
    "third": House(Say("丙农商银行(演示)", "Bank C (demo)"), Sort.MEMBER, {"bing.analyst": "analyst"}, ASSOCIATION),
    "agency": House(Say("丁催收(演示)", "Agency D (demo)"), Sort.AGENCY, {"ding.handler": "handler"}, "first"),
    "regulator": House(Say("演示监管局", "Demo Regulator"), Sort.REGULATOR, {"jian.reader": "regulator_reader", "jian.second": "regulator_reader"}),
}  # fmt: skip
LENDERS = {"jia.analyst": "甲银行", "yi.analyst": "乙消费金融", "bing.analyst": "丙农商银行"}
"""What the demo's tables call the lenders, by the analyst who uploads theirs; the first one's cases are shown."""
GROUP = ("xie.group", "xie.group2")
COMMITTEE = ("xie.expert", "xie.expert2", "xie.expert3")
APPEAL = ("xie.expert4", "xie.expert5", "xie.expert6")
"""Who sits on the demo's cases: the appeal is heard by other people than the first review."""
DEMO = tuple(name for house in HOUSES.values() for name in house.people)
