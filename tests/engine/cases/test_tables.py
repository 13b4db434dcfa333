"""Every table: its samples, every move both ways, every fault told with its line."""

import re

import pytest

from lianfang.engine.cases import diagram, lint, moves, page, samples, tables
from lianfang.engine.cases.case import Actor
from lianfang.engine.cases.table import Side
from lianfang.engine.terms.errors import Conflict, DefinitionError, LianfangError

TABLES = tables.load()
EVERY = [(table, state, move, role) for table in TABLES.values() for state in table.states for move in table.out_of(state) for role in move.who]


def named(one):
    return getattr(one, "act", None) or getattr(one, "id", None) or str(one)


def done(table, act, move):
    return moves.move(table, act.case, move.act, act.actor, act.given)


def refused(table, act, move):
    with pytest.raises(moves.Refused) as wrong:
        done(table, act, move)
    assert act.case.state == wrong.value.state
    return wrong.value


@pytest.mark.parametrize(("table", "state", "move", "role"), EVERY, ids=named)
def test_every_move_goes_where_its_row_says(table, state, move, role):
    act = samples.ready(table, move, role, state)
    moved = done(table, act, move)
    assert (moved.case.state, moved.step.came_from, moved.step.by) == (move.to, state, act.actor.code)
    assert moved.case.steps == (*act.case.steps, moved.step) and act.case.state == state
    assert (moved.starts, moved.stops, moved.tasks) == (move.starts, move.stops, move.tasks)
    assert moved.case.outcome == (move.outcome or act.case.outcome)


@pytest.mark.parametrize(("table", "state", "move", "role"), EVERY, ids=named)
def test_every_move_is_refused_when_any_one_thing_it_needs_is_gone(table, state, move, role):
    act = samples.ready(table, move, role, state)
    for name in (*move.needs, *move.holds, *(["note"] if move.note_least else []), *(["exhibits"] if move.n_exhibits else [])):
        wrong = refused(table, samples.without(act, name), move)
        assert wrong.code == "E-CASE-04" and wrong.missing and wrong.http_code == 409, name
    if move.apart_from:
        assert refused(table, samples.without(act, "apart"), move).code == "E-CASE-03"
    if move.side is Side.REVIEW:
        wrong = refused(table, samples.without(act, "recusal"), move)
        assert (wrong.code, wrong.http_code) == ("E-CASE-05", 403)


@pytest.mark.parametrize(("table", "state", "move", "role"), EVERY, ids=named)
def test_no_other_role_no_other_lender_and_no_other_state_may_make_it(table, state, move, role):
    act = samples.ready(table, move, role, state)
    for other in set(lint.roles()) - set(move.who):
        stranger = samples.replace(act, actor=Actor(act.actor.code, frozenset((other,)), act.actor.institution))
        assert refused(table, stranger, move).code == "E-CASE-02"
    if move.side is Side.APPLICANT:
        away = samples.replace(act, actor=Actor(act.actor.code, frozenset((role,)), "lender-b"))
        assert refused(table, away, move).code == "E-CASE-02"
    for elsewhere in table.states:
        if table.find(elsewhere, move.act) is None:
            wrong = refused(table, samples.replace(act, case=samples.replace(act.case, state=elsewhere)), move)
            assert wrong.code == "E-CASE-01" and {one.act for one in wrong.open} <= {one.act for one in table.out_of(elsewhere)}


@pytest.mark.parametrize("table", TABLES.values(), ids=named)
def test_samples_in_the_table_come_as_promised(table):
    tried = samples.of_table(table)
    assert tried and [one for one in tried if not one.is_right] == []


def test_a_refusal_says_which_moves_are_open_and_changes_nothing():
    table = TABLES["application"]
    act = samples.ready(table, table.find("self_check", "submit"), "supervisor", "draft")
    wrong = refused(table, act, table.find("self_check", "submit"))
    assert isinstance(wrong, Conflict) and wrong.http_code == 409 and wrong.code == "E-CASE-01"
    assert [one.act for one in wrong.open] == ["begin_self_check", "withdraw"]
    assert "开始自查" in wrong.fix.zh and "begin the self-check" in wrong.fix.en and "草稿" in wrong.say.zh


