"""What attackers got past the check stays stopped: faults made of harmless words, and remarks beside what is sound."""

from __future__ import annotations

from typing import Any

import pytest

from tests.compliance.samples import CREATININE, KIDNEY, OPEN, OTHER, UNDETERMINED, judge, judge_message, rules

STAGED: dict[str, Any] = {
    **KIDNEY,
    "title": "Pressure injury of the left heel: stage",
    "category": "stage",
    "documented": [
        {
            "term": "Pressure injury of left heel",
            "source": "Progress note",
            "author_role": "attending",
            "recorded_at": "2026-05-05T09:00:00",
        }
    ],
    "indicators": [
        {
            "name": "Left heel",
            "value": "2 x 2 cm, open, pink base, no slough",
            "unit": None,
            "source": "Wound care note",
            "observed_at": "2026-05-05T10:00:00",
            "author_role": "wound_nurse",
        },
        {
            "name": "Heel boots",
            "value": "On both feet",
            "unit": None,
            "source": "Orders",
            "observed_at": "2026-05-05T11:00:00",
            "author_role": "attending",
        },
    ],
    "question": "Pressure injury of the left heel is documented on 05/05. Please clarify its stage, if you are able.",
    "options": [
        {"text": "Stage 1", "kind": "clinical", "evidence": [0]},
        {"text": "Stage 2", "kind": "clinical", "evidence": [0]},
        OTHER,
        UNDETERMINED,
    ],
}


def with_option(text: str, place: int = 0) -> list[dict[str, Any]]:
    """Return the answers of the kidney query with another text at a place."""
    options = [dict(one) for one in KIDNEY["options"]]
    options[place]["text"] = text
    return options


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("question", "Pressure injury of the right heel is documented on 05/05. Please clarify its stage, if known."),
        ("title", "Pressure injury of the right heel: stage"),
        ("title", "Heel injury, right: stage"),
        ("context", "Progress note 05/05: pressure injury of the right heel."),
    ],
)
def test_a_side_that_the_record_contradicts_is_blocked(field: str, text: str) -> None:
    assert {"R-02", "R-35"} & rules(judge(STAGED, **{field: text}), "block")


def test_an_answer_of_the_other_side_is_blocked() -> None:
    options = [{"text": "Stage 2, right heel", "kind": "clinical", "evidence": [0]}, *STAGED["options"][1:]]
    assert "R-04" in rules(judge(STAGED, options=options), "block")


@pytest.mark.parametrize(
    "question",
    [
        STAGED["question"],
        "Was the wound of the left heel, documented on 05/05, left open? Please clarify its stage, if known.",
        "Please clarify the stage of the left heel injury, if known. Write it in the right column.",
    ],
)
def test_sides_of_the_record_and_what_is_no_side_are_nothing(question: str) -> None:
    assert not any("names the" in one.message for one in judge(STAGED, question=question).findings)


def test_the_brain_and_its_limbs_may_differ_in_side() -> None:
    stroke = {**STAGED["documented"][0], "term": "Acute ischemic stroke, right frontal"}
    question = "Left-sided weakness is documented on 05/05. Please clarify its cause, if known."
    verdict = judge(STAGED, question=question, documented=[stroke], indicators=[CREATININE], title="Weakness: cause")
    assert not any("names the" in one.message for one in verdict.findings)


@pytest.mark.parametrize("category", ["specificity", "acuity", "stage", "cause_effect", "complication", "conflict"])
def test_a_query_about_a_condition_names_who_documented_it(category: str) -> None:
    assert "R-04" in rules(judge(STAGED, category=category, documented=[]), "block")


@pytest.mark.parametrize("role", ["patient", "family"])
def test_what_a_patient_says_of_himself_is_no_documentation_of_a_provider(role: str) -> None:
    told = {**STAGED["documented"][0], "author_role": role}
    assert "R-04" in rules(judge(STAGED, documented=[told]), "block")


@pytest.mark.parametrize(
    "question", ["documented on 05/19", "noted on 05/23", "documented in the progress note of 06/01"]
)
def test_nothing_was_documented_after_all_that_is_shown(question: str) -> None:
    asked = f"Pressure injury of the left heel is {question}. Please clarify its stage, if clinically able."
    assert "R-26" in rules(judge(STAGED, question=asked))


@pytest.mark.parametrize("question", ["is documented on 05/05", "is documented; the follow-up visit is on 05/23"])
def test_days_of_the_record_and_days_ahead_are_nothing(question: str) -> None:
    asked = f"Pressure injury of the left heel {question}. Please clarify its stage, if clinically able."
    assert "R-26" not in rules(judge(STAGED, question=asked))


