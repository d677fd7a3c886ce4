from __future__ import annotations

import time
from typing import Any

import pytest

from talkwright.assistant.conditions import EvaluationError, check_rejection, holds, template_names
from talkwright.assistant.conditions.regexes import RegexError, safe_regex


def test_an_error_means_what_the_caller_says() -> None:
    for on_error in (True, False):
        assert holds("slots.a < 1", slots={"a": None}, context={}, on_error=on_error) is on_error
        assert holds("slots.a in", slots={"a": None}, context={}, on_error=on_error) is on_error
        assert holds("{{ broken", slots={}, context={}, on_error=on_error) is on_error


def test_jinja_is_rendered_with_the_context_before_the_condition_is_read() -> None:
    context = {"collect": "amount", "n": 3}
    assert holds("slots.{{ context.collect }} > {{ context.n }}", slots={"amount": 4}, context=context)
    assert not holds("slots.{{ context.collect }} > {{ context.n }}", slots={"amount": 2}, context=context)
    assert holds("{% if context.n %}true{% else %}false{% endif %}", slots={}, context=context)


def test_jinja_in_a_condition_does_not_see_slots() -> None:
    assert not holds("'{{ slots.a }}' = 'x'", slots={"a": "x"}, context={})


def test_template_variables_replace_the_context_for_jinja() -> None:
    assert holds("{{ a }} = 1", slots={}, context={}, template_variables={"a": 1})


@pytest.mark.parametrize(
    "text",
    [
        "{{ context.__class__.__mro__ }}",
        "{{ ''.__class__.__base__.__subclasses__() }}",
        "{% for i in range(10) %}true{% endfor %}",
        "{{ 'a' * 1000000000 }}",
        "{{ 9 ** 9 ** 9 }}",
        "{{ '%1000000000d' | format(1) }}",
        "{{ 'a'.ljust(1000000000) }}",
        "{{ 'aaaa' | replace('a', 'aaaaaaaa') }}",
        "{% set a = 'aa' %}{% set a = a ~ a %}{{ a }}",
        "{{ '%1000000000d' % 1 }}",
        "{{ ([1] | list) | join('x') }}",
        "{% include 'x' %}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "{{ range(99999999) | list }}",
        "{{ context.items.append(1) }}",
    ],
)
def test_hostile_templates_do_nothing_and_quickly(text: str) -> None:
    started = time.process_time()
    context: dict[str, Any] = {"items": []}
    assert holds(text, slots={}, context=context, on_error=False) is False
    assert context == {"items": []}
    assert time.process_time() - started < 1


def test_a_rejection_sees_only_its_own_slot() -> None:
    assert check_rejection("slots.amount > 1000", "amount", 5000)
    assert not check_rejection("slots.amount > 1000", "amount", 5)
    assert not check_rejection("slots.end < slots.start", "end", 1)
    assert check_rejection("slots.end != slots.start", "end", 1)
    assert check_rejection("'{{ slots.amount }}' = '7'", "amount", 7)
    assert not check_rejection("context.collect = 'amount'", "amount", 7)


@pytest.mark.parametrize("text", ["slots.amount > 'x'", "slots.amount >", "{{ broken"])
def test_a_rejection_without_an_answer_raises(text: str) -> None:
    with pytest.raises(EvaluationError):
        check_rejection(text, "amount", 5)


def test_names_of_a_template_are_found_with_their_whole_path() -> None:
    assert template_names("{{ context.a.b }} {% if x['y'] %}{% endif %}") == ("context.a.b", "x.y")


@pytest.mark.parametrize(
    "pattern", ["(a+)+$", r"(ab|\w\w)*$", r"(\d{1,3})*x", "(a*)*b", r"^(\w+\s?)*$", "((a|b)+c?)+$"]
)
def test_patterns_that_double_their_time_are_kept_to_short_texts(pattern: str) -> None:
    regex = safe_regex(pattern)
    assert regex.ambiguous
    started = time.process_time()
    regex.found_in("a" * regex.longest_text)
    assert time.process_time() - started < 1
    with pytest.raises(RegexError):
        regex.found_in("a" * (regex.longest_text + 1))


@pytest.mark.parametrize(
    "pattern",
    [
        r"^\d{4}$",
        r"^[^@\s]+@[^@\s]+\.[^@\s]+$",
        r"^(\d[ -]?){8,15}$",
        r"^([a-z]+(-[a-z]+)*)$",
        r"^(yes|no|maybe)+$",
        r"(\w+\.)+com",
        r"^(?=.*[a-z])(?=.*\d).{8,}$",
        r".*a.*b.*c.*d",
    ],
)
def test_ordinary_patterns_are_fast_on_the_longest_text_they_take(pattern: str) -> None:
    regex = safe_regex(pattern)
    assert not regex.ambiguous
    started = time.process_time()
    for mark in "a1@ ":
        regex.found_in(mark * regex.longest_text)
    assert time.process_time() - started < 4


def test_too_long_a_text_in_a_condition_has_no_answer() -> None:
    with pytest.raises(EvaluationError):
        check_rejection("slots.a matches '(a+)+$'", "a", "a" * 500)
