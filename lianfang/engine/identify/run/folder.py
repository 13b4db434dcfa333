"""A results folder that is whole or not there: written beside its place, then renamed into it."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from lianfang.engine.terms.errors import InputError, Say

MARK = "run.json"
_LOCK = ".lock"


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
    place = Path(os.path.abspath(place))  # a changed working directory moves nothing
    place.parent.mkdir(parents=True, exist_ok=True)
    _tidy(place)
    _may_stand(place, force, mark)
    beside = Path(tempfile.mkdtemp(prefix=f".{place.name}.", dir=place.parent))
    with contextlib.ExitStack() as after:
        after.callback(shutil.rmtree, beside, ignore_errors=True)
        lock = after.enter_context((beside / _LOCK).open("w"))
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield beside
        _may_stand(place, force, mark)
        (beside / _LOCK).unlink()
        beside.chmod(0o755)
        _sync(beside)
        _swap(beside, place)


def _tidy(place: Path) -> None:
    """Take away what killed runs left beside the place; whole results among it go back to their place."""
    for left in sorted(place.parent.glob(f".{place.name}.*")):
        if (left / "was").is_dir():
            if not place.exists():
                (left / "was").rename(place)
            shutil.rmtree(left, ignore_errors=True)
        elif (left / _LOCK).is_file():
            with (left / _LOCK).open() as lock, contextlib.suppress(BlockingIOError):
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # a living run holds its own
                shutil.rmtree(left, ignore_errors=True)


def _may_stand(place: Path, force: bool, mark: str) -> None:
    if not place.exists():
        return
    if place.is_dir() and not any(place.iterdir()):
        return
    if not _is_ours(place / mark):
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


def _is_ours(mark: Path) -> bool:
    """Say whether a mark is one this house wrote: many programs call a file `run.json`."""
    try:
        told = json.loads(mark.read_text("utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(told, dict) and {"inputs", "rows", "counts"} <= told.keys()


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
    finally:
        shutil.rmtree(old.parent, ignore_errors=True)


def write(folder: Path, name: str, table: pa.Table) -> None:
    """Write one table; the same table makes the same bytes."""
    pq.write_table(
        table, folder / f"{name}.parquet", compression="zstd", row_group_size=1 << 18, store_schema=True
    )
