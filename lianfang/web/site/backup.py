"""A backup: one archive of database, log, uploads, runs and exhibits that fit together, taken while the office serves.

The log is held still while the database is copied: then every entry the copied log has is in the copied database,
and what came in meanwhile waits, as it does after any stop. Files are copied after the database: rows name only
files that are there already. Keys go along only when asked for: who has keys and backup has the office.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.db import connection

from lianfang.engine.terms import clock
from lianfang.engine.terms.errors import Conflict, InputError, Say, SettingError
from lianfang.web.evidence import store

FORM, MANIFEST, SQLITE, DUMP, LOG = "lianfang-backup/1", "manifest.json", "office.sqlite3", "office.pgdump", "log"
_LOG_SECONDS = 30.0
_SMALL_BYTES = 8 << 20


@dataclass
class Archive:
    """An archive being written: what went in, with digests."""

    tar: tarfile.TarFile
    files: list[tuple[str, int, str]] = field(default_factory=list)

    def add(self, name: str, place: Path) -> None:
        """Add one file; small ones are read whole first, since the office may be writing them anew."""
        with place.open("rb") as file:
            n_bytes = os.fstat(file.fileno()).st_size
            if n_bytes <= _SMALL_BYTES:
                content = file.read()
                self._put(name, len(content), io.BytesIO(content))
            else:
                self._put(name, n_bytes, file)

    def _put(self, name: str, n_bytes: int, file: IO[bytes]) -> None:
        member = tarfile.TarInfo(name)
        member.size, member.mode = n_bytes, 0o600
        digested = _Digested(file)
        self.tar.addfile(member, digested)  # type: ignore[arg-type]
        self.files.append((name, n_bytes, digested.sha256.hexdigest()))


class _Digested:
    """A file that is digested while it is read."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file, self.sha256 = file, hashlib.sha256()

    def read(self, n_bytes: int = -1) -> bytes:
        got = self.file.read(n_bytes)
        self.sha256.update(got)
        return got


def make(target: Path, with_keys: bool) -> dict[str, Any]:
    """Write a backup; give its manifest.

    Raises:
        InputError: E-BACKUP-01 no office here, E-BACKUP-02 the target is there already or stands in the office.
        SettingError: E-BACKUP-03, PostgreSQL without `pg_dump`.
    """
    home = Path(settings.HOME)
    _must_fit(home, target)
    beside = target.with_name(f".{target.name}.part")
    try:
        with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            manifest = _write(file, home, with_keys)
            file.flush()
            os.fsync(file.fileno())
        beside.rename(target)
    finally:
        beside.unlink(missing_ok=True)
    return manifest


def _write(file: IO[bytes], home: Path, with_keys: bool) -> dict[str, Any]:
    with tarfile.open(fileobj=file, mode="w:gz", compresslevel=1) as tar, tempfile.TemporaryDirectory() as aside:
        archive = Archive(tar)
        with _still_log() as told_log:
            database = copy_database(Path(aside))
            for place in _below(home / LOG):
                archive.add(place.relative_to(home).as_posix(), place)
        archive.add(database.name, database)
        left_out = []
        for place in _below(home):
            name = place.relative_to(home).as_posix()
            if name.startswith((f"{LOG}/", SQLITE)):
                continue
            if name.endswith(".key") and not with_keys:
                left_out.append(name)
                continue
            try:
                archive.add(name, place)
            except FileNotFoundError:  # a draft somebody dropped meanwhile
                continue
        manifest = {
            "form": FORM, "made_at": clock.now().isoformat(), "database": connection.vendor, "log": told_log,
            "keys_left_out": sorted(left_out), "files": sorted(archive.files),
        }  # fmt: skip
        content = json.dumps(manifest, ensure_ascii=False, indent=1).encode()
        member = tarfile.TarInfo(MANIFEST)
        member.size, member.mode = len(content), 0o600
        tar.addfile(member, io.BytesIO(content))
    return manifest


