"""Every rule once: a project that breaks it, the problem that says so, and the fix that mends it."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import jsonpatch
import pytest

from talkwright.assistant.build import ItemBody
from talkwright.assistant.patterns import default_items
from talkwright.assistant.problems import Problem, Severity
from talkwright.assistant.validation import ItemFacts, check_assistant, check_item

E, W, H = Severity.ERROR, Severity.WARNING, Severity.HINT


def collect(slot: str, **more: Any) -> dict[str, Any]:
    return {"collect": slot, **more}


def flow(*steps: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"description": "does something of its own", "steps": list(steps), **more}


BASE: dict[tuple[str, str], Any] = {
    ("flow", "pay"): flow(collect("amount"), {"action": "utter_done"}, name="pay someone", description="pay a person"),
    ("flow", "child"): flow(collect("note"), description="take a note"),
    ("flow", "linking"): flow({"link": "pay"}, description="goes on"),
    ("slot", "amount"): {"type": "float"},
    ("slot", "note"): {"type": "text"},
    ("slot", "sure"): {"type": "bool"},
    ("slot", "plan"): {"type": "categorical", "values": ["Basic", "Pro"]},
    ("slot", "many"): {"type": "list"},
    ("slot", "started"): {"type": "text", "initial_value": "x"},
    ("response", "utter_done"): [{"text": "Done with {amount}."}],
    ("response", "utter_ask_amount"): [{"text": "How much?"}],
    ("response", "utter_ask_note"): [{"text": "Which note?"}],
    ("response", "utter_ask_sure"): [{"text": "Sure?"}],
    ("response", "utter_ask_plan"): [{"text": "Which plan?"}],
    ("action", "action_pay"): {},
    ("action", "action_ask_both"): {},
    ("slot", "both"): {"type": "text"},
    ("response", "utter_ask_both"): [{"text": "Both?"}],
    ("intent", "greet"): {"domain": {}, "examples": ["hello there", "good day"]},
    ("entity", "city"): {"roles": ["from"]},
    ("config", "config.yml"): {"assistant_id": "bank", "language": "en", "pipeline": [{"name": "NLUCommandAdapter"}]},
    ("file", "sub_agents/helper/config.yml"): None,
}


def items_of(bodies: Mapping[tuple[str, str], Any]) -> list[ItemBody]:
    return [ItemBody(kind, name, body) for (kind, name), body in bodies.items()]


def problems_with(kind: str, name: str, body: Any) -> list[Problem]:
    facts = ItemFacts(items_of({**BASE, (kind, name): body}))
    return check_item(kind, name, body, facts)


def codes(problems: list[Problem]) -> set[str]:
    return {problem.code for problem in problems}


def test_the_base_project_has_no_problem() -> None:
    assert check_assistant(items_of(BASE)) == []


def test_the_default_patterns_have_no_errors_and_warnings() -> None:
    found = check_assistant(default_items())
    assert [problem for problem in found if problem.severity is not H] == []


def steps(*written: dict[str, Any], **more: Any) -> tuple[str, str, Any]:
    return ("flow", "f", flow(*written, **more))


def branch(text: Any, **more: Any) -> tuple[str, str, Any]:
    return steps({"noop": True, "next": [{"if": text, "then": "END"}, {"else": "END"}], **more})


def response(*variations: Any) -> tuple[str, str, Any]:
    return ("response", "utter_r", list(variations))


def button(payload: Any) -> tuple[str, str, Any]:
    return response({"text": "x", "buttons": [{"title": "b", "payload": payload}]})


def slot(**body: Any) -> tuple[str, str, Any]:
    return ("slot", "s", body)


RULES: list[tuple[tuple[str, str, Any], str, Severity, str]] = [
    # flows as a whole
    (("flow", "bad id!", flow({"action": "utter_done"})), "flow-id", E, ""),
    (steps({"action": "utter_done"}, name="pay someone"), "flow-name-twice", E, "/name"),
    (steps({"action": "utter_done"}, description="Pay, a person!"), "flow-description-twice", E, "/description"),
    (steps({"action": "utter_done"}, description=" "), "flow-without-description", E, "/description"),
    (
        steps({"action": "utter_done"}, nlu_trigger=[{"intent": "gret"}]),
        "undeclared-intent",
        W,
        "/nlu_trigger/0/intent",
    ),
    (
        steps({"action": "utter_done"}, nlu_trigger=[{"intent": {"name": "greet", "confidence_threshold": 7}}]),
        "trigger-threshold",
        E,
        "/nlu_trigger/0",
    ),
    (steps({"action": "utter_done"}, persisted_slots=["note"]), "persisted-slot-unused", E, "/persisted_slots/0"),
    (steps({"action": "utter_done"}, persisted_slots=["nope"]), "undeclared-slot", E, "/persisted_slots/0"),
    (
        steps(collect("note", reset_after_flow_ends=False), persisted_slots=["note"]),
        "persisted-two-ways",
        E,
        "/steps/0/reset_after_flow_ends",
    ),
    (steps({"action": "utter_done"}, **{"if": "slots.nope"}), "undeclared-slot", E, "/if"),
    (steps({"action": "utter_done"}, **{"if": "slots.amount >"}), "condition-broken", E, "/if"),
    (("flow", "pattern_correctoin", flow({"action": "utter_done"})), "unknown-pattern", W, ""),
    # the graph of steps
    (steps({"action": "utter_done", "next": "nowhere"}), "unknown-step", E, "/steps/0/next"),
    (steps({"action": "utter_done", "id": "last", "next": "lsat"}), "unknown-step", E, "/steps/0/next"),
    (steps({"action": "utter_done", "next": "START"}), "reserved-step-id", E, "/steps/0/next"),
    (steps({"action": "utter_done", "id": "END"}), "reserved-step-id", E, "/steps/0/id"),
    (
        steps({"action": "utter_done", "id": "a"}, {"action": "utter_done", "id": "a"}),
        "duplicate-step-id",
        E,
        "/steps/0/id",
    ),
    (steps({"action": "utter_done", "id": 3}), "step-id", E, "/steps/0/id"),
    (steps({"action": "utter_done", "next": "END"}, {"action": "utter_done"}), "unreachable-step", E, "/steps/1"),
    (steps({"noop": True, "next": []}), "empty-branches", E, "/steps/0/next"),
    (steps({"noop": True, "next": [{"if": "slots.sure", "then": "END"}]}), "if-without-else", E, "/steps/0/next"),
    (steps({"noop": True, "next": [{"else": "END"}, {"else": "END"}]}), "two-elses", E, "/steps/0/next/1"),
    (
        steps({"noop": True, "next": [{"else": "END"}, {"if": "slots.sure", "then": "END"}]}),
        "else-not-last",
        W,
        "/steps/0/next/0",
    ),
    (steps({"noop": True}), "noop-without-next", E, "/steps/0"),
    (steps({"link": "child", "next": "END"}), "link-with-next", E, "/steps/0/next"),
    (
        steps({"noop": True, "next": [{"if": "slots.sure", "then": [{"action": "utter_done"}]}, {"else": "END"}]}),
        "branch-end-without-next",
        E,
        "/steps/0/next/0/then/0",
    ),
    (
        steps({"id": "a", "action": "action_pay", "next": "b"}, {"id": "b", "noop": True, "next": "a"}),
        "loop-without-question",
        W,
        "/steps/0",
    ),
    # steps
    (steps({"id": "check", "next": "END"}), "step-without-kind", W, "/steps/0"),
    (steps({"id": "check"}), "step-without-kind", E, "/steps/0"),
    (steps(collect("nope")), "undeclared-slot", E, "/steps/0/collect"),
    (steps(collect("amnt", utter="utter_done")), "undeclared-slot", E, "/steps/0/collect"),
    (steps(collect("many", utter="utter_done")), "list-slot-collected", E, "/steps/0/collect"),
    (steps(collect("started", ask_before_filling=True)), "question-missing", E, "/steps/0"),
    (steps(collect("both")), "two-questions", E, "/steps/0"),
    (steps(collect("note", utter="utter_ask_nte")), "undeclared-response", E, "/steps/0/utter"),
    (
        steps(collect("amount", rejections=[{"if": "slots.amount > 1", "utter": "utter_no"}])),
        "undeclared-response",
        E,
        "/steps/0/rejections/0/utter",
    ),
    (
        steps(collect("amount", rejections=[{"if": "slots.amount > slots.plan", "utter": "utter_done"}])),
        "rejection-sees-own-slot",
        W,
        "/steps/0/rejections/0/if",
    ),
    (
        steps(collect("amount", rejections=[{"if": "context.x", "utter": "utter_done"}])),
        "rejection-sees-own-slot",
        W,
        "/steps/0/rejections/0/if",
    ),
    (steps({"action": "action_unknown"}), "undeclared-action", E, "/steps/0/action"),
    (steps({"action": "utter_dne"}), "undeclared-response", E, "/steps/0/action"),
    (steps({"action": "{{ context.x"}), "template-broken", E, "/steps/0/action"),
    (steps({"set_slots": [{"nope": 1}]}), "undeclared-slot", E, "/steps/0/set_slots/0/nope"),
    (steps({"set_slots": [{"many": [1]}]}), "list-slot-set", E, "/steps/0/set_slots/0/many"),
    (steps({"set_slots": [{"plan": "pro "}]}), "slot-value", E, "/steps/0/set_slots/0/plan"),
    (steps({"set_slots": [{"sure": "maybe"}]}), "slot-value", E, "/steps/0/set_slots/0/sure"),
    (steps({"set_slots": {"amount": "lots"}}), "slot-value", E, "/steps/0/set_slots/amount"),
    # links and calls
    (steps({"link": "chld"}), "undeclared-flow", E, "/steps/0/link"),
    (steps({"link": "pattern_completed"}), "link-to-pattern", E, "/steps/0/link"),
    (steps({"link": "pattern_chitchat"}), "link-to-pattern", E, "/steps/0/link"),
    (("flow", "pattern_internal_error", flow({"link": "pay"})), "link-in-internal-error", E, "/steps/0/link"),
    (("flow", "pattern_completed", flow({"call": "child"})), "call-in-pattern", E, "/steps/0/call"),
    (steps({"call": "pattern_completed"}), "call-of-pattern", E, "/steps/0/call"),
    (steps({"call": "linking"}), "called-flow-links", E, "/steps/0/call"),
    (("flow", "child", flow({"call": "child"})), "circular-call", E, "/steps/0/call"),
    (steps({"call": "nothing_like_it"}), "undeclared-flow", E, "/steps/0/call"),
    (steps({"call": "child", "exit_if": ["slots.sure"]}), "exit-if-without-agent", E, "/steps/0/exit_if"),
    (steps({"call": "helper"}), "agent-call", H, "/steps/0"),
    (steps({"call": "helper", "exit_if": ["true"]}), "exit-if-without-slot", E, "/steps/0/exit_if/0"),
    (steps({"call": "helper", "exit_if": ["slots.nope is true"]}), "undeclared-slot", E, "/steps/0/exit_if/0"),
    (steps({"call": "helper", "exit_if": ["slots.sure and context.x"]}), "condition-name", E, "/steps/0/exit_if/0"),
    (steps({"call": "tool", "mcp_server": "s"}), "tool-call-incomplete", E, "/steps/0/mcp_server"),
    (steps({"call": "tool", "mcp_server": "s", "mapping": {}}), "undeclared-mcp-server", E, "/steps/0/mcp_server"),
    (steps({"action": "action_reset_routing"}), "reset-without-router", W, "/steps/0/action"),
    (("flow", "helper", flow({"action": "utter_done"})), "agent-flow-name", E, ""),
    # conditions
    (branch("slots.nope is null"), "undeclared-slot", E, "/steps/0/next/0/if"),
    (branch("slots.amont > 1"), "undeclared-slot", E, "/steps/0/next/0/if"),
    (branch("amount > 1"), "condition-name", E, "/steps/0/next/0/if"),
    (branch("slots.note is Jack"), "condition-name", E, "/steps/0/next/0/if"),
    (branch("slots.sure is 'true'"), "wrong-type-compared", E, "/steps/0/next/0/if"),
    (branch("slots.amount = '5'"), "wrong-type-compared", E, "/steps/0/next/0/if"),
    (branch("slots.amount > '5'"), "wrong-type-compared", E, "/steps/0/next/0/if"),
    (branch("slots.note = 5"), "wrong-type-compared", W, "/steps/0/next/0/if"),
    (branch("slots.amount matches '5'"), "wrong-type-compared", E, "/steps/0/next/0/if"),
    (branch("slots.plan = true"), "wrong-type-compared", E, "/steps/0/next/0/if"),
    (branch("slots.plan = 'pro'"), "value-not-listed", E, "/steps/0/next/0/if"),
    (branch("slots.plan = 'Gold'"), "value-not-listed", E, "/steps/0/next/0/if"),
    (branch("{'Pro' 'gold'} contains slots.plan"), "value-not-listed", E, "/steps/0/next/0/if"),
    (branch("slots.plan is {'Pro' 'Basic'}"), "set-compared", E, "/steps/0/next/0/if"),
    (branch("slots.amount > null"), "null-ordered", E, "/steps/0/next/0/if"),
    (branch("slots.sure and slots.note or slots.plan"), "mixed-and-or", W, "/steps/0/next/0/if"),
    (branch("slots.note matches '(a+)+'"), "slow-pattern", W, "/steps/0/next/0/if"),
    (branch("{{ slots.note }} is null"), "template-name", E, "/steps/0/next/0/if"),
    (branch("slots.nope = {{ context.x }}"), "undeclared-slot", E, "/steps/0/next/0/if"),
    (branch("{{ context.x"), "template-broken", E, "/steps/0/next/0/if"),
    # responses
    (("response", "done", [{"text": "x"}]), "response-name", W, ""),
    (response(), "empty-response", E, ""),
    (response({"channel": "x", "text": ""}), "empty-variation", E, "/0"),
    (response({"text": "x", "condition": "slots.nope"}, {"text": "y"}), "undeclared-slot", E, "/0/condition"),
    (response({"text": "x", "condition": "context.a"}, {"text": "y"}), "condition-name", E, "/0/condition"),
    (
        response({"text": "x", "condition": [{"type": "slot", "name": "nope", "value": 1}]}, {"text": "y"}),
        "undeclared-slot",
        E,
        "/0/condition/0/name",
    ),
    (response({"text": "x", "condition": "slots.sure"}), "no-default-variation", W, ""),
    (response({"text": "x", "channel": "voice"}), "no-default-channel", H, ""),
    (response({"text": "Hi {amnt}"}), "unknown-variable", W, "/0/text"),
    (response({"text": "Hi {{ amount }}"}), "jinja-without-template", W, "/0/text"),
    (response({"text": "Hi {{ amount", "metadata": {"template": "jinja"}}), "template-broken", E, "/0/text"),
    (response({"text": "x", "metadata": {"rephrase": True}}), "rephraser-missing", H, "/0/metadata/rephrase"),
    (response({"text": "x", "buttons": "y"}), "wrong-shape", E, "/0/buttons"),
    (response({"text": "x", "buttons": [{"payload": "y"}]}), "button-without-title", E, "/0/buttons/0"),
    (response({"text": "x", "buttons": [{"title": "y"}]}), "button-without-payload", E, "/0/buttons/0"),
    (button("/SetSlots(nope=1)"), "undeclared-slot", E, "/0/buttons/0/payload"),
    (button("/SetSlots(plan=pro, amount=1, amount=2)"), "payload-slot-twice", E, "/0/buttons/0/payload"),
    (button("/SetSlots(plan=Gold)"), "button-value", E, "/0/buttons/0/payload"),
    (button("/SetSlots(sure=maybe)"), "button-value", E, "/0/buttons/0/payload"),
    (button("/SetSlots(plan)"), "broken-payload", E, "/0/buttons/0/payload"),
    (button("/set_slots(plan=Pro)"), "broken-payload", E, "/0/buttons/0/payload"),
    (button("/greet{broken}"), "broken-payload", E, "/0/buttons/0/payload"),
    (button("/gret"), "undeclared-intent", W, "/0/buttons/0/payload"),
    (
        button("/SetSlots(" + ", ".join(f"s{n}=1" for n in range(11)) + ")"),
        "payload-too-long",
        E,
        "/0/buttons/0/payload",
    ),
    # slots
    (("slot", "a b", {"type": "text"}), "slot-name", E, ""),
    (("slot", "language", {"type": "text"}), "reserved-slot", E, ""),
    (slot(), "slot-without-type", E, ""),
    (slot(type="txt"), "unknown-slot-type", E, "/type"),
    (slot(type="text", values=["a"]), "values-ignored", W, "/values"),
    (slot(type="categorical"), "categorical-without-values", E, ""),
    (slot(type="categorical", values=["a", None]), "categorical-value", E, "/values/1"),
    (slot(type="categorical", values=["a", "A"]), "categorical-value-twice", E, "/values/1"),
    (slot(type="categorical", values=["a"], initial_value="b"), "slot-value", E, "/initial_value"),
    (slot(type="float", initial_value="many"), "slot-value", E, "/initial_value"),
    (slot(type="float", min_value=1, max_value=5, initial_value=9), "slot-value", E, "/initial_value"),
    (slot(type="list", initial_value="x"), "slot-value", E, "/initial_value"),
    (slot(type="float", min_value=5, max_value=1), "range-empty", E, "/min_value"),
    (slot(type="float", min_value=5), "range-incomplete", W, "/min_value"),
    (slot(type="text", min_value=5, max_value=6), "range-ignored", W, "/min_value"),
    (slot(type="text", mappings=[{"type": "from_lm"}]), "unknown-mapping", E, "/mappings/0/type"),
    (slot(type="text", mappings=[{"type": "from_entity"}]), "mapping-incomplete", E, "/mappings/0"),
    (slot(type="text", mappings=[{"type": "from_intent", "intent": "greet"}]), "mapping-incomplete", E, "/mappings/0"),
    (
        slot(type="text", mappings=[{"type": "from_entity", "entity": "cty"}]),
        "undeclared-entity",
        W,
        "/mappings/0/entity",
    ),
    (
        slot(type="text", mappings=[{"type": "from_llm", "conditions": [{"active_flow": "pai"}]}]),
        "undeclared-flow",
        E,
        "/mappings/0/conditions/0/active_flow",
    ),
    (slot(type="text", mappings=[{"type": "custom"}]), "custom-mapping", H, "/mappings/0/type"),
    (
        slot(type="text", mappings=[{"type": "from_llm", "allow_nlu_correction": True}]),
        "nlu-correction-alone",
        E,
        "/mappings/0/allow_nlu_correction",
    ),
    (
        slot(type="text", mappings=[{"type": "from_llm", "run_action_every_turn": "action_pay"}]),
        "controlled-option",
        E,
        "/mappings/0/run_action_every_turn",
    ),
    (
        slot(type="text", mappings=[{"type": "controlled", "run_action_every_turn": "action_payy"}]),
        "undeclared-action",
        E,
        "/mappings/0/run_action_every_turn",
    ),
    (
        slot(type="text", mappings=[{"type": "controlled", "coexistence_system": "ALL"}]),
        "coexistence-system",
        E,
        "/mappings/0/coexistence_system",
    ),
    (slot(type="text", validation={"refill_utter": "utter_done"}), "validation-empty", W, "/validation"),
    (
        slot(type="text", validation={"rejections": [{"if": "slots.s = 'x'", "utter": "utter_done"}]}),
        "undeclared-response",
        E,
        "/validation",
    ),
    (
        slot(
            type="text",
            validation={"rejections": [{"if": "slots.s >", "utter": "utter_n"}], "refill_utter": "utter_done"},
        ),
        "condition-broken",
        E,
        "/validation/rejections/0/if",
    ),
    # NLU
    (("intent", "i", {"domain": {}}), "intent-without-examples", W, ""),
    (("intent", "i", {"examples": ["a", "b"]}), "intent-not-in-domain", W, ""),
    (("intent", "i", {"domain": {}, "examples": ["hello there"]}), "example-in-two-intents", W, "/examples/0"),
    (("intent", "i", {"domain": {}, "examples": ["a", "b", "a"]}), "example-twice", H, "/examples/2"),
    (("intent", "i", {"domain": {}, "examples": ["in [x](cit)"]}), "undeclared-entity", W, "/examples/0"),
    (
        ("intent", "i", {"domain": {}, "examples": ['in [x]{"entity": "city", "role": "to"}']}),
        "undeclared-role",
        W,
        "/examples/0",
    ),
    (("intent", "i", {"domain": {"triggers": "x"}, "examples": ["a"]}), "old-triggers", W, "/domain/triggers"),
    (("intent", "i", {"domain": {}, "examples": ["[a](b"]}), "broken-annotation", E, "/examples/0"),
    (("regex", "r", ["("]), "regex-broken", E, "/0"),
    (("lookup", "l", []), "no-terms", W, ""),
    (("entity", "e", {"role": ["a"]}), "unknown-key", W, "/role"),
    (("action", "action_x", {"send_domian": True}), "unknown-key", W, "/send_domian"),
    # the rest of a domain
    (
        ("domain", "domain.yml", {"forms": {"f": {"required_slots": ["nope"]}}}),
        "undeclared-slot",
        E,
        "/forms/f/required_slots/0",
    ),
    (
        ("domain", "domain.yml", {"session_config": {"session_expiration_time": -1}}),
        "session-time-negative",
        E,
        "/session_config/session_expiration_time",
    ),
    # settings
    (
        (
            "config",
            "config.yml",
            {"assistant_id": "a", "pipeline": [{"name": "FlowPolicy", "llm": {"model_group": "m"}}]},
        ),
        "undeclared-model-group",
        W,
        "/pipeline/0/llm/model_group",
    ),
    (("config", "config.yml", {"language": "en"}), "assistant-id-missing", W, ""),
    (("config", "config.yml", {"assistant_id": "placeholder_default"}), "assistant-id-placeholder", W, "/assistant_id"),
    (("config", "config.yml", {"assistant_id": "a", "language": "english"}), "language-code", E, "/language"),
    (
        ("config", "config.yml", {"assistant_id": "a", "language": "en", "additional_languages": ["en"]}),
        "language-twice",
        E,
        "/additional_languages/0",
    ),
    (
        ("config", "config.yml", {"assistant_id": "a", "pipeline": [{"name": "my.Own"}]}),
        "component-unknown",
        H,
        "/pipeline/0",
    ),
    (
        ("config", "config.yml", {"assistant_id": "a", "pipeline": [{"name": "CompactLLMCommandGenerator"}]}),
        "component-stand-in",
        H,
        "/pipeline/0",
    ),
    (
        (
            "config",
            "config.yml",
            {
                "assistant_id": "a",
                "pipeline": [{"name": "CompactLLMCommandGenerator"}, {"name": "SingleStepLLMCommandGenerator"}],
            },
        ),
        "two-generators",
        E,
        "/pipeline/1",
    ),
    (
        ("config", "config.yml", {"assistant_id": "a", "pipeline": [{"name": "LLMBasedRouter"}]}),
        "router-without-slot",
        E,
        "/pipeline/0",
    ),
    (
        (
            "config",
            "config.yml",
            {"assistant_id": "a", "pipeline": [{"name": "X", "prompt_template": "p/none.jinja2"}]},
        ),
        "undeclared-prompt",
        W,
        "/pipeline/0/prompt_template",
    ),
    (
        ("endpoints", "endpoints.yml", {"model_groups": [{"id": "m", "models": [{"api_key": "sk-123"}]}]}),
        "secret-in-project",
        W,
        "/model_groups/0/models/0/api_key",
    ),
    (
        ("endpoints", "endpoints.yml", {"action_endpoint": {"actions_module": "actions"}}),
        "actions-module-refused",
        W,
        "/action_endpoint/actions_module",
    ),
    (
        ("endpoints", "endpoints.yml", {"action_endpoint": {"url": "localhost"}}),
        "action-endpoint-url",
        E,
        "/action_endpoint/url",
    ),
    (("endpoints", "endpoints.yml", {"event_broker": {"type": "kafka"}}), "operated-elsewhere", H, "/event_broker"),
    (
        ("endpoints", "endpoints.yml", {"model_groups": [{"id": "a"}, {"id": "a"}]}),
        "model-group-twice",
        E,
        "/model_groups/1/id",
    ),
    (("credentials", "credentials.yml", []), "wrong-shape", E, ""),
    (("prompt", "prompts/a.jinja2", "{% if %}"), "template-broken", E, ""),
    # tests
    (("test", "t.yml", {"test_cases": [{"steps": []}]}), "wrong-shape", E, "/test_cases/0"),
    (
        ("test", "t.yml", {"test_cases": [{"test_case": "a", "steps": [{"utter": "utter_dne"}]}]}),
        "undeclared-response",
        W,
        "/test_cases/0/steps/0/utter",
    ),
    (
        ("test", "t.yml", {"test_cases": [{"test_case": "a", "steps": []}, {"test_case": "a", "steps": []}]}),
        "test-twice",
        W,
        "/test_cases/1",
    ),
]


@pytest.mark.parametrize(
    ("broken", "code", "severity", "path"), RULES, ids=[f"{number}-{rule[1]}" for number, rule in enumerate(RULES)]
)
def test_a_broken_rule_is_found_at_its_place(
    broken: tuple[str, str, Any], code: str, severity: Severity, path: str
) -> None:
    kind, name, body = broken
    found = problems_with(kind, name, body)
    matching = [problem for problem in found if problem.code == code and problem.path == path]
    assert matching, [(problem.code, problem.path, problem.message) for problem in found]
    assert matching[0].severity is severity
    assert (matching[0].kind, matching[0].name) == (kind, name)
    assert matching[0].message.endswith((".", "?", ")"))
    assert len({problem.key for problem in found}) == len(found), "keys tell problems apart"


WITH_FIX = [rule for rule in RULES if any(p.fix for p in problems_with(*rule[0]) if p.code == rule[1])]


@pytest.mark.parametrize(("broken", "code", "severity", "path"), WITH_FIX, ids=[rule[1] for rule in WITH_FIX])
def test_a_fix_mends_what_it_belongs_to(broken: tuple[str, str, Any], code: str, severity: Severity, path: str) -> None:
    del severity
    kind, name, body = broken
    problem = next(p for p in problems_with(kind, name, body) if p.code == code and p.path == path and p.fix)
    mended = jsonpatch.apply_patch(copy.deepcopy(body), list(problem.fix))
    after = problems_with(kind, name, mended)
    assert not [p for p in after if p.code == code and p.path == path]
    assert not {"wrong-shape", "condition-broken"} & codes(after)


def test_most_common_mistakes_come_with_a_fix() -> None:
    assert {
        "unknown-step",
        "link-with-next",
        "if-without-else",
        "branch-end-without-next",
        "noop-without-next",
        "undeclared-slot",
        "undeclared-response",
        "condition-name",
        "wrong-type-compared",
        "value-not-listed",
        "set-compared",
        "mixed-and-or",
        "slot-value",
        "unknown-variable",
        "jinja-without-template",
        "unknown-mapping",
    } <= {rule[1] for rule in WITH_FIX}


def test_the_step_of_a_problem_is_named() -> None:
    found = problems_with("flow", "f", flow({"action": "utter_done"}, {"action": "action_x"}))
    assert [problem.step for problem in found] == ["f_1_action_x"]


def test_intents_that_start_two_flows_and_routers_with_slots_are_seen() -> None:
    trigger = [{"intent": "greet"}]
    bodies = {
        **BASE,
        ("flow", "a"): flow({"action": "utter_done"}, description="a", nlu_trigger=trigger),
        ("flow", "b"): flow({"action": "utter_done"}, description="b", nlu_trigger=trigger),
        ("slot", "route_session_to_calm"): {"type": "bool"},
    }
    found = codes(check_assistant(items_of(bodies)))
    assert {"trigger-intent-twice", "slot-without-router"} <= found


def test_circles_of_calls_are_shown_with_their_way() -> None:
    bodies = {
        **BASE,
        ("flow", "one"): flow({"call": "two"}, description="1"),
        ("flow", "two"): flow({"call": "one"}, description="2"),
    }
    found = [problem for problem in check_assistant(items_of(bodies)) if problem.code == "circular-call"]
    assert {problem.name for problem in found} == {"one", "two"}
    assert "one → two → one" in found[0].message


def test_translations_are_asked_for_only_with_additional_languages() -> None:
    config = {"assistant_id": "a", "language": "en", "additional_languages": ["de"]}
    bodies = {**BASE, ("config", "config.yml"): config}
    bodies["response", "utter_translated"] = [
        {
            "text": "x",
            "translation": {"de": "y"},
            "buttons": [{"title": "a", "payload": "b", "translation": {"de": {"title": "c"}}}],
        }
    ]
    bodies["response", "utter_half"] = [
        {"text": "x", "translation": {"de": "y", "fr": "z"}, "buttons": [{"title": "a", "payload": "b"}]}
    ]
    found = {(problem.code, problem.name) for problem in check_assistant(items_of(bodies))}
    assert {
        ("translation-missing", "utter_done"),
        ("button-translation-missing", "utter_half"),
        ("translation-unused", "utter_half"),
        ("name-translation-missing", "pay"),
    } <= found
    assert "utter_translated" not in {name for _, name in found}


def test_an_assistant_without_a_flow_is_told_so() -> None:
    assert [problem.code for problem in check_assistant([])] == ["no-flow"]


def test_a_linked_rating_needs_both_of_its_values() -> None:
    body = flow({"link": "pattern_customer_satisfaction"})
    assert codes(problems_with("flow", "f", body)) == set()
    rated = {**BASE, ("slot", "csat_score"): {"type": "categorical", "values": ["good"]}}
    found = check_item("flow", "f", body, ItemFacts(items_of({**rated, ("flow", "f"): body})))
    assert codes(found) == {"rating-values"}


def test_slots_filled_by_nlu_tell_what_other_engines_need() -> None:
    bodies = {**BASE, ("config", "config.yml"): {"assistant_id": "a"}}
    body = {"type": "text", "mappings": [{"type": "from_text"}]}
    found = check_item("slot", "s", body, ItemFacts(items_of({**bodies, ("slot", "s"): body})))
    assert codes(found) == {"mapping-without-adapter"}
    assert codes(problems_with("slot", "s", body)) == set()


def test_every_model_group_of_a_settings_file_must_exist() -> None:
    groups = {"model_groups": [{"id": "m", "models": []}]}
    config = {"assistant_id": "a", "pipeline": [{"name": "NLUCommandAdapter", "llm": {"model_group": "m"}}]}
    bodies = {**BASE, ("endpoints", "endpoints.yml"): groups, ("config", "config.yml"): config}
    assert check_assistant(items_of(bodies)) == []
