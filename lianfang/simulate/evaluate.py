"""How well a run found the truth of a simulation, and whom it harmed on the way.

Pairs of records count: two records of one campaign belong in one ring. A record that is no part of
a campaign but whose person is its client (or tipped off about it) is neither right nor wrong there.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as arrow_parquet

from lianfang.engine.terms.codes import Level
from lianfang.engine.terms.errors import InputError, Say

Key = tuple[str, str]
Answer = tuple[str | None, str]


@dataclass(frozen=True)
class Fact:
    """The truth about one record, as far as pairs and harm need it."""

    campaign: str | None
    kind: str | None
    lookalike: str | None
    role: str
    person: str | None
    group: str | None
    home: str | None


@dataclass(frozen=True)
class CampaignScore:
    """Pairs of one campaign kind: found of all, right of found; and its records' own answers."""

    kind: str
    n_records: int
    recall: float | None
    precision: float | None
    precision_review: float | None
    looked_share: float
    activity_share: float


@dataclass(frozen=True)
class HarmScore:
    """Innocent people of one kind: how many, and how many stand in a ring to review."""

    kind: str
    n_people: int
    n_harmed: int
    n_in_look: int
    n_record_review: int

    @property
    def harm_share(self) -> float:
        """Give the share of people in a ring to review."""
        return self.n_harmed / self.n_people if self.n_people else 0.0


@dataclass(frozen=True)
class Report:
    """The score of one run.

    `precision` counts look and review rings and takes two records of one look-alike group as
    neither right nor wrong (they do belong together); `precision_strict` takes them as wrong.
    """

    precision: float | None
    precision_strict: float | None
    precision_review: float | None
    recall: float | None
    campaigns: tuple[CampaignScore, ...]
    harms: tuple[HarmScore, ...]

    def tables(self) -> list[tuple[list[Say], list[list[str]]]]:
        """Give the score as tables: heads in both languages, rows as text."""
        whole = [Say("全部", "all"), Say("召回", "recall"), Say("精确", "precision"),
                 Say("精确（严）", "strict"), Say("精确（review）", "review only")]  # fmt: skip
        head = [Say("活动种类", "campaign kind"), Say("记录", "records"), Say("成对召回", "pair recall"),
                Say("成对精确", "pair precision"), Say("精确（review）", "review only"),
                Say("单条 look 以上", "record look+"), Say("活动判对", "activity right")]  # fmt: skip
        harm = [Say("无辜种类", "innocent kind"), Say("人数", "people"), Say("误伤", "harmed"),
                Say("误伤率", "harm rate"), Say("在 look 团伙", "in look rings"),
                Say("单条 review", "record review")]  # fmt: skip
        total = [
            "",
            _show(self.recall),
            _show(self.precision),
            _show(self.precision_strict),
            _show(self.precision_review),
        ]
        rows = [
            [c.kind, str(c.n_records), _show(c.recall), _show(c.precision), _show(c.precision_review),
             _show(c.looked_share), _show(c.activity_share)]
            for c in self.campaigns
        ]  # fmt: skip
        harms = [
            [
                h.kind,
                str(h.n_people),
                str(h.n_harmed),
                _show(h.harm_share),
                str(h.n_in_look),
                str(h.n_record_review),
            ]
            for h in self.harms
        ]
        return [(whole, [total]), (head, rows), (harm, harms)]


@dataclass
class _Pairs:
    """Pairs inside rings: all of them, right ones, and ones that count neither way."""

    total: int = 0
    right: int = 0
    neutral: int = 0
    together: int = 0

    def precision(self, strict: bool = False) -> float | None:
        counted = self.total - self.neutral - (0 if strict else self.together)
        return self.right / counted if counted > 0 else None


def score(run_dir: Path, sim_dir: Path) -> Report:
    """Score the results of a run against the truth of the simulation it ran on.

    Args:
        run_dir: results folder with `ring_members.parquet`, `rings.parquet`, `records.parquet`.
        sim_dir: simulation folder with `labels.parquet`, `campaigns.parquet`, `people.parquet`.

    Returns:
        Pair precision and recall by campaign kind, harm by look-alike kind.

    Raises:
        InputError: one of the files is missing.
    """
    levels = {ring["ring_id"]: ring["level"] for ring in _read(run_dir / "rings.parquet")}
    rings: dict[str, list[Key]] = defaultdict(list)
    for member in _read(run_dir / "ring_members.parquet"):
        if levels.get(member["ring_id"]) in (Level.LOOK, Level.REVIEW):
            rings[member["ring_id"]].append((member["kind"], member["record_id"]))
    answers = {
        (r["kind"], r["record_id"]): (r["activity"], r["level"])
        for r in _read(run_dir / "records.parquet", ["kind", "record_id", "activity", "level"])
    }
    return judged(sim_dir, rings, {ring for ring, level in levels.items() if level == Level.REVIEW}, answers)


