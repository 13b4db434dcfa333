"""`lianfang evidence`: take exhibits in, keep their custody, pack them for a court, check a package, let one go."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lianfang.cli import log, show
from lianfang.engine.terms import clock, shelf
from lianfang.engine.terms.codes import Exit
from lianfang.engine.terms.errors import Conflict, InputError, NotFound, ProofError, Say

if TYPE_CHECKING:
    from lianfang.engine.evidence.custody import Line
    from lianfang.engine.evidence.exhibit import Exhibit
    from lianfang.engine.evidence.package import Item

_SUFFIX = ".exhibit.json"


@dataclass(frozen=True)
class Kept:
    """A record beside an exhibit's file: what it is, what opens its entry, who had it; the entry alone once it is gone."""

    id: str
    file: str
    leaf: str
    found: Exhibit | None
    salt: bytes
    chain: tuple[Line, ...]
    index: int | None = None  # none until the log has acknowledged the entry
    erased: Mapping[str, str] | None = None


def _chunks(place: Path) -> Iterator[bytes]:
    from lianfang.engine.evidence import digest

    try:
        with place.open("rb") as file:
            while chunk := file.read(digest.CHUNK_BYTES):
                yield chunk
    except OSError as wrong:
        raise InputError(Say("读不了这个文件", "the file cannot be read"), code="E-INPUT-01", where=str(place)) from wrong


def _save(place: Path, kept: Kept) -> None:
    """Put a record in place whole, readable by its owner only: it holds the salt."""
    told: dict[str, Any] = {"id": kept.id, "file": kept.file, "leaf": kept.leaf, "index": kept.index}
    if kept.erased:
        told["erased"] = dict(kept.erased)
    elif kept.found:
        told |= {"exhibit": kept.found.row(), "salt": kept.salt.hex()}
    told["custody"] = [one.row() for one in kept.chain]
    new = place.with_name(place.name + ".new")
    new.unlink(missing_ok=True)
    log.secret(new, json.dumps(told, ensure_ascii=False, indent=1) + "\n")
    os.replace(new, place)
    log.sync_folder(place.parent)


def _read(place: Path) -> Kept:
    from lianfang.engine.evidence import canonical, custody, exhibit

    try:
        told = json.loads(log.text_of(place))
        chain = custody.read(b"".join(canonical.dumps(one) + b"\n" for one in told["custody"]))
        found = exhibit.read(told["exhibit"]) if "exhibit" in told else None
        return Kept(told["id"], told["file"], told["leaf"], found, bytes.fromhex(told.get("salt", "")), chain, told["index"], told.get("erased"))
    except (KeyError, TypeError, ValueError) as wrong:
        raise InputError(Say("证据记录读不出", "the exhibit's record cannot be read"), code="E-EXHIBIT-02", where=str(place)) from wrong


def add(file: Path, folder: Path, about: Path, key: Path | None) -> int:
    """Take a file in: digest it, bind an entry of the log to it, begin its chain of custody."""

    place = file.with_name(file.name + _SUFFIX)
    is_new = not place.exists()
    kept = _taken_in(file, about) if is_new else _read(place)
    if kept.index is not None:
        raise Conflict(Say("这个文件已入库", "this file was taken in already"), code="E-EXHIBIT-07", where=str(place))
    # The record first: an entry without its record would be bound to something nobody can show. A second try goes on
    # from a record whose entry was never acknowledged.
    _save(place, kept)
    with log.opened(folder, key) as held:
        held.publish()
        index = None if is_new else log.find(log.newest(folder), kept.leaf)
        if index is None:
            (index,) = held.append([kept.leaf.encode()])
        held.publish()
    _save(place, replace(kept, index=index))
    show.line(f"已入库 {kept.id},日志第 {index} 条,记录 {place}", f"taken in as {kept.id}, entry {index}, record {place}")
    return Exit.OK


def _taken_in(file: Path, about: Path) -> Kept:
    from lianfang.engine.evidence import custody, exhibit, leaf

    told, until = _about(about, file)
    name, salt = f"ex:{uuid.uuid4()}", leaf.fresh_salt()
    found = exhibit.take_in(name, told, _chunks(file), until)
    made = leaf.to_bytes(leaf.Leaf(str(uuid.uuid4()), "evidence:exhibit:kept", clock.now(), "cli", name, leaf.commit(salt, found.payload())))
    sha = found.digests.sha256
    chain = custody.add((), custody.Line(name, clock.now(), told.captured_by, custody.Act.CAPTURE, told.object_of_proof, sha, sha))
    return Kept(name, file.name, made.decode(), found, salt, chain)


