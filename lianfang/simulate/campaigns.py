"""The campaigns: what each kind files, and how many there are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lianfang.engine.terms.codes import Activity
from lianfang.simulate import (
    agents,
    cast,
    disguise,
    hours,
    lending_campaigns,
    letter_campaigns,
    ordinary,
)
from lianfang.simulate.agents import Campaign
from lianfang.simulate.cast import Person
from lianfang.simulate.dice import Dice
from lianfang.simulate.world import Group, Truth, World

_WAVES = 4
CLIENT_SHARE = 0.13  # of all people


@dataclass(frozen=True)
class CampaignKind:
    """One kind of campaign.

    Args:
        name: as in `campaigns.parquet`.
        activity: BG code of the domain sheet.
        weight: share of clients.
        size: usual number of clients, least and most.
        houses: number of institutions hit, least and most.
        sectors: institutions it turns to; any if empty.
        span: share of the period in which it files anything; below 1 it works in waves.
        run: files its records.
    """

    name: str
    activity: Activity
    weight: float
    size: tuple[int, int]
    houses: tuple[int, int]
    sectors: tuple[str, ...]
    span: float
    run: Callable[[Campaign], None]


_LEND = ("bank", "consumer", "microloan", "auto")
KINDS: tuple[CampaignKind, ...] = (
    CampaignKind(
        "agent_overall",
        Activity.AGENT_COMPLAINT,
        18,
        (12, 70),
        (2, 5),
        _LEND,
        1.0,
        letter_campaigns.agent_overall,
    ),
    CampaignKind(
        "group_push", Activity.ANTI_COLLECTION, 12, (15, 90), (2, 5), _LEND, 0.3, letter_campaigns.group_push
    ),
    CampaignKind(
        "forged_hardship",
        Activity.ANTI_COLLECTION,
        10,
        (10, 50),
        (2, 4),
        _LEND,
        1.0,
        letter_campaigns.forged_hardship,
    ),
    CampaignKind(
        "mass_refund",
        Activity.ABNORMAL_COMPLAINT,
        9,
        (20, 90),
        (1, 3),
        ("adviser",),
        0.25,
        letter_campaigns.mass_refund,
    ),
    CampaignKind(
        "credit_repair",
        Activity.CREDIT_REPAIR,
        12,
        (10, 60),
        (2, 5),
        _LEND,
        1.0,
        letter_campaigns.credit_repair,
    ),
    CampaignKind(
        "bait_call", Activity.ANTI_COLLECTION, 8, (8, 35), (2, 4), _LEND, 1.0, letter_campaigns.bait_call
    ),
    CampaignKind(
        "storm", Activity.ABNORMAL_COMPLAINT, 6, (6, 25), (2, 4), _LEND, 1.0, letter_campaigns.storm
    ),
    CampaignKind(
        "proxy_surrender",
        Activity.PROXY_SURRENDER,
        9,
        (10, 60),
        (1, 3),
        ("insurer",),
        1.0,
        letter_campaigns.proxy_surrender,
    ),
    CampaignKind(
        "debt_carrier", Activity.DEBT_EVASION, 6, (6, 25), (2, 4), _LEND, 1.0, lending_campaigns.debt_carrier
    ),
    CampaignKind(
        "loan_broker", Activity.LOAN_BROKER, 10, (12, 70), (2, 5), _LEND, 1.0, lending_campaigns.loan_broker
    ),
    CampaignKind("fake_app", Activity.FAKE_APP, 5, (8, 40), (1, 2), _LEND, 0.3, lending_campaigns.fake_app),
    CampaignKind(
        "account_rent", Activity.HANDLE_THEFT, 4, (5, 20), (1, 2), (), 1.0, lending_campaigns.account_rent
    ),
)


def fill(world: World) -> None:
    """Run all campaigns of the world."""
    dice = Dice(world.knobs.seed, "campaigns")
    budget = world.knobs.people * CLIENT_SHARE
    total = sum(kind.weight for kind in KINDS)
    turn, shift = 0, dice.share()
    before: list[Campaign] = []
    for kind in KINDS:
        for size in _sizes(dice, kind, budget * kind.weight / total):
            campaign = _start(world, kind, size, turn, shift)
            kind.run(campaign)
            _overlap(campaign, before)
            before.append(campaign)
            turn += 1


def _sizes(dice: Dice, kind: CampaignKind, budget: float) -> Sequence[int]:
    """Cut the clients of a kind into campaigns: at least one, of the usual size."""
    sizes: list[int] = []
    while budget >= kind.size[0] or not sizes:
        size = min(dice.between(*kind.size), max(kind.size[0], int(budget)))
        sizes.append(size)
        budget -= size
    return sizes


def _start(world: World, kind: CampaignKind, size: int, turn: int, shift: float) -> Campaign:
    group = f"C{turn:04d}"
    dice = Dice(world.knobs.seed, "campaign", turn, kind.name)
    pool = world.of_sector(*kind.sectors) if kind.sectors else list(world.houses)
    houses = dice.some(pool, dice.between(*kind.houses))
    clients = world.take(size, kind.name, group, houses)
    window = hours.Window(0.0, float(world.knobs.days))
    waves = hours.waves(_WAVES, shift + turn * 0.381966, kind.span, world.knobs.days)
    names = tuple(house.name for house in houses)
    world.groups.append(Group(group, kind.name, True, kind.activity, names, window, len(clients)))
    return Campaign(
        group=group,
        kind=kind.name,
        world=world,
        dice=dice,
        window=window,
        houses=houses,
        clients=clients,
        firm=cast.firm(dice, world.numbers, "firms"),
        boss=cast.firm_name(dice, "handles"),
        traces=agents.traces(world, dice),
        qq=cast.qq(dice),
        handles=[f"id{dice.between(10**7, 10**9)}" for _ in range(dice.between(1, 2))],
        how=disguise.style(dice),
        waves=waves,
    )


def _overlap(campaign: Campaign, before: Sequence[Campaign]) -> None:
    """Let some clients also complain on their own, and some be clients of an earlier campaign."""
    world, dice = campaign.world, campaign.dice
    share = world.knobs.overlap
    for person in campaign.clients:
        if dice.chance(share):
            ordinary.complain(world, dice, person, world.period.draw(dice), Truth(role="client_alone"))
    same = [c for c in before if c.kind == campaign.kind]
    for person in campaign.clients if same else ():
        if dice.chance(share / 5):
            letter_campaigns.once_more(dice.pick(same), person)


def copiers(world: World) -> None:
    """Let honest people copy a campaign's letter, once overlap is above a tenth."""
    share = max(0.0, world.knobs.overlap - 0.1)
    dice = Dice(world.knobs.seed, "copiers")
    n = int(world.knobs.people * CLIENT_SHARE * share * 0.5)
    people: Sequence[Person] = world.take(n, "letter_copier", None)
    letters = ("agent_overall", "group_push", "proxy_surrender")
    masters = {name: Dice(world.knobs.seed, "campaign", 0, name) for name in letters}
    for person in people:
        name = dice.pick(letters)
        letter_campaigns.copy(world, dice, person, name, masters[name])
