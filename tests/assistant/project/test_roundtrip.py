"""Nothing is lost: what is read is written back byte for byte, whatever way it was written."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from talkwright.assistant.items import Kind
from talkwright.assistant.project import (
    Project,
    body_of,
    read_contents,
    read_project,
    skeleton_from_json,
    skeleton_to_json,
    style_from_json,
    style_to_json,
    to_tar_gz,
    to_zip,
    write_project,
)

DOMAIN = """\
version: "3.1"

# All intents
intents:
  - greet
  # about goodbye
  - goodbye:
      use_entities: []   # none

entities: [city, {account: {roles: [from, to]}}]

slots:

  # how much
  amount:
    type: float   # a number
    # the least
    min_value: 1.0
    max_value: 12345678901234567890


  "confirm":   # quoted name
    type: bool
    mappings: [{type: from_llm}, {type: controlled}]
  base: &base
    type: text
  derived:
    <<: *base
    initial_value: yes
  # tail of the slots

responses:
  utter_greet:
  - text: "Hi: there"
    buttons:
      - {title: 'Yes', payload: /yes}
    # one more

  - text: >-
      folded
      text
  utter_time: [{text: 12:30}, {text: '010'}]
  utter_block:
    - text: |+
        kept

    - text: LONG

# custom code
actions:
- action_a
- action_b: {send_domain: true}

session_config:
  session_expiration_time: 60.0  # minutes
x_unknown: {kept: as it is}
"""
DOMAIN = DOMAIN.replace("LONG", "a long line that nobody should fold " * 20 + "end")

NLU = """\
version: "3.1"
nlu:
- intent: greet
  examples: |
    - hi
    - hello [Bob](name)

    not an example
- synonym: Zürich
  examples: |
    - zurich
- lookup: city
  examples:
    - Berlin
    - text: Bern
- regex: zip
  examples: |
    - \\d{5}
- unknown: kind
  of: entry
stories:
- story: kept
  steps: []
