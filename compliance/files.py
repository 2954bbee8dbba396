"""The data files of the ruleset, read from beside this module."""

from __future__ import annotations

import gzip
import json
from functools import cache
from importlib import resources
from typing import Any

import yaml

RULESET = "ahima-acdis/2022"
"""The edition of the rules that the shipped data files belong to; every verdict carries it."""


def data_file(name: str) -> dict[str, Any]:
    """Return the content of data/`name`.yaml. Raises ValueError where it belongs to another edition of the rules."""
    text = resources.files("compliance").joinpath("data", f"{name}.yaml").read_text(encoding="utf-8")
    content = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
    return _of_this_ruleset(content, f"{name}.yaml")


def packed_file(name: str) -> dict[str, Any]:
    """Return the content of data/`name`.json.gz, which was worked out ahead of time. Raises as `data_file` does."""
    file = f"{name}.json.gz"
    packed = resources.files("compliance").joinpath("data", file).read_bytes()
    return _of_this_ruleset(json.loads(gzip.decompress(packed)), file)


def _of_this_ruleset(content: dict[str, Any], file: str) -> dict[str, Any]:
    if content.get("ruleset") != RULESET:
        raise ValueError(f"{file} belongs to {content.get('ruleset')!r}, not to {RULESET!r}")
    return content


@cache
def clinical_file() -> dict[str, str]:
    """Return what `python -m compliance.building` distilled from the code set: codes, diagnoses, clinical words."""
    return packed_file("clinical")


def distilling() -> dict[str, Any]:
    """Return what decides how the code set is distilled; only `compliance.building` asks for it."""
    return data_file("distilling")


def ordinary_words() -> frozenset[str]:
    """Return the words of everyday English (SCOWL; the notice stands in the file)."""
    packed = resources.files("compliance").joinpath("data", "ordinary.txt.gz").read_bytes()
    return frozenset(line for line in gzip.decompress(packed).decode().splitlines() if not line.startswith("#"))
