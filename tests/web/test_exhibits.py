"""Exhibits: hashed at intake and at every read, who had them written down, kept by holds, covered, forgotten."""

import hashlib
from datetime import timedelta
from http import HTTPStatus

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import override_settings
from django.urls import reverse

from lianfang.engine.evidence import custody, exhibit, leaf, policy, proof
from lianfang.engine.evidence import digest as digests
from lianfang.engine.terms import clock
from lianfang.engine.terms.errors import (
    Conflict,
    InputError,
    LianfangError,
    NotAllowed,
    NotEnough,
    NotFound,
    ProofError,
)
from lianfang.web.accounts import meter
from lianfang.web.accounts.models import Sighting, Visit
from lianfang.web.cases import exhibit_access as access
from lianfang.web.cases import exhibit_actions as actions
from lianfang.web.evidence import access as log
from lianfang.web.evidence import actions as entries
from lianfang.web.evidence import exhibit_access as evidence
from lianfang.web.evidence import vault
from lianfang.web.evidence.models import Custody, Entry, Exhibit, Opening, Redaction

WHY = meter.Purpose("audit", "抽查证据")


@pytest.fixture
def own(office, tmp_path):
    """An office with a home of its own: its log and vault hold only what the test makes."""
    with override_settings(HOME=tmp_path):
        Opening.objects.all().delete()
        Entry.objects.all().delete()
        yield office


def taken(who, kept):
    with actions.read(who, kept, WHY) as content:
        return content.read()


def given(**more):
    told = {"upload": SimpleUploadedFile("聊天.txt", "加微信 abc".encode()), "title": "聊天记录", "purpose": "证明收费", "source": "手机",
            "sort": "message", "captured_by": "甲", "captured_at": "2026-01-05T09:30", "n_people": 1, "about": ""}  # fmt: skip
    return told | more


def test_intake_by_page_hashes_and_binds_the_log(own):
    client = own.client("analyst")
    answer = client.post(reverse("cases-exhibit-add"), given())
    found = Exhibit.objects.get()
    assert answer.status_code == HTTPStatus.FOUND and answer.url == reverse("cases-exhibit", args=[found.code])
    content = "加微信 abc".encode()
    told = digests.of_bytes(content)
    assert (found.sha256, found.sm3, found.n_bytes) == (told.sha256, told.sm3, len(content))
    place = vault.place(found.sha256, found.code)
    assert place.read_bytes() == content and place.stat().st_mode & 0o777 == 0o600
    # The entry in the log is bound to the record itself: what a court opens it with.
    record = evidence.record_of(found)
    assert leaf.opens(leaf.from_bytes(bytes(found.entry.leaf)), evidence.salt_of(found), record.payload())
    assert record.about.title == "聊天记录" and record.about.captured_at.isoformat() == "2026-01-05T09:30:00+08:00"
    assert [line.act for line in evidence.chain_of(found)] == [custody.Act.CAPTURE]
    shown = client.get(answer.url).content.decode()
    assert found.sha256 in shown and found.sm3 in shown and "加微信" not in shown


def test_a_form_half_filled_says_what_lacks(own):
    answer = own.client("analyst").post(reverse("cases-exhibit-add"), given(title="", n_people=-1))
    assert answer.status_code == HTTPStatus.BAD_REQUEST and "errorlist" in answer.content.decode()
    assert not Exhibit.objects.exists()


@pytest.mark.parametrize(("name", "shown"), [
    ("../../etc/passwd", "passwd"), ("..\\..\\boot.ini", "boot.ini"), ("C:\\x\\con", "_con"), (".bashrc", "bashrc"), ("a\x00b.txt", "a_b.txt"),
    ("invoice\u202efdp.exe", "invoice_fdp.exe"), ("page.HTML", "page.HTML"), ("图.svg", "图.svg"), ("", "exhibit"), ("~/.ssh/id", "id"),
    ("x" * 300 + ".txt", "x" * 100 + ".txt"),
])  # fmt: skip
def test_hostile_names_are_made_harmless(name, shown):
    made = vault.harmless(name)
    assert made.shown == shown and "/" not in made.shown and "\\" not in made.shown
    assert made.is_hostile is (name not in ("", "x" * 300 + ".txt"))


