"""Backup, restore, doctor: a real round trip on a command line of its own, with acts in between."""

import io
import json
import os
import subprocess
import sys
import tarfile

import pytest

# One start of the web floor is seconds: what one office does between two checks is done in one program.
OFFICE = """
import os, sys, threading
os.environ["LIANFANG_HOME"] = sys.argv[1]
from lianfang.web.site import office
office.migrate()
from pathlib import Path
from lianfang.engine.terms.errors import Say
from lianfang.web.accounts import actions as people
from lianfang.web.accounts.models import User
from lianfang.web.accounts.permissions import Sort
from lianfang.web.evidence import actions as log
home, target = Path(sys.argv[1]), Path(sys.argv[2])
house = people.found_office(Say("甲", "A"), Sort.MEMBER)
people.enrol("before", "a-long-enough-one-26", house, "analyst", once=False)
(home / "runs" / "r1" / "files").mkdir(parents=True)
(home / "runs" / "r1" / "files" / "c.csv").write_bytes(b"x" * 9_000_000)
(home / "runs" / "r1" / ".half").write_text("half-written")
log.sequence()
stop = threading.Event()
def go_on():
    n = 0
    while not stop.is_set():
        n += 1
        people.found_office(Say(f"m{n}", f"m{n}"), Sort.MEMBER)
writer = threading.Thread(target=go_on)
writer.start()
office.back_up(target, len(sys.argv) > 3)
stop.set()
writer.join()
people.enrol("after", "a-long-enough-one-26", house, "analyst", once=False)
log.sequence()
print(User.objects.count())
"""
COUNT = """
import os, sys
os.environ["LIANFANG_HOME"] = sys.argv[1]
from lianfang.web.site import office
office.ready()
from lianfang.web.accounts.models import User
from lianfang.web.evidence import actions as log, compare, store
from lianfang.engine.evidence import note
from lianfang.engine.terms.errors import Say
from lianfang.web.accounts import actions as people
from lianfang.web.accounts.permissions import Sort
people.found_office(Say("later", "later"), Sort.MEMBER)
log.sequence()
told = compare.compare(note.read_key(store.key_line()))
print(sorted(User.objects.values_list("username", flat=True)), told.n_unknown, told.n_ahead, told.n_log >= 3)
"""


def run(*words, **more):
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LIANFANG_", "DJANGO_", "DATABASE_"))}
    return subprocess.run([sys.executable, *map(str, words)], env=kept | more, capture_output=True, text=True, check=False)


def lianfang(*words, **more):
    return run("-m", "lianfang.cli.main", *words, **more)


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """An office that was backed up while somebody wrote, with its keys, and where the backup stands."""
    folder = tmp_path_factory.mktemp("kept")
    home, archive = folder / "home", folder / "office.tar.gz"
    home.mkdir(mode=0o700)
    done = run("-c", OFFICE, home, archive, "with keys")
    assert done.returncode == 0 and done.stdout.strip() == "2", done.stderr[-2000:]
    return home, archive


def members(archive):
    with tarfile.open(archive) as tar:
        return {one.name: tar.extractfile(one).read() for one in tar}


def test_a_backup_taken_while_serving_comes_back_whole(kept, tmp_path):
    _, archive = kept
    assert archive.stat().st_mode & 0o077 == 0
    held = members(archive)
    manifest = json.loads(held["manifest.json"])
    assert manifest["log"]["n_entries"] >= 2 and manifest["keys_left_out"] == []
    assert {"office.sqlite3", "log/public/checkpoint", "log.key", "secret.key", "runs/r1/files/c.csv"} <= set(held)
    assert not any("/." in f"/{name}" for name in held), "half-written files stay out"
    back = lianfang("restore", archive, "--home", tmp_path / "back")
    assert back.returncode == 0 and "逐条相符" in back.stdout, back.stderr
    assert (tmp_path / "back" / "runs" / "r1" / "files" / "c.csv").stat().st_size == 9_000_000
    # The office goes on where the backup was taken: the act in between is not there, the log is one line.
    told = run("-c", COUNT, tmp_path / "back")
    assert told.stdout.strip() == "['before'] 0 0 True", told.stderr[-2000:]
    again = lianfang("restore", archive, "--home", tmp_path / "back", "--lang", "en")
    assert again.returncode == 5 and "E-RESTORE-01" in again.stderr and "next:" in again.stderr
    health = lianfang("doctor", "--home", tmp_path / "back", "--deep", "--json")
    found = {one["about"]["en"]: one for one in json.loads(health.stdout)}
    assert found["evidence log"]["weight"] == "fine" and "one by one" in found["evidence log"]["say"]["en"]
    assert found["worker"]["weight"] == "watch" and found["guides"]["weight"] == "fine" and found["database"]["weight"] == "fine"


