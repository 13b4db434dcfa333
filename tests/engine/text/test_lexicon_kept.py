from lianfang.engine.text import lexicon, plain


def test_the_kept_lexicon_is_the_built_one(tmp_path, monkeypatch):
    monkeypatch.setenv("LIANFANG_CACHE", str(tmp_path))
    built = lexicon.build(plain.fold)
    for _ in range(2):  # made, then read
        kept = lexicon.known(plain.fold)
        assert kept == built and kept.ordinary == built.ordinary
        assert list(kept.heads) == list(built.heads)  # the kernels' layout goes by their order
