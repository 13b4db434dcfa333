import marshal
import os

from lianfang.engine.terms import kept


def test_a_value_is_made_once_and_anew_when_a_file_changed(tmp_path, monkeypatch):
    monkeypatch.setenv("LIANFANG_CACHE", str(tmp_path / "cache"))
    source, made = tmp_path / "words.yaml", []

    def make():
        made.append(1)
        return {"好": ("词", len(made))}

    source.write_text("a: 1")
    for _ in range(2):
        kept._stamp.cache_clear()
        assert kept.kept("words", (source,), make) == {"好": ("词", 1)}
    source.write_text("a: 22")
    kept._stamp.cache_clear()
    assert kept.kept("words", (source,), make) == {"好": ("词", 2)}
    assert len(list(kept.room().glob("words-*.made"))) == 1
    assert kept.room().stat().st_mode & 0o077 == 0


def test_what_others_could_have_written_is_not_believed(tmp_path, monkeypatch):
    monkeypatch.setenv("LIANFANG_CACHE", str(tmp_path))
    kept.kept("words", (), lambda: "right")
    place = next(kept.room().glob("words-*.made"))
    place.write_bytes(marshal.dumps("wrong"))
    os.chmod(place, 0o666)
    assert kept.kept("words", (), lambda: "right") == "right"
    assert kept.kept("words", (), lambda: "not asked") == "right"


def test_a_broken_file_or_no_room_at_all_does_no_harm(tmp_path, monkeypatch):
    monkeypatch.setenv("LIANFANG_CACHE", str(tmp_path))
    kept.kept("words", (), lambda: "right")
    next(kept.room().glob("words-*.made")).write_bytes(b"\xff\x00")
    assert kept.kept("words", (), lambda: "again") == "again"
    monkeypatch.setenv("LIANFANG_CACHE", "/dev/null")
    assert kept.kept("words", (), lambda: "here") == "here"
