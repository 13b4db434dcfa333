"""How the gate is asked and the audit read: the part of the docs page that shows every format."""

from __future__ import annotations

from collections.abc import Sequence

from lianfang.engine.conduct import findings, silence
from lianfang.engine.conduct.contact import COLUMNS, OUTCOMES
from lianfang.engine.conduct.standing import SUBJECT
from lianfang.engine.conduct.words import words
from lianfang.engine.records import schema
from lianfang.engine.terms import shelf
from lianfang.engine.terms.codes import Kind
from lianfang.engine.terms.errors import Say

COMMAND = "lianfang conduct check intent.json --history history.csv --standing standing.json"
EXAMPLE = ("intent.json", "history.csv", "standing.json")
_FACTS = {
    "dispute_open": Say("异议未决", "a dispute is open"), "plan_in_force": Say("还款方案正在履行", "a repayment plan is performed"),
    "hardship_hold": Say("因困难暂缓", "on hold for hardship"), "debtor_stopped": Say("本人要求停止联系", "the debtor asked for contact to stop"),
    "represented": Say("已有律师代理", "represented by a lawyer"), "hardship_sign": Say("有困难迹象，提出方案", "signs of hardship: a plan is offered"),
    "agency_listed": Say("机构在名册上", "the agency is in the register"), "agency_evaluated": Say("机构评估有效", "its evaluation stands"),
    "collector_allowed": Say("催收员可上岗", "the collector may work"), "line_registered": Say("号码已登记", "the line is registered"),
}
_SUBJECTS = {
    "debtor": "`creditor`、`debtor_id`", "agency": "`subject` = 催收机构 agency", "collector_id": "`subject` = 催收员 collector",
    "line_number": "`subject` = 号码 line",
}


def lines() -> list[str]:
    """Write the part of the page before the rules, as lines of Markdown."""
    return [*_asking(), *_example(), *_intent(), *_history(), *_standing(), *_reading()]


def _asking() -> list[str]:
    return [
        "## 打前问 / Asking the gate", "",
        "`lianfang conduct check` 问一次联系能不能做。三个文件：联系意图、以往记录、在案事实。答案逐条写明规则、依据和还剩几次。", "",
        "`lianfang conduct check` asks whether one contact may be made. Three files: the contact as planned, the contacts already made, what stands on record. "
        "The answer names every rule, its source, and what remains.", "",
        "| 退出码 exit code | 意思 meaning |", "|---|---|",
        "| 0 | 可以联系 allowed |", "| 3 | 不可联系：规则不许，或缺少事实 refused: a rule forbids it or a fact is missing |",
        "| 2 | 文件读不了或写法不对，没有作答 a file is unreadable or wrong, no answer |", "| 1 | 内部错误 internal error |", "",
        "`conduct audit` 完成为 0，不论有没有发现；输入不对为 2。`conduct audit` ends with 0 whatever it finds, 2 where the input is wrong.", "",
        "缺了就不放行 / missing means refused: `E_NO_HISTORY`(没有 `--history`)、`E_NO_TZ`、`E_NO_MOMENT`、`E_NO_CHANNEL`、`E_NO_DEBTOR`、"
        "`E_NO_PARTY_ROLE`、`E_NO_NUMBER`、`E_NO_OUTCOME`(当日以往通话没有写明是否接通 calls of that day without an outcome)、`NO_RECORDING`、`IDENTITY_NOT_STATED`。", "",
    ]


def _example() -> list[str]:
    """Show the example whole; a test runs it out of the page."""
    made = ["### 例 / Example", ""]
    for name in EXAMPLE:
        made += [f"`{name}`", "", f"```{name.rsplit('.', 1)[1]}", shelf.text(f"conduct/example/{name}").rstrip("\n"), "```", ""]
    return [*made, "```console", f"$ {COMMAND}", shelf.text("conduct/example/answer.txt").rstrip("\n"), "$ echo $?", "3", "```", ""]


def _intent() -> list[str]:
    """List the fields of an intent, their words and what an empty one means."""
    listed, assumed = {one.name: one for one in schema.of(Kind.CONTACT).fields}, words().assumed
    made = [
        "### 联系意图 / The intent", "",
        "一个 JSON 或 YAML 映射，键是下面的字段名；不写文件名则读标准输入。词不分大小写，中英文都认。结果字段（"
        + "、".join(f"`{name}`" for name in sorted(OUTCOMES)) + "）打前不写。", "",
        "One JSON or YAML mapping with these names as keys; without a file, standard input is read. Words may be Chinese or English. "
        "Outcomes are left out beforehand.", "",
        "| 字段 field | 意思 meaning | 词 words | 空着 empty |", "|---|---|---|---|",
    ]
    for name in (one for one in COLUMNS if one in listed):
        if name in OUTCOMES:
            continue
        field = listed[name]
        codes = "；".join(f"`{code}`" + (f" {aliases[0]}" if aliases else "") for code, aliases in _spoken(name).items())
        kind = codes or {"time": "`2026-03-02T15:00:00+08:00`", "bool": "`true` `false`", "int": "整数 whole number"}.get(field.type, "")
        empty = f"`{assumed[name]}`" if name in assumed else ""
        meaning = f"{field.meaning.zh} / {field.meaning.en}".replace("|", "\\|")
        made.append(f"| `{name}` | {meaning} | {kind} | {empty} |")
    return [*made, ""]


def _spoken(field: str) -> dict[str, list[str]]:
    """Give every code of a field and its Chinese words."""
    by: dict[str, list[str]] = {}
    for alias, code in words().codes.get(field, {}).items():
        held = by.setdefault(code, [])
        if not alias.isascii():
            held.append(alias)
    return by


