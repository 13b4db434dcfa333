"""How `lianfang log`, `lianfang evidence` and `lianfang witness` are typed; the work is in the files of those names."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

Make = Callable[..., argparse.ArgumentParser]
ACTS = ("view", "copy", "transfer", "redact", "export", "return")


def _log(asked: argparse.Namespace) -> int:
    from lianfang.cli import log

    if asked.what == "init":
        return log.init(asked.folder, asked.origin, asked.key)
    if asked.what == "append":
        words = log.EntryWords(asked.type or "", asked.actor, asked.target, asked.payload)
        return log.append(asked.folder, words, asked.entries, asked.key)
    if asked.what == "verify":
        return log.verify(asked.place, asked.policy, asked.entry)
    if asked.what == "checkpoint":
        return log.checkpoint(asked.folder, asked.key, asked.witness)
    if asked.what == "prove":
        return log.prove(asked.folder, asked.which, asked.out, asked.entry)
    if asked.what == "package":
        return _package(asked)
    return log.export(asked.folder, asked.out)


def _package(asked: argparse.Namespace) -> int:
    from lianfang.cli import evidence

    return evidence.package(asked.case, asked.log, asked.out, asked.key, asked.policy)


def _evidence(asked: argparse.Namespace) -> int:
    from lianfang.cli import evidence

    if asked.what == "add":
        return evidence.add(asked.file, asked.log, asked.about, asked.key)
    if asked.what == "check":
        return evidence.check(asked.record)
    if asked.what == "custody":
        done = evidence.Done(asked.act, asked.actor, asked.purpose, asked.giver, asked.taker, asked.note)
        return evidence.custody_line(asked.record, done)
    if asked.what == "forget":
        why = evidence.Farewell(asked.rule, asked.by, asked.agreed_by, asked.holds)
        return evidence.forget(asked.record, asked.log, why, asked.key)
    if asked.what == "package":
        return _package(asked)
    if asked.what == "verify":
        return evidence.verify(asked.package, asked.policy)
    return evidence.stamp(asked.file, asked.request, asked.answer, asked.roots)


def _witness(asked: argparse.Namespace) -> int:
    from lianfang.cli import witness

    if asked.what == "init":
        return witness.init(asked.folder, asked.name)
    if asked.what == "trust":
        return witness.trust(asked.folder, asked.log_key)
    return witness.serve(asked.folder, asked.port, asked.host)


def add(group: Make, verb: Make) -> None:
    """Add the three groups to the command line.

    Args:
        group: makes a verb that only holds others: `group(name, names of the others, zh, en)` gives their place.
        verb: makes one verb: `verb(place, name, what it calls, zh, en)`.
    """
    _add_log(group, verb)
    _add_evidence(group, verb)
    _add_witness(group, verb)


def _key(add: Any) -> None:
    add("--key", type=Path, help="私钥文件,缺省为日志文件夹内 log.key / private key, else log.key in the log's folder")


def _add_log(group: Make, verb: Make) -> None:
    parts = group("log", "init|append|verify|checkpoint|prove|export|package", "存证日志:只增不改,可核验", "an evidence log that only grows")
    add = verb(parts, "init", _log, "新建日志", "begin a log").add_argument
    add("folder", type=Path)
    add("--origin", required=True, help="日志名,如 example.org/log / the log's name")
    _key(add)
    add = verb(parts, "append", _log, "追加条目,落盘后才返回", "append; returns when the disk has it").add_argument
    add("folder", type=Path)
    add("--type", help="房间:事物:过去式 / room:thing:past")
    add("--actor", default="cli", help="操作人代号 / code of who did it")
    add("--target", default="none", help="对象代号 / code of what it was done to")
    add("--payload", type=Path, help="内容文件,日志只留其加盐承诺 / bound to by a salted commitment")
    add("--entries", type=Path, help="现成条目,一行一条 / ready-made leaves, one a line")
    _key(add)
    add = verb(parts, "verify", _log, "逐字节核验整个日志,或一个证明文件", "verify a whole log, or one proof file").add_argument
    add("place", type=Path)
    add("--policy", type=Path, help="公钥与见证规则 / keys and quorum")
    add("--entry", type=Path, help="证明文件所证的条目 / the entry a proof is about")
    add = verb(parts, "checkpoint", _log, "发布检查点,可请见证方联署", "publish a checkpoint; have it cosigned").add_argument
    add("folder", type=Path)
    add("--witness", action="store_true", help="请 policy.txt 里的见证方联署 / ask the witnesses of policy.txt")
    _key(add)
    add = verb(parts, "prove", _log, "写出一条的包含证明", "write the proof of one entry").add_argument
    add("folder", type=Path)
    add("which", help="第几条(从 0 起)或条目 id / place from 0, or id")
    add("--out", type=Path, required=True)
    add("--entry", type=Path, help="同时写出条目 / write the entry too")
    add = verb(parts, "export", _log, "抄出可公开的部分", "copy what may be public").add_argument
    add("folder", type=Path)
    add("--out", type=Path, required=True)
    _pack(verb(parts, "package", _log, "同 lianfang evidence package", "the same as lianfang evidence package").add_argument)


def _pack(add: Any) -> None:
    add("case", type=Path, help="案件文件 YAML / the case file")
    add("--log", type=Path, required=True, help="日志文件夹 / folder of the log")
    add("--out", type=Path, required=True)
    add("--policy", type=Path, help="缺省为日志的 policy.txt / else the log's policy.txt")
    _key(add)


def _add_evidence(group: Make, verb: Make) -> None:
    parts = group("evidence", "add|check|custody|forget|package|verify|stamp", "证据:入库、核对、保管链、打包", "exhibits: intake, check, custody, package")
    add = verb(parts, "add", _evidence, "证据入库:算哈希、记日志、开保管链", "take an exhibit in").add_argument
    add("file", type=Path)
    add("--log", type=Path, required=True, help="日志文件夹 / folder of the log")
    add("--about", type=Path, required=True, help="证据说明 YAML / what is said of it")
    _key(add)
    verb(parts, "check", _evidence, "核对证据是否仍是原件", "say whether an exhibit is unchanged").add_argument("record", type=Path)
    add = verb(parts, "custody", _evidence, "在保管链上记一行", "add a line to the chain of custody").add_argument
    add("record", type=Path)
    add("--act", choices=ACTS, required=True)
    add("--actor", required=True)
    add("--purpose", required=True)
    add("--giver", default="", help="交出方 / who gives")
    add("--taker", default="", help="接收方 / who takes")
    add("--note", default="")
    add = verb(parts, "forget", _evidence, "到期删除内容和盐,证明仍在", "remove content and salt at expiry; the proof stays").add_argument
    add("record", type=Path)
    add("--log", type=Path, required=True, help="日志文件夹 / folder of the log")
    add("--rule", required=True, help="依据 / by which rule")
    add("--by", required=True)
    add("--agreed-by", required=True, help="第二人 / the second person")
    add("--holds", type=Path, help="法律保全清单 YAML / legal holds")
    _key(add)
    _pack(verb(parts, "package", _evidence, "打成可离线核验的证据包", "pack for a court, to be verified offline").add_argument)
    add = verb(parts, "verify", _evidence, "像法院那样核验证据包", "check a package as a court would").add_argument
    add("package", type=Path)
    add("--policy", type=Path, help="公布的公钥文件 / the published keys")
    add = verb(parts, "stamp", _evidence, "做时间戳请求,或核验应答", "make a time stamp request, or check an answer").add_argument
    add("file", type=Path)
    add("--request", type=Path, help="写出请求 / write a request")
    add("--answer", type=Path, help="应答文件 / the answer")
    add("--roots", type=Path, help="信任的根证书 PEM / trusted roots")


def _add_witness(group: Make, verb: Make) -> None:
    parts = group("witness", "init|trust|serve", "为别人的日志见证", "witness other people's logs")
    add = verb(parts, "init", _witness, "新建见证方", "make a witness").add_argument
    add("folder", type=Path)
    add("--name", required=True, help="见证方名,如 example.org/witness / its name")
    add = verb(parts, "trust", _witness, "登记一个日志", "list a log to be witnessed").add_argument
    add("folder", type=Path)
    add("log_key", help="日志公钥行 / the log's key line")
    add = verb(parts, "serve", _witness, "开见证服务 POST /add-checkpoint", "serve POST /add-checkpoint").add_argument
    add("folder", type=Path)
    add("--port", type=int, default=8090)
    add("--host", default="127.0.0.1")
