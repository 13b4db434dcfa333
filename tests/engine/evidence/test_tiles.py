import copy
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lianfang.engine.evidence import tiles, tree
from lianfang.engine.terms.errors import ProofError

OTHERS = json.loads((Path(__file__).parent / "vectors" / "go_sumdb.json").read_text(encoding="utf-8"))
EDGES = [1, 2, 3, 254, 255, 256, 257, 511, 512, 513, 65_535, 65_536, 65_537, 66_000]


HASHES = [tree.hash_leaf(b"entry %d" % one) for one in range(66_000)]


def grow(n):
    """The files of a log of n entries, as `Edge` gives them, and its edge."""
    files, edge = {}, tiles.Edge()
    for one in range(n):
        for level, place, content in edge.add(b"entry %d" % one):
            files[tiles.path(level, place)] = content
    for level, place, width, content in edge.partial():
        files[tiles.path(level, place, width)] = content
    return files, edge


@pytest.fixture(scope="module")
def large():
    """One log grown to 66,000 entries, and its files and its edge at every size of `EDGES` on the way."""
    files, edge, kept = {}, tiles.Edge(), {}
    for one in range(66_000):
        for level, place, content in edge.add(b"entry %d" % one):
            files[tiles.path(level, place)] = content
        if one + 1 in EDGES:
            partial = {tiles.path(level, place, width): content for level, place, width, content in edge.partial()}
            kept[one + 1] = files | partial, copy.deepcopy(edge)
    return kept


def test_paths_are_those_of_another_implementation():
    for told, path in OTHERS["tile_paths"].items():
        level, place, width = map(int, told.split())
        ours = tiles.path(level, place, width)
        assert ours == path.replace("tile/8/", "tile/")  # that one also writes the height, always 8 here
        assert tiles.read_path(ours) == (level, place, width)


def test_paths_of_the_standard():
    assert tiles.path(0, 1_234_067, 8) == "tile/0/x001/x234/067.p/8"  # example of C2SP tlog-tiles
    assert tiles.path(None, 0) == "tile/entries/000"


@pytest.mark.parametrize("path", ["tile/0/0", "tile/0/x000/001", "tile/64/000", "tile/00/000", "tile/0/000.p/256",
                                  "tile/0/000.p/0", "tile/0/000.p/999", "tile/0/1000", "../checkpoint", "tile/0/000/", "tile/data/000"])  # fmt: skip
def test_a_path_that_names_no_tile(path):
    assert tiles.read_path(path) is None


@given(st.one_of(st.none(), st.integers(0, 63)), st.integers(0, 2**40), st.integers(1, 256))
@settings(max_examples=200, deadline=None)
def test_a_path_leads_back(level, place, width):
    assert tiles.read_path(tiles.path(level, place, width)) == (level, place, width)


@given(st.lists(st.binary(max_size=300)))
def test_bundles_lead_back(entries):
    assert tiles.unbundle(tiles.bundle(entries)) == entries


def test_the_largest_entry_fits_and_a_cut_bundle_is_known():
    whole = tiles.bundle([bytes(65_535), b"x"])
    assert [len(one) for one in tiles.unbundle(whole)] == [65_535, 1]
    for cut in (1, 2, 100, len(whole) - 1):
        with pytest.raises(ProofError) as told:
            tiles.unbundle(whole[:cut])
        assert told.value.code == "E-PROOF-03"


@pytest.mark.parametrize("n", EDGES)
def test_files_have_the_root_and_the_proofs_of_the_tree(large, n):
    files, edge = large[n]
    assert sorted(files) == sorted(tiles.path(*one) for one in tiles.parts(n))
    hashes = HASHES[:n]
    root = tree.fold(hashes)
    reader = tiles.Reader(files.get, n)
    assert edge.root() == reader.root() == root
    for index in {0, n // 2, n - 1}:
        assert reader.entry(index) == b"entry %d" % index
        assert tree.is_included(hashes[index], index, n, reader.inclusion(index), root)
    for old in {1, n // 2, n - 1, n} - {0}:
        assert tree.is_consistent(old, n, reader.consistency(old), tree.fold(hashes[:old]), root)
    again = tiles.Edge.of(reader)
    assert again.root() == root and again.entries == edge.entries and again.entries_fit()
    assert again.add(b"next") == edge.add(b"next") and again.root() == edge.root() and again.partial() == edge.partial()


def test_an_empty_log():
    reader = tiles.Reader({}.get, 0)
    assert reader.root() == tiles.Edge().root() == tiles.Edge.of(reader).root() == tree.EMPTY_ROOT
    assert list(tiles.parts(0)) == [] and tiles.Edge().partial() == []


def test_an_older_size_is_read_from_full_tiles(large):
    files, _ = large[66_000]
    reader = tiles.Reader(files.get, 300)
    assert reader.root() == tree.fold([tree.hash_leaf(b"entry %d" % one) for one in range(300)])
    assert reader.entry(299) == b"entry 299"


@pytest.mark.parametrize("index", [-1, 300])
def test_an_entry_that_is_not_there(index):
    with pytest.raises(ProofError) as told:
        tiles.Reader(grow(300)[0].get, 300).entry(index)
    assert told.value.code == "E-PROOF-02"


@pytest.mark.parametrize("path", ["tile/0/000", "tile/0/001.p/44", "tile/1/000.p/1", "tile/entries/001.p/44"])
@pytest.mark.parametrize("change", [lambda raw: None, lambda raw: raw[:-1], lambda raw: raw + b"\0"], ids=["gone", "short", "long"])
def test_a_missing_or_misshapen_file_is_named(path, change):
    files = grow(300)[0]
    files[path] = change(files[path])
    reader = tiles.Reader(files.get, 300)
    with pytest.raises(ProofError) as told:
        for place in range(2):
            reader.entries(place)
            reader.raw(0, place)
        reader.raw(1, 0)
    assert (told.value.code, told.value.where) == ("E-PROOF-04", path)
