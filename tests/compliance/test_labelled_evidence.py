"""Sets of findings linked to answers, by careful authors: those that carry it pass, others are stopped (R-04, R-08)."""

from __future__ import annotations

from tests.compliance.labelled_evidence import HELD, LabelledEvidence, measure_evidence, verdict_on_evidence


def test_the_figures_of_the_documentation_hold() -> None:
    """These were read by nobody who works on the check. Thin sets count as faulty."""
    measure_evidence(HELD).hold(passes=0.25, blocks=0.02, reviews=0.14)


def test_an_answer_stands_on_what_shows_it_and_not_on_what_denies_it() -> None:
    def verdict(value: str) -> str:
        shown = (("CT head", value),)
        return verdict_on_evidence(LabelledEvidence("Stroke", "Intracerebral hemorrhage", "specificity", shown, "thin"))

    assert verdict("3 cm hemorrhage in the left putamen") == "pass"
    assert verdict("No hemorrhage") != "pass"
