"""The packaged knowledge (`lianfang/data`): where a file stands, and what line a thing is on.

Faults in YAML are told as `file:line`, so mappings and lists remember their lines.
"""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Any

from lianfang.engine.terms.errors import DefinitionError, Fault, Say


class LinedDict(dict[str, Any]):
    """A YAML mapping that knows its own line and the line of every key."""

    line: int = 0
    lines: dict[Any, int]

    def line_of(self, key: object) -> int:
        """Give the line of a key, or of the mapping where the key is missing."""
        return self.lines.get(key, self.line)


class LinedList(list[Any]):
    """A YAML sequence that knows its own line and the line of every entry."""

    line: int = 0
    lines: list[int]

    def line_of(self, place: int) -> int:
        """Give the line of one entry."""
        return self.lines[place] if place < len(self.lines) else self.line


def path(*parts: str) -> Path:
    """Give the path of a packaged file or folder: `path("guides")`."""
    return Path(str(resources.files("lianfang"))).joinpath("data", *parts)


def files(*parts: str, suffix: str = ".yaml") -> tuple[Path, ...]:
    """Give all files below a packaged folder, sorted, so that every run reads the same order."""
    return tuple(sorted(path(*parts).rglob(f"*{suffix}")))


def yaml(place: Path) -> Any:
    """Read one YAML file; mappings and lists in it know their lines.

    Raises:
        DefinitionError: not there, not UTF-8, or not YAML; names file and line.
    """
    try:
        return yaml_text(place.read_text(encoding="utf-8"), str(place))
    except (OSError, UnicodeDecodeError) as fault:
        say = Say(f"读不了文件 {place.name}:{fault}", f"Cannot read {place.name}: {fault}")
        fix = Say("请检查文件是否存在、是否为 UTF-8", "Check that it exists and is UTF-8")
        raise DefinitionError(
            say,
            code="E-SHELF-01",
            where=str(place),
            fix=fix,
            faults=(Fault(str(place), say, fix, "E-SHELF-01"),),
        ) from fault


def yaml_text(text: str, name: str) -> Any:
    """Read YAML from a string; `name` stands in messages as the file.

    Raises:
        DefinitionError: not YAML; names file and line.
    """
    from lianfang.engine.terms import lined  # a short command that reads no YAML need not load its reader

    try:
        return lined.load(text)
    except lined.FAULTS as fault:
        mark = getattr(fault, "problem_mark", None)
        where = f"{name}:{mark.line + 1}" if mark else name
        problem = getattr(fault, "problem", None) or str(fault)
        say = Say(f"不是合法的 YAML:{problem}", f"Not valid YAML: {problem}")
        fix = Say("请检查该行的缩进、冒号和引号", "Check indentation, colons and quotes on that line")
        raise DefinitionError(
            say,
            code="E-SHELF-02",
            where=where,
            fix=fix,
            faults=(Fault(where, say, fix, "E-SHELF-02"),),
        ) from fault


def text(name: str) -> str:
    """Give a packaged text file whole, line ends as `\\n`."""
    return path(name).read_text(encoding="utf-8")
