"""The store's promise: what was acknowledged is there, whatever happened; what is served is whole and signed."""

import contextlib
import errno
import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lianfang.engine.evidence import checkpoint, disk, journal, note, store, tiles, tree, turns
from lianfang.engine.terms.errors import Conflict, InputError, LianfangError, ProofError
from tests.engine.evidence.lossy import LossyDisk, PowerCut

KEY = note.new_signer("example.org/log", note.KeyKind.ED25519, bytes(range(32)))


def entry(n):
    return b"entry %06d " % n + b"x" * (n % 40)


def day(place, kept, batches, after=lambda log: None):
    """Open the log, add batches, publish now and then; `kept` gets each entry once it is acknowledged."""
    with store.Log(place, KEY) as log:
        for number, size in enumerate(batches):
            first = log.n_durable
            wanted = [entry(first + n) for n in range(size)]
            got = log.append(wanted)
            kept.extend(zip(got, wanted, strict=True))
            if number % 3 == 2:
                log.publish()
            after(log)


def check(place, kept):
    """Everything acknowledged is in the reopened log at its place, and everything served verifies."""
    served = store.verify(store.public(place), KEY.key).checkpoint
    with store.Log(place, KEY) as log:
        assert log.published == served
        log.publish()
    held = []
    made = store.verify(store.public(place), KEY.key, lambda _, one: held.append(one)).checkpoint
    assert len(held) == made.n_leaves
    assert all(held[index] == one for index, one in kept)
    assert held == [entry(n) for n in range(len(held))]
    return served, made


@pytest.fixture
def place(tmp_path):
    made = disk.FolderDisk(tmp_path / "log")
    made.root.mkdir()
    store.create(made, KEY)
    return made


BATCHES = [1, 3, 250, 1, 5, 300, 2, 2, 2, 600, 1]


def test_a_real_folder(place):
    kept = []
    for _ in range(2):
        day(place, kept, BATCHES)
        _, made = check(place, kept)
        assert made.n_leaves == len(kept)
    files = {str(file.relative_to(place.root / "public")) for file in (place.root / "public").rglob("*") if file.is_file()}
    assert {tiles.path(*one) for one in tiles.parts(made.n_leaves)} <= files
    assert not any(".p/" in name and name.startswith("tile/entries/000") for name in files), "partial tiles go once the full one stands"


def test_what_is_not_published_is_not_served(place):
    with store.Log(place, KEY) as log:
        log.append([b"one"])
        assert (log.n_durable, log.published.n_leaves) == (1, 0)
        assert store.verify(store.public(place), KEY.key).checkpoint.n_leaves == 0
        assert log.publish_if_due(after_seconds=3600).n_leaves == 0
        assert log.publish_if_due(least_entries=1).n_leaves == 1
        log.append([b"two"])
        assert log.publish_if_due(after_seconds=0).n_leaves == 2
        assert log.publish() == log.publish_if_due(0, 0) == log.published
    assert store.verify(store.public(place), KEY.key).checkpoint.n_leaves == 2


@pytest.mark.parametrize("wrong", [b"", bytes(65_536)], ids=["empty", "large"])
def test_what_the_format_cannot_hold_is_refused_whole(place, wrong):
    with store.Log(place, KEY) as log:
        with pytest.raises(InputError) as told:
            log.append([b"good", wrong])
        assert told.value.code == "E-LOG-05" and log.n_durable == 0
        assert list(log.append([bytes(65_535)])) == [0] and list(log.append([])) == []
        log.publish()
    assert store.verify(store.public(place), KEY.key).n_bytes == 65_535


def test_there_is_one_writer(place):
    with store.Log(place, KEY) as log:
        for call in (lambda: store.Log(place, KEY), lambda: store.Log(disk.FolderDisk(place.root), KEY)):
            with pytest.raises(Conflict) as told:
                call()
            assert told.value.code == "E-LOG-01"
        log.append([b"still writing"])
    with store.Log(place, KEY) as log:
        assert log.n_durable == 1


