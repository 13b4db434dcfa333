"""`lianfang conduct said | agency`: what was said, and the state of agencies and collectors."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lianfang.cli import conduct, show
from lianfang.engine.terms import clock, shelf
from lianfang.engine.terms.codes import Exit
from lianfang.engine.terms.errors import InputError, LianfangError, Say

if TYPE_CHECKING:
    from lianfang.engine.conduct.agencies import Agency
    from lianfang.engine.conduct.rules import Rules
    from lianfang.engine.conduct.said_read import Named
    from lianfang.engine.conduct.said_talk import Context


_FEW = 50  # of more talks, only those with something to tell are printed


@dataclass(frozen=True)
class SaidOptions:
    """What is known about the talks, which packs, how to print."""

    party: str = "debtor"
    first: bool | None = None
    institution: str | None = None
    names: tuple[str, ...] = ()
    packs: tuple[str, ...] = ()
    as_json: bool = False


def said(paths: Sequence[Path] = (), text: str | None = None, options: SaidOptions = SaidOptions()) -> int:
    """Judge talks and messages; files, one text, or standard input.

    Returns:
        0; the exit code never says whether breaches were found.
    """
    from lianfang.engine.conduct import said_talk

    given = said_talk.context({"party_role": options.party, "first": options.first, "institution": options.institution, "names": options.names})
    held, n_talks, n_found, watch = conduct._rules(conduct.RuleChoice(options.packs)), 0, 0, _Watch()
    if options.as_json:
        print("[", end="")
    for name, one in _talks(paths, text, given):
        told = _told(one, name, held)
        if options.as_json:
            print(",\n" if n_talks else "\n", json.dumps(told, ensure_ascii=False), sep="", end="")
        elif told["findings"] or told["offers"] or len(paths) + n_talks < _FEW:
            _print(told)
        n_talks, n_found = n_talks + 1, n_found + bool(told["findings"])
        watch.tell(n_talks)
    watch.end()
    if options.as_json:
        print("\n]")
        return Exit.OK
    show.line(f"共 {n_talks} 段，{n_found} 段有发现", f"{n_talks} talks, {n_found} with findings")
    return Exit.OK


class _Watch:
    """Tells once a second how far it is, where somebody waits."""

    def __init__(self) -> None:
        self._told = self._began = time.perf_counter()
        self._n = 0

    def tell(self, n: int) -> None:
        """Say how many talks are judged."""
        now = time.perf_counter()
        self._n = n
        if now - self._told >= 1:
            self._told = now
            rate = n / (now - self._began)
            show.line(f"已查 {n} 段，每秒 {rate:.0f} 段", f"{n} talks judged, {rate:.0f} a second", sys.stderr)

    def end(self) -> None:
        """Say how long it took, where it took long."""
        seconds = time.perf_counter() - self._began
        if seconds >= 2:
            show.line(f"查完 {self._n} 段，{seconds:.0f} 秒", f"{self._n} talks judged in {seconds:.0f} s", sys.stderr)


def _talks(paths: Sequence[Path], text: str | None, given: Context) -> Iterator[tuple[str, Named]]:
    from lianfang.engine.conduct import said_read, said_talk

    if text is not None:
        yield "-", said_read.Named(None, said_talk.message(text, given))
    elif not paths:
        held = said_read.decoded(sys.stdin.buffer.read(), "-")
        yield from (("-", one) for one in said_read.talks(held, "-", given))
    for path in paths:
        if path.suffix.lower() in (".parquet", ".pq"):
            yield from ((path.name, one) for one in said_read.parquet(path, given))
            continue
        if path.suffix.lower() == ".xlsx":
            yield from ((path.name, one) for one in said_read.xlsx(path, given))
            continue
        try:
            streamed = said_read.stream(path, given)
            if streamed is not None:
                yield from ((path.name, one) for one in streamed)
                continue
            raw = path.read_bytes()
        except OSError as wrong:
            raise InputError(Say("读不了这个文件", "the file cannot be read"), code="E-INPUT-01", where=str(path),
                             fix=Say(f"检查路径：{wrong}", f"check the path: {wrong}")) from wrong
        yield from ((path.name, one) for one in said_read.talks(said_read.decoded(raw, str(path)), str(path), given))


def _told(one: Named, name: str, held: Rules) -> dict[str, Any]:
    from lianfang.engine.conduct import said as judging
    from lianfang.engine.conduct import said_card, said_signs
    from lianfang.engine.conduct.said import SaidVerdict

    findings = judging.check(one.talk, held)
    card = said_card.card(findings)
    return {
        "file": name, "talk_id": one.talk_id, "total": card.total, "gates": list(card.gates), "card": card.version,
        "findings": [each.told() for each in findings if each.verdict in (SaidVerdict.WARN, SaidVerdict.FAIL)],
        "judged": {each.rule.id: each.verdict.value for each in findings},
        "offers": [{"code": each.code, "zh": each.why.zh, "en": each.why.en, "most_months": each.most_months, "rule": each.basis_rule}
                   for each in said_signs.offers(one.talk)],
        "signs": [{"sign": each.rule.id, "utt_id": each.cited.utt_id, "start": each.cited.start, "end": each.cited.end, "quote": each.quote}
                  for each in said_signs.signs(one.talk)],
    }


def _print(told: dict[str, Any]) -> None:
    language = show.language()
    print(f"{told['file']} {told['talk_id'] or ''}  {told['total']:.0f}/100".strip())
    for one in told["findings"]:
        gate = show.said(Say("，一票否决", ", hard gate")) if one["gate"] else ""
        print(f"  {one['verdict']} {one['rule']} [{one['effect']}{gate}] {one[language]}")
        print(f"       {', '.join(one['utt_ids'])}: {one['quote']}  {one['decided'] or ''}".rstrip())
    for one in told["offers"]:
        print(f"  → {one['code']}  {one[language]}")


def agency(file: Path, on: date | None = None, as_json: bool = False) -> int:
    """Print every agency's state, what is due, what is blocked and why; and its collectors.

    Returns:
        0; 1 where some agency's acts on record do not fit each other.
    """
    raw = shelf.yaml_text(conduct._text(file), str(file))
    rows = raw.get("agencies") if isinstance(raw, dict) else raw
    if not isinstance(rows, list) or not all(isinstance(one, dict) for one in rows):
        raise InputError(Say("要有 agencies 列表", "a list `agencies` is wanted"), code="E-AGENCY-05", where=str(file),
                         fix=Say("写法见 docs/conduct-said.md", "docs/conduct-said.md shows how"))
    day = on or clock.today()
    told = [_agency(one, f"{file}:{one.line}", day) for one in rows]
    if as_json:
        print(json.dumps(told, ensure_ascii=False, indent=1))
    else:
        for one in told:
            _print_agency(one)
    return Exit.FAILED if any(one.get("error") for one in told) else Exit.OK


def _agency(raw: Any, where: str, day: date) -> dict[str, Any]:
    from lianfang.engine.conduct import agencies, agency_duties, collectors

    one = agencies.read(raw, where)
    people = [collectors.read(each, where, one.name) for each in agencies.rows(raw, "collectors", where)]
    made: dict[str, Any] = {"agency": one.name, "on": day.isoformat(), "collectors": [
        {"collector_id": each.collector_id, "may_work": collectors.may_work(each, day),
         "why": [{"code": lack.code, "rule": lack.rule, "zh": lack.why.zh, "en": lack.why.en} for lack in collectors.lacks(each, day)],
         "exam_due": _iso(collectors.exam_due(each, day)),
         "pay_lacks": [{"zh": part.zh, "en": part.en} for part in collectors.pay_lacks(each)]} for each in people]}
    try:
        state, began = agencies.since(one, day)
        made |= {
            "state": state, "since": _iso(began), "open": list(agencies.open_acts(state)),
            "duties": [{"code": duty.code, "rule": duty.rule, "due_on": duty.due_on.isoformat(), "overdue": duty.overdue, "zh": duty.name.zh, "en": duty.name.en}
                       for duty in agency_duties.duties(one, day)],
            "blocked": _blocked(one, day),
        }
    except LianfangError as wrong:
        made["error"] = {"code": wrong.code, "zh": wrong.say.zh, "en": wrong.say.en,
                         "fix": {"zh": wrong.fix.zh, "en": wrong.fix.en} if wrong.fix else None}
    return made


def _blocked(one: Agency, day: date) -> list[dict[str, str]]:
    from lianfang.engine.conduct import agency_duties

    return [{"what": each.what, "code": each.code, "rule": each.rule, "zh": each.why.zh, "en": each.why.en} for each in agency_duties.blocks(one, day)]


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


_WHAT = {"admit": Say("不得准入", "may not be admitted"), "assign": Say("不得派案", "may get no work"), "renew": Say("不得续约", "may not be renewed")}


def _print_agency(told: dict[str, Any]) -> None:
    from lianfang.engine.conduct import agencies

    language = show.language()
    if "error" in told:
        print(f"{told['agency']}  {told['error']['code']} {told['error'][language]}")
        if told["error"]["fix"]:
            print(f"  → {told['error']['fix'][language]}")
    else:
        state = agencies.say(agencies.knowledge()["states"][told["state"]])
        print(f"{told['agency']}  {show.said(state)}  {told['since'] or ''}".rstrip())
        for one in told["duties"]:
            late = show.said(Say(" 已逾期", " overdue")) if one["overdue"] else ""
            print(f"  {one['due_on']}{late}  {one[language]}  ({one['rule']})")
        for one in told["blocked"]:
            # A listed agency is past admission; what it lacks is told once, as a bar to work.
            if one["what"] != "admit" or told["state"] == "candidate":
                print(f"  {show.said(_WHAT[one['what']])}: {one[language]}  ({one['rule']})")
    for one in told["collectors"]:
        yes = show.said(Say("可上岗", "may work") if one["may_work"] else Say("不可上岗", "may not work"))
        print(f"  {one['collector_id']}  {yes}  {'；'.join(why[language] for why in one['why'])}".rstrip())
