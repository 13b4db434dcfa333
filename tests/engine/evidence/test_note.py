"""Signed notes, checkpoints, cosignatures, policies and proof files."""

import base64
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lianfang.engine.evidence import checkpoint, note, policy, proof, tiles, tree
from lianfang.engine.evidence.note import KeyKind
from lianfang.engine.terms.errors import DefinitionError, InputError, LianfangError, ProofError

OTHERS = json.loads((Path(__file__).parent / "vectors" / "go_sumdb.json").read_text(encoding="utf-8"))

LOG = note.new_signer("example.org/log", KeyKind.ED25519, bytes(range(32)))
OTHER_LOG = note.new_signer("example.org/log", KeyKind.ED25519, bytes(32))
ANNA, BAO, CHEN = (note.new_signer(f"{name}.example/w", KeyKind.COSIGNATURE, bytes([n]) * 32) for n, name in enumerate(("anna", "bao", "chen"), 1))
ENTRIES = [b"entry %d" % n for n in range(300)]


def grown(n=300):
    files, edge = {}, tiles.Edge()
    for entry in ENTRIES[:n]:
        for level, place, content in edge.add(entry):
            files[tiles.path(level, place)] = content
    for level, place, width, content in edge.partial():
        files[tiles.path(level, place, width)] = content
    return tiles.Reader(files.get, n)


READER = grown()
POINT = checkpoint.Checkpoint(LOG.key.name, 300, READER.root())
SIGNED = checkpoint.sign(POINT, [LOG])
COSIGNED = SIGNED.and_signed(checkpoint.cosign(SIGNED.text, one, 1_772_000_000 + n) for n, one in enumerate((ANNA, BAO)))
POLICY = policy.read(f"""
# two of three
log {LOG.key.line()}
witness anna {ANNA.key.line()} http://127.0.0.1:1
witness bao {BAO.key.line()}
witness chen {CHEN.key.line()}
group two 2 anna bao chen
quorum two
""")
PROOF = proof.Proof(77, tuple(READER.inclusion(77)), COSIGNED.to_bytes()).to_bytes()


def code_of(call, *given):
    with pytest.raises(LianfangError) as told:
        call(*given)
    return told.value.code


