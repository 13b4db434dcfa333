"""What a campaign leaves on its records: agents' numbers that rotate, a letter, adverts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from lianfang.engine.terms.codes import Kind
from lianfang.simulate import cast, disguise, hours, wording
from lianfang.simulate.cast import Firm, Institution, Person
from lianfang.simulate.dice import Dice
from lianfang.simulate.world import Truth, World, context

# How fast each trace is changed at churn 1: phones are thrown away, payee accounts are kept.
_TURNOVER = {"mobile": 6, "wechat": 4, "payee": 3, "device": 5, "ip": 8, "sha256": 2}


@dataclass(frozen=True)
class Trace:
    """One kind of identifier over the campaign: its values and when each one starts."""

    values: Sequence[str]
    starts: Sequence[float]

    def at(self, progress: float) -> str:
        """Give the value in use at this point of the campaign (0 to 1)."""
        in_use = [v for v, s in zip(self.values, self.starts, strict=True) if s <= progress]
        return in_use[-1]


@dataclass
class Campaign:
    """One campaign: who runs it, whom it serves, with what."""

    group: str
    kind: str
    world: World
    dice: Dice
    window: hours.Window
    houses: list[Institution]
    clients: list[Person]
    firm: Firm
    boss: str
    traces: dict[str, Trace]
    qq: str
    handles: list[str]
    how: disguise.Style
    waves: Sequence[hours.Window] = ()
    chosen: dict[str, list[int]] = field(default_factory=dict)

    def moment(self) -> int:
        """Draw a moment at which the campaign files something."""
        wave = self.dice.pick(self.waves) if self.waves else self.window
        return self.world.period.draw(self.dice, wave.first, wave.last)

    def truth(self, role: str, *, is_abnormal: bool = True, evidence: bool = False) -> Truth:
        """Label a record of this campaign."""
        fault = self.dice.chance(self.world.knobs.fault * 0.3)
        return Truth(self.group, self.kind, role, None, is_abnormal, fault, evidence)

    def trace(self, name: str, at: int) -> str:
        """Give the campaign's number of one kind in use at a moment."""
        return self.traces[name].at(self.window.progress(at))

    def letter(self, name: str, person: Person, at: int, **more: object) -> str:
        """Write the campaign's letter for one client."""
        slots = wording.shelf("letters")["letters"][name]["slots"]
        if name not in self.chosen:
            self.chosen[name] = disguise.master(slots, self.dice)
        knobs = self.world.knobs
        said = disguise.reword(slots, self.chosen[name], self.dice, knobs.paraphrase)
        values = context(self.world, self.dice, person, at, **more)
        return disguise.respell(disguise.write(said, self.how, self.dice, values), self.dice, knobs.noise / 4)

    def marks(self, at: int, shares: dict[str, float]) -> dict[str, object]:
        """Give agent columns of one record: each with its chance, but never none at all."""
        cells: dict[str, object] = {
            "agent_mobile": self.trace("mobile", at),
            "callback_mobile": self.trace("mobile", at),
            "agent_wechat": self.trace("wechat", at),
            "payee_account": self.trace("payee", at),
            "device_id": self.trace("device", at),
            "ip": self.trace("ip", at),
            "agent_name": self.boss,
            "agent_firm": self.firm.name,
            "agent_uscc": self.firm.uscc,
            "agent_relation": "受托代理",
        }
        left = {name: cells[name] for name, share in shares.items() if self.dice.chance(share)}
        return left or {(name := self.dice.pick(tuple(shares))): cells[name]}


def trace(dice: Dice, name: str, churn: float, make: Callable[[], str]) -> Trace:
    """Make the values one kind of identifier takes during a campaign."""
    n = 1 + dice.count(churn * _TURNOVER[name])
    starts = sorted([0.0, *(dice.share() for _ in range(n - 1))])
    return Trace([make() for _ in starts], starts)


def traces(world: World, dice: Dice) -> dict[str, Trace]:
    """Make all traces of a campaign."""
    makers: dict[str, Callable[[], str]] = {
        "mobile": world.numbers.mobile,
        "wechat": lambda: cast.wechat_id(dice),
        "payee": world.numbers.bank_card,
        "device": world.numbers.device_id,
        "ip": world.numbers.ip,
        "sha256": world.numbers.sha256,
    }
    return {name: trace(dice, name, world.knobs.churn, make) for name, make in makers.items()}


