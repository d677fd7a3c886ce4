"""Cases played with an agent in this process and with a bot over HTTP, the example's among them."""

import shutil
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.engine.conftest import ROOT, WORKSHOP, run_actions, run_bot, train_to
from tests.services.language_model import language_model

from talkwright.assistant.yaml_writing import dump
from talkwright.assistant.yamls import load
from talkwright.engine.testing.e2e.bots import HttpBot
from talkwright.engine.testing.e2e.cases import Case, CaseError
from talkwright.engine.testing.e2e.coverage import coverage_of, flow_lines, write_coverage
from talkwright.engine.testing.e2e.files import read_cases
from talkwright.engine.testing.e2e.playing import Outcome, play_all
from talkwright.engine.testing.e2e.results import write_junit, write_results
from talkwright.engine.testing.e2e.running import Asked, bot_of
from talkwright.engine.testing.e2e.telling import accuracy, shared_fault, told

pytestmark = pytest.mark.anyio

BANK = ROOT / "examples" / "bank"
TOOLHIRE = ROOT / "tests" / "projects" / "toolhire"
COVERED = 0.95  # of the steps of each of its flows
CASES = """
fixtures:
  - filled: [{gift_receiver: Eva}]
metadata:
  - deutsch: {language: de}
test_cases:
  - test_case: right
    steps:
      - user: buy a voucher
      - utter: utter_ask_gift_receiver
      - bot: Who is it for?
      - slot_was_not_set: [gift_receiver]
      - user: Bob
      - slot_was_set: [gift_receiver]
      - slot_was_set: [{gift_receiver: Bob}]
      - slot_was_not_set: [{gift_receiver: Ann}, gift_amount]
  - test_case: asserted
    steps:
      - user: buy a voucher
        assertions:
          - flow_started: gift_voucher
          - bot_uttered: {utter_name: utter_ask_gift_receiver}
      - bot: nobody looks at this
      - user: Bob
        assertion_order_enabled: true
        assertions:
          - slot_was_set: [{name: gift_receiver, value: Bob}]
          - bot_uttered: {text_matches: worth}
  - test_case: filled before
    fixtures: [filled]
    metadata: deutsch
    steps:
      - user: ich möchte einen Gutschein kaufen
      - utter: utter_ask_gift_amount
  - test_case: wrong text
    steps:
      - user: buy a voucher
      - bot: Who was it for?
  - test_case: wrong response
    steps:
      - user: buy a voucher
      - utter: utter_hours
  - test_case: wrong value
    steps:
      - user: buy a voucher
      - user: Bob
      - slot_was_set: [{gift_receiver: Ann}]
  - test_case: set although it should not be
    steps:
      - user: buy a voucher
      - user: Bob
      - slot_was_not_set: [gift_receiver]
  - test_case: wrong assertion
    steps:
      - user: buy a voucher
        assertions: [{flow_started: gift_voucher}, {flow_started: rent_bike}]
"""
ORACLE = """
right: [[start flow gift_voucher], [set slot gift_receiver Bob]]
asserted: [[start flow gift_voucher], [set slot gift_receiver Bob]]
filled before: [[start flow gift_voucher]]
wrong text: [[start flow gift_voucher]]
wrong response: [[start flow gift_voucher]]
wrong value: [[start flow gift_voucher], ["set slot gift_receiver Bob"]]
set although it should not be: [[start flow gift_voucher], [set slot gift_receiver Bob]]
wrong assertion: [[start flow gift_voucher]]
"""
FLOW = """flows:
  fetch_shelf:
    name: fetch a shelf
    description: Fetch a shelf
    steps:
    - action: action_fetch
    - noop: true
      next:
      - if: slots.gift_receiver
        then: [{action: utter_hours, next: END}]
      - else: [{action: utter_stolen, next: END}]
"""
STUBBED = """
stub_custom_actions:
  action_fetch: {events: [{event: slot, name: gift_receiver, value: Eva}], responses: [{text: a shelf}]}
test_cases:
  - test_case: fetched
    steps: [{user: /fetch}, {bot: a shelf}, {utter: utter_hours}, {slot_was_set: [{gift_receiver: Eva}]}]
"""


