from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from talkwright.assistant.conditions import (
    Comparison,
    Condition,
    ConditionError,
    Join,
    Literal,
    Name,
    Not,
    SetLiteral,
    names,
    parse,
    parsing,
    render,
    to_json,
)
from talkwright.assistant.conditions import Test as Alone  # pytest would collect a class called Test
from talkwright.assistant.conditions.lexing import CONSTANTS

_KEYWORDS = {*CONSTANTS, "and", "or", "not", "is", "contains", "matches"}
_WORDS = st.from_regex(r"[a-zäöüß_][a-z0-9_ß-]{0,8}", fullmatch=True).filter(lambda word: word not in _KEYWORDS)
_NAMES = st.builds(lambda space, word: Name(f"{space}.{word}"), st.sampled_from(["slots", "context"]), _WORDS)
_TEXTS = st.text(max_size=12).filter(lambda text: "'" not in text or '"' not in text)
_LITERALS = st.one_of(
    st.builds(lambda text: Literal("text", text), _TEXTS),
    st.builds(lambda number: Literal("number", number), st.integers(-(10**9), 10**9)),
    st.builds(
        lambda number: Literal("number", number),
        st.floats(-1e9, 1e9, allow_nan=False).filter(lambda number: "e" not in repr(number) and number != 0),
    ),
    st.sampled_from([Literal(word) for word in ("true", "false", "null", "undefined", "empty")]),
)
_VALUES = st.one_of(_NAMES, _LITERALS)
_SOMETHING = _VALUES.filter(lambda value: value not in (Literal("undefined"), Literal("empty")))
_SETS = st.builds(lambda items: SetLiteral(tuple(items)), st.lists(_VALUES, max_size=3))
_LEAVES = st.one_of(
    st.builds(Alone, _VALUES),
    st.builds(Comparison, st.one_of(_VALUES, _SETS), st.sampled_from(["=", "!=", "<", "<=", ">", ">="]), _VALUES),
    st.builds(Comparison, _VALUES, st.sampled_from(["=", "!="]), _SETS),
    st.builds(Comparison, st.one_of(_VALUES, _SETS), st.just("contains"), _SOMETHING),
    st.builds(Comparison, _VALUES, st.just("matches"), st.just(Literal("text", r"^\d+$"))),
)
_TREES = st.recursive(
    _LEAVES,
    lambda inner: st.one_of(st.builds(Not, inner), st.builds(Join, st.sampled_from(["and", "or"]), inner, inner)),
    max_leaves=8,
)


@given(
    _TREES.filter(
        lambda tree: not (isinstance(tree, Alone) and tree.operand in (Literal("undefined"), Literal("empty")))
    )
)
def test_a_rendered_tree_parses_to_itself(tree: Condition) -> None:
    assert parse(render(tree)) == tree


@given(st.text(alphabet="()'\"{}=<>! \n#andortslx.1-é", max_size=40))
def test_any_text_is_a_condition_or_a_condition_error_with_a_column(text: str) -> None:
    found = _parsed_or_error(text)
    if isinstance(found, ConditionError):
        assert 1 <= found.column <= len(text) + 1
        assert found.message.strip()
    else:
        assert parse(render(found)) == found


def _parsed_or_error(text: str) -> Condition | ConditionError:
    try:
        return parse(text)
    except ConditionError as error:
        return error


def test_spans_point_at_the_written_names() -> None:
    text = "slots.a > 1 and not {slots.b 'x'} contains context.c"
    assert [text[slice(*name.span)] for name in names(parse(text))] == ["slots.a", "slots.b", "context.c"]
    assert [name.slot for name in names(parse(text))] == ["a", "b", None]


def test_and_or_group_to_the_right_and_not_binds_tighter() -> None:
    a, b, c = (Alone(Name(f"slots.{letter}")) for letter in "abc")
    assert parse("slots.a and slots.b or slots.c") == Join("and", a, Join("or", b, c))
    assert parse("(slots.a and slots.b) or slots.c") == Join("or", Join("and", a, b), c)
    assert parse("not slots.a or slots.b") == Join("or", Not(a), b)


