"""What a bot says is shown as text, whatever it is: markup, scripts, addresses, marks of direction, very much of it.

ASVS 5.0: 1.2.1, 1.2.3, 3.2.2, 3.4.3, 3.4.7.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable

from playwright.sync_api import Locator, Page, expect
from tests.services.running import RunningStudio
from tests.web.api import Api
from tests.web.axe import violations
from tests.web.chromium import Watch
from tests.web.conftest import PROBE, policy_violations
from tests.web.places import canvas, new_chat, say

BROKEN = {"img-src", "script-src"}
MARKUP = (
    "<script>window.taken = 1</script><img src=x onerror='window.taken = 2'><b>bold</b>"
    '<iframe srcdoc="<script>parent.taken = 3</script>"></iframe><a href="javascript:window.taken = 4">press</a>'
)
GOOD = ("https://example.com/a?b=c", "http://example.com/", "mailto:desk@example.com", "tel:+4420123")
BAD = (
    "javascript:window.taken=5",
    "JaVaScRiPt:window.taken=6",
    "data:text/html,<script>window.taken=7</script>",
    "vbscript:x",
    "file:///etc/hosts",
    "blob:https://example.com/x",
    "\tjavascript:window.taken=8",
)
OVERRIDE = "pay \u202egro.live\u202c now, \u2067then\u2069 go on"
LONG = "long words " * 95_000
"""More than a million characters."""

RTL = "\u05e8\u05d0\u05e9\u05d5\u05df " * 12
"""Words that are read from the right, more than a line of the timeline holds."""

FLOWS = """\
flows:
  hostile_words:
    name: hostile words
    description: Say hostile words
    steps:
      - action: utter_markup
      - action: utter_addresses
      - action: utter_override
      - set_slots:
          - who: "\\u202eeve"
      - action: utter_who
      - set_slots:
          - where: "RTL"
      - action: utter_long
""".replace("RTL", RTL.strip())


def project(name: str) -> dict[str, str]:
    """An assistant that says all that in one turn."""
    buttons = [{"title": f"open {number}", "type": "web_url", "url": url} for number, url in enumerate(GOOD + BAD)]
    responses = {
        "utter_markup": [{"text": MARKUP, "image": BAD[0], "custom": {"html": MARKUP, "link": BAD[0]}}],
        "utter_addresses": [{"text": f"see {' and '.join(GOOD + BAD)}", "buttons": buttons}],
        "utter_override": [{"text": OVERRIDE}],
        "utter_who": [{"text": "to {who}, right now"}],
        "utter_long": [{"text": LONG}],
    }
    slots = {name: {"type": "text", "mappings": [{"type": "from_llm"}]} for name in ("who", "where")}
    config = f"recipe: default.v1\nlanguage: en\nassistant_id: {name}\n"
    domain = json.dumps({"version": "3.1", "slots": slots, "responses": responses})
    return {"config.yml": config, "domain.yml": domain, "data/flows.yml": FLOWS}


def test_hostile_messages_stay_text(page: Page, watch: Watch, api: Api, new_name: str) -> None:
    api.bring_in(new_name, "Hostile desk", project(new_name))
    api.trained(new_name)
    page.goto(f"/a/{new_name}/flows/hostile_words")
    canvas(page)
    new_chat(page)
    say(page, "hostile words")
    talk = page.get_by_role("region", name="Conversation")
    bubbles = talk.locator(".bubble.bot")
    expect(bubbles.filter(has_text="long words").last).to_be_visible()

    assert bubbles.first.inner_text() == MARKUP
    assert talk.locator("script, iframe, img, b, svg[onload]").count() == 0
    links = talk.get_by_role("link").evaluate_all("all => all.map((each) => each.getAttribute('href'))")
    assert links
    assert set(links) == {*GOOD, "https://example.com/x"}  # of `blob:https://…`, the part that is an address of its own
    for link in talk.get_by_role("link").all():
        assert "noopener" in str(link.get_attribute("rel"))
    for href in page.locator("a").evaluate_all("all => all.map((each) => each.href)"):
        assert not href.casefold().startswith(("javascript", "data:", "vbscript", "file:", "blob:"))

    said = bubbles.filter(has_text="gro.live")
    assert said.inner_text() == OVERRIDE
    assert said.locator("bdi").count() == 1
    # a value that turns its letters round turns none of the words around it
    assert _starts(bubbles.filter(has_text="right now"), "to ", "eve", ", right now") == [0, 1, 2]
    told = page.get_by_role("region", name="Timeline").locator(".ev")
    assert _starts(told.filter(has_text="right now"), "to ", "eve", ", right now") == [0, 1, 2]
    filled = told.filter(has=page.get_by_text("who", exact=True)).filter(has_text="empty")
    assert _starts(filled.first, "who", "empty", "eve") == [0, 1, 2]
    assert _starts(filled.last, "who", "eve", "empty") == [0, 1, 2]
    # one that is read from the right is cut at its own end: what it begins with stands whole at the right
    cut = told.filter(has=page.get_by_text("where", exact=True)).first
    assert cut.locator("bdi").last.evaluate(_BEGINS_WHOLE)
    assert len(bubbles.filter(has_text="long words").inner_text()) < 25_000
    assert page.evaluate("window.taken") is None
    # the page is still of use
    assert violations(page) == []
    say(page, "hostile words")
    assert page.evaluate("window.taken") is None
    asked = [url for url in watch.requests if "example.com" in url]
    assert asked == []


def test_a_page_that_breaks_its_policy_is_told_to_the_tests_and_to_the_studio(
    page: Page, watch: Watch, studio: RunningStudio
) -> None:
    page.goto("/")
    page.get_by_role("heading", name="Assistants", exact=True).wait_for()
    page.evaluate(
        """(host) => {
        for (const [tag, file] of [['img', 'a.png'], ['script', 'a.js']]) {
            const element = document.createElement(tag)
            element.src = `https://${host}/${file}`
            document.body.append(element)
        }
    }""",
        PROBE,
    )
    watch.allow(PROBE)
    deadline = time.monotonic() + 60
    while not (logged := _directives(policy_violations(studio))) >= BROKEN and time.monotonic() < deadline:
        page.wait_for_timeout(200)
    assert logged >= BROKEN
    assert _directives(watch.broken) >= BROKEN


def _starts(shown: Locator, *pieces: str) -> list[int]:
    """At which place from the left each piece of a shown line stands."""
    lefts: list[float] = shown.evaluate(
        """(line, pieces) => pieces.map((piece) => {
        const walk = document.createTreeWalker(line, NodeFilter.SHOW_TEXT)
        while (walk.nextNode()) {
            const at = walk.currentNode.data.indexOf(piece)
            if (at === -1) continue
            const range = document.createRange()
            range.setStart(walk.currentNode, at)
            range.setEnd(walk.currentNode, at + piece.length)
            return range.getBoundingClientRect().left
        }
        throw new Error(`${piece} is not shown`)
    })""",
        list(pieces),
    )
    return [sorted(lefts).index(left) for left in lefts]


_BEGINS_WHOLE = """(value) => {
    const [text, box] = [value.firstChild, value.getBoundingClientRect()]
    const word = document.createRange()
    word.setStart(text, 0)
    word.setEnd(text, 5)
    const begin = word.getBoundingClientRect()
    return value.scrollWidth > value.clientWidth && begin.left >= box.left && Math.abs(begin.right - box.right) < 2
}"""


def _directives(told: Iterable[str]) -> set[str]:
    """Which directives the probe was reported for."""
    return {directive for directive in BROKEN for line in told if PROBE in line and directive in line}
