"""Data sharing in a real browser: every form open, every answer to one, on a phone, by keyboard alone."""

from __future__ import annotations

from typing import Any

import pytest

from .fake.sharing import ACTS, NUMBER, PURPOSE
from .test_browser import axe, violations, visitor, wait  # noqa: F401  two of them are fixtures

pytestmark = [pytest.mark.browser, pytest.mark.slow]

OPEN = "document.querySelectorAll('main details').forEach((part) => { part.open = true; })"
OVER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.mark.parametrize(
    ("window", "cookies"),
    [("desk", {"language": "zh-Hans", "theme": "dark"}), ("phone", {"size": "large", "language": "en"})],
)
def test_with_every_form_open_nothing_is_wrong_and_all_of_it_fits(
    visitor: Any,  # noqa: F811
    axe: str,  # noqa: F811
    window: str,
    cookies: dict[str, str],
) -> None:
    one = visitor(window, **cookies)
    found = {}
    for name in ACTS:
        page = one.go(f"/sharing/requests/{name}")
        page.evaluate(OPEN)
        found[name] = violations(page, axe)
        assert page.evaluate(OVER) <= 0, name
    assert {name: faults for name, faults in found.items() if faults} == {}


def test_the_answers_to_forms_are_as_good_as_pages(visitor: Any, axe: str) -> None:  # noqa: F811
    one = visitor("phone", language="zh-Hant")
    found = {}

    def answered(name: str, address: str, words: dict[str, str]) -> None:
        page = one.go(address)
        form = page.locator("main form[method=post]").first
        for field, text in words.items():
            box = form.locator(f"[name={field}]")
            box.check() if text == "yes" else box.fill(text)
        form.locator("button").last.click()
        wait(lambda: page.locator("#result, #fault, .told").count())
        found[name] = violations(page, axe)
        assert page.evaluate(OVER) <= 0, name

    answered("rows", "/sharing/grants/grant-1", {"filter": ""})
    answered("denied", "/sharing/grants/grant-1", {"purpose": "advertising"})
    answered("told", "/sharing/counter", {"number": NUMBER, "seen": "yes"})
    answered("wrong", "/sharing/counter", {"number": "12", "seen": "yes"})
    one.complaints[:] = [text for text in one.complaints if "status of 4" not in text]  # denied, and wrong
    assert {name: faults for name, faults in found.items() if faults} == {}


def test_a_request_is_refused_by_keyboard_alone(visitor: Any, served: Any) -> None:  # noqa: F811
    page = visitor().go("/sharing/requests/r-review")

    def tab_to(where: str) -> None:
        for _ in range(80):
            page.keyboard.press("Tab")
            if page.evaluate(f"document.activeElement.matches({where!r})"):
                return
        raise AssertionError(f"the Tab key does not lead to {where}")

    tab_to("details:has(form[action$=refuse]) > summary")
    page.keyboard.press("Enter")
    tab_to("form[action$=refuse] [name=reason]")
    page.keyboard.type("the plan is void")
    tab_to("form[action$=refuse] [name=law]")
    page.keyboard.type("條例 20")
    tab_to("form[action$=refuse] button")
    page.keyboard.press("Enter")
    typed = {"reason": "the plan is void", "law": "條例 20"}
    wait(lambda: served.view.done == [("r-review", "refuse", typed)])


def test_a_file_lands_on_the_disk(visitor: Any) -> None:  # noqa: F811
    page = visitor().go("/sharing/grants/grant-file")
    assert page.locator("[name=purpose]").input_value() == PURPOSE
    with page.expect_download() as waiting:
        page.locator("main form button").last.click()
    assert waiting.value.suggested_filename == "grant-file-7.csv"
    assert waiting.value.path().read_text("utf-8").startswith("name,street\n")
