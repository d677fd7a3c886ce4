"""What a model writes becomes what is said, in whatever pieces it comes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from talkwright.engine.search.saying import MOST, Saying

SOURCES = ["docs/a.md", "docs/b.md", "docs/a.md"]


def said(text: str, *, cites: bool = True) -> Saying:
    saying = Saying(SOURCES, cites)
    saying.take(text)
    saying.end()
    return saying


def test_citations_are_numbered_anew_and_listed_each_document_once() -> None:
    assert (
        said("Yes [2], at nine [1]. Really [3, 1].").said
        == "Yes [1], at nine [2]. Really [2].\n[1] docs/b.md\n[2] docs/a.md"
    )


def test_numbers_that_no_passage_has_are_left_out_and_nothing_is_listed_then() -> None:
    assert said("Yes [9].").said == "Yes ."
    assert said("Plain.").said == "Plain."


def test_without_citations_brackets_are_left_alone() -> None:
    assert said("Take [2] of them.", cites=False).said == "Take [2] of them."


@pytest.mark.parametrize("text", ["[NO_ANSWER]", "  [NO_RAG_ANSWER]\n", "I am sorry. [NO_ANSWER]"])
def test_a_mark_of_no_answer_empties_it(text: str) -> None:
    saying = said(text)
    assert saying.empty
    assert saying.said == ""


def test_a_mark_after_what_was_told_is_taken_out() -> None:
    saying = Saying(SOURCES, cites=False)
    told = saying.take("At nine. ") + saying.take("[NO_ANS") + saying.take("WER]") + saying.end()
    assert told == saying.said == "At nine. "
    assert not saying.empty


def test_an_answer_has_an_end() -> None:
    assert len(said("x" * (2 * MOST)).said) == MOST


PARTS = st.lists(
    st.sampled_from(["[", "]", "1", "2", "NO_ANSWER", "[NO_ANSWER]", " ", "\n", "word", ", ", "[3]", "[12"])
)


@given(PARTS, st.booleans())
def test_what_was_told_never_changes_and_is_all_that_is_said(pieces: list[str], cites: bool) -> None:
    saying = Saying(SOURCES, cites)
    told = ""
    for piece in pieces:
        told += saying.take(piece)
        assert saying.said == told
    told += saying.end()
    assert saying.said == told
    if saying.empty:
        assert told == ""


@given(st.text(alphabet="ab [1]23,\n", max_size=80), st.integers(1, 5))
def test_pieces_of_any_size_say_the_same(text: str, size: int) -> None:
    saying = Saying(SOURCES, cites=True)
    for start in range(0, len(text), size):
        saying.take(text[start : start + size])
    saying.end()
    assert saying.said == said(text).said
