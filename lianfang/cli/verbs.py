"""The verbs of the command line, each thin; the work is in the engine's rooms.

Imports of the rooms stand inside the verbs: a command that needs no kernel must start in half a second.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from lianfang.cli import case, evidence_verbs, office, office_keep, show
from lianfang.engine.terms.errors import Say

Verb = Callable[[argparse.Namespace], int]
_VERB = Say("命令", "command")
_COMMAND = f"{_VERB.zh}/{_VERB.en}"


class _Parser(argparse.ArgumentParser):
    """argparse that says its refusals in the reader's language."""

    def error(self, message: str) -> NoReturn:
        message = message.replace(_COMMAND, show.said(_VERB))
        show.line(f"用法有误:{message}", f"usage: {message}", sys.stderr)
        show.line(f"看用法:{self.prog} --help", f"see: {self.prog} --help", sys.stderr)
        sys.exit(2)


def _run(asked: argparse.Namespace) -> int:
    from lianfang.cli import run

    return run.run(asked)


def _columns(asked: argparse.Namespace) -> int:
    from lianfang.cli import columns
    from lianfang.engine.terms.codes import Kind

    return columns.columns(asked.path, Kind(asked.kind) if asked.kind else None, asked.write)


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


def _guide(asked: argparse.Namespace) -> int:
    from lianfang.cli import guide

    if asked.what == "list":
        return guide.list_guides(asked.guides, asked.json)
    if asked.what == "show":
        return guide.show_guide(asked.id, asked.guides, asked.json)
    if asked.what == "lint":
        return guide.lint(asked.guides)
    if asked.what == "test":
        return guide.test(asked.id, asked.guides)
    return guide.new(asked.id, asked.activity, asked.folder)


def _check(asked: argparse.Namespace) -> int:
    from lianfang.cli import check

    return check.check(asked.text, asked.guides, asked.json)


def _simulate(asked: argparse.Namespace) -> int:
    from lianfang.cli import simulate
    from lianfang.simulate.knobs import Knobs

    given = {name: getattr(asked, name) for name in KNOBS if getattr(asked, name) is not None}
    return simulate.simulate(Knobs(**given), asked.out, asked.format)


def _score(asked: argparse.Namespace) -> int:
    from lianfang.cli import simulate

    return simulate.score(asked.run_dir, asked.sim_dir)


def _said(asked: argparse.Namespace) -> int:
    from lianfang.cli import conduct_said

    if asked.what == "agency":
        return conduct_said.agency(asked.file, asked.on, asked.json)
    first = None if asked.first is None else asked.first == "yes"
    options = conduct_said.SaidOptions(
        asked.party, first, asked.institution, tuple(asked.name or ()), tuple(asked.pack or ()), asked.json
    )
    return conduct_said.said(tuple(asked.paths), asked.text, options)


def _conduct(asked: argparse.Namespace) -> int:
    from lianfang.cli import conduct

    if asked.what in ("said", "agency"):
        return _said(asked)
    choice = conduct.RuleChoice(tuple(asked.pack or ()), asked.policy, asked.zone)
    if asked.what == "rules":
        return conduct.rules(choice, asked.json, asked.test)
    if asked.what == "check":
        return conduct.check(asked.intent, tuple(asked.history or ()), asked.standing, choice, asked.json)
    zoned = conduct.RuleChoice(choice.packs, choice.policy, asked.zone or "Asia/Shanghai")
    mappings = (asked.mapping,) if asked.mapping else ()
    options = conduct.AuditOptions(zoned, asked.standing, mappings, asked.threads, asked.force)
    if asked.what == "sample":
        from lianfang.cli import conduct_sample
        from lianfang.engine.conduct.sampling import SampleWish

        wish = SampleWish(asked.share, asked.number, asked.per == "collector", asked.seed)
        return conduct_sample.sample(asked.paths, asked.out, wish, options)
    return conduct.audit(asked.paths, asked.out, options)


def _bench(asked: argparse.Namespace) -> int:
    from lianfang.cli import bench

    return bench.bench(tuple(asked.topics), asked.size)


def _version(asked: argparse.Namespace) -> int:
    from importlib.metadata import version

    print(version("lianfang"))
    return 0


