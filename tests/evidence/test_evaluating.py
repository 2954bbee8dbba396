"""A predicate holds exactly when the indicators surely show it, and names the indicators that do."""

from __future__ import annotations

import pytest

from evidence.evaluating import Support, gather, supports
from evidence.language import Vocabulary, parse
from schemas.gaps import Citation, Concept, DocumentedTerm, Indicator
from services.query_builder.library import Library
from tests.query_builder.support import at, basis, creatinine, lab, note


def judge(
    library: Library, expression: str, *indicators: Indicator, order_hours: float | None = None, **more: object
) -> Support:
    predicate = parse(expression, Vocabulary(library.concepts.units, {}))
    order = at(order_hours) if order_hours is not None else None
    return supports(predicate, gather(basis(*indicators, **more), library.concepts, order))


@pytest.mark.parametrize(
    ("expression", "witnesses"),
    [
        ("rise(creatinine) >= 0.3 mg/dL within 48 h", {1, 2}),
        ("ratio_to_baseline(creatinine) >= 1.5 within 7 d", {1, 2}),
        ("max(creatinine) >= 1.2", {2}),
        ("min(creatinine) < 1", {1}),
        ("first(creatinine) <= 0.9", {0}),
        ("latest(creatinine) <= 1.0", {3}),
        ("drop(creatinine) >= 0.2 within 48 h", {2, 3}),
        ("count(creatinine) >= 4", {0, 1, 2, 3}),
        ("has(creatinine)", {0, 1, 3}),
    ],
)
def test_a_measure_names_its_witnesses(library: Library, expression: str, witnesses: set[int]) -> None:
    series = [creatinine("0.9", 0), creatinine("0.8", 10), creatinine("1.2", 40), creatinine("1.0", 60)]
    assert judge(library, expression, *series) == Support(True, frozenset(witnesses))


@pytest.mark.parametrize(
    ("expression", "holds"),
    [
        ("latest(creatinine) between 1.0 and 1.2", True),
        ("latest(creatinine) between 0.8 and below 1.0", False),
        ("max(creatinine) between 1.2 and 1.3", True),
        ("max(creatinine) between 0.8 and 1.1", False),
        ("min(creatinine) between 0.9 and 1.2", False),
        ("min(creatinine) between 0.8 and 0.8", True),
        ("count(creatinine) between 5 and 6", False),
    ],
)
def test_a_number_between_two_others_is_the_one_that_the_measure_names(
    library: Library, expression: str, holds: bool
) -> None:
    series = [creatinine("0.9", 0), creatinine("0.8", 10), creatinine("1.2", 40), creatinine("1.0", 60)]
    assert judge(library, expression, *series).holds is holds


def test_a_value_that_may_lie_outside_lies_not_between(library: Library) -> None:
    assert not judge(library, "latest(creatinine) between 0.1 and 0.5", creatinine("<0.3", 0)).holds
    assert judge(library, "latest(creatinine) between 0.1 and 0.5", creatinine("0.2-0.4", 0)).holds


def test_says_and_denies_name_the_indicators_that_do(library: Library) -> None:
    texts = [note("No melena", 1), note("Melena overnight", 2), note("Melena stopped; no melena today", 3)]
    assert judge(library, 'any(value says "melena")', *texts) == Support(True, frozenset({1, 2}))
    assert judge(library, 'any(value denies "melena")', *texts) == Support(True, frozenset({0}))
    assert judge(library, 'any(value says "melena", not value~"stopped")', *texts).witnesses == {1}


def test_a_rise_is_exact_at_its_threshold(library: Library) -> None:
    assert judge(library, "rise(creatinine) >= 0.3 within 48 h", creatinine("0.9", 0), creatinine("1.2", 48)).holds
    assert not judge(library, "rise(creatinine) >= 0.3 within 48 h", creatinine("0.9", 0), creatinine("1.19", 48)).holds


def test_a_window_ends_where_it_ends(library: Library) -> None:
    pair = (creatinine("0.9", 0), creatinine("1.4", 48.1))
    assert not judge(library, "rise(creatinine) >= 0.3 within 48 h", *pair).holds
    assert judge(library, "rise(creatinine) >= 0.3 within 3 d", *pair).holds


def test_a_fall_is_no_rise(library: Library) -> None:
    assert not judge(library, "rise(creatinine) >= 0.3 within 48 h", creatinine("2.0", 0), creatinine("1.0", 10)).holds


