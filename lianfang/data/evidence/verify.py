"""联防证据包离线核验。用法 / usage: python3 verify.py PACKAGE.zip [--policy FILE]

Only Python's standard library (3.8 or newer), no network. Prints PASS, or the first thing that fails, with exit code 1.
What it checks: the container byte by byte, every file's SHA-256 and SM3, the signature over the manifest, the log's
checkpoint and its witnesses, each exhibit's place in the log, what the log was bound to, and the chain of custody.
Give --policy a file with the keys the association publishes: without it the keys of the package itself are used,
and must be compared by eye with the published ones.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import sys
import tempfile
import zipfile
from typing import Any

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
HALF = pow(2, (P - 1) // 4, P)
CHUNK = 1 << 20
LOOSE = ("manifest.json", "manifest.note")


class Failed(Exception):
    """The first thing that is wrong."""


def need(good: object, where: str, zh: str, en: str) -> None:
    if not good:
        raise Failed(f"{where}: {zh} / {en}")


def say(text: str) -> None:
    """Print one line; what a stranger's package holds must not be able to write another."""
    print("".join(sign if sign.isprintable() else "?" for sign in text))


# -- Ed25519 (RFC 8032)


def recover(raw: bytes) -> tuple[int, int, int, int] | None:
    y = int.from_bytes(raw, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    if len(raw) != 32 or y >= P:
        return None
    x2 = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P:
        x = x * HALF % P
    if (x * x - x2) % P or (x == 0 and sign):
        return None
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


def plus(p: tuple[int, int, int, int], q: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(n: int, p: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    made = (0, 1, 1, 0)
    while n:
        if n & 1:
            made = plus(made, p)
        p, n = plus(p, p), n >> 1
    return made


BASE = recover(bytes([0x58]) + bytes([0x66]) * 31)


def is_signed(public: bytes, message: bytes, signature: bytes) -> bool:
    point, s = recover(public), int.from_bytes(signature[32:], "little")
    if point is None or BASE is None or len(signature) != 64 or s >= L:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % L
    minus = (P - point[0], point[1], 1, P - point[3])
    x, y, z, _ = plus(times(s, BASE), times(h, minus))
    down = pow(z, P - 2, P)
    x, y = x * down % P, y * down % P
    return (y | (x & 1) << 255).to_bytes(32, "little") == signature[:32]


# -- SM3 (GB/T 32905-2016), for a Python built without it


class SlowSM3:
    """SM3 in plain Python: correct, and slow."""

    block_size, digest_size = 64, 32

    def __init__(self, raw: bytes = b"") -> None:
        self.held, self.n = b"", 0
        self.state = [0x7380166F, 0x4914B2B9, 0x172442D7, 0xDA8A0600, 0xA96F30BC, 0x163138AA, 0xE38DEE4D, 0xB0FB0E4E]
        self.update(raw)

    def update(self, raw: bytes) -> None:
        self.n += len(raw)
        self.held += raw
        while len(self.held) >= 64:
            self.turn(self.held[:64])
            self.held = self.held[64:]

    def copy(self) -> SlowSM3:
        made = SlowSM3()
        made.held, made.n, made.state = self.held, self.n, list(self.state)
        return made

    def turn(self, block: bytes) -> None:
        def rol(x: int, n: int) -> int:
            n %= 32
            return (x << n | x >> (32 - n)) & 0xFFFFFFFF if n else x

        w = [int.from_bytes(block[n : n + 4], "big") for n in range(0, 64, 4)]
        for n in range(16, 68):
            x = w[n - 16] ^ w[n - 9] ^ rol(w[n - 3], 15)
            w.append(x ^ rol(x, 15) ^ rol(x, 23) ^ rol(w[n - 13], 7) ^ w[n - 6])
        a, b, c, d, e, f, g, h = self.state
        for n in range(64):
            one = rol(rol(a, 12) + e + rol(0x79CC4519 if n < 16 else 0x7A879D8A, n) & 0xFFFFFFFF, 7)
            ff = a ^ b ^ c if n < 16 else a & b | a & c | b & c
            gg = e ^ f ^ g if n < 16 else e & f | (~e & 0xFFFFFFFF) & g
            first = (ff + d + (one ^ rol(a, 12)) + (w[n] ^ w[n + 4])) & 0xFFFFFFFF
            second = (gg + h + one + w[n]) & 0xFFFFFFFF
            a, b, c, d, e, f, g, h = first, a, rol(b, 9), c, second ^ rol(second, 9) ^ rol(second, 17), e, rol(f, 19), g
        self.state = [x ^ y for x, y in zip(self.state, (a, b, c, d, e, f, g, h))]  # noqa: B905  (older Pythons)

    def digest(self) -> bytes:
        end = self.copy()
        bits = end.n * 8
        end.update(b"\x80" + bytes((55 - end.n) % 64) + bits.to_bytes(8, "big"))
        return b"".join(x.to_bytes(4, "big") for x in end.state)

    def hexdigest(self) -> str:
        return self.digest().hex()


def sm3(raw: bytes = b"") -> Any:
    try:
        return hashlib.new("sm3", raw)
    except ValueError:
        return SlowSM3(raw)


# -- notes, checkpoints, the tree


def unbase(text: str) -> bytes:
    raw = base64.b64decode(text, validate=True)
    if base64.b64encode(raw).decode() != text:
        raise ValueError(text)
    return raw


def read_key(line: str) -> tuple[str, bytes, int, bytes]:
    name, _, rest = line.partition("+")
    key_id, _, body = rest.partition("+")
    raw = unbase(body)
    made = hashlib.sha256(name.encode() + b"\n" + raw).digest()[:4]
    if made.hex() != key_id or len(raw) != 33 or raw[0] not in (1, 4):
        raise ValueError(line)
    return name, made, raw[0], raw[1:]


def read_note(raw: bytes) -> tuple[str, list[tuple[str, bytes, bytes]]]:
    head, middle, tail = raw.decode("utf-8").rpartition("\n\n")
    if not middle or not tail.endswith("\n"):
        raise ValueError("note")
    lines = []
    for line in tail[:-1].split("\n"):
        mark, name, body = line.split(" ")
        if mark != "—":
            raise ValueError(line)
        lines.append((name, unbase(body)[:4], unbase(body)[4:]))
    return head + "\n", lines


def signers(text: str, lines: list[tuple[str, bytes, bytes]], key: tuple[str, bytes, int, bytes]) -> list[int]:
    """Give a key's good signatures of a text: the second each was made, 0 for a plain one."""
    name, key_id, kind, public = key
    good = []
    for who, which, body in lines:
        at = int.from_bytes(body[:8], "big") if kind == 4 else 0
        said = f"cosignature/v1\ntime {at}\n{text}" if kind == 4 else text
        if (who, which) == (name, key_id) and is_signed(public, said.encode(), body[8:] if kind == 4 else body):
            good.append(at)
    return good


def read_policy(text: str) -> dict[str, Any]:
    made: dict[str, Any] = {"log": None, "witness": {}, "group": {}, "quorum": None}
    for words in (line.split() for line in text.splitlines() if line.strip() and not line.startswith("#")):
        if words[0] == "log":
            made["log"] = read_key(words[1])
        elif words[0] == "witness":
            made["witness"][words[1]] = read_key(words[2])
        elif words[0] == "group":
            least = {"any": 1, "all": len(words) - 3}.get(words[2]) or int(words[2])
            made["group"][words[1]] = (least, words[3:])
        else:
            made[words[0]] = words[1]
    return made


def enough(policy: dict[str, Any], names: list[str]) -> bool:
    held = set(names)
    for name, (least, members) in policy["group"].items():
        if sum(one in held for one in members) >= least > 0:
            held.add(name)
    return policy["quorum"] == "none" or policy["quorum"] in held


def root_from(entry: bytes, index: int, size: int, proof: list[bytes]) -> bytes | None:
    place, last, made = index, size - 1, hashlib.sha256(b"\x00" + entry).digest()
    if not 0 <= index < size:
        return None
    for one in proof:
        if last == 0 or len(one) != 32:
            return None
        if place & 1 or place == last:
            made = hashlib.sha256(b"\x01" + one + made).digest()
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            made = hashlib.sha256(b"\x01" + made + one).digest()
        place, last = place >> 1, last >> 1
    return made if last == 0 else None


def fold(row: list[bytes]) -> str:
    while len(row) > 1:
        row = [hashlib.sha256(b"\x01" + b"".join(row[n : n + 2])).digest() if n + 1 < len(row) else row[n] for n in range(0, len(row), 2)]
    return row[0].hex() if row else hashlib.sha256(b"").hexdigest()


def canonical(value: Any) -> bytes:
    def ordered(one: Any) -> Any:
        if isinstance(one, dict):
            return {key: ordered(one[key]) for key in sorted(one, key=lambda key: key.encode("utf-16-be"))}
        return [ordered(each) for each in one] if isinstance(one, list) else one

    return json.dumps(ordered(value), ensure_ascii=False, separators=(",", ":")).encode()


# -- the package


def check_container(path: str, held: zipfile.ZipFile) -> None:
    with tempfile.TemporaryFile() as again, open(path, "rb") as given:
        with zipfile.ZipFile(again, "w", zipfile.ZIP_STORED) as made:
            for old in held.infolist():
                new = zipfile.ZipInfo(old.filename, (1980, 1, 1, 0, 0, 0))
                new.create_system, new.external_attr, new.file_size = 3, 0o100644 << 16, old.file_size
                with held.open(old) as source, made.open(new, "w") as target:
                    for chunk in iter(lambda source=source: source.read(CHUNK), b""):  # type: ignore[misc]
                        target.write(chunk)
        again.seek(0)
        while True:
            one, other = given.read(CHUNK), again.read(CHUNK)
            need(one == other, "zip", "压缩包本身被改动", "the container was changed")
            if not one:
                return


def check_files(held: zipfile.ZipFile, files: dict[str, Any]) -> None:
    names = [one.filename for one in held.infolist()]
    for name in names:
        need(name in files or name in LOOSE, name, "清单之外的文件,或重复", "a file the manifest does not list")
    for name, told in files.items():
        need(names.count(name) == 1, name, "文件缺失或重复", "missing, or there twice")
        one, other, size = hashlib.sha256(), sm3(), 0
        with held.open(name) as source:
            for chunk in iter(lambda source=source: source.read(CHUNK), b""):  # type: ignore[misc]
                one.update(chunk)
                other.update(chunk)
                size += len(chunk)
        good = (one.hexdigest(), other.hexdigest(), size) == (told["sha256"], told["sm3"], told["bytes"])
        need(good, name, "内容与清单上的哈希不符", "the content does not fit the manifest")


def check_signatures(held: zipfile.ZipFile, manifest: bytes, policy: dict[str, Any]) -> tuple[str, list[str]]:
    text, lines = read_note(held.read("manifest.note"))
    told = json.loads(manifest)
    wanted = f"lianfang evidence package v1\n{told['package_id']}\nsha256 {hashlib.sha256(manifest).hexdigest()}\nsm3 {sm3(manifest).hexdigest()}\n"
    need(text == wanted, "manifest.json", "清单被改动", "the manifest was changed")
    need(len(lines) == 1 and signers(text, lines, policy["log"]), "manifest.note", "清单签名不对", "the manifest's signature is wrong")
    text, lines = read_note(held.read("checkpoint"))
    need(signers(text, lines, policy["log"]), "checkpoint", "检查点没有日志的签名", "the log did not sign the checkpoint")
    need(text.split("\n")[0] == policy["log"][0], "checkpoint", "这是另一个日志", "this is another log")
    seen = [name for name, key in policy["witness"].items() if signers(text, lines, key)]
    need(enough(policy, seen), "checkpoint", "见证签名不够", "too few witnesses")
    return text, seen


def check_item(held: zipfile.ZipFile, item: dict[str, Any], text: str, keys: dict[str, str]) -> None:
    where = f"第 {item['item_no']} 件 {item['id']}"
    entry, leaf = held.read(item["files"]["leaf"]), json.loads(held.read(item["files"]["leaf"]))
    proof = held.read(item["files"]["proof"]).partition(b"\n\n")
    lines = proof[0].decode().split("\n")
    index = int(lines[1].split(" ")[1])
    need(lines[0] == "c2sp.org/tlog-proof@v1" and proof[2] == held.read("checkpoint") and index == item["index"], where, "证明文件有误", "the proof file is wrong")
    size, root = int(text.split("\n")[1]), unbase(text.split("\n")[2])
    need(root_from(entry, index, size, [unbase(line) for line in lines[2:]]) == root, where, "不在日志中", "not in the log")
    need(leaf["target"] == item["id"], where, "日志条目讲的是另一件", "the entry is about another exhibit")
    if "erased" in item:
        say(f"  {where}: 已依法删除,完整性可验证 / erased by law, still provable")
        return
    opening = json.loads(held.read(item["files"]["opening"]))
    salt, payload = bytes.fromhex(opening["salt"]), canonical(item["exhibit"])
    made = hmac.new(salt, payload, hashlib.sha256).hexdigest(), hmac.new(salt, payload, sm3).hexdigest()
    need(len(salt) == 32 and made == (leaf["commit"]["sha256"], leaf["commit"]["sm3"]), where, "与入库时登记的不符", "not what was registered at intake")
    content = json.loads(held.read("manifest.json"))["files"][item["files"]["content"]]
    same = all(content[name] == item["exhibit"][name] for name in ("bytes", "sha256", "sm3"))
    need(same, where, "文件不是入库的那件", "the file is not what was taken in")
    check_custody(held.read(item["files"]["custody"]), item, where, keys)


def check_custody(raw: bytes, item: dict[str, Any], where: str, keys: dict[str, str]) -> None:
    former, after, act = "0" * 64, None, None
    for number, line in enumerate(raw.splitlines(), 1):
        row = json.loads(line)
        place = f"{where} 保管链第 {number} 行"
        linked = row["former"] == former and row["exhibit"] == item["id"] and (after is None or row["before"] == after)
        need(linked and act != "destroy" and (number > 1 or row["act"] == "capture"), place, "断开", "the chain of custody breaks")
        signature = bytes.fromhex(row.pop("signature", ""))
        if row["actor"] in keys:
            need(is_signed(read_key(keys[row["actor"]])[3], canonical(row), signature), place, "签名不对", "a signature is wrong")
        former, after, act = hashlib.sha256(line).hexdigest(), row["after"], row["act"]
    need(after == item["exhibit"]["sha256"], where, "保管链的终点不是这个文件", "the chain of custody ends at another file")


def check(path: str, policy_path: str | None) -> None:
    with zipfile.ZipFile(path) as held:
        need(all(one.compress_type == zipfile.ZIP_STORED for one in held.infolist()), "zip", "压缩过的包不收", "a compressed package is not taken")
        raw = held.read("manifest.json")
        manifest = json.loads(raw)
        need(canonical(manifest) == raw, "manifest.json", "清单被改动", "the manifest was changed")
        check_files(held, manifest["files"])
        text = held.read("policy.txt").decode()
        if policy_path:
            with open(policy_path, encoding="utf-8") as given:
                text = given.read()
        policy = read_policy(text)
        said, seen = check_signatures(held, raw, policy)
        need(manifest["items_root"] == fold([hashlib.sha256(b"\x00" + canonical(one)).digest() for one in manifest["items"]]), "manifest.json", "证据根不符", "the root over the items is wrong")
        for item in manifest["items"]:
            check_item(held, item, said, manifest["keys"])
        for stamp in manifest["stamps"]:
            imprint = hashlib.sha256(held.read(stamp["over"])).digest()
            need(b"\x04\x20" + imprint in held.read(stamp["file"]), stamp["file"], "时间戳不是这个文件的", "the time stamp is of other bytes")
        check_container(path, held)
    say(f"PASS 通过  {manifest['package_id']}  {len(manifest['items'])} 件 / items")
    say(f"  日志 / log {policy['log'][0]} {policy['log'][1].hex()}  见证 / witnesses: {', '.join(seen) or '-'}")
    if not policy_path:
        say("  公钥取自包内,请与协会公布的核对 / keys are from the package: compare them with the published ones")
    for stamp in manifest["stamps"]:
        say(f"  时间戳签名请用 / check the stamp's signature: openssl ts -verify -in {stamp['file']} -data {stamp['over']} -CAfile ROOTS.pem")


def main() -> int:
    """Check the package named on the command line."""
    words = sys.argv[1:]
    policy = words.pop(words.index("--policy") + 1) if "--policy" in words[:-1] else None
    words = [one for one in words if one != "--policy"]
    if len(words) != 1:
        print(__doc__)
        return 2
    try:
        check(words[0], policy)
    except Failed as wrong:
        say(f"FAIL 不通过  {wrong}")
        return 1
    except Exception as wrong:  # whatever a changed byte may cause is a failure of the package, never a crash
        say(f"FAIL 不通过  {type(wrong).__name__}: {wrong}")
        return 1
    return 0


if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    sys.exit(main())
