"""One self-contained page: what a run found, to be opened anywhere, without a network.

The page carries its own style and script, named by digest in its content policy, so nothing else can
run in it. The same input makes the same bytes: no clock, no random.
"""

from __future__ import annotations

import base64
import hashlib
import json
from html import escape
from typing import Any

from lianfang.engine.reports.charts import across, two, upright
from lianfang.engine.reports.facts import Overview, Passage, RingView
from lianfang.engine.terms import shelf, words
from lianfang.engine.terms.codes import Level
from lianfang.engine.terms.errors import Say

LEVELS = (words.LEVELS[Level.LOOK], words.LEVELS[Level.REVIEW])

_WORDS = {
    **{level.value: (say.zh, say.en) for level, say in words.LEVELS.items()},
    "why": ("为什么在一起", "Why they belong together"),
    "graph": ("关系图(点线看理由)", "Graph (click a line for its reason)"),
    "reasons": ("每条线的理由", "The reason of each line"),
    "timeline": ("时间线", "Timeline"),
    "texts": ("记录原文(标识已脱敏)", "The records' words (identifiers masked)"),
    "signs": ("命中:", "Signs:"),
    "guard": ("护栏:", "Guard:"),
    "evasion": ("变体写法", "disguised spelling"),
    "one": ("一端", "one end"),
    "other": ("另一端", "other end"),
    "reason": ("理由", "reason"),
}

_KEY = (
    ("role-person", Say("记录(人)", "record (person)")),
    ("role-agent", Say("代理方号码", "agent's number")),
    ("role-payee", Say("收款账号", "payee account")),
    ("role-device", Say("设备与网络", "device or network")),
    ("role-poster", Say("发帖方", "poster")),
    ("role-thing", Say("网站、应用、文件", "site, app, file")),
    ("role-wording", Say("同一措辞", "same wording")),
    ("role-group", Say("归并", "grouped")),
)


def page(shown: Overview) -> str:
    """Write the page.

    Args:
        shown: everything on it, already masked.

    Returns:
        HTML text, UTF-8, complete in itself.
    """
    style = shelf.text("reports/run/page.css")
    script = shelf.text("reports/run/page.js")
    policy = f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; base-uri 'none'; form-action 'none'"
    return "\n".join(
        (
            '<!doctype html>\n<html lang="zh-Hans">\n<head>\n<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(shown.title.zh)} · {escape(shown.title.en)}</title>",
            f"<style>{style}</style>\n</head>\n<body>",
            _header(shown),
            "<main>",
            _figures(shown),
            _charts(shown),
            _rings(shown),
            "</main>",
            _footer(shown),
            f'<script type="application/json" id="rings">{_json([_ring(ring) for ring in shown.rings])}</script>',
            f'<script type="application/json" id="words">{_json(_WORDS)}</script>',
            f"<script>{script}</script>\n</body>\n</html>\n",
        )
    )


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _json(value: Any) -> str:
    # A text of a record may hold `</script>`; inside JSON the three signs can be written as escapes.
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _header(shown: Overview) -> str:
    creed = Say(
        "机器只提请,决定由人做;同样的文字、有代理人、有委托书,都不能单独说明什么。",
        "A machine proposes, a person decides; the same words, an agent or a letter prove nothing alone.",
    )
    return (
        f"<header><h1>{two(shown.title)}</h1><p>{two(creed)}</p>"
        '<button type="button" id="language"><span class="zh" lang="en">English</span><span class="en" lang="zh-Hans">中文</span></button></header>'
    )


def _figures(shown: Overview) -> str:
    cards = "".join(
        f'<li class="card"><b>{escape(one.value)}</b>{two(one.name)}{"<br><small>" + two(one.note) + "</small>" if one.note else ""}</li>'
        for one in shown.figures
    )
    return f'<ul class="figures">{cards}</ul>'


