import pytest

from lianfang.engine.terms.errors import DefinitionError
from lianfang.simulate import disguise, wording
from lianfang.simulate.dice import Dice


def strings_of(tree):
    if isinstance(tree, str):
        yield tree
    elif isinstance(tree, dict):
        for key, branch in tree.items():
            if key != "source":
                yield from strings_of(branch)
    elif isinstance(tree, list):
        for branch in tree:
            yield from strings_of(branch)


@pytest.mark.parametrize("name", ["honest", "letters", "lookalikes", "adverts"])
def test_every_wording_rule_can_be_read(name):
    grammar = wording.Grammar({})
    for source in strings_of(wording.shelf(name)):
        grammar.say(source, Dice(1), _Anything(grammar))


class _Anything(dict):
    def __init__(self, grammar):
        super().__init__()
        grammar.rules = _AnyRule()

    def __missing__(self, key):
        return f"<{key}>"


class _AnyRule(dict):
    def __contains__(self, key):
        return True

    def __missing__(self, key):
        return ["…"]


def test_choices_nest_and_numbers_stay_in_range():
    said = {wording.Grammar({}).say("[a|b[c|d]]{#2-3}", Dice(n), {}) for n in range(200)}
    assert said == {f"{head}{n}" for head in ("a", "bc", "bd") for n in (2, 3)}


@pytest.mark.parametrize("broken", ["[a|b", "a]b", "{inst", "<who"])
def test_unbalanced_brackets_are_refused(broken):
    with pytest.raises(DefinitionError):
        wording.Grammar({}).say(broken, Dice(1), {})


def test_without_paraphrase_a_letter_is_its_master():
    letter = wording.shelf("letters")["letters"]["storm"]["slots"]
    chosen = disguise.master(letter, Dice(1))
    own = [slot[i] for slot, i in zip(letter, chosen, strict=True)]
    assert all(disguise.reword(letter, chosen, Dice(n), 0.0) == own for n in range(20))


def test_more_paraphrase_keeps_fewer_of_the_masters_sentences():
    letter = wording.shelf("letters")["letters"]["storm"]["slots"]
    chosen = disguise.master(letter, Dice(1))
    own = {slot[i] for slot, i in zip(letter, chosen, strict=True)}

    def kept(paraphrase):
        return sum(len(own & set(disguise.reword(letter, chosen, Dice(n), paraphrase))) for n in range(200))

    assert kept(0.1) > kept(0.4) > kept(0.8)


def test_no_noise_leaves_words_alone_and_full_noise_hides_them():
    text = "停息挂账，征信修复，加微信"
    assert disguise.respell(text, Dice(1), 0.0) == text
    hidden = disguise.respell(text, Dice(1), 1.0)
    assert not any(word in hidden for word in ("停息挂账", "征信", "微信"))
