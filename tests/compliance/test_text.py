"""Text is read as a reader reads it: whatever the signs, the words come out, with their places in the original."""

from __future__ import annotations

import pytest

from compliance.phrases import PhraseIndex
from compliance.text import bag, plain, quotations, sentences, words
from tests.compliance.counting import counted

INDEX = PhraseIndex((name, name) for name in ("sepsis", "septic shock", "renal failure", "heart failure", "shock"))

DISGUISES = [
    "ѕерѕіѕ",
    "ｓｅｐｓｉｓ",
    "𝓼𝓮𝓹𝓼𝓲𝓼",
    "ꜱᴇᴘꜱɪꜱ",
    "ⓢⓔⓟⓢⓘⓢ",
    "śëpšïś",
    "s\u200be\u200dp\u00adsis",
    "se**p**sis",
    "se<b>p</b>sis",
    "&#115;epsis",
    "s e p s i s",
    "s-e-p-s-i-s",
    "s.e.p.s.i.s",
    "s\ne\np\ns\ni\ns",
    "sep-\nsis",
    "sep-sis",
    "sep_sis",
    "seps1s",
    "5ep5i5",
    "$ep$is",
    "SEPSIS",
    "addSepsisNow",
]

HOSTILE = [
    "a" * 100_000,
    "a " * 50_000,
    "a-" * 50_000,
    "<" * 100_000,
    "&a" * 50_000,
    "a-\n" * 33_000,
    "s\u200b" * 50_000,
    '"' * 100_000,
]


def found(text: str) -> list[tuple[str, str]]:
    return [(hit.payload, text[hit.start : hit.end]) for hit in INDEX.find(text, words(text))]


@pytest.mark.parametrize("written", DISGUISES)
def test_a_disguise_hides_no_word(written: str) -> None:
    text = f"Concern for {written} on 05/12"
    ((payload, shown),) = found(text)
    assert payload == "sepsis"
    assert shown in written and len(shown) >= 6


def test_phrases_keep_to_clauses_and_words() -> None:
    assert found("acute heart. Failure of aseptic shockers") == []
    assert found("the ren. failure, acute renal. failure") == [("renal failure", "renal. failure")]
    assert found("heart  failure, septic\nshock and shocks") == [
        ("heart failure", "heart  failure"),
        ("septic shock", "septic\nshock"),
        ("shock", "shock"),
        ("shock", "shocks"),
    ]


def test_the_longest_phrase_wins_where_overlaps_are_not_wanted() -> None:
    text = "septic shock"
    assert [hit.payload for hit in INDEX.find(text, words(text), overlapping=False)] == ["septic shock"]


def test_positions_count_the_words_that_were_given() -> None:
    text = 'the "quoted part" names sepsis'
    outside = tuple(word for word in words(text) if word.text not in ("quoted", "part"))
    (hit,) = INDEX.find(text, outside)
    assert (hit.first, hit.last) == (2, 2)


def test_words_have_their_places_in_the_original() -> None:
    text = "Ｃreatinine 2.4 mg/dL — ↑"
    assert [text[word.start : word.end] for word in words(text)] == ["Ｃreatinine", "2", "4", "mg", "dL"]
    assert bag(text) == {"creatinine", "2", "4", "mg", "dl"}


def test_sentences_and_quotations() -> None:
    text = 'Dr. Ames wrote "Fluids given. Better." Seen by C. Lee. Next day'
    assert len(sentences(text)) == 2
    assert [text[start:end] for start, end in quotations(text)] == ['"Fluids given. Better."']


@pytest.mark.parametrize("text", HOSTILE)
def test_the_work_for_a_hostile_text_grows_no_faster_than_the_text(text: str) -> None:
    """Counted in calls: Seconds: benchmarks/check_speed.py."""
    assert _work(text) < 3 * _work(text[: len(text) // 2]) + 100


def _work(text: str) -> int:
    def read() -> None:
        words_read = plain(text)
        list(INDEX.find(text, words_read))
        sentences(text)
        assert len(words_read.spans) == len(words_read.texts)

    return counted(read)[0]
