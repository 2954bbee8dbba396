"""Values that leave out what was found, and units that measure something else, are held (R-06); findings pass."""

from __future__ import annotations

import pytest

from tests.compliance.labelled_rows import asked, verdict_on

_SOURCE = ("Laboratory report", "nurse", "")


def _verdict(name: str, value: str, unit: str | None = None, quoted: str = "") -> str:
    return verdict_on([name, value, unit, *_SOURCE[:2], quoted])


@pytest.mark.parametrize(
    ("value", "unit"),
    [
        ("climbing", "mg/dL"),
        ("quite a bit", "mL"),
        ("warm to touch", "°C"),
        ("low x3", "mg/dL"),
        ("rising since 05/03", "mmol/L"),
        ("two hundred something", "mOsm/kg"),
        ("pending at time of writing", "mg/dL"),
    ],
)
def test_a_unit_stands_beside_a_number(value: str, unit: str) -> None:
    assert _verdict("Assay", value, unit) == "review"


@pytest.mark.parametrize(
    ("value", "unit"),
    [
        ("14", "mg/dL"),
        ("Two", "units"),
        ("None detected", "mg/dL"),
        ("Clotted, recollected 05:10", "K/uL"),
        ("Refused", "mL"),
        ("Anuric", "mL"),
        ("Trace", "mg/dL"),
    ],
)
def test_a_reason_for_no_number_and_a_number_in_words_are_findings(value: str, unit: str) -> None:
    assert _verdict("Assay", value, unit) == "pass"


@pytest.mark.parametrize(
    ("name", "untold", "told"),
    [
        # How something went, without what it was.
        ("Vitals at 06:00", "Deranged", "HR 122, BP 84/50"),
        ("Weight history", "Lost a lot", "Lost 9 kg in 3 months"),
        ("Telemetry", "Events overnight", "Two runs of ventricular bigeminy"),
        ("Chest film", "Changes compared with previous", "New left effusion"),
        ("Urine output", "Fell off during the shift", "18 mL/h from 02:00"),
        # What was done, without with what.
        ("PRN medication", "Given twice with relief", "Oxycodone 5 mg twice"),
        ("Medication", "New drip started at 03:00", "Esmolol started at 03:00"),
        ("Antibiotic change", "Switched on day 3", "Cefepime to meropenem on day 3"),
        # Where to read it.
        ("Urology consult", "Recommendations noted and followed", "Foley exchanged, 900 mL clear urine"),
        ("Consultant impression", "See consult", "Hydronephrosis on the left"),
        # That there is something, where the test answers what.
        ("Wound culture", "Positive", "Morganella morganii"),
        ("Sputum gram stain", "Organisms seen", "Gram-positive cocci in pairs"),
        ("Antibiogram result", "Resistant", "Resistant to ciprofloxacin"),
        ("Toxicology", "Positive screen", "Positive for methadone"),
    ],
)
def test_a_value_tells_what_was_found(name: str, untold: str, told: str) -> None:
    assert _verdict(name, untold) == "review"
    assert _verdict(name, told) == "pass"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Amiodarone", "Started 03:00"),
        ("IV fluids", "Stopped 05/04"),
        ("Antibiotics", "Held 05/04, resumed 05/05"),
        ("Confusion", "Improved overnight"),
        ("Leg edema", "Unchanged"),
        ("Legionella antigen", "Positive"),
        ("Urine culture", "No growth"),
        ("Drug screen", "Negative"),
        ("Vitals", "Within normal limits"),
    ],
)
def test_what_happened_to_a_thing_that_is_named_is_a_finding(name: str, value: str) -> None:
    assert _verdict(name, value) == "pass"


def test_a_quoted_value_is_as_its_source_has_it() -> None:
    quoted = {
        "name": "Hgb",
        "value": "drop noted",
        "unit": None,
        "source": "Operative note",
        "author_role": "attending",
    }
    row = {**quoted, "observed_at": "2026-05-05T09:00:00", "quoted": True}
    assert not [one for one in asked([row]).findings if one.field == "indicators[0].value" and one.rule == "R-06"]


@pytest.mark.parametrize(
    ("name", "value", "fits", "misfits"),
    [
        # By a class of indicators, by a name of none, and by the label with which a value begins.
        ("Sleep study AHI", "31", "/h", "mmHg"),
        ("Intraocular pressure", "OD 34", "mmHg", "L/min"),
        ("Ankle ROM", "R 5-30", "degrees", "mg"),
        ("TUG", "28", "s", "mg"),
        ("Factor IX", "4", "%", "mg/dL"),
        ("Transthoracic echo", "LVEF 30-35", "%", "mL/h"),
        ("EKG at 04:00", "QTc 520", "ms", "bpm"),
        # Made of units, and no unit.
        ("Glucose", "112", "mg/dL", "mmol/kg"),
        ("Glucose", "112", "mg/dL", "mmol/L/h"),
    ],
)
def test_a_unit_is_one_of_what_is_measured(name: str, value: str, fits: str, misfits: str) -> None:
    assert _verdict(name, value, fits) == "pass"
    assert _verdict(name, value, misfits) == "review"


@pytest.mark.parametrize(
    ("name", "value", "unit"),
    [
        ("Sodium correction rate", "0.4", "mmol/L/h"),
        ("Opening pressure", "31 cm H2O", None),
        ("Potassium chloride", "20", "mEq/h"),
        ("Cardiac index / wedge pressure", "1.9 L/min/m2 / 24 mmHg", None),
        ("Bladder pressure", "14, 22", "mmHg"),
        ("pH", "7.21", "units"),
        ("Intake", "70 kcal/kg/day over 3 days", None),
    ],
)
def test_rates_salts_and_pairs_have_units_of_their_own(name: str, value: str, unit: str | None) -> None:
    assert _verdict(name, value, unit) == "pass"
