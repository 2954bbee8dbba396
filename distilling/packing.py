"""Writes what was learnt where the check reads it."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from pathlib import Path

from compliance import files

_DATA = Path(files.__file__).with_name("data")


def write(name: str, content: Mapping[str, object]) -> None:
    """Write data/`name`.json.gz, which `compliance.files.packed_file` reads; the same content gives the same bytes."""
    packed = gzip.compress(json.dumps(content, ensure_ascii=False, sort_keys=True).encode(), 9, mtime=0)
    (_DATA / f"{name}.json.gz").write_bytes(packed)
