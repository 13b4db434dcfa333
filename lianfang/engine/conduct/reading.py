"""One rule out of YAML: every fault named with its line, nothing completed by guessing."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlglot
from sqlglot import exp

from lianfang.engine.conduct import contact as contacts
from lianfang.engine.conduct import silence
from lianfang.engine.conduct.contact import FIELDS, HOLDS, KEYS, OUTCOMES, REGISTERS, SURE
from lianfang.engine.conduct.rules import Effect, History, JudgedIn, Param, Rule, Sample, Source, Unit, Window
from lianfang.engine.conduct.words import words
from lianfang.engine.tables import expression
from lianfang.engine.tables.expression import Expression
from lianfang.engine.terms.errors import DefinitionError, Fault, Say
from lianfang.engine.terms.shelf import LinedDict

_KEYS = frozenset((
    "id", "row", "code", "name", "why", "effect", "hard", "judged_in", "clause", "verified", "basis",
    "effective_from", "effective_to", "params", "scope", "forbid", "unless", "history", "made", "override",
    "needs", "lacks", "attempts", "note", "samples",
))
_HISTORY_KEYS = frozenset(("of", "made", "key", "window", "at_most", "at_least", "this", "since_last"))
_MUST = ("id", "row", "code", "name", "effect", "basis")
_GIVEN = frozenset((*FIELDS, "at", "tz", "consent_until", "record_id"))
_PLACE = re.compile(r"\$([a-z_]+)")
_WINDOWS = ("calendar_days", "rolling_hours", "rolling_minutes", "ever")
_STRICTER = ("lower", "higher", "none")


@dataclass
class Faults:
    """Faults found so far in one file; all of them are told at once."""

    file: str
    found: list[Fault] = field(default_factory=list)

    def add(self, line: int, code: str, say: Say, fix: Say) -> None:
        """Note one fault."""
        self.found.append(Fault(f"{self.file}:{line}", say, fix, code))

    def wrong(self, line: int, what: str, zh: str, en: str) -> None:
        """Note a fault of shape: something is missing or not as it must be."""
        self.add(line, "E-CONDUCT-01", Say(f"{what}:{zh}", f"{what}: {en}"),
                 Say("写法见 docs/conduct.md", "docs/conduct.md shows how it is written"))


def say_of(value: Any, faults: Faults, line: int, what: str) -> Say:
    """Read a sentence in both languages."""
    # Exactly the two: an unquoted comma inside { } would cut a sentence short without a word.
    if isinstance(value, Mapping) and set(value) == {"zh", "en"} and all(isinstance(each, str) for each in value.values()):
        return Say(value["zh"], value["en"])
    faults.wrong(line, what, "要有且只有 zh 和 en 两句（句中有逗号要加引号）", "wants zh and en and nothing else (quote a sentence with commas)")
    return Say("", "")


def moment_of(value: Any, zone: str, faults: Faults, line: int, what: str) -> int | None:
    """Read a day as the moment it begins in the pack's zone."""
    if value is None:
        return None
    if isinstance(value, date) and not isinstance(value, datetime):
        return contacts.micros(datetime(value.year, value.month, value.day, tzinfo=ZoneInfo(zone)))
    faults.wrong(line, what, "要写成 2025-02-28 这样的日期", "wants a day such as 2025-02-28")
    return None


def number_of(value: int | str) -> int | None:
    """Give a parameter as a number: `22:00` is minutes after midnight."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    clocked = re.fullmatch(r"(\d\d):(\d\d)", str(value))
    return int(clocked[1]) * 60 + int(clocked[2]) if clocked else None


def params_of(raw: Any, faults: Faults, line: int) -> dict[str, Param]:
    """Read a rule's parameters."""
    made: dict[str, Param] = {}
    for name, given in (raw or {}).items():
        given = given if isinstance(given, Mapping) else {"value": given}
        stricter = given.get("stricter", "none")
        value = given.get("value")
        if stricter not in _STRICTER or not isinstance(value, int | str) or number_of(value) is None:
            faults.wrong(line, f"params.{name}", "要有 value（数或 HH:MM）和 stricter(lower/higher/none)",
                         "wants value (a number or HH:MM) and stricter (lower, higher, none)")
            continue
        note = say_of(given["note"], faults, line, f"params.{name}.note") if given.get("note") else None
        made[name] = Param(value, stricter, note)
    return made


def filled(source: str, params: Mapping[str, Param]) -> str:
    """Put phrases and parameters into an expression at their `$name` places."""
    phrases = words().phrases

    def put(place: re.Match[str]) -> str:
        name = place[1]
        if name in params:
            return str(number_of(params[name].value))
        return filled(phrases[name], params) if name in phrases else place[0]

    return _PLACE.sub(put, source)


def bare_fields(source: str) -> set[str]:
    """Name the fields an expression reads without saying what an empty one means."""
    tree = sqlglot.parse_one(f"select {source}", read="duckdb")
    bare = set()
    for column in tree.find_all(exp.Column):
        guarded = isinstance(column.parent, exp.Is) or column.find_ancestor(exp.Coalesce) is not None
        if not guarded:
            bare.add(column.name)
    return bare


