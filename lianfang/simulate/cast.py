"""Who takes part: people, institutions, firms; all invented, numbers valid and nobody's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lianfang.simulate import numbering
from lianfang.simulate.dice import Dice
from lianfang.simulate.wording import shelf

_HOUSEHOLD_SHARE = 0.12  # people who share device and address with the person before them
_PUBLIC_IP_SHARE = 0.15  # carriers' shared addresses and shop wifi
_PEOPLE_A_PUBLIC_IP = 60


@dataclass(frozen=True)
class Institution:
    """A lender, insurer or adviser."""

    name: str
    sector: str

    @property
    def products(self) -> Sequence[str]:
        """Give the products this sector sells."""
        return tuple(shelf("cast")["products"][self.sector])


@dataclass(frozen=True)
class Person:
    """One human being, with the numbers they use."""

    ref: str
    name: str
    mobile: str
    resident_id: str
    bank_card: str
    address: str
    email: str
    city: str
    device_id: str
    ip: str
    employer: str
    institution: Institution
    product: str


@dataclass(frozen=True)
class Firm:
    """A company of any trade, with its credit code and seat."""

    name: str
    uscc: str
    address: str


class Numbers:
    """Serves fresh numbers of each kind; a number is served once."""

    def __init__(self, people: int) -> None:
        self._next = dict.fromkeys(("mobile", "card", "device", "ip", "sha", "uscc"), people)
        self._next["uscc"] = 1
        self._kept: dict[str, list[str]] = {}

    def mobile(self) -> str:
        """Give a mobile number nobody here uses yet."""
        return self._one("mobile", numbering.mobile)

    def bank_card(self) -> str:
        """Give a bank account number nobody here uses yet."""
        return self._one("card", numbering.bank_card)

    def device_id(self) -> str:
        """Give a device id nobody here uses yet."""
        return self._one("device", numbering.device_id)

    def ip(self) -> str:
        """Give an address nobody here uses yet."""
        return self._one("ip", numbering.ip)

    def sha256(self) -> str:
        """Give a file digest nobody here uses yet."""
        return self._one("sha", numbering.sha256)

    def uscc(self) -> str:
        """Give a credit code nobody here uses yet."""
        self._next["uscc"] += 1
        return numbering.uscc([self._next["uscc"]])[0]

    def _one(self, name: str, make: object) -> str:
        kept = self._kept.setdefault(name, [])
        if not kept:
            first = self._next[name]
            self._next[name] = first + 512
            made = make(np.arange(first, first + 512))  # type: ignore[operator]
            kept.extend(reversed(made.to_pylist()))
        return kept.pop()


def institutions(n: int, names: Sequence[str] = ()) -> list[Institution]:
    """Name the institutions: sectors in a fixed order, so three are a bank, a consumer lender, a bank.

    Args:
        n: how many.
        names: what the first of them are called.

    Returns:
        Institutions; those without a name given get an invented one.
    """
    lenders, order = shelf("cast")["lenders"], shelf("cast")["lender_order"]
    named: list[Institution] = []
    used = dict.fromkeys(lenders, 0)
    for i in range(n):
        sector = order[i % len(order)]
        stems, tails = lenders[sector]["stems"], lenders[sector]["tails"]
        turn = used[sector]
        used[sector] += 1
        again = "" if turn < len(stems) else "新" * (turn // len(stems))
        stem, tail = stems[turn % len(stems)], tails[turn % len(tails)]
        named.append(Institution(names[i] if i < len(names) else f"{again}{stem}{tail}", sector))
    return named


def people(n: int, seed: int, houses: Sequence[Institution]) -> list[Person]:
    """Make the people of the world, in one sweep of columns.

    Args:
        n: how many.
        seed: of the simulation.
        houses: institutions they are customers of; early ones have more customers.

    Returns:
        People in no meaningful order.
    """
    dice, serials = Dice(seed, "people"), np.arange(n)
    weights = 1 / np.sqrt(np.arange(1, len(houses) + 1))
    homes = np.searchsorted(np.cumsum(weights / weights.sum()), dice.shares(n) * 0.999999)
    numbers = zip(
        numbering.mobile(serials).to_pylist(),
        numbering.resident_id(serials).to_pylist(),
        numbering.bank_card(serials).to_pylist(),
        numbering.device_id(_households(dice, n)).to_pylist(),
        numbering.ip(_networks(dice, n)).to_pylist(),
        strict=True,
    )
    return [_person(dice, i, houses[homes[i]], own) for i, own in enumerate(numbers)]


def _person(dice: Dice, i: int, house: Institution, own: tuple[str, ...]) -> Person:
    mobile, resident_id, bank_card, device_id, address = own
    city = dice.pick(_CITIES())
    return Person(
        ref=f"U{i:07d}",
        name=person_name(dice),
        mobile=mobile,
        resident_id=resident_id,
        bank_card=bank_card,
        address=street(dice, city),
        email=f"u{i * 7_368_787 % 10**8:08d}@example.com",
        city=city,
        device_id=device_id,
        ip=address,
        employer=firm_name(dice, "employers"),
        institution=house,
        product=dice.pick(house.products),
    )


def _households(dice: Dice, n: int) -> np.ndarray:
    """Let some people share the device of the one before them."""
    own = np.arange(n)
    shares = dice.shares(n) < _HOUSEHOLD_SHARE
    shares[0] = False
    return np.maximum.accumulate(np.where(shares, 0, own))


def _networks(dice: Dice, n: int) -> np.ndarray:
    """Give most a home address and some one of a few public ones."""
    home = _households(dice, n)
    n_public = max(2, int(n * _PUBLIC_IP_SHARE / _PEOPLE_A_PUBLIC_IP))
    public = 20_000_000 + dice.wholes(n, 0, n_public - 1)
    return np.where(dice.shares(n) < _PUBLIC_IP_SHARE, public, home)


def _CITIES() -> Sequence[str]:
    return tuple(shelf("cast")["cities"])


def person_name(dice: Dice) -> str:
    """Make a person's name: surname by rank, one or two given characters."""
    cast: Mapping[str, str] = shelf("cast")
    surnames = cast["surnames"]
    name = surnames[int(dice.share() ** 1.7 * len(surnames))]
    if dice.chance(0.72):
        name += dice.pick(cast["given_first"])
    return name + dice.pick(cast["given_second"])


