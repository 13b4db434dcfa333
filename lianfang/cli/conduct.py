"""`lianfang conduct rules | check | audit`: the conduct room from a terminal."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from lianfang.cli import show
from lianfang.engine.terms import shelf
from lianfang.engine.terms.codes import Exit
from lianfang.engine.terms.errors import InputError, Say

if TYPE_CHECKING:
    import pyarrow as pa

    from lianfang.engine.conduct.audit import Audit
    from lianfang.engine.conduct.contact import Contact
    from lianfang.engine.conduct.grade import Tally
    from lianfang.engine.conduct.intake import Intake
    from lianfang.engine.conduct.rules import Rules
    from lianfang.engine.conduct.standing import Standing

REFUSED = 3
_READ = Say("读入联系记录", "read contacts")
_JUDGE = Say("按规则核对", "compare with the rules")
_WRITE = Say("写出结果", "write results")


@dataclass(frozen=True)
class RuleChoice:
    """Which rules: pack names, the lender's policy file, the zone of contacts that name none."""

    packs: tuple[str, ...] = ()
    policy: Path | None = None
    zone: str | None = None


@dataclass(frozen=True)
class AuditOptions:
    """How to audit: rules, holds and registers, mapping files, threads, replace earlier results."""

    rules: RuleChoice = field(default_factory=lambda: RuleChoice(zone="Asia/Shanghai"))
    standing: Path | None = None
    mappings: tuple[Path, ...] = ()
    threads: int | None = None
    force: bool = False


def _rules(choice: RuleChoice, everything: bool = False) -> Rules:
    from lianfang.engine.conduct import load

    own = load.policy(_text(choice.policy), str(choice.policy)) if choice.policy else None
    packs = choice.packs or (load.ALL if everything else None)
    if packs == ("all",):
        packs = load.ALL
    return load.rules(packs, own, choice.zone)


def _text(place: Path) -> str:
    try:
        return place.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as wrong:
        raise InputError(
            Say("读不了这个文件", "the file cannot be read"), code="E-INPUT-01", where=str(place),
            fix=Say(f"检查路径和编码（UTF-8):{wrong}", f"check path and encoding (UTF-8): {wrong}"),
        ) from wrong


def rules(choice: RuleChoice = RuleChoice(), as_json: bool = False, test: bool = False) -> int:
    """List every rule with its source, or run every sample inside them.

    Returns:
        0; 1 where a sample does not come out as it promises.
    """
    from lianfang.engine.conduct import listing

    held = _rules(choice, everything=True)
    if test:
        return _test(held)
    if as_json:
        print(json.dumps([listing.told(rule) for rule in held.all], ensure_ascii=False, indent=1))
        return Exit.OK
    yes, no, unknown = (show.said(Say(*each)) for each in (("是", "yes"), ("否", "no"), ("未知", "unknown")))
    head = [show.said(Say(*each)) for each in (
        ("编号", "id"), ("名称", "name"), ("后果", "effect"), ("条文", "clause"), ("核对", "verified"), ("依据", "basis"), ("判断于", "judged in"), ("样例", "samples"))]
    show.table(head, [
        (rule.id, show.said(rule.name), rule.effect.value, rule.source.clause or unknown, yes if rule.source.verified else no,
         rule.source.basis, rule.judged_in.value, len(rule.samples)) for rule in held.all])
    show.line(f"共 {len(held.all)} 条；--json 有全部内容和样例，--test 试样例", f"{len(held.all)} rules; --json has all of it, --test tries the samples")
    return Exit.OK


def _test(held: Rules) -> int:
    from lianfang.engine.conduct import samples

    asked = samples.outcomes(held)
    wrong = [one for one in asked if not one.right]
    for one in wrong:
        show.line(f"{one.sample.where}:{one.rule.id} 应{'' if one.sample.finding else '不'}违反，却相反",
                  f"{one.sample.where}: {one.rule.id} should {'' if one.sample.finding else 'not '}be broken")
    show.line(f"{len(asked)} 个样例，{len(wrong)} 个不对", f"{len(asked)} samples, {len(wrong)} wrong")
    return Exit.FAILED if wrong else Exit.OK


