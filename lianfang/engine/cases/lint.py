"""Everything wrong with a table, all at once: unknown words, states nobody reaches, states nobody leaves."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from lianfang.engine.cases import clocks, recusal
from lianfang.engine.cases.holds import HOLDS
from lianfang.engine.cases.reading import Notes
from lianfang.engine.cases.table import Move, Side, Table
from lianfang.engine.terms import shelf
from lianfang.engine.terms.errors import Fault, Say

CLEARS = frozenset(("self_check", "opinions"))
EDITS = frozenset(("self_check", "claims", "guards", "exhibits", "working_group", "opinions", "panel", "ballot", "tasks", "ties"))
SYSTEM = "system"
# A machine may put aside; it never finds against anybody.
MACHINE_MAY = frozenset(("refuted", None))
_SORT = {Side.APPLICANT: "member", Side.REVIEW: "association"}


@cache
def roles() -> dict[str, frozenset[str]]:
    """Give every role of the house and the sorts of institutions it stands in."""
    return {row["id"]: frozenset(row["at"]) for row in shelf.yaml(shelf.path("accounts", "roles.yaml"))["roles"]}


def faults(table: Table) -> list[Fault]:
    """Give every fault of a table that was read; none where it can be obeyed.

    Args:
        table: from `reading.read`; unknown words are told, and the graph is walked as far as it is known.
    """
    notes = Notes(table.where)
    if table.first not in table.states:
        notes.unknown(1, Say("起始状态", "first state"), table.first, table.states)
    for word in table.starts:
        if word not in _clocks(table):
            notes.unknown(1, Say("本类案件的时限", "clock of this kind of case"), word, _clocks(table))
    for state in table.states.values():
        for word in state.edits:
            if word not in EDITS:
                notes.unknown(state.line, Say("可改内容", "part that may be changed"), word, EDITS)
    for move in table.moves:
        _words(table, move, notes)
        _roles(move, notes)
        _outcome(move, notes)
    _doubled(table, notes)
    _graph(table, notes)
    _unused(table, notes)
    return notes.faults


def _clocks(table: Table) -> set[str]:
    return {name for name, one in clocks.load().items() if one.of == table.id}


def _words(table: Table, move: Move, notes: Notes) -> None:
    acts = {one.act for one in table.moves}
    ours = _clocks(table)
    clock_words = move.starts + move.stops + move.pauses + move.resumes
    asked: tuple[tuple[Say, Iterable[str | None], Iterable[str]], ...] = (
        (Say("状态", "state"), (*move.sources, move.to), table.states), (Say("字段", "field"), move.needs, table.fields),
        (Say("条件", "condition"), move.holds, HOLDS), (Say("动作", "act"), move.apart_from, acts),
        (Say("本类案件的时限", "clock of this kind of case"), clock_words, ours), (Say("任务", "task"), move.tasks, table.tasks),
        (Say("可失效的内容", "thing that can lapse"), move.clears, CLEARS),
        (Say("评审组", "panel"), (move.panel,), recusal.knowledge()["panels"]),
    )
    for what, words, known in asked:
        for word in words:
            if word is not None and word not in known:
                notes.unknown(move.line, what, word, known)


def _roles(move: Move, notes: Notes) -> None:
    for role in move.who:
        if role not in roles():
            notes.unknown(move.line, Say("角色", "role"), role, roles())
        elif _SORT[move.side] not in roles()[role]:
            notes.add(move.line, "E-TABLE-03", Say(f"角色 {role} 不在“{move.side}”一方", f'the role {role} does not stand on the side "{move.side}"'),
                      Say("换角色，或改 side", "change the role, or the side"))


def _outcome(move: Move, notes: Notes) -> None:
    if SYSTEM in move.who and (move.outcome not in MACHINE_MAY or move.appeal):
        notes.add(move.line, "E-TABLE-04", Say(f"系统不能作出结论 {move.outcome or move.appeal}", f"the system may not find {move.outcome or move.appeal}"),
                  Say("去掉 system；系统只能排除", "take `system` away; it may only put aside"))
    if "majority" in move.holds:
        rule = recusal.knowledge()["panels"].get(move.panel or "first", {"choices": ()})
        choices = recusal.knowledge()["choices"]
        known = {choices[one]["as"] for one in rule["choices"]}
        found = move.appeal or move.outcome
        if found not in known:
            notes.unknown(move.line, Say("表决结论", "outcome of a vote"), found, known)


def _doubled(table: Table, notes: Notes) -> None:
    seen: set[tuple[str, str]] = set()
    for move in table.moves:
        for state in move.sources:
            if (state, move.act) in seen:
                notes.add(move.line, "E-TABLE-05", Say(f"“{state}”的动作 {move.act} 写了两次", f'the act {move.act} of "{state}" stands twice'),
                          Say("留一条", "keep one"))
            seen.add((state, move.act))


def _graph(table: Table, notes: Notes) -> None:
    forward: dict[str, set[str]] = {name: set() for name in table.states}
    backward: dict[str, set[str]] = {name: set() for name in table.states}
    for move in table.moves:
        for source in move.sources:
            if source in forward and move.to in forward:
                forward[source].add(move.to)
                backward[move.to].add(source)
    reached = _walk({table.first} & table.states.keys(), forward)
    ends = {name for name, state in table.states.items() if state.is_final}
    ending = _walk(ends, backward)
    for name, state in table.states.items():
        if name not in reached:
            notes.add(state.line, "E-TABLE-06", Say(f"到不了状态 {name}", f"nothing leads to the state {name}"),
                      Say("加一条到它的动作，或删去", "add a move to it, or take it out"))
        if name not in ending:
            notes.add(state.line, "E-TABLE-07", Say(f"状态 {name} 走不到终点", f"no way from the state {name} to a final one"),
                      Say("加一条离开它的动作，或写 final: true", "add a move out of it, or write final: true"))


def _walk(start: set[str], ways: dict[str, set[str]]) -> set[str]:
    reached, ahead = set(start), list(start)
    while ahead:
        for state in ways[ahead.pop()] - reached:
            reached.add(state)
            ahead.append(state)
    return reached


def _unused(table: Table, notes: Notes) -> None:
    used = {word for move in table.moves for word in (*move.needs, *move.tasks)}
    lines = {one.id: one.line for one in table.fields.values()} | {one.id: one.line for one in table.tasks.values()}
    for name, line in lines.items():
        if name not in used:
            notes.add(line, "E-TABLE-08", Say(f"没有动作用到 {name}", f"no move uses {name}"), Say("删去，或写进 needs、tasks", "take it out, or name it in needs or tasks"))
