"""Charts as SVG text: bars drawn by arithmetic, readable without a script and by a screen reader."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from lianfang.engine.reports.facts import Bar
from lianfang.engine.terms.errors import Say

# Colour-blind safe (Okabe and Ito); used by class name so that a strict policy needs no style attribute.
SERIES = ("s0", "s1", "s2", "s3", "s4", "s5")


def two(say: Say) -> str:
    """Write a sentence in both languages; the page shows one."""
    return f'<span class="zh">{escape(say.zh)}</span><span class="en" lang="en">{escape(say.en)}</span>'


def two_svg(say: Say) -> str:
    """The same inside an SVG text."""
    return f'<tspan class="zh">{escape(say.zh)}</tspan><tspan class="en">{escape(say.en)}</tspan>'


def number(value: float) -> str:
    """Write a number with thousands marks, no needless decimals."""
    return f"{value:,.0f}" if value == int(value) else f"{value:,.2f}"


def legend(series: Sequence[Say]) -> str:
    """Name the series of a chart beside their colours."""
    parts = (f'<li><i class="dot {SERIES[n]}"></i>{two(say)}</li>' for n, say in enumerate(series))
    return f'<ul class="legend">{"".join(parts)}</ul>'


def across(title: Say, series: Sequence[Say], bars: Sequence[Bar], width: int = 460) -> str:
    """Draw lying bars, one a row, parts stacked.

    Args:
        title: read out by a screen reader.
        series: name of each stacked part.
        bars: rows, in the order shown.
        width: of the drawing; it scales to its column.

    Returns:
        A figure with the drawing and the same numbers as a table.
    """
    most = max((sum(bar.parts) for bar in bars), default=0) or 1
    left, row = _label_width([bar.name for bar in bars]), 26
    drawn = []
    for line, bar in enumerate(bars):
        y, x = line * row, float(left)
        drawn.append(f'<text x="{left - 8}" y="{y + 17}" text-anchor="end">{two_svg(bar.name)}</text>')
        for part, value in enumerate(bar.parts):
            length = value / most * (width - left - 70)
            if value:
                drawn.append(
                    f'<rect class="{SERIES[part]}" x="{x:.1f}" y="{y + 5}" width="{max(length, 1):.1f}" height="16"/>'
                )
            x += length
        drawn.append(f'<text class="value" x="{x + 6:.1f}" y="{y + 17}">{number(sum(bar.parts))}</text>')
    height = max(len(bars), 1) * row + 4
    return _figure(
        title,
        series,
        bars,
        f'<svg viewBox="0 0 {width} {height}" role="img" aria-hidden="true">{"".join(drawn)}</svg>',
    )


def _label_width(names: Sequence[Say]) -> int:
    """Give the room names need beside their bars, in either language."""
    letters = (sum(12.5 if sign > "\u2e7f" else 6.6 for sign in word) for say in names for word in (say.zh, say.en))
    return int(min(max((*letters, 60.0)), 230)) + 12


def upright(title: Say, series: Sequence[Say], bars: Sequence[Bar], width: int = 460) -> str:
    """Draw standing bars over time, parts stacked; labels thin out when there are many."""
    most = max((sum(bar.parts) for bar in bars), default=0) or 1
    high, left, foot = 190, 46, 22
    step = (width - left) / max(len(bars), 1)
    every = max(1, -(-len(bars) // 7))
    drawn = [
        f'<line class="axis" x1="{left}" x2="{width}" y1="{high - high * f:.1f}" y2="{high - high * f:.1f}"/>'
        f'<text class="value" x="{left - 6}" y="{high - high * f + 10:.1f}" text-anchor="end">{number(round(most * f))}</text>'
        for f in (0.5, 1.0)
    ]
    for at, bar in enumerate(bars):
        x, top = left + at * step, float(high)
        for part, value in enumerate(bar.parts):
            tall = value / most * (high - 4)
            top -= tall
            if value:
                drawn.append(
                    f'<rect class="{SERIES[part]}" x="{x + step * 0.1:.1f}" y="{top:.1f}" width="{step * 0.8:.1f}" height="{tall:.1f}"/>'
                )
        if at % every == 0:
            drawn.append(
                f'<text x="{x + step / 2:.1f}" y="{high + 16}" text-anchor="middle">{two_svg(bar.name)}</text>'
            )
    drawn.append(f'<line class="axis" x1="{left}" x2="{width}" y1="{high}" y2="{high}"/>')
    return _figure(
        title,
        series,
        bars,
        f'<svg viewBox="0 -6 {width} {high + foot + 6}" role="img" aria-hidden="true">{"".join(drawn)}</svg>',
    )


def _figure(title: Say, series: Sequence[Say], bars: Sequence[Bar], drawing: str) -> str:
    head = "".join(f'<th scope="col">{two(say)}</th>' for say in series)
    rows = "".join(
        f'<tr><th scope="row">{two(bar.name)}</th>{"".join(f"<td>{number(v)}</td>" for v in bar.parts)}</tr>'
        for bar in bars
    )
    table = (
        f"<details><summary>{two(Say('看数字', 'the numbers'))}</summary>"
        f"<table><thead><tr><td></td>{head}</tr></thead><tbody>{rows}</tbody></table></details>"
    )
    named = legend(series) if len(series) > 1 else ""
    return f'<figure class="chart"><figcaption>{two(title)}</figcaption>{named}{drawing}{table}</figure>'
