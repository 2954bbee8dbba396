"""Findings of both sides speak for the side that an answer names (R-04)."""

from __future__ import annotations

import pytest

from tests.compliance.samples import KNOWLEDGE
from tests.compliance.test_support import Shown, judged


@pytest.mark.parametrize(
    ("option", "of_the_left", "of_the_right"),
    [
        ("Acute angle-closure glaucoma, right", ("IOP", "Right 15, left 58", "mmHg"), ("IOP", "Right 58, left 15")),
        ("Retinal detachment, right eye", ("Fundus exam", "OD normal, OS superior tear"), ("Fundus exam", "OD tear")),
        ("Suppurative otitis media of the right ear", ("Ears", "R clear; L bulging, red"), ("Ears", "L clear; R red")),
        ("Cellulitis of right leg", ("Legs", "Left red and warm; right normal"), ("Legs", "Right red; left normal")),
        ("Septic arthritis, right knee", ("Knee, left", "Tense effusion; right none"), ("Knee", "Right effusion")),
        ("Hip fracture, right", ("X-ray hips", "Left neck fracture; right intact"), ("X-ray", "Right fracture")),
    ],
)
def test_what_is_abnormal_on_the_other_side_alone_supports_nothing_here(
    option: str, of_the_left: Shown, of_the_right: Shown
) -> None:
    assert "block" in judged(option, of_the_left, documented="Pain")
    assert "block" not in judged(option, of_the_right, documented="Pain")


@pytest.mark.parametrize(
    "shown",
    [
        ("Slit lamp", "Sclerosis 3+ OD, 2+ OS"),
        ("Eyes", "Lens opacity in both, right worse"),
        ("Eyes", "Right lens opaque; left lens opaque, too"),
    ],
)
def test_what_is_on_both_sides_or_on_none_is_not_on_the_other_side(shown: Shown) -> None:
    severities = judged("Nuclear cataract of the left eye", shown, documented="Cataract", category="laterality")
    assert "block" not in severities


def test_what_sits_in_the_brain_shows_on_the_other_side() -> None:
    shown: Shown = ("Arms", "Left weak 2/5; right strong 5/5")
    assert "block" not in judged("Infarction of the right middle cerebral artery", shown, documented="Stroke")


@pytest.mark.parametrize(
    ("name", "value", "denied"),
    [
        ("Bone, tendon", "Not exposed, not palpable", {"bone", "tendon"}),
        ("Headache or visual symptoms", "Denied", {"headache", "visual"}),
        ("Fever", "None", {"fever"}),
        ("Bone biopsy", "Not done", set()),
        ("Surfactant", "Not given", set()),
        ("Pain", "None at rest, but with walking", set()),
    ],
)
def test_a_value_that_only_denies_denies_what_its_name_says(name: str, value: str, denied: set[str]) -> None:
    assert denied <= KNOWLEDGE.reader.read(name, value).unsaid
    assert denied or not {"bone", "surfactant", "pain"} & KNOWLEDGE.reader.read(name, value).unsaid


@pytest.mark.parametrize(
    ("name", "value", "kind", "number"),
    [
        ("Skin exam", "Epidermis detached over 14% of body surface", "tbsa", 14),
        ("Burn diagram", "Flame burn, 22% TBSA", "tbsa", 22),
        ("Delivery note", "Uterus firm, 1,400 mL blood loss", "blood_loss", 1400),
        ("Newborn exam", "Ballard 33 weeks gestation", "gestational_age", 33),
        ("Dietitian note", "Lost 12% of usual body weight in 3 months", "weight_loss_percent", 12),
    ],
)
def test_a_number_in_prose_is_of_the_class_that_follows_it(name: str, value: str, kind: str, number: float) -> None:
    assert (kind, (number,)) in {(seen.kind, seen.numbers) for seen in KNOWLEDGE.reader.read(name, value).seen}


@pytest.mark.parametrize(
    ("option", "documented", "of_the_other", "of_its_own"),
    [
        (
            "Mild stage",
            "Open-angle glaucoma, right eye",
            ("Visual field, left eye", "Full"),
            ("Field, right eye", "Arc"),
        ),
        ("Infected", "Diabetic ulcer of the left foot", ("Right foot", "Pus, red"), ("Left foot", "Pus, red")),
        (
            "Displaced",
            "Fracture of the right wrist",
            ("X-ray left wrist", "Displaced"),
            ("X-ray right wrist", "Displaced"),
        ),
    ],
)
def test_an_answer_about_one_documented_side_does_not_rest_on_the_other_one(
    option: str, documented: str, of_the_other: Shown, of_its_own: Shown
) -> None:
    assert "block" in judged(option, of_the_other, documented=documented)
    assert "block" not in judged(option, of_its_own, documented=documented)


@pytest.mark.parametrize(
    ("option", "documented"),
    [
        ("Due to left subclavian line placement", "Pneumothorax, right"),
        ("Due to the right nephrostomy", "Perinephric hematoma, left"),
    ],
)
def test_what_was_done_on_the_other_side_is_no_cause_that_passes(option: str, documented: str) -> None:
    shown = ("Line, tube and drain log", f"{option.removeprefix('Due to ')}, 02:30")
    assert judged(option, shown, documented=documented, category="cause_effect")
    own = option.replace("left", "<").replace("right", "left").replace("<", "right")
    own_shown = ("Line, tube and drain log", f"{own.removeprefix('Due to ')}, 02:30")
    assert "block" not in judged(own, own_shown, documented=documented, category="cause_effect")


def test_what_sits_in_the_brain_may_show_on_the_other_side() -> None:
    shown = ("CT head", "Left MCA infarct")
    assert "block" not in judged(
        "Due to left MCA stroke", shown, documented="Right arm weakness", category="cause_effect"
    )
