"""End-to-end test files become cases; what can't be played is named."""

from pathlib import Path

import pytest

from talkwright.engine.testing.e2e.cases import CaseError
from talkwright.engine.testing.e2e.files import project_of, read_cases
from talkwright.engine.testing.e2e.oracle import Meaning, read_oracle


def write(folder: Path, text: str, name: str = "cases.yml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("test_cases:\n - test_case: a\n   fixtures: [nope]\n   steps: []", "nope"),
        ("test_cases:\n - test_case: a\n   steps:\n   - shout: x", "line 4: a step has no key `shout`"),
        ("test_cases:\n - test_case: a\n   steps:\n   - metadata: x", "line 4: the step is none of user"),
        (
            "test_cases:\n - test_case: a\n   steps:\n   - user: x\n     asertions: []",
            "line 5: a step has no key `asertions`. Did you mean `assertions`",
        ),
        ("test_cases:\n - test_case: a\n   stpes: []", "line 3: a test case has no key `stpes`. Did you mean `steps`"),
        ("test_cases:\n - test_case: a\n   steps: [{user: x, assertions: [{flow_begun: x}]}]", "flow_begun"),
        ("test_cases:\n - test_case: a\n   steps: [{user: x, assertions: [{flow_started: {}}]}]", "flow_started"),
        (
            "test_cases:\n - test_case: a\n   steps: [{user: x, assertions: [{bot_uttered: {text_matches: '('}}]}]",
            "no regular expression",
        ),
        (
            "test_cases: [{steps: [{user: x, assertions: [{flow_started: {operator: all, flow_ids: [a, b]}}]}]}]",
            "exactly one",
        ),
        ("stub_custom_actions: {a: 1}\ntest_cases: []", "stub of a"),
        ("fixtures: {a: 1}\ntest_cases: []", "lists of maps"),
        ("fixtures: [{now: [{mocked_datetime: soon}]}]\ntest_cases:\n - {test_case: a, fixtures: [now]}", "a date"),
        ("test_cases: [", "can't be read"),
        ("test_cases: [x]", "must be a map"),
    ],
)
def test_files_that_cannot_be_played_are_refused_in_words(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(CaseError, match=message):
        read_cases(write(tmp_path, text))


def test_a_path_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(CaseError, match="doesn't exist"):
        read_cases(tmp_path / "gone.yml")


def test_what_a_folder_shares_is_known_below_it_and_the_nearer_wins(tmp_path: Path) -> None:
    inner = tmp_path / "tests" / "inner"
    inner.mkdir(parents=True)
    (tmp_path / "config.yml").write_text("language: en\n")
    (tmp_path / "tests" / "conftest.yml").write_text("fixtures: [{far: [{a: 1}]}, {near: [{b: 1}]}]\n")
    (inner / "conftest.yml").write_text("fixtures: [{near: [{b: 2}]}]\nmetadata: [{app: {channel: app}}]\n")
    write(inner, "test_cases:\n - test_case: a\n   fixtures: [far, near]\n   metadata: app\n   steps: [{user: x}]\n")
    (case,) = read_cases(inner)
    assert case.fixtures == {"a": 1, "b": 2}
    assert case.metadata == {"channel": "app"}
    assert project_of(inner) == tmp_path


def test_one_case_can_be_picked_and_other_files_are_passed_over(tmp_path: Path) -> None:
    path = write(tmp_path, "test_cases: [{test_case: one, steps: []}, {test_case: other, steps: []}]")
    write(tmp_path, "fixtures: []\n", "conftest.yml")
    write(tmp_path, "one: []\n", "cases.oracle.yml")
    assert [case.name for case in read_cases(tmp_path)] == ["one", "other"]
    assert [case.name for case in read_cases(tmp_path, "one")] == ["one"]
    assert [case.name for case in read_cases(f"{path}::other")] == ["other"]


def test_a_case_and_its_steps_know_their_lines(tmp_path: Path) -> None:
    path = write(tmp_path, "test_cases:\n- test_case: a\n  steps:\n  - user: x\n\n  - bot: y\n")
    (case,) = read_cases(path)
    assert case.line == 2
    assert [step.line for step in case.steps] == [4, 6]


def test_the_stub_of_a_case_goes_before_the_files_and_that_before_the_plain_one(tmp_path: Path) -> None:
    stubs = "\n".join(
        f"  {name}: {{responses: [{{text: {text}}}]}}"
        for name, text in (("a", "plain"), ("cases.yml::a", "file"), ("one::a", "case"), ("b", "plain"))
    )
    path = write(tmp_path, f"stub_custom_actions:\n{stubs}\ntest_cases: [{{test_case: one}}, {{test_case: other}}]")
    one, other = read_cases(path)
    assert one.stubs is not None
    assert other.stubs is not None
    assert [one.stubs[name].responses[0]["text"] for name in ("a", "b")] == ["case", "plain"]
    assert [other.stubs[name].responses[0]["text"] for name in ("a", "b")] == ["file", "plain"]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2026-01-31", "2026-01-31T00:00:00+00:00"),
        ("2026-01-31T09:30:00", "2026-01-31T09:30:00+00:00"),
        ("2026-01-31T09:30:00+02:00", "2026-01-31T09:30:00+02:00"),
    ],
)
def test_a_moment_that_is_made_up_has_a_time_zone(tmp_path: Path, written: str, read: str) -> None:
    text = f'fixtures: [{{now: [{{mocked_datetime: "{written}"}}]}}]\ntest_cases: [{{test_case: a, fixtures: [now]}}]'
    (case,) = read_cases(write(tmp_path, text))
    assert case.fixtures == {"mocked_datetime": read}


