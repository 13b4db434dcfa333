"""Where a run's files stand: one folder a run, readable by the office alone."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.conf import settings

from lianfang.engine.terms.errors import InputError, NotFound, Say

_LEFT_OUT = re.compile(r"[^\w.()（）\- ]")


def folder_of(code: object) -> Path:
    """Give the folder of a run."""
    return Path(settings.HOME) / "runs" / str(code)


def harmless(name: str) -> str:
    """Make a file name that is only a name: no folder, no sign with a meaning, not hidden."""
    short = _LEFT_OUT.sub("_", Path(name.replace("\\", "/")).name).strip(" .")[-120:]
    return re.sub(r"^[._~]+", "", short) or "table"


def keep(code: object, uploads: Iterable[Any]) -> list[tuple[str, int, str]]:
    """Write uploaded files into a run's folder; give name, size and SHA-256 of each.

    Raises:
        InputError: together they are larger than this office takes.
    """
    home = folder_of(code) / "files"
    home.mkdir(parents=True, mode=0o700)
    home.parent.chmod(0o700)
    kept: list[tuple[str, int, str]] = []
    for upload in uploads:
        name, taken = harmless(upload.name), {one[0].lower() for one in kept}
        stem, n = name, 1
        while name.lower() in taken:
            n += 1
            name = f"{n}-{stem}"
        digest, n_bytes = hashlib.sha256(), 0
        with open(os.open(home / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            for chunk in upload.chunks():
                n_bytes += len(chunk)
                digest.update(chunk)
                file.write(chunk)
        kept.append((name, n_bytes, digest.hexdigest()))
    _must_fit(sum(size for _, size, _ in kept))
    return kept


def _must_fit(n_bytes: int) -> None:
    most = settings.LIANFANG_MOST_UPLOAD_BYTES
    if n_bytes > most:
        raise InputError(
            Say(f"文件太大:{n_bytes >> 20} MB,上限 {most >> 20} MB", f"too large: {n_bytes >> 20} MB, the limit is {most >> 20} MB"),
            code="E-UPLOAD-01",
            fix=Say("拆成几次上传,或在服务器上用 lianfang run", "upload in parts, or use lianfang run on the server"),
        )  # fmt: skip


def copy(old: object, new: object) -> None:
    """Give a new run the files and mappings of an old one; the bytes are not written twice."""
    target = folder_of(new)
    target.mkdir(parents=True, mode=0o700)
    for part in ("files", "mappings"):
        if (folder_of(old) / part).is_dir():
            shutil.copytree(folder_of(old) / part, target / part, copy_function=os.link)


def drop(code: object) -> None:
    """Delete everything a run has on disk."""
    shutil.rmtree(folder_of(code), ignore_errors=True)


def read(code: object, name: str) -> dict[str, Any]:
    """Read a JSON file of a run; an empty dictionary where it is not there (yet)."""
    try:
        found: dict[str, Any] = json.loads((folder_of(code) / name).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found


def write(code: object, name: str, content: dict[str, Any]) -> None:
    """Write a JSON file of a run."""
    (folder_of(code) / name).write_text(json.dumps(content, ensure_ascii=False), "utf-8")


def picture(code: object, ring_id: str, part: str = "rings") -> dict[str, Any]:
    """Read the picture of a ring (`rings`, masked) or its raw texts (`raw`)."""
    found = read(code, f"results/{part}/{ring_id}.json")
    if not found:
        raise NotFound(
            Say("这个团伙的图已不在", "the picture of this ring is gone"), code="E-RING-02",
            fix=Say("请再运行一次", "run it again"),
        )  # fmt: skip
    return found