def test_everything_lacking_is_told_at_once():
    table = TABLES["application"]
    row = table.find("self_check", "submit")
    act = samples.ready(table, row, "analyst", "self_check")
    for name in ("self_check", "guards", "criteria"):
        act = samples.without(act, name)
    codes = {one.code for one in refused(table, act, row).missing}
    assert codes == {"M-SIGN", "M-GUARD", "M-ENOUGH"}


def test_an_unknown_act_state_field_exhibit_or_moment_is_refused():
    table = TABLES["suspicion"]
    row = table.find("second_check", "confirm")
    act = samples.ready(table, row, "supervisor", "second_check")
    with pytest.raises(moves.Refused) as wrong:
        moves.move(table, act.case, "fly", act.actor, act.given)
    assert wrong.value.code == "E-CASE-01"
    assert refused(table, samples.replace(act, case=samples.replace(act.case, state="nowhere")), row).open == ()
    stray = samples.replace(act, given=samples.replace(act.given, fields={"colour": "red"}, exhibits=("E9",)))
    assert {one.code for one in refused(table, stray, row).missing} == {"M-FIELD-UNKNOWN", "M-EXHIBIT"}
    assert refused(table, samples.replace(act, given=samples.replace(act.given, at=samples.AT - samples.timedelta(days=2))), row).code == "E-CASE-06"
    assert refused(table, samples.replace(act, given=samples.replace(act.given, at=samples.AT.replace(tzinfo=None))), row).code == "E-CASE-06"


@pytest.mark.parametrize(("name", "value"), [("waiting_for", "weather"), ("waiting_for", ""), ("until", samples.date(2026, 3, 1)), ("until", "2027-01-01"), ("until", samples.AT)])
def test_fields_are_looked_at(name, value):
    table = TABLES["suspicion"]
    row = table.find("investigating", "wait")
    act = samples.ready(table, row, "analyst", "investigating")
    bad = samples.replace(act, given=samples.replace(act.given, fields={**act.given.fields, name: value}))
    assert [one.about for one in refused(table, bad, row).missing] == [name]


def test_offers_are_the_moves_of_the_role_with_what_is_lacking():
    table = TABLES["application"]
    row = table.find("self_check", "submit")
    act = samples.ready(table, row, "analyst", "self_check")
    assert [(one.move.act, one.missing) for one in moves.offers(table, act.case, act.actor, samples.AT)] == [("submit", ())]
    bare = samples.without(act, "self_check")
    (offer,) = moves.offers(table, bare.case, bare.actor, samples.AT)
    assert [one.code for one in offer.missing] == ["M-SIGN"]
    assert moves.offers(table, act.case, Actor("x", frozenset(("analyst",)), "lender-b"), samples.AT) == ()
    publish = table.find("abnormal", "publish")
    own = samples.without(samples.ready(table, publish, "secretariat", "abnormal"), "apart")
    assert [one.code for one in moves.offers(table, own.case, own.actor, samples.AT)[0].missing] == ["M-APART"]


def test_a_bulk_act_has_a_result_for_each_case():
    table = TABLES["suspicion"]
    row = table.find("new", "assign")
    act = samples.ready(table, row, "supervisor", "new")
    closed = samples.replace(act.case, code="C-2", state="closed")
    good, bad = moves.each(table, [act.case, closed], "assign", act.actor, act.given)
    assert good.moved and good.moved.case.state == "assigned" and good.refused is None
    assert bad.code == "C-2" and bad.moved is None and bad.refused.code == "E-CASE-01"


def test_a_part_may_be_changed_only_where_the_state_says_so():
    table = TABLES["application"]
    act = samples.ready(table, table.find("self_check", "submit"), "analyst", "self_check")
    moves.editing(table, act.case, "claims", act.actor)
    with pytest.raises(moves.Refused) as wrong:
        moves.editing(table, samples.replace(act.case, state="committee"), "claims", act.actor)
    assert wrong.value.code == "E-CASE-07" and wrong.value.http_code == 409


