"""The stylesheet keeps what readers with weak eyes need: enough contrast, in the light and in the dark."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

from services.tracker import pages

FOLDER = Path(pages.__file__).parent
CSS = (FOLDER / "static" / "style.css").read_text()
THEMES = dict(zip(("light", "dark"), re.findall(r":root \{([^}]*)\}", CSS), strict=True))
TEXT = 4.5
SHAPE = 3.0
"""WCAG 2.2: 1.4.3 for text, 1.4.11 for borders of controls and the focus ring."""


def _luminance(colour: str) -> float:
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    bright, dim = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(
    ("front", "back", "least"),
    [
        ("ink", "paper", TEXT),
        ("ink", "ground", TEXT),
        ("ink", "note", TEXT),
        ("soft", "paper", TEXT),
        ("soft", "ground", TEXT),
        ("act", "paper", TEXT),
        ("act", "ground", TEXT),
        ("act-ink", "act", TEXT),
        ("act", "act-ground", TEXT),
        ("ink", "act-ground", TEXT),
        ("soft", "act-ground", TEXT),
        ("good", "good-ground", TEXT),
        ("warn", "warn-ground", TEXT),
        ("wrong", "wrong-ground", TEXT),
        ("wrong", "paper", TEXT),
        ("still", "still-ground", TEXT),
        ("line", "paper", SHAPE),
        ("line", "ground", SHAPE),
    ],
)
def test_colours_can_be_told_apart(theme: str, front: str, back: str, least: float) -> None:
    colours = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", THEMES[theme]))
    assert _contrast(colours[front], colours[back]) >= least


def test_no_page_brings_a_script_or_a_style_of_its_own() -> None:
    templates = list((FOLDER / "templates").glob("*.html"))
    assert len(templates) > 15
    for template in templates:
        text = re.sub(r'<script src="{{ static\("[a-z0-9./-]+"\) }}" defer></script>', "", template.read_text())
        assert not re.search(r"<script|<style|\sstyle=|\son[a-z]+=|\shx-on", text), template.name


def test_parts_that_reload_themselves_do_so_by_signals_alone() -> None:
    # Without a trigger of their own, htmx would reload them at each click, and keep the links in them from working.
    found = 0
    for template in (FOLDER / "templates").glob("*.html"):
        for tag in re.findall(r"<[^>]*data-live=[^>]*>", template.read_text()):
            found += 1
            assert 'hx-trigger="live"' in tag, f"{template.name}: {tag}"
    assert found > 0


def test_what_is_vendored_is_what_its_package_brings() -> None:
    vendor = FOLDER / "static" / "vendor"
    lines = [line.split() for line in (vendor / "VERSIONS").read_text().partition("folder ")[2].splitlines()[1:]]
    listed = {f"{folder}/{name}": digest for folder, _, _, _, name, digest in lines}
    there = {str(path.relative_to(vendor)) for path in vendor.glob("*/*") if path.name != "LICENSE"}
    assert listed.keys() == there
    for name, digest in listed.items():
        assert hashlib.sha256((vendor / name).read_bytes()).hexdigest() == digest, name
        assert (vendor / name).with_name("LICENSE").stat().st_size > 0


@pytest.mark.parametrize("template", sorted((FOLDER / "templates").glob("*.html")), ids=lambda path: path.name)
def test_no_macro_takes_the_place_of_what_every_page_shows(template: Path) -> None:
    """A macro that is imported as `error` would be shown as the error of the page."""
    shared = set(re.findall(r"\b(title|actor|csrf|is_staff|menu|path|zone|notice|error)\b", _imported(template)))
    assert not shared


def _imported(template: Path) -> str:
    """The names under which a template imports macros."""
    found = re.findall(r"\{% from \"[^\"]+\" import ([^%]+)%\}", template.read_text())
    names = [part.split(" as ")[-1].strip() for line in found for part in line.replace("with context", "").split(",")]
    return " ".join(names)
