"""The log behind the office: an entry for every change, in order, provable without us, forgettable."""

import pytest
from django.db import transaction
from django.test import override_settings
from django.urls import reverse

from lianfang.engine.evidence import leaf, note, policy, proof
from lianfang.web.evidence import access, actions, store
from lianfang.web.evidence.models import Entry, Opening


@pytest.fixture
def log(office, tmp_path):
    """A log of its own, so that a test's undone rows leave nothing in another's."""
    with override_settings(HOME=tmp_path):
        Opening.objects.all().delete()
        Entry.objects.all().delete()
        yield tmp_path


def deed(n=0, target="row"):
    return actions.Deed("house:thing:done", "actor", f"{target}-{n}", "house", {"n": n, "share": 0.5, "who": "赵甲"})


def test_an_entry_outside_a_transaction_is_refused(the_office):
    with pytest.raises(transaction.TransactionManagementError):
        actions.note(deed())


def test_an_entry_goes_with_its_change(log):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        actions.note(deed())
        raise ZeroDivisionError
    assert not Entry.objects.exists()


def test_the_leaf_names_nobody(log):
    entry = actions.note(deed())
    assert "赵".encode() not in bytes(entry.leaf) and b"share" not in bytes(entry.leaf)
    assert access.opens(entry)


def test_entries_take_their_places_in_order_and_are_proved_without_us(log):
    made = [actions.note(deed(n)) for n in range(5)]
    assert actions.sequence() == 5 and actions.sequence() == 0
    held = policy.read(f"log {access.key_line()}\nquorum none\n")
    for place, entry in enumerate(made):
        entry.refresh_from_db()
        assert entry.place == place
        raw = access.proof_of(entry)
        assert proof.verify(raw, bytes(entry.leaf), held).checkpoint.n_leaves == 5
    with pytest.raises(Exception, match="E-"):
        proof.verify(access.proof_of(made[0]), bytes(made[1].leaf), held)


def test_a_stop_between_the_log_and_the_database_doubles_nothing(log):
    made = [actions.note(deed(n)) for n in range(3)]
    with store.opened() as held:
        held.append([bytes(one.leaf) for one in made])  # and then the worker is killed: no place was written down
    more = actions.note(deed(3))
    actions.sequence()
    places = sorted(Entry.objects.values_list("place", flat=True))
    assert places == [0, 1, 2, 3]
    assert [leaf.from_bytes(raw).id for _, raw in store.entries(0, 4)] == [str(one.code) for one in (*made, more)]


def test_a_second_worker_leaves_the_log_to_the_first(log):
    actions.note(deed())
    with store.opened():
        assert actions.sequence() == 0
    assert actions.sequence() == 1


def test_the_offices_log_verifies_from_the_command_line(log, capsys):
    from lianfang.cli import log as typed

    with transaction.atomic():
        actions.note(deed())
    actions.sequence()
    assert typed.verify(log / "log", None, None) == 0 and "完好:1 条" in capsys.readouterr().out
    assert (log / "log" / "log.pub").read_text().strip() == access.key_line()


def test_forgetting_keeps_the_proof(log):
    entry = actions.note(deed())
    actions.sequence()
    actions.forget(entry)
    entry = Entry.objects.get(pk=entry.pk)
    assert access.opens(entry) is None
    held = policy.read(f"log {access.key_line()}\nquorum none\n")
    assert proof.verify(access.proof_of(entry), bytes(entry.leaf), held)
    assert Entry.objects.filter(tag="evidence:entry:forgotten").exists()


def test_a_changed_content_is_seen(log):
    entry = actions.note(deed())
    Opening.objects.filter(entry=entry).update(content=b'{"tag":"another"}')
    assert access.opens(Entry.objects.get(pk=entry.pk)) is False


def test_the_page_gives_entry_and_proof(log, office):
    entry = actions.note(actions.Deed("a:b:c", "x", "y", str(office.houses["first"].code)))
    actions.sequence()
    client = office.client("compliance")
    assert "a:b:c" in client.get(reverse("desk-log")).content.decode()
    actions.note(actions.Deed("cases:case:opened", "x", "y", str(office.houses["first"].code)))
    told = client.get(reverse("desk-log")).content.decode()
    assert "<td>立案<br><code" in told and ">立案</option>" in told, "events in words, the code beside them"
    assert "本机构的 2 条" in told and "已进检查点的条目(全办公室)" in told, "each count says whose it is"
    raw = client.get(reverse("desk-log-leaf", args=[entry.code])).content
    proved = client.get(reverse("desk-log-proof", args=[entry.code])).content
    assert proof.verify(proved, raw, policy.Policy(note.read_key(access.key_line())))
