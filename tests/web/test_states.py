"""Each part of each page before its content is there, without it, cut off from the studio, and with nothing to show."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect
from tests.services.running import PASSWORD
from tests.web.api import Api
from tests.web.axe import in_both_themes, violations
from tests.web.chromium import Watch
from tests.web.places import BROKEN as DESK
from tests.web.places import IMPORT, archive, canvas, choose, drawer, open_dock, row_of
from tests.web.states import NOTHING, REQUEST, SPOTS, Held, Spot, banner, busy, failure, nothing, offline
from tests.web.tea_house import tea_house

pytestmark = pytest.mark.slow

CUT = r"ERR_INTERNET_DISCONNECTED|Failed to load resource|Failed to fetch"
Watched = tuple[Page, Watch]


@pytest.mark.parametrize("spot", SPOTS, ids=lambda spot: spot.name)
def test_a_part_of_a_page_is_busy_then_fails_then_is_there_and_stays_without_the_studio(
    watched: Watched, api: Api, example: str, new_name: str, spot: Spot
) -> None:
    page, watch = watched
    watch.allow(CUT)
    if spot.tea:
        api.bring_in(new_name, "Tea house", tea_house(new_name))
    found: dict[str, list[str] | dict[str, list[str]]] = {}
    held = Held(page, spot.reads)
    spot.go(page, new_name if spot.tea else example)
    held.asked()
    expect(busy(page).first).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)
    found["busy"] = violations(page)
    held.fail()
    told = failure(page, spot)
    expect(told).to_contain_text("Something went wrong in the studio. Try again.")
    found["error"] = in_both_themes(page)
    held.go_on()
    told.get_by_role("button", name="Try again").click()
    spot.ready(page)
    expect(told).to_have_count(0)
    with offline(page):
        spot.ready(page)
        found["offline"] = violations(page)
    expect(page.get_by_role("alert")).to_have_count(0)
    assert {moment: each for moment, each in found.items() if each} == {}, "what axe finds"


def test_a_failure_names_its_request_for_whoever_runs_the_studio(watched: Watched, example: str) -> None:
    page, watch = watched
    watch.allow("status of 500")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    held = Held(page, r"/api/.*/versions")
    held.fail()
    page.goto(f"/a/{example}/versions")
    expect(page.get_by_role("alert")).to_contain_text(REQUEST)
    page.get_by_role("button", name="Copy details").click()
    expect(page.get_by_role("button", name="Details copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert f"request {REQUEST}" in copied
    assert "500 server-error" in copied


def test_what_is_opened_without_the_studio_comes_by_itself_once_it_is_back(watched: Watched, example: str) -> None:
    page, watch = watched
    watch.allow(CUT)
    page.goto(f"/a/{example}/content/response")
    page.get_by_role("grid", name="Responses").get_by_role("row").nth(1).wait_for()
    with offline(page):
        # Its data can't be read, nor can the piece of the page that shows it be loaded.
        page.get_by_role("link", name="Actions").click()
        expect(page.get_by_role("alert")).to_contain_text("The studio can’t be reached. What you typed is still here")
        page.get_by_role("link", name="Versions").click()
        expect(busy(page).first).to_be_visible()
    expect(row_of_version(page)).to_be_visible()
    page.go_back()
    expect(page.get_by_role("grid", name="Actions").get_by_role("row").nth(1)).to_be_visible()


def row_of_version(page: Page) -> Locator:
    """The first version's row."""
    return page.get_by_role("row", name="Ready")


def test_a_studio_that_starts_again_is_waited_for(watched: Watched, example: str) -> None:
    page, watch = watched
    watch.allow("status of 503")
    page.goto(f"/a/{example}/content/response")
    page.get_by_role("grid", name="Responses").get_by_role("row").nth(1).wait_for()
    away = re.compile("/api/")
    page.route(away, lambda route: route.fulfill(status=503, body="away"))
    page.get_by_role("link", name="Actions").click()
    expect(banner(page)).to_be_visible()
    expect(page.get_by_role("alert")).to_contain_text("The actions can’t be read")
    again = banner(page).get_by_role("button", name="Try now").element_handle()
    page.unroute(away)
    again.evaluate("(button) => button.click()")  # unless it was asked again by itself just then
    expect(banner(page)).to_have_count(0)
    expect(page.get_by_role("grid", name="Actions").get_by_role("row").nth(1)).to_be_visible()


def test_a_machine_without_a_network_reaches_the_studio_that_runs_on_it(page: Page, example: str) -> None:
    page.add_init_script("Object.defineProperty(navigator, 'onLine', { get: () => false })")
    page.goto(f"/a/{example}/content/response")
    page.get_by_role("grid", name="Responses").get_by_role("row").nth(1).wait_for()
    with page.expect_response("**/api/instance"):
        page.evaluate("window.dispatchEvent(new Event('offline'))")
    page.get_by_role("link", name="Slots").click()
    expect(page.get_by_role("grid", name="Slots").get_by_role("row").nth(1)).to_be_visible()
    expect(banner(page)).to_have_count(0)


def test_an_import_says_that_it_works_and_keeps_what_was_chosen_where_it_fails(
    watched: Watched, api: Api, new_name: str
) -> None:
    page, watch = watched
    watch.allow("status of 500")
    page.goto("/import")
    choose(page, "desk.zip", archive(DESK))
    page.get_by_role("textbox", name="Id", exact=True).fill(new_name)
    held = Held(page, r"/api/assistants/import\?(?!.*trial=true)")
    page.get_by_role("button", name=IMPORT).click()
    held.asked()
    expect(page.get_by_role("button", name="Importing…")).to_have_attribute("aria-busy", "true")
    held.fail()
    expect(page.get_by_role("alert")).to_contain_text("Something went wrong in the studio. Try again.")
    expect(page.get_by_text("desk.zip")).to_be_visible()
    held.go_on()
    page.get_by_role("button", name=IMPORT).click()
    expect(page.get_by_role("heading", name="is here")).to_be_visible()
    assert api.find(new_name) is not None