"""

FLOWS = """\
flows:
  transfer:
    description: send money
    steps: &steps
      - id: ask   # first
        collect: amount
        next:
          - if: slots.amount > 5
            then: END
          - else:
              - noop: true
                next: ask
  # a copy
  again: {description: again, steps: *steps}

  last:
    description: |
      no steps
    steps: []"""


def contents(domain: str = DOMAIN, nlu: str = NLU, flows: str = FLOWS) -> dict[str, bytes]:
    return {
        "config.yml": b"# settings\nlanguage: de\nassistant_id: ${ID}\npipeline:\n",
        "endpoints.yml": b"action_endpoint:\n  url: ${URL}\n",
        "credentials.yml": b"rest:\n",
        "domain.yml": domain.encode(),
        "data/nlu.yml": nlu.encode(),
        "data/flows.yml": flows.encode(),
        "tests/e2e.yml": b"test_cases:\n- test_case: a\n  steps:\n  - user: hi\n",
        "tests/conftest.yml": b"fixtures: []\n",
        "prompts/ask.jinja2": b"Sag {{ x }}\r\n",
        "actions/code.py": b"print('\xc3\xa4')\n",
        "logo.png": b"\x89PNG\r\n\x00\x01",
        "latin.txt": b"caf\xe9",
        "empty.txt": b"",
        "data/stories.yml": b"stories: []\n",
    }


def check(files: dict[str, bytes]) -> Project:
    project = read_contents(files)
    assert write_project(project.files, project.items) == files
    for item in project.items:
        if item.parts:
            assert repr(body_of(item.kind, item.parts)) == repr(item.body), item
    for file in project.files:
        assert skeleton_from_json(skeleton_to_json(file.skeleton)) == file.skeleton
        assert style_from_json(style_to_json(file.style)) == file.style
    return project


def test_every_kind_of_item_is_found_with_its_body() -> None:
    project = check(contents())
    bodies = {(str(item.kind), item.name): item.body for item in project.items}
    assert not project.problems
    assert bodies["slot", "amount"] == {"type": "float", "min_value": 1.0, "max_value": 12345678901234567890}
    assert bodies["slot", "derived"] == {"type": "text", "initial_value": "yes"}
    assert bodies["response", "utter_time"] == [{"text": "12:30"}, {"text": "010"}]
    assert bodies["response", "utter_block"][0] == {"text": "kept\n\n"}
    assert bodies["intent", "greet"] == {"domain": {}, "examples": ["hi", "hello [Bob](name)"]}
    assert bodies["intent", "goodbye"] == {"domain": {"use_entities": []}, "examples": []}
    assert bodies["entity", "city"] == {}
    assert bodies["entity", "account"] == {"roles": ["from", "to"]}
    assert bodies["action", "action_a"] == {}
    assert bodies["action", "action_b"] == {"send_domain": True}
    assert bodies["synonym", "Zürich"] == ["zurich"]
    assert bodies["lookup", "city"] == ["Berlin", "Bern"]
    assert bodies["regex", "zip"] == [r"\d{5}"]
    assert bodies["flow", "again"]["steps"] == bodies["flow", "transfer"]["steps"]
    assert bodies["flow", "last"] == {"description": "no steps\n", "steps": []}
    assert bodies["config", "config.yml"] == {"language": "de", "assistant_id": "${ID}", "pipeline": None}
    assert bodies["endpoints", "endpoints.yml"]["action_endpoint"] == {"url": "${URL}"}
    assert bodies["credentials", "credentials.yml"] == {"rest": None}
    assert bodies["domain", "domain.yml"] == {
        "session_config": {"session_expiration_time": 60.0},
        "x_unknown": {"kept": "as it is"},
    }
    assert bodies["test", "tests/e2e.yml"]["test_cases"][0]["test_case"] == "a"
    assert bodies["test", "tests/conftest.yml"] == {"fixtures": []}
    assert bodies["prompt", "prompts/ask.jinja2"] == "Sag {{ x }}\r\n"
    assert bodies["file", "actions/code.py"] == "print('ä')\n"
    assert bodies["file", "logo.png"] is None
    assert bodies["file", "latin.txt"] is None
    assert bodies["file", "empty.txt"] == ""
    assert bodies["file", "data/stories.yml"] == "stories: []\n"


def test_a_part_takes_the_comments_that_belong_to_it_along() -> None:
    project = read_contents(contents())
    amount = project.item("slot", "amount")
    goodbye = project.item("intent", "goodbye")
    assert amount is not None
    assert goodbye is not None
    assert amount.parts[0].source.startswith("  # how much\n  amount:\n")
    assert amount.parts[0].source.endswith("max_value: 12345678901234567890\n")
    assert goodbye.parts[0].source == "  # about goodbye\n  - goodbye:\n      use_entities: []   # none\n"


def test_a_part_that_uses_an_anchor_from_elsewhere_carries_its_value() -> None:
    derived = read_contents(contents()).item("slot", "derived")
    assert derived is not None
    assert derived.parts[0].anchors == {"base": {"type": "text"}}


@pytest.mark.parametrize("bom", ["", "\ufeff"])
@pytest.mark.parametrize("ending", ["", "\n", "\n\n# the end\n"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_line_ends_byte_order_marks_and_last_lines_come_back(newline: str, ending: str, bom: str) -> None:
    written = [
        bom + text.rstrip().replace("\n", newline) + ending.replace("\n", newline) for text in (DOMAIN, NLU, FLOWS)
    ]
    project = check(contents(*written))
    assert len([item for item in project.items if item.kind is Kind.SLOT]) == 4
    assert not project.problems


JSON_STYLE = (
    '{"flows":{"a":{"description":"x","steps":[{"action":"b"}]},"c":{"description":"y","steps":[]}},'
    '"slots":{}, "forms": {"f": 1}}'
)


@pytest.mark.parametrize(
    "text",
    [
        JSON_STYLE,
        "flows: {a: {description: x, steps: []}, c: {description: y,\nsteps: [{action: q}]}}\n",
        "flows:\n    ? a\n    : description: x\n    c:\n        description: y\n",
        "%YAML 1.2\n---\nflows:\n  a:\n    description: x\n  c: {}\n...\n",
        "flows: !!map\n  a: &x\n    description: x\n  c: *x\n",
        "'flows':\n  'a': {}\n  \"c\": {}\n",
    ],
)
def test_other_ways_to_write_a_file_come_back_too(text: str) -> None:
    project = check({"data/x.yml": text.encode()})
    assert {item.name for item in project.items if item.kind is Kind.FLOW} == {"a", "c"}
    assert not project.problems


def test_entries_whose_dash_stands_alone_are_found() -> None:
    project = check({"domain.yml": b"intents:\n-\n  greet\n- # why\n  bye:\n    use_entities: []\n"})
    assert [item.name for item in project.items] == ["greet", "bye"]


def test_an_item_spread_over_files_has_all_its_parts() -> None:
    files = {
        "domain/a.yml": b"intents: [greet]\n",
        "data/a.yml": b"nlu:\n- intent: greet\n  examples: |\n    - a\n",
        "data/b.yml": b"nlu:\n- intent: greet\n  metadata: {x: 1}\n  examples: |\n    - b\n",
    }
    item = check(files).item("intent", "greet")
    assert item is not None
    assert item.body == {"domain": {}, "examples": ["a", "b"], "metadata": {"x": 1}}
    assert [(part.file, part.section) for part in item.parts] == [
        ("data/a.yml", "nlu"),
        ("data/b.yml", "nlu"),
        ("domain/a.yml", "intents"),
    ]


def test_an_item_written_twice_keeps_both_texts_and_says_so() -> None:
    project = check({"domain/a.yml": b"slots:\n  x: {type: text}\n", "domain/b.yml": b"slots:\n  x: {type: bool}\n"})
    (item,) = project.items
    assert item.body == {"type": "text"}
    (problem,) = project.problems
    assert (problem.code, problem.severity, problem.name) == ("duplicate-item", "error", "x")


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (b"flows:\n  a: 1\n  a: 2\n", 3, "second time"),
        (b"flows:\n\ta: 1\n", 2, "tab"),
        (b"flows:\n- a\n", 2, "must be a map"),
        (b"responses:\n  <<: {a: []}\n", 2, "write the items out"),
        (b"intents:\n- [a]\n", 2, "name"),
        (b"nlu: text\n", 1, "must be a list"),
    ],
)
def test_a_file_that_cannot_be_read_is_kept_and_says_what_to_mend(text: bytes, line: int, words: str) -> None:
    project = check({"data/bad.yml": text, "domain.yml": b"slots:\n  x: {type: text}\n"})
    item = project.item("file", "data/bad.yml")
    assert item is not None
    assert item.body == text.decode()
    (problem,) = project.problems
    assert (problem.severity, problem.file, problem.line) == ("error", "data/bad.yml", line)
    assert words in problem.message
    assert project.item("slot", "x") is not None


@pytest.mark.parametrize("data", [b"\xff\xfef\x00l\x00", b"flows:\n  a: caf\xe9\n", b"flows: \x00\n"])
def test_a_yaml_file_in_another_encoding_is_kept_as_bytes_and_says_so(data: bytes) -> None:
    project = check({"data/x.yml": data})
    assert project.item("file", "data/x.yml") is not None
    assert "UTF-8" in project.problems[0].message


def test_both_kinds_of_archive_and_a_folder_read_the_same(tmp_path: Path) -> None:
    files = contents()
    for path, data in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(data)
    packed = tmp_path.parent / f"{tmp_path.name}.zip"
    packed.write_bytes(to_zip(files))
    wanted = read_contents(files)
    for source in (tmp_path, packed, to_zip(files), to_tar_gz(files)):
        assert read_project(source) == wanted


def test_equal_files_give_equal_archives() -> None:
    files = contents()
    turned = dict(reversed(files.items()))
    assert to_zip(files) == to_zip(turned)
    assert to_tar_gz(files) == to_tar_gz(turned)


NAMES = st.from_regex(r"[a-z_]{1,6}", fullmatch=True)
LINES = st.sampled_from(["", "# note", "    # deep note", "  # note"])
VALUES = st.sampled_from(
    [
        "1.0",
        "{type: text, a: [1, 2]}",
        "'q: x'",
        "",
        "|\n      block\n\n      text",
        ">-\n      a\n      b",
        "\n    type: bool\n    # in\n    x: 1",
        "\n    - a\n    - b: c\n      d: e",
        '"long\n      text"',
        "plain\n      going on",
    ]
)


@st.composite
def sections(draw: st.DrawFn) -> str:
    text = "\n".join(draw(st.lists(LINES.filter(lambda line: not line.startswith(" ")), max_size=2))) + "\n"
    for section in draw(st.permutations(["slots", "responses", "forms", "intents"])):
        text += f"{section}:\n"
        for name in draw(st.lists(NAMES, unique=True, max_size=3)):
            text += "".join(f"{line}\n" for line in draw(st.lists(LINES, max_size=2)))
            value = draw(VALUES)
            text += f"  - {name}\n" if section == "intents" else f"  {name}: {value}\n"
    return draw(st.sampled_from(["", "\ufeff"])) + draw(
        st.sampled_from([text, text.rstrip("\n"), text.replace("\n", "\r\n")])
    )


@given(sections())
@settings(max_examples=300)
def test_any_domain_file_comes_back_byte_for_byte(text: str) -> None:
    project = check({"domain.yml": text.encode()})
    assert not [problem for problem in project.problems if problem.code == "file-unreadable"], project.problems


@given(st.text(alphabet="flows:intn -|>'\"{}[],#&*\n\r\t", max_size=80))
@example(text="::\rf:")
@settings(max_examples=300)
def test_any_text_at_all_comes_back_byte_for_byte(text: str) -> None:
    for head in ("", "flows:\n", "domain: x\nslots:\n", "nlu:\n"):
        check({"domain/x.yml": (head + text).encode()})
