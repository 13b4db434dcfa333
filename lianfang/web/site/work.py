"""The worker's loop: waiting runs here, the log beside them; one worker or several."""

from __future__ import annotations

import logging
import signal
import time
from types import FrameType

from django.db import OperationalError, close_old_connections

from lianfang.web.cases import work as cases
from lianfang.web.evidence import keeping
from lianfang.web.identify import work
from lianfang.web.site import probes

IDLE_SECONDS, BEAT_SECONDS = 0.5, 10.0
_log = logging.getLogger("lianfang.worker")


def forever() -> None:
    """Work until told to stop."""
    stopped: list[int] = []

    def stop(number: int, _: FrameType | None) -> None:
        stopped.append(number)
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
    with keeping.beside():
        _work(stopped)


def _work(stopped: list[int]) -> None:
    beaten_at = -BEAT_SECONDS
    while not stopped:
        close_old_connections()
        try:
            if time.monotonic() - beaten_at >= BEAT_SECONDS:
                probes.beat()
                cases.once()
                beaten_at = time.monotonic()
            busy = work.once()
        except OperationalError as wrong:  # the database is away for a moment: say so and go on
            _log.warning("the database is away", exc_info=wrong)
            busy = False
        if not busy:
            time.sleep(IDLE_SECONDS)
