"""Rings on screen: queue, one ring, judging, unmasking; what must be masked is masked."""

import json
import re

import pytest
from django.urls import reverse

from lianfang.engine.terms.errors import Conflict, NotEnough
from lianfang.web.accounts.models import Visit
from lianfang.web.identify import access, actions, letters
from lianfang.web.identify.models import Judgement

PERSON = "赵甲乙"
PAIR = ("complaint:C0", "complaint:C1")


def test_the_queue_filters_orders_and_counts(office):
    client = office.client("analyst")
    whole = client.get("/rings").content.decode()
    assert "共 2 个" in whole and whole.count("<tr>") == 3
    assert "共 1 个" in client.get("/rings?level=review").content.decode()
    assert "共 1 个" in client.get("/rings?people=4").content.decode()
    assert "共 0 个" in client.get("/rings?activity=BG09").content.decode()
    assert "共 2 个" in client.get("/rings?find=代理人手机号").content.decode()
    assert "共 2 个" in client.get("/rings?page=999&people=x&run=nonsense").content.decode()


def test_htmx_gets_the_list_alone(office):
    told = office.client("analyst").get("/rings", headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in told and "共 2 个" in told


def test_a_ring_shows_reasons_signs_family_and_no_name(office):
    told = office.client("analyst").get(reverse("identify-ring", args=[office.ring("first").code])).content.decode()
    assert "3 人共用代理人手机号" in told and '<mark class="strong" title="停息挂账">' in told
    assert "写了停息挂账" in told and "3 封" in told
    assert PERSON not in told and "abc12345" not in told


def test_the_graph_speaks_the_readers_language(office):
    client = office.client("analyst")
    address = reverse("identify-ring-graph", args=[office.ring("first").code])
    drawn = client.get(address).json()
    assert drawn["edges"][0]["why"] == "3 人共用代理人手机号" and len(drawn["nodes"]) == 4
    client.post("/language", {"language": "en"})
    assert client.get(address).json()["edges"][0]["why"] == "3 people share the agent's mobile"
    assert PERSON not in json.dumps(drawn, ensure_ascii=False)


def judge(client, ring, **given):
    asked = {"left": PAIR[0], "right": PAIR[1], "answer": "different", "reason": "两人互不相识", **given}
    return client.post(reverse("identify-ring-judge", args=[ring.code]), asked, follow=True)


def test_judging_two_records_and_taking_it_back(office):
    client, ring = office.client("analyst"), office.ring("first")
    told = judge(client, ring).content.decode()
    assert "已记下" in told and "两人互不相识" in told
    for page in (told, client.get(reverse("identify-judgements")).content.decode()):
        assert "投诉 C0" in page and not re.search(r">[^<]*complaint:C", page), "records are named in words"
    made = Judgement.objects.get()
    assert (made.left, made.right, made.answer) == (*PAIR, "different")
    file = actions.judgements_file(ring.institution)
    assert "complaint:C0,complaint:C1,different" in file and "两人互不相识" in file
    assert "收回" in client.get("/judgements").content.decode()
    client.post(reverse("identify-judgement-take-back", args=[made.code]))
    assert "complaint:C0" not in actions.judgements_file(ring.institution)
    made.refresh_from_db()
    assert made.taken_back_by == office.members["analyst", "first"], "it stays on record"
    with pytest.raises(Conflict):
        actions.take_back(office.members["analyst", "first"], made)


@pytest.mark.parametrize("wrong", [{"right": "complaint:C0"}, {"right": "complaint:C99"}])
def test_judging_what_is_not_in_the_ring_is_refused(office, wrong):
    answer = judge(office.client("analyst"), office.ring("first"), **wrong)
    assert answer.status_code == 409 and not Judgement.objects.exists()


@pytest.mark.parametrize("wrong", [{"reason": "短"}, {"answer": "certain"}, {"left": ""}])
def test_a_judgement_needs_pair_answer_and_reason(office, wrong):
    assert "要选两条记录" in judge(office.client("analyst"), office.ring("first"), **wrong).content.decode()
    assert not Judgement.objects.exists()


def test_judgements_of_others_are_not_ours(office):
    actions.judge(office.members["analyst", "second"], office.ring("second"), PAIR, "same", "同一中介")
    assert "同一中介" not in actions.judgements_file(office.houses["first"])
    assert "同一中介" not in office.client("analyst").get("/judgements").content.decode()


def test_unmasking_asks_a_purpose_once_and_is_written_down(office):
    client, ring = office.client("analyst"), office.ring("first")
    address = reverse("identify-ring-unmask", args=[ring.code])
    first = client.get(address, {"record": "complaint:C0"}).content.decode()
    assert "先说明用途" in first and PERSON not in first
    # Asking without a purpose shows nothing and counts nothing.
    assert PERSON not in client.post(address, {"record": "complaint:C0"}).content.decode()
    assert not Visit.objects.exists()
    stated = {"purpose": "judge", "reason": "核对是否同一人", "record": "complaint:C0"}
    client.post(reverse("identify-ring-purpose", args=[ring.code]), stated)
    told = client.post(address, {"record": "complaint:C0"}).content.decode()
    assert PERSON in told and "30 天内已看 1 人" in told and '<mark class="strong"' in told
    seen = Visit.objects.get()
    assert (seen.purpose, seen.reason, seen.n_people) == ("judge", "核对是否同一人", 1)
    assert seen.target == f"ring:{ring.code}:complaint:C0" and PERSON not in seen.target
    assert PERSON in client.post(address, {"record": "complaint:C1"}).content.decode(), "the purpose stands for the session"
    boss = office.client("supervisor").get("/visits").content.decode()
    assert "核对是否同一人" in boss and "first.analyst" in boss


def test_a_purpose_needs_words(office):
    client, ring = office.client("analyst"), office.ring("first")
    client.post(reverse("identify-ring-purpose", args=[ring.code]), {"purpose": "judge", "reason": "看"})
    assert "purpose" not in client.session
    client.post(reverse("identify-ring-purpose", args=[ring.code]), {"purpose": "fun", "reason": "只是看看而已"})
    assert "purpose" not in client.session


def test_the_page_stops_at_the_limit(office):
    from lianfang.web.accounts import meter

    client, who = office.client("analyst"), office.members["analyst", "first"]
    for n in range(25):
        meter.look(who, f"mobile:{n}", "ring:x", meter.Purpose("judge", "看是否同一人"))
    address = reverse("identify-ring-unmask", args=[office.ring("first").code])
    client.post(reverse("identify-ring-purpose", args=[office.ring("first").code]), {"purpose": "judge", "reason": "核对是否同一人"})
    answer = client.post(address, {"record": "complaint:C0"})
    assert answer.status_code == 409 and PERSON not in answer.content.decode() and "到了上限" in answer.content.decode()


def test_a_record_outside_the_ring_is_not_unmasked(office):
    client, ring = office.client("analyst"), office.ring("first")
    client.post(reverse("identify-ring-purpose", args=[ring.code]), {"purpose": "judge", "reason": "核对是否同一人"})
    answer = client.post(reverse("identify-ring-unmask", args=[ring.code]), {"record": "complaint:C99"})
    assert answer.status_code == 404 and not Visit.objects.exists()


def test_sharing_twice_is_refused(office):
    boss, ring = office.members["supervisor", "first"], office.ring("first")
    actions.share(boss, ring)
    with pytest.raises(Conflict):
        actions.share(boss, access.get_ring(boss, ring.code))


def test_a_judgement_is_about_two_different_records(office):
    with pytest.raises(NotEnough):
        actions.judge(office.members["analyst", "first"], office.ring("first"), ("complaint:C0", "complaint:C0"), "same", "同一条记录")


def test_text_is_cut_where_clauses_were_met():
    marks = [
        {"start": 2, "end": 5, "strength": "weak", "zh": "弱", "en": "weak"},
        {"start": 3, "end": 9, "strength": "strong", "zh": "强", "en": "strong"},
        {"start": None, "end": None, "strength": "strong", "zh": "无位置", "en": "no place"},
    ]
    pieces = letters.lit("abcdefgh", marks)
    assert [(one.text, one.kind) for one in pieces] == [("ab", ""), ("c", "weak"), ("defgh", "strong")]
    assert letters.lit("", marks) == ()


def test_letters_of_a_family_show_their_differences():
    rows = [{"key": f"k{n}", "on": f"2026-01-0{n}", "family": 1, "text": text} for n, text in
            enumerate(("我要投诉甲银行乱收费三千元", "我要投诉乙银行乱收费五千元", "我要投诉甲银行收费三千元"), 1)]  # fmt: skip
    (family,) = letters.families([*rows, {"key": "alone", "on": "", "family": 2, "text": "别的"}])
    other = [piece.text for piece in family.letters[1].pieces if piece.kind == "other"]
    assert other == ["乙", "五"] and 0.8 < family.letters[1].share < 1
    assert [piece.kind for piece in family.letters[2].pieces].count("gone") == 1


def test_a_text_checked_is_marked_and_not_kept(office, tmp_path):
    client = office.client("handler")
    told = client.post("/check", {"text": "专业停息挂账,不成功不收费,加薇信 abc123"}).content.decode()
    assert "<mark" in told and "LF-G" in told and "折叠后" in told
    plain = client.post("/check", {"text": "<script>alert(1)</script>今天天气很好"}).content.decode()
    assert "<script>alert" not in plain and "没有特征" in plain
    assert client.post("/check", {"text": "长" * 20_001}).status_code == 200


def test_the_guides_can_be_read_with_their_samples(office):
    client = office.client("regulator_reader", "regulator")
    assert "LF-G-0102" in client.get("/guides").content.decode()
    assert "应命中" in client.get("/guides/LF-G-0102").content.decode()
    assert client.get("/guides/LF-G-9999").status_code == 404
