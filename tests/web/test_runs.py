"""Uploads and runs: columns asked before anything runs, strangers' files refused with a reason, judgements obeyed."""

import io
import json
import re
import zipfile
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import override_settings
from django.urls import reverse

from lianfang.engine.terms import clock
from lianfang.engine.terms.clock import SHANGHAI
from lianfang.engine.terms.errors import Conflict, InputError
from lianfang.web.identify import access, actions, child, shelves, work
from lianfang.web.identify.models import Run

HEAD = "投诉编号,姓名,手机号,代理人电话,投诉时间,投诉内容,怪列,密码\n"
NAMES = "赵一 钱二 孙三 李四 周五 吴六 郑七 王八".split()
MOBILE = "13800{:06d}"
LETTER = "本人与贵行存在信用卡合同关系,因贵行未尽审慎义务,特此投诉。请贵行退还全部息费并停止一切催收,若七日内不答复将逐级反映直至问题解决。"


@pytest.fixture
def near(monkeypatch):
    """Look into files by the child's own code without starting its process: two seconds less, the same answer."""

    def looked(words, **_):
        what, folder = words[-2:]
        assert what == "columns"
        monkeypatch.setattr(child.sys, "argv", ["child", what, folder])
        child.main()

    monkeypatch.setattr(actions.subprocess, "run", looked)


def csv(n=8, agent="13911110000"):
    rows = [f'C{i},{NAMES[i % 8]},{MOBILE.format(i)},{agent},2026-01-{i + 1:02d} 10:00,"{LETTER}编号{i}",x,secret{i}' for i in range(n)]
    return (HEAD + "\n".join(rows) + "\n").encode()


def file(name="投诉.csv", content=None):
    return SimpleUploadedFile(name, csv() if content is None else content)


def upload(client, *files, **given):
    return client.post(reverse("identify-run-upload"), {"files": list(files), **given}, follow=True)


def latest():
    return Run.objects.latest("pk")


def test_an_upload_shows_how_columns_are_taken_masked(office):
    told = upload(office.client("analyst"), file(), name="一月").content.decode()
    run = latest()
    assert (run.state, run.name, run.columns[0]["kind"]) == ("draft", "一月", "complaint")
    fields = {use["header"]: use["field"] for use in run.columns[0]["columns"]}
    assert fields["代理人电话"] == "agent_mobile" and fields["怪列"] is None and fields["密码"] is None
    assert "13911110000" not in told and "secret0" not in told and "赵一" not in told
    assert "C3,拒收" in told and "列没有问题" in told
    assert shelves.folder_of(run.code).stat().st_mode & 0o077 == 0


def test_columns_can_be_corrected_before_the_run(office, near):
    client = office.client("analyst")
    upload(client, file())
    run = latest()
    place = next(use["place"] for use in run.columns[0]["columns"] if use["header"] == "怪列")
    given = {f"field-0-{use['place']}": use["field"] or "" for use in run.columns[0]["columns"]} | {f"field-0-{place}": "channel"}
    client.post(reverse("identify-run-start", args=[run.code]), given)
    run.refresh_from_db()
    assert run.state == "waiting"
    told = (shelves.folder_of(run.code) / "mappings" / "000.yaml").read_text("utf-8")
    assert '"怪列": channel' in told and "kind: complaint" in told
    with pytest.raises(Conflict):
        actions.start(office.members["analyst", "first"], run, [{}])


def test_another_kind_can_be_chosen(office, near):
    client = office.client("analyst")
    upload(client, file())
    client.post(reverse("identify-run-columns", args=[latest().code]), {"kind-0": "tip"})
    assert latest().columns[0]["kind"] == "tip"


def bomb():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("[Content_Types].xml", "<Types/>")
        packed.writestr("xl/workbook.xml", "<workbook/>")
        packed.writestr("xl/worksheets/sheet1.xml", b"0" * (300 << 20))
    return out.getvalue()


def entity():
    out = io.BytesIO()
    evil = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><workbook>&e;</workbook>'
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr("[Content_Types].xml", '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>')
        packed.writestr("xl/workbook.xml", evil)
    return out.getvalue()