@pytest.mark.parametrize(
    "remark",
    [
        "not subtle",
        "needs an explanation",
        "enough for the diagnosis",
        "above the cutoff for severe",
        "stage 2 range",
        "undertreated",
        "looks bad",
        "worse than the note says",
        "dropped like a stone",
        "this counts",
        "criteria satisfied",
        "not incidental",
        "no mention in the note",
        "ignored in the note",
        "worst of the stay",
    ],
)
def test_a_remark_beside_a_value_is_stopped(remark: str) -> None:
    shown = {**CREATININE, "value": f"2.9, {remark}"}
    assert "R-07" in rules(judge(OPEN, indicators=[shown, *KIDNEY["indicators"][1:]]))


@pytest.mark.parametrize("name", ["Key indicator", "Criterion 1", "Key finding"])
def test_the_name_of_a_finding_gives_it_no_weight(name: str) -> None:
    shown = {**CREATININE, "name": name}
    assert "R-07" in rules(judge(OPEN, indicators=[shown, *KIDNEY["indicators"][1:]]))


@pytest.mark.parametrize("value", ["?", " ? ", "(?)"])
def test_a_question_mark_is_no_value(value: str) -> None:
    shown = {**CREATININE, "value": value}
    assert "R-06" in rules(judge(OPEN, indicators=[shown, *KIDNEY["indicators"][1:]]), "block")


@pytest.mark.parametrize("source", ["from memory", "outside", "oral", "spoken word", "verbal report", "oral report"])
def test_what_somebody_remembers_is_no_source(source: str) -> None:
    shown = {**CREATININE, "source": source}
    assert "R-06" in rules(judge(OPEN, indicators=[shown, *KIDNEY["indicators"][1:]]))


@pytest.mark.parametrize(
    "text",
    [
        "Prerenal azotemia (as before)",
        "Prerenal azotemia (as treated)",
        "Prerenal azotemia (new)",
        "Prerenal azotemia (vague)",
        "Prerenal azotemia (the more specific term)",
        "Prerenal azotemia (less specific)",
        "Prerenal azotemia (rare)",
        "Prerenal azotemia (complete answer)",
        "Prerenal azotemia (documented by nursing)",
        "Prerenal azotemia (1)",
        "Prerenal azotemia with higher risk",
        "Prerenal azotemia without support",
        "Only prerenal azotemia",
        "Definite prerenal azotemia",
        "A. Prerenal azotemia",
        '"Prerenal azotemia"',
    ],
)
def test_one_answer_alone_carries_no_rank_no_mark_and_no_remark(text: str) -> None:
    assert {"R-11", "R-12", "R-03"} & rules(judge(options=with_option(text, 1)))


@pytest.mark.parametrize(
    "options",
    [
        ["E. coli urinary tract infection", "S. aureus urinary tract infection"],
        ["Third degree (full thickness)", "Second degree"],
        ["Atrial fibrillation (new)", "Atrial fibrillation (old)"],
    ],
)
def test_names_of_germs_and_what_all_answers_have_mark_none(options: list[str]) -> None:
    listed = [{"text": text, "kind": "clinical", "evidence": [0]} for text in options]
    found = judge(options=[*listed, OTHER, UNDETERMINED]).findings
    assert not any("stand out" in one.message or "unlike its siblings" in one.message for one in found)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("other", "Other (no comment field)"),
        ("other", "Other (without a text box)"),
        ("undetermined", "Not yet"),
        ("undetermined", "Unable to determine, please explain"),
        ("undetermined", "Unable to determine (rationale)"),
        ("not_significant", "Not clinically significant (explain the treatment given)"),
    ],
)
def test_neutral_answers_cost_no_explanation_and_can_be_given(kind: str, text: str) -> None:
    options = [one for one in KIDNEY["options"] if one["kind"] != kind] + [{"text": text, "kind": kind}]
    assert {"R-09", "R-11"} & rules(judge(options=options))


@pytest.mark.parametrize("text", ["Not yet known", "Not yet determined", "Unable to determine (please specify)"])
def test_what_is_not_known_yet_is_undetermined(text: str) -> None:
    options = [*KIDNEY["options"][:-1], {"text": text, "kind": "undetermined"}]
    assert "R-11" not in rules(judge(options=options))


@pytest.mark.parametrize(
    "title",
    [
        "Kidney function results (not documented)",
        "Kidney function results: correction",
        "Kidney function results - final request",
        "Kidney function results: add specificity",
        "Kidney function results (first item)",
        "Kidney function results: your error",
        "Kidney function results: coding",
        "Kidney function results: criteria",
        "Kidney function results: discrepancy with criteria",
        "Kidney function results with organ involvement",
        "Kidney function results, due to infection",
        "Sick patient: kidney function results",
        "Kidney function results: needed for discharge",
        "Kidney function results: please sign",
        "Kidney function results (more than a symptom)",
    ],
)
def test_a_title_judges_nothing_and_asks_for_nothing(title: str) -> None:
    assert judge(title=title).verdict != "pass"


