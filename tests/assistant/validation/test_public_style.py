"""A project in the style that teams publish imports without errors: every unusual but legal way to write things."""

from __future__ import annotations

from pathlib import Path

import pytest

from talkwright.assistant.build import build_assistant
from talkwright.assistant.items import ItemBody
from talkwright.assistant.problems import Problem, Severity
from talkwright.assistant.project import read_project
from talkwright.assistant.validation import check_assistant

FILES = {
    "config.yml": """
recipe: default.v1
language: en
assistant_id: 20240101-quiet-harbour
additional_languages: [de, pt-BR]
pipeline:
- name: CompactLLMCommandGenerator
  llm: {model_group: openai_llm}
  flow_retrieval: {active: false}
  user_input: {max_characters: 420}
policies:
- name: FlowPolicy
- name: rasa_plus.ml.EnterpriseSearchPolicy
  vector_store: {type: faiss, source: ./docs}
""",
    "endpoints.yml": """
action_endpoint:
  actions_module: actions
nlg:
  type: rephrase
  llm: {model_group: openai_llm}
model_groups:
- id: openai_llm
  models:
  - {provider: openai, model: gpt-4o, api_key: "${OPENAI_API_KEY}"}
tracker_store: {type: SQL, dialect: postgresql}
""",
    "credentials.yml": "rest:\nsocketio:\n  user_message_evt: user_uttered\n",
    "domain/shared.yml": """
version: "3.1"
session_config: {session_expiration_time: 60, carry_over_slots_to_new_session: true}
actions:
- action_check_funds
- action_ask_account: {send_domain: true}
- validate_amount
intents: [greet, pay_bill]
entities:
- account: {roles: [from, to]}
""",
    "domain/transfer.yml": r"""
slots:
  recipient: {type: text, mappings: [{type: from_llm}]}
  account:
    type: categorical
    values: [checking, Savings, 12]
    mappings: [{type: from_llm, allow_nlu_correction: true}, {type: from_entity, entity: account, role: from}]
  amount: {type: float, initial_value: null, mappings: [{type: from_llm}]}
  has_funds: {type: bool, mappings: [{type: controlled}]}
  old_style: {type: text, mappings: [{type: custom, action: action_check_funds}]}
  confirmed: {type: bool}
  confirm_change: {type: bool}
  pin:
    type: text
    validation:
      rejections:
      - if: not slots.pin matches "^[0-9]{4}$"
        utter: utter_bad_pin
  history: {type: list, mappings: [{type: controlled}]}
responses:
  utter_ask_recipient:
  - text: Who should get the money?
    translation: {de: Wer bekommt das Geld?, pt-BR: Quem recebe?}
    metadata: {rephrase: true}
  utter_ask_amount:
  - text: How much?
    translation: {de: Wie viel?, pt-BR: Quanto?}
  - text: How much, in words?
    channel: voice
    translation: {de: x, pt-BR: x}
  utter_ask_confirmed:
  - text: "Send {amount} to {recipient}?"
    translation: {de: "{amount} an {recipient}?", pt-BR: "{amount}?"}
    buttons:
    - {title: "Yes", payload: /SetSlots(confirmed=true)}
    - {title: "No", payload: "/SetSlots(confirmed=False, amount=None)"}
    - {title: Help, payload: I need help}
    - {title: Site, url: "https://example.org", type: web_url}
    - {title: Pay, payload: '/pay_bill{{"account": "checking"}}'}
  utter_ask_confirm_change:
  - text: "Change {{ context.corrected_slots.keys() | join('') }}?"
    metadata: {template: jinja}
    translation: {de: x, pt-BR: x}
  utter_ask_pin: [{text: PIN?, translation: {de: PIN?, pt-BR: PIN?}}]
  utter_bad_pin: [{text: "{value} is no PIN.", translation: {de: x, pt-BR: x}}]
  utter_too_much:
  - text: Too much.
    condition: slots.account is "Savings"
    translation: {de: x, pt-BR: x}
  - text: Too much, {recipient}.
    condition: [{type: slot, name: account, value: checking}]
    translation: {de: x, pt-BR: x}
  - custom: {json_message: {card: "{amount}"}}
  utter_done: [{text: Done., translation: {de: x, pt-BR: x}}]
  utter_no_funds: [{image: "https://example.org/{account}.png"}]
""",
    "data/flows/transfer.yml": """
version: "3.1"
flows:
  transfer_money:
    name: transfer money
    description: Help users send money to friends and family.
    nlu_trigger: [{intent: {name: pay_bill, confidence_threshold: 0.9}}]
    persisted_slots: [recipient]
    steps:
    - call: authenticate
    - collect: recipient
      description: the name of a person
    - id: ask_amount # jumped to from below
      collect: amount
      description: the amount of money without any currency designation
      rejections:
      - if: slots.amount < 1 or slots.amount > 100000
        utter: utter_too_much
    - collect: account
      utter: action_ask_account
    - action: action_check_funds
      next:
      - if: not slots.has_funds
        then:
        - action: utter_no_funds
        - set_slots:
          - amount: null
          - has_funds: null
          next: ask_amount
      - if: slots.account == 'checking' or slots.account == 'Savings'
        then:
        - noop: true
          next:
          - if: slots.history contains "x" and (slots.confirmed is not true or slots.recipient is empty)
            then: END
          - else: final_confirmation
      - else: final_confirmation
    - id: final_confirmation
      collect: confirmed
      ask_before_filling: true
      next:
      - if: slots.confirmed
        then:
        - action: utter_done
          next: END
      - if: slots.confirmed is false AND NOT slots.has_funds
        then:
        - link: pattern_human_handoff
      - else: END
  authenticate:
    description: authenticate the user
    if: false
    steps:
    - collect: pin
""",
    "data/patterns.yml": """
flows:
  pattern_correction:
    description: Confirm a previously collected slot value that is changed
    steps:
    - noop: true
      next:
      - if: context.is_reset_only
        then: [{action: action_correct_flow_slot, next: END}]
      - else:
        - collect: confirm_change
          next:
          - if: slots.confirm_change
            then: [{action: action_correct_flow_slot, next: END}]
          - else: END
  pattern_collect_information:
    description: the assistant is collecting information from the user
    steps:
    - id: check
      next:
      - if: "slots.{{context.collect}} is not null"
        then: END
      - else:
        - action: "{{ context.utter }}"
        - action: action_listen
          next: check
""",
    "data/nlu.yml": """
version: "3.1"
nlu:
- intent: greet
  examples: |
    - hi
    - good morning
- intent: pay_bill
  examples: |
    - pay from [checking](account)
    - pay from [my savings]{"entity": "account", "role": "from", "value": "Savings"}
- synonym: Savings
  examples: |
    - nest egg
- regex: account
  examples: |
    - \\d{4}
""",
    "e2e_tests/transfer.yml": """
test_cases:
- test_case: sends money
  steps:
  - user: send 5 to Ann
    assertions:
    - flow_started: transfer_money
    - slot_was_set: [{name: recipient, value: Ann}]
    - bot_uttered: {utter_name: utter_ask_pin}
  - user: /SetSlots(pin=1234)
  - utter: utter_ask_confirmed
  - slot_was_set: [confirmed, {amount: 5}]
""",
    "prompts/command.jinja2": "{% for flow in available_flows %}{{ flow.name | to_json_escaped_string }}{% endfor %}",
}


