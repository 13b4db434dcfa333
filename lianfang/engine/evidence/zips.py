"""Zip files whose bytes depend on their content only: nothing compressed, no clock, names in the order given."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterable, Mapping
from typing import IO

Content = Callable[[], Iterable[bytes]]
"""Gives some bytes from their beginning, as often as it is asked."""

_NEVER = (1980, 1, 1, 0, 0, 0)  # the earliest moment a zip can name


def of(content: bytes) -> Content:
    """Make content of bytes that are in memory."""
    return lambda: (content,)


def write(out: IO[bytes], files: Mapping[str, tuple[Content, int]]) -> None:
    """Write a zip.

    Args:
        out: a file that can be sought in.
        files: content and its length in bytes, by name, in the order they are to stand.
    """
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as made:
        for name, (content, n_bytes) in files.items():
            told = zipfile.ZipInfo(name, _NEVER)
            told.create_system, told.external_attr, told.file_size = 3, 0o100644 << 16, n_bytes
            with made.open(told, "w") as target:
                for chunk in content():
                    target.write(chunk)


def again(raw: IO[bytes], out: IO[bytes]) -> None:
    """Write somebody else's zip anew in this form: what libraries put into it of the day is gone."""
    with zipfile.ZipFile(raw) as held:
        write(out, {name: (of(held.read(name)), held.getinfo(name).file_size) for name in held.namelist()})