def _charts(shown: Overview) -> str:
    drawn = [across(Say("各类活动的记录", "Records by activity"), LEVELS, shown.by_activity)]
    if shown.by_month:
        drawn.append(upright(Say("按月", "By month"), LEVELS, shown.by_month))
    if shown.by_link:
        drawn.append(
            across(Say("凭什么连在一起", "What joins records"), (Say("连线", "links"),), shown.by_link)
        )
    return f'<div class="charts">{"".join(f"""<div class="card">{one}</div>""" for one in drawn)}</div>'


def _rings(shown: Overview) -> str:
    options = "".join(
        f'<option value="{code}">{zh} / {en}</option>' for code, (zh, en) in list(_WORDS.items())[1:3]
    )
    key = "".join(f'<li><i class="dot {name}"></i>{two(say)}</li>' for name, say in _KEY)
    key = key.replace('class="dot role-', 'class="dot key-')
    more = ""
    if shown.n_rings > len(shown.rings):
        say = Say(
            f"共 {shown.n_rings} 个团伙,这里列出前 {len(shown.rings)} 个;全部见 rings.parquet",
            f"{shown.n_rings} rings in all, the first {len(shown.rings)} stand here; rings.parquet has all",
        )
        more = f'<p class="note">{two(say)}</p>'
    empty = two(Say("没有发现团伙。", "No ring was found.")) if not shown.rings else ""
    return f"""<div class="rings">
<section class="card queue" aria-labelledby="queue-name"><h2 id="queue-name">{two(Say("待看的团伙", "Rings waiting"))}</h2>
<div class="tools"><label>{two(Say("级别", "level"))} <select id="level"><option value="">全部 / all</option>{options}</select></label>
<label>{two(Say("查找", "find"))} <input id="find" type="search" size="12"></label></div>
<p class="note" id="found" aria-live="polite"></p>{more}<ol id="queue"></ol></section>
<section class="card" id="ring" tabindex="-1" aria-live="off">{empty}</section></div>
<template id="key"><ul class="legend">{key}</ul></template>"""


def _footer(shown: Overview) -> str:
    say = Say(
        "分数只用来排队,不评价任何人,不得用于授信。投诉的法定时限不因这里的任何结果停止。",
        "Scores only order a queue; they judge nobody and may not be used for credit. No result here stops a complaint's clock.",
    )
    return f"<footer>{two(say)} lianfang {escape(shown.version)}</footer>"


def _ring(ring: RingView) -> dict[str, Any]:
    return {
        "id": ring.ring_id,
        "level": ring.level,
        "activities": [(say.zh, say.en) for say in ring.activities],
        "records": ring.n_records,
        "people": ring.n_people,
        "institutions": ring.n_institutions,
        "first": ring.first_on.isoformat() if ring.first_on else None,
        "last": ring.last_on.isoformat() if ring.last_on else None,
        "why": [(say.zh, say.en) for say in ring.why],
        "nodes": [
            {"key": n.key, "name": (n.name.zh, n.name.en), "role": n.role, "x": n.x, "y": n.y, "n": n.n}
            for n in ring.nodes
        ],
        "edges": [
            {"left": e.left, "right": e.right, "by": e.by, "why": (e.why.zh, e.why.en)} for e in ring.edges
        ],
        "timeline": [(on.isoformat(), n) for on, n in ring.timeline],
        "passages": [_passage(one) for one in ring.passages],
        "hidden": ring.n_hidden,
    }


def _passage(one: Passage) -> dict[str, Any]:
    return {
        "record": one.record,
        "title": (one.title.zh, one.title.en),
        "on": one.on.isoformat() if one.on else None,
        "text": one.text,
        "marks": [
            (m.start, m.end, m.name.zh, m.name.en, m.strength)
            for m in sorted(one.marks, key=lambda m: (m.start, m.strength == "guard", -m.end))
        ],
        "guards": [(say.zh, say.en) for say in one.guards],
        "evasion": one.evasion,
    }
