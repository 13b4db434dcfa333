"""Campaigns that work by letters: complaints, objections, calls, from one author for many."""

from __future__ import annotations

from lianfang.engine.terms.codes import Kind
from lianfang.simulate import agents, cast, disguise, hours, ordinary, wording
from lianfang.simulate.agents import Campaign
from lianfang.simulate.cast import Person
from lianfang.simulate.dice import Dice
from lianfang.simulate.world import Truth, World, context, personal

_AGENT_MARKS = {
    "agent_mobile": 0.45,
    "callback_mobile": 0.3,
    "agent_wechat": 0.25,
    "payee_account": 0.35,
    "device_id": 0.45,
    "ip": 0.5,
    "agent_name": 0.3,
    "agent_firm": 0.2,
    "agent_uscc": 0.12,
}
_DEMANDS = ("退还全部息费并出具证明", "停催停息，分六十期", "全额退款", "减免罚息并赔偿", "删除不良记录")


def agent_overall(campaign: Campaign) -> None:
    """Paid agents with a share of the saving: letters, authority papers, adverts."""
    for person in campaign.clients:
        at = campaign.moment()
        cells = _marked(campaign, person, at, _AGENT_MARKS)
        if "agent_name" in cells:
            cells["authority_letter_on"] = at - campaign.dice.between(0, 6) * hours.DAY
            cells["agent_relation"] = campaign.dice.pick(("受托代理", "法务", "朋友"))
        _complain(campaign, person, at, "agent_overall", cells)
        if campaign.dice.chance(0.35):
            _complain(
                campaign,
                person,
                campaign.world.period.soon(campaign.dice, at, 3, 25),
                "agent_overall",
                _marked(campaign, person, at, _AGENT_MARKS),
            )
    agents.advertise(campaign, campaign.dice.between(3, 9))
    _witnesses(campaign, 2)


def group_push(campaign: Campaign) -> None:
    """A group chat hands out a letter; members send it from their own phones."""
    for person in campaign.clients:
        for _ in range(1 + campaign.dice.count(0.25)):
            at = campaign.moment()
            cells = ordinary.complaint_cells(*_who(campaign, person, at))
            _complain(campaign, person, at, "group_push", cells)
    agents.advertise(campaign, campaign.dice.between(1, 3))
    agents.hand_out(campaign, "group_push", campaign.dice.between(1, 2))


def forged_hardship(campaign: Campaign) -> None:
    """Hardship papers from one printer: same issuer, same scan, near-identical letters."""
    issuers = [cast.firm_name(campaign.dice, "issuers") for _ in range(1 + campaign.dice.count(0.5))]
    for person in campaign.clients:
        at = campaign.moment()
        issuer = campaign.dice.pick(issuers)
        cells = _marked(campaign, person, at, {"device_id": 0.35, "ip": 0.35, "callback_mobile": 0.25})
        cells["proof_issuer"] = issuer
        if campaign.dice.chance(0.6):
            cells["proof_sha256"] = campaign.trace("sha256", at)
        _complain(campaign, person, at, "forged_hardship", cells, issuer=issuer)
    agents.advertise(campaign, campaign.dice.between(0, 2))


def mass_refund(campaign: Campaign) -> None:
    """Everybody asks one seller for everything back, to the organiser's account."""
    for person in campaign.clients:
        at = campaign.moment()
        marks = {"payee_account": 0.6, "ip": 0.3, "agent_wechat": 0.25, "device_id": 0.25}
        _complain(campaign, person, at, "mass_refund", _marked(campaign, person, at, marks))
    agents.advertise(campaign, campaign.dice.between(2, 6))
    _witnesses(campaign, 1)


def proxy_surrender(campaign: Campaign) -> None:
    """Policies given back in full by coached complaints."""
    for person in campaign.clients:
        at = campaign.moment()
        cells = _marked(campaign, person, at, _AGENT_MARKS)
        cells["product"] = campaign.dice.pick(("年金险", "两全保险", "终身寿险"))
        _complain(campaign, person, at, "proxy_surrender", cells, product=cells["product"])
    agents.advertise(campaign, campaign.dice.between(3, 9))
    _witnesses(campaign, 2)


def storm(campaign: Campaign) -> None:
    """Each client's matter goes to three to six offices within 48 hours."""
    channels = ("12378热线", "12345热线", "信访", "监管转办", "第三方投诉网站", "来信", "协会平台")
    for person in campaign.clients:
        first = campaign.moment()
        matter = f"F{campaign.dice.between(10**8, 10**9 - 1)}"
        marks = {"callback_mobile": 0.35, "ip": 0.4, "device_id": 0.4, "agent_mobile": 0.25}
        for channel in campaign.dice.some(channels, campaign.dice.between(3, 6)):
            day = campaign.dice.between(0, 1)
            at = first // hours.DAY * hours.DAY + day * hours.DAY + hours.time_of_day(campaign.dice)
            cells = _marked(campaign, person, at, marks) | {"channel": channel}
            if campaign.dice.chance(0.6):
                cells["facts_ref"] = matter
            _complain(campaign, person, at, "storm", cells)
    agents.advertise(campaign, campaign.dice.between(1, 4))