@pytest.mark.parametrize(
    "hostile", [bomb(), entity(), b"%PDF-1.7\n%\xe2\xe3\xcf\xd3", b"\x7fELF" + bytes(200), b"\x89PNG\r\n\x1a\n" + bytes(99)],
    ids=["zip bomb", "entity", "pdf", "program", "picture"],
)  # fmt: skip
def test_hostile_files_are_refused_with_the_reason(office, near, hostile):
    told = upload(office.client("analyst"), file("投诉.xlsx", hostile)).content.decode()
    run = latest()
    assert run.state == "failed" and run.told["wrong"]["zh"] in told.replace("&#x27;", "'").replace("&quot;", '"')
    assert "下一步" in told and "root:" not in told and str(shelves.folder_of(run.code)) not in told


def book(*cells):
    """Make a workbook whose second row has these cells, formulas as formulas."""
    from openpyxl import Workbook

    made, out = Workbook(), io.BytesIO()
    made.active.append(["投诉编号", "姓名", "投诉时间", "投诉内容"])
    made.active.append(list(cells))
    made.save(out)
    return out.getvalue()


def test_a_formula_is_never_worked_out_nor_passed_on(office, near):
    evil = "=cmd|' /C calc'!A0"
    told = upload(office.client("analyst"), file(content=HEAD.encode() + evil.encode() + b",x,y,z,2026-01-01,hello,x,y\n"))
    assert latest().state == "draft" and evil not in told.content.decode(), "the preview is masked"
    upload(office.client("analyst"), file("投诉.xlsx", book("C1", "赵一", "2026-01-01", '=HYPERLINK("https://evil.example","x")')))
    run = latest()
    assert run.state == "draft" and "evil.example" not in json.dumps(run.columns)


@pytest.mark.parametrize(
    ("name", "kept"),
    [("../../etc/passwd", "passwd"), ("..\\..\\win.csv", "win.csv"), (".hidden.csv", "hidden.csv"), ("a\x00<b>.csv", "a__b_.csv"),
     ("  ", "table"), ("投诉 一月.csv", "投诉 一月.csv"), ("~$lock.xlsx", "lock.xlsx")],
)  # fmt: skip
def test_a_file_name_is_only_a_name(name, kept):
    made = shelves.harmless(name)
    assert "/" not in made and "\\" not in made and not made.startswith((".", "~", "_"))
    assert made == kept or kept.endswith(made) or made.endswith(kept)


def test_two_files_of_one_name_are_both_kept(office, near):
    upload(office.client("analyst"), file(), file(content=csv(3)))
    assert sorted(one.name for one in access.files_of(latest())) == ["2-投诉.csv", "投诉.csv"]


@override_settings(LIANFANG_MOST_UPLOAD_BYTES=100)
def test_too_much_is_refused_and_leaves_nothing(office):
    before = set((shelves.folder_of("x").parent).glob("*"))
    answer = upload(office.client("analyst"), file())
    assert answer.status_code == 400 and "文件太大" in answer.content.decode()
    assert set(shelves.folder_of("x").parent.glob("*")) == before
    with pytest.raises(InputError):
        actions.take_files(office.members["analyst", "first"], [file()], "")


@pytest.mark.parametrize("files", [[], [SimpleUploadedFile("a.csv", b"")]], ids=["none", "empty"])
def test_an_upload_needs_a_file_with_something_in_it(office, files):
    before = Run.objects.count()
    answer = upload(office.client("analyst"), *files)
    assert answer.status_code == 400 and 'role="alert"' in answer.content.decode() and Run.objects.count() == before


def test_a_draft_can_be_deleted_with_its_files(office, near):
    client = office.client("analyst")
    upload(client, file())
    run = latest()
    client.post(reverse("identify-run-drop", args=[run.code]))
    assert not shelves.folder_of(run.code).exists() and not Run.objects.filter(pk=run.pk).exists()
    done = client.post(reverse("identify-run-drop", args=[office.runs["first"].code]))
    assert done.status_code == 409, "a finished run is not deleted by a button"


