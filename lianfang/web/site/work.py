"""The worker's loop: waiting runs, then the log put in order; one worker or several."""

from __future__ import annotations

import signal
import sys
import time
from types import FrameType

from django.db import OperationalError, close_old_connections

from lianfang.web.evidence import actions as log
from lianfang.web.identify import work

IDLE_SECONDS = 0.5


def forever() -> None:
    """Work until told to stop."""
    stopped: list[int] = []

    def stop(number: int, _: FrameType | None) -> None:
        stopped.append(number)
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
    while not stopped:
        close_old_connections()
        try:
            busy = work.once()
            while log.sequence():
                pass
        except OperationalError as wrong:  # the database is away for a moment: say so and go on
            print(f"database: {wrong}", file=sys.stderr)
            busy = False
        if not busy:
            time.sleep(IDLE_SECONDS)
