"""`lianfang log | evidence | witness` from the outside: a log, its witnesses, an exhibit's whole life, a package."""

import contextlib
import http.client
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
import zipfile
from pathlib import Path

import pytest

from lianfang.cli import witness as serving
from lianfang.engine.evidence import checkpoint, disk, note, store, tiles
from lianfang.engine.evidence import witness as judging
from lianfang.engine.terms import clock
from tests.engine.evidence.lossy import LossyDisk, PowerCut

ABOUT = """
title: 群聊记录
category: message
object_of_proof: 代理人索要前期费用
source: https://example.org/g/1
captured_at: 2026-03-02T09:00:00+08:00
captured_by: u-17
retain_until: 2026-03-03
"""
CASE = """
package_id: LF-P-1
case_id: case:91ac
purpose: 移送公安机关
legal_basis: 刑事诉讼法 第一百一十条
unit: 某某消费金融公司
preparer: 张*
created_at: 2026-03-04T09:00:00+08:00
exhibits: [chat.txt.exhibit.json]
papers: [self_check.txt]
"""


@contextlib.contextmanager
def running(folder):
    made = serving.server(folder, 0)
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield made.server_port
    finally:
        made.shutdown()
        thread.join()
        made.server_close()


@pytest.fixture
def home(tmp_path, command):
    (tmp_path / "chat.txt").write_text("先交两千", encoding="utf-8")
    (tmp_path / "about.yaml").write_text(ABOUT, encoding="utf-8")
    (tmp_path / "case.yaml").write_text(CASE, encoding="utf-8")
    (tmp_path / "self_check.txt").write_text("自查无责任", encoding="utf-8")
    for words in (("log", "init", tmp_path / "log", "--origin", "example.org/log"), ("witness", "init", tmp_path / "w", "--name", "w.example/a")):
        assert command(*words).code == 0
    assert command("witness", "trust", tmp_path / "w", line(tmp_path / "log/log.pub")).code == 0
    return tmp_path


def line(place):
    return place.read_text(encoding="utf-8").strip()


def with_witness(home, port):
    text = f"log {line(home / 'log/log.pub')}\nwitness a {line(home / 'w/witness.pub')} http://127.0.0.1:{port}\nquorum a\n"
    (home / "log/policy.txt").write_text(text, encoding="utf-8")


def well(command, *words):
    answer = command(*words)
    assert answer.code == 0, answer.said
    return answer


def test_an_exhibit_from_intake_to_court_to_oblivion(home, command):
    record = home / "chat.txt.exhibit.json"
    with running(home / "w") as port:
        with_witness(home, port)
        well(command, "evidence", "add", home / "chat.txt", "--log", home / "log", "--about", home / "about.yaml")
        assert record.stat().st_mode & 0o077 == 0 and command("evidence", "add", home / "chat.txt", "--log", home / "log", "--about", home / "about.yaml").code == 5
        well(command, "evidence", "check", record)
        well(command, "evidence", "custody", record, "--act", "transfer", "--actor", "u-17", "--purpose", "移交", "--giver", "u-17", "--taker", "u-9")
        early = command("evidence", "package", home / "case.yaml", "--log", home / "log", "--out", home / "p.zip")
        assert early.code == 6 and "E-PROOF-10" in early.err and not (home / "p.zip").exists() and not (home / "p.zip.new").exists()
        assert "w.example/a" in well(command, "log", "checkpoint", home / "log", "--witness").out
        first = well(command, "evidence", "package", home / "case.yaml", "--log", home / "log", "--out", home / "p.zip")
        again = well(command, "log", "package", home / "case.yaml", "--log", home / "log", "--out", home / "q.zip")
        assert (home / "p.zip").read_bytes() == (home / "q.zip").read_bytes() and first.out.split()[-1] == again.out.split()[-1]
        assert "PASS" in well(command, "evidence", "verify", home / "p.zip", "--policy", home / "log/policy.txt").out
        raw = (home / "p.zip").read_bytes()
        (home / "bad.zip").write_bytes(raw.replace("先交两千".encode(), "先交三千".encode()))
        bad = command("evidence", "verify", home / "bad.zip")
        assert bad.code == 1 and bad.out.startswith("FAIL")
        leave = ("evidence", "forget", record, "--log", home / "log", "--rule", "个人信息保护法 第四十七条", "--by", "u-1", "--agreed-by")
        (home / "holds.yaml").write_text(f"- {{id: h-1, reason: 诉讼中, exhibits: ['{json.loads(record.read_text())['id']}']}}\n", encoding="utf-8")
        assert "诉讼中" in command(*leave, "u-2", "--holds", home / "holds.yaml").err
        assert command(*leave, "u-1").code == 5 and (home / "chat.txt").exists()
        salt = json.loads(record.read_text())["salt"]
        well(command, *leave, "u-2")
        assert not (home / "chat.txt").exists() and salt not in record.read_text() and "u-17" not in record.read_text()
        assert command(*leave, "u-2").code == 4 and command("evidence", "custody", record, "--act", "view", "--actor", "x", "--purpose", "y").code == 4
        assert "已依法删除" in well(command, "evidence", "check", record).out
        well(command, "log", "checkpoint", home / "log", "--witness")
        well(command, "evidence", "package", home / "case.yaml", "--log", home / "log", "--out", home / "after.zip")
        assert "已依法删除" in well(command, "evidence", "verify", home / "after.zip").out
        assert salt.encode() not in (home / "after.zip").read_bytes()
        # What was handed out before still proves what it proved.
        well(command, "evidence", "verify", home / "p.zip")


