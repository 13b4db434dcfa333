"""One self-contained page of a conduct audit: figures, charts, agencies and collectors with intervals."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from lianfang.engine.conduct import grade
from lianfang.engine.conduct import zones as clocks
from lianfang.engine.conduct.audit import Audit
from lianfang.engine.conduct.rules import Effect, Rules
from lianfang.engine.identifiers import mask
from lianfang.engine.records import schema
from lianfang.engine.reports.charts import across, number, two, two_svg, upright
from lianfang.engine.reports.facts import Bar
from lianfang.engine.terms import shelf
from lianfang.engine.terms.codes import Kind
from lianfang.engine.terms.errors import Say

_MOST = 15
_EFFECTS = (
    (Effect.SEVERE, Say("严重", "severe")), (Effect.BLOCK, Say("不放行", "block")),
    (Effect.WARN, Say("提醒", "warn")), (Effect.AUDIT, Say("记录", "noted")),
)
_ODD = {
    "moment_missing": Say("没有联系时间的行", "rows without a moment"),
    "zone_missing": Say("没有时区的行", "rows without a zone"),
    "zone_assumed": Say("按缺省时区的行", "rows given the default zone"),
    "direction_assumed": Say("没有方向、按呼出的行", "rows without a direction, taken as outbound"),
    "mode_assumed": Say("没有模式、按交互的行", "rows without a mode, taken as interactive"),
    "outcome_missing": Say("没有写明是否接通的通话", "calls of which nothing tells how they ended"),
    "clock_back": Say("同一文件内时间倒退", "steps back of the clock inside a file"),
    "calls_overlap": Say("同一催收员通话重叠", "overlapping calls of one collector"),
    "told_twice": Say("重复记录（只计一次）", "contacts told twice (counted once)"),
}


@dataclass(frozen=True)
class Told:
    """Everything the page shows."""

    made: Audit
    rules: Rules
    agencies: pa.Table
    collectors: pa.Table
    version: str


def page(told: Told) -> str:
    """Write the page.

    Args:
        told: the audit and its grades.

    Returns:
        HTML text, UTF-8, complete in itself: own style and script named by digest, nothing fetched.
        Collectors are masked; no debtor and no number of theirs is on it.
    """
    style, script = shelf.text("reports/run/page.css"), shelf.text("reports/conduct/page.js")
    policy = f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; base-uri 'none'; form-action 'none'"
    title = Say("催收行为审计", "Collection conduct audit")
    return "\n".join((
        '<!doctype html>\n<html lang="zh-Hans">\n<head>\n<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(title.zh)} · {escape(title.en)}</title>",
        f"<style>{style}</style>\n</head>\n<body>",
        _header(title),
        "<main>", _figures(told), _charts(told), _tables(told), "</main>",
        _footer(told),
        f"<script>{script}</script>\n</body>\n</html>\n",
    ))


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _header(title: Say) -> str:
    creed = Say(
        "发现是规则对记录的比对，不是对人的定论；严重的先听录音、问当事人。",
        "A finding compares a record with a rule and judges nobody; listen and ask before acting on a severe one.",
    )
    return (
        f"<header><h1>{two(title)}</h1><p>{two(creed)}</p>"
        '<button type="button" id="language"><span class="zh" lang="en">English</span><span class="en" lang="zh-Hans">中文</span></button></header>'
    )


@dataclass(frozen=True)
class _Seen:
    """Findings as arrays, worked out once."""

    rows: npt.NDArray[np.int64]
    real: npt.NDArray[np.bool_]
    hard: npt.NDArray[np.bool_]


def _seen(told: Told) -> _Seen:
    found = told.made.findings
    real = found["breach"].to_numpy() & found["decided"].to_numpy()
    hard = real & grade.among(found["effect"], lambda effect: Effect(effect).refuses)
    return _Seen(grade.place_of(told.made), real.astype(bool), hard.astype(bool))


def _figures(told: Told) -> str:
    made, counted = told.made, grade.tally(told.made)
    per = 1000 * counted.contacts / made.n_kept if made.n_kept else 0.0
    cards: list[tuple[Say, str]] = [
        (Say("联系记录", "contacts"), number(made.n_kept)),
        (Say("违规的联系（不放行或严重）", "contacts in breach (block or severe)"), number(counted.contacts)),
        (Say("每千次联系违规", "in breach per 1,000 contacts"), f"{per:.1f}"),
        (Say("确定违规的发现", "findings: breach proved"), number(counted.breaches)),
        (Say("其中严重", "of these severe"), number(counted.severe)),
        (Say("不明的发现：记录没有写明，补上才能判断", "findings unclear: the record does not tell, a fact would settle it"), number(counted.unclear)),
        (Say("未遂的发现：没有接通等", "findings only tried: unanswered and the like"), number(counted.tried)),
        (Say("没有录音的通话", "calls without recording"), number(int(pc.sum(told.agencies["n_calls_unrecorded"]).as_py() or 0))),
        *((_ODD[name], number(n)) for name, n in made.oddities.items() if n),
    ]
    shown = "".join(f'<li class="card"><b>{escape(value)}</b>{two(say)}</li>' for say, value in cards)
    return f'<ul class="figures">{shown}</ul>'


def _charts(told: Told) -> str:
    seen, hour = _seen(told), told.made.log.hour
    all_hours = np.bincount(hour[told.made.kept & (hour >= 0)], minlength=24)
    bad = grade.once(seen.rows[seen.hard], told.made.log.n_rows)
    bad_hours = np.bincount(hour[bad][hour[bad] >= 0], minlength=24)
    drawn = [
        upright(Say("各时段的联系（债务人当地时间）", "Contacts by hour (debtor's local time)"), (Say("联系", "contacts"),), _hours(all_hours)),
        upright(Say("各时段的违规联系", "Contacts in breach by hour"), (Say("违规联系", "in breach"),), _hours(bad_hours)),
        across(Say("按规则", "By rule"), [say for _, say in _EFFECTS], _by_rule(told, seen)),
        _ranges(Say("各机构每千次联系违规（线是 95% 区间）", "Agencies: in breach per 1,000 contacts (line: 95 % interval)"), told.agencies, "agency"),
        _ranges(Say("催收员每千次联系违规，下限最高的", "Collectors: in breach per 1,000, highest lower bound first"), told.collectors, "collector_id"),
        upright(Say("每日每千次联系违规", "In breach per 1,000 contacts, by day"), (Say("每千次", "per 1,000"),), _trend(told, bad)),
    ]
    drawn.append(_lacking(told))
    return f'<div class="charts">{"".join(f"""<div class="card">{one}</div>""" for one in drawn if one)}</div>'


def _hours(counts: Any) -> list[Bar]:
    return [Bar(Say(f"{hour:02d}", f"{hour:02d}"), (float(n),)) for hour, n in enumerate(counts[:24])]


def _by_rule(told: Told, seen: _Seen) -> list[Bar]:
    """Count breaches by code, the rule of that code that decided most often giving the name."""
    found = told.made.findings.filter(pa.array(seen.real)).select(["code", "rule", "effect"])
    plain = pa.table({name: found[name].cast(pa.string()) for name in found.column_names})
    counted = plain.group_by(["code", "rule", "effect"]).aggregate([("rule", "count")]).to_pylist()
    by: dict[str, dict[str, float]] = {}
    named: dict[str, tuple[int, str]] = {}
    for row in counted:
        by.setdefault(row["code"], {})[row["effect"]] = by.get(row["code"], {}).get(row["effect"], 0) + row["rule_count"]
        named[row["code"]] = max(named.get(row["code"], (0, "")), (row["rule_count"], row["rule"]))
    ordered = sorted(by, key=lambda code: (-sum(by[code].values()), code))[:_MOST]
    bars = []
    for code in ordered:
        rule = told.rules.get(named[code][1])
        name = Say(rule.name.zh if len(rule.name.zh) < 12 else rule.name.zh[:10] + "…", code) if rule else Say(code, code)
        bars.append(Bar(name, tuple(by[code].get(effect.value, 0.0) for effect, _ in _EFFECTS)))
    return bars


def _trend(told: Told, bad: npt.NDArray[np.int64]) -> list[Bar]:
    log = told.made.log
    kept = np.flatnonzero(told.made.kept & log.has_moment)
    if not len(kept):
        return []
    shift = 8 * clocks.HOUR_US
    day = (log.at_us + shift) // clocks.DAY_US
    first, last = int(np.quantile(day[kept], 0.001)), int(day[kept].max())
    last = min(last, first + 370)  # one wrong year must not stretch the chart
    width = last - first + 1
    inside = kept[(day[kept] >= first) & (day[kept] <= last)]
    all_days = np.bincount(day[inside] - first, minlength=width)
    bad = bad[log.has_moment[bad] & (day[bad] >= first) & (day[bad] <= last)]
    bad_days = np.bincount(day[bad] - first, minlength=width)
    names = np.arange(first, last + 1).astype("datetime64[D]").astype(str)
    return [
        Bar(Say(name[5:], name[5:]), (round(1000 * float(b) / n, 1) if n else 0.0,))
        for name, n, b in zip(names.tolist(), all_days.tolist(), bad_days.tolist(), strict=True)
    ]


def _shown_name(row: dict[str, Any], by: str) -> str:
    if by == "agency":
        return str(row["agency"] or "本机构 / own")
    return mask.mask_any(str(row["collector_id"])) if row["collector_id"] else "—"


def _ranges(title: Say, graded: pa.Table, by: str) -> str:
    """Draw a dot and its interval for the highest lower bounds; small numbers gray."""
    rows = sorted(graded.to_pylist() if graded.num_rows < 2000 else _top(graded), key=lambda row: (-row["per_thousand_low"], -row["per_thousand"]))[:_MOST]
    most = max((row["per_thousand_high"] for row in rows if not row["small"]), default=0.0) or max((row["per_thousand_high"] for row in rows), default=1.0)
    left, right, drawn = 150, 400, []
    for line, row in enumerate(rows):
        y = line * 26 + 15
        low, dot, high = (left + min(1.0, row[name] / most) * (right - left) for name in ("per_thousand_low", "per_thousand", "per_thousand_high"))
        tone = "s5" if row["small"] else "s1"
        name = _shown_name(row, by)
        drawn.append(f'<text x="{left - 8}" y="{y + 4}" text-anchor="end">{two_svg(Say(name[:12], name[:12]))}</text>'
                     f'<rect class="{tone}" x="{low:.1f}" y="{y - 1}" width="{max(high - low, 1):.1f}" height="2"/>'
                     f'<circle class="{tone}" cx="{dot:.1f}" cy="{y}" r="4"/>'
                     f'<text class="value" x="{right + 8}" y="{y + 4}">{row["per_thousand"]:.1f}</text>')
    small = Say("浅色：不足 50 次联系，不作比较", "pale: fewer than 50 contacts, not to be compared")
    return (f'<figure class="chart"><figcaption>{two(title)}</figcaption><svg viewBox="0 0 460 {max(len(rows), 1) * 26 + 4}" role="img" '
            f'aria-hidden="true">{"".join(drawn)}</svg><p class="note">{two(small)}</p></figure>')


def _top(graded: pa.Table) -> list[dict[str, Any]]:
    return list(graded.sort_by([("per_thousand_low", "descending")]).slice(0, 200).to_pylist())


_COLUMNS = (
    ("n_contacts", Say("联系", "contacts")), ("n_breached", Say("违规联系", "in breach")),
    ("per_thousand", Say("每千次", "per 1,000")), ("interval", Say("95% 区间", "95 % interval")),
    ("n_severe", Say("严重", "severe")), ("n_calls_unrecorded", Say("缺录音", "no recording")),
    ("n_unclear", Say("不明", "unclear")), ("n_tried", Say("未遂", "tried")),
)


def _tables(told: Told) -> str:
    rows = sorted(told.agencies.to_pylist(), key=lambda row: -row["per_thousand_low"])
    return f'<div class="card graph-box" role="region" tabindex="0" aria-label="agencies"><h2>{two(Say("催收机构", "Agencies"))}</h2>{_table(rows)}</div>'


def _lacking(told: Told) -> str:
    """List the columns that would settle the unclear findings, and how many findings each."""
    found = told.made.findings.filter(pc.and_(told.made.findings["unclear"], told.made.findings["decided"]))
    counted: dict[str, int] = {}
    for one in pc.value_counts(found["lacks"].cast(pa.string())).to_pylist():
        for field in one["values"].split("|"):
            counted[field] = counted.get(field, 0) + one["counts"]
    if not counted:
        return ""
    title = Say("记录没有写明的字段（补上这些列，不明的才能判断）", "Fields the records do not tell (give these columns to settle what is unclear)")
    headers = {one.name: one.headers[0] for one in schema.of(Kind.CONTACT).fields}
    body = "".join(f'<tr><th scope="row">{two(Say(headers[field], field))}</th><td>{number(n)}</td></tr>'
                   for field, n in sorted(counted.items(), key=lambda pair: (-pair[1], pair[0])))
    head = f'<tr><td></td><th scope="col">{two(Say("发现", "findings"))}</th></tr>'
    return f'<h2>{two(title)}</h2><table><thead>{head}</thead><tbody>{body}</tbody></table>'


def _table(rows: Sequence[dict[str, Any]]) -> str:
    head = "".join(f'<th scope="col">{two(say)}</th>' for _, say in _COLUMNS)
    body = []
    for row in rows:
        row["interval"] = f"{row['per_thousand_low']:.1f} – {row['per_thousand_high']:.1f}"
        cells = "".join(f"<td>{escape(_cell(row[name]))}</td>" for name, _ in _COLUMNS)
        tone = ' class="note"' if row["small"] else ""
        body.append(f'<tr{tone}><th scope="row">{escape(_shown_name(row, "agency"))}</th>{cells}</tr>')
    return f"<table><thead><tr><td></td>{head}</tr></thead><tbody>{''.join(body)}</tbody></table>"


def _cell(value: Any) -> str:
    return value if isinstance(value, str) else f"{value:.1f}" if isinstance(value, float) else f"{value:,}"


def _footer(told: Told) -> str:
    packs = ", ".join(dict.fromkeys(rule.source.pack for rule in told.rules.all))
    say = Say(
        f"规则包：{packs}；规则摘要 {told.made.rules_sha256[:12]}；缺省时区 {told.rules.default_zone or '无'}。条文多未经官方文本核对，见 lianfang conduct rules。",
        f"packs: {packs}; rules {told.made.rules_sha256[:12]}; default zone {told.rules.default_zone or 'none'}. Most clauses are not verified against official texts, see lianfang conduct rules.",
    )
    return f"<footer>{two(say)} lianfang {escape(told.version)}</footer>"
