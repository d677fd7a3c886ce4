"""A small project that tests import, change, train and talk to."""

from __future__ import annotations

CONFIG = """\
recipe: default.v1
language: en
assistant_id: {name}
"""
DOMAIN = """\
version: "3.1"

slots:
  size:
    type: categorical
    values: [small, large]
    mappings:
      - type: from_llm
  town:
    type: text
    mappings:
      - type: from_llm

responses:
  utter_ask_size:
    - text: "Which size of cup?"  # asked each time
      buttons:
        - title: Small
          payload: /SetSlots(size=small)
        - title: Large
          payload: /SetSlots(size=large)
  utter_ask_town:
    - text: To which town?
  utter_ordered:
    - text: A {size} tea goes to {town}.
"""
FLOWS = """\
flows:
  order_tea:
    name: order tea
    description: Order a cup of tea
    steps:
      - id: ask_size
        collect: size
        description: how large the cup is
      - id: ask_town
        collect: town
        description: where the tea goes
      - action: utter_ordered
"""


def tea_desk(name: str, *, flows: str = FLOWS) -> dict[str, str]:
    """The files of an assistant that takes orders of tea."""
    return {"config.yml": CONFIG.format(name=name), "domain.yml": DOMAIN, "data/flows.yml": flows}
