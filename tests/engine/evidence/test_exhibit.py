"""Exhibits, their custody, covered places, holds, and the outbox of the log."""

from dataclasses import replace
from datetime import date, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lianfang.engine.evidence import custody, digest, exhibit, leaf, note, outbox, store
from lianfang.engine.evidence.custody import Act, Line
from lianfang.engine.evidence.note import KeyKind
from lianfang.engine.terms.errors import Conflict, InputError, LianfangError, NotEnough, ProofError
from tests.engine.evidence.lossy import LossyDisk, PowerCut

AT = datetime(2026, 3, 2, 9, 0, tzinfo=timezone(timedelta(hours=8)))
ABOUT = exhibit.About("群聊截图", exhibit.Category.MESSAGE, "索要费用", "https://example.org/g/1", AT, "u-17", "chat.png", "image/png")
FOUND = exhibit.take_in("ex:1", ABOUT, [b"con", b"tent"], date(2029, 3, 2))
KEEPER = note.new_signer("keeper", KeyKind.ED25519, bytes([9]) * 32)


def code_of(call, *given, **named):
    with pytest.raises(LianfangError) as told:
        call(*given, **named)
    return told.value.code


def test_an_exhibit_leads_back_and_knows_its_bytes():
    assert exhibit.read(FOUND.row()) == FOUND and FOUND.digests == digest.of_bytes(b"content")
    assert exhibit.is_same(FOUND, [b"content"]) and not exhibit.is_same(FOUND, [b"Content"])
    assert exhibit.demand_same(FOUND, [b"content"]) == FOUND.digests
    assert code_of(exhibit.demand_same, FOUND, [b"conten"]) == "E-EXHIBIT-03"


@pytest.mark.parametrize("change", [{"title": " "}, {"object_of_proof": ""}, {"source": ""}, {"captured_by": ""}, {"file_name": ""}, {"captured_at": datetime(2026, 3, 2)}], ids=str)
def test_what_a_court_asks_is_asked_at_intake(change):
    with pytest.raises(InputError) as told:
        exhibit.take_in("ex:1", replace(ABOUT, **change), [b""])
    assert told.value.code == "E-EXHIBIT-01" and next(iter(change)) in told.value.say.en


@pytest.mark.parametrize("change", [{"category": "novel"}, {"captured_at": "yesterday"}, {"sha256": "00"}, {"retain_until": "never"}, {"colour": "red"}, {"redactions": [{}]}, {"redactions": 1}], ids=str)
def test_a_faulty_record_is_refused(change):
    assert code_of(exhibit.read, FOUND.row() | change) in ("E-EXHIBIT-02", "E-CANON-03")


@given(st.text(min_size=1, max_size=60), st.data())
@settings(max_examples=150, deadline=None)
def test_covered_places_can_be_shown_with_their_salt_only(text, data):
    start = data.draw(st.integers(0, len(text) - 1))
    stop = data.draw(st.integers(start + 1, len(text)))
    seen, (row,) = exhibit.redact(text, [exhibit.Cover(start, stop, "姓名", "旁人")], [bytes(32)])
    assert len(seen) == len(text) and seen[:start] == text[:start] and seen[stop:] == text[stop:] and set(seen[start:stop]) == {"█"}
    assert exhibit.shows(row, bytes(32), text[start:stop]) and not exhibit.shows(row, bytes([1]) * 32, text[start:stop])
    assert not exhibit.shows(row, bytes(32), text[start:stop] + "x")


@pytest.mark.parametrize("covers", [[(0, 0)], [(2, 1)], [(0, 99)], [(0, 3), (2, 4)], [(-1, 2)]], ids=str)
def test_covers_do_not_overlap(covers):
    given = [exhibit.Cover(*one, "x", "y") for one in covers]
    assert code_of(exhibit.redact, "some text", given, [bytes(32)] * len(given)) == "E-EXHIBIT-04"
    assert code_of(exhibit.redact, "some text", [exhibit.Cover(0, 1, "x", "")], [bytes(32)]) == "E-EXHIBIT-04"


