"""What hospitals write shortly: answers, sources and values in shorthand are read as what they stand for."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.check import Finding
from tests.compliance.samples import CREATININE, KIDNEY, OPEN, judge

_PLACES = {"other": 2, "undetermined": 3}


def said_of_answer(kind: str, text: str) -> list[Finding]:
    """Return what stops a query for one neutral answer."""
    options: list[Any] = list(KIDNEY["options"])
    answer = {"text": text, "kind": kind}
    if kind in _PLACES:
        options[_PLACES[kind]] = answer
    else:
        options.insert(2, answer)
    return [
        one for one in judge(options=options).findings if one.field.startswith("options") and one.severity != "warn"
    ]


def said_of_row(**changed: Any) -> list[Finding]:
    """Return what stops a query for one more indicator."""
    row = {**CREATININE, "name": "Urinalysis", "value": "20", "unit": None, **changed}
    findings = judge(indicators=[*KIDNEY["indicators"], row]).findings
    return [one for one in findings if one.field.startswith("indicators[4]") and one.severity != "warn"]


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("other", "Other (pls describe)"),
        ("other", "Other dx: ____"),
        ("other", "Other: ____ min"),
        ("other", "Other: ____ cm"),
        ("other", "Other, incl. unstageable (describe)"),
        ("other", "Other, eg subacute: ____"),
        ("other", "Other / not related to these: ____"),
        ("other", "Due to another cause (specify)"),
        ("other", "Other [free text]"),
        ("other", "Alternative: ____"),
        ("other", "Other, w/ detail: ____"),
        ("other", "Other - fill in: ____"),
        ("undetermined", "Can't be determined"),
        ("undetermined", "Source can't be determined"),
        ("undetermined", "Can’t tell"),
        ("undetermined", "Unable to assign"),
        ("undetermined", "UTD"),
        ("undetermined", "Can't be separated / undetermined"),
        ("undetermined", "Not enough info"),
        ("undetermined", "Unable to determine based on the information available"),
        ("undetermined", "Cannot be distinguished"),
        ("undetermined", "Pending further workup"),
        ("not_significant", "Not clin sig"),
        ("not_significant", "Abnormal lab value only"),
        ("not_significant", "No dx"),
        ("not_significant", "Spurious / lab artifact"),
        ("integral", "Expected w/ the procedure"),
        ("integral", "Normal postop course"),
        ("integral", "Expected part of recovery"),
        ("ruled_out", "R/o'd"),
        ("ruled_out", "Considered and ruled out"),
    ],
)
def test_a_neutral_answer_may_be_written_shortly(kind: str, text: str) -> None:
    assert said_of_answer(kind, text) == []


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("other", "Other, if you must: ____"),
        ("other", "Other, pls call CDI"),
        ("other", "Other, eg septic shock: ____"),
        ("other", "Other, incl. the right one"),
        ("other", "Other: ____ (will be sent back)"),
        ("other", "Other, like the ID consult said"),
        ("undetermined", "Can't be anything else"),
        ("undetermined", "Can't rule out AKI"),
        ("undetermined", "Cannot say no"),
        ("undetermined", "Unable to disagree"),
        ("undetermined", "Can't tell (goes to your chief)"),
        ("undetermined", "Unable to determine, clearly present"),
        ("undetermined", "Don't care"),
        ("not_significant", "Not insignificant"),
        ("integral", "Expected complication of poor technique"),
        ("integral", "More than expected"),
        ("ruled_out", "Cannot be ruled out"),
        ("ruled_out", "Not yet r/o'd"),
        ("ruled_out", "Ruled out against the evidence"),
    ],
)
def test_shorthand_hides_nothing_in_a_neutral_answer(kind: str, text: str) -> None:
    assert said_of_answer(kind, text)


@pytest.mark.parametrize(
    "source",
    [
        "PERT consult",
        "ID c/s",
        "Cards consult",
        "PM&R consult",
        "PN 04/12",
        "Nsg I&O",
        "ED US report",
        "Surg path",
        "SLP eval",
        "AVS",
        "Med rec",
        "FEES report",
        "Reference lab",
        "Family meeting note",
        "Insulin protocol flowsheet",
        "Rapid response note",
        "Public health lab",
        "EMS report / ED flowsheet",
    ],
)
def test_documents_have_short_names(source: str) -> None:
    assert said_of_row(name="Urine output", unit="mL/h", source=source) == []


@pytest.mark.parametrize(
    "source",
    ["AI summary", "Payer letter", "Insurance form", "Coder note", "Denials log", "Best guess", "Reference table",
     "Weekly meeting", "Sepsis protocol", "COMMON SENSE", "Pert guess"],
)  # fmt: skip
def test_what_only_sounds_like_a_document_is_still_held(source: str) -> None:
    assert "R-06" in {one.rule for one in said_of_row(name="Urine output", unit="mL/h", source=source)}


@pytest.mark.parametrize(
    ("name", "value", "source"),
    [
        ("UA", "WBC 30/hpf, yeast present", "Laboratory"),
        ("UA", "Mod leuk est, nitrite neg, 2+ bacteria", "Laboratory"),
        ("Sputum gram stain", "Fewer than 10 epithelial cells per low-power field", "Microbiology"),
        ("Sputum culture", "Klebsiella; more than 25 squamous cells per field", "Microbiology"),
        ("Urine output", "Less than 20 mL/h x 6 h", "Nursing flowsheet"),
        ("Heart rate", "40s to 50s, no pauses", "Telemetry log"),
        ("Pulse ox", "88% asleep, 94% awake", "Nursing flowsheet"),
        ("IADLs per son", "Son handles meds and money since 2024; she cooks simple meals", "Social work note"),
        ("IADLs", "Needs help with bills and shopping; manages own phone", "OT note"),
        ("IADLs per wife", "Wife manages finances; he no longer drives", "Social work note"),
        ("Triage", "Three loose stools yesterday per facility", "ED nursing note"),
        ("History", "Last seen well last night per wife", "ED provider note"),
    ],
)
def test_findings_are_told_as_charts_tell_them(name: str, value: str, source: str) -> None:
    assert said_of_row(name=name, value=value, source=source) == []


@pytest.mark.parametrize(
    ("name", "value", "source", "rule"),
    [
        ("Sputum", "Growth more than a contaminant would give", "Microbiology", "R-07"),
        ("CK", "11,480, a lot more than a bruise gives", "Laboratory", "R-07"),
        ("Creatinine", "2.9, no other reason", "Laboratory", "R-07"),
        ("Function", "Worse than mild, she cannot cook", "OT note", "R-07"),
        ("Course", "She has what sepsis looks like", "Nursing note", "R-07"),
        ("Function", "Helps the hospital with money if staged", "Social work note", "R-18"),
        ("Function", "Money would follow if staged", "Social work note", "R-18"),
        ("Note", "Insurance will pay for the stay", "Social work note", "R-18"),
        ("Temperature", "38.8 yesterday evening, 37.0 on 05/05", "Nursing flowsheet", "R-06"),
        ("Creatinine", "2.4, up since yesterday per lab", "Laboratory", "R-06"),
    ],
)
def test_comments_money_and_relative_days_are_still_told_from_findings(
    name: str, value: str, source: str, rule: str
) -> None:
    assert rule in {one.rule for one in said_of_row(name=name, value=value, source=source)}


def asked(**changed: Any) -> set[tuple[str, str]]:
    """Return the rules and severities that a query about a documented loss of consciousness breaks."""
    documented = [{**KIDNEY["documented"][0], "term": "Loss of consciousness", "source": "PERT consult"}]
    rows = [*KIDNEY["indicators"], {**CREATININE, "name": "GCS", "value": "8 at 06:10, 15 at 08:00", "unit": None}]
    query = {"category": "specificity", "documented": documented, "indicators": rows, **changed}
    return {(one.rule, one.severity) for one in judge(**query).findings if not one.field.startswith("options")}


@pytest.mark.parametrize("title", ["Length of LOC", "PERT consult: documentation"])
def test_short_forms_of_what_is_documented_are_no_foreign_names(title: str) -> None:
    assert not asked(title=title) & {("R-02", "review"), ("R-02", "block"), ("R-11", "review")}


@pytest.mark.parametrize("title", ["Length of PQX", "ABLA: documentation", "Length of MI"])
def test_other_short_forms_stay_foreign(title: str) -> None:
    assert asked(title=title) & {("R-02", "review"), ("R-02", "block")}


def test_a_score_of_one_sign_is_a_value() -> None:
    assert ("R-35", "block") in asked(context="H&P 05/04: GCS was 3 on arrival.")
    assert ("R-35", "block") not in asked(context="H&P 05/04: GCS was 8 on arrival.")


@pytest.mark.parametrize(
    ("footer", "stopped"),
    [
        ("cc GI consultant. CDI office.", False),
        ("cc Dr. Lee. CDI office.", False),
        ("This is worth a cc to the attending.", True),
        ("cc coder. CDI office.", True),
        ("A cc is open. CDI office.", True),
    ],
)
def test_a_copy_to_a_colleague_is_no_payment(footer: str, *, stopped: bool) -> None:
    assert (("R-18", "block") in asked(footer=footer)) is stopped


@pytest.mark.parametrize(
    ("question", "verdict"),
    [
        (
            "Based on your clinical judgment, pls document the condition, if any, that the findings below represent.",
            "pass",
        ),
        ("Plz clarify the clinical significance, if any, of the creatinine results.", "pass"),
        ("Pls add acute kidney injury.", "block"),
        ("Pls doc AKI", "block"),
        ("Pls update your note.", "block"),
    ],
)
def test_pls_asks_and_presses_as_please_does(question: str, verdict: str) -> None:
    assert judge(OPEN, question=question).verdict == verdict


@pytest.mark.parametrize(
    ("duration", "value", "blocked"),
    [
        ("More than 24 hours", "8 at 22:45, 12 at 23:00, 15 at 00:30", True),
        ("Over 6 h", "8 at 22:45, 15 at 00:30", True),
        ("More than 30 minutes", "8 at 22:45, 15 at 00:30", False),
        ("More than 24 hours", "8 on 05/04 22:45, 15 on 05/06 00:30", False),
        ("30 minutes or less", "8 at 22:45, 15 at 23:00", False),
    ],
)
def test_a_duration_is_no_longer_than_the_times_shown(duration: str, value: str, *, blocked: bool) -> None:
    documented = [{**KIDNEY["documented"][0], "term": "Loss of consciousness"}]
    rows = [{**CREATININE, "name": "GCS", "value": value, "unit": None, "source": "EMS report"}]
    options = [
        {"text": duration, "kind": "clinical", "evidence": [0]},
        {"text": "Duration of minutes", "kind": "clinical", "evidence": [0]},
        *KIDNEY["options"][2:],
    ]
    verdict = judge(category="specificity", documented=documented, indicators=rows, options=options)
    found = {(one.rule, one.severity) for one in verdict.findings if one.field == "options[0].evidence"}
    assert (("R-04", "block") in found) is blocked
