"""Where the operator has set up a second engine, an assistant's settings offer it, and say what goes wrong with it."""

from __future__ import annotations

from playwright.sync_api import Page, expect
from tests.services.modelservice import project
from tests.web.api import Api
from tests.web.test_accessibility import violations


def test_an_engine_is_chosen_and_its_training_says_what_is_missing(page: Page, api: Api, new_name: str) -> None:
    # The studio of these tests names its own Python, which has no Rasa: that is set up, and can train nothing.
    assistant = api.bring_in(new_name, "Bank of two engines", project(new_name))
    page.goto(f"/a/{new_name}/settings")
    part = page.get_by_role("region", name="Engine")
    choice = part.get_by_label("Engine of the next training")
    expect(choice).to_have_value("talkwright")
    choice.select_option(label="Rasa")
    expect(page.get_by_role("status").filter(has_text="The next training is made with Rasa")).to_be_visible()
    expect(part).to_contain_text("Another engine takes longer to train")
    assert violations(page, ".settings-work") == []
    path = f"/assistants/{assistant['id']}"
    assert api.get(path)["engine"] == "rasa"
    page.goto(f"/a/{new_name}/versions")
    page.get_by_role("banner").get_by_role("button", name="Train", exact=True).click()
    expect(page.get_by_role("main")).to_contain_text("Failed", timeout=60_000)
    (training,) = api.get(f"{path}/trainings")["items"]
    assert (training["engine"], "has no Rasa installed" in training["reason"]) == ("rasa", True)
