"""One record of a run, saved views, a guide's history, the desk's picture: what the pages show and what they keep back."""

import json
import re

import pyarrow as pa
import pytest
from django.db.models import F
from django.urls import reverse

from lianfang.engine.terms import clock
from lianfang.web.accounts.models import Visit
from lianfang.web.cases.models import Case
from lianfang.web.desk import picture
from lianfang.web.identify import actions, editions, lookup, shelves, tallies
from lianfang.web.identify.models import GuideEdition, SavedView

PERSON, MOBILE = "赵甲乙", "13800000001"
TEXT = f"本人{PERSON}被骗,专业停息挂账,加微信 abc12345 联系,手机 {MOBILE}"


def results_of(run):
    return shelves.folder_of(run.code) / "results"


@pytest.fixture
def kept(office):
    """Keep the tables of a run as the run's own process would: three complaints, one of them in a ring."""
    run = office.runs["first"]
    home = results_of(run) / lookup.FOLDER
    if not home.exists():
        home.mkdir()
        record = pa.table({
            "record_no": [0, 1, 2], "record_id": ["C2", "C0", "C1"], "source_file": ["c.csv"] * 3, "source_row": [4, 2, 3],
            "institution": ["甲银行"] * 3, "person_name": [PERSON] * 3, "person_mobile": [MOBILE] * 3, "text": [TEXT] * 3,
            "disputed_fen": [123456, None, None], "said_activity": ["BG02"] * 3, "said_level": ["review", None, None],
            "said_score": [9.0, None, None], "said_guards": ["", None, None], "said_evasion": [True, None, None],
        })  # fmt: skip
        lookup.keep(home, "record_complaint", record, ("record_id",))
        at = TEXT.index("停息挂账")
        signals = pa.table({"kind": ["complaint"], "record_id": ["C2"], "guide": ["LF-G-0201"], "guide_version": ["1"], "clause": ["offer"],
                            "strength": ["strong"], "span_start": [at], "span_end": [at + 4], "matched": ["停息挂账"],
                            "why_zh": ["写了停息挂账"], "why_en": ["says stop interest"]})  # fmt: skip
        lookup.keep(home, "signals", signals, ("kind", "record_id"))
        links = pa.table({"left_kind": ["complaint"], "left_id": ["C0"], "right_kind": ["complaint"], "right_id": ["C2"], "by": ["agent_mobile"],
                          "weight_bits": [9.0], "why_zh": ["共用代理人手机号"], "why_en": ["one agent's mobile"]})  # fmt: skip
        lookup.keep(home, "links", lookup.both_ways(links), ("kind", "record_id"))
        ring = office.ring("first").ring_id
        seats = pa.table({"ring_id": [ring] * 3, "kind": ["complaint"] * 3, "record_id": ["C0", "C1", "C2"], "role": ["complainant"] * 3})
        lookup.keep(home, "seats", seats.slice(2), ("kind", "record_id"))
        lookup.keep(home, "members", seats, ("ring_id",))
    return run


def record(client, run, record_id="C2", kind="complaint"):
    return client.get(reverse("identify-run-record", args=[run.code]), {"kind": kind, "id": record_id})


def test_a_record_is_shown_masked_with_signs_links_and_ring(office, kept):
    told = record(office.client("analyst"), kept).content.decode()
    assert PERSON not in told and MOBILE not in told and "abc12345" not in told
    assert "138****0001" in told and "1,234.56" in told and "第 4 行" in told and "变体写法" in told
    assert '<mark class="strong"' in told and ">停息挂账</mark>" in told and "写了停息挂账" in told
    assert "共用代理人手机号" in told and "id=C0" in told and office.ring("first").ring_id in told
    alone = record(office.client("analyst"), kept, "C0").content.decode()
    assert "没有特征" in alone and "不在任何提请的团伙里" in alone and "id=C2" in alone


def test_the_folded_form_beside_is_masked_too(office, kept):
    told = record(office.client("analyst"), kept).content.decode()
    folded = told.split("折叠后")[1]
    assert "停息挂账" in folded and MOBILE not in folded and PERSON not in folded


@pytest.mark.parametrize(("kind", "record_id"), [("complaint", "C9"), ("post", "C2"), ("../complaint", "C2"), ("complaint", "' or 1=1")])
def test_a_record_that_is_not_there_is_not_there(office, kept, kind, record_id):
    assert record(office.client("analyst"), kept, record_id, kind).status_code == 404
    assert record(office.client("analyst", "second"), kept).status_code == 404


