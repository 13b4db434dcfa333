"""Pages written by hand: how a command is typed, and nothing left out of a list."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MADE = "<!-- made by"
PAGES = [page for page in sorted((ROOT / "docs").glob("*.md")) if MADE not in page.read_text(encoding="utf-8")[:200]]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_says_how_its_commands_are_typed(page):
    """Nobody has `lianfang` on the path of a fresh shell."""
    text = page.read_text(encoding="utf-8")
    first = re.search(r"^lianfang ", text, re.M)
    assert not first or ". .venv/bin/activate" in text[: first.start()]


def test_every_decision_is_in_the_index():
    folder = ROOT / "docs" / "decisions"
    index = (folder / "index.md").read_text(encoding="utf-8")
    decisions = list(folder.glob("0*.md"))
    assert decisions and all(f"[{page.read_text(encoding='utf-8').split(' ', 2)[2].splitlines()[0]}]({page.name})" in index for page in decisions)
    given = {int(page.name[:4]) for page in decisions}
    for missing in set(range(1, max(given))) - given:
        assert f"Number {missing} was never given" in index
