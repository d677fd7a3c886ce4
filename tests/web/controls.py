"""Goes through a page as somebody would who tries everything on it, and tells what did nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from playwright.sync_api import Error, Page, Request
from tests.web.chromium import Watch

SCRIPT = Path(__file__).with_name("controls.js")
PATIENCE = 5000
"""How long an activation may take to change something, in milliseconds."""
SOON = 150
"""What most activations take at most."""
ALIKE = 1
"""So many controls that are alike, e.g. the links of rows of one kind, stand for all of their list."""
LOADED = 150
"""A page that was opened is there when nothing changed for so long, in milliseconds; until then it may show nothing."""
FEW = 0.1
"""The part of all controls that may go before they are tried, e.g. those of a chat that another one closed."""
READS = {"GET", "HEAD", "OPTIONS"}
READ_BY_POST = "/conditions"
ONCE = ("Train", "Sign out", "Load the example")
"""What is the same on every page, and costs seconds."""
ONE_OF = 8
"""Of so many controls one is tried where only some are."""
Effort = Literal["some", "all", "deep"]
EFFORTS: dict[str, Effort] = {"some": "some", "all": "all", "deep": "deep"}
Layout = dict[str, object]


@dataclass(frozen=True)
class Spot:
    """A page to try: its address, what is open beside it, which part of it is tried, and what is pressed before."""

    path: str
    layout: Layout = field(default_factory=dict)
    within: str | None = None
    press: str | None = None


@dataclass(frozen=True)
class Control:
    """A control that a page shows; `alike` names the ones in the same list, `skip` says that it is chosen already.

    One of the `frame` is the same on each page of the frame.
    """

    key: str
    kind: Literal["press", "text", "select", "slide", "file"]
    alike: str | None
    frame: bool
    skip: bool


@dataclass
class Findings:
    """What was tried on all pages of a person, and what was wrong."""

    empty: list[str] = field(default_factory=list)
    dead: list[str] = field(default_factory=list)
    covered: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    unopened: list[str] = field(default_factory=list)
    """Where the person has no button to press before; no fault of who may not."""
    tried: Counter[str] = field(default_factory=Counter)

    def wrong(self) -> dict[str, list[str]]:
        """Everything that must not be, by its kind."""
        kinds = {
            "shows no control": self.empty,
            "does nothing": self.dead,
            "can't be reached": self.covered,
            "console error": self.faults,
            "went before it was tried": self.gone if len(self.gone) > FEW * self.tried.total() else [],
        }
        return {kind: each for kind, each in kinds.items() if each}


def path_of(address: str) -> str:
    """The path of an address, without what is selected on its page."""
    return urlsplit(address).path


def some_of(controls: Iterable[Control]) -> Iterator[Control]:
    """Of controls that are alike, the first ones; all others."""
    seen: Counter[str] = Counter()
    for control in controls:
        if control.alike is not None:
            seen[control.alike] += 1
            if seen[control.alike] > ALIKE:
                continue
        if not control.skip:
            yield control


class Explorer:
    """Activates every control of the pages that it is led to, each from the page as it was first."""

    def __init__(
        self,
        page: Page,
        watch: Watch,
        *,
        effort: Effort,
        mend: Callable[[list[str]], None],
        enter: Callable[[], None],
        first: int = 0,
    ) -> None:
        self.found = Findings()
        self._page = page
        self._watch = watch
        self._effort = effort
        self._met = first
        self._mend = mend
        self._enter = enter
        self._writes: list[str] = []
        self._elsewhere: list[str] = []
        self._frame: set[str] = set()
        self._inner: set[str] = set()
        self._spot = Spot("/")
        self._fresh = ""
        self._last: Control | None = None
        self._turns = False
        self._once: set[str] = set()
        page.add_init_script(path=SCRIPT)
        page.on("dialog", lambda dialog: dialog.accept())
        page.on("download", lambda _: self._elsewhere.append("download"))
        page.on("filechooser", lambda _: self._elsewhere.append("file chooser"))
        page.on("popup", self._popped_up)
        page.on("request", self._requested)

    def _popped_up(self, other: Page) -> None:
        self._elsewhere.append("new tab")
        other.close()

    def _requested(self, request: Request) -> None:
        if request.method not in READS and not request.url.endswith(READ_BY_POST):
            self._writes.append(f"{request.method} {request.url}")

    def explore(self, spot: Spot) -> None:
        """Try what a page shows and, at the deepest, what that opens; what several ways open, once in a section.

        Where the person doesn't have the button that is pressed before, there is nothing to try.
        """
        self._mended()
        self._spot = spot
        self._open()
        if spot.press is not None and self._page.get_by_role("dialog").count() == 0:
            self.found.unopened.append(f"{spot.path}: {spot.press}")
            return
        first = self._collected(spot.within)
        known = {control.key for control in self._collected()}
        if not first:
            self.found.empty.append(spot.path)
        for control in some_of(first):
            if control.frame and control.key in self._frame and spot.within is None:
                continue
            self._frame.add(control.key)
            self._met += 1
            if self._effort == "some" and self._met % ONE_OF != 0:
                continue
            for inner in some_of(self._try(control, known)):
                if self._effort == "deep" and self._is_new(inner):
                    self._try(inner, known, opener=control)

    def _is_new(self, inner: Control) -> bool:
        section = self._spot.path.split("/")[3:4]
        seen = f"{section} {inner.key}"
        new = seen not in self._inner
        self._inner.add(seen)
        return new

    # ---- one activation -----------------------------------------------------------------------------------------

    def _try(self, control: Control, known: set[str], *, opener: Control | None = None) -> list[Control]:
        """Activate one control and put everything back; gives the controls that came with it, on the same page."""
        if any(deed in control.key for deed in ONCE):
            if control.key in self._once:
                return []
            self._once.add(control.key)
        self._back()
        if opener is not None and not self._activate(opener, judged=False):
            return []
        self._watch.take()
        opened = self._activate(control, judged=True, told=f"{self._told(opener)}{control.key}")
        if opened is None or opener is not None or self._writes:  # what new content brings is like what is there
            return []
        if path_of(self._page.url) != path_of(self._spot.path):
            return []
        return [each for each in opened if each.key not in known]

    def _told(self, opener: Control | None) -> str:
        return f"{self._spot.path}: {'' if opener is None else f'{opener.key} → '}"

    def _activate(self, control: Control, *, judged: bool, told: str = "") -> list[Control] | None:
        """Point at a control and press it; gives all controls of the page after it, or None where it isn't there."""
        aim = self._aim(control)
        if aim is None:
            if judged:
                self.found.gone.append(told)
            return None
        if judged:
            self._last = control
            self.found.tried[self._spot.path] += 1
        if aim["covered"]:
            if judged:
                self.found.covered.append(told)
            return None
        self._elsewhere.clear()
        self._turns = bool(aim["turns"])
        change = self._press(aim, control, PATIENCE if judged else 2 * SOON)
        if judged and change is None and not self._elsewhere:
            change = self._press_where_it_went(control)
        if judged and change is None and not self._elsewhere:
            self.found.dead.append(told)
        self._settle()
        if judged:
            self.found.faults.extend(f"{told}: {fault}" for fault in self._watch.take())
        return self._collected()

    def _aim(self, control: Control) -> dict[str, Any] | None:
        aim: dict[str, Any] | None = self._run(
            "(key) => everyControl.aim(key[0], key[1])", [control.key, self._spot.within]
        )
        return aim

    def _press_where_it_went(self, control: Control) -> str | None:
        """Press what was moved, or made anew, just as it was pressed, e.g. by what a busy server told late."""
        aim = self._aim(control)
        return (
            self._press(aim, control, PATIENCE) if aim is not None and aim["strayed"] and not aim["covered"] else None
        )

    def _press(self, aim: dict[str, Any], control: Control, patience: int) -> str | None:
        try:
            self._point(aim["point"], control)
            self._use(control)
            change: str | None = self._changed(SOON)
            if change is None and not self._elsewhere:
                change = self._changed(patience)
            if control.kind == "text":
                self._page.keyboard.press("Backspace")
        except Error as error:
            if "context" not in error.message and "navigat" not in error.message:
                raise
            return "address"
        return change

    def _point(self, at: dict[str, float] | None, control: Control) -> None:
        """Press it with the pointer; by keyboard what is out of sight until it has the focus."""
        page = self._page
        if at is None:
            page.evaluate("everyControl.ready()")
            page.evaluate("everyControl.focus()")
            page.keyboard.press("Enter")
            return
        page.mouse.move(at["x"], at["y"])
        page.evaluate("everyControl.ready()")
        if control.kind in {"select", "slide"}:
            page.evaluate("everyControl.focus()")
        else:
            page.mouse.down()
            page.mouse.up()

    def _use(self, control: Control) -> None:
        """Type, choose or slide."""
        keyboard = self._page.keyboard
        if control.kind == "text":
            self._page.evaluate("everyControl.ready()")
            keyboard.type("1")
        elif control.kind == "select":
            keyboard.press(self._page.evaluate("everyControl.optionKey()"))
        elif control.kind == "slide":
            for key in self._page.evaluate("everyControl.slideKeys()"):
                keyboard.press(key)
                if self._changed(SOON):
                    break  # at one of its ends it goes one way only

    def _changed(self, most: int) -> str | None:
        change: str | None = self._page.evaluate("(most) => everyControl.change(most)", most)
        return change

    # ---- the page as it was first -------------------------------------------------------------------------------

    def _back(self) -> None:
        """Put the page back to what it was before the last activation, by the cheapest way that does."""
        last, self._last = self._last, None
        if self._mended():
            self._open()
            return
        self._run("() => everyControl.hush()")
        if self._surface() == self._fresh:
            return
        self._page.keyboard.press("Escape")
        self._settle()
        if not self._page.url.endswith(self._spot.path) and self._run("() => '__TSR_ROUTER__' in window"):
            self._run("(path) => everyControl.go(path)", self._spot.path)
            self._settle()
        if self._surface() == self._fresh:
            return
        if last is not None and self._turns:
            self._activate(last, judged=False)
            if self._surface() == self._fresh and not self._writes:
                return
        self._open()

    def _mended(self) -> bool:
        """Put back what the last activation wrote, if it wrote anything; the next page must not miss it."""
        if not self._writes:
            return False
        self._settle()
        writes, self._writes = self._writes, []
        self._mend(writes)
        return True

    def _open(self) -> None:
        """Open the page anew."""
        self._run(
            "(state) => localStorage.setItem('talkwright-layout', JSON.stringify({ state, version: 1 }))",
            self._spot.layout,
        )
        self._page.goto(self._spot.path)
        entry = self._page.get_by_role("heading", name="Sign in")
        entry.or_(self._page.get_by_role("navigation", name="Sections")).first.wait_for()
        if entry.is_visible():
            self._enter()
            self._page.goto(self._spot.path)
        self._page.locator("#work").wait_for()
        self._run("(still) => everyControl.quiet(still)", LOADED)
        if self._spot.press is not None:
            self._press_before(self._spot.press)
        self._writes.clear()
        self._fresh = self._surface()

    def _press_before(self, name: str) -> None:
        button = self._page.get_by_role("button", name=name, exact=True)
        if button.count() > 0:
            button.first.click()
            self._settle()

    def _surface(self) -> str:
        return str(self._run("() => everyControl.surface()"))

    def _collected(self, within: str | None = None) -> list[Control]:
        found = self._run("(within) => everyControl.collect(within)", within) or []
        return [Control(**each) for each in found]

    def _settle(self) -> None:
        self._run("() => everyControl.quiet()")

    def _run(self, script: str, argument: object = None) -> Any:
        """Evaluate in the page, again where it goes to another address meanwhile."""
        for _ in range(5):
            try:
                return self._page.evaluate(script, argument)
            except Error as error:
                if "context" not in error.message and "navigat" not in error.message:
                    raise
                self._page.wait_for_load_state()
        raise AssertionError(f"{self._page.url} never rests")