def test_a_log_is_begun_once_and_only_where_it_is_opened(place, tmp_path):
    with pytest.raises(Conflict) as told:
        store.create(place, KEY)
    assert told.value.code == "E-LOG-03"
    (tmp_path / "no").mkdir()
    with pytest.raises(ProofError) as missing:
        store.Log(disk.FolderDisk(tmp_path / "no"), KEY)
    assert missing.value.code == "E-LOG-04"
    with pytest.raises(ProofError):
        store.verify(store.public(disk.FolderDisk(tmp_path / "no")), KEY.key)


def test_many_writers_share_the_disk(place):
    got, lock = {}, threading.Lock()

    def work(name):
        for n in range(40):
            text = b"%d/%d" % (name, n)
            (index,) = log.append([text])
            with lock:
                got[index] = text

    with store.Log(place, KEY) as log:
        threads = [threading.Thread(target=work, args=(n,)) for n in range(24)]
        for one in threads:
            one.start()
        while any(one.is_alive() for one in threads):
            log.publish()
        log.publish()
    held = {}
    store.verify(store.public(place), KEY.key, held.__setitem__)
    assert held == got and len(held) == 24 * 40
    order = sorted(got)
    for name in range(24):
        mine = [got[index] for index in order if got[index].startswith(b"%d/" % name)]
        assert mine == [b"%d/%d" % (name, n) for n in range(40)], "one writer's entries keep their order"


def test_large_batches_are_cut(place, monkeypatch):
    monkeypatch.setattr(turns, "_MOST_ENTRIES", 3)
    queue = turns.Queue()
    for _ in range(5):
        queue.enter(turns.Ask([b"x"] * 2))
    assert [len(queue.take()) for n in range(5)] == [1, 1, 1, 1, 1]


def test_one_who_leaves_hands_the_pen_on():
    queue, first, second, third = turns.Queue(), turns.Ask([b"1"]), turns.Ask([b"2"]), turns.Ask([b"3"])
    for one in (first, second, third):
        queue.enter(one)
    queue.desert(second)
    assert first.leads and not third.leads
    queue.desert(first)
    assert third.leads and third.gate.acquire(blocking=False)
    queue.desert(third)
    assert not queue.is_led
    queue.desert(third)
    late = turns.Ask([b"4"])
    queue.enter(late)
    assert queue.take() == [late]
    queue.leave([late])
    assert not queue.is_led


class Interrupted(BaseException):
    pass


def test_an_interrupted_waiter_leaves_no_gap(place, monkeypatch):
    with store.Log(place, KEY) as log:
        class Gate:
            def acquire(self):
                raise Interrupted

            def release(self):
                pass

        made = turns.Ask([b"never"])
        made.gate = Gate()
        with monkeypatch.context() as patched:
            patched.setattr(turns, "Ask", lambda entries: made)
            with pytest.raises(Interrupted):
                log.append([b"never"])
        assert list(log.append([b"next"])) == [0]


def test_an_interrupt_between_disk_and_tree_stops_the_writer(place, monkeypatch):
    with store.Log(place, KEY) as log:
        log.append([b"one"])
        with monkeypatch.context() as patched:
            patched.setattr(log._edge, "add", lambda entry: (_ for _ in ()).throw(Interrupted()))
            with pytest.raises(Interrupted):
                log.append([b"two"])
        for call in (lambda: log.append([b"three"]), log.publish):
            with pytest.raises(Conflict) as told:
                call()
            assert told.value.code == "E-LOG-06"
    with store.Log(place, KEY) as log:  # it was on the disk, so it counts
        assert log.n_durable == 2


def test_a_journal_that_grew_is_begun_anew(monkeypatch):
    monkeypatch.setattr(store, "_JOURNAL_BYTES", 500)
    place, kept = LossyDisk(), []
    store.create(place, KEY)
    for _ in range(3):
        day(place, kept, BATCHES)
        assert len(place.names("journal")) == 1
    check(place, kept)


# -- power cuts, full disks, failing disks


@pytest.fixture
def narrow(monkeypatch):
    """Tiles of 4 instead of 256: a few entries fill tiles on several levels."""
    monkeypatch.setattr(tiles, "WIDTH", 4)
    monkeypatch.setattr(tiles, "_LEVELS", 2)
    monkeypatch.setattr(store, "_JOURNAL_BYTES", 400)


