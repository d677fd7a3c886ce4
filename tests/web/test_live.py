"""What happens elsewhere shows at once, in every tab of the browser, over one connection."""

from __future__ import annotations

import json
import os
import re
import signal
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect
from tests.services.running import RunningStudio
from tests.web.api import Api
from tests.web.places import canvas
from tests.web.projects import tea_desk

from talkwright.database.ids import uuid7

TABS = 8
# As many connections as a browser makes to one server over HTTP/1.1 are fewer than these tabs.


@pytest.fixture
def desk(api: Api, new_name: str) -> str:
    """The name of a small assistant that only this test changes."""
    api.bring_in(new_name, "Tea desk", tea_desk(new_name))
    return new_name


def test_a_response_that_comes_back_from_the_history_mends_the_open_flow(page: Page, api: Api, desk: str) -> None:
    aid = api.assistant(desk)["id"]
    item = api.item(aid, "response", "utter_ordered")
    api.change(aid, {"op": "delete", "item": item["id"], "revision": item["revision"]})
    page.goto(f"/a/{desk}/flows/order_tea")
    canvas(page)
    step = page.locator(".react-flow__node-step").filter(has_text="utter_ordered")
    expect(step.get_by_text("A {size} tea goes to")).to_have_count(0)
    expect(page.locator(".react-flow__node-step .c-err")).to_have_count(1)
    page.get_by_role("button", name="History").click()
    row = page.get_by_role("tabpanel", name="History").get_by_role("listitem").first
    row.get_by_role("button", name="Revert").click()
    expect(page.locator(".react-flow__node-step").filter(has_text="tea goes to")).to_have_count(1)
    expect(page.locator(".react-flow__node-step .c-err")).to_have_count(0)
    # ... and a colleague's deletion shows as well.
    item = api.item(aid, "response", "utter_ordered")
    api.change(aid, {"op": "delete", "item": item["id"], "revision": item["revision"]})
    expect(page.locator(".react-flow__node-step .c-err")).to_have_count(1)


@pytest.mark.slow
def test_many_tabs_on_different_assistants_all_stay_live(page: Page, studio: RunningStudio, api: Api) -> None:
    streams: list[str] = []
    page.context.on("request", lambda request: streams.append(request.url) if "/api/events" in request.url else None)
    names = [f"many-{number}" for number in range(TABS)]
    for name in names:
        api.bring_in(name, name.title(), tea_desk(name))
    tabs = [page, *(page.context.new_page() for _ in names[1:])]
    for tab, name in zip(tabs, names, strict=True):
        tab.goto(f"{studio.address}/a/{name}/flows/order_tea")
        canvas(tab)
    for number, (tab, name) in enumerate(zip(tabs, names, strict=True)):
        made = {"op": "create", "item": str(uuid7()), "kind": "flow", "name": f"made_{number}"}
        body = {"description": "Made elsewhere", "steps": [{"noop": True, "next": "END"}]}
        api.change(api.assistant(name)["id"], made | {"body": body})
        link = tab.get_by_role("navigation", name="Flows").get_by_role("link", name=re.compile(f"made_{number}"))
        expect(link).to_have_count(1)
    # The tab that reads is closed: another one goes on from where it was.
    tabs[0].close()
    name = names[-1]
    made = {"op": "create", "item": str(uuid7()), "kind": "flow", "name": "made_last"}
    body = {"description": "Made elsewhere", "steps": [{"noop": True, "next": "END"}]}
    api.change(api.assistant(name)["id"], made | {"body": body})
    expect(tabs[-1].get_by_role("navigation", name="Flows").get_by_role("link", name="made_last")).to_have_count(1)


