"""Our conditions beside the library whose behaviour they copy: the same answers, errors and refusals (1.7)."""

import json
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from talkwright.assistant.conditions import ConditionError, EvaluationError, evaluate, parse

ROOT = Path(__file__).parents[3]
PEER = ROOT / ".venv-pypred/bin/python"
Ask = Callable[[str, dict[str, Any]], dict[str, Any]]

pytestmark = pytest.mark.skipif(not PEER.exists(), reason="needs the pypred environment: make .venv-pypred/.stamp")

NAMES = st.sampled_from(
    [
        "slots.a",
        "slots.b",
        "slots.n",
        "slots.t",
        "slots.list",
        "slots.map.x",
        "slots.nope",
        "context.c",
        "slots",
        "nope",
    ]
)
LITERALS = st.sampled_from(
    [
        "5",
        "-3",
        "2.5",
        "0",
        "1",
        "'x'",
        '"5"',
        "'Jack'",
        "''",
        "true",
        "false",
        "null",
        "undefined",
        "empty",
        "True",
        "NULL",
    ]
)
SETS = st.lists(st.sampled_from(["'x'", "'Jack'", "5", "2.5", "slots.t", "null", "true"]), min_size=1, max_size=3).map(
    lambda items: "{" + " ".join(items) + "}"
)
OPERANDS = NAMES | NAMES | LITERALS
OPERATORS = st.sampled_from(["=", "==", "is", "!=", "is not", "<", "<=", ">", ">=", "contains", "IS", "Is Not"])
MATCHES = st.builds(
    lambda name, regex: f"{name} matches '{regex}'", NAMES, st.sampled_from(["^J", "x", "^[0-9]+$", "k$"])
)
COMPARISONS = (
    st.builds(lambda left, operator, right: f"{left} {operator} {right}", OPERANDS, OPERATORS, OPERANDS)
    | st.builds(lambda items, right: f"{items} contains {right}", SETS, OPERANDS)
    | MATCHES
    | OPERANDS
)
CONDITIONS = st.recursive(
    COMPARISONS,
    lambda inner: st.one_of(
        st.builds(
            lambda left, word, right: f"{left} {word} {right}", inner, st.sampled_from(["and", "or", "AND"]), inner
        ),
        st.builds(lambda one: f"not {one}", inner),
        st.builds(lambda one: f"({one})", inner),
    ),
    max_leaves=6,
)
VALUES = st.sampled_from(
    [None, True, False, 0, 1, 5, 2.5, -3, "", "x", "Jack", "5", [], ["x"], ["Jack", 5], {}, {"x": 1}]
)
DOCUMENTS = st.builds(
    lambda a, b, n, t, some, c: {
        "slots": {"a": a, "b": b, "n": n, "t": t, "list": some, "map": {"x": b}},
        "context": {"c": c},
    },
    VALUES,
    VALUES,
    st.sampled_from([None, 0, 1, 5, 2.5, -3]),
    st.sampled_from([None, "", "x", "Jack", "5"]),
    st.sampled_from([None, [], ["x", "y"], [5, 2.5]]),
    VALUES,
)


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ask]:
    """Asks pypred in a process of its own."""
    process = subprocess.Popen(
        [PEER, Path(__file__).with_name("pypred_peer.py")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=tmp_path_factory.mktemp("pypred"),
    )
    stdin, stdout = process.stdin, process.stdout
    assert stdin is not None
    assert stdout is not None

    def asked(text: str, document: dict[str, Any]) -> dict[str, Any]:
        stdin.write(json.dumps({"text": text, "document": document}) + "\n")
        stdin.flush()
        answered: dict[str, Any] = json.loads(stdout.readline())
        return answered

    try:
        yield asked
    finally:
        stdin.close()
        process.wait(10)
        stdout.close()


def ours(text: str, document: dict[str, Any]) -> dict[str, Any]:
    try:
        tree = parse(text)
    except ConditionError:
        return {"outcome": "invalid"}
    try:
        return {"outcome": "answer", "answer": evaluate(tree, document)}
    except EvaluationError:
        return {"outcome": "error"}


def without_fault(answered: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in answered.items() if key != "fault"}


@given(CONDITIONS, DOCUMENTS)
@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_conditions_are_answered_as_the_library_does(ask: Ask, text: str, document: dict[str, Any]) -> None:
    assert ours(text, document) == without_fault(ask(text, document)), text


TOKENS = st.sampled_from(
    [
        "slots.a",
        "5",
        "'x'",
        "is",
        "not",
        "=",
        "!=",
        "<",
        "and",
        "or",
        "(",
        ")",
        "{",
        "}",
        "contains",
        "matches",
        "null",
        "true",
    ]
)


def test_two_forms_that_the_library_takes_are_refused_on_purpose(ask: Ask) -> None:
    """A set alone is always true, and a pattern without quotation marks is never the slot that it names."""
    for text in ("{'x'}", "slots.t matches slots.a"):
        assert ask(text, {"slots": {"t": "x", "a": "x"}, "context": {}})["outcome"] == "answer"
        with pytest.raises(ConditionError):
            parse(text)


def refused_on_purpose(text: str) -> bool:
    sets = re.sub(r"\{[^{}]*\} (contains|=|!=|<|is)", "", re.sub(r"(=|!=|<|is|not) \{[^{}]*\}", "", text))
    return "}" in sets or re.search(r"matches (?!')", text) is not None


@given(st.lists(TOKENS, min_size=1, max_size=7).map(" ".join))
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_no_condition_is_refused_as_by_the_library(ask: Ask, text: str) -> None:
    assume(not refused_on_purpose(text))
    document = {"slots": {"a": 5}, "context": {}}
    assert (ours(text, document)["outcome"] == "invalid") == (ask(text, document)["outcome"] == "invalid"), text
