"""Nothing lies over a step of a flow that was fitted, whatever the flow and the window: no tool, step or label."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page
from tests.web.api import Api
from tests.web.places import canvas
from tests.web.projects import tea_desk
from tests.web.room import LAPTOP, TABLET, arrange

SIZES = (LAPTOP, TABLET)
# What of a step shows is what the board does not cut off.
_LAID_OUT = """() => {
  const board = document.querySelector('.react-flow').getBoundingClientRect()
  const tools = [...document.querySelectorAll('.cv-tools > *')].map((part) => part.getBoundingClientRect())
  const shown = ({ left, top, right, bottom }) => ({
    left: Math.max(left, board.left), top: Math.max(top, board.top),
    right: Math.min(right, board.right), bottom: Math.min(bottom, board.bottom),
  })
  const meet = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom
  const steps = [...document.querySelectorAll('.react-flow__node-step')]
  const within = ({ left, top, right, bottom }) => ({ left: left + 1, top: top + 1, right, bottom })
  const nodes = [...document.querySelectorAll('.react-flow__node')]
  const boxes = nodes.map((node) => [node, within(node.getBoundingClientRect())])
  return {
    steps: steps.length,
    overlap: boxes.flatMap(([one, box], i) => boxes.slice(i + 1).filter(([, other]) => meet(box, other))
      .map(([other]) => `${one.textContent} | ${other.textContent}`)),
    tools: tools.filter(({ width, height }) => width * height > 0).length,
    covered: steps.filter((step) => tools.some((tool) => {
      const part = shown(step.getBoundingClientRect())
      return part.right > part.left && part.bottom > part.top && meet(part, tool)
    })).map((step) => step.textContent),
  }
}"""
_FRAMES = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => requestAnimationFrame(done))))"


def sixty_steps() -> str:
    """A flow of sixty steps: a long row of choices whose branches come together again."""
    lines = ["flows:", "  long_way:", "    description: Go a long way", "    steps:"]
    for number in range(12):
        ahead = f"s{number + 1}" if number < 11 else "END"
        lines += [
            f"      - id: s{number}",
            "        noop: true",
            "        next:",
            f'          - if: slots.town = "{number}"',
            "            then:",
            "              - action: utter_ask_town",
            "              - action: utter_ordered",
            f"                next: {ahead}",
            "          - else:",
            "              - action: utter_ask_size",
            "              - action: utter_ordered",
            f"                next: {ahead}",
        ]
    return "\n".join(lines) + "\n"


def fits(page: Page) -> Iterator[tuple[str, dict[str, object]]]:
    """Where the tools stand after the first fit and after the one that is asked for, at each size of the window."""
    for size in SIZES:
        page.set_viewport_size(size)
        page.evaluate(_FRAMES)
        name = f"{size['width']} wide"
        yield name, page.evaluate(_LAID_OUT)
        page.get_by_role("button", name="Fit the flow").click()
        page.evaluate(_FRAMES)
        yield f"{name}, whole", page.evaluate(_LAID_OUT)


def faults(page: Page) -> dict[str, dict[str, object]]:
    """The fits at which something is covered, or nothing was there to look at."""
    return {
        name: each
        for name, each in fits(page)
        if each["covered"] or each["overlap"] or not each["steps"] or not each["tools"]
    }


@pytest.mark.slow
@pytest.mark.parametrize("dock", [False, True], ids=["alone", "with the dock"])
def test_no_step_of_a_fitted_flow_is_covered_by_the_overview_or_the_zoom(
    page: Page, api: Api, example: str, dock: bool
) -> None:
    arrange(page, dock=dock)
    items = api.get(f"/assistants/{api.assistant(example)['id']}/items?kind=flow&limit=200")["items"]
    flows = [item["name"] for item in items if not item["builtin"]]
    assert len(flows) > 10
    found = {}
    page.goto(f"/a/{example}/flows/{flows[0]}")
    for flow in flows:
        page.evaluate("(to) => void window.__TSR_ROUTER__.navigate({ to })", f"/a/{example}/flows/{flow}")
        page.get_by_role("main", name=f"Flow {flow}", exact=True).locator(".react-flow__node-step").first.wait_for()
        found[flow] = faults(page)
    assert {flow: each for flow, each in found.items() if each} == {}


@pytest.mark.parametrize("dock", [False, True], ids=["alone", "with the dock"])
def test_no_step_of_a_flow_of_sixty_steps_is_covered(page: Page, api: Api, new_name: str, dock: bool) -> None:
    api.bring_in(new_name, "Long desk", tea_desk(new_name, flows=sixty_steps()))
    arrange(page, dock=dock)
    page.goto(f"/a/{new_name}/flows/long_way")
    canvas(page)
    assert faults(page) == {}
    page.get_by_role("button", name="Fit the flow").click()
    page.evaluate(_FRAMES)
    assert page.locator(".react-flow__node-step").count() == 60
