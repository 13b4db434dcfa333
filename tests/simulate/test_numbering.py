import numpy as np
import pytest
from stdnum import luhn
from stdnum.cn import ric, uscc

from lianfang.simulate import numbering

SERIALS = np.arange(5_000)


@pytest.mark.parametrize(
    "make",
    [
        numbering.mobile, numbering.resident_id, numbering.bank_card, numbering.ip,
        numbering.device_id, numbering.sha256,
    ],
)  # fmt: skip
def test_different_serials_give_different_numbers(make):
    assert len(set(make(SERIALS).to_pylist())) == len(SERIALS)


def test_numbers_stay_apart_at_high_serials():
    far = np.arange(899_990_000, 899_995_000)
    assert len(set(numbering.mobile(far).to_pylist()) & set(numbering.mobile(SERIALS).to_pylist())) == 0
    assert len(set(numbering.bank_card(far * 1_000).to_pylist())) == len(far)


def test_resident_ids_pass_county_birthday_and_check_digit():
    assert all(ric.is_valid(number) for number in numbering.resident_id(SERIALS).to_pylist())


def test_resident_ids_use_an_order_code_nobody_has():
    assert {number[14:17] for number in numbering.resident_id(SERIALS).to_pylist()} == {"000"}


def test_cards_pass_luhn():
    assert all(luhn.is_valid(number) for number in numbering.bank_card(SERIALS).to_pylist())


def test_credit_codes_pass_their_check():
    assert all(uscc.is_valid(number) for number in numbering.uscc(range(1, 2_000)))


def test_mobiles_come_from_prefixes_without_an_operator():
    heads = {number[:3] for number in numbering.mobile(SERIALS).to_pylist()}
    assert heads <= {"154", "160", "161", "163", "164", "168", "169", "179", "194"}
