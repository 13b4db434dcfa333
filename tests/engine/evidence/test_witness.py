"""The witness, asked as C2SP tlog-witness says, in every order a log or a liar may choose."""

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lianfang.engine.evidence import checkpoint, note, policy, tiles, tree, witness
from lianfang.engine.evidence.note import KeyKind
from lianfang.engine.terms.errors import PartnerError, ProofError

LOG = note.new_signer("example.org/log", KeyKind.ED25519, bytes(range(32)))
WITNESS = note.new_signer("w.example", KeyKind.COSIGNATURE, bytes([7]) * 32)
LOGS = {LOG.key.name: LOG.key}
AT = 1_772_000_000


def grown(n, text=b"entry %d"):
    files, edge = {}, tiles.Edge()
    for one in range(n):
        for level, place, content in edge.add(text % one):
            files[tiles.path(level, place)] = content
    for level, place, width, content in edge.partial():
        files[tiles.path(level, place, width)] = content
    files["checkpoint"] = checkpoint.sign(checkpoint.Checkpoint(LOG.key.name, n, edge.root()), [LOG]).to_bytes()
    return files


FILES = {n: grown(n) for n in (0, 1, 2, 3, 7, 8, 9, 255, 256, 300)}
FORKED = grown(300, b"other %d")


def ask(files, seen, old=None):
    body = witness.ask(files.get, seen.n_leaves if old is None else old)
    return witness.add_checkpoint(body, LOGS, seen, WITNESS, AT)


def test_a_log_that_grows_is_signed_at_every_step():
    seen = witness.Seen()
    for n, files in FILES.items():
        answer = ask(files, seen)
        assert answer.code == 200 and answer.content_type == witness.TEXT_TYPE and answer.seen.n_leaves == n
        seen = witness.read_seen(answer.seen.to_bytes())
        signed = witness.read_answer(200, answer.body.encode(), files["checkpoint"], WITNESS.key)
        held = policy.Policy(LOG.key, {"w": WITNESS.key}, {}, "w")
        assert policy.demand(note.read(signed), held)[0].at_seconds == AT
    assert ask(FILES[300], seen).code == 200, "the same size and root may be signed again"


def test_two_histories_are_refused():
    seen = ask(FILES[300], witness.Seen()).seen
    assert ask(FORKED, seen).code == 422, "another root at the same size"
    smaller = ask(FILES[9], witness.Seen()).seen
    answer = ask(FORKED, smaller)
    assert (answer.code, answer.seen) == (422, None)


def test_a_log_that_was_set_back_is_refused():
    seen = ask(FILES[300], witness.Seen()).seen
    answer = witness.add_checkpoint(witness.request(9, [], FILES[9]["checkpoint"]), LOGS, seen, WITNESS, AT)
    assert (answer.code, answer.body, answer.content_type) == (409, "300\n", "text/x.tlog.size")
    assert witness.read_answer(409, b"300\n", FILES[9]["checkpoint"], WITNESS.key) == 300
    with pytest.raises(ProofError) as told:  # and the log sees that itself
        witness.ask(FILES[9].get, 300)
    assert told.value.code == "E-WITNESS-02"
    assert witness.add_checkpoint(witness.request(300, [], FILES[9]["checkpoint"]), LOGS, seen, WITNESS, AT).code == 400


def test_another_old_size_is_told_the_right_one():
    seen = ask(FILES[9], witness.Seen()).seen
    for old in (0, 8, 255):
        answer = ask(FILES[300], seen, old)
        assert (answer.code, answer.body, answer.seen) == (409, "9\n", None)


def test_who_may_be_signed_for():
    body = witness.ask(FILES[9].get, 0)
    assert witness.origin_of(body) == LOG.key.name
    assert witness.add_checkpoint(body, {}, witness.Seen(), WITNESS, AT).code == 404
    other = note.new_signer(LOG.key.name, KeyKind.ED25519, bytes(32))
    assert witness.add_checkpoint(body, {LOG.key.name: other.key}, witness.Seen(), WITNESS, AT).code == 403
    forged = body.replace(body.splitlines()[-1], checkpoint.sign(checkpoint.Checkpoint(LOG.key.name, 9, bytes(32)), [LOG]).signatures[0].line().encode())
    assert witness.add_checkpoint(forged, LOGS, witness.Seen(), WITNESS, AT).code == 403


