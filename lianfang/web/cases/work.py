"""The worker's part: decisions whose term is over expire, one at a time, by the same table as everybody's moves."""

from __future__ import annotations

import logging

from lianfang.engine.cases.moves import Refused
from lianfang.web.cases import access, actions

AT_ONCE = 20
_log = logging.getLogger("lianfang.worker")


def once() -> int:
    """Let what is over expire; give how many. Safe to run twice or in two workers: the second is refused."""
    done = 0
    for case in access.over()[:AT_ONCE]:
        try:
            actions.expire(case)
        except Refused as wrong:  # another worker was first, or somebody moved it meanwhile
            _log.warning("a case did not expire", extra={"code": wrong.code})
        else:
            done += 1
    return done
