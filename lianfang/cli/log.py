"""`lianfang log`: begin an evidence log, append, publish, have it cosigned, prove, verify, copy."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lianfang.cli import show
from lianfang.engine.terms import clock
from lianfang.engine.terms.codes import Exit
from lianfang.engine.terms.errors import Conflict, InputError, NotFound, Say

if TYPE_CHECKING:
    from lianfang.engine.evidence.checkpoint import Cosignature
    from lianfang.engine.evidence.note import Key, Signer
    from lianfang.engine.evidence.policy import Policy
    from lianfang.engine.evidence.store import Log
    from lianfang.engine.evidence.tiles import Read, Reader


@dataclass(frozen=True)
class EntryWords:
    """What is said of one entry on the command line."""

    type: str = ""
    actor: str = ""
    target: str = ""
    payload: Path | None = None


def init(folder: Path, origin: str, key: Path | None) -> int:
    """Begin a log: its key, its public key line, a policy that names no witness yet."""
    from lianfang.engine.evidence import disk, note, policy, store

    place = key or folder / "log.key"
    if place.exists() or (folder / "public").exists():
        raise Conflict(Say("这里已有日志或密钥", "there is a log or a key here already"), code="E-LOG-03", where=str(folder),
                       fix=Say("换一个文件夹", "take another folder"))
    signer = note.new_signer(origin, note.KeyKind.ED25519, os.urandom(32))
    folder.mkdir(parents=True, exist_ok=True)
    secret(place, signer.line() + "\n")
    (folder / "log.pub").write_text(signer.key.line() + "\n", encoding="utf-8")
    (folder / "policy.txt").write_text(policy.Policy(signer.key).text(), encoding="utf-8")
    store.create(disk.FolderDisk(folder), signer)
    print(signer.key.line())
    show.line(f"日志已建在 {folder};私钥 {place} 只有本人可读,请另存一份", f"the log is in {folder}; the private key {place} is readable by its owner only, keep a copy elsewhere", sys.stderr)
    return Exit.OK


def secret(place: Path, text: str) -> None:
    """Write a file only its owner may read, and wait for the disk; an old one is not overwritten."""
    held = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(held, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    sync_folder(place.parent)


def sync_folder(folder: Path) -> None:
    """Wait until the names in a folder are on the disk."""
    from lianfang.engine.evidence import disk

    disk.FolderDisk(folder).sync_folder("")


def text_of(place: Path) -> str:
    """Read a text file somebody named.

    Raises:
        InputError: E-INPUT-01, it cannot be read.
    """
    try:
        return place.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as wrong:
        raise InputError(Say("读不了这个文件", "the file cannot be read"), code="E-INPUT-01", where=str(place),
                         fix=Say(f"检查路径:{wrong}", f"check the path: {wrong}")) from wrong


def bytes_of(place: Path) -> bytes:
    """Read a file somebody named; see `text_of`."""
    try:
        return place.read_bytes()
    except OSError as wrong:
        raise InputError(Say("读不了这个文件", "the file cannot be read"), code="E-INPUT-01", where=str(place),
                         fix=Say(f"检查路径:{wrong}", f"check the path: {wrong}")) from wrong


def signer_of(folder: Path, key: Path | None) -> Signer:
    """Read the log's private key."""
    from lianfang.engine.evidence import note

    return note.read_signer(text_of(key or folder / "log.key"))


def key_of(folder: Path) -> Key:
    """Read the log's public key."""
    from lianfang.engine.evidence import note

    if not (folder / "log.pub").is_file():
        raise InputError(
            Say("日志文件夹里没有公钥 log.pub", "the log's folder has no public key, log.pub"), code="E-LOG-15", where=str(folder),
            fix=Say("向日志的主人要一行公钥,写成 log.pub,或用 --policy 给出",
                    "ask the log's owner for the line of its public key and keep it as log.pub, or name it with --policy"),
        )  # fmt: skip
    return note.read_key(text_of(folder / "log.pub"))


def policy_of(place: Path) -> Policy:
    """Read a policy file."""
    from lianfang.engine.evidence import policy

    return policy.read(text_of(place), str(place))


def opened(folder: Path, key: Path | None) -> Log:
    """Open a log as its one writer."""
    from lianfang.engine.evidence import disk, store

    return store.Log(disk.FolderDisk(folder), signer_of(folder, key))


def reads(folder: Path) -> Read:
    """Read a log's public files, of the log itself or of a copy of `public`.

    Raises:
        NotFound: E-LOG-04, there is no log.
    """
    from lianfang.engine.evidence import disk, store

    place = disk.FolderDisk(folder)
    for read in (store.public(place), place.read):
        if read("checkpoint") is not None:
            return read
    raise NotFound(Say("这里没有日志", "there is no log here"), code="E-LOG-04", where=str(folder), fix=Say("先 lianfang log init", "run lianfang log init first"))


