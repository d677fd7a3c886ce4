"""What is typed when the right to it was just taken: kept and said, sent once it is given back, or let go of."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect
from tests.services.running import PASSWORD
from tests.web.api import Api
from tests.web.chromium import Watch, set_password
from tests.web.projects import tea_desk
from tests.web.states import Held

People = Callable[..., tuple[Page, Watch]]
BEFORE, AFTER = "To which town?", "Which harbour?"


@pytest.fixture
def desk(api: Api, new_name: str) -> str:
    """The name of a small assistant that only this test changes."""
    api.bring_in(new_name, "Tea desk", tea_desk(new_name))
    return new_name


def text_of(page: Page) -> Locator:
    """The only text of the response that is open."""
    return page.get_by_role("textbox", name="Text 1, English")


def saved_text(api: Api, desk: str) -> str:
    """What the server holds."""
    return str(api.item(api.assistant(desk)["id"], "response", "utter_ask_town")["body"][0]["text"])


def test_what_is_typed_as_a_role_is_taken_is_kept_until_it_is_given_back(
    people: People, api: Api, desk: str, new_name: str
) -> None:
    invited = api.send("POST", "/users", {"username": f"grace-{new_name}", "roles": ["developer"]})
    guest, watch = people(signed=False)
    watch.allow("status of 40[134]")
    set_password(guest, invited["link"], PASSWORD)
    guest.goto(f"/a/{desk}/content/response/utter_ask_town")
    sends = Held(guest, r"/assistants/[^/]+/changes$")
    text_of(guest).fill(AFTER)
    text_of(guest).blur()
    sends.asked()
    api.send("DELETE", f"/users/{invited['id']}/grants/developer")
    with guest.expect_response(lambda answer: answer.url.endswith("/changes")) as refused:
        sends.go_on()
    assert refused.value.status == 404
    guest.reload()
    expect(guest.get_by_text("There is no such assistant")).to_be_visible()
    assert saved_text(api, desk) == BEFORE
    api.send("PUT", f"/users/{invited['id']}/grants/developer")
    guest.reload()
    expect(text_of(guest)).to_have_value(AFTER)
    expect(guest.get_by_text("Saved ·")).to_be_visible()
    assert saved_text(api, desk) == AFTER


def test_a_right_that_was_taken_is_named_where_the_page_stays(page: Page, watch: Watch, api: Api, desk: str) -> None:
    watch.allow("status of 403")
    page.goto(f"/a/{desk}/content/response/utter_ask_town")
    problem = json.dumps({"code": "forbidden", "title": "You may not", "detail": ""})
    page.route(
        "**/changes", lambda route: route.fulfill(status=403, content_type="application/problem+json", body=problem)
    )
    text_of(page).fill(AFTER)
    text_of(page).blur()
    banner = page.get_by_text("You may not change this any more: 1 change kept here.")
    expect(banner).to_be_visible()
    expect(page.get_by_text("Not saved, kept here")).to_be_visible()
    page.get_by_role("button", name="Discard").click()
    expect(text_of(page)).to_have_value(BEFORE)
    expect(banner).to_have_count(0)
