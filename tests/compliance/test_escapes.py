"""What once passed and should not: sources, units, organs, quotations and others, each with sound look-alikes."""

from __future__ import annotations

from typing import Any

import pytest

from tests.compliance.samples import CREATININE, KIDNEY, OPEN, judge, rules


@pytest.mark.parametrize(
    "source",
    [
        "AI summary",
        "Coding note",
        "Query system",
        "Insurer file",
        "Quality dashboard",
        "Vendor report",
        "Sepsis bot",
        "Denial letter",
    ],
)
def test_what_only_sounds_like_a_document_is_no_source(source: str) -> None:
    shown = {**CREATININE, "source": source}
    assert "R-06" in rules(judge(OPEN, indicators=[shown, *KIDNEY["indicators"][1:]]))
    entry = {**OPEN["documented"][0], "source": source}
    assert "R-06" in rules(judge(OPEN, documented=[entry]))


@pytest.mark.parametrize(
    "source",
    [
        "H&P",
        "ED triage note",
        "Progress note (Dr. A. Vega)",
        "Wound care RN flowsheet",
        "Outside echo report, scanned",
        "MAR",
        "Blood bank",
        "Hematology clinic note",
    ],
)
def test_documents_are_called_in_many_ways(source: str) -> None:
    shown = {**CREATININE, "source": source}
    assert "R-06" not in rules(judge(OPEN, indicators=[shown, *KIDNEY["indicators"][1:]]))


@pytest.mark.parametrize(
    ("name", "value", "unit"),
    [
        ("Sodium", "128", "%"),
        ("Creatinine", "2.4", "mmHg"),
        ("Heart rate", "118", "mg/dL"),
        ("Hemoglobin", "7.9", "bpm"),
        ("Temperature", "38.9", "mL"),
        ("Platelets", "88", "mmol/L"),
        ("Sodium", "128 %", None),
        ("Lactate", "4.1", "mmol/L, quite a lot"),
    ],
)
def test_a_unit_that_the_finding_cannot_have_is_reviewed(name: str, value: str, unit: str | None) -> None:
    shown = {**CREATININE, "name": name, "value": value, "unit": unit}
    assert "R-06" in rules(judge(OPEN, indicators=[shown, *KIDNEY["indicators"][1:]]))


@pytest.mark.parametrize(
    ("name", "value", "unit"),
    [
        ("Sodium", "128", "mEq/L"),
        ("Creatinine", "212", "umol/L"),
        ("Glucose", "11.2", "mmol/L"),
        ("Platelets", "88", "x10^9/L"),
        ("Temperature", "38.9", "Deg. C"),
        ("PaO2", "7.9", "kPa"),
        ("Hemoglobin", "7.9 g/dL, down 40 % from 12.8", None),
        ("Platelets", "236", "mL"),
    ],
)
def test_a_unit_may_be_spelled_in_many_ways(name: str, value: str, unit: str | None) -> None:
    shown = {**CREATININE, "name": name, "value": value, "unit": unit}
    assert "R-06" not in rules(judge(OPEN, indicators=[shown, *KIDNEY["indicators"][1:]]))


def with_neutral(kind: str, text: str) -> list[dict[str, Any]]:
    others = [option for option in KIDNEY["options"] if option["kind"] != kind]
    return [*others, {"text": text, "kind": kind}]


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("other", "No other condition fits"),
        ("other", "Other, which nobody here has ever used"),
        ("other", "Another look at the fluids first"),
        ("undetermined", "Unable to exclude an injury"),
        ("undetermined", "Not unable to determine"),
        ("undetermined", "Unable to determine yet, will look again tomorrow"),
        ("not_significant", "Not without clinical significance"),
        ("not_significant", "Incidental, although treated"),
        ("not_significant", "Significant finding"),
        ("integral", "Not expected with the procedure"),
        ("integral", "Expected by every reader of the chart"),
        ("ruled_out", "Cannot be excluded"),
        ("ruled_out", "Not fully ruled out"),
        ("ruled_out", "Ruled out for lack of effort"),
        ("ruled_out", "Hepatorenal syndrome ruled out"),
    ],
)
def test_a_neutral_answer_speaks_the_closed_language_of_its_kind(kind: str, text: str) -> None:
    assert rules(judge(options=with_neutral(kind, text))) & {"R-09", "R-11"}


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("other", "Some other cause (please write in)"),
        ("other", "Something else, in your own words: ____"),
        ("undetermined", "Cause could not be determined"),
        ("undetermined", "Not enough information to say"),
        ("not_significant", "Laboratory change without clinical significance"),
        ("integral", "Expected change after surgery"),
        ("ruled_out", "Prerenal azotemia ruled out"),
    ],
)
def test_neutral_answers_are_worded_in_many_ways(kind: str, text: str) -> None:
    assert not rules(judge(options=with_neutral(kind, text))) & {"R-09", "R-11"}


