"""The court package: checked by the stand-alone script in a bare Python, as a court would; every change is found."""

import ast
import functools
import hashlib
import io
import subprocess
import sys
import zipfile
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from xml.etree import ElementTree

import pytest

from lianfang.engine.evidence import (
    canonical,
    checkpoint,
    custody,
    exhibit,
    leaf,
    note,
    package,
    policy,
    store,
    tiles,
    zips,
)
from lianfang.engine.evidence.note import KeyKind
from lianfang.engine.terms import shelf
from lianfang.engine.terms.errors import LianfangError
from tests.engine.evidence.lossy import LossyDisk

LOG = note.new_signer("example.org/log", KeyKind.ED25519, bytes(range(32)))
ANNA, BAO = (note.new_signer(f"{name}.example/w", KeyKind.COSIGNATURE, bytes([n]) * 32) for n, name in enumerate(("anna", "bao"), 1))
KEEPER = note.new_signer("keeper", KeyKind.ED25519, bytes([9]) * 32)
SALTS = [hashlib.sha256(b"salt %d" % n).digest() for n in range(3)]
AT = datetime(2026, 3, 2, 9, 0, tzinfo=timezone(timedelta(hours=8)))
CONTENTS = [b"chat log " * 50, "群聊截图与转写文字".encode() * 40, b"\x00\x01binary" * 30]
HELD = policy.read(f"log {LOG.key.line()}\nwitness anna {ANNA.key.line()}\nwitness bao {BAO.key.line()}\ngroup any2 any anna bao\nquorum any2\n")
FRONT = package.Front("LF-P-2026-0001", "case:91ac", "移送公安机关", "刑事诉讼法 第一百一十条", "某某消费金融公司", "张*", AT, "X公(经)调证字〔2026〕1号", 3)


def about(n):
    return exhibit.About(title=f"聊天记录之{n}", category=exhibit.Category.MESSAGE, object_of_proof="代理人索要前期费用", source="https://example.org/g/1",
                         captured_at=AT, captured_by="u-17", file_name=f"聊天{n}.txt", mime="text/plain", tool="recorder 1.2")  # fmt: skip


def chain_of(name, digests):
    one = custody.Line(name, AT, "u-17", custody.Act.CAPTURE, "取证", digests.sha256, digests.sha256)
    two = custody.Line(name, AT + timedelta(hours=1), "u-9", custody.Act.TRANSFER, "移交", digests.sha256, digests.sha256, giver="u-17", taker="u-9")
    return custody.add(custody.add((), one), two, KEEPER)


@pytest.fixture(scope="module")
def world():
    """A log of 300 entries, three of them exhibits, published and cosigned by one witness."""
    place, items = LossyDisk(), []
    store.create(place, LOG)
    with store.Log(place, LOG) as log:
        log.append([b"other %d" % n for n in range(280)])
        for n, content in enumerate(CONTENTS):
            name, salt = f"ex:{n}", SALTS[n]
            found = exhibit.take_in(name, about(n), [content], date(2029, 3, 2))
            entry = leaf.to_bytes(leaf.Leaf(f"e-{n}", "evidence:exhibit:kept", AT, "u-17", name, leaf.commit(salt, found.payload())))
            (index,) = log.append([entry])
            items.append(package.Item(name, index, entry, found, salt, zips.of(content), chain_of(name, found.digests)))
        log.append([b"other"] * 17)
        log.publish()
        signed = note.read(place.read("public/checkpoint"))
        log.witnessed(signed.and_signed([checkpoint.cosign(signed.text, ANNA, 1_772_000_000)]).to_bytes())
    grounds = package.Grounds(store.public(place), place.read("public/checkpoint"), HELD, {"u-9": KEEPER.key})
    return items, grounds


def packed(items, grounds, more=None, front=FRONT):
    out = io.BytesIO()
    package.write(out, front, items, grounds, LOG, more)
    return out.getvalue()


@pytest.fixture(scope="module")
def whole(world):
    return packed(*world, {"情况说明.txt": "自查无责任".encode()})


@pytest.fixture(scope="module")
def checker(whole, tmp_path_factory):
    """The script out of the package, in a Python without anything installed and without the network's names."""
    home = tmp_path_factory.mktemp("court")
    with zipfile.ZipFile(io.BytesIO(whole)) as held:
        (home / "verify.py").write_bytes(held.read("verify.py"))

    def run(raw, *words):
        (home / "p.zip").write_bytes(raw)
        done = subprocess.run([sys.executable, "-I", "-S", str(home / "verify.py"), str(home / "p.zip"), *map(str, words)], capture_output=True, text=True, encoding="utf-8", check=False)
        assert done.stderr == "", done.stderr
        return done.returncode, done.stdout

    return run


