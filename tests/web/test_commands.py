"""The web client's commands, run by its own store against a real studio: undone, they leave no trace in any file."""

from __future__ import annotations

import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Page
from tests.services.running import RunningStudio
from tests.web.api import Api

ROOT = Path(__file__).resolve().parents[2]
RUNS = int(os.environ.get("COMMANDS_RUNS", "4"))
FIRST = int(os.environ.get("COMMANDS_FIRST", datetime.now(UTC).toordinal() * RUNS))
"""How many sequences are tried, and from which seed on: others each day."""
# Every kind of content, in the ways in which people write YAML by hand.
ODD = {
    "config.yml": "# ours\nrecipe: default.v1\nlanguage: en\nassistant_id: odd\npipeline:   # one\n- name: A\n",
    "endpoints.yml": "action_endpoint: {url: 'http://localhost:5055/webhook'}\n# the end\n",
    "credentials.yml": "rest:\nsocketio: {user_message_evt: user_uttered}  # in one line\n",
    "domain.yml": """\
version: "3.1"   # quoted

intents:
  - greet
  - bye: {use_entities: []}

entities: [city, {size: {roles: [from, to]}}]

slots:
  city:  # where
    type: text
    mappings:
    - type: from_llm

  size: {type: categorical, values: [small, "large"], mappings: [{type: from_llm}]}

responses:
  utter_greet:
  # says hello
  - text: |
      Hello
      there
    buttons:
    - {title: 'Yes', payload: /yes}
    -   title: "No"
        payload: /no
  utter_bye: [{text: Bye}]
  utter_ask_city:
    - text: "Where to?"
      metadata: {rephrase: true, note: null}

    - text: >-
        Which
        city?
      condition: slots.size is not null

actions:
  - action_book
session_config:
  session_expiration_time: 60
""",
    "data/flows.yml": """\
# flows
flows:
  book_trip:
    description: "Book a trip"   # short

    steps:
      - id: city
        collect: city
        next:
          - if: slots.city = "Rome"
            then:
            - action: utter_greet
              next: END
          - else: size
      # then
      - {id: size, collect: size}
      - action: action_book
  bye:
    description: Say goodbye
    steps: [{action: utter_bye}]
""",
    "data/nlu.yml": """\
version: "3.1"
nlu:
- intent: greet   # often
  examples: |
    - hello
    - hi [Rome](city)
- intent: bye
  examples:
  - text: bye
    metadata: {sentiment: neutral}
- synonym: Rome
  examples: |
    - roma
- lookup: city
  examples: |
    - Rome
    - Oslo
- regex: number
  examples: |
    - \\d+
""",
    "tests/e2e.yml": "test_cases:\n- test_case: hello\n  steps:\n  - user: hi\n  - utter: utter_greet\n",
    "prompts/hello.jinja2": "Say {{ hello }}\n",
    "notes.txt": "No newline at the end",
}


@pytest.mark.slow
def test_any_commands_undone_made_again_and_undone_leave_every_file_byte_for_byte_as_it_was(
    page: Page, studio: RunningStudio, api: Api, new_name: str
) -> None:
    assistant = api.bring_in(new_name, "Odd desk", ODD)
    page.goto("/")
    path = subprocess.run([ROOT / "scripts" / "node-path"], check=True, capture_output=True, text=True).stdout.strip()
    cookies = "; ".join(f"{cookie['name']}={cookie['value']}" for cookie in page.context.cookies())
    told = {
        "PATH": f"{path}{os.pathsep}{os.environ['PATH']}",
        "TALKWRIGHT_TEST_ADDRESS": studio.address,
        "TALKWRIGHT_TEST_ASSISTANT": assistant["id"],
        "TALKWRIGHT_TEST_COOKIE": cookies,
        "TALKWRIGHT_TEST_CSRF": api.get("/session")["csrf"],
        "TALKWRIGHT_TEST_RUNS": str(RUNS),
        "TALKWRIGHT_TEST_SEED": str(FIRST),
    }
    run = subprocess.run(
        ["npx", "vitest", "run", "src/documents/backend.test.ts"],
        cwd=ROOT / "web",
        env={"NO_COLOR": "1", **os.environ, **told},
        capture_output=True,
        text=True,
        check=False,
    )
    again = f"COMMANDS_FIRST={FIRST} COMMANDS_RUNS={RUNS} tries the same ones"
    assert run.returncode == 0, f"{again}\n{run.stdout}{run.stderr}"
    assert f"Tests  {RUNS} passed" in run.stdout