def _must_fit(home: Path, target: Path) -> None:
    if not home.is_dir():
        raise InputError(
            Say(f"这里没有办公室:{home}", f"there is no office here: {home}"), code="E-BACKUP-01",
            fix=Say("用 --home 指到办公室的文件夹", "name the office's folder with --home"),
        )  # fmt: skip
    if target.exists() or home in target.absolute().parents:
        raise InputError(
            Say(f"备份不能写到这里:{target}", f"a backup cannot be written here: {target}"), code="E-BACKUP-02",
            fix=Say("换一个不存在、且不在办公室文件夹里的文件名", "choose a name that is not there yet, outside the office's folder"),
        )  # fmt: skip


@contextmanager
def _still_log() -> Iterator[dict[str, Any] | None]:
    """Hold the log still and published; tell its size, its root and its key. Nothing where no log was begun."""
    if not (Path(settings.HOME) / LOG).is_dir():
        yield None
        return
    give_up_at = time.monotonic() + _LOG_SECONDS
    while True:
        try:
            opened = store.opened()
            log = opened.__enter__()
            break
        except Conflict as wrong:
            if wrong.code != "E-LOG-01" or time.monotonic() > give_up_at:
                raise
            time.sleep(0.05)
    try:
        made = log.publish()
        yield {"name": made.origin, "n_entries": made.n_leaves, "root": made.root.hex(), "key": store.key_line()}
    finally:
        opened.__exit__(None, None, None)


def _below(folder: Path) -> Iterator[Path]:
    """Give the files of a folder in order; what begins with a dot is somebody's half-written work."""
    for top, folders, names in os.walk(folder):
        folders[:] = sorted(one for one in folders if not one.startswith("."))
        for name in sorted(names):
            if not name.startswith(".") and (Path(top) / name).is_file():
                yield Path(top) / name


def copy_database(folder: Path) -> Path:
    """Copy the database as it stands at one moment, while others write."""
    if connection.vendor == "postgresql":
        return _dumped(folder / DUMP)
    target = folder / SQLITE
    connection.ensure_connection()
    with sqlite3.connect(target) as copy:
        connection.connection.backup(copy)
        copy.execute("pragma journal_mode=delete")
    copy.close()
    return target


def _dumped(target: Path) -> Path:
    subprocess.run([tool("pg_dump"), "-Fc", "--no-owner", "--no-privileges", "-f", str(target), *_address()], env=_secretly(), check=True)
    return target


def tool(name: str) -> str:
    """Find one of PostgreSQL's programs: on the path, else the newest the system has.

    Raises:
        SettingError: E-BACKUP-03, it is not here.
    """
    placed = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda one: int(one.parts[4]))
    found = shutil.which(name) or (str(placed[-1]) if placed else None)
    if found is None:
        raise SettingError(
            Say(f"没有 {name},不能备份或恢复 PostgreSQL", f"{name} is not here; PostgreSQL cannot be backed up or restored without it"),
            code="E-BACKUP-03",
            fix=Say("安装与服务器同版本的 postgresql-client,或由数据库管理员备份", "install postgresql-client of the server's version, or let the database's keeper back it up"),
        )  # fmt: skip
    return found


def _address() -> list[str]:
    held = connection.settings_dict
    asked = [("-h", held["HOST"]), ("-p", held["PORT"]), ("-U", held["USER"]), ("-d", held["NAME"])]
    return [word for flag, value in asked if value for word in (flag, str(value))]


def _secretly() -> dict[str, str]:
    """Hand the password over where no list of processes shows it."""
    return {**os.environ, "PGPASSWORD": str(connection.settings_dict["PASSWORD"])}


def fill_database(dump: Path) -> None:
    """Put a dump into an empty PostgreSQL database, whole or not at all."""
    words = ["--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error"]
    subprocess.run([tool("pg_restore"), *words, *_address(), str(dump)], env=_secretly(), check=True)
