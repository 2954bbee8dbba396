"""Data files are read as they stand, however often; what was read of them is kept only to be faster."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from compliance.files import _read_once

TEXT = b"ruleset: test\nlimits: {1: 2.5, words: [a, b]}\nnothing:\n"
HELD = {"ruleset": "test", "limits": {1: 2.5, "words": ["a", "b"]}, "nothing": None}


def test_a_file_is_read_once_and_gives_the_same_from_what_was_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = tmp_path / "kept" / "words.pyc"
    monkeypatch.setattr("sys.dont_write_bytecode", False)
    assert _read_once(TEXT, kept) == HELD
    monkeypatch.setattr("yaml.load", None)
    assert _read_once(TEXT, kept) == HELD
    assert kept.stat().st_mode & stat.S_IRUSR
    assert [path.name for path in kept.parent.iterdir()] == ["words.pyc"]


def test_a_changed_file_is_read_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = tmp_path / "words.pyc"
    monkeypatch.setattr("sys.dont_write_bytecode", False)
    _read_once(TEXT, kept)
    assert _read_once(TEXT.replace(b"2.5", b"3.5"), kept)["limits"] == {1: 3.5, "words": ["a", "b"]}


@pytest.mark.parametrize("spoiled", [b"", b"x" * 40, "half of it"])
def test_what_was_kept_and_spoiled_is_read_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spoiled: bytes | str
) -> None:
    kept = tmp_path / "words.pyc"
    monkeypatch.setattr("sys.dont_write_bytecode", False)
    _read_once(TEXT, kept)
    kept.write_bytes(spoiled if isinstance(spoiled, bytes) else kept.read_bytes()[:48])
    assert _read_once(TEXT, kept) == HELD


def test_where_nothing_can_be_kept_files_are_read_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_bytes(b"in the way of a folder")
    assert _read_once(TEXT, tmp_path / "file" / "words.pyc") == HELD
    assert _read_once(TEXT, None) == HELD
    monkeypatch.setattr("sys.dont_write_bytecode", True)
    assert _read_once(TEXT, tmp_path / "words.pyc") == HELD
    assert not (tmp_path / "words.pyc").exists()
