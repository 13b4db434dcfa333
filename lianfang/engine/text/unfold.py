"""Word-level disguises in folded text: found, weighed by context, and opened.

A spelling that could be ordinary Chinese is opened only where a word of the same context stands
near it; a substitute character that forms an everyday word with its neighbour is never one.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from operator import add

from lianfang.engine.text.lexicon import LONGEST, Guard, How, Lexicon

_Anchor = tuple[int, int, int]  # start, end, contexts of a plain word

REACH = (0, 12, 3)  # characters between a spelling and its context, by Guard
SHORT = 3  # words up to here also mind the characters outside them
# Too common in running text to be a substitute inside a two-character word.
COMMON = frozenset(
    "的一是不了在人有我他这中大来上国个到说们为子和你地出道也时年得就那要下以生会自着去之过家学对可"
    "她里后小么心多天而能好都然没日于起还发成事只作当想看文无开手十用主行方又如前所本见经头面公同三已"
    "老从动两长与其及将被把给让向像跟比或但并且则因所由此每各该某几什怎谁哪很太更最再才刚正真已曾未"
    "请您吗呢吧啊哦嗯"
) - frozenset("手正真")
_JOINED = frozenset("./@_-&=?")  # beside one of these, letters are part of an address


@dataclass(frozen=True)
class Opening:
    """One stretch of folded text to be read as a domain word."""

    start: int
    end: int
    word: str
    how: How


@dataclass(frozen=True)
class _Candidate:
    start: int
    end: int
    word: int
    guard: Guard
    contexts: int
    how: How


def openings(text: str, lexicon: Lexicon, *, every: bool = False) -> tuple[Opening, ...]:
    """Find the disguised words of a folded text.

    Args:
        text: character-level folded text.
        lexicon: from `lexicon.build`.
        every: open doubtful spellings too, without looking for their context.

    Returns:
        Stretches that do not overlap, in order; leftmost first, longest where several start.
    """
    if lexicon.tells.isdisjoint(map(add, text, text[1:])):
        return ()
    anchors, found = _spelled(text, lexicon)
    found += _substituted(text, lexicon, anchors)
    if not found:
        return ()
    found = sorted(set(found), key=lambda one: (one.start, -one.end, one.guard, one.word, one.how))
    taken: list[Opening] = []
    reached = 0
    for one in found:
        if one.start < reached or _covered(one, anchors):
            continue
        if every or _plausible(one, anchors, found):
            taken.append(Opening(one.start, one.end, lexicon.words[one.word].text, one.how))
            reached = one.end
    return tuple(taken)


def _spelled(text: str, lexicon: Lexicon) -> tuple[list[_Anchor], list[_Candidate]]:
    """Find spellings written out in the lexicon, and the plain words that show a context."""
    anchors: list[_Anchor] = []
    found: list[_Candidate] = []
    heads = lexicon.heads
    for start in range(len(text) - 1):
        for one in heads.get(text[start : start + 2], ()):
            if not text.startswith(one.form, start):
                continue
            end = start + len(one.form)
            if not apart(text, start, end, address=True):
                continue
            if one.word < 0:
                anchors.append((start, end, one.contexts))
            elif one.guard is Guard.FREE or not _broken(text, start, end, lexicon.ordinary):
                found.append(_Candidate(start, end, one.word, one.guard, one.contexts, one.how))
    return anchors, found


def _substituted(text: str, lexicon: Lexicon, anchors: list[_Anchor]) -> list[_Candidate]:
    """Find domain words with some characters replaced by same-sound or look-alike ones."""
    found: list[_Candidate] = []
    last = len(text) - 1
    for place, character in enumerate(text):
        for meant in lexicon.stands_for.get(character, ""):
            starts: list[tuple[int, int]] = []
            if place < last:
                for word, at in lexicon.pairs.get(meant + text[place + 1], ()):
                    starts.append((word, place - at))
            if place:
                for word, at in lexicon.pairs.get(text[place - 1] + meant, ()):
                    starts.append((word, place - 1 - at))
            for word, start in starts:
                if _stands(text, start, word, lexicon, anchors):
                    known = lexicon.words[word]
                    end = start + len(known.text)
                    guard = Guard.FREE if len(known.text) > SHORT else Guard.NEAR
                    found.append(_Candidate(start, end, word, guard, known.contexts, How.SOUND))
    return found


def _stands(text: str, start: int, number: int, lexicon: Lexicon, anchors: list[_Anchor]) -> bool:
    """Say whether a window may be the word with at most half of its characters replaced."""
    word = lexicon.words[number].text
    end = start + len(word)
    if start < 0 or end > len(text):
        return False
    changed = [at for at in range(len(word)) if text[start + at] != word[at]]
    if not changed or 2 * len(changed) > len(word):
        return False
    if any(word[at] not in lexicon.stands_for.get(text[start + at], "") for at in changed):
        return False
    low, high = (start - 1, end) if len(word) <= SHORT else (start, end - 1)
    for at in changed:
        place = start + at
        if len(word) == 2 and text[place] in COMMON:
            return False
        if place > max(low, 0) and text[place - 1 : place + 1] in lexicon.ordinary:
            return False
        if place < high and text[place : place + 2] in lexicon.ordinary:
            return False
        if any(first <= place < behind for first, behind, _ in _around(anchors, place, place)):
            return False
    return True


def apart(text: str, start: int, end: int, *, address: bool = False) -> bool:
    """Say whether letters or digits at the edges of a stretch end there.

    Args:
        text: folded text.
        start: first character of the stretch; end: one past the last.
        address: letters beside `.`, `/`, `@` and the like are part of an address, not apart.
    """
    for inner, outer in ((start, start - 1), (end - 1, end)):
        if not text[inner].isascii() or not 0 <= outer < len(text):
            continue
        if text[inner].isalpha() and (_letter(text[outer]) or (address and text[outer] in _JOINED)):
            return False
        if text[inner].isdigit() and "0" <= text[outer] <= "9":
            return False
    return True


def _letter(character: str) -> bool:
    return "a" <= character <= "z"


def _broken(text: str, start: int, end: int, ordinary: frozenset[str]) -> bool:
    """Say whether an everyday word reaches over the edge of a doubtful spelling."""
    return (start > 0 and text[start - 1 : start + 1] in ordinary) or text[end - 1 : end + 1] in ordinary


def _around(anchors: list[_Anchor], first: int, last: int) -> list[_Anchor]:
    """Give the plain words that begin between two places, or reach into them."""
    return anchors[bisect_left(anchors, (first - LONGEST,)) : bisect_left(anchors, (last + 1,))]


def _covered(one: _Candidate, anchors: list[_Anchor]) -> bool:
    """Say whether a longer plain word holds the candidate: 加微信 is no 加微."""
    return any(
        start <= one.start and one.end <= end and end - start > one.end - one.start
        for start, end, _ in _around(anchors, one.start, one.end)
    )


def _plausible(one: _Candidate, anchors: list[_Anchor], found: list[_Candidate]) -> bool:
    if one.guard is Guard.FREE:
        return True
    reach = REACH[one.guard]
    near = _around(anchors, one.start - reach, one.end + reach)
    if any(_sees(one, *anchor, reach) for anchor in near):
        return True
    low = bisect_left(found, one.start - reach - LONGEST, key=lambda other: other.start)
    for other in found[low:]:
        if other.start > one.end + reach:
            break
        if other.word != one.word and _sees(one, other.start, other.end, other.contexts, reach):
            return True
    return False


def _sees(one: _Candidate, start: int, end: int, contexts: int, reach: int) -> bool:
    if not one.contexts & contexts:
        return False
    return 0 <= one.start - end <= reach or 0 <= start - one.end <= reach
