"""The YAML dialect: its values, its places and what it refuses."""

from __future__ import annotations

import io
import re
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from talkwright.assistant.yaml_writing import dump, flow_text
from talkwright.assistant.yamls import MAX_DEPTH, Node, YamlError, load, load_marked

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(min_value=-(10**20), max_value=10**20),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30),
    st.sampled_from(
        [
            "yes",
            "no",
            "12:30",
            "010",
            "0o10",
            "1.0",
            "2024-01-01",
            "~",
            "",
            " x",
            "x ",
            "a: b",
            "# c",
            "- x",
            "'q'",
            "a\nb\n",
            "\n",
            "|",
            "!t",
            "1e5",
            "=",
            "<<",
            "on",
            "&a",
            "*a",
            "{a",
            "[a",
            "a]",
            "?",
            "-",
            ": ",
            "x #y",
            "\ttab",
            "---",
            "...",
        ]
    ),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(
            st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"]), max_size=8), inner, max_size=4
        ),
    ),
    max_leaves=12,
)


def ruamel(text: str) -> Any:
    """The second opinion: ruamel's safe loader in YAML 1.2 mode, dates left as text."""
    yaml = YAML(typ="safe", pure=True)
    yaml.version = (1, 2)
    return yaml.load(io.StringIO(text))


@given(VALUES)
@example({"0:?0": "sure?"})
@settings(max_examples=300)
def test_what_is_dumped_loads_as_the_same_value(value: Any) -> None:
    assert repr(load(dump(value))) == repr(value)
    assert repr(load(f"a: [{flow_text(value)}, {{b: {flow_text(value)}}}]\n")) == repr({"a": [value, {"b": value}]})


@given(VALUES)
@settings(max_examples=200)
def test_ruamel_in_yaml_1_2_reads_what_is_dumped_as_the_same(value: Any) -> None:
    assert repr(plain(ruamel(dump(value)))) == repr(value)


PLAIN = st.text(alphabet="0123456789+-.eEoxabfntrulsyTFN~:_ ", min_size=1, max_size=8).filter(
    lambda text: (
        "_" not in text
        and ": " not in text
        and not text.startswith(("-", "0b", "+0b", "-0b"))
        and text.strip() == text
        and not text.endswith(":")
        and "0o" not in text[1:]
        and not (text[0] in "+" and text[1:2] == "0")
        and " #" not in text
        and not text.startswith(":")
    )
)


@given(PLAIN)
@example(".0E0")
@settings(max_examples=400)
def test_plain_scalars_mean_what_ruamel_says_in_yaml_1_2(text: str) -> None:
    ours, theirs = load(f"- {text}\n")[0], ruamel(f"- {text}\n")[0]
    if (isinstance(theirs, float) and theirs in (float("inf"), float("-inf"))) or str(theirs) == "nan":
        assert ours == text
    elif not isinstance(theirs, str | int | float | None | bool):
        assert ours == text, "a date stays text"
    elif re.fullmatch(r"[-+]?\.[0-9]+[eE][-+]?[0-9]+", text):
        assert ours == float(text), "YAML 1.2 says number (10.3.2), ruamel says text where an exponent follows"
    else:
        assert repr(ours) == repr(theirs)


def plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): plain(inner) for key, inner in value.items()}
    return [plain(inner) for inner in value] if isinstance(value, list) else value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", "yes"),
        ("no", "no"),
        ("on", "on"),
        ("12:30", "12:30"),
        ("010", 10),
        ("0o10", 8),
        ("0x1F", 31),
        ("1.0", 1.0),
        ("1e3", 1000.0),
        ("12345678901234567890", 12345678901234567890),
        ("2024-01-01", "2024-01-01"),
        (".inf", ".inf"),
        ("1e999", "1e999"),
        ("True", True),
        ("~", None),
        ("", None),
        ("!!str 5", "5"),
        ("! 5", "5"),
        ("!!float 5", 5.0),
        ("1_000", "1_000"),
    ],
)
def test_a_scalar_means_what_yaml_1_2_core_says(text: str, value: object) -> None:
    assert repr(load(f"a: {text}\n")) == repr({"a": value})


def test_keys_are_text_as_written() -> None:
    assert load("1: a\ntrue: b\n~: c\nno: d\n1.0: e\n") == {"1": "a", "true": "b", "~": "c", "no": "d", "1.0": "e"}


def test_merge_keys_give_way_to_own_keys() -> None:
    assert load("a: &a {x: 1, y: 2}\nb: &b {y: 3, z: 4}\nc:\n  <<: [*a, *b]\n  x: 0\n")["c"] == {"x": 0, "y": 2, "z": 4}