def test_a_record_unmasked_needs_a_purpose_and_is_counted(office, kept):
    client = office.client("analyst")
    unmask, named = reverse("identify-run-record-unmask", args=[kept.code]), {"kind": "complaint", "id": "C2"}
    assert PERSON not in client.post(unmask, named, follow=True).content.decode() and not Visit.objects.exists()
    stated = named | {"purpose": "judge", "reason": "核对是否同一人"}
    back = client.post(reverse("identify-run-record-purpose", args=[kept.code]), stated)
    assert "id=C2" in back.url
    told = client.post(unmask, named).content.decode()
    assert PERSON in told and "30 天内已看 1 人" in told
    seen = Visit.objects.get()
    assert seen.target == f"run:{kept.code}:complaint:C2" and seen.reason == "核对是否同一人"
    assert client.post(unmask, named | {"id": "C9"}).status_code == 404 and Visit.objects.count() == 1


def test_all_members_of_a_ring_are_listed(office, kept):
    told = office.client("analyst").get(reverse("identify-ring-members", args=[office.ring("first").code])).content.decode()
    assert "共 3 条记录" in told and told.count("complaint&amp;id=") == 3
    handler = office.client("compliance", "agency").get(reverse("identify-ring-members", args=[office.ring("first").code]))
    assert handler.status_code == 404


def test_only_the_row_groups_that_may_hold_a_record_are_read(tmp_path, monkeypatch):
    import pyarrow.parquet as pq

    ids = [f"C{n:06d}" for n in range(3 * lookup.GROUP_ROWS)]
    lookup.keep(tmp_path, "seats", pa.table({"kind": ["complaint"] * len(ids), "record_id": ids[::-1]}), ("kind", "record_id"))
    read = []
    whole = pq.ParquetFile.read_row_groups
    monkeypatch.setattr(pq.ParquetFile, "read_row_groups", lambda self, groups, **more: read.append(groups) or whole(self, groups, **more))
    (found,) = lookup._rows(tmp_path / "seats.parquet", {"kind": "complaint", "record_id": ids[lookup.GROUP_ROWS + 5]}, 1)
    assert found["record_id"] == ids[lookup.GROUP_ROWS + 5] and read == [[1]]
    assert lookup._rows(tmp_path / "seats.parquet", {"kind": "complaint", "record_id": "D"}, 1) == [] and len(read) == 1


def save(client, name="待审核", **filters):
    return client.post(reverse("identify-view-save"), {"name": name, **filters}, follow=True)


def test_a_view_is_saved_under_a_name_used_and_deleted(office):
    client = office.client("analyst")
    told = save(client, level="review", people="3", nonsense="x").content.decode()
    view = SavedView.objects.get()
    assert view.filters == {"level": "review", "people": "3"} and "待审核" in told and "共 1 个" in told
    save(client, level="look")
    assert SavedView.objects.get().filters == {"level": "look"}, "the same name is written over"
    assert "?level=look" in client.get("/rings").content.decode()
    client.post(reverse("identify-view-delete", args=[view.code]))
    assert not SavedView.objects.exists()


def test_views_are_ones_own(office):
    save(office.client("analyst"), level="review")
    assert "待审核</a>" not in office.client("supervisor").get("/rings").content.decode()
    code = SavedView.objects.get().code
    assert office.client("supervisor").post(reverse("identify-view-delete", args=[code])).status_code == 404


def test_a_view_needs_a_name_and_there_are_not_too_many(office, monkeypatch):
    client = office.client("analyst")
    assert "起个名字" in save(client, name="").content.decode() and "起个名字" in save(client, name="长" * 41).content.decode()
    monkeypatch.setattr(actions, "MOST_VIEWS", 1)
    save(client, name="一")
    assert save(client, name="二").status_code == 409 and save(client, name="一", level="look").status_code == 200


def finish_with(run, guides):
    (results_of(run) / tallies.NAME).write_text(json.dumps({"weeks": [["2026-01-05", "BG02", 3]], "guides": guides}), "utf-8")
    actions.finish(run, run.told, [])


def test_a_guides_editions_are_remembered_when_a_run_used_them(office):
    run = office.runs["second"]
    now = editions.in_force("LF-G-0102")
    old = {"version": "0.9.0", "sha256": "0" * 64, "text": now.text.replace("version: 1.0.0", "version: 0.9.0")}
    finish_with(run, {"LF-G-0102": old})
    finish_with(run, {"LF-G-0102": old})
    assert GuideEdition.objects.filter(guide="LF-G-0102").count() == 1
    told = office.client("handler").get(reverse("identify-guide-history", args=["LF-G-0102"])).content.decode()
    assert "还没有运行用过" in told and "<ins>version: 1.0.0</ins>" in told and "<del>version: 0.9.0</del>" in told
    finish_with(run, {"LF-G-0102": {"version": now.version, "sha256": now.sha256, "text": now.text}})
    told = office.client("handler").get(reverse("identify-guide-history", args=["LF-G-0102"]), {"old": now.sha256, "new": "0" * 64})
    assert "<ins>version: 0.9.0</ins>" in told.content.decode() and "还没有运行用过" not in told.content.decode()


