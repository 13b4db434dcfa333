"""Pages of uploads and runs, and of one text."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import FileResponse, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from lianfang.engine.terms.errors import NotFound, Say
from lianfang.web.accounts.door import door
from lianfang.web.accounts.permissions import Permission
from lianfang.web.frame.page import page, part
from lianfang.web.identify import access, actions, guides, letters, shelves
from lianfang.web.identify.forms import MOST_SIGNS, CheckForm, UploadForm
from lianfang.web.identify.states import DRAFT


@door(Permission.RUN_READ)
def runs(request: Any) -> HttpResponse:
    """List the runs, newest first."""
    shown = part(access.find_runs(request.member), request.GET.get("page"))
    return page(request, "identify/runs.html", part=shown, form=UploadForm())


@door(Permission.RUN_MAKE, "POST")
def upload(request: Any) -> HttpResponse:
    """Take files, look into them, and ask whether the columns were understood."""
    form = UploadForm(request.POST, request.FILES)
    if not form.is_valid():
        shown = part(access.find_runs(request.member), None)
        return page(request, "identify/runs.html", 400, part=shown, form=form)
    run = actions.take_files(request.member, form.cleaned_data["files"], form.cleaned_data["name"])
    actions.recognise(run, {})
    return HttpResponseRedirect(reverse("identify-run", args=[run.code]))


@door(Permission.RUN_READ)
def run(request: Any, code: UUID) -> HttpResponse:
    """Show a run: a draft's columns, a running one's step, a finished one's counts, a failed one's reason."""
    found = access.get_run(request.member, code)
    fields = guides.fields_of({table["kind"] for table in found.columns}) if found.state == DRAFT else {}
    tables = [(n, table, fields.get(table["kind"], [])) for n, table in enumerate(found.columns)]
    return page(
        request, "identify/run.html", run=found, files=access.files_of(found), tables=tables, kinds=guides.kinds(),
        hows=guides.HOWS, rejects=(found.told.get("rejects_by_reason") or {}).items(),
    )  # fmt: skip


@door(Permission.RUN_READ)
def progress(request: Any, code: UUID) -> HttpResponse:
    """Give the state of a run, for the page that watches it."""
    found = access.get_run(request.member, code)
    response = page(request, "identify/run_progress.html", run=found)
    if not found.is_open:
        response.headers["HX-Refresh"] = "true"
    return response


@door(Permission.RUN_MAKE, "POST")
def again_columns(request: Any, code: UUID) -> HttpResponse:
    """Look into a draft's files again, as another kind of record."""
    found = _draft(request, code)
    kinds = {table["label"]: request.POST.get(f"kind-{n}", "") for n, table in enumerate(found.columns)}
    known = set(guides.kinds())
    actions.recognise(found, {label: kind for label, kind in kinds.items() if kind in known})
    return HttpResponseRedirect(reverse("identify-run", args=[code]))


def _draft(request: Any, code: UUID) -> Any:
    found = access.get_run(request.member, code)
    actions.must_be(found, DRAFT)
    return found


@door(Permission.RUN_MAKE, "POST")
def start(request: Any, code: UUID) -> HttpResponse:
    """Confirm the columns and let the run begin."""
    found = _draft(request, code)
    chosen = [
        {use["header"]: _field(request.POST, n, use) for use in table["columns"]} for n, table in enumerate(found.columns)
    ]
    actions.start(request.member, found, chosen)
    return HttpResponseRedirect(reverse("identify-run", args=[code]))


def _field(given: Any, table: int, use: dict[str, Any]) -> str:
    name = f"field-{table}-{use['place']}"
    return str(given.get(name, use["field"] or ""))


@door(Permission.RUN_MAKE, "POST")
def again(request: Any, code: UUID) -> HttpResponse:
    """Run the same files once more."""
    made = actions.again(request.member, access.get_run(request.member, code))
    return HttpResponseRedirect(reverse("identify-run", args=[made.code]))


@door(Permission.RUN_MAKE, "POST")
def drop(request: Any, code: UUID) -> HttpResponse:
    """Delete a draft or a failed run."""
    actions.drop(request.member, access.get_run(request.member, code))
    return HttpResponseRedirect(reverse("identify-runs"))


@door(Permission.RUN_READ)
def rejects(request: Any, code: UUID) -> Any:
    """Give the refused rows and cells of a run as CSV; values in it are masked."""
    found = access.get_run(request.member, code)
    place = shelves.folder_of(found.code) / "results" / "rejects.csv"
    if not place.exists():
        raise NotFound(Say("这次运行没有拒收表", "this run has no table of rejects"), code="E-RUN-06")
    return FileResponse(place.open("rb"), as_attachment=True, filename="rejects.csv", content_type="text/csv; charset=utf-8")


@door(Permission.TEXT_CHECK, "GET", "POST")
def check(request: Any) -> HttpResponse:
    """Look at one text: what it shows, by which words, and which guards acted. The text is not kept."""
    form = CheckForm(request.POST or None)
    if request.method == "GET" or not form.is_valid():
        return page(request, "identify/check.html", form=form, most=MOST_SIGNS)
    text = form.cleaned_data["text"]
    answer = guides.checked(text)
    template = "identify/check_answer.html" if request.headers.get("HX-Request") else "identify/check.html"
    return page(
        request, template, form=form, answer=answer, pieces=letters.lit(text, guides.marks(answer)),
        folded=letters.folded(text), most=MOST_SIGNS,
    )  # fmt: skip
