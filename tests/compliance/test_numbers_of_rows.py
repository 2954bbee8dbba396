"""Numbers of a row that cannot be (R-06) or contradict each other (R-35), each beside a sound look-alike."""

from __future__ import annotations

from typing import Any

import pytest

from compliance import shipped_knowledge
from compliance.numbers_of_rows import Told, read_numbers
from tests.compliance.labelled_rows import SHOWN, asked

_NAMING = shipped_knowledge().numbers.naming


def _rules_on(name: str, value: str, unit: str | None) -> set[str]:
    row: dict[str, Any] = {
        "name": name, "value": value, "unit": unit, "source": "Nursing flowsheet", "author_role": "nurse",
        "observed_at": "2026-05-05T09:00:00",
    }  # fmt: skip
    found = asked([*SHOWN, row]).findings
    return {one.rule for one in found if one.severity != "warn" and one.field.startswith(f"indicators[{len(SHOWN)}]")}


def _told(name: str, value: str) -> Told:
    return read_numbers(name, value, "", _NAMING)


def test_a_number_measures_what_its_label_or_its_row_says() -> None:
    told = _told("P/F ratio", "130 (PaO2 65 on FiO2 0.50)")
    assert [(one.kind, one.amount) for one in told.numbers] == [("pf_ratio", 130), ("pao2", 65), ("fio2", 0.5)]


def test_a_series_goes_on_over_times_and_ends_at_another_thing() -> None:
    told = _told("NIHSS", "3 at 08:00, 8 at 14:20; BP 150/80, glucose 112, given 2 L")
    assert [one.amount for one in told.numbers if one.kind == "nihss"] == [3, 8]


def test_dates_times_doses_and_durations_measure_nothing() -> None:
    told = _told("Weight", "70 kg on 05/03 at 06:10, day 3, after 2 h and 4 doses")
    assert told.of("weight") == [70]


@pytest.mark.parametrize(
    ("name", "possible", "impossible", "unit"),
    [
        # Scales end where their instruments do, wherever the number stands.
        ("GCS", "14 at 06:00, 15 at 09:30", "14 at 06:00, 16 at 09:30", "points"),
        ("Mood screen", "PHQ-9 24 at intake", "PHQ-9 31 at intake", None),
        ("Sedation", "RASS -4 to -3 on propofol", "RASS -7 on propofol", None),
        ("Cognition", "MoCA 22/30", "MoCA 32/30", None),
        ("Pain", "8/10 left flank, 3/10 on 10/05", "12/10 left flank", None),
        ("Eye opening", "E3 at 04:00", "E5 at 04:00", None),
        ("PSI class", "class IV, 104 points", "class VI, 104 points", None),
        ("Stool chart", "Bristol 6 x3", "Bristol 8 x3", None),
        # There is no more of a thing than the whole of it.
        ("Pathology", "4 of 19 nodes positive", "21 of 19 nodes positive", None),
        ("Blood culture", "3/4 bottles, gram negative rods", "6/4 bottles, gram negative rods", None),
        ("Holter", "AF burden 34%", "AF burden 134%", None),
        ("Weaning", "16 h per day off the ventilator", "30 h per day off the ventilator", None),
        # Measures of a living body, labelled or as the row's own.
        ("Vent", "FiO2 0.65, PEEP 8", "FiO2 6.5, PEEP 8", None),
        ("RR", "31 at 02:00", "310 at 02:00", "/min"),
        ("Lactate", "3.2", "-3.2", "mmol/L"),
        ("VBG", "7.21 / 61 / 22", "9.21 / 61 / 22", None),
        # What else looks like one: another fluid, a drug, a ratio, a range.
        ("Urine sodium", "9", "9", None),
        # A score or a pressure has no unit of something else.
        ("MELD-Na", "31", "31 mg/dL", None),
        ("Eye exam", "IOP 24 mmHg", "IOP 24 mL/h", None),
    ],
)
def test_a_number_is_possible(name: str, possible: str, impossible: str, unit: str | None) -> None:
    assert _rules_on(name, possible, unit) == set()
    if possible != impossible:
        assert "R-06" in _rules_on(name, impossible, unit)


