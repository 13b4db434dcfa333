"""Campaigns around loans and handles: brokers, debt carriers, fake apps, rented handles."""

from __future__ import annotations

from lianfang.engine.terms.codes import Kind
from lianfang.simulate import agents, cast, hours, wording
from lianfang.simulate.agents import Campaign
from lianfang.simulate.cast import Person
from lianfang.simulate.world import personal, round_yuan


def debt_carrier(campaign: Campaign) -> None:
    """People with clean records lend their names; papers, car and price are made up."""
    dice, numbers = campaign.dice, campaign.world.numbers
    employer = cast.firm(dice, numbers, "employers")
    dealer, appraiser = (cast.firm_name(dice, trade) for trade in ("dealers", "appraisers"))
    handler = campaign.trace("mobile", 0)  # the first phone stays with whoever walks carriers in
    for person in campaign.clients:
        for _ in range(1 + dice.count(0.4)):
            at = campaign.moment()
            cells = _application(campaign, person, at, round_yuan(dice, 80_000, 600_000))
            price = int(str(cells["amount_fen"]))
            shared = {
                "employer": employer.name,
                "employer_uscc": employer.uscc,
                "employer_address": employer.address,
                "dealer": dealer,
                "appraiser": appraiser,
                "device_id": campaign.trace("device", at),
                "emergency_mobile": handler,
                "referrer_mobile": campaign.trace("mobile", at),
                "referrer_name": campaign.boss,
                "payee_account": campaign.trace("payee", at),
                "ip": campaign.trace("ip", at),
            }
            cells |= {name: value for name, value in shared.items() if dice.chance(0.62)}
            cells |= {"first_payment_missed": dice.chance(0.82), "social_security_months": dice.between(0, 3)}
            cells |= {"price_fen": price * 11 // 10, "appraised_fen": price * dice.between(16, 24) // 10}
            _file(campaign, person, at, cells, "carrier")
    agents.advertise(campaign, dice.between(2, 6))
    agents.report(campaign, 2, campaign.world.take(dice.between(0, 2), "witness", campaign.group))


def loan_broker(campaign: Campaign) -> None:
    """A shop files applications for strangers from its own phones and takes a cut."""
    dice = campaign.dice
    for person in campaign.clients:
        for _ in range(1 + dice.count(0.6)):
            at = campaign.moment()
            cells = _application(campaign, person, at, round_yuan(dice, 10_000, 300_000))
            shared = {
                "device_id": campaign.trace("device", at),
                "ip": campaign.trace("ip", at),
                "referrer_mobile": campaign.trace("mobile", at),
                "referrer_name": campaign.boss,
                "payee_account": campaign.trace("payee", at),
            }
            marks = {name: value for name, value in shared.items() if dice.chance(0.5)}
            marks = marks or {"referrer_mobile": campaign.trace("mobile", at)}
            _file(campaign, person, at, cells | marks, "broker_client")
    agents.advertise(campaign, dice.between(4, 14))
    agents.report(campaign, 2, campaign.world.take(dice.between(0, 2), "witness", campaign.group))


def fake_app(campaign: Campaign) -> None:
    """A made-up loan app: adverts with its link, and tips of those who paid."""
    dice = campaign.dice
    site, package = cast.domain(dice), cast.app_package(dice)
    link = f"https://{site}/d/{dice.between(100, 999)}"
    more = {"link": link, "package": package, "inst": campaign.houses[0].name}
    agents.advertise(campaign, max(4, len(campaign.clients) // 3), **more)
    agents.report(campaign, len(campaign.clients), campaign.clients, **more)


def account_rent(campaign: Campaign) -> None:
    """Handles, cards and sets wanted for rent; some who let theirs tell of it."""
    agents.advertise(campaign, max(4, len(campaign.clients)))
    agents.report(campaign, len(campaign.clients) // 3, campaign.clients)


def _application(campaign: Campaign, person: Person, at: int, amount: int) -> dict[str, object]:
    dice = campaign.dice
    drawn = campaign.world.period.soon(dice, at, 0, 5)
    cells: dict[str, object] = {
        "institution": person.institution.name,
        "product": person.product,
        "amount_fen": amount * 100,
        "employer": person.employer,
        "social_security_months": dice.between(0, 120),
        "first_payment_missed": dice.chance(0.12),
        "text": dice.pick(wording.shelf("adverts")["applications"]["carrier"]),
    }
    if dice.chance(0.7):
        cells |= {"drawn_at": drawn, "first_due_at": drawn + 30 * hours.DAY}
    return cells | personal(dice, person, "手机银行")


def _file(campaign: Campaign, person: Person, at: int, cells: dict[str, object], role: str) -> None:
    campaign.world.file(Kind.APPLICATION, at, person, cells, campaign.truth(role))
