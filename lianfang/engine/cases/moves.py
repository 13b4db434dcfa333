"""The one engine that moves a case by its table, or refuses and says what is lacking and what is open."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from lianfang.engine.cases import recusal, self_check
from lianfang.engine.cases.case import Actor, Case, Given, Missing, Seat, Step
from lianfang.engine.cases.holds import HOLDS, Asked
from lianfang.engine.cases.table import Field, FieldKind, Move, Side, Table
from lianfang.engine.terms.clock import SHANGHAI
from lianfang.engine.terms.errors import Conflict, Say


class Refused(Conflict):
    """An act refused; nothing changed.

    Attributes:
        state: the state the case stands in.
        open: moves of that state the actor's roles may make.
        missing: everything lacking, where the act is open to him but not ready.

    Codes:
        E-CASE-01 not open in this state · E-CASE-02 not this role or institution · E-CASE-03 his own work ·
        E-CASE-04 something is lacking · E-CASE-05 must stand aside · E-CASE-06 the moment is wrong ·
        E-CASE-07 this part may not be changed now.
        02 and 05 answer 403, the others 409.
    """

    def __init__(self, say: Say, code: str, at: tuple[str, str], open_moves: tuple[Move, ...], missing: Sequence[Missing] = ()) -> None:
        may = Say("、".join(one.name.zh for one in open_moves) or "没有", ", ".join(one.name.en for one in open_moves) or "none")
        super().__init__(say, code=code, where=f"case:{at[0]}", fix=Say(f"您现在可以：{may.zh}", f"open to you now: {may.en}"))
        self.state, self.open, self.missing = at[1], open_moves, tuple(missing)
        if code in ("E-CASE-02", "E-CASE-05"):
            self.http_code, self.exit_code = 403, 3


@dataclass(frozen=True)
class Moved:
    """A move made: the case after it, the step to be kept, and what else follows.

    `starts`, `stops`, `pauses`, `resumes` name clocks of this case in `data/cases/clocks.yaml`; none is a complaint's,
    and `running.of` folds them out of the steps. A clock that runs already is not started anew.
    `tasks` are tasks to open. `clears` names what lapsed.
    """

    case: Case
    step: Step
    starts: tuple[str, ...]
    stops: tuple[str, ...]
    pauses: tuple[str, ...]
    resumes: tuple[str, ...]
    tasks: tuple[str, ...]
    clears: tuple[str, ...]


@dataclass(frozen=True)
class Offer:
    """A move a person's role may make now, and what the case still lacks for it.

    With nothing lacking the button is live. Fields, notes and exhibits that come with the act itself are not counted as lacking.
    """

    move: Move
    missing: tuple[Missing, ...]


@dataclass(frozen=True)
class Result:
    """One case of a bulk act: its code, and the move or the refusal."""

    code: str
    moved: Moved | None
    refused: Refused | None


def open_moves(table: Table, state: str, roles: Iterable[str] | None = None) -> tuple[Move, ...]:
    """Give the moves open in a state, for anybody or for some roles, in the table's order."""
    held = None if roles is None else set(roles)
    return tuple(move for move in table.out_of(state) if held is None or held & set(move.who))


def offers(table: Table, case: Case, actor: Actor, at: datetime) -> tuple[Offer, ...]:
    """Give the buttons of a page: moves a person may make, each with what the case still lacks."""
    found = []
    for move in open_moves(table, case.state, actor.roles):
        if not _on_side(case, move, actor):
            continue
        barred = recusal.bars(case, Seat(actor.code, actor.institution)) if move.side is Side.REVIEW else ()
        own = (_own(move),) if _made(case, move, actor) else ()
        found.append(Offer(move, (*barred, *own, *_held(Asked(case, move, actor, Given(at))))))
    return tuple(found)


def move(table: Table, case: Case, act: str, actor: Actor, given: Given) -> Moved:
    """Move a case.

    Args:
        table: its law.
        case: as it stands.
        act: the act's code.
        actor: who acts, with the roles held at his institution.
        given: moment, note, fields, exhibits.

    Returns:
        The case after the move, the step, and what follows; the case given is unchanged.

    Raises:
        Refused: see there; what is lacking is told all at once.
    """
    row = table.find(case.state, act)
    if row is None:
        here = table.states[case.state].name if case.state in table.states else Say(case.state, case.state)
        asked = next((one.name for one in table.moves if one.act == act), Say(act, act))
        raise _refuse(table, case, actor, Say(f"“{here.zh}”的{table.name.zh}不能“{asked.zh}”", f'a {table.name.en} that is "{here.en}" cannot be put to "{asked.en}"'), "E-CASE-01")
    _may(table, case, row, actor)
    if given.at.tzinfo is None or (case.steps and given.at < case.steps[-1].at):
        raise _refuse(table, case, actor, Say("时间没有时区，或早于上一步", "the moment has no zone, or is before the last step"), "E-CASE-06")
    lacking = (*_given(table, case, row, given), *_held(Asked(case, row, actor, given)))
    if lacking:
        raise _refuse(table, case, actor, Say("；".join(one.say.zh for one in lacking), "; ".join(one.say.en for one in lacking)), "E-CASE-04", lacking)
    return _made_move(case, row, actor, given)