@dataclass(frozen=True)
class _Desk:
    """What the readers of one rule share."""

    raw: LinedDict
    params: Mapping[str, Param]
    faults: Faults

    def expr(self, raw: Mapping[str, Any], key: str, banned: frozenset[str], open_fields: frozenset[str] = SURE) -> Expression | None:
        """Parse one expression of a rule; note what is wrong with it."""
        if raw.get(key) is None:
            return None
        line = raw.line_of(key) if isinstance(raw, LinedDict) else self.raw.line
        source, what = filled(str(raw[key]), self.params), f"{self.raw.get('id')}.{key}"
        try:
            made = expression.parse(source, FIELDS, f"{self.faults.file}:{line}")
        except DefinitionError as no:
            self.faults.found.extend(no.faults)
            return None
        if made.family != "bool":
            self.faults.wrong(line, what, "要得出真或假", "must come out true or false")
        if late := made.reads & banned:
            self.faults.wrong(line, what, f"不能用 {'、'.join(sorted(late))}：此时还不知道",
                              f"may not read {', '.join(sorted(late))}: not known here")
        if bare := bare_fields(source) - open_fields - OUTCOMES:
            self.faults.wrong(line, what, f"字段可能为空，要用 coalesce 说明：{'、'.join(sorted(bare))}",
                              f"may be empty, say what that means with coalesce: {', '.join(sorted(bare))}")
        return made


_STOOD = frozenset((*HOLDS, *REGISTERS))
_HELD = SURE | frozenset(HOLDS)


def rule_of(raw: Any, pack: Mapping[str, Any], changed: Mapping[str, Any], faults: Faults) -> Rule | None:
    """Read one rule.

    Args:
        raw: its mapping, with lines.
        pack: the pack's head: `pack`, `instrument`, `zone`, dates.
        changed: parameters and effect a policy already made stricter, by name.
        faults: taken further with every fault.

    Returns:
        The rule, or none where it cannot be one.
    """
    if not isinstance(raw, LinedDict):
        faults.wrong(1, "rules", "每条规则是一个映射", "every rule is a mapping")
        return None
    lost = [key for key in _MUST if raw.get(key) is None]
    strange = sorted(set(raw) - _KEYS)
    if lost or strange:
        faults.wrong(raw.line, str(raw.get("id")), f"缺少 {lost}，不认识 {strange}", f"missing {lost}, unknown {strange}")
    if lost:
        return None
    params = {name: Param(changed.get(name, held.value), held.stricter, held.note)
              for name, held in params_of(raw.get("params"), faults, raw.line_of("params")).items()}
    desk = _Desk(raw, params, faults)
    judged_in = _one_of(JudgedIn, raw.get("judged_in", "contact"), faults, raw.line_of("judged_in"))
    effect = _one_of(Effect, changed.get("effect", raw["effect"]), faults, raw.line_of("effect"))
    name = say_of(raw["name"], faults, raw.line_of("name"), "name")
    made_rule = Rule(
        id=str(raw["id"]), code=str(raw["code"]), name=name,
        why=say_of(raw["why"], faults, raw.line_of("why"), "why") if raw.get("why") else name,
        effect=effect or Effect.BLOCK, hard=bool(raw.get("hard", True)), judged_in=judged_in or JudgedIn.CONTACT,
        source=_source(raw, pack, faults), params=params,
        scope=desk.expr(raw, "scope", OUTCOMES | _STOOD), forbid=desk.expr(raw, "forbid", OUTCOMES, _HELD),
        unless=desk.expr(raw, "unless", OUTCOMES, _HELD), history=_history(desk),
        made=_made(desk), needs=tuple(raw.get("needs") or ()), lacks=tuple(raw.get("lacks") or ()), attempts=raw.get("attempts") is not False,
        override=say_of(raw["override"], faults, raw.line_of("override"), "override") if raw.get("override") else None,
        note=say_of(raw["note"], faults, raw.line_of("note"), "note") if raw.get("note") else None,
        samples=_samples(raw, faults),
    )
    _whole(made_rule, raw, faults)
    return made_rule


def _one_of(kind: Any, value: Any, faults: Faults, line: int) -> Any:
    try:
        return kind(value)
    except ValueError:
        listed = "、".join(member.value for member in kind)
        faults.wrong(line, str(value), f"只能是 {listed}", f"must be one of {listed}")
        return None


def _whole(rule: Rule, raw: LinedDict, faults: Faults) -> None:
    """Note what a whole rule lacks."""
    if rule.judged_in is not JudgedIn.CONTACT:
        return
    if rule.forbid is None and rule.history is None:
        faults.wrong(raw.line, rule.id, "要有 forbid 或 history", "wants forbid or history")
    if {sample.finding for sample in rule.samples} != {True, False}:
        faults.wrong(raw.line_of("samples"), rule.id, "样例要有边界两侧：至少一个 finding: true，一个 false",
                     "samples on both sides of the edge: at least one finding: true and one false")
    if strange := set(rule.needs) - set(REGISTERS):
        faults.wrong(raw.line_of("needs"), rule.id, f"needs 里不认识 {sorted(strange)}", f"unknown in needs: {sorted(strange)}")
    if strange := set(rule.lacks) - set(silence.TESTS):
        faults.wrong(raw.line_of("lacks"), rule.id, f"lacks 里不认识 {sorted(strange)}", f"unknown in lacks: {sorted(strange)}")


