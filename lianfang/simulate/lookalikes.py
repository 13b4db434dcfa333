"""Innocent groups that look like campaigns: each has a reason, none has a campaign behind it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from lianfang.engine.terms.codes import Kind
from lianfang.simulate import cast, disguise, hours, ordinary, wording
from lianfang.simulate.cast import Person
from lianfang.simulate.dice import Dice
from lianfang.simulate.world import Group, Truth, World, context, honest_grammar


@dataclass(frozen=True)
class Lookalike:
    """One kind of innocent group: share of people, size of a group, span in days, what it files."""

    name: str
    share: float
    size: tuple[int, int]
    span_days: float
    run: Callable[[World, Dice, str, list[Person], hours.Window], None]


def fill(world: World) -> None:
    """Make all look-alike groups of the world."""
    place = Dice(world.knobs.seed, "lookalikes")
    turn, shift = 0, place.share()
    for kind in KINDS:
        left = max(kind.size[0], int(world.knobs.people * kind.share))
        while left >= kind.size[0]:
            # in a small world two groups tell more than one, and one burst would mark its days
            most = min(kind.size[1], max(kind.size[0], left if left > 400 else left // 2))
            size = min(left, place.between(kind.size[0], most))
            left -= size
            group, dice = f"L{turn:04d}", Dice(world.knobs.seed, "lookalike", turn, kind.name)
            house = dice.pick(world.of_sector("bank", "consumer"))
            same = () if kind.name in ("template_copier", "layoff", "family_help") else (house,)
            people = world.take(size, kind.name, group, same)
            window = hours.window(turn, shift, min(kind.span_days, world.knobs.days), world.knobs.days)
            names = tuple(sorted({person.institution.name for person in people}))
            world.groups.append(Group(group, kind.name, False, None, names, window, len(people)))
            kind.run(world, dice, group, people, window)
            turn += 1


def layoff(world: World, dice: Dice, group: str, people: list[Person], window: hours.Window) -> None:
    """One employer closes: its people ask their own lenders for time, each in own words."""
    employer = people[0].employer
    for person in people:
        at = world.period.draw(dice, window.first, window.last)
        values = context(world, dice, person, at, employer=employer)
        grammar = honest_grammar()
        said = [
            grammar.say(dice.pick(_WORDS["layoff"]), dice, values),
            grammar.say(dice.pick(_WORDS["layoff_ask"]), dice, values),
        ]
        said += [
            grammar.rule(rule, dice, values)
            for rule in dice.some(("effect", "proof", "ask", "close", "tried"), dice.between(1, 3))
        ]
        truth = Truth(group, None, "innocent", "layoff", evidence_available=True)
        _complain(world, dice, person, at, truth, {"text": "".join(said)})


def template_copier(world: World, dice: Dice, group: str, people: list[Person], window: hours.Window) -> None:
    """A public self-help text is copied by people who never heard of each other."""
    text = dice.pick(wording.shelf("letters")["public"])
    for person in people:
        at = world.period.draw(dice, window.first, window.last)
        values = context(world, dice, person, at)
        said = [honest_grammar().say(text, dice, values)]
        if dice.chance(0.4):
            said.insert(0, honest_grammar().rule("opening", dice, values))
        if dice.chance(0.4):
            said.append(honest_grammar().rule(dice.pick(("effect", "proof", "close")), dice, values))
        truth = Truth(
            group,
            None,
            "innocent",
            "template_copier",
            False,
            dice.chance(world.knobs.fault),
            dice.chance(0.6),
        )
        _complain(world, dice, person, at, truth, {"text": "".join(said)})


def family_help(world: World, dice: Dice, group: str, people: list[Person], window: hours.Window) -> None:
    """A younger relative files for parents and in-laws, from one phone."""
    helper, *elders = people
    for elder in elders:
        at = world.period.draw(dice, window.first, window.last)
        values = context(world, dice, elder, at)
        topic = dice.pick([t for t in _TOPICS.values() if elder.institution.sector in t["lenders"]])
        said = honest_grammar().say(dice.pick(_WORDS["family"]), dice, values)
        said += honest_grammar().say(dice.pick(topic["facts"]), dice, values)
        if dice.chance(0.7):
            said += honest_grammar().say(dice.pick(topic["more"]), dice, values)
        truth = Truth(
            group, None, "innocent", "family_help", False, dice.chance(world.knobs.fault), dice.chance(0.5)
        )
        relation = dice.pick(("儿子", "女儿", "儿媳", "女婿", "外甥"))
        shared = {
            "agent_name": helper.name,
            "agent_mobile": helper.mobile,
            "agent_relation": relation,
            "callback_mobile": helper.mobile,
        }
        cells: dict[str, object] = {name: value for name, value in shared.items() if dice.chance(0.85)}
        cells["agent_relation"] = relation
        if dice.chance(0.6):
            cells |= {"device_id": helper.device_id, "ip": helper.ip}
        _complain(world, dice, elder, at, truth, cells | {"text": said})


def lawyer_clients(world: World, dice: Dice, group: str, people: list[Person], window: hours.Window) -> None:
    """A lawyer writes the same true letter for forty clients of one real breach, with papers."""
    slots = wording.shelf("letters")["letters"]["lawyer_letter"]["slots"]
    chosen = disguise.master(slots, dice)
    office, name = cast.firm(dice, world.numbers, "law_firms"), cast.person_name(dice)
    licence = f"1{dice.between(3301, 4419)}{dice.between(2008, 2022)}1{dice.between(1_000_000, 9_999_999)}"
    mobile, device, address, payee = (
        make()
        for make in (world.numbers.mobile, world.numbers.device_id, world.numbers.ip, world.numbers.bank_card)
    )
    for person in people:
        at = world.period.draw(dice, window.first, window.last)
        values = context(world, dice, person, at)
        text = disguise.write(disguise.reword(slots, chosen, dice, 0.05), (), dice, values)
        cells: dict[str, object] = {
            "agent_name": name,
            "agent_mobile": mobile,
            "agent_firm": office.name,
            "agent_uscc": office.uscc,
            "agent_licence": licence,
            "agent_relation": "律师",
            "authority_letter_on": at - dice.between(1, 12) * hours.DAY,
        }
        cells |= {"device_id": device, "ip": address} if dice.chance(0.5) else {}
        cells |= {"payee_account": payee} if dice.chance(0.3) else {}
        truth = Truth(group, None, "innocent", "lawyer_clients", False, True, True)
        _complain(world, dice, person, at, truth, cells | {"text": text})


def faulty_release(world: World, dice: Dice, group: str, people: list[Person], window: hours.Window) -> None:
    """A lender's release charges twice: hundreds of true complaints within days."""
    day = world.period.on(int(window.first) * hours.DAY)
    for person in people:
        at = world.period.draw(dice, window.first, window.last)
        values = context(world, dice, person, at, day=f"{day.month}月{day.day}日")
        grammar = honest_grammar()
        values["trouble"] = grammar.say(dice.pick(_WORDS["release_trouble"]), dice, values)
        said = [grammar.say(dice.pick(_WORDS["release"]), dice, values)]
        rules = ("effect", "tried", "ask", "close", "proof", "ask")
        said += [grammar.rule(rule, dice, values) for rule in dice.some(rules, dice.between(0, 4))]
        truth = Truth(group, None, "innocent", "faulty_release", False, True, dice.chance(0.8))
        _complain(world, dice, person, at, truth, {"text": "".join(said)})


