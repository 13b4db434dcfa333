"""Ordinary people: complaints, loans, calls, objections, tips and posts that belong to nothing."""

from __future__ import annotations

from lianfang.engine.terms.codes import Kind
from lianfang.simulate import cast, disguise, hours, wording
from lianfang.simulate.cast import Person
from lianfang.simulate.dice import Dice
from lianfang.simulate.world import (
    Truth,
    World,
    context,
    honest_grammar,
    honest_text,
    personal,
    round_yuan,
)

_KIND_SHARES = {"complaint": 0.52, "application": 0.27, "objection": 0.05, "tip": 0.04, "post": 0.12}
_STOCK_SHARE = 0.015  # complaints of a dozen words everybody uses
_AGAIN_SHARE = 0.12  # people who complain again about the same matter
_COPY_AGAIN_SHARE = 0.3  # of those: who send nearly the same text


def fill(world: World) -> None:
    """Give everybody who has nothing to do an ordinary life."""
    dice = Dice(world.knobs.seed, "ordinary")
    makers = {
        "complaint": complain,
        "application": apply,
        "objection": object_to_record,
        "tip": tip_off,
        "post": post,
    }
    names, weights = tuple(_KIND_SHARES), tuple(_KIND_SHARES.values())
    for person in world.take(world.n_left, "ordinary", None):
        name = dice.weighted(names, weights)
        makers[name](world, dice, person, world.period.draw(dice), Truth())
        if dice.chance(0.14):
            collection_calls(world, dice, person)


def complain(
    world: World, dice: Dice, person: Person, at: int, truth: Truth, channel: str | None = None
) -> None:
    """File an honest complaint, and sometimes another about the same matter."""
    topics = [t for t in _TOPICS.values() if person.institution.sector in t["lenders"]]
    topic = dice.pick(topics)
    fault = truth.lender_fault or dice.chance(world.knobs.fault)
    truth = Truth(
        truth.group,
        truth.campaign_kind,
        truth.role,
        truth.lookalike_kind,
        truth.is_abnormal,
        fault,
        dice.chance(0.7 if fault else 0.25),
    )
    values = context(world, dice, person, at)
    text = honest_text(dice, topic, values)
    if truth.group is None and dice.chance(_STOCK_SHARE):
        text = honest_grammar().say(dice.pick(wording.shelf("honest")["stock"]), dice, values)
    cells = complaint_cells(world, dice, person, channel or dice.pick(_CHANNELS), values)
    cells |= {"text": text, "cause": dice.pick(topic["cause"])}
    if dice.chance(0.55):
        cells["title"] = honest_grammar().say(dice.pick(topic["title"]), dice, values)
    if dice.chance(0.5):
        cells["demand"] = honest_grammar().rule("want", dice, values)
    world.file(Kind.COMPLAINT, at, person, cells, truth)
    if dice.chance(_AGAIN_SHARE):
        again = dict(cells) | {"channel": dice.pick(_CHANNELS)}
        if not dice.chance(_COPY_AGAIN_SHARE):
            again["text"] = honest_text(dice, topic, values)
        world.file(Kind.COMPLAINT, world.period.soon(dice, at, 2, 40), person, again, truth)


def complaint_cells(
    world: World, dice: Dice, person: Person, channel: str, values: wording.Values
) -> dict[str, object]:
    """Give the columns every complaint may have, besides its words."""
    cells: dict[str, object] = {
        "institution": person.institution.name,
        "channel": channel,
        "product": person.product,
        "state": dice.pick(_STATES),
    }
    cells |= personal(dice, person, channel)
    if dice.chance(0.12):
        cells["callback_mobile"] = person.mobile
    if dice.chance(0.5):
        cells["disputed_fen"] = int(str(values["yuan2"])) * 100
        if dice.chance(0.4):
            cells["demanded_fen"] = int(str(values["yuan2"])) * (120 if dice.chance(0.15) else 100)
    if channel == "第三方投诉网站":
        cells["author_handle"] = cast.nick(dice)
    return cells


def apply(world: World, dice: Dice, person: Person, at: int, truth: Truth) -> None:
    """Apply for a loan as most people do."""
    amount = round_yuan(dice, 2_000, 300_000)
    drawn = world.period.soon(dice, at, 0, 5)
    cells: dict[str, object] = {
        "institution": person.institution.name,
        "product": person.product,
        "amount_fen": amount * 100,
        "employer": person.employer,
        "social_security_months": dice.between(0, 180),
        "first_payment_missed": dice.chance(0.04),
        "text": honest_grammar().say(dice.pick(_ADVERTS["applications"]["honest"]), dice, {}),
    }
    cells |= personal(dice, person, "手机银行")
    if dice.chance(0.6):
        cells |= {"drawn_at": drawn, "first_due_at": drawn + 30 * hours.DAY}
    if dice.chance(0.7):
        cells["emergency_mobile"] = world.numbers.mobile()
    if dice.chance(0.15):
        cells |= {"referrer_name": cast.person_name(dice), "referrer_mobile": world.numbers.mobile()}
    if person.institution.sector == "auto":
        cells |= {"dealer": cast.firm_name(dice, "dealers"), "price_fen": amount * 130}
        cells |= {"appraiser": cast.firm_name(dice, "appraisers"), "appraised_fen": amount * 132}
    world.file(Kind.APPLICATION, at, person, cells, truth)


