"""Time stamps against a throw-away authority: `openssl ts` with a root and a signing certificate made here."""

import shutil
import subprocess
import zipfile
from io import BytesIO

import pytest

from lianfang.engine.evidence import stamp
from lianfang.engine.terms.errors import InputError, LianfangError, PartnerError, ProofError

pytestmark = pytest.mark.skipif(not shutil.which("openssl"), reason="no openssl here to play the authority")

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
ordering = no
tsa_name = no
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""


class Authority:
    def __init__(self, home, usage="critical,timeStamping"):
        self.home = home
        (home / "serial").write_text("01\n")
        (home / "ts.cnf").write_text(CONFIG.format(home=home))
        (home / "ext.cnf").write_text(f"extendedKeyUsage={usage}\nkeyUsage=critical,digitalSignature\nbasicConstraints=CA:FALSE\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n")
        self.run("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "root.key", "-out", "root.pem", "-days", "3650", "-subj", "/CN=Throw-away root",
                 "-addext", "keyUsage=critical,keyCertSign,cRLSign")  # fmt: skip
        self.run("req", "-newkey", "rsa:2048", "-nodes", "-keyout", "ts.key", "-out", "ts.csr", "-subj", "/CN=Throw-away stamps")
        self.run("x509", "-req", "-in", "ts.csr", "-CA", "root.pem", "-CAkey", "root.key", "-CAcreateserial", "-days", "3650", "-extfile", "ext.cnf", "-out", "ts.pem")
        self.roots = stamp.certificates((home / "root.pem").read_bytes())

    def run(self, *words):
        subprocess.run(["openssl", *words], cwd=self.home, check=True, capture_output=True)

    def answer(self, raw):
        (self.home / "q.tsq").write_bytes(raw)
        self.run("ts", "-reply", "-config", "ts.cnf", "-section", "here", "-queryfile", "q.tsq", "-signer", "ts.pem", "-inkey", "ts.key", "-out", "a.tsr")
        return (self.home / "a.tsr").read_bytes()


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("tsa"))


CONTENT = b"example.org/log\n300\nroot\n"


@pytest.fixture(scope="module")
def stamped(authority):
    asked = stamp.request(CONTENT)
    return asked, authority.answer(asked.raw)


def code_of(call, *given, **named):
    with pytest.raises(LianfangError) as told:
        call(*given, **named)
    return told.value.code


def test_a_stamp_says_when_and_over_what(authority, stamped):
    asked, raw = stamped
    told = stamp.verify(raw, CONTENT, authority.roots, asked.nonce)
    assert told == stamp.read(raw) == stamp.verify(raw, CONTENT, authority.roots)
    assert told.policy == "1.2.3.4.1" and told.nonce == asked.nonce and told.at.tzinfo is not None and told.serial > 0
    import hashlib

    assert told.imprint == hashlib.sha256(CONTENT).digest()


def test_openssl_reads_our_request(authority, stamped):
    (authority.home / "ours.tsq").write_bytes(stamped[0].raw)
    said = subprocess.run(["openssl", "ts", "-query", "-in", "ours.tsq", "-text"], cwd=authority.home, check=True, capture_output=True, text=True).stdout
    assert "sha256" in said and "Certificate required: yes" in said and "Nonce: 0x" in said


def test_openssl_verifies_what_we_verify(authority, stamped):
    (authority.home / "content").write_bytes(CONTENT)
    (authority.home / "one.tsr").write_bytes(stamped[1])
    authority.run("ts", "-verify", "-in", "one.tsr", "-data", "content", "-CAfile", "root.pem")


def test_another_content_nonce_or_root_does_not_hold(authority, stamped, tmp_path):
    asked, raw = stamped
    assert code_of(stamp.verify, raw, CONTENT + b"x", authority.roots) == "E-STAMP-04"
    assert code_of(stamp.verify, raw, CONTENT, authority.roots, asked.nonce + 1) == "E-STAMP-04"
    assert code_of(stamp.verify, raw, CONTENT, []) == "E-STAMP-04"
    assert code_of(stamp.verify, raw, CONTENT, Authority(tmp_path).roots) == "E-STAMP-04"


def test_a_certificate_for_something_else_does_not_stamp(tmp_path):
    try:
        other = Authority(tmp_path, "serverAuth")
        raw = other.answer(stamp.request(CONTENT).raw)
    except subprocess.CalledProcessError:
        return  # this openssl refuses by itself
    with pytest.raises(LianfangError):
        stamp.verify(raw, CONTENT, other.roots)


def test_a_changed_byte_does_not_hold(authority, stamped):
    asked, raw = stamped
    missed = []
    for at in range(0, len(raw), 7):
        changed = raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]
        try:
            told = stamp.verify(changed, CONTENT, authority.roots, asked.nonce)
        except (ProofError, PartnerError):
            continue
        missed.append((at, told))
    # Bytes no signature covers may change (the certificate's own signature is checked, its place is not): what is said never does.
    assert all(told == stamp.read(raw) for _, told in missed), missed
    assert len(missed) < len(raw) / 7 / 20


def test_a_refusal_and_nonsense_are_told(authority):
    sha512 = bytes.fromhex("305902010130513 00d060960864801650304020305000440".replace(" ", "")) + bytes(64) + b"\x01\x01\xff"
    assert code_of(stamp.read, authority.answer(sha512)) in ("E-STAMP-01", "E-STAMP-02")
    for raw in (b"", b"nonsense", b"\x30\x03\x02\x01\x00"):
        assert code_of(stamp.read, raw) == "E-STAMP-01"
    assert code_of(stamp.verify, b"x", CONTENT, authority.roots) == "E-STAMP-01"
    with pytest.raises(InputError):
        stamp.certificates(b"no PEM")


def test_a_package_carries_its_stamp(authority, stamped, tmp_path):
    # The court's script checks what the stamp is over; openssl checks the authority's signature.
    from lianfang.engine.evidence import package, zips

    out = BytesIO()
    zips.write(out, {"stamps/x.tsr": (zips.of(stamped[1]), len(stamped[1]))})
    assert zipfile.ZipFile(out).read("stamps/x.tsr") == stamped[1] and package.Stamped("x.tsr", stamped[1]).over == "checkpoint"
    assert b"\x04\x20" + stamp.read(stamped[1]).imprint in stamped[1]