def test_the_published_example_of_a_signed_note():
    # From the documentation of golang.org/x/mod/sumdb/note.
    key = note.read_key("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
    text = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
    raw = text + "\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
    found = note.read(raw.encode())
    assert key.id.hex() == "c74f20a3" and note.signed_by(found, key) and found.text == text
    assert found.to_bytes() == raw.encode() and key.line().startswith("PeterNeumann+c74f20a3+")


def test_another_implementation_makes_the_same_keys_and_signatures():
    signer, raw = note.read_signer(OTHERS["signer"]), OTHERS["note"].encode()
    assert signer.line() == OTHERS["signer"] and signer.key.line() == OTHERS["key"]
    made, found = checkpoint.verify(raw, note.read_key(OTHERS["key"]))
    assert (made.origin, made.n_leaves) == ("example.org/log", 5) and made.root == base64.b64decode(OTHERS["roots"]["5"])
    assert checkpoint.sign(made, [signer]).to_bytes() == raw == found.to_bytes()


# RFC 8032, 7.1, tests 1 to 3: secret, public, message, signature.
@pytest.mark.parametrize(("seed", "public", "message", "signature"), [
    ("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60", "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"),
    ("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb", "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"),
    ("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7", "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"),
])  # fmt: skip
def test_ed25519_of_the_standard(seed, public, message, signature):
    signer = note.new_signer("x", KeyKind.ED25519, bytes.fromhex(seed))
    assert signer.key.public.hex() == public
    assert signer.sign(bytes.fromhex(message)).hex() == signature
    assert note.is_signed(signer.key, bytes.fromhex(message), bytes.fromhex(signature))


def test_a_private_key_is_not_printed_by_accident():
    assert bytes(range(32)).hex() not in repr(LOG) and LOG.line() not in repr(LOG)
    assert note.read_signer(LOG.line() + "\n") == LOG


@pytest.mark.parametrize("line", ["", "x", "x+00000000+AA==", "a b+00000000+" + "A" * 44, LOG.key.line().replace("example", "exbmple"),
                                  LOG.key.line()[:-2] + "==", "x+00000000+" + base64.b64encode(bytes([255]) + bytes(32)).decode()])  # fmt: skip
def test_what_is_no_key(line):
    assert code_of(note.read_key, line) == "E-NOTE-02"
    assert code_of(note.read_signer, line) == code_of(note.read_signer, "PRIVATE+KEY+" + line) == "E-NOTE-02"


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\u3000b", "a\x01"])
def test_a_key_has_a_name_without_blanks(name):
    assert code_of(note.new_signer, name, KeyKind.ED25519, bytes(32)) == "E-NOTE-01"


@pytest.mark.parametrize("raw", [
    b"", b"text\n", b"text\n\n", b"text\n\nno signature\n", b"\xff\n\n\xe2\x80\x94 x AAAAAAA=\n", "text\r\n\n— x AAAAAAA=\n".encode(),
    "text\n\n— x AAAAAAA=".encode(), "text\n\n— x AAAA\n".encode(), "text\n\n— x AAAAAAB=\n".encode(), b"text\n\n- x AAAAAAA=\n",
    "text\n\n— x  AAAAAAA=\n".encode(), "text\n\n— x+y AAAAAAA=\n".encode(), "text\n\n— x AAAAAAA=\n\n".encode(), ("text\n\n" + "— x AAAAAAA=\n" * 101).encode(),
    b"x" * 1_000_001, "text\n\n— x AAA\n AAAA=\n".encode(),
], ids=lambda raw: repr(raw[:24]))  # fmt: skip
def test_what_is_no_note(raw):
    assert code_of(note.read, raw) == "E-PROOF-06"


def test_a_text_with_empty_lines_and_many_signers():
    made = note.sign("one\n\ntwo\n", [LOG, OTHER_LOG])
    found = note.read(made.to_bytes())
    assert found == made and note.signed_by(found, LOG.key) and note.signed_by(found, OTHER_LOG.key)
    assert made.and_signed(made.signatures) == made
    assert code_of(note.sign, "no line end", [LOG]) == code_of(note.sign, "tab\t\n", [LOG]) == "E-NOTE-03"


def test_a_wrong_signature_in_the_name_of_a_known_key_spoils_the_note():
    wrong = note.Signature(LOG.key.name, LOG.key.id, bytes(64))
    assert code_of(note.signed_by, SIGNED.and_signed([wrong]), LOG.key) == "E-PROOF-07"
    assert not note.signed_by(note.Note(SIGNED.text, (note.Signature("other", LOG.key.id, bytes(64)),)), LOG.key)
    assert not note.is_signed(note.Key("x", KeyKind.ED25519, bytes(3)), b"", bytes(64))


@pytest.mark.parametrize("text", [
    "", "a\n", "a\n1\n", "a\n1\n\n", "\n1\n" + "A" * 43 + "=\n", "a\n01\n" + "A" * 43 + "=\n", "a\n-1\n" + "A" * 43 + "=\n", "a\n1\nAAAA\n",
    "a\n１\n" + "A" * 43 + "=\n", "a\n9223372036854775808\n" + "A" * 43 + "=\n", "a\n" + "9" * 5000 + "\n" + "A" * 43 + "=\n",
    "a\n0\n" + "A" * 43 + "=\n", "a\n1\n" + "A" * 42 + "B=\n", "a\n1\n" + "A" * 43 + "=\n\nmore\n", "a\n1\n" + "A" * 43 + "=",
], ids=lambda text: repr(text[:24]))  # fmt: skip
def test_what_is_no_checkpoint(text):
    assert code_of(checkpoint.read, text) == "E-PROOF-08"


def test_a_checkpoint_leads_back_with_lines_of_others():
    made = checkpoint.Checkpoint("a", 1, bytes(32), ("more", "and more"))
    assert checkpoint.read(made.text()) == made


def test_a_checkpoint_is_its_logs_only():
    assert checkpoint.verify(COSIGNED.to_bytes(), LOG.key)[0] == POINT
    assert code_of(checkpoint.verify, COSIGNED.to_bytes(), OTHER_LOG.key) == "E-PROOF-07"
    other = note.sign(checkpoint.Checkpoint("other", 1, bytes(32)).text(), [LOG])
    assert code_of(checkpoint.verify, other.to_bytes(), LOG.key) == "E-PROOF-09"
    assert code_of(checkpoint.sign, checkpoint.Checkpoint("other", 1, bytes(32)), [LOG]) == "E-NOTE-04"
    assert code_of(checkpoint.sign, POINT, [ANNA]) == "E-NOTE-04"


def test_witnesses_sign_the_time_and_the_text():
    told = checkpoint.cosignatures(COSIGNED, [CHEN.key, BAO.key, ANNA.key, LOG.key])
    assert sorted((one.name, one.at_seconds) for one in told) == [("anna.example/w", 1_772_000_000), ("bao.example/w", 1_772_000_001)]
    line = COSIGNED.signatures[1]
    later = note.Signature(line.name, line.key_id, (1).to_bytes(8, "big") + line.content[8:])
    assert not checkpoint.is_cosigned(SIGNED.text, ANNA.key, later)
    assert not checkpoint.is_cosigned(SIGNED.text + "more\n", ANNA.key, line)
    assert not checkpoint.is_cosigned(SIGNED.text, ANNA.key, note.Signature(line.name, line.key_id, line.content[:71]))
    # A cosignature says nothing as a plain signature, nor the other way round.
    as_plain = note.Key(ANNA.key.name, KeyKind.ED25519, ANNA.key.public)
    assert not note.signed_by(COSIGNED, as_plain) and not checkpoint.is_cosigned(SIGNED.text, as_plain, line)


def test_a_policy_leads_back_and_counts():
    assert policy.read(POLICY.text()) == POLICY
    assert POLICY.is_met(["anna", "chen"]) and not POLICY.is_met(["anna"]) and not POLICY.is_met([])
    assert len(policy.demand(COSIGNED, POLICY)) == 2
    assert code_of(policy.demand, SIGNED, POLICY) == "E-PROOF-10"
    nobody = policy.Policy(LOG.key)
    assert policy.demand(SIGNED, nobody) == [] and policy.read(nobody.text()) == nobody
    nested = policy.read(POLICY.text().replace("quorum two", "group both all two chen\ngroup either any both bao\nquorum either"))
    assert nested.is_met(["bao"]) and nested.is_met(["anna", "chen"]) and not nested.is_met(["anna"])


def test_one_witness_does_not_count_twice():
    twice = SIGNED.and_signed(checkpoint.cosign(SIGNED.text, ANNA, at) for at in (1, 2, 3))
    assert code_of(policy.demand, twice, POLICY) == "E-PROOF-10"


def test_strange_lines_neither_help_nor_harm():
    strange = [note.Signature(ANNA.key.name, ANNA.key.id, bytes(72)), note.Signature("unknown", b"1234", b"x"), note.Signature(BAO.key.name, b"1234", bytes(72))]
    assert len(policy.demand(COSIGNED.and_signed(strange), POLICY)) == 2
    assert code_of(policy.demand, SIGNED.and_signed(strange), POLICY) == "E-PROOF-10"


@pytest.mark.parametrize("line", [
    "nonsense", "log", "log x", f"log {ANNA.key.line()}", f"log {LOG.key.line()}", "witness a", f"witness a {LOG.key.line()}", f"witness anna {CHEN.key.line()}",
    f"witness d {ANNA.key.line()}", f"witness none {ANNA.key.line()}", "group g", "group g 0 anna", "group g 4 anna bao chen", "group g 1 nobody", "group g 2 anna anna",
    "group anna 1 bao", "group none 1 bao", "group g ² anna", "group g any", "quorum", "quorum two", "quorum g",
])  # fmt: skip
def test_a_faulty_line_is_named(line):
    with pytest.raises(DefinitionError) as told:
        policy.read(POLICY.text() + line + "\n", "p.txt")
    assert [one.where for one in told.value.faults] == ["p.txt:7"]


def test_a_policy_needs_a_log_and_a_quorum():
    with pytest.raises(DefinitionError) as told:
        policy.read("# nothing\n")
    assert len(told.value.faults) == 2


def test_a_proof_proves_its_entry_only():
    told = proof.verify(PROOF, ENTRIES[77], POLICY)
    assert told.checkpoint == POINT and len(told.witnesses) == 2
    assert proof.read(PROOF).to_bytes() == PROOF
    assert code_of(proof.verify, PROOF, ENTRIES[78], POLICY) == "E-PROOF-12"
    unwitnessed = proof.Proof(77, tuple(READER.inclusion(77)), SIGNED.to_bytes()).to_bytes()
    assert code_of(proof.verify, unwitnessed, ENTRIES[77], POLICY) == "E-PROOF-10"


def test_a_proof_may_carry_more():
    made = proof.Proof(77, (), SIGNED.to_bytes(), b"extra")
    assert proof.read(made.to_bytes()) == made


@pytest.mark.parametrize("raw", [
    b"", b"x\n\n", b"c2sp.org/tlog-proof@v1\n\n", b"c2sp.org/tlog-proof@v1\nextra ?\nindex 1\n\n", b"c2sp.org/tlog-proof@v1\nextra AA==\n\n",
    b"c2sp.org/tlog-proof@v1\nindex 01\n\n", b"c2sp.org/tlog-proof@v1\nindex -1\n\n", b"c2sp.org/tlog-proof@v1\nindex 99999999999999999999\n\n",
    b"c2sp.org/tlog-proof@v1\nindex 1\nAAAA\n\n", b"c2sp.org/tlog-proof@v1\nindex 1\n?\n\n", b"c2sp.org/tlog-proof@v1\nindex 1\n" + PROOF.split(b"\n")[2] * 1 + b"x\n\n",
    b"c2sp.org/tlog-proof@v1\nindex 1\n" + (PROOF.split(b"\n")[2] + b"\n") * 64 + b"\n", b"\xff\n\n",
], ids=lambda raw: repr(raw[-24:]))  # fmt: skip
def test_what_is_no_proof(raw):
    assert code_of(proof.read, raw) == "E-PROOF-11"


@given(st.integers(0, len(PROOF) - 1), st.integers(1, 255))
@settings(max_examples=400, deadline=None)
def test_a_proof_with_any_byte_changed_fails(at, by):
    changed = PROOF[:at] + bytes([PROOF[at] ^ by]) + PROOF[at + 1 :]
    line = len(PROOF[:at].splitlines()) - (not PROOF[:at].endswith(b"\n"))
    try:
        proof.verify(changed, ENTRIES[77], POLICY)
    except LianfangError as told:
        assert isinstance(told, ProofError)
    else:
        # Only a witness's line may change and leave the proof good, when enough others signed: here none is spare.
        raise AssertionError(f"line {line} may be changed")


@given(st.binary(max_size=400))
@settings(max_examples=300, deadline=None)
def test_parsers_refuse_what_they_are_not_made_for(raw):
    for call in (note.read, proof.read):
        with pytest.raises(ProofError):
            call(raw)
    with pytest.raises(ProofError):
        checkpoint.read(raw.decode("latin-1"))
    with pytest.raises(InputError):
        note.read_key(raw.decode("latin-1"))


def test_a_proof_of_the_last_size_of_a_tree_of_one():
    one = grown(1)
    signed = checkpoint.sign(checkpoint.Checkpoint(LOG.key.name, 1, one.root()), [LOG])
    assert one.root() == tree.hash_leaf(ENTRIES[0])
    assert proof.verify(proof.Proof(0, (), signed.to_bytes()).to_bytes(), ENTRIES[0], policy.Policy(LOG.key)).checkpoint.n_leaves == 1
