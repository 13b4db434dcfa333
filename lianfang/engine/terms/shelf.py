"""The packaged knowledge (`lianfang/data`): where a file stands, and what line a thing is on.

Faults in YAML are told as `file:line`, so mappings and lists remember their lines.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import yaml as pyyaml

from lianfang.engine.terms.errors import DefinitionError, Fault, Say

_Loader: Any = getattr(pyyaml, "CSafeLoader", pyyaml.SafeLoader)


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


class _LinedLoader(_Loader):  # type: ignore[misc]
    """The safe loader, with lines kept and doubled keys refused."""


def _mapping(loader: Any, node: Any) -> Iterator[LinedDict]:
    made = LinedDict()
    made.line, made.lines = node.start_mark.line + 1, {}
    yield made
    loader.flatten_mapping(node)
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        try:
            doubled = key in made
        except TypeError as fault:
            raise pyyaml.constructor.ConstructorError(
                None, None, "a key must be plain text", key_node.start_mark
            ) from fault
        if doubled:
            raise pyyaml.constructor.ConstructorError(
                None, None, f"the key {key!r} stands twice", key_node.start_mark
            )
        made[key] = loader.construct_object(value_node, deep=True)
        made.lines[key] = key_node.start_mark.line + 1


def _sequence(loader: Any, node: Any) -> Iterator[LinedList]:
    made = LinedList()
    made.line = node.start_mark.line + 1
    made.lines = [child.start_mark.line + 1 for child in node.value]
    yield made
    made.extend(loader.construct_object(child, deep=True) for child in node.value)


_LinedLoader.add_constructor("tag:yaml.org,2002:map", _mapping)
_LinedLoader.add_constructor("tag:yaml.org,2002:seq", _sequence)


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
            say, code="E-SHELF-01", where=str(place), fix=fix,
            faults=(Fault(str(place), say, fix, "E-SHELF-01"),),
        ) from fault


def yaml_text(text: str, name: str) -> Any:
    """Read YAML from a string; `name` stands in messages as the file.

    Raises:
        DefinitionError: not YAML; names file and line.
    """
    try:
        return pyyaml.load(text, Loader=_LinedLoader)  # noqa: S506 - built on the safe loader
    except (pyyaml.YAMLError, RecursionError) as fault:
        mark = getattr(fault, "problem_mark", None)
        where = f"{name}:{mark.line + 1}" if mark else name
        problem = getattr(fault, "problem", None) or str(fault)
        say = Say(f"不是合法的 YAML:{problem}", f"Not valid YAML: {problem}")
        fix = Say("请检查该行的缩进、冒号和引号", "Check indentation, colons and quotes on that line")
        raise DefinitionError(
            say, code="E-SHELF-02", where=where, fix=fix,
            faults=(Fault(where, say, fix, "E-SHELF-02"),),
        ) from fault


def text(name: str) -> str:
    """Give a packaged text file whole, line ends as `\\n`."""
    return path(name).read_text(encoding="utf-8")
