"""What a person reads on a terminal: errors, progress, small tables, in the chosen language."""

from __future__ import annotations

import os
import sys
import time
import unicodedata
from collections.abc import Sequence
from typing import ClassVar, TextIO

from lianfang.engine.terms.errors import DefinitionError, LianfangError, Say


def language() -> str:
    """Give `zh` or `en`: `--lang` sets `LIANFANG_LANG`; Chinese unless told otherwise."""
    return "en" if os.environ.get("LIANFANG_LANG", "zh").lower().startswith("en") else "zh"


def said(say: Say) -> str:
    """Give a sentence in the chosen language."""
    return say.en if language() == "en" else say.zh


def line(zh: str, en: str, to: TextIO | None = None) -> None:
    """Print one sentence in the chosen language."""
    print(said(Say(zh, en)), file=to or sys.stdout)


def error(wrong: LianfangError, trace: bool = False) -> None:
    """Print an error: say, where, fix; every fault of a definition; the trace only when asked."""
    out = sys.stderr
    Progress.leave()
    print(f"{said(Say('错误', 'error'))} {wrong.code}: {said(wrong.say)}", file=out)
    if wrong.where:
        print(f"  {said(Say('位置', 'where'))}: {wrong.where}", file=out)
    if wrong.fix:
        print(f"  {said(Say('下一步', 'next'))}: {said(wrong.fix)}", file=out)
    if isinstance(wrong, DefinitionError):
        for fault in wrong.faults:
            print(f"  {fault.where}: {fault.code} {said(fault.say)} → {said(fault.fix)}", file=out)
    if trace:
        import traceback

        traceback.print_exception(wrong, file=out)


def width(text: str) -> int:
    """Count the columns a text takes on a terminal; Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print rows under a head, columns aligned by what the eye sees."""
    cells = [[str(cell) for cell in row] for row in (head, *rows)]
    widths = [max(width(row[n]) for row in cells) for n in range(len(head))]
    for number, row in enumerate(cells):
        print("  ".join(cell + " " * (widths[n] - width(cell)) for n, cell in enumerate(row)).rstrip())
        if not number:
            print("  ".join("─" * each for each in widths))


class Progress:
    """Tell the step under way and how long it took; quiet when nobody watches."""

    _open: ClassVar[TextIO | None] = None  # where a line stands that waits for its seconds

    def __init__(self, n_steps: int, out: TextIO | None = None) -> None:
        self._n, self._at, self._out = n_steps, 0, out or sys.stderr
        self._started = self._begun = time.perf_counter()
        self._name = ""

    def step(self, name: Say) -> None:
        """Begin the next step; the one before it is done."""
        self.done()
        self._at += 1
        self._name, self._begun = said(name), time.perf_counter()
        print(f"[{self._at}/{self._n}] {self._name} …", end="", flush=True, file=self._out)
        Progress._open = self._out

    def done(self) -> None:
        """Close the step under way."""
        if self._name:
            print(f" {time.perf_counter() - self._begun:.1f} s", flush=True, file=self._out)
            self._name = ""
            Progress._open = None

    @staticmethod
    def leave() -> None:
        """End the line of a step that will not be done, so that what follows has its own line."""
        if Progress._open is not None:
            print(flush=True, file=Progress._open)
            Progress._open = None

    @property
    def seconds(self) -> float:
        """Give the seconds since the first step was announced."""
        return time.perf_counter() - self._started
