"""A small project that tests import, change, train and talk to."""

from __future__ import annotations

from tests.services.running import ROOT

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


BANK = ROOT / "examples" / "bank"


def bank(name: str) -> dict[str, bytes]:
    """The example under another name, without what it searches and its tests."""
    files = {
        str(path.relative_to(BANK)): path.read_bytes()
        for path in BANK.rglob("*")
        if path.is_file() and path.relative_to(BANK).parts[0] in ("config.yml", "credentials.yml", "data", "domain")
    }
    return files | {"config.yml": files["config.yml"].replace(b"harbour-bank", name.encode())}


def bank_with(model: str, name: str) -> dict[str, bytes]:
    """The example, with a generator that asks the model at an address by a key that the project doesn't hold."""
    files = bank(name)
    config = files["config.yml"].decode()
    generator = "pipeline:\n  - name: CompactLLMCommandGenerator\n    llm: {model_group: main, timeout: 5}\n"
    entry = f"{{provider: openai, model: scripted, api_base: '{model}'}}"
    endpoints = f"model_groups:\n- id: main\n  models:\n  - {entry}\n"
    return files | {
        "config.yml": config.replace("pipeline:\n", generator).encode(),
        "endpoints.yml": (BANK / "endpoints.yml").read_bytes() + endpoints.encode(),
    }