def append(folder: Path, words: EntryWords, entries: Path | None, key: Path | None) -> int:
    """Append one entry bound to a payload, or ready-made leaves from a file, one a line."""
    if (entries is None) == (not words.type):
        raise InputError(Say("要么 --entries,要么 --type 加 --actor、--target", "either --entries, or --type with --actor and --target"), code="E-USAGE-01")
    made = _leaves(entries) if entries else _one(folder, words)
    with opened(folder, key) as log:
        places = log.append(made)
        log.publish()
    for place in places:
        print(place)
    return Exit.OK


def _leaves(place: Path) -> list[bytes]:
    from lianfang.engine.evidence import leaf

    made = [line for line in bytes_of(place).split(b"\n") if line]
    for line in made:
        leaf.from_bytes(line)
    return made


def _one(folder: Path, words: EntryWords) -> list[bytes]:
    import uuid

    from lianfang.engine.evidence import canonical, leaf

    payload = bytes_of(words.payload) if words.payload else b"{}"
    salt, name = leaf.fresh_salt(), str(uuid.uuid4())
    made = leaf.to_bytes(leaf.Leaf(name, words.type, clock.now(), words.actor, words.target, leaf.commit(salt, payload)))
    held = folder / "openings"
    held.mkdir(mode=0o700, exist_ok=True)
    # Before the entry: a commitment nobody can open proves nothing; an opening without an entry does no harm.
    secret(held / f"{name}.json", canonical.dumps({"leaf": made.decode(), "salt": salt.hex(), "payload": payload.hex()}).decode())
    show.line(f"盐和内容在 {held / name}.json,到期删除即不可复原", f"salt and payload are in {held / name}.json; deleting them makes the entry unreadable for good", sys.stderr)
    return [made]


def verify(place: Path, policy: Path | None, entry: Path | None) -> int:
    """Verify a whole log, or one proof file with its entry."""
    from lianfang.engine.evidence import checkpoint, note, store
    from lianfang.engine.evidence import policy as policies

    if place.is_file():
        return _verify_proof(place, policy, entry)
    read = reads(place)
    held = policy_of(policy) if policy else None
    log_key = held.log_key if held else key_of(place)
    told = store.verify(read, log_key)
    found = note.read(read("checkpoint") or b"")
    seen = policies.demand(found, held) if held else checkpoint.cosignatures(found, [])
    n, root = told.checkpoint.n_leaves, told.checkpoint.root.hex()
    show.line(f"完好:{n} 条,{told.n_bytes} 字节,根 {root}", f"intact: {n} entries, {told.n_bytes} bytes, root {root}")
    _say_seen(seen, held is not None)
    return Exit.OK


def _say_seen(seen: Sequence[Cosignature], asked: bool) -> None:
    names = ", ".join(one.name for one in seen)
    if asked:
        show.line(f"见证:{names or '无'}", f"witnesses: {names or 'none'}")
    else:
        show.line("没有给 --policy,公钥取自日志文件夹,见证未查", "without --policy the key is the folder's own and witnesses were not looked at")


def _verify_proof(place: Path, policy: Path | None, entry: Path | None) -> int:
    from lianfang.engine.evidence import proof

    if policy is None or entry is None:
        raise InputError(Say("核验证明文件要 --policy 和 --entry", "a proof needs --policy and --entry"), code="E-USAGE-01")
    told = proof.verify(bytes_of(place), bytes_of(entry), policy_of(policy))
    show.line(f"成立:在 {told.checkpoint.origin} 的前 {told.checkpoint.n_leaves} 条之中", f"it holds: among the first {told.checkpoint.n_leaves} entries of {told.checkpoint.origin}")
    _say_seen(told.witnesses, True)
    return Exit.OK


def checkpoint(folder: Path, key: Path | None, ask: bool) -> int:
    """Publish what is waiting, and have the policy's witnesses cosign it."""
    from lianfang.engine.evidence import note
    from lianfang.engine.evidence import policy as policies

    with opened(folder, key) as log:
        log.publish()
        read = reads(folder)
        if ask:
            from lianfang.cli import witness

            held = policy_of(folder / "policy.txt")
            signed = witness.gather(read, held)
            seen = policies.demand(note.read(signed), held)
            log.witnessed(signed)
            show.line(f"见证 {len(seen)} 方", f"{len(seen)} witnesses", sys.stderr)
        print((read("checkpoint") or b"").decode(), end="")
    return Exit.OK


