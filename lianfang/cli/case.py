"""`lianfang case lint | show | moves`: the tables cases move by, from a terminal."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from lianfang.cli import show
from lianfang.engine.terms.codes import Exit
from lianfang.engine.terms.errors import NotFound, Say


def lint(files: Sequence[Path] = ()) -> int:
    """Tell every fault of tables and try their samples.

    Args:
        files: tables to look at; none means the packaged ones.

    Returns:
        0; 1 where a sample does not come out as it promises.

    Raises:
        DefinitionError: any fault; all of them are told.
    """
    from lianfang.engine.cases import samples, tables
    from lianfang.engine.terms import shelf

    read = [tables.check(place) for place in files or shelf.files("cases", "tables")]
    faults = [fault for _, found in read for fault in found]
    if faults:
        raise tables.refused(faults)
    tried = [one for table, _ in read if table for one in samples.of_table(table)]
    wrong = [one for one in tried if not one.is_right]
    for one in wrong:
        show.line(f"{one.where}:应为 {one.promised},得到 {one.came}", f"{one.where}: {one.promised} was promised, {one.came} came")
    n_moves = sum(len(table.moves) for table, _ in read if table)
    show.line(f"{len(read)} 张状态表,{n_moves} 个动作,{len(tried)} 个样例,{len(wrong)} 个不对",
              f"{len(read)} tables, {n_moves} moves, {len(tried)} samples, {len(wrong)} wrong")
    return Exit.FAILED if wrong else Exit.OK


def show_table(name: str | None, drawing: bool = False) -> int:
    """Print a table, or its drawing as SVG; without a name, which tables there are."""
    from lianfang.engine.cases import diagram, tables

    if name is None:
        for table in tables.load().values():
            print(f"{table.id}  {show.said(table.name)}")
        return Exit.OK
    table = tables.get(name)
    if drawing:
        print(diagram.svg(table, show.language() == "en"), end="")
        return Exit.OK
    for state in table.states.values():
        final = show.said(Say("(终点)", " (final)")) if state.is_final else ""
        print(f"{show.said(state.name)}  {state.id}{final}")
        for move in table.out_of(state.id):
            print(f"    {show.said(move.name)} {move.act} → {show.said(table.states[move.to].name)}  [{', '.join(move.who)}]")
    return Exit.OK


def moves(name: str, state: str, role: str | None = None, as_json: bool = False) -> int:
    """Print the moves open in a state, for a role or for all.

    Raises:
        NotFound: no such table, state or role.
    """
    from lianfang.engine.cases import lint as lints
    from lianfang.engine.cases import moves as engine
    from lianfang.engine.cases import tables
    from lianfang.engine.cases.holds import HOLDS

    table = tables.get(name)
    for word, known, what in ((state, table.states, Say("状态", "state")), (role, lints.roles(), Say("角色", "role"))):
        if word is not None and word not in known:
            raise NotFound(Say(f"没有这个{what.zh}:{word}", f"no such {what.en}: {word}"), code="E-TABLE-10", where=f"table:{name}",
                           fix=Say(f"有:{'、'.join(known)}", f"there are: {', '.join(known)}"))
    rows = engine.open_moves(table, state, None if role is None else {role})
    if as_json:
        print(json.dumps([{"act": row.act, "zh": row.name.zh, "en": row.name.en, "to": row.to, "who": row.who, "needs": row.needs,
                           "holds": row.holds, "note_least": row.note_least, "n_exhibits": row.n_exhibits, "apart_from": row.apart_from}
                          for row in rows], ensure_ascii=False, indent=1))
        return Exit.OK
    if not rows:
        show.line("没有可办的动作", "no move is open")
        return Exit.OK
    head = [show.said(Say(*each)) for each in (("动作", "act"), ("名称", "name"), ("到", "to"), ("谁", "who"), ("要有", "needs"))]
    show.table(head, [(row.act, show.said(row.name), row.to, ",".join(row.who),
                       "; ".join([show.said(table.fields[one].name) for one in row.needs] + [show.said(HOLDS[one][0]) for one in row.holds])) for row in rows])
    return Exit.OK


def _do(asked: argparse.Namespace) -> int:
    if asked.what == "lint":
        return lint(tuple(asked.files))
    if asked.what == "show":
        return show_table(asked.table, asked.svg)
    return moves(asked.table, asked.state, asked.role, asked.json)


def add(group: Callable[..., Any], verb: Callable[..., argparse.ArgumentParser]) -> None:
    """Add `lianfang case` to the command line."""
    parts = group("case", "lint|show|moves", "案件:状态表、能办什么", "cases: their tables, what is open")
    one = verb(parts, "lint", _do, "一次找出状态表的全部毛病,并跑样例", "tell every fault of the tables, run their samples")
    one.add_argument("files", nargs="*", type=Path, help="自己的表;不写则查现行的 / your own; none means those in force")
    one = verb(parts, "show", _do, "看一张状态表", "show one table")
    one.add_argument("table", nargs="?", help="suspicion application;不写则列出 / none lists them")
    one.add_argument("--svg", action="store_true", help="画成 SVG / as a drawing")
    one = verb(parts, "moves", _do, "某状态下某角色能办什么", "what a role may do in a state")
    one.add_argument("table")
    one.add_argument("state")
    one.add_argument("--role", help="角色 / role")
    one.add_argument("--json", action="store_true", help="JSON 输出 / as JSON")
