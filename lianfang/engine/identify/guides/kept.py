"""The book made ready, kept in the user's cache, so that a short command need not read YAML again.

What is kept counts only while no guide, word, lexicon or line of code is younger than it, and while
the file belongs to the caller alone. Without a cache everything works, half a second later.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import pickle
import sys
import tempfile
from pathlib import Path

from lianfang.engine.identify.guides import compile as ready
from lianfang.engine.identify.guides import guide
from lianfang.engine.identify.guides.compile import Compiled
from lianfang.engine.identify.guides.guide import GuideBook
from lianfang.engine.terms import shelf


def book(folder: Path | None = None) -> GuideBook:
    """Give all guides in force, made ready, from the cache where nothing changed.

    Args:
        folder: further guides, as in `guide.load`.

    Raises:
        DefinitionError: as `guide.load`.
    """
    place = _place(folder)
    made = _read(place)
    if made is None:
        made = ready.compiled(guide.load(folder))
        _write(place, made)
    ready.keep(made)
    return made.book


def _place(folder: Path | None) -> Path:
    room = Path(os.environ.get("LIANFANG_CACHE") or os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return room / "lianfang" / f"book-{_stamp(folder)}.pickle"


def _stamp(folder: Path | None) -> str:
    """Digest names, sizes and times of every file the book is made from, code too."""
    code = Path(__file__).parents[2]
    homes = [shelf.path("guides"), shelf.path("lexicon"), code / "text", code / "identify" / "guides"]
    seen = hashlib.sha256(sys.version.encode())
    for home in [*homes, *([folder] if folder is not None else [])]:
        for file in sorted(home.rglob("*")) if home.is_dir() else [home]:
            if file.suffix in (".py", ".yaml", ".yml") and file.exists():
                stat = file.stat()
                seen.update(f"{file}|{stat.st_size}|{stat.st_mtime_ns}\n".encode())
    return seen.hexdigest()[:32]


def _read(place: Path) -> Compiled | None:
    try:
        stat = place.stat()
        # A pickle runs code when read: only a file nobody else could have written is opened.
        if stat.st_mode & 0o022 or (hasattr(os, "getuid") and stat.st_uid != os.getuid()):
            return None
        made = pickle.loads(place.read_bytes())
    except Exception:  # whatever is wrong with a kept file, the book is made anew
        return None
    return made if isinstance(made, Compiled) else None


def _write(place: Path, made: Compiled) -> None:
    with contextlib.suppress(OSError):
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        for old in place.parent.glob("book-*.pickle"):
            old.unlink(missing_ok=True)
        _ = made.phrases  # the dearest part
        handle, name = tempfile.mkstemp(dir=place.parent)
        with os.fdopen(handle, "wb") as file:
            pickle.dump(made, file, protocol=5)
        os.replace(name, place)