@pytest.fixture
def items(tmp_path: Path) -> list[ItemBody]:
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    project = read_project(tmp_path)
    assert not [problem for problem in project.problems if problem.severity is Severity.ERROR]
    return [ItemBody(str(item.kind), item.name, item.body) for item in project.items]


def shown(problems: list[Problem]) -> list[str]:
    return [f"{problem.code} {problem.kind} {problem.name} {problem.path}: {problem.message}" for problem in problems]


def test_a_published_style_project_has_no_errors(items: list[ItemBody]) -> None:
    assert shown([problem for problem in check_assistant(items) if problem.severity is Severity.ERROR]) == []


def test_its_warnings_are_the_ones_that_help(items: list[ItemBody]) -> None:
    warnings = [problem for problem in check_assistant(items) if problem.severity is Severity.WARNING]
    helpful = {
        *("actions-module-refused", "step-without-kind"),
        *("search-without-documents", "search-not-triggered"),  # the folder came not along, and nothing asks
    }
    assert {problem.code for problem in warnings} == helpful, shown(warnings)


def test_what_stands_in_for_its_model_is_told(items: list[ItemBody]) -> None:
    hints = [problem for problem in check_assistant(items) if problem.severity is Severity.HINT]
    told = {
        "button-translation-missing",
        "component-stand-in",
        "custom-mapping",
        "mapping-without-adapter",
        "name-translation-missing",
        "operated-elsewhere",
    }
    assert {problem.code for problem in hints} == told, shown(hints)


def test_it_builds_with_patterns_of_its_own(items: list[ItemBody]) -> None:
    assistant, problems = build_assistant(items)
    assert not [problem for problem in problems if problem.severity is Severity.ERROR]
    assert len(assistant.flows["pattern_correction"].steps) == 4
    assert assistant.domain.slots["account"].values == ("checking", "Savings", 12)
    assert assistant.nlu.synonyms["Savings"] == ("nest egg", "my savings")