def test_going_back_takes_signature_and_opinions_off():
    table = TABLES["application"]
    row = table.find("working_group", "ask_more")
    act = samples.ready(table, row, "working_group", "working_group")
    after = done(table, act, row).case
    assert after.self_check.signed_by is None and after.opinions == ()


def test_the_system_confirms_nothing():
    for table in TABLES.values():
        for move in table.moves:
            if "system" in move.who:
                assert move.outcome in (None, "refuted") and move.appeal is None


GOOD = """
source: a test
table: suspicion
name: {zh: 试, en: try}
first: new
states:
  new: {zh: 新, en: new}
  closed: {zh: 完, en: closed, final: true}
fields:
  why: {zh: 为何, en: why, kind: text, least: 3}
moves:
  - {act: close, zh: 结, en: close, from: [new], to: closed, who: [supervisor], side: applicant, needs: [why]}
samples:
  - {from: new, act: close, who: supervisor, to: closed}
"""


def test_a_good_table_is_read():
    assert [move.act for move in tables.text(GOOD, "t.yaml").moves] == ["close"]


@pytest.mark.parametrize(("old", "new", "code", "line"), [
    ("first: new", "first: old", "E-TABLE-02", 1),
    ("to: closed, who", "to: shut, who", "E-TABLE-02", 12),
    ("[supervisor]", "[king]", "E-TABLE-02", 12),
    ("[supervisor]", "[expert]", "E-TABLE-03", 12),
    ("needs: [why]", "needs: [how]", "E-TABLE-02", 12),
    ("needs: [why]", "needs: [why], holds: [luck]", "E-TABLE-02", 12),
    ("needs: [why]", "needs: [why], holds: [majority], outcome: sunny", "E-TABLE-02", 12),
    ("needs: [why]", "needs: [why], starts: [application.appeal]", "E-TABLE-02", 12),
    ("needs: [why]", "needs: [why], tasks: [sing]", "E-TABLE-02", 12),
    ("needs: [why]", "needs: [why], clears: [everything]", "E-TABLE-02", 12),
    ("needs: [why]", "needs: [why], apart_from: [open]", "E-TABLE-02", 12),
    ("needs: [why]", "needs: [why], panel: third", "E-TABLE-02", 12),
    ("needs: [why]", "needs: [why], colour: red", "E-TABLE-02", 12),
    ("needs: [why]", "needs: why", "E-TABLE-01", 12),
    ("needs: [why]", "needs: [why], note: -1", "E-TABLE-01", 12),
    ("needs: [why]", "needs: [why], outcome: [1]", "E-TABLE-01", 12),
    ("[supervisor]", "[system], outcome: confirmed", "E-TABLE-04", 12),
    ("from: [new]", "from: [new, new]", "E-TABLE-05", 12),
    ("side: applicant", "side: moon", "E-TABLE-02", 12),
    ("zh: 结, ", "", "E-TABLE-01", 12),
    ("act: close, zh: 结", "zh: 结", "E-TABLE-01", 12),
    ("from: [new], ", "", "E-TABLE-01", 12),
    ("  closed:", "  lost: {zh: 失, en: lost, final: true}\n  closed:", "E-TABLE-06", 8),
    ("final: true", "final: false", "E-TABLE-07", 7),
    ("  closed:", "  other: 3\n  closed:", "E-TABLE-01", 8),
    ("en: new}", "en: new, edits: [sky]}", "E-TABLE-02", 7),
    ("kind: text", "kind: rhyme", "E-TABLE-02", 10),
    ("kind: text", "kind: choice", "E-TABLE-01", 10),
    ("  why:", "  idle: {zh: 闲, en: idle, kind: day}\n  why:", "E-TABLE-08", 10),
    ("samples:\n  - {from: new, act: close, who: supervisor, to: closed}", "", "E-TABLE-01", 2),
    ("source: a test\n", "", "E-TABLE-01", 2),
    ("samples:\n  - {", "samples:\n  - 3\n  - {", "E-TABLE-01", 14),
    ("name: {zh: 试, en: try}", "name: 试", "E-TABLE-01", 4),
])
def test_every_fault_is_told_with_its_line(old, new, code, line):
    assert old in GOOD
    with pytest.raises(DefinitionError) as wrong:
        tables.text(GOOD.replace(old, new, 1), "t.yaml")
    told = {(fault.code, fault.where) for fault in wrong.value.faults}
    assert (code, f"t.yaml:{line}") in told
    assert all(fault.say.zh and fault.say.en and fault.fix.zh and fault.fix.en for fault in wrong.value.faults)