def test_what_runs_is_handed_out_disarmed(own):
    who = own.members["analyst", "first"]
    kept = own.exhibit(who, b"<script>alert(1)</script>", name="page.html")
    assert kept.is_quarantined
    answer = own.client("analyst").post(reverse("cases-exhibit-read", args=[kept.code]), {"purpose": "audit", "reason": "抽查证据"})
    assert b"".join(answer.streaming_content) == b"<script>alert(1)</script>"
    assert answer["Content-Type"] == "application/octet-stream" and "page.html.quarantine" in answer["Content-Disposition"]
    assert answer["Content-Disposition"].startswith("attachment") and answer["X-Content-Type-Options"] == "nosniff"


def test_every_read_is_hashed_counted_and_written_down(own):
    who = own.members["analyst", "first"]
    kept = own.exhibit(who, b"words", n_people=3)
    before = meter.reading(who).n_people
    assert taken(who, kept) == b"words"
    assert meter.reading(who).n_people == before + 3
    line = Custody.objects.filter(exhibit=kept).latest("pk")
    assert (line.act, line.is_same, line.actor) == ("view", True, str(who.code)) and "抽查证据" in line.purpose
    assert Entry.objects.filter(tag="cases:exhibit:read", target=str(kept.code)).count() == 1
    custody.check(evidence.chain_of(kept), digests.of_bytes(b"words"))
    shown = own.client("analyst").get(reverse("cases-exhibit", args=[kept.code])).content.decode()
    assert "抽查证据" in shown


def test_a_read_wants_a_purpose(own):
    kept = own.exhibit(own.members["analyst", "first"])
    n_lines = Custody.objects.count()
    answer = own.client("analyst").post(reverse("cases-exhibit-read", args=[kept.code]), {"purpose": "audit", "reason": "x"})
    assert answer.status_code == HTTPStatus.FOUND and Custody.objects.count() == n_lines


def test_more_people_than_the_meter_lets_through_are_not_shown(own):
    who = own.members["analyst", "first"]
    kept = own.exhibit(who, n_people=meter.limits().stop_people + 1)
    with pytest.raises(NotEnough, match="上限"):
        actions.read(who, kept, WHY)
    assert not Sighting.objects.filter(member=who).exists()
    assert [line.act for line in evidence.chain_of(kept)] == [custody.Act.CAPTURE]


def test_a_changed_exhibit_is_marked_and_never_served(own):
    who = own.members["analyst", "first"]
    kept = own.exhibit(who, b"as it was")
    vault.place(kept.sha256, kept.code).write_bytes(b"as it is!")
    answer = own.client("analyst").post(reverse("cases-exhibit-read", args=[kept.code]), {"purpose": "audit", "reason": "抽查证据"})
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY and "E-EXHIBIT-03" in answer.content.decode()
    kept.refresh_from_db()
    line = Custody.objects.filter(exhibit=kept).latest("pk")
    assert kept.is_damaged and line.is_same is False
    assert Entry.objects.filter(tag="evidence:exhibit:damaged", target=str(kept.code)).exists()
    # It stays damaged, even when the old bytes are put back: somebody has been there.
    vault.place(kept.sha256, kept.code).write_bytes(b"as it was")
    with pytest.raises(ProofError, match="损坏"):
        actions.read(who, kept, WHY)
    shown = own.client("analyst").get(reverse("cases-exhibit", args=[kept.code])).content.decode()
    assert "已损坏" in shown and "不符" in shown and reverse("cases-exhibit-read", args=[kept.code]) not in shown


