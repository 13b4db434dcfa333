"""Check digits, dates, regions and ranges of the numbers the state and the banks give out."""

from __future__ import annotations

from datetime import date

PROVINCES = frozenset(
    "11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 "
    "50 51 52 53 54 61 62 63 64 65 71 81 82 83 91".split()
)
"""First two digits of a resident identity number (GB/T 2260); 83 and 91 are residence permits."""

ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
ID_CHECKS = "10X98765432"

USCC_LETTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
USCC_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
USCC_OFFICES = frozenset("123456789ANY")

CARD_FIRSTS = ("62", "4", "5", "60", "68", "69", "3", "9", "81", "82")
"""Openings of bank cards issued in China: UnionPay 62, schemes 3/4/5, old local cards 60, 68, 69, 9."""


def id_check_digit(first17: str) -> str:
    """Give the check digit of a resident identity number.

    Source:
        GB 11643-1999, ISO 7064 MOD 11-2.
    """
    total = sum(int(digit) * weight for digit, weight in zip(first17, ID_WEIGHTS, strict=True))
    return ID_CHECKS[total % 11]


def is_day(digits: str) -> bool:
    """Say whether eight digits are a day between 1900 and 2099."""
    if not "1900" <= digits[:4] <= "2099":
        return False
    try:
        date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return False
    return True


def is_resident_id(number: str) -> bool:
    """Say whether 18 characters are a resident identity number: region, birthday, check digit."""
    return (
        len(number) == 18
        and number[:17].isascii()
        and number[:17].isdigit()
        and number[:2] in PROVINCES
        and is_day(number[6:14])
        and id_check_digit(number[:17]) == number[17]
    )


def is_uscc(code: str) -> bool:
    """Say whether 18 characters are a unified social credit code.

    Source:
        GB 32100-2015, check character modulo 31.
    """
    if len(code) != 18 or any(letter not in USCC_LETTERS for letter in code):
        return False
    if code[0] not in USCC_OFFICES or not code[2:8].isdigit():
        return False
    total = sum(
        USCC_LETTERS.index(letter) * weight for letter, weight in zip(code[:17], USCC_WEIGHTS, strict=True)
    )
    return USCC_LETTERS[(31 - total % 31) % 31] == code[17]


def is_luhn(digits: str) -> bool:
    """Say whether the last digit is the Luhn check of the others (ISO/IEC 7812)."""
    total = 0
    for place, letter in enumerate(reversed(digits)):
        number = int(letter) * (2 if place % 2 else 1)
        total += number - 9 if number > 9 else number
    return total % 10 == 0


def is_bank_card(digits: str) -> bool:
    """Say whether digits are a bank card: 15 to 19 long, a known opening, Luhn."""
    return (
        15 <= len(digits) <= 19
        and digits.isascii()
        and digits.isdigit()
        and digits.startswith(CARD_FIRSTS)
        and (len(digits) != 15 or digits[0] == "3")
        and len(set(digits)) > 1
        and is_luhn(digits)
    )


def is_imei(digits: str) -> bool:
    """Say whether 15 digits are a telephone's serial number (Luhn; not all the same digit)."""
    return len(digits) == 15 and digits.isdigit() and len(set(digits)) > 2 and is_luhn(digits)
