"""One guide or guard out of YAML values, read leniently: every fault is noted, the reading goes on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from lianfang.engine.identify.guides import condition, faults, lined
from lianfang.engine.identify.guides.clauses import Clause, clause
from lianfang.engine.identify.guides.guide import Guard, Guide, Law, Sample
from lianfang.engine.identify.guides.lined import Page
from lianfang.engine.terms.codes import Activity, Kind, Level
from lianfang.engine.terms.errors import DefinitionError, Say

_GUIDE_KEYS = (
    "id", "version", "activity", "title", "definition", "not", "kinds", "clauses", "gates", "guards",
    "evidence", "response", "advice", "legal", "source", "samples",
)  # fmt: skip
_GUARD_KEYS = ("id", "name", "why", "activities", "clauses", "when", "unless", "lowers_to", "samples", "source")
_ROLES = ("lender", "association", "regulator")


def _clauses(page: Page, raw: Any, path: lined.Path) -> tuple[Clause, ...]:
    if not isinstance(raw, list) or not raw:
        page.fault("missing", path, name="clauses", hint="[{id: …, strength: …, any: […]}]")
        return ()
    made: list[Clause] = []
    for no, each in enumerate(raw):
        read_one = clause(page, each, (*path, no))
        if read_one is None:
            continue
        twin = next((other for other in made if other.id == read_one.id), None)
        if twin is not None:
            page.fault("duplicate_id", (*path, no), name=read_one.id, other=twin.where)
        made.append(read_one)
    return tuple(made)


def _gate(page: Page, raw: Any, path: lined.Path, name: str, clauses: tuple[Clause, ...]) -> condition.Gate | None:
    if not isinstance(raw, str) or not raw.strip():
        page.fault("wrong_value", path, name=name, value=raw, hint='"1 of strong"')
        return None
    try:
        gate = condition.parse(raw, clauses)
    except DefinitionError as wrong:
        page.fault("bad_gate", path, name=name, why_zh=wrong.say.zh, why_en=wrong.say.en)
        return None
    if not condition.can_hold(gate):
        page.fault("never_met", path, name=name, gate=raw)
    elif condition.holds(gate, ()):
        page.fault("always_met", path, name=name, gate=raw)
    return gate


def guide(page: Page, raw: Mapping[str, Any]) -> Guide:
    """Read one guide; what is wrong goes to the page.

    Args:
        page: the file.
        raw: its values.
    """
    page.keys(raw, (), _GUIDE_KEYS)
    called = page.text(raw, (), "id", "LF-G-0101")
    activity = page.text(raw, (), "activity", "BG01 … BG10")
    if activity and activity not in {each.value for each in Activity}:
        page.fault("unknown_activity", ("activity",), name=activity)
    clauses = _clauses(page, raw.get("clauses"), ("clauses",))
    gates, words = _gates(page, raw.get("gates"), clauses)
    return Guide(
        id=called,
        version=page.text(raw, (), "version", "1.0.0"),
        activity=activity,
        title=_said(page, raw, "title", needed="missing") or Say("", ""),
        kinds=_kinds(page, raw),
        clauses=clauses,
        gates=gates,
        gate_words=words,
        where=page.where(("id",)),
        definition=_said(page, raw, "definition"),
        excludes=_says(page, raw, "not"),
        guards=page.words(raw, (), "guards", needed=False) if raw.get("guards") is not None else None,
        evidence=_says(page, raw, "evidence"),
        response=_response(page, raw),
        advice=_said(page, raw, "advice"),
        legal=_laws(page, raw),
        source=_source(page, raw),
        samples=_samples(page, raw.get("samples"), ("samples",), clauses),
    )


def _gates(
    page: Page, raw: Any, clauses: tuple[Clause, ...]
) -> tuple[dict[Level, condition.Gate], dict[Level, str]]:
    if not isinstance(raw, dict) or not raw:
        page.fault("missing", ("gates",), name="gates", hint='{look: "…", review: "…"}')
        return {}, {}
    page.keys(raw, ("gates",), ("look", "review"))
    gates, words = {}, {}
    for level in (Level.LOOK, Level.REVIEW):
        if level.value in raw:
            gate = _gate(page, raw[level.value], ("gates", level.value), level.value, clauses)
            if gate is not None:
                gates[level], words[level] = gate, raw[level.value]
    used = frozenset().union(*(condition.named(gate) for gate in gates.values()))
    if len(gates) == len(raw):
        for each in clauses:
            if each.id not in used:
                page.faults.append(faults.fault("unused_clause", each.where, name=each.id))
    return gates, words


def _said(page: Page, raw: Mapping[str, Any], key: str, needed: str = "missing_prose") -> Say | None:
    if raw.get(key) is None:
        page.fault(needed, (), name=key, hint="{zh: …, en: …}")
        return None
    return page.say(raw[key], (key,), key)


def _says(page: Page, raw: Mapping[str, Any], key: str) -> tuple[Say, ...]:
    value = raw.get(key)
    if not value:
        page.fault("missing_prose", (key,) if key in raw else (), name=key, hint="[{zh: …, en: …}]")
        return ()
    if isinstance(value, dict):
        value = [value]
    if not isinstance(value, list):
        page.fault("wrong_value", (key,), name=key, value=value, hint="[{zh: …, en: …}]")
        return ()
    return tuple(page.say(each, (key, no), key) for no, each in enumerate(value))


def _kinds(page: Page, raw: Mapping[str, Any]) -> tuple[str, ...]:
    kinds, known = page.words(raw, (), "kinds"), [kind.value for kind in Kind]
    for no, kind in enumerate(kinds):
        if kind not in known:
            page.fault("wrong_value", ("kinds", no), name="kinds", value=kind, hint=", ".join(known))
    return tuple(kind for kind in kinds if kind in known)


def _response(page: Page, raw: Mapping[str, Any]) -> dict[str, Say]:
    value = raw.get("response")
    if not isinstance(value, dict) or not value:
        page.fault("missing_prose", ("response",), name="response", hint="{lender: {zh, en}, association: …}")
        return {}
    page.keys(value, ("response",), _ROLES)
    for role in _ROLES:
        if role not in value:
            page.fault("missing_prose", ("response",), name=f"response.{role}", hint="{zh: …, en: …}")
    return {role: page.say(value[role], ("response", role), role) for role in _ROLES if role in value}


def _laws(page: Page, raw: Mapping[str, Any]) -> tuple[Law, ...]:
    value = raw.get("legal")
    if not isinstance(value, list) or not value:
        page.fault("missing_prose", ("legal",), name="legal", hint="[{instrument: …, clause: …, verified: false}]")
        return ()
    laws = []
    for no, each in enumerate(value):
        path = ("legal", no)
        if not isinstance(each, dict):
            page.fault("wrong_value", path, name="legal", value=each, hint="{instrument: …, verified: false}")
            continue
        page.keys(each, path, ("instrument", "clause", "verified", "note"))
        name = page.text(each, path, "instrument", "刑法")
        clause_words, verified = str(each.get("clause") or ""), each.get("verified", False)
        if not isinstance(verified, bool):
            page.fault("wrong_value", (*path, "verified"), name="verified", value=verified, hint="true / false")
        if verified is True and not clause_words:
            page.fault("unread_law", path, name=name)
        laws.append(Law(name, clause_words, verified is True, str(each.get("note") or ""), page.where(path)))
    return tuple(laws)


def _source(page: Page, raw: Mapping[str, Any]) -> str:
    source = raw.get("source")
    if not source:
        page.fault("no_source", ())
    return str(source or "")


def _samples(page: Page, raw: Any, path: lined.Path, clauses: tuple[Clause, ...]) -> tuple[Sample, ...]:
    if raw is None:
        return ()
    if not isinstance(raw, dict):
        page.fault("wrong_value", path, name="samples", value=raw, hint="{hit: […], miss: […], guarded: […]}")
        return ()
    page.keys(raw, path, ("hit", "miss", "guarded"))
    made = []
    for wants in ("hit", "miss", "guarded"):
        rows = raw.get(wants) or []
        if not isinstance(rows, list):
            page.fault("wrong_value", (*path, wants), name=wants, value=rows, hint="[…]")
            continue
        for no, each in enumerate(rows):
            sample = _sample(page, wants, each, (*path, wants, no))
            if sample is not None:
                made.append(sample)
            for name in sample.given if sample else ():
                if name not in {one.id for one in clauses}:
                    page.fault("wrong_value", (*path, wants, no), name="given", value=name, hint="clause id")
    return tuple(made)


def _sample(page: Page, wants: str, raw: Any, path: lined.Path) -> Sample | None:
    if isinstance(raw, str):
        raw = {"text": raw}
    if not isinstance(raw, dict) or ("text" in raw) == ("record" in raw):
        page.fault("wrong_value", path, name=wants, value=raw, hint='"…" / {text: "…"} / {record: {…}}')
        return None
    page.keys(raw, path, ("text", "record", "kind", "level", "guard", "given", "note"))
    level = raw.get("level", "look" if wants == "hit" else "none")
    if level not in {each.value for each in Level}:
        page.fault("wrong_value", (*path, "level"), name="level", value=level, hint="none | look | review")
        level = "look"
    made = Sample(wants=wants, level=Level(level), where=page.where(path), kind=str(raw.get("kind") or ""))
    given = page.words(raw, path, "given", needed=False)
    if "record" in raw:
        if not isinstance(raw["record"], dict):
            page.fault("wrong_value", (*path, "record"), name="record", value=raw["record"], hint="{field: value}")
            return None
        return replace(made, record=raw["record"], guard=str(raw.get("guard") or ""), given=given)
    return replace(made, text=page.text(raw, path, "text"), guard=str(raw.get("guard") or ""), given=given)


def guards(page: Page, tree: Any) -> list[Guard]:
    """Read the guards of a file; what is wrong goes to the page.

    Args:
        page: the file.
        tree: a list of guards, or a mapping with `guards`.
    """
    rows, path = (tree, ()) if isinstance(tree, list) else (tree["guards"], ("guards",))
    if isinstance(tree, dict):
        page.keys(tree, (), ("source", "guards", "note"))
        if not tree.get("source"):
            page.fault("no_source", ())
    if not isinstance(rows, list):
        page.fault("wrong_value", path, name="guards", value=rows, hint="[{id: …}]")
        return []
    made = [_guard(page, raw, (*path, no)) for no, raw in enumerate(rows)]
    return [guard for guard in made if guard is not None]


def _guard(page: Page, raw: Any, path: lined.Path) -> Guard | None:
    if not isinstance(raw, dict):
        page.fault("wrong_value", path, name="guard", value=raw, hint="{id: …, when: …}")
        return None
    page.keys(raw, path, _GUARD_KEYS)
    called = page.text(raw, path, "id", "own_debt")
    activities = page.words(raw, path, "activities")
    for no, name in enumerate(activities):
        if name != "all" and name not in {each.value for each in Activity}:
            page.fault("unknown_activity", (*path, "activities", no), name=name)
    clauses = _clauses(page, raw.get("clauses"), (*path, "clauses"))
    when = _gate(page, raw.get("when"), (*path, "when"), "when", clauses)
    unless = _gate(page, raw["unless"], (*path, "unless"), "unless", clauses) if raw.get("unless") else None
    lowers_to = raw.get("lowers_to", "none")
    if lowers_to not in ("none", "look"):
        page.fault("wrong_value", (*path, "lowers_to"), name="lowers_to", value=lowers_to, hint="none | look")
        lowers_to = "none"
    says: dict[str, Say] = {}
    for key in ("name", "why"):
        if raw.get(key) is None:
            page.fault("missing", path, name=key, hint="{zh: …, en: …}")
        says[key] = page.say(raw[key], (*path, key), key) if raw.get(key) is not None else Say("", "")
    if when is None:
        return None
    samples = _samples(page, raw.get("samples"), (*path, "samples"), clauses)
    return Guard(
        id=called, name=says["name"], why=says["why"], activities=activities, clauses=clauses, when=when,
        unless=unless, lowers_to=Level(lowers_to), when_words=str(raw.get("when")),
        unless_words=str(raw.get("unless") or ""), where=page.where(path), samples=samples,
    )  # fmt: skip