HASH = base64.b64encode(bytes(32))


@pytest.mark.parametrize("body", [
    b"", b"old 0\n", b"old 0\n\n", b"old 0\n\nnot a note", b"old\n\n", b"old x\n\n", b"old 01\n\n", b"old -1\n\n", b"new 0\n\n", b"old 0\nAAAA\n\n",
    b"\xff\n\n", b"old " + b"9" * 20 + b"\n\n", b"old 1\n" + (HASH + b"\n") * 64 + b"\n" + FILES[9]["checkpoint"],
    b"old 0\n\n" + note.sign("example.org/log\nno size\n", [LOG]).to_bytes(),
], ids=lambda body: repr(body[:20]))  # fmt: skip
def test_what_is_no_request(body):
    assert witness.add_checkpoint(body, LOGS, witness.Seen(), WITNESS, AT).code == 400


def test_a_wrong_proof_is_refused():
    seen = ask(FILES[7], witness.Seen()).seen
    good = tiles.Reader(FILES[300].get, 300).consistency(7)
    signed = FILES[300]["checkpoint"]
    for hashes in (good[:-1], [*good, bytes(32)], [bytes(32), *good[1:]], []):
        assert witness.add_checkpoint(witness.request(7, hashes, signed), LOGS, seen, WITNESS, AT).code == 422
    assert witness.add_checkpoint(witness.request(0, [bytes(32)], signed), LOGS, witness.Seen(), WITNESS, AT).code == 422
    assert witness.add_checkpoint(witness.request(7, good, signed), LOGS, seen, WITNESS, AT).code == 200


@pytest.mark.parametrize(("code", "body"), [
    (500, b""), (422, b"not consistent\n"), (404, b""), (409, b"x"), (409, b"1" * 30), (200, b""), (200, b"nonsense\n"),
    (200, checkpoint.cosign("another text\n", WITNESS, AT).line().encode() + b"\n"),
])  # fmt: skip
def test_an_answer_that_is_no_signature(code, body):
    with pytest.raises(PartnerError) as told:
        witness.read_answer(code, body, FILES[9]["checkpoint"], WITNESS.key)
    assert told.value.code == "E-WITNESS-03"


@pytest.mark.parametrize("raw", [b"", b"1\n", b"\xff", b"x\n" + HASH + b"\n", b"1\nAAAA\n", b"01\n" + HASH + b"\n", b"-1\n" + HASH + b"\n", b"1\n" + HASH + b"\n\n", b"1\n" + HASH, b"1\n" + HASH + b"\nx"], ids=repr)
def test_a_witness_that_forgot_does_not_sign(raw):
    with pytest.raises(ProofError) as told:
        witness.read_seen(raw)
    assert told.value.code == "E-WITNESS-01"


def test_what_was_seen_leads_back():
    assert witness.read_seen(witness.Seen().to_bytes()) == witness.Seen(0, tree.EMPTY_ROOT)


@given(st.lists(st.sampled_from([*FILES, "fork"]), max_size=12))
@settings(max_examples=60, deadline=None)
def test_whatever_is_asked_in_whatever_order_what_is_signed_is_one_history(order):
    seen, signed = witness.Seen(), []
    for one in order:
        files = FORKED if one == "fork" else FILES[one]
        size = checkpoint.read(note.read(files["checkpoint"]).text).n_leaves
        hashes = tiles.Reader(files.get, size).consistency(min(seen.n_leaves, size))
        answer = witness.add_checkpoint(witness.request(seen.n_leaves, hashes, files["checkpoint"]), LOGS, seen, WITNESS, AT)
        if answer.code == 200:
            seen = answer.seen
            signed.append((files is FORKED, seen.n_leaves))
    assert [n for _, n in signed] == sorted(n for _, n in signed)
    assert len({forked for forked, n in signed if n}) <= 1
