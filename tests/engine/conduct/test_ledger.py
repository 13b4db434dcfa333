"""Two dialers never both take the third call, in SQLite and in PostgreSQL."""

from __future__ import annotations

import contextlib
import itertools
import multiprocessing
import random
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
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


PATIENT_MS = 60_000  # what is tested here is who gets a place, on a busy machine too


def sqlite_book(path: Path, patience_ms: int = PATIENT_MS) -> ledger.Ledger:
    connection = sqlite3.connect(path, isolation_level=None, timeout=30, check_same_thread=False)
    connection.execute("pragma journal_mode = wal")
    return ledger.Ledger(connection, RULES, "?", patience_ms=patience_ms)


def postgres_book(address: str, patience_ms: int = PATIENT_MS) -> ledger.Ledger:
    import psycopg

    return ledger.Ledger(psycopg.connect(address, autocommit=True), RULES, "%s", patience_ms=patience_ms)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def books(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    opened: list[ledger.Ledger] = []
    if request.param == "sqlite":
        address = str(tmp_path / "gate.sqlite")
        def opener(patience_ms: int) -> ledger.Ledger:
            return sqlite_book(Path(address), patience_ms)
    else:
        address = request.getfixturevalue("postgres_address")
        def opener(patience_ms: int) -> ledger.Ledger:
            return postgres_book(address, patience_ms)

    def made(patience_ms: int = PATIENT_MS) -> ledger.Ledger:
        opened.append(opener(patience_ms))
        return opened[-1]

    made.address = (request.param, address)  # type: ignore[attr-defined]
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


def test_a_call_confirmed_without_an_outcome_keeps_its_place(books: Any) -> None:
    book = books()
    for _ in range(3):
        book.confirm(book.reserve(call(), NOON).number, {}, NOON)
    assert book.reserve(call(), NOON).verdict.codes == ("DAILY_EFFECTIVE_CAP",)


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
                     party_role=chance.choice(["debtor", "emergency_contact"]), unreachable_basis=("空号", "连续三次无法联系")[n % 3 == 0], purpose="转告" if n % 2 else "催收")
        ours, theirs = book.check(asked), gate.check(asked, past, RULES)
        assert ours.told() == theirs.told()
    told = [ask for unit in RULES.units for key in ("debtor", "number") for reset in (None, *RULES.units)
            for ask in [gate.Ask(unit.name, call().key(key), NOON - chance.randint(0, 10**11), chance.randint(1, 4), reset and reset.name)]]
    for start in range(0, len(told), 9):
        asks = tuple(told[start:start + 9])
        assert book.seen(asks) == past.seen(asks)


class Watched:
    """A connection that keeps what was said to the database, one list for each wait."""

    def __init__(self, connection: Any) -> None:
        self.real, self.trips, self.is_together = connection, list[list[str]](), False

    def cursor(self) -> Any:
        cursor = self.real.cursor()
        def execute(sql: str, params: Any = (), **options: Any) -> Any:
            self.trips[-1].append(sql) if self.is_together else self.trips.append([sql])
            return cursor.execute(sql, params, **options)
        return SimpleNamespace(execute=execute, fetchall=cursor.fetchall, fetchone=cursor.fetchone)

    @contextlib.contextmanager
    def pipeline(self) -> Any:
        self.trips.append([])
        self.is_together = True
        with self.real.pipeline():
            yield
        self.is_together = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)


def test_all_counts_of_a_check_are_one_statement_and_one_wait(books: Any) -> None:
    book = books()
    book.confirm(book.reserve(call(), NOON).number, OUTCOME, NOON)
    watched = book._con = Watched(book._con)
    verdict = book.check(call(), NOON)
    assert verdict.allow and len({each.rule_id for each in verdict.remaining}) > 1 and verdict.remaining[0].used == 1
    assert sum("from conduct_tally" in sql for trip in watched.trips for sql in trip) == 1
    if book.is_sqlite:
        return
    assert len(watched.trips) == 1
    watched.trips.clear()
    assert book.reserve(call(), NOON).verdict.allow
    asked, written, ended = watched.trips
    # The count is a statement after the locks, so that it sees what whoever held them wrote.
    assert asked[0] == "begin" and ["conduct_lock" in sql for sql in asked[2:]] == [True, True, False]
    assert all(sql.startswith("insert into") for sql in written) and ended == ["commit"]


def _dialer(database: tuple[str, str], seed: int, ready: Any, told: Any) -> None:
    """One process of dialers: asks until every debtor is refused, tells whom it called and when a place was given."""
    book = sqlite_book(Path(database[1])) if database[0] == "sqlite" else postgres_book(database[1])
    chance, made = random.Random(seed), []
    ready.wait()
    for _ in range(30):
        debtor = f"P{chance.randint(1, 4)}"
        ticket = book.reserve(call(debtor, agency=f"催{seed}", party_mobile="13800000001" if debtor == "P1" else f"1390000000{debtor[1]}"), NOON)
        if ticket.verdict.allow:
            if chance.random() < 0.4:
                book.release(ticket.number)
            else:
                book.confirm(ticket.number, OUTCOME, NOON)
                made.append(debtor)
    told.put(made)


