"""`lianfang guide`: list, show, lint, test and begin guides."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from lianfang.cli import show
from lianfang.engine.identify.guides import guide
from lianfang.engine.terms.codes import Activity, Exit
from lianfang.engine.terms.errors import InputError, Say


def list_guides(folder: Path | None = None, as_json: bool = False) -> int:
    """Print all guides in force as a table.

    Args:
        folder: further guides.
        as_json: print JSON instead.
    """
    book = guide.load(folder)
    if as_json:
        print(json.dumps([_short(each) for each in book.guides], ensure_ascii=False, indent=2))
        return Exit.OK
    head = ["编号", "版本", "活动", "名称", "记录种类", "特征项", "样例"]
    if show.language() == "en":
        head = ["id", "version", "activity", "title", "kinds", "clauses", "samples"]
    rows = [
        (each.id, each.version, each.activity, show.said(each.title), ",".join(each.kinds), len(each.clauses), len(each.samples))
        for each in book.guides
    ]  # fmt: skip
    show.table(head, rows)
    n_words = len({word for phrases in book.sets.values() for word in phrases.words})
    counts = (len(book.guides), len(book.guards), len(book.sets), n_words)
    show.line(
        "{} 个指南,{} 个保护项,{} 个词组,{} 个词".format(*counts),
        "{} guides, {} guards, {} phrase sets, {} words".format(*counts),
    )
    return Exit.OK


def show_guide(name: str, folder: Path | None = None, as_json: bool = False) -> int:
    """Print one guide for reading.

    Args:
        name: its id.
        folder: further guides.
        as_json: print JSON instead.
    """
    book = guide.load(folder)
    found = book.guide(name)
    if as_json:
        print(json.dumps(_plain(found), ensure_ascii=False, indent=2))
        return Exit.OK
    print(f"{found.id}  {found.version}  {found.activity}  {show.said(found.title)}")
    if found.definition:
        print(f"\n{show.said(found.definition)}")
    _prose(Say("不是", "It is not"), found.excludes)
    print(f"\n{show.said(Say('特征项', 'Clauses'))}")
    show.table(
        ["id", "strength", "kind", show.said(Say("含义", "meaning")), show.said(Say("内容", "looks for"))],
        [(c.id, c.strength, _kind(c), show.said(c.name), _test(c)) for c in found.clauses],
    )
    print(f"\n{show.said(Say('门槛', 'Gates'))}")
    for level, words in found.gate_words.items():
        print(f"  {level}: {words}")
    guards = book.guards_of(found)
    print(f"\n{show.said(Say('保护项', 'Guards'))}: {', '.join(each.id for each in guards) or '-'}")
    _prose(Say("应保留的证据", "Evidence to keep"), found.evidence)
    for role, say in found.response.items():
        print(f"\n{show.said(Say('应对', 'Response'))} ({role}): {show.said(say)}")
    if found.advice:
        print(f"\n{show.said(Say('给消费者的话', 'Advice to the consumer'))}: {show.said(found.advice)}")
    for law in found.legal:
        seen = show.said(Say("已核对", "verified") if law.verified else Say("待核对", "to be verified"))
        print(f"\n{show.said(Say('法律', 'Law'))}: {law.instrument} {law.clause} ({seen}) {law.note}".rstrip())
    print(f"\n{show.said(Say('来源', 'Source'))}: {found.source}   {found.where}")
    return Exit.OK


def lint(folder: Path | None = None) -> int:
    """Print every fault of every guide with its place and mend; exit 2 if there is one.

    Args:
        folder: further guides.
    """
    from lianfang.engine.identify.guides import lint as linter

    found = linter.lint(folder)
    for fault in found:
        print(f"{fault.where}: {fault.code} {show.said(fault.say)}")
        print(f"    → {show.said(fault.fix)}")
    show.line(f"{len(found)} 处错误", f"{len(found)} faults", sys.stderr)
    return Exit.BAD_INPUT if found else Exit.OK


def test(name: str | None = None, folder: Path | None = None) -> int:
    """Try every sample, print those that fail; exit 1 if there is one.

    Args:
        name: one guide or guard only.
        folder: further guides.
    """
    from lianfang.engine.identify.signals import trial

    n_tried, failures = trial.trial(guide.load(folder), name)
    for failure in failures:
        sample = failure.sample
        shown = sample.text if sample.record is None else json.dumps(sample.record, ensure_ascii=False)
        print(f"{sample.where}: {failure.holder} {sample.wants}: {show.said(failure.say)}")
        print(f"    {shown}")
    failed = len(failures)
    show.line(f"{n_tried} 个样例,{failed} 个不符", f"{n_tried} samples, {failed} failed", sys.stderr)
    return Exit.FAILED if failures else Exit.OK


def new(name: str, activity: str, folder: Path) -> int:
    """Write the skeleton of a guide, to be edited; it passes `test` as it stands.

    Args:
        name: the new id, LF-G-NNNN.
        activity: BG01 to BG10.
        folder: where the file goes.
    """
    if activity not in {each.value for each in Activity}:
        raise InputError(
            Say(f"没有这种活动:{activity}", f"no such activity: {activity}"),
            code="E-GUIDE-07",
            fix=Say("用 BG01 到 BG10", "use BG01 to BG10"),
        )
    target = folder / f"{name.lower().replace('-', '_')}.yaml"
    if target.exists():
        raise InputError(
            Say(f"文件已在:{target}", f"the file is there already: {target}"),
            code="E-GUIDE-32",
            fix=Say("换一个编号,或先移走旧文件", "take another id, or move the old file away"),
        )
    folder.mkdir(parents=True, exist_ok=True)
    target.write_text(_SKELETON.format(name=name, activity=activity), encoding="utf-8")
    show.line(f"已写 {target};改好后运行:", f"wrote {target}; edit it, then run:")
    print(f"  lianfang guide lint --guides {folder}\n  lianfang guide test {name} --guides {folder}")
    return Exit.OK


def _short(each: guide.Guide) -> dict[str, Any]:
    return {
        "id": each.id,
        "version": each.version,
        "activity": each.activity,
        "title": _plain(each.title),
        "kinds": list(each.kinds),
        "clauses": len(each.clauses),
        "samples": len(each.samples),
    }


def _plain(value: Any) -> Any:
    if hasattr(value, "__dataclass_fields__"):
        return {name: _plain(getattr(value, name)) for name in value.__dataclass_fields__ if name != "gates"}
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    return {str(key): _plain(each) for key, each in value.items()} if isinstance(value, dict) else value


def _prose(title: Say, says: tuple[Say, ...]) -> None:
    if says:
        print(f"\n{show.said(title)}")
    for say in says:
        print(f"  - {show.said(say)}")


def _kind(clause: Any) -> str:
    return type(clause.test).__name__.lower()


def _test(clause: Any) -> str:
    parts = []
    for name in clause.test.__dataclass_fields__:
        value = getattr(clause.test, name)
        shown = ", ".join(value) if isinstance(value, tuple) else value
        parts.append(str(shown) if name in ("words", "sets", "source", "pattern", "kinds") else f"{name}={shown}")
    return "; ".join(parts)


_SKELETON = """# 改好每一处,再运行 lianfang guide lint 和 lianfang guide test。
# Edit every part, then run lianfang guide lint and lianfang guide test.
id: {name}
version: 1.0.0
activity: {activity}
title: {{zh: 一句话的名称, en: A title in one line}}
definition: {{zh: 这种活动是什么, en: What the activity is}}
not:
  - {{zh: 它不是什么(受保护的相似情形), en: "What it is not (the protected look-alike)"}}
kinds: [post, tip, complaint]
clauses:
  - {{id: offer, name: {{zh: 主要迹象, en: main sign}}, strength: strong, any: ["=示例短语甲"]}}
  - {{id: talk, name: {{zh: 旁证, en: supporting sign}}, strength: medium, any: ["=示例短语乙", "=示例短语丙"]}}
gates:
  look: "1 of strong or 1 of medium"
  review: "1 of strong and 1 of medium"
evidence:
  - {{zh: 应保留的证据, en: What to keep}}
response:
  lender: {{zh: 机构怎么做, en: What a lender does}}
  association: {{zh: 协会怎么做, en: What the association does}}
  regulator: {{zh: 监管怎么做, en: What the regulator does}}
advice: {{zh: 给消费者的一句话, en: One plain sentence to the consumer}}
legal:
  - {{instrument: 写上法律名称, clause: null, verified: false, note: ""}}
source: "写上依据的材料 / the paper it rests on"
samples:
  hit:
    - {{text: "这里有示例短语甲,还有示例短语乙", level: review}}
    - {{text: "这里只有示例短语甲", level: look}}
  miss:
    - "一句普通的话"
    - "另一句普通的话"
  guarded: []
"""
