"""The rules in force: packs combined, strictest wins, a lender's own policy stricter and never looser."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lianfang.engine.conduct import zones
from lianfang.engine.conduct.reading import Faults, number_of, rule_of
from lianfang.engine.conduct.rules import Effect, Rule, Rules
from lianfang.engine.terms import shelf
from lianfang.engine.terms.errors import DefinitionError, Fault, Say

# In force everywhere in China; `lianfang` refuses what is missing and protects the debtor.
CHINA = ("lianfang", "gbt45251", "nifa2024", "cba2026", "card2011", "iloan2020", "pipl")
ALL = (*CHINA, "ningbo", "us_regf", "uk_conc7", "au_rg96")
_HEAD = ("source", "pack", "instrument", "zone", "rules")
_POLICY = frozenset(("source", "name", "packs", "default_zone", "params", "effects", "rules"))


@dataclass(frozen=True)
class Policy:
    """A lender's own file: packs it takes, what it makes stricter, rules it adds."""

    name: str
    raw: Mapping[str, Any]
    text: str
    file: str


def policy(text: str, file: str) -> Policy:
    """Read a lender's policy file.

    Raises:
        DefinitionError: it is no YAML mapping, or holds unknown parts.
    """
    raw = shelf.yaml_text(text, file)
    if not isinstance(raw, shelf.LinedDict) or set(raw) - _POLICY:
        say = Say(f"政策文件只能有这些部分：{'、'.join(sorted(_POLICY))}", f"a policy may hold: {', '.join(sorted(_POLICY))}")
        fault = Fault(f"{file}:1", say, Say("删去其他部分", "remove the others"), "E-CONDUCT-03")
        raise DefinitionError(say, code="E-CONDUCT-03", where=file, faults=(fault,))
    return Policy(str(raw.get("name", Path(file).stem)), raw, text, file)


def rules(packs: Sequence[str] | None = None, own: Policy | None = None, default_zone: str | None = None) -> Rules:
    """Load packs and a policy into the rules in force.

    Args:
        packs: pack names; none takes the policy's choice, else `CHINA`.
        own: the lender's policy.
        default_zone: zone of contacts that name none; none leaves it to the policy, else refuses them.

    Returns:
        The rules, in pack order, the policy's own last.

    Raises:
        DefinitionError: anything is wrong in any file; `.faults` has all of it with file and line.
    """
    chosen = tuple(packs or (own.raw.get("packs") if own else None) or CHINA)
    faults: list[Fault] = []
    digest, made = hashlib.sha256(), []
    for name in dict.fromkeys(("lianfang", *chosen)):
        made += _pack(name, own, digest, faults)
    zone = default_zone or (own.raw.get("default_zone") if own else None)
    if own is not None:
        digest.update(own.text.encode())
        _policy_faults(own, made, faults)
        made += _own_rules(own, faults)
    faults += _twice(made)
    if zone is not None and zones.known(zone) is None:
        faults.append(_fault(own.file if own else "default_zone", f"没有这个时区：{zone}", f"no such zone: {zone}"))
    if faults:
        raise DefinitionError(
            Say(f"催收规则有 {len(faults)} 处错误", f"{len(faults)} faults in the conduct rules"),
            code="E-CONDUCT-01", where=faults[0].where, fix=faults[0].fix, faults=faults,
        )
    digest.update(str(zone).encode())
    return Rules(tuple(made), own.name if own else None, zone, digest.hexdigest())


def _fault(where: str, zh: str, en: str, code: str = "E-CONDUCT-02") -> Fault:
    return Fault(where, Say(zh, en), Say("写法见 docs/conduct.md", "docs/conduct.md shows how it is written"), code)


def _pack(name: str, own: Policy | None, digest: Any, faults: list[Fault]) -> list[Rule]:
    if name not in ALL:
        faults.append(_fault(f"pack:{name}", f"没有规则包 {name}；有 {'、'.join(ALL)}", f"no pack {name}; there are {', '.join(ALL)}"))
        return []
    place = shelf.path("conduct", f"{name}.yaml")
    text = place.read_text(encoding="utf-8")
    digest.update(text.encode())
    return read_pack(text, f"conduct/{name}.yaml", own, faults)


