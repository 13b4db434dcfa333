"""Panels and votes: odd, three or more, untied, each reason written, secret until closed, dissent kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from lianfang.engine.cases.case import Case, Missing, Opinion, Panel, Seat, Vote
from lianfang.engine.cases.recusal import bars, knowledge
from lianfang.engine.terms.errors import Conflict, NotAllowed, NotEnough, Say

FINDINGS = ("abnormal", "not_abnormal", "unclear")
"""What one member of a working group may find."""


@dataclass(frozen=True)
class Verdict:
    """What a panel found: the outcome, votes by choice, who thought otherwise and why."""

    outcome: str
    n_by_choice: dict[str, int]
    dissents: tuple[Vote, ...]


@dataclass(frozen=True)
class Ballot:
    """What one reader may see of a vote: how many voted of how many, and the votes open to him."""

    n_cast: int
    n_seats: int
    votes: tuple[Vote, ...]


def missing_panel(case: Case, stage: str) -> tuple[Missing, ...]:
    """Say what keeps a panel from sitting: size, an even number, ties, people of an earlier stage."""
    panel, rule = case.panel(stage), knowledge()["panels"][stage]
    name = Say(rule["zh"], rule["en"])
    if panel is None:
        return (Missing("M-PANEL", stage, Say(f"还没有组成{name.zh}", f"no {name.en} yet")),)
    found = []
    if len(panel.people) < rule["least"]:
        found.append(Missing("M-PANEL-SIZE", stage, Say(f"{name.zh}至少 {rule['least']} 人，现 {len(panel.people)} 人", f"a {name.en} has at least {rule['least']} people, not {len(panel.people)}")))
    elif rule["odd"] and len(panel.people) % 2 == 0:
        found.append(Missing("M-PANEL-ODD", stage, Say(f"{name.zh}人数要是单数，现 {len(panel.people)} 人", f"a {name.en} is odd in number, not {len(panel.people)}")))
    for seat in panel.seats:
        found.extend(bars(case, seat))
    if stage == "first":
        found.extend(Missing("M-PANEL-GROUP", person, Say(f"{person} 在本案工作组，不能再审自己的意见", f"{person} sits in the working group and may not judge his own opinion")) for person in sorted(panel.people & _group(case)))
    if stage == "appeal":
        found.extend(Missing("M-PANEL-SAME", person, Say(f"{person} 审过初评或工作组", f"{person} sat in the first review")) for person in sorted(panel.people & first_reviewers(case)))
    return tuple(found)


def first_reviewers(case: Case) -> frozenset[str]:
    """Give everybody who sat in any working group or first panel, or voted or wrote an opinion there."""
    sat = {person for panel in case.panels if panel.stage == "first" for person in panel.people}
    voted = {vote.by for vote in case.votes if vote.stage == "first"}
    return frozenset(sat | voted | _group(case) | {one.by for one in case.opinions})


def _group(case: Case) -> frozenset[str]:
    return case.earlier_group | {seat.person for seat in case.working_group}


def free(case: Case, stage: str, candidates: Iterable[Seat]) -> tuple[Seat, ...]:
    """Give the candidates who may be asked: untied, and of no earlier stage of the case.

    Args:
        stage: `working_group`, `first` or `appeal`.
        candidates: in the order they should be asked, least burdened first.
    """
    earlier = {"working_group": frozenset[str](), "first": _group(case), "appeal": first_reviewers(case)}[stage]
    return tuple(seat for seat in candidates if seat.person not in earlier and not bars(case, seat))


def missing_group(case: Case) -> tuple[Missing, ...]:
    """Say what keeps the working group from working: two different people without ties."""
    n, people = knowledge()["working_group"]["n_people"], {seat.person for seat in case.working_group}
    found = []
    if len(people) != n:
        found.append(Missing("M-GROUP-SIZE", "working_group", Say(f"工作组要 {n} 人，现 {len(people)} 人", f"a working group has {n} people, not {len(people)}")))
    for seat in case.working_group:
        found.extend(bars(case, seat))
    return tuple(found)


def missing_opinions(case: Case) -> tuple[Missing, ...]:
    """Say whose written opinion of the working group is not on file."""
    least = knowledge()["working_group"]["reason_least"]
    written = {one.by for one in case.opinions if len(one.reason.strip()) >= least}
    return tuple(
        Missing("M-OPINION", seat.person, Say(f"{seat.person} 还没有书面意见（至少 {least} 字）", f"{seat.person} has not written an opinion (at least {least} characters)"))
        for seat in case.working_group if seat.person not in written)


def missing_votes(case: Case, stage: str) -> tuple[Missing, ...]:
    """Say whose vote with a written reason is not on file."""
    panel, rule = case.panel(stage), knowledge()["panels"][stage]
    given = {vote.by for vote in counted(case, stage) if len(vote.reason.strip()) >= rule["reason_least"]}
    return tuple(
        Missing("M-VOTE", person, Say(f"{person} 还没有写明理由的表决（至少 {rule['reason_least']} 字）", f"{person} has not voted with a written reason (at least {rule['reason_least']} characters)"))
        for person in sorted((panel.people if panel else frozenset()) - given))


def counted(case: Case, stage: str) -> tuple[Vote, ...]:
    """Give the votes that count: of people who sit, of known choices, the first of each person."""
    panel, rule = case.panel(stage), knowledge()["panels"][stage]
    people = panel.people if panel else frozenset()
    first: dict[str, Vote] = {}
    for vote in case.votes:
        if vote.stage == stage and vote.by in people and vote.choice in rule["choices"]:
            first.setdefault(vote.by, vote)
    return tuple(first.values())


def verdict(case: Case, stage: str) -> Verdict:
    """Count a panel's votes.

    Returns:
        The choice more than half of all who sit voted for; where none has it, what `review.yaml` says.

    Raises:
        NotEnough: the panel may not sit, a vote is missing, or the ballot is not closed; all of it is told.
    """
    lacking = (*missing_panel(case, stage), *missing_votes(case, stage), *_unclosed(case, stage))
    if lacking:
        raise NotEnough(Say("；".join(one.say.zh for one in lacking), "; ".join(one.say.en for one in lacking)), code="E-QUORUM-01",
                        where=f"case:{case.code}", fix=Say("补齐后再计票", "complete it, then count"))
    votes, rule = counted(case, stage), knowledge()["panels"][stage]
    tally = Counter(vote.choice for vote in votes)
    choice, most = tally.most_common(1)[0]
    won = most * 2 > len(votes)
    outcome = knowledge()["choices"][choice]["as"] if won else rule["no_majority"]
    dissents = tuple(vote for vote in votes if vote.choice != choice) if won else ()
    return Verdict(outcome, {name: tally.get(name, 0) for name in rule["choices"]}, dissents)


def _unclosed(case: Case, stage: str) -> tuple[Missing, ...]:
    panel = case.panel(stage)
    if panel is None or panel.closed_at is not None:
        return ()
    return (Missing("M-BALLOT-OPEN", stage, Say("表决还没有封票", "the ballot is not closed")),)


def hear(case: Case, seat: Seat, opinion: Opinion) -> Opinion:
    """Take one working-group member's written opinion.

    Raises:
        NotAllowed: the person does not sit in the group, or is barred.
        Conflict: he wrote one already, or there is no such finding.
        NotEnough: the reason is too short.
    """
    least, where = knowledge()["working_group"]["reason_least"], f"case:{case.code}"
    if opinion.by != seat.person or opinion.by not in {one.person for one in case.working_group}:
        raise NotAllowed(Say("不在本案工作组", "does not sit in this working group"), code="E-QUORUM-02", where=where, fix=Say("请工作组成员写", "ask those who sit"))
    if reasons := bars(case, seat):
        raise NotAllowed(Say(f"应当回避：{reasons[0].say.zh}", f"must stand aside: {reasons[0].say.en}"), code="E-CASE-05", where=where, fix=Say("由秘书处换人", "the secretariat replaces him"))
    if any(one.by == opinion.by for one in case.opinions) or opinion.finding not in FINDINGS:
        raise Conflict(Say("已写过意见，或没有这个结论", "already written, or no such finding"), code="E-QUORUM-03", where=where,
                       fix=Say(f"结论：{'、'.join(FINDINGS)}", f"findings: {', '.join(FINDINGS)}"))
    if len(opinion.reason.strip()) < least:
        raise NotEnough(Say(f"理由至少 {least} 字", f"a reason has at least {least} characters"), code="E-QUORUM-04", where=where, fix=Say("把理由写全", "write it out"))
    return opinion


def compose(case: Case, stage: str, seats: Sequence[Seat]) -> Panel:
    """Ask people to sit on a panel, in place of those who sat.

    Raises:
        Conflict: the ballot is closed, or somebody who voted and need not stand aside would lose his seat.
        NotEnough: the panel could not sit like this; all of it is told.
    """
    before, made = case.panel(stage), Panel(stage, tuple(seats))
    where = f"case:{case.code}"
    if before is not None and before.closed_at is not None:
        raise Conflict(Say("已封票，评审组不能再换", "the ballot is closed; the panel stays"), code="E-QUORUM-05", where=where,
                       fix=Say("有异议走申诉", "an appeal is open to whoever disagrees"))
    voted = {vote.by for vote in counted(case, stage)} - made.people
    kept = [one.person for one in (before.seats if before else ()) if one.person in voted and not bars(case, one)]
    if kept:
        raise Conflict(Say(f"{'、'.join(kept)} 已表决，不能换下", f"{', '.join(kept)} voted and cannot be replaced"), code="E-QUORUM-06", where=where,
                       fix=Say("保留已表决且无须回避的人", "keep whoever voted and need not stand aside"))
    lacking = missing_panel(replace(case, panels=(*case.panels, made)), stage)
    if lacking:
        raise NotEnough(Say("；".join(one.say.zh for one in lacking), "; ".join(one.say.en for one in lacking)), code="E-QUORUM-07", where=where,
                        fix=Say("换人或增减人数", "choose other people, more or fewer"))
    return made


def cast(case: Case, seat: Seat, vote: Vote) -> Vote:
    """Take one vote.

    Raises:
        NotAllowed: the person does not sit on the panel, or is barred.
        Conflict: he voted already, the panel is closed, or there is no such choice.
        NotEnough: the reason is too short.
    """
    panel, rule = case.panel(vote.stage), knowledge()["panels"][vote.stage]
    where = f"case:{case.code}"
    if panel is None or vote.by not in panel.people or vote.by != seat.person:
        raise NotAllowed(Say("不在这个评审组", "does not sit on this panel"), code="E-QUORUM-02", where=where, fix=Say("请评审组成员表决", "ask those who sit"))
    if reasons := bars(case, seat):
        raise NotAllowed(Say(f"应当回避：{reasons[0].say.zh}", f"must stand aside: {reasons[0].say.en}"), code="E-CASE-05", where=where, fix=Say("由秘书处换人", "the secretariat replaces him"))
    if panel.closed_at is not None or any(one.by == vote.by and one.stage == vote.stage for one in case.votes) or vote.choice not in rule["choices"]:
        raise Conflict(Say("已表决、已封票，或没有这个选项", "already voted, closed, or no such choice"), code="E-QUORUM-03", where=where,
                       fix=Say(f"选项：{'、'.join(rule['choices'])}", f"choices: {', '.join(rule['choices'])}"))
    if len(vote.reason.strip()) < rule["reason_least"]:
        raise NotEnough(Say(f"理由至少 {rule['reason_least']} 字", f"a reason has at least {rule['reason_least']} characters"), code="E-QUORUM-04", where=where,
                        fix=Say("把理由写全", "write it out"))
    return vote


def may_close(case: Case, stage: str) -> bool:
    """Say whether a panel is complete and all who sit have voted."""
    return not missing_panel(case, stage) and not missing_votes(case, stage)


def seen(case: Case, stage: str, reader: Seat) -> Ballot:
    """Say what a reader may see: everything once closed, before that his own vote only.

    Raises:
        NotAllowed: the reader is barred from the case.
    """
    if reasons := bars(case, reader):
        raise NotAllowed(Say(f"应当回避：{reasons[0].say.zh}", f"must stand aside: {reasons[0].say.en}"), code="E-CASE-05", where=f"case:{case.code}",
                         fix=Say("本案表决对您不公开", "its votes are closed to you"))
    panel, votes = case.panel(stage), counted(case, stage)
    shut = panel is not None and panel.closed_at is not None
    return Ballot(len(votes), len(panel.people) if panel else 0, _open(votes, None if shut else reader.person))


def _open(votes: Sequence[Vote], only: str | None) -> tuple[Vote, ...]:
    return tuple(vote for vote in votes if only is None or vote.by == only)
