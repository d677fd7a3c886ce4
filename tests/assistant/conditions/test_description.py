from __future__ import annotations

import pytest

from talkwright.assistant.conditions import Word, describe, in_words, parse


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("slots.amount <= 0", "amount is at most 0"),
        ("slots.amount > 1000 and slots.account is not null", "amount > 1000 and account is set"),
        ("slots.account is null", "account is not set"),
        ("not slots.account is null", "account is set"),
        ("slots.plan = 'Pro'", "plan is “Pro”"),
        ("slots.plan != 'Pro'", "plan is not “Pro”"),
        ("not slots.plan contains 'P'", "plan does not contain “P”"),
        ("{'a' 'b' 'c'} contains slots.plan", "plan is one of “a”, “b” or “c”"),
        ("not {'a'} contains slots.plan", "plan is none of “a”"),
        ("slots.a and slots.b or slots.c", "a is yes and (b is yes or c is yes)"),
        ("(slots.a and slots.b) or slots.c", "(a is yes and b is yes) or c is yes"),
        ("slots.a and (slots.b and slots.c)", "a is yes and b is yes and c is yes"),
        ("not (slots.a or slots.b)", "not (a is yes or b is yes)"),
        ("slots.a is true and slots.b is false", "a is yes and b is no"),
        ("slots.a is empty", "a is empty"),
        ("slots.a = undefined", "a does not exist"),
        ("context.reason = 'x'", "reason is “x”"),
        ("false", "never"),
        ("true", "always"),
        ("slots.a > 1.50", "a > 1.5"),
    ],
)
def test_reads_like_a_sentence(text: str, words: str) -> None:
    assert in_words(parse(text)) == words


def test_a_slot_alone_reads_by_its_type() -> None:
    assert in_words(parse("slots.sure"), {"sure": "bool"}) == "sure is yes"
    assert in_words(parse("not slots.name"), {"name": "text"}) == "name is not filled"


def test_every_word_has_a_role_and_names_what_it_stands_for() -> None:
    assert describe(parse("slots.a.b > 1 or context.c")) == [
        Word("a.b", "slot", "a"),
        Word(">", "operator"),
        Word("1", "value"),
        Word("or", "join"),
        Word("c", "context", "c"),
        Word("is yes", "operator"),
    ]
