"""Takes the pictures of the main pages for docs/: `python -m tests.browser.screenshots`. All people are the demo's."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.conftest import chromium_program
from tests.browser.house import PEOPLE, House
from tests.browser.test_coder import results, stay

DOCS = Path(__file__).parents[2] / "docs"
PHONE = (390, 844)
DESKTOP = (1280, 860)


def _as_it_is(_: Page) -> None:
    """The page as it opens."""


def _open_first(selector: str) -> Callable[[Page], None]:
    def act(page: Page) -> None:
        page.locator(selector).first.click()
        page.wait_for_load_state()

    return act


def _fill_in_a_gap(page: Page) -> None:
    stay(page, "DEMO-9001")
    page.get_by_label("Paste a table").fill(results())
    page.locator("#preview").get_by_text("Unable to determine").first.wait_for()
    page.evaluate("scrollTo(0, 0)")


@dataclass(frozen=True, slots=True)
class Picture:
    """One file in docs/: who looks at what, on which screen, and what they do there first."""

    name: str
    role: str
    path: str
    size: tuple[int, int] = DESKTOP
    act: Callable[[Page], None] = _as_it_is


PICTURES = (
    Picture("inbox", "provider", "/inbox", PHONE),
    Picture("query", "provider", "/inbox", PHONE, _open_first('main a[href^="/queries/"]')),
    Picture("work-queue", "cdi_specialist", "/work"),
    Picture("held-draft", "cdi_specialist", "/held", act=_open_first('main a[href^="/held/"]')),
    Picture("raise-a-gap", "coder", "/gaps/new", act=_fill_in_a_gap),
    Picture("charts", "coder", "/charts"),
    Picture("chart", "coder", "/charts", act=_open_first('main a[href^="/charts/"]')),
    Picture("review", "coder", "/review?whose=all", act=_open_first('main a[href^="/review/"]')),
    Picture("dashboard", "compliance", "/dashboard"),
)


def take_all(house: House, browser: Browser, wanted: set[str]) -> None:
    """Take the pictures of these names, or all, into docs/page-NAME.png."""
    for picture in PICTURES:
        if not wanted or picture.name in wanted:
            _take(house, browser, picture)
            print(f"docs/page-{picture.name}.png")  # noqa: T201


def _take(house: House, browser: Browser, picture: Picture) -> None:
    width, height = picture.size
    context = browser.new_context(
        viewport={"width": width, "height": height},
        base_url=house.url,
        device_scale_factor=1.5 if picture.size == PHONE else 1,
        reduced_motion="reduce",
    )
    cookies = house.session(PEOPLE[picture.role])
    context.add_cookies([{"name": name, "value": value, "url": house.url} for name, value in cookies.items()])
    page = context.new_page()
    page.goto(picture.path)
    picture.act(page)
    page.screenshot(path=DOCS / f"page-{picture.name}.png")
    context.close()


def main() -> None:
    """Play the demo in a house of its own, and take the pictures that are named, or all."""
    folder = Path("/tmp") / f"cdi-pictures-{os.getpid()}"
    house = House(folder)
    try:
        house.start(with_charts=True)
        with sync_playwright() as playwright:
            program = chromium_program(playwright)
            if program is None:
                sys.exit("Chromium is missing")
            sandbox = [] if os.geteuid() else ["--no-sandbox"]
            browser = playwright.chromium.launch(executable_path=program, args=sandbox)
            take_all(house, browser, set(sys.argv[1:]))
            browser.close()
        house.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
