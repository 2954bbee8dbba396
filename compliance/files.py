"""The data files of the ruleset, read from beside this module."""

from __future__ import annotations

import gzip
import json
import marshal
import os
import sys
from contextlib import suppress
from functools import cache
from hashlib import sha256
from importlib import resources
from importlib.resources.abc import Traversable
from importlib.util import cache_from_source
from pathlib import Path
from typing import Any

import yaml

from evidence.yaml_text import SAFE_LOADER

RULESET = "ahima-acdis/2022"
"""The edition of the rules that the shipped data files belong to; every verdict carries it."""


def data_file(name: str) -> dict[str, Any]:
    """Return the content of data/`name`.yaml. Raises ValueError where it belongs to another edition of the rules."""
    file = resources.files("compliance").joinpath("data", f"{name}.yaml")
    return _of_this_ruleset(_read_once(file.read_bytes(), _kept_at(file)), f"{name}.yaml")


def _kept_at(file: Traversable) -> Path | None:
    """Return where what a file holds is kept, as Python keeps what it compiled; None for one in an archive."""
    return Path(cache_from_source(str(file))) if isinstance(file, Path) else None


def _read_once(text: bytes, kept: Path | None) -> Any:
    """Return what a text in YAML holds, from what was kept of this very text if it was read before.

    Reading YAML is half of the time that the knowledge takes to load.
    """
    digest = sha256(text).digest()
    with suppress(OSError, ValueError, EOFError, TypeError):
        if kept is not None and (was := kept.read_bytes()).startswith(digest):
            return marshal.loads(was[len(digest) :])  # noqa: S302 - as Python reads what it compiled
    content = yaml.load(text, Loader=SAFE_LOADER)  # noqa: S506 - a safe loader
    if kept is not None and not sys.dont_write_bytecode:
        with suppress(OSError):  # a folder that nobody may write to
            _keep(kept, digest + marshal.dumps(content))
    return content


def _keep(path: Path, content: bytes) -> None:
    """Write a file that is whole whenever somebody reads it."""
    path.parent.mkdir(exist_ok=True)
    written = path.with_suffix(f".{os.getpid()}")
    written.write_bytes(content)
    written.replace(path)


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
