"""The institution's picture: what was found over time, what became of it, how long it took.

What was found abnormal is never told without what was found not abnormal: one table has both, or there is none.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Min

from lianfang.engine.terms.codes import Level
from lianfang.engine.terms.errors import Say
from lianfang.engine.terms.glossary import label
from lianfang.engine.terms.words import LEVELS
from lianfang.web.accounts.act import held
from lianfang.web.accounts.permissions import Permission
from lianfang.web.cases import access as cases
from lianfang.web.cases.states import APPLICATION, FINDINGS
from lianfang.web.frame.templatetags.say import said
from lianfang.web.identify import access as identify

STATES = {
    "review": LEVELS[Level.REVIEW], "look": LEVELS[Level.LOOK], "judged": Say("已研判", "judged"),
    "shared": Say("已报协会", "shared with the association"), "in_case": Say("已立案", "in a case"),
}  # fmt: skip
DAYS = (
    (0, Say("当天", "same day")), (3, Say("1–3 天", "1 to 3 days")), (7, Say("4–7 天", "4 to 7 days")),
    (15, Say("8–15 天", "8 to 15 days")), (10**6, Say("15 天以上", "over 15 days")),
)  # fmt: skip
BOTH, REMOVED = {one: FINDINGS[one] for one in ("abnormal", "not_abnormal")}, "removed"
_ONCE = Say("每个团伙只计一次:已立案、已报协会或已研判的,不再按级别计", "Each ring counts once: one in a case, shared or judged is not counted by its level")
_BESIDE = Say("认定异常与认定不异常总是一起列出", "What was found abnormal always stands beside what was found not abnormal")


@dataclass(frozen=True)
class Chart:
    """One chart and the table that says the same: names along it, one row of numbers a series."""

    id: str
    name: Say
    along: list[Any]
    series: list[tuple[Any, list[int]]]
    hint: Say | None = None
    shape: str = "bar"

    @property
    def rows(self) -> list[tuple[Any, list[int]]]:
        """Give the table: each name with its numbers."""
        return [(name, [numbers[n] for _, numbers in self.series]) for n, name in enumerate(self.along)]

    @property
    def shares(self) -> list[tuple[Any, int, float]]:
        """Give each series with its number and its share of all, in percent."""
        return [(name, sum(numbers), 100 * sum(numbers) / max(1, self.n_all)) for name, numbers in self.series]

    @property
    def drawn(self) -> str:
        """Give what the drawing script needs, in the reader's language."""
        series = [{"name": said(name), "numbers": numbers} for name, numbers in self.series]
        return json.dumps({"shape": self.shape, "along": [said(one) for one in self.along], "series": series}, ensure_ascii=False)

    @property
    def n_all(self) -> int:
        """Add up everything."""
        return sum(sum(numbers) for _, numbers in self.series)


def charts(who: Any) -> list[Chart]:
    """Draw what somebody's role may see, leaving out what has no number yet."""
    may = held(who)
    drawn: list[Chart | None] = []
    if Permission.RING_READ in may:
        drawn += [_weeks(identify.weeks_of(who)), _states(who), _days("judging", Say("从发现到研判", "From found to judged"), identify.review_days(who))]
    if Permission.CASE_READ in may:
        drawn += [outcomes(who), _days("deciding", Say("从立案到决定", "From opened to decided"), _decided_days(who))]
    return [one for one in drawn if one is not None and one.n_all]


def _weeks(told: Iterable[list[Any]]) -> Chart | None:
    rows = list(told)
    mondays = sorted({monday for monday, _, _ in rows})
    activities = sorted({activity for _, activity, _ in rows})
    held_by = {(monday, activity): n for monday, activity, n in rows}
    series = [(label("activities", one), [held_by.get((monday, one), 0) for monday in mondays]) for one in activities]
    return Chart("weeks", Say("每周有特征的记录,按活动", "Records with signs by week and activity"), mondays, series, shape="stack") if rows else None


def _states(who: Any) -> Chart:
    counted = identify.ring_states(who, cases.visible_cases(who).order_by().values("key"))
    return Chart("states", Say("团伙,按状态", "Rings by state"), list(STATES.values()), [(Say("团伙", "rings"), [counted.get(one, 0) for one in STATES])], _ONCE)


def _days(id: str, name: Say, told: Iterable[int]) -> Chart:
    counted = Counter(next(n for n, (most, _) in enumerate(DAYS) if days <= most) for days in told)
    return Chart(id, name, [say for _, say in DAYS], [(Say("件", "count"), [counted[n] for n in range(len(DAYS))])])


def outcomes(who: Any) -> Chart:
    """Count the applications decided, by what they were found to be: both sides, always."""
    decided = cases.visible_cases(who).filter(table=APPLICATION).exclude(outcome="").order_by()
    counted = Counter({(outcome, appeal): n for outcome, appeal, n in
                       decided.values_list("outcome", "appeal_outcome").annotate(n=Count("pk", distinct=True))})  # fmt: skip
    removed = counted.pop(("abnormal", REMOVED), 0)
    of = {one: sum(n for (outcome, _), n in counted.items() if outcome == one) for one in (*BOTH, "split")}
    series = [(say, [of[one]]) for one, say in BOTH.items()]
    # What is neither of the two is told apart, and not hidden in one of them.
    more = {Say("未达多数", "no majority"): of["split"], Say("认定后经申诉撤销", "removed on appeal"): removed}
    series += [(say, [n]) for say, n in more.items() if n]
    return Chart("outcomes", Say("申请的认定结果", "What applications were found to be"), [Say("审结申请", "applications decided")], series, _BESIDE, "share")


def _decided_days(who: Any) -> list[int]:
    decided = cases.visible_cases(who).exclude(outcome="").order_by()
    timed = decided.values_list("made_at").annotate(first=Min("decisions__made_at"))
    return [max(0, (first - made).days) for made, first in timed if first is not None]
