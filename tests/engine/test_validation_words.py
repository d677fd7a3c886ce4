"""`talkwright validate` as people read it: where a problem stands, what it is, and nothing twice."""

from pathlib import Path

import pytest

from talkwright.cli.main import main
from talkwright.engine import lines


@pytest.fixture(autouse=True)
def words_for_people(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a command changes for its whole process is put back after the test."""
    monkeypatch.setattr(lines, "_for_people", False)
    monkeypatch.setattr(lines, "_said", set())


FLOWS = """flows:
  greet:
    description: says hello
    steps:
      - action: utter_hello
responses:
  utter_hello:
    - text: Hello!
"""


def project(folder: Path, **files: str) -> Path:
    """A small project with a flow in data.yml and without a problem, unless a file of it says something else."""
    wanted = {"config": "assistant_id: greeter\nlanguage: en\n", "data": FLOWS, **files}
    for name, text in wanted.items():
        (folder / f"{name}.yml").write_text(text)
    return folder


def validated(folder: Path, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """The problems that a validation tells of the project in a folder, line by line."""
    with pytest.raises(SystemExit):
        main(["validate", str(folder)])
    return [line for line in capsys.readouterr().out.splitlines() if line.startswith(("error", "warning", "hint"))]


def test_a_validation_looks_into_the_tests(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    steps = "[{user: hi, assertions: [{flow_started: gret}]}, {utter: utter_helo}, {slot_was_set: [nope]}]"
    tests = f"test_cases:\n- {{test_case: a, steps: {steps}}}\n- {{test_case: a}}\n"
    said = "\n".join(validated(project(tmp_path, tests=tests), capsys))
    assert said.count("warning: tests.yml") == 4
    for name in ("`greet`?", "`utter_hello`?", "`nope`", "called “a”"):
        assert name in said


def test_a_settings_file_that_is_a_list_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (said,) = validated(project(tmp_path, endpoints="- action_endpoint: x\n"), capsys)
    assert "endpoints.yml must be a map of keys" in said


DOMAIN = """responses:
  utter_hello:
    - text: Hello!
"""
ALONE = FLOWS.removesuffix(DOMAIN)


def test_a_mistyped_section_of_a_domain_is_the_only_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = validated(project(tmp_path, data=ALONE, domain=DOMAIN.replace("responses", "respones")), capsys)
    assert len(said) == 1
    assert said[0].startswith("error: domain.yml")
    assert said[0].endswith("Did you mean `responses`?")


@pytest.mark.parametrize(("declared", "also"), [("hello", []), ("bye", ["`utter_hello`, which does not exist"])])
def test_only_names_in_a_file_that_cannot_be_read_are_not_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], declared: str, also: list[str]
) -> None:
    broken = DOMAIN.replace("hello", declared) + "slots: [\n"
    said = validated(project(tmp_path, data=ALONE, domain=broken), capsys)
    assert len(said) == 1 + len(also)
    assert any("domain.yml" in line for line in said)
    assert all(words in "".join(said) for words in also)


def test_a_mistyped_key_of_an_intent_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    nlu = "nlu:\n- intent: hello\n  exampels: |\n    - hi\nintents: [hello]\n"
    said = "\n".join(validated(project(tmp_path, nlu=nlu), capsys))
    assert "key `exampels` that the format does not know. Did you mean `examples`?" in said


def test_a_problem_is_told_at_its_line_and_a_step_by_what_it_does(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flows = """# of two flows

flows:
  greet:
    description: says hello
    steps:
      - action: utter_hello
  ask:
    description: asks

    steps:
      - action: utter_hello
      - collect: nme
      - id: last
        set_slots:
          - nothing: 1
"""
    said = validated(project(tmp_path, data=flows + DOMAIN + "  utter_ask_nme: [{text: Who?}]\n"), capsys)
    name, nothing = said
    assert name.startswith("error: data.yml:13, flow ask: The question for `nme` names a slot `nme`")
    assert nothing.startswith("error: data.yml:16, flow ask: Step “last” names a slot `nothing`")


def test_no_place_is_told_twice(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = "# settings\nassistant_id: greeter\nlanguage: en\npolices: []\n"
    rules = "rules:\n- rule: greet\n  steps:\n  - intent: hello\n  - action: utter_hello\n"
    said = validated(project(tmp_path, config=config, rules=rules, broken="flows: [\n"), capsys)
    places = {line.split(": ")[1] for line in said}
    assert {"config.yml:4", "rules.yml:2", "broken.yml:1"} <= places
    assert not [line for line in said if "Line " in line]