@pytest.fixture(scope="module")
def inside():
    """The same script in this process, for the many changes."""
    import importlib.util

    spec = importlib.util.spec_from_file_location("court_verify", shelf.path("evidence", "verify.py"))
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    made.is_signed = functools.lru_cache(None)(made.is_signed)  # thousands of changed packages, few signatures
    return made


def test_a_court_says_pass(whole, checker, tmp_path):
    code, said = checker(whole)
    assert code == 0 and said.startswith("PASS 通过  LF-P-2026-0001  3 件"), said
    assert LOG.key.id.hex() in said and "anna" in said and "公钥取自包内" in said
    published = tmp_path / "published.txt"
    published.write_text(HELD.text(), encoding="utf-8")
    code, said = checker(whole, "--policy", published)
    assert code == 0 and "公钥取自包内" not in said
    published.write_text(HELD.text().replace("quorum any2", "quorum bao"), encoding="utf-8")
    code, said = checker(whole, "--policy", published)
    assert code == 1 and "见证签名不够" in said
    other = note.new_signer("example.org/log", KeyKind.ED25519, bytes(32))
    published.write_text(f"log {other.key.line()}\nquorum none\n", encoding="utf-8")
    assert checker(whole, "--policy", published)[0] == 1


def test_the_same_is_the_same_byte_by_byte(world, whole):
    assert packed(*world, {"情况说明.txt": "自查无责任".encode()}) == whole


def test_usage(checker, whole):
    code, said = checker(whole, "one too many")
    assert code == 2 and "verify.py PACKAGE.zip" in said


def test_what_is_no_package(checker):
    assert checker(b"not a zip")[0] == 1


def test_a_time_stamp_is_over_the_checkpoint_it_lies_beside(world, checker, inside, tmp_path, capsys):
    items, grounds = world
    # The script looks for the imprint; the authority's signature is for openssl, and the page says so.
    over = b"\x30\x31...\x04\x20" + hashlib.sha256(grounds.signed).digest() + b"..."
    code, said = checker(packed(items, replace(grounds, stamps=[package.Stamped("a.tsr", over)]), front=replace(FRONT, requester_document="")))
    assert code == 0 and "openssl ts -verify -in stamps/a.tsr -data checkpoint" in said
    code, said = checker(packed(items, replace(grounds, stamps=[package.Stamped("a.tsr", over[:-20])])))
    assert code == 1 and "时间戳不是这个文件的" in said
    two = [package.Stamped("a.tsr", over), package.Stamped("x/a.tsr", over)]
    with pytest.raises(LianfangError) as told:
        packed(items, replace(grounds, stamps=two))
    assert told.value.code == "E-PACKAGE-01"


def rebuilt(whole, change):
    """Take a package apart, change its files, and put it together in the canonical form again."""
    with zipfile.ZipFile(io.BytesIO(whole)) as held:
        files = {name: held.read(name) for name in held.namelist()}
    files = change(files) or files
    out = io.BytesIO()
    zips.write(out, {name: (zips.of(raw), len(raw)) for name, raw in files.items()})
    return out.getvalue()


def verdict(inside, raw, tmp_path, capsys):
    path = tmp_path / "p.zip"
    path.write_bytes(raw)
    before = sys.argv
    sys.argv = ["verify.py", str(path)]
    try:
        return inside.main(), capsys.readouterr().out
    finally:
        sys.argv = before


def test_a_byte_changed_in_any_file_is_named(whole, inside, tmp_path, capsys):
    with zipfile.ZipFile(io.BytesIO(whole)) as held:
        names = held.namelist()
    assert len(names) >= 20
    for name in names:
        def flip(files, name=name):
            raw = files[name]
            at = len(raw) // 2
            files[name] = raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]

        code, said = verdict(inside, rebuilt(whole, flip), tmp_path, capsys)
        assert code == 1 and said.startswith("FAIL 不通过"), name
        if name not in ("manifest.json", "manifest.note"):
            assert name in said, (name, said)


def test_any_byte_of_the_container_changed_is_found(whole, inside, tmp_path, capsys):
    with zipfile.ZipFile(io.BytesIO(whole)) as held:
        starts = [one.header_offset for one in held.infolist()]
        end = held.start_dir
    places = {at + n for at in starts for n in range(0, 40, 13)} | set(range(end, len(whole), 29)) | set(range(0, len(whole), 49_999))
    missed = [at for at in sorted(places) if verdict(inside, whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :], tmp_path, capsys)[0] != 1]
    assert not missed and len(places) > 150


