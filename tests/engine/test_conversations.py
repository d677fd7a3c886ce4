"""End-to-end conversations played as free text against a running bot, the example's among them."""

from pathlib import Path

import pytest

from talkwright.engine.testing.cases import CaseError, read_cases
from talkwright.engine.testing.conversations import Player

from .conftest import ROOT, run_actions, run_bot, train_to

BANK = ROOT / "examples" / "bank"


def write(folder: Path, text: str) -> Path:
    path = folder / "cases.yml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_banks_conversations_all_pass_against_its_trained_model(tmp_path: Path) -> None:
    model = train_to(BANK, tmp_path / "bank.tar.gz")
    cases = read_cases(BANK / "tests")
    assert len(cases) >= 30
    with run_actions(BANK) as address, run_bot(model, ACTION_SERVER_URL=address) as bot, Player(bot.url) as player:
        failed = [str(outcome) for outcome in player.play_all(cases) if not outcome.passed]
    assert failed == []


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
  - test_case: filled before
    fixtures: [filled]
    metadata: deutsch
    steps:
      - user: ich möchte einen Gutschein kaufen
      - utter: utter_ask_gift_amount
"""


def test_the_player_passes_what_is_right_and_says_what_is_wrong(workshop_path: Path, tmp_path: Path) -> None:
    cases = read_cases(write(tmp_path, CASES))
    with run_bot(workshop_path, TALKWRIGHT_ENGINE_TOKEN="s3") as bot, Player(bot.url, token="s3") as player:
        outcomes = {outcome.case.name: outcome for outcome in player.play_all(cases)}
    assert [name for name, outcome in outcomes.items() if outcome.passed] == ["right", "filled before"]
    assert "'Who is it for?'" in outcomes["wrong text"].difference
    assert "utter_hours" in outcomes["wrong response"].difference
    assert "gift_receiver = 'Ann'" in outcomes["wrong value"].difference
    assert "not to be set" in outcomes["set although it should not be"].difference
    assert "user: buy a voucher" in str(outcomes["wrong text"])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("test_cases:\n - test_case: a\n   fixtures: [nope]\n   steps: []", "nope"),
        ("test_cases:\n - test_case: a\n   steps: [{shout: x}]", "none of user"),
        ("test_cases:\n - test_case: a\n   steps: [{user: x, assertions: []}]", "assertions"),
        ("stub_custom_actions: {a: {}}\ntest_cases: []", "stub"),
        ("test_cases: [", "can't be read"),
    ],
)
def test_files_that_cannot_be_played_are_refused_in_words(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(CaseError, match=message):
        read_cases(write(tmp_path, text))


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


def test_one_case_can_be_picked_and_other_files_are_passed_over(tmp_path: Path) -> None:
    write(tmp_path, CASES)
    (tmp_path / "conftest.yml").write_text("fixtures: []\n")
    assert [case.name for case in read_cases(tmp_path, "right")] == ["right"]
