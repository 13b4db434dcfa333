"""Which runs, rings and judgements somebody may see. Not yours answers like not there."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Case, Count, F, Max, Min, Q, Value, When

from lianfang.engine.terms.codes import Kind
from lianfang.engine.terms.errors import NotFound, Say
from lianfang.web.accounts import access as accounts
from lianfang.web.accounts.models import Institution, Membership
from lianfang.web.identify import lookup, shelves, tallies
from lianfang.web.identify.models import GuideEdition, Judgement, Ring, Run, RunFile, SavedView
from lianfang.web.identify.states import DONE

FILTERS = ("run", "level", "activity", "people", "order", "find")
MOST_JUDGED = 500
_LONG = ("told", "columns", "step")  # what a run told and how its columns were taken: read only where a page shows it
ORDERS = {"queue": ("place",), "people": ("-n_people", "place"), "new": ("-last_on", "place")}


def find_runs(who: Membership) -> Any:
    """Give the runs of somebody's own institution, newest first."""
    found = Run.objects.filter(institution=who.institution_id)
    return found.select_related("made_by__user").order_by("-pk")


def listed_runs(who: Membership) -> Any:
    """Give the runs of somebody's own institution as a list shows them."""
    return find_runs(who).defer(*_LONG)


def get_run(who: Membership, code: UUID) -> Run:
    """Give a run of somebody's own institution."""
    found: Run | None = find_runs(who).filter(code=code).first()
    if found is None:
        raise NotFound(Say("没有这次运行", "there is no such run"), code="E-RUN-01")
    return found


def runs_by_state() -> dict[str, int]:
    """Count the runs of the whole office by state: a number for whoever looks after the machine."""
    return dict(Run.objects.values_list("state").annotate(n=Count("pk")).order_by())


def last_beat() -> list[datetime]:
    """Give the last sign of life of any run's worker, if there ever was one."""
    found = Run.objects.aggregate(at=Max("beat_at"))["at"]
    return [found] if found else []


def files_of(run: Run) -> list[RunFile]:
    """Give the files of a run."""
    return list(run.files.order_by("name"))


def latest_run(who: Membership) -> Run | None:
    """Give the last finished run of somebody's institution: its rings are today's queue."""
    found: Run | None = _finished(who).defer(*_LONG).first()
    return found


def _finished(who: Membership) -> Any:
    return Run.objects.filter(institution=who.institution_id, state=DONE).order_by("-pk")


def weeks_of(who: Membership) -> list[list[Any]]:
    """Give the records with signs in today's queue: Monday of their week, activity, number."""
    run = latest_run(who)
    found: list[list[Any]] = shelves.read(run.code, f"results/{tallies.NAME}").get("weeks", []) if run else []
    return found


def ring_states(who: Membership, in_case: Any) -> dict[str, int]:
    """Count the rings of the queue by what people made of them; each ring counts once.

    Args:
        who: the membership that asks.
        in_case: ids of the rings a case was opened on, as a query.
    """
    judged = Judgement.objects.filter(institution=who.institution_id, taken_back_at=None).values("ring_id")
    state = Case(
        When(ring_id__in=in_case, then=Value("in_case")), When(shared_at__isnull=False, then=Value("shared")),
        When(ring_id__in=judged, then=Value("judged")), default=F("level"),
    )  # fmt: skip
    counted = queue(who, {}).order_by().annotate(state=state).values_list("state").annotate(n=Count("pk"))
    return dict(counted)


def review_days(who: Membership) -> list[int]:
    """Give the days between a ring's first run and the first judgement about it, for the last rings judged."""
    mine = find_judgements(who).exclude(ring_id="").order_by()
    judged = dict(mine.values_list("ring_id").annotate(first=Min("made_at")).order_by("-first")[:MOST_JUDGED])
    found = Ring.objects.filter(institution=who.institution_id, ring_id__in=judged, run__ended_at__isnull=False)
    return [max(0, (judged[one] - at).days) for one, at in found.values_list("ring_id").annotate(Min("run__ended_at"))]


def visible_rings(who: Membership) -> Any:
    """Give the rings somebody may see: their institution's own; at an association, those shared with it."""
    mine = Q(institution=who.institution_id)
    if who.institution.sort == "association":
        below = [one.pk for one in accounts.reach(who)]
        mine |= Q(institution__in=below, shared_at__isnull=False)
    found = Ring.objects.filter(mine).select_related("institution", "institution__parent", "run")
    return found.defer(*(f"run__{one}" for one in _LONG))


def queue(who: Membership, wanted: Any) -> Any:
    """Give the rings waiting, filtered and ordered as asked."""
    found = visible_rings(who)
    run = wanted.get("run", "")
    if _is_code(run):
        found = found.filter(run__code=run)
    elif who.institution.sort != "association":
        found = found.filter(run=_finished(who).values_list("pk", flat=True).first())
    if wanted.get("level") in ("look", "review"):
        found = found.filter(level=wanted["level"])
    if wanted.get("activity"):
        found = found.filter(activities__contains=wanted["activity"])
    if wanted.get("people", "").isdecimal():
        found = found.filter(n_people__gte=int(wanted["people"][:8]))
    if wanted.get("find"):
        words = wanted["find"][:60]
        found = found.filter(Q(ring_id__icontains=words) | Q(why_zh__icontains=words) | Q(why_en__icontains=words))
    return found.order_by(*ORDERS.get(wanted.get("order", ""), ORDERS["queue"]))


