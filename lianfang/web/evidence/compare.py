"""The log beside the database: every entry hashed again, every row held against the entry at its place."""

from __future__ import annotations

from dataclasses import dataclass

from lianfang.engine.evidence import store as engine
from lianfang.engine.evidence.note import Key
from lianfang.engine.terms.errors import ProofError, Say
from lianfang.web.evidence import access, store


@dataclass(frozen=True)
class Compared:
    """How many entries each has, and what one has without the other."""

    n_log: int
    n_rows: int
    n_unknown: int
    """entries of the log the database knows nothing of"""
    n_ahead: int
    """rows whose place the published log does not reach"""


class _Beside:
    """Walks along the rows while the log is read."""

    def __init__(self) -> None:
        self.rows = access.placed()
        self.row = next(self.rows, None)
        self.n_rows = self.n_unknown = 0

    def look(self, index: int, entry: bytes) -> None:
        """Hold one entry of the log against its row."""
        if self.row is None or self.row[0] > index:
            self.n_unknown += 1
            return
        if self.row[1] != entry:
            raise ProofError(
                Say("数据库里的一条与日志不同", "a row of the database differs from the log"), code="E-LOG-14", where=f"entry {index}",
                fix=Say("停用此库,从备份恢复", "stop using this database; restore a backup"),
            )  # fmt: skip
        self.n_rows += 1
        self.row = next(self.rows, None)

    def left(self) -> int:
        """Count the rows behind the end of the log."""
        return (self.row is not None) + sum(1 for _ in self.rows)


def compare(key: Key) -> Compared:
    """Hash the whole log again and compare every entry with its row.

    Args:
        key: the log's public key.

    Raises:
        ProofError: the log is not what was signed, or a row differs from the entry at its place (E-LOG-14).
    """
    beside = _Beside()
    made = engine.verify(engine.public(store.place()), key, beside.look).checkpoint
    n_ahead = beside.left()
    return Compared(made.n_leaves, beside.n_rows + n_ahead, beside.n_unknown, n_ahead)