def test_who_waits_for_a_training_sees_the_queue_move_without_asking(
    page: Page, studio: RunningStudio, api: Api
) -> None:
    names = [f"queue-{number}" for number in range(3)]
    for name in names:
        api.bring_in(name, name.title(), tea_desk(name))
    first, second, third = [f"/assistants/{api.assistant(name)['id']}/trainings" for name in names]
    asked: list[str] = []
    page.on(
        "request", lambda sent: asked.append(sent.url) if re.search(r"/(trainings|deployments)", sent.url) else None
    )
    while any((one["training"] or {}).get("state") in ("queued", "running") for one in api.get("/assistants")["items"]):
        page.wait_for_timeout(200)  # the studio's own first training
    consumer = studio.process_of("training-consumer")
    os.kill(consumer, signal.SIGSTOP)
    try:
        api.send("POST", first, {"id": str(uuid7()), "deploy": False})
        before = api.send("POST", second, {"id": str(uuid7()), "deploy": False})
        page.goto(f"{studio.address}/a/{names[2]}/versions")
        api.send("POST", third, {"id": str(uuid7()), "deploy": False})
        panel = page.get_by_role("complementary", name=re.compile("Training of"))
        expect(panel.get_by_text("1 before you; 1 of 1 training consumer busy.")).to_be_visible()
        page.wait_for_timeout(1500)  # what the queue's last move makes the page read
        asked.clear()
        page.wait_for_timeout(7000)
        assert len(asked) < 2, "what is asked for in turns was asked for several times by now"
        api.send("POST", f"{second}/{before['id']}/stop")
        expect(panel.get_by_text("1 of 1 training consumer busy.", exact=True)).to_be_visible()
    finally:
        os.kill(consumer, signal.SIGCONT)
    expect(panel.get_by_role("heading", name=re.compile("is trained"))).to_be_visible(timeout=60_000)
    panel.get_by_role("button", name="What became of it").click()
    told = panel.get_by_role("list", name="What became of this training").get_by_role("listitem")
    expect(told).to_have_text([re.compile("Trained"), re.compile("A consumer has taken it."), re.compile("asked for")])


def test_what_happens_between_the_first_read_and_the_connection_is_not_lost(page: Page, api: Api, desk: str) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.context.route("**/api/events*", hold, times=1)
    page.goto(f"/a/{desk}/content/response")
    row = page.get_by_role("grid", name="Responses").get_by_role("row", name="utter_ordered")
    expect(row).to_be_visible()
    aid = api.assistant(desk)["id"]
    item = api.item(aid, "response", "utter_ordered")
    api.change(aid, {"op": "delete", "item": item["id"], "revision": item["revision"]})
    while not held:
        page.wait_for_timeout(20)
    held[0].continue_()
    expect(row).to_have_count(0)


def held_at(page: Page, folder: Path, stage: str) -> tuple[int, dict[str, Any]]:
    """Hold a job once it has said that a stage begins; gives its process and the last that it got to say."""
    log = folder / "log.jsonl"
    while not log.is_file() or stage not in log.read_text(encoding="utf-8"):
        page.wait_for_timeout(10)
    pid = int(json.loads((folder / "status.json").read_text(encoding="utf-8"))["pid"])
    os.kill(pid, signal.SIGSTOP)
    page.wait_for_timeout(300)  # what it said before is on its way to the file
    last = log.read_text(encoding="utf-8").splitlines()[-1]
    return pid, json.loads(json.loads(last)["text"])


def test_a_training_tells_its_lines_its_stage_and_its_progress_while_it_goes_on(
    page: Page, studio: RunningStudio, api: Api, desk: str
) -> None:
    page.goto(f"/a/{desk}/flows")
    page.get_by_role("button", name="Training log").click()
    drawer = page.get_by_role("tabpanel", name="Training log")
    drawer.get_by_text("No training yet").wait_for()
    trainings = f"/assistants/{api.assistant(desk)['id']}/trainings"
    training = api.send("POST", trainings, {"id": str(uuid7()), "deploy": False})["id"]
    job, said = held_at(page, studio.home / "jobs" / "training" / f"tw-t-{training}-1", "checking")
    head, log = drawer.locator(".log-head"), drawer.get_by_role("log", name="Training log")
    try:
        expect(log).to_contain_text("Checking 1 flow")
        expect(log).to_contain_text(said["message"])
        expect(head).to_contain_text(said["stage"])
        expect(drawer.get_by_role("progressbar")).to_have_attribute("aria-valuenow", f"{100 * said['progress']:.0f}")
        assert api.get(f"{trainings}/{training}")["state"] == "running"
    finally:
        os.kill(job, signal.SIGCONT)
    expect(log).to_contain_text("is ready", timeout=60_000)
    expect(head).to_contain_text("Trained")
    expect(drawer.get_by_role("progressbar")).to_have_count(0)
