"""The tree against published values, another implementation's proofs, and itself in every small size."""

import base64
import hashlib
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lianfang.engine.evidence import tree
from lianfang.engine.terms.errors import ProofError

# The eight leaves and the roots over the first n of them: reference values of RFC 6962 logs (Certificate Transparency).
LEAVES = [bytes.fromhex(one) for one in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")]
ROOTS = """
e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d
fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125
aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77
d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7
4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4
76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef
ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c
5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328
""".split()
OTHERS = json.loads((Path(__file__).parent / "vectors" / "go_sumdb.json").read_text(encoding="utf-8"))


def node_of(hashes):
    return lambda level, place: tree.fold(hashes[place << level : (place + 1) << level])


def hashes_of(n):
    return [tree.hash_leaf(b"entry %d" % one) for one in range(n)]


HASHES = hashes_of(600)
NODE = node_of(HASHES)


def slow_root(hashes):
    """The definition in RFC 6962, 2.1, word by word."""
    if not hashes:
        return hashlib.sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    split = 1
    while split * 2 < len(hashes):
        split *= 2
    return tree.hash_node(slow_root(hashes[:split]), slow_root(hashes[split:]))


def unbase(lines):
    return [base64.b64decode(line) for line in lines]


@pytest.mark.parametrize("n", range(9))
def test_roots_are_the_published_ones(n):
    hashes = [tree.hash_leaf(one) for one in LEAVES[:n]]
    assert tree.root(node_of(hashes), n).hex() == ROOTS[n] == slow_root(hashes).hex() == tree.fold(hashes).hex()


def test_another_implementation_makes_the_same_roots_and_proofs():
    for n, root in OTHERS["roots"].items():
        assert tree.root(NODE, int(n)) == base64.b64decode(root)
    assert len(OTHERS["inclusion"]) > 60 and len(OTHERS["consistency"]) > 90
    for one in OTHERS["inclusion"]:
        proof = unbase(one["proof"])
        assert tree.inclusion_proof(NODE, one["index"], one["n"]) == proof
        assert tree.is_included(HASHES[one["index"]], one["index"], one["n"], proof, tree.root(NODE, one["n"]))
    for one in OTHERS["consistency"]:
        proof, old, new = unbase(one["proof"]), one["old"], one["new"]
        assert tree.is_consistent(old, new, proof, tree.root(NODE, old), tree.root(NODE, new))
        # That implementation leads from a size that is a power of two without repeating its root, as ours does.
        assert tree.consistency_proof(NODE, old, new) == proof


def test_every_small_size_proves_itself():
    roots = [tree.root(NODE, n) for n in range(71)]
    for n in range(1, 71):
        assert roots[n] == slow_root(HASHES[:n])
        for index in range(n):
            assert tree.is_included(HASHES[index], index, n, tree.inclusion_proof(NODE, index, n), roots[n])
        for old in range(n + 1):
            assert tree.is_consistent(old, n, tree.consistency_proof(NODE, old, n), roots[old], roots[n])


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_a_changed_inclusion_proof_proves_nothing(data):
    n = data.draw(st.integers(1, 600))
    index = data.draw(st.integers(0, n - 1))
    proof, root = tree.inclusion_proof(NODE, index, n), tree.root(NODE, n)
    assert tree.is_included(HASHES[index], index, n, proof, root)
    assert not tree.is_included(tree.hash_leaf(b"another"), index, n, proof, root)
    other = data.draw(st.integers(0, 700).filter(lambda one: one != index))
    assert not tree.is_included(HASHES[index], other, n, proof, root)
    assert not tree.is_included(HASHES[index], index, n, [*proof, root], root)
    if proof:
        assert not tree.is_included(HASHES[index], index, n, proof[:-1], root)
        assert not tree.is_included(HASHES[index], index, n, proof[1:], root)
        assert not tree.is_included(HASHES[index], index, n, [proof[0][:-1], *proof[1:]], root)
        at, bit = data.draw(st.integers(0, len(proof) - 1)), data.draw(st.integers(0, 255))
        changed = bytearray(proof[at])
        changed[bit // 8] ^= 1 << bit % 8
        assert not tree.is_included(HASHES[index], index, n, [*proof[:at], bytes(changed), *proof[at + 1 :]], root)
        assert not tree.is_included(HASHES[index], index, n, [], root)


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_a_changed_consistency_proof_proves_nothing(data):
    new = data.draw(st.integers(2, 600))
    old = data.draw(st.integers(1, new - 1))
    proof, before, after = tree.consistency_proof(NODE, old, new), tree.root(NODE, old), tree.root(NODE, new)
    assert tree.is_consistent(old, new, proof, before, after)
    at, bit = data.draw(st.integers(0, len(proof) - 1)), data.draw(st.integers(0, 255))
    changed = bytearray(proof[at])
    changed[bit // 8] ^= 1 << bit % 8
    wrong_root = tree.hash_leaf(b"another")
    for case in (
        (old, new, [*proof[:at], bytes(changed), *proof[at + 1 :]], before, after),
        (old, new, proof[:-1], before, after),
        (old, new, [*proof, after], before, after),
        (old, new, [], before, after),
        (old, new, [proof[0][1:], *proof[1:]], before, after),
        (old, new, proof, wrong_root, after),
        (old, new, proof, before, wrong_root),
        (new, old, proof, before, after),
        (old, old, proof, before, before),
    ):
        assert not tree.is_consistent(*case)


def test_nothing_is_proved_from_nothing():
    root = tree.root(NODE, 5)
    assert tree.is_consistent(0, 5, [], tree.EMPTY_ROOT, root)
    assert not tree.is_consistent(0, 5, [root], tree.EMPTY_ROOT, root)
    assert not tree.is_consistent(0, 5, [], root, root)
    assert not tree.is_consistent(0, 0, [], root, tree.EMPTY_ROOT)
    assert not tree.is_consistent(-1, 5, [], tree.EMPTY_ROOT, root)
    assert not tree.is_included(HASHES[0], 0, 0, [], tree.EMPTY_ROOT)
    assert not tree.is_included(HASHES[0], -1, 1, [], HASHES[0])
    assert not tree.is_included(HASHES[0], 0, 2**63, [], HASHES[0])
    assert not tree.is_included(HASHES[0][1:], 0, 1, [], HASHES[0][1:])


@pytest.mark.parametrize(("index", "n"), [(0, 0), (5, 5), (-1, 5), (6, 5)])
def test_what_is_not_there_is_not_proved(index, n):
    with pytest.raises(ProofError) as told:
        tree.inclusion_proof(NODE, index, n)
    assert told.value.code == "E-PROOF-02"


@pytest.mark.parametrize(("old", "new"), [(6, 5), (-1, 5)])
def test_a_log_does_not_shrink(old, new):
    with pytest.raises(ProofError) as told:
        tree.consistency_proof(NODE, old, new)
    assert told.value.code == "E-PROOF-02"
