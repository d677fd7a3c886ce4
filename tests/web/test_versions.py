"""What became of a version is read beside it; what runs is stopped there, and its model deleted once nothing runs."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, Response, Route, expect
from tests.web.api import Api
from tests.web.chromium import Watch
from tests.web.places import open_dock, version_history, version_menu
from tests.web.projects import tea_desk
from tests.web.room import LAPTOP, faults

from talkwright.database.ids import uuid7

SLEEPS = "Nobody talked to it for a while; the next message wakes it."
RUNS = re.compile(r"/api/assistants(\?|/[0-9a-f-]{36}/deployments(\?|$))")
LEAST_NOTE = 160
CUT = r"ERR_INTERNET_DISCONNECTED|Failed to fetch"


def row(page: Page, number: int) -> Locator:
    """The row of a version."""
    return page.get_by_role("row").filter(has=page.get_by_label(f"Note of version {number}"))


def stays_readable_beside_the_dock(page: Page) -> None:
    """The table, the history and the open dock have room beside each other."""
    before = page.viewport_size
    assert before is not None
    open_dock(page)
    for size in (before, LAPTOP):
        page.set_viewport_size(size)
        assert faults(page) == []
        note = page.get_by_label("Note of version 1").bounding_box()
        assert note is not None
        assert note["width"] > LEAST_NOTE
    page.set_viewport_size(before)
    page.get_by_role("banner").get_by_role("button", name="Try").click()


def sleeps_in_words(page: Page, states: Locator) -> None:
    """A run that sleeps says so in the table and in its history; here the answers say it, as sleep takes its time."""

    def tell(route: Route) -> None:
        answer = route.fetch()
        told = answer.json()
        for run in (each.get("deployment", each) for each in told["items"]):
            if run is not None:
                run.update(state="stopped", asleep=True, reason=SLEEPS)
        route.fulfill(response=answer, json=told)

    page.route(RUNS, tell)
    page.reload()
    expect(row(page, 1)).to_contain_text("Asleep")
    expect(row(page, 1)).to_contain_text(SLEEPS)
    expect(row(page, 1)).not_to_contain_text("stored")  # a training that went well needs no reason
    version_history(page)
    expect(states.first).to_contain_text("Asleep")
    expect(states.filter(has_text="Asleep")).to_have_count(1)
    expect(page.locator("button [tabindex]")).to_have_count(0)
    history = page.get_by_role("complementary", name="What became of version 1")
    history.get_by_role("button", name="In Try").hover()
    expect(page.get_by_role("tooltip", name=SLEEPS)).to_be_visible()
    page.unroute(RUNS, tell)
    page.reload()
    expect(row(page, 1)).not_to_contain_text("Asleep")
    version_history(page)


@pytest.mark.slow
def test_a_run_is_read_and_stopped_and_then_its_model_is_deleted(page: Page, api: Api, new_name: str) -> None:
    api.bring_in(new_name, "Tea desk", tea_desk(new_name))
    desk = api.trained(new_name)
    page.goto(f"/a/{new_name}/versions")
    version_menu("Delete the model")(page)
    dialog = page.get_by_role("dialog", name="Version 1 needs its model")
    dialog.get_by_role("button", name="Show what runs").click()
    history = page.get_by_role("complementary", name="What became of version 1")
    states = history.get_by_role("list", name="What became of this run").get_by_role("listitem")
    expect(states.first).to_contain_text("Runs")
    expect(states.last).to_contain_text("admin")
    stays_readable_beside_the_dock(page)
    sleeps_in_words(page, states)
    history.get_by_role("button", name="Stop version 1").click()
    expect(states.first).to_contain_text("Stopped", timeout=60_000)
    expect(states.filter(has_text="admin")).not_to_have_count(1)  # who asked for it and who for its end
    history.get_by_role("button", name="Training").click()
    trained = history.get_by_role("list", name="What became of this training").get_by_role("listitem")
    expect(trained.first).to_contain_text("Trained")

    version_menu("Delete the model")(page)
    dialog = page.get_by_role("dialog", name="Delete the model of version 1?")
    dialog.get_by_role("button", name="Delete the model").click()
    expect(row(page, 1)).to_contain_text("Model deleted")
    expect(row(page, 1).get_by_role("button", name="Talk to version 1")).to_have_count(0)
    expect(history).to_contain_text("admin deleted its model")
    history.get_by_role("button", name="Close").click()
    expect(history).to_have_count(0)
    expect(page.get_by_role("button", name="More for version 1")).to_be_focused()
    page.get_by_role("button", name="More for version 1").click()
    expect(page.get_by_role("menuitem")).to_have_count(1)
    page.keyboard.press("Escape")

    path = f"/assistants/{desk['id']}/versions"
    assert api.get(path)["items"][0]["model"] is None
    page.get_by_role("banner").get_by_role("button", name="Train", exact=True).click()
    expect(row(page, 1)).to_contain_text("Ready", timeout=90_000)
    assert api.get(path)["items"][0]["number"] == 1, "the same content has a model again"


def test_a_note_that_was_written_while_the_studio_was_away_is_saved_when_it_is_back(
    page: Page, watch: Watch, api: Api, new_name: str
) -> None:
    watch.allow(CUT)
    desk = api.bring_in(new_name, "Tea desk", tea_desk(new_name))
    api.send("POST", f"/assistants/{desk['id']}/trainings", {"id": str(uuid7()), "deploy": False})
    page.goto(f"/a/{new_name}/settings")
    page.get_by_role("navigation", name="Sections").get_by_role("link", name="Versions").click()
    note = page.get_by_label("Note of version 1")

    def is_saved(answer: Response) -> bool:
        return answer.request.method == "PATCH" and answer.ok

    expect(note).to_be_visible()
    page.context.set_offline(True)
    note.fill("Before the harbour")
    with page.expect_response(is_saved):
        note.press("Enter")
        expect(page.get_by_role("status").filter(has_text="Offline").first).to_be_visible()
        page.context.set_offline(False)
    note.fill("Left by Back")
    with page.expect_response(is_saved):
        page.go_back()
    assert api.get(f"/assistants/{desk['id']}/versions")["items"][0]["description"] == "Left by Back"
