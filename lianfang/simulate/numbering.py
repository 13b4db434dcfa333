"""Numbers that pass their checks and belong to nobody, made a column at a time.

Each maker takes serials and gives one string a serial: different serial, different number. Ranges
are ones not issued (mobile prefixes without an operator, order code 000 in a resident id, a card
range without an issuer), so no real person can be hit.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lianfang.simulate import columns, wording

# 154/160/161/163/164/168/169/179/194: in the numbering plan, given to no operator.
_MOBILE_HEADS = np.array([154, 160, 161, 163, 164, 168, 169, 179, 194])
_CARD_HEAD = "629958"
_RESIDENT_WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])
_USCC_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_USCC_LETTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_HEX = np.frombuffer(b"0123456789abcdef", dtype=np.uint8)
_SEATS = (110101, 110102, 110105, 120101, 120103, 310101, 310104, 310105, 310106, 310109)
_BIRTHS = 7_300  # days of birth, from 1984-01-01: since then the shelf's counties kept their codes
_FIRST_SERIAL = 7_919  # serial 0 would give numbers that are all zeros


def mobile(serials: np.ndarray) -> pa.StringArray:
    """Make mainland mobile numbers.

    Args:
        serials: whole numbers below 900 million.

    Returns:
        11 digits each.
    """
    mixed = _mix(serials, 900_000_000)
    return _digits(_MOBILE_HEADS[mixed // 100_000_000] * 10**8 + mixed % 100_000_000, 11)


def resident_id(serials: np.ndarray) -> pa.StringArray:
    """Make resident ids with a true county, birthday and check digit, and order code 000.

    Args:
        serials: whole numbers below 2.7 million (counties by days of birth, 1984 to 2003).

    Returns:
        18 characters each.
    """
    counties = _counties()
    mixed = _mix(serials, len(counties) * _BIRTHS)
    births = np.datetime64("1984-01-01") + (mixed // len(counties)).astype("timedelta64[D]")
    years = births.astype("datetime64[Y]").astype(np.int64) + 1970
    months = births.astype("datetime64[M]").astype(np.int64) % 12 + 1
    days = (births - births.astype("datetime64[M]")).astype(np.int64) + 1
    head = counties[mixed % len(counties)] * 10**8 + years * 10**4 + months * 100 + days
    cells = _cells(head * 1000, 17)
    check = ((cells - 48).astype(np.int64) @ _RESIDENT_WEIGHTS) % 11
    last = np.frombuffer(b"10X98765432", dtype=np.uint8)[check]
    return _strings(np.column_stack([cells, last]))


@cache
def _counties() -> np.ndarray:
    cities = wording.shelf("counties")["counties"]
    return np.array([int(city + end) for city, ends in cities.items() for end in ends.split()])


def bank_card(serials: np.ndarray) -> pa.StringArray:
    """Make 19-digit card numbers with a right Luhn digit, in a range without an issuer.

    Args:
        serials: whole numbers below 10**12.
    """
    mixed = _mix(serials, 10**12)
    body = _cells(mixed, 12)
    head = np.frombuffer(_CARD_HEAD.encode(), dtype=np.uint8)
    cells = np.hstack([np.broadcast_to(head, (len(body), 6)), body])
    doubled = (cells - 48).astype(np.int64)
    doubled[:, 17::-2] *= 2  # counted from the check digit leftwards
    total = (doubled // 10 + doubled % 10).sum(axis=1)
    return _strings(np.column_stack([cells, ((10 - total % 10) % 10 + 48).astype(np.uint8)]))


def ip(serials: np.ndarray) -> pa.StringArray:
    """Make IPv4 addresses of blocks that are never announced (11/8, 30/8).

    Args:
        serials: whole numbers below 33 million.
    """
    mixed = _mix(serials, 2 * 2**24)
    octets = columns.strings(range(256))
    parts = [columns.strings(["11", "30"]).take(columns.numbers(mixed >> 24))]
    parts += [octets.take(columns.numbers((mixed >> shift) & 255)) for shift in (16, 8, 0)]
    return pc.binary_join_element_wise(*parts, columns.one("."))


def device_id(serials: np.ndarray) -> pa.StringArray:
    """Make device ids: 16 hex digits, as one phone system gives them."""
    return _hex(serials, 1)


def sha256(serials: np.ndarray) -> pa.StringArray:
    """Make 64 hex digits that stand for a file's SHA-256."""
    return _hex(serials, 4)


