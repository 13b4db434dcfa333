"""A table drawn as SVG: states from top to bottom, each act a line to where it leads; no script, no library."""

from __future__ import annotations

from html import escape

from lianfang.engine.cases.table import Table
from lianfang.engine.terms.errors import Say

ROW, HEAD, GAP, LEFT, LANE = 20, 26, 16, 12, 14
BOX, TEXT, TEXT_ENGLISH = 190, 230, 330
# Attributes instead of a style sheet: a page with a strict content policy may hold the drawing too.
_TEXT = 'font-family="Noto Sans CJK SC, PingFang SC, Microsoft YaHei, sans-serif" font-size="13" fill="#1f2933"'
_STATE, _FINAL = 'fill="#eef3f8" stroke="#52667a"', 'fill="#e3efe3" stroke="#4b7a4b"'
_HERE = 'fill="none" stroke="#a4420b" stroke-width="3"'
_WAY, _BACK = 'fill="none" stroke="#7b8794" stroke-width="1.2"', 'fill="none" stroke="#b4632d" stroke-width="1.2"'
_WHO = 'fill="#52667a" font-size="11"'


def svg(table: Table, english: bool = False, at: str = "") -> str:
    """Draw a table.

    Args:
        table: which one.
        english: words in English; else in Chinese.
        at: the state a case stands in, marked; none is where there is no case.

    Returns:
        One `<svg>` element with a title; every act stands beside its state with its roles, a line leads to the next
        state; lines that lead back up are of another colour.
    """
    places, height = _places(table)
    lanes = _lanes(table, places)
    start = LEFT + BOX + (TEXT_ENGLISH if english else TEXT)
    width = start + LANE * (max(lanes.values(), default=0) + 2)
    name = _word(table.name, english)
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" aria-label="{escape(name)}">',
             f"<title>{escape(name)}</title>",
             '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z" fill="#52667a"/></marker></defs>', f"<g {_TEXT}>"]
    order = list(table.states)
    for state in order:
        parts.append(_box(table, state, places[state], english))
        if state == at:
            parts.append(_here(places[state], english))
        for n, move in enumerate(table.out_of(state)):
            if move.to in places:
                y = places[state] + HEAD + ROW * n + ROW // 2
                lane = start + LANE * (lanes[move.to] + 1)
                way = _BACK if order.index(move.to) <= order.index(state) else _WAY
                label = f'{escape(_word(move.name, english))} <tspan {_WHO}>{escape("/".join(move.who))}</tspan>'
                parts.append(f'<text x="{LEFT + BOX + 8}" y="{y + 4}">{label}</text>')
                parts.append(f'<path {way} d="M{start - 8} {y}H{lane}V{places[move.to] + HEAD // 2}"/>')
    for target, lane_n in lanes.items():
        y = places[target] + HEAD // 2
        parts.append(f'<path {_WAY} marker-end="url(#tip)" d="M{start + LANE * (lane_n + 1)} {y}H{LEFT + BOX + 2}"/>')
    return "\n".join([*parts, "</g></svg>"]) + "\n"


def _word(say: Say, english: bool) -> str:
    return say.en if english else say.zh


def _places(table: Table) -> tuple[dict[str, int], int]:
    places, y = {}, GAP
    for state in table.states:
        places[state] = y
        y += HEAD + ROW * max(1, len(table.out_of(state))) + GAP
    return places, y


def _box(table: Table, state: str, y: int, english: bool) -> str:
    one = table.states[state]
    look, wide = _FINAL if one.is_final else _STATE, 2.5 if state == table.first else 1
    return (f'<rect {look} stroke-width="{wide}" x="{LEFT}" y="{y}" width="{BOX}" height="{HEAD}" rx="5"/>'
            f'<text font-weight="600" x="{LEFT + 10}" y="{y + 18}">{escape(_word(one.name, english))}</text>')


def _here(y: int, english: bool) -> str:
    """Mark where a case stands: a frame and a word, so that it is not told by colour alone."""
    return (f'<rect {_HERE} x="{LEFT - 3}" y="{y - 3}" width="{BOX + 6}" height="{HEAD + 6}" rx="7"/>'
            f'<text font-weight="700" fill="#a4420b" text-anchor="end" x="{LEFT + BOX - 8}" y="{y + 18}">{"here" if english else "现在"}</text>')


def _lanes(table: Table, places: dict[str, int]) -> dict[str, int]:
    """Give each target state a lane of its own, reused where two spans do not touch."""
    spans: dict[str, list[int]] = {}
    for state in table.states:
        for n, move in enumerate(table.out_of(state)):
            if move.to in places:
                spans.setdefault(move.to, [places[move.to] + HEAD // 2]).append(places[state] + HEAD + ROW * n + ROW // 2)
    taken: list[list[tuple[int, int]]] = []
    lanes = {}
    for target in sorted(spans, key=lambda one: (max(spans[one]) - min(spans[one]), places[one])):
        low, high = min(spans[target]), max(spans[target])
        lane = next((n for n, held in enumerate(taken) if all(high < a or b < low for a, b in held)), len(taken))
        if lane == len(taken):
            taken.append([])
        taken[lane].append((low, high))
        lanes[target] = lane
    return lanes