def test_all_faults_are_told_at_once():
    broken = GOOD.replace("[supervisor]", "[king]").replace("needs: [why]", "needs: [how], holds: [luck]").replace("final: true", "final: false")
    with pytest.raises(DefinitionError) as wrong:
        tables.text(broken, "t.yaml")
    assert len(wrong.value.faults) >= 5


@pytest.mark.parametrize("text", ["[]", "3", "{}", "table: [x]\nstates: {}\nmoves: {}"])
def test_what_is_no_table_is_refused_and_nothing_else_is_raised(text):
    with pytest.raises(DefinitionError):
        tables.text(text, "t.yaml")


def test_an_unknown_table_says_which_there_are():
    with pytest.raises(LianfangError) as wrong:
        tables.get("nothing")
    assert wrong.value.http_code == 404 and "suspicion" in wrong.value.fix.zh


@pytest.mark.parametrize("english", [False, True])
@pytest.mark.parametrize("table", TABLES.values(), ids=named)
def test_the_drawing_shows_every_state_and_every_act(table, english):
    drawn = diagram.svg(table, english)
    assert drawn == diagram.svg(table, english)
    assert drawn.count("<rect") == len(table.states)
    assert drawn.count("<tspan") == sum(len(table.out_of(state)) for state in table.states)
    for state in table.states.values():
        assert f">{state.name.en if english else state.name.zh}<" in drawn
    assert "<style" not in drawn and "<script" not in drawn and " style=" not in drawn


def test_the_page_has_every_act_and_says_that_no_complaint_waits():
    written = page.page()
    for table in TABLES.values():
        for move in table.moves:
            assert re.search(rf"`{move.act}`", written)
    assert "Nothing here stops or delays a complaint's own clock" in written


def test_the_command_line(command, tmp_path):
    assert command("case", "lint").code == 0
    assert "application" in command("case", "show").out
    assert "草稿" in command("case", "show", "application").out
    assert command("--lang", "en", "case", "show", "suspicion", "--svg").out.startswith("<svg")
    told = command("case", "moves", "application", "committee", "--role", "expert")
    assert told.code == 0 and "decide_abnormal" in told.out
    assert '"act": "submit"' in command("case", "moves", "application", "self_check", "--json").out
    assert command("case", "moves", "application", "expired").code == 0
    assert command("case", "moves", "application", "moon").code == 4
    assert command("case", "moves", "application", "draft", "--role", "king").code == 4
    bad = tmp_path / "bad.yaml"
    bad.write_text(GOOD.replace("[supervisor]", "[king]").replace("needs: [why]", "needs: [how]"), encoding="utf-8")
    answer = command("case", "lint", bad)
    assert answer.code == 2 and f"{bad}:12" in answer.err and "king" in answer.err and "how" in answer.err
    off = tmp_path / "off.yaml"
    off.write_text(GOOD.replace("who: supervisor, to: closed", "who: supervisor, to: new"), encoding="utf-8")
    assert command("case", "lint", off).code == 1


@pytest.mark.parametrize("english", [False, True])
def test_the_drawing_marks_where_a_case_stands(english):
    table = tables.get("application")
    plain, here = diagram.svg(table, english), diagram.svg(table, english, "committee")
    word = ">here<" if english else ">现在<"
    assert word not in plain and here.count(word) == 1
    assert len(here.splitlines()) == len(plain.splitlines()) + 1
