"""Answers as queries offer them, by careful authors: sound ones pass, those that argue, rank or load are stopped.

Their faults are tags and arguments (R-03, R-11), reasons, findings and several conditions in one (R-12), money and
scores (R-18, R-19) and what agrees or refuses (R-14).
"""

from __future__ import annotations

import pytest

from tests.compliance.labelled_options import (
    HELD,
    TUNED_ON,
    LabelledOption,
    measure_options,
    verdict_on_option,
)


@pytest.mark.parametrize(
    ("options", "passes", "blocks", "reviews"), [(TUNED_ON, 0.05, 0.008, 0.12), (HELD, 0.08, 0.025, 0.2)]
)
def test_the_figures_of_the_documentation_hold(options: str, passes: float, blocks: float, reviews: float) -> None:
    """Weights are learnt from the first; the second were read by nobody who works on the check."""
    measure_options(options).hold(passes, blocks, reviews)


@pytest.mark.parametrize(
    ("about", "sound", "faulty"),
    [
        ("Anemia", "Anemia due to chronic blood loss", "Anemia, the iron having been started for it"),
        ("Pneumonia", "Aspiration pneumonia", "Aspiration pneumonia, in line with the swallow study"),
        ("Heart failure", "Acute on chronic systolic heart failure", "Systolic heart failure, what else"),
        ("Malnutrition", "Moderate protein-calorie malnutrition", "Poor appetite, nothing more"),
        ("Sepsis", "Localized infection without sepsis", "Sepsis (the heavier diagnosis)"),
    ],
)
def test_an_answer_that_names_a_condition_passes_and_one_that_argues_is_stopped(
    about: str, sound: str, faulty: str
) -> None:
    assert verdict_on_option(LabelledOption(sound, "clinical", about, leads=False, rule="")) == "pass"
    assert verdict_on_option(LabelledOption(faulty, "clinical", about, leads=True, rule="R-12")) != "pass"
