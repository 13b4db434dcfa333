"""Judgements: what people said of two records, obeyed in every later run.

A file of (left, right, answer, by, at, reason) overrules the machine: `same` holds two records
together, `different` keeps them in different rings, `unsure` leaves the machine's answer.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

import pyarrow as pa
import pyarrow.compute as pc

from lianfang.engine.terms.clock import SHANGHAI
from lianfang.engine.terms.codes import Kind
from lianfang.engine.terms.errors import DefinitionError, Fault, Say

_HEADERS = {
    "left": ("left", "左", "记录一", "左记录"),
    "right": ("right", "右", "记录二", "右记录"),
    "answer": ("answer", "judgement", "结论", "判断", "研判结论"),
    "by": ("by", "研判人", "判断人"),
    "at": ("at", "made_at", "时间", "研判时间"),
    "reason": ("reason", "理由", "原因"),
}


class Answer(StrEnum):
    """What a person said of two records."""

    SAME = "same"
    DIFFERENT = "different"
    UNSURE = "unsure"


_WORDS = {
    **{one.value: one for one in Answer},
    "相同": Answer.SAME, "同一": Answer.SAME, "不同": Answer.DIFFERENT, "不确定": Answer.UNSURE,
}  # fmt: skip


@dataclass(frozen=True)
class Judgement:
    """One line of the file; left and right are `kind:record_id` or `record_id`."""

    left: str
    right: str
    answer: Answer
    by: str
    at: datetime
    reason: str
    where: str


@dataclass(frozen=True)
class Verdicts:
    """Judgements that stand, as pairs of record_no, newest first.

    Attributes:
        same: pairs to hold together.
        different: pairs to keep in different rings.
        reasons: one sentence for every pair of `same` and `different`, in that order.
        unmet: judgements about records this run does not have.
    """

    same: tuple[tuple[int, int], ...] = ()
    different: tuple[tuple[int, int], ...] = ()
    reasons: tuple[Say, ...] = ()
    unmet: tuple[Judgement, ...] = ()


NO_VERDICTS = Verdicts()


def read(content: bytes, name: str = "judgements.csv") -> tuple[Judgement, ...]:
    """Read a judgement file, or name every fault in it.

    Args:
        content: the file's bytes, UTF-8 (BOM or not) or GB18030, comma, semicolon or tab.
        name: how the file is called in messages.

    Returns:
        One judgement a line, in the file's order.

    Raises:
        DefinitionError: with all faults: a missing column, an empty end, the same record twice, an
            unknown answer, a time that cannot be read, no name or no reason.
    """
    faults: list[Fault] = []
    rows = _rows(content, name, faults)
    made = [one for line, row in rows if (one := _judgement(row, f"{name}:{line}", faults))]
    if faults:
        say = Say(f"研判文件 {name} 有 {len(faults)} 处错误", f"{len(faults)} faults in the judgement file {name}")
        raise DefinitionError(say, code="E-JUDGE-01", where=faults[0].where, fix=faults[0].fix, faults=faults)
    return tuple(made)


def _rows(content: bytes, name: str, faults: list[Fault]) -> list[tuple[int, dict[str, str]]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("gb18030", errors="replace")
    head = text.split("\n", 1)[0]
    mark = max(",;\t", key=head.count)
    reader = csv.reader(io.StringIO(text), delimiter=mark)
    header = [cell.strip().lower() for cell in next(reader, [])]
    place = {field: n for field, names in _HEADERS.items() for n, cell in enumerate(header) if cell in names}
    for field in _HEADERS:
        if field not in place:
            fix = Say(f"加上这一列,可写作 {'、'.join(_HEADERS[field])}", f"add it; it may be called {', '.join(_HEADERS[field])}")
            faults.append(Fault(f"{name}:1", Say(f"缺少列 {field}", f"column {field} is missing"), fix, "E-JUDGE-02"))
    if faults:
        return []
    return [
        (reader.line_num, {field: row[n].strip() if n < len(row) else "" for field, n in place.items()})
        for row in reader
        if any(cell.strip() for cell in row)
    ]


def _judgement(row: Mapping[str, str], where: str, faults: list[Fault]) -> Judgement | None:
    before = len(faults)

    def fault(zh: str, en: str, fix_zh: str, fix_en: str) -> None:
        faults.append(Fault(where, Say(zh, en), Say(fix_zh, fix_en), "E-JUDGE-03"))

    for field in ("left", "right", "by", "reason"):
        if not row[field]:
            fault(f"{field} 是空的", f"{field} is empty", f"填写 {field}", f"fill in {field}")
    if row["left"] and row["left"] == row["right"]:
        fault("左右是同一条记录", "both ends are the same record", "改成两条不同的记录", "name two records")
    answer = _WORDS.get(row["answer"].lower())
    if answer is None:
        fault(f"不认识的结论:{row['answer']}", f"unknown answer: {row['answer']}", "写 same、different 或 unsure", "write same, different or unsure")
    at = _moment(row["at"])
    if at is None:
        fault(f"时间读不懂:{row['at']}", f"the time cannot be read: {row['at']}", "写成 2026-03-02T09:00", "write it like 2026-03-02T09:00")
    if answer is None or at is None or len(faults) > before:
        return None
    return Judgement(row["left"], row["right"], answer, row["by"], at, row["reason"], where)


def _moment(raw: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(raw.replace("/", "-"))
    except ValueError:
        return None
    return (at if at.tzinfo else at.replace(tzinfo=SHANGHAI)).astimezone(UTC)


def resolve(judgements: Sequence[Judgement], records: Mapping[Kind, pa.Table]) -> Verdicts:
    """Turn judgements into pairs of record numbers; of two about one pair the latest stands.

    Args:
        judgements: from `read`, in the file's order (a later line wins at the same moment).
        records: record tables of the run; record_no and record_id are used.

    Returns:
        The pairs that stand. Judgements about records this run does not have are kept apart: they
        are no fault, a file serves many runs.

    Raises:
        DefinitionError: a bare record_id that several kinds have.
    """
    if not judgements:
        return NO_VERDICTS
    places, faults = _places(judgements, records)
    if faults:
        say = Say("研判文件里有的编号不止一条记录", "some record ids of the judgement file mean several records")
        raise DefinitionError(say, code="E-JUDGE-04", where=faults[0].where, fix=faults[0].fix, faults=faults)
    unmet: list[Judgement] = []
    latest: dict[tuple[int, int], Judgement] = {}
    for one in sorted(judgements, key=lambda each: each.at):
        left, right = places.get(one.left), places.get(one.right)
        if left is None or right is None:
            unmet.append(one)
        elif left != right:
            latest[min(left, right), max(left, right)] = one
    standing = sorted(latest.items(), key=lambda pair: (-pair[1].at.timestamp(), pair[0]))
    same = [pair for pair in standing if pair[1].answer is Answer.SAME]
    apart = [pair for pair in standing if pair[1].answer is Answer.DIFFERENT]
    return Verdicts(
        tuple(pair for pair, _ in same),
        tuple(pair for pair, _ in apart),
        tuple(_reason(one) for _, one in (*same, *apart)),
        tuple(unmet),
    )


def _reason(one: Judgement) -> Say:
    day = one.at.astimezone(SHANGHAI).date().isoformat()
    words = Say("属于同一团伙", "belong together") if one.answer is Answer.SAME else Say("彼此无关", "have nothing to do with each other")
    return Say(f"{one.by} 于 {day} 判定两者{words.zh}:{one.reason}", f"{one.by} judged on {day} that the two {words.en}: {one.reason}")


def _places(
    judgements: Iterable[Judgement], records: Mapping[Kind, pa.Table]
) -> tuple[dict[str, int], list[Fault]]:
    """Find the record_no of every end; an end is tried as `kind:id`, then as a bare id."""
    ends = {end: one.where for one in judgements for end in (one.left, one.right)}
    found: dict[str, dict[str, int]] = {end: {} for end in ends}
    for kind in sorted(records):
        names = {end.removeprefix(f"{kind}:"): end for end in ends if end.startswith(f"{kind}:")}
        wanted = pa.array(sorted({*ends, *names}), pa.string())
        table = records[kind].select(["record_no", "record_id"])
        met = table.filter(pc.is_in(table["record_id"], wanted)).to_pydict()
        for number, record_id in zip(met["record_no"], met["record_id"], strict=True):
            for end in {names.get(record_id), record_id if record_id in ends else None} - {None}:
                found[str(end)][str(kind)] = number
    faults = [
        Fault(
            ends[end],
            Say(f"{end} 在多类记录里都有:{'、'.join(sorted(met))}", f"{end} is a record of several kinds: {', '.join(sorted(met))}"),
            Say(f"写成 {sorted(met)[0]}:{end}", f"write {sorted(met)[0]}:{end}"),
            "E-JUDGE-04",
        )
        for end, met in found.items()
        if len(met) > 1
    ]
    return {end: next(iter(met.values())) for end, met in found.items() if len(met) == 1}, faults


def links(verdicts: Verdicts) -> pa.Table:
    """Give the judged pairs as rows of table `link`.

    Shape:
        makes  link rows with by = judgement for every pair held together, left < right
    """
    n = len(verdicts.same)
    none = pa.nulls(n, pa.timestamp("us", tz="UTC"))
    return pa.table({
        "left": pa.array([pair[0] for pair in verdicts.same], pa.int64()),
        "right": pa.array([pair[1] for pair in verdicts.same], pa.int64()),
        "by": pa.array(["judgement"] * n, pa.string()),
        "key_masked": pa.array([""] * n, pa.string()),
        "n_sharing": pa.array([2] * n, pa.int32()),
        "weight_bits": pa.array([100.0] * n, pa.float64()),
        "left_at": none,
        "right_at": none,
        "why_zh": pa.array([one.zh for one in verdicts.reasons[:n]], pa.string()),
        "why_en": pa.array([one.en for one in verdicts.reasons[:n]], pa.string()),
    })  # fmt: skip
