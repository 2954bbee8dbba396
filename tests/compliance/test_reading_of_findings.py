"""What an indicator is read to show where a word or a label could mean something else."""

from __future__ import annotations

import pytest

from compliance.criteria import is_said
from compliance.indicators import Tell
from tests.compliance.samples import KNOWLEDGE

READ = KNOWLEDGE.reader.read


@pytest.mark.parametrize("value", ["Gram-negative rods, 2 of 2", "coagulase-negative staphylococci in both sets"])
def test_the_stain_of_bacteria_is_no_negative_result(value: str) -> None:
    assert READ("Blood culture", value).tell is Tell.POSITIVE


@pytest.mark.parametrize("value", ["Negative", "negative for Gram-negative rods", "no growth"])
def test_a_negative_result_stays_one(value: str) -> None:
    assert READ("Blood culture", value).tell is Tell.NEGATIVE


@pytest.mark.parametrize(
    ("name", "value", "kind", "number"),
    [
        ("CSF", "WBC 310, protein 140", "csf", 310),
        ("Synovial fluid", "WBC 42,000, 94% PMN", "synovial_fluid", 42000),
        ("Paracentesis", "PMN 390/mm3", "ascitic_pmn", 390),
        ("Echo", "EROA 0.12 cm2", "eroa", 0.12),
        ("TTE", "peak velocity 2.3 m/s", "peak_velocity", 2.3),
    ],
)
def test_a_label_inside_a_value_is_of_its_specimen(name: str, value: str, kind: str, number: float) -> None:
    shown = READ(name, value)
    assert [one.numbers for one in shown.seen if one.kind == kind] == [(number,)]
    assert "wbc" not in shown.kinds


def test_a_phrase_is_said_across_name_and_value() -> None:
    assert is_said("foley placed", READ("Foley", "Placed 02/25"))
    assert not is_said("foley placed", READ("Foley", "None placed"))


@pytest.mark.parametrize(
    ("value", "said"),
    [("No flow in the hepatic artery", True), ("No thrombus in the hepatic artery", False)],
)
def test_what_should_be_there_and_is_not_is_a_finding(value: str, *, said: bool) -> None:
    assert is_said("hepatic artery", READ("Liver Doppler", value)) is said


def test_not_tender_is_not_tender() -> None:
    assert not is_said("tender", READ("Uterus", "Soft, not tender"))
    assert is_said("tender", READ("Uterus", "Rigid, tender"))


def test_a_score_may_be_told_out_of_its_total() -> None:
    (seen,) = READ("DSM-5 criteria", "7 of 11").seen
    assert seen.numbers == (7.0,)


def test_a_culture_of_a_tip_is_none_of_blood() -> None:
    assert READ("Catheter tip culture", "Staphylococcus aureus").kinds == {"device_culture"}
    assert "blood_culture" in READ("Blood culture, catheter lumen", "Staphylococcus aureus").kinds


def test_the_share_of_sodium_that_is_lost_is_no_concentration() -> None:
    assert READ("FENa", "3.1", "%").kinds == {"fena"}
    assert READ("Urine sodium", "62", "mmol/L").kinds == {"urine_sodium"}
