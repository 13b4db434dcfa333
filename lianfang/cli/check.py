"""`lianfang check`: one text, answered in milliseconds; nothing heavy is imported."""

from __future__ import annotations

import json
import sys
import unicodedata
from pathlib import Path

from lianfang.cli import show
from lianfang.engine.identify.guides import kept
from lianfang.engine.identify.signals import check as checking
from lianfang.engine.identify.signals.answer import Answer, Finding
from lianfang.engine.terms.codes import Exit, Level
from lianfang.engine.terms.errors import InputError, Say
from lianfang.engine.terms.words import GUARD, LEVELS, STRENGTHS

MOST_CHARACTERS = 1_000_000
_COLOUR = {Level.NONE: "2", Level.LOOK: "33", Level.REVIEW: "31"}


def check(text: str | None, folder: Path | None = None, as_json: bool = False) -> int:
    """Print what one text shows: levels, marked words, reasons, guards, advice.

    Args:
        text: the text; None or `-` reads standard input.
        folder: further guides.
        as_json: print the whole answer as JSON.
    """
    raw = _stdin() if text is None or text == "-" else text
    if len(raw) > MOST_CHARACTERS:
        raise InputError(
            Say(f"文字太长:{len(raw)} 字", f"the text is too long: {len(raw)} characters"),
            code="E-CHECK-01",
            fix=Say("用 lianfang run 处理文件", "use lianfang run for files"),
        )
    answer = checking.check(raw, kept.book(folder))
    if as_json:
        print(json.dumps(answer.plain(), ensure_ascii=False, indent=2))
    else:
        _print(raw, answer)
    return Exit.OK


def _stdin() -> str:
    stream = getattr(sys.stdin, "buffer", None)
    if stream is None:
        return sys.stdin.read(MOST_CHARACTERS + 1)
    raw = stream.read(4 * MOST_CHARACTERS + 1)
    try:
        return str(raw.decode("utf-8-sig"))
    except UnicodeDecodeError:
        return str(raw.decode("gb18030", errors="replace"))


def _print(raw: str, answer: Answer) -> None:
    title = show.said(LEVELS[answer.level])
    activities = " ".join(answer.activities)
    print(f"{_paint(title, _COLOUR[answer.level])}  {activities}".rstrip())
    if answer.findings:
        print("\n" + _marked(raw, answer) + "\n")
    for found in answer.findings:
        _finding(found)
    if answer.advice:
        print(f"{show.said(Say('建议', 'What to do'))}: {show.said(answer.advice)}")


def _finding(found: Finding) -> None:
    level = show.said(LEVELS[found.level])
    if found.level is not found.level_before_guards:
        level = f"{show.said(LEVELS[found.level_before_guards])} → {level}"
    disguised = show.said(Say(" · 有变体写法", " · disguised wording")) if found.evasion else ""
    print(f"{found.guide} {found.activity} {show.said(found.title)} [{level}]{disguised}")
    for hit in found.clauses:
        print(f"  {_paint(show.said(STRENGTHS[hit.strength]), '1')}: {show.said(hit.why)}")
    for guard in found.guards:
        print(f"  {_paint(show.said(GUARD), '32')}: {show.said(guard.why)}")
    print()


def _marked(raw: str, answer: Answer) -> str:
    """Mark the words found; control characters are shown, never sent to the terminal."""
    marks: dict[int, str] = {}
    for found in reversed(answer.findings):
        for span in (span for hit in found.clauses for span in hit.spans):
            marks |= dict.fromkeys(range(span.start, span.end), _COLOUR[found.level_before_guards])
        for span in (span for guard in found.guards for span in guard.spans):
            marks |= dict.fromkeys(range(span.start, span.end), "32")
    shown, at = [], 0
    while at < len(raw):
        end = at + 1
        while end < len(raw) and marks.get(end) == marks.get(at):
            end += 1
        part = "".join(_visible(sign) for sign in raw[at:end])
        shown.append(_paint(part, f"7;{marks[at]}") if at in marks else part)
        at = end
    return "".join(shown)


def _visible(sign: str) -> str:
    return sign if sign == "\n" or unicodedata.category(sign) not in ("Cc", "Cf") else ""


def _paint(text: str, colour: str) -> str:
    return f"\x1b[{colour}m{text}\x1b[0m" if sys.stdout.isatty() else text