def test_a_line_of_an_oracle_that_is_no_command_is_named(tmp_path: Path) -> None:
    file = write(tmp_path, "test_cases: []\n")
    write(tmp_path, "German:\n- - start flw order\n", f"{file.stem}.oracle.yml")
    with pytest.raises(CaseError, match="“German”, user step 1: “start flw order” is no command"):
        read_oracle(file)


def test_an_oracle_stands_beside_its_file_or_is_asked_for(tmp_path: Path) -> None:
    path = write(tmp_path, "test_cases: []")
    with pytest.raises(CaseError, match=r"cases\.oracle\.yml is missing"):
        read_oracle(path)
    write(tmp_path, "a: [[start flow x, set slot y 1], []]", "cases.oracle.yml")
    assert read_oracle(path) == {"a": [Meaning(("start flow x", "set slot y 1")), Meaning()]}


def test_a_line_of_an_oracle_may_say_an_intent_with_its_entities(tmp_path: Path) -> None:
    path = write(tmp_path, "test_cases: []")
    by_name = "[{intent: book, entities: {city: [Rome, Oslo], seats: 2}}, start flow x]"
    by_role = "[{intent: book, entities: [{entity: city, value: Rome, role: from}]}]"
    write(tmp_path, f"a: [{by_name}, {by_role}, [intent: affirm], intent: deny]", "cases.oracle.yml")
    named = ({"entity": "city", "value": "Rome"}, {"entity": "city", "value": "Oslo"}, {"entity": "seats", "value": 2})
    assert read_oracle(path)["a"] == [
        Meaning(("start flow x",), "book", named),
        Meaning((), "book", ({"entity": "city", "value": "Rome", "role": "from"},)),
        Meaning((), "affirm"),
        Meaning((), "deny"),
    ]


@pytest.mark.parametrize(
    ("step", "why"),
    [
        ("[{intnt: book}]", "has no key `intnt`. Did you mean `intent`?"),
        ("[{entities: {city: Rome}}]", "written as `intent: NAME`"),
        ("[intent: book, intent: affirm]", "one intent, here are 2"),
        ("[{intent: book, entities: [city]}]", "a list of maps with `entity` and `value`"),
        ("[{intent: book, entities: [{entity: city, value: Rome, rule: from}]}]", "Did you mean `role`?"),
    ],
)
def test_an_intent_that_is_written_wrongly_is_named(tmp_path: Path, step: str, why: str) -> None:
    path = write(tmp_path, "test_cases: []")
    write(tmp_path, f"a: [[start flow x], {step}]", "cases.oracle.yml")
    with pytest.raises(CaseError, match=r"cases\.oracle\.yml, “a”, user step 2") as refused:
        read_oracle(path)
    assert why in str(refused.value)
