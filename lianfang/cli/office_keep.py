"""`lianfang backup | restore | doctor`: the office kept, put back and looked over, from a terminal."""

from __future__ import annotations

import argparse
import hashlib
import json
import os
from pathlib import Path
from typing import Any

from lianfang.cli import show
from lianfang.engine.terms.codes import Exit
from lianfang.engine.terms.errors import InputError, Say

_MARKS = {"fine": "✓", "watch": "!", "broken": "✗"}


def keep(asked: argparse.Namespace) -> int:
    """Do one of the three verbs; nothing of the web floor is loaded before."""
    os.umask(0o077)
    home = Path(asked.home or os.environ.get("LIANFANG_HOME", "office")).absolute()
    if asked.verb != "restore" and not home.is_dir():
        raise InputError(
            Say(f"这里没有办公室:{home}", f"there is no office here: {home}"), code="E-BACKUP-01",
            fix=Say("用 --home 指到办公室的文件夹", "name the office's folder with --home"),
        )  # fmt: skip
    os.environ["LIANFANG_HOME"] = str(home)
    return int({"backup": _backup, "restore": _restore, "doctor": _doctor}[asked.verb](asked, home))


def _backup(asked: argparse.Namespace, home: Path) -> int:
    from lianfang.web.site import office as web

    manifest = web.back_up(asked.file, asked.with_keys)
    with asked.file.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    n_files, size = len(manifest["files"]), asked.file.stat().st_size
    show.line(f"已备份 {n_files} 个文件,{size / 2**20:.1f} MB:{asked.file}", f"{n_files} files backed up, {size / 2**20:.1f} MB: {asked.file}")
    print(f"SHA-256 {digest}")
    if manifest["log"]:
        show.line(f"日志 {manifest['log']['n_entries']} 条", f"{manifest['log']['n_entries']} log entries")
    if manifest["keys_left_out"]:
        names = " ".join(manifest["keys_left_out"])
        show.line(f"密钥不在备份里,须另行保管:{names}", f"keys are not in it, keep them apart: {names}")
    return Exit.OK


def _restore(asked: argparse.Namespace, home: Path) -> int:
    from lianfang.web.site import office as web

    manifest, told = web.put_back(asked.file, home)
    show.line(f"已恢复到 {home}:{len(manifest['files'])} 个文件,备份于 {manifest['made_at']}",
              f"restored to {home}: {len(manifest['files'])} files, backed up at {manifest['made_at']}")  # fmt: skip
    if told is not None:
        show.line(f"日志 {told.n_log} 条与数据库逐条相符", f"{told.n_log} log entries agree with the database one by one")
    if manifest["keys_left_out"]:
        names = " ".join(manifest["keys_left_out"])
        show.line(f"开门前把密钥放回 {home}:{names}", f"before serving, put the keys back into {home}: {names}")
    return Exit.OK


def _doctor(asked: argparse.Namespace, home: Path) -> int:
    from lianfang.web.site import office as web

    found = web.look_over(asked.deep)
    if asked.json:
        told = [{"about": _both(one.about), "weight": one.weight, "say": _both(one.say), "fix": one.fix and _both(one.fix)} for one in found]
        print(json.dumps(told, ensure_ascii=False, indent=1))
    else:
        for one in found:
            print(f"{_MARKS[one.weight]} {show.said(one.about)}: {show.said(one.say)}")
            if one.fix is not None:
                print(f"    {show.said(Say('下一步', 'next'))}: {show.said(one.fix)}")
    return Exit.FAILED if any(one.weight == "broken" for one in found) else Exit.OK


def _both(say: Say) -> dict[str, str]:
    return {"zh": say.zh, "en": say.en}


def add(verbs: Any, verb: Any) -> None:
    """Add the three verbs to the command line.

    Args:
        verbs: the subparsers.
        verb: makes one verb's parser: verbs, name, function, Chinese, English.
    """
    backup = verb(verbs, "backup", keep, "备份办公室,服务不停", "back the office up while it serves")
    restore = verb(verbs, "restore", keep, "把备份恢复到空文件夹", "restore a backup into an empty folder")
    doctor = verb(verbs, "doctor", keep, "检查设置、数据库、日志、磁盘、时钟", "look over settings, database, log, disk, clock")
    for one in (backup, restore, doctor):
        one.add_argument("--home", type=Path, help="办公室的文件夹,缺省 office/ / the office's folder, else office/")
    for one in (backup, restore):
        one.add_argument("file", type=Path, metavar="FILE", help="备份文件 .tar.gz / the backup")
    backup.add_argument("--with-keys", action="store_true", help="连同密钥;这样的备份等于整个办公室 / with the keys; such a backup is the whole office")
    doctor.add_argument("--deep", action="store_true", help="逐条核对整个日志 / compare the whole log entry by entry")
    doctor.add_argument("--json", action="store_true", help="给程序读 / for programs")
