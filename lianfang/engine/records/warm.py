"""Compile every kernel of this room and the one below, once, at install."""

from __future__ import annotations


def warm() -> None:
    """Compile the kernels of identifiers and records now, so that no user waits for them."""
    from lianfang.engine.identifiers import kernels, likely
    from lianfang.engine.records import build, cells, digest, times

    for room in (kernels, likely, cells, times, digest, build):
        room.warm()
