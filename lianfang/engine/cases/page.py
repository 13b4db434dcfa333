"""The docs page of cases: both tables with their drawings, clocks, criteria, the review's numbers."""

from __future__ import annotations

from collections.abc import Iterable

from lianfang.engine.cases import clocks, criteria, recusal, self_check, tables
from lianfang.engine.cases.holds import HOLDS
from lianfang.engine.cases.lint import roles
from lianfang.engine.cases.table import Move, Table
from lianfang.engine.terms import shelf


def page() -> str:
    """Write the page, as Markdown."""
    lines = ["# 案件与评审 Cases and review", "",
             "状态表是数据；按钮、测试、图和本页出自同一张表。不能办的动作答 409，并说现在可以办什么。",
             "Tables are knowledge: buttons, tests, drawings and this page come from one file. What is not open answers 409 and says what is.", "",
             "**这里没有任何动作会停止或推迟投诉本身的时限。** **Nothing here stops or delays a complaint's own clock.**", ""]
    for table in tables.load().values():
        lines += _table(table)
    lines += _gate() + _review() + _clocks()
    return "\n".join(lines) + "\n"


def _rows(head: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> list[str]:
    cells = [" | ".join(str(cell).replace("|", "\\|") for cell in row) for row in rows]
    return ["| " + " | ".join(head) + " |", "|" + "---|" * len(head), *(f"| {row} |" for row in cells), ""]


def _table(table: Table) -> list[str]:
    names = {one["id"]: one["zh"] for one in shelf.yaml(shelf.path("accounts", "roles.yaml"))["roles"]}
    rows = ((table.states[state].name.zh, f"{move.name.zh} `{move.act}`", table.states[move.to].name.zh, "、".join(names[role] for role in move.who if role in roles()),
             _needs(table, move), "、".join(table.tasks[name].name.zh for name in move.tasks))
            for state in table.states for move in table.out_of(state))
    begun = [clocks.get(name).name for name in table.starts]
    opening = f"立案即开始 runs from the opening: {'、'.join(f'{one.zh} {one.en}' for one in begun) or '没有 none'}"
    return [f"## {table.name.zh} {table.name.en}", "", f"依据 source: {table.source}", "", opening, "", f"![{table.name.zh}](cases-{table.id}.svg)", "",
            *_rows(("状态 state", "动作 act", "到 to", "谁 who", "要有 needs", "随之 opens"), rows)]


def _needs(table: Table, move: Move) -> str:
    acts = {one.act: one.name.zh for one in table.moves}
    parts = [table.fields[name].name.zh for name in move.needs] + [HOLDS[name][0].zh for name in move.holds]
    if move.note_least:
        parts.append(f"说明 ≥ {move.note_least} 字")
    if move.n_exhibits:
        parts.append(f"证据 ≥ {move.n_exhibits} 份")
    if move.apart_from:
        parts.append("不是“" + "”“".join(acts[name] for name in move.apart_from) + "”的人")
    return "；".join(parts)


def _gate() -> list[str]:
    questions = ((one["id"], one["zh"], one["en"], "是 yes" if one["fault"] else "") for one in self_check.knowledge()["questions"])
    rows = ((one.id, one.name.zh, one.name.en, one.strength) for one in criteria.criteria().values())
    guards = ((one.id, one.name.zh, one.name.en, "、".join(sorted(one.takes_away, key=lambda name: int(name[1:])))) for one in criteria.guards().values())
    return ["## 提交前 Before an application", "", "### 自查 Self-check", "", f"由合规签字，撰写人不能自签。{self_check.knowledge()['source']}", "",
            *_rows(("", "问题", "question", "要写补救 a fault"), questions),
            "### 标准 Criteria", "", f"每条至少 {criteria.knowledge()['exhibits_least']} 份在案证据；一强一中，或三条中弱且至少一条中。 {criteria.knowledge()['source']}", "",
            *_rows(("", "标准", "criterion", "强度 strength"), rows),
            "### 无辜情形 Innocent reasons", "", "逐项回答；适用的，所列标准不计。 Each is answered; one that applies takes criteria away.", "",
            *_rows(("", "情形", "reason", "不计 takes away"), guards)]


def _review() -> list[str]:
    held = recusal.knowledge()
    rows = ((rule["zh"], rule["en"], rule["least"], "是 yes" if rule["odd"] else "", rule["reason_least"], "、".join(held["choices"][one]["zh"] for one in rule["choices"]), rule["no_majority"])
            for rule in held["panels"].values())
    ties = ((one["zh"], one["en"]) for one in held["ties"].values())
    return ["## 评审 Review", "", held["source"], "", f"工作组 {held['working_group']['n_people']} 人；申请机构的人、有登记关系的人、经办过本案的人一律回避。封票前各人只看得到自己的票；不同意见留存；申诉评审与初评无一人相同。", "",
            *_rows(("评审组", "panel", "至少 least", "单数 odd", "理由字数 reason", "选项 choices", "无多数 no majority"), rows),
            *_rows(("回避关系", "tie that bars"), ties)]


def _clocks() -> list[str]:
    rows = ((f"`{one.id}`", one.name.zh, one.name.en, one.length, "工作日 working days" if one.unit == "working_day" else "自然日 calendar days", one.basis)
            for one in clocks.load().values())
    years = "、".join(place.stem for place in shelf.files("calendar"))
    return ["## 时限 Clocks", "", f"首日不计；末日逢休息日顺延到下一工作日。放假安排：{years}；其他年份按周末推算并注明。`OWN` 是本软件缺省，不是法律。", "",
            *_rows(("", "时限", "clock", "长 length", "单位 unit", "依据 basis"), rows)]
