"""The two template engines: their quirks, and what hostile templates can't do."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from talkwright.engine.generation.templates import TemplateError, fill_format, fill_jinja, filled


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("Hi {name}", "Hi Ann"),
        ("Hi {nme} {name}", "Hi {nme} {name}"),
        ("{nothing}", "None"),
        ("{flag} {number}", "True 50"),
        ('{{"a": "{name}"}}', '{"a": "Ann"}'),
        ("{{name}}", "{name}"),
        ("{{{name}}}", "{Ann}"),
        ("a { b", "a { b"),
        ("{name} }", "{name} }"),
        ("{}", "{}"),
        ("{name.upper}", "{name.upper}"),
        ("{name!r:>10}", "{name!r:>10}"),
        ("plain", "plain"),
    ],
)
def test_the_format_engine_fills_all_or_nothing(text: str, made: str) -> None:
    assert fill_format(text, {"name": "Ann", "nothing": None, "flag": True, "number": 50.0}) == made


@given(st.text(alphabet="{}abc \n", max_size=30))
def test_the_format_engine_never_fails(text: str) -> None:
    assert isinstance(fill_format(text, {"a": 1}), str)


@given(st.text(alphabet=st.characters(blacklist_characters="{}")))
def test_values_are_never_read_as_templates(value: str) -> None:
    braced = "{" + value + "}"
    assert fill_format("<{a}>", {"a": braced}) == f"<{braced}>"


@pytest.mark.parametrize(
    ("value", "read"),
    [
        (32.0, "32"),
        (-3.0, "-3"),
        (0.5, "0.5"),
        (-0.0, "0"),
        (1e15, "1000000000000000.0"),
        (1e300, "1e+300"),
        (True, "True"),
    ],
)
def test_whole_numbers_are_shown_without_decimals(value: object, read: str) -> None:
    assert fill_format("{n}", {"n": value}) == read
    assert fill_jinja("{{ n }}{{ 'x' }}", {"n": value}, whole_numbers=True) == f"{read}x"
    assert fill_jinja("{{ n }}", {"n": value}) == fill_format("{n}", {"n": value}, str) == str(value)


def test_jinja_has_loops_and_filters_over_the_values_given() -> None:
    assert fill_jinja("{{ items | join(', ') }}{{ 'abc' | replace('b', '-') }}", {"items": [1, 2]}) == "1, 2a-c"
    text = "{% for x in items %}{{ loop.index }}:{{ x | upper }} {% endfor %}{{ missing }}"
    assert fill_jinja(text, {"items": ["a", "b"]}) == "1:A 2:B "


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("{{ '%.2f' % price }} €", "39.00 €"),
        ("{{ '%s has %d%%' % (name, 5.9) }}", "a_b has 5%"),
        ("{{ '%.2f' | format(price) }}", "39.00"),
        ("{{ '{:.2f} {}'.format(price, name) }}", "39.00 a_b"),
        ("{{ '{who:>5}{{}}'.format(who=name) }}", "  a_b{}"),
        ("{{ name.replace('_', ' ') }}, {{ ' and '.join([name, price]) }}", "a b, a_b and 39.0"),
    ],
)
def test_jinja_formats_numbers_and_texts(text: str, made: str) -> None:
    assert fill_jinja(text, {"price": 39.0, "name": "a_b"}) == made


@pytest.mark.parametrize(
    "text",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ items.append(1) }}",
        "{{ 'a' * 1000000000 }}",
        "{{ 2 ** 1000000 }}",
        "{{ '%1000000000d' % 1 }}",
        "{{ '%*d' % (1000000000, 1) }}",
        "{{ '%(a)s' % {'a': 1} }}",
        "{{ '%1000000000d' | format(1) }}",
        "{{ '{:1000000000d}'.format(1) }}",
        "{{ '{:{}}'.format(1, 1000000000) }}",
        "{{ '{0.__class__}'.format(1) }}",
        "{{ '{a[b]}'.format(a=items) }}",
        "{{ '{a:1000000000d}'.format_map({'a': 1}) }}",
        "{{ '{:1000000000d}'['format'](1) }}",
        "{{ ('{:1000000000d}' | attr('format'))(1) }}",
        "{{ 'a'.replace('a', 'a' * 9) }}",
        "{{ 'aaaaaaaaaa'" + ".replace('a', 'aaaaaaaaaa')" * 9 + " }}",
        "{% for a in range(1000000) %}x{% endfor %}",
        "{% for a in range(2000) %}{% for b in range(2000) %}xxxxxxxxxxxxx{% endfor %}{% endfor %}",
        "{% for a in range(9) %}{% for b in range(9) %}{% for c in range(9) %}x{% endfor %}{% endfor %}{% endfor %}",
        "{% include 'x' %}",
        "{% macro m() %}{% endmacro %}",
        "{{ cycler.__init__.__globals__ }}",
        "{{ 1 / 0 }}",
        "{{ 'x'.ljust(1000000000) }}",
        "{{ 'x'.zfill(1000000000) }}",
        "{{ 1 .to_bytes(1000000000, 'big') }}",
        "{{ 'a'" + (" | replace('a', '" + "a" * 1000 + "')") * 10 + " }}",
        "{{ broken",
        "{{ 'x' | center(1000000000) }}",
        "{{ " + "(" * 5000 + " }}",
    ],
)
def test_a_hostile_template_is_refused_quickly(text: str) -> None:
    started = time.process_time()
    with pytest.raises(TemplateError):
        fill_jinja(text, {"items": [1]})
    assert time.process_time() - started < 2


def test_every_text_of_a_value_is_filled_and_keys_are_not() -> None:
    value = {"{a}": ["{a}", {"b": "{a}"}, 3, None]}
    assert filled(value, {"a": "x"}, fill_format) == {"{a}": ["x", {"b": "x"}, 3, None]}
