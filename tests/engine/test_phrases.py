"""What people say in any conversation."""

import time

import pytest

from talkwright.engine.understanding.local.languages import in_english, language_of
from talkwright.engine.understanding.local.phrases import Act, act_of, correction_in
from talkwright.engine.understanding.local.texts import words

ACTS = {
    Act.CANCEL: (
        "cancel|stop|forget it please|never mind|I changed my mind|abort that|"
        "I don't want to do this anymore|let's stop here|please cancel this|can we stop|abbrechen|vergiss es|"
        "ich hab's mir anders überlegt|Ich will das nicht mehr|stopp bitte|brich das ab|lass es sein|"
        "nein, doch nicht"
    ),
    Act.HUMAN: (
        "human please|can I talk to a human|I want to speak to a real person|agent|"
        "connect me with customer service|give me an operator|mit einem Menschen sprechen|"
        "Ich möchte mit einem Mitarbeiter sprechen|kann ich mit jemandem reden"
    ),
    Act.REPEAT: (
        "say that again|repeat please|what did you say?|pardon?|can you repeat that|I didn't catch that|"
        "noch mal bitte|wie bitte?|kannst du das wiederholen|können Sie die Frage wiederholen"
    ),
    Act.RESTART: "restart|let's start over|von vorne|neu starten|can we start from the beginning",
    Act.SKIP: ("skip this question|I'd rather not say|überspringen|next question|das möchte ich nicht sagen"),
    Act.NOTHING_ELSE: (
        "that's all|no, that's it|nothing else thanks|thanks, that's all|das war's|das ist alles|I'm good"
    ),
    Act.THANKS: "thanks|thank you so much!|ok thanks|many thanks for your help|danke|Vielen Dank!|danke schön",
    Act.FAREWELL: (
        "bye|no thanks, bye|good bye|see you later|have a nice day|tschüss|auf Wiedersehen|danke, tschüss|bis bald"
    ),
    Act.GO_ON: "continue|let's go on|weiter|weitermachen|carry on with that",
    Act.GREETING: "hello|hi there|good morning|hallo|guten tag|Moin",
    Act.SMALL_TALK: "how are you?|who are you|tell me a joke|wie geht's|bist du ein roboter",
}
NO_ACT = (
    "send money to Bob|stop the delivery|cancel my order|what is my balance|repeat the last order|Bob|"
    "fifty|yes|no|report|I lost my person|hello I want to send money"
)


@pytest.mark.parametrize(("text", "act"), [(text, act) for act, texts in ACTS.items() for text in texts.split("|")])
def test_a_whole_message_can_be_a_move_in_the_conversation(text: str, act: Act) -> None:
    assert act_of(text) is act


@pytest.mark.parametrize("text", NO_ACT.split("|"))
def test_a_message_that_says_more_is_no_such_move(text: str) -> None:
    assert act_of(text) is None


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("no, I meant Bob", "Bob"),
        ("actually make it 70", "70"),
        ("nein, ich meinte Bärbel", "Bärbel"),
        ("not 50, but 70", "70"),
        ("nicht 50, sondern 70", "70"),
        ("Oops, should be 12", "12"),
        ("ich meinte Müller", "Müller"),
        ("wait, change it to Rome", "Rome"),
        ("lieber 30", "30"),
        ("Bob", None),
        ("no", None),
    ],
)
def test_a_correction_leaves_its_new_value(text: str, rest: str | None) -> None:
    correction = correction_in(text)
    assert (correction.rest if correction else None) == rest


@pytest.mark.parametrize(
    "text", ["get me " * 140, "can i " * 70 + "to with for me " * 30, "bitte " * 160, "no, " * 200]
)
def test_no_message_makes_the_patterns_run_away(text: str) -> None:
    started = time.process_time()
    act_of(text)
    correction_in(text)
    assert time.process_time() - started < 0.5


def test_german_is_told_from_english_and_put_into_english_words() -> None:
    german = words("Ich möchte meine Eintrittskarte stornieren")
    assert language_of(german, ("en", "de"), "en") == "de"
    assert {"entry", "card", "cancel"} <= set(in_english(german, "de"))
    assert language_of(words("please block my credit card"), ("de", "en"), "de") == "en"
    assert language_of(words("which hotels have systems and tickets"), ("de", "en"), "en") == "en"
    assert language_of(words("Diebstahl"), ("en", "de"), "en") == "de"
    assert language_of(["xyz"], ("de", "en"), "de") == "de"
