"""Chinese and English labels of codes, from `data/glossary.yaml`; those of levels from `words`."""

from __future__ import annotations

from functools import cache

from lianfang.engine.terms import shelf, words
from lianfang.engine.terms.errors import Say


@cache
def labels(shelf_name: str) -> dict[str, Say]:
    """Give the labels of one part of the glossary: `terms`, `levels`, `activities` or `kinds`."""
    if shelf_name == "levels":
        return {level.value: say for level, say in words.LEVELS.items()}
    if shelf_name == "strengths":
        return {strength.value: say for strength, say in words.STRENGTHS.items()}
    read = shelf.yaml(shelf.path("glossary.yaml"))
    return {row["word"]: Say(row["zh"], row["en"]) for row in read[shelf_name]}


def label(shelf_name: str, word: str) -> Say:
    """Give one label; an unknown word stands for itself."""
    return labels(shelf_name).get(word, Say(word, word))
