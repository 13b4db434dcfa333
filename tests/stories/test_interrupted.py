"""Somebody stops the run, kills it, or the disk is full: results are whole or not there."""

import contextlib
import os
import resource
import shutil
import signal
import subprocess
import sys

import pytest

PROGRAM = (sys.executable, "-m", "lianfang.cli.main")
WRITING = "[7/8]"


def begin(*words, **more):
    environment = {**os.environ, "LIANFANG_LANG": "zh", "PYTHONUNBUFFERED": "1"}
    return subprocess.Popen([*PROGRAM, *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            env=environment, start_new_session=True, **more)  # fmt: skip


def ended(running):
    """Wait for the end; give the code and what was said."""
    with running:
        _, err = running.communicate(timeout=300)
    return running.returncode, err.decode()


def wait_for(running, mark):
    """Read what the run tells until it tells of a step; its text so far."""
    said = b""
    while mark.encode() not in said:
        letter = running.stderr.read(1)
        if not letter:
            raise AssertionError(f"ended before {mark}: {said.decode(errors='replace')}")
        said += letter
    return said.decode(errors="replace")


def left(folder):
    return sorted(each.name for each in folder.iterdir())


def bytes_of(folder):
    return {each.name: each.read_bytes() for each in folder.iterdir() if each.is_file()}


@pytest.mark.parametrize("step", ["[1/8]", "[5/8]"])
def test_ctrl_c_leaves_nothing(small_run, tmp_path, step):
    running = begin("run", small_run.tables, "--out", tmp_path / "out", "--keep")
    wait_for(running, step)
    os.killpg(running.pid, signal.SIGINT)
    code, err = ended(running)
    assert code == 130, err
    assert "已中断" in err and "Traceback" not in err
    assert left(tmp_path) == []


def test_being_asked_to_end_leaves_nothing(small_run, tmp_path):
    running = begin("run", small_run.tables, "--out", tmp_path / "out")
    wait_for(running, "[3/8]")
    running.terminate()
    code, err = ended(running)
    assert code == 143, err
    assert left(tmp_path) == []


def test_a_kill_leaves_no_results_and_the_next_run_cleans_up(small_run, tmp_path, command):
    running = begin("run", small_run.tables, "--out", tmp_path / "out", "--keep")
    wait_for(running, "[5/8]")
    os.killpg(running.pid, signal.SIGKILL)
    ended(running)
    assert not (tmp_path / "out").exists()
    # What a killed run wrote is unmasked: only its owner may read it, and the next run takes it away.
    for each in tmp_path.iterdir():
        assert each.name.startswith(".out.") and each.stat().st_mode & 0o077 == 0
    assert command("run", small_run.tables, "--out", tmp_path / "out").code == 0
    assert left(tmp_path) == ["out"]


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_earlier_results_stay_whole_when_their_successor_dies(small_run, tmp_path, how):
    out = tmp_path / "out"
    shutil.copytree(small_run.results, out)
    before = bytes_of(out)
    running = begin("run", small_run.tables, "--out", out, "--force")
    wait_for(running, "[5/8]")
    os.killpg(running.pid, how)
    ended(running)
    assert bytes_of(out) == before


def test_a_second_run_beside_a_first_one_takes_nothing_from_it(small_run, tmp_path, command):
    running = begin("run", small_run.tables, "--out", tmp_path / "out")
    wait_for(running, "[3/8]")
    assert command("run", small_run.tables, "--out", tmp_path / "out2").code == 0
    second = command("run", small_run.tables, "--out", tmp_path / "out")
    code, err = ended(running)
    assert sorted((second.code, code)) in ([0, 0], [0, 2]), second.said + err
    assert left(tmp_path) == ["out", "out2"]


@contextlib.contextmanager
def tiny_disk(folder, size):
    """Mount a disk of that size where we may; else give None."""
    folder.mkdir()
    made = os.geteuid() == 0 and not subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)], capture_output=True
    ).returncode
    try:
        yield folder if made else None
    finally:
        if made:
            subprocess.run(["umount", str(folder)], check=True)


def refused_for_space(answer, err):
    assert answer == 2, err
    assert "E-DISK-01" in err and "下一步" in err and "Traceback" not in err and "内部错误" not in err, err


def test_a_full_disk_is_told_and_earlier_results_stay(small_run, tmp_path):
    with tiny_disk(tmp_path / "disk", "1m") as disk:
        if disk is None:
            pytest.skip("no right to mount a disk; the next test covers it by a limit")
        out = disk / "out"
        shutil.copytree(small_run.results, out)
        before = bytes_of(out)
        running = begin("run", small_run.tables, "--out", out, "--force", "--keep")
        refused_for_space(*ended(running))
        assert bytes_of(out) == before and left(disk) == ["out"]


def test_a_file_that_may_not_grow_is_told_and_earlier_results_stay(small_run, tmp_path):
    out = tmp_path / "out"
    shutil.copytree(small_run.results, out)
    before = bytes_of(out)

    def limited():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (64 << 10, 64 << 10))

    running = begin("run", small_run.tables, "--out", out, "--force", preexec_fn=limited)
    refused_for_space(*ended(running))
    assert bytes_of(out) == before and left(tmp_path) == ["out"]


def test_a_reader_that_goes_away_makes_no_trace():
    with begin("guide", "list") as running:
        running.stdout.close()
        err = running.stderr.read().decode()
    assert "Traceback" not in err and "Exception ignored" not in err, err
