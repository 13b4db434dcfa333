"""The docs page about what was said: rules, figures on both halves, and what they are worth."""

from __future__ import annotations

from collections.abc import Iterator

from lianfang.engine.conduct import agencies, said_rules, said_sets, said_signs, sampling
from lianfang.engine.conduct.said_rules import SaidRule
from lianfang.engine.conduct.said_sets import Figures

_HEAD = """# 话语检查 / What was said

本页由 `lianfang/data/conduct/said` 生成。 Generated from `lianfang/data/conduct/said`.

```
lianfang conduct said talk.json          # JSON, NDJSON, CSV, XLSX, Parquet: utt_id, t0, t1, speaker, text
lianfang conduct said --text "短信全文"   # one message
lianfang conduct agency agencies.yaml    # agencies and collectors: what is due, what is blocked
lianfang conduct sample LOG --out DIR    # which contacts to listen to, by agency and collector
```

## 这些数字值多少 / What these figures are worth

**样本是我们自己写的。** 没有公开的中文催收通话录音或文本可用，所以下面每一句都是为本软件编写的，人名机构名都是虚构的；写规则的和写样本的是同一方。
规则对着“开发半”写成；“留出半”在规则定稿之后才写，只测一次，测后不再改规则。真实通话里说法更多、还有转写错误，召回率只会更低，上线前要用本机构的录音复测。
说法开放的八条（威胁、辱骂、冒用、黑名单、夸大后果、逼借、曝光、收费）先后三次遇到新写的句子：召回率第一次 0.00 到 0.44，第二次 0.27 到 0.60，第三次即下面的留出半；前两次的句子都并入了开发半，规则对着它们补过。
其中威胁、夸大后果、收费三条又补过一次（第三次的句子并入开发半），并为它们新写了第四次的留出半：召回率 0.20、0.35、0.40，精确率 0.67、0.78、0.80，只测一次，测后没有再改。
精确率到 0.8 的“收费”不再限于提醒（八中十，区间很宽）；威胁、夸大后果仍只能提醒。没有认出来的多是反话和暗示（“出门带个保镖”“你爸的生意我去照顾照顾”），词句规则做不到，要靠听。
所以开发半的数字只说明规则记住了什么，**留出半的数字才说明它能认出什么**：没有发现不等于没有违规，这八条要与抽听并用。

**The sets are authored.** No public Chinese collection calls exist, so every sentence was written for this software, by the same side that wrote the rules; all names are made up.
Patterns were written beside the developed half. The kept half was written after the patterns stood, measured once, and not mended against. Real calls hold more wordings, and errors of transcription: expect lower recall, and measure again on your own recordings.
Eight rules have open wording (threat, insult, impersonation, blacklist, consequence, borrowing, posting, fee). They met freshly written sentences three times: recall 0.00 to 0.44 the first time, 0.27 to 0.60 the second, and the kept half below is the third; the first two sets then joined the developed half and the rules were mended beside them.
Threat, consequence and fee were mended once more (the third set joined the developed half) and met a fourth, fresh kept half: recall 0.20, 0.35, 0.40, precision 0.67, 0.78, 0.80; measured once, not mended against.
Fee reaches 0.8 and may fail (8 of 10, a wide interval); threat and consequence still may only warn. What is missed is mostly irony and hints ("take a bodyguard along", "I will look after your father's shop"): beyond patterns, to be listened for.
So the developed half tells what the rules remember, **the kept half what they recognise**: no finding is no proof of good conduct, and these eight go together with listening to samples.

精确率低于 0.8 的规则只能提醒（WARN），由代码和测试保证。 A rule whose precision is below 0.8 may only warn; code and a test hold it to that.

"""
_COLUMNS = ("rule", "finding/none", "precision", "95 %", "recall", "95 %")


def said_page() -> str:
    """Write the docs page about what was said, with figures worked out from the sets.

    Returns:
        Markdown; the same rules and sets make the same page.

    Raises:
        DefinitionError: a packaged file is wrong.
    """
    parts = [_HEAD, *_figures("developed", "开发半 / developed half"), *_figures("kept", "留出半 / kept half"), "## 规则 / Rules\n"]
    for rule in said_rules.load():
        parts += _rule(rule)
    return "\n".join((*parts, *_signs(), *_agencies(), *_sampling())).rstrip() + "\n"


def _table(head: tuple[str, ...], rows: Iterator[tuple[object, ...]]) -> str:
    cells = ["| " + " | ".join(str(cell).replace("|", "\\|").replace("\n", " ") for cell in row) + " |" for row in rows]
    return "\n".join(["| " + " | ".join(head) + " |", "|" + "---|" * len(head), *cells]) + "\n"


def _figures(half: str, title: str) -> list[str]:
    measured = said_sets.figures()
    rows = ((f"`{rule.id}`", *_shown(measured[rule.id][half])) for rule in said_rules.load())
    return [f"## {title}\n", _table(_COLUMNS, rows)]


