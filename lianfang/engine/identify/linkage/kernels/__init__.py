"""Compiled loops over flat arrays. Importing a file compiles it once, and then loads it."""

from __future__ import annotations

import importlib

FILES = ("union", "letters", "wording", "buckets", "near", "numbers", "grouping", "groups", "known")


def warm() -> int:
    """Compile every kernel, at installation, so that no user waits for it.

    Returns:
        How many kernel files are ready.
    """
    for name in FILES:
        importlib.import_module(f"{__name__}.{name}")
    return len(FILES)
