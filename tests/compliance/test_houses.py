"""What other houses write: documents, observations, neutral answers, dates (R-06, R-07, R-09, R-26)."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.check import Verdict
from tests.compliance.samples import CREATININE, CREATININE_LATER, FLUIDS, KNOWLEDGE, OPEN, judge, rules

FAILURE: dict[str, Any] = {
    "title": "Heart failure - acuity",
    "setting": "inpatient",
    "phase": "concurrent",
    "category": "acuity",
    "response_type": "multiple_choice",
    "recipient_role": "attending",
    "encounter_started_at": "2026-05-20T10:00:00",
    "admission_order_at": "2026-05-20T12:00:00",
    "documented": [
        {
            "term": "Heart failure",
            "source": "Progress note",
            "author_role": "attending",
            "recorded_at": "2026-05-21T08:00:00",
        }
    ],
    "indicators": [
        {
            "name": "LVEF",
            "value": "35, unchanged since 2024",
            "unit": "%",
            "source": "Echocardiogram report",
            "observed_at": "2026-05-21T09:00:00",
            "author_role": "cardiologist",
        },
        {
            "name": "Chest X-ray",
            "value": "New pulmonary edema",
            "unit": None,
            "source": "Radiology report",
            "observed_at": "2026-05-20T13:00:00",
            "author_role": "radiologist",
        },
    ],
    "question": "Please clarify the acuity of the heart failure documented on 05/21, if clinically able.",
}
CLINICAL = [
    {"text": "Acute", "kind": "clinical", "evidence": [1]},
    {"text": "Chronic", "kind": "clinical", "evidence": [0]},
]


def shown(value: str, source: str = "Nursing flowsheet", **changes: Any) -> Verdict:
    """Judge a sound query that shows one more finding."""
    indicator = {**FLUIDS, "name": "Observation", "value": value, "source": source, **changes}
    return judge(OPEN, indicators=[CREATININE, CREATININE_LATER, indicator])


def answered(kind: str, text: str) -> Verdict:
    """Judge a sound query with one neutral answer of a kind worded so."""
    neutral = {"other": "Other (please specify)", "undetermined": "Unable to determine", kind: text}
    options = [*CLINICAL, *({"text": words, "kind": name} for name, words in neutral.items())]
    return judge(FAILURE, options=options)


def asked(day: str) -> Verdict:
    """Judge a sound query whose question names a day so."""
    neutral = [
        {"text": "Other (please specify)", "kind": "other"},
        {"text": "Unable to determine", "kind": "undetermined"},
    ]
    question = f"Please clarify the acuity of the heart failure documented {day}, if clinically able."
    return judge(FAILURE, options=[*CLINICAL, *neutral], question=question)


@pytest.mark.parametrize(
    "source",
    [
        "Delivery room supply record",
        "Surgical supply record",
        "Partogram",
        "Early warning chart",
        "Rapid response record",
        "Asthma action plan",
        "Visual field printout",
        "Device clinic printout",
        "Physiotherapy notes",
        "Cell saver log",
        "Anomaly scan",
        "Car seat test",
        "Implant sticker sheet",
        "TPN worksheet",
        "Charge nurse note",
        "Suicide risk assessment",
    ],
)
def test_what_houses_file_is_a_document(source: str) -> None:
    assert "R-06" not in rules(shown("40 mg once", source))


@pytest.mark.parametrize(
    "source",
    [
        "Supply invoice",
        "Supply cost report",
        "Vendor supply list",
        "Charge log",
        "Risk report",
        "CDI worksheet",
        "WhatsApp message",
        "Word on the ward",
        "Body",
        "Supply",
    ],
)
def test_what_the_office_files_is_none(source: str) -> None:
    assert "R-06" in rules(shown("40 mg once", source))


@pytest.mark.parametrize(
    "value",
    [
        "Yellow slough over nearly the whole base",
        "Redness up to the knee",
        "Awake, answers slowly, loses track of the question",
        "Left hand grip weaker than right",
        "Just arousable to voice",
        "Cord around the neck once, loose",
        "Cannot stand without two helpers",
        "Lochia moderate, fundus firm at the umbilicus",
        "Fell from the bed, found on the floor",
    ],
)
def test_what_nurses_see_is_no_comment(value: str) -> None:
    assert "R-07" not in rules(shown(value))


@pytest.mark.parametrize(
    "value",
    [
        "Nearly all criteria seen",
        "Almost certainly acute",
        "Just acute failure",
        "Cannot be chronic",
        "Cannot be anything other",
        "Weaker than any chronic case",
        "Swollen as in heart failure",
        "Doubled in desperation",
        "The chest tells the story",
        "Seen by all as acute",
    ],
)
def test_a_comment_in_the_words_of_nurses_is_held(value: str) -> None:
    assert "R-07" in rules(shown(value))


def test_what_a_mother_told_is_quoted_wherever_it_was_noted() -> None:
    told = "The button came out at home and he has been eating by mouth"
    intake = shown(told, "Nursing intake", name="Intake statement of the mother", quoted=True)
    measured = shown(told, "Nursing intake", name="Pressure", quoted=True)
    assert "R-07" not in rules(intake)
    assert "R-07" in rules(measured)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("other", "Elsewhere (please specify)"),
        ("other", "Someone else (please specify)"),
        ("other", "Other place (please specify)"),
        ("other", "In another way (please specify)"),
        ("other", "Other stage or not staged (please specify)"),
        ("undetermined", "Not known"),
        ("undetermined", "Cannot be ascertained"),
        ("undetermined", "Impossible to say"),
        ("undetermined", "No conclusion can be drawn"),
        ("undetermined", "Not yet known"),
        ("not_significant", "Not addressed at this visit"),
        ("not_significant", "Not evaluated during this stay"),
        ("not_significant", "Laboratory artifact"),
        ("not_significant", "Within the normal range for age"),
        ("integral", "Included in the procedure"),
        ("integral", "Normal for the procedure"),
        ("ruled_out", "Considered and ruled out"),
        ("ruled_out", "Initially suspected, not confirmed"),
    ],
)
def test_a_neutral_answer_may_be_worded_in_many_ways(kind: str, text: str) -> None:
    assert not {"R-03", "R-09", "R-11"} & rules(answered(kind, text))


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("other", "Someone else's problem"),
        ("other", "Elsewhere, though nobody says so"),
        ("other", "Other is not offered"),
        ("undetermined", "Open until the committee meets"),
        ("undetermined", "Cannot decide without the advisor"),
        ("undetermined", "Not known, please call me"),
        ("not_significant", "Not addressed because overlooked"),
        ("not_significant", "Benign despite the troponin"),
        ("not_significant", "Not evaluated, should have been"),
        ("integral", "Not intended"),
        ("integral", "Included, so it will not count"),
        ("ruled_out", "Ruled out against the evidence"),
        ("ruled_out", "Considered, wrongly"),
    ],
)
def test_a_neutral_answer_carries_no_reproach_and_no_price(kind: str, text: str) -> None:
    assert answered(kind, text).verdict != "pass"


@pytest.mark.parametrize(
    "day",
    [
        "on 21 May",
        "on 21 May 2026",
        "on May 21st",
        "on the 21st of May",
        "on the 21st",
        "on 21.05.",
        "on 21/05",
        "on 21-May-2026",
        "on 21 May at 08:00",
        "on 21 May, 0800",
        "on 21 May at 8 am",
    ],
)
def test_a_date_may_be_written_in_many_ways(day: str) -> None:
    assert asked(day).verdict == "pass"


@pytest.mark.parametrize("day", ["on 3 March", "on March 3rd, 2025", "on the 3rd", "on 03.03.", "on 19 May 2024"])
def test_a_date_that_nothing_carries_is_held_however_it_is_written(day: str) -> None:
    assert "R-26" in rules(asked(day))


@pytest.mark.parametrize("context", ["Creatinine was 21 in May.", "Creatinine was 21 may be.", "Creatinine is 31 May."])
def test_a_value_beside_the_name_of_a_month_is_no_date(context: str) -> None:
    assert "R-35" in rules(judge(OPEN, context=context))


def conflict(first: str, second: str, *readings: str, **changes: Any) -> Verdict:
    """Judge a query about two statements of the attending, with these answers."""
    statements = [("H&P", first, "2026-05-21T08:00:00"), ("Progress note", second, "2026-05-22T08:00:00")]
    return judge(
        FAILURE,
        title="Differing statements in the record",
        category="conflict",
        documented=[
            {"term": term, "source": source, "author_role": "attending", "recorded_at": time}
            for source, term, time in statements
        ],
        indicators=[
            {
                "name": source,
                "value": term,
                "source": source,
                "observed_at": time,
                "author_role": "attending",
                "quoted": True,
            }
            for source, term, time in statements
        ],
        options=[
            *({"text": text, "kind": "clinical", "evidence": [0, 1]} for text in readings),
            {"text": "Other (please specify)", "kind": "other"},
            {"text": "Unable to determine", "kind": "undetermined"},
        ],
        **{
            "question": (
                "The record contains the two statements shown. Please clarify the diagnosis or detail that applies."
            ),
            **changes,
        },
    )


READINGS = [
    ("Pneumothorax resolved", "Small right pneumothorax", "Present on 05/22", "Resolved by 05/21"),
    ("Stroke confirmed", "No stroke", "No stroke", "Stroke"),
    ("Type 1 diabetes", "Type 2 diabetes", "Type 1", "Type 2"),
    ("DVT ruled out", "Deep vein thrombosis of right leg", "DVT of the right leg", "DVT ruled out"),
    ("Appendix perforated", "Appendix not perforated", "Not perforated", "Perforated"),
    ("Wound infection", "Seroma without infection", "Infection", "Seroma"),
    ("Patient on home oxygen", "No home oxygen", "Home oxygen", "No home oxygen"),
    ("Fall from bed", "Fall from standing", "Fall from bed", "Fall from standing"),
]


@pytest.mark.parametrize(("first", "second", "one", "other"), READINGS)
def test_a_reading_may_be_offered_by_its_status(first: str, second: str, one: str, other: str) -> None:
    assert "R-23" not in rules(conflict(first, second, one, other))


@pytest.mark.parametrize(("first", "second", "one", "other"), READINGS)
def test_a_reading_that_is_not_offered_is_missed(first: str, second: str, one: str, other: str) -> None:
    assert "R-23" in rules(conflict(first, second, one, "Neither of the two"))
    assert "R-23" in rules(conflict(first, second, other, "Neither of the two"))


def test_a_document_that_differs_is_shown() -> None:
    question = "The history and the operative note differ. Please clarify the side."
    assert "R-23" in rules(conflict("Left hernia", "Right hernia", "Left", "Right", question=question))
    question = "The history and the progress note differ. Please clarify the side."
    assert "R-23" not in rules(conflict("Left hernia", "Right hernia", "Left", "Right", question=question))


def test_a_report_is_quoted_as_it_is_shown() -> None:
    report = {
        "name": "Chest radiograph",
        "value": "Thin lucency at the right apex",
        "source": "Radiology report",
        "observed_at": "2026-05-05T07:00:00",
        "author_role": "radiologist",
        "quoted": True,
    }
    said = 'Radiology report, 05/05 07:00: "{}."'
    shown = [CREATININE, CREATININE_LATER, FLUIDS, report]
    misquoted = judge(OPEN, indicators=shown, context=said.format("Large collection with shift"))
    quoted = judge(OPEN, indicators=shown, context=said.format("Thin lucency at the right apex"))
    assert "R-35" in rules(misquoted)
    assert "R-35" not in rules(quoted)


def newborn(option: str, *evidence: int) -> Verdict:
    """Judge one answer to a question about a newborn's treatment, by what it is linked to."""
    shown = [
        ("Total bilirubin", "17.8 at 52 h of age", "Laboratory"),
        ("Phototherapy", "Double lights from 05/21 08:00", "Orders"),
        ("Apnea", "7 spells with heart rate below 80 in 24 h", "NICU flowsheet"),
        ("Caffeine", "20 mg/kg, then 8 mg/kg", "MAR"),
        ("Blood culture", "Escherichia coli in 2 of 2 bottles", "Microbiology"),
        ("CRP", "48 mg/L", "Laboratory"),
        ("Rectal examination", "Tone normal, mucosa intact", "Delivery note"),
    ]
    rows = [
        {"name": name, "value": value, "source": source, "observed_at": "2026-05-21T10:00:00"}
        for name, value, source in shown
    ]
    options = [
        {"text": option, "kind": "clinical", "evidence": list(evidence)},
        {"text": "Neonatal jaundice", "kind": "clinical", "evidence": [0, 1]},
        {"text": "Other (please specify)", "kind": "other"},
        {"text": "Unable to determine", "kind": "undetermined"},
    ]
    return judge(FAILURE, category="treatment_without_diagnosis", indicators=rows, options=options)