def test_a_lost_exhibit_is_marked_too(own):
    kept = own.exhibit(own.members["analyst", "first"])
    vault.place(kept.sha256, kept.code).unlink()
    client = own.client("analyst")
    client.post(reverse("cases-exhibit-verify", args=[kept.code]))
    assert Exhibit.objects.get(pk=kept.pk).is_damaged


def test_the_chain_breaks_where_a_line_was_changed(own):
    who = own.members["analyst", "first"]
    kept = own.exhibit(who, b"words")
    actions.verify(who, kept)
    actions.verify(who, kept)
    line = Custody.objects.filter(exhibit=kept).order_by("pk")[1]
    Custody.objects.filter(pk=line.pk).update(line=bytes(line.line).replace(b"verify", b"viewed"[:6]))
    with pytest.raises(ProofError):
        custody.check(evidence.chain_of(kept), digests.of_bytes(b"words"))


def test_only_the_owner_and_whom_a_room_lets_in_may_see(own, monkeypatch):
    mine, group = own.members["analyst", "first"], own.members["working_group", "association"]
    ring = own.ring("first")
    kept = own.exhibit(mine, about=str(ring.code))
    assert access.get_exhibit(mine, kept.code) == kept
    for role, house in (("analyst", "second"), ("working_group", "association"), ("expert", "association")):
        with pytest.raises(NotFound):
            access.get_exhibit(own.members[role, house], kept.code)
    monkeypatch.setattr(access, "_resolvers", [*access._resolvers])

    def of_case(who, about):
        return access.Standing(may_read=who.role == "working_group") if about == ring.code else None

    access.register(of_case)
    assert access.get_exhibit(group, kept.code) == kept and access.shown(group, ring.code).rows == [kept]
    assert taken(group, kept) == b"a chat"
    with pytest.raises(NotFound):
        access.get_exhibit(own.members["expert", "association"], kept.code)
    with pytest.raises(NotFound):
        access.get_own_exhibit(group, kept.code)
    assert not access.shown(group, ring.code).may_add and access.shown(mine, ring.code).may_add


def test_nobody_adds_beside_another_houses_row(own):
    ring = own.ring("second")
    answer = own.client("analyst").post(reverse("cases-exhibit-add"), given(about=str(ring.code)))
    assert answer.status_code == HTTPStatus.FORBIDDEN and b"E-EXHIBIT-18" in answer.content
    answer = own.client("analyst").post(reverse("cases-exhibit-add"), given(about="not-a-code"))
    assert answer.status_code == HTTPStatus.FORBIDDEN and not Exhibit.objects.exists()
    assert not [one for one in vault._folder().rglob("*") if one.is_file()]


def test_an_intake_that_fails_leaves_no_file(own):
    who = own.members["analyst", "first"]
    kept = given(title="")
    told = actions.Intake("", "", kept["title"], "p", "s", clock.now(), "c", "n.txt")
    with pytest.raises(InputError, match="title"):
        actions.add(who, actions.Said(told, [b"x"]))
    with pytest.raises(InputError, match="空"):
        actions.add(who, actions.Said(told, []))
    with override_settings(LIANFANG_MOST_UPLOAD_BYTES=3), pytest.raises(InputError, match="太大"):
        actions.add(who, actions.Said(told, [b"four"]))
    assert not [one for one in vault._folder().rglob("*") if one.is_file()]


def expired(own, **more):
    return own.exhibit(own.members["analyst", "first"], expires_on=clock.today() - timedelta(days=1), **more)


