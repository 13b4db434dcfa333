"""A restored office before it gets its place: is the database whole, and does the log agree with it?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.db import connection

from lianfang.engine.evidence import note
from lianfang.engine.terms.errors import Conflict, ProofError, Say
from lianfang.web.evidence import compare
from lianfang.web.site import backup, restore


def look(manifest: dict[str, Any], home: Path) -> compare.Compared | None:
    """Put the database in place and hold the log against it; nothing where no log was begun.

    Raises:
        Conflict: E-RESTORE-06, another kind of database; E-RESTORE-07, PostgreSQL is not empty.
        ProofError: E-RESTORE-05, -08 or E-LOG-*: what was restored does not agree with itself.
    """
    if manifest["database"] != connection.vendor:
        raise Conflict(
            Say(f"备份来自 {manifest['database']},这里是 {connection.vendor}", f"the backup is of {manifest['database']}, here is {connection.vendor}"),
            code="E-RESTORE-06", fix=Say("设对 DATABASE_URL;SQLite 不设", "set DATABASE_URL as it was; leave it out for SQLite"),
        )  # fmt: skip
    if connection.vendor == "postgresql":
        if connection.introspection.table_names():
            raise Conflict(
                Say("PostgreSQL 库不是空的,不会覆盖", "the PostgreSQL database is not empty and is not written over"), code="E-RESTORE-07",
                fix=Say("建一个空库,写进 DATABASE_URL", "make an empty database and name it in DATABASE_URL"),
            )  # fmt: skip
        connection.close()
        backup.fill_database(home / backup.DUMP)
        (home / backup.DUMP).unlink()
    else:
        restore.sqlite_is_whole(home / backup.SQLITE)
    try:
        return _compared(manifest)
    finally:
        connection.close()


def _compared(manifest: dict[str, Any]) -> compare.Compared | None:
    if manifest["log"] is None:
        return None
    told = compare.compare(note.read_key(manifest["log"]["key"]))
    if told.n_log != manifest["log"]["n_entries"] or told.n_unknown or told.n_ahead:
        raise ProofError(
            Say(f"日志 {told.n_log} 条,数据库 {told.n_rows} 条,对不上", f"the log has {told.n_log} entries, the database {told.n_rows}; they do not agree"),
            code="E-RESTORE-08", fix=Say("换另一份备份", "take another backup"),
        )  # fmt: skip
    return told