def _verb(verbs: Any, name: str, do: Verb, zh: str, en: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = verbs.add_parser(name, help=f"{zh} / {en}", description=f"{zh}。 {en}.")
    parser.set_defaults(do=do)
    _common(parser, suppress=True)
    return parser


def _group(verbs: Any, name: str, parts: str, zh: str, en: str) -> Any:
    group = _verb(verbs, name, _help_of, zh, en)
    group.set_defaults(group=group)
    return group.add_subparsers(dest="what", metavar=parts, parser_class=_Parser)


def _from_one(given: str) -> int:
    if not given.isdecimal() or int(given) < 1:
        raise argparse.ArgumentTypeError(show.said(Say(f"要写 1 或更大的整数,不是 {given}", f"a whole number from 1, not {given}")))
    return int(given)


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
    add(
        "--keep",
        action="store_true",
        help="留下 state/ 供日后加新数据(含未脱敏记录,仅本人可读)/ keep state/ to add to later (unmasked, owner only)",
    )
    add("--since", type=Path, help="上次的结果文件夹,只算新增 / earlier results: add only what is new")
    add("--threads", type=_from_one, help="线程数,结果不变 / threads; the answer is the same")
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


def _own_guides(add: Any) -> None:
    add("--guides", type=Path, help="自有特征指南文件夹 / folder of your own guides")


def _add_check(verbs: Any) -> None:
    add = _verb(verbs, "check", _check, "看一段文字有哪些特征", "say which signs one text shows").add_argument
    add("text", nargs="?", help="文字;不写或写 - 则读标准输入 / the text; none or - reads standard input")
    add("--json", action="store_true", help="JSON 输出 / as JSON")
    _own_guides(add)


def _add_guide(verbs: Any) -> None:
    group = _verb(verbs, "guide", _help_of, "特征指南", "feature guides")
    group.set_defaults(group=group)
    parts = group.add_subparsers(dest="what", metavar="list|show|lint|test|new", parser_class=_Parser)
    one = _verb(parts, "list", _guide, "列出特征指南", "list the guides")
    one.add_argument("--json", action="store_true", help="JSON 输出 / as JSON")
    _own_guides(one.add_argument)
    one = _verb(parts, "show", _guide, "看一份特征指南", "show one guide")
    one.add_argument("id")
    one.add_argument("--json", action="store_true", help="JSON 输出 / as JSON")
    _own_guides(one.add_argument)
    one = _verb(parts, "lint", _guide, "一次找出全部毛病", "tell every fault at once")
    _own_guides(one.add_argument)
    one = _verb(parts, "test", _guide, "跑全部样例", "run every sample")
    one.add_argument("id", nargs="?", help="只跑这一份 / only this one")
    _own_guides(one.add_argument)
    one = _verb(parts, "new", _guide, "写出一份骨架", "write a skeleton")
    one.add_argument("id", help="LF-G-NNNN")
    one.add_argument("--activity", required=True, help="BG01 … BG10")
    one.add_argument("--folder", type=Path, default=Path("guides"), help="放在哪里 / where to put it")


def _help_of(asked: argparse.Namespace) -> int:
    asked.group.print_help()
    return 2


KNOBS = ("seed", "people", "institutions", "days", "overlap", "paraphrase", "noise", "churn", "fault")


def _add_simulate(verbs: Any) -> None:
    # `simulate score RUN SIM` reads better than a group with one more level.
    add = _verb(
        verbs, "simulate", _simulate, "做带真相的模拟数据", "make tables whose truth is known"
    ).add_argument
    for name in KNOBS[:4]:
        add(f"--{name}", type=int)
    for name in KNOBS[4:]:
        add(f"--{name}", type=float, help="0 … 1")
    add("--out", type=Path, required=True)
    add("--format", choices=("csv", "parquet", "xlsx"), default="csv")
    add = _verb(
        verbs, "score", _score, "拿运行结果对照模拟的真相", "score a run against a simulation's truth"
    ).add_argument
    add("run_dir", type=Path, help="lianfang run 的结果 / results of a run")
    add("sim_dir", type=Path, help="lianfang simulate 写出的文件夹 / what simulate wrote")


def _add_conduct(verbs: Any) -> None:
    group = _verb(
        verbs, "conduct", _help_of, "催收行为:规则、打前问、打后查", "collection conduct: rules, gate, audit"
    )
    group.set_defaults(group=group)
    parts = group.add_subparsers(dest="what", metavar="rules|check|audit|sample|said|agency", parser_class=_Parser)
    one = _verb(
        parts, "rules", _conduct, "列出每条规则及其来源、样例", "list every rule, its source, its samples"
    )
    _rule_choice(one.add_argument)
    one.add_argument("--json", action="store_true", help="JSON 输出 / as JSON")
    one.add_argument("--test", action="store_true", help="跑全部样例 / run every sample")
    one = _verb(parts, "check", _conduct, "现在能联系吗", "may this contact be made now")
    one.epilog = "退出码:0 可以联系,3 不可联系,2 输入不对。文件写法和一个完整的例子见 docs/conduct.md。 Exit code: 0 allowed, 3 refused, 2 wrong input. docs/conduct.md shows the files and a whole example."
    _rule_choice(one.add_argument)
    one.add_argument("intent", nargs="?", type=Path, help="JSON 或 YAML,不写则读标准输入 / none reads standard input")
    one.add_argument("--history", nargs="*", type=Path, help="以往联系记录 / contacts already made")
    one.add_argument(
        "--standing", type=Path, help="在案事实:异议、方案、困难、停催、名单 / holds and registers"
    )
    one.add_argument("--json", action="store_true", help="JSON 输出 / as JSON")
    one = _verb(parts, "audit", _conduct, "查以往联系记录", "audit contacts already made")
    one.epilog = "退出码:0 审计完成,不论有没有发现;2 输入不对。 Exit code: 0 the audit is done, whatever it found; 2 wrong input."
    _add_log(one.add_argument)
    one = _verb(parts, "sample", _conduct, "抽检:抽出要听、要看的联系", "draw contacts for inspection")
    _add_log(one.add_argument)
    one.add_argument("--share", type=float, help="每组抽的比例,缺省 0.01 / share of every group, else 0.01")
    one.add_argument("--number", type=_from_one, help="每组抽的条数 / number of every group")
    one.add_argument("--per", choices=("collector", "agency"), default="collector", help="按催收员还是按机构分组 / groups")
    one.add_argument("--seed", type=int, default=1, help="同一个数抽出同样的联系 / the same seed draws the same")
    _add_said(parts)


def _add_log(add: Any) -> None:
    _rule_choice(add)
    add("paths", nargs="+", type=Path, help="CSV、XLSX、Parquet 或文件夹 / or folders")
    add("--out", type=Path, required=True)
    add("--standing", type=Path, help="在案事实 / holds and registers")
    add("--mapping", type=Path, help="列对照文件 / mapping file")
    add("--threads", type=_from_one)
    add("--force", action="store_true", help="覆盖已有结果 / replace earlier results")


def _add_said(parts: Any) -> None:
    one = _verb(parts, "said", _conduct, "查说了什么:通话转写、短信、信函", "judge what was said: transcripts, messages")
    one.add_argument(
        "paths", nargs="*", type=Path, help="JSON、NDJSON、CSV、XLSX、Parquet,不写则读标准输入 / none reads standard input"
    )
    one.add_argument("--text", help="一条短信或一封信 / one message or letter")
    one.add_argument("--party", default="debtor", help="对方身份:本人、第三人… / whom it was meant for")
    one.add_argument("--first", choices=("yes", "no"), help="是否首次联系 / is it the first contact")
    one.add_argument("--institution", help="机构名称 / the lender's name")
    one.add_argument("--name", action="append", help="要遮盖的姓名,可多次 / name to cover, repeatable")
    one.add_argument("--pack", action="append", help="规则包,可多次;all 为全部 / rule pack, repeatable; all")
    one.add_argument("--json", action="store_true", help="JSON 输出 / as JSON")
    one = _verb(parts, "agency", _conduct, "看催收机构和催收员:该办什么、为何不可", "agencies and collectors: due, blocked, why")
    one.add_argument("file", type=Path, help="YAML,写法见 docs/conduct-said.md / see there")
    one.add_argument("--on", type=_day, help="哪一天,缺省今天 / which day, else today")
    one.add_argument("--json", action="store_true", help="JSON 输出 / as JSON")


def _day(raw: str) -> date:
    try:
        return date.fromisoformat(raw)
    except ValueError as wrong:
        raise argparse.ArgumentTypeError(f"{raw} ≠ YYYY-MM-DD") from wrong


def _rule_choice(add: Any) -> None:
    add("--pack", action="append", help="规则包,可多次;all 为全部 / rule pack, repeatable; all")
    add("--policy", type=Path, help="本机构更严的规定 / the lender's own stricter policy")
    add("--zone", help="没有写明时区时用 / zone of contacts that name none")


def _add_house(verbs: Any) -> None:
    add = _verb(
        verbs, "warm", _warm, "编译计算核,装好后做一次", "compile the kernels, once after installing"
    ).add_argument
    add("--only", help=argparse.SUPPRESS)
    add = _verb(
        verbs, "pages", _pages, "由代码和数据生成文档页", "make the docs pages that come from code and data"
    ).add_argument
    add("--check", action="store_true", help="只检查是否最新 / only say whether they are current")
    add = _verb(
        verbs,
        "bench",
        _bench,
        "与同类工具同场测速,写进 docs/measures",
        "measure beside peers, write docs/measures",
    ).add_argument
    add("topics", nargs="*", help="run kernels text conduct …;不写则全部 / none means all")
    add("--size", choices=("small", "full"), default="full")
    _verb(verbs, "version", _version, "版本", "say the version")


def parser() -> argparse.ArgumentParser:
    """Make the parser of the whole command line; the docs page is made from it too."""
    top = _Parser(
        prog="lianfang",
        description="联防:看出谁在合伙对付出借人和借款人,并说清为什么。 Find who works together, and say why.",
    )
    _common(top)
    verbs = top.add_subparsers(dest="verb", metavar=_COMMAND, parser_class=_Parser)
    _add_run(verbs)
    _add_tables(verbs)
    _add_check(verbs)
    _add_guide(verbs)
    _add_simulate(verbs)
    _add_conduct(verbs)
    office.add(verbs, _verb)
    office_keep.add(verbs, _verb)
    evidence_verbs.add(partial(_group, verbs), _verb)
    case.add(partial(_group, verbs), _verb)
    _add_house(verbs)
    return top
