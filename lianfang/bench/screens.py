"""Figures of the office's pages over planted results: ten thousand rings, a million records."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

from lianfang.engine.terms.errors import EngineError, Say


def screens(n_records: int, n_rings: int) -> dict[str, Any]:
    """Measure each page at the server, in a process and a home of its own.

    Args:
        n_records: records of the run whose results are planted.
        n_rings: rings among them; the first has thousands of members.

    Returns:
        Milliseconds by page, wall and CPU, beside the load of the machine.
    """
    words = [sys.executable, "-m", "lianfang.web.site.planted", "--records", str(n_records), "--rings", str(n_rings)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        raise EngineError(Say("没有量成", "it could not be measured"), code="E-BENCH-02", where=done.stderr[-600:])
    told: dict[str, Any] = json.loads(done.stdout)
    return told | {"load_after": round(os.getloadavg()[0], 2)}