DAYS = [1, 2, 9, 4], [1, 17, 3]


def crash(seed, stop_at, honest=True):
    """One life: create, days of work, the power goes at operation `stop_at`; give the disk and what was promised."""
    place, kept = LossyDisk(seed), []
    store.create(place, KEY)
    place.stop_at, place.honest = (None if stop_at is None else place.n_done + stop_at), honest
    try:
        for batches in DAYS:
            day(place, kept, batches)
    except PowerCut:
        pass
    n_done = place.n_done
    place.cut_power()
    return place, kept, n_done


def test_a_power_cut_at_every_single_operation(narrow):
    begun = LossyDisk()
    store.create(begun, KEY)
    total = crash(0, None)[2] - begun.n_done
    assert total > 100
    n_promised = 0
    for stop_at in range(total):
        place, kept, _ = crash(stop_at, stop_at)
        check(place, kept)
        n_promised += len(kept)
        day(place, kept, [1, 2, 3])  # and life goes on
        check(place, kept)
    assert n_promised > 500


@given(st.integers(0, 10_000), st.lists(st.integers(0, 300), min_size=1, max_size=5))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_power_cuts_one_after_another(narrow, seed, stops):
    place, kept = LossyDisk(seed), []
    store.create(place, KEY)
    for stop_at in stops:
        place.stop_at = place.n_done + stop_at
        with contextlib.suppress(PowerCut):
            day(place, kept, [1, 9, 3, 20, 2, 5, 1])
        place.cut_power()
    check(place, kept)


def test_a_disk_that_lies_is_caught_by_these_tests(narrow):
    lost = 0
    for seed in range(20):
        place, kept, _ = crash(seed, 90, honest=False)
        try:
            check(place, kept)
        except (AssertionError, IndexError, ProofError):
            lost += 1
    assert lost > 10, "the control must fail, or the tests above show nothing"


def test_a_cut_in_the_middle_of_beginning_leaves_a_log_or_none():
    for stop_at in range(8):
        place = LossyDisk(stop_at, stop_at)
        with contextlib.suppress(PowerCut):
            store.create(place, KEY)
        place.cut_power()
        if place.read("public/checkpoint") is None:
            store.create(place, KEY)
        check(place, [])


@pytest.mark.parametrize("room", range(700, 30_000, 977))
def test_a_full_disk_loses_nothing_and_is_told(room):
    place, kept, refused = LossyDisk(room=room), [], 0
    store.create(place, KEY)
    with store.Log(place, KEY) as log:
        for number in range(60):
            wanted = [entry(log.n_durable + n) for n in range(30)]
            try:
                kept.extend(zip(log.append(wanted), wanted, strict=True))
                if number % 3 == 2:
                    log.publish()
            except OSError as wrong:
                assert wrong.errno == errno.ENOSPC
                refused += 1
        assert refused
        store.verify(store.public(place), KEY.key)
        place.room = None  # somebody made room
        wanted = [entry(log.n_durable)]
        kept.extend(zip(log.append(wanted), wanted, strict=True))
        log.publish()
    _, made = check(place, kept)
    assert made.n_leaves == len(kept)


def test_every_operation_may_fail_once(narrow):
    begun = LossyDisk()
    store.create(begun, KEY)
    total, told = crash(0, None)[2] - begun.n_done, set()
    for number in range(total):
        place, kept = LossyDisk(number), []
        store.create(place, KEY)
        place.fail_at = {place.n_done + number: errno.EIO}
        for batches in DAYS:
            try:
                day(place, kept, batches)
            except OSError:
                told.add("disk")
            except LianfangError as wrong:
                told.add(wrong.code)
        place.fail_at = {}
        check(place, kept)
        place.cut_power()
        check(place, kept)
    assert told == {"disk"}


