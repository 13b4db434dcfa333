from __future__ import annotations

from pathlib import Path

import pytest

from lianfang.engine.identify.guides import compile as ready
from lianfang.engine.identify.guides import guide
from lianfang.engine.terms.errors import DefinitionError


@pytest.mark.parametrize(
    ("pattern", "without"),
    [
        ("(a|b)c", "(?:a|b)c"),
        (r"\(a\)(b)", r"\(a\)(?:b)"),
        ("[(](x)", "[(](?:x)"),
        ("[]()](x)", "[]()](?:x)"),
        ("[^](](x)", "[^](](?:x)"),
        ("[[:alpha:](](x)", "[[:alpha:](](?:x)"),
        ("(?i)(x)(?:y)(?P<n>z)", "(?i)(?:x)(?:y)(?:z)"),
        (r"\Q(\E(x)", r"\Q(\E(?:x)"),
        (r"[\](](x)", r"[\](](?:x)"),
    ],
)
def test_groups_are_taken_out_and_the_pattern_still_compiles(pattern: str, without: str) -> None:
    assert ready.groupless(pattern) == without
    ready.compiled_pattern(pattern)
    ready.compiled_pattern(without)


@pytest.mark.parametrize("pattern", ["(a", "a(?=b)", r"(a)\1", "(?<!a)b", "[", "a{1001}", "((((a{100}){100}){100}){100})"])
def test_what_re2_refuses_is_a_fault(pattern: str) -> None:
    with pytest.raises(DefinitionError):
        ready.compiled_pattern(pattern)


def test_a_catastrophic_pattern_is_quick() -> None:
    assert ready.compiled_pattern("(a+)+$").search("a" * 5000 + "b") is None


def test_words_are_numbered_longest_first_and_know_their_clauses(book: guide.GuideBook) -> None:
    made = ready.compiled(book)
    assert [len(word) for word in made.words] == sorted((len(word) for word in made.words), reverse=True)
    names = {made.clauses[no].id for no, _ in made.uses[made.words.index("贷款")]}
    assert names == {"offer", "many"}
    parts = {part for no, part in made.uses[made.words.index("无抵押")] if made.clauses[no].id == "offer"}
    assert parts == {1}
    assert "滴滴我" in made.words


def test_the_same_content_is_compiled_once(folder: Path, book: guide.GuideBook) -> None:
    made = ready.compiled(book)
    guide._load.cache_clear()
    assert ready.compiled(guide.load(folder, shipped=False)) is made
