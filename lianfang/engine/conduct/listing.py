"""Every rule told: where it comes from, whether its text was seen, and its samples."""

from __future__ import annotations

from typing import Any

from lianfang.engine.conduct import ask_page, load
from lianfang.engine.conduct import contact as contacts
from lianfang.engine.conduct.rules import JudgedIn, Rule, Rules, Sample


def told(rule: Rule) -> dict[str, Any]:
    """Give one rule as plain values."""
    source, history = rule.source, rule.history
    return {
        "id": rule.id, "row": source.row, "code": rule.code, "name": {"zh": rule.name.zh, "en": rule.name.en},
        "effect": rule.effect.value, "kind": "hard" if rule.hard else "presumption", "judged_in": rule.judged_in.value,
        "instrument": {"zh": source.instrument.zh, "en": source.instrument.en}, "pack": source.pack,
        "clause": source.clause, "verified": source.verified, "basis": source.basis,
        "effective_from": _day(source.effective_from_us), "effective_to": _day(source.effective_to_us),
        "scope": rule.scope.source if rule.scope else None, "forbid": rule.forbid.source if rule.forbid else None,
        "unless": rule.unless.source if rule.unless else None,
        "counts": None if history is None else {
            "of": history.unit.of.source, "made": history.unit.made.source, "key": history.unit.key,
            "window": str(history.window), ("at_least" if history.under else "at_most"): history.limit,
        },
        "override": {"zh": rule.override.zh, "en": rule.override.en} if rule.override else None,
        "needs": list(rule.needs), "lacks": list(rule.lacks), "attempts": rule.attempts,
        "params": {name: {"value": one.value, "stricter": one.stricter, "note": None if one.note is None else {"zh": one.note.zh, "en": one.note.en}}
                   for name, one in rule.params.items()},
        "note": {"zh": rule.note.zh, "en": rule.note.en} if rule.note else None,
        "samples": [{"give": _plain(one.give), "before": [_plain(each) for each in one.before],
                     "spans": [_plain(each) for each in one.spans], "without": list(one.without), "finding": one.finding, "unclear": one.unclear, "where": one.where} for one in rule.samples],
        "where": source.where,
    }


def _plain(values: Any) -> dict[str, Any]:
    return {str(name): value if value is None or isinstance(value, bool | int | str) else str(value) for name, value in dict(values).items()}


def _day(at_us: int | None) -> str | None:
    return None if at_us is None else contacts.moment(at_us + 8 * 3_600_000_000).date().isoformat()


_WHERE = {
    JudgedIn.CONTACT: "事前放行与事后审计 / gate and audit", JudgedIn.SAID: "话语检查 / what was said",
    JudgedIn.AGENCIES: "催收机构 / agencies", JudgedIn.COLLECTORS: "催收员 / collectors",
    JudgedIn.RETENTION: "保存期 / retention", JudgedIn.WORKFLOW: "由人办理 / a person's act",
}


def rules_page(rules: Rules | None = None) -> str:
    """Write the docs page of all packs, as Markdown.

    Returns:
        One heading per pack and per rule; what the sheet does not know stands as not known.
    """
    rules = rules or load.rules(load.ALL)
    lines = ["# 催收规则 / Conduct rules", "", *ask_page.lines(), "## 规则 / Rules", "",
             "本页由 `lianfang/data/conduct/*.yaml` 生成，不要手改。条文号未读到的写“未知”，`verified: 否` 表示无人对照过官方文本。",
             "", "Generated from `lianfang/data/conduct/*.yaml`; do not edit. A clause that was not read is \"unknown\"; `verified: no` means nobody has compared it with the official text.", ""]
    pack = ""
    for rule in rules.all:
        if rule.source.pack != pack:
            pack = rule.source.pack
            lines += [f"## {rule.source.instrument.zh}", "", f"{rule.source.instrument.en} · `conduct/{pack}.yaml`", ""]
        lines += _section(rule)
    return "\n".join(lines).rstrip() + "\n"


def _section(rule: Rule) -> list[str]:
    source = rule.source
    lines = [f"### {rule.id}", "", f"{rule.name.zh} / {rule.name.en}", "",
             "| | |", "|---|---|",
             f"| 代码 code | `{rule.code}` |",
             f"| 后果 effect | {rule.effect.value}({'硬性 hard' if rule.hard else '推定 presumption'}) |",
             f"| 判断于 judged in | {_WHERE[rule.judged_in]} |",
             f"| 条文 clause | {source.clause or '未知 unknown'} |",
             f"| 核对 verified | {'是 yes' if source.verified else '否 no'} |",
             f"| 依据 basis | {source.basis}（行 row {source.row}) |",
             f"| 有效期 in force | {_day(source.effective_from_us) or '未知 unknown'} – {_day(source.effective_to_us) or '…'} |"]
    lines += [f"| 例外 override | {rule.override.zh} / {rule.override.en} |"] if rule.override else []
    lines += [f"| 参数 {name} | {one.value}" + (f":{one.note.zh} / {one.note.en}" if one.note else "") + " |" for name, one in rule.params.items()]
    lines += [f"| 没有写明就不明 unclear unless told | {', '.join(f'`{one}`' for one in rule.lacks)} |"] if rule.lacks else []
    lines += ["| 未接通 not answered | 不算 no finding |"] if not rule.attempts else []
    lines += [f"| 说明 note | {rule.note.zh} / {rule.note.en} |"] if rule.note else []
    lines += [""]
    if rule.samples:
        lines += ["| 样例 sample | 之前 before | 违反 finding |", "|---|---|---|"]
        lines += [f"| {_cells({**one.give, **dict.fromkeys(one.without, '没有这一列 no such column')}) or '基准 base'} | {len(one.before) or ''} | {_came_out(one)} |" for one in rule.samples]
        lines += [""]
    return lines


def _came_out(one: Sample) -> str:
    return "否 no" if not one.finding else "不明 unclear" if one.unclear else "是 yes"


def _cells(give: Any) -> str:
    return "; ".join(f"{name} = {'空' if value is None else value}" for name, value in _plain(give).items()).replace("|", "\\|")
