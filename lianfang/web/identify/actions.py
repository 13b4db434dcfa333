"""Changes in this room: files taken, runs asked for, links judged, rings shared."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lianfang.engine.terms import clock
from lianfang.engine.terms.errors import Conflict, InputError, NotEnough, Say
from lianfang.web.accounts import access as accounts
from lianfang.web.accounts.act import act, takes
from lianfang.web.accounts.models import Membership
from lianfang.web.accounts.permissions import Permission
from lianfang.web.identify import access, shelves, tallies
from lianfang.web.identify.models import GuideEdition, Judgement, Ring, Run, RunFile, SavedView
from lianfang.web.identify.states import ANSWERS, DONE, DRAFT, FAILED, RUNNING, WAITING

_PREVIEW_SECONDS, MOST_VIEWS = 120, 30
_RING = ("ring_id", "level", "n_records", "n_people", "n_institutions", "first_on", "last_on", "activities", "score",
         "why_zh", "why_en")  # fmt: skip


@act(Permission.RUN_MAKE, "identify:run:drafted")
def take_files(who: Membership, uploads: Sequence[Any], name: str) -> Run:
    """Keep uploaded files as a new run that waits to be confirmed."""
    code = uuid.uuid4()
    try:
        kept = shelves.keep(code, uploads)
    except (InputError, OSError):
        shelves.drop(code)
        raise
    run = Run.objects.create(
        code=code, institution=who.institution, made_by=who, name=name or kept[0][0], made_at=clock.now()
    )
    RunFile.objects.bulk_create(RunFile(run=run, name=n, n_bytes=size, sha256=digest) for n, size, digest in kept)
    return run


def recognise(run: Run, kinds: Mapping[str, str]) -> Run:
    """Look into a draft's files in a process of their own; keep how columns were taken, or the refusal."""
    shelves.write(run.code, "request.json", {"kinds": dict(kinds)})
    told = _asked("columns", run)
    run.columns = told.get("tables", [])
    run.told = {"wrong": told["wrong"]} if "wrong" in told else {"refused": told.get("refused", [])}
    run.state = FAILED if "wrong" in told else DRAFT
    run.save(update_fields=["columns", "told", "state"])
    return run


