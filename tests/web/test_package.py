"""Court packages made in the office: checked by the program inside, without the office, on what was removed too."""

import subprocess
import sys
import threading
import zipfile
from datetime import timedelta
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import BytesIO

import pytest
from django.test import override_settings
from django.urls import reverse

from lianfang.cli import witness as witnesses
from lianfang.engine.evidence import policy, stamp
from lianfang.engine.terms import clock
from lianfang.engine.terms.errors import InputError, NotEnough, PartnerError, ProofError
from lianfang.web.accounts import meter
from lianfang.web.cases import exhibit_access as access
from lianfang.web.cases import exhibit_actions as actions
from lianfang.web.evidence import access as log
from lianfang.web.evidence import exhibit_access as evidence
from lianfang.web.evidence import packages, vault
from lianfang.web.evidence.exhibit_actions import Asked
from lianfang.web.evidence.models import Entry, Exhibit, Opening, Package, Stamp

WHY, ASKED = meter.Purpose("referral", "移送材料"), Asked("(2026)某01民初1号", "诉讼举证", "民事诉讼法第六十六条", "调证1号")


@pytest.fixture
def own(office, tmp_path):
    with override_settings(HOME=tmp_path):
        Opening.objects.all().delete()
        Entry.objects.all().delete()
        yield office


def checked(place, tmp_path):
    """Do as a court does: take verify.py out, name the published policy, run it."""
    with zipfile.ZipFile(place) as held:
        (tmp_path / "verify.py").write_bytes(held.read("verify.py"))
    (tmp_path / "policy.txt").write_text(policy.Policy(packages.store.signer().key).text())
    return subprocess.run(
        [sys.executable, "-I", tmp_path / "verify.py", place, "--policy", tmp_path / "policy.txt"], capture_output=True, text=True, check=False
    )


def test_a_package_is_made_taken_and_passes_its_own_checker(own, tmp_path):
    boss = own.members["supervisor", "first"]
    ring = str(own.ring("first").code)
    first, second = own.exhibit(boss, b"one", about=ring, n_people=2), own.exhibit(boss, b"two", about=ring, name="b.txt")
    client = own.client("supervisor")
    assert first.title in client.get(reverse("cases-packages") + f"?about={ring}").content.decode()
    told = {"exhibits": [str(first.code), str(second.code)], "case_name": ASKED.case_name, "use": ASKED.purpose, "legal_basis": ASKED.legal_basis,
            "document": ASKED.document, "n_copies": 2, "purpose": "referral", "reason": "移送材料", "about": ring}  # fmt: skip
    before = meter.reading(boss).n_people
    answer = client.post(reverse("cases-packages"), told)
    made = Package.objects.get()
    assert answer.url == reverse("cases-package", args=[made.code]) and meter.reading(boss).n_people == before + 3
    assert [str(line.act) for line in evidence.chain_of(first)] == ["capture", "verify", "export"]
    assert made.number in client.get(answer.url).content.decode()
    taken = client.post(reverse("cases-package-take", args=[made.code]))
    raw = b"".join(taken.streaming_content)
    assert taken["Content-Type"] == "application/zip" and Entry.objects.filter(tag="cases:package:taken").exists()
    with zipfile.ZipFile(BytesIO(raw)) as held:
        names = held.namelist()
        assert {"封面.docx", "证据目录.docx", "verify.py", "manifest.json"} <= set(names)
        assert held.read("items/001/chat.txt") == b"one" and held.read("items/002/b.txt") == b"two"
        assert str(boss.user) not in held.read("manifest.json").decode()
    done = checked(packages.place(made.code), tmp_path)
    assert done.returncode == 0 and "PASS" in done.stdout, done.stdout + done.stderr


def test_a_changed_byte_in_the_zip_is_found(own, tmp_path):
    boss = own.members["supervisor", "first"]
    made = actions.make_package(boss, [own.exhibit(boss, b"the words")], ASKED, WHY)
    place = packages.place(made.code)
    place.write_bytes(place.read_bytes().replace(b"the words", b"the w0rds"))
    assert checked(place, tmp_path).returncode == 1
    with pytest.raises(ProofError, match="E-PACKAGE-11"):
        actions.take_package(boss, made)
    place.unlink()
    with pytest.raises(ProofError, match="E-PACKAGE-11"):
        actions.take_package(boss, made)


def test_nothing_is_made_of_a_damaged_exhibit(own):
    boss = own.members["supervisor", "first"]
    kept = own.exhibit(boss, b"as it was")
    vault.place(kept.sha256, kept.code).write_bytes(b"as it is!")
    with pytest.raises(ProofError, match="E-EXHIBIT-03"):
        actions.make_package(boss, [kept], ASKED, WHY)
    assert Exhibit.objects.get().is_damaged and not Package.objects.exists()


def test_nothing_is_made_beyond_the_meter_or_of_nothing(own):
    boss = own.members["supervisor", "first"]
    with pytest.raises(NotEnough, match="上限"):
        actions.make_package(boss, [own.exhibit(boss, n_people=99)], ASKED, WHY)
    with pytest.raises(InputError, match="至少"):
        actions.make_package(boss, [], ASKED, WHY)
    assert not Package.objects.exists()


def test_nobody_packs_what_they_may_not_see(own):
    kept = own.exhibit(own.members["supervisor", "second"])
    told = {"exhibits": [str(kept.code)], "case_name": "x", "use": "x", "legal_basis": "x", "n_copies": 1, "purpose": "referral", "reason": "移送材料"}
    assert own.client("supervisor").post(reverse("cases-packages"), told).status_code == HTTPStatus.BAD_REQUEST
    assert access.offered(own.members["supervisor", "first"], "") == []


