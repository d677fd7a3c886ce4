"""A small project with one of everything that the web client shows: kinds of steps, responses, slots and files."""

from __future__ import annotations

OUTSIDE = "https://tea.example"
"""Where the links of its messages lead."""
FLOWS = """\
flows:
  order_tea:
    name: order tea
    description: Order a cup of tea
    persisted_slots: [town]
    steps:
      - id: greet
        action: utter_welcome
      - id: size
        collect: size
        description: how large the cup is
      - id: town
        collect: town
        ask_before_filling: true
        description: where the tea goes
        rejections:
          - if: slots.town = "Atlantis"
            utter: utter_too_far
      - id: which
        noop: true
        next:
          - if: slots.size = "large"
            then:
              - id: sugar
                set_slots:
                  - sugar: true
              - id: hours
                call: say_hours
                next: END
          - else: goes
      - id: goes
        action: utter_ordered
      - id: book
        action: action_book
      - id: more
        link: say_hours
  say_hours:
    description: Say when the tea house is open
    steps:
      - id: open
        action: utter_hours
"""
DOMAIN = """\
version: "3.1"
intents:
  - order_tea
  - greet
entities:
  - town
slots:
  size:
    type: categorical
    values: [small, large]
    mappings:
      - type: from_llm
  town:
    type: text
    mappings:
      - type: from_entity
        entity: town
  sugar:
    type: bool
    initial_value: false
    mappings:
      - type: controlled
  price:
    type: float
    mappings:
      - type: from_llm
  basket:
    type: list
    mappings:
      - type: from_llm
responses:
  utter_welcome:
    - text: Welcome to the tea house
      translation:
        de: Willkommen im Teehaus
    - text: Good day, {town}
      condition:
        - type: slot
          name: town
          value: Rome
      channel: slack
  utter_ask_size:
    - text: "Which size of cup?"
      translation:
        de: Wie groß soll die Tasse sein?
      buttons:
        - title: Small
          payload: /SetSlots(size=small)
        - title: Large
          payload: /SetSlots(size=large)
        - title: Our cups
          url: https://tea.example/cups
  utter_ask_town:
    - text: To which town?
      image: https://tea.example/map.png
  utter_too_far:
    - text: That is too far away.
  utter_ordered:
    - text: A {size} tea goes to {town}.
      metadata:
        rephrase: true
        rephrase_prompt: Be brief
    - custom:
        card: receipt
  utter_hours:
    - text: We are open from nine to five.
  utter_left_over:
    - text: Nobody says this to {nobody}.
actions:
  - action_book
session_config:
  session_expiration_time: 60
"""
NLU = """\
version: "3.1"
nlu:
- intent: order_tea
  examples: |
    - I'd like some tea
    - send a large cup to [Rome](town)
    - tea for [Oslo](town), please
    - tea for [Oslo](town), please
- intent: greet
  examples: |
    - hello there
    - good morning
- synonym: Rome
  examples: |
    - roma
- lookup: town
  examples: |
    - Rome
    - Oslo
- regex: cups
  examples: |
    - \\d+ cups
"""


def tea_house(name: str) -> dict[str, str]:
    """The files of the tea house."""
    return {
        "config.yml": f"recipe: default.v1\nlanguage: en\nadditional_languages: [de]\nassistant_id: {name}\n",
        "endpoints.yml": "action_endpoint:\n  url: http://localhost:5055/webhook\n",
        "credentials.yml": "rest:\n",
        "domain.yml": DOMAIN,
        "data/flows.yml": FLOWS,
        "data/nlu.yml": NLU,
        "prompts/hello.jinja2": "Say {{ hello }}\n",
        "tests/e2e.yml": "test_cases:\n- test_case: hello\n  steps:\n  - user: hello\n  - utter: utter_welcome\n",
        "notes/readme.txt": "Tea is best hot.\n",
    }
