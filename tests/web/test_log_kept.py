"""The log kept beside the office: cosigned where a witness answers, stopped where a copy is old, told on its page."""

import shutil
import threading

import pytest
from django.db import connection, transaction
from django.test import override_settings
from django.urls import reverse

from lianfang.cli import witness as witnesses
from lianfang.engine.evidence import note, policy, proof
from lianfang.engine.terms.errors import Conflict, PartnerError, ProofError
from lianfang.web.evidence import access, actions, authority, keeping, store, witness
from lianfang.web.evidence.models import Entry, Opening


@pytest.fixture
def log(office, tmp_path):
    with override_settings(HOME=tmp_path):
        Opening.objects.all().delete()
        Entry.objects.all().delete()
        yield tmp_path


def deed(n=0):
    return actions.note(actions.Deed("house:thing:done", "actor", f"row-{n}", "house", {"n": n}))


@pytest.fixture
def folder(log, capsys):
    """A local witness that knows this log."""
    place = log.with_name(log.name + "-witness")
    witnesses.init(place, "association.example/w")
    witnesses.trust(place, access.key_line())
    return place


def test_a_witness_in_a_folder_signs_what_is_published(log, folder):
    entry = deed()
    with override_settings(LIANFANG_WITNESS=str(folder)):
        keeping.once()
        entry.refresh_from_db()
        held = policy.Policy(note.read_key(access.key_line()), {"w": witness.key()}, quorum="w")
        assert len(proof.verify(access.proof_of(entry), bytes(entry.leaf), held).witnesses) == 1
        assert access.keeping().is_cosigned and access.keeping().told.n_leaves == 1
        assert not witness.ask_if_due(), "what is signed is not asked about again"
        deed(1)
        keeping.once()
        assert access.keeping().told.n_leaves == 2 and access.keeping().is_cosigned


def test_a_witness_over_the_network_signs_too(log, folder):
    deed()
    made = witnesses.server(folder, 0)
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    key = (folder / "witness.pub").read_text().strip()
    try:
        with override_settings(LIANFANG_WITNESS=f"{key} http://127.0.0.1:{made.server_port}"):
            keeping.once()
            assert access.keeping().is_cosigned and access.keeping().witness == "association.example/w"
    finally:
        made.shutdown()
        thread.join()
        made.server_close()


def test_an_absent_witness_is_told_and_left_for_a_minute(log, folder, office, monkeypatch):
    deed()
    key = (folder / "witness.pub").read_text().strip()
    with override_settings(LIANFANG_WITNESS=f"{key} http://127.0.0.1:1"):
        keeping.once()
        assert access.keeping().n_leaves == 1 and not access.keeping().is_cosigned
        assert not access.keeping().told.is_good
        asked = []
        monkeypatch.setattr(witness, "ask", lambda: asked.append(1))
        assert not witness.ask_if_due() and not asked
        shown = office.client("compliance").get(reverse("desk-log")).content.decode()
        assert "没有签" in shown and "association.example/w" in shown


def test_a_log_set_back_gets_no_signature(log, folder):
    deed()
    with override_settings(LIANFANG_WITNESS=str(folder)):
        keeping.once()
        shutil.copytree(log / "log", log / "old")
        old = [one.pk for one in Entry.objects.all()]
        deed(1)
        keeping.once()
        # Database and log are both set back: only the witness remembers.
        shutil.rmtree(log / "log")
        shutil.move(log / "old", log / "log")
        (log / "log.witness").unlink()
        Opening.objects.exclude(entry__in=old).delete()
        Entry.objects.exclude(pk__in=old).delete()
        deed(2)
        actions.sequence()
        deed(3)
        keeping.once()
        assert not access.keeping().is_cosigned and not access.keeping().told.is_good


def test_an_old_database_stops_the_log(log, office):
    made = [deed(n) for n in range(3)]
    actions.sequence()
    Opening.objects.filter(entry=made[2]).delete()
    Entry.objects.filter(pk=made[2].pk).delete()
    deed(4)
    with pytest.raises(ProofError, match="E-OUTBOX-01"):
        actions.sequence()
    assert Entry.objects.filter(place__isnull=True).count() == 1
    shown = office.client("compliance").get(reverse("desk-log")).content.decode()
    assert "E-OUTBOX-01" in shown and "写不进去" in shown


def test_an_old_log_stops_the_log(log):
    deed()
    actions.sequence()
    shutil.copytree(log / "log", log / "old")
    deed(1)
    actions.sequence()
    shutil.rmtree(log / "log")
    shutil.move(log / "old", log / "log")
    with pytest.raises(ProofError, match="E-OUTBOX-03"):
        actions.settle()
    assert store.trouble()["code"] == "E-OUTBOX-03"
    # Without a wait for the worker: the page knows by then, and a good turn takes the word back.
    Opening.objects.filter(entry__place=1).delete()
    Entry.objects.filter(place=1).delete()
    deed(2)
    assert actions.sequence() == 1 and store.trouble() is None


def test_a_full_disk_is_told_and_what_hands_out_waits(log, monkeypatch):
    entry = deed()

    def full():
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store, "opened", full)
    with pytest.raises(OSError, match="No space"):
        actions.sequence()
    assert store.trouble()["code"] == "E-LOG-22"
    monkeypatch.setattr(transaction.get_connection(), "in_atomic_block", False)
    monkeypatch.setattr(actions, "sequence", lambda publish: 0)
    monkeypatch.setattr(actions, "_PAUSE_SECONDS", 0)
    with pytest.raises(Conflict, match="写不进去"):
        actions.demand_durable(entry.target)
    monkeypatch.undo()


def test_an_entry_is_appended_right_after_its_commit(log):
    deed(), deed(1)
    assert [one[1] for one in connection.run_on_commit].count(actions._soon) == 1
    actions._soon()
    assert sorted(Entry.objects.values_list("place", flat=True)) == [0, 1]
    assert not actions._is_waiting()


def test_only_addresses_of_the_web_are_asked():
    with pytest.raises(PartnerError, match="没有应答"):
        authority.post("file:///etc/passwd", b"", "text/plain")