def editing(table: Table, case: Case, part: str, actor: Actor) -> None:
    """Let a part of the case be changed, where its state allows it.

    Args:
        part: a word of a state's `edits`: self_check, claims, guards, panel, ballot, ties …

    Raises:
        Refused: the state does not allow it (E-CASE-07).
    """
    state = table.states.get(case.state)
    if state is None or part not in state.edits:
        here = state.name if state else Say(case.state, case.state)
        raise _refuse(table, case, actor, Say(f"“{here.zh}”时不能改 {part}", f'{part} cannot be changed while it is "{here.en}"'), "E-CASE-07")


def each(table: Table, cases: Iterable[Case], act: str, actor: Actor, given: Given) -> tuple[Result, ...]:
    """Do one act on many cases: each has its own result, and a refusal of one stops no other."""
    results = []
    for case in cases:
        try:
            results.append(Result(case.code, move(table, case, act, actor, given), None))
        except Refused as wrong:
            results.append(Result(case.code, None, wrong))
    return tuple(results)


def _may(table: Table, case: Case, row: Move, actor: Actor) -> None:
    if not actor.roles & set(row.who) or not _on_side(case, row, actor):
        raise _refuse(table, case, actor, Say(f"“{row.name.zh}”由 {'、'.join(row.who)} 办，且要在相应机构", f'"{row.name.en}" is for {", ".join(row.who)}, at the right institution'), "E-CASE-02")
    if row.side is Side.REVIEW and (barred := recusal.bars(case, Seat(actor.code, actor.institution))):
        raise _refuse(table, case, actor, Say(f"应当回避：{barred[0].say.zh}", f"must stand aside: {barred[0].say.en}"), "E-CASE-05", barred)
    if _made(case, row, actor):
        raise _refuse(table, case, actor, _own(row).say, "E-CASE-03", (_own(row),))


def _on_side(case: Case, row: Move, actor: Actor) -> bool:
    return row.side is Side.REVIEW or actor.institution == case.applicant


def _made(case: Case, row: Move, actor: Actor) -> bool:
    # The latest maker of each act counts: a case sent back and done anew by another is the other's work.
    latest = {step.act: step.by for step in case.steps if step.act in row.apart_from}
    return actor.code in latest.values()


def _own(row: Move) -> Missing:
    return Missing("M-APART", row.act, Say(f"“{row.name.zh}”要由另一个人办：前一步是您办的", f'"{row.name.en}" is for a second person: you made the earlier step'))


def _held(asked: Asked) -> tuple[Missing, ...]:
    return tuple(one for name in asked.move.holds for one in HOLDS[name][1](asked))


def _given(table: Table, case: Case, row: Move, given: Given) -> tuple[Missing, ...]:
    found = []
    for name in row.needs:
        lacking = _field(table.fields[name], given)
        if lacking:
            found.append(Missing("M-FIELD", name, lacking))
    for name in given.fields:
        if name not in row.needs:
            found.append(Missing("M-FIELD-UNKNOWN", name, Say(f"这一步不收 {name}", f"this act takes no {name}")))
    if len(given.note.strip()) < row.note_least:
        found.append(Missing("M-NOTE", "note", Say(f"说明至少 {row.note_least} 字", f"a note of at least {row.note_least} characters")))
    if len(set(given.exhibits)) < row.n_exhibits:
        found.append(Missing("M-EXHIBITS", "exhibits", Say(f"至少 {row.n_exhibits} 份证据", f"at least {row.n_exhibits} exhibits")))
    for code in given.exhibits:
        if code not in case.exhibits:
            found.append(Missing("M-EXHIBIT", code, Say(f"证据 {code} 不在案", f"the exhibit {code} is not on file")))
    return tuple(found)


def _field(rule: Field, given: Given) -> Say | None:
    value = given.fields.get(rule.id)
    if rule.kind is FieldKind.DAY:
        on = given.at.astimezone(SHANGHAI).date()
        is_right = isinstance(value, date) and not isinstance(value, datetime) and value >= on
        return None if is_right else Say(f"{rule.name.zh}要是今天或以后的日期", f"{rule.name.en}: a day, today or later")
    if not isinstance(value, str) or not value.strip():
        return Say(f"缺少{rule.name.zh}", f"{rule.name.en} is missing")
    if rule.kind is FieldKind.CHOICE and value not in rule.of:
        return Say(f"{rule.name.zh}是：{'、'.join(rule.of)}", f"{rule.name.en} is one of: {', '.join(rule.of)}")
    if len(value.strip()) < rule.least:
        return Say(f"{rule.name.zh}至少 {rule.least} 字", f"{rule.name.en}: at least {rule.least} characters")
    return None


def _made_move(case: Case, row: Move, actor: Actor, given: Given) -> Moved:
    step = Step(row.act, actor.code, actor.institution, given.at, case.state, row.to, given.note, dict(given.fields), tuple(given.exhibits))
    check = self_check.unsigned(case.self_check) if case.self_check and "self_check" in row.clears else case.self_check
    after = replace(
        case, state=row.to, steps=(*case.steps, step), fields={**case.fields, **given.fields}, self_check=check,
        opinions=() if "opinions" in row.clears else case.opinions,
        outcome=row.outcome or case.outcome, appeal=row.appeal or case.appeal)
    return Moved(after, step, row.starts, row.stops, row.pauses, row.resumes, row.tasks, row.clears)


def _refuse(table: Table, case: Case, actor: Actor, say: Say, code: str, missing: Sequence[Missing] = ()) -> Refused:
    may = tuple(one for one in open_moves(table, case.state, actor.roles) if _on_side(case, one, actor))
    return Refused(say, code, (case.code, case.state), may, missing)
