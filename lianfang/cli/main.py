"""The command `lianfang`: every verb, each thin; the work is in the engine's rooms.

Imports of the rooms stand inside the verbs: a command that needs no kernel must start in half a second.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from lianfang.cli import show
from lianfang.engine.terms.errors import InputError, LianfangError, Say

Verb = Callable[[argparse.Namespace], int]


class _Parser(argparse.ArgumentParser):
    """argparse that says its refusals in the reader's language."""

    def error(self, message: str) -> NoReturn:
        show.line(f"用法有误:{message}", f"usage: {message}", sys.stderr)
        show.line(f"看用法:{self.prog} --help", f"see: {self.prog} --help", sys.stderr)
        sys.exit(2)


def _run(asked: argparse.Namespace) -> int:
    from lianfang.cli import run

    return run.run(asked)


def _columns(asked: argparse.Namespace) -> int:
    from lianfang.cli import columns

    return columns.columns(asked.path, asked.kind, asked.write)


def _view(asked: argparse.Namespace) -> int:
    from lianfang.cli import demo

    return demo.view(asked.folder, asked.port)


def _demo(asked: argparse.Namespace) -> int:
    from lianfang.cli import demo

    return demo.demo(asked.out, asked.port, asked.serve)


def _warm(asked: argparse.Namespace) -> int:
    from lianfang.cli import warm

    return warm.warm(asked.only)


def _pages(asked: argparse.Namespace) -> int:
    from lianfang.cli import pages

    return pages.pages(asked.check)


def _version(asked: argparse.Namespace) -> int:
    from importlib.metadata import version

    print(version("lianfang"))
    return 0


