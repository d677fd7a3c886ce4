"""The product knows nothing of the example that it is measured with: no name, no sentence, no word of its trade."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from talkwright.assistant.patterns import default_items
from talkwright.assistant.project import read_contents, read_project
from talkwright.assistant.starter import LANGUAGES, starter_project
from talkwright.assistant.yamls import load
from talkwright.engine.understanding.local.texts import words

from .conftest import ROOT

EXAMPLE = ROOT / "examples" / "bank"
FITTED = ROOT / "benchmarks" / "flow_start" / "assistants"
MEASURED = ROOT / "tests" / "projects" / "clinic"
SOURCES = (".py", ".txt", ".yml", ".yaml", ".html", ".json", ".css", ".md")
NAMED = ("flow", "response", "action", "intent")
SAYING = ("intent", "response", "synonym", "lookup")
USUAL = frozenset({"reset_password"})  # names that the product has on its own, for accounts of the studio
LEAST_WORDS = 4  # shorter ones are what people say anywhere: "talk to a human"
TRADE = (
    *("iban", "dauerauftr", "lastschrift", "giro", "tagesgeld", "festgeld", "kontoausz", "kontostand", "geldautomat"),
    *("kreditkart", "ueberweis", "überweis", "hypothek", "darlehen", "schufa", "sparkonto", "wertpapier", "zinssatz"),
    *("harbour", "overdraft", "payee", "standing order", "direct debit", "mortgage", "bank account", "banking"),
)


@cache
def sources() -> dict[str, str]:
    """All texts under src, in lower case."""
    files = (path for path in (ROOT / "src").rglob("*") if path.suffix in SOURCES)
    return {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8").lower() for path in files}


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from (text for key, one in value.items() for text in (*strings(key), *strings(one)))
    elif isinstance(value, list):
        yield from (text for one in value for text in strings(one))


@cache
def words_of(path: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", sources()[path]))


def where(name: str, *, begins: bool = False) -> list[str]:
    """The files that hold a name as a whole word, or one that begins a word."""
    pattern = re.compile(rf"\b{re.escape(name)}" + ("" if begins else r"\b"))
    first = re.findall(r"\w+", name)[0]
    near = sources() if begins else [path for path in sources() if first in words_of(path)]
    return [path for path in near if name in sources()[path] and pattern.search(sources()[path])]


def test_no_name_of_the_example_stands_in_the_product() -> None:
    started = [read_contents(starter_project("desk", language)) for language in LANGUAGES]
    own = {item.name for item in (*default_items(), *(item for project in started for item in project.items))}
    names = {item.name for item in read_project(EXAMPLE).items if item.kind in NAMED} - own
    assert len(names) > 100
    found = {name: places for name in names if (places := where(name.lower()))}
    assert found == {}


def test_no_sentence_of_the_example_stands_in_the_product() -> None:
    said = [text for item in read_project(EXAMPLE).items if item.kind in SAYING for text in strings(item.body)]
    for path in (EXAMPLE / "heldout").glob("*.yml"):
        said += strings(load(path.read_text(encoding="utf-8")))
    sentences = {" ".join(words(text)) for text in said if len(words(text)) >= LEAST_WORDS}
    assert len(sentences) > 500
    lines = {" ".join(words(line)): path for path, text in sources().items() for line in text.splitlines()}
    found = sentences & lines.keys()
    assert not found, f"{len(found)} sentences, in {sorted({lines[one] for one in found})}"


def test_no_word_of_the_examples_trade_stands_in_the_product() -> None:
    found = {word: places for word in TRADE if (places := where(word, begins=True))}
    assert found == {}


def test_no_name_and_no_sentence_of_the_assistants_that_the_weights_are_fitted_on_stands_in_the_product() -> None:
    bodies = [load(path.read_text(encoding="utf-8")) for path in FITTED.glob("*.yml")]
    assert len(bodies) >= 11
    messages = [text for body in bodies for texts in body["messages"].values() for text in texts]
    assert len(messages) >= 11 * 60
    rows = load((MEASURED / "heldout" / "commands.yml").read_text(encoding="utf-8"))
    said = [*messages, *(row["say"] for row in rows), *strings([body["flows"] for body in bodies])]
    sentences = {" ".join(words(text)) for text in said if len(words(text)) >= LEAST_WORDS}
    lines = {" ".join(words(line)): path for path, text in sources().items() for line in text.splitlines()}
    assert sentences & lines.keys() == set()
    names = {flow for body in bodies for flow in body["flows"] if "_" in flow}
    assert {name for name in names if where(name)} <= USUAL