@pytest.mark.parametrize("seed", [1, 2])
def test_real_processes_never_pass_the_limit(books: Any, seed: int) -> None:
    spawn, n = multiprocessing.get_context("spawn"), 3
    ready, told = spawn.Barrier(n), spawn.Queue()
    dialers = [spawn.Process(target=_dialer, args=(books.address, 10 * seed + one, ready, told)) for one in range(n)]
    for each in dialers:
        each.start()
    made = [debtor for _ in dialers for debtor in told.get(timeout=120)]
    for each in dialers:
        each.join(timeout=60)
    assert all(each.exitcode == 0 for each in dialers)
    assert {debtor: made.count(debtor) for debtor in sorted(set(made))} == {f"P{n}": 3 for n in (1, 2, 3, 4)}
    states = dict(tuple(row) for row in books()._run("select state, count(*) from conduct_answer group by state").fetchall())
    assert states["confirmed"] == 12 and "reserved" not in states and sum(states.values()) == 30 * n


def test_who_waits_too_long_is_refused_and_holds_nothing(books: Any) -> None:
    holder, hasty = books(), books(patience_ms=50)
    hasty.check(call(), NOON)
    with contextlib.ExitStack() as until:
        until.enter_context(holder.transaction())
        for key in (call().key("debtor"), call().key("number")):
            holder._run("insert into conduct_lock (counted_over, turns) values (?, 1)", key)
        began = time.perf_counter()
        ticket = hasty.reserve(call(), NOON)
        assert time.perf_counter() - began < 2
        assert not ticket.verdict.allow and ticket.verdict.codes[0] == "E_TIMEOUT" and ticket.expires_us is None
        assert ticket.verdict.told()["missing"][0]["code"] == "E_TIMEOUT"
    assert hasty._run("select count(*) from conduct_tally").fetchone()[0] == 0
    hasty.patience_ms = PATIENT_MS
    assert hasty.reserve(call(), NOON).verdict.allow
    kept = hasty._run("select codes from conduct_answer where state = 'refused'").fetchall()
    assert [tuple(row) for row in kept] in ([("E_TIMEOUT",)], [])


def test_no_time_at_all_is_a_refusal_not_a_crash(books: Any) -> None:
    book = books(patience_ms=0)
    assert book.check(call(), NOON).codes == ("E_TIMEOUT",)
    at_night = call(at=NOON + 11 * 3_600_000_000)
    assert set(book.check(at_night, NOON).codes) == {"E_TIMEOUT", "QUIET_HOURS"}
    ticket = book.reserve(call(), NOON)
    assert ticket.number is None and ticket.verdict.codes == ("E_TIMEOUT",)
    book.record(call(**OUTCOME))  # what has happened is written down whatever the patience
    book.patience_ms = PATIENT_MS
    assert book.check(call(), NOON).remaining[0].used <= 1


def test_time_may_run_out_anywhere_and_the_ledger_stays_usable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = itertools.count()
    monkeypatch.setattr(ledger, "time", SimpleNamespace(perf_counter=lambda: next(ticks) / 1000))  # every look costs a millisecond
    monkeypatch.setattr(ledger, "_LOOK_STEPS", 1)
    book, codes = sqlite_book(tmp_path / "gate.sqlite", 10**9), set[str]()
    book.prepare()
    for patience_ms in (*range(0, 400, 23), *range(400, 6_000, 700), 10**9):
        book.patience_ms = patience_ms
        codes.update(book.check(call(f"A{patience_ms}"), NOON).codes or ("allowed",))
        ticket = book.reserve(call(f"B{patience_ms}"), NOON)
        codes.update(ticket.verdict.codes or ("taken",))
        assert not book.connection.in_transaction
        if ticket.verdict.allow:
            book.release(ticket.number or 0)
    assert codes == {"E_TIMEOUT", "allowed", "taken"}
    assert book._run("select count(*) from conduct_tally").fetchone()[0] == 0


def test_what_is_written_past_the_ledger_in_its_transaction_is_undone_with_it(books: Any) -> None:
    book = books()
    with contextlib.suppress(ZeroDivisionError), book.transaction():
        book.connection.cursor().execute("insert into conduct_seen values ('x')")
        raise ZeroDivisionError
    assert book._run("select count(*) from conduct_seen").fetchone()[0] == 0
    assert book.record(call(**OUTCOME)) and not book.record(call(**OUTCOME))


def test_a_log_taken_whole_counts_as_the_same_contacts_recorded(books: Any, tmp_path: Path) -> None:
    import pyarrow as pa

    from lianfang.engine.conduct import ledger_fill
    from lianfang.engine.tables.duck import DuckTables

    book, chance, rows = books(), random.Random(8), []
    for n in range(400):
        rows.append({**words().sample, "at": NOON + chance.randint(-(10**11), 10**11) // 1000 * 1000, "debtor_id": chance.choice(["D1", 'D"2', "D,3", " D1 "]), "record_id": str(n),
                     "answered": chance.random() < 0.6, "effective": chance.random() < 0.5, "agency": chance.choice([None, "甲催"]),
                     "party_mobile": chance.choice(["13800000001", "13800000002", None])})
    rows += rows[:50]
    table = pa.Table.from_pylist([{**row, "at": contacts.moment(row["at"]), "record_no": n} for n, row in enumerate(rows)])
    n = ledger_fill.fill(book, [table.slice(0, 100), table.slice(100)], DuckTables(threads=1))
    filled = [tuple(row) for row in book._run("select unit, counted_over, at_us, contact from conduct_tally").fetchall()]
    assert n == len(filled) > 300
    other = sqlite_book(tmp_path / "other.sqlite")
    other.prepare()
    for row in rows:
        other.record(contacts.read(row, RULES.default_zone))
    assert sorted(filled) == sorted(tuple(row) for row in other._run("select unit, counted_over, at_us, contact from conduct_tally").fetchall())
    for row in rows[:20]:
        book.record(contacts.read(row, RULES.default_zone))  # told again after the fill: still once
    assert book._run("select count(*) from conduct_tally").fetchone()[0] == n
