"""The court package: exhibits, proofs and a checker in one zip, to be verified without us, by anybody, for good."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import IO, Any

from lianfang.engine.evidence import (
    canonical,
    checkpoint,
    custody,
    digest,
    exhibit,
    leaf,
    note,
    pages,
    policy,
    tiles,
    tree,
    zips,
)
from lianfang.engine.evidence.custody import Line
from lianfang.engine.evidence.exhibit import Exhibit
from lianfang.engine.evidence.note import Key, Signer
from lianfang.engine.evidence.policy import Policy
from lianfang.engine.evidence.proof import Proof
from lianfang.engine.evidence.zips import Content
from lianfang.engine.terms import shelf
from lianfang.engine.terms.clock import SHANGHAI
from lianfang.engine.terms.errors import InputError, ProofError, Say

VERSION = 1


@dataclass(frozen=True)
class Front:
    """What the package is for and who made it; the preparer's name is given masked."""

    package_id: str
    case_id: str
    purpose: str
    legal_basis: str
    unit: str
    preparer: str
    created_at: datetime
    requester_document: str = ""
    n_copies: int = 1


@dataclass(frozen=True)
class Erased:
    """By which rule, when and by whom an exhibit was removed."""

    rule: str
    at: datetime
    by: str


@dataclass(frozen=True)
class Item:
    """One exhibit with everything that proves it; of a removed one only its leaf and the removal are left."""

    id: str
    index: int
    entry: bytes
    found: Exhibit | None = None
    salt: bytes = b""
    content: Content | None = None
    chain: tuple[Line, ...] = ()
    erased: Erased | None = None


@dataclass(frozen=True)
class Stamped:
    """A time stamp and which file of the package it is over: `checkpoint`, usually."""

    name: str
    raw: bytes
    over: str = "checkpoint"


@dataclass(frozen=True)
class Grounds:
    """What proofs are taken from: the log's files, a signed checkpoint, whom to believe, keys."""

    read: tiles.Read
    signed: bytes
    held: Policy
    keys: Mapping[str, Key] = field(default_factory=dict)
    stamps: Sequence[Stamped] = ()


def write(out: IO[bytes], front: Front, items: Sequence[Item], grounds: Grounds, signer: Signer, more: Mapping[str, bytes] | None = None) -> dict[str, Any]:
    """Write a package; everything in it was checked on the way in.

    Args:
        out: a file that can be sought in.
        front: what it is for.
        items: the exhibits, in the order of the list.
        grounds: where the proofs come from.
        signer: signs the manifest; the log's key, since that is the one the checker knows.
        more: further papers by file name: 情况说明, self-check report, deposit receipts.

    Returns:
        The manifest.

    Raises:
        ProofError: an exhibit is not what was taken in, is not in the log, its chain is broken, or witnesses lack.
        InputError: E-PACKAGE-01, no items, an id or a name twice, another signer than the log.
    """
    if not items or len({one.id for one in items}) < len(items) or signer.key != grounds.held.log_key:
        raise InputError(Say("证据包要有证据、编号不重复,并由日志密钥签", "a package has exhibits, each id once, and is signed by the log's key"), code="E-PACKAGE-01")
    if not re.fullmatch(r"[\w.-]{1,80}", front.package_id):
        raise InputError(Say("包编号只用字母、数字、点、横线", "a package's id has letters, digits, dots and dashes"), code="E-PACKAGE-01", where=front.package_id)
    made, signed = checkpoint.verify(grounds.signed, grounds.held.log_key)
    policy.demand(signed, grounds.held)
    reader = tiles.Reader(grounds.read, made.n_leaves)
    files: dict[str, tuple[Content, digest.Digests]] = {}
    rows = [_item(number, one, reader, grounds, files) for number, one in enumerate(items, 1)]
    told = _manifest(front, rows, grounds)
    for name, raw in _papers(told, grounds, more or {}).items():
        _put(files, name, zips.of(raw), digest.of_bytes(raw))
    told["files"] = {name: digests.row() for name, (_, digests) in sorted(files.items())}
    raw = canonical.dumps(told)
    first = {"manifest.json": raw, "manifest.note": note.sign(statement(told["package_id"], raw), [signer]).to_bytes()}
    zips.write(out, {name: (zips.of(one), len(one)) for name, one in first.items()} | {name: (content, digests.n_bytes) for name, (content, digests) in sorted(files.items())})
    return told


def statement(package_id: str, manifest: bytes) -> str:
    """Give the text that is signed over a manifest; it cannot be read as a checkpoint."""
    told = digest.of_bytes(manifest)
    return f"lianfang evidence package v1\n{package_id}\nsha256 {told.sha256}\nsm3 {told.sm3}\n"


def content_path(number: int, file_name: str) -> str:
    """Say where the content of the exhibit of this number stands in a package."""
    return f"items/{number:03d}/{_safe(file_name)}"


