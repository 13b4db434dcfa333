"""Whether compiled kernels are used in this process, or what gives the same answers without them.

Kernels are compiled once a machine, which takes a minute or two. Until that is done a small table is
read one text at a time, so that nobody waits for a compiler; a test holds both ways together.
"""

from __future__ import annotations

import os
from typing import Any

SWITCH = "LIANFANG_KERNELS"
"""Environment variable, read once: `off` does without compiled kernels where it can, `few` has those of links and rings."""


_HOW = os.environ.get(SWITCH, "")


def used() -> bool:
    """Say whether compiled kernels are used."""
    return _HOW not in ("off", "few")


def kernel(function: Any) -> Any:
    """Compile a kernel when it is first called and keep it on disk; leave it as it is where none are used.

    Args:
        function: loops over buffers; correct as Python where bytes come as `buffer` gives them.
    """
    return _compiled(function) if used() else function


def graph_kernel(function: Any) -> Any:
    """Compile a kernel over graphs as `kernel` does; a graph of some thousand lines is walked without.

    Args:
        function: loops over arrays; gives the same to the last bit as Python.
    """
    return function if _HOW == "off" else _compiled(function)


def _compiled(function: Any) -> Any:
    import numba

    return numba.njit(cache=True, nogil=True)(function)


def buffer(held: Any) -> Any:
    """Give bytes as a kernel reads them: as an array, or as whole numbers without bounds for Python.

    Args:
        held: uint8 array.
    """
    return held if used() else memoryview(held)
