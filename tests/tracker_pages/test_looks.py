"""The stylesheet keeps what readers with weak eyes need: enough contrast, in the light and in the dark."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from services.tracker import pages

CSS = (Path(pages.__file__).parent / "static" / "style.css").read_text()
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
        ("wrong", "wrong-ground", TEXT),
        ("line", "paper", SHAPE),
        ("line", "ground", SHAPE),
    ],
)
def test_colours_can_be_told_apart(theme: str, front: str, back: str, least: float) -> None:
    colours = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", THEMES[theme]))
    assert _contrast(colours[front], colours[back]) >= least


def test_no_page_needs_a_script_or_brings_a_style_of_its_own() -> None:
    templates = list((Path(pages.__file__).parent / "templates").glob("*.html"))
    assert len(templates) > 15
    for template in templates:
        assert not re.search(r"<script|<style|\sstyle=|\son[a-z]+=", template.read_text()), template.name