def test_a_changed_exhibit_is_not_packed_nor_handed_on(home, command):
    well(command, "evidence", "add", home / "chat.txt", "--log", home / "log", "--about", home / "about.yaml")
    (home / "chat.txt").write_text("先交三千", encoding="utf-8")
    record = home / "chat.txt.exhibit.json"
    for words in (("evidence", "check", record), ("evidence", "custody", record, "--act", "view", "--actor", "x", "--purpose", "y"),
                  ("evidence", "package", home / "case.yaml", "--log", home / "log", "--out", home / "p.zip")):  # fmt: skip
        answer = command(*words)
        assert answer.code == 6 and "E-EXHIBIT-03" in answer.err
    assert not (home / "p.zip").exists()


def test_a_log_is_appended_proved_verified_and_copied(home, command):
    folder = home / "log"
    for n in range(3):
        answer = well(command, "log", "append", folder, "--type", "cases:decision:made", "--actor", "u-1", "--target", f"case:{n}", "--payload", home / "about.yaml")
        assert answer.out == f"{n}\n"
    openings = sorted((folder / "openings").iterdir())
    assert len(openings) == 3 and all(one.stat().st_mode & 0o077 == 0 for one in openings)
    leaves = [json.loads(one.read_text())["leaf"] for one in openings]
    (home / "more.ndjson").write_text("\n".join(leaves) + "\n", encoding="utf-8")
    assert well(command, "log", "append", folder, "--entries", home / "more.ndjson").out == "3\n4\n5\n"
    assert "6 条" in well(command, "log", "verify", folder).out and "6 entries" in well(command, "--lang", "en", "log", "verify", folder, "--policy", folder / "policy.txt").out
    well(command, "log", "prove", folder, "4", "--out", home / "4.tlog-proof", "--entry", home / "4.leaf")
    well(command, "log", "verify", home / "4.tlog-proof", "--policy", folder / "policy.txt", "--entry", home / "4.leaf")
    well(command, "log", "prove", folder, json.loads(leaves[2])["id"], "--out", home / "1.tlog-proof")
    assert command("log", "verify", home / "1.tlog-proof", "--policy", folder / "policy.txt", "--entry", home / "4.leaf").code == 6
    assert command("log", "verify", home / "1.tlog-proof").code == 2
    for which in ("6", "nobody"):
        assert command("log", "prove", folder, which, "--out", home / "x").code == 4
    well(command, "log", "export", folder, "--out", home / "copy")
    assert sorted(one.name for one in (home / "copy").iterdir()) == ["checkpoint", "log.pub", "tile"]
    well(command, "log", "verify", home / "copy")
    assert command("log", "export", folder, "--out", home / "copy").code == 5
    assert json.loads(leaves[0])["commit"]["sha256"] and "群聊" not in "".join(leaves)