@pytest.mark.parametrize(
    "joined",
    [
        ", numbers doubled",
        " - everything agrees",
        " — all boxes ticked",
        " (whole ward saw it)",
        ": plain as day",
        ", given this rise",
        " since it doubled",
        " because it rose",
        ", as the team expected",
    ],
)
def test_no_reason_is_joined_to_an_answer(joined: str) -> None:
    options = [{**KIDNEY["options"][0], "text": f"Acute kidney injury{joined}"}, *KIDNEY["options"][1:]]
    assert rules(judge(options=options)) & {"R-03", "R-11", "R-12", "R-27"}


@pytest.mark.parametrize(
    "text",
    [
        "Acute kidney injury, cause not identified",
        "Acute kidney injury (acute tubular necrosis)",
        "Acute kidney injury - prerenal",
        "Acute kidney injury, no current treatment",
    ],
)
def test_an_answer_may_say_more_precisely_what_it_is(text: str) -> None:
    options = [{**KIDNEY["options"][0], "text": text}, *KIDNEY["options"][1:]]
    assert not [
        one
        for one in judge(options=options).findings
        if one.rule in ("R-03", "R-12", "R-11") and one.severity != "warn"
    ]


@pytest.mark.parametrize(
    "name", ["Addison", "Crohn", "Whipple", "Wilson", "wernicke", "Fanconi", "Zanzibar-Kolb", "Lurzen"]
)
@pytest.mark.parametrize(
    ("place", "text"),
    [
        ("title", "Clarification: {} findings"),
        ("context", "The {} findings of 05/05 are listed below."),
        ("question", "Please clarify the clinical significance, if any, of the {} findings below."),
    ],
)
def test_a_name_of_a_disease_stands_in_the_record_or_nowhere(place: str, text: str, name: str) -> None:
    assert judge(OPEN, **{place: text.format(name)}).verdict != "pass"


@pytest.mark.parametrize("category", ["specificity", "acuity", "status"])
def test_no_unknown_name_makes_a_documented_condition_finer(category: str) -> None:
    question = (
        "Gastroenteritis is documented on 05/04. Please clarify the type of the Norzak gastroenteritis, if known."
    )
    assert "R-03" in rules(judge(OPEN, category=category, question=question))


@pytest.mark.parametrize(
    "question",
    [
        "Please clarify the clinical significance, if any, of the Glasgow score recorded on 05/05.",
        "Please clarify the clinical significance, if any, of the Doppler findings of Tuesday 05/05.",
        "Please clarify the clinical significance, if any, of the findings that Dr. Addison recorded on 05/05.",
    ],
)
def test_names_of_scales_days_and_persons_name_no_disease(question: str) -> None:
    message = "a name that neither the record"
    assert not [one for one in judge(OPEN, question=question).findings if message in one.message]


def test_a_disease_of_the_record_may_be_called_by_its_name() -> None:
    entry = {**OPEN["documented"][0], "term": "Crohn's disease"}
    question = "Crohn's disease is documented on 05/04. Please clarify the site of the Crohn's disease, if known."
    assert judge(OPEN, category="specificity", documented=[entry], question=question).verdict == "pass"


def with_quoted(value: str, source: str = "Progress note", role: str | None = "attending") -> Any:
    shown = {**CREATININE, "value": value, "unit": None, "source": source, "author_role": role, "quoted": True}
    return judge(OPEN, indicators=[*KIDNEY["indicators"][:3], {**shown, "name": "Note"}])


@pytest.mark.parametrize(
    "value",
    [
        "You will see that the kidneys took a hit",
        "Please document the injury",
        "The second option describes it",
        "Option 2 applies",
        "Coders need this for the higher DRG",
        "Counts toward the star rating",
        "Thanks for documenting so well",
        "'Creatinine up' - clearly an injury",
        "This query could be closed quickly",
    ],
)
def test_a_comment_does_not_hide_in_a_value_that_is_marked_as_quoted(value: str) -> None:
    assert rules(with_quoted(value)) & {"R-03", "R-07", "R-11", "R-18", "R-19", "R-20"}