def read_pack(text: str, file: str, own: Policy | None, faults: list[Fault]) -> list[Rule]:
    """Read one pack; faults are noted, not raised."""
    raw = shelf.yaml_text(text, file)
    desk = Faults(file)
    if not isinstance(raw, shelf.LinedDict) or any(raw.get(key) is None for key in _HEAD):
        faults.append(_fault(f"{file}:1", f"规则包要有 {'、'.join(_HEAD)}", f"a pack wants {', '.join(_HEAD)}"))
        return []
    made = [rule_of(each, raw, _changes(own, each), desk) for each in raw["rules"]]
    faults += desk.found
    return [rule for rule in made if rule is not None]


def _changes(own: Policy | None, raw: Any) -> dict[str, Any]:
    """Give what the policy changes in a rule, where it is really stricter."""
    if own is None or not isinstance(raw, Mapping):
        return {}
    rule_id, made = raw.get("id"), {}
    params = raw.get("params") or {}
    for name, value in ((own.raw.get("params") or {}).get(rule_id) or {}).items():
        if name in params and _is_stricter(params[name], value):
            made[name] = value
    effect = (own.raw.get("effects") or {}).get(rule_id)
    if effect in tuple(Effect) and raw.get("effect") in tuple(Effect) and Effect(effect).rank >= Effect(raw["effect"]).rank:
        made["effect"] = effect
    return made


def _is_stricter(param: Any, value: Any) -> bool:
    held = param if isinstance(param, Mapping) else {"value": param}
    old, new = number_of(held.get("value", "")), number_of(value)
    if old is None or new is None:
        return False
    return {"lower": new <= old, "higher": new >= old}.get(str(held.get("stricter")), new == old)


def _policy_faults(own: Policy, made: Sequence[Rule], faults: list[Fault]) -> None:
    """Refuse what a policy makes looser, and what it names that is not there."""
    by_id = {rule.id: rule for rule in made}
    params, effects = own.raw.get("params") or shelf.LinedDict(), own.raw.get("effects") or shelf.LinedDict()
    for rule_id, changed in params.items():
        rule, line = by_id.get(rule_id), params.line_of(rule_id)
        for name, value in changed.items():
            if rule is None or name not in rule.params:
                faults.append(_fault(f"{own.file}:{line}", f"没有参数 {rule_id}.{name}", f"no parameter {rule_id}.{name}"))
            elif rule.params[name].value != value:
                faults.append(_looser(own, line, f"{rule_id}.{name}", rule.params[name].value, value))
    for rule_id, effect in effects.items():
        rule = by_id.get(rule_id)
        if rule is None:
            faults.append(_fault(f"{own.file}:{effects.line_of(rule_id)}", f"没有规则 {rule_id}", f"no rule {rule_id}"))
        elif rule.effect.value != effect:
            faults.append(_looser(own, effects.line_of(rule_id), f"{rule_id}.effect", rule.effect.value, effect))


def _looser(own: Policy, line: int, what: str, old: object, new: object) -> Fault:
    return _fault(f"{own.file}:{line}", f"政策只能更严：{what} 从 {old} 改为 {new} 更松或看不懂",
                  f"a policy may only be stricter: {what} from {old} to {new} is looser or unreadable", "E-CONDUCT-04")


def _own_rules(own: Policy, faults: list[Fault]) -> list[Rule]:
    head = {"pack": "policy", "zone": "Asia/Shanghai",
            "instrument": {"zh": f"本机构政策：{own.name}", "en": f"own policy: {own.name}"}}
    desk = Faults(own.file)
    made = [rule_of(each, head, {}, desk) for each in own.raw.get("rules") or ()]
    faults += desk.found
    return [rule for rule in made if rule is not None]


def _twice(made: Sequence[Rule]) -> list[Fault]:
    seen: dict[str, Rule] = {}
    faults = []
    for rule in made:
        if rule.id in seen:
            faults.append(_fault(rule.source.where, f"规则编号 {rule.id} 用了两次（另见 {seen[rule.id].source.where})",
                                 f"the id {rule.id} is used twice (see {seen[rule.id].source.where})"))
        seen.setdefault(rule.id, rule)
    return faults