def _about(place: Path, file: Path) -> tuple[Any, date | None]:
    from lianfang.engine.evidence import exhibit

    raw = shelf.yaml_text(log.text_of(place), str(place))
    fields = dict(raw) if isinstance(raw, dict) else {}
    until = fields.pop("retain_until", None)
    try:
        at = fields.pop("captured_at", None)
        at = at if isinstance(at, datetime) else datetime.fromisoformat(str(at))
        category = exhibit.Category(fields.pop("category", "other"))
        made = exhibit.About(captured_at=at, category=category, file_name=fields.pop("file_name", file.name), **{one: str(text) for one, text in fields.items()})
        return made, until if until is None or isinstance(until, date) else date.fromisoformat(str(until))
    except (TypeError, ValueError) as wrong:
        raise InputError(Say(f"证据说明有误:{wrong}", f"what is said of the exhibit is faulty: {wrong}"), code="E-EXHIBIT-02", where=str(place),
                         fix=Say("要有 title、object_of_proof、source、captured_by、captured_at(带 +08:00)", "give title, object_of_proof, source, captured_by, captured_at (with +08:00)")) from wrong


def check(record: Path) -> int:
    """Say whether an exhibit is still what was taken in."""
    from lianfang.engine.evidence import custody, exhibit

    kept = _read(record)
    if kept.erased or kept.found is None:
        show.line("已依法删除,完整性可验证", "erased by law, still provable")
        return Exit.OK
    custody.check(kept.chain, exhibit.demand_same(kept.found, _chunks(record.with_name(kept.file))))
    show.line(f"相符:{kept.id},保管链 {len(kept.chain)} 行", f"the same: {kept.id}, {len(kept.chain)} lines of custody")
    return Exit.OK


@dataclass(frozen=True)
class Done:
    """One act on an exhibit, as told on the command line."""

    act: str
    actor: str
    purpose: str
    giver: str = ""
    taker: str = ""
    note: str = ""


def custody_line(record: Path, done: Done) -> int:
    """Write what was done with an exhibit into its chain; its bytes are looked at first."""
    from lianfang.engine.evidence import custody, exhibit

    kept = _read(record)
    if kept.found is None:
        raise NotFound(Say("证据已删除", "the exhibit is gone"), code="E-EXHIBIT-08", where=str(record))
    sha = exhibit.demand_same(kept.found, _chunks(record.with_name(kept.file))).sha256
    line = custody.Line(kept.id, clock.now(), done.actor, custody.Act(done.act), done.purpose, sha, sha, done.giver, done.taker, done.note)
    _save(record, replace(kept, chain=custody.add(kept.chain, line)))
    show.line(f"保管链第 {len(kept.chain) + 1} 行", f"line {len(kept.chain) + 1} of the chain")
    return Exit.OK


@dataclass(frozen=True)
class Farewell:
    """Why an exhibit goes, and the two who want it."""

    rule: str
    by: str
    agreed_by: str
    holds: Path | None = None


def forget(record: Path, folder: Path, why: Farewell, key: Path | None) -> int:
    """Remove an exhibit at its expiry: content, salt and record go; the entry and its proof stay."""
    from lianfang.engine.evidence import canonical, exhibit, leaf

    kept = _read(record)
    if kept.found is None:
        raise NotFound(Say("证据已删除", "the exhibit is gone"), code="E-EXHIBIT-08", where=str(record))
    exhibit.demand_removable(kept.found, _holds(why.holds), clock.today(), why.by, why.agreed_by)
    at = clock.now().isoformat(timespec="seconds")
    erased = {"rule": why.rule, "at": at, "by": f"{why.by} / {why.agreed_by}"}
    salt, name = leaf.fresh_salt(), str(uuid.uuid4())
    made = leaf.to_bytes(leaf.Leaf(name, "evidence:exhibit:erased", clock.now(), "cli", kept.id, leaf.commit(salt, canonical.dumps(erased))))
    with log.opened(folder, key) as held:
        held.append([made])
        held.publish()
    # The entry about the removal stands before anything goes, so that nothing goes unrecorded.
    _save(record, Kept(kept.id, kept.file, kept.leaf, None, b"", (), kept.index, erased | {"salt": salt.hex(), "leaf": made.decode()}))
    record.with_name(kept.file).unlink(missing_ok=True)
    show.line(f"已删除 {kept.id} 的内容和盐;证明仍在", f"content and salt of {kept.id} are gone; its proof stays")
    return Exit.OK


def _holds(place: Path | None) -> list[Any]:
    from lianfang.engine.evidence import exhibit

    raw = shelf.yaml_text(log.text_of(place), str(place)) if place else []
    try:
        return [exhibit.Hold(str(one["id"]), str(one["reason"]), frozenset(map(str, one["exhibits"])), one.get("lifted_on")) for one in raw or []]
    except (KeyError, TypeError, AttributeError) as wrong:
        raise InputError(Say("保全清单有误", "the list of holds is faulty"), code="E-EXHIBIT-09", where=str(place),
                         fix=Say("每项写 id、reason、exhibits,解除后加 lifted_on", "each has id, reason, exhibits, and lifted_on once lifted")) from wrong


