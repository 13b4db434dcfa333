"""What an act promises when it has returned, tested by killing the one who acts and by cutting the power.

Nothing acknowledged is lost, nothing logged is missing: every institution told of is in the database and in the log,
every entry of the log is in the database, once. On SQLite here, on PostgreSQL by test_postgres.py.
"""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

ACTING = Path(__file__).with_name("acting.py")
ON_SQLITE = "DATABASE_URL" not in os.environ
N_ACTS = 12


def run(mode, home, **more):
    env = {**os.environ, "LIANFANG_HOME": str(home), **more}
    return subprocess.Popen([sys.executable, str(ACTING), mode], env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


def acknowledged(mode, home, n_acts=None, **more):
    """Let it act until it kills itself, or until so many acts were told of; give their codes."""
    codes = []
    with run(mode, home, **more) as acting:
        for line in acting.stdout:
            codes.append(line.split()[1])
            if len(codes) == n_acts:
                break
        acting.kill()
        codes += [line.split()[1] for line in acting.stdout]
    assert acting.returncode == -signal.SIGKILL
    return codes


def looked(home):
    with run("look", home) as told:
        answer = told.stdout.read()
    assert told.returncode == 0
    return json.loads(answer)


def keeps_its_word(told, codes):
    """Say what is wrong with an office that acknowledged these acts, if anything."""
    targets = {target for _, _, target in told["entries"]}
    ids = [code for code, _, _ in told["entries"]]
    lost = [code for code in codes if code not in told["institutions"] or code not in targets]
    alone = [code for code in told["institutions"] if code not in targets]
    return lost, alone, told["log"] == ids and [place for _, place, _ in told["entries"]] == list(range(len(ids)))


@pytest.fixture
def home(the_office):
    from django.conf import settings
    from django.db import connections

    connections.close_all()
    return Path(settings.HOME)


@pytest.mark.parametrize("mode", ["before_commit", "before_append", "before_places"])
def test_a_kill_between_any_two_steps_keeps_the_word(home, mode):
    codes = acknowledged(mode, home)
    assert len(codes) == 1
    assert keeps_its_word(looked(home), codes) == ([], [], True)


def test_a_kill_at_any_moment_keeps_the_word(home):
    codes = acknowledged("forever", home, N_ACTS)
    assert len(codes) >= N_ACTS
    assert keeps_its_word(looked(home), codes) == ([], [], True)


@pytest.fixture(scope="module")
def shim(tmp_path_factory):
    compiler = shutil.which("cc")
    if compiler is None or sys.platform != "linux":
        pytest.skip("no C compiler here to play the disk")
    made = tmp_path_factory.mktemp("shim") / "powercut.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-w", "-o", made, ACTING.with_name("powercut.c"), "-ldl"], check=True)
    return made


@pytest.fixture
def machine(home, tmp_path):
    """A copy of the office on a machine of its own: `live` is what programs see, `before` what the platters held."""
    live, before = tmp_path / "live", tmp_path / "before"
    live.mkdir()
    with sqlite3.connect(home / "office.sqlite3") as source, sqlite3.connect(live / "office.sqlite3") as copy:
        source.backup(copy)
    source.close()
    copy.close()
    shutil.copytree(home / "log", live / "log")
    for name in ("log.key", "secret.key"):
        shutil.copy(home / name, live / name)
    shutil.copytree(live, before)
    return live, before


def after_the_cut(live, before, kept, told_of, target):
    """Build what the platters hold: names and content as they were last synced, else as they were before."""
    inodes = {one.stat().st_ino: before / one.relative_to(live) for one in told_of if one.is_file()}
    names = {folder: {one.name: one.stat().st_ino for one in told_of if one.parent == folder} for folder in {one.parent for one in told_of}}
    folders = {one.stat().st_ino: one for one in told_of if one.is_dir()}
    at = None
    for line in (kept / "names").read_text().splitlines():
        word, _, rest = line.partition(" ")
        if word == "folder":
            at, found = Path(rest), {}
        elif word == "name":
            inode, _, name = rest.partition(" ")
            found[name] = int(inode)
        else:
            names[at] = found
            folders |= {inode: at / name for name, inode in found.items() if (at / name).is_dir()}

    def build(folder, into):
        into.mkdir()
        for name, inode in names.get(folder, {}).items():
            if inode in folders:
                build(folders[inode], into / name)
            elif (kept / str(inode)).exists():
                shutil.copy(kept / str(inode), into / name)
            elif inode in inodes:
                shutil.copy(inodes[inode], into / name)
            else:
                (into / name).touch()

    build(live, target)


def cut(mode, machine, shim, tmp_path):
    live, before = machine
    kept = tmp_path / "kept"
    kept.mkdir()
    told_of = sorted(live.rglob("*"))
    codes = acknowledged(mode, live, N_ACTS, LD_PRELOAD=str(shim), CUT_HOME=str(live), CUT_KEPT=str(kept))
    after_the_cut(live, before, kept, told_of, tmp_path / "after")
    return codes[:N_ACTS]


@pytest.mark.skipif(not ON_SQLITE, reason="PostgreSQL keeps its own files; its commits are asked to be synced")
def test_a_power_cut_keeps_the_word(machine, shim, tmp_path):
    codes = cut("forever", machine, shim, tmp_path)
    assert keeps_its_word(looked(tmp_path / "after"), codes) == ([], [], True)


@pytest.mark.skipif(not ON_SQLITE, reason="the setting is SQLite's")
def test_a_database_that_syncs_later_would_be_found_out(machine, shim, tmp_path):
    codes = cut("lazy", machine, shim, tmp_path)
    with run("look", tmp_path / "after") as told:
        told.stdout.read()
    wrong = json.loads((tmp_path / "after" / "log.trouble").read_text())["code"]
    assert codes and told.returncode != 0 and wrong == "E-OUTBOX-01", "the log holds what the database has lost: stop"


def test_the_database_is_asked_to_sync_every_commit(home):
    from django.db import connection

    with connection.cursor() as asked:
        asked.execute("PRAGMA synchronous" if ON_SQLITE else "SHOW synchronous_commit")
        assert asked.fetchone()[0] in (2, "on")