def test_a_dialog_that_fails_keeps_what_was_typed(watched: Watched, api: Api, new_name: str) -> None:
    page, watch = watched
    watch.allow("status of 500")
    page.goto("/?new=true")
    dialog = page.get_by_role("dialog", name="New assistant")
    dialog.get_by_label("Title").fill("Slow desk")
    dialog.get_by_label("Id").fill(new_name)
    held = Held(page, "/api/assistants$")
    dialog.get_by_role("button", name="Create").click()
    held.asked()
    expect(dialog.get_by_role("button", name="Create")).to_have_attribute("aria-busy", "true")
    held.fail()
    expect(dialog.get_by_text("Something went wrong in the studio. Try again.")).to_be_visible()
    expect(dialog.get_by_label("Title")).to_have_value("Slow desk")
    held.go_on()
    dialog.get_by_role("button", name="Create").click()
    expect(page.get_by_role("heading", name="Slow desk")).to_be_visible()
    assert api.find(new_name) is not None


def test_a_message_that_gets_no_answer_can_be_sent_again_and_is_said_once(watched: Watched, example: str) -> None:
    page, watch = watched
    watch.allow(CUT)
    page.goto(f"/a/{example}/flows/transfer_money")
    canvas(page)
    open_dock(page)
    talk = page.get_by_role("region", name="Conversation")
    page.get_by_role("button", name="New chat").or_(page.get_by_text("Say something as your users")).first.wait_for()
    held = Held(page, "/messages$")
    page.get_by_label("Your message").fill("check my balance")
    page.get_by_label("Your message").press("Enter")
    expect(talk.get_by_text("check my balance")).to_be_visible()
    held.asked()
    expect(talk.locator(".typing")).to_be_visible()
    held.fail()
    talk.get_by_role("button", name="Send again").wait_for()
    held.go_on()
    talk.get_by_role("button", name="Send again").click()
    expect(talk.get_by_role("button", name="Send again")).to_have_count(0)
    expect(talk.get_by_text("check my balance")).to_have_count(1)


def test_where_nothing_is_yet_stands_what_belongs_there_and_how_to_begin(page: Page, api: Api, new_name: str) -> None:
    api.bring_in(new_name, "Empty desk", nothing(new_name))
    found = {}
    for path, heading, action in NOTHING:
        page.goto(f"/a/{new_name}/{path}")
        place = page.get_by_role("main").filter(has=page.get_by_role("heading", name=heading))
        expect(place.get_by_role("paragraph").first).not_to_be_empty()
        if action is not None:
            expect(place.get_by_role("button", name=action)).to_be_visible()
        found[path] = in_both_themes(page)
    drawer("Training log")(page)
    expect(page.get_by_role("tabpanel").get_by_role("heading", name="No training yet")).to_be_visible()
    open_dock(page)
    dock = page.get_by_role("region", name="Try the assistant")
    expect(dock.get_by_role("button", name="Train")).to_be_visible()
    found["dock"] = in_both_themes(page)
    assert {path: each for path, each in found.items() if each} == {}, "what axe finds"


def test_who_was_given_nothing_is_told_whom_to_ask(people: Callable[..., Watched], api: Api, new_name: str) -> None:
    invited = api.send("POST", "/users", {"username": new_name, "roles": []})
    page, watch = people(signed=False)
    watch.allow("status of 40[13]")
    page.goto(invited["link"])
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password again", exact=True).fill(PASSWORD)
    page.get_by_role("button").last.click()
    expect(page.get_by_role("heading", name="Your assistants will be here")).to_be_visible()
    expect(page.get_by_text("Ask whoever runs this studio")).to_be_visible()
    found = {"home": in_both_themes(page)}
    for path, said in (("users", "You may not manage users"), ("import", "Your roles don’t import projects")):
        page.goto(f"/{path}")
        expect(page.get_by_role("heading", name=said)).to_be_visible()
        found[path] = in_both_themes(page)
    assert {path: each for path, each in found.items() if each} == {}, "what axe finds"


def test_a_list_that_a_filter_empties_says_so_and_not_that_nothing_is_there(page: Page, example: str) -> None:
    for path, field, said in (
        ("content/response", "Filter responses", "None fits"),
        ("flows", "Filter by name or description", "None is called that."),
        ("nlu", "Filter by name or example", "None is called that."),
        ("files", "Filter by path", "None is called that."),
    ):
        page.goto(f"/a/{example}/{path}")
        page.get_by_label(field).fill("zzzz")
        expect(page.get_by_text(said)).to_be_visible()
    page.goto("/users")
    row_of("admin")(page)
    page.get_by_label("Filter by name").fill("zzzz")
    expect(page.get_by_text("Nobody is called that.")).to_be_visible()
    page.goto("/")
    row_of("Harbour Bank")(page)
    page.get_by_label("Filter by name").fill("zzzz")
    expect(page.get_by_text("No assistant is called that.")).to_be_visible()


def test_a_menu_in_a_row_opens_in_sight_and_leaves_the_row_as_it_is(page: Page, example: str) -> None:
    page.goto("/")
    line = page.get_by_role("row", name="Harbour Bank").first
    before = line.bounding_box()
    line.get_by_role("button", name="More for Harbour Bank").click()
    expect(page.get_by_role("menuitem", name="Delete")).to_be_in_viewport(ratio=1)
    assert line.bounding_box() == before
