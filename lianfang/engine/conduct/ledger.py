"""The gate over a database: counting right when many dialers ask at once, and every answer kept.

The caller gives an open DB-API connection (SQLite or PostgreSQL); nothing is opened here. A contact is
reserved before it is made and confirmed or released after: a reservation counts like a contact until
its two minutes are over, so two dialers never both take the third call. The lock is a row per debtor
(and per number) updated inside the transaction; it is the same SQL on both databases.

A question that is not answered in time is refused with `E_TIMEOUT`: a gate that is late is shut.

Each wait for PostgreSQL costs two processes a turn. All counts of a check are one statement, and what needs
no answer of its own (begin, locks, writes) is sent with the next statement that does, in one pipeline.
"""

from __future__ import annotations

import contextlib
import json
import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from lianfang.engine.conduct import contact as contacts
from lianfang.engine.conduct import gate, ledger_counts
from lianfang.engine.conduct.contact import Contact
from lianfang.engine.conduct.history import counts_in
from lianfang.engine.conduct.rules import Rules, Unit
from lianfang.engine.conduct.standing import Standing
from lianfang.engine.conduct.verdict import Verdict
from lianfang.engine.terms.errors import Conflict, NotFound, Say

RESERVE_US = 120 * 1_000_000
PATIENCE_MS = 50  # conventions sheet 4.7: no answer in 50 ms is a refusal
_LONG_MS = 30_000  # what has happened is written down, however long the queue
_LOOK_STEPS = 2_000  # SQLite's own steps between two looks at the clock
# Every other key is part of one of these.
_LOCKED = ("debtor", "number")

TABLES = (
    # One row per contact and unit it counts in. `answer` is the reservation's number, 0 once confirmed
    # or loaded; a reservation counts until `expires_us`.
    """create table if not exists conduct_tally (
        unit text not null, counted_over text not null, at_us bigint not null,
        contact text not null, answer bigint not null, expires_us bigint,
        primary key (unit, counted_over, at_us, contact))""",
    "create index if not exists conduct_tally_answer on conduct_tally (answer) where answer <> 0",
    "create table if not exists conduct_lock (counted_over text primary key, turns bigint not null)",
    """create table if not exists conduct_answer (
        answer bigint primary key, asked_us bigint not null, debtor text, allowed smallint not null,
        state text not null, expires_us bigint, codes text not null, intent text not null,
        verdict text not null, rules_sha256 text not null)""",
    "create table if not exists conduct_seen (contact text primary key)",
)


class Cursor(Protocol):
    """A DB-API cursor, as far as it is used."""

    rowcount: int

    def execute(self, sql: Any, params: Any = ...) -> Any:
        """Run one statement."""

    def executemany(self, sql: Any, params: Any) -> Any:
        """Run one statement for many rows."""

    def fetchall(self) -> list[Any]:
        """Give all rows."""

    def fetchone(self) -> Any:
        """Give one row."""


class Connection(Protocol):
    """A DB-API connection in autocommit: `begin` and `commit` are said here."""

    def cursor(self) -> Any:
        """Open a cursor."""


@dataclass(frozen=True)
class Reservation:
    """A kept answer. Allowed: make the contact, then `confirm` or `release` it by its number.

    `number` is none only where the database did not even take the refusal in time.
    """

    number: int | None
    verdict: Verdict
    expires_us: int | None


class _Late(Exception):
    """The time for an answer is over."""


