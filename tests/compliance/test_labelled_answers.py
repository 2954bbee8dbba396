"""Neutral answers as houses word them, by a blind author and by us: sound ones pass, faulty neighbours never do."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.compliance.samples import KIDNEY, PRESENT_ON_ADMISSION, judge, rules

LINES = Path(__file__).with_name("answers.jsonl").read_text(encoding="utf-8").splitlines()
HELD = Path(__file__).with_name("answers_held.jsonl").read_text(encoding="utf-8").splitlines()
_BASES = {"yes": PRESENT_ON_ADMISSION, "no": PRESENT_ON_ADMISSION}
# What the rest of a case says must not decide here: what is asked about stands in the record.
_ABOUT: dict[str, Any] = {"source": "Note", "author_role": "attending", "recorded_at": "2026-05-05T10:00:00"}


def _labelled(*, sound: bool, lines: Sequence[str] = LINES) -> Iterator[dict[str, Any]]:
    return (entry for entry in map(json.loads, lines) if entry["sound"] == sound)


def _is_stopped(entry: dict[str, Any]) -> bool:
    """Tell whether an answer is stopped in a query that is sound but for it."""
    base = _BASES.get(entry["kind"], KIDNEY)
    options = [*(one for one in base["options"] if one["kind"] != entry["kind"])]
    options.append({"text": entry["text"], "kind": entry["kind"]})
    known = [{**_ABOUT, "term": entry["about"]}] if "about" in entry else []
    found = judge({**base, "documented": [*base["documented"], *known], "options": options})
    field = f"options[{len(options) - 1}].text"
    return any(one.field == field and one.severity != "warn" for one in found.findings)


def test_no_faulty_answer_passes() -> None:
    assert [entry["text"] for entry in _labelled(sound=False) if not _is_stopped(entry)] == []


def test_sound_answers_pass() -> None:
    entries = list(_labelled(sound=True))
    stopped = [entry["text"] for entry in entries if _is_stopped(entry)]
    assert len(entries) >= 1300
    assert len(stopped) <= 13, stopped


def test_answers_of_an_author_whom_nobody_read_are_judged_as_the_documentation_says() -> None:
    faulty, sound = (list(_labelled(sound=sound, lines=HELD)) for sound in (False, True))
    assert sum(not _is_stopped(entry) for entry in faulty) <= 0.02 * len(faulty)
    assert sum(map(_is_stopped, sound)) <= 0.25 * len(sound)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        *(("undetermined", "Undetermined / absent"), ("undetermined", "Unable to open the record")),
        *(("undetermined", "Cannot say that it is not present"), ("undetermined", "Not documented")),
        *(("other", "Other or unable to determine"), ("other", "Other: document in your note ____")),
        *(("not_significant", "No diagnosis / other diagnosis"), ("not_significant", "Not treated")),
        *(("integral", "Expected complication"), ("integral", "Expected, so nobody asks")),
        *(("ruled_out", "Ruled out or still possible"), ("ruled_out", "Not confirmed yet")),
        *(("yes", "Yes or no"), ("yes", "Yes, it is not"), ("no", "No, it was present"), ("no", "No time")),
    ],
)
def test_known_words_alone_prove_no_answer(kind: str, text: str) -> None:
    assert _is_stopped({"kind": kind, "text": text})


def test_what_an_answer_is_about_stands_in_the_record() -> None:
    assert _is_stopped({"kind": "undetermined", "text": "Cause of the tinnitus unclear"})
    assert not _is_stopped({"kind": "undetermined", "text": "Cause of the tinnitus unclear", "about": "tinnitus"})


def test_an_answer_that_is_not_worded_as_its_kind_is_named() -> None:
    options = [*KIDNEY["options"][:3], {"text": "Unable to open the record", "kind": "undetermined"}]
    assert "R-11" in rules(judge({**KIDNEY, "options": options}))
