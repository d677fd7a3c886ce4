from __future__ import annotations

from pathlib import Path

import pytest

from talkwright.assistant.items import Item, ItemBody, Kind
from talkwright.assistant.project import read_project
from talkwright.assistant.validation import ItemFacts, check_item
from talkwright.assistant.validation.lines import Lines, Place

FILES = {
    "domain.yml": """\
intents:
- greet:
    use_entities: [city]
slots:
  # how much
  amount:
    type: float
    mappings:
    - type: from_llm
responses:
  utter_hello:
  - text: Hello
    buttons:
    - title: a
      payload: b

    - {title: c, payload: d}
forms:
  f: {required_slots: [amount]}
""",
    "data/flows.yml": """\
flows:
  pay:
    description: pay
    steps:
    - collect: amount
      next:
      - if: slots.amount > 1
        then:
        - action: utter_helo
          next: END
      - else: END
""",
    "data/nlu.yml": """\
nlu:
- intent: greet
  examples: |
    - hi

    - hello [Rome](city)
- synonym: Rome
  examples:
  - capital
  - Roma
""",
    "data/more.yml": "nlu:\n- intent: greet\n  examples:\n  - good day\n  - text: good evening\n",
    "config.yml": "language: en\npipeline:\n- name: A\n- name: B\n",
}


@pytest.fixture
def items(tmp_path: Path) -> dict[tuple[Kind, str], Item]:
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return {(item.kind, item.name): item for item in read_project(tmp_path).items}


@pytest.mark.parametrize(
    ("kind", "name", "pointer", "text"),
    [
        (Kind.FLOW, "pay", "", "pay:"),
        (Kind.FLOW, "pay", "/description", "description: pay"),
        (Kind.FLOW, "pay", "/steps/0", "- collect: amount"),
        (Kind.FLOW, "pay", "/steps/0/next/0/if", "- if: slots.amount > 1"),
        (Kind.FLOW, "pay", "/steps/0/next/0/then/0/action", "- action: utter_helo"),
        (Kind.FLOW, "pay", "/steps/0/next/0/then/0/next", "next: END"),
        (Kind.FLOW, "pay", "/steps/0/next/1/else", "- else: END"),
        (Kind.FLOW, "pay", "/steps/0/utter", "- collect: amount"),
        (Kind.SLOT, "amount", "/mappings/0/type", "- type: from_llm"),
        (Kind.RESPONSE, "utter_hello", "/0/buttons/1/payload", "- {title: c, payload: d}"),
        (Kind.INTENT, "greet", "/examples/2", "- hi"),
        (Kind.INTENT, "greet", "/examples/3", "- hello [Rome](city)"),
        (Kind.INTENT, "greet", "/examples/0", "- good day"),
        (Kind.INTENT, "greet", "/examples/1", "- text: good evening"),
        (Kind.INTENT, "greet", "/domain/use_entities/0", "use_entities: [city]"),
        (Kind.INTENT, "greet", "", "- intent: greet"),
        (Kind.SYNONYM, "Rome", "/1", "- Roma"),
        (Kind.CONFIG, "config.yml", "/pipeline/1/name", "- name: B"),
        (Kind.DOMAIN, "domain.yml", "/forms/f/required_slots/0", "f: {required_slots: [amount]}"),
    ],
)
def test_a_place_of_the_body_is_found_in_the_text(
    items: dict[tuple[Kind, str], Item], kind: Kind, name: str, pointer: str, text: str
) -> None:
    item = items[kind, name]
    place = Lines(item).of(pointer)
    assert place is not None
    sources = [part.source for part in item.parts if part.file == place.file]
    assert text in [
        source.splitlines()[place.line - 1].strip() for source in sources if source.count("\n") >= place.line - 1
    ]


def test_the_place_of_a_problem_has_a_line(items: dict[tuple[Kind, str], Item]) -> None:
    flow = items[Kind.FLOW, "pay"]
    bodies = [ItemBody(item.kind.value, item.name, item.body) for item in items.values()]
    found = check_item("flow", "pay", flow.body, ItemFacts(bodies))
    missing = next(problem for problem in found if problem.code == "undeclared-response")
    assert Lines(flow).of(missing.path) == Place("data/flows.yml", 8)


def test_files_without_structure_have_no_lines() -> None:
    assert Lines(Item(kind=Kind.PROMPT, name="p.jinja2", body="x", parts=())).of("") is None