def _source(raw: LinedDict, pack: Mapping[str, Any], faults: Faults) -> Source:
    zone, line = str(pack["zone"]), raw.line
    clause = raw.get("clause")
    return Source(
        instrument=say_of(pack["instrument"], faults, line, "instrument"),
        clause=None if clause is None else str(clause), verified=raw.get("verified") is True,
        basis=str(raw["basis"]), row=str(raw["row"]),
        effective_from_us=moment_of(raw.get("effective_from", pack.get("effective_from")), zone, faults, line, "effective_from"),
        effective_to_us=moment_of(raw.get("effective_to", pack.get("effective_to")), zone, faults, line, "effective_to"),
        pack=str(pack["pack"]), where=f"{faults.file}:{line}",
    )


def _made(desk: _Desk) -> Expression | None:
    """What makes an attempt a breach: said by the rule, else by what its own count counts."""
    if desk.raw.get("made") is not None:
        return desk.expr(desk.raw, "made", _STOOD)
    held = desk.raw.get("history")
    if isinstance(held, LinedDict) and held.get("made") is not None and held.get("this", "counts") == "counts" and "at_least" not in held:
        return desk.expr(held, "made", _STOOD)
    return None


def _history(desk: _Desk) -> History | None:
    raw, rule_id = desk.raw.get("history"), desk.raw.get("id")
    if raw is None:
        return None
    line = desk.raw.line_of("history")
    limits = [key for key in ("at_most", "at_least") if isinstance(raw, LinedDict) and key in raw]
    if not isinstance(raw, LinedDict) or set(raw) - _HISTORY_KEYS or len(limits) != 1 or raw.get("key") not in KEYS:
        desk.faults.wrong(line, f"{rule_id}.history", f"要有 key({'、'.join(KEYS)}）、window、at_most 或 at_least 之一",
                          f"wants key ({', '.join(KEYS)}), window, one of at_most and at_least")
        return None
    window, limit = _window(raw, desk), filled(str(raw[limits[0]]), desk.params)
    counts_scope = {"of": raw.get("of", desk.raw.get("scope", "true"))}
    of, made = desk.expr(counts_scope, "of", OUTCOMES | _STOOD), desk.expr(raw if raw.get("made") else {"made": "true"}, "made", _STOOD)
    if window is None or of is None or made is None or not limit.isdigit():
        desk.faults.wrong(line, f"{rule_id}.history", "窗口、计数条件或数目不对", "window, counting test or number is wrong")
        return None
    apart = raw.get("this", "counts") == "apart"
    unit = _unit(of, made, raw["key"], not apart and limits == ["at_most"])
    last = desk.expr(raw, "since_last", _STOOD)
    reset = None if last is None else _unit(of, last, raw["key"], False)
    return History(unit, window, int(limit) + apart, int(limit), limits == ["at_least"], reset)


def _unit(of: Expression, made: Expression, key: str, reserves: bool) -> Unit:
    name = hashlib.sha256("\x1f".join((of.sql(), made.sql(), key)).encode()).hexdigest()[:12]
    return Unit(name, of, made, key, reserves)


def _window(raw: LinedDict, desk: _Desk) -> Window | None:
    given = raw.get("window")
    if not isinstance(given, Mapping) or len(given) != 1 or next(iter(given)) not in _WINDOWS:
        desk.faults.wrong(raw.line_of("window"), "window", f"要写 {'、'.join(_WINDOWS)} 之一", f"one of {', '.join(_WINDOWS)}")
        return None
    unit, n = next(iter(given.items()))
    text = filled(str(n), desk.params)
    return Window(unit, 0 if unit == "ever" else int(text)) if unit == "ever" or text.isdigit() else None


def _samples(raw: LinedDict, faults: Faults) -> tuple[Sample, ...]:
    made = []
    for place, given in enumerate(raw.get("samples") or ()):
        where = f"{faults.file}:{raw['samples'].line_of(place)}"
        if not isinstance(given, Mapping) or not isinstance(given.get("finding"), bool):
            faults.wrong(raw["samples"].line_of(place), str(raw.get("id")), "样例要有 finding: true/false", "a sample wants finding: true/false")
            continue
        give = {key: value for key, value in given.items() if key not in ("finding", "before", "spans", "unclear", "without")}
        if strange := {key for each in (give, *(given.get("before") or ())) for key in each} - _GIVEN:
            faults.wrong(raw["samples"].line_of(place), str(raw.get("id")), f"样例里不认识 {sorted(strange)}", f"unknown in a sample: {sorted(strange)}")
        made.append(Sample(give, tuple(given.get("before") or ()), tuple(given.get("spans") or ()), given["finding"], where,
                           given.get("unclear") is True, tuple(given.get("without") or ())))
    return tuple(made)