def changed(archive, target, change):
    with tarfile.open(target, "w:gz", compresslevel=1) as tar:
        for name, content in change(members(archive)).items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return target


def swapped(held):
    return held | {"runs/r1/files/c.csv": b"other"}


def lacking(held):
    return {name: content for name, content in held.items() if name != "runs/r1/files/c.csv"}


def added(held):
    return held | {"runs/r1/files/planted.csv": b"x"}


def climbing(held):
    return held | {"../outside": b"x"}


def unsigned(held):
    return {name: content for name, content in held.items() if name != "manifest.json"}


@pytest.mark.parametrize(("change", "code"), [
    (swapped, "E-RESTORE-03"), (lacking, "E-RESTORE-03"), (added, "E-RESTORE-03"), (climbing, "E-RESTORE-02"), (unsigned, "E-RESTORE-02"),
])  # fmt: skip
def test_a_changed_backup_is_refused_and_leaves_nothing(kept, tmp_path, change, code):
    from lianfang.engine.terms.errors import LianfangError
    from lianfang.web.site import restore

    bad = changed(kept[1], tmp_path / "bad.tar.gz", change)
    with pytest.raises(LianfangError) as told:
        restore.into(bad, tmp_path / "back", lambda manifest, home: None)
    assert told.value.code == code and os.listdir(tmp_path) == ["bad.tar.gz"]


def test_a_cut_or_foreign_file_is_no_backup(kept, tmp_path):
    from lianfang.engine.terms.errors import InputError
    from lianfang.web.site import restore

    whole = kept[1].read_bytes()
    for n, content in enumerate((whole[: len(whole) // 2], b"not at all", b"")):
        (tmp_path / f"{n}.tar.gz").write_bytes(content)
        with pytest.raises(InputError, match="E-RESTORE-02"):
            restore.into(tmp_path / f"{n}.tar.gz", tmp_path / "back", lambda manifest, home: None)
        assert not (tmp_path / "back").exists()


def test_keys_stay_out_unless_asked_for_and_none_is_made_in_their_stead(kept, tmp_path):
    home, _ = kept
    target = tmp_path / "no-keys.tar.gz"
    told = lianfang("backup", target, "--home", home)
    assert told.returncode == 0 and "log.key secret.key" in told.stdout and "SHA-256" in told.stdout, told.stderr
    assert not any(name.endswith(".key") for name in members(target))
    back = lianfang("restore", target, "--home", tmp_path / "back")
    assert back.returncode == 0 and "log.key secret.key" in back.stdout and "逐条相符" in back.stdout
    assert not list((tmp_path / "back").glob("*.key"))
    inside = lianfang("backup", home / "x.tar.gz", "--home", home)
    assert inside.returncode == 2 and "E-BACKUP-02" in inside.stderr


def test_a_database_set_back_is_noticed(kept, tmp_path):
    """The log of now with the database of the backup: what a careless restore makes."""
    import shutil

    home, archive = kept
    shutil.copytree(home, tmp_path / "mixed")
    held = members(archive)
    for left in (tmp_path / "mixed").glob("office.sqlite3*"):
        left.unlink()
    (tmp_path / "mixed" / "office.sqlite3").write_bytes(held["office.sqlite3"])
    for how in ((), ("--deep",)):
        told = lianfang("doctor", "--home", tmp_path / "mixed", *how)
        assert told.returncode == 1 and "✗ 存证日志" in told.stdout, told.stdout + told.stderr


def test_nowhere_is_no_office(tmp_path):
    told = lianfang("doctor", "--home", tmp_path / "nobody", "--lang", "en")
    assert told.returncode == 2 and "E-BACKUP-01" in told.stderr and not (tmp_path / "nobody").exists()
