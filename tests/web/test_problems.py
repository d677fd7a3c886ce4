"""What is wrong is seen where it stands: a connection to nowhere, a slot that nothing knows."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect
from tests.web.api import Api
from tests.web.chromium import Watch
from tests.web.places import BROKEN, canvas
from tests.web.states import offline

RESPONSES = (
    "responses:\n  utter_ask_city:\n    - text: Which {nonsense} near {city}?\n"
    "      translation:\n        de: Welche Stadt bei {city}?\n"
)


@pytest.fixture
def desk(api: Api, new_name: str) -> str:
    """The name of an assistant with faults, in two languages."""
    config = BROKEN["config.yml"] + "additional_languages: [de]\n"
    files = BROKEN | {"config.yml": config, "domain.yml": BROKEN["domain.yml"] + RESPONSES}
    api.bring_in(new_name, "Broken desk", files)
    return new_name


def test_a_step_that_goes_on_nowhere_ends_in_a_red_connection(page: Page, desk: str) -> None:
    page.goto(f"/a/{desk}/flows/book_trip")
    canvas(page)
    expect(page.locator(".endpill.missing")).to_have_text("No step nowhere")
    expect(page.locator("path.edge.broken")).to_have_count(1)
    chips = page.locator(".react-flow__node-step").first.locator(".slot")
    expect(chips).to_have_text(["nonsense", "city"])
    expect(chips.nth(0)).to_have_class("slot bad")
    expect(chips.nth(1)).to_have_class("slot")


def test_the_preview_follows_the_content_language_and_knows_its_slots(page: Page, desk: str) -> None:
    page.goto(f"/a/{desk}/content/response/utter_ask_city")
    preview = page.get_by_role("region", name="Preview")
    expect(preview.locator(".slot.bad")).to_have_text("nonsense")
    page.get_by_role("banner").get_by_role("button", name=re.compile("Content language|EN")).first.click()
    page.get_by_role("menuitemradio", name=re.compile("German")).or_(
        page.get_by_role("menuitem", name=re.compile("German"))
    ).click()
    expect(preview).to_contain_text("Welche Stadt")


def test_problems_name_the_step_as_people_know_it_and_lead_to_its_line_from_the_text(page: Page, desk: str) -> None:
    page.goto(f"/a/{desk}/flows/book_trip?view=yaml")
    page.locator(".cm-content").wait_for()
    page.get_by_role("button", name=re.compile("^Problems")).last.click()
    row = page.get_by_role("tabpanel", name="Problems").get_by_role("listitem").filter(has_text="goes on at nowhere")
    expect(row).to_contain_text("step 2, next")
    expect(row).not_to_contain_text(re.compile("-[0-9a-f]{8}"))
    row.get_by_role("button").first.click()
    expect(page).to_have_url(re.compile(r"view=yaml&line=\d+"))


def test_a_text_says_what_is_wrong_below_the_line_with_the_cursor_and_mends_it(
    page: Page, api: Api, new_name: str
) -> None:
    steps = f"      - collect: city\n      - id: {'and_so_on_' * 12}\n        link: book_trp\n"
    slip = f"  see_town:\n    description: See a town\n    steps:\n{steps}"
    asks = "responses:\n  utter_ask_city:\n    - text: Which city?\n"
    files = BROKEN | {"domain.yml": BROKEN["domain.yml"] + asks, "data/towns.yml": f"flows:\n{slip}"}
    api.bring_in(new_name, "A slip of the pen", files)
    page.goto(f"/a/{new_name}/flows/see_town?view=yaml")
    tinted, told = page.locator(".cm-line.cm-tint-error"), page.locator(".cm-told")
    expect(page.locator(".cm-scroll-error")).to_have_count(1)
    expect(told).to_have_count(0)
    page.locator(".cm-line", has_text="book_trp").click()
    expect(tinted).to_have_text("        link: book_trp")
    expect(told).to_contain_text("Did you mean book_trip?")
    mend = told.get_by_role("button", name="Mend")
    expect(mend).to_be_in_viewport(ratio=1)
    mend.click()
    expect(page.locator(".cm-content")).to_contain_text("link: book_trip")
    expect(told).to_have_count(0)
    expect(tinted).to_have_count(0)
    expect(page.locator(".cm-scroll-error")).to_have_count(0)


def test_a_mend_that_meets_a_studio_which_is_away_is_made_when_that_is_back(
    page: Page, watch: Watch, api: Api, new_name: str
) -> None:
    watch.allow("net::ERR_INTERNET_DISCONNECTED")
    again = "  see_town:\n    description: See a town\n    steps:\n      - link: book_trp\n"
    api.bring_in(new_name, "A slip of the pen", BROKEN | {"data/towns.yml": f"flows:\n{again}"})
    page.goto(f"/a/{new_name}/flows/see_town?view=yaml")
    page.locator(".cm-line", has_text="book_trp").click()
    told = page.locator(".cm-told")
    with offline(page):
        told.get_by_role("button", name="Mend").click()
        expect(page.locator(".cm-content")).to_contain_text("link: book_trp")
    expect(page.locator(".cm-content")).to_contain_text("link: book_trip")
    expect(told).to_have_count(0)


@pytest.mark.parametrize(("written", "shown"), [('""', "without a name"), (".", "."), ("..", "..")])
def test_a_flow_whose_id_would_vanish_from_an_address_is_mended_where_its_problem_leads(
    page: Page, api: Api, new_name: str, written: str, shown: str
) -> None:
    flows = f"flows:\n  {written}:\n    description: Book a trip\n    steps:\n      - action: utter_ask_city\n"
    aid = api.bring_in(new_name, "Nameless desk", BROKEN | {"domain.yml": RESPONSES, "data/flows.yml": flows})["id"]
    page.goto(f"/a/{new_name}/flows")
    page.get_by_role("button", name=re.compile("^Problems")).last.click()
    rows = page.get_by_role("tabpanel", name="Problems").get_by_role("listitem")
    row = rows.filter(has_text="begin with a letter")
    expect(row.locator(".prob-text code")).to_have_text(["_", "-"] if written == '""' else [shown, "_", "-"])
    row.locator(".prob-go").click()
    canvas(page)
    page.reload()
    canvas(page)
    link = page.get_by_role("navigation", name="Flows").get_by_role("link")
    expect(link).to_contain_text(shown)
    expect(link).to_have_attribute("aria-current", "page")
    page.get_by_role("main").get_by_role("button", name=f"More for {shown}", exact=True).click()
    page.get_by_role("menuitem", name="Rename").click()
    dialog = page.get_by_role("dialog", name=f"Rename the flow {shown}")
    dialog.get_by_label("Id").fill("book_trip")
    dialog.get_by_role("button", name="Rename").click()
    expect(page).to_have_url(re.compile("/flows/book_trip(\\?|$)"))
    expect(row).to_have_count(0)
    assert api.item(aid, "flow", "book_trip")["body"]["description"] == "Book a trip"


@pytest.mark.parametrize(("written", "shown"), [('""', "without a name"), (".", "."), ("..", "..")])
def test_a_flow_whose_id_would_vanish_from_an_address_is_opened_and_deleted_from_the_list(
    page: Page, api: Api, new_name: str, written: str, shown: str
) -> None:
    flows = f"flows:\n  {written}:\n    description: Book a trip\n    steps:\n      - action: utter_ask_city\n"
    api.bring_in(new_name, "Nameless desk", BROKEN | {"domain.yml": RESPONSES, "data/flows.yml": flows})
    page.goto(f"/a/{new_name}/flows")
    link = page.get_by_role("navigation", name="Flows").get_by_role("link")
    link.click()
    canvas(page)
    page.get_by_role("navigation", name="Flows").get_by_role("button", name=f"More for {shown}", exact=True).click()
    page.get_by_role("menuitem", name="Delete").click()
    expect(link).to_have_count(0)
