"""No word that a detector knows is held back by the cheap test in front of it."""

import importlib
import itertools
import re
from collections.abc import Iterator
from typing import Any

import pytest

from talklikeme.privacy import gates, ids, network, passwords, places
from talklikeme.privacy.gates import folded

# What the standard library makes of a pattern; private, and the only way to list its words.
PARSER = importlib.import_module("re._parser")
MOST = 3_000


def spellings(pattern: str) -> list[str]:
    """Texts that together go through every alternative, letter class and optional part of a pattern."""
    found = list(itertools.islice(_sequences(list(PARSER.parse(pattern))), MOST))
    assert len(found) < MOST
    return [text for text in found if re.compile(rf"(?:{pattern})").search(text)]


def _sequences(parts: list[tuple[Any, Any]]) -> Iterator[str]:
    chosen = [list(dict.fromkeys(_choices(str(name), value))) for name, value in parts]
    for choice in itertools.product(*chosen):
        yield "".join(choice)


def _choices(name: str, value: Any) -> Iterator[str]:
    match name:
        case "LITERAL":
            yield chr(value)
        case "NOT_LITERAL" | "ANY":
            yield "x"
        case "IN":
            for kind, what in value:
                yield from _in_class(str(kind), what)
        case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
            fewest, _, inner = value
            for one in _sequences(list(inner)):
                yield from (one * fewest, one * max(fewest, 1))
        case "SUBPATTERN":
            yield from _sequences(list(value[3]))
        case "BRANCH":
            yield from itertools.chain.from_iterable(_sequences(list(one)) for one in value[1])
        case "ASSERT" | "ASSERT_NOT" | "AT":
            yield ""
        case _:
            raise NotImplementedError(name)


def _in_class(kind: str, what: Any) -> Iterator[str]:
    if kind == "RANGE":
        yield chr(what[0])
    elif kind == "LITERAL":
        yield chr(what)
    else:
        yield {"CATEGORY_SPACE": " ", "CATEGORY_DIGIT": "5"}.get(str(what), "x")


def may_have_secret(text: str) -> bool:
    return gates.may_have_secret(text, folded(text), any(map(str.isdigit, text)))


@pytest.mark.parametrize(
    "words", [passwords._PASS, passwords._PASS_PHRASES, passwords._CODE, passwords._CJK.pattern]
)
def test_every_word_that_announces_a_secret_is_let_through(words: str) -> None:
    for word in spellings(words):
        texts = [f"{word}: k9Xw2q", f"{word}: kxwqzz", f"{word} 493817", f'{word}: "kxwqzz"']
        told = [text for text in texts if list(passwords.find_secrets(text))]
        assert told, f"{word} is never heard"
        assert [text for text in (*told, told[0].upper()) if not may_have_secret(text)] == []


def test_every_word_of_a_code_that_comes_first_is_let_through() -> None:
    verbs_and_words = passwords._REVERSED.pattern.partition(r"\d{1,5})")[2].removesuffix(r"(?!\w)")
    before, _, words = verbs_and_words.rpartition("(?:")
    assert before
    for word in spellings(rf"(?:{words}"):
        text = f"493 817 is your {word}"
        assert list(passwords.find_secrets(text)), word
        assert may_have_secret(text), word


@pytest.mark.parametrize("shape", ["gh" + c + "_" for c in "pousr"] + ["xoxa-", "xoxb-", "xoxp-"])
def test_every_shape_of_a_key_is_let_through(shape: str) -> None:
    key = shape + "aB3" * 12
    assert list(passwords.find_secrets(key))
    assert may_have_secret(key)


def test_every_way_to_spell_an_address_is_let_through() -> None:
    pattern = network._SPOKEN.pattern
    signs = re.search(r"\(\?P<at>(.*)\)\n?\(\?P<host>", pattern, re.DOTALL)
    dots = re.search(r"\(\?P<rest>\(\?:(.*)\)\{1,3\}\)", pattern, re.DOTALL)
    assert signs
    assert dots
    ends = spellings(dots[1].replace(r"[\w-]{2,24}", "de"))
    texts = [f"zoe{sign}gmail{end}" for sign in spellings(signs[1]) for end in (ends[0], ends[-1])]
    texts += [f"zoe at gmail{end}" for end in ends] + [f"zoe [at] gmail{end}" for end in ends]
    found = [match for match in map(network._SPOKEN.search, texts) if match]
    told = [match.string for match in found if network._is_spoken(match.string, match)]
    assert len(told) > len(ends)
    assert [text for text in told if not gates.may_spell_email(folded(text))] == []
    assert [text for text in told if not network._SPOKEN_GATE.search(text)] == []


@pytest.mark.parametrize(
    ("words", "gate", "form"),
    [
        (places._DE_END, places._STREET_NUMBER, "Linden{} 5"),
        (places._DE_WORD, places._STREET_NUMBER, "Lindener {} 5"),
        (places._NL_END, places._STREET_NUMBER, "linden{} 5"),
        (places._ROMANCE_KIND, places._ROMANCE_STREET, "{}Aurora 5"),
    ],
)
def test_every_kind_of_street_is_let_through(words: str, gate: re.Pattern[str], form: str) -> None:
    for word in spellings(words):
        text = form.format(word)
        assert gate.search(folded(text)), text
        assert {text[span.start : span.end] for span in places.find_places(text)} == {text}


@pytest.mark.parametrize("rule", [rule for rule in ids._RULES if rule.words], ids=lambda r: r.words)
def test_every_word_before_an_id_is_let_through(rule: Any) -> None:
    for word in spellings(rule.words):
        for text in (f"{word} 12345678901", f"{word.upper()} 12345678901"):
            if rule.context.search(text):
                assert ids._ANY_WORD.search(folded(text)), text