def check(intent: Path | None, history: Sequence[Path] = (), standing: Path | None = None,
          choice: RuleChoice = RuleChoice(), as_json: bool = False) -> int:
    """Ask the gate whether one contact may be made.

    Args:
        intent: JSON or YAML file of the contact; none reads standard input.
        history: files or folders of contacts already made; none at all refuses with `E_NO_HISTORY`.
        standing: YAML list of holds and registers.
        choice: which rules.
        as_json: print the whole verdict.

    Returns:
        0 where the contact is allowed, 3 where it is refused.
    """
    from lianfang.engine.conduct import contact, gate
    from lianfang.engine.conduct.history import History

    held = _rules(choice)
    raw = shelf.yaml_text(sys.stdin.read() if intent is None else _text(intent), str(intent or "-"))
    if not isinstance(raw, dict):
        raise InputError(Say("联系意图要是一个映射", "an intent is a mapping"), code="E-GATE-03", where=str(intent or "-"),
                         fix=Say("例：{at: 2026-03-02T10:00:00+08:00, channel: 电话, …}", "e.g. {at: 2026-03-02T10:00:00+08:00, channel: call, ...}"))
    for say in contact.strange(raw):
        show.line(say.zh, say.en, sys.stderr)
    asked, stands, past = contact.read(raw, held.default_zone), _standing(standing), None
    opened: list[Contact] = []
    if history:
        past = History(held, _watched(_near(history, asked, held.default_zone), asked, opened), stands)
    verdict = gate.without_outcomes(gate.check(asked, past, held), len(opened))
    told = verdict.told()
    if as_json:
        print(json.dumps(told, ensure_ascii=False, indent=1))
    else:
        _print(told, asked.zone or "Asia/Shanghai")
    return Exit.OK if verdict.allow else REFUSED


def _watched(before: Iterator[Contact], asked: Contact, opened: list[Contact]) -> Iterator[Contact]:
    """Pass contacts on, keeping those of which nothing tells how they ended."""
    from lianfang.engine.conduct import gate

    for one in before:
        if gate.is_open(asked, one):
            opened.append(one)
        yield one


def _near(paths: Sequence[Path], asked: Contact, zone: str | None) -> Iterator[Contact]:
    """Give the contacts of the history that may count for this one, telling how far the reading is."""
    from lianfang.engine.conduct import near
    from lianfang.engine.conduct.intake import Intake

    taken, told = Intake(paths), time.perf_counter()

    def watched() -> Iterator[pa.Table]:
        nonlocal told
        n_read = 0
        for batch in taken.batches():
            n_read += batch.num_rows
            if time.perf_counter() - told >= 1:
                told = time.perf_counter()
                show.line(f"已读历史 {n_read} 行 …", f"{n_read} rows of history read …", sys.stderr)
            yield batch

    yield from near.about(watched(), asked, zone)
    if taken.counts.n_rejected:
        show.line(f"历史记录有 {taken.counts.n_rejected} 行没能读入，不计数；用 conduct audit 看原因",
                  f"{taken.counts.n_rejected} rows of history could not be read and do not count; conduct audit tells why", sys.stderr)


def _standing(place: Path | None) -> Standing:
    from lianfang.engine.conduct import contact, standing

    if place is None:
        return standing.Standing()
    rows = shelf.yaml_text(_text(place), str(place))
    if not isinstance(rows, list) or not all(isinstance(row, dict) and row.get("fact") in standing.SUBJECT for row in rows):
        raise InputError(
            Say("在案事实要是一个列表，每项有 fact", "holds and registers are a list, each with a fact"), code="E-GATE-04", where=str(place),
            fix=Say(f"fact 是：{'、'.join(standing.SUBJECT)}", f"facts: {', '.join(standing.SUBJECT)}"))
    lost = [f"{row['fact']}.{end}: {row[end]}" for row in rows for end in ("from", "until") if row.get(end) is not None and contact.micros(row[end]) is None]
    whom = [str(row["fact"]) for row in rows if not standing.named(row)]
    if lost or whom:  # an end nobody can read must not become "always"
        raise InputError(
            Say("在案事实的起止读不懂，或没有写是谁", "an end of a fact cannot be read, or it is not said whose it is"), code="E-GATE-05", where=str(place),
            fix=Say(f"改正：{'；'.join((*lost, *whom))}。写法见 docs/conduct.md", f"correct: {'; '.join((*lost, *whom))}. docs/conduct.md shows how"))
    return standing.Standing(standing.read(rows))


def _print(told: dict[str, Any], zone: str) -> None:
    english = show.language() == "en"
    show.line("可以联系" if told["allow"] else "不可联系", "allowed" if told["allow"] else "refused")
    for one in told["missing"]:
        print(f"  {one['code']}  {one['en' if english else 'zh']}")
    for one in told["reasons"]:
        mark = "*" if one["decided"] else " "
        source = one["instrument"]["en" if english else "zh"]
        print(f" {mark}{one['code']}  [{one['effect']}] {one['en' if english else 'zh']}  —— {source} {one['clause'] or ''} ({one['rule']})")
    for one in told["limits"]:
        left = show.said(Say(f"还可 {one['left']} 次", f"{one['left']} left"))
        at = datetime.fromisoformat(one["resets_at"]).astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M") if one["resets_at"] else ""
        resets = show.said(Say(f"，{at}（{zone}）起恢复", f", resets {at} ({zone})")) if at else ""
        print(f"  {one['code']}  {one['used']}/{one['max']} {left}{resets}")
    for one in told["offers"]:
        print(f"  → {one['code']}  {one['en' if english else 'zh']}")