@pytest.fixture
def cases(tmp_path: Path) -> list[Case]:
    (tmp_path / "cases.yml").write_text(CASES, encoding="utf-8")
    (tmp_path / "cases.oracle.yml").write_text(ORACLE, encoding="utf-8")
    return read_cases(tmp_path)


async def played(
    source: Path, asked: Asked, cases: Sequence[Case], *, at_once: int = 3, fail_fast: bool = False
) -> list[Outcome]:
    async with bot_of(source, asked, cases) as bot:
        return [outcome async for outcome in play_all(bot, cases, at_once=at_once, fail_fast=fail_fast)]


def check(outcomes: Sequence[Outcome]) -> None:
    by_name = {outcome.case.name: outcome for outcome in outcomes}
    assert [name for name, outcome in by_name.items() if outcome.passed] == ["right", "asserted", "filled before"]
    words = {name: told(outcome) for name, outcome in by_name.items()}
    assert "“Who is it for?”" in words["wrong text"]
    assert "utter: utter_hours" in words["wrong response"]
    assert "utter_ask_gift_receiver" in words["wrong response"]
    assert "gift_receiver = 'Ann'" in words["wrong value"]
    assert "'Bob'" in words["wrong value"]
    assert "before it user: buy a voucher" in words["wrong value"]
    assert "slot_was_not_set: gift_receiver" in words["set although it should not be"]
    assert "flow started: gift_voucher" in words["wrong assertion"]
    assert accuracy(outcomes) == ["bot_uttered: 2 of 2 held", "flow_started: 2 of 3 held", "slot_was_set: 1 of 1 held"]


async def test_cases_pass_and_fail_with_a_trained_model(workshop_path: Path, cases: list[Case]) -> None:
    check(await played(workshop_path, Asked.LOCAL, cases))


async def test_an_oracle_needs_no_training(cases: list[Case]) -> None:
    check(await played(WORKSHOP, Asked.ORACLE, cases))


async def test_the_projects_language_model_is_played_with(cases: list[Case], tmp_path: Path) -> None:
    project = tmp_path / "project"
    shutil.copytree(WORKSHOP, project)
    with language_model(*(line for step in load(ORACLE)["right"] for line in step)) as scripted:
        model = {"provider": "self-hosted", "model": "scripted", "api_base": scripted.address, "timeout": 30}
        config = {"language": "en", "pipeline": [{"name": "CompactLLMCommandGenerator", "llm": model}]}
        (project / "config.yml").write_text(dump(config))
        (outcome,) = await played(project, Asked.LLM, [case for case in cases if case.name == "right"])
    assert outcome.passed, told(outcome)
    assert len(scripted.requests) == 2


async def test_a_running_bot_is_held_against_the_same_cases(workshop_path: Path, cases: list[Case]) -> None:
    with run_bot(workshop_path, TALKWRIGHT_ENGINE_TOKEN="s3") as running:
        async with HttpBot(running.url, token="s3") as bot:
            check([outcome async for outcome in play_all(bot, cases, at_once=3)])


async def test_the_first_failure_can_end_it(workshop_path: Path, cases: list[Case]) -> None:
    outcomes = await played(workshop_path, Asked.LOCAL, cases, at_once=1, fail_fast=True)
    assert [outcome.case.name for outcome in outcomes] == ["right", "asserted", "filled before", "wrong text"]


async def test_an_oracle_that_does_not_fit_is_named(cases: list[Case]) -> None:
    cases[0].file.with_name("cases.oracle.yml").write_text("right: [[start flow gift_voucher]]")
    with pytest.raises(CaseError, match="1 lists for 2 user steps"):
        await played(WORKSHOP, Asked.ORACLE, cases)


