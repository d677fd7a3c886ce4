"""Which variation is said, and what of its data reaches a channel."""

import random
from collections import Counter
from typing import Any

import pytest

from talkwright.assistant.parsing.domain import parse_response
from talkwright.engine.generation.links import safe_link, safe_picture
from talkwright.engine.generation.responses import Setting, from_action, render
from talkwright.engine.ports import BotMessage


def setting(*, rng: random.Random | None = None, **values: Any) -> Setting:
    ground: dict[str, Any] = {
        "slots": {},
        "context": {},
        "channel": "rest",
        "language": "en",
        "default_language": "en",
        "rng": rng or random.Random(1),
    }
    return Setting(**{**ground, **values})


def made(body: list[Any], **values: Any) -> BotMessage | None:
    response, _ = parse_response("utter_x", body)
    assert response is not None
    return render({"utter_x": response}, "utter_x", setting(**values))


def text(body: list[Any], **values: Any) -> str | None:
    message = made(body, **values)
    return message.text if message is not None else None


RANKED = [
    {"text": "plain"},
    {"text": "condition", "condition": "slots.vip"},
    {"text": "channel", "channel": "web"},
    {"text": "both", "channel": "web", "condition": "slots.vip"},
]


@pytest.mark.parametrize(
    ("channel", "vip", "wanted"),
    [("web", True, "both"), ("web", False, "channel"), ("rest", True, "condition"), ("rest", False, "plain")],
)
def test_channel_counts_more_than_condition_and_condition_more_than_none(channel: str, vip: bool, wanted: str) -> None:
    assert text(RANKED, channel=channel, slots={"vip": vip}) == wanted


def test_the_old_style_of_conditions_compares_texts_without_case() -> None:
    body = [{"text": "plain"}, {"text": "gold", "condition": [{"type": "slot", "name": "level", "value": "Gold"}]}]
    assert text(body, slots={"level": "GOLD"}) == "gold"
    assert text(body, slots={"level": None}) == "plain"


def test_a_condition_with_an_error_is_false() -> None:
    body = [{"text": "plain"}, {"text": "more", "condition": "slots.amount > 10"}]
    assert text(body, slots={"amount": None}) == "plain"


def test_translated_variations_are_preferred_and_others_are_the_way_out() -> None:
    body = [{"text": "one"}, {"text": "two", "translation": {"de": "zwei"}}]
    for seed in range(20):
        assert text(body, language="de", rng=random.Random(seed)) == "zwei"
    assert text([{"text": "one"}], language="de") == "one"


def test_among_equals_chance_decides_and_a_seed_repeats_it() -> None:
    body = [{"text": "a"}, {"text": "b"}, {"text": "c"}]
    counted = Counter(text(body, rng=random.Random(seed)) for seed in range(300))
    assert set(counted) == {"a", "b", "c"}
    assert min(counted.values()) > 50
    first, second = random.Random(5), random.Random(5)
    assert [text(body, rng=first) for _ in range(10)] == [text(body, rng=second) for _ in range(10)]


def test_without_a_fitting_variation_the_internal_error_is_said() -> None:
    fallback, _ = parse_response("utter_internal_error_rasa", [{"text": "Sorry."}])
    response, _ = parse_response("utter_x", [{"text": "web only", "channel": "web"}])
    assert fallback is not None
    assert response is not None
    responses = {"utter_x": response, "utter_internal_error_rasa": fallback}
    message = render(responses, "utter_x", setting())
    assert message is not None
    assert message.text == "Sorry."
    assert render(responses, "utter_unknown", setting()) is None


def test_variables_come_from_context_then_slots_then_arguments() -> None:
    values = {"context": {"a": 1, "b": 1, "c": 1}, "slots": {"b": 2, "c": 2}, "arguments": {"c": 3}}
    assert text([{"text": "{a} {b} {c}"}], **values) == "1 2 3"


def test_custom_data_and_buttons_are_filled_and_translated() -> None:
    body = [
        {
            "text": "Pick",
            "custom": {"note": "for {name}", "list": ["{name}"]},
            "image": "https://example.org/{name}.png",
            "buttons": [
                {"title": "Yes", "payload": "/SetSlots(a={name})", "translation": {"de": {"title": "Ja"}}},
                {"title": "No", "payload": "no", "translation": {"de": "Nein"}},
            ],
        }
    ]
    message = made(body, slots={"name": "Ann"}, language="de")
    assert message is not None
    assert message.data["custom"] == {"note": "for Ann", "list": ["Ann"]}
    assert message.data["image"] == message.data["attachment"] == "https://example.org/Ann.png"
    assert message.data["buttons"] == [
        {"title": "Ja", "payload": "/SetSlots(a=Ann)"},
        {"title": "Nein", "payload": "no"},
    ]


def test_a_template_that_fails_is_sent_as_written() -> None:
    assert text([{"text": "{{ 1 / 0 }}", "metadata": {"template": "jinja"}}]) == "{{ 1 / 0 }}"


def test_dangerous_addresses_reach_no_channel() -> None:
    body = [
        {
            "text": "x",
            "image": "javascript:alert(1)",
            "buttons": [
                {"title": "bad", "url": "java\nscript:alert(1)"},
                {"title": "good", "url": "https://example.org"},
            ],
        }
    ]
    message = made(body)
    assert message is not None
    assert message.data["image"] is None
    assert message.data["attachment"] is None
    assert [button["title"] for button in message.data["buttons"]] == ["good"]


@pytest.mark.parametrize("address", ["http://a", "HTTPS://a", "tel:+491", "mailto:a@b"])
def test_ordinary_links_pass(address: str) -> None:
    assert safe_link(address) == address


@pytest.mark.parametrize(
    "address",
    [
        "javascript:x",
        " javascript:x",
        "java\tscript:x",
        "\u202ejavascript:x",
        "data:text/html,x",
        "vbscript:x",
        "",
        None,
        3,
        "//a",
        "http://[bad",
    ],
)
def test_other_links_do_not(address: Any) -> None:
    assert safe_link(address) is None


def test_pictures_may_have_a_path_of_their_own_site() -> None:
    assert safe_picture("/static/a.png") == "/static/a.png"
    assert safe_picture("data:image/svg+xml,x") is None


def test_an_action_item_without_response_is_sent_as_it_is() -> None:
    message = from_action({"text": "{raw}", "buttons": [], "custom": {"a": 1}}, {}, setting())
    assert message is not None
    assert message.text == "{raw}"
    assert message.data["custom"] == {"a": 1}
    assert from_action({"text": None, "buttons": []}, {}, setting()) is None
    assert from_action({"response": "utter_unknown"}, {}, setting()) is None
