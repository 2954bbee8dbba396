"""Themes: a sentence that is not proven neutral is named by what it hints at, and no hint ever passes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compliance.themes import SpokenTheme, Themes
from tests.compliance.samples import (
    CONFLICT,
    CREATININE,
    FLUIDS,
    KIDNEY,
    KNOWLEDGE,
    OPEN,
    OTHER,
    UNDETERMINED,
    judge,
    rules,
)

THEMES = KNOWLEDGE.themes
STRONG = [cue for theme in THEMES.themes for cue in theme.strong]
PUSHING = [cue for cue in STRONG if KNOWLEDGE.matter(f"{cue.capitalize()}.").strip(" .")]  # what is no mere courtesy
PLACES = st.sampled_from(["context", "footer"])

HINTS = [
    ("R-18", "The capitation list for April closes with what stands here."),
    ("R-18", "Without it the stay falls into the lighter drawer."),
    ("R-18", "The people who check our invoices like to see it spelled out."),
    ("R-18", "The insurer pushes back on stays like this one."),
    ("R-18", "The filing window shuts at noon and this one is worth more."),
    ("R-19", "Our ward has gone 90 days without an infection on the whiteboard."),
    ("R-19", "Otherwise the death lands in our column of the league table."),
    ("R-19", "The site that compares hospitals refreshes in June."),
    ("R-19", "Returns within the month are held against the unit."),
    ("R-20", "This is the last one on my list, so do us a favor."),
    ("R-20", "I promised the chief that you would come through for us."),
    ("R-20", "Everybody else on the service picks the second line."),
    ("R-20", "It would be lovely to see this settled before rounds."),
    ("R-20", "Those who skip these are remembered when contracts are renewed."),
    ("R-03", "It is hard to see it otherwise."),
    ("R-03", "The picture is straight out of the textbook."),
    ("R-03", "All of it keeps pointing the same way."),
    ("R-07", "The calmer readings were trimmed to keep this short."),
    ("R-22", "The diagnosis will not hold up."),
    ("R-24", "The tear is best put as unavoidable."),
    ("R-27", "Two of the three boxes are ticked."),
    ("R-29", "Sent by a script of the finance desk."),
    ("R-31", "The options were swapped since you last looked."),
    ("R-33", "This sheet is shredded once you sign."),
    ("R-34", "Draft form, never went to committee."),
    ("R-35", "The summary was drafted by the AI assistant."),
    ("R-36", "The advisor on call will fill in the answer for you."),
    ("R-37", "Your reply did not help us, so here is another go."),
    ("R-40", "The bill went out in March and is now to be reopened."),
]


@pytest.mark.parametrize(("rule", "sentence"), HINTS)
@pytest.mark.parametrize("place", ["context", "footer"])
def test_a_hint_is_named_by_its_rule(rule: str, sentence: str, place: str) -> None:
    assert rule in rules(judge(KIDNEY, **{place: sentence}))


@pytest.mark.parametrize("base", [KIDNEY, CONFLICT])
def test_at_most_two_themes_are_named_for_one_sentence(base: dict[str, Any]) -> None:
    sentence = "Do us a favor: the insurer, the league table and the textbook all point the same way, as we agreed."
    named = [finding for finding in judge(base, footer=sentence).findings if finding.field == "footer"]
    assert 1 <= len({finding.rule for finding in named if finding.severity == "block"}) <= 4
    assert len(THEMES.named(sentence)) > 2


def test_no_phrase_that_is_neutral_as_a_whole_is_a_strong_cue() -> None:
    language = KNOWLEDGE.language
    assert set(STRONG).isdisjoint({*language.phrases, *language.inviting})
    assert not [cue for cue in STRONG if language.alone(cue)]


@settings(max_examples=150, deadline=None)
@given(cue=st.sampled_from(PUSHING), place=PLACES)
def test_a_cue_in_a_sentence_of_its_own_never_passes(cue: str, place: str) -> None:
    neutral = "Please answer using your independent clinical judgment."
    assert judge(OPEN, **{place: neutral}).verdict == "pass" or place == "context"
    assert judge(OPEN, **{place: f"{neutral} {cue[0].upper()}{cue[1:]}."}).verdict != "pass"


@settings(max_examples=100, deadline=None)
@given(cue=st.sampled_from([cue for cue in PUSHING if len(THEMES.stems(cue)) > 1]), place=PLACES)
def test_a_pushing_phrase_of_neutral_words_never_passes(cue: str, place: str) -> None:
    assert judge(OPEN, **{place: f"The record of this patient was reviewed, {cue}, on 05/05."}).verdict != "pass"


@settings(max_examples=100, deadline=None)
@given(cue=st.sampled_from(STRONG), case=st.sampled_from([str.upper, str.lower, str.title]))
def test_cases_do_not_hide_a_cue(cue: str, case: Any) -> None:
    assert [one.theme for one in THEMES.named(case(cue))] == [one.theme for one in THEMES.named(cue)]


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=300))
def test_any_text_is_read_and_spans_lie_inside_it(text: str) -> None:
    for naming in THEMES.named(text):
        assert 0 <= naming.span[0] < naming.span[1] <= len(text)


def test_one_weak_cue_asks_for_a_person_and_two_block() -> None:
    theme = SpokenTheme("money", "R-18", "Money.", "None.", strong=("carries the stay",), weak=("ledger", "quarter"))
    themes = Themes((theme,), {"quarters": "quarter"}, frozenset({"the"}))
    assert [one.severity for one in themes.named("It stands in the ledger.")] == ["review"]
    assert [one.severity for one in themes.named("The ledger of both quarters.")] == ["block"]
    assert [one.severity for one in themes.named("It is what carries stays.")] == ["block"]
    assert themes.named('He said "ledger".') == ()
    assert themes.named("Creatinine 2.4 mg/dL.") == ()


def test_words_that_neutral_sentences_hold_as_often_block_only_beside_another_cue() -> None:
    theme = SpokenTheme("lead", "R-03", "It leads.", "Ask.", strong=("tells all",), weak=("see", "would", "textbook"))
    themes = Themes((theme,), {}, frozenset(), frozenset({"see", "would"}))
    assert [one.severity for one in themes.named("What would you see?")] == ["review"]
    assert [one.severity for one in themes.named("You would see a textbook.")] == ["block"]


def test_a_phrase_that_is_neutral_as_a_whole_hints_at_nothing() -> None:
    assert not KNOWLEDGE.hints("In your opinion, which is it, if known?")
    assert "R-03" in {hint.theme.rule for hint in KNOWLEDGE.hints("In our opinion it is the kidney.")}
    assert "R-18" not in {hint.theme.rule for hint in KNOWLEDGE.hints("The cytokine release syndrome of 04/12.")}


@pytest.mark.parametrize(
    "footer",
    [
        "Every choice takes one click.",
        "All choices take a single click.",
        "All answers carry equal weight.",
        "No answer is preferred, and all choices carry equal weight.",
        "Reply in the chart or here, your choice.",
        "Nothing in this request is meant to point to one answer.",
        "Please add your answer as an addendum to the discharge summary.",
        "If you would rather dictate, the line is open at all hours.",
        "If you did not treat the patient, please tell the desk at 301.",
        "There is no rush.",
        "An addendum to the discharge summary is sufficient.",
        "An addendum to the discharge summary is the place for your reply.",
        "We look for no particular answer.",
        "The advisor may not answer for you.",
        "You will need to sign in to the portal.",
    ],
)
def test_what_houses_say_of_all_answers_alike_blocks_nowhere(footer: str) -> None:
    assert judge(OPEN, footer=footer).verdict != "block"


@pytest.mark.parametrize(
    "footer",
    [
        "The first choice takes one click.",
        "Unable to determine takes two more clicks.",
        "The third answer carries more weight.",
        "Our choice would be the second line.",
        "Please add acute kidney injury to the discharge summary.",
        "The advisor will answer for you.",
    ],
)
def test_what_is_said_of_one_answer_alone_still_blocks(footer: str) -> None:
    assert judge(OPEN, footer=footer).verdict == "block"


@pytest.mark.parametrize(
    "question",
    [
        "Is there a diagnosis that goes with the findings below, and if so, what is it?",
        "What diagnosis or reason, in your judgment, goes with the fluids of 05/05?",
        "In your opinion, what accounts for the findings below, if it can be stated?",
        "Would you please tell us which condition, if any, the findings below represent?",
    ],
)
def test_a_diagnosis_may_be_asked_for_that_goes_with_the_findings(question: str) -> None:
    assert judge(OPEN, question=question).verdict != "block"


@pytest.mark.parametrize(
    "footer",
    [
        "Please see the listed findings.",
        "We look for no particular answer. Reply in the chart or here, your choice.",
        "An addendum to the discharge summary is sufficient.",
    ],
)
def test_plain_remarks_on_how_to_answer_pass(footer: str) -> None:
    assert judge(OPEN, footer=footer).verdict == "pass"


@pytest.mark.parametrize(
    "footer", ["We look for one particular answer.", "One word is enough.", "Please see that it is named."]
)
def test_remarks_that_ask_for_one_answer_or_less_than_one_do_not_pass(footer: str) -> None:
    assert judge(OPEN, footer=footer).verdict != "pass"


def test_the_best_theme_stands_first() -> None:
    best = THEMES.named("The plan's monthly amount for this member is built on what is written in the first quarter.")
    assert best[0].theme.rule == "R-18"


@pytest.mark.parametrize("aside", ["as the fluid would have us believe", "the smaller fee", "what the others pick"])
def test_an_answer_holds_nothing_but_its_subject(aside: str) -> None:
    options = [
        {"text": f"Prerenal azotemia, {aside}", "kind": "clinical", "evidence": [2, 3]},
        *(option for option in KIDNEY["options"] if option["text"] != "Prerenal azotemia"),
    ]
    found = judge(KIDNEY, options=options).findings
    assert {one.rule for one in found if one.field == "options[0].text"} & {"R-03", "R-18", "R-20"}


def test_a_neutral_answer_that_is_discouraged_is_named() -> None:
    other = {**OTHER, "text": "Other (please specify only if you truly cannot settle on a line above)"}
    verdict = judge(KIDNEY, options=[*KIDNEY["options"][:2], other, UNDETERMINED])
    assert rules(verdict, "block") & {"R-09", "R-11"}


KIDNEY_DISEASE = {
    **OPEN,
    "category": "stage",
    "documented": [{**KIDNEY["documented"][0], "term": "Chronic kidney disease"}],
    "indicators": [CREATININE, FLUIDS],
    "question": "Please clarify the stage of the chronic kidney disease documented on 05/04, if clinically able.",
}


@pytest.mark.parametrize(
    "title", ["Stage 4 CKD", "CKD stage 3b", "Chronic kidney disease, stage 4", "Advanced chronic kidney disease"]
)
def test_a_title_gives_no_stage_that_is_asked_for(title: str) -> None:
    assert "R-02" in rules(judge(KIDNEY_DISEASE, title=title), "block")


def test_a_title_may_give_the_stage_that_is_documented() -> None:
    staged = [{**KIDNEY["documented"][0], "term": "CKD stage 3b"}]
    assert "R-02" not in rules(judge(KIDNEY_DISEASE, documented=staged, title="CKD stage 3b: status"))


def test_a_hint_in_the_title_blocks_the_title() -> None:
    found = rules(judge(KIDNEY, title="Missed opportunity: kidney function"), "block")
    assert {"R-02", "R-18"} <= found


@pytest.mark.parametrize(
    "footer",
    [
        "For reference only: KDIGO 2012 Clinical Practice Guideline for Acute Kidney Injury (approved 01/2026).",
        "Reference only: ASPEN consensus characteristics 2012, Nutrition Committee document NC-9 v4, reviewed 10/2025.",
    ],
)
def test_a_named_and_dated_reference_may_name_what_it_defines(footer: str) -> None:
    assert judge(OPEN, footer=footer).verdict == "pass"


@pytest.mark.parametrize(
    "footer",
    [
        "For reference only: KDIGO 2012 guideline, Met In This Patient.",
        "For reference only: acute kidney injury 2012.",
        "For reference only: our house table of 2024.",
    ],
)
def test_a_reference_that_judges_or_has_no_name_does_not_pass(footer: str) -> None:
    assert judge(OPEN, footer=footer).verdict != "pass"


UNSOURCED = [
    "Events after day 2 are listed with the unit.",
    "The state reads these records in June.",
    "The other physicians of the service document the acute form.",
    "A creatinine of 2.4 is not normal for this patient.",
    "No other cause was found.",
    "No other condition was identified in the record.",
    "Fluids were given for a reason.",
    "Normal values are not listed.",
    "Only values after 05/04 are listed.",
    "A second answer is requested.",
    "The diagnosis can be removed in an addendum.",
    "The injury is due to the operation.",
    "The two conditions are related.",
    "The nurse may select the answer.",
    "This question was changed on 05/06.",
    "This question is not stored.",
    "The condition was identified by the system.",
]


@pytest.mark.parametrize("sentence", UNSOURCED)
@pytest.mark.parametrize("place", ["context", "footer"])
def test_neutral_words_do_not_make_a_statement_neutral(sentence: str, place: str) -> None:
    assert judge(OPEN, **{place: sentence}).verdict != "pass"


SOUND = [
    ("context", "The progress note of 05/05 does not state the cause."),
    ("context", 'H&P, 05/04/2026 10:00: "Poor oral intake, dry mouth." The type is not documented.'),
    ("footer", "Contact: R. Ames, RN, CCDS, ext. 4410. Due 05/09/2026 per policy HIM-07."),
    ("footer", "Your reply is stored with the encounter under retention class B."),
    ("footer", "If you were not the treating provider, please redirect this question."),
    ("footer", "In responding, please rely on your own professional judgment and the facts of the case."),
    ("footer", "The fact that this question is asked does not imply that any particular answer is wanted."),
]


@pytest.mark.parametrize(("place", "text"), SOUND)
def test_sound_sentences_are_proven(place: str, text: str) -> None:
    assert judge(OPEN, **{place: text}).verdict == "pass"


@pytest.mark.parametrize(
    "question",
    [
        "What acute condition was treated with normal saline?",
        "Please clarify the new kidney condition.",
        "Please name the complication.",
        "Please document the kidney dysfunction that the findings below represent.",
    ],
)
def test_a_question_presumes_no_kind_of_condition(question: str) -> None:
    assert judge(OPEN, question=question).verdict != "pass"


def test_a_title_makes_no_condition_of_an_organ() -> None:
    assert "R-02" in rules(judge(KIDNEY, title="Kidney dysfunction: results"))
    assert "R-02" in rules(judge(KIDNEY, title="Kidney damage: results"))
    assert judge(KIDNEY, title="Clarification: kidney function results").verdict == "pass"


def test_what_the_category_asks_about_may_be_named() -> None:
    ileus = [{**KIDNEY["documented"][0], "term": term} for term in ("Ileus", "Colectomy")]
    question = (
        "Please clarify whether the ileus documented on 05/05 is a complication of, expected with, "
        "or unrelated to the colectomy."
    )
    verdict = judge(OPEN, category="complication", documented=ileus, question=question, title="Ileus: clarification")
    assert verdict.verdict == "pass"


def test_no_criteria_stand_beside_an_answer() -> None:
    cited = {**KIDNEY["options"][0], "text": "Acute kidney injury (reference: 0.3 in 48 h, yes)"}
    assert "R-27" in rules(judge(KIDNEY, options=[cited, *KIDNEY["options"][1:]]), "block")
