"""A browser for tests: Chromium, one house for each run of pytest (or each of its workers), people signed in.

- `house`: the installation (tests/browser/house.py); put in what a test needs with `house.issued()` and the like, and
  use encounters of the test's own: other tests work in the same house.
- `visit(user, path, size="desktop")`: opens a page as somebody; sizes are `phone`, `desktop` and `zoomed` (desktop at
  200 %). `user=None` is nobody; `scripts=False` is a browser without JavaScript; `dark=True` one in dark colours.
- `check_page(page)` from tests/browser/checks.py: no axe violation, nothing wider than the window.

A page whose script throws, or that the content security policy stops, fails its test at the end.
Chromium comes from PATH (Debian: `apt-get install chromium`), else `playwright install chromium` brings one.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright, expect, sync_playwright

from tests.browser.house import House

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
SIZES = {"phone": (390, 844), "desktop": (1440, 900), "zoomed": (720, 450)}
PATIENCE_MS = 20_000
"""A page looks anew every 5 s at most, and other tests run beside it."""
expect.set_options(timeout=PATIENCE_MS)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here needs a browser and the embedded shape."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.embedded)


class Visit(Protocol):
    """Opens pages."""

    def __call__(
        self,
        user: str | None,
        path: str = "/",
        size: str = "desktop",
        *,
        scripts: bool = True,
        dark: bool = False,
        fresh: bool = False,
    ) -> Page:
        """Open a page as somebody. `fresh`: with a session of its own, as for signing out."""


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """The browser, or a skip with the reason.

    It ends with the tests of this folder: while Playwright runs, its event loop stands in the way of all others.
    """
    with sync_playwright() as playwright:
        program = chromium_program(playwright)
        if program is None:
            _skip_or_fail("Chromium is missing: `apt-get install chromium`, or `playwright install chromium`")
        sandbox = [] if os.geteuid() else ["--no-sandbox"]
        browser = playwright.chromium.launch(executable_path=program, args=[*sandbox, "--disable-dev-shm-usage"])
        yield browser
        browser.close()


def chromium_program(playwright: Playwright) -> str | None:
    """Return the browser's program, or None where there is none."""
    found = next((path for name in PROGRAMS if (path := shutil.which(name))), None)
    own = playwright.chromium.executable_path
    return found or (own if Path(own).exists() else None)


def _skip_or_fail(reason: str) -> None:
    """In CI nothing may be skipped: there, `CDI_QUERY_REQUIRE_BROWSER` is set."""
    if os.environ.get("CDI_QUERY_REQUIRE_BROWSER"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="package")
def house(chromium: Browser) -> Iterator[House]:
    """The installation. It asks for the browser first: without one, nothing needs to start."""
    made = House(Path("/tmp") / f"cdi-browser-{os.getpid()}")
    made.start()
    yield made
    made.stop()


@pytest.fixture
def visit(house: House, chromium: Browser) -> Iterator[Visit]:
    """Open pages; all are closed after the test, and none may have had a fault."""
    contexts: list[BrowserContext] = []
    faults: list[str] = []

    def open_page(
        user: str | None,
        path: str = "/",
        size: str = "desktop",
        *,
        scripts: bool = True,
        dark: bool = False,
        fresh: bool = False,
    ) -> Page:
        width, height = SIZES[size]
        context = chromium.new_context(
            viewport={"width": width, "height": height},
            base_url=house.url,
            java_script_enabled=scripts,
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
            has_touch=size == "phone",
        )
        contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        if user is not None:
            cookies = house.session(user, fresh=fresh)
            context.add_cookies([{"name": name, "value": value, "url": house.url} for name, value in cookies.items()])
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(f"{path}: {error}"))
        page.on("console", lambda message: faults.extend(_fault(path, message)))
        page.goto(path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not faults, "\n".join(faults)


def _fault(path: str, message: ConsoleMessage) -> list[str]:
    refused = "Content Security Policy" in message.text
    return [f"{path}: {message.text}"] if message.type == "error" and refused else []