def test_what_is_wrong_is_said(home, command):
    folder = home / "log"
    (home / "bad.ndjson").write_text("{}\n", encoding="utf-8")
    for code, words in (
        (5, ("log", "init", folder, "--origin", "x")), (2, ("log", "init", home / "other", "--origin", "with blank")),
        (2, ("log", "append", folder)), (2, ("log", "append", folder, "--type", "a:b:c", "--entries", home / "bad.ndjson")),
        (6, ("log", "append", folder, "--entries", home / "bad.ndjson")), (2, ("log", "append", folder, "--entries", home / "none")),
        (2, ("log", "append", folder, "--type", "nonsense")), (2, ("log", "append", folder, "--type", "a:b:c", "--actor", "13800000000")),
        (4, ("log", "verify", home)), (2, ("log", "checkpoint", home)), (5, ("witness", "init", home / "w", "--name", "x")),
        (2, ("witness", "trust", home / "w", "nonsense")), (2, ("evidence", "check", home / "about.yaml")), (2, ("evidence", "check", home / "none")),
        (2, ("evidence", "add", home / "none", "--log", folder, "--about", home / "about.yaml")),
        (2, ("evidence", "add", home / "chat.txt", "--log", folder, "--about", home / "case.yaml")),
        (2, ("evidence", "package", home / "about.yaml", "--log", folder, "--out", home / "p.zip")), (2, ("evidence", "verify", home / "none.zip")),
        (2, ("evidence", "stamp", home / "chat.txt")), (2, ("log", "verify", folder, "--policy", home / "about.yaml")), (2, ("evidence",)), (2, ("log",)), (2, ("witness",)),
    ):  # fmt: skip
        answer = command(*words)
        assert answer.code == code, (words, answer)
        assert "13800000000" not in answer.said
    other = note.new_signer("example.org/log", note.KeyKind.ED25519, bytes(32))
    assert command("witness", "trust", home / "w", other.key.line()).code == 5
    (home / "about.yaml").write_text(ABOUT.replace("title", "titel"), encoding="utf-8")
    answer = command("evidence", "add", home / "chat.txt", "--log", folder, "--about", home / "about.yaml")
    assert answer.code == 2 and "titel" in answer.err and store.Log
    missing = command("evidence", "verify", home / "none.zip")
    assert "E-INPUT-01" in missing.err and "FAIL" not in missing.said, "a file that is not there says nothing about a package"
    (folder / "log.pub").rename(home / "aside")
    assert "E-LOG-15" in command("log", "verify", folder).err


def test_an_exhibit_taken_in_after_the_cosigned_checkpoint_needs_another(home, command):
    with running(home / "w") as port:
        with_witness(home, port)
        well(command, "log", "append", home / "log", "--type", "a:b:c")
        well(command, "log", "checkpoint", home / "log", "--witness")
        well(command, "evidence", "add", home / "chat.txt", "--log", home / "log", "--about", home / "about.yaml")
        pack = ("evidence", "package", home / "case.yaml", "--log", home / "log", "--out", home / "p.zip")
        early = command(*pack)
        assert early.code == 4 and "E-LOG-07" in early.err and "只有 1 条" in early.err and "--witness" in early.err
        well(command, "log", "checkpoint", home / "log", "--witness")
        well(command, *pack)
    answer = command("log", "prove", home / "log", "7", "--out", home / "x")
    assert answer.code == 4 and "E-LOG-07" in answer.err and "从 0 数起" in answer.err


def test_a_second_try_goes_on_where_the_first_stopped(home, command, monkeypatch):
    words = ("evidence", "add", home / "chat.txt", "--log", home / "log", "--about", home / "about.yaml")
    with disk.FolderDisk(home / "log").lock():
        assert command(*words).code == 5
    assert (home / "chat.txt.exhibit.json").exists()
    well(command, *words)
    record = json.loads((home / "chat.txt.exhibit.json").read_text())
    (home / "chat.txt.exhibit.json").write_text(json.dumps(record | {"index": None}))  # died after the append
    well(command, *words)
    assert json.loads((home / "chat.txt.exhibit.json").read_text())["index"] == 0 and "1 条" in well(command, "log", "verify", home / "log").out


def test_a_stamp_request_is_written(home, command):
    well(command, "evidence", "stamp", home / "chat.txt", "--request", home / "q.tsq")
    assert (home / "q.tsq").read_bytes()[:1] == b"\x30"
    (home / "a.tsr").write_bytes(b"x")
    (home / "r.pem").write_bytes(b"x")
    assert command("evidence", "stamp", home / "chat.txt", "--answer", home / "a.tsr", "--roots", home / "r.pem").code == 2


