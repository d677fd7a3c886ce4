"""A change is taken back from the history; what would take much away is asked first, and comes back with Undo."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect
from tests.web.api import Api
from tests.web.chromium import Watch
from tests.web.projects import tea_desk

from talkwright.database.ids import uuid7


@pytest.fixture
def desk(api: Api, new_name: str) -> str:
    """The name of a small assistant that only this test changes."""
    api.bring_in(new_name, "Tea desk", tea_desk(new_name))
    return new_name


def history(page: Page, desk: str) -> Locator:
    """The history of an assistant, opened beside its flow."""
    page.goto(f"/a/{desk}/flows/order_tea")
    page.get_by_role("button", name="History").click()
    rows = page.get_by_role("tabpanel", name="History").get_by_role("listitem")
    rows.first.wait_for()
    return rows


def response(name: str, text: str) -> dict[str, object]:
    """The edit that makes a response."""
    return {"op": "create", "item": str(uuid7()), "kind": "response", "name": name, "body": [{"text": text}]}


def test_the_change_that_made_the_assistant_can_t_be_taken_back(page: Page, api: Api, desk: str) -> None:
    aid = api.assistant(desk)["id"]
    api.change(aid, response("utter_thanks", "Thanks"))
    rows = history(page, desk)
    expect(rows).to_have_count(2)
    expect(rows.nth(0).get_by_role("button", name="Revert")).to_have_count(1)
    expect(rows.nth(1)).to_contain_text("Imported")
    expect(rows.nth(1).get_by_role("button", name="Revert")).to_have_count(0)


def test_a_revert_that_deletes_asks_first_and_its_undo_brings_all_back(page: Page, api: Api, desk: str) -> None:
    aid = api.assistant(desk)["id"]
    names = [f"utter_new_{number}" for number in range(5)]
    api.change(aid, *(response(name, "Hello") for name in names))

    def there() -> set[str]:
        items = api.get(f"/assistants/{aid}/items?kind=response&q=utter_new&limit=200")["items"]
        return {item["name"] for item in items}

    history(page, desk).first.get_by_role("button", name="Revert").click()
    dialog = page.get_by_role("dialog", name="Revert change 2?")
    expect(dialog.get_by_role("heading", name="deletes 5 items")).to_be_visible()
    for name in names:
        expect(dialog.get_by_text(name, exact=True)).to_be_visible()
    dialog.get_by_role("button", name="Cancel").click()
    assert there() == set(names)
    page.get_by_role("tabpanel", name="History").get_by_role("button", name="Revert").click()
    dialog.get_by_role("button", name="Revert the change").click()
    notice = page.get_by_role("status").filter(has_text="Taken back")
    notice.wait_for()
    assert there() == set()
    notice.get_by_role("button", name="Undo").click()
    page.get_by_role("status").filter(has_text="Made again").wait_for()
    assert there() == set(names)


def test_a_refused_revert_says_which_item_was_changed_since(page: Page, watch: Watch, api: Api, desk: str) -> None:
    watch.allow("status of 409")
    aid = api.assistant(desk)["id"]
    for text in ("Whereto?", "Where to, please?"):
        item = api.item(aid, "response", "utter_ask_town")
        patch = [{"op": "replace", "path": "/0/text", "value": text}]
        api.change(aid, {"op": "patch", "item": item["id"], "revision": item["revision"], "patch": patch})
    history(page, desk).nth(1).get_by_role("button", name="Revert").click()
    notice = page.get_by_role("status").filter(has_text="can’t be taken back any more")
    expect(notice).to_contain_text("The response utter_ask_town was changed since by admin")
    expect(notice).to_contain_text("in change 3")
