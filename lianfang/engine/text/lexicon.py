"""The disguise lexicon: domain words, and every spelling that may stand for one.

Authored spellings come from `data/lexicon/disguise/words.yaml`; pinyin, initials and reversed
spellings are worked out here; same-sound and look-alike characters are kept as a table of
substitutes, because spelling them all out would be millions of strings.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from functools import cache, cached_property
from itertools import product
from pathlib import Path
from typing import Any

from lianfang.engine.terms import kept, shelf

LONG = 4  # from this many characters on, a spelling by rule needs no context
LONGEST = 64  # no spelling or plain word is longer
MOST_SOUNDS = 5  # longer words are not spelled out in pinyin


class Guard(IntEnum):
    """What must be seen before a spelling is opened."""

    FREE = 0
    NEAR = 1
    BESIDE = 2


class How(IntEnum):
    """How a word was disguised."""

    AUTHORED = 0
    SOUND = 1  # same-sound or look-alike characters put in
    PINYIN = 2
    INITIALS = 3
    REVERSED = 4


@dataclass(frozen=True)
class Word:
    """A word of the domain: its contexts as bits, and whether rules may work out spellings."""

    text: str
    contexts: int
    sound: bool


@dataclass(frozen=True)
class Spelling:
    """One string to look for. `word` is -1 for a plain word that only shows the context."""

    form: str
    word: int
    guard: Guard
    contexts: int
    how: How


@dataclass(frozen=True)
class Lexicon:
    """Everything word-level unfolding needs.

    Attributes:
        words: the domain words.
        heads: first two characters -> spellings, longest first.
        stands_for: character -> the domain characters it may be put in place of.
        pairs: two neighbouring characters of a domain word -> (word, place of the first).
        everyday: two-character words of everyday Chinese, one behind the other.
        tells: pairs, one of which is in every disguise: a text without any of them hides nothing.
    """

    words: tuple[Word, ...]
    heads: dict[str, tuple[Spelling, ...]]
    stands_for: dict[str, str]
    pairs: dict[str, tuple[tuple[int, int], ...]]
    everyday: str
    tells: frozenset[str]

    @cached_property
    def ordinary(self) -> frozenset[str]:
        """Give the everyday words as a set; no substitute may form one. Few texts ask for it."""
        return _twos(self.everyday)


def known(fold: Callable[[str], str]) -> Lexicon:
    """Give the lexicon of `build`, from the user's cache where no file changed.

    Args:
        fold: as in `build`.
    """
    return _unpacked(kept.kept("lexicon", sources(), lambda: _packed(build(fold))))


def sources() -> tuple[Path, ...]:
    """Give the folders everything in this room is made from: the tables, and the code."""
    return shelf.path("lexicon", "disguise"), Path(__file__).parent


def _packed(made: Lexicon) -> tuple[Any, ...]:
    """Lay a lexicon out in plain values; pairs of characters as one string, which is read faster."""
    words = [(one.text, one.contexts, one.sound) for one in made.words]
    heads = {
        head: [(one.form, one.word, int(one.guard), one.contexts, int(one.how)) for one in group]
        for head, group in made.heads.items()
    }
    return words, heads, made.stands_for, made.pairs, made.everyday, "".join(sorted(made.tells))


def _unpacked(plain: tuple[Any, ...]) -> Lexicon:
    words, heads, stands_for, pairs, everyday, tells = plain
    guards, hows = tuple(Guard), tuple(How)
    groups = {
        head: tuple(
            Spelling(form, word, guards[guard], bits, hows[how]) for form, word, guard, bits, how in group
        )
        for head, group in heads.items()
    }
    return Lexicon(tuple(Word(*one) for one in words), groups, stands_for, pairs, everyday, _twos(tells))


def _twos(text: str) -> frozenset[str]:
    return frozenset([text[at : at + 2] for at in range(0, len(text), 2)])


def build(fold: Callable[[str], str]) -> Lexicon:
    """Build the lexicon from the packaged files.

    Args:
        fold: character-level folding (`plain.fold`), so that spellings meet folded text.

    Returns:
        The lexicon, the same on every call with the same files.
    """
    bits, anchors = _contexts(fold)
    entries = _file("words.yaml")["words"]
    words = tuple(
        Word(fold(entry["word"]), sum(bits[name] for name in entry["in"]), entry.get("sound", True))
        for entry in entries
    )
    sounds = _sounds()
    made: dict[str, Spelling] = {}
    for number, (word, entry) in enumerate(zip(words, entries, strict=True)):
        anchors[word.text] = anchors.get(word.text, 0) | word.contexts
        for spelling in _spellings(number, word, entry, sounds, fold):
            if 1 < len(spelling.form) < LONGEST:
                made.setdefault(spelling.form, spelling)
    for form, contexts in anchors.items():
        made[form] = Spelling(form, -1, Guard.FREE, contexts, How.AUTHORED)
    heads: dict[str, list[Spelling]] = defaultdict(list)
    for spelling in sorted(made.values(), key=lambda one: (-len(one.form), one.form)):
        heads[spelling.form[:2]].append(spelling)
    stands_for, pairs, ordinary = _stands_for(words, sounds), _pairs(words), _ordinary()
    tells = set(substituted(pairs, stands_for, ordinary))
    for spelling in made.values():
        if spelling.word >= 0:
            at = rarest(spelling.form, pairs, ordinary)
            tells.add(spelling.form[at : at + 2])
    groups = {head: tuple(group) for head, group in heads.items()}
    return Lexicon(words, groups, stands_for, pairs, "".join(sorted(ordinary)), frozenset(tells))


Pairs = dict[str, tuple[tuple[int, int], ...]]


def rarest(text: str, pairs: Pairs, ordinary: frozenset[str]) -> int:
    """Give the place of the pair in a text that other texts are least likely to have.

    Args:
        text: a spelling or phrase, folded.
        pairs, ordinary: as in `Lexicon`.
    """

    def common(at: int) -> int:
        pair = text[at : at + 2]
        n_ascii = pair[0].isascii() + pair[1].isascii()
        if n_ascii:
            return 0 if n_ascii == 1 else 2
        return 3 if pair in ordinary or pair in pairs else 1

    return min(range(len(text) - 1), key=common, default=0)


def substituted(
    pairs: Pairs, stands_for: dict[str, str], ordinary: frozenset[str]
) -> dict[str, set[tuple[int, int]]]:
    """List the pairs of one kept and one substituted character, with the words they may be in."""
    instead: dict[str, list[str]] = defaultdict(list)
    for substitute, meant in stands_for.items():
        for one in meant:
            instead[one].append(substitute)
    made: dict[str, set[tuple[int, int]]] = defaultdict(set)
    for pair, places in pairs.items():
        for one in instead.get(pair[0], ()):
            made[one + pair[1]].update(places)
        for one in instead.get(pair[1], ()):
            made[pair[0] + one].update(places)
    return {pair: places for pair, places in made.items() if pair not in ordinary}


@cache
def splits() -> dict[str, str]:
    """Give characters written as their parts, and the character they make."""

    def make() -> dict[str, str]:
        lines = (line.split() for line in _file("splits.yaml")["splits"].splitlines())
        return {parts: line[0] for line in lines for parts in line[1:]}

    made: dict[str, str] = kept.kept("splits", sources(), make)
    return made


def _contexts(fold: Callable[[str], str]) -> tuple[dict[str, int], dict[str, int]]:
    table = _file("contexts.yaml")["contexts"]
    bits = {name: 1 << place for place, name in enumerate(table)}
    anchors: dict[str, int] = {}
    for name, words in table.items():
        for word in words:
            anchors[fold(word)] = anchors.get(fold(word), 0) | bits[name]
    return bits, anchors


def _spellings(
    number: int, word: Word, entry: Any, sounds: dict[str, list[str]], fold: Callable[[str], str]
) -> Iterator[Spelling]:
    def spell(form: str, guard: Guard, how: How) -> Spelling:
        return Spelling(form, number, guard, word.contexts, how)

    for name, guard in (("free", Guard.FREE), ("near", Guard.NEAR), ("beside", Guard.BESIDE)):
        for form in entry.get(name, ()):
            yield spell(fold(str(form)), guard, How.AUTHORED)
    for form in entry.get("initials", ()):
        yield spell(form, Guard.NEAR if len(form) > 2 else Guard.BESIDE, How.INITIALS)
    yield from (spell(*by_rule) for by_rule in _pinyin(word.text, sounds))
    size = len(word.text)
    if size > 2 and word.text != word.text[::-1]:
        yield spell(word.text[::-1], Guard.FREE if size >= LONG else Guard.NEAR, How.REVERSED)


def _pinyin(word: str, sounds: dict[str, list[str]]) -> Iterator[tuple[str, Guard, How]]:
    size = len(word)
    if size > MOST_SOUNDS or word.isascii():
        return
    choices = [(character, *sounds.get(character, ())) for character in word]
    for parts in product(*choices):
        spelled = sum(part.isascii() for part in parts)
        if spelled:
            guard = Guard.FREE if size > 2 else Guard.NEAR
            yield "".join(parts), guard, How.PINYIN
            if spelled == size:
                yield " ".join(parts), guard, How.PINYIN
    if size > 2:
        for place in range(size):
            for sound in sounds.get(word[place], ())[:1]:
                yield word[:place] + sound[0] + word[place + 1 :], Guard.NEAR, How.INITIALS


@cache
def _groups() -> dict[str, str]:
    lines = (line.split() for line in _file("sounds.yaml")["sounds"].splitlines())
    return {line[0]: line[1] for line in lines}


def _sounds() -> dict[str, list[str]]:
    made: dict[str, list[str]] = defaultdict(list)
    for sound, group in _groups().items():
        for character in group:
            made[character].append(sound)
    return made


def _stands_for(words: tuple[Word, ...], sounds: dict[str, list[str]]) -> dict[str, str]:
    meant = sorted({character for word in words if word.sound for character in word.text})
    shapes = dict(line.split() for line in _file("shapes.yaml")["shapes"].splitlines())
    made: dict[str, set[str]] = defaultdict(set)
    for character in meant:
        alike = "".join(_groups()[sound] for sound in sounds.get(character, ()))
        for one in alike + shapes.get(character, ""):
            if one != character:
                made[one].add(character)
    return {one: "".join(sorted(originals)) for one, originals in sorted(made.items())}


def _pairs(words: tuple[Word, ...]) -> dict[str, tuple[tuple[int, int], ...]]:
    made: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for number, word in enumerate(words):
        if word.sound:
            for place in range(len(word.text) - 1):
                made[word.text[place : place + 2]].append((number, place))
    return {pair: tuple(places) for pair, places in made.items()}


def _ordinary() -> frozenset[str]:
    lines = (line.split() for line in _file("ordinary.yaml")["words"].splitlines())
    words = {first + second for first, seconds in lines for second in seconds}
    return frozenset(words | set(_file("words.yaml")["everyday"]))


@cache
def _file(name: str) -> Any:
    return shelf.yaml(shelf.path("lexicon", "disguise", name))