def test_after_a_failed_sync_the_writer_stops_and_a_new_one_goes_on():
    place = LossyDisk()
    store.create(place, KEY)
    with store.Log(place, KEY) as log:
        log.append([entry(0)])
        place.fail_at = {place.n_done + 1: errno.EIO}
        with pytest.raises(OSError, match="made to fail"):
            log.append([entry(1)])
        for call in (lambda: log.append([entry(1)]), log.publish, lambda: log.append([])):
            with pytest.raises(Conflict) as told:
                call()
            assert told.value.code == "E-LOG-06"
    check(place, [(0, entry(0))])


def test_a_write_that_cannot_be_taken_back_stops_the_writer():
    place = LossyDisk()
    store.create(place, KEY)
    with store.Log(place, KEY) as log:
        place.fail_at = {place.n_done: errno.ENOSPC, place.n_done + 1: errno.EIO}
        with pytest.raises(OSError, match="made to fail"):
            log.append([entry(0)])
        with pytest.raises(Conflict):
            log.append([entry(0)])
    check(place, [])


# -- tampering


def small(tmp_path, n=300):
    place = disk.FolderDisk(tmp_path / "t")
    place.root.mkdir()
    store.create(place, KEY)
    with store.Log(place, KEY) as log:
        log.append([entry(one) for one in range(n)])
        log.publish()
    return place


def test_any_byte_changed_in_any_file_is_found_and_named(tmp_path):
    place, n_tried = small(tmp_path), 0
    files = {path: (place.root / path).read_bytes() for path in ("public/checkpoint", *(f"public/{tiles.path(*one)}" for one in tiles.parts(300)))}
    for path, raw in files.items():
        step = 1 if len(raw) < 400 else 53
        for at in range(0, len(raw), step):
            (place.root / path).write_bytes(raw[:at] + bytes([raw[at] ^ 1 << at % 8]) + raw[at + 1 :])
            n_tried += 1
            with pytest.raises(ProofError) as told:
                store.verify(store.public(place), KEY.key)
            if "checkpoint" not in path:
                assert told.value.where and (told.value.where in path or told.value.where.startswith("entry ")), (path, told.value.where)
            if "entries" not in path or path.endswith(".p/44"):
                with pytest.raises(ProofError):
                    store.Log(place, KEY) if "tile/0/000" not in path else store.verify(store.public(place), KEY.key)
        (place.root / path).write_bytes(raw)
    assert n_tried > 500
    store.verify(store.public(place), KEY.key)


def test_an_entry_changed_is_named_by_its_index(tmp_path):
    place = small(tmp_path)
    path = place.root / "public/tile/entries/000"
    entries = tiles.unbundle(path.read_bytes())
    for change in (lambda one: [*one[:17], one[17][::-1], *one[18:]], lambda one: [*one[:17], one[18], one[17], *one[19:]]):
        path.write_bytes(tiles.bundle(change(entries)))
        with pytest.raises(ProofError) as told:
            store.verify(store.public(place), KEY.key)
        assert (told.value.code, told.value.where) == ("E-LOG-04", "entry 17")


def test_a_tile_of_a_higher_level_changed_is_named(narrow):
    place = LossyDisk()
    store.create(place, KEY)
    with store.Log(place, KEY) as log:
        log.append([entry(n) for n in range(20)])
        log.publish()
    for path in ("tile/1/000", "tile/2/000.p/1", "tile/1/001.p/1"):
        raw = place.read(f"public/{path}")
        place.files[f"public/{path}"].live = bytearray(bytes([raw[0] ^ 1]) + raw[1:])
        with pytest.raises(ProofError) as told:
            store.verify(store.public(place), KEY.key)
        assert told.value.where == path
        place.files[f"public/{path}"].live = bytearray(raw)


def test_a_consistent_forgery_fails_at_the_checkpoint(tmp_path):
    place, other = small(tmp_path), LossyDisk()
    store.create(other, KEY)
    with store.Log(other, KEY) as log:
        log.append([b"forged", *(entry(one) for one in range(1, 300))])
        log.publish()
    for one in tiles.parts(300):
        (place.root / "public" / tiles.path(*one)).write_bytes(other.read(f"public/{tiles.path(*one)}"))
    with pytest.raises(ProofError) as told:
        store.verify(store.public(place), KEY.key)
    assert told.value.where == "checkpoint"
    with pytest.raises(ProofError):
        store.Log(place, KEY)


