"""`lianfang witness`: cosign other people's logs, and have one's own cosigned; HTTP from the standard library."""

from __future__ import annotations

import hashlib
import http.client
import http.server
import os
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from lianfang.cli import log, show
from lianfang.engine.evidence import disk, note, witness
from lianfang.engine.terms import clock
from lianfang.engine.terms.codes import Exit
from lianfang.engine.terms.errors import Conflict, PartnerError, Say

if TYPE_CHECKING:
    from lianfang.engine.evidence.note import Key, Signer
    from lianfang.engine.evidence.policy import Policy
    from lianfang.engine.evidence.tiles import Read

_PATIENCE_SECONDS = 10


def init(folder: Path, name: str) -> int:
    """Make a witness: its key and an empty list of logs."""
    if (folder / "witness.key").exists():
        raise Conflict(Say("这里已有见证方", "there is a witness here already"), code="E-WITNESS-04", where=str(folder))
    signer = note.new_signer(name, note.KeyKind.COSIGNATURE, os.urandom(32))
    (folder / "logs").mkdir(parents=True, exist_ok=True)
    log.secret(folder / "witness.key", signer.line() + "\n")
    (folder / "witness.pub").write_text(signer.key.line() + "\n", encoding="utf-8")
    print(signer.key.line())
    return Exit.OK


def trust(folder: Path, key_line: str) -> int:
    """Take a log into the list of those that are cosigned."""
    key = note.read_key(key_line)
    place = folder / "logs" / f"{_name(key.name)}.pub"
    if place.exists() and log.text_of(place).strip() != key.line():
        raise Conflict(Say(f"{key.name} 已用另一把公钥登记", f"{key.name} is listed with another key"), code="E-WITNESS-05", where=str(place))
    place.write_text(key.line() + "\n", encoding="utf-8")
    show.line(f"将为 {key.name} 见证", f"will witness {key.name}")
    return Exit.OK


def _name(origin: str) -> str:
    return hashlib.sha256(origin.encode()).hexdigest()


class Keeper:
    """One witness on one folder: judges a request, keeps what it saw, then answers.

    Judging and keeping are one step: two requests at once must not both be judged by the older knowledge.
    """

    def __init__(self, folder: Path) -> None:
        self._folder, self._disk, self._lock = folder, disk.FolderDisk(folder), threading.Lock()
        self._signer: Signer = note.read_signer(log.text_of(folder / "witness.key"))
        self._disk.make_folder("seen")

    def logs(self) -> dict[str, Key]:
        """Give the logs this witness signs for; read anew, so that a log can be added while it runs."""
        keys = [note.read_key(log.text_of(place)) for place in sorted((self._folder / "logs").glob("*.pub"))]
        return {key.name: key for key in keys}

    def answer(self, body: bytes) -> witness.Answer:
        """Judge one request; what was seen is on the disk before this returns."""
        path = f"seen/{_name(witness.origin_of(body))}"
        with self._lock:
            raw = self._disk.read(path)
            seen = witness.Seen() if raw is None else witness.read_seen(raw)
            made = witness.add_checkpoint(body, self.logs(), seen, self._signer, int(clock.now().timestamp()))
            if made.seen is not None and made.seen != seen:
                self._disk.sync_folder(disk.replace(self._disk, path, made.seen.to_bytes()))
        return made


def server(folder: Path, port: int, host: str = "127.0.0.1") -> http.server.ThreadingHTTPServer:
    """Make the server; port 0 takes a free one."""
    keeper = Keeper(folder)

    class Handler(http.server.BaseHTTPRequestHandler):
        timeout = _PATIENCE_SECONDS
        protocol_version = "HTTP/1.1"
        server_version, sys_version = "witness", ""

        def do_POST(self) -> None:
            given = self.headers.get("Content-Length", "")
            if self.path != "/add-checkpoint":
                return self._say(witness.Answer(404, "not found\n"))
            if not given.isdecimal() or int(given) > witness.MOST_BYTES:
                self.close_connection = True
                return self._say(witness.Answer(413 if given.isdecimal() else 411, "length\n"))
            try:
                made = keeper.answer(self.rfile.read(int(given)))
            except Exception as wrong:  # whatever broke, nothing is signed and the caller is told so
                show.line(f"见证失败:{wrong}", f"witness failed: {wrong}", sys.stderr)
                made = witness.Answer(500, "the witness cannot say\n")
            return self._say(made)

        def _say(self, made: witness.Answer) -> None:
            raw = made.body.encode()
            self.send_response(made.code)
            self.send_header("Content-Type", made.content_type)
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *_: object) -> None:
            """Say nothing: who asks when is nobody's business."""

    return http.server.ThreadingHTTPServer((host, port), Handler)


def serve(folder: Path, port: int, host: str) -> int:
    """Answer `POST /add-checkpoint` until stopped."""
    from contextlib import ExitStack

    with ExitStack() as stack:
        # A second process on the same folder would sign by knowledge of its own.
        stack.enter_context(disk.FolderDisk(folder).lock())
        made = stack.enter_context(server(folder, port, host))
        show.line(f"见证服务在 http://{host}:{made.server_port}/add-checkpoint", f"witness at http://{host}:{made.server_port}/add-checkpoint")
        sys.stdout.flush()
        made.serve_forever()
    return Exit.OK


def gather(read: Read, held: Policy) -> bytes:
    """Have every witness of a policy that has an address cosign the published checkpoint.

    Returns:
        The checkpoint with all cosignatures got; whether they are enough is for the policy to say.

    Raises:
        ProofError: E-WITNESS-02, a witness has seen a longer log: this one was set back.
        PartnerError: E-WITNESS-03, a witness has seen another history; the writer must stop.
    """
    signed = read("checkpoint") or b""
    for name, key in held.witnesses.items():
        address = held.addresses.get(name)
        if address:
            try:
                signed = _asked(read, signed, key, address)
            except OSError as wrong:
                show.line(f"见证方 {name} 连不上:{wrong}", f"witness {name} cannot be reached: {wrong}", sys.stderr)
    return signed


def _asked(read: Read, signed: bytes, key: Key, address: str) -> bytes:
    plain = read("checkpoint") or b""
    old = 0
    for _ in range(3):  # it may sign for another of us between two of our questions
        code, body = _post(address, witness.ask(read, old))
        told = witness.read_answer(code, body, plain, key)
        if isinstance(told, bytes):
            return note.read(signed).and_signed(note.read(told).signatures).to_bytes()
        old = told
    raise PartnerError(Say(f"见证方 {key.name} 的大小一直在变", f"witness {key.name} keeps changing its size"), code="E-WITNESS-03")


def _post(address: str, body: bytes) -> tuple[int, bytes]:
    where = urlsplit(address)
    kind = http.client.HTTPSConnection if where.scheme == "https" else http.client.HTTPConnection
    talk = kind(where.hostname or "", where.port, timeout=_PATIENCE_SECONDS)
    try:
        talk.request("POST", where.path.rstrip("/") + "/add-checkpoint", body, {"Content-Type": "text/plain; charset=utf-8"})
        answer = talk.getresponse()
        return answer.status, answer.read(witness.MOST_BYTES)
    except http.client.HTTPException as wrong:
        raise OSError(str(wrong)) from wrong
    finally:
        talk.close()