def test_a_hold_beats_the_expiry_and_is_released_by_another(own):
    kept = expired(own)
    boss, rule = own.members["supervisor", "first"], own.members["compliance", "first"]
    actions.hold(boss, kept, "诉讼中,不得删除")
    for act in (lambda: actions.ask_removal(boss, kept, "期满"), lambda: actions.forget(rule, kept)):
        with pytest.raises(Conflict, match="法律保全"):
            act()
    (held,) = evidence.holds_of(kept)
    with pytest.raises(NotAllowed):
        actions.release(boss, held, "已结案")
    actions.release(rule, held, "已结案")
    with pytest.raises(Conflict, match="已经解除"):
        actions.release(rule, evidence.holds_of(kept)[0], "再解除")
    assert [str(line.act) for line in evidence.chain_of(kept)] == ["capture", "hold", "release"]
    assert evidence.why_it_stays(kept, clock.today()) == ()
    actions.hold(rule, kept, "又有诉讼")
    with pytest.raises(NotEnough, match="另一人"):
        actions.release(rule, evidence.holds_of(kept)[0], "自己解除")
    assert kept not in evidence.expired(clock.today())


def test_removal_needs_expiry_and_two_people(own):
    mine, rule = own.members["analyst", "first"], own.members["compliance", "first"]
    with pytest.raises(Conflict, match="没有保存期限"):
        actions.ask_removal(mine, own.exhibit(mine), "期满")
    kept = expired(own)
    with pytest.raises(NotEnough):
        actions.forget(rule, kept)
    kept.forget_asked_by = str(rule.code)
    kept.save(update_fields=["forget_asked_by"])
    with pytest.raises(NotEnough, match="第二人"):
        actions.forget(rule, kept)
    with pytest.raises(NotAllowed):
        actions.forget(mine, kept)


def test_what_is_forgotten_is_gone_and_its_proof_stands(own):
    kept = expired(own, content="赵甲乙 13800000000".encode(), title="赵甲乙的聊天")
    mine, rule = own.members["analyst", "first"], own.members["compliance", "first"]
    copy = actions.redact(mine, kept, [("0-3", "姓名", "个人信息")])
    entries.sequence()
    place = vault.place(kept.sha256, kept.code)
    actions.ask_removal(mine, kept, "保存期满")
    assert place.exists()
    client = own.client("compliance")
    assert "期限已过" in own.client("supervisor").get(reverse("cases-exhibit", args=[expired(own).code])).content.decode()
    assert client.post(reverse("cases-exhibit-remove", args=[kept.code])).status_code == HTTPStatus.FOUND
    kept.refresh_from_db()
    assert kept.is_forgotten and not place.exists() and not Opening.objects.filter(entry=kept.entry).exists()
    rows = [*Exhibit.objects.filter(pk=kept.pk).values_list(), *Custody.objects.filter(exhibit=kept).values_list()]
    assert "赵甲" not in str(rows) and all("赵甲".encode() not in bytes(one.content) for one in Opening.objects.exclude(entry=copy.entry))
    assert Redaction.objects.get(exhibit=copy).salt is None
    held = policy.read(f"log {log.key_line()}\nquorum none\n")
    assert proof.verify(log.proof_of(kept.entry), bytes(kept.entry.leaf), held)
    assert evidence.chain_of(kept)[-1].act == custody.Act.DESTROY
    assert client.get(reverse("cases-exhibit", args=[kept.code])).status_code == HTTPStatus.OK
    assert client.get(reverse("cases-exhibits")).status_code == HTTPStatus.OK
    for act in (lambda: actions.read(mine, kept, WHY), lambda: actions.verify(mine, kept), lambda: actions.hold(rule, kept, "太迟了")):
        with pytest.raises(Conflict, match="已依法删除"):
            act()


def test_bytes_a_stop_left_behind_are_swept(own):
    kept = expired(own)
    actions.ask_removal(own.members["analyst", "first"], kept, "保存期满")
    actions._forget(own.members["compliance", "first"], kept)  # and then the power goes, before the bytes are removed
    assert vault.place(kept.sha256, kept.code).exists()
    assert actions.evidence.sweep() == 1 and actions.evidence.sweep() == 0
    assert not vault.place(kept.sha256, kept.code).exists()