# -- the witness over HTTP


def post(port, body, path="/add-checkpoint", headers=None):
    talk = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    talk.request("POST", path, body, headers or {})
    answer = talk.getresponse()
    made = answer.status, answer.headers["Content-Type"], answer.read()
    talk.close()
    return made


def test_the_witness_speaks_the_protocol(home, command):
    read = disk.FolderDisk(home / "log/public").read
    with running(home / "w") as port:
        body = judging.ask(read, 0)
        code, kind, line_ = post(port, body)
        assert code == 200 and line_.startswith("— w.example/a ".encode()) and kind.startswith("text/plain")
        well(command, "log", "append", home / "log", "--type", "a:b:c")
        newer = judging.ask(read, 0)
        assert post(port, newer)[0] == 200  # size 0 was all it had seen
        assert post(port, newer)[:2] == (409, "text/x.tlog.size") and post(port, newer)[2] == b"1\n"
        assert post(port, b"nonsense")[0] == 400 and post(port, body, "/elsewhere")[0] == 404
        assert post(port, b"x" * 70_000)[0] == 413
        with socket.create_connection(("127.0.0.1", port)) as raw:
            raw.sendall(b"POST /add-checkpoint HTTP/1.1\r\nHost: x\r\n\r\n")
            assert b" 411 " in raw.recv(1000)
        with pytest.raises(urllib.error.HTTPError) as told:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5)
        assert told.value.code == 501
        told.value.close()


def test_a_witness_remembers_after_a_restart_and_refuses_a_log_set_back(home, command):
    import shutil

    folder = home / "log"
    shutil.copytree(folder, home / "backup")
    with running(home / "w") as port:
        with_witness(home, port)
        for _ in range(3):
            well(command, "log", "append", folder, "--type", "a:b:c")
        well(command, "log", "checkpoint", folder, "--witness")
    shutil.rmtree(folder)
    shutil.copytree(home / "backup", folder)
    with running(home / "w") as port:
        with_witness(home, port)
        well(command, "log", "append", folder, "--type", "a:b:c")
        answer = command("log", "checkpoint", folder, "--witness")
        assert answer.code == 6 and "E-WITNESS-02" in answer.err and "3 条" in answer.err
        for _ in range(3):  # it writes on, and is found out as another history
            well(command, "log", "append", folder, "--type", "a:b:c")
        answer = command("log", "checkpoint", folder, "--witness")
        assert answer.code == 7 and "E-WITNESS-03" in answer.err and "422" in answer.err


def test_a_witness_that_cannot_be_reached_or_cannot_remember_signs_nothing(home, command):
    with_witness(home, 9)
    well(command, "log", "append", home / "log", "--type", "a:b:c")
    answer = command("log", "checkpoint", home / "log", "--witness")
    assert answer.code == 6 and "连不上" in answer.err and "E-PROOF-10" in answer.err
    with running(home / "w") as port:
        with_witness(home, port)
        well(command, "log", "checkpoint", home / "log", "--witness")
        (seen,) = (home / "w/seen").iterdir()
        seen.write_text("forgotten")
        answer = command("log", "checkpoint", home / "log", "--witness")
        assert answer.code == 7 and "500" in answer.err


def two_histories(home):
    """Requests for two different logs of one name and size, both signed by the log's own key."""
    signer, bodies = note.read_signer(line(home / "log/log.key")), []
    for text in (b"%d", b"x%d"):
        edge = tiles.Edge()
        for n in range(200):
            edge.add(text % n)
        point = checkpoint.Checkpoint(signer.key.name, 200, edge.root())
        bodies.append(judging.request(0, [], checkpoint.sign(point, [signer]).to_bytes()))
    return bodies


def test_a_witness_that_lost_power_after_its_answer_remembers_it(home):
    one, other = two_histories(home)
    n_signed = 0
    for seed in range(60):
        keeper = serving.Keeper(home / "w")
        keeper._disk = LossyDisk(seed, stop_at=seed % 6)
        signed = False
        with contextlib.suppress(PowerCut):
            signed = keeper.answer(one).code == 200
        keeper._disk.cut_power()
        again = keeper.answer(other).code
        n_signed += signed
        assert not (signed and again == 200), "what it answered was on the disk"
    assert 0 < n_signed < 60


