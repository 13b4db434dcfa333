import hashlib
import hmac
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lianfang.engine.evidence import canonical, digest, leaf
from lianfang.engine.terms.errors import InputError, ProofError

SALT = bytes(range(32))
AT = datetime(2026, 3, 2, 9, 0, tzinfo=timezone(timedelta(hours=8)))
LEAF = leaf.Leaf("0d6bb1a2-2c1c-4a1e-9f0a-5b0a3c9d1e2f", "cases:decision:made", AT, "u-7f3a", "case:91ac", leaf.commit(SALT, b"{}"))

values = st.recursive(
    st.none() | st.booleans() | st.integers(-canonical.LARGEST, canonical.LARGEST) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner), max_leaves=20,
)


def test_keys_stand_in_the_order_of_the_standard():
    # RFC 8785, 3.2.3: the sorting example.
    wild = {"\u20ac": "Euro Sign", "\r": "Carriage Return", "\ufb33": "Hebrew Letter Dalet With Dagesh", "1": "One",
            "\U0001f600": "Emoji: Grinning Face", "\u0080": "Control", "\u00f6": "Latin Small Letter O With Diaeresis"}
    told = list(json.loads(canonical.dumps(wild)).values())
    assert told == ["Carriage Return", "One", "Control", "Latin Small Letter O With Diaeresis", "Euro Sign",
                    "Emoji: Grinning Face", "Hebrew Letter Dalet With Dagesh"]


def test_text_is_escaped_as_the_standard_says():
    # RFC 8785, 3.2.4: the string example.
    text = "\u20ac$\u000f\u000aA'\u0042\u0022\u005c\\\"\u002f"
    assert canonical.dumps({"string": text, "literals": [None, True, False]}) == '{"literals":[null,true,false],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'.encode()
    assert canonical.dumps("\x7f\u2028\b\t\f") == '"\x7f\u2028\\b\\t\\f"'.encode()


@given(values)
@settings(max_examples=300, deadline=None)
def test_one_value_one_spelling(value):
    raw = canonical.dumps(value)
    assert canonical.loads(raw) == json.loads(raw) and canonical.dumps(canonical.loads(raw)) == raw


@pytest.mark.parametrize("value", [1.5, float("nan"), 2**53, -(2**53), {1: 2}, b"x", "\ud800", {"\udfff": 1}, object, {"a": [0, 1.0]}], ids=repr)
def test_what_has_no_single_spelling_is_refused(value):
    with pytest.raises(InputError) as told:
        canonical.dumps(value)
    assert told.value.code == "E-CANON-01"


@pytest.mark.parametrize("raw", [b"", b"{", b'{"a":1,"a":1}', b'{"b":1,"a":1}', b'{ "a":1}', b"1.0", b"1e2", b"NaN", b"01",
                                 b'"\\u0041"', b'"\xff"', b"[" * 100_000, b"9" * 5000, b'"\\ud800"'], ids=lambda raw: repr(raw[:20]))  # fmt: skip
def test_another_spelling_is_refused(raw):
    with pytest.raises(InputError) as told:
        canonical.loads(raw)
    assert told.value.code == "E-CANON-02"


# GB/T 32905-2016, appendix A.
@pytest.mark.parametrize(("text", "sm3"), [
    (b"abc", "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"),
    (b"abcd" * 16, "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"),
])  # fmt: skip
@pytest.mark.parametrize("has", [True, False])
def test_both_digests(monkeypatch, text, sm3, has):
    monkeypatch.setattr(digest, "_has_sm3", lambda: has)
    made = digest.of(text[n : n + 3] for n in range(0, len(text), 3))
    assert made == digest.of_bytes(text) == digest.Digests(hashlib.sha256(text).hexdigest(), sm3, len(text))
    assert digest.read(made.row()) == made
    assert digest.hmac_both(SALT, text) == (hmac.digest(SALT, text, "sha256"), hmac.digest(SALT, text, "sm3"))