@pytest.mark.parametrize("change", [
    lambda raw: raw[:-1], lambda raw: raw + b"\0", lambda raw: b"\0" + raw, lambda raw: raw[: len(raw) // 2], lambda raw: b"",
], ids=["short", "long", "shifted", "half", "empty"])  # fmt: skip
def test_a_cut_or_longer_package_is_found(whole, inside, tmp_path, capsys, change):
    assert verdict(inside, change(whole), tmp_path, capsys)[0] == 1


def drop(name):
    return lambda files: files.pop(name) and None


@pytest.mark.parametrize("change", [
    drop("items/001/聊天0.txt"), drop("items/002/proof.tlog-proof"), drop("policy.txt"), drop("manifest.note"), drop("checkpoint"), drop("证据目录.docx"),
    lambda files: files.update({"extra.txt": b"x"}), lambda files: dict(reversed(files.items())),
    lambda files: files.update({"items/001/聊天0.txt": files["items/002/聊天1.txt"], "items/002/聊天1.txt": files["items/001/聊天0.txt"]}),
], ids=["content", "proof", "policy", "note", "checkpoint", "page", "extra", "order", "swapped"])  # fmt: skip
def test_files_dropped_added_or_swapped_are_found(whole, inside, tmp_path, capsys, change):
    raw = rebuilt(whole, change)
    code, said = verdict(inside, raw, tmp_path, capsys)
    # Another order is another container, yet nothing in it is wrong: the manifest does not say an order.
    assert code == (0 if list(zipfile.ZipFile(io.BytesIO(raw)).namelist())[-1] == "manifest.json" else 1), said


def resigned(whole, change, signer=LOG):
    """What the log's own owner could forge: change the manifest or files and sign again."""
    def again(files):
        told = canonical.loads(files["manifest.json"])
        change(told, files)
        for name in told["files"]:
            if name in files:
                told["files"][name] = package.digest.of_bytes(files[name]).row()
        raw = canonical.dumps(told)
        files["manifest.json"] = raw
        files["manifest.note"] = note.sign(package.statement(told["package_id"], raw), [signer]).to_bytes()

    return rebuilt(whole, again)


def other_content(told, files):
    files["items/001/聊天0.txt"] = b"forged"


def other_record(told, files):
    files["items/001/聊天0.txt"] = b"forged"
    told["items"][0]["exhibit"].update(package.digest.of_bytes(b"forged").row())


def other_date(told, files):
    told["items"][1]["exhibit"]["captured_at"] = "2020-01-01T00:00:00+08:00"


def other_leaf(told, files):
    files["items/001/leaf.json"], files["items/001/proof.tlog-proof"] = files["items/002/leaf.json"], files["items/002/proof.tlog-proof"]
    told["items"][0]["index"] = told["items"][1]["index"]


def no_item(told, files):
    told["items"].pop()


def other_chain(told, files):
    files["items/001/custody.ndjson"] = files["items/001/custody.ndjson"].splitlines(keepends=True)[1]


def other_actor(told, files):
    lines = files["items/001/custody.ndjson"].splitlines()
    files["items/001/custody.ndjson"] = lines[0] + b"\n" + lines[1].replace("移交".encode(), "返还".encode()) + b"\n"


def other_root(told, files):
    told["items_root"] = "0" * 64


def false_erasure(told, files):
    told["items"][0]["erased"] = {"rule": "x", "at": "x", "by": "x"}


@pytest.mark.parametrize(("change", "words"), [
    (other_content, "文件不是入库的那件"), (other_record, "与入库时登记的不符"), (other_date, "与入库时登记的不符"), (other_leaf, "另一件"),
    (other_chain, "断开"), (other_actor, "签名不对"), (other_root, "证据根不符"),
])  # fmt: skip
def test_a_forgery_by_the_log_itself_is_found(whole, inside, tmp_path, capsys, change, words):
    def forge(told, files):
        change(told, files)
        if change is not other_root:
            told["items_root"] = package.tree.fold([package.tree.hash_leaf(canonical.dumps(one)) for one in told["items"]]).hex()

    code, said = verdict(inside, resigned(whole, forge), tmp_path, capsys)
    assert code == 1 and words in said, said


def test_a_forgery_by_another_key_is_found(whole, inside, tmp_path, capsys):
    other = note.new_signer("example.org/log", KeyKind.ED25519, bytes(32))
    code, said = verdict(inside, resigned(whole, other_content, other), tmp_path, capsys)
    assert code == 1 and "清单签名不对" in said


def test_what_was_erased_stays_provable_and_is_gone(world, checker):
    items, grounds = world
    gone = package.Item(items[1].id, items[1].index, items[1].entry, erased=package.Erased("个人信息保护法 第四十七条", AT, "u-1 / u-2"))
    raw = packed([items[0], gone, items[2]], grounds)
    code, said = checker(raw)
    assert code == 0 and "已依法删除,完整性可验证" in said and "ex:1" in said
    for secret in (CONTENTS[1], SALTS[1], SALTS[1].hex().encode(), items[1].found.digests.sha256.encode(), "聊天1".encode()):
        assert secret not in raw
    code, said = checker(raw.replace(b"e-1", b"e-9"))
    assert code == 1


def test_a_salt_that_is_gone_leaves_the_proof_and_nothing_to_guess(world):
    items, grounds = world
    one = items[1]
    reader = tiles.Reader(grounds.read, checkpoint.read(note.read(grounds.signed).text).n_leaves)
    raw = package.Proof(one.index, tuple(reader.inclusion(one.index)), grounds.signed).to_bytes()
    from lianfang.engine.evidence import proof

    assert proof.verify(raw, one.entry, HELD).witnesses
    # Even who knows the payload cannot show that this leaf is about it.
    assert not any(leaf.opens(leaf.from_bytes(one.entry), bytes([n]) * 32, one.found.payload()) for n in range(2, 200))


@pytest.mark.parametrize(("change", "code"), [
    (lambda one: replace(one, content=zips.of(b"changed")), "E-EXHIBIT-03"),
    (lambda one: replace(one, content=None), "E-PACKAGE-03"),
    (lambda one: replace(one, found=None), "E-PACKAGE-03"),
    (lambda one: replace(one, salt=bytes(31) + b"x"), "E-PACKAGE-04"),
    (lambda one: replace(one, index=one.index + 1), "E-PACKAGE-02"),
    (lambda one: replace(one, index=10_000), "E-PROOF-02"),
    (lambda one: replace(one, id="ex:other"), "E-PACKAGE-02"),
    (lambda one: replace(one, chain=one.chain[1:]), "E-CUSTODY-03"),
])  # fmt: skip
def test_what_is_wrong_does_not_get_into_a_package(world, change, code):
    items, grounds = world
    with pytest.raises(LianfangError) as told:
        packed([change(items[0])], grounds)
    assert told.value.code == code


def test_a_package_is_signed_by_the_log_and_holds_each_exhibit_once(world):
    items, grounds = world
    for given, more in (([], None), ([items[0], items[0]], None), (items[:1], {"a/x.txt": b"", "b/x.txt": b""})):
        with pytest.raises(LianfangError) as told:
            packed(given, grounds, more)
        assert told.value.code == "E-PACKAGE-01"
    with pytest.raises(LianfangError):
        package.write(io.BytesIO(), FRONT, items, grounds, KEEPER)
    with pytest.raises(LianfangError):
        packed(items, grounds, front=replace(FRONT, package_id="x\nPASS"))
    with pytest.raises(LianfangError) as unwitnessed:
        packed(items, replace(grounds, held=replace(HELD, quorum="bao")))
    assert unwitnessed.value.code == "E-PROOF-10"


@pytest.mark.parametrize(("name", "kept"), [
    ("../../etc/passwd", "passwd"), ("C:\\x\\chat.txt", "chat.txt"), ("", "file"), ("..", "file"), ("leaf.json", "_leaf.json"), ("a\x00b\n.txt", "a_b_.txt"), ("截图(1).png", "截图(1).png"),
])  # fmt: skip
def test_names_of_files_cannot_play_tricks(name, kept):
    assert package._safe(name) == kept


def words_of(raw, name):
    with zipfile.ZipFile(io.BytesIO(raw)) as held, zipfile.ZipFile(io.BytesIO(held.read(name))) as page:
        return "".join(ElementTree.fromstring(page.read("word/document.xml")).itertext())


def test_pages_people_read(world, whole):
    import docx

    cover, listed = words_of(whole, "封面.docx"), words_of(whole, "证据目录.docx")
    for text in (FRONT.package_id, FRONT.unit, FRONT.requester_document, LOG.key.line(), "不证明此前的真实性", "verify.py", "单位电子签章"):
        assert text in cover
    for one in world[0]:
        assert one.found.about.title in listed and one.found.digests.sha256 in listed and one.found.digests.sm3 in listed
    assert "代理人索要前期费用" in listed and "2026-03-02 09:00:00" in listed and "通信信息" in listed
    with zipfile.ZipFile(io.BytesIO(whole)) as held:
        page = docx.Document(io.BytesIO(held.read("证据目录.docx")))
        assert [len(one.rows) for one in page.tables] == [4, 4]
        assert page.core_properties.created == AT.astimezone(UTC)


def test_a_copy_with_covered_places_says_so(world, checker):
    items, grounds = world
    text, rows = exhibit.redact("转给王某 8000 元", [exhibit.Cover(2, 4, "姓名", "旁人")], [bytes(32)])
    made = exhibit.derive(items[0].found, "ex:0r", [text.encode()], rows, "公开用副本")
    assert "王某" not in text and exhibit.read(made.row()) == made
    place = LossyDisk()
    store.create(place, LOG)
    entry = leaf.to_bytes(leaf.Leaf("e-r", "evidence:exhibit:derived", AT, "u-17", "ex:0r", leaf.commit(bytes(32), made.payload())))
    with store.Log(place, LOG) as log:
        log.append([entry])
        log.publish()
    chain = custody.add((), custody.Line("ex:0r", AT, "u-17", custody.Act.CAPTURE, "遮盖", made.digests.sha256, made.digests.sha256))
    grounds = package.Grounds(store.public(place), place.read("public/checkpoint"), policy.Policy(LOG.key))
    raw = packed([package.Item("ex:0r", 0, entry, made, bytes(32), zips.of(text.encode()), chain)], grounds)
    assert checker(raw)[0] == 0
    assert "由 ex:0 派生；遮盖 1 处" in words_of(raw, "证据目录.docx") and "公开用副本" in words_of(raw, "证据目录.docx")


def test_a_strangers_package_cannot_write_a_pass_of_its_own(whole, inside, tmp_path, capsys):
    def forge(told, files):
        told["package_id"] = "x\nPASS 通过"

    code, said = verdict(inside, resigned(whole, forge), tmp_path, capsys)
    assert len([line for line in said.splitlines() if line.startswith("PASS")]) == 1
    name = "items/evil\nPASS 通过.txt"
    code, said = verdict(inside, rebuilt(whole, lambda files: files.update({name: b""})), tmp_path, capsys)
    assert code == 1 and not any(line.startswith("PASS") for line in said.splitlines())


def test_a_compressed_package_is_not_unpacked(whole, inside, tmp_path, capsys):
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(whole)) as held, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name in held.namelist():
            made.writestr(name, held.read(name))
    code, said = verdict(inside, out.getvalue(), tmp_path, capsys)
    assert code == 1 and "压缩过的包不收" in said