def test_two_requests_at_once_are_judged_one_after_another(home, command):
    keeper = serving.Keeper(home / "w")
    bodies, codes = two_histories(home), []
    threads = [threading.Thread(target=lambda body=body: codes.append(keeper.answer(body).code)) for body in bodies * 8]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert codes.count(200) == 1 and set(codes) == {200, 409}, "of two histories one at most is ever signed"


def test_the_witness_serves_from_the_command_line(home):
    done = subprocess.Popen([sys.executable, "-m", "lianfang.cli.main", "witness", "serve", str(home / "w"), "--port", "0"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8")
    try:
        said = done.stdout.readline()
        port = int(said.rsplit(":", 1)[1].split("/")[0])
        assert post(port, judging.ask(disk.FolderDisk(home / "log/public").read, 0))[0] == 200
        second = subprocess.run([sys.executable, "-m", "lianfang.cli.main", "witness", "serve", str(home / "w"), "--port", "0"], capture_output=True, text=True, encoding="utf-8", timeout=60, check=False)
        assert second.returncode == 5
    finally:
        done.send_signal(signal.SIGTERM)
        assert done.wait(30) == 128 + signal.SIGTERM
        done.stdout.close()
        done.stderr.close()


# -- kill -9, with real files

WRITER = """
import sys
from pathlib import Path
from lianfang.engine.evidence import disk, note, store
folder = Path(sys.argv[1])
signer = note.read_signer((folder / "log.key").read_text())
with store.Log(disk.FolderDisk(folder), signer) as log:
    n = log.n_durable
    while True:
        size = 1 + n % 7
        places = log.append([b"entry %d" % (n + k) for k in range(size)])
        print(places.start, places.stop, flush=True)
        n = places.stop
        log.publish_if_due(64, 0.01)
"""


def test_a_writer_killed_again_and_again_loses_nothing_acknowledged(home):
    chance, folder, promised = random.Random(7), home / "log", 0
    for _ in range(12):
        with open(home / "told", "wb") as told:
            writer = subprocess.Popen([sys.executable, "-c", WRITER, str(folder)], stdout=told)
            deadline, wanted = time.monotonic() + 30, chance.randint(3, 60)
            while (home / "told").read_bytes().count(b"\n") < wanted and time.monotonic() < deadline:
                time.sleep(0.001)
            os.kill(writer.pid, signal.SIGKILL)
            writer.wait()
        lines = (home / "told").read_text().splitlines()
        whole = [one.split() for one in lines if len(one.split()) == 2]
        promised = max(promised, int(whole[-2][1]) if len(whole) > 1 else 0)  # the last line may itself be torn
        read = store.public(disk.FolderDisk(folder))
        store.verify(read, note.read_key(line(folder / "log.pub")))  # what is served is whole at any moment
    with store.Log(disk.FolderDisk(folder), note.read_signer(line(folder / "log.key"))) as log:
        log.publish()
    held = []
    store.verify(read, note.read_key(line(folder / "log.pub")), lambda _, entry: held.append(entry))
    assert len(held) >= promised > 50 and held == [b"entry %d" % n for n in range(len(held))]


def test_the_clock_is_the_houses(home, command, monkeypatch):
    from datetime import UTC, datetime

    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 3, 2, 1, tzinfo=UTC))
    well(command, "log", "append", home / "log", "--type", "a:b:c")
    (opening,) = (home / "log/openings").iterdir()
    assert json.loads(json.loads(opening.read_text())["leaf"])["at"] == "2026-03-02T01:00:00.000000Z"


def test_help_starts_without_cryptography():
    said = subprocess.run([sys.executable, "-X", "importtime", "-m", "lianfang.cli.main", "log", "--help"], capture_output=True, text=True, encoding="utf-8", check=False).stderr
    assert "cryptography" not in said and "docx" not in said and "numba" not in said


def test_a_package_opens_with_any_tool(home, command):
    well(command, "evidence", "add", home / "chat.txt", "--log", home / "log", "--about", home / "about.yaml")
    well(command, "evidence", "package", home / "case.yaml", "--log", home / "log", "--out", home / "p.zip")
    with zipfile.ZipFile(home / "p.zip") as held:
        assert held.testzip() is None and "papers/self_check.txt" in held.namelist() and "封面.docx" in held.namelist()
    assert Path(home / "p.zip").stat().st_size < 3_000_000