def judged(
    sim_dir: Path, rings: Mapping[str, Sequence[Key]], review: set[str], answers: Mapping[Key, Answer]
) -> Report:
    """Score rings of any origin against the truth of a simulation.

    Args:
        sim_dir: simulation folder, as for `score`.
        rings: records (kind, record_id) of every ring that somebody is shown.
        review: those of them that are to be reviewed.
        answers: activity and level of single records; empty where nobody looked at them.

    Returns:
        As `score`.
    """
    activities = {c["kind"]: c["activity"] for c in _read(sim_dir / "campaigns.parquet") if c["is_campaign"]}
    return _report(_facts(sim_dir), activities, rings, review, answers)


def _report(
    facts: Mapping[Key, Fact],
    activities: Mapping[str, str],
    rings: Mapping[str, Sequence[Key]],
    review: set[str],
    answers: Mapping[Key, Answer],
) -> Report:
    every, by_kind = _count(facts, rings.values())
    strict, strict_by_kind = _count(facts, [keys for ring, keys in rings.items() if ring in review])
    wanted = _wanted(facts)
    campaigns = tuple(
        _campaign_score(
            kind,
            activity,
            facts,
            answers,
            _Found(wanted[kind], by_kind.get(kind, _Pairs()), strict_by_kind.get(kind, _Pairs())),
        )
        for kind, activity in sorted(activities.items())
    )
    total = sum(wanted.values())
    return Report(
        every.precision(),
        every.precision(strict=True),
        strict.precision(),
        every.right / total if total else None,
        campaigns,
        _harms(facts, rings, review, answers),
    )


def _wanted(facts: Mapping[Key, Fact]) -> dict[str, int]:
    """Count the pairs each campaign kind holds in truth."""
    sizes = Counter((fact.campaign, fact.kind) for fact in facts.values() if fact.campaign and fact.kind)
    wanted: dict[str, int] = defaultdict(int)
    for (_, kind), n in sizes.items():
        wanted[str(kind)] += _pairs(n)
    return wanted


@dataclass(frozen=True)
class _Found:
    """What a run did with one campaign kind."""

    wanted: int
    looked: _Pairs
    reviewed: _Pairs


def _campaign_score(
    kind: str, activity: str, facts: Mapping[Key, Fact], answers: Mapping[Key, Answer], found: _Found
) -> CampaignScore:
    keys = [key for key, fact in facts.items() if fact.kind == kind and fact.role != "tip"]
    said = [answers.get(key, (None, Level.NONE)) for key in keys]
    looked = [name for name, level in said if level in (Level.LOOK, Level.REVIEW)]
    return CampaignScore(
        kind,
        len(keys),
        found.looked.right / found.wanted if found.wanted else None,
        found.looked.precision(),
        found.reviewed.precision(),
        len(looked) / max(1, len(keys)),
        sum(name == activity for name in looked) / max(1, len(keys)),
    )


def _count(facts: Mapping[Key, Fact], rings: Iterable[Sequence[Key]]) -> tuple[_Pairs, dict[str, _Pairs]]:
    """Count pairs of all rings, and those that touch each campaign kind."""
    every = _Pairs()
    by_kind: dict[str, _Pairs] = defaultdict(_Pairs)
    for keys in rings:
        known = [facts[key] for key in keys if key in facts]
        inside = _ring_pairs(known)
        _add(every, inside)
        for kind in {fact.kind for fact in known if fact.kind}:
            others = _ring_pairs([fact for fact in known if fact.kind != kind])
            _add(by_kind[kind], inside, others)
            right = _ring_pairs([fact for fact in known if fact.kind == kind]).right
            by_kind[kind].right += right - (inside.right - others.right)
    return every, dict(by_kind)