# -- the script's own cryptography


def test_the_script_agrees_with_the_library_on_signatures(inside):
    from hypothesis import given, settings
    from hypothesis import strategies as st

    @given(st.binary(min_size=32, max_size=32), st.binary(max_size=80), st.integers(0, 511))
    @settings(max_examples=25, deadline=None)
    def agree(seed, message, bit):
        signer = note.new_signer("x", KeyKind.ED25519, seed)
        good = signer.sign(message)
        changed = bytearray(good)
        changed[bit // 8] ^= 1 << bit % 8
        assert inside.is_signed(signer.key.public, message, good)
        assert not inside.is_signed(signer.key.public, message, bytes(changed)) and not inside.is_signed(signer.key.public, message + b"x", good)
        high = (int.from_bytes(good[32:], "little") + inside.L).to_bytes(32, "little")  # the same number, written larger
        assert not inside.is_signed(signer.key.public, message, good[:32] + high)

    agree()
    assert not inside.is_signed(b"\xff" * 32, b"", bytes(64)) and not inside.is_signed(bytes(31), b"", bytes(64)) and not inside.is_signed(bytes(32), b"", b"")


def test_the_script_has_an_sm3_of_its_own(inside, monkeypatch):
    for n in (0, 1, 55, 56, 63, 64, 65, 119, 120, 1000):
        raw = bytes(range(256))[:n] if n < 256 else bytes(n)
        assert inside.SlowSM3(raw).hexdigest() == package.digest.of_bytes(raw).sm3
    with monkeypatch.context() as patched:
        patched.setattr(inside.hashlib, "new", lambda *_: (_ for _ in ()).throw(ValueError()))
        assert inside.sm3(b"abc").hexdigest() == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    assert hashlib.new("sha256")


def test_the_script_runs_alone():
    text = shelf.text("evidence/verify.py")
    imports = {line.split()[1].split(".")[0] for line in text.splitlines() if line.startswith(("import ", "from "))}
    assert imports <= {"__future__", "base64", "hashlib", "hmac", "json", "sys", "tempfile", "zipfile", "typing"}
    ast.parse(text, feature_version=(3, 8))
    assert len(text.splitlines()) <= 400
