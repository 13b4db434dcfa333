"""Keeping the log beside the worker's other work: what no act appended is appended, published, witnessed, swept."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import Error, close_old_connections, connection

from lianfang.engine.terms.errors import LianfangError
from lianfang.web.evidence import actions, exhibit_actions, witness

EVERY_SECONDS, WORSE_SECONDS = 0.5, 10.0
_log = logging.getLogger("lianfang.log")


def once() -> None:
    """Do what is due: append, publish, have it cosigned."""
    while actions.sequence():
        pass
    witness.ask_if_due()


@contextmanager
def beside() -> Iterator[None]:
    """Keep the log in a thread of its own while something else, which may take minutes, is done here."""
    stopped = threading.Event()
    thread = threading.Thread(target=_forever, args=(stopped,), name="log", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join(10)


def _forever(stopped: threading.Event) -> None:
    wait, begun = 0.0, False
    while not stopped.wait(wait):
        close_old_connections()
        wait = EVERY_SECONDS
        try:
            if not begun:
                actions.settle()
                exhibit_actions.sweep()
                begun = True
            once()
        except (Error, LianfangError, OSError) as wrong:
            # Nothing is lost: entries wait in the database. The page of the log says why.
            _log.warning("the log could not be kept: %s", wrong)
            wait = WORSE_SECONDS
    connection.close()