def test_an_edition_seen_alone_has_nothing_to_be_compared_with(office):
    told = office.client("handler").get(reverse("identify-guide-history", args=["LF-G-0102"])).content.decode()
    assert "只见过一版" in told and "现行" in told


def test_guides_are_found_by_activity_and_word(office):
    client = office.client("handler")
    assert "LF-G-0201" not in client.get("/guides?activity=BG01").content.decode()
    assert "LF-G-0102" in client.get("/guides?find=lf-g-0102").content.decode()
    assert "没有符合条件的指南" in client.get("/guides?find=nobody is called so").content.decode()


def charts(office, role="analyst", house="first"):
    return {one.id: one for one in picture.charts(office.members[role, house])}


def numbers(chart):
    return {str(name): row for name, row in chart.series}


def test_the_picture_counts_each_ring_once(office):
    who, ring = office.members["analyst", "first"], office.ring("first")
    assert charts(office)["states"].series[0][1] == [1, 1, 0, 0, 0]
    actions.judge(who, ring, ("complaint:C0", "complaint:C1"), "same", "同一中介")
    drawn = charts(office)
    assert drawn["states"].series[0][1] == [0, 1, 1, 0, 0] and sum(drawn["judging"].series[0][1]) == 1
    actions.share(office.members["supervisor", "first"], ring)
    assert charts(office)["states"].series[0][1] == [0, 1, 0, 1, 0]
    at = clock.now()
    Case.objects.create(table="suspicion", institution=who.institution, typology="BG01", key=ring.ring_id, state="new", made_by=who, made_at=at, moved_at=at)
    assert charts(office)["states"].series[0][1] == [0, 1, 0, 0, 1]


def test_signs_by_week_are_those_of_the_latest_run(office):
    finish_with(office.runs["first"], {})
    weeks = charts(office)["weeks"]
    assert weeks.along == ["2026-01-05"] and [row for _, row in weeks.series] == [[3]]


def decided(office, outcome, appeal=""):
    who, at = office.members["analyst", "first"], clock.now()
    return Case.objects.create(table="application", institution=who.institution, typology="BG01", key=f"{outcome}{appeal}{at}", state="published",
                               outcome=outcome, appeal_outcome=appeal, made_by=who, made_at=at, moved_at=at)  # fmt: skip


def test_abnormal_is_never_shown_without_not_abnormal(office):
    assert "outcomes" not in charts(office)
    decided(office, "abnormal")
    drawn = charts(office)["outcomes"]
    assert [(name.en, n) for name, n, _ in drawn.shares] == [("abnormal", 1), ("not abnormal", 0)]
    for _ in range(3):
        decided(office, "not_abnormal")
    decided(office, "abnormal", "removed")
    drawn = charts(office)["outcomes"]
    assert [(name.en, n) for name, n, _ in drawn.shares] == [("abnormal", 1), ("not abnormal", 3), ("removed on appeal", 1)]
    told = office.client("analyst").get("/").content.decode()
    assert "不异常" in told and "60%" in told and "20%" in told
    assert "outcomes" not in charts(office, house="second"), "next door's decisions are next door's"


def test_the_desk_says_what_waits_and_what_is_overdue(office):
    mine = decided(office, "")
    Case.objects.filter(pk=mine.pk).update(state="draft", due_on=F("made_at__date"))
    told = office.client("analyst").get("/").content.decode()
    assert "等我办的案件" in told and mine.number in told


def test_the_picture_on_the_desk_is_kept_until_somebody_acts(office):
    client, shown = office.client("analyst"), []
    for act in (lambda: None, lambda: decided(office, "abnormal"), lambda: actions.share(office.members["supervisor", "first"], office.ring("first"))):
        act()
        shown.append(re.findall(r'data-chart="([^"]*)"', client.get("/").content.decode()))
    assert shown[0] == shown[1], "nothing was acted: the pieces that were made stand"
    assert shown[1] != shown[2] and len(shown[2]) > len(shown[1]), "an act makes them anew, whatever changed before it"
