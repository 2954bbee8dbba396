"""How grammars of answers are written and read."""

from __future__ import annotations

import pytest

from compliance.answer_grammar import AnswerGrammar, tokens

GRAMMAR = AnswerGrammar(
    {"who": "i | the <own>", "may": "{ <who> | we } cannot tell [ , sorry ] { very }* [ _ ]"}, frozenset({"coder"})
)


def derives(text: str, *own: str) -> bool:
    return GRAMMAR.derives("may", text, lambda word: word in own)


@pytest.mark.parametrize("text", ["I cannot tell", "We cannot tell; sorry", "We cannot tell - sorry very very: ____"])
def test_what_a_rule_is_made_of_is_derived(text: str) -> None:
    assert derives(text)


@pytest.mark.parametrize("text", ["Cannot tell", "I cannot tell you", "I cannot tell sorry", "I cannot tell!", ""])
def test_a_word_or_a_sign_too_many_or_missing_is_not(text: str) -> None:
    assert not derives(text)


def test_a_word_of_the_record_fits_unless_it_turns_an_answer_round() -> None:
    assert derives("The surgeon cannot tell", "surgeon")
    assert not derives("The surgeon cannot tell")
    assert not derives("The coder cannot tell", "coder")


def test_a_kind_without_a_grammar_proves_nothing() -> None:
    assert not GRAMMAR.derives("clinical", "I cannot tell", lambda _word: True)


def test_pauses_brackets_and_lines_are_read_alike() -> None:
    assert tokens("Other - [free-text]: ______.") == ("other", "(", "free", "text", ")", "_")
    assert tokens("Other organism(s); surgeon's view") == ("other", "organisms", ",", "surgeons", "view")
