"""Whom to believe: the log's key, the witnesses' keys, and how many of them must have signed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from lianfang.engine.evidence import checkpoint, note
from lianfang.engine.evidence.note import Key, KeyKind
from lianfang.engine.terms.errors import DefinitionError, Fault, InputError, ProofError, Say


@dataclass(frozen=True)
class Group:
    """So many of these names must have signed."""

    n_least: int
    names: tuple[str, ...]


@dataclass(frozen=True)
class Policy:
    """One log, its witnesses, groups of them, and who must have signed (`none`: nobody)."""

    log_key: Key
    witnesses: Mapping[str, Key] = field(default_factory=dict)
    groups: Mapping[str, Group] = field(default_factory=dict)
    quorum: str = "none"
    addresses: Mapping[str, str] = field(default_factory=dict)

    def text(self) -> str:
        """Write the policy as the file `read` reads."""
        told = [f"log {self.log_key.line()}"]
        told += [" ".join(filter(None, ("witness", name, key.line(), self.addresses.get(name)))) for name, key in self.witnesses.items()]
        told += [f"group {name} {one.n_least} {' '.join(one.names)}" for name, one in self.groups.items()]
        return "".join(line + "\n" for line in (*told, f"quorum {self.quorum}"))

    def is_met(self, signed: Sequence[str]) -> bool:
        """Say whether these names of witnesses are enough."""
        held = set(signed)
        for name, one in self.groups.items():  # a group stands after its members
            if sum(each in held for each in one.names) >= one.n_least:
                held.add(name)
        return self.quorum == "none" or self.quorum in held


def read(text: str, where: str = "policy") -> Policy:
    """Read a policy file.

    Shape:
        Lines `log KEY`, `witness NAME KEY [URL]`, `group NAME N|any|all NAME…`, `quorum NAME|none`, `# remark`.

    Raises:
        DefinitionError: E-POLICY-01, with every faulty line.

    Source:
        C2SP tlog-policy; one log here.
    """
    reading = _Reading(where)
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split()
        if words and not words[0].startswith("#"):
            reading.line(number, words)
    return reading.done()


def demand(found: note.Note, held: Policy) -> list[checkpoint.Cosignature]:
    """Give the witnesses' cosignatures of a checkpoint that meets the policy.

    Raises:
        ProofError: E-PROOF-10, fewer witnesses than the policy asks for.
    """
    names = {key: name for name, key in held.witnesses.items()}
    good = [(names[key], one) for key in names for one in checkpoint.cosignatures(found, [key])]
    if not held.is_met([name for name, _ in good]):
        raise ProofError(Say(f"见证不够:只有 {len(good)} 个有效见证签名", f"too few witnesses: {len(good)} good cosignatures"), code="E-PROOF-10",
                         fix=Say("向见证方补签后再取证明", "have the checkpoint cosigned, then take the proof again"))
    return [one for _, one in good]


class _Reading:
    def __init__(self, where: str) -> None:
        self._where, self._faults = where, list[Fault]()
        self._log: Key | None = None
        self._quorum: str | None = None
        self._witnesses: dict[str, Key] = {}
        self._groups: dict[str, Group] = {}
        self._addresses: dict[str, str] = {}

    def line(self, number: int, words: list[str]) -> None:
        takes = {"log": self._log_line, "witness": self._witness, "group": self._group, "quorum": self._quorum_line}
        try:
            wrong = takes[words[0]](words[1:]) if words[0] in takes else words[0]
        except (InputError, IndexError) as fault:
            wrong = str(fault)
        if wrong:
            self._fault(f"{self._where}:{number}", wrong)

    def _fault(self, where: str, what: str) -> None:
        self._faults.append(Fault(where, Say(f"写得不对:{what}", f"wrong: {what}"),
                                  Say("写法见 docs/evidence.md", "docs/evidence.md shows how"), "E-POLICY-01"))

    def _log_line(self, words: list[str]) -> str | None:
        if self._log is not None:
            return "a second log"
        self._log = note.read_key(words[0])
        return None if self._log.kind == KeyKind.ED25519 else "a witness key for the log"

    def _witness(self, words: list[str]) -> str | None:
        name, key = words[0], note.read_key(words[1])
        if name in self._witnesses or key in self._witnesses.values() or name == "none":
            return f"{name} twice"
        self._witnesses[name] = key
        if len(words) > 2:
            self._addresses[name] = words[2]
        return None if key.kind == KeyKind.COSIGNATURE else "a log key for a witness"

    def _group(self, words: list[str]) -> str | None:
        name, count, names = words[0], words[1], tuple(words[2:])
        known = {**self._witnesses, **self._groups}
        if name in known or name == "none":
            return f"{name} twice"
        if not names or len(set(names)) < len(names) or any(one not in known for one in names):
            return "members"
        n_least = {"any": 1, "all": len(names)}.get(count, int(count) if count.isascii() and count.isdecimal() else 0)
        if not 1 <= n_least <= len(names):
            return count
        self._groups[name] = Group(n_least, names)
        return None

    def _quorum_line(self, words: list[str]) -> str | None:
        if self._quorum is not None:
            return "a second quorum"
        self._quorum = words[0]
        return None if words[0] in {"none", *self._witnesses, *self._groups} else words[0]

    def done(self) -> Policy:
        if self._log is None:
            self._fault(self._where, "log?")
        if self._quorum is None:
            self._fault(self._where, "quorum?")
        if self._faults or self._log is None or self._quorum is None:
            raise DefinitionError(Say("信任规则有误", "the policy is faulty"), code="E-POLICY-01", where=self._where, faults=self._faults)
        return Policy(self._log, self._witnesses, self._groups, self._quorum, self._addresses)
