"""Projects come in by the file dialog or by dropping them, and a report says what is in them."""

from __future__ import annotations

import base64
import io
import re
import zipfile
from pathlib import Path

from playwright.sync_api import Page, Route, expect
from tests.web.api import Api, archive
from tests.web.chromium import Watch
from tests.web.places import BROKEN, IMPORT, choose
from tests.web.projects import FLOWS, tea_desk
from tests.web.states import Held, busy

# What the browser doesn't show of a request: the bytes that it sends.
_SENT = """
const send = window.fetch
window.fetch = async (request) => {
  if (request.url.includes('/assistants/import')) {
    const bytes = new Uint8Array(await request.clone().arrayBuffer())
    window.sent = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))
  }
  return send(request)
}
"""
_DROP = """([text, name]) => {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))
  const transfer = new DataTransfer()
  transfer.items.add(new File([bytes], name, { type: 'application/zip' }))
  return transfer
}"""


def test_a_dropped_archive_becomes_an_assistant(page: Page, new_name: str) -> None:
    page.goto("/import")
    packed = base64.b64encode(archive(tea_desk(new_name))).decode()
    dropped = page.evaluate_handle(_DROP, [packed, "tea.zip"])
    zone = page.get_by_role("region", name="Project")
    zone.dispatch_event("dragover", {"dataTransfer": dropped})
    zone.dispatch_event("drop", {"dataTransfer": dropped})
    expect(page.get_by_text("tea.zip")).to_be_visible()
    page.get_by_role("textbox", name="Title").fill("Dropped tea")
    page.get_by_role("textbox", name="Id").fill(new_name)
    page.get_by_role("button", name=IMPORT).click()
    page.get_by_role("link", name="Open Dropped tea").click()
    page.get_by_role("link", name="order_tea").click()
    expect(page.locator(".react-flow__node-step")).to_have_count(3)
    page.go_back()
    expect(page.get_by_role("heading", name="Choose a flow")).to_be_visible()


def test_what_a_project_is_called_comes_into_no_field_that_is_written_in(page: Page, new_name: str) -> None:
    held: list[Route] = []
    page.route("**/assistants/import?*trial=true*", lambda route: held.append(route))  # noqa: PLW0108 - no built-in is taken
    page.goto("/import")
    choose(page, "tea.zip", archive(tea_desk(new_name)))
    title, name = page.get_by_role("textbox", name="Title"), page.get_by_role("textbox", name="Id")
    title.focus()
    expect(page.get_by_role("button", name="Reading")).to_be_visible()
    held.pop().continue_()
    expect(page.get_by_role("button", name=IMPORT)).to_be_enabled()
    expect(name).to_have_value(new_name)
    expect(title).to_have_value("")
    page.keyboard.type("Tea")
    name.focus()
    expect(title).to_have_value("Tea")
    title.fill("")
    name.focus()
    expect(title).not_to_have_value("")
    expect(title).not_to_have_value("Tea")


def test_the_report_of_a_project_with_errors_says_what_is_wrong_and_what_was_kept(page: Page, new_name: str) -> None:
    page.goto("/import")
    choose(page, "broken.zip", archive(BROKEN))
    page.get_by_role("textbox", name="Id").fill(new_name)
    page.get_by_role("button", name=IMPORT).click()
    expect(page.get_by_text("which does not exist").first).to_be_visible()
    expect(page.get_by_text("goes on at nowhere")).to_be_visible()
    aside = page.get_by_role("complementary", name="The new assistant")
    expect(aside).to_contain_text("notes/readme.txt")
    expect(aside.get_by_text(".git")).to_have_text([".git"])  # once, whatever is in it
    expect(aside).to_contain_text("History begins with this import")
    page.set_viewport_size({"width": 1440, "height": 400})
    found = page.locator(".kinds")
    assert found.evaluate("(box) => box.scrollHeight <= box.clientHeight"), "what was found is cut off"


