"""Is a simulation like the world? Checks printed after every simulation; one failing fails it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lianfang.engine.terms.codes import Kind
from lianfang.engine.terms.errors import Say
from lianfang.simulate import columns, leak
from lianfang.simulate.dice import Dice
from lianfang.simulate.simulation import Simulation

_SAMPLE = 2_000
_NEAR = 0.7  # share of 3-character shingles two texts must have in common to count as near


@dataclass(frozen=True)
class Check:
    """One figure of the audit: what, how much, what is allowed, whether it holds."""

    name: Say
    found: str
    wanted: str
    holds: bool


@dataclass(frozen=True)
class Audit:
    """All checks of one simulation."""

    checks: tuple[Check, ...]

    @property
    def holds(self) -> bool:
        """Say whether every check holds."""
        return all(check.holds for check in self.checks)


def audit(simulation: Simulation) -> Audit:
    """Check a simulation: links to oneself, amounts, hours, texts, degrees, gaps, leaks.

    Args:
        simulation: what `simulation.simulate` gave.

    Returns:
        All figures, whether they hold or not.
    """
    makers: Sequence[Callable[[Simulation], list[Check]]] = (
        _labels,
        _self_links,
        _amounts,
        _hours,
        _lengths,
        _copies,
        _degrees,
        _gaps,
        _leaks,
    )
    return Audit(tuple(check for make in makers for check in make(simulation)))


def _between(zh: str, en: str, value: float, least: float, most: float) -> Check:
    return Check(Say(zh, en), f"{value:.3f}", f"{least:g} – {most:g}", least <= value <= most)


def _none(zh: str, en: str, count: int) -> Check:
    return Check(Say(zh, en), str(count), "0", count == 0)


def _labels(simulation: Simulation) -> list[Check]:
    n = sum(table.num_rows for table in simulation.tables.values())
    ids = [f"{kind}:{i}" for kind, t in simulation.tables.items() for i in t["record_id"].to_pylist()]
    labelled = zip(
        simulation.labels["kind"].to_pylist(), simulation.labels["record_id"].to_pylist(), strict=True
    )
    missing = len(set(ids) ^ {f"{kind}:{i}" for kind, i in labelled})
    return [
        _none("编号重复的记录", "records with a doubled id", n - len(set(ids))),
        _none("没有标签的记录", "records without a label", missing),
    ]


def _self_links(simulation: Simulation) -> list[Check]:
    """Nobody is their own agent, referrer or emergency contact; no line calls itself."""
    pairs = (
        (Kind.COMPLAINT, "person_mobile", "agent_mobile"),
        (Kind.APPLICATION, "person_mobile", "referrer_mobile"),
        (Kind.APPLICATION, "person_mobile", "emergency_mobile"),
        (Kind.CONTACT, "party_mobile", "line_number"),
        (Kind.OBJECTION, "person_mobile", "agent_mobile"),
        (Kind.COMPLAINT, "person_bank_card", "payee_account"),
    )
    n = 0
    for kind, left, right in pairs:
        table = simulation.tables[kind]
        n += pc.sum(pc.equal(table[left], table[right])).as_py() or 0
    return [_none("自己连自己", "links to oneself", n)]


def _amounts(simulation: Simulation) -> list[Check]:
    n = 0
    for table in simulation.tables.values():
        for name in table.column_names:
            if name.endswith(("_fen", "_seconds", "_months")) or name == "n_views":
                least = pc.min(table[name]).as_py()
                n += least is not None and least < 0
    return [_none("负数金额", "columns with negative amounts", n)]


def _local(simulation: Simulation) -> np.ndarray:
    seconds = []
    for kind, table in simulation.tables.items():
        cells = table[leak._TIMES[kind.value]].cast(pa.int64()).combine_chunks()
        seconds.append(cells.to_numpy(False) // 1_000_000 + 8 * 3600)
    return np.concatenate(seconds)


def _hours(simulation: Simulation) -> list[Check]:
    local = _local(simulation)
    hour, weekday = local % 86_400 // 3600, (local // 86_400 + 3) % 7
    by_weekday = np.bincount(weekday, minlength=7)
    ends = by_weekday[5:].mean() / max(1.0, by_weekday[:5].mean())
    day = ((hour >= 9) & (hour < 18)).mean()
    first = simulation.knobs.start_on.toordinal() - 719_163
    outside = ((local // 86_400 < first) | (local // 86_400 >= first + simulation.knobs.days)).sum()
    return [
        _between("周末与工作日之比", "weekend to workday ratio", ends, 0.35, 0.8),
        _between("9–18 时占比", "share from 9 to 18", day, 0.5, 0.85),
        _between("0–6 时占比", "share from 0 to 6", (hour < 6).mean(), 0.001, 0.04),
        _none("期外的记录", "records outside the period", int(outside)),
    ]


def _lengths(simulation: Simulation) -> list[Check]:
    sizes = pc.utf8_length(simulation.tables[Kind.COMPLAINT]["text"]).combine_chunks().to_numpy(False)
    low, middle, high, most = np.percentile(sizes, [5, 50, 95, 100])
    return [
        _between("投诉字数中位数", "median characters of a complaint", middle, 50, 170),
        _between("投诉字数 5%", "5 % shortest, characters", low, 15, 60),
        _between("投诉字数 95%", "5 % longest, characters", high, 120, 400),
        _between("投诉字数最长", "longest complaint, characters", most, 150, 420),
    ]


def _copies(simulation: Simulation) -> list[Check]:
    """Honest strangers rarely write the same; members of a campaign often do."""
    table, labels = simulation.tables[Kind.COMPLAINT], simulation.labels
    of_kind = labels.filter(pc.equal(labels["kind"], columns.one("complaint")))
    texts = table["text"].to_pylist()
    people = of_kind["person_ref"].to_pylist()
    role, abnormal = of_kind["role"].to_pylist(), of_kind["is_abnormal"].to_pylist()
    honest = [i for i in range(len(texts)) if role[i] == "ordinary"]
    sent = [i for i in range(len(texts)) if abnormal[i]]
    dice = Dice(0, "audit")
    checks = []
    for zh, en, rows, least, most in (
        ("诚实投诉与他人近似的占比", "honest complaints like a stranger's", honest, 0.0, 0.04),
        ("团伙投诉与他人近似的占比", "campaign complaints like another's", sent, 0.0, 1.0),
    ):
        chosen = dice.some(rows, _SAMPLE)
        share = near_share([texts[i] for i in chosen], [str(people[i]) for i in chosen])
        checks.append(_between(zh, en, share, least, most))
    again = 1 - len({people[i] for i in honest}) / max(1, len(honest))
    checks.append(
        _between("同一人再次投诉占比", "complaints by somebody who complained before", again, 0.03, 0.3)
    )
    return checks


def near_share(texts: Sequence[str], people: Sequence[str]) -> float:
    """Say which share of texts has a near twin by another person.

    Args:
        texts: raw.
        people: who wrote each.

    Returns:
        Share with a text by somebody else at an estimated Jaccard (64 minhashes of 3-character
        shingles) of 0.7 or more.
    """
    if len(texts) < 2:
        return 0.0
    signatures = np.stack([_signature(text) for text in texts])
    writer = np.unique(np.array(people), return_inverse=True)[1]
    near = 0
    for i, signature in enumerate(signatures):
        alike = (signatures == signature).mean(axis=1) >= _NEAR
        near += bool((alike & (writer != writer[i])).any())
    return near / len(texts)


_STEPS = (np.arange(1, 65, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)) | np.uint64(1)


def _signature(text: str) -> np.ndarray:
    codes = np.frombuffer(text.encode("utf-32-le"), dtype=np.uint32).astype(np.uint64)
    if len(codes) < 3:
        codes = np.pad(codes, (0, 3 - len(codes)))
    grams = codes[:-2] * np.uint64(1 << 42) ^ codes[1:-1] * np.uint64(1 << 21) ^ codes[2:]
    mixed = (grams ^ (grams >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9)
    return ((mixed[:, None] ^ (mixed[:, None] >> np.uint64(32))) * _STEPS).min(axis=0)


def _degrees(simulation: Simulation) -> list[Check]:
    """Most numbers belong to one person; a few public addresses to very many."""
    table, labels = simulation.tables[Kind.COMPLAINT], simulation.labels
    refs = labels.filter(pc.equal(labels["kind"], columns.one("complaint")))["person_ref"].combine_chunks()
    single, most = {}, {}
    for name in ("device_id", "ip", "person_mobile"):
        pairs = pa.table({"value": table[name].combine_chunks(), "ref": refs})
        pairs = pairs.filter(pc.is_valid(pairs["value"]))
        counted = pairs.group_by("value").aggregate([("ref", "count_distinct")])["ref_count_distinct"]
        single[name] = float(pc.mean(pc.equal(counted, columns.one(1))).as_py())
        most[name] = float(pc.max(counted).as_py())
    return [
        _between("只有一人用的设备占比", "devices with one user", single["device_id"], 0.75, 0.999),
        _between("只有一人用的 IP 占比", "addresses with one user", single["ip"], 0.7, 0.999),
        _between("用户最多的 IP 的人数", "people on the busiest address", most["ip"], 5, 400),
        _between("只有一人用的本人手机占比", "own mobiles with one user", single["person_mobile"], 0.99, 1.0),
    ]


def _gaps(simulation: Simulation) -> list[Check]:
    table = simulation.tables[Kind.COMPLAINT]
    wanted = {
        "person_mobile": (0.02, 0.2),
        "person_resident_id": (0.3, 0.7),
        "device_id": (0.2, 0.8),
        "ip": (0.2, 0.8),
        "title": (0.2, 0.8),
        "agent_mobile": (0.7, 0.99),
        "text": (0.0, 0.0),
    }
    return [
        _between(
            f"缺失率 {name}", f"missing share of {name}", table[name].null_count / table.num_rows, *bounds
        )
        for name, bounds in wanted.items()
    ]


def _leaks(simulation: Simulation) -> list[Check]:
    found = leak.leak(simulation.tables, simulation.labels)
    kinds = "，".join(f"{kind} {value:.3f}" for kind, (value, _) in found.by_kind.items())
    name = Say(f"编号、行序、时间泄露标签 AUC（{kinds}）", f"label leak of ids, order, time: AUC ({kinds})")
    return [Check(name, f"{found.auc:.3f}", f"≤ {found.limit:.3f}", found.is_tight)]