def _verb(verbs: Any, name: str, do: Verb, zh: str, en: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = verbs.add_parser(name, help=f"{zh} / {en}", description=f"{zh}。 {en}.")
    parser.set_defaults(do=do)
    _common(parser, suppress=True)
    return parser


def _common(parser: argparse.ArgumentParser, suppress: bool = False) -> None:
    # The same two options before or after the verb; the later one wins, an absent one stays silent.
    unset: Any = argparse.SUPPRESS if suppress else None
    parser.add_argument("--lang", choices=("zh", "en"), default=unset, help="语言 / language")
    parser.add_argument(
        "--trace", action="store_true", default=unset, help="出错时显示调用栈 / show the trace"
    )


KINDS = ("complaint", "contact", "post", "application", "objection", "tip")


def _add_run(verbs: Any) -> None:
    add = _verb(
        verbs, "run", _run, "找出记录的特征、关联和团伙", "find signs, links and rings in tables"
    ).add_argument
    add("paths", nargs="+", type=Path, help="CSV、XLSX、Parquet、NDJSON 文件或文件夹 / files or folders")
    add("--out", type=Path, required=True, help="结果文件夹 / folder for the results")
    add("--kind", choices=KINDS, help="记录种类,不写则由表头判断 / kind of record; else told by the headers")
    add(
        "--mapping",
        type=Path,
        help="列对照文件,用 lianfang columns 写出 / mapping file, see `lianfang columns`",
    )
    add("--on", choices=("duckdb", "spark"), default="duckdb", help="在哪台机器上算 / which machine")
    add("--guides", type=Path, help="自有特征指南文件夹 / folder of your own guides")
    add("--judgements", type=Path, help="研判结论 CSV,推翻机器 / judgements that overrule the machine")
    add("--since", type=Path, help="上次的结果文件夹,只算新增 / earlier results: add only what is new")
    add("--threads", type=int, help="线程数,结果不变 / threads; the answer is the same")
    add("--force", action="store_true", help="覆盖已有结果 / replace earlier results")


def _add_tables(verbs: Any) -> None:
    add = _verb(
        verbs, "columns", _columns, "看一个文件的列被认成了什么", "show what a file's columns were taken for"
    ).add_argument
    add("path", type=Path)
    add("--kind", choices=KINDS, help="记录种类 / kind of record")
    add("--write", type=Path, help="写出可改的对照文件 / write a mapping file to edit")
    add = _verb(verbs, "view", _view, "在本机浏览器里看结果", "show results on localhost").add_argument
    add("folder", type=Path)
    add("--port", type=int, default=8000)
    add = _verb(
        verbs, "demo", _demo, "做演示数据,找出团伙,给出页面", "make demo tables, find rings, show them"
    ).add_argument
    add("--out", type=Path, default=Path("demo"))
    add("--port", type=int, default=8000)
    add("--no-serve", dest="serve", action="store_false", help="只算不开页面 / do not serve")


def _add_house(verbs: Any) -> None:
    add = _verb(
        verbs, "warm", _warm, "编译计算核,装好后做一次", "compile the kernels, once after installing"
    ).add_argument
    add("--only", help=argparse.SUPPRESS)
    add = _verb(
        verbs, "pages", _pages, "由代码和数据生成文档页", "make the docs pages that come from code and data"
    ).add_argument
    add("--check", action="store_true", help="只检查是否最新 / only say whether they are current")
    _verb(verbs, "version", _version, "版本", "say the version")


def parser() -> argparse.ArgumentParser:
    """Make the parser of the whole command line; the docs page is made from it too."""
    top = _Parser(
        prog="lianfang",
        description="联防:看出谁在合伙对付出借人和借款人,并说清为什么。 Find who works together, and say why.",
    )
    _common(top)
    verbs = top.add_subparsers(dest="verb", metavar="命令/command", parser_class=_Parser)
    _add_run(verbs)
    _add_tables(verbs)
    _add_house(verbs)
    return top


def main() -> None:
    """Run the command line; every error of the house becomes three lines and an exit code."""
    # An old locale must never die on a Chinese sentence.
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    # Read the language first: a refused command line must be refused in it.
    for word, after in zip(sys.argv[1:], [*sys.argv[2:], ""], strict=True):
        if word == "--lang" or word.startswith("--lang="):
            os.environ["LIANFANG_LANG"] = word.partition("=")[2] or after
    top = parser()
    asked = top.parse_args()
    if not hasattr(asked, "do"):
        top.print_help()
        sys.exit(2)
    sys.exit(_guarded(asked))


def _guarded(asked: argparse.Namespace) -> int:
    trace = bool(asked.trace)
    try:
        return int(asked.do(asked) or 0)
    except LianfangError as wrong:
        show.error(wrong, trace)
        return wrong.exit_code
    except KeyboardInterrupt:
        show.line("已中断,没有留下半成品", "interrupted; nothing half-written was left", sys.stderr)
        return 130
    except BrokenPipeError:
        # The reader went away (`| head`): give the rest to nobody, so that no trace follows at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except MemoryError:
        show.error(_memory(), trace)
        return 2
    except OSError as wrong:
        show.error(_disk(wrong), trace)
        return 2
    except Exception as wrong:  # the CLI's last line: nothing may reach a user as a bare trace
        show.line(
            f"内部错误:{type(wrong).__name__}:{wrong}",
            f"internal fault: {type(wrong).__name__}: {wrong}",
            sys.stderr,
        )
        show.line(
            "加 --trace 重跑并把输出发给维护者", "run again with --trace and send the output", sys.stderr
        )
        if trace:
            raise
        return 1


def _disk(wrong: OSError) -> InputError:
    said = wrong.strerror or str(wrong)
    return InputError(
        Say(f"读写失败:{said}", f"reading or writing failed: {said}"),
        code="E-DISK-01",
        where=str(wrong.filename) if wrong.filename else None,
        fix=Say("检查路径、权限和剩余空间", "check the path, permissions and free space"),
    )


def _memory() -> InputError:
    return InputError(
        Say("内存不够", "out of memory"),
        code="E-DISK-02",
        fix=Say("把输入拆小,或用 --on spark", "split the input, or use --on spark"),
    )


if __name__ == "__main__":
    main()
