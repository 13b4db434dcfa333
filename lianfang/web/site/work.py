"""The worker's loop: waiting runs here, the log beside them; one worker or several."""

from __future__ import annotations

import logging
import signal
import time
from types import FrameType

from django.db import OperationalError, close_old_connections

from lianfang.web.cases import work as cases
from lianfang.web.evidence import keeping
from lianfang.web.frame.gauges import resident_bytes
from lianfang.web.identify import work
from lianfang.web.site import probes

IDLE_SECONDS, BEAT_SECONDS = 0.5, 10.0
MOST_BYTES = 110 << 20
_log = logging.getLogger("lianfang.worker")


def forever() -> bool:
    """Work until told to stop, or until a finished run has left the process large: then it is to be started anew."""
    stopped: list[int] = []

    def stop(number: int, _: FrameType | None) -> None:
        stopped.append(number)
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
    with keeping.beside():
        return _work(stopped)


def _work(stopped: list[int]) -> bool:
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
        if busy and resident_bytes() > MOST_BYTES:
            return True
        if not busy:
            time.sleep(IDLE_SECONDS)
    return False