def street(dice: Dice, city: str) -> str:
    """Make an address down to the door."""
    cast = shelf("cast")
    if dice.chance(0.5):
        return f"{city}市{dice.pick(cast['roads'])}路{dice.between(1, 899)}号{dice.between(1, 30)}室"
    home = f"{dice.pick(cast['quarters'])}{dice.between(1, 48)}幢{dice.between(1, 4)}单元"
    return f"{city}市{home}{dice.between(1, 33)}{dice.between(0, 1)}{dice.between(1, 4)}室"


def firm_name(dice: Dice, trade: str) -> str:
    """Make a firm's name of one trade."""
    parts = shelf("cast")[trade]
    return dice.pick(parts["first"]) + dice.pick(parts["second"]) + dice.pick(parts["tails"])


def firm(dice: Dice, numbers: Numbers, trade: str) -> Firm:
    """Make a firm with credit code and seat."""
    city = dice.pick(_CITIES())
    return Firm(city + firm_name(dice, trade), numbers.uscc(), street(dice, city))


def nick(dice: Dice) -> str:
    """Make an ordinary online name."""
    return firm_name(dice, "nicks") + (str(dice.between(1, 9999)) if dice.chance(0.6) else "")


def wechat_id(dice: Dice) -> str:
    """Make a WeChat id: letters without a word in them, so it is hardly anyone's."""
    head = "".join(dice.pick("bcdfghjkmnpqrtvwxz") for _ in range(dice.between(4, 6)))
    return f"{head}{dice.between(10_000, 999_999)}"


def qq(dice: Dice) -> str:
    """Make a QQ number with eleven digits, longer than those given out so far."""
    return f"99{dice.between(100_000_000, 999_999_999)}"


def domain(dice: Dice) -> str:
    """Make a loan-like domain with a tail so long that nobody registered it."""
    tail = "".join(dice.pick("bcdfghjkmnpqrtvwxz0123456789") for _ in range(9))
    return f"{dice.pick(['dai', 'jie', 'loan', 'hb', 'xd'])}{tail}.{dice.pick(['top', 'vip', 'xyz', 'cc'])}"


def app_package(dice: Dice) -> str:
    """Make an app package name."""
    word = "".join(dice.pick("abcdefghijklmnopqrstuvwxyz") for _ in range(7))
    return f"com.{word}.{dice.pick(['loan', 'jie', 'qb', 'finance'])}{dice.between(1, 99)}"
