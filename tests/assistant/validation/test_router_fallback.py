"""Where messages end that no intent is sure of, and those that a form can't use."""

from typing import Any

import pytest

from talkwright.assistant.items import ItemBody
from talkwright.assistant.validation import ItemFacts, check_item

FALLBACK = {"name": "FallbackClassifier"}


@pytest.mark.parametrize(
    ("router", "others", "found"),
    [
        ({"calm_entry": {"sticky": ["nlu_fallback"]}}, [], {"router-without-fallback"}),
        ({"calm_entry": {"sticky": ["hours"]}}, [FALLBACK], {"fallback-in-no-list"}),
        ({"calm_entry": {"sticky": ["nlu_fallback"]}}, [FALLBACK], set()),
        ({"nlu_entry": {"non_sticky": ["nlu_fallback"]}}, [FALLBACK], set()),
    ],
)
def test_a_router_that_does_not_know_what_to_do_with_the_unsure_is_told(
    router: dict[str, Any], others: list[dict[str, Any]], found: set[str]
) -> None:
    pipeline = [{"name": "IntentBasedRouter", **router}, *others]
    config = ItemBody("config", "config.yml", {"assistant_id": "a", "language": "en", "pipeline": pipeline})
    flow = ItemBody("flow", "f", {"description": "f", "steps": [{"action": "action_listen"}]})
    problems = check_item(config.kind, config.name, config.body, ItemFacts([config, flow]))
    assert {one.code for one in problems if "fallback" in one.code} == found
    without_flows = check_item(config.kind, config.name, config.body, ItemFacts([config]))
    assert not {one.code for one in without_flows if "fallback" in one.code}


@pytest.mark.parametrize("default", [True, False])
def test_a_form_whose_bad_answers_meet_silence_is_told(default: bool) -> None:
    domain = ItemBody("domain", "domain.yml", {"forms": {"visit": {"required_slots": []}}})
    said = [ItemBody("response", "utter_default", [{"text": "Pardon?"}])] if default else []
    problems = check_item(domain.kind, domain.name, domain.body, ItemFacts([domain, *said]))
    assert ("form-without-default" in {one.code for one in problems}) is not default