def test_a_hold_beats_an_expiry():
    hold = exhibit.Hold("h-1", "诉讼中", frozenset({"ex:1"}))
    late = date(2030, 1, 1)
    assert exhibit.why_it_stays(FOUND, [], late) == ()
    assert len(exhibit.why_it_stays(FOUND, [hold], late)) == 1 and "诉讼中" in exhibit.why_it_stays(FOUND, [hold], late)[0].zh
    assert len(exhibit.why_it_stays(FOUND, [hold], date(2029, 3, 2))) == 2
    assert exhibit.why_it_stays(FOUND, [replace(hold, exhibits=frozenset({"ex:2"})), replace(hold, lifted_on=late)], late) == ()
    assert exhibit.why_it_stays(FOUND, [replace(hold, lifted_on=date(2030, 1, 2))], late)
    assert exhibit.why_it_stays(replace(FOUND, retain_until=None), [], late)
    assert code_of(exhibit.demand_removable, FOUND, [hold], late, "u-1", "u-2") == "E-EXHIBIT-05"
    for pair in (("u-1", "u-1"), ("u-1", ""), ("", "u-2")):
        with pytest.raises(NotEnough):
            exhibit.demand_removable(FOUND, [], late, *pair)
    exhibit.demand_removable(FOUND, [], late, "u-1", "u-2")
    with pytest.raises(Conflict):
        exhibit.demand_removable(FOUND, [], date(2026, 3, 2), "u-1", "u-2")


def test_an_exhibit_may_have_no_expiry():
    endless = replace(FOUND, retain_until=None)
    assert exhibit.read(endless.row()) == endless and "retain_until" not in endless.row()


def line(act=Act.VIEW, minutes=1, **more):
    sha = FOUND.digests.sha256
    return Line("ex:1", AT + timedelta(minutes=minutes), "u-17", act, "办案", **({"before": sha, "after": sha} | more))


CHAIN = custody.add(custody.add(custody.add((), line(Act.CAPTURE, 0)), line(), KEEPER), line(Act.TRANSFER, 2, giver="u-17", taker="u-9"))
KEYS = {"u-17": KEEPER.key}


def test_a_chain_leads_back_and_holds():
    raw = b"".join(one.to_bytes() + b"\n" for one in CHAIN)
    assert custody.read(raw) == CHAIN
    custody.check(CHAIN, FOUND.digests)
    assert code_of(custody.check, CHAIN, FOUND.digests, KEYS) == "E-CUSTODY-03", "whoever has a key must have signed"
    signed = ()
    for one in CHAIN:
        signed = custody.add(signed, replace(one, signature="", former=custody.START), KEEPER)
    custody.check(signed, FOUND.digests, KEYS)
    spoiled = (replace(signed[0], signature="zz"), *signed[1:])
    assert code_of(custody.check, spoiled, FOUND.digests, KEYS) == "E-CUSTODY-03"


@pytest.mark.parametrize("new", [
    replace(line(), actor=""), replace(line(), purpose=""), replace(line(), at=datetime(2027, 1, 1)), line(Act.TRANSFER, 3),
    line(Act.TRANSFER, 3, giver="u-1"), line(Act.CAPTURE, 3), replace(line(minutes=3), exhibit="ex:2"), line(minutes=1), line(minutes=3, before="0" * 64),
], ids=str)  # fmt: skip
def test_a_line_that_does_not_fit_is_refused(new):
    assert code_of(custody.add, CHAIN, new) == "E-CUSTODY-01"


def test_a_chain_begins_with_the_capture_and_ends_with_destruction():
    assert code_of(custody.add, (), line()) == "E-CUSTODY-01"
    ended = custody.add(CHAIN, line(Act.DESTROY, 5))
    assert code_of(custody.add, ended, line(minutes=6)) == "E-CUSTODY-01"