def _asked(what: str, run: Run) -> dict[str, Any]:
    folder = shelves.folder_of(run.code)
    (folder / "told.json").unlink(missing_ok=True)
    try:
        subprocess.run(
            [sys.executable, "-m", "lianfang.web.identify.child", what, str(folder)],
            timeout=_PREVIEW_SECONDS, check=False, capture_output=True,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return {"wrong": wrong(Say("这个文件打开得太久,已放弃", "the file took too long to open and was given up"), "E-UPLOAD-02")}
    told = shelves.read(run.code, "told.json")
    return told or {"wrong": wrong(Say("这个文件让读取程序停住了", "the file stopped the program that reads it"), "E-UPLOAD-03")}


def wrong(say: Say, code: str) -> dict[str, Any]:
    """Make the kept form of an error."""
    fix = Say("检查文件是否完好,或另存为 CSV 再传", "see whether the file is whole, or save it as CSV")
    return {"code": code, "zh": say.zh, "en": say.en, "fix_zh": fix.zh, "fix_en": fix.en, "where": "", "faults": []}


@act(Permission.RUN_MAKE, "identify:run:asked")
def start(who: Membership, run: Run, chosen: Sequence[Mapping[str, str]]) -> Run:
    """Confirm how columns are taken and let the run wait for a worker.

    Args:
        who: the membership that acts.
        run: a draft.
        chosen: for each table, header to field; an empty field leaves the column out.
    """
    must_be(run, DRAFT)
    folder = shelves.folder_of(run.code) / "mappings"
    folder.mkdir(exist_ok=True, mode=0o700)
    for n, (table, fields) in enumerate(zip(run.columns, chosen, strict=True)):
        (folder / f"{n:03d}.yaml").write_text(_mapping(table, fields), "utf-8")
        for use in table["columns"]:
            use["field"] = fields.get(use["header"]) or None
    run.state = WAITING
    run.save(update_fields=["state", "columns"])
    return run


def _mapping(table: Mapping[str, Any], fields: Mapping[str, str]) -> str:
    """Write the mapping file of one table, as `lianfang run --mapping` reads it."""
    lines = [f"source: {json.dumps(table['label'], ensure_ascii=False)}", f"kind: {table['kind']}", "columns:"]
    for use in table["columns"]:
        field = fields.get(use["header"], "")
        value = json.dumps({"field": field, "unit": use["unit"]}) if field and use["unit"] else field or "null"
        lines.append(f"  {json.dumps(use['header'], ensure_ascii=False)}: {value}")
    return "\n".join(lines) + "\n"


@act(Permission.RUN_MAKE, "identify:run:repeated")
def again(who: Membership, run: Run) -> Run:
    """Run the same files once more, so that judgements made since are obeyed."""
    must_be(run, DONE, FAILED)
    made = Run.objects.create(
        institution=run.institution, made_by=who, name=run.name, made_at=clock.now(), columns=run.columns, state=WAITING
    )
    shelves.copy(run.code, made.code)
    RunFile.objects.bulk_create(
        RunFile(run=made, name=one.name, n_bytes=one.n_bytes, sha256=one.sha256) for one in access.files_of(run)
    )
    return made


@act(Permission.RUN_MAKE, "identify:run:dropped")
def drop(who: Membership, run: Run) -> Gone:
    """Delete a draft or a failed run with its files."""
    must_be(run, DRAFT, FAILED)
    gone = Gone(run.code)
    run.delete()
    shelves.drop(gone.code)
    return gone


@dataclass(frozen=True)
class Gone:
    """What is left of a deleted run: its code, for the log."""

    code: uuid.UUID


def must_be(run: Run, *states: str) -> None:
    """Refuse what a run's state does not allow."""
    if run.state not in states:
        raise Conflict(
            Say(f"这次运行{run.state_name.zh},现在不能这样做", f"the run is {run.state_name.en}; this cannot be done now"),
            code="E-RUN-03", fix=Say("刷新页面看当前状态", "reload to see its state"),
        )  # fmt: skip


@act(Permission.PAIR_JUDGE, "identify:judgement:made")
def judge(who: Membership, ring: Ring, pair: tuple[str, str], answer: str, reason: str) -> Judgement:
    """Say whether two records of a ring belong together; every later run obeys."""
    left, right = sorted(pair)
    members = {one["key"] for one in access.picture(ring)["members"]}
    if left == right or not {left, right} <= members or answer not in ANSWERS:
        raise NotEnough(
            Say("要选这个团伙里两条不同的记录和一个结论", "choose two different records of this ring and an answer"),
            code="E-JUDGE-10", fix=Say("在成员表里选两条", "choose two in the table of members"),
        )  # fmt: skip
    return Judgement.objects.create(
        institution=who.institution, left=left, right=right, answer=answer, reason=reason, ring_id=ring.ring_id,
        made_by=who, made_at=clock.now(),
    )  # fmt: skip


@act(Permission.PAIR_JUDGE, "identify:judgement:taken_back")
def take_back(who: Membership, judgement: Judgement) -> Judgement:
    """Take a judgement back; it stays on record and no later run obeys it."""
    if judgement.taken_back_at is not None:
        raise Conflict(Say("这条研判已收回", "it was taken back already"), code="E-JUDGE-12")
    judgement.taken_back_at, judgement.taken_back_by = clock.now(), who
    judgement.save(update_fields=["taken_back_at", "taken_back_by"])
    return judgement


@act(Permission.RING_SHARE, "identify:ring:shared")
def share(who: Membership, ring: Ring) -> Ring:
    """Let the association above see a ring, masked."""
    if accounts.association_of(ring.institution) is None:
        raise Conflict(Say("本机构上面没有协会", "there is no association above"), code="E-RING-04")
    if ring.shared_at is not None:
        raise Conflict(Say("已经报给协会", "it was shared already"), code="E-RING-05")
    ring.shared_at = clock.now()
    ring.save(update_fields=["shared_at"])
    return ring


@act(Permission.RING_READ, "identify:view:saved")
def save_view(who: Membership, name: str, filters: Mapping[str, str]) -> SavedView:
    """Keep filters of the queue under a name; the same name is written over."""
    kept = access.filters_of(filters)
    known = access.find_views(who)
    if not known.filter(name=name).exists() and known.count() >= MOST_VIEWS:
        raise Conflict(
            Say(f"已有 {MOST_VIEWS} 个视图", f"there are {MOST_VIEWS} views already"), code="E-VIEW-02",
            fix=Say("先删掉不用的", "delete one that is no longer used"),
        )  # fmt: skip
    made, _ = SavedView.objects.update_or_create(member=who, name=name, defaults={"filters": kept, "made_at": clock.now()})
    return made


@act(Permission.RING_READ, "identify:view:deleted")
def delete_view(who: Membership, view: SavedView) -> Gone:
    """Delete a saved view."""
    gone = Gone(view.code)
    view.delete()
    return gone


def judgements_file(institution: Any) -> str:
    """Write the judgements that stand, as `lianfang run --judgements` reads them."""
    out = io.StringIO()
    rows = csv.writer(out)
    rows.writerow(("left", "right", "answer", "by", "at", "reason"))
    for one in Judgement.objects.filter(institution=institution, taken_back_at=None).select_related("made_by__user"):
        rows.writerow((one.left, one.right, one.answer, str(one.made_by.user), one.made_at.isoformat(), one.reason))
    return out.getvalue()


def claim() -> Run | None:
    """Take the oldest waiting run for this worker; of two workers one gets it."""
    for run in Run.objects.filter(state=WAITING).select_related("institution").order_by("pk")[:5]:
        at = clock.now()
        mine = Run.objects.filter(pk=run.pk, state=WAITING)
        if mine.update(state=RUNNING, started_at=at, beat_at=at, n_tries=run.n_tries + 1, step={}):
            run.refresh_from_db()
            return run
    return None


def beat(run: Run, step: Mapping[str, Any]) -> None:
    """Tell the step under way, and that the worker lives."""
    Run.objects.filter(pk=run.pk, state=RUNNING).update(step=dict(step), beat_at=clock.now())


@takes("identify:run:done")
def finish(run: Run, told: Mapping[str, Any], rings: Sequence[Mapping[str, Any]]) -> Run:
    """Keep what a run found."""
    Ring.objects.filter(run=run).delete()
    Ring.objects.bulk_create(
        (
            Ring(run=run, institution=run.institution, place=n, **{name: row[name] for name in _RING})
            for n, row in enumerate(rings)
        ),
        batch_size=500,
    )
    run.state, run.ended_at, run.told = DONE, clock.now(), dict(told)
    run.save(update_fields=["state", "ended_at", "told"])
    _remember_guides(run)
    return run


def _remember_guides(run: Run) -> None:
    """Keep each guide as this run used it; one seen before is only used once more."""
    used = shelves.read(run.code, f"results/{tallies.NAME}").get("guides", {})
    for guide, told in used.items():
        fresh = {"version": told["version"], "text": told["text"], "first_at": run.ended_at}
        GuideEdition.objects.update_or_create(
            guide=guide, sha256=told["sha256"], defaults={"last_at": run.ended_at}, create_defaults=fresh | {"last_at": run.ended_at}
        )


@takes("identify:run:failed")
def fail(run: Run, told: Mapping[str, Any]) -> Run:
    """Keep why a run failed."""
    run.state, run.ended_at, run.told = FAILED, clock.now(), {"wrong": dict(told)}
    run.save(update_fields=["state", "ended_at", "told"])
    return run


def hand_back(run: Run) -> None:
    """Let a run wait for another worker; this try does not count."""
    Run.objects.filter(pk=run.pk, state=RUNNING).update(state=WAITING, step={}, n_tries=max(0, run.n_tries - 1))


def give_back(older_than: Any, most_tries: int) -> int:
    """Let runs whose worker died wait again; one that killed several workers has failed."""
    lost = Run.objects.filter(state=RUNNING, beat_at__lt=older_than)
    for run in lost.filter(n_tries__gte=most_tries).select_related("institution"):
        fail(run, wrong(Say("运行几次都中途停住", "it stopped half-way several times"), "E-RUN-04"))
    return int(lost.filter(n_tries__lt=most_tries).update(state=WAITING, step={}))
