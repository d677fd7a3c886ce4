"""Sentences to begin a chat with."""

from talkwright.assistant.items import Part
from talkwright.assistant.parsing.flows import parse_flow
from talkwright.backend.chats.greeting import does_more_than_start
from talkwright.backend.chats.service import spoken, suggestions

DE = Part(file="data/nlu/de/pay.yml", place="nlu", source="- intent: pay\n  examples: |\n    - zahl [20](amount)\n")
EN = Part(file="data/nlu/en/pay.yml", place="nlu", source="- intent: pay\n  examples: |\n    - pay [20](amount)\n")
ANY = Part(file="data/nlu.yml", place="nlu", source='- intent: pay\n  examples:\n    - "settle it"\n')
DOMAIN = Part(file="domain.yml", place="intents", source="- pay\n")


def test_examples_of_the_chats_language_come_first_without_their_marks() -> None:
    assert list(spoken((DE, EN, ANY, DOMAIN), "en", {"de"})) == ["pay 20", "settle it"]
    assert list(spoken((DE, EN), "de", {"en"})) == ["zahl 20"]


def test_a_flow_without_examples_offers_the_first_sentence_of_its_description() -> None:
    body = {"description": "Send money abroad. It takes a day.", "steps": [{"action": "utter_x"}]}
    flow, _ = parse_flow("send", body)
    assert flow is not None
    assert list(suggestions([flow], {})) == ["Send money abroad."]


def test_only_a_session_start_with_steps_of_its_own_greets() -> None:
    start, greet = {"action": "action_session_start"}, {"action": "utter_greet"}
    assert does_more_than_start({"description": "Hello", "steps": [start, greet]})
    assert not does_more_than_start({"description": "Hello", "steps": [start]})
    assert not does_more_than_start(None)
    assert not does_more_than_start("no flow")