def prove(folder: Path, which: str, out: Path, entry_out: Path | None) -> int:
    """Write the proof of one entry, named by its place or its id, under the newest cosigned checkpoint that has it."""
    from lianfang.engine.evidence import checkpoint as checkpoints
    from lianfang.engine.evidence import note, proof, tiles

    read = reads(folder)
    for name in ("witnessed", "checkpoint"):
        signed = read(name)
        if signed is None:
            continue
        reader = tiles.Reader(read, checkpoints.read(note.read(signed).text).n_leaves)
        index = _find(reader, which)
        if index is not None:
            out.write_bytes(proof.Proof(index, tuple(reader.inclusion(index)), signed).to_bytes())
            if entry_out:
                entry_out.write_bytes(reader.entry(index))
            show.line(f"第 {index} 条的证明已写入 {out}", f"the proof of entry {index} is in {out}")
            return Exit.OK
    raise NotFound(
        Say(f"检查点里没有条目 {which}", f"no checkpoint has an entry {which}"), code="E-LOG-07", where=str(folder),
        fix=Say("条目从 0 数起;lianfang log verify LOG 说有多少条,刚追加的先 lianfang log checkpoint LOG",
                "entries count from 0; lianfang log verify LOG says how many there are, and lianfang log checkpoint LOG publishes new ones"),
    )  # fmt: skip


def _find(reader: Reader, which: str) -> int | None:
    from lianfang.engine.evidence import leaf, tiles
    from lianfang.engine.terms.errors import ProofError

    if which.isascii() and which.isdecimal():
        return int(which) if int(which) < reader.n_leaves else None
    for place in range(-(-reader.n_leaves // tiles.WIDTH)):
        for n, entry in enumerate(reader.entries(place)):
            try:
                if leaf.from_bytes(entry).id == which:
                    return place * tiles.WIDTH + n
            except ProofError:
                continue
    return None


def newest(folder: Path) -> Reader:
    """Read the hashes and entries of the newest checkpoint."""
    from lianfang.engine.evidence import checkpoint as checkpoints
    from lianfang.engine.evidence import note, tiles

    read = reads(folder)
    return tiles.Reader(read, checkpoints.read(note.read(read("checkpoint") or b"").text).n_leaves)


def find(reader: Reader, entry: str) -> int | None:
    """Say where an entry stands, if it does."""
    from lianfang.engine.evidence import leaf

    return _find(reader, leaf.from_bytes(entry.encode()).id)


def place_of(folder: Path, signed: bytes, index: int | None) -> int:
    """Give the place of an entry that a signed checkpoint has.

    Raises:
        NotFound: E-LOG-07, it has not; a newer checkpoint may.
    """
    from lianfang.engine.evidence import checkpoint as checkpoints
    from lianfang.engine.evidence import note

    n_leaves = checkpoints.read(note.read(signed).text).n_leaves
    if index is None or index >= n_leaves:
        raise NotFound(
            Say(f"证据包所依据的检查点只有 {n_leaves} 条,还没有这件证据的那一条",
                f"the checkpoint a package stands on has {n_leaves} entries, and not yet the one of this exhibit"),
            code="E-LOG-07", where=str(folder),
            fix=Say("证据入库之后再请见证方签一次:lianfang log checkpoint LOG --witness",
                    "have the witnesses sign once more after taking an exhibit in: lianfang log checkpoint LOG --witness"),
        )  # fmt: skip
    return index


def export(folder: Path, out: Path) -> int:
    """Copy what the world may see: checkpoint, tiles, key; never the journal, openings or private key."""
    from lianfang.engine.evidence import checkpoint as checkpoints
    from lianfang.engine.evidence import note, tiles

    if out.exists() and any(out.iterdir()):
        raise Conflict(Say("目标文件夹不是空的", "the folder is not empty"), code="E-LOG-03", where=str(out), fix=Say("换一个文件夹", "take another folder"))
    read = reads(folder)
    signed = read("checkpoint") or b""
    n_leaves = checkpoints.read(note.read(signed).text).n_leaves
    reader = tiles.Reader(read, n_leaves)
    for level, place, width in tiles.parts(n_leaves):
        target = out / tiles.path(level, place, width)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(reader.raw(level, place))
    out.mkdir(parents=True, exist_ok=True)
    witnessed = read("witnessed")
    if witnessed is not None and checkpoints.read(note.read(witnessed).text).n_leaves <= n_leaves:
        (out / "witnessed").write_bytes(witnessed)
    (out / "log.pub").write_text(key_of(folder).line() + "\n", encoding="utf-8")
    (out / "checkpoint").write_bytes(signed)
    show.line(f"{n_leaves} 条已抄到 {out}", f"{n_leaves} entries copied to {out}")
    return Exit.OK
