"""Signed notes: a text people can read, signed by one or more named keys, and keys as one line of text.

A note is the text, an empty line, and signature lines `— name base64(key id ‖ signature)`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum

from lianfang.engine.terms.errors import InputError, ProofError, Say

MOST_SIGNATURES = 100
_LARGEST_BYTES = 1_000_000
_PRIVATE = "PRIVATE+KEY+"


class KeyKind(IntEnum):
    """What a key signs; other numbers are other people's, and are passed over."""

    ED25519 = 0x01  # the text of the note: logs
    COSIGNATURE = 0x04  # time and text: witnesses


@dataclass(frozen=True)
class Key:
    """A public key under a name, as in `name+1a2b3c4d+base64`."""

    name: str
    kind: KeyKind
    public: bytes

    @property
    def id(self) -> bytes:
        """Give the four bytes a signature line names its key by."""
        return hashlib.sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public).digest()[:4]

    def line(self) -> str:
        """Give the key as one line of text, to be published."""
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(bytes([self.kind]) + self.public).decode()}"


@dataclass(frozen=True, repr=False)
class Signer:
    """A private key; it is never printed by accident."""

    key: Key
    seed: bytes

    def __repr__(self) -> str:
        return f"Signer({self.key.line()})"

    def line(self) -> str:
        """Give the private key as one line of text, to be kept in a file only its owner may read."""
        body = base64.b64encode(bytes([self.key.kind]) + self.seed).decode()
        return f"{_PRIVATE}{self.key.name}+{self.key.id.hex()}+{body}"

    def sign(self, message: bytes) -> bytes:
        """Sign bytes with Ed25519: 64 bytes."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        return Ed25519PrivateKey.from_private_bytes(self.seed).sign(message)


@dataclass(frozen=True)
class Signature:
    """One signature line: who, by which key id, and the bytes behind the id."""

    name: str
    key_id: bytes
    content: bytes

    def line(self) -> str:
        """Give it as it stands in a note, without the line end."""
        return f"— {self.name} {base64.b64encode(self.key_id + self.content).decode()}"


@dataclass(frozen=True)
class Note:
    """A text and its signatures; nothing about it is checked yet."""

    text: str
    signatures: tuple[Signature, ...]

    def to_bytes(self) -> bytes:
        """Write the note."""
        return (self.text + "\n" + "".join(one.line() + "\n" for one in self.signatures)).encode()

    def and_signed(self, more: Iterable[Signature]) -> Note:
        """Add signatures that are not there yet."""
        new = tuple(one for one in dict.fromkeys(more) if one not in self.signatures)
        return Note(self.text, self.signatures + new)


def is_name(name: str) -> bool:
    """Say whether a key may have this name: something, no blanks, no plus sign."""
    return bool(name) and "+" not in name and not any(sign.isspace() or ord(sign) < 32 for sign in name)


def new_signer(name: str, kind: KeyKind, seed: bytes) -> Signer:
    """Make a signer of 32 secret bytes.

    Raises:
        InputError: E-NOTE-01, a name a key may not have.
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    if not is_name(name):
        raise InputError(Say(f"密钥名不能是 {name!r}", f"a key cannot be named {name!r}"), code="E-NOTE-01",
                         fix=Say("用域名加路径,如 example.org/log,不含空格和加号", "use a domain and a path, like example.org/log, without blanks or a plus sign"))
    public = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    return Signer(Key(name, kind, public), seed)


def read_key(line: str) -> Key:
    """Read a public key line.

    Raises:
        InputError: E-NOTE-02, not a key line, another kind of key, or its id does not fit.
    """
    name, _, rest = line.strip().partition("+")
    key_id, _, body = rest.partition("+")
    raw = decoded(body)
    if is_name(name) and raw is not None and len(raw) == 33 and raw[0] in set(KeyKind):
        made = Key(name, KeyKind(raw[0]), raw[1:])
        if made.id.hex() == key_id:
            return made
    raise _no_key()