@pytest.mark.parametrize(
    ("option", "evidence"),
    [("Neonatal sepsis", (4, 5)), ("Apnea of prematurity", (2, 3)), ("Periodic breathing", (2,))],
)
def test_conditions_of_newborns_rest_on_their_own_findings(option: str, evidence: tuple[int, ...]) -> None:
    assert "R-04" not in rules(newborn(option, *evidence))


@pytest.mark.parametrize(
    ("option", "evidence"),
    [
        ("Neonatal sepsis", (0,)),
        ("Respiratory distress of newborn", (0, 1)),
        ("Meconium aspiration", (2,)),
        ("Apnea of prematurity", (0,)),
        ("Osteoarthritis", (0,)),
        ("Short cervix", (3,)),
    ],
)
def test_conditions_of_newborns_rest_on_no_others(option: str, evidence: tuple[int, ...]) -> None:
    assert "R-04" in rules(newborn(option, *evidence))


@pytest.mark.parametrize(("degree", "contradicted"), [("Second degree", False), ("Fourth degree", True)])
def test_a_degree_is_not_offered_against_the_examination(degree: str, contradicted: bool) -> None:
    examined = [
        {"name": "Perineum", "value": "Perineal body torn", "source": "Delivery note", "quoted": True},
        {
            "name": "Rectal examination",
            "value": "Tone normal, mucosa intact",
            "source": "Delivery note",
            "quoted": True,
        },
    ]
    verdict = judge(
        FAILURE,
        category="stage",
        documented=[{**FAILURE["documented"][0], "term": "Perineal laceration"}],
        indicators=[{**row, "observed_at": "2026-05-21T10:00:00"} for row in examined],
        question="Please clarify the degree of the perineal laceration documented on 05/21, if clinically able.",
        options=[
            {"text": "First degree", "kind": "clinical", "evidence": [0]},
            {"text": degree, "kind": "clinical", "evidence": [1]},
            {"text": "Other (please specify)", "kind": "other"},
            {"text": "Unable to determine", "kind": "undetermined"},
        ],
    )
    assert ("R-04" in rules(verdict, "block")) is contradicted