def test_a_ratio_below_one_is_a_fall_from_an_earlier_value(library: Library) -> None:
    series = [creatinine("2.0", 0), creatinine("2.1", 10), creatinine("1.5", 20)]
    fallen = judge(library, "ratio_to_baseline(creatinine) <= 0.75 within 24 h", *series)
    assert fallen == Support(True, frozenset({1, 2}))
    assert not judge(library, "ratio_to_baseline(creatinine) <= 0.7 within 24 h", *series).holds
    assert not judge(library, "ratio_to_baseline(creatinine) <= 0.75 within 5 h", *series).holds
    before = creatinine("2.4", -2000, prior_encounter_id="before")
    assert judge(library, "ratio_to_prior(creatinine) <= 0.65", before, *series).holds


def test_a_rise_is_no_fall(library: Library) -> None:
    risen = (creatinine("1.0", 0), creatinine("2.0", 10))
    assert not judge(library, "ratio_to_baseline(creatinine) <= 0.9 within 24 h", *risen).holds


def test_the_order_of_arrival_does_not_matter(library: Library) -> None:
    found = judge(library, "rise(creatinine) >= 0.3 within 48 h", creatinine("1.4", 20), creatinine("0.9", 0))
    assert found == Support(True, frozenset({0, 1}))


def test_a_prior_encounter_is_a_baseline_and_nothing_else(library: Library) -> None:
    prior = creatinine("0.8", -2000, prior_encounter_id="before")
    now = creatinine("1.4", 5)
    assert judge(library, "ratio_to_prior(creatinine) >= 1.5", prior, now) == Support(True, frozenset({0, 1}))
    assert not judge(library, "min(creatinine) < 1", prior, now).holds
    assert judge(library, "min(creatinine, prior) < 1", prior, now).holds
    assert not judge(library, "ratio_to_prior(creatinine) >= 1.5", now).holds


def test_an_indicator_is_known_by_its_own_name_in_words(library: Library) -> None:
    assert judge(library, "max(anion_gap) > 12", lab("Anion gap", "19", 1, "mmol/L")).holds
    assert judge(library, "max(anion_gap) > 12", lab("anion_gap", "19", 1, "mmol/L")).holds


def test_units_are_converted_and_unknown_units_do_not_count(library: Library) -> None:
    assert judge(library, "max(creatinine) > 1.9", lab("Creatinine", "177", 1, "µmol/L")).holds
    assert not judge(library, "max(creatinine) > 1.9", lab("Creatinine", "177", 1, "furlong")).holds
    assert not judge(library, "max(creatinine) > 1.9", lab("Creatinine", "177", 1, None)).holds
    assert judge(library, "max(temperature) >= 38", lab("Temperature F", "100.4", 1, "Deg. F")).holds


def test_a_censored_value_supports_only_what_it_surely_says(library: Library) -> None:
    above = lab("Lactate", "15", 1, "mmol/L", comparator=">")
    below = lab("Lactate", "0.5", 1, "mmol/L", comparator="<")
    assert judge(library, "max(lactate) > 2", above).holds
    assert not judge(library, "max(lactate) > 2", below).holds
    assert not judge(library, "max(lactate) > 20", above).holds


def test_min_above_a_limit_means_every_reading(library: Library) -> None:
    assert judge(library, "min(creatinine) > 1", creatinine("1.4", 0), creatinine("1.2", 9)).holds
    assert not judge(library, "min(creatinine) > 1", creatinine("1.4", 0), creatinine("0.9", 9)).holds


def test_one_quantity_over_another_at_the_same_time(library: Library) -> None:
    near = (creatinine("1.0", 0), lab("Urea nitrogen", "30", 2, "mg/dL"))
    far = (creatinine("1.0", 0), lab("Urea nitrogen", "30", 30, "mg/dL"))
    assert judge(library, "quotient(bun, creatinine) > 20 within 6 h", *near).holds
    assert not judge(library, "quotient(bun, creatinine) > 20 within 6 h", *far).holds


def test_a_number_is_found_in_a_report(library: Library) -> None:
    report = note("Mild MR. LVEF 30-35 %, no effusion", 3, "TTE", quoted=True)
    assert judge(library, "latest(lvef) <= 40 %", report) == Support(True, frozenset({0}))
    assert not judge(library, "latest(lvef) <= 32 %", report).holds


def test_text_filters_must_all_pass_in_one_indicator(library: Library) -> None:
    dose = note("40 mg IV", 1, "Furosemide", kind="medication")
    other = note("20 mg PO", 1, "Lisinopril", kind="medication")
    assert judge(library, 'any(kind=medication, name~"furosemide", value~"\\bIV\\b")', dose, other).holds
    assert not judge(library, 'any(name~"lisinopril", value~"\\bIV\\b")', dose, other).holds