@pytest.mark.parametrize("title", ["Refractive error: laterality", "Sick sinus syndrome: type"])
def test_a_title_repeats_what_is_documented(title: str) -> None:
    documented = [{**KIDNEY["documented"][0], "term": title.split(":", maxsplit=1)[0]}]
    assert "R-02" not in rules(judge(title=title, documented=documented, category="specificity"))


@pytest.mark.parametrize(
    ("footer", "rule"),
    [
        ("This is the third request for the same documentation.", "R-37"),
        ("The discharge summary stays open until a diagnosis is documented.", "R-20"),
        ("A missed answer is reported to the medical staff office.", "R-20"),
        ("One signature and this is done.", "R-20"),
        ("This condition has not been documented since January 1.", "R-18"),
        ("The plan of the patient requires a current statement.", "R-18"),
        ("The readmission list includes this patient.", "R-19"),
        ("No other cause was found in the record.", "R-03"),
        ("The record names no other cause.", "R-03"),
        ("There was a reason for each order.", "R-03"),
        ("For undetermined, use the paper form.", "R-11"),
        ("Your resident may sign in your name.", "R-32"),
        ("If you did not see the patient, answer from the record.", "R-28"),
        ("This message is not part of any record and is not kept.", "R-33"),
        ("Form expired 01/2024.", "R-34"),
        ("Please also clarify the stage of the kidney disease.", "R-30"),
        ("This has been on the problem list for years.", "R-17"),
        ("It was documented in three earlier stays.", "R-17"),
        ("It was first seen in the emergency department.", "R-21"),
    ],
)
def test_harmless_words_that_lead_are_named(footer: str, rule: str) -> None:
    assert rule in rules(judge(footer=footer))


@pytest.mark.parametrize(
    "footer",
    [
        "The clarification stays open until it is answered.",
        "The form is kept with the business records and is not part of the legal health record.",
        "Please sign in to the portal to answer.",
        "Please answer if known at this point; unable to determine is an answer.",
    ],
)
def test_what_sounds_alike_and_says_how_a_query_is_handled_is_named_by_no_lexicon(footer: str) -> None:
    assert not any(one.severity == "block" for one in judge(footer=footer).findings)


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        ("You have 1 clarification. Please accept it.", "R-20"),
        ("You have 1 clarification. Please sign it as written.", "R-20"),
        ("You have 1 clarification. Most are answered with a single word.", "R-20"),
        ("No reply was received; agreement was recorded.", "R-32"),
        ("Please answer; you did not see the patient, but the record is clear.", "R-28"),
        ("Any hospitalist may answer.", "R-28"),
        ("You have 4 clarifications. Average time of your colleagues: 1 day.", "R-19"),
        ("Your documentation is not specific.", "R-20"),
        ("Please delete this message after you have answered.", "R-33"),
        ("You have 1 clarification on a closed account. Sign in to review.", "R-18"),
        ("You have [n] clarifications. Sign in to review.", "R-26"),
    ],
)
def test_messages_of_harmless_words_that_push_are_named(body: str, rule: str) -> None:
    assert rule in rules(judge_message(body=body))


@pytest.mark.parametrize("slot", ["@DX@", "@ME@", "(fill in)", "[n]"])
def test_short_slots_that_stayed_empty_are_found(slot: str) -> None:
    assert "R-26" in rules(judge(OPEN, context=f"Progress note {slot}."), "block")


def test_a_wound_nurse_is_not_asked_about_an_injury_of_the_spinal_cord() -> None:
    term = {**STAGED["documented"][0], "term": "Cervical spinal cord injury"}
    question = "Cervical spinal cord injury is documented on 05/05. Please provide further specificity, if known."
    asked = {"category": "specificity", "documented": [term], "question": question, "title": "Cervical cord injury"}
    shown = {**STAGED["indicators"][0], "name": "Arms", "value": "Weak grip on both sides"}
    verdict = judge(STAGED, recipient_role="wound_nurse", indicators=[shown], **asked)
    assert "R-28" in rules(verdict, "block")


@pytest.mark.parametrize("link", ["https://cdi.example.org/q/I50.23", "https://cdi.example.org/q?c=A41.9&n=7"])
def test_a_code_in_a_link_is_blocked(link: str) -> None:
    assert "R-18" in rules(judge_message(link=link), "block")


@pytest.mark.parametrize("link", ["https://cdi.example.org/n/7fQ2kLx9", "https://cdi.example.org/q/K7Q2.html"])
def test_an_opaque_id_in_a_link_is_no_code(link: str) -> None:
    assert "R-18" not in rules(judge_message(link=link))
