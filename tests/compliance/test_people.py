"""A person after a title, a hospital and a town with its state may be named; what hints does not hide in a name."""

from __future__ import annotations

import pytest

from compliance.people import named_by_form, people, without_writers


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("Cardiology consult (Dr. Runa Eskildsen)", ["Dr. Runa Eskildsen"]),
        ("Seen by Dr. A. B. Loess on arrival", ["Dr. A. B. Loess"]),
        ("Transferred from Lakefront Hospital, Saginaw, MI.", ["Lakefront Hospital", "Saginaw, MI"]),
        ("from North Quay Medical Center", ["North Quay Medical Center"]),
        ("The doctor and the hospital", []),
        ("MI, type 2", []),
        ("Sepsis, OR course", ["Sepsis, OR"]),
    ],
)
def test_names_are_told_by_how_they_are_written(text: str, named: list[str]) -> None:
    assert [text[start:end] for start, end in named_by_form(text)] == named


def test_a_title_belongs_to_the_name_and_a_title_alone_is_one() -> None:
    text = "Mr. and Dr. Ferro"
    assert [text[start:end] for start, end in people(text)] == ["Mr.", "Dr. Ferro"]


def test_a_document_is_called_the_same_whoever_wrote_it() -> None:
    assert without_writers("Progress note Dr. Colm Abara").split() == ["Progress", "note"]
