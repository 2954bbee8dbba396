"""The check takes a threshold from the rule in which it is written, in its own classes and units."""

from __future__ import annotations

from pathlib import Path

import pytest

from compliance import Evidence, Knowledge, check, definitions, evidence_of, shipped_knowledge
from evidence.language import Vocabulary, parse
from evidence.tables import Tables, shipped_folder
from schemas.check import CheckDocument
from services.query_builder.library import Library
from tests.query_builder.conftest import TODAY

BASE = shipped_knowledge()
TABLES = Tables.load(shipped_folder())


def asked(expression: str) -> tuple[Evidence, ...]:
    return evidence_of(
        parse(expression, Vocabulary(TABLES.concepts.units, TABLES.predicates)), TABLES.concepts, BASE.reader
    )


@pytest.mark.parametrize(
    ("expression", "evidence"),
    [
        ("max(heart_rate) > 90", Evidence("heart_rate", above=90)),
        ("min(pco2) < 32", Evidence("paco2", below=32)),
        ("first(bp_diastolic) > 110", Evidence("diastolic_pressure", above=110)),
        ("drop(hemoglobin) >= 2 g/dL within 7 d", Evidence("hemoglobin", change=2)),
        ("sustained(sodium) < 130 for 12 h", Evidence("sodium", below=130)),
        ("points(2 if max(lactate) > 4) >= 2", Evidence("lactate", above=4)),
        ("has(sodium)", Evidence("*", words=TABLES.concepts.names("sodium"))),
        ("not max(sodium) > 145", Evidence("*", words=TABLES.concepts.names("sodium"))),
        ('any(text~"hemolyzed")', Evidence("*")),
    ],
)
def test_a_rule_says_which_class_counts_and_from_which_number_on(expression: str, evidence: Evidence) -> None:
    assert asked(expression) == (evidence,)


@pytest.mark.parametrize(
    ("concept", "kind"),
    [("bp_systolic", "blood_pressure"), ("bp_diastolic", "diastolic_pressure"), ("mean_arterial_pressure", "map")],
)
def test_the_check_tells_the_pressures_apart_however_they_are_called(concept: str, kind: str) -> None:
    assert {BASE.reader.kinds(name) for name in TABLES.concepts.names(concept)} - {()} == {(kind,)}


def test_a_bound_that_belongs_to_the_range_counts() -> None:
    (at_least,) = asked("max(potassium) >= 6")
    (at_most,) = asked("min(potassium) <= 3")
    assert at_least.above is not None and at_least.above < 6
    assert at_most.below is not None and at_most.below > 3


def test_difference_and_ratio_of_one_class_are_one_span() -> None:
    rule = "rise(creatinine) >= 0.3 within 48 h or ratio_to_baseline(creatinine) >= 1.5 within 7 d"
    assert asked(rule) == (Evidence("creatinine", change=0.3, ratio=1.5),)


def test_a_fall_below_a_ratio_is_a_span_as_wide() -> None:
    (span,) = asked("ratio_to_baseline(weight) <= 0.8 within 30 d")
    assert (span.indicator, span.ratio) == ("weight", 1.25)


def test_a_rule_that_rests_on_notes_asks_no_indicator() -> None:
    assert asked('documented("heart failure")') == ()


def test_one_class_of_a_definition_can_be_named() -> None:
    (paco2,) = definitions(TABLES, ["respiratory_acidosis/paco2"], BASE.reader)["respiratory_acidosis/paco2"]
    assert (paco2.indicator, paco2.above) == ("paco2", 45) and paco2.defined == "respiratory_acidosis/paco2"


@pytest.mark.parametrize("name", ["no_such_definition", "sodium_low/lactate", "names_left"])
def test_a_definition_that_gives_the_check_no_number_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=name.partition("/")[0]):
        definitions(TABLES, [name], BASE.reader)


def test_every_definition_that_the_check_names_gives_it_evidence() -> None:
    resting = [one for criterion in BASE.criteria for one in criterion.any_of if one.defined]
    assert BASE.definitions and resting
    assert all(one.indicator for one in resting)


def _asks_about_sodium(value: str) -> CheckDocument:
    shown = {"unit": "mmol/L", "source": "Laboratory", "name": "Sodium"}
    return CheckDocument.model_validate(
        {
            "id": "sodium",
            "query": {
                "title": "Clarification: sodium results",
                "setting": "inpatient",
                "phase": "concurrent",
                "category": "missing_diagnosis",
                "response_type": "multiple_choice",
                "recipient_role": "attending",
                "encounter_started_at": "2026-03-02T08:00:00Z",
                "indicators": [
                    {**shown, "value": value, "observed_at": "2026-03-02T09:00:00Z"},
                    {**shown, "value": value, "observed_at": "2026-03-03T09:00:00Z"},
                    {
                        "name": "Fluid restriction",
                        "value": "1 L per day",
                        "source": "Orders",
                        "observed_at": "2026-03-03T10:00:00Z",
                    },
                ],
                "question": "Based on your clinical judgment, what condition, if any, do these findings represent?",
                "options": [
                    {"text": "Dehydration", "kind": "clinical", "evidence": [0, 1]},
                    {"text": "Hyponatremia", "kind": "clinical", "evidence": [0, 1]},
                    {"text": "Other (please specify)", "kind": "other"},
                    {"text": "Unable to determine", "kind": "undetermined"},
                ],
                "footer": "Please respond using your independent clinical judgment.",
            },
        }
    )


def _faults(value: str, knowledge: Knowledge) -> set[str]:
    found = check(_asks_about_sodium(value), knowledge).findings
    return {one.rule for one in found if one.field.startswith("options[1]")}


def test_a_hospitals_definition_reaches_the_check(tmp_path: Path) -> None:
    (tmp_path / "criteria").mkdir()
    (tmp_path / "criteria" / "own.yaml").write_text(
        "sodium_low: {title: Low sodium, expression: min(sodium) < 140 mmol/L, source: Medical staff, version: '1'}"
    )
    own = Library.load(shipped_folder(), tmp_path, today=TODAY).knowledge(BASE)
    assert "R-04" in _faults("137", BASE)
    assert _faults("137", own) == _faults("133", BASE) == set()


def test_the_check_judges_by_the_definition_that_the_hospital_chose() -> None:
    def classes(choice: str) -> set[str]:
        library = Library.load(shipped_folder(), today=TODAY, criteria={"sepsis": choice})
        criterion = library.knowledge(BASE).criteria_by_id["sepsis"]
        return {one.indicator for one in criterion.any_of if one.defined == "sepsis"}

    assert {"temperature", "wbc"} <= classes("sepsis-2")
    assert {"platelets", "pf_ratio", "gcs"} <= classes("sepsis-3")
    assert not classes("sepsis-3") & {"temperature", "wbc", "heart_rate"}