def _add(to: _Pairs, pairs: _Pairs, less: _Pairs | None = None) -> None:
    less = less or _Pairs()
    to.total += pairs.total - less.total
    to.right += pairs.right - less.right
    to.neutral += pairs.neutral - less.neutral
    to.together += pairs.together - less.together


def _ring_pairs(members: Sequence[Fact]) -> _Pairs:
    """Count the pairs of one ring without listing them."""
    labelled: dict[str, int] = defaultdict(int)
    near: dict[str, int] = defaultdict(int)
    groups: dict[str, int] = defaultdict(int)
    persons: dict[str, list[Fact]] = defaultdict(list)
    for fact in members:
        if fact.campaign:
            labelled[fact.campaign] += 1
        elif fact.home:
            near[fact.home] += 1
        elif fact.lookalike and fact.group:
            groups[fact.group] += 1
        if fact.person:
            persons[fact.person].append(fact)
    neutral = sum(labelled.get(home, 0) * n + _pairs(n) for home, n in near.items())
    neutral += sum(_same_person(records) for records in persons.values())
    return _Pairs(
        _pairs(len(members)),
        sum(_pairs(n) for n in labelled.values()),
        neutral,
        sum(_pairs(n) for n in groups.values()),
    )


def _same_person(records: Sequence[Fact]) -> int:
    """Count pairs of one person's records that nothing else accounts for."""
    spoken_for: dict[str, int] = defaultdict(int)
    for fact in records:
        name = fact.campaign or fact.home or (fact.group if fact.lookalike else None)
        if name:
            spoken_for[name] += 1
    return _pairs(len(records)) - sum(_pairs(n) for n in spoken_for.values())


def _harms(
    facts: Mapping[Key, Fact],
    rings: Mapping[str, Sequence[Key]],
    review: set[str],
    answers: Mapping[Key, Answer],
) -> tuple[HarmScore, ...]:
    people: dict[str, set[str]] = defaultdict(set)
    hit: dict[str, set[str]] = defaultdict(set)
    seen: dict[str, set[str]] = defaultdict(set)
    alone: dict[str, int] = defaultdict(int)
    for key, fact in facts.items():
        kind = _innocence(fact)
        if kind:
            people[kind].add(fact.person or str(key))
            alone[kind] += answers.get(key, (None, Level.NONE))[1] == Level.REVIEW
    for ring, keys in rings.items():
        for key in keys:
            kind = _innocence(facts[key]) if key in facts else None
            if kind:
                (hit if ring in review else seen)[kind].add(facts[key].person or str(key))
    return tuple(
        HarmScore(kind, len(people[kind]), len(hit[kind]), len(seen[kind]), alone[kind])
        for kind in sorted(people)
    )


def _innocence(fact: Fact) -> str | None:
    """Name the innocent kind of a record; none for campaigns, their clients and witnesses."""
    if fact.campaign or fact.home:
        return None
    return fact.lookalike or fact.role


def _facts(sim_dir: Path) -> dict[Key, Fact]:
    campaigns = {c["group_id"] for c in _read(sim_dir / "campaigns.parquet") if c["is_campaign"]}
    homes = {
        p["person_ref"]: p["group_id"]
        for p in _read(sim_dir / "people.parquet")
        if p["group_id"] in campaigns
    }
    return {
        (row["kind"], row["record_id"]): Fact(
            row["campaign_id"],
            row["campaign_kind"],
            row["lookalike_kind"],
            row["role"],
            row["person_ref"],
            row["group_id"],
            homes.get(row["person_ref"]) if row["campaign_id"] is None else row["campaign_id"],
        )
        for row in _read(sim_dir / "labels.parquet")
    }


def _read(path: Path, names: list[str] | None = None) -> list[dict[str, Any]]:
    if not path.is_file():
        raise InputError(
            Say(f"没有这个文件：{path}", f"there is no such file: {path}"),
            code="E-SIMULATE-06",
            where=str(path),
            fix=Say(
                "先运行 lianfang simulate 和 lianfang run", "run `lianfang simulate` and `lianfang run` first"
            ),
        )
    return list(arrow_parquet.read_table(path, columns=names).to_pylist())


def _pairs(n: int) -> int:
    return n * (n - 1) // 2


def _show(share: float | None) -> str:
    return "—" if share is None else f"{share:.3f}"