def test_another_key_opens_nothing(tmp_path):
    place = small(tmp_path, 1)
    other = note.new_signer("example.org/log", note.KeyKind.ED25519, bytes(32))
    with pytest.raises(ProofError):
        store.Log(place, other)
    with pytest.raises(ProofError):
        store.verify(store.public(place), other.key)


def test_an_entry_of_the_last_bundle_changed_keeps_the_log_shut(tmp_path):
    place = small(tmp_path, 5)
    path = place.root / "public/tile/entries/000.p/5"
    path.write_bytes(path.read_bytes().replace(b"000004", b"000005"))
    with pytest.raises(ProofError) as told:
        store.Log(place, KEY)
    assert told.value.code == "E-LOG-04"


def journal_of(place):
    (name,) = place.names("journal")
    return f"journal/{name}"


def waiting(n_batches=3):
    place = LossyDisk()
    store.create(place, KEY)
    with store.Log(place, KEY) as log:
        for n in range(n_batches):
            log.append([entry(n)])
    return place


def test_a_damaged_record_before_a_good_one_is_no_torn_write():
    place = waiting()
    path = journal_of(place)
    raw = place.read(path)
    for at in (0, 40, 45, 120):
        place.files[path].live = bytearray(raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :])
        with pytest.raises(ProofError) as told:
            store.Log(place, KEY)
        assert told.value.code == "E-LOG-02" and told.value.where.startswith(path)


def test_an_entry_cannot_pose_as_a_record():
    place, fake = waiting(0), journal.record(bytes(32), 1, [b"fake"])
    with store.Log(place, KEY) as log:
        log.append([fake])
    path = journal_of(place)
    del place.files[path].live[-1:]
    with store.Log(place, KEY) as log:
        assert log.n_durable == 0


def test_a_missing_journal_is_told():
    place = waiting()
    path = journal_of(place)
    raw = place.read(path)
    nonce = journal.read(raw, path).nonce
    place.files[path].live = bytearray(raw[:36] + journal.record(nonce, 7, [entry(7)]))
    with pytest.raises(ProofError) as told:
        store.Log(place, KEY)
    assert told.value.code == "E-LOG-02"


# -- witnesses' signatures beside the log


def test_cosignatures_stay_beside_the_checkpoint(tmp_path):
    place, witness = small(tmp_path, 3), note.new_signer("w", note.KeyKind.COSIGNATURE, bytes(32))
    with store.Log(place, KEY) as log:
        signed = note.read(place.read("public/checkpoint"))
        cosigned = signed.and_signed([checkpoint.cosign(signed.text, witness, 1)]).to_bytes()
        log.witnessed(cosigned)
        assert place.read("public/checkpoint") == place.read("public/witnessed") == cosigned
        log.append([entry(3)])
        log.publish()
        assert place.read("public/witnessed") == cosigned != place.read("public/checkpoint")
        log.witnessed(cosigned)  # it came late
        assert place.read("public/witnessed") == cosigned != place.read("public/checkpoint")
        with pytest.raises(ProofError):
            log.witnessed(note.sign("another\n1\n" + "A" * 43 + "=\n", [witness]).to_bytes())
    assert store.verify(store.public(place), KEY.key).checkpoint.n_leaves == 4


def test_the_real_disk_at_its_edges(tmp_path):
    place = disk.FolderDisk(tmp_path)
    assert place.names("none") == [] and place.read("none/file") is None
    place.make_folder("a/b")
    place.make_folder("a/b")
    place.sync_folder(disk.replace(place, "a/b/file", b"content"))
    disk.replace(place, "top", b"content")
    assert place.names("a/b") == ["file"] and place.read("a/b/file/x") is None and place.names("a/b/file") == []
    for path in ("a/b/file", "a/b", "a/b"):
        place.remove(path)
    assert place.names("a") == []
    place.make_folder("a/b")
    assert Path(tmp_path, "a/b").is_dir()
    file = place.open("top", fresh=False)
    file.write(b" more")
    file.cut(9)
    file.close()
    assert place.read("top") == b"content m"
    assert tree.EMPTY_ROOT