def _history() -> list[str]:
    return [
        "### 以往记录 / The history", "",
        "CSV、XLSX、Parquet 或文件夹，可多个；与 `conduct audit` 读同样的文件，列名中英文都认（[全部列名](columns.md)）。"
        "一行一次联系，列同上，加上结果：`answered`（是否接通）、`effective`（是否有效）、`duration_seconds`（通话时长）、`stop_requested`（是否要求停止）。"
        "没有以往联系也要给一个只有表头的文件：没有历史就不放行。", "",
        "CSV, XLSX, Parquet or folders, any number, as `conduct audit` reads them, Chinese or English headers ([all headers](columns.md)). "
        "One contact a row: the fields above and the outcomes `answered`, `effective`, `duration_seconds`, `stop_requested`. "
        "Where nothing went before, give a file of headers only: no history is refused.", "",
    ]


def _standing() -> list[str]:
    made = [
        "### 在案事实 / What stands on record", "",
        "JSON 或 YAML 列表。每项：`fact`、谁（见下）、`from` 起（含）、`until` 止（不含）、`ref` 凭据；起止不写就是一直。", "",
        "A JSON or YAML list. Each: `fact`, whom (below), `from` (inclusive), `until` (exclusive), `ref` the paper; no ends means always.", "",
        "没给过的名册不作判断；给了名册，不在册就是不在册。 A register nobody gave decides nothing; in one that was given, who is not in it is not in it.", "",
        "| fact | 意思 meaning | 谁 whom |", "|---|---|---|",
    ]
    return [*made, *(f"| `{fact}` | {_FACTS[fact].zh} / {_FACTS[fact].en} | {_SUBJECTS[of]} |" for fact, of in SUBJECT.items()), ""]


_COLUMNS = {
    "record_no": "第几条，从 0 起 number of the contact, from 0", "record_id": "记录自己的编号 the log's own id",
    "rule": "规则 rule", "code": "代码 code", "instrument": "规范 instrument", "clause": "条文 clause",
    "effect": "后果 `severe` `block` `warn` `audit`", "hard": "硬性，否则是推定 hard, else a presumption",
    "breach": "见上 above", "unclear": "见上 above", "lacks": "没有写明的字段，竖线分开 fields not told",
    "decided": "计数的行 counted", "counted": "之前已有几次 how many went before", "limit": "上限 limit", "window": "窗口 window",
    "why_zh": "为什么 why, Chinese", "why_en": "为什么 why, English", "evidence": "数进去的联系的 record_no，至多 8 条 contacts counted, 8 at most",
    "at": "时间（UTC）moment (UTC)", "institution": "机构 lender", "agency": "催收机构 agency", "collector_id": "催收员 collector",
    "channel": "渠道 channel",
}


def _reading() -> list[str]:
    """Say how findings are read."""
    headers = {one.name: one.headers[0] for one in schema.of(Kind.CONTACT).fields}
    return [
        "## 看审计结果 / Reading an audit", "",
        *_table(("`breach`", "`unclear`", "意思 meaning"), (
            ("是 yes", "否 no", "违规：记录写明的事实足以判断 a breach, proved by what the record tells"),
            ("否 no", "是 yes", "不明：记录没有写明 `lacks` 里的字段，不算违规，补上才能判断 unclear: the record does not tell the fields in `lacks`; no breach until somebody does"),
            ("否 no", "否 no", "未遂：没有接通等，事前会拦下 only tried: unanswered and the like, the gate would have refused"),
        )),
        "`decided` 为否的行不计数：同一联系、同一代码，另一规范更严或更确定。 Rows with `decided` false are not counted: of one contact and code, another instrument is stricter or surer.", "",
        "没有这一列就是没有写明；有这一列而空着，对 " + "、".join(f"`{name}`({headers[name]})" for name in ("recording_id", "consent_ref", "unreachable_basis"))
        + " 是写明没有，对其他字段仍是没有写明。写“无”也是写明没有。不认识的词等于没有写明。", "",
        "No such column: not told. An empty cell of a column that is there says none for `recording_id`, `consent_ref`, `unreachable_basis`, and tells nothing elsewhere. "
        "A word such as 无 or none says none. A word nobody knows tells nothing.", "",
        "会成为不明的字段 / fields that can be lacking: " + "、".join(f"`{name}`" for name in silence.FIELDS_TOLD) + "。", "",
        "三处按惯例补，并在 `run.json` 计数：没有时区按 `--zone`（缺省 Asia/Shanghai），没有方向按呼出，没有模式按交互。"
        "例外要由记录证明：夜间联系没有写明同意凭据的，仍是违规。", "",
        "Three gaps are filled by custom and counted in `run.json`: no zone is `--zone` (else Asia/Shanghai), no direction is outbound, no mode is interactive. "
        "An exception must be shown: a contact at night without the id of a consent stays a breach.", "",
        "`findings.parquet`:", "", *_table(("列 column", "意思 meaning"), [(f"`{name}`", _COLUMNS[name]) for name in findings.SCHEMA.names]),
        "`agencies.parquet`、`collectors.parquet` 是每千次联系的违规及 95% 区间；不足 50 次联系的标 `small`，不作比较。"
        "Breaches per 1,000 contacts with their 95 % intervals; under 50 contacts `small` is set, not to be compared.", "",
    ]


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    return [f"| {' | '.join(head)} |", "|" + "---|" * len(head), *(f"| {' | '.join(row)} |" for row in rows), ""]