def test_findings_stand_before_or_after_the_admission_order(library: Library) -> None:
    early, late = note("redness", 1), note("wound", 9)
    assert judge(library, "any(when=before_order)", early, late, order_hours=5).witnesses == {0}
    assert judge(library, "any(when=after_order)", early, late, order_hours=5).witnesses == {1}
    assert not judge(library, "any(when=before_order)", early, late).holds


def test_a_prior_encounter_is_looked_at_only_when_asked_for(library: Library) -> None:
    old = note("heart failure", -900, prior_encounter_id="before")
    assert not judge(library, 'any(value~"heart failure")', old).holds
    assert judge(library, 'any(prior=yes, value~"heart failure")', old).holds
    assert judge(library, 'any(prior=any, value~"heart failure")', old).holds


def test_a_billed_diagnosis_documents_nothing(library: Library) -> None:
    term = {"term": "Chronic kidney disease", "recorded_at": at(1)}
    noted = DocumentedTerm(source="Progress note", **term)
    billed = DocumentedTerm(source="Billed diagnosis", **term)
    assert judge(library, 'documented("kidney")', documented=(noted,)).holds
    assert not judge(library, 'documented("kidney")', documented=(billed,)).holds
    concept = Concept(term="Chronic kidney disease", documented=True, citations=(Citation(source="H&P"),))
    assert judge(library, 'documented("kidney")', concepts=(concept,)).holds


def test_at_least_counts_predicates_and_joins_their_witnesses(library: Library) -> None:
    found = (lab("HR", "120", 1, "bpm"), lab("Temp", "39", 1, "°C"), lab("RR", "14", 1, "/min"))
    rule = "at_least(2, max(temperature) > 38, max(heart_rate) > 90, max(respiratory_rate) > 20)"
    assert judge(library, rule, *found) == Support(True, frozenset({0, 1}))
    assert not judge(library, rule, *found[1:]).holds


def _output(*values: tuple[str, float]) -> list[Indicator]:
    return [lab("Urine output per kg", value, hours, "mL/kg/h") for value, hours in values]


@pytest.mark.parametrize(
    ("values", "witnesses"),
    [
        ([("0.4", 0), ("0.3", 3), ("0.4", 6)], {0, 2}),
        ([("0.4", 0), ("0.3", 5.9)], None),
        ([("0.4", 0), ("0.9", 3), ("0.4", 6)], None),
        ([("0.9", 0), ("0.4", 2), ("0.4", 4), ("0.4", 8)], {1, 3}),
        ([("0.5", 0), ("0.4", 6)], None),
        ([("0.4", 0)], None),
    ],
)
def test_a_run_lasts_from_its_first_to_its_last_reading_without_a_break(
    library: Library, values: list[tuple[str, float]], witnesses: set[int] | None
) -> None:
    found = judge(library, "sustained(urine_output_rate) < 0.5 mL/kg/h for 6 h", *_output(*values))
    assert found == (Support(True, frozenset(witnesses)) if witnesses else Support(False))


def test_points_add_up_and_keep_the_witnesses_of_what_counted(library: Library) -> None:
    rule = "points(1 if max(lactate) > 2, 1 if max(lactate) > 4, 1 if max(heart_rate) > 110) >= 2"
    severe, fast, slow = (lab("Lactate", "5", 1, "mmol/L"), lab("HR", "120", 2, "bpm"), lab("HR", "80", 2, "bpm"))
    assert judge(library, rule, severe, slow) == Support(True, frozenset({0}))
    assert judge(library, rule, lab("Lactate", "3", 1, "mmol/L"), fast) == Support(True, frozenset({0, 1}))
    assert not judge(library, rule, fast).holds


def test_the_first_hours_end_so_long_after_admission(library: Library) -> None:
    early, late = lab("Lactate", "5", -1, "mmol/L"), lab("Lactate", "5", 30.1, "mmol/L")
    rule = "max(lactate) > 4 mmol/L within 24 h of admission"
    assert judge(library, rule, early, order_hours=6).holds
    assert judge(library, rule, lab("Lactate", "5", 30, "mmol/L"), order_hours=6).holds
    assert not judge(library, rule, late, order_hours=6).holds
    assert not judge(library, rule, early).holds


def test_without_an_order_the_first_hours_begin_with_the_encounter(library: Library) -> None:
    predicate = parse("count(lactate) >= 1 within 24 h of admission", Vocabulary(library.concepts.units, {}))
    for hours, holds in ((23, True), (25, False)):
        facts = gather(basis(lab("Lactate", "5", hours, "mmol/L")), library.concepts, None, at(0))
        assert supports(predicate, facts).holds is holds


def test_not_holds_without_witnesses(library: Library) -> None:
    assert judge(library, "not max(creatinine) > 2", creatinine("1.0", 1)) == Support(True)
