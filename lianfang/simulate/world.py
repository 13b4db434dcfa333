"""The world under simulation: who is in it, what they filed, and what is true about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from lianfang.engine.terms.codes import Kind
from lianfang.simulate import cast, disguise, hours, wording
from lianfang.simulate.cast import Institution, Person
from lianfang.simulate.dice import Dice
from lianfang.simulate.knobs import Knobs

LEAST_CHARS, MOST_CHARS = 20, 400
FACES = ("机构客服热线", "12378热线", "12345热线", "来信", "来访", "网点")  # leave no device behind


@dataclass(frozen=True)
class Truth:
    """What is true about a record.

    Args:
        group: campaign or look-alike group, if any.
        campaign_kind: kind of campaign, None for everyone else.
        role: part the record plays in it.
        lookalike_kind: kind of innocent look-alike.
        is_abnormal: the record itself is black or gray (a victim's tip is not).
        lender_fault: the lender did do wrong in this matter.
        evidence_available: whoever filed it can prove the facts.
    """

    group: str | None = None
    campaign_kind: str | None = None
    role: str = "ordinary"
    lookalike_kind: str | None = None
    is_abnormal: bool = False
    lender_fault: bool = False
    evidence_available: bool = False


@dataclass
class Draft:
    """One record before it has an id: kind, moment, whose, what, truth."""

    kind: Kind
    at: int
    person: Person | None
    values: dict[str, object]
    truth: Truth


@dataclass(frozen=True)
class Group:
    """A campaign or a look-alike group, as `campaigns.parquet` tells it."""

    group: str
    kind: str
    is_campaign: bool
    activity: str | None
    institutions: tuple[str, ...]
    window: hours.Window
    n_people: int


@dataclass
class World:
    """Everything made so far."""

    knobs: Knobs
    houses: list[Institution]
    people: list[Person]
    numbers: cast.Numbers
    period: hours.Period
    drafts: list[Draft] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    roles: dict[str, tuple[str, str | None]] = field(default_factory=dict)
    _taken: int = 0

    @property
    def n_left(self) -> int:
        """Say how many people have nothing to do yet."""
        return len(self.people) - self._taken

    def take(self, n: int, why: str, group: str | None, at: Sequence[Institution] = ()) -> list[Person]:
        """Take people out of the world for one purpose, as customers of given institutions.

        Args:
            n: how many; fewer are given when the world runs out.
            why: role written to `people.parquet`.
            group: campaign or look-alike group they belong to.
            at: institutions they become customers of, in turn; their own if empty.
        """
        chosen = self.people[self._taken : self._taken + n]
        if at:
            chosen = [moved(person, at[i % len(at)]) for i, person in enumerate(chosen)]
            self.people[self._taken : self._taken + len(chosen)] = chosen
        self._taken += len(chosen)
        self.roles |= {person.ref: (why, group) for person in chosen}
        return chosen

    def file(
        self, kind: Kind, at: int, person: Person | None, values: dict[str, object], truth: Truth
    ) -> None:
        """Keep one record."""
        last = self.period.days * hours.DAY - 1
        self.drafts.append(Draft(kind, min(max(at, 0), last), person, values, truth))

    def of_sector(self, *sectors: str) -> list[Institution]:
        """Give institutions of these sectors, or all if there is none."""
        return [house for house in self.houses if house.sector in sectors] or list(self.houses)


def start(knobs: Knobs) -> World:
    """Make a world with its people and nothing filed yet."""
    houses = cast.institutions(knobs.institutions, knobs.names)
    return World(
        knobs=knobs,
        houses=houses,
        people=cast.people(knobs.people, knobs.seed, houses),
        numbers=cast.Numbers(knobs.people),
        period=hours.Period(knobs.start_on, knobs.days),
    )


def moved(person: Person, house: Institution) -> Person:
    """Make a person a customer of another institution."""
    if person.institution == house:
        return person
    products = house.products
    return replace(person, institution=house, product=products[len(person.ref + person.name) % len(products)])


def context(world: World, dice: Dice, person: Person, at: int, **more: object) -> dict[str, object]:
    """Give the values sentences may use: names, amounts, days."""
    day = world.period.on(max(0, at - dice.between(0, 25) * hours.DAY))
    yuan = round_yuan(dice, 2_000, 160_000)
    values: dict[str, object] = {
        "inst": person.institution.name,
        "product": person.product,
        "name": person.name,
        "city": person.city,
        "employer": person.employer,
        "yuan": yuan,
        "yuan2": max(58, int(yuan * (0.02 + dice.share() * 0.3))),
        "day": f"{day.month}月{day.day}日",
        "month": day.month,
        "year": day.year - dice.between(0, 6),
    }
    values.update(more)
    return values


def round_yuan(dice: Dice, least: int, most: int) -> int:
    """Draw an amount: small ones are commoner, half of them round."""
    amount = int(least * (most / least) ** dice.share())
    return max(least, amount // 100 * 100) if dice.chance(0.5) else amount


def personal(dice: Dice, person: Person, channel: str) -> dict[str, object]:
    """Give the person's columns as a real export has them: many cells are empty."""
    online = channel not in FACES
    cells = {
        "person_name": (person.name, 0.96),
        "person_mobile": (person.mobile, 0.93),
        "person_resident_id": (person.resident_id, 0.5),
        "person_bank_card": (person.bank_card, 0.2),
        "person_address": (person.address, 0.35),
        "person_email": (person.email, 0.2),
        "device_id": (person.device_id, 0.8 if online else 0.0),
        "ip": (person.ip, 0.85 if online else 0.0),
    }
    return {name: value for name, (value, share) in cells.items() if dice.chance(share)}


def honest_text(dice: Dice, topic: dict[str, object], values: wording.Values) -> str:
    """Compose an honest complaint: what happened first of all, the rest as people put it."""
    grammar = honest_grammar()
    facts, more = list(topic["facts"]), list(topic["more"])  # type: ignore[call-overload]
    n = dice.weighted(range(1, 10), (5, 12, 18, 20, 17, 12, 8, 5, 3))
    first, second = dice.some(facts, 2)
    sources = {"fact": second, "more": dice.pick(more)}
    body = [grammar.say(first, dice, values)]
    chosen = dice.some(_PARTS, n - 1)
    for part in ("fact", "more", "tried", "effect", "proof"):
        if part in chosen:
            source = sources.get(part)
            said = grammar.say(source, dice, values) if source else grammar.rule(part, dice, values)
            body.append(said)
    if dice.chance(0.3):
        body = dice.some(body, len(body))
    for part, front in (("opening", 0.95), ("ask", 0.2), ("close", 0.0)):
        if part in chosen or (part == "ask" and sum(map(len, body)) < LEAST_CHARS):
            said = grammar.rule(part, dice, values)
            body.insert(0 if dice.chance(front) else len(body), said)
    return disguise.habit(disguise.slip("".join(body), dice), dice)[:MOST_CHARS]


def honest_grammar() -> wording.Grammar:
    """Give the grammar of honest complaints, compiled once."""
    return _HONEST


_PARTS = ("more", "effect", "tried", "ask", "opening", "proof", "close", "fact")
_HONEST = wording.Grammar(wording.shelf("honest")["rules"])