def test_this_machine_has_sm3_or_a_stand_in():
    digest._has_sm3.cache_clear()
    assert digest._has_sm3() in (True, False)


@pytest.mark.parametrize("row", [None, {}, {"sha256": "00", "sm3": "00", "bytes": 1}, {"sha256": "g" * 64, "sm3": "0" * 64, "bytes": 1},
                                 {"sha256": "A" * 64, "sm3": "0" * 64, "bytes": "1"}], ids=repr)  # fmt: skip
def test_what_is_no_pair_of_digests(row):
    with pytest.raises(InputError) as told:
        digest.read(row)
    assert told.value.code == "E-CANON-03"


def test_a_leaf_leads_back_and_is_short():
    raw = leaf.to_bytes(LEAF)
    assert raw == leaf.to_bytes(leaf.from_bytes(raw)) and len(raw) < 500
    assert json.loads(raw)["at"] == "2026-03-02T01:00:00.000000Z"
    assert leaf.from_bytes(raw).at == AT


def test_a_commitment_opens_with_its_salt_and_payload_only():
    assert leaf.opens(LEAF, SALT, b"{}")
    assert not leaf.opens(LEAF, bytes(32), b"{}") and not leaf.opens(LEAF, SALT, b"[]")
    half = replace(LEAF, commit=replace(LEAF.commit, sm3="0" * 64))
    assert not leaf.opens(half, SALT, b"{}")


def test_the_payload_is_not_in_the_leaf():
    payload = canonical.dumps({"mobile": "13800000000", "name": "某人"})
    raw = leaf.to_bytes(replace(LEAF, commit=leaf.commit(SALT, payload)))
    assert b"1380000" not in raw and hashlib.sha256(payload).hexdigest().encode() not in raw
    assert SALT.hex().encode() not in raw


@pytest.mark.parametrize("salt", [b"", bytes(31), bytes(33), bytes(64)])
def test_a_salt_has_one_length(salt):
    with pytest.raises(InputError) as told:
        leaf.commit(salt, b"")
    assert told.value.code == "E-LEAF-02"


def test_salts_are_not_used_twice():
    assert len({leaf.fresh_salt() for _ in range(100)}) == 100


@pytest.mark.parametrize("change", [
    {"type": "decision"}, {"type": "Cases:Decision:Made"}, {"id": ""}, {"id": "a b"}, {"actor": "张三"}, {"target": "x" * 121},
    {"actor": "13800000000"}, {"target": "case:138-0000-0000"}, {"target": "id/11010119900307123X"}, {"target": "card.6222020000000000000"},
    {"at": datetime(2026, 3, 2)}, {"commit": leaf.Commitment("00", "0" * 64)}, {"commit": leaf.Commitment("0" * 64, "Z" * 64)},
], ids=str)  # fmt: skip
def test_what_may_not_stand_in_a_leaf(change):
    with pytest.raises(InputError) as told:
        leaf.to_bytes(replace(LEAF, **change))
    assert told.value.code == "E-LEAF-01" and "13800000000" not in str(told.value)


@pytest.mark.parametrize("raw", [b"", b"{}", b"[]", b"1", leaf.to_bytes(LEAF) + b" ", leaf.to_bytes(LEAF).replace(b'"v":1', b'"v":2'),
                                 leaf.to_bytes(LEAF).replace(b".000000Z", b"Z"), leaf.to_bytes(LEAF).replace(b"2026-03-02", b"2026-3-2"), leaf.to_bytes(LEAF).replace(b'"sm3"', b'"sm4"'),
                                 leaf.to_bytes(LEAF).replace(b"u-7f3a", b"13800000000")], ids=lambda raw: repr(raw[:20]))  # fmt: skip
def test_what_is_no_leaf(raw):
    with pytest.raises(ProofError) as told:
        leaf.from_bytes(raw)
    assert told.value.code == "E-PROOF-01"


def test_moments_are_utc_inside():
    assert leaf.from_bytes(leaf.to_bytes(LEAF)).at.tzinfo == UTC