def advertise(campaign: Campaign, n: int, **more: object) -> None:
    """Post adverts of the campaign: one text in many coats, from a few handles."""
    dice, world = campaign.dice, campaign.world
    talk = wording.shelf("adverts")["talk"][campaign.kind]
    grammar = wording.Grammar({})
    offer, proofs = dice.pick(talk["offer"]), dice.some(talk["proof"], 2)
    for _ in range(n):
        at = campaign.moment()
        if dice.chance(world.knobs.paraphrase * 0.5):
            offer = dice.pick(talk["offer"])
        reach = dice.pick(wording.shelf("adverts")["reach"])
        person = dice.pick(campaign.clients)
        values = context(world, dice, person, at, **_reach(campaign, at), **more)
        parts = [offer, *dice.some(proofs, dice.between(0, 2)), reach]
        text = "".join(grammar.say(part, dice, values) for part in parts)
        cells = {
            "host": dice.pick(wording.shelf("cast")["hosts"]),
            "author_handle": dice.pick(campaign.handles),
            "author_name": campaign.boss,
            "text": disguise.respell(text, dice, world.knobs.noise),
            "n_views": dice.count(60) * 37 + dice.between(1, 40),
        }
        cells |= _columns(campaign, at, text, dict(more))
        world.file(Kind.POST, at, None, cells, campaign.truth("advert"))


def hand_out(campaign: Campaign, letter: str, n: int) -> None:
    """Post the campaign's letter itself, for everybody to copy: what members send must come from somewhere."""
    dice, world = campaign.dice, campaign.world
    for _ in range(n):
        at = campaign.moment()
        lead = dice.pick(wording.shelf("adverts")["hand_out"])
        text = wording.Grammar({}).say(lead, dice, {}) + campaign.letter(letter, dice.pick(campaign.clients), at)
        cells = {
            "host": dice.pick(wording.shelf("cast")["hosts"]),
            "author_handle": dice.pick(campaign.handles),
            "author_name": campaign.boss,
            "text": text,
            "n_views": dice.count(60) * 37 + dice.between(1, 40),
        }
        world.file(Kind.POST, at, None, cells, campaign.truth("advert"))


def _reach(campaign: Campaign, at: int) -> dict[str, object]:
    noise, dice = campaign.world.knobs.noise, campaign.dice
    return {
        "wechat": campaign.trace("wechat", at),
        "mobile": disguise.respell_number(campaign.trace("mobile", at), dice, noise),
        "qq": disguise.respell_number(campaign.qq, dice, noise / 2),
    }


def _columns(campaign: Campaign, at: int, text: str, more: dict[str, object]) -> dict[str, object]:
    """Fill in the columns a crawler would fill: what stands plainly in the text, mostly."""
    columns = {
        "wechat_id": campaign.trace("wechat", at),
        "mobile": campaign.trace("mobile", at),
        "qq": campaign.qq,
        "url": more.get("link"),
        "app_package": more.get("package"),
    }
    return {k: v for k, v in columns.items() if v and str(v) in text and campaign.dice.chance(0.6)}


def report(campaign: Campaign, n: int, witnesses: Sequence[Person], **more: object) -> None:
    """Let people tip off about the campaign: true tips, part of its story, not abnormal."""
    dice, world = campaign.dice, campaign.world
    adverts = wording.shelf("adverts")
    name = "fake_app" if campaign.kind == "fake_app" else "about_campaign"
    for i in range(min(n, len(witnesses))):
        person = witnesses[i]
        at = campaign.moment()
        values = context(world, dice, person, at, **_reach(campaign, at), **more)
        values |= {
            "wechat": campaign.trace("wechat", at),
            "mobile": campaign.trace("mobile", at),
            "payee": campaign.trace("payee", at),
            "handle": campaign.boss,
            "qq": campaign.qq,
            "host": dice.pick(wording.shelf("cast")["hosts"]),
            "claim": dice.pick(adverts["claims"].get(campaign.kind, ["高息借款"])),
        }
        told = [dice.pick(adverts["tips"][name])]
        told += dice.some(adverts["tips"]["more"], dice.between(0, 2))
        text = "".join(wording.Grammar({}).say(source, dice, values) for source in told)
        cells: dict[str, object] = {"channel": dice.pick(("网站", "热线", "来信")), "text": text}
        columns = _columns(campaign, at, text, dict(more))
        if campaign.boss in text and dice.chance(0.6):
            columns["subject_name"] = campaign.boss
        if str(values["payee"]) in text and dice.chance(0.7):
            columns["payee_account"] = values["payee"]
        world.file(
            Kind.TIP,
            at,
            person,
            cells | columns,
            campaign.truth("tip", is_abnormal=False, evidence=True),
        )
