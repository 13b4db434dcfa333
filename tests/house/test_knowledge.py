"""Knowledge files: every one says where it comes from; what decides carries samples."""

import re
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
SHELF = ROOT / "lianfang" / "data"
FILES = sorted(SHELF.rglob("*.yaml"))


def top(file: Path):
    return yaml.safe_load(file.read_text(encoding="utf-8"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(SHELF)))
def test_file_names_its_source(file):
    content = top(file)
    rows = content if isinstance(content, list) else [content]
    assert rows, "an empty knowledge file"
    if isinstance(content, dict) and content.get("source"):
        return
    assert all(isinstance(row, dict) and row.get("source") for row in rows), "no `source`"


@pytest.mark.parametrize(
    "file",
    [f for f in FILES if "guides" in f.parts or ("conduct" in f.parts)],
    ids=lambda file: str(file.relative_to(SHELF)),
)
def test_what_decides_carries_samples(file):
    text = file.read_text(encoding="utf-8")
    assert re.search(r"^\s*-?\s*samples:", text, re.M), "no samples"


def test_nothing_is_verified_without_its_clause():
    for file in FILES:
        for n, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            assert not re.search(r"verified:\s*true", line), (
                f"{file}:{n} verified needs the official clause pasted beside it"
            )


def test_repository_stands_alone():
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split("\n")
    # Spelled apart so that this file does not find itself.
    strangers = [
        re.compile(text)
        for text in (
            "/wor" + "k/(main|shared)",
            r"\.\./sha" + "red",
            "registry" + r"\.npmjs",
            "pypi" + r"\.org/simple",
            "/ro" + "ot/",
        )
    ]
    wrong = []
    for name in filter(None, listed):
        file = ROOT / name
        if not file.is_file() or file.suffix in {".png", ".parquet", ".xlsx"}:
            continue
        text = file.read_text(encoding="utf-8", errors="replace")
        wrong += [f"{name}: {stranger.pattern}" for stranger in strangers if stranger.search(text)]
    assert not wrong, wrong


LEVEL_WORDS = ("看一看", "请人审核", "提请审核", "提请人工", "待审核", "留意", "降为复核", "由复核", "保护:")


def test_words_of_levels_stand_in_one_place():
    """A level is called the same in commands, pages and files: nobody writes its words out beside `engine/terms/words.py`."""
    wrong = []
    for file in sorted((ROOT / "lianfang").rglob("*")):
        if file.suffix not in {".py", ".html", ".js"} or "vendor" in file.parts or file.name == "words.py" or "conduct" in str(file):
            continue
        text = file.read_text(encoding="utf-8")
        wrong += [f"{file.relative_to(ROOT)}: {word}" for word in LEVEL_WORDS if word in text]
    assert not wrong, wrong
    from lianfang.engine.terms.glossary import label
    from lianfang.engine.terms.words import LEVELS

    assert [label("levels", level) for level in ("none", "look", "review")] == list(LEVELS.values())
    assert {one.zh for one in LEVELS.values()} == {"无", "看一看", "请人审核"}, "docs name them so"


def test_everything_the_log_tells_has_words():
    from lianfang.engine.terms.glossary import labels

    written = set()
    for file in (ROOT / "lianfang" / "web").rglob("*.py"):
        written |= set(re.findall(r'(?:@act\([^"]*|@takes\(|Deed\()"([a-z_]+:[a-z_]+:[a-z_]+)"', file.read_text(encoding="utf-8")))
    assert len(written) > 50 and not written - set(labels("events"))
