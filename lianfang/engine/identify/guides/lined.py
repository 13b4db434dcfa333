"""YAML read with the line of every value, so that a fault can name its place.

YAML 1.1's traps are taken out: `on`, `yes`, `no` stay words, times stay text, aliases are refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from lianfang.engine.identify.guides import faults as sentences
from lianfang.engine.terms.errors import Fault, Say

MOST_BYTES = 4_000_000
Path = tuple[str | int, ...]
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass
class Page:
    """One YAML file: its values, the line of each, and the faults found so far."""

    file: str
    tree: Any = None
    lines: dict[Path, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    fatal: bool = False

    def where(self, path: Path) -> str:
        """Give `file:line` of a value, or of the nearest thing around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return f"{self.file}:{self.lines.get(path, 1)}"

    def fault(self, name: str, path: Path, /, **values: object) -> None:
        """Note one fault at a place."""
        self.fatal = self.fatal or name in sentences.FATAL
        self.faults.append(sentences.fault(name, self.where(path), **values))

    def keys(self, raw: Mapping[str, Any], path: Path, known: tuple[str, ...]) -> None:
        """Note every key that nobody would read."""
        for key in raw:
            if key not in known and raw[key] is None:
                self.fault("comma", (*path, key), name=key)
            elif key not in known:
                self.fault("unknown_key", (*path, key), name=key, known=", ".join(known))

    def text(self, raw: Mapping[str, Any], path: Path, key: str, hint: str = "…") -> str:
        """Read a word or sentence that must be there."""
        value = raw.get(key)
        if value is None or value == "":
            self.fault("missing", path, name=key, hint=hint)
            return ""
        if not isinstance(value, str):
            self.fault("wrong_value", (*path, key), name=key, value=value, hint=hint)
            return ""
        return value

    def number(self, raw: Mapping[str, Any], path: Path, key: str, otherwise: int | None) -> int:
        """Read a whole number of at least one; `otherwise` None means it must be there."""
        value = raw.get(key, otherwise)
        if value is None:
            self.fault("missing", path, name=key, hint="1, 2, 3 …")
            return 1
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            self.fault("wrong_value", (*path, key), name=key, value=value, hint="1, 2, 3 …")
            return 1
        return value

    def words(
        self, raw: Mapping[str, Any], path: Path, key: str, needed: bool = True
    ) -> tuple[str, ...]:
        """Read a row of words."""
        value = raw.get(key)
        if value is None or value == []:
            if needed:
                self.fault("missing", path, name=key, hint="[…, …]")
            return ()
        if isinstance(value, str):
            value = [value]
        if not isinstance(value, list):
            self.fault("wrong_value", (*path, key), name=key, value=value, hint="[…, …]")
            return ()
        for no, word in enumerate(value):
            if not isinstance(word, str) or not word.strip():
                self.fault("wrong_value", (*path, key, no), name=key, value=word, hint='"…"')
        return tuple(word for word in value if isinstance(word, str) and word.strip())

    def say(self, value: Any, path: Path, name: str) -> Say:
        """Read a sentence in both languages; the caller has seen that it is there."""
        if not isinstance(value, dict):
            self.fault("wrong_value", path, name=name, value=value, hint="{zh: …, en: …}")
            return Say("", "")
        self.keys(value, path, ("zh", "en"))
        for tongue, zh in (("zh", "中文"), ("en", "英文 (en)")):
            if not isinstance(value.get(tongue), str) or not value[tongue].strip():
                self.fault("one_language", path, name=name, language=zh)
        return Say(str(value.get("zh") or ""), str(value.get("en") or ""))


def page(file: str, content: bytes) -> Page:
    """Read one file into values with lines; a broken file becomes a fault, never an exception.

    Args:
        file: the name said in faults.
        content: the bytes of the file.
    """
    made = Page(file)
    if len(content) > MOST_BYTES:
        made.fault("unreadable", (), why=f"> {MOST_BYTES} bytes")
        return made
    try:
        node = yaml.compose(content.decode("utf-8-sig"), Loader=_Loader)
        made.tree = _value(made, node, (), set()) if node is not None else None
    except yaml.MarkedYAMLError as wrong:
        mark = wrong.problem_mark or wrong.context_mark
        made.lines[()] = mark.line + 1 if mark else 1
        made.fault("unreadable", (), why=wrong.problem or "YAML")
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as wrong:
        made.fault("unreadable", (), why=str(wrong).splitlines()[0])
    return made


def _value(made: Page, node: yaml.Node, path: Path, seen: set[int]) -> Any:
    made.lines[path] = node.start_mark.line + 1
    if id(node) in seen:
        made.fault("unreadable", path, why="YAML aliases are refused")
        return None
    if isinstance(node, yaml.ScalarNode):
        return _scalar(node)
    seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        return [_value(made, child, (*path, no), seen) for no, child in enumerate(node.value)]
    values: dict[str, Any] = {}
    for key_node, child in node.value:
        key = str(key_node.value)
        if key in values:
            made.fault("duplicate_key", (*path, key), name=key)
        values[key] = _value(made, child, (*path, key), seen)
        made.lines[(*path, key)] = key_node.start_mark.line + 1
    return values


def _scalar(node: yaml.ScalarNode) -> str | int | float | bool | None:
    kind, text = node.tag.rpartition(":")[2], str(node.value)
    if kind == "null":
        return None
    if kind == "bool" and text.lower() in ("true", "false"):
        return text.lower() == "true"
    if kind == "int" and text.lstrip("+-").isdigit():
        return int(text)
    if kind == "float":
        try:
            return float(text)
        except ValueError:
            return text
    return text