def audit(paths: Sequence[Path], out: Path, options: AuditOptions = AuditOptions()) -> int:
    """Audit contact logs into a folder that is whole or not there.

    Args:
        paths: files and folders of contacts, CSV, XLSX or Parquet, Chinese or English headers.
        out: where the results shall stand.
        options: rules, holds and registers, mappings.

    Returns:
        0; the exit code never says whether breaches were found.
    """
    from lianfang.engine.conduct import audit as audits
    from lianfang.engine.conduct import grade
    from lianfang.engine.conduct.intake import Intake
    from lianfang.engine.identify.run import folder
    from lianfang.engine.tables.duck import DuckTables

    held, stands, progress = _rules(options.rules), _standing(options.standing), show.Progress(3)
    with folder.making(out, options.force) as beside:
        progress.step(_READ)
        taken = Intake(paths, options.mappings, beside / ".spill")
        made = audits.audit(taken.batches(), DuckTables(threads=options.threads), held, stands, _stepper(progress))
        progress.step(_WRITE)
        counted = grade.tally(made)
        _write(beside, made, held, taken, counted)
        progress.done()
    _tell(made, taken, counted, out)
    return Exit.OK


def _tell(made: Audit, taken: Intake, counted: Tally, out: Path) -> None:
    """Print the accounts: rows, refusals, findings; every number stands in the files too."""
    counts, lost = taken.counts, taken.rejects.told
    show.line(
        f"读入 {counts.n_in} 行 = 核对 {made.n_kept} + 重复 {made.n_same} + 整行拒收 {counts.n_rejected}；"
        f"行内置空或改动 {lost.cells} 格，没有读的列或文件 {lost.wider} 个（共 {lost.rows + lost.cells + lost.wider} 条，见 rejects.csv）",
        f"rows in {counts.n_in} = judged {made.n_kept} + told twice {made.n_same} + rows rejected {counts.n_rejected}; "
        f"cells emptied or changed {lost.cells}, columns or files not read {lost.wider} ({lost.rows + lost.cells + lost.wider} lines in rejects.csv)",
    )
    show.line(
        f"发现 {counted.rows - counted.twice} 条 = 确定违规 {counted.breaches}（其中严重 {counted.severe}）+ 不明 {counted.unclear}（记录没有写明）+ 未遂 {counted.tried}；"
        f"确定违规的联系 {counted.contacts} 次\n"
        f"findings.parquet 共 {counted.rows} 行：另有 {counted.twice} 行是别的规范对同一联系的同一判断，decided 为否，不重复计；结果在 {out}/",
        f"{counted.rows - counted.twice} findings = {counted.breaches} breaches proved (severe: {counted.severe}) + {counted.unclear} unclear (the record does not tell) "
        f"+ {counted.tried} only tried; {counted.contacts} contacts in breach\n"
        f"findings.parquet has {counted.rows} rows: in {counted.twice} more another instrument says the same of the same contact, decided is false, "
        f"not counted again; results stand in {out}/",
    )


def _stepper(progress: show.Progress) -> Callable[[str], None]:
    """Tell when reading is over and counting begins."""
    return lambda word: progress.step(_JUDGE) if word == "count" else None


def _write(beside: Path, made: Audit, held: Rules, taken: Intake, counted: Tally) -> None:
    """Write all results."""
    import shutil
    from concurrent.futures import ThreadPoolExecutor

    from lianfang.engine.conduct import findings, grade
    from lianfang.engine.identify.run import folder
    from lianfang.engine.reports import conduct as pages

    with ThreadPoolExecutor(1, thread_name_prefix="lianfang-write") as pool:
        written = [pool.submit(findings.write, beside / "findings.parquet", made.findings)]
        agencies, collectors = grade.agencies(made), grade.collectors(made)
        tables = {"agencies": agencies.drop_columns(["collector_id"]) if "collector_id" in agencies.column_names else agencies,
                  "collectors": collectors, "told_twice": made.same}
        written += [pool.submit(folder.write, beside, name, table) for name, table in tables.items()]
        taken.rejects.write_csv(beside / "rejects.csv")
        shutil.rmtree(beside / ".spill", ignore_errors=True)
        told = pages.Told(made, held, agencies, collectors, version("lianfang"))
        (beside / "report.html").write_text(pages.page(told), encoding="utf-8")
        for each in written:
            each.result()
    story = {
        "version": version("lianfang"), "rules_sha256": made.rules_sha256, "policy": held.policy, "default_zone": held.default_zone,
        "packs": list(dict.fromkeys(rule.source.pack for rule in held.all)), "n_rules": len(held.contact),
        "inputs": [{"file": one.file, "sha256": one.sha256, "rows_in": one.counts.n_in, "rows_rejected": one.counts.n_rejected} for one in taken.files],
        "rows": {"in": taken.counts.n_in, "judged": made.n_kept, "told_twice": made.n_same, "rejected": taken.counts.n_rejected},
        "rejects": asdict(taken.rejects.told), "findings": asdict(counted), "oddities": made.oddities, "counts": {name: table.num_rows for name, table in {"findings": made.findings, **tables}.items()},
    }
    (beside / "run.json").write_text(json.dumps(story, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