def read_signer(line: str) -> Signer:
    """Read a private key line.

    Raises:
        InputError: E-NOTE-02, not a private key line; what was read is not repeated.
    """
    line = line.strip()
    if line.startswith(_PRIVATE):
        name, _, rest = line.removeprefix(_PRIVATE).partition("+")
        key_id, _, body = rest.partition("+")
        raw = decoded(body)
        if is_name(name) and raw is not None and len(raw) == 33 and raw[0] in set(KeyKind):
            made = new_signer(name, KeyKind(raw[0]), raw[1:])
            if made.key.id.hex() == key_id:
                return made
    raise _no_key()


def _no_key() -> InputError:
    return InputError(Say("这不是密钥行", "this is no key line"), code="E-NOTE-02",
                      fix=Say("公钥形如 名称+八位编号+base64", "a public key reads name+8 hexadecimal letters+base64"))


def decoded(text: str) -> bytes | None:
    """Read base64 in its one spelling; None for anything else.

    Bits that base64 leaves unused must be zero, or a changed letter would go unseen.
    """
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return raw if base64.b64encode(raw).decode() == text else None


def read(raw: bytes) -> Note:
    """Take a note apart; nothing is verified.

    Raises:
        ProofError: E-PROOF-06, not a signed note; says why.

    Source:
        C2SP signed-note: UTF-8, no control characters but line ends, at least one signature, up to 100 here.
    """
    if len(raw) > _LARGEST_BYTES:
        raise _no_note("too large")
    try:
        whole = raw.decode("utf-8")
    except UnicodeDecodeError as wrong:
        raise _no_note("not UTF-8") from wrong
    if any(ord(sign) < 32 and sign != "\n" for sign in whole):
        raise _no_note("control characters")
    head, middle, tail = whole.rpartition("\n\n")
    if not middle or not tail.endswith("\n"):
        raise _no_note("no signatures behind an empty line")
    signatures = tuple(read_signature(line) for line in tail[:-1].split("\n"))
    if len(signatures) > MOST_SIGNATURES:
        raise _no_note("too many signatures")
    return Note(head + "\n", signatures)


def read_signature(line: str) -> Signature:
    """Read one signature line.

    Raises:
        ProofError: E-PROOF-06.
    """
    mark, _, rest = line.partition(" ")
    name, _, body = rest.partition(" ")
    raw = decoded(body)
    if mark != "—" or not is_name(name) or raw is None or len(raw) < 5:
        raise _no_note("a signature line is malformed")
    return Signature(name, raw[:4], raw[4:])


def _no_note(why: str) -> ProofError:
    return ProofError(Say(f"不是签名文本:{why}", f"not a signed note: {why}"), code="E-PROOF-06")


def is_signed(key: Key, message: bytes, signature: bytes) -> bool:
    """Say whether 64 bytes are this key's Ed25519 signature of a message."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def sign(text: str, signers: Sequence[Signer]) -> Note:
    """Write and sign a note with keys of the plain kind (0x01).

    Raises:
        InputError: E-NOTE-03, the text cannot be a note: it must end with a line end and hold no control characters.
    """
    if not text.endswith("\n") or any(ord(sign) < 32 and sign != "\n" for sign in text):
        raise InputError(Say("签名文本须以换行结尾,不含控制字符", "the text must end with a line end and hold no control characters"), code="E-NOTE-03")
    return Note(text, tuple(Signature(one.key.name, one.key.id, one.sign(text.encode())) for one in signers))


def signed_by(found: Note, key: Key) -> bool:
    """Say whether a plain key signed the note; a line in its name that does not verify spoils the note.

    Raises:
        ProofError: E-PROOF-07, a signature that claims to be this key's is wrong.
    """
    mine = [one for one in found.signatures if (one.name, one.key_id) == (key.name, key.id)]
    for one in mine:
        if not is_signed(key, found.text.encode(), one.content):
            raise ProofError(Say(f"{key.name} 的签名不对", f"the signature of {key.name} is wrong"), code="E-PROOF-07")
    return bool(mine)
