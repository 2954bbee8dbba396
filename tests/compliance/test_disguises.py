"""Metamorphic promises: a violation is a violation however it is written, and wherever it stands."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.check import Verdict
from tests.compliance.samples import (
    BASES,
    KIDNEY,
    OPEN,
    RANK,
    judge,
    judge_message,
)

# One for each way to lead, in lexicon words and in plain speech.
VIOLATIONS = [
    "You must document septic shock.",
    "This captures more revenue for the hospital.",
    "The patient meets criteria for sepsis.",
    "Please add encephalopathy to your note.",
    "Your scorecard will show it.",
    "Thanks in advance for adding malnutrition.",
    "This is clearly acute respiratory failure.",
    "Would you agree this is pneumonia?",
    "The payer will deny the claim otherwise.",
    "Only abnormal values are listed, the normal values omitted.",
    "Everybody else on the service picks the second line.",
    "A little more on paper would do the ward's numbers good.",
    "It would be lovely to read the stronger word tomorrow.",
    "The diagnosis code is N17.9.",
]

_LOOKALIKE = str.maketrans("aeopcxy", "аеорсху")
_FULLWIDTH = {ord(sign): ord(sign) + 0xFEE0 for sign in "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"}


def _between_letters(sign: str) -> Callable[[str], str]:
    """Return a disguise that puts `sign` into the middle of every word."""

    def disguised(text: str) -> str:
        return " ".join(word[: len(word) // 2] + sign + word[len(word) // 2 :] for word in text.split(" "))

    return disguised


DISGUISES: dict[str, Callable[[str], str]] = {
    "upper case": str.upper,
    "lower case": str.lower,
    "mixed case": lambda text: "".join(sign.upper() if place % 2 else sign for place, sign in enumerate(text)),
    "Cyrillic letters": lambda text: text.translate(_LOOKALIKE),
    "full width": lambda text: text.translate(_FULLWIDTH),
    "zero-width signs": _between_letters("\u200b"),
    "word joiners": _between_letters("\u2060"),
    "soft hyphens": _between_letters("\u00ad"),
    "combining marks": _between_letters("\u0323"),
    "no-break blanks": lambda text: text.replace(" ", "\u00a0"),
    "wide blanks": lambda text: text.replace(" ", "   "),
    "line breaks": lambda text: text.replace(" ", "\n", 1).replace(" ", " \n "),
    "bold": _between_letters("**"),
    "tags": lambda text: " ".join(f"<b>{word}</b>" for word in text.split(" ")),
}


def placed(base: dict[str, Any], place: str, sentence: str) -> Verdict:
    """Judge `base` with the sentence behind whatever stands in a place."""
    return judge(base, **{place: f"{base.get(place) or ''} {sentence}".strip()})


@pytest.mark.parametrize("disguise", DISGUISES)
@pytest.mark.parametrize("violation", VIOLATIONS)
def test_writing_it_differently_hides_nothing(violation: str, disguise: str) -> None:
    written = DISGUISES[disguise](violation)
    plain, hidden = placed(OPEN, "context", violation), placed(OPEN, "context", written)
    assert plain.verdict != "pass"
    assert RANK[hidden.verdict] >= RANK[plain.verdict], (written, plain.findings, hidden.findings)


@pytest.mark.parametrize("disguise", DISGUISES)
@pytest.mark.parametrize("term", ["septic shock", "acute respiratory failure", "malnutrition", "encephalopathy"])
def test_a_diagnosis_in_a_title_is_found_however_it_is_written(term: str, disguise: str) -> None:
    verdict = judge(OPEN, title=f"Clarification of {DISGUISES[disguise](term)}")
    assert verdict.verdict == "block", verdict.findings


@pytest.mark.parametrize("written", ["s e p s i s", "s.e.p.s.i.s", "s-e-p-s-i-s", "sep-\nsis", "seps1s", "s*e*p*s*i*s"])
@pytest.mark.parametrize("place", ["title", "context", "question", "footer"])
def test_letters_pulled_apart_do_not_pass(place: str, written: str) -> None:
    assert placed(OPEN, place, f"{written}").verdict != "pass"


@pytest.mark.parametrize("violation", VIOLATIONS)
@pytest.mark.parametrize(
    "disguise", ["upper case", "Cyrillic letters", "zero-width signs", "soft hyphens", "wide blanks"]
)
def test_a_message_hides_nothing_either(violation: str, disguise: str) -> None:
    body = "You have 2 documentation clarifications waiting for you. "
    plain, hidden = judge_message(body=body + violation), judge_message(body=body + DISGUISES[disguise](violation))
    assert plain.verdict != "pass"
    assert RANK[hidden.verdict] >= RANK[plain.verdict]


@settings(max_examples=200, deadline=None)
@given(
    base=st.sampled_from(BASES),
    place=st.sampled_from(["title", "context", "question", "footer"]),
    violation=st.sampled_from(VIOLATIONS),
    disguise=st.sampled_from(sorted(DISGUISES)),
    first=st.booleans(),
)
def test_a_violation_anywhere_never_improves_a_verdict(
    base: dict[str, Any], place: str, violation: str, disguise: str, *, first: bool
) -> None:
    written, before = DISGUISES[disguise](violation), base.get(place) or ""
    verdict = judge(base, **{place: f"{written} {before}" if first else f"{before} {written}"})
    assert verdict.verdict != "pass"
    assert RANK[verdict.verdict] >= RANK[judge(base).verdict]


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(VIOLATIONS), st.integers(0, 3))
def test_a_violation_in_an_option_never_passes(violation: str, place: int) -> None:
    options = [dict(option) for option in KIDNEY["options"]]
    place %= len(options)
    options[place]["text"] = f"{options[place]['text']} ({violation})"
    assert judge(options=options).verdict != "pass"


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(VIOLATIONS), st.sampled_from(["name", "value"]), st.integers(0, 3))
def test_a_violation_in_an_indicator_never_passes(violation: str, part: str, place: int) -> None:
    indicators = [dict(indicator) for indicator in KIDNEY["indicators"]]
    chosen = indicators[place % len(indicators)]
    chosen[part] = f"{chosen[part]}; {violation}"
    assert judge(indicators=indicators).verdict != "pass"


@settings(max_examples=60, deadline=None)
@given(st.randoms(use_true_random=False), st.sampled_from(BASES))
def test_the_order_of_documented_terms_changes_nothing(chance: random.Random, base: dict[str, Any]) -> None:
    terms = list(base["documented"])
    chance.shuffle(terms)
    assert judge(base, documented=terms).verdict == judge(base).verdict