@pytest.mark.parametrize(
    ("name", "agreeing", "contradicting", "unit"),
    [
        # Formulas, in whatever order their parts stand.
        ("Anion gap", "18 (Na 140, Cl 102, HCO3 20)", "30 (Na 140, Cl 102, HCO3 20)", "mmol/L"),
        ("P/F ratio", "PaO2 70 on FiO2 0.50 = 140", "PaO2 70 on FiO2 0.50 = 210", None),
        ("SAAG", "1.4 (serum alb 2.6, ascites alb 1.2)", "2.4 (serum alb 2.6, ascites alb 1.2)", "g/dL"),
        ("Bilirubin", "9.4 total, 6.8 direct", "9.4 total, 11.8 direct", "mg/dL"),
        ("Iron studies", "Fe 20, TIBC 400, sat 5%", "Fe 20, TIBC 400, sat 50%", None),
        ("BMI", "22.1 (64 kg, 170 cm)", "32.1 (64 kg, 170 cm)", "kg/m2"),
        ("qSOFA", "2 (RR 26, SBP 88, GCS 15)", "3 (RR 26, SBP 88, GCS 15)", "points"),
        ("RHC", "PA 60/30 (mean 42)", "PA 60/30 (mean 64)", None),
        ("Heparin", "80 units/kg, 5,600 units, wt 70 kg", "80 units/kg, 5,600 units, wt 110 kg", None),
        ("Burn", "Parkland 4 x 70 x 20 = 5,600 mL", "Parkland 4 x 70 x 20 = 6,900 mL", None),
        ("Tube feeding", "Formula 1.5 at 50 mL/h = 1,800 kcal", "Formula 1.5 at 50 mL/h = 2,800 kcal", None),
        # Totals, differences, shares, multiples.
        ("Urine output", "10, 20, 15 mL/h, total 45 mL", "10, 20, 15 mL/h, total 90 mL", None),
        ("Bolus", "1 L at 01:30, 500 mL at 03:10; 1.5 L total", "1 L at 01:30, 500 mL at 03:10; 3 L total", None),
        ("Weight", "71.0 kg adm → 78.0 kg (+7.0 kg)", "71.0 kg adm → 78.0 kg (+9.0 kg)", "kg"),
        ("Calf", "L calf 41 cm, R calf 36 cm, 5 cm difference", "L calf 41 cm, R calf 36 cm, 9 cm difference", None),
        ("Weight history", "80 kg, 72 kg now, a 10% loss", "80 kg, 72 kg now, a 21% loss", None),
        ("Creatinine", "doubled from 0.9 to 1.8", "doubled from 0.9 to 1.2", "mg/dL"),
        ("CSF", "70% neutrophils, 30% lymphocytes", "70% neutrophils, 60% lymphocytes", None),
        # Directions, extremes, limits, flags, sides.
        ("Troponin", "0.04, 0.09, 0.40, climbing", "0.40, 0.09, 0.04, climbing", "ng/mL"),
        ("Peak flow", "120 before, 180 after, improved", "180 before, 120 after, improved", "L/min"),
        ("Creatinine", "peaked 2.6, discharge 1.4", "peaked 1.4, discharge 2.6", "mg/dL"),
        ("SBP < 90", "84, 91, 88", "94, 91, 97", "mmHg"),
        ("Scans", "210, 220, 140, all under 300", "210, 320, 140, all under 300", "mL"),
        ("WBC", "14.9 H, 13.2 H (ref 4.0-11.0)", "14.9 H, 10.2 H (ref 4.0-11.0)", "K/uL"),
        ("Girth", "R 38, L 38, equal bilaterally", "R 38, L 30, equal bilaterally", "cm"),
        # Times.
        ("Dobutamine", "started 18:00, off 21:00 same day", "started 18:00, off 09:00 same day", None),
        ("CRRT", "started 04/21 10:00, stopped 04/22 08:00", "started 04/22 10:00, stopped 04/21 08:00", None),
        ("Code record", "PEA 03:12, ROSC 03:21, 9 min of CPR", "PEA 03:12, ROSC 03:21, 19 min of CPR", None),
        ("Haloperidol", "2.5 mg IV x 2 (22:10, 00:40)", "2.5 mg IV x 3 (22:10, 00:40)", None),
        # Denied and asserted.
        ("ROS", "denies fever; endorses dysuria", "denies fever, dysuria; endorses dysuria", None),
        ("Fistula", "no bruit, strong thrill", "no thrill; strong thrill on the same exam", None),
        ("Tobacco", "never smoker; husband 2 ppd x 30 y", "never smoker, 1 ppd x 22 years", None),
    ],
)
def test_numbers_of_a_row_obey_a_law(name: str, agreeing: str, contradicting: str, unit: str | None) -> None:
    assert "R-35" not in _rules_on(name, agreeing, unit)
    assert "R-35" in _rules_on(name, contradicting, unit)


@pytest.mark.parametrize(
    ("name", "value", "unit"),
    [
        ("Blood pressure", "90/50 supine, 110/60 standing", "mmHg"),
        ("Blood culture", "2 of 2 sets (4/4 bottles)", None),
        ("Visual acuity", "20/40 OD, 20/200 OS", None),
        ("Titer", "ANA 1:640, RF 1:80", None),
        ("Obstetric history", "G5P3, 39w2d", None),
        ("Hemoglobin", "7.2, prior 11.8 on 03/12, transfused 2 units", "g/dL"),
        ("Creatinine", "2.9, was 1.1 in clinic, falling since dialysis", "mg/dL"),
        ("Potassium chloride", "40 mEq by mouth, 3 doses", None),
        ("Albumin 5%", "500 mL x 2", None),
        ("Tumor markers", "CA 125 340, CA 19-9 12", None),
        ("Furosemide", "80 mg IV, then 40 mg IV twice daily", None),
        ("Dialysis", "UF 2.1 L, pre wt 70.9, post wt 68.8 kg", None),
        ("Predicted", "FEV1 104% of predicted", None),
        ("Sedation", "on from 22:00, off 06:00", None),
    ],
)
def test_what_looks_like_a_contradiction_and_is_none_passes(name: str, value: str, unit: str | None) -> None:
    assert not _rules_on(name, value, unit) & {"R-06", "R-35"}