def test_what_was_removed_is_listed_and_still_proved(own, tmp_path):
    mine, boss, rule = (own.members[role, "first"] for role in ("analyst", "supervisor", "compliance"))
    gone = own.exhibit(mine, b"old", expires_on=clock.today() - timedelta(days=1))
    stays = own.exhibit(mine, b"new", name="new.txt")
    actions.ask_removal(mine, gone, "保存期满")
    gone = actions.forget(rule, gone)
    made = actions.make_package(boss, [gone, stays], ASKED, WHY)
    done = checked(packages.place(made.code), tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    with zipfile.ZipFile(packages.place(made.code)) as held:
        assert b"old" not in held.read("items/001/leaf.json") and not [n for n in held.namelist() if n.startswith("items/001/chat")]


CONFIG = """
[tsa]
default_tsa = here
[here]
serial = {home}/serial
crypto_device = builtin
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ess_cert_id_alg = sha256
"""
EXTENSIONS = "extendedKeyUsage=critical,timeStamping\nkeyUsage=critical,digitalSignature\nbasicConstraints=CA:FALSE\n"


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    """A time stamp authority on this machine: `openssl ts` behind an address."""
    home = tmp_path_factory.mktemp("tsa")

    def openssl(*words):
        subprocess.run(["openssl", *words], cwd=home, check=True, capture_output=True)

    (home / "serial").write_text("01\n")
    (home / "ts.cnf").write_text(CONFIG.format(home=home))
    (home / "ext.cnf").write_text(EXTENSIONS)
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "root.key", "-out", "root.pem", "-days", "3650", "-subj", "/CN=Throw-away root",
            "-addext", "keyUsage=critical,keyCertSign,cRLSign")  # fmt: skip
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", "ts.key", "-out", "ts.csr", "-subj", "/CN=Throw-away stamps")
    openssl("x509", "-req", "-in", "ts.csr", "-CA", "root.pem", "-CAkey", "root.key", "-CAcreateserial", "-days", "3650", "-extfile", "ext.cnf", "-out", "ts.pem")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            (home / "q.tsq").write_bytes(self.rfile.read(int(self.headers["Content-Length"])))
            openssl("ts", "-reply", "-config", "ts.cnf", "-section", "here", "-queryfile", "q.tsq", "-signer", "ts.pem", "-inkey", "ts.key", "-out", "a.tsr")
            self.send_response(503 if self.path == "/tired" else 200)
            self.end_headers()
            self.wfile.write((home / "a.tsr").read_bytes() if self.path != "/wrong" else b"no stamp")

        def log_message(self, *_):
            pass

    served = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=served.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{served.server_port}", home
    served.shutdown()
    thread.join()
    served.server_close()


def test_an_exhibit_is_stamped_and_openssl_agrees(own, authority, tmp_path):
    address, home = authority
    kept = own.exhibit(own.members["analyst", "first"], b"stamped words")
    with override_settings(LIANFANG_TSA=address, LIANFANG_TSA_ROOTS=str(home / "root.pem")):
        assert own.client("analyst").post(reverse("cases-exhibit-stamp", args=[kept.code])).status_code == HTTPStatus.FOUND
        made = Stamp.objects.get(exhibit=kept)
        assert stamp.verify(bytes(made.raw), b"stamped words", stamp.certificates((home / "root.pem").read_bytes())).serial == int(made.serial)
        assert "127.0.0.1" in own.client("analyst").get(reverse("cases-exhibit", args=[kept.code])).content.decode()
        pack = actions.make_package(own.members["supervisor", "first"], [kept], ASKED, WHY)
    assert pack.is_stamped
    with zipfile.ZipFile(packages.place(pack.code)) as held:
        for name in ("stamps/checkpoint.tsr", "stamps/item-001-1.tsr", "items/001/chat.txt", "checkpoint"):
            (tmp_path / name.split("/")[-1]).write_bytes(held.read(name))
    for answer, content in (("checkpoint.tsr", "checkpoint"), ("item-001-1.tsr", "chat.txt")):
        words = ["openssl", "ts", "-verify", "-in", answer, "-data", content, "-CAfile", home / "root.pem"]
        assert subprocess.run(words, cwd=tmp_path, capture_output=True, check=False).returncode == 0
    assert checked(packages.place(pack.code), tmp_path).returncode == 0


@pytest.mark.parametrize(("path", "error"), [("/tired", PartnerError), ("/wrong", ProofError)])
def test_a_bad_answer_of_the_authority_is_not_kept(own, authority, path, error):
    address, home = authority
    kept = own.exhibit(own.members["analyst", "first"])
    with override_settings(LIANFANG_TSA=address + path, LIANFANG_TSA_ROOTS=str(home / "root.pem")), pytest.raises(error):
        actions.stamp(own.members["analyst", "first"], kept)
    with pytest.raises(PartnerError, match="没有配置"):
        actions.stamp(own.members["analyst", "first"], kept)
    assert not Stamp.objects.exists()


def test_a_package_waits_for_the_witness_where_there_is_one(own, tmp_path, capsys):
    folder = tmp_path / "witness"
    witnesses.init(folder, "association.example/w")
    witnesses.trust(folder, log.key_line())
    boss = own.members["supervisor", "first"]
    with override_settings(LIANFANG_WITNESS=str(folder)):
        made = actions.make_package(boss, [own.exhibit(boss)], ASKED, WHY)
    assert made.is_witnessed
    with zipfile.ZipFile(packages.place(made.code)) as held:
        assert b"quorum witness" in held.read("policy.txt")
    (folder / "logs").rename(folder / "forgotten")
    with override_settings(LIANFANG_WITNESS=str(folder)):
        assert not actions.make_package(boss, [own.exhibit(boss)], ASKED, WHY).is_witnessed
