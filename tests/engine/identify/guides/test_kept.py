from __future__ import annotations

import os
from pathlib import Path

import pytest

from lianfang.engine.identify.guides import compile as ready
from lianfang.engine.identify.guides import guide, kept
from lianfang.engine.identify.signals import check


def _files(cache: Path) -> list[Path]:
    return sorted((cache / "lianfang").glob("book-*.pickle"))


def test_a_kept_book_answers_as_the_fresh_one_and_is_remade_when_a_guide_changes(
    folder: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("LIANFANG_CACHE", str(cache))
    first = kept.book(folder)
    (place,) = _files(cache)
    fresh = check.check("无抵押贷款,加微信", first)
    guide._load.cache_clear()
    ready._KEPT.clear()
    monkeypatch.setattr(guide, "load", lambda *_: pytest.fail("must come from the cache"))
    assert check.check("无抵押贷款,加微信", kept.book(folder)) == fresh
    monkeypatch.undo()
    monkeypatch.setenv("LIANFANG_CACHE", str(cache))
    words = (folder / "halt.yaml").read_text(encoding="utf-8")
    (folder / "halt.yaml").write_text(words + "\n# a remark\n", encoding="utf-8")
    kept.book(folder)
    assert _files(cache) != [place] and len(_files(cache)) == 1


def test_a_broken_or_foreign_file_is_not_read(
    folder: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("LIANFANG_CACHE", str(cache))
    kept.book(folder)
    (place,) = _files(cache)
    place.write_bytes(b"no pickle")
    assert kept.book(folder).guide("LF-G-0801").version == "1.0.0"
    os.chmod(place, 0o666)
    assert kept._read(place) is None


def test_without_a_place_to_write_it_still_works(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIANFANG_CACHE", "/dev/null")
    assert kept.book(folder).guide("LF-G-0801").version == "1.0.0"
