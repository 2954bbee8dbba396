"""What sentences of the controlled language are built of."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from compliance.grammar import one_letter_apart, shortened
from tests.compliance.samples import KNOWLEDGE

WORDS = st.text("abcdefgh", min_size=1, max_size=8)


@given(WORDS, WORDS)
def test_words_one_letter_apart_are_so_in_both_directions(one: str, other: str) -> None:
    assert (other in set(one_letter_apart(one))) == (one in set(one_letter_apart(other)))


@given(WORDS)
def test_a_letter_may_be_left_out_added_changed_or_exchanged(word: str) -> None:
    apart = set(one_letter_apart(word))
    assert {*shortened(word)} - {word} <= apart
    assert {f"{word}x", f"x{word}", f"x{word[1:]}", word[1::-1] + word[2:]} <= apart | {word}


def test_an_everyday_word_with_a_letter_wrong_is_misspelt_and_a_species_is_not() -> None:
    assert KNOWLEDGE.language.misspelt("alarmng")
    assert not KNOWLEDGE.language.misspelt("plasmodium")
