"""A backup put back: into an empty home only, every digest checked, then the log against the database."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import tarfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any

from lianfang.engine.terms.errors import Conflict, InputError, ProofError, Say

_LEAST_SPARE = 64 << 20


def into(archive: Path, home: Path, check: Callable[[dict[str, Any], Path], Any]) -> tuple[dict[str, Any], Any]:
    """Put a backup into a home that is not there or empty; give its manifest and what `check` found.

    Args:
        archive: the backup.
        home: where the office is to stand.
        check: looks at the whole office, still under another name, before it gets its place; it may refuse.

    Raises:
        Conflict: E-RESTORE-01, something stands there already.
        InputError: E-RESTORE-02, this is no backup; E-RESTORE-04, the disk is too small.
        ProofError: E-RESTORE-03, a file is not what was backed up.
    """
    if home.exists() and (not home.is_dir() or any(home.iterdir())):
        raise Conflict(
            Say(f"{home} 不是空的,不会覆盖", f"{home} is not empty and is not written over"), code="E-RESTORE-01",
            fix=Say("换一个空文件夹;旧的先移开,不要删", "take an empty folder; move the old one aside, do not delete it"),
        )  # fmt: skip
    home.parent.mkdir(parents=True, exist_ok=True)
    beside = home.with_name(f".{home.name}.restoring")
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir(mode=0o700)
    try:
        manifest = unpack(archive, beside)
        found = check(manifest, beside)
        beside.rename(home)  # an empty home gives way
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return manifest, found


def unpack(archive: Path, folder: Path) -> dict[str, Any]:
    """Take every file out and compare it with the manifest; nothing may be missing or more."""
    digests: dict[str, tuple[int, str]] = {}
    manifest: dict[str, Any] | None = None
    try:
        with tarfile.open(archive, "r:gz") as tar:
            for member in tar:
                if member.name == "manifest.json":
                    manifest = json.loads(tar.extractfile(member).read())  # type: ignore[union-attr]
                else:
                    digests[member.name] = _taken(tar, member, folder)
    except (tarfile.TarError, EOFError, OSError, ValueError) as wrong:
        if isinstance(wrong, OSError) and wrong.errno is not None:
            raise
        raise _no_backup(archive) from wrong
    if manifest is None or manifest.get("form") != "lianfang-backup/1":
        raise _no_backup(archive)
    wanted = {name: (n_bytes, sha256) for name, n_bytes, sha256 in manifest["files"]}
    for name in sorted(wanted.keys() | digests.keys()):
        if wanted.get(name) != digests.get(name):
            raise ProofError(
                Say("备份里的文件与清单不符", "a file in the backup is not what its manifest says"), code="E-RESTORE-03", where=name,
                fix=Say("换另一份备份;这一份留作证据", "take another backup; keep this one as evidence"),
            )  # fmt: skip
    return manifest


def _taken(tar: tarfile.TarFile, member: tarfile.TarInfo, folder: Path) -> tuple[int, str]:
    path = PurePosixPath(member.name)
    if not member.isfile() or path.is_absolute() or ".." in path.parts or "\\" in member.name:
        raise tarfile.TarError(f"not a plain file: {member.name}")
    if shutil.disk_usage(folder).free < member.size + _LEAST_SPARE:
        raise InputError(
            Say("磁盘装不下这份备份", "the disk is too small for this backup"), code="E-RESTORE-04",
            fix=Say("换一块更大的磁盘", "take a larger disk"),
        )  # fmt: skip
    target = folder.joinpath(*path.parts)
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    source, sha256 = tar.extractfile(member), hashlib.sha256()
    with open(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        while source is not None and (chunk := source.read(1 << 20)):
            sha256.update(chunk)
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    return member.size, sha256.hexdigest()


def _no_backup(archive: Path) -> InputError:
    return InputError(
        Say(f"这不是联防的备份,或已损坏:{archive}", f"this is no backup of Lianfang, or it is damaged: {archive}"), code="E-RESTORE-02",
        fix=Say("对照备份时打印的 SHA-256", "compare with the SHA-256 that was printed when it was made"),
    )  # fmt: skip


def sqlite_is_whole(place: Path) -> None:
    """Refuse a SQLite file that contradicts itself."""
    with sqlite3.connect(place) as opened:
        told = opened.execute("pragma integrity_check").fetchone()[0]
        lost = opened.execute("pragma foreign_key_check").fetchone()
    opened.close()
    if told != "ok" or lost is not None:
        raise ProofError(Say("数据库文件已损坏", "the database file is damaged"), code="E-RESTORE-05", where=place.name)
