"""Values inside what people write, by type."""

import pytest

from talkwright.assistant.conditions.regexes import safe_regex
from talkwright.engine.understanding.local.answers.booleans import boolean_answer, is_plain_boolean
from talkwright.engine.understanding.local.answers.categories import category_answer, named_category, options_of
from talkwright.engine.understanding.local.answers.free_text import text_answer
from talkwright.engine.understanding.local.answers.numbers import find_numbers, number_answer

NUMBERS = [
    ("50", "en", 50),
    ("fifty bucks", "en", 50),
    ("1,234.50", "en", 1234.5),
    ("1.234,50 €", "de", 1234.5),
    ("1.234", "de", 1234),
    ("1,234", "en", 1234),
    ("1.5", "en", 1.5),
    ("1,5", "de", 1.5),
    ("1.234", "en", 1.234),
    ("0,125", "en", 0.125),
    ("1'000'000", "de", 1_000_000),
    ("two hundred and fifty", "en", 250),
    ("zweihundertfünfzig Euro", "de", 250),
    ("twenty-five", "en", 25),
    ("einundzwanzig", "de", 21),
    ("half a million", "en", 500_000),
    ("a hundred dollars", "en", 100),
    ("anderthalb", "de", 1.5),
    ("zweieinhalb tausend", "de", 2500),
    ("2.5k", "en", 2500),
    ("three point five", "en", 3.5),
    ("drei Komma fünf", "de", 3.5),
    ("$1,000", "en", 1000),
    ("€ 12,99", "de", 12.99),
    ("a grand", "en", 1000),
    ("two and a half", "en", 2.5),
    ("no not 50, 70", "en", 70),
    ("one", "en", 1),
    ("tausendzweihundert", "de", 1200),
    ("1 000", "en", 1000),
    ("-20", "en", -20),
    ("one thousand two hundred thirty four", "en", 1234),
    ("50,-", "de", 50),
    ("a dozen", "en", 12),
    ("I'd say about 300 pounds", "en", 300),
    ("for one of them 20 euros", "en", 20),
    ("no idea", "en", None),
    ("send it to bob", "en", None),
]


@pytest.mark.parametrize(("text", "language", "value"), NUMBERS)
def test_a_number_is_read_in_digits_and_words(text: str, language: str, value: float | None) -> None:
    assert number_answer(text, language) == value


def test_numbers_know_where_they_stand_and_whether_it_is_money() -> None:
    first, second = find_numbers("2 tickets for 30 euros", "en")
    assert (first.value, first.money) == (2, False)
    assert (second.value, second.money) == (30, True)
    assert "2 tickets for 30 euros"[second.start : second.end] == "30 euros"


@pytest.mark.parametrize("text", ["9" * 400, "1," * 300, "hundert" * 60, "and " * 500, "a half " * 200])
def test_absurd_numbers_are_read_quickly_and_break_nothing(text: str) -> None:
    find_numbers(text, "de")


YES = (
    "yes|yep sure|that's right|stimmt|no problem|why not|ja klar|looks good to me|mach das|yesss|"
    "go ahead please|natürlich|ok|okay, do it|passt so|gern|kein Problem|I agree|um, yes"
)
NO = (
    "no|nope|that is not right|nicht richtig|stimmt nicht|not really|nö|auf keinen Fall|i don't think so|"
    "lieber nicht|wrong|no thanks|nee lass mal|nooo|well, no|bloß nicht"
)
NEITHER = "banana|what's my balance|fifty|I would like to know how the weather is today"


@pytest.mark.parametrize(
    ("text", "value"),
    [(text, True) for text in YES.split("|")]
    + [(text, False) for text in NO.split("|")]
    + [(text, None) for text in NEITHER.split("|")],
)
def test_yes_and_no_are_read_in_both_languages(text: str, value: bool | None) -> None:
    assert boolean_answer(text) is value


def test_a_plain_yes_is_told_from_a_yes_with_a_wish() -> None:
    assert is_plain_boolean("yes please")
    assert is_plain_boolean("nein danke")
    assert not is_plain_boolean("yes, show me the bill")


OPTIONS = options_of(["Basic", "Pro", "Business Plus"], {"Pro": ["professional"]}, [("The small one", "basic")])


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("pro", "Pro"),
        ("the first one", "Basic"),
        ("bisness plus", "Business Plus"),
        ("the professional one", "Pro"),
        ("the second", "Pro"),
        ("das letzte", "Business Plus"),
        ("die zweite bitte", "Pro"),
        ("number 3", "Business Plus"),
        ("2", "Pro"),
        ("basci", "Basic"),
        ("the small one", "Basic"),
        ("I'll take the business one", "Business Plus"),
        ("hello", None),
        ("basic or pro", None),
        ("the seventh", None),
        ("0", None),
        ("", None),
    ],
)
def test_a_choice_is_read_by_name_place_and_almost_right_name(text: str, value: str | None) -> None:
    choice = category_answer(text, OPTIONS, "en")
    assert (choice.value if choice else None) == value


def test_a_first_sentence_names_a_value_only_word_for_word() -> None:
    assert named_category("I want pro", OPTIONS) is not None
    assert named_category("I want the first", OPTIONS) is None
    assert named_category("I want proo", OPTIONS) is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("to Mum", "Mum"),
        ("It's for my mum, please", "my mum"),
        ("my name is Ann Lee", "Ann Lee"),
        ("Bob", "Bob"),
        ("send it to Bob", "Bob"),
        ("The recipient is Bob Smith", "Bob Smith"),
        ("I'm Ann", "Ann"),
        ("To Kill a Mockingbird", "To Kill a Mockingbird"),
        ("for Aunt Mary", "Aunt Mary"),
        ("an Oma", "Oma"),
        ("es ist für Peter", "Peter"),
        ("mein Name ist Jonas Weber", "Jonas Weber"),
        ("ich heiße Eva", "Eva"),
        ("in Berlin", "Berlin"),
        ("because I moved", "because I moved"),
        ('"Old Street 5"', "Old Street 5"),
        ("the card was stolen in Rome", "the card was stolen in Rome"),
        ("Das Geld geht an Lukas", "Lukas"),
        ("please", "please"),
        ("?!", None),
    ],
)
def test_the_words_around_a_free_answer_are_left_out(text: str, value: str | None) -> None:
    assert text_answer(text) == value


def test_nouns_of_the_slot_carry_a_value_and_regexes_cut_it_out() -> None:
    assert text_answer("the hobby is chess", nouns={"hobby"}) == "chess"
    assert text_answer("the hobby is chess") == "the hobby is chess"
    assert text_answer("it is AB12 I think", [safe_regex(r"[A-Z]{2}\d\d")]) == "AB12"