def test_brackets_are_remembered_but_do_not_change_what_a_tree_is() -> None:
    written = parse("slots.a and (slots.b or slots.c)")
    assert written == parse("slots.a and slots.b or slots.c")
    assert isinstance(written, Join)
    assert isinstance(written.right, Join)
    assert written.right.bracketed


@pytest.mark.parametrize(
    ("text", "column", "words"),
    [
        ("", 1, "empty"),
        ("  # only a comment", 1, "empty"),
        ("slots.a >", 10, "too early"),
        ("slots.a in 'b'", 9, "{'a' 'b'} contains"),
        ("slots.a between 1", 9, ">= 1 and"),
        ("slots.a = 'b", 11, "never closed"),
        ("slots.a not contains 'b'", 9, "not slots.x contains"),
        ("(slots.a", 9, "`)`"),
        ("slots.a = 5)", 12, "No bracket is open"),
        ("slots.a & slots.b", 9, "`and`"),
        ("slots.a || slots.b", 9, "`or`"),
        ("!slots.a", 1, "`not`"),
        ("slots.a + 1 > 2", 9, "calculate"),
        ("slots.a[0] = 1", 8, "Square brackets"),
        ("slots.a in ['b' 'c']", 12, "{'a' 'b'} contains"),
        ("slots.a = ['b', 'c']", 11, "in braces, without commas"),
        ("{'a', 'b'} contains slots.a", 5, "without commas"),
        ("slots.a = “b”", 11, "straight quotation marks"),
        ("slots.a contains {'a'}", 18, "right of `contains`"),
        ("{'a'}", 1, "{…} contains"),
        ("slots.a matches slots.b", 17, "quotation marks"),
        ("slots.a matches '('", 17, "regular expression"),
        ("slots.a = 1 = 2", 13, "`and`"),
        ("slots.a 'x'", 9, "compared"),
        ("slots.a = " + "9" * 5000, 11, "digits"),
    ],
)
def test_errors_say_where_and_what_could_stand_there(text: str, column: int, words: str) -> None:
    with pytest.raises(ConditionError) as caught:
        parse(text)
    assert caught.value.column == column
    assert words in caught.value.message


@pytest.mark.parametrize(
    "text",
    ["(" * 20_000, "(" * 5_000, "not " * 5_000 + "slots.a", " or ".join(["slots.a"] * 2_000), "{" * 9_000, "'" * 9_999],
)
def test_hostile_sizes_are_refused_quickly(text: str) -> None:
    started = time.process_time()
    with pytest.raises(ConditionError):
        parse(text)
    assert time.process_time() - started < 1


def test_a_tree_as_json_names_its_parts() -> None:
    tree = to_json(parse("{'a'} contains slots.x and not slots.y > 1"))
    assert tree["node"] == "join"
    assert tree["left"]["left"] == {
        "node": "set",
        "span": [0, 5],
        "items": [{"node": "literal", "span": [1, 4], "kind": "text", "value": "a"}],
    }
    assert tree["right"]["operand"]["left"]["slot"] == "y"


_OPERANDS = st.sampled_from(
    ["slots.a", "context.b.c", "'x'", '"and"', "7", "-1.5", "true", "NULL", "undefined", "empty", "is", "9" * 101, "("]
)
_BETWEEN = st.sampled_from(
    ["=", "==", "is", "is not", "IS  NOT", "!=", "<=", ">", "contains", "matches", "and", "slots.a"]
)


@given(_OPERANDS, _BETWEEN, _OPERANDS, st.sampled_from(["", " # why", "\n", " )"]))
def test_a_comparison_reads_as_the_grammar_reads_it(left: str, operator: str, right: str, end: str) -> None:
    text = f"{left} {operator} {right}{end}"
    with pytest.MonkeyPatch.context() as by_grammar:
        by_grammar.setattr(parsing, "_comparison", lambda _tokens: None)
        known = outcome(text)
    assert outcome(text) == known


def outcome(text: str) -> str:
    """The tree with its places, or the error in words."""
    found = parsing._parsed.__wrapped__(text)
    return f"{found.message} {found.column}" if isinstance(found, ConditionError) else repr(found)
