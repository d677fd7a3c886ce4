"""Passages found by words and meanings, and the index as members of a model."""

from __future__ import annotations

import numpy as np
import pytest
from tests.engine.search.projects import CAKES, DOCUMENTS, index_of

from talkwright.engine.search.extracting import extracted
from talkwright.engine.search.index import External, SearchIndex, build_index
from talkwright.engine.search.passages import Passage, passages_of
from talkwright.engine.search.ranking import fitted, search
from talkwright.engine.search.storing import MEMBERS, index_in, members_of


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("are you open on sunday?", "closed on Sundays"),
        ("do you bake on holidays", "twice as much"),
        ("what does a birthday cake cost?", "38 euros"),
        ("can you put a photo on the cake?", "Pictures"),
        ("my son is allergic to nuts", "Nuts"),
    ],
)
def test_the_best_passage_holds_the_answer(question: str, answer: str) -> None:
    index = index_of()
    (hit,) = search(index, [question], most=1)
    assert answer in hit.passage.whole
    assert answer in extracted(index, hit.passage, [question])


@pytest.mark.parametrize(
    "question", ["who wrote Hamlet?", "how do I fix a bicycle", "what is the capital of Peru?", "?"]
)
def test_what_the_documents_do_not_tell_scores_low(question: str) -> None:
    hits = search(index_of(), [question], most=1)
    assert all(hit.score < fitted().floor for hit in hits)


def test_only_fitting_sentences_of_a_long_passage_are_said() -> None:
    index = index_of()
    (hit,) = search(index, ["when do we talk about the wedding cake?"], most=1)
    said = extracted(index, hit.passage, ["when do we talk about the wedding cake?"])
    assert "Wedding cakes need four weeks" in said
    assert said in hit.passage.text
    assert len(said) < len(hit.passage.text)


def test_an_older_message_helps_only_where_the_newest_says_little() -> None:
    documents = {
        "docs/a.md": "# Passes\n\nA pass for children costs forty euros.\n",
        "docs/b.md": "# Tours\n\nA tour for children lasts an hour.\n",
    }
    index = index_of(documents)
    (hit,) = search(index, ["and for children?", "what does a pass cost?"], most=1)
    assert "forty euros" in hit.passage.text
    (turned,) = search(index, ["how long is a tour?", "what does a pass cost?"], most=1)
    assert "an hour" in turned.passage.text


def test_german_questions_find_german_and_english_passages() -> None:
    passages = passages_of("a.txt", "Q: Kann ich bar bezahlen?\nA: Ja, auch mit Karte.") + passages_of("b.md", CAKES)
    index = build_index(passages, ("de", "en"))
    assert search(index, ["Kann ich mit der Karte bezahlen?"], most=1)[0].passage.source == "a.txt"
    assert search(index, ["Was kostet ein Kuchen zum Geburtstag?"], most=1)[0].passage.source == "b.md"


def test_a_language_without_vectors_is_searched_by_its_words() -> None:
    index = build_index(
        passages_of("a.txt", "Il negozio è aperto dalle nove alle cinque.\n\nI cani sono ammessi."), ("it",)
    )
    (hit,) = search(index, ["quando è aperto il negozio?"], most=1)
    assert "aperto" in hit.passage.text


def test_equal_documents_make_equal_bytes_that_read_back_alike() -> None:
    index = index_of()
    members = members_of(index)
    assert members == members_of(index_of())
    assert members.keys() <= MEMBERS
    read = index_in(members)
    assert read is not None
    assert list(read.passages) == list(index.passages)
    question = ["do you deliver?"]
    assert search(read, question, most=3) == search(index, question, most=3)


def test_a_model_without_documents_has_no_index() -> None:
    assert index_in({}) is None


def _without_rows(index: SearchIndex) -> dict[str, bytes]:
    return members_of(SearchIndex(**{**vars(index), "meanings": index.meanings[:-1]}))


def _with_rows_out_of_reach(index: SearchIndex) -> dict[str, bytes]:
    stems = type(index.stems)(index.stems.names, index.stems.starts, index.stems.rows + 99, index.stems.counts)
    return members_of(SearchIndex(**{**vars(index), "stems": stems}))


@pytest.mark.parametrize("damaged", [_without_rows, _with_rows_out_of_reach])
def test_arrays_that_do_not_fit_together_are_refused(damaged: object) -> None:
    index = index_of()
    fields = {name: value for name, value in vars(index).items() if name in SearchIndex.__dataclass_fields__}
    with pytest.raises(ValueError, match="fit together"):
        index_in(damaged(SearchIndex(**fields)))  # type: ignore[operator] # one of the two above


def test_ranks_by_own_vectors_are_fused_with_ours() -> None:
    index = index_of()
    vectors = np.zeros((len(index), 2), np.float16)
    vectors[:, 0] = 1
    far = next(row for row, one in enumerate(index.passages) if "Wedding" in one.text)
    vectors[far] = (0, 1)
    known = SearchIndex(
        **{name: getattr(index, name) for name in SearchIndex.__dataclass_fields__ if name != "external"},
        external=External("m", vectors),
    )
    hits = search(known, ["marriage"], most=len(index), external=[0.0, 2.0])
    assert hits[0].passage.text == index.passages[far].text
    assert hits[0].likeness == pytest.approx(1.0)
    assert {hit.likeness for hit in hits[1:]} == {0.0}


def test_many_passages_are_searched_in_a_moment() -> None:
    passages = [
        Passage(
            f"docs/{number}.md", f"Item {number}", f"The item number {number} costs {number} euros and weighs a lot."
        )
        for number in range(3_000)
    ]
    passages += passages_of("docs/hours.md", DOCUMENTS["docs/hours.md"])
    index = build_index(passages, ("en",))
    (hit,) = search(index, ["is the bakery open on sunday?"], most=1)
    assert hit.passage.source == "docs/hours.md"