def callcentre_number(
    world: World, dice: Dice, group: str, people: list[Person], window: hours.Window
) -> None:
    """A branch fills in its own phone as the number to call back, for everybody it serves."""
    number = world.numbers.mobile()
    for person in people:
        at = world.period.draw(dice, window.first, window.last)
        values = context(world, dice, person, at)
        topic = dice.pick([t for t in _TOPICS.values() if person.institution.sector in t["lenders"]])
        said = honest_grammar().say(dice.pick(topic["facts"]), dice, values)
        said += honest_grammar().say(dice.pick(topic["more"]), dice, values)
        if dice.chance(0.5):
            said += honest_grammar().say(dice.pick(_WORDS["callback"]), dice, values)
        truth = Truth(
            group,
            None,
            "innocent",
            "callcentre_number",
            False,
            dice.chance(world.knobs.fault),
            dice.chance(0.5),
        )
        own = {"text": said, "callback_mobile": number, "channel": "网点"}
        _complain(world, dice, person, at, truth, own)


def _complain(
    world: World, dice: Dice, person: Person, at: int, truth: Truth, own: Mapping[str, object]
) -> None:
    values = context(world, dice, person, at)
    cells = ordinary.complaint_cells(world, dice, person, dice.pick(_CHANNELS), values) | dict(own)
    cells["text"] = disguise.habit(disguise.slip(str(own["text"]), dice), dice)
    if dice.chance(0.3):
        cells["demand"] = honest_grammar().rule("want", dice, values)
    world.file(Kind.COMPLAINT, at, person, cells, truth)


KINDS: tuple[Lookalike, ...] = (
    Lookalike("layoff", 0.02, (12, 120), 45, layoff),
    Lookalike("template_copier", 0.02, (10, 60), 120, template_copier),
    Lookalike("family_help", 0.012, (2, 4), 60, family_help),
    Lookalike("lawyer_clients", 0.008, (20, 40), 30, lawyer_clients),
    Lookalike("faulty_release", 0.03, (20, 500), 6, faulty_release),
    Lookalike("callcentre_number", 0.008, (15, 60), 120, callcentre_number),
)
_WORDS = wording.shelf("lookalikes")
_TOPICS = wording.shelf("honest")["topics"]
_CHANNELS = wording.shelf("cast")["channels"]