def test_an_assistant_trains_by_itself_once_what_was_wrong_with_its_project_is_mended(
    page: Page, api: Api, new_name: str
) -> None:
    slips = "".join(
        f"  {name}:\n    description: Ask for {name}\n    steps:\n      - link: order_te\n"
        for name in ("more_tea", "stronger_tea")
    )
    page.goto("/import")
    choose(page, "slips.zip", archive(tea_desk(new_name, flows=FLOWS + slips)))
    page.get_by_role("checkbox", name="Train as soon as both errors are mended").check()
    page.get_by_role("button", name=IMPORT).click()
    expect(page.get_by_text("It trains by itself once you have mended its errors here.")).to_be_visible()
    page.goto(f"/a/{new_name}/flows/more_tea?view=yaml")
    page.get_by_role("button", name=re.compile("^Problems")).last.click()
    mends = page.get_by_role("tabpanel", name="Problems").get_by_role("button", name="Mend")
    expect(mends).to_have_count(2)
    mends.first.click()
    expect(mends).to_have_count(1)
    page.reload()  # the browser remembers it
    expect(mends).to_have_count(1)
    assistant = api.assistant(new_name)["id"]
    assert api.get(f"/assistants/{assistant}/trainings")["items"] == []
    mends.click()
    expect(page.get_by_text("No error is left: it trains now")).to_be_visible()
    expect(page.get_by_role("button", name="Train", exact=True)).to_have_count(0)
    assert len(api.get(f"/assistants/{assistant}/trainings")["items"]) == 1
    assert page.evaluate("Object.keys(localStorage).filter((key) => key.includes('train-once-mended'))") == []


def test_what_is_in_a_project_is_told_before_anything_is_made_of_it(page: Page, api: Api, new_name: str) -> None:
    page.goto("/import")
    choose(page, "broken.zip", archive({**BROKEN, "config.yml": BROKEN["config.yml"].replace("broken-desk", new_name)}))
    work = page.get_by_role("main")
    expect(work.get_by_role("heading", name="items")).to_have_text("4 items")
    expect(work.locator(".kind")).to_have_text(["1Flow", "1Slot", "1Configuration", "1File"])
    expect(work).to_contain_text(f"{len(BROKEN) - 2} files")
    gone = work.get_by_role("listitem").filter(has_text="The question for seats goes on at nowhere")
    expect(gone).to_contain_text("data/flows.yml:7")
    expect(work.get_by_role("link")).to_have_count(0)  # nothing is there yet to lead to
    aside = page.get_by_role("complementary", name="Into a new assistant")
    expect(aside.get_by_role("textbox", name="Title")).to_have_value(new_name.replace("desk-", "Desk "))
    expect(aside.get_by_role("textbox", name="Id")).to_have_value(new_name)
    expect(aside).to_contain_text("notes/readme.txt")
    expect(aside.get_by_text(".git")).to_have_text([".git"])  # once, whatever is in it
    expect(aside).to_contain_text("History begins with this import")
    expect(page.get_by_role("button", name="Import 4 items")).to_be_visible()
    assert api.find(new_name) is None
    page.get_by_role("link", name="Cancel").click()
    page.get_by_role("link", name="Import a project").first.click()
    expect(page.get_by_role("region", name="Project")).to_be_visible()  # nothing of it waits here
    choose(page, "notes.zip", archive(tea_desk(new_name)))
    page.get_by_role("button", name="Choose another").click()
    expect(aside.get_by_role("textbox", name="Id")).to_have_value("")
    expect(page.get_by_role("region", name="Project")).to_be_visible()


def test_a_project_that_cannot_be_read_just_now_is_read_again(page: Page, watch: Watch) -> None:
    watch.allow("status of 500")
    page.goto("/import")
    held = Held(page, "trial=true")
    choose(page, "broken.zip", archive(BROKEN))
    held.asked()
    busy(page).first.wait_for()
    reading = page.get_by_role("button", name="Reading…")
    expect(reading).to_be_disabled()
    page.get_by_role("link", name="Cancel").focus()
    page.keyboard.press("Tab")
    expect(reading).to_be_focused()
    page.keyboard.press("Enter")
    held.fail()
    expect(page.get_by_role("alert")).to_contain_text("The project can’t be read")
    held.go_on()
    page.get_by_role("alert").get_by_role("button", name="Try again").click()
    expect(page.get_by_role("button", name="Import 4 items")).to_be_visible()


def test_what_is_no_archive_is_refused_on_the_spot(page: Page) -> None:
    page.goto("/import")
    choose(page, "notes.txt", b"not an archive")
    expect(page.get_by_role("alert")).to_contain_text("neither a .zip nor a .tar.gz")


