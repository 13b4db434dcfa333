"""How wording changes on its way: rewording of letters, respelling to evade, honest typing slips."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lianfang.simulate.dice import Dice
from lianfang.simulate.wording import Grammar, Values, shelf

Letter = Sequence[Sequence[str]]
Style = Sequence[tuple[str, str]]


def master(letter: Letter, dice: Dice) -> list[int]:
    """Choose one campaign's own version of a letter: a variant for each slot."""
    return [dice.below(len(slot)) for slot in letter]


def style(dice: Dice) -> Style:
    """Choose one author's habits of word: synonyms used wherever they fit."""
    swaps = []
    for words in shelf("disguise")["styles"]:
        chosen = dice.pick(words)
        if chosen != words[0]:
            swaps.append((words[0], chosen))
    return tuple(swaps)


def reword(letter: Letter, chosen: Sequence[int], dice: Dice, paraphrase: float) -> list[str]:
    """Say a letter again as one more customer would be told to: a little changed.

    Args:
        letter: slots of variants.
        chosen: the campaign's own version (`master`).
        dice: chance.
        paraphrase: chance that a sentence gets another variant; a quarter of it to lose the
            sentence, a quarter to move it, and six tenths to gain a filler.

    Returns:
        Sentences, still with their grammar in them.
    """
    fillers = shelf("letters")["fillers"]
    said: list[str] = []
    for slot, own in zip(letter, chosen, strict=True):
        if len(said) > 1 and dice.chance(paraphrase * 0.25):
            continue
        other = dice.below(len(slot)) if dice.chance(paraphrase) else own
        said.append(slot[other])
    if dice.chance(paraphrase * 0.25 * len(letter)) and len(said) > 3:
        at = dice.between(1, len(said) - 3)
        said[at], said[at + 1] = said[at + 1], said[at]
    if dice.chance(paraphrase * 0.6):
        said.insert(dice.between(1, len(said)), dice.pick(fillers))
    return said


def write(sentences: Sequence[str], how: Style, dice: Dice, values: Values) -> str:
    """Fill the sentences in and apply the author's habits of word."""
    text = "".join(_GRAMMAR.say(sentence, dice, values) for sentence in sentences)
    for word, instead in how:
        text = text.replace(word, instead)
    return text


def respell(text: str, dice: Dice, noise: float) -> str:
    """Disguise sensitive words, each with the chance `noise`, as adverts do."""
    if noise <= 0:
        return text
    for word, costumes in shelf("disguise")["words"].items():
        if word in text and dice.chance(noise):
            text = text.replace(word, dice.pick(costumes))
    return text


def respell_number(number: str, dice: Dice, noise: float) -> str:
    """Write a number so that a search does not find it, with the chance `noise`."""
    if not dice.chance(noise):
        return number
    costume = dice.pick(shelf("disguise")["digits"])
    gap = dice.pick(["", "", " ", "-"])
    return gap.join(costume[int(sign)] if sign.isdigit() else sign for sign in number)


def slip(text: str, dice: Dice) -> str:
    """Type like a person: some never slip, some drop or swap a character now and then."""
    if dice.chance(0.6):
        return text
    typos, signs = shelf("disguise")["typos"], list(text)
    for _ in range(1 + dice.count(len(text) / 120)):
        at = dice.below(len(signs))
        if signs[at] in typos:
            signs[at] = typos[signs[at]]
        elif dice.chance(0.3) and not signs[at].isdigit():
            signs[at] = signs[at] * 2
        elif dice.chance(0.3) and not signs[at].isdigit():
            signs[at] = ""
    return "".join(signs)


def _punctuation(text: str, how: str) -> str:
    habits: dict[str, Callable[[str], str]] = {
        "none": lambda t: t.replace(_COMMA, "").replace("。", ""),
        "gaps": lambda t: t.replace(_COMMA, " ").replace("。", " "),
        "commas": lambda t: t.replace("。", _COMMA),
        "loud": lambda t: t.replace("。", "!!"),
        "narrow": lambda t: t.replace(_COMMA, ","),
    }
    return habits[how](text) if how in habits else text


def habit(text: str, dice: Dice) -> str:
    """Put marks as people do: none, gaps, commas only, shouting, or by the book."""
    how = dice.weighted(("wide", "none", "gaps", "commas", "loud", "narrow"), (70, 6, 6, 8, 5, 5))
    return _punctuation(text, how)


_GRAMMAR = Grammar({})
_COMMA = "\uff0c"