def _put(files: dict[str, tuple[Content, digest.Digests]], name: str, content: Content, digests: digest.Digests) -> str:
    files[name] = content, digests
    return name


def _item(number: int, one: Item, reader: tiles.Reader, grounds: Grounds, files: dict[str, tuple[Content, digest.Digests]]) -> dict[str, Any]:
    held = leaf.from_bytes(one.entry)
    if reader.entry(one.index) != one.entry or held.target != one.id:
        raise ProofError(Say(f"证据 {one.id} 不在日志第 {one.index} 条", f"exhibit {one.id} is not entry {one.index} of the log"), code="E-PACKAGE-02", where=one.id)
    folder = f"items/{number:03d}"
    proved = Proof(one.index, tuple(reader.inclusion(one.index)), grounds.signed).to_bytes()
    row: dict[str, Any] = {"item_no": number, "id": one.id, "index": one.index, "files": {}}
    parts = {"leaf": ("leaf.json", one.entry), "proof": ("proof.tlog-proof", proved)}
    if one.erased:
        row["erased"] = {"rule": one.erased.rule, "at": _moment(one.erased.at), "by": one.erased.by}
    else:
        found = _checked(one, held, grounds)
        row["exhibit"] = found.row()
        row["files"]["content"] = _put(files, content_path(number, found.about.file_name), one.content or zips.of(b""), found.digests)
        parts["opening"] = ("opening.json", canonical.dumps({"salt": one.salt.hex()}))
        parts["custody"] = ("custody.ndjson", b"".join(line.to_bytes() + b"\n" for line in one.chain))
    for key, (name, raw) in parts.items():
        row["files"][key] = _put(files, f"{folder}/{name}", zips.of(raw), digest.of_bytes(raw))
    return row


def _checked(one: Item, held: leaf.Leaf, grounds: Grounds) -> Exhibit:
    if one.found is None or one.content is None:
        raise ProofError(Say(f"证据 {one.id} 的内容不在", f"the content of exhibit {one.id} is not here"), code="E-PACKAGE-03", where=one.id)
    if not leaf.opens(held, one.salt, one.found.payload()):
        raise ProofError(Say(f"证据 {one.id} 与日志登记的不符", f"exhibit {one.id} is not what the log is bound to"), code="E-PACKAGE-04", where=one.id)
    custody.check(one.chain, exhibit.demand_same(one.found, one.content()), dict(grounds.keys))
    return one.found


def _manifest(front: Front, rows: Sequence[Mapping[str, Any]], grounds: Grounds) -> dict[str, Any]:
    told: dict[str, Any] = {
        "schema_version": VERSION, "package_id": front.package_id, "case_id": front.case_id, "purpose": front.purpose, "legal_basis": front.legal_basis,
        "unit": front.unit, "preparer": front.preparer, "n_copies": front.n_copies,
        "created_at": {"utc": _moment(front.created_at), "beijing": front.created_at.astimezone(SHANGHAI).isoformat(timespec="seconds")},
        "items": list(rows), "keys": {name: key.line() for name, key in sorted(grounds.keys.items())},
        "items_root": tree.fold([tree.hash_leaf(canonical.dumps(row)) for row in rows]).hex(),
        "stamps": [{"file": f"stamps/{_safe(one.name)}", "over": one.over} for one in grounds.stamps],
    }  # fmt: skip
    if front.requester_document:
        told["requester_document"] = front.requester_document
    return told


def _papers(told: Mapping[str, Any], grounds: Grounds, more: Mapping[str, bytes]) -> dict[str, bytes]:
    made = {
        "封面.docx": pages.cover(told, grounds.held.log_key.line()), "证据目录.docx": pages.catalogue(told), "policy.txt": grounds.held.text().encode(),
        "checkpoint": grounds.signed, "verify.py": shelf.text("evidence/verify.py").encode(), "核验说明.txt": shelf.text("evidence/guide.txt").encode(),
    }  # fmt: skip
    given = [(f"stamps/{_safe(one.name)}", one.raw) for one in grounds.stamps] + [(f"papers/{_safe(name)}", raw) for name, raw in more.items()]
    for name, raw in given:
        if name in made:
            raise InputError(Say(f"包内文件重名:{name}", f"two files of one name: {name}"), code="E-PACKAGE-01", where=name)
        made[name] = raw
    return made


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds")


def _safe(name: str) -> str:
    """Keep letters, digits and Chinese characters of a file's name; a path, a trick or a reserved name cannot pass."""
    kept = re.sub(r"[^\w.()()·-]", "_", name.replace("\\", "/").rpartition("/")[2])[-100:].strip(".") or "file"
    reserved = {"leaf.json", "proof.tlog-proof", "opening.json", "custody.ndjson"}
    return f"_{kept}" if kept in reserved else kept

