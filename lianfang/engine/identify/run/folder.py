"""A results folder that is whole or not there: written beside its place, then renamed into it."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from lianfang.engine.terms.errors import InputError, Say

MARK = "run.json"


@contextlib.contextmanager
def making(place: Path, force: bool = False, mark: str = MARK) -> Iterator[Path]:
    """Give a temporary folder; when the block ends well it takes its place, else nothing is left.

    Args:
        place: where the results shall stand.
        force: replace earlier results that stand there.
        mark: a file every earlier result has, so that a folder of another kind is never replaced.

    Raises:
        InputError: something else stands there, or results do and `force` was not said.
    """
    _may_stand(place, force, mark)
    place.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=f".{place.name}.", dir=place.parent))
    try:
        yield beside
        beside.chmod(0o755)
        _sync(beside)
        _swap(beside, place)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _may_stand(place: Path, force: bool, mark: str) -> None:
    if not place.exists():
        return
    if place.is_dir() and not any(place.iterdir()):
        return
    if not (place.is_dir() and (place / mark).exists()):
        raise InputError(
            Say("这个位置有别的东西,不是以前的结果", "something else stands here, not earlier results"),
            code="E-OUT-02",
            where=str(place),
            fix=Say("换一个 --out 文件夹", "name another --out folder"),
        )
    if not force:
        raise InputError(
            Say("这里已有以前的结果", "earlier results stand here"),
            code="E-OUT-01",
            where=str(place),
            fix=Say("换一个 --out 文件夹,或加 --force 覆盖", "name another --out folder, or say --force"),
        )


def _sync(folder: Path) -> None:
    # Results acknowledged on the terminal must survive a power cut.
    for file in folder.rglob("*"):
        if file.is_file():
            with file.open("rb") as opened:
                os.fsync(opened.fileno())
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _swap(beside: Path, place: Path) -> None:
    if not place.exists():
        beside.rename(place)
        return
    old = Path(tempfile.mkdtemp(prefix=f".{place.name}.old.", dir=place.parent)) / "was"
    place.rename(old)
    try:
        beside.rename(place)
    except OSError:
        old.rename(place)
        raise
    shutil.rmtree(old.parent, ignore_errors=True)


def write(folder: Path, name: str, table: pa.Table) -> None:
    """Write one table; the same table makes the same bytes."""
    pq.write_table(
        table, folder / f"{name}.parquet", compression="zstd", row_group_size=1 << 18, store_schema=True
    )