@pytest.mark.parametrize(
    ("meaning", "why"),
    [
        ("{intent: hire_tol}", "there is no intent “hire_tol” in the domain. Did you mean “hire_tool”?"),
        ("{intent: xyz}", "there is no intent “xyz” in the domain. Add it there, or name another."),
        ("{intent: hire_tool, entities: {tol: drill}}", "there is no entity “tol” in the domain. Did you mean “tool”?"),
    ],
)
async def test_an_oracle_says_only_what_is_in_the_domain(tmp_path: Path, meaning: str, why: str) -> None:
    (tmp_path / "one.yml").write_text("test_cases: [{test_case: a, steps: [{user: hello}, {user: a drill}]}]")
    (tmp_path / "one.oracle.yml").write_text(f"a: [[intent: greet], [{meaning}]]")
    with pytest.raises(CaseError) as refused:
        await played(TOOLHIRE, Asked.ORACLE, read_cases(tmp_path))
    assert str(refused.value) == f"one.oracle.yml, “a”, user step 2: {why}"


async def test_an_intent_of_an_oracle_triggers_a_flow(shelf: Path) -> None:
    flows = (shelf / "data" / "shelf.yml").read_text()
    trigger = "    nlu_trigger: [{intent: greet}]\n"
    (shelf / "data" / "shelf.yml").write_text(flows.replace("    steps:\n", f"{trigger}    steps:\n", 1))
    (shelf / "data" / "intents.yml").write_text("intents: [greet]\n")
    (shelf / "tests" / "fetch.oracle.yml").write_text("fetched: [[intent: greet]]")
    (outcome,) = await played(shelf, Asked.ORACLE, read_cases(shelf / "tests"))
    assert outcome.passed, told(outcome)


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    """A project in which one flow runs an action of its own, with a stub for it."""
    for name in ("config.yml", "domain.yml", "data/nlu.yml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text((WORKSHOP / name).read_text())
    with (tmp_path / "domain.yml").open("a") as domain:
        domain.write("actions:\n- action_fetch\n")
    (tmp_path / "data" / "flows.yml").write_text((WORKSHOP / "data" / "flows.yml").read_text())
    (tmp_path / "data" / "shelf.yml").write_text(FLOW)
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "fetch.yml").write_text(STUBBED.replace("/fetch", "fetch a shelf"))
    (tmp_path / "tests" / "fetch.oracle.yml").write_text("fetched: [[start flow fetch_shelf]]")
    return tmp_path


async def test_a_stub_answers_for_an_action(shelf: Path) -> None:
    (outcome,) = await played(shelf, Asked.ORACLE, read_cases(shelf / "tests"))
    assert outcome.passed, told(outcome)


async def test_once_one_action_is_stubbed_all_must_be(shelf: Path) -> None:
    path = shelf / "tests" / "fetch.yml"
    path.write_text(path.read_text().replace("  action_fetch:", "  action_other:"))
    (outcome,) = await played(shelf, Asked.ORACLE, read_cases(path))
    assert not outcome.passed
    assert "action_fetch has no stub in fetch.yml" in told(outcome)


async def test_the_one_cause_of_several_failures_is_told(shelf: Path) -> None:
    path = shelf / "tests" / "fetch.yml"
    case = STUBBED[STUBBED.index("  - test_case") :].replace("/fetch", "fetch a shelf")
    path.write_text("test_cases:\n" + case + case.replace("fetched", "again"))
    path.with_name("fetch.oracle.yml").write_text(
        "fetched: [[start flow fetch_shelf]]\nagain: [[start flow fetch_shelf]]"
    )
    outcomes = await played(shelf, Asked.ORACLE, read_cases(path))
    assert "2 of the cases" in (cause := shared_fault(outcomes) or "")
    assert "action_endpoint.url" in cause
    assert "action_fetch" not in cause


