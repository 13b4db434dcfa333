"""Which database: SQLite on one machine, PostgreSQL by address."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from lianfang.engine.terms.errors import Say, SettingError

# FULL: a commit is on the disk when it returns. NORMAL would lose the last ones with the power, and the log would
# then hold entries of changes that never were.
_PRAGMAS = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=20000"


def database_of(address: str, home: Path) -> dict[str, Any]:
    """Give Django's description of a database.

    Args:
        address: `postgres://user:password@host:port/name?host=/socket/folder`, or nothing.
        home: where SQLite keeps its file.

    Raises:
        SettingError: an address of another kind.
    """
    if not address:
        return {
            "ENGINE": "django.db.backends.sqlite3", "NAME": home / "office.sqlite3",
            # A write waits for its turn at the start, not half-way through, so that nobody meets "locked".
            "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 20, "init_command": _PRAGMAS},
            "CONN_MAX_AGE": 60,  # opening the file and its pragmas at every request costs milliseconds
        }  # fmt: skip
    said = urlsplit(address)
    if said.scheme not in ("postgres", "postgresql"):
        raise SettingError(
            Say(f"DATABASE_URL 只认 postgres://,不认 {said.scheme}://", f"DATABASE_URL knows postgres://, not {said.scheme}://"),
            code="E-SETTING-01", where="DATABASE_URL",
            fix=Say("写成 postgres://用户:口令@主机/库名;不写则用 SQLite", "write postgres://user:password@host/name; leave it out for SQLite"),
        )  # fmt: skip
    options = dict(parse_qsl(said.query))
    # Asked for here, whatever the server's own setting: an act that returned is on the server's disk.
    # Compiling a page's short queries takes PostgreSQL seconds where running them takes milliseconds.
    options.setdefault("options", "-c synchronous_commit=on -c jit=off")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": said.path.lstrip("/"),
        "USER": unquote(said.username or ""),
        "PASSWORD": unquote(said.password or ""),
        "HOST": options.pop("host", said.hostname or ""),
        "PORT": str(said.port or ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": options,
    }