class Ledger:
    """What went before, in a database; it is also the `Past` the gate asks.

    Args:
        connection: open, autocommit (`isolation_level=None` in sqlite3, `autocommit=True` in psycopg),
            used by one thread at a time.
        rules: the rules in force; their units are what is counted.
        mark: how the driver writes a place for a value: `?` or `%s`.
        standing: holds and registers.
        patience_ms: a question that takes longer is refused with `E_TIMEOUT`.
    """

    def __init__(self, connection: Connection, rules: Rules, mark: str = "?", standing: Standing | None = None,
                 patience_ms: int = PATIENCE_MS) -> None:
        self.standing = standing or Standing()
        self.rules = rules
        self.patience_ms = patience_ms
        self._con, self._mark = connection, mark
        self._now_us: int | None = None
        self._until: float | None = None
        self._waiting: list[tuple[str, tuple[Any, ...]]] = []

    @property
    def is_sqlite(self) -> bool:
        """Say whether the database is SQLite; else it is PostgreSQL."""
        return self._mark == "?"

    @property
    def connection(self) -> Any:
        """The connection given."""
        return self._con

    def prepare(self) -> None:
        """Make the tables where they are not there yet."""
        for sql in TABLES:
            # SQLite keeps the tallies in their own key's order instead of twice.
            ordered = self.is_sqlite and "primary key (unit" in sql
            self._run(sql + " without rowid" if ordered else sql)

    def _run(self, sql: str, *params: Any) -> Any:
        """Run a statement, after those that wait for it; its cursor holds the answer."""
        self._last_look()
        waiting, self._waiting = self._waiting, []
        if waiting:
            with self._con.pipeline():  # type: ignore[attr-defined]
                for text, values in waiting:
                    self._con.cursor().execute(text.replace("?", self._mark), values, prepare=True)
                cursor = self._con.cursor()
                cursor.execute(sql.replace("?", self._mark), params, prepare=True)
            return cursor
        cursor = self._con.cursor()
        cursor.execute(sql.replace("?", self._mark), params)
        return cursor

    def _later(self, sql: str, *params: Any) -> None:
        """Send a statement together with the next one that is run; SQLite has no wait to save."""
        if self.is_sqlite:
            self._run(sql, *params)
        else:
            self._waiting.append((sql, params))

    def _send(self) -> None:
        """Run what still waits."""
        if self._waiting:
            sql, params = self._waiting.pop()
            self._run(sql, *params)

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit what the block writes, or nothing of it."""
        with self._writing():
            self._send()  # the block may speak to the connection itself
            yield

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        """Do as `transaction`, with a beginning that is sent with what comes first."""
        # SQLite takes its one write lock at once; a later upgrade could fail under two writers.
        self._later("begin immediate" if self.is_sqlite else "begin")
        try:
            yield
            if self._until is not None:
                self._send()  # before the last look at the clock
            self._run("commit")
        except BaseException:
            self._unhurried()
            with contextlib.suppress(Exception):  # the fault that is told is the first one
                self._run("rollback")
            raise

    @contextlib.contextmanager
    def _in_time(self) -> Iterator[None]:
        """Let nothing in the block wait or run beyond the patience.

        Raises:
            _Late: the database, or whoever holds its lock, took too long.
        """
        late = time.perf_counter() + self.patience_ms / 1000
        if self.is_sqlite:
            self._wait(max(1, self.patience_ms), lambda: int(time.perf_counter() > late))
        self._until = late
        try:
            yield
        except _Late:
            raise
        except Exception as wrong:
            if _is_late(wrong):
                raise _Late from wrong
            raise
        finally:
            self._unhurried()
            if self.is_sqlite:
                self._wait(_LONG_MS, None)

    def _unhurried(self) -> None:
        """Forget the patience: one that has run out would stop what must still be said to the database."""
        self._until = None
        self._waiting.clear()
        if self.is_sqlite:
            self._con.set_progress_handler(None, _LOOK_STEPS)  # type: ignore[attr-defined]

    def _wait(self, wait_ms: int, is_over: Callable[[], int] | None) -> None:
        """Tell SQLite how long it may wait for a lock, and what to ask while it works on one statement."""
        self._run(f"pragma busy_timeout = {int(wait_ms)}")  # before the watch over time, which would stop it too
        self._con.set_progress_handler(is_over, _LOOK_STEPS)  # type: ignore[attr-defined]

    def _limit(self) -> None:
        """Tell PostgreSQL how long each statement of this transaction, or of this one trip, may take."""
        if not self.is_sqlite:
            wait_ms = _LONG_MS if self._until is None else max(1, int(self.patience_ms))
            self._later("select set_config('statement_timeout', ?, true)", str(wait_ms))

    def seen(self, asks: Sequence[gate.Ask]) -> list[tuple[int, ...]]:
        """Give, for every ask, the moments of counted contacts, newest first."""
        now_us = self._now_us if self._now_us is not None else -(2**62)
        sql, values = ledger_counts.statement(asks, now_us)
        return ledger_counts.sorted_out(self._run(sql, *values).fetchall(), len(asks))

    def check(self, intent: Contact, now_us: int | None = None) -> Verdict:
        """Ask the gate without reserving or keeping the answer; no answer in time is a refusal.

        Ask outside a transaction: inside one, PostgreSQL would keep the patience to its end.
        """
        try:
            with self._in_time():
                self._limit()
                verdict = self._asked(intent, now_us)
                self._last_look()
        except _Late:
            return gate.late(intent, self.rules, self.standing, now_us)
        return verdict

    def _asked(self, intent: Contact, now_us: int | None) -> Verdict:
        self._now_us = now_us if now_us is not None else intent.at_us
        return gate.check(intent, self, self.rules, now_us)

    def _last_look(self) -> None:
        if self._until is not None and time.perf_counter() > self._until:
            raise _Late

    def reserve(self, intent: Contact, now_us: int) -> Reservation:
        """Ask the gate and, where it allows, hold the place until the contact is made.

        Args:
            intent: the contact as planned.
            now_us: the moment asked, microseconds UTC.

        Returns:
            The kept answer, pass or refusal. A pass counts like a contact for two minutes.
            Where no answer comes in time: a refusal with `E_TIMEOUT`, nothing held.
        """
        intent = gate.placed(intent, now_us)
        try:
            with self._in_time(), self._writing():
                self._limit()
                return self._reserved(intent, now_us)
        except _Late:
            verdict = gate.late(intent, self.rules, self.standing, now_us)
        number = secrets.randbits(62)
        try:
            with self._in_time():
                self._limit()
                self._keep(number, intent, verdict, now_us)
                self._send()
        except _Late:
            return Reservation(None, verdict, None)
        return Reservation(number, verdict, None)

    def _reserved(self, intent: Contact, now_us: int) -> Reservation:
        for key in sorted({key for name in _LOCKED if (key := intent.key(name)) is not None}):
            self._later("insert into conduct_lock (counted_over, turns) values (?, 1) "
                        "on conflict (counted_over) do update set turns = conduct_lock.turns + 1", key)
        verdict = self._asked(intent, now_us)
        number = secrets.randbits(62)  # no counter to queue for
        expires_us = self._keep(number, intent, verdict, now_us)
        if verdict.allow:
            for unit in self.rules.units:
                key = intent.key(unit.key)
                if unit.reserves and key is not None and intent.at_us is not None and unit.of.check(intent.facts):
                    self._tally(unit, key, intent.at_us, f"r{number}", number, expires_us)
        return Reservation(number, verdict, expires_us)

    def _keep(self, number: int, intent: Contact, verdict: Verdict, now_us: int) -> int | None:
        """Keep an answer; give the moment a pass ends."""
        expires_us = now_us + RESERVE_US if verdict.allow else None
        told = json.dumps(verdict.told(), ensure_ascii=False, separators=(",", ":"))
        self._later("insert into conduct_answer values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", number, now_us,
                    intent.key("debtor"), int(verdict.allow), "reserved" if verdict.allow else "refused", expires_us,
                    "|".join(verdict.codes), _kept(intent), told, verdict.rules_sha256)
        return expires_us

    def _tally(self, unit: Unit, key: str, at_us: int, name: str, answer: int, expires_us: int | None) -> None:
        self._later("insert into conduct_tally values (?, ?, ?, ?, ?, ?) on conflict do nothing",
                    unit.name, key, at_us, name, answer, expires_us)

    def confirm(self, number: int, outcome: Mapping[str, Any], now_us: int) -> None:
        """Say that a reserved contact was made, and how it ended.

        Args:
            number: the reservation's number.
            outcome: answered, effective, duration_seconds, stop_requested; `at` where it was made later. A call
                of which it tells nothing counts as answered.
            now_us: the moment told.

        Raises:
            NotFound: no such answer.
            Conflict: it was refused, released or confirmed already.
        """
        with self._writing():
            raw = self._close(number, "confirmed")
            made = contacts.read({**raw, **contacts.ended(raw, outcome)})
            if made.at_us is not None:
                self._record(made, f"r{number}")

    def release(self, number: int) -> None:
        """Give a reserved place back: the contact was not made.

        Raises:
            NotFound: no such answer.
            Conflict: it was refused, released or confirmed already.
        """
        with self._writing():
            self._close(number, "released")

    def _close(self, number: int, state: str) -> dict[str, Any]:
        self._limit()
        moved = self._run("update conduct_answer set state = ? where answer = ? and state = 'reserved' returning intent", state, number).fetchall()
        if not moved:
            row = self._run("select state from conduct_answer where answer = ?", number).fetchone()
            if row is None:
                raise NotFound(Say(f"没有这次放行：{number}", f"no such answer: {number}"), code="E-GATE-01", where="conduct_answer")
            raise Conflict(
                Say(f"这次询问的状态是 {row[0]}，不能再变", f"this answer is {row[0]} and changes no more"),
                code="E-GATE-02", where=f"conduct_answer:{number}",
                fix=Say("重新询问", "ask again"),
            )
        self._later("delete from conduct_tally where answer = ? and answer <> 0", number)
        return dict(json.loads(moved[0][0]))

    def record(self, made: Contact) -> bool:
        """Take in a contact that was made outside the gate; the same one told twice counts once.

        Returns:
            False where it was known already.
        """
        with self._writing():
            self._limit()
            return self._record(made, None)

    def _record(self, made: Contact, name: str | None) -> bool:
        name = name or contacts.same_name(made)
        if made.at_us is None:
            return True
        if self._run("insert into conduct_seen values (?) on conflict do nothing", name).rowcount != 1:
            return False
        for unit in self.rules.units:
            key = counts_in(unit, made)
            if key is not None:
                self._tally(unit, key, made.at_us, name, 0, None)
        return True

    def sweep(self, now_us: int) -> int:
        """Take expired reservations away; they count no more already.

        Returns:
            How many answers expired.
        """
        self._run("delete from conduct_tally where expires_us is not null and expires_us <= ?", now_us)
        return int(self._run("update conduct_answer set state = 'expired' where state = 'reserved' and expires_us <= ?", now_us).rowcount)


def _is_late(wrong: Exception) -> bool:
    """Say whether a driver's error means that time ran out: a lock not given, a statement stopped."""
    if type(wrong).__name__ in ("QueryCanceled", "LockNotAvailable"):
        return True
    return type(wrong).__name__ == "OperationalError" and any(word in str(wrong) for word in ("locked", "interrupted"))


def _kept(intent: Contact) -> str:
    """Give an intent as it is kept: codes and moments, enough to confirm it later."""
    return json.dumps({**{name: value for name, value in intent.facts.items() if value is not None},
                       "at": intent.at_us, "tz": intent.zone}, ensure_ascii=False, separators=(",", ":"))