def count_levels(found: Any) -> dict[str, int]:
    """Count rings by level."""
    return dict(found.order_by().values_list("level").annotate(n=Count("pk")))


def _is_code(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def filters_of(wanted: Any) -> dict[str, str]:
    """Give the filters of the queue that were asked for."""
    return {one: str(wanted[one])[:80] for one in FILTERS if wanted.get(one)}


def find_views(who: Membership) -> Any:
    """Give somebody's own saved views, by name."""
    return SavedView.objects.filter(member=who.pk).order_by("name")


def get_view(who: Membership, code: UUID) -> SavedView:
    """Give one of somebody's own saved views."""
    found: SavedView | None = find_views(who).filter(code=code).first()
    if found is None:
        raise NotFound(Say("没有这个视图", "there is no such view"), code="E-VIEW-01")
    return found


def editions_of(guide: str) -> list[GuideEdition]:
    """Give a guide as runs of this office used it, the latest first."""
    return list(GuideEdition.objects.filter(guide=guide).order_by("-last_at", "-pk"))


def record_of(run: Run, kind: str, record_id: str) -> lookup.Found:
    """Give one record of a run somebody may see, raw: callers mask it, or note the look."""
    known = kind in set(Kind)
    found = lookup.record(shelves.folder_of(run.code) / "results", kind, record_id) if known else None
    if found is None:
        raise NotFound(
            Say("这次运行里没有这条记录", "this run has no such record"), code="E-RECORD-10",
            fix=Say("核对种类和编号;旧的运行要再运行一次才能查", "check kind and id; an old run must be run again first"),
        )  # fmt: skip
    return found


def ring_of(who: Membership, run: Run, ring_id: str) -> Ring | None:
    """Give the ring of a run that a record stands in, if somebody may see it."""
    found: Ring | None = visible_rings(who).filter(run=run, ring_id=ring_id).first() if ring_id else None
    return found


def members_of(ring: Ring) -> list[dict[str, Any]]:
    """Give every member record of a ring: kind, record id, role."""
    return lookup.members(shelves.folder_of(ring.run.code) / "results", ring.ring_id)


def get_ring(who: Membership, code: UUID) -> Ring:
    """Give one ring somebody may see."""
    found: Ring | None = visible_rings(who).filter(code=code).first()
    if found is None:
        raise NotFound(Say("没有这个团伙", "there is no such ring"), code="E-RING-01")
    return found


def rings_behind(institutions: Iterable[Institution]) -> Any:
    """Give the shared rings of some institutions: what stands behind a regulator's door."""
    below = [one.pk for one in institutions]
    found = Ring.objects.filter(institution__in=below, shared_at__isnull=False)
    return found.select_related("institution", "run").order_by("-shared_at", "-pk")


def get_ring_behind(institutions: Iterable[Institution], code: UUID) -> Ring:
    """Give one shared ring of some institutions."""
    found: Ring | None = rings_behind(institutions).filter(code=code).first()
    if found is None:
        raise NotFound(Say("没有这个团伙", "there is no such ring"), code="E-RING-01")
    return found


def get_own_ring(who: Membership, code: UUID) -> Ring:
    """Give one ring of somebody's own institution: judging and unmasking stop at its door."""
    found: Ring | None = visible_rings(who).filter(code=code, institution=who.institution_id).first()
    if found is None:
        raise NotFound(Say("没有这个团伙", "there is no such ring"), code="E-RING-01")
    return found


def picture(ring: Ring) -> dict[str, Any]:
    """Give everything a ring's page shows, masked."""
    return shelves.picture(ring.run.code, ring.ring_id)


def raw_of(ring: Ring, record: str) -> dict[str, str]:
    """Give the raw text of one member record; only for callers that have noted the look."""
    found: dict[str, str] | None = shelves.picture(ring.run.code, ring.ring_id, "raw").get(record)
    if found is None:
        raise NotFound(Say("这个团伙里没有这条记录", "this ring has no such record"), code="E-RING-03")
    return found


def find_judgements(who: Membership) -> Any:
    """Give the judgements of somebody's institution, newest first."""
    found = Judgement.objects.filter(institution=who.institution_id)
    return found.select_related("made_by__user", "taken_back_by__user").order_by("-pk")


def get_judgement(who: Membership, code: UUID) -> Judgement:
    """Give one judgement of somebody's institution."""
    found: Judgement | None = find_judgements(who).filter(code=code).first()
    if found is None:
        raise NotFound(Say("没有这条研判", "there is no such judgement"), code="E-JUDGE-11")
    return found


def standing_in(who: Membership, keys: Collection[str]) -> list[Judgement]:
    """Give the standing judgements about some records: those of a ring."""
    mine = find_judgements(who).filter(taken_back_at=None)
    return list(mine.filter(left__in=keys, right__in=keys))