def test_one_run_goes_to_one_worker(office):
    who = office.members["analyst", "first"]
    run = actions.again(who, office.runs["first"])
    assert actions.claim() == run and actions.claim() is None
    # Its worker dies: after a while it waits again, and after two workers it has failed.
    Run.objects.filter(pk=run.pk).update(beat_at=clock.now() - timedelta(minutes=5))
    actions.give_back(clock.now() - work.LOST_AFTER, work.MOST_TRIES)
    assert actions.claim() == run
    Run.objects.filter(pk=run.pk).update(beat_at=clock.now() - timedelta(minutes=5))
    actions.give_back(clock.now() - work.LOST_AFTER, work.MOST_TRIES)
    run.refresh_from_db()
    assert run.state == "failed" and run.told["wrong"]["code"] == "E-RUN-04"


def test_stopping_the_worker_gives_the_run_back_uncounted(office, monkeypatch):
    run = actions.again(office.members["analyst", "first"], office.runs["first"])

    def stopped(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(work, "_watch", stopped)
    with pytest.raises(KeyboardInterrupt):
        work.once()
    run.refresh_from_db()
    assert (run.state, run.n_tries) == ("waiting", 0)


def test_progress_tells_the_step_in_both_languages(office):
    client, run = office.client("analyst"), actions.again(office.members["analyst", "first"], office.runs["first"])
    address = reverse("identify-run-progress", args=[run.code])
    assert "排队中" in client.get(address).content.decode()
    actions.claim()
    actions.beat(run, {"n": 3, "of": 8, "zh": "连接共用标识", "en": "link shared identifiers"})
    told = client.get(address)
    assert "第 3 步,共 8 步" in told.content.decode() and "连接共用标识" in told.content.decode() and "HX-Refresh" not in told.headers
    client.post("/language", {"language": "en"})
    assert "link shared identifiers" in client.get(address).content.decode()
    Run.objects.filter(pk=run.pk).update(state="done")
    assert client.get(address).headers["HX-Refresh"] == "true"


def test_a_child_that_dies_fails_its_run_with_words(office, monkeypatch):
    monkeypatch.setattr(work.sys, "executable", "/bin/false")
    run = actions.again(office.members["analyst", "first"], office.runs["first"])
    assert work.once()
    run.refresh_from_db()
    assert run.state == "failed" and run.told["wrong"]["code"] == "E-RUN-05"
    assert "下一步" in office.client("analyst").get(reverse("identify-run", args=[run.code])).content.decode()


def test_the_story_from_upload_to_an_obeyed_judgement(office):
    """The engine itself runs here, twice."""
    client, who = office.client("analyst"), office.members["analyst", "first"]
    upload(client, file(), name="故事")
    run = latest()
    given = {f"field-0-{use['place']}": use["field"] or "" for use in run.columns[0]["columns"]}
    client.post(reverse("identify-run-start", args=[run.code]), given)
    assert work.once() and not work.once()
    run.refresh_from_db()
    assert run.state == "done", run.told
    assert run.told["rows"] == {"in": 8, "kept": 8, "rejected": 0}
    ring = access.queue(who, {}).get()
    told = client.get(reverse("identify-ring", args=[ring.code])).content.decode()
    assert ring.n_people == 8 and "139****0000" in told and "13911110000" not in told and "赵一" not in told
    pair = ("complaint:C0", "complaint:C7")
    actions.judge(who, ring, pair, "different", "C7 是本人投诉,与中介无关")
    client.post(reverse("identify-run-again", args=[run.code]))
    assert work.once()
    (after,) = access.queue(who, {})
    keys = {one["key"] for one in access.picture(after)["members"]}
    assert not set(pair) <= keys, "people overrule the machine"
    rejects = client.get(reverse("identify-run-rejects", args=[run.code]))
    assert b"".join(rejects.streaming_content).startswith(b"\xef\xbb\xbf")


def test_every_page_names_a_run_by_the_same_moment(office):
    run = office.runs["first"]
    Run.objects.filter(pk=run.pk).update(ended_at=run.made_at + timedelta(minutes=7))
    run.refresh_from_db()
    client, found = office.client("analyst"), set()
    for page in ("/", "/rings", "/runs"):
        told = client.get(page).content.decode()
        found |= set(re.findall(rf"{re.escape(run.name)}.*?<time datetime=\"([^\"]+)\"", told, re.S)[:1])
    assert len(found) == 1 and found == {run.ended_at.astimezone(SHANGHAI).isoformat()}
