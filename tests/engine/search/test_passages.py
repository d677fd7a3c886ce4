"""Documents cut into passages."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from talkwright.engine.search.passages import LONGEST, passages_of, sentences

PAGE = """---
title: not a text
---
# Fees

Some **bold** words with [a link](https://fees.example) and ![a picture](x.png).

<!-- not for readers -->
## Is there a yearly fee?
No, there is none.

Q: How much is a transfer?
A: Ten euros.

It is free for students.

**Q:** Where?
**A:** At the counter.

Plain heading
-------------
- one
- two
"""


def test_pairs_stay_whole_and_headings_name_those_above() -> None:
    found = passages_of("docs/fees_list.md", PAGE)
    assert [(one.question, one.text) for one in found] == [
        ("", "Some bold words with a link (https://fees.example) and a picture."),
        ("Is there a yearly fee?", "No, there is none."),
        ("How much is a transfer?", "Ten euros.\n\nIt is free for students."),
        ("Where?", "At the counter."),
        ("", "- one\n- two"),
    ]
    assert found[1].heading == "Fees · Is there a yearly fee?"
    assert found[-1].heading == "Fees · Plain heading"
    assert {one.source for one in found} == {"docs/fees_list.md"}


def test_a_short_first_line_is_the_heading_of_a_plain_text_else_the_file_names_it() -> None:
    (titled,) = passages_of("docs/a.txt", "Opening hours\n\nFrom nine to five.")
    assert (titled.heading, titled.text) == ("Opening hours", "From nine to five.")
    (plain,) = passages_of("docs/how_to-come.txt", "Take the bus number five. It stops here.\nEvery day.")
    assert (plain.heading, plain.text) == ("how to come", "Take the bus number five. It stops here. Every day.")


def test_german_questions_are_pairs_too() -> None:
    (one,) = passages_of("docs/a.txt", "Frage: Wann?\nAntwort: Um neun.")
    assert (one.question, one.text) == ("Wann?", "Um neun.")


def test_long_paragraphs_are_cut_between_sentences() -> None:
    text = " ".join(f"This is sentence number {number} of a long paragraph." for number in range(100))
    found = passages_of("docs/a.txt", text)
    assert len(found) > 3
    assert " ".join(one.text for one in found) == text
    assert all(len(one.text) <= LONGEST and one.text.endswith(".") for one in found)


def test_sentences_end_at_their_marks_and_not_at_numbers() -> None:
    assert sentences("It costs 3.50 euros. Pay at the desk! Then? “Go in.” He said so.\n- an item") == [
        "It costs 3.50 euros.",
        "Pay at the desk!",
        "Then?",
        "“Go in.",
        "He said so.",
        "- an item",
    ]


@given(st.text(max_size=2_000), st.sampled_from(["a.md", "a.txt"]))
def test_any_text_is_cut_without_losing_a_word(text: str, path: str) -> None:
    found = passages_of(path, text)
    assert all(one.text.strip() for one in found)
    assert all(len(one.text) <= 3 * LONGEST for one in found)


@given(st.lists(st.text(alphabet="abc \n.?", max_size=60), max_size=30))
def test_plain_words_all_stand_in_some_passage(lines: list[str]) -> None:
    text = "\n\n".join(lines)
    said = " ".join(f"{one.heading} {one.question} {one.text}" for one in passages_of("docs/a.txt", text))
    assert set(text.split()) <= set(said.split()) | {""}


@pytest.mark.parametrize(
    "text",
    [
        "x" * 1_000_000,
        "**a " * 250_000,
        "[" * 1_000_000,
        "<!--" * 250_000,
        "Q" + "*" * 999_999,
        "# a" + "# " * 499_990,
        "." + '"' * 999_999,
        "Q: a\nA: " + "b c. " * 190_000,
        "---\n" * 200_000,
        "Q: a\n" * 160_000,
        "- " * 500_000,
    ],
    ids=lambda text: text[:8],
)
def test_a_hostile_document_costs_little(text: str) -> None:
    started = time.process_time()
    passages_of("docs/a.md", text)
    assert time.process_time() - started < 5