def test_an_archive_that_cannot_be_read_is_refused_with_its_reason(
    page: Page, watch: Watch, api: Api, new_name: str
) -> None:
    watch.allow("status of 4")
    page.goto("/import")
    choose(page, "cut.zip", archive(tea_desk(new_name))[:200])
    page.get_by_role("textbox", name="Id").fill(new_name)
    refused = page.get_by_role("alert")
    expect(refused).to_contain_text("pack it again")
    expect(refused.get_by_role("button", name="Try again")).to_have_count(0)
    page.get_by_role("button", name=IMPORT).click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert api.find(new_name) is None


def test_an_archive_dropped_at_home_is_taken_to_the_import(page: Page) -> None:
    page.goto("/")
    page.get_by_role("heading", name="Assistants").wait_for()
    packed = base64.b64encode(archive(tea_desk("dropped"))).decode()
    dropped = page.evaluate_handle(_DROP, [packed, "tea at home.zip"])
    page.get_by_role("main").dispatch_event("dragover", {"dataTransfer": dropped})
    page.get_by_role("main").dispatch_event("drop", {"dataTransfer": dropped})
    expect(page).to_have_url(re.compile("/import$"))
    expect(page.get_by_text("tea at home.zip")).to_be_visible()


def test_a_working_folder_leaves_its_secrets_at_home(page: Page, new_name: str, tmp_path: Path) -> None:
    secret = "must not leave the browser"
    own = {".env": secret, "desk/.env.local": secret, ".talkwright/keys/token": secret, "__MACOSX/x": secret}
    for path, text in {**tea_desk(new_name), **own}.items():
        (tmp_path / "work" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "work" / path).write_text(text)
    page.add_init_script(_SENT)
    page.goto("/import")
    page.get_by_label("Choose a folder").set_input_files(tmp_path / "work")
    expect(page.get_by_text("work", exact=True)).to_be_visible()
    page.get_by_role("textbox", name="Title").fill("Folder tea")
    page.get_by_role("textbox", name="Id").fill(new_name)
    page.get_by_role("button", name=IMPORT).click()
    aside = page.get_by_role("complementary", name="The new assistant")
    for path in (".env", "desk/.env.local", ".talkwright/", "__MACOSX/"):
        expect(aside.get_by_text(path, exact=True)).to_be_visible()
    expect(aside.get_by_text("May hold secrets")).to_have_count(2)
    expect(aside.get_by_text("Belongs to a tool")).to_have_count(2)
    with zipfile.ZipFile(io.BytesIO(base64.b64decode(page.evaluate("window.sent")))) as packed:
        assert set(packed.namelist()) == set(tea_desk(new_name))


def test_a_name_that_is_taken_is_said_at_its_field(page: Page, watch: Watch, api: Api, new_name: str) -> None:
    watch.allow("status of 409")
    api.bring_in(new_name, "Tea desk", tea_desk(new_name))
    page.goto("/?new=true")
    dialog = page.get_by_role("dialog", name="New assistant")
    ids: list[str] = []
    page.on("request", lambda sent: ids.append(sent.post_data_json["id"]) if sent.method == "POST" else None)
    dialog.get_by_label("Title").fill("Another one")
    dialog.get_by_label("Id").fill(new_name)
    dialog.get_by_role("button", name="Create").click()
    expect(dialog.get_by_label("Id")).to_have_accessible_description(re.compile("There is already an assistant named"))
    dialog.get_by_label("Id").fill(f"{new_name}-more")
    dialog.get_by_role("button", name="Create").click()
    page.get_by_role("heading", name="Choose a flow").wait_for()
    assert [len(ids), len(set(ids))] == [2, 1]


def test_an_import_that_is_left_goes_on_and_leaves_the_next_choice_alone(page: Page, api: Api, new_name: str) -> None:
    page.goto("/import")
    choose(page, "tea.zip", archive(tea_desk(new_name)))
    expect(page.get_by_role("textbox", name="Id")).to_have_value(new_name)
    imports = Held(page, r"/assistants/import\?(?!.*trial)")
    page.get_by_role("button", name=IMPORT).click()
    imports.asked()
    page.get_by_role("link", name="Import in the background").click()
    page.get_by_role("link", name="Import a project").first.click()
    choose(page, "coffee.zip", archive(tea_desk(f"{new_name}-b")))
    imports.go_on()
    page.get_by_text("is here").wait_for()
    expect(page.get_by_text("coffee.zip")).to_be_visible()
    page.get_by_role("button", name="Open", exact=True).click()
    page.wait_for_url(f"**/a/{new_name}**")
    assert api.find(f"{new_name}-b") is None