@pytest.mark.parametrize("chain", [(), CHAIN[1:], CHAIN[::2], (CHAIN[0], CHAIN[2], CHAIN[1]), (*CHAIN[:1], replace(CHAIN[1], actor="u-3"), CHAIN[2]), (replace(CHAIN[0], purpose="x"), *CHAIN[1:])], ids=len)
def test_a_broken_chain_is_found(chain):
    assert code_of(custody.check, chain, FOUND.digests) == "E-CUSTODY-03"


def test_a_chain_of_another_file_is_found():
    assert code_of(custody.check, CHAIN, digest.of_bytes(b"another")) == "E-CUSTODY-03"


@pytest.mark.parametrize("raw", [b"{}\n", b"[]\n", b"x\n", b'{"act":"eat"}\n', CHAIN[0].to_bytes().replace(b'"act"', b'"cat"'), CHAIN[0].to_bytes().replace(b"capture", b"steal")], ids=repr)
def test_a_faulty_line_is_refused(raw):
    assert code_of(custody.read, raw) == "E-CUSTODY-02"


# -- the outbox

LOG = note.new_signer("example.org/log", KeyKind.ED25519, bytes(range(32)))


def waiting(n):
    made = leaf.Leaf(f"row-{n}", "cases:decision:made", AT, "u-1", f"case:{n}", leaf.commit(bytes(32), b"%d" % n))
    return outbox.Waiting(made.id, leaf.to_bytes(made))


ROWS = [waiting(n) for n in range(40)]


class Database:
    """Rows with and without a place; what the web floor keeps."""

    def __init__(self):
        self.rows, self.places = [], {}

    def act(self, row):
        self.rows.append(row)

    def open(self):
        return [row for row in self.rows if row.id not in self.places]


def sequence(place, rows, dies_after_append=False):
    with store.Log(place, LOG) as log:
        log.publish()
        known = max(rows.places.values(), default=-1) + 1
        settled = outbox.settle(outbox.tail(store.public(place), log.n_durable, known), rows.open())
        rows.places.update(settled.places)
        got = log.append([row.entry for row in settled.to_append])
        if dies_after_append:
            raise PowerCut
        rows.places.update({row.id: index for row, index in zip(settled.to_append, got, strict=True)})
        log.publish()


@given(st.lists(st.tuples(st.integers(0, 6), st.sampled_from(["well", "dies", "cut"]), st.integers(0, 25)), max_size=10), st.integers(0, 1000))
@settings(max_examples=60, deadline=None)
def test_every_row_gets_one_place_whatever_breaks(days, seed):
    place, rows, n = LossyDisk(seed), Database(), 0
    store.create(place, LOG)
    for size, fate, stop_at in days:
        for _ in range(size):
            rows.act(waiting(n))
            n += 1
        place.stop_at = place.n_done + stop_at if fate == "cut" else None
        try:
            sequence(place, rows, fate == "dies")
        except PowerCut:
            place.cut_power()
    place.stop_at = None
    sequence(place, rows)
    held = {}
    store.verify(store.public(place), LOG.key, held.__setitem__)
    assert len(held) == n and {row.id: held[rows.places[row.id]] for row in rows.rows} == {row.id: row.entry for row in rows.rows}
    assert [leaf.from_bytes(held[index]).id for index in range(n)] == [row.id for row in rows.rows], "in the order of the acts"


def test_a_database_or_a_log_that_was_set_back_is_told():
    place, rows = LossyDisk(), Database()
    store.create(place, LOG)
    for row in ROWS[:3]:
        rows.act(row)
    sequence(place, rows)
    older = Database()
    older.act(ROWS[0])
    assert code_of(sequence, place, older) == "E-OUTBOX-01"
    changed = Database()
    changed.act(replace(ROWS[1], id=ROWS[0].id))
    for row in ROWS[1:3]:
        changed.act(row)
    assert code_of(sequence, place, changed) == "E-OUTBOX-02"
    fresh = LossyDisk()
    store.create(fresh, LOG)
    assert code_of(sequence, fresh, rows) == "E-OUTBOX-03"
    with pytest.raises(ProofError):
        sequence(fresh, rows)