def uscc(serials: Sequence[int]) -> list[str]:
    """Make unified social credit codes with both check characters right.

    Args:
        serials: whole numbers below 10**6; the body starts with WW, which is not issued.
    """
    return [_uscc(serial) for serial in serials]


@cache
def _uscc(serial: int) -> str:
    body = f"WW{(serial * 387_659 + 11) % 10**6:06d}"
    weights = (3, 7, 9, 10, 5, 8, 4, 2)
    values = ["0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ".index(c) for c in body]
    check = (11 - sum(v * w for v, w in zip(values, weights, strict=True)) % 11) % 11
    # an X from the old code table would be read as a letter, so take it as it stands
    number = f"91{_SEATS[serial % len(_SEATS)]}{body}{'X' if check == 10 else check}"
    total = sum(_USCC_LETTERS.index(c) * w for c, w in zip(number, _USCC_WEIGHTS, strict=True))
    return number + _USCC_LETTERS[(31 - total) % 31]


def _mix(serials: np.ndarray, size: int) -> np.ndarray:
    """Scatter serials over 0..size-1 without two meeting (multiply by a number prime to size)."""
    step = int(size * 0.6180339887) | 1
    while np.gcd(step, size) != 1:
        step += 2
    serials = (np.asarray(serials, dtype=np.int64) + _FIRST_SERIAL) % size
    # in two halves: step * serial would overflow 64 bits for the card range
    high, low = serials >> 20, serials & 0xFFFFF
    lifted = high * step % size if size < 2**31 else _times(high, step, size)
    for _ in range(20):
        lifted = lifted * 2 % size
    return (lifted + (low * step % size)) % size


def _times(left: np.ndarray, step: int, size: int) -> np.ndarray:
    """Multiply modulo size without overflow, by doubling."""
    total, term, left = np.zeros_like(left), np.int64(step % size), left.copy()
    while left.any():
        total = np.where(left & 1, (total + term) % size, total)
        term, left = term * 2 % size, left >> 1
    return total


def _hex(serials: np.ndarray, words: int) -> pa.StringArray:
    state = np.asarray(serials, dtype=np.uint64) + np.uint64(_FIRST_SERIAL)
    blocks = []
    for word in range(words):
        blocks.append(_splitmix(state * np.uint64(words) + np.uint64(word + 1)))
    shifts = np.arange(60, -1, -4, dtype=np.uint64)
    nibbles = [(block[:, None] >> shifts) & np.uint64(15) for block in blocks]
    return _strings(_HEX[np.hstack(nibbles).astype(np.int64)])


def _splitmix(state: np.ndarray) -> np.ndarray:
    with np.errstate(over="ignore"):
        z = state * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return z ^ (z >> np.uint64(31))


def _cells(values: np.ndarray, width: int) -> np.ndarray:
    powers = 10 ** np.arange(width - 1, -1, -1, dtype=np.int64)
    return ((values[:, None] // powers) % 10 + 48).astype(np.uint8)


def _digits(values: np.ndarray, width: int) -> pa.StringArray:
    return _strings(_cells(values, width))


def _strings(cells: np.ndarray) -> pa.StringArray:
    """Give a byte matrix as strings without making a Python object a row."""
    cells = np.ascontiguousarray(cells, dtype=np.uint8)
    rows, width = cells.shape
    offsets = np.arange(0, (rows + 1) * width, width, dtype=np.int32)
    return pa.StringArray.from_buffers(rows, pa.py_buffer(offsets), pa.py_buffer(cells.tobytes()))