def _shown(one: Figures) -> tuple[str, ...]:
    spans = [one.interval(of) for of in ("precision", "recall")]
    return (
        f"{one.n_finding}/{one.n_none}",
        f"{one.precision:.3f}", f"{spans[0][0]:.3f}–{spans[0][1]:.3f}",
        f"{one.recall:.3f}", f"{spans[1][0]:.3f}–{spans[1][1]:.3f}",
    )


def _rule(rule: SaidRule) -> list[str]:
    may = "FAIL" if rule.may_fail else "WARN"
    effect = rule.effect.value if rule.effect else "—"
    lines = [
        f"### {rule.id}\n", f"{rule.name.zh} / {rule.name.en}\n", "| | |", "|---|---|",
        f"| 代码 code | `{rule.code}` |", f"| 后果 effect | {effect} |", f"| 最重 at most | {may} |",
        f"| 依据 basis | {rule.basis} |", f"| 规则 rules | {', '.join(f'`{one}`' for one in rule.rules) or '—'} |", "",
    ]
    samples = ((name, _plain(raw)) for name in ("finding", "none") for raw in rule.samples[name])
    return [*lines, _table(("", "样例 sample"), samples)]


def _plain(raw: object) -> str:
    if isinstance(raw, dict):
        raw = raw.get("text") or raw.get("talk")
    return " / ".join(map(str, raw)) if isinstance(raw, list) else str(raw)


def _signs() -> list[str]:
    rules, offers = said_signs.load()
    rows = ((f"`{one.id}`", one.name.zh, one.name.en, one.offer or "—", f"`{one.rule}`") for one in rules)
    tasks = ((f"`{name}`", each.zh, each.en) for name, each in offers.items())
    return ["## 该办的事 / Signs and the tasks they propose\n", "只提出任务，不作任何不利处理。 Tasks only, never a penalty.\n",
            _table(("sign", "", "", "task", "rule"), rows), _table(("task", "", ""), tasks)]


def _agencies() -> list[str]:
    known = agencies.knowledge()
    acts = ((f"`{name}`", one["zh"], one["en"], ", ".join(one["from"]), one["to"]) for name, one in known["acts"].items())
    params = ((f"`{name}`", one["value"], one["rule"], one["basis"], (one.get("note") or {}).get("zh", ""), (one.get("note") or {}).get("en", ""))
              for name, one in known["params"].items())
    return ["## 催收机构 / Agencies\n", _table(("act", "", "", "from", "to"), acts),
            _table(("parameter", "value", "rule", "basis", "", ""), params), _EXAMPLE]


def _sampling() -> list[str]:
    known = sampling.knowledge()
    rows = ((f"`{name}`", one["zh"], one["en"], one["weight"]) for name, one in known["risks"].items())
    return ["## 抽检 / Samples for inspection\n", _SAMPLING, _table(("risk", "", "", "weight"), rows)]


_SAMPLING = """```
lianfang conduct sample LOG... --out DIR --share 0.02            # two in a hundred of every collector's contacts
lianfang conduct sample LOG... --out DIR --number 5 --per agency --seed 7
```

先按机构（或机构内的催收员）分组，组内按最重的发现和渠道分层：层够分时每层至少一条，其余按层的大小乘以权重分配。
同一份记录、同一套规则、同一个种子抽出同样的联系，与行的顺序无关；`stands_for` 是每条代表多少条联系，用它加权才能推算全体。权重是本软件自定的，没有法定数字。

Groups are agencies, or an agency's collectors; within a group strata are the most pressing finding and the channel. Every stratum gets one where the number reaches, the rest is spread by size times weight.
The same log, rules and seed draw the same contacts, whatever the order of the rows; `stands_for` says how many contacts each one drawn stands for: weigh by it before speaking about all. The weights are our own; no law gives a number.
"""


_EXAMPLE = """```yaml
agencies:
  - name: 丙催收公司
    admission: {qualification: true, management: true, risk_control: true, compliance: true, reputation: true, no_gang_ties: true, no_violent_record: true}
    contract: {from: 2026-01-01, until: 2026-12-31, clauses: [scope, personal_information, recording_access, no_sub_delegation, complaint_handling, exit_return, no_third_person]}
    steps: [{act: admit, on: 2026-01-01}]
    evaluations: [{on: 2026-11-20, parts: {conduct: 90, quality: 80, security: 95}, passed: true}]
    inspections: [2026-06-01]
    collectors:
      - {collector_id: C001, record_checked_on: 2026-01-01, record_clear: true, signed_on: 2026-01-01, exams: [{on: 2026-01-02, subjects: [business, security], passed: true}], pay_parts: [compliance, effect, security, complaints]}
```
"""