def package(case: Path, folder: Path, out: Path, key: Path | None, policy: Path | None) -> int:
    """Pack a case's exhibits for a court, check the package as the court will, and only then put it in place."""
    from lianfang.engine.evidence import package as packing

    front, told = _front(case)
    read = log.reads(folder)
    signed = read("witnessed") or read("checkpoint") or b""
    held = log.policy_of(policy or folder / "policy.txt")
    stamps = [packing.Stamped(Path(one).name, log.bytes_of(case.parent / one)) for one in told.get("stamps") or []]
    grounds = packing.Grounds(read, signed, held, stamps=stamps)
    more = {Path(one).name: log.bytes_of(case.parent / one) for one in told.get("papers") or []}
    records = {one: _read(case.parent / one) for one in told.get("exhibits") or []}
    items = [_item(case.parent / one, kept, log.place_of(folder, signed, kept.index)) for one, kept in records.items()]
    new = out.with_name(out.name + ".new")
    try:
        with new.open("w+b") as file:
            made = packing.write(file, front, items, grounds, log.signer_of(folder, key), more)
        _as_a_court(new)
        os.replace(new, out)
    finally:
        new.unlink(missing_ok=True)
    show.line(f"证据包 {out}:{len(made['items'])} 件,SHA-256 {_sha256(out)}", f"package {out}: {len(made['items'])} exhibits, SHA-256 {_sha256(out)}")
    return Exit.OK


def _as_a_court(place: Path) -> None:
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            _court().check(str(place), None)
    except Exception as wrong:  # a package a court would refuse must not leave the house, whatever the reason
        raise ProofError(Say(f"做出的证据包核验不过:{wrong}", f"the package made does not verify: {wrong}"), code="E-PACKAGE-06",
                         fix=Say("可能有文件在打包时被改动;重做一次", "a file may have changed meanwhile; make it again")) from wrong


def _sha256(place: Path) -> str:
    made = hashlib.sha256()
    for chunk in _chunks(place):
        made.update(chunk)
    return made.hexdigest()


def _front(case: Path) -> tuple[Any, dict[str, Any]]:
    from lianfang.engine.evidence import package as packing

    raw = shelf.yaml_text(log.text_of(case), str(case))
    told = dict(raw) if isinstance(raw, dict) else {}
    wanted = ("case_id", "purpose", "legal_basis", "unit", "preparer")
    lacking = [one for one in wanted if not str(told.get(one) or "").strip()] + ([] if told.get("exhibits") else ["exhibits"])
    if lacking:
        raise InputError(Say(f"案件文件缺少:{'、'.join(lacking)}", f"the case file lacks: {', '.join(lacking)}"), code="E-PACKAGE-05", where=str(case))
    name = str(told.get("package_id") or f"LF-P-{clock.today():%Y%m%d}-{uuid.uuid4().hex[:8]}")
    at = told.get("created_at")
    at = at if isinstance(at, datetime) and at.tzinfo else clock.now()
    said = {one: str(told[one]) for one in wanted}
    return packing.Front(name, created_at=at, requester_document=str(told.get("requester_document") or ""), n_copies=int(told.get("n_copies") or 1), **said), told


def _item(record: Path, kept: Kept, index: int) -> Item:
    from lianfang.engine.evidence import package as packing

    if kept.erased:
        erased = packing.Erased(kept.erased["rule"], datetime.fromisoformat(kept.erased["at"]), kept.erased["by"])
        return packing.Item(kept.id, index, kept.leaf.encode(), erased=erased)
    file = record.with_name(kept.file)
    return packing.Item(kept.id, index, kept.leaf.encode(), kept.found, kept.salt, lambda: _chunks(file), kept.chain)


def _court() -> Any:
    """Load the script courts are given, so that there is one way of checking only."""
    import importlib.util

    spec = importlib.util.spec_from_file_location("lianfang_court_verify", shelf.path("evidence", "verify.py"))
    if spec is None or spec.loader is None:
        raise ProofError(Say("缺核验脚本", "the checker is missing"), code="E-PACKAGE-06")
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


def verify(place: Path, policy: Path | None) -> int:
    """Check a package as a court would: PASS, or the first thing wrong and exit code 1."""
    made = _court()
    for asked in filter(None, (place, policy)):
        log.bytes_of(asked)  # a file that is not there says nothing about a package
    try:
        made.check(str(place), str(policy) if policy else None)
    except Exception as wrong:  # whatever a changed byte may cause is a failure of the package, never a crash
        print(f"FAIL 不通过  {wrong}")
        return Exit.FAILED
    return Exit.OK


def stamp(file: Path, request: Path | None, answer: Path | None, roots: Path | None) -> int:
    """Write a time stamp request over a file, or check an answer; carrying both is somebody else's."""
    from lianfang.engine.evidence import stamp as stamping

    content = log.bytes_of(file)
    if request:
        request.write_bytes(stamping.request(content).raw)
        show.line(f"请求已写入 {request},交给时间戳机构", f"the request is in {request}; hand it to the authority")
        return Exit.OK
    if not answer or not roots:
        raise InputError(Say("要 --request,或 --answer 加 --roots", "either --request, or --answer with --roots"), code="E-USAGE-01")
    told = stamping.verify(log.bytes_of(answer), content, stamping.certificates(log.bytes_of(roots)))
    show.line(f"时间戳成立:{told.at.isoformat()},编号 {told.serial:x},策略 {told.policy}", f"the stamp holds: {told.at.isoformat()}, serial {told.serial:x}, policy {told.policy}")
    return Exit.OK
