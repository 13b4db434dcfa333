"""One table out of YAML, read leniently: every fault is noted with its line, the reading goes on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from lianfang.engine.cases.table import Field, FieldKind, Move, Side, State, Table, TaskRule
from lianfang.engine.terms.errors import Fault, Say
from lianfang.engine.terms.shelf import LinedDict, LinedList

_TOP = frozenset(("source", "verified", "table", "name", "first", "starts", "states", "fields", "tasks", "moves", "samples"))
_STATE = frozenset(("zh", "en", "final", "edits"))
_FIELD = frozenset(("zh", "en", "kind", "of", "least"))
_LISTS = ("needs", "holds", "apart_from", "starts", "stops", "pauses", "resumes", "tasks", "clears")
_WORDS = ("panel", "outcome", "appeal")
_COUNTS = ("note", "exhibits")
_MOVE = frozenset(("act", "zh", "en", "from", "to", "who", "side", *_LISTS, *_WORDS, *_COUNTS))


@dataclass
class Notes:
    """Faults of one file, gathered."""

    file: str
    faults: list[Fault] = field(default_factory=list)

    def add(self, line: int, code: str, say: Say, fix: Say) -> None:
        """Note one fault."""
        self.faults.append(Fault(f"{self.file}:{line}", say, fix, code))

    def unknown(self, line: int, what: Say, word: object, known: Iterable[str]) -> None:
        """Note a word that is not among the known ones."""
        words = sorted(known)
        self.add(line, "E-TABLE-02", Say(f"没有这个{what.zh}：{word}", f"no such {what.en}: {word}"),
                 Say(f"有：{'、'.join(words) or '没有'}", f"there are: {', '.join(words) or 'none'}"))

    def shape(self, line: int, what: str) -> None:
        """Note something written in the wrong shape, or left out."""
        self.add(line, "E-TABLE-01", Say(f"{what} 缺少或写法不对", f"{what} is missing or not written right"),
                 Say("照 data/cases/tables 里的写法", "write it as data/cases/tables does"))


def read(raw: object, file: str) -> tuple[Table | None, list[Fault]]:
    """Read one table.

    Args:
        raw: what `shelf.yaml` gives.
        file: its name in messages.

    Returns:
        The table as far as it can be understood, none where it is no mapping; and every fault of its shape.
    """
    notes = Notes(file)
    if not isinstance(raw, LinedDict):
        notes.shape(1, "table")
        return None, notes.faults
    _keys(raw, _TOP, notes)
    for name in ("source", "table", "first"):
        if not isinstance(raw.get(name), str):
            notes.shape(raw.line_of(name), name)
    states = {name: State(name, _say(one, notes), one.get("final") is True, _words(one, "edits", notes), one.line) for name, one in _entries(raw, "states", _STATE, notes)}
    fields = {name: _field(name, one, notes) for name, one in _entries(raw, "fields", _FIELD, notes)}
    tasks = {name: TaskRule(name, _say(one, notes), one.line) for name, one in _entries(raw, "tasks", frozenset(("zh", "en")), notes)}
    moves = tuple(_move(one, notes) for one in _rows(raw, "moves", notes))
    named = raw.get("name")
    called = Say(str(raw.get("table")), str(raw.get("table")))
    if isinstance(named, LinedDict):
        called = _say(named, notes)
    else:
        notes.shape(raw.line_of("name"), "name")
    table = Table(str(raw.get("table")), called, str(raw.get("first")), states, fields, tasks, moves,
                  tuple(_rows(raw, "samples", notes)), str(raw.get("source")), file, _words(raw, "starts", notes))
    return table, notes.faults


def _keys(one: LinedDict, known: frozenset[str], notes: Notes) -> None:
    for key in one:
        if key not in known:
            notes.unknown(one.line_of(key), Say("键", "key"), key, known)


def _entries(raw: LinedDict, name: str, known: frozenset[str], notes: Notes) -> list[tuple[str, LinedDict]]:
    held = raw.get(name, LinedDict())
    if not isinstance(held, LinedDict) or (name == "states" and not held):
        notes.shape(raw.line_of(name), name)
        return []
    found = []
    for key, one in held.items():
        if isinstance(key, str) and isinstance(one, LinedDict):
            _keys(one, known, notes)
            found.append((key, one))
        else:
            notes.shape(held.line_of(key), f"{name}.{key}")
    return found


def _rows(raw: LinedDict, name: str, notes: Notes) -> list[LinedDict]:
    held = raw.get(name)
    if not isinstance(held, LinedList) or not held:
        notes.shape(raw.line_of(name), name)
        return []
    for place, one in enumerate(held):
        if not isinstance(one, LinedDict):
            notes.shape(held.line_of(place), f"{name}[{place}]")
    return [one for one in held if isinstance(one, LinedDict)]


def _say(one: LinedDict, notes: Notes) -> Say:
    for tongue in ("zh", "en"):
        if not isinstance(one.get(tongue), str) or not one[tongue].strip():
            notes.shape(one.line_of(tongue), tongue)
    return Say(str(one.get("zh", "")), str(one.get("en", "")))


def _field(name: str, one: LinedDict, notes: Notes) -> Field:
    kind = one.get("kind")
    if kind not in tuple(FieldKind):
        notes.unknown(one.line_of("kind"), Say("字段类型", "kind of field"), kind, FieldKind)
        kind = FieldKind.TEXT
    of = _words(one, "of", notes)
    if (kind == FieldKind.CHOICE) != bool(of):
        notes.shape(one.line_of("of"), f"{name}.of")
    return Field(name, _say(one, notes), FieldKind(kind), _count(one, "least", notes), of, one.line)


def _move(one: LinedDict, notes: Notes) -> Move:
    _keys(one, _MOVE, notes)
    for name in ("act", "to"):
        if not isinstance(one.get(name), str):
            notes.shape(one.line_of(name), name)
    side = one.get("side")
    if side not in tuple(Side):
        notes.unknown(one.line_of("side"), Say("立场", "side"), side, Side)
        side = Side.APPLICANT
    lists = {name: _words(one, name, notes) for name in _LISTS}
    for name in ("from", "who"):
        if not one.get(name):
            notes.shape(one.line_of(name), name)
    for name in _WORDS:
        if name in one and not isinstance(one[name], str):
            notes.shape(one.line_of(name), name)
    return Move(
        act=str(one.get("act")), name=_say(one, notes), sources=_words(one, "from", notes), to=str(one.get("to")),
        who=_words(one, "who", notes), side=Side(side), note_least=_count(one, "note", notes), n_exhibits=_count(one, "exhibits", notes),
        panel=one.get("panel"), outcome=one.get("outcome"), appeal=one.get("appeal"), line=one.line, **lists)


def _words(one: LinedDict, name: str, notes: Notes) -> tuple[str, ...]:
    held = one.get(name, [])
    if not isinstance(held, list) or not all(isinstance(word, str) for word in held):
        notes.shape(one.line_of(name), name)
        return ()
    return tuple(held)


def _count(one: LinedDict, name: str, notes: Notes) -> int:
    held = one.get(name, 0)
    if not isinstance(held, int) or isinstance(held, bool) or held < 0:
        notes.shape(one.line_of(name), name)
        return 0
    return held