def test_an_uncertain_diagnosis_may_be_ruled_out() -> None:
    uncertain = {
        **FAILURE,
        "category": "uncertain_diagnosis",
        "documented": [{**FAILURE["documented"][0], "term": "Suspected heart failure"}],
        "question": (
            "Suspected heart failure is documented on 05/21. Please clarify whether it was confirmed, ruled out, "
            "or remains uncertain at discharge."
        ),
    }
    neutral = [
        {"text": "Other (please specify)", "kind": "other"},
        {"text": "Unable to determine", "kind": "undetermined"},
    ]
    offered = [
        {"text": "Heart failure confirmed", "kind": "clinical", "evidence": [0, 1]},
        {"text": "Heart failure still suspected", "kind": "clinical", "evidence": [0]},
    ]
    ruled_out = {"text": "Heart failure ruled out", "kind": "ruled_out"}
    assert "R-12" in rules(judge(uncertain, options=[*offered, *neutral]))
    assert "R-12" not in rules(judge(uncertain, options=[*offered, ruled_out, *neutral]))


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Abdominal film", "abdominal_imaging"),
        ("CT of the head", "head_imaging"),
        ("Ringer lactate", "fluids"),
        ("Pulse ox", "oxygen_saturation"),
        ("Nasal prongs", "oxygen_therapy"),
        ("Salbutamol", "bronchodilator"),
        ("TcB", "bilirubin"),
        ("Co-amoxiclav", "antibiotic"),
    ],
)
def test_what_houses_call_their_measures_is_known(name: str, kind: str) -> None:
    assert kind in KNOWLEDGE.reader.read(name, "5", None).kinds


