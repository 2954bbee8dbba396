"""What every page must hold: no axe violation (WCAG 2.2 AA), and nothing that is wider than the window."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_AXE = Axe()


def axe(page: Page) -> None:
    """Fail with the rules, the elements and what to do, where the page breaks a rule for accessibility."""
    found: list[dict[str, Any]] = _AXE.run(page, options={"runOnly": TAGS}).response["violations"]
    assert not found, "\n".join(_told(page, one) for one in found)


def _told(page: Page, violation: dict[str, Any]) -> str:
    nodes = "\n".join(f"    {node['html'][:200]}\n      {node['failureSummary']}" for node in violation["nodes"][:5])
    return f"{page.url}: {violation['id']} ({violation['impact']}): {violation['help']}\n{nodes}"


def fits(page: Page) -> None:
    """Fail where the page must be scrolled sideways to be read."""
    wide: list[str] = page.evaluate(
        """() => document.documentElement.scrollWidth <= innerWidth ? [] :
        [...document.querySelectorAll("body *")].filter((one) => one.getBoundingClientRect().right > innerWidth + 1)
        .slice(0, 5).map((one) => one.outerHTML.slice(0, 150))"""
    )
    assert not wide, f"{page.url} is wider than its window:\n" + "\n".join(wide)


def check_page(page: Page) -> None:
    """Both checks."""
    fits(page)
    axe(page)
