"""A kind or a cause that an answer names stands on a finding of its own, not on what all answers share (R-04)."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

import pytest

from compliance import clinical_data
from tests.compliance.samples import OTHER, UNDETERMINED, judge, rules

Shown = tuple[str, str]


def asked(
    documented: Sequence[str], shown: Sequence[Shown], options: Sequence[tuple[str, list[int]]], category: str
) -> set[str]:
    """Return the rules that stop a query about the kind or cause of the first documented term."""
    finding = {"source": "Progress note", "observed_at": "2026-05-04T06:10:00"}
    about = {"source": "Progress note", "author_role": "attending", "recorded_at": "2026-05-04T10:00:00"}
    changes: dict[str, Any] = {
        "title": "Clarification of clinical findings",
        "category": category,
        "documented": [{"term": term, **about} for term in documented],
        "indicators": [{"name": name, "value": value, **finding} for name, value in shown],
        "question": f"{documented[0]} is documented on 05/04. Please clarify its cause or type, if known.",
        "options": [
            *[{"text": text, "kind": "clinical", "evidence": links} for text, links in options],
            OTHER,
            UNDETERMINED,
        ],
    }
    return rules(judge(**changes))


SHOCK = (("Blood pressure", "74/40"), ("Blood cultures", "Serratia in 2 of 2 sets"), ("Meropenem", "1 g every 8 h"))
ULCER = (("Ulcer", "4 x 3 cm over the shin, shallow"), ("Leg", "Varicose veins, edema"), ("ABI", "0.44"))
CALCIUM = (("Calcium", "12.9 mg/dL"), ("PTHrP", "7.1 (ref <2)"), ("CT chest", "Hilar mass, 4 cm"))
BRAIN = (("CAM", "Positive twice"), ("Ammonia", "98 umol/L"), ("Asterixis", "Present"))
BONE = (("History", "Tripped on a rug"), ("DXA", "T-score -3.4"), ("MRI spine", "Acute L1 compression, no mass"))


@pytest.mark.parametrize(
    ("documented", "shown", "option", "own", "shared"),
    [
        (["Shock"], SHOCK, "Septic", [0, 1, 2], [0]),
        (["Leg ulcer"], ULCER, "Venous", [0, 1], [0]),
        (["Leg ulcer"], ULCER, "Arterial", [0, 2], [0]),
        (["Encephalopathy"], BRAIN, "Hepatic encephalopathy", [0, 1, 2], [0]),
        (["Compression fracture"], BONE, "Due to osteoporosis", [0, 1, 2], [2]),
    ],
)
def test_a_kind_is_offered_on_its_own_findings_and_not_on_those_of_any_kind(
    documented: list[str], shown: tuple[Shown, ...], option: str, own: list[int], shared: list[int]
) -> None:
    sibling = ("Another type, as found", list(range(len(shown))))
    assert "R-04" not in asked(documented, shown, [(option, own), sibling], "specificity")
    assert "R-04" in asked(documented, shown, [(option, shared), sibling], "specificity")


@pytest.mark.parametrize(
    ("documented", "shown", "sound", "strange"),
    [
        (["Shock"], SHOCK, ("Septic", [0, 1, 2]), ("Hemorrhagic", [0])),
        (["Shock"], SHOCK, ("Septic", [0, 1, 2]), ("Anaphylactic", [0])),
        (["Shock"], SHOCK, ("Septic", [0, 1, 2]), ("Neurogenic", [0])),
        (["Leg ulcer"], ULCER, ("Venous", [0, 1]), ("Pressure", [0])),
        (["Leg ulcer"], ULCER, ("Arterial", [0, 2]), ("Neuropathic", [0, 2])),
        (["Hypercalcemia"], CALCIUM, ("Due to malignancy", [0, 1, 2]), ("Due to immobilization", [0])),
        (["Hypercalcemia"], CALCIUM, ("Due to malignancy", [0, 1, 2]), ("Milk-alkali syndrome", [0])),
        (["Encephalopathy"], BRAIN, ("Hepatic encephalopathy", [0, 1, 2]), ("Wernicke encephalopathy", [0])),
        (["Encephalopathy"], BRAIN, ("Hepatic encephalopathy", [0, 1, 2]), ("Hypoxic encephalopathy", [0])),
        (["Compression fracture"], BONE, ("Due to osteoporosis", [0, 1, 2]), ("Due to metastasis", [2])),
    ],
)
def test_a_kind_for_which_nothing_speaks_is_blocked_beside_one_for_which_something_does(
    documented: list[str], shown: tuple[Shown, ...], sound: tuple[str, list[int]], strange: tuple[str, list[int]]
) -> None:
    category = "cause_effect" if documented == ["Hypercalcemia"] else "specificity"
    other = (f"{documented[0]}, type not stated", list(range(len(shown))))
    assert "R-04" not in asked(documented, shown, [sound, other], category)
    assert {"R-04", "R-08"} <= asked(documented, shown, [sound, other, strange], category)


@pytest.mark.parametrize(
    ("documented", "shown", "strange"),
    [
        (["Hypoglycemia"], (("Glucose", "34 mg/dL"), ("Glipizide", "10 mg twice daily")), "Congenital hyperinsulinism"),
        (["Neonatal jaundice"], (("Bilirubin", "17.1 mg/dL"), ("Phototherapy", "Day 3 to 5")), "Crigler-Najjar"),
    ],
)
def test_a_cause_that_nobody_named_does_not_rest_on_the_number_whose_cause_is_asked(
    documented: list[str], shown: tuple[Shown, ...], strange: str
) -> None:
    sibling = ("Cause as treated", [0, 1])
    assert "R-04" in asked(documented, shown, [(strange, [0]), sibling], "cause_effect")


def test_what_a_provider_documented_needs_no_finding_of_its_own() -> None:
    shown = (("Hemoglobin", "8.8 g/dL"), ("Transfusion", "1 unit"))
    options = [("Due to chronic kidney disease", [0]), ("Cause as treated", [0, 1])]
    assert "R-04" not in asked(["Anemia", "Chronic kidney disease"], shown, options, "cause_effect")
    assert "R-04" in asked(["Anemia"], shown, options, "cause_effect")


@pytest.mark.parametrize("value", ["Negative", "Normal", "None", "Not done", "Not sent"])
def test_the_name_of_a_finding_that_is_not_there_speaks_for_nothing(value: str) -> None:
    shown = (("Joint", "Swollen and warm"), ("Rheumatoid factor", value))
    options = [("Rheumatoid arthritis", [1]), ("Type not stated", [0, 1])]
    assert "R-04" in asked(["Arthritis of the wrist"], shown, options, "specificity")


@pytest.mark.parametrize(
    ("documented", "category", "shown", "option"),
    [
        (["Overdose"], "specificity", [("Family note", "He wrote that he wanted to die")], "Intentional self-harm"),
        (
            ["Diarrhea"],
            "cause_effect",
            [("Syrup with sorbitol", "30 mL daily")],
            "Due to sorbitol-containing medication",
        ),
        (
            ["Epilepsy"],
            "specificity",
            [("EEG", "Generalized 3 Hz spikes"), ("MRI", "No lesion")],
            "Generalized epilepsy",
        ),
        (["Atrial fibrillation"], "specificity", [("Telemetry", "Sinus rhythm by itself from 05/04")], "Paroxysmal"),
        (["Possible endocarditis"], "uncertain_diagnosis", [("Skin", "Janeway spots")], "Endocarditis confirmed"),
        (["Cramps"], "missing_diagnosis", [("Calcium, albumin-corrected", "7.2, 7.9 mg/dL")], "Hypocalcemia"),
        (
            ["Colitis"],
            "missing_diagnosis",
            [("Weight", "61 kg; 68 kg in 02/2026"), ("Exam", "Temporal wasting, hollow temples")],
            "Moderate malnutrition",
        ),
    ],
)
def test_what_speaks_for_a_kind_or_a_condition_supports_it(
    documented: list[str], category: str, shown: list[Shown], option: str
) -> None:
    rows = list(range(len(shown)))
    shown = [*shown, ("Consult", "Ordered")]
    assert "R-04" not in asked(
        documented, shown, [(option, rows), (f"{documented[0]}, not specified", [*rows, len(rows)])], category
    )


def test_a_drug_that_was_stopped_on_a_day_was_given_and_one_that_was_stopped_in_a_former_year_was_not() -> None:
    for stopped, held in (("Stopped 05/04; argatroban from 05/04", False), ("Stopped in 2024", True)):
        shown = (("Platelets", "210, 81"), ("Heparin", stopped), ("Spleen", "16 cm"))
        options = [("Due to heparin", [0, 1]), ("Due to hypersplenism", [0, 2])]
        assert ("R-04" in asked(["Thrombocytopenia"], shown, options, "cause_effect")) is held


@pytest.mark.parametrize("value", ["Not sent", "Specimen lost", "Not obtained", "In process"])
def test_a_test_that_was_not_done_is_not_positive(value: str) -> None:
    shown = (("Platelets", "210, 81"), ("PF4 antibody", value), ("Spleen", "16 cm"))
    options = [("Heparin-induced", [1]), ("Due to hypersplenism", [0, 2])]
    assert "R-04" in asked(["Thrombocytopenia"], shown, options, "specificity")


def test_each_kind_has_a_name_and_something_that_speaks_for_it() -> None:
    anchors = clinical_data.affinities().anchors
    assert len({json.dumps([one.names, sorted(one.needs)]) for one in anchors}) == len(anchors)
    for one in anchors:
        assert one.names
        assert re.compile(one.says) and "||" not in one.says and not one.says.startswith("|") and one.says[-1] != "|"
