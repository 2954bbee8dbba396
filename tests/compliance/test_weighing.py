"""Weights: what sounds neutral in all its words together is excused, what sounds leading is held; neither blocks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compliance.neutrality import LEADING
from compliance.weighing import Begun, Learnt, Weights, WeightsOfOne, begun, parts, row_text, tokens
from distilling.weights import SENTENCES, by_token, labelled_sentences, sentences_of
from tests.compliance.samples import KNOWLEDGE, OPEN, judge, judge_message

WEIGHTS = KNOWLEDGE.weights
LABELLED = labelled_sentences()
LEADING_ONES = [one for one in LABELLED if one.leads]
NEUTRAL_ONES = [one for one in LABELLED if not one.leads]
PARTS = st.from_regex(r"[abcd]( [abcd]| \.\. [abcd]| [abcd] [abcd])?", fullmatch=True)


def words_named(*names: str) -> Any:
    return lambda word: word in names


@pytest.mark.parametrize("path", sorted(SENTENCES.glob("*.jsonl")), ids=lambda path: path.stem)
def test_no_labelled_leading_sentence_is_excused(path: Any) -> None:
    excused = [one.text for one in sentences_of(path) if one.leads and KNOWLEDGE.sounds_neutral(one.text, one.field)]
    assert not excused


def test_hardly_a_labelled_neutral_sentence_is_held_as_leading() -> None:
    held = [one.text for one in NEUTRAL_ONES if WEIGHTS.sounds_leading(one.text, one.field)]
    assert len(held) < len(NEUTRAL_ONES) / 100


def test_labels_are_told_apart_in_the_words_of_pairs() -> None:
    """Both labels are there for each field, and no text is labelled twice in different ways."""
    labels: dict[tuple[str, str], bool] = {}
    for one in LABELLED:
        assert labels.setdefault((one.field, one.text), one.leads) == one.leads, one.text
    for field in ("question", "title", "context", "footer", "body", "subject"):
        assert {one.leads for one in LABELLED if one.field == field} == {True, False}


@given(st.sampled_from(LEADING_ONES), st.sampled_from(NEUTRAL_ONES))
def test_no_leading_sentence_hides_behind_a_neutral_clause(leading: Any, neutral: Any) -> None:
    joined = f"{neutral.text.rstrip('.?!')}; {leading.text}"
    alone = WEIGHTS.weigh(leading.text, "question")
    if alone.heaviest > 2 * WEIGHTS.stretch:  # what is joined takes the mark of the beginning away
        assert not WEIGHTS.sounds_neutral(joined, "question", cued=False)


def test_things_numbers_and_quotations_weigh_the_same_whatever_they_are() -> None:
    one = 'Please clarify the type of anemia documented on 03/04 as "low iron".'
    other = 'Please clarify the type of cirrhosis documented on 11/12 as "scarred liver".'
    assert WEIGHTS.weigh(one, "question") == WEIGHTS.weigh(other, "question")


def test_words_weigh_by_their_stems_and_signs_count() -> None:
    found = tokens("Who clarified zorvane (03/04)?", words_named("zorvane"))
    assert found == (*tokens("who clarifies", words_named())[:-1], "§", "(", "#", "?", "$")


@given(st.lists(st.sampled_from("abcd"), max_size=8).map(tuple), st.dictionaries(PARTS, st.integers(-9, 9)))
def test_a_sentence_weighs_what_its_parts_weigh(said: tuple[str, ...], table: dict[str, int]) -> None:
    assert begun(said, by_token(table)) == [sum(table.get(part, 0) for part in starting) for starting in parts(said)]


def test_a_part_may_weigh_more_in_sentences_of_one_kind() -> None:
    tables = {"": by_token({"who": 5}), "footer": by_token({"who": 2, "@footer": 1})}
    learnt = Learnt(tables, 0, 0, frozenset(), words_named())
    assert learnt.weigh("Who", "footer").whole == 8
    assert learnt.weigh("Who", "question").whole == 5


def test_a_word_that_no_neutral_sentence_held_weighs() -> None:
    heard = frozenset({"^", "$", "who"})
    learnt = Learnt({"": {}}, 0, 150, heard, words_named())
    weights = Weights(learnt, {"question": 0}, {"question": 0}, {}, {}, {}, 200)
    assert weights.weigh("Who", "question").unheard == 0
    assert weights.weigh("Who whistles", "question").unheard == 150
    assert not weights.sounds_neutral("Who whistles", "question", cued=False)


def test_a_field_without_a_limit_is_never_excused_and_never_held() -> None:
    weights = Weights(Learnt({"": {}}, -900, 0, frozenset(), words_named()), {}, {}, {}, {}, {}, 0)
    assert not weights.sounds_neutral("Who", "title", cued=False)
    assert not weights.sounds_leading("Who", "title")


@pytest.mark.parametrize(
    "question",
    [
        "Does anything in the findings below call for a diagnosis, in your judgment, or do they stand as findings?",
        "Can you recall whether she had been on oxygen at home, and if so, for what?",
    ],
)
def test_everyday_words_in_neutral_company_pass(question: str) -> None:
    assert judge(OPEN, question=question).verdict == "pass"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"question": "Which severe condition, if any, was being looked after with normal saline?"}, "a detail"),
        ({"question": "Which condition, such as sepsis, was being looked after with normal saline?"}, "a diagnosis"),
        ({"question": "Which condition of Zorvane, if any, was being looked after with normal saline?"}, "a name"),
        ({"context": "No other cause was found."}, "a statement without a source"),
        ({"title": "Looking after the patient with saline"}, "a title"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_the_record_does_not_show_is_never_excused(changes: dict[str, Any], why: str) -> None:
    assert judge(OPEN, **changes).verdict != "pass", why


@pytest.mark.parametrize(
    "body",
    [
        "You were asked because your name came up as someone who might see it our way.",
        "We only send this to people who, let's say, still have room to grow.",
        "Replies given by telephone are accepted and keyed in by the clerk on duty.",
    ],
)
def test_a_hint_of_neutral_words_alone_is_held(body: str) -> None:
    verdict = judge_message(kind="reminder", channel="inbox", subject=None, body=body)
    assert verdict.verdict == "review"
    assert LEADING in [finding.message for finding in verdict.findings]


@pytest.mark.parametrize(
    "changes",
    [
        {"question": "Did you mean the sodium or the creatinine of 02/03, and what does it represent, if anything?"},
        {"footer": "In case of doubt about the form, call ext. 4471."},
        {"footer": "We look forward to your reply, whatever it is."},
        {"footer": "A no closes the form and is not asked again."},
        {"context": "The lab called the value to the floor because it was a new one, at 22:05 on 02/03."},
        {"question": "Please add, if you know it, the cause of the creatinine of 02/03."},
    ],
    ids=lambda changes: next(iter(changes.values())),
)
def test_a_phrase_that_may_be_meant_otherwise_blocks_no_sentence_that_sounds_neutral(changes: dict[str, Any]) -> None:
    assert judge(OPEN, **changes).verdict != "block"


@pytest.mark.parametrize(
    "changes",
    [
        {"question": "Would you agree that the creatinine tells it all, and did you mean to name it in your note?"},
        {"footer": "In case you wonder, the first line is the one that helps all of us."},
        {"footer": "Please add the kidney to your note."},
        {"context": "It is renal failure because nothing else explains the creatinine of 02/03."},
        {"footer": "These values point to one answer."},
        {"question": "Which diagnosis, if any, is behind the creatinine, with reimbursement left aside?"},
    ],
    ids=lambda changes: next(iter(changes.values())),
)
def test_the_same_phrase_in_a_sentence_that_leads_never_passes(changes: dict[str, Any]) -> None:
    assert judge(OPEN, **changes).verdict != "pass"


@pytest.mark.parametrize(
    ("footer", "verdict"),
    [
        ("The same question goes to you since your colleague said no.", "review"),
        ("Template PR-7 v3, next review 02/2027.", "pass"),
        ("Kept with the business records for ten years.", "pass"),
        ("Free-form query; there is no library template for this topic.", "review"),
        ("Form KID-2, retired 01/2026.", "review"),
        ("Asked by T. Whitlow, clinical coder.", "pass"),
        ("Creatinine says sepsis. T. Whitlow, clinical coder.", "review"),
        ("Residents whose reply is missing at 07:00 lose access until it is mended.", "review"),
        ("If nothing is marked, the first line applies.", "review"),
    ],
)
def test_what_a_footer_says_of_the_query_itself(footer: str, verdict: str) -> None:
    """What presses, alters or is outside the library never passes; who asks and where it is kept does."""
    found = judge(OPEN, footer=footer).verdict
    assert found == verdict or (verdict == "review" and found == "block")


@pytest.mark.parametrize(
    ("body", "passes"),
    [
        ("Please open it and choose or write whatever fits your judgment; any of them closes it as well.", True),
        ("1 clarification still open (ref. K7DRG2-41). Tap to sign in.", True),
        ("1 clarification still open (ref. DRG-690). Tap to sign in.", False),
        ("Your item is still open. Colleagues found their names on the screen.", False),
        ("Question 12 was improved since you answered it.", False),
        ("This item is deleted at midnight.", False),
    ],
)
def test_ids_and_names_in_messages_are_told_from_what_presses(body: str, passes: bool) -> None:
    assert (judge_message(kind="reminder", channel="email", subject=None, body=body).verdict == "pass") == passes


def test_an_id_is_no_word_of_money_whatever_letters_it_holds() -> None:
    body = "You have 1 documentation clarification. Please sign in to read it."
    for link, verdict in (("https://q.example.org/n/x7DRG2pQ", "pass"), ("https://q.example.org/n/drg690", "block")):
        found = judge_message(kind="reminder", channel="email", subject=None, body=body, link=link)
        assert found.verdict == verdict, found.findings


def test_a_field_without_a_limit_is_softened_by_no_weight() -> None:
    weights = Weights(Learnt({"": {}}, -900, 0, frozenset(), words_named()), {}, {}, {}, {}, {"context": 0}, 0)
    assert not weights.may_be_blocked("Who", "context")
    assert weights.may_be_blocked("Who", "title")


def test_a_text_of_one_kind_is_held_where_it_and_its_unheard_words_weigh_enough() -> None:
    learnt = Learnt({"": by_token({"who": 5})}, 0, 20, frozenset({"^", "$", "who"}), words_named())
    assert not WeightsOfOne("row", learnt, 25).sounds_leading("Who")
    assert WeightsOfOne("row", learnt, 25).sounds_leading("Who whistles")


def test_what_stands_in_quotation_marks_is_weighed_as_no_word_of_the_author() -> None:
    told = [row_text("Note", value, None, quoted=True) for value in ("the obvious cause", "no change")]
    assert told[0] == told[1] == 'Note: "x"'
    assert row_text("Sodium", "131", "mmol/L", quoted=False) == "Sodium: 131 mmol/L"


@pytest.mark.slow
@pytest.mark.parametrize("learnt_from", ["sentences", "rows", "options"])
def test_the_weights_are_what_the_labelled_texts_say(learnt_from: str) -> None:
    pytest.importorskip("sklearn", reason="scikit-learn, of the packages for development, learns the weights")
    from distilling.options import all_options
    from distilling.rows import all_rows
    from distilling.weights import all_sentences, learned

    learnt, texts = {
        "sentences": (WEIGHTS.learnt, all_sentences),
        "rows": (KNOWLEDGE.row_weights.learnt, all_rows),
        "options": (KNOWLEDGE.option_weights.learnt, all_options),
    }[learnt_from]
    content: Any = learned(texts(), KNOWLEDGE)
    assert content["parts"].keys() == learnt.tables.keys()
    for kind, table in content["parts"].items():
        said, known = dict(_by_part(table)), dict(_by_part(learnt.tables[kind]))
        assert not [part for part in {*said, *known} if abs(said.get(part, 0) - known.get(part, 0)) > 4]


def _by_part(table: Mapping[str, Begun]) -> Iterator[tuple[str, int]]:
    for first, (weight, runs, others) in table.items():
        yield first, weight
        for second, (longer, thirds) in runs.items():
            yield f"{first} {second}", longer
            yield from ((f"{first} {second} {third}", most) for third, most in thirds.items())
        yield from ((f"{first} .. {other}", least) for other, least in others.items())