async def test_coverage_tells_which_steps_nobody_came_to(shelf: Path, tmp_path: Path) -> None:
    outcomes = await played(shelf, Asked.ORACLE, read_cases(shelf / "tests"))
    flows = {flow.flow: flow for flow in coverage_of(shelf, outcomes)}
    assert (flows["fetch_shelf"].steps, flows["fetch_shelf"].share) == (4, 0.75)
    ((_, line),) = flows["fetch_shelf"].missed
    assert "utter_stolen" in (shelf / "data" / "shelf.yml").read_text().splitlines()[line - 1]
    assert flows["opening_hours"].share == 0
    text = (shelf / "data" / "flows.yml").read_text().splitlines()
    assert all("utter_hours" in text[line - 1] for _, line in flows["opening_hours"].missed)
    assert any("data/shelf.yml" in line for line in flow_lines(flows.values()))
    write_coverage(outcomes, shelf, tmp_path / "out")
    assert "fetch_shelf,75.0%,4,1" in (tmp_path / "out" / "coverage_passed.csv").read_text()
    assert "start flow,1" in (tmp_path / "out" / "commands_passed.csv").read_text()
    assert "fetch_shelf,0.0%" in (tmp_path / "out" / "coverage_failed.csv").read_text()


async def test_results_are_written_for_other_programs(cases: list[Case], tmp_path: Path) -> None:
    outcomes = await played(WORKSHOP, Asked.ORACLE, cases)
    write_results(outcomes, tmp_path / "out")
    passed = load((tmp_path / "out" / "e2e_results_passed.yml").read_text())["test_results"]
    failed = {
        one["name"]: one for one in load((tmp_path / "out" / "e2e_results_failed.yml").read_text())["test_results"]
    }
    assert [(one["name"], one["pass_status"]) for one in passed] == [
        ("right", True),
        ("asserted", True),
        ("filled before", True),
    ]
    assert passed[0]["expected_steps"][3] == {"slot_was_not_set": ["gift_receiver"]}
    assert failed["wrong assertion"]["assertion_failure"]["assertion"] == "flow_started: rent_bike"
    line = CASES.splitlines().index("      - bot: Who was it for?") + 1
    assert failed["wrong text"]["error_path"].endswith(f"cases.yml:{line}")
    write_junit(outcomes, tmp_path / "out" / "junit.xml")
    (suite,) = ET.parse(tmp_path / "out" / "junit.xml").getroot()
    assert (suite.get("tests"), suite.get("failures"), len(suite.findall("testcase/failure"))) == ("8", "5", 5)


@pytest.mark.slow
async def test_the_banks_conversations_all_pass_against_its_trained_model(tmp_path: Path) -> None:
    model = train_to(BANK, tmp_path / "bank.tar.gz")
    cases = read_cases(BANK / "tests")
    assert len(cases) >= 100
    with run_actions(BANK) as address, run_bot(model, ACTION_SERVER_URL=address) as running:
        async with HttpBot(running.url) as bot:
            real = [case for case in cases if case.stubs is None]
            outcomes = [outcome async for outcome in play_all(bot, real, at_once=4)]
    stubbed = [case for case in cases if case.stubs is not None]
    outcomes += await played(model, Asked.LOCAL, stubbed)
    assert [told(outcome) for outcome in outcomes if not outcome.passed] == []
    assert len(outcomes) == len(cases)
    rarely = [flow.flow for flow in coverage_of(BANK, outcomes) if flow.share < COVERED]
    assert rarely == []


async def test_the_banks_oracle_says_what_its_transfers_mean() -> None:
    cases = read_cases(BANK / "tests" / "oracle")
    outcomes = await played(BANK, Asked.ORACLE, cases)
    assert len(outcomes) >= 8
    assert [told(outcome) for outcome in outcomes if not outcome.passed] == []
