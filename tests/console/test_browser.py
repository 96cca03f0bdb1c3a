"""The console in a real browser: axe-core finds nothing, every page fits, live, by keyboard alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.console.addresses import EVERY
from tests.waiting import PATIENCE_S, until

from chengshu.console.words import Words
from chengshu.kernel.texts import LANGUAGES

pytestmark = pytest.mark.browser
SIZES = {"desk": (1440, 900), "phone": (390, 844), "wall": (3840, 1080)}
PAGES = [
    *EVERY,
    "/documents",
    "/documents?q=parking",
    "/documents?q=nothing",
    "/documents/urn:chengshu:resource:parking?edition=1&passage=2",
    "/rules/flood/severity?try=1&given.areas=%28&version=2&against=1&past=1",
    "/events/none",
    "/?as_of=2026-07-21T17:45",
]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def wait(holds: Callable[[], Any]) -> Any:
    """Ask again and again, for the strict policy of the pages forbids waiting inside them."""
    return until(holds, every=0.1)


def painted(page: Any) -> None:
    """Wait until the page has been painted: a browser drops what is typed before that."""
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


def hears_keys(page: Any, island: str) -> None:
    """Wait until a key reaches an island."""
    wait(lambda: page.locator(f"[data-island={island}][data-started]").count())
    painted(page)


def at_rest(picture: Any) -> bytes:
    """A picture once nothing in it moves any more."""
    seen: list[bytes] = [b""]

    def same() -> bool:
        seen.append(picture.screenshot())
        return seen[-1] == seen[-2]

    until(same, every=0.3)
    return seen[-1]


class Visitor:
    """One browser window, signed in, that remembers what the browser complained about."""

    def __init__(self, chromium: Any, served: Any, window: str, **cookies: str) -> None:
        width, height = SIZES[window]
        self.context = chromium.new_context(
            viewport={"width": width, "height": height}, base_url=served.url, reduced_motion="reduce"
        )
        chosen = {"language": "en", "theme": "light", "size": "normal"} | cookies
        token = served.view.sign_in("lin", "a long enough secret").token
        chosen["chengshu_session"] = token
        self.context.add_cookies([{"name": n, "value": v, "url": served.url} for n, v in chosen.items()])
        self.context.set_default_timeout(PATIENCE_S * 1000)
        self.page = self.context.new_page()
        self.complaints: list[str] = []
        self.outside: list[str] = []
        self.page.on("console", self._note)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on(
            "request",
            lambda r: (
                None if r.url.startswith((served.url, "data:", "blob:")) else self.outside.append(r.url)
            ),
        )

    def _note(self, message: Any) -> None:
        if message.type == "error" and "404" not in message.text:
            self.complaints.append(message.text)

    def go(self, address: str) -> Any:
        self.page.goto(address)
        if self.page.locator("[data-island=map]").count():
            wait(lambda: self.page.locator("[data-island=map][data-ready]").count())
        painted(self.page)
        return self.page


@pytest.fixture
def visitor(chromium: Any, served: Any) -> Iterator[Callable[..., Visitor]]:
    made: list[Visitor] = []

    def make(window: str = "desk", **cookies: str) -> Visitor:
        made.append(Visitor(chromium, served, window, **cookies))
        return made[-1]

    yield make
    for one in made:
        one.context.close()
        assert one.complaints == []
        assert one.outside == []


@pytest.fixture(scope="session")
def axe(root: Path) -> str:
    path = root / "node_modules/axe-core/axe.min.js"
    if not path.is_file():
        pytest.skip("needs axe-core: run `make assets`")
    return path.read_text(encoding="utf-8")


def violations(page: Any, axe: str) -> list[str]:
    page.evaluate(axe)
    found = page.evaluate(
        "async (tags) => (await axe.run(document, {runOnly: {type: 'tag', values: tags}})).violations"
        ".map((v) => [v.id, ...v.nodes.slice(0, 3).map((n) => n.target + n.failureSummary)].join(' | '))",
        RULES,
    )
    return list(found)


@pytest.mark.parametrize(("size", "language"), [*(("desk", tag) for tag in LANGUAGES), ("phone", "zh-Hant")])
def test_axe_finds_nothing_on_any_page(visitor: Any, axe: str, language: str, size: str) -> None:
    one = visitor(size, language=language, theme="dark" if language == "zh-Hans" else "light")
    found = {page: violations(one.go(page), axe) for page in PAGES}
    assert {page: faults for page, faults in found.items() if faults} == {}


@pytest.mark.parametrize("address", ["/sign-in", "/set-up", "/my-data"])
def test_axe_finds_nothing_at_the_door(visitor: Any, served: Any, axe: str, address: str) -> None:
    one = visitor("phone")
    one.context.clear_cookies()
    served.view.ready = address != "/set-up"
    assert violations(one.go(address), axe) == []


@pytest.mark.parametrize(
    ("window", "cookies"),
    [
        ("desk", {}),
        ("phone", {}),
        ("wall", {}),
        ("phone", {"size": "large"}),
        ("desk", {"size": "large"}),
    ],
)
def test_no_page_is_wider_than_its_window(visitor: Any, window: str, cookies: dict[str, str]) -> None:
    one = visitor(window, **cookies)
    for page in PAGES if window == "phone" else ("/", "/vitals", "/warnings", "/events/e-1"):
        shown = one.go(page)
        over = shown.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert over <= 0, page


def test_zoomed_to_twice_the_size_nothing_is_lost(visitor: Any) -> None:
    one = visitor("desk")
    one.page.set_viewport_size({"width": 720, "height": 450})  # what a window of 1440 × 900 is at 200 %
    for page in ("/", "/vitals", "/warnings", "/events/e-1", "/orders/o-0"):
        shown = one.go(page)
        assert (
            shown.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
        )
        assert shown.locator("main h1").count() == 1


def test_large_type_has_the_sizes_that_are_asked_for_elderly_people(visitor: Any) -> None:
    page = visitor("phone", size="large", language="zh-Hans").go("/orders/o-0")
    measures = page.evaluate(
        "() => { const s = getComputedStyle(document.querySelector('.instruction'));"
        " const b = document.querySelector('.order-actions button').getBoundingClientRect();"
        " const size = parseFloat(s.fontSize);"
        " return [size, parseFloat(s.lineHeight) / size, b.height, b.width]; }"
    )
    assert measures[0] >= 18 and measures[1] >= 1.3 and measures[2] >= 48 and measures[3] >= 200


def test_the_first_tab_leads_past_the_menu_to_the_content(visitor: Any) -> None:
    page = visitor().go("/warnings")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_a_warning_is_acknowledged_by_keyboard_alone(visitor: Any, served: Any) -> None:
    page = visitor().go("/warnings")
    link = page.locator("main a[href^='/warnings/w-depth-0']")
    for _ in range(60):
        page.keyboard.press("Tab")
        if link.evaluate("(node) => node === document.activeElement"):
            break
    page.keyboard.press("Enter")
    page.wait_for_url("**/warnings/w-depth-0")
    painted(page)
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('form[action$=acknowledge] button')"):
            break
    page.keyboard.press("Enter")
    wait(lambda: page.get_by_text("Acknowledged by Lin Yue").count())
    assert served.view.acknowledged == {"w-depth-0": "Lin Yue 林玥"}


def test_the_menu_opens_and_closes_by_keyboard(visitor: Any) -> None:
    page = visitor().go("/orders")
    page.locator("details.more > summary").focus()
    page.keyboard.press("Enter")
    assert page.locator(".menu a").first.is_visible()
    page.keyboard.press("Escape")
    assert not page.locator(".menu a").first.is_visible()


def test_a_warning_appears_without_a_reload_and_only_its_part_changes(visitor: Any, served: Any) -> None:
    served.view.quiet = True
    one = visitor()
    page = one.go("/")
    assert page.get_by_text(Words("en")("warning.none"), exact=True).count() == 1
    page.evaluate("window.sameDocument = true")
    served.view.quiet = False
    served.view.push("warning.raised", "w-depth-0")
    wait(lambda: page.locator("#warnings .row").count())
    assert page.locator(".hero-red").count() == 1
    assert page.evaluate("window.sameDocument") is True
    wait(lambda: page.locator("#spoken").inner_text())


def test_keyboard_focus_survives_a_live_change(visitor: Any, served: Any) -> None:
    page = visitor().go("/warnings")
    link = page.locator("main a[href^='/warnings/w-rain']")
    link.focus()
    served.view.acknowledged["w-depth-0"] = "Song Yan"
    served.view.push("warning.acknowledged", "w-depth-0")
    wait(lambda: page.get_by_text("Song Yan", exact=True).count())
    assert link.evaluate("(node) => node === document.activeElement")


def test_a_silent_hub_is_told_and_its_return_too(visitor: Any, served: Any) -> None:
    page = visitor().go("/orders")
    wait(lambda: not page.locator("#connection").is_visible())
    served.view.broken = True
    wait(lambda: page.locator("#connection").is_visible())
    assert "does not answer" in page.locator("#connection").inner_text()
    served.view.broken = False
    wait(lambda: not page.locator("#connection").is_visible())


def test_the_map_draws_what_the_layers_hold(visitor: Any) -> None:
    page = visitor().go("/")
    canvas = page.locator("[data-island=map] canvas")
    wait(lambda: len(canvas.screenshot()) > 60_000)  # an empty ground packs to a few kB
    picture = at_rest(canvas)
    page.locator(".legend summary").click()
    page.locator("[data-layer=roads]").uncheck()
    wait(lambda: canvas.screenshot() != picture)
    assert at_rest(canvas) != picture


def test_the_plan_shows_its_tokens_and_the_mark_its_licence_asks_for(visitor: Any) -> None:
    page = visitor().go("/events/e-1")
    wait(lambda: page.locator(".plan .djs-element.is-active").count() == 3)
    assert page.locator(".plan .token-active").count() >= 2
    assert page.locator(".plan .bjs-powered-by").is_visible()


def test_the_chart_draws_and_its_table_holds_the_same_numbers(visitor: Any) -> None:
    page = visitor().go("/vitals/rain_1h")
    wait(lambda: page.locator(".chart-canvas canvas").count())
    page.locator(".twin summary").click()
    assert page.locator(".twin tbody tr").count() == 48 + 24


def test_looking_back_and_running_forward(visitor: Any) -> None:
    page = visitor().go("/?as_of=2026-07-21T17:00")
    before = page.locator("#clock").inner_text()
    assert before == "17:00" and page.locator("body.past").count() == 1
    page.locator("[data-play]").click()
    wait(lambda: page.locator("#clock").inner_text() > "17:05")
    wait(lambda: page.locator("#warnings .row").count() >= 2)
    page.locator("[data-play]").click()
    wait(lambda: "as_of" in page.url and "T09%3A00" not in page.url)
    page.get_by_role("link", name=Words("en")("time.to_now")).click()
    wait(lambda: "as_of" not in page.url)
    assert page.locator("body.past").count() == 0


def test_a_crew_works_through_an_order_on_a_phone(visitor: Any, served: Any) -> None:
    page = visitor("phone").go("/orders")
    page.get_by_text("Pump out the underpass").click()
    states = served.view.order_states
    for verb, state in (("accept", "accepted"), ("arrive", "arrived"), ("done", "done")):
        page.get_by_role("button", name=Words("en")(f"verb.{verb}")).click()
        wait(lambda state=state: states.get("o-0") == state)  # type: ignore[misc]
    wait(lambda: page.locator(".order-actions button").count() == 0)


def test_a_table_is_edited_by_keyboard_alone(visitor: Any, served: Any) -> None:
    page = visitor("desk").go("/rules/changes/c-1")
    at = "document.activeElement.dataset.part + document.activeElement.dataset.column"
    wait(lambda: page.locator(".grid-tools").is_visible())
    page.locator('[role=gridcell][tabindex="0"]').focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert page.evaluate(at) == "output1"
    page.keyboard.press("Enter")
    page.keyboard.type("(")
    wait(lambda: page.locator("#cell-note.wrong").count())
    assert page.locator(".cell-input").get_attribute("aria-invalid") == "true"
    page.keyboard.press("Enter")  # the hub refuses it; the text stays to be corrected
    wait(lambda: "it is open" in page.locator("#cell-note").inner_text())
    page.keyboard.press("Escape")
    assert page.evaluate(at) == "output1" and served.view.texts[1][2] == '"orange"'
    page.keyboard.press("F2")
    page.keyboard.press("Control+a")
    page.keyboard.type('"red"')
    page.keyboard.press("Tab")
    wait(lambda: served.view.texts[1][2] == '"red"')
    wait(lambda: page.evaluate(at) == "annotation1")
    wait(lambda: page.locator("#grid-status").inner_text() == "Saved.")
    page.keyboard.press("Alt+ArrowUp")
    wait(lambda: served.view.texts[0][2] == '"red"')
    wait(lambda: page.locator("#r1:has(td:focus)").count())
    assert served.view.revision == 3


def test_a_table_is_edited_on_a_phone(visitor: Any, served: Any) -> None:
    page = visitor("phone").go("/rules/changes/c-1")
    wait(lambda: page.locator(".grid-tools").is_visible())
    page.locator('#r3 [data-part="input"][data-column="1"]').dblclick()
    page.locator(".cell-input").fill("<= 1")
    page.keyboard.press("Enter")
    wait(lambda: served.view.texts[2][0] == "<= 1")
    wait(lambda: page.locator("#r3 .cell-changed").count())
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_rules_are_added_and_removed(visitor: Any, served: Any) -> None:
    page = visitor("desk").go("/rules/changes/c-1")
    wait(lambda: page.locator(".grid-tools").is_visible())
    page.locator('#r2 [data-part="input"][data-column="1"]').click()
    page.locator("[data-op=insert]").click()
    wait(lambda: len(served.view.texts) == 4)
    wait(lambda: page.locator("#r3:has(td:focus)").count())
    page.locator("[data-op=remove]").click()
    wait(lambda: len(served.view.texts) == 3)


def test_a_dataset_is_labelled_by_keyboard_alone(visitor: Any, served: Any) -> None:
    page = visitor().go("/ledger/labelling?entry=urn:chengshu:resource:reports&labels=street")

    def press(key: str, leads_to: str) -> None:
        hears_keys(page, "labels")
        wait(lambda: page.evaluate("document.activeElement.name") == "value")  # ready to be answered
        page.keyboard.press(key)
        page.wait_for_url(f"**{leads_to}")

    press("2", "after=1")
    press("b", "at=1")
    press("s", "at=2")
    assert served.view.labels_said == {1: "noise"}


def test_a_steward_answers_the_queue_by_keyboard_alone(visitor: Any, served: Any) -> None:
    page = visitor().go("/steward")
    assert page.evaluate("document.activeElement.name") == "category"  # ready to be answered
    hears_keys(page, "steward")
    page.keyboard.press("2")
    assert page.locator("input[name=category]:checked").get_attribute("value") == "none"
    page.keyboard.press("Enter")
    page.wait_for_url("**/steward?item=item-who**")
    hears_keys(page, "steward")
    page.keyboard.press("3")
    assert page.evaluate("document.activeElement.name") == "other"
    page.keyboard.press("p")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.name") == "note"
    page.keyboard.type("names 12 of callers")  # digits in the reason choose nothing
    page.keyboard.press("Enter")
    page.wait_for_url("**/steward?told=said")
    assert served.view.sayings == {"tel": ("", ""), "who": ("person_name", "names 12 of callers")}
    page.get_by_label("Take back what was said of tel").press("Enter")
    wait(lambda: page.get_by_text("Taken back", exact=False).count())
    assert set(served.view.sayings) == {"who"}
