"""Without any network the page opens from the browser, tells what waits, and sends it once when the studio is back."""

from __future__ import annotations

import re
import shutil
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.services.running import PASSWORD, RunningStudio
from tests.web.api import Api
from tests.web.chromium import Watch, new_context, sign_in
from tests.web.projects import tea_desk
from tests.web.test_offline import CUT, TEXTS, body, changes, kept, saved, text_of, type_into, visit_all

from talkwright.backend.static import default_root

KEPT = """async () => {
  await navigator.serviceWorker.ready
  const all = await Promise.all((await caches.keys()).map(async (name) => (await caches.open(name)).keys()))
  return all.flat().map(({ url }) => new URL(url).pathname)
}"""
_PAGE = "async () => (await (await caches.match('/')).text())"
_BECOMES = """async (name) => {
  while ((await caches.keys()).join() !== name) await new Promise(requestAnimationFrame)
}"""
_BUILDS = "async () => (await caches.keys()).toSorted().join()"


@pytest.fixture
def page(studio: RunningStudio, browser: Browser) -> Iterator[Page]:
    """A page of a browser that keeps the client's files, with a sign-in of its own."""
    context = new_context(browser, address=studio.address, keeps_files=True)
    watch = Watch(context)
    for pattern in (CUT, "status of 401"):
        watch.allow(pattern)
    opened = context.new_page()
    opened.goto("/")
    sign_in(opened, "admin", PASSWORD)
    opened.get_by_role("heading", name="Assistants", exact=True).wait_for()
    yield opened
    context.close()
    assert watch.unexpected() == []


@pytest.mark.usefixtures("signed_in")
def test_three_changes_made_without_a_network_survive_a_reload_without_one_and_are_sent_once(
    page: Page, studio: RunningStudio, new_name: str
) -> None:
    api = Api(studio.address, page.context.request)
    api.bring_in(new_name, "Tea desk", tea_desk(new_name))
    assert "/" in page.evaluate(KEPT)
    visit_all(page, new_name)
    before = changes(api, new_name)
    page.context.set_offline(True)
    for response, (_, text) in TEXTS.items():
        type_into(page, new_name, response, text)
    kept(page, 3)
    page.reload()
    expect(page.get_by_role("alert")).to_contain_text("The studio can’t be reached")
    expect(page.get_by_text("3 changes kept in this browser")).to_be_visible()
    for text in (new_name, *(text for _, text in TEXTS.values())):
        expect(page.get_by_text(text)).to_have_count(0)  # whose they are is not known here
    page.context.set_offline(False)
    expect(text_of(page)).to_have_value(TEXTS["utter_ordered"][1])
    saved(page)
    after = changes(api, new_name)
    assert len(after) == len(set(after)) == len(before) + 3
    for response, (_, text) in TEXTS.items():
        assert body(api, new_name, response)[0]["text"] == text  # type: ignore[index] # a list of variations

    # What is kept are built files, nothing that was read or written; and after a sign-out no more than that is left.
    paths = page.evaluate(KEPT)
    assert all(re.fullmatch(r"/|/icon\.svg|/assets/[\w.-]+", path) for path in paths), paths
    assert not re.search(f"{new_name}|admin|Tea desk", page.evaluate(_PAGE))
    page.get_by_role("button", name="theme, shortcuts, sign out").click()
    page.get_by_role("menuitem", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.context.set_offline(True)
    page.goto(f"/a/{new_name}/content/response")
    expect(page.get_by_role("alert")).to_contain_text("The studio can’t be reached")
    expect(page.get_by_text("kept in this browser")).to_have_count(0)
    assert not re.search("admin|Tea desk", page.locator("body").inner_text())
    page.context.set_offline(False)


@pytest.fixture
def built(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """The built client in a folder of its own, served as it is; gives the folder and the address."""
    folder = tmp_path / "dist"
    shutil.copytree(default_root(), folder)
    handler = partial(SimpleHTTPRequestHandler, directory=str(folder))
    handler.func.log_message = lambda *_: None  # type: ignore[attr-defined] # silent
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield folder, f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def test_a_new_build_takes_the_place_of_the_kept_one(browser: Browser, built: tuple[Path, str]) -> None:
    folder, address = built
    context = new_context(browser, address=address, keeps_files=True)
    page = context.new_page()
    page.goto("/")
    page.evaluate(KEPT)
    first = page.evaluate(_BUILDS)
    index, worker = folder / "index.html", folder / "worker.js"
    name = first.removeprefix("talkwright ")
    worker.write_text(worker.read_text().replace(name, "another-build"))
    index.write_text(index.read_text().replace("</head>", '<meta name="build" content="another" /></head>'))
    page.goto("/")
    page.evaluate(_BECOMES, "talkwright another-build")
    context.set_offline(True)
    page.goto("/")
    assert page.locator('meta[name="build"]').get_attribute("content") == "another"
    context.close()
