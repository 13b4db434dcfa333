"""Plain values made from files, kept in the user's cache, so that a short command need not make them again.

What is kept counts only while no file it is made from is younger or of another size, and while it
belongs to the caller alone. It is data, never code. Without a cache everything works, only later.
"""

from __future__ import annotations

import contextlib
import hashlib
import marshal
import os
import sys
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any


def kept(name: str, homes: tuple[Path, ...], make: Callable[[], Any]) -> Any:
    """Give a value from the cache where no file changed, else make it and keep it.

    Args:
        name: what it is called in the cache.
        homes: files and folders it is made from; the code that makes it too.
        make: makes it: tuples, lists, dicts, sets, text and numbers only.
    """
    place = room() / f"{name}-{_stamp(homes)}.made"
    found = _read(place)
    if found is None:
        found = make()
        _write(place, name, found)
    return found


def room() -> Path:
    """Give the folder kept things stand in: `LIANFANG_CACHE`, else the user's cache."""
    home = os.environ.get("LIANFANG_CACHE") or os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "lianfang"


@cache
def _stamp(homes: tuple[Path, ...]) -> str:
    seen = hashlib.sha256(f"{sys.version}|{marshal.version}".encode())
    for home in homes:
        for file in sorted(home.rglob("*")) if home.is_dir() else [home]:
            if file.suffix in (".py", ".yaml"):
                stat = file.stat()
                seen.update(f"{file}|{stat.st_size}|{stat.st_mtime_ns}\n".encode())
    return seen.hexdigest()[:32]


def _read(place: Path) -> Any:
    try:
        with place.open("rb") as file:
            stat = os.fstat(file.fileno())
            # Only what nobody else could have written is believed.
            if stat.st_mode & 0o022 or (hasattr(os, "getuid") and stat.st_uid != os.getuid()):
                return None
            return marshal.loads(file.read())
    except (OSError, ValueError, EOFError, TypeError):
        return None


def _write(place: Path, name: str, made: Any) -> None:
    with contextlib.suppress(OSError):
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        for old in place.parent.glob(f"{name}-*.made"):
            old.unlink(missing_ok=True)
        handle, written = tempfile.mkstemp(dir=place.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(marshal.dumps(made))
        os.replace(written, place)