def detail(*answers: str) -> Verdict:
    """Judge a query that offers these details of a documented event."""
    options = [
        *({"text": text, "kind": "clinical", "evidence": [0, 1]} for text in sorted(answers)),
        {"text": "Other (please specify)", "kind": "other"},
        {"text": "Unable to determine", "kind": "undetermined"},
    ]
    event = {**FAILURE["documented"][0], "term": "Event of 05/21"}
    question = "Please provide further specificity, if known."
    return judge(FAILURE, category="specificity", documented=[event], question=question, options=options)


@pytest.mark.parametrize(
    "answers",
    [
        ("Elective", "Emergent", "Urgent"),
        ("Classical", "Low transverse"),
        ("Taken by mistake", "Taken as prescribed"),
        ("Complete breech", "Frank breech"),
        ("Diagnostic study for a symptom", "Screening study at the yearly interval"),
    ],
)
def test_an_answer_may_be_called_what_the_thing_is_called(answers: tuple[str, ...]) -> None:
    assert not {"R-03", "R-20", "R-22"} & rules(detail(*answers))


@pytest.mark.parametrize(
    "answers",
    [
        ("Elective", "Urgent, please"),
        ("Classical sepsis", "Low transverse"),
        ("Mistake by the nurse", "Taken as prescribed"),
        ("First degree", "Third degree, the careful choice"),
        ("Planned, to be safe", "Unplanned"),
        ("Pathological", "Traumatic, hard to deny"),
    ],
)
def test_such_words_press_in_any_other_answer(answers: tuple[str, ...]) -> None:
    assert detail(*answers).verdict != "pass"


@pytest.mark.parametrize("text", ["Yes (already marked for you)", "Yes (recommended)", "No (needs a form)"])
def test_yes_and_no_carry_no_tag_and_no_price(text: str) -> None:
    kinds = {"yes": "Yes", "no": "No", "other": "Other (please specify)", "undetermined": "Unable to determine"}
    kinds["yes" if text.startswith("Yes") else "no"] = text
    options = [{"text": words, "kind": kind} for kind, words in kinds.items()]
    question = "Heart failure is documented on 05/21. Is the heart failure current as of this encounter?"
    verdict = judge(FAILURE, category="status", response_type="yes_no", question=question, options=options)
    assert "R-11" in rules(verdict, "block")