def test_a_quoted_merge_sign_is_an_ordinary_key() -> None:
    assert load("'<<': {x: 1}\n") == {"<<": {"x": 1}}


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, "second time"),
        ("a:\n- text: {name}, your dog\n", 2, "begins with { must stand in quotes"),
        ("a:\n- text: {name} is here\n", 2, "begins with { must stand in quotes"),
        ("a:\n- text: 'so' it is\n", 2, "behind its closing '; put"),
        ("a: {b: c}\n  d: e\n", 2, "indentation"),
        ("a: {x: 1, 'x': 2}", 1, "second time"),
        ("1: a\n'1': b", 2, "second time"),
        ("a:\n\tb: 1", 2, "tab"),
        ("a: b: c", 1, "':'"),
        ("a: 'x", 1, "closing quote"),
        ("a: [1, 2", 1, "'"),
        ("--- a\n--- b", 2, "second document"),
        ("a: &a [*a]", 1, "itself"),
        ("a: *nowhere", 1, "anchor"),
        ("a: !ruby/object x", 1, "tag"),
        ("? [a]\n: b", 1, "key must be a text"),
        ("a: !!int x", 1, "not what its tag"),
        ('a: "\\0"', 1, "NUL"),
        ("a: \x07", 1, "not allowed"),
        ("a: 1\n<<: 5", 2, "alias of a map"),
        ("[" * 5000, 1, "levels deep"),
        ("- " * 5000, 1, "levels deep"),
        ("{a: " * 5000, 1, "levels deep"),
    ],
)
def test_a_text_that_is_no_sound_yaml_is_refused_with_its_line_and_what_to_do(text: str, line: int, words: str) -> None:
    with pytest.raises(YamlError) as caught:
        load(text)
    assert caught.value.line == line
    assert words in caught.value.message
    assert caught.value.message.endswith(".")


def test_nesting_up_to_the_limit_is_fine() -> None:
    assert load("[" * MAX_DEPTH + "]" * MAX_DEPTH)


def test_an_anchor_bomb_is_refused_before_it_grows() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    with pytest.raises(YamlError, match="too many values"):
        load("\n".join(lines))


def test_one_long_text_repeated_by_aliases_is_refused() -> None:
    with pytest.raises(YamlError, match="too many values"):
        load("a: &a " + "x" * 1_000_000 + "\nb: [" + ", ".join(["*a"] * 1000) + "]\n")


def test_anchors_from_elsewhere_can_be_given() -> None:
    assert load("a: *base\nb: {<<: *base, x: 2}\n", {"base": {"x": 1}}) == {"a": {"x": 1}, "b": {"x": 2}}


BLOCKS = """# head
a:
  b: 1   # one

  # deeper
  c: |
    text

    more


# between
d:
- x
- y: "q"
  z: >-
    folded

e: {f: [1, 2], g: }
h: &anchor
  i: !!str 5
j: *anchor
k:
"""


@pytest.mark.parametrize("bom", ["", "\ufeff"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_node_ends_where_its_text_ends(newline: str, bom: str) -> None:
    text = bom + BLOCKS.replace("\n", newline)
    root = load_marked(text)

    def part(node: Node) -> str:
        return text[node.start : node.end].replace("\r\n", "\n")

    found = {key.key_text: value for key, value in root.entries}
    assert part(found["a"]) == "b: 1   # one\n\n  # deeper\n  c: |\n    text\n\n    more"
    assert part(found["a"].entries[1][1]) == "|\n    text\n\n    more"
    assert part(found["d"]) == '- x\n- y: "q"\n  z: >-\n    folded'
    assert part(found["e"]) == "{f: [1, 2], g: }"
    assert part(found["h"]) == "&anchor\n  i: !!str 5"
    assert part(found["j"]) == "*anchor"
    assert part(found["k"]) == ""
    assert text[: found["k"].start].endswith("k:")


@pytest.mark.parametrize(
    ("text", "kept"),
    [("a: |+\n  x\n\n\nb: 1\n", "|+\n  x\n\n"), ("a: |2\n   x\n\nb: 1\n", "|2\n   x"), ("a: |\n\nb: 1\n", "|")],
)
def test_blank_lines_after_a_block_scalar_are_its_own_only_where_it_keeps_them(text: str, kept: str) -> None:
    value = load_marked(text).entries[0][1]
    assert text[value.start : value.end] == kept


@given(st.text(alphabet="ab:-|>'\"{}[],#&*!?% \n\r\t0", max_size=60))
@settings(max_examples=500)
def test_any_text_is_either_read_with_places_inside_it_or_refused(text: str) -> None:
    root = None
    with suppress(YamlError):
        root = load_marked(text)
    stack = [root] if root else []
    while stack:
        node = stack.pop()
        assert 0 <= node.start <= node.end <= len(text)
        stack.extend(node.elements)
        stack.extend(inner for pair in node.entries for inner in pair)
