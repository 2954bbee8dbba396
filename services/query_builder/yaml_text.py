"""YAML as templates and their tables hold it: plain values alone."""

from __future__ import annotations

from typing import Any

import yaml

# The loader in C reads the same several times as fast; not every platform has it.
_LOADER: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_yaml(text: str) -> Any:
    """Return the value that `text` holds. Raises `yaml.YAMLError`."""
    return yaml.load(text, Loader=_LOADER)  # noqa: S506 - a safe loader either way
