"""Figures of the gate over a history of n contacts, in SQLite and in PostgreSQL."""

from __future__ import annotations

import contextlib
import glob
import os
import pwd
import shutil
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from lianfang.bench.conduct import DAY_US, START_US, synthetic
from lianfang.engine.conduct import contact as contacts
from lianfang.engine.conduct import ledger, ledger_fill, load
from lianfang.engine.conduct.contact import NUMBERS, Contact
from lianfang.engine.tables.duck import DuckTables

_OUTCOME = {"answered": True, "effective": True, "duration_seconds": 30}


def gate(n: int, asks: int = 5_000) -> dict[str, Any]:
    """Measure the gate over a history of n contacts, in process, one database after the other.

    Returns:
        By database: tallies, seconds to fill, milliseconds at p50 and p99 of a check and of a
        reservation with its confirmation, on the wall and in this process's CPU; refusals for lateness.
    """
    told: dict[str, Any] = {"rows": n, "asks": asks}
    with tempfile.TemporaryDirectory() as folder:
        connection = sqlite3.connect(Path(folder) / "gate.sqlite", isolation_level=None)
        connection.execute("pragma journal_mode = wal")
        connection.execute("pragma synchronous = normal")
        told["sqlite"] = _measured(ledger.Ledger(connection, load.rules(), "?"), n, asks)
        connection.close()
    with throw_away_postgres() as address:
        if address is None:
            told["postgres"] = None
            return told
        import psycopg

        with psycopg.connect(address, autocommit=True) as held:
            told["postgres"] = _measured(ledger.Ledger(held, load.rules(), "%s"), n, asks)
    return told


def _measured(book: ledger.Ledger, n: int, asks: int) -> dict[str, Any]:
    book.prepare()
    began, cpu = time.perf_counter(), time.process_time()
    tallies = ledger_fill.fill(book, synthetic(n), DuckTables(threads=2))
    filled, worked = time.perf_counter() - began, time.process_time() - cpu
    if not book.is_sqlite:
        book.connection.execute("vacuum analyze conduct_tally")
    rng = np.random.default_rng(11)
    _asked(book, rng, max(1, n // 25), 200)
    load_before = os.getloadavg()[0]
    spent, late = _asked(book, rng, max(1, n // 25), asks)
    return {
        "tallies": tallies, "fill_seconds": round(filled, 1), "fill_cpu_seconds": round(worked, 1),
        **{f"{name}_ms": _quantiles(seconds) for name, seconds in spent.items()},
        "late": late, "load": round(load_before, 2),
    }


def _intent(rng: np.random.Generator, debtors: int) -> Contact:
    debtor = int(rng.integers(0, debtors))
    at_us = START_US + int(rng.integers(0, 90)) * DAY_US + int(rng.integers(9, 21)) * 3_600_000_000
    return contacts.read({
        "at": at_us, "tz": "Asia/Shanghai", "institution": "甲银行", "agency": "催收机构01", "collector_id": "K00000001",
        "channel": "电话", "direction": "呼出", "party_role": "本人", "debtor_id": f"D{debtor:08d}",
        "party_mobile": f"138{debtor:08d}", "recording_id": "line-1", "disclosed": "机构|催收机构|工号|来意",
        **dict.fromkeys(NUMBERS),
    })


def _asked(book: ledger.Ledger, rng: np.random.Generator, debtors: int, asks: int) -> tuple[dict[str, list[float]], int]:
    """Ask for random debtors; give seconds by what was done, and how many answers came too late."""
    spent: dict[str, list[float]] = {name: [] for name in ("check", "check_cpu", "reserve_confirm", "reserve_confirm_cpu")}
    late = 0
    for _ in range(asks):
        intent = _intent(rng, debtors)
        began, cpu = time.perf_counter(), time.process_time()
        verdict = book.check(intent)
        spent["check"].append(time.perf_counter() - began)
        spent["check_cpu"].append(time.process_time() - cpu)
        late += "E_TIMEOUT" in verdict.codes
        began, cpu = time.perf_counter(), time.process_time()
        held = book.reserve(intent, intent.at_us or 0)
        if held.number is not None and held.verdict.allow:
            book.confirm(held.number, _OUTCOME, intent.at_us or 0)
        spent["reserve_confirm"].append(time.perf_counter() - began)
        spent["reserve_confirm_cpu"].append(time.process_time() - cpu)
        late += "E_TIMEOUT" in held.verdict.codes
    return spent, late


def _quantiles(seconds: list[float]) -> dict[str, float]:
    ordered = np.array(seconds) * 1000
    return {name: round(float(np.quantile(ordered, share)), 3) for name, share in (("p50", 0.5), ("p99", 0.99), ("p999", 0.999))}


@contextlib.contextmanager
def throw_away_postgres() -> Iterator[str | None]:
    """Start this machine's PostgreSQL on a socket in a temporary folder; none where it has none."""
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda path: int(path.split("/")[4]))
    if not found:
        yield None
        return
    folder = tempfile.mkdtemp(prefix="lianfang-bench-", dir="/tmp")
    run_as: dict[str, Any] = {"cwd": "/", "stdout": subprocess.DEVNULL}
    if os.geteuid() == 0:  # initdb refuses root
        user = pwd.getpwnam("postgres")
        os.chown(folder, user.pw_uid, user.pw_gid)
        run_as |= {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    data = ["-D", f"{folder}/data"]
    try:
        subprocess.run([f"{found[-1]}/initdb", *data, "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8"], check=True, **run_as)
        options = f"-k {folder} -c listen_addresses='' -c shared_buffers=256MB -c synchronous_commit=off -c max_wal_size=4GB"
        subprocess.run([f"{found[-1]}/pg_ctl", *data, "-w", "-l", f"{folder}/log", "-o", options, "start"], check=True, **run_as)
        yield f"postgres://postgres@/postgres?host={folder}"
    finally:
        subprocess.run([f"{found[-1]}/pg_ctl", *data, "-m", "immediate", "stop"], check=False, **run_as)
        shutil.rmtree(folder, ignore_errors=True)