def test_a_covered_copy_has_its_map_and_leaves_the_original_alone(own):
    who = own.members["analyst", "first"]
    text = "加微信 abc12345 联系,abc12345"
    kept = own.exhibit(who, text.encode())
    client = own.client("analyst")
    answer = client.post(reverse("cases-exhibit-redact", args=[kept.code]), {"covers": "abc12345 | 微信号 | 与本案无关的个人信息"})
    copy = Exhibit.objects.get(parent=kept)
    assert answer.url == reverse("cases-exhibit", args=[copy.code])
    with vault.place(copy.sha256, copy.code).open(encoding="utf-8") as file:
        assert file.read() == "加微信 ████████ 联系,████████"
    assert vault.place(kept.sha256, kept.code).read_bytes() == text.encode()
    row, record = Redaction.objects.filter(exhibit=copy).first(), evidence.record_of(copy)
    assert record.about.parent == str(kept.code) and exhibit.shows(record.redactions[0], bytes(row.salt), "abc12345")
    assert "遮盖清单" in client.get(answer.url).content.decode() and copy.n_people == 0
    custody.check(evidence.chain_of(copy), digests.of_bytes("加微信 ████████ 联系,████████".encode()))


@pytest.mark.parametrize(("covers", "code"), [
    ("4-12 | 微信号", b"E-EXHIBIT-19"), ("没有的字 | 微信号 | 理由", b"E-EXHIBIT-04"), ("4-99 | 微信号 | 理由", b"E-EXHIBIT-04"), ("", b"E-EXHIBIT-19"),
    ("4-12 | 微信号 | 理由\n5-6 | 字 | 理由", b"E-EXHIBIT-04"),
])  # fmt: skip
def test_faulty_places_are_refused(own, covers, code):
    kept = own.exhibit(own.members["analyst", "first"], "加微信 abc12345".encode())
    answer = own.client("analyst").post(reverse("cases-exhibit-redact", args=[kept.code]), {"covers": covers})
    assert answer.status_code == HTTPStatus.BAD_REQUEST and code in answer.content and Exhibit.objects.count() == 1


def test_what_is_no_text_is_covered_elsewhere(own):
    kept = own.exhibit(own.members["analyst", "first"], b"\x89PNG\x00", name="a.png")
    client = own.client("analyst")
    answer = client.post(reverse("cases-exhibit-redact", args=[kept.code]), {"covers": "0-1 | 字 | 理由"})
    assert b"E-EXHIBIT-17" in answer.content
    told = {"upload": SimpleUploadedFile("b.png", b"\x89PNG covered"), "places": "第1页 | 头像 | 个人信息"}
    client.post(reverse("cases-exhibit-copy", args=[kept.code]), told)
    copy = Exhibit.objects.get(parent=kept)
    assert copy.sha256 == hashlib.sha256(b"\x89PNG covered").hexdigest()
    assert evidence.record_of(copy).redactions[0].place == "第1页"


def test_a_damaged_original_is_not_covered(own):
    kept = own.exhibit(own.members["analyst", "first"], b"text")
    vault.place(kept.sha256, kept.code).write_bytes(b"texT")
    answer = own.client("analyst").post(reverse("cases-exhibit-redact", args=[kept.code]), {"covers": "0-1 | 字 | 理由"})
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert Exhibit.objects.get().is_damaged, "what was found stays found, though the act failed"


def test_a_refused_look_is_written_down_and_shows_nothing(own):
    kept = own.exhibit(own.members["analyst", "first"])
    with pytest.raises(NotAllowed):
        actions.read(own.members["handler", "first"], kept, WHY)
    assert Visit.objects.latest("pk").purpose == "refused"


def test_an_unknown_exhibit_is_not_there(own):
    with pytest.raises(LianfangError, match="没有这件证据"):
        access.get_exhibit(own.members["analyst", "first"], own.members["analyst", "first"].code)
    assert evidence.find_exhibits(["no code"]) == []