@pytest.mark.parametrize(
    "value",
    ["consistent with kidney failure, clearly", "they would all call this an injury", "what else would one expect"],
)
@pytest.mark.parametrize("source", ["Laboratory", "MAR", "Nursing flowsheet", "Orders"])
def test_where_numbers_are_noted_nobody_is_quoted_in_prose(value: str, source: str) -> None:
    assert "R-07" in rules(with_quoted(value, source, None))


@pytest.mark.parametrize(
    "value",
    [
        "My insurance ended in March, so I took half",
        "Bilateral opacities, likely edema; infection cannot be excluded",
        "He says he must get home; denies chest pain",
        "Cellulitis, bone appears spared on plain film",
        '"patchy opacity" on the portable film',
        "L5 DRG lead anchored",
    ],
)
def test_what_clinicians_and_patients_say_may_be_quoted(value: str) -> None:
    shown = [
        one for one in with_quoted(value).findings if one.field == "indicators[3].value" and one.severity != "warn"
    ]
    assert shown == []


@pytest.mark.parametrize(
    "remark", ["the numbers speak", "nothing else explains it", "so it fits", "which our team expects"]
)
def test_no_sentence_hides_in_a_name_a_term_a_source_or_a_role(remark: str) -> None:
    first, *others = KIDNEY["indicators"]
    for part in ("name", "unit", "source", "author_role"):
        assert (
            judge(OPEN, indicators=[{**first, part: f"{first.get(part) or 'nurse'}, {remark}"}, *others]).verdict
            != "pass"
        )
    (entry,) = OPEN["documented"]
    for part in ("term", "source", "author_role"):
        assert judge(OPEN, documented=[{**entry, part: f"{entry[part]}, {remark}"}]).verdict != "pass"


def test_what_a_coder_wrote_is_documented_by_nobody() -> None:
    entry = {**OPEN["documented"][0], "author_role": "coder"}
    assert "R-06" in rules(judge(OPEN, documented=[entry]))


@pytest.mark.parametrize(
    "context",
    [
        'The note reads "please document the highest stage".',
        'The note reads "creatinine 7.3 and rising".',
        'The note reads "lactate 9.3 and rising".',
    ],
)
def test_a_quotation_in_the_context_presses_for_nothing_and_adds_no_value(context: str) -> None:
    assert rules(judge(OPEN, context=context)) & {"R-20", "R-35"}


def test_a_dated_quotation_may_hold_a_number_of_its_own() -> None:
    context = 'The operative note of 05/05 reads "drain left in place, 350 mL clear fluid".'
    assert "R-35" not in rules(judge(OPEN, context=context))


def test_a_second_request_is_seen_where_a_relation_is_asked_too() -> None:
    question = (
        "Please clarify the relationship, if any, of the findings below. Please also clarify the nutrition status."
    )
    assert "R-30" in rules(judge(OPEN, category="cause_effect", question=question))


@pytest.mark.parametrize(("term", "warned"), [("Acute systolic heart failure", True), ("Heart failure", False)])
def test_a_question_that_the_term_answers_is_perhaps_needless(term: str, *, warned: bool) -> None:
    entry = {**KIDNEY["documented"][0], "term": term}
    options = [
        {"text": "Acute systolic heart failure", "kind": "clinical", "evidence": [0]},
        {"text": "Chronic systolic heart failure", "kind": "clinical", "evidence": [1]},
        *KIDNEY["options"][2:],
    ]
    found = judge(category="specificity", documented=[entry], options=options)
    assert ("R-38" in rules(found, "warn")) is warned


@pytest.mark.parametrize("category", ["cause_effect", "complication"])
def test_a_relation_is_asked_and_not_stated(category: str) -> None:
    asked = "Please clarify the relationship between them, if any."
    for stated in ("The vomiting led to the injury.", "The injury followed from the vomiting of 05/04."):
        assert "R-24" in rules(judge(OPEN, category=category, question=f"{stated} {asked}"), "block")
    assert "R-24" not in rules(judge(OPEN, category=category, question=f"Vomiting is documented on 05/04. {asked}"))
