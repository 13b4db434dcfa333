"""What the page of a case shows: questions with their answers, criteria with what counts, clocks, moves, history."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lianfang.engine.cases import case as kinds
from lianfang.engine.cases import criteria, diagram, recusal, running, self_check
from lianfang.engine.cases.clocks import Standing
from lianfang.engine.cases.running import Running
from lianfang.engine.cases.table import Table
from lianfang.engine.terms import clock
from lianfang.engine.terms.errors import Say
from lianfang.engine.terms.glossary import label
from lianfang.engine.terms.words import STRENGTHS
from lianfang.web.cases import access, dossier
from lianfang.web.cases.states import APPLICATION, CHOICES, OUTCOMES
from lianfang.web.cases.waiting_list import standing
from lianfang.web.frame.templatetags.say import said

if TYPE_CHECKING:
    from lianfang.web.accounts.models import Membership
    from lianfang.web.cases.models import Case



@dataclass(frozen=True)
class Question:
    """One question with its answer, if there is one."""

    id: str
    name: Say
    answer: kinds.Answer | None
    is_fault: bool = False


@dataclass(frozen=True)
class Criterion:
    """One criterion: how strong, the claim if it is claimed, the exhibits it rests on, what takes it away."""

    id: str
    name: Say
    strength: Say
    claim: kinds.Claim | None
    exhibits: Sequence[Any]
    taken_by: Sequence[str]
    is_counted: bool


@dataclass(frozen=True)
class Past:
    """One move made, in words, with its entry in the log."""

    step: Any
    name: Say
    to: Say
    given: Sequence[tuple[Say, Any]]
    entry: Any


@dataclass(frozen=True)
class Ballot:
    """A vote as one reader may see it: how many voted, the votes open to him, whether it is closed."""

    stage: str
    name: Say
    n_cast: int
    n_seats: int
    votes: Sequence[Any]
    is_closed: bool


def questions(case: kinds.Case) -> list[Question]:
    """Give the questions of the self-check in their order."""
    told = case.self_check.answers if case.self_check else {}
    return [Question(one["id"], Say(one["zh"], one["en"]), told.get(one["id"]), bool(one["fault"])) for one in self_check.knowledge()["questions"]]


def findings(case: kinds.Case) -> list[tuple[str, str]]:
    """Give the conduct findings, each with what was said of it."""
    told = case.self_check.findings if case.self_check else {}
    return [(code, told.get(code, "")) for code in sorted(case.conduct_findings)]


def guards(case: kinds.Case) -> list[Question]:
    """Give the innocent reasons in their order."""
    return [Question(one.id, one.name, case.guards.get(one.id)) for one in criteria.guards().values()]


def criteria_of(case: kinds.Case, exhibits: Iterable[Any]) -> list[Criterion]:
    """Give the criteria, each with what became of its claim."""
    claims = {one.criterion: one for one in case.claims}
    on_file = {str(one.code): one for one in exhibits}
    weighed = criteria.weigh(case.claims, case.guards)
    return [
        Criterion(
            one.id, one.name, STRENGTHS[one.strength], claims.get(one.id),
            [on_file[code] for code in claims[one.id].exhibits if code in on_file] if one.id in claims else [],
            weighed.taken_away.get(one.id, ()), one.id in weighed.counted,
        )
        for one in criteria.criteria().values()
    ]  # fmt: skip


def is_enough(case: kinds.Case) -> bool:
    """Say whether the criteria that count are enough, by the rules."""
    return criteria.weigh(case.claims, case.guards).is_enough


def clocks_of(table: Table, case: kinds.Case) -> list[tuple[Running, Standing]]:
    """Give the clocks that run today, earliest last day first."""
    return [(one, standing(one, clock.today())) for one in running.of(table, case, clock.today())]


def waits_for(table: Table, state: str) -> list[tuple[Say, Sequence[str]]]:
    """Give the moves out of a state, each with the roles it is for."""
    return [(move.name, move.who) for move in table.out_of(state)]


def drawing(table: Table, state: str, english: bool) -> str:
    """Draw the table with the state a case stands in."""
    return diagram.svg(table, english, state)


def history(case: Case, steps: Sequence[Any], entries: Mapping[str, Any]) -> list[Past]:
    """Give the moves made, latest first."""
    table = dossier.table_of(case)
    names = {move.act: move.name for move in table.moves}
    past = [
        Past(
            one, names.get(one.act, Say(one.act, one.act)), table.states[one.to].name,
            [(table.fields[name].name, _told(name, value)) for name, value in one.given.items() if name in table.fields],
            entries.get(str(one.code)),
        )
        for one in steps
    ]  # fmt: skip
    return past[::-1]


def _told(name: str, value: str) -> Any:
    """Put a word of a choice, and a typology, into people's words; anything else is as it was typed."""
    if name == "typology":
        return f"{value} {said(label('activities', value))}"
    return said(CHOICES[value]) if value in CHOICES else value


def ballot(case: Case, found: kinds.Case, stage: str, who: Membership) -> Ballot | None:
    """Give a ballot as somebody may see it; the engine says which votes are open to him."""
    from lianfang.engine.cases import quorum

    panel = found.panel(stage)
    if panel is None:
        return None
    seen = quorum.seen(found, stage, dossier.seat(who))
    open_to = {vote.by for vote in seen.votes}
    rows = [one for one in access.votes_of(case, stage) if one.person.username in open_to]
    rule = recusal.knowledge()["panels"][stage]
    return Ballot(stage, Say(rule["zh"], rule["en"]), seen.n_cast, seen.n_seats, rows, panel.closed_at is not None)


def is_application(case: Case) -> bool:
    """Say whether a case is reviewed by the association."""
    return case.table == APPLICATION


def outcome_name(word: str) -> Say:
    """Give the words for an outcome, of a decision or an appeal."""
    known = recusal.knowledge()["choices"]
    if word in known:
        return Say(known[word]["zh"], known[word]["en"])
    return OUTCOMES.get(word, Say(word, word))
