"""The YAML reader behind `shelf.yaml`: the safe loader, with lines kept and doubled keys refused.

Imported only when something is read from YAML: loading the reader takes longer than a short command.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml

from lianfang.engine.terms.shelf import LinedDict, LinedList

FAULTS = (yaml.YAMLError, RecursionError)
"""What `load` raises where the text is not YAML."""

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _LinedLoader(_Loader):  # type: ignore[misc]
    """The safe loader, with lines kept and doubled keys refused."""


def load(text: str) -> Any:
    """Read YAML; mappings and lists in it know their lines.

    Args:
        text: the file's content.
    """
    return yaml.load(text, Loader=_LinedLoader)


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
            raise yaml.constructor.ConstructorError(
                None, None, "a key must be plain text", key_node.start_mark
            ) from fault
        if doubled:
            raise yaml.constructor.ConstructorError(
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
