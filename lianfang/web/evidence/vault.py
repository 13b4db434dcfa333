"""Where the bytes of exhibits stand: by digest, for the office's eyes only, hashed whenever they are taken out."""

from __future__ import annotations

import os
import re
import tempfile
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from django.conf import settings

from lianfang.engine.evidence import digest
from lianfang.engine.evidence.digest import Digests
from lianfang.engine.terms.errors import InputError, Say

_LEFT_OUT = re.compile(r"[^\w.()（）· -]")
_DEVICE = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?")
# What a double click would run, or a browser would run as a page of ours.
_RUNS = frozenset(
    "exe com scr pif bat cmd ps1 vbs vbe js jse wsf wsh hta msi msp jar lnk url reg dll cpl sh py apk app dmg iso html htm xhtml svg "
    "shtml mht mhtml xml xsl swf docm xlsm pptm".split()
)


@dataclass(frozen=True)
class Name:
    """A file name that is only a name, and whether the one it came with was a trick."""

    shown: str
    is_hostile: bool


def harmless(name: str) -> Name:
    """Make a file name that is only a name: no folder, no hidden sign, not hidden, no device."""
    plain = unicodedata.normalize("NFC", name)
    last = re.split(r"[\\/]", plain)[-1]
    kept = re.sub(r"^[.~\s]+", "", _LEFT_OUT.sub("_", last)).strip(" .")
    is_device = bool(_DEVICE.fullmatch(kept))
    shown = ("_" if is_device else "") + _shortened(kept or "exhibit")
    tricks = last != plain or is_device or plain.lstrip().startswith(".")
    hidden = any(unicodedata.category(sign) in ("Cc", "Cf", "Co", "Cs") for sign in plain)
    return Name(shown, tricks or hidden or shown.rpartition(".")[2].lower() in _RUNS)


def _shortened(name: str) -> str:
    stem, dot, end = name.rpartition(".")
    return name if len(name) <= 120 else f"{stem[:100]}{dot}{end[:12]}" if dot else name[:120]


def place(sha256: str, code: object) -> Path:
    """Give the address of an exhibit's bytes: its digest, and its code, so that two owners never share a file."""
    return _folder() / sha256[:2] / f"{sha256}.{code}"


def _folder() -> Path:
    return Path(settings.HOME) / "exhibits"


def keep(code: object, chunks: Iterable[bytes]) -> Digests:
    """Write bytes into the vault, digested on their way; they are on the disk when this returns.

    Raises:
        InputError: E-EXHIBIT-11 nothing in it; E-EXHIBIT-12 larger than this office takes. Nothing is kept then.
    """
    folder = _folder()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    beside = folder / f".new.{code}"
    try:
        with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            made = digest.of(_written(file, chunks))
            file.flush()
            os.fsync(file.fileno())
        if not made.n_bytes:
            raise InputError(Say("文件是空的", "the file is empty"), code="E-EXHIBIT-11")
        target = place(made.sha256, code)
        target.parent.mkdir(exist_ok=True, mode=0o700)
        os.replace(beside, target)
        for changed in (target.parent, folder):
            _sync(changed)
    finally:
        beside.unlink(missing_ok=True)
    return made


def _written(file: IO[bytes], chunks: Iterable[bytes]) -> Iterator[bytes]:
    n_bytes, most = 0, settings.LIANFANG_MOST_UPLOAD_BYTES
    for chunk in chunks:
        n_bytes += len(chunk)
        if n_bytes > most:
            raise InputError(
                Say(f"文件太大,上限 {most >> 20} MB", f"too large, the limit is {most >> 20} MB"), code="E-EXHIBIT-12",
                fix=Say("拆成几件分别入库", "take it in as several exhibits"),
            )  # fmt: skip
        file.write(chunk)
        yield chunk


def _sync(folder: Path) -> None:
    held = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(held)
    finally:
        os.close(held)


def taken_out(sha256: str, code: object) -> tuple[IO[bytes], Digests]:
    """Give a private copy of an exhibit's bytes and its digests.

    What is handed on is what was hashed: the copy has no name, nobody can change it in between.
    A file that is gone gives no bytes.
    """
    copy = tempfile.TemporaryFile(dir=_folder() if _folder().is_dir() else None)
    try:
        with place(sha256, code).open("rb") as file:
            made = digest.of(_written_as_is(copy, file))
    except FileNotFoundError:
        made = digest.of(())
    copy.seek(0)
    return copy, made


def _written_as_is(copy: IO[bytes], file: IO[bytes]) -> Iterator[bytes]:
    while chunk := file.read(digest.CHUNK_BYTES):
        copy.write(chunk)
        yield chunk


def remove(sha256: str, code: object) -> None:
    """Remove an exhibit's bytes for good; copies in backups are not reached."""
    target = place(sha256, code)
    target.unlink(missing_ok=True)
    if target.parent.is_dir():
        _sync(target.parent)


def discard(code: object) -> None:
    """Remove what was written for an exhibit that never came to be."""
    for left in _folder().glob(f"*/*.{code}"):
        left.unlink(missing_ok=True)