def object_to_record(world: World, dice: Dice, person: Person, at: int, truth: Truth) -> None:
    """Object to a credit record that may really be wrong."""
    values = context(world, dice, person, at)
    text = honest_grammar().say(dice.pick(_ADVERTS["objections"]), dice, values)
    record = _TOPICS["credit_record"]
    if dice.chance(0.6):
        text += honest_grammar().say(dice.pick(record[dice.pick(("facts", "more"))]), dice, values)
    for rule in dice.some(("tried", "effect", "proof", "ask", "opening"), dice.between(1, 3)):
        text += honest_grammar().rule(rule, dice, values)
    cells = {
        "institution": person.institution.name,
        "reason": dice.pick(("非本人业务", "已结清未更新", "扣款失败", "查询未授权")),
        "text": disguise.habit(disguise.slip(text, dice), dice),
        "outcome": dice.pick(("更正", "维持", "核查中")),
        "record_ref": f"CR{dice.between(10**8, 10**9 - 1)}",
    }
    truth = Truth(lender_fault=dice.chance(world.knobs.fault), evidence_available=dice.chance(0.5))
    world.file(Kind.OBJECTION, at, person, cells | personal(dice, person, "手机银行"), truth)


def tip_off(world: World, dice: Dice, person: Person, at: int, truth: Truth) -> None:
    """Tip off about something seen once."""
    values, grammar = context(world, dice, person, at), honest_grammar()
    said = [grammar.say(dice.pick(_ADVERTS["tips"]["other"]), dice, values)]
    more = dice.some(_ADVERTS["tips"]["more"], dice.between(1, 4))
    said += [grammar.say(source, dice, values) for source in more]
    text = disguise.habit(disguise.slip("".join(dice.some(said, len(said))), dice), dice)
    cells: dict[str, object] = {"channel": dice.pick(("网站", "热线", "来信")), "text": text}
    if dice.chance(0.3):
        cells["mobile"] = world.numbers.mobile()
    if dice.chance(0.25):
        cells["subject_name"] = dice.pick(("不详", "自称经理", cast.person_name(dice), cast.nick(dice)))
    world.file(Kind.TIP, at, person, cells, truth)


def post(world: World, dice: Dice, person: Person, at: int, truth: Truth) -> None:
    """Post a question, a diary or a warning, as the internet is full of."""
    warning = dice.chance(0.25)
    values = context(world, dice, person, at, handle=cast.firm_name(dice, "handles"))
    kind = "warning_posts" if warning else "question_posts"
    text = honest_grammar().say(dice.pick(_LOOKALIKES[kind]), dice, values)
    for source in dice.some(_LOOKALIKES["post_more"], dice.weighted((0, 1, 2, 3), (1, 4, 4, 2))):
        text += honest_grammar().say(source, dice, values)
    if dice.chance(0.4):
        text += honest_grammar().rule(dice.pick(("effect", "tried")), dice, values)
    name = cast.nick(dice)
    cells: dict[str, object] = {
        "host": dice.pick(_HOSTS),
        "author_handle": f"id{dice.between(10**7, 10**9)}",
        "author_name": name,
        "text": disguise.habit(disguise.slip(text, dice), dice),
        "n_views": dice.count(60) * 37 + dice.between(1, 40),
    }
    if dice.chance(0.3):
        cells["institution"] = person.institution.name
    role = "warner" if warning and truth.role == "ordinary" else truth.role
    world.file(Kind.POST, at, person, cells, Truth(role=role, lookalike_kind=truth.lookalike_kind))


def collection_calls(world: World, dice: Dice, person: Person) -> None:
    """Let collectors call a debtor some times, mostly by the rules."""
    agency, collector = cast.firm_name(dice, "agencies"), f"C{dice.between(1, 400):04d}"
    first = world.period.draw(dice)
    for _ in range(1 + dice.count(2.0)):
        at = world.period.around(dice, first, 12)
        sms = dice.chance(0.35)
        values = context(world, dice, person, at)
        source = dice.pick(_ADVERTS["calls"]["sms" if sms else "ordinary"])
        answered = not sms and dice.chance(0.55)
        cells: dict[str, object] = contact_cells(world, dice, person, "sms" if sms else "call")
        cells |= {
            "agency": agency,
            "collector_id": collector,
            "answered": answered,
            "effective": answered and dice.chance(0.7),
            "duration_seconds": dice.between(15, 420) if answered else 0,
            "text": honest_grammar().say(source, dice, values),
        }
        world.file(Kind.CONTACT, at, person, cells, Truth())


def contact_cells(world: World, dice: Dice, person: Person, channel: str) -> dict[str, object]:
    """Give the columns every contact has."""
    serial = int(person.ref[1:])
    return {
        "institution": person.institution.name,
        "creditor": person.institution.name,
        "tz": "Asia/Shanghai",
        "channel": channel,
        "direction": "out",
        "mode": "notification" if channel == "sms" else "interactive",
        "line_number": f"0571-8{dice.between(0, 40):02d}00{dice.between(100, 999)}",
        "party_role": "debtor",
        "party_mobile": person.mobile,
        "debtor_id": f"D{serial:08d}",
        "loan_ref": f"L{serial * 7919 % 10**9:09d}",
        "device_owner": "agency",
        "recording_id": f"R{dice.between(10**9, 10**10 - 1)}",
        "disclosed": "institution|purpose",
        "purpose": "collect",
        "agreed_time": False,
        "stop_requested": dice.chance(0.02),
    }


_TOPICS = wording.shelf("honest")["topics"]
_ADVERTS = wording.shelf("adverts")
_LOOKALIKES = wording.shelf("lookalikes")
_CHANNELS = wording.shelf("cast")["channels"]
_STATES = wording.shelf("cast")["states"]
_HOSTS = wording.shelf("cast")["hosts"]
