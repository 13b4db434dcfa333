"""Two dialers never both take the third call, in SQLite and in PostgreSQL."""

from __future__ import annotations

import random
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from lianfang.engine.conduct import contact as contacts
from lianfang.engine.conduct import gate, ledger, load
from lianfang.engine.conduct.history import History
from lianfang.engine.conduct.words import words
from lianfang.engine.terms.errors import Conflict, NotFound

RULES = load.rules()
NOON = contacts.micros("2026-03-02T12:00:00+08:00")
OUTCOME = {"answered": True, "effective": True, "duration_seconds": 40}


def call(debtor: str = "D1", **changed: Any) -> contacts.Contact:
    raw = {**words().sample, "at": NOON, "debtor_id": debtor, "party_mobile": f"138{abs(hash(debtor)) % 10**8:08d}"}
    for outcome in OUTCOME:
        raw.pop(outcome)
    return contacts.read({**raw, **changed})


def sqlite_book(path: Path) -> ledger.Ledger:
    connection = sqlite3.connect(path, isolation_level=None, timeout=30, check_same_thread=False)
    connection.execute("pragma journal_mode = wal")
    return ledger.Ledger(connection, RULES, "?")


def postgres_book(address: str) -> ledger.Ledger:
    import psycopg

    return ledger.Ledger(psycopg.connect(address, autocommit=True), RULES, "%s")


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def books(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    opened: list[ledger.Ledger] = []
    if request.param == "sqlite":
        def opener() -> ledger.Ledger:
            return sqlite_book(tmp_path / "gate.sqlite")
    else:
        address = request.getfixturevalue("postgres_address")
        def opener() -> ledger.Ledger:
            return postgres_book(address)

    def made() -> ledger.Ledger:
        opened.append(opener())
        return opened[-1]

    first = made()
    for table in ("conduct_tally", "conduct_lock", "conduct_answer", "conduct_seen"):
        first._run(f"drop table if exists {table}")
    first.prepare()
    yield made
    for book in opened:
        book._con.close()


def test_the_third_call_is_taken_once(books: Any) -> None:
    first = books()
    for _ in range(2):
        first.confirm(first.reserve(call(), NOON).number, OUTCOME, NOON)
    dialers, ready = [books() for _ in range(8)], threading.Barrier(8)

    def dial(book: ledger.Ledger) -> bool:
        ready.wait()
        return book.reserve(call(agency=random.choice(["甲催", "乙催"])), NOON).verdict.allow

    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(dial, dialers))
    assert sum(taken) == 1
    assert "DAILY_EFFECTIVE_CAP" in first.check(call(), NOON).codes
    kept = first._run("select state, count(*) from conduct_answer group by state order by state").fetchall()
    assert [tuple(row) for row in kept] == [("confirmed", 2), ("refused", 7), ("reserved", 1)]


def test_many_dialers_many_debtors_never_pass_the_limit(books: Any) -> None:
    dialers = [books() for _ in range(4)]
    debtors = [f"D{n}" for n in range(5)]

    def dial(book: ledger.Ledger) -> list[str]:
        chance, made = random.Random(id(book)), []
        for _ in range(25):
            debtor = chance.choice(debtors)
            ticket = book.reserve(call(debtor), NOON)
            if ticket.verdict.allow:
                if chance.random() < 0.3:
                    book.release(ticket.number)
                else:
                    book.confirm(ticket.number, OUTCOME, NOON)
                    made.append(debtor)
        return made

    with ThreadPoolExecutor(4) as pool:
        made = [debtor for each in pool.map(dial, dialers) for debtor in each]
    assert all(made.count(debtor) == 3 for debtor in debtors)


def test_a_reservation_ends_after_two_minutes_or_when_released(books: Any) -> None:
    book = books()
    tickets = [book.reserve(call(), NOON) for _ in range(4)]
    assert [one.verdict.allow for one in tickets] == [True, True, True, False]
    book.release(tickets[0].number)
    assert book.reserve(call(), NOON).verdict.allow
    assert not book.reserve(call(), NOON + ledger.RESERVE_US - 1).verdict.allow
    assert book.reserve(call(), NOON + ledger.RESERVE_US).verdict.allow
    assert book.sweep(NOON + ledger.RESERVE_US) == 3


def test_an_answer_is_closed_once(books: Any) -> None:
    book = books()
    ticket = book.reserve(call(), NOON)
    book.confirm(ticket.number, OUTCOME, NOON)
    with pytest.raises(Conflict):
        book.confirm(ticket.number, OUTCOME, NOON)
    with pytest.raises(Conflict):
        book.release(ticket.number)
    with pytest.raises(NotFound):
        book.release(7)
    refused = book.reserve(call(recording_id=None), NOON)
    with pytest.raises(Conflict):
        book.confirm(refused.number, OUTCOME, NOON)


def test_an_unanswered_call_gives_the_place_back_and_counts_as_an_attempt(books: Any) -> None:
    book = books()
    for _ in range(6):
        ticket = book.reserve(call(), NOON)
        assert ticket.verdict.allow and not ticket.verdict.warnings
        book.confirm(ticket.number, {"answered": False, "effective": False, "duration_seconds": 0}, NOON)
    assert book.reserve(call(), NOON).verdict.warnings == ("DAILY_UNANSWERED_CAP",)


def test_the_ledger_answers_as_the_history_does(books: Any) -> None:
    book, chance, told = books(), random.Random(5), []
    for n in range(60):
        made = call(chance.choice(["D1", "D2"]), at=NOON + chance.randint(-(10**11), 10**11), record_id=str(n), **{
            **OUTCOME, "effective": chance.random() < 0.5, "answered": chance.random() < 0.7,
            "party_role": chance.choice(["debtor", "emergency_contact"]), "stop_requested": chance.random() < 0.1})
        told += [made] * chance.choice([1, 1, 2])
    chance.shuffle(told)
    for made in told:
        book.record(made)
    past = History(RULES, told)
    for n in range(40):
        asked = call(chance.choice(["D1", "D2", "D3"]), at=NOON + chance.randint(-(10**11), 10**11),
                     party_role=chance.choice(["debtor", "emergency_contact"]), unreachable_basis="空号", purpose="转告" if n % 2 else "催收")
        ours, theirs = book.check(asked), gate.check(asked, past, RULES)
        assert ours.told() == theirs.told()