def credit_repair(campaign: Campaign) -> None:
    """Objections to true records, with bought papers."""
    issuer = cast.firm_name(campaign.dice, "issuers")
    for person in campaign.clients:
        at = campaign.moment()
        marks = {
            "agent_mobile": 0.35,
            "agent_wechat": 0.25,
            "payee_account": 0.3,
            "device_id": 0.45,
            "ip": 0.45,
            "agent_name": 0.3,
        }
        cells: dict[str, object] = {
            "institution": person.institution.name,
            "reason": campaign.dice.pick(("非本人原因逾期", "未告知", "不可抗力")),
            "record_ref": f"CR{campaign.dice.between(10**8, 10**9 - 1)}",
            "outcome": campaign.dice.pick(("维持", "核查中", "更正")),
            "text": campaign.letter("credit_repair", person, at, issuer=issuer),
        }
        cells |= personal(campaign.dice, person, "手机银行") | campaign.marks(at, marks)
        if campaign.dice.chance(0.6):
            cells["proof_issuer"] = issuer
        if campaign.dice.chance(0.4):
            cells["proof_sha256"] = campaign.trace("sha256", at)
        for _ in range(1 + campaign.dice.count(0.3)):
            campaign.world.file(Kind.OBJECTION, at, person, dict(cells), campaign.truth("client"))
            at = campaign.world.period.soon(campaign.dice, at, 15, 40)
    agents.advertise(campaign, campaign.dice.between(3, 10))
    _witnesses(campaign, 2)


def bait_call(campaign: Campaign) -> None:
    """A caller plays the debtor, leads the collector into a breach, then sells the recording."""
    calls = wording.shelf("adverts")["calls"]
    chosen = disguise.master(calls["bait"], campaign.dice)
    for person in campaign.clients:
        at, dice, world = campaign.moment(), campaign.dice, campaign.world
        said = disguise.reword(calls["bait"], chosen, dice, world.knobs.paraphrase)
        lines = [line for ask in said for line in ("客户:" + ask, "坐席:" + dice.pick(calls["answer"]))]
        cells = ordinary.contact_cells(world, dice, person, "call") | {
            "direction": dice.pick(("in", "out")),
            "answered": True,
            "effective": True,
            "agency": cast.firm_name(dice, "agencies"),
            "collector_id": f"C{dice.between(1, 400):04d}",
            "duration_seconds": dice.between(200, 900),
            "text": " ".join(lines),
        }
        if dice.chance(0.45):
            cells["party_mobile"] = campaign.trace("mobile", at)
        world.file(Kind.CONTACT, at, person, cells, campaign.truth("bait"))
        then = world.period.soon(dice, at, 0.3, 2)
        marks = {"agent_mobile": 0.4, "callback_mobile": 0.45, "device_id": 0.35, "ip": 0.35}
        after = _marked(campaign, person, then, marks)
        after["demanded_fen"] = dice.between(20, 600) * 10_000
        after["disputed_fen"] = dice.between(1, 20) * 10_000
        _complain(campaign, person, then, "bait_demand", after)
    agents.advertise(campaign, campaign.dice.between(1, 4))


def once_more(campaign: Campaign, person: Person) -> None:
    """Let a client of another campaign be served by this one too."""
    if campaign.kind in ("agent_overall", "group_push", "mass_refund", "proxy_surrender", "storm"):
        at = campaign.moment()
        marks = {"agent_mobile": 0.5, "device_id": 0.5, "payee_account": 0.4}
        cells = ordinary.complaint_cells(*_who(campaign, person, at))
        if campaign.kind != "group_push":
            cells |= campaign.marks(at, marks)
        _complain(campaign, person, at, campaign.kind, cells)


def copy(world: World, dice: Dice, person: Person, letter: str, author: Dice) -> None:
    """Let an honest person copy a letter that goes round, with a word of their own."""
    slots = wording.shelf("letters")["letters"][letter]["slots"]
    at = world.period.draw(dice)
    values = context(world, dice, person, at)
    chosen = [author.below(len(slot)) for slot in slots]
    said = disguise.reword(slots, chosen, dice, world.knobs.paraphrase)
    cells = ordinary.complaint_cells(world, dice, person, dice.pick(_CHANNELS), values)
    cells["text"] = disguise.write(said, (), dice, values)
    truth = Truth(role="copier", lookalike_kind="letter_copier", evidence_available=dice.chance(0.3))
    world.file(Kind.COMPLAINT, at, person, cells, truth)


def _who(campaign: Campaign, person: Person, at: int) -> tuple[World, Dice, Person, str, wording.Values]:
    channel = campaign.dice.pick(_CHANNELS)
    values = context(campaign.world, campaign.dice, person, at)
    return campaign.world, campaign.dice, person, channel, values


def _marked(campaign: Campaign, person: Person, at: int, marks: dict[str, float]) -> dict[str, object]:
    """Give a client's columns with the campaign's traces over them."""
    return ordinary.complaint_cells(*_who(campaign, person, at)) | campaign.marks(at, marks)


def _complain(
    campaign: Campaign, person: Person, at: int, letter: str, cells: dict[str, object], **more: object
) -> None:
    cells = dict(cells) | {"text": campaign.letter(letter, person, at, **more)}
    cells["cause"] = campaign.dice.pick(("息费争议", "催收方式", "授信管理", "销售误导", "征信问题"))
    if campaign.dice.chance(0.5):
        cells["demand"] = campaign.dice.pick(_DEMANDS)
    if campaign.dice.chance(0.3):
        cells["demanded_fen"] = campaign.dice.between(5, 900) * 10_000
    truth = campaign.truth("client", evidence=campaign.dice.chance(0.2))
    campaign.world.file(Kind.COMPLAINT, at, person, cells, truth)


def _witnesses(campaign: Campaign, most: int) -> None:
    world = campaign.world
    agents.report(campaign, most, world.take(campaign.dice.between(0, most), "witness", campaign.group))


_CHANNELS = wording.shelf("cast")["channels"]
