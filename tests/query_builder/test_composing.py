"""What is composed: only what the evidence supports, balanced, dated, the same every time."""

from __future__ import annotations

from datetime import timedelta
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from compliance import Knowledge
from schemas.check import QueryDocument
from schemas.gaps import (
    CandidateOption,
    CoderOnly,
    DocumentedTerm,
    GapRaised,
    Indicator,
    Patient,
    QuestionBasis,
    ReferenceRange,
)
from schemas.queries import QueryHeld, QueryIssued, document_hash
from schemas.requests import QueryRequested
from services.query_builder.composer import FOOTER, answer
from services.query_builder.library import Library
from tests.query_builder.support import RISE, RISE_WITH_UREA, START, at, basis, creatinine, lab, note, request


def document(asked: QuestionBasis, library: Library, knowledge: Knowledge, **more: Any) -> QueryDocument:
    result = answer(request(asked, **more), library, knowledge)
    assert result.document is not None, result
    return result.document


def texts(found: QueryDocument) -> list[str]:
    return [option.text for option in found.options]


def test_only_supported_options_are_offered_and_the_neutral_ones_always(library: Library, knowledge: Knowledge) -> None:
    found = document(basis(*RISE_WITH_UREA), library, knowledge)
    assert texts(found) == [
        "Acute kidney injury due to (please specify)",
        "Prerenal azotemia",
        "Not clinically significant",
        "Other (please specify)",
        "Unable to determine",
    ]
    assert [option.id for option in found.options] == ["o1", "o3", "not_significant", "other", "undetermined"]
    assert found.footer == FOOTER and found.context is None


def test_every_clinical_option_links_what_is_shown(library: Library, knowledge: Knowledge) -> None:
    found = document(basis(*RISE_WITH_UREA), library, knowledge)
    names = {option.id: {found.indicators[place].name for place in option.evidence} for option in found.options}
    assert names["o1"] == {"Creatinine"}
    assert names["o3"] == {"Creatinine", "Urea nitrogen"}
    assert names["other"] == names["undetermined"] == set()


def test_one_supported_answer_makes_the_question_open(library: Library, knowledge: Knowledge) -> None:
    found = document(basis(*RISE), library, knowledge)
    assert (found.response_type, found.options) == ("open_ended", ())


def test_insisted_choices_are_held_with_the_open_question_beside(library: Library, knowledge: Knowledge) -> None:
    result = answer(request(basis(*RISE, response_type="multiple_choice")), library, knowledge)
    assert isinstance(result, QueryHeld) and result.reason == "no_supported_option"
    assert result.document is not None and result.document.response_type == "open_ended"


def test_an_insisted_open_question_stays_open(library: Library, knowledge: Knowledge) -> None:
    assert document(basis(*RISE_WITH_UREA, response_type="open_ended"), library, knowledge).options == ()


def test_yes_or_no_is_refused_for_a_missing_diagnosis(library: Library, knowledge: Knowledge) -> None:
    result = answer(request(basis(*RISE, response_type="yes_no")), library, knowledge)
    assert isinstance(result, QueryHeld) and result.reason == "response_type_not_allowed"
    assert result.document is None


def test_values_are_shown_as_recorded_in_local_time(library: Library, knowledge: Knowledge) -> None:
    prior = creatinine("0.8", -900, prior_encounter_id="before", reference_range=ReferenceRange(low="0.6", high="1.2"))
    odd = lab("Troponin", "0.01", 3, "ng/mL", comparator="<", author_role="technician")
    said = note("'looks <b>dry</b>'", 5, quoted=True)
    found = document(basis(prior, *RISE, odd, said), library, knowledge, zone="America/New_York")
    shown = {one.name: one for one in found.indicators if not one.prior_encounter}
    before = next(one for one in found.indicators if one.prior_encounter)
    assert before.value == "0.8 (ref 0.6-1.2)" and before.observed_at == "2026-01-24T01:00:00-05:00"
    assert (shown["Troponin"].value, shown["Troponin"].author_role) == ("<0.01", "technician")
    assert (shown["Progress note"].value, shown["Progress note"].quoted) == ("'looks <b>dry</b>'", True)
    assert shown["Creatinine"].observed_at == "2026-03-04T19:00:00-05:00"


def test_an_unknown_zone_shows_true_times_in_utc(library: Library, knowledge: Knowledge) -> None:
    found = document(basis(*RISE), library, knowledge, zone="Mars/Olympus")
    assert found.indicators[0].observed_at == "2026-03-02T19:00:00+00:00"


def test_a_long_series_keeps_baseline_most_marked_latest_and_what_points_the_other_way(
    library: Library, knowledge: Knowledge
) -> None:
    values = [*(f"{0.9 + step / 100:.2f}" for step in range(20)), "0.70", "2.90", "1.30"]
    series = [creatinine(value, hour) for hour, value in enumerate(values)]
    others = [lab("Potassium", f"{3 + step / 10:.1f}", step, "mmol/L") for step in range(20)]
    drug = note("1 L IV", 12, "Lactated Ringer's", kind="medication")
    found = document(basis(*others, *series, drug), library, knowledge)
    shown = [one.value for one in found.indicators if one.name == "Creatinine"]
    assert len(found.indicators) == 12
    assert {"0.90", "0.70", "2.90", "1.30"} <= set(shown)
    assert found.indicators[0].name == "Creatinine", "what the question is about stands first"
    assert any(one.name == "Lactated Ringer's" for one in found.indicators)
    assert shown == [one.value for one in series if one.value in shown], "in order of time"


def test_the_same_value_twice_is_shown_once_and_still_linked(library: Library, knowledge: Knowledge) -> None:
    found = document(basis(*RISE_WITH_UREA, *RISE_WITH_UREA), library, knowledge)
    assert len(found.indicators) == len(RISE_WITH_UREA)
    assert found.options[0].evidence


def test_a_billed_diagnosis_is_not_shown_as_documented(library: Library, knowledge: Knowledge) -> None:
    billed = DocumentedTerm(term="Acute kidney failure", source="Billed diagnosis", recorded_at=at(1))
    noted = DocumentedTerm(term="Hypertension", source="H&P", recorded_at=at(1))
    found = document(basis(*RISE, documented=(billed, noted)), library, knowledge)
    assert [term.term for term in found.documented] == ["Hypertension"]


def test_the_authors_options_count_only_where_allowed_and_read_in_the_record(
    library: Library, knowledge: Knowledge
) -> None:
    offered = (
        CandidateOption(text="Right hip", evidence=(1,)),
        CandidateOption(text="Left hip", evidence=(0,)),
        CandidateOption(text="Hip replacement worth more", evidence=(0,)),
        CandidateOption(text="Fracture left", evidence=(0,)),
        CandidateOption(text="ef", evidence=(0,)),
        CandidateOption(text="Left hip", evidence=()),
    )
    statements = (note("left hip fracture", 1, "H&P"), note("right hip fixed", 3, "Operative note"))
    about = ({"term": "laterality"},)
    found = document(basis(*statements, category="conflict", concepts=about, options=offered), library, knowledge)
    assert texts(found)[:2] == ["Left hip", "Right hip"]
    assert [option.id for option in found.options[:2]] == ["a2", "a1"]
    ignored = document(
        basis(*RISE_WITH_UREA, options=(CandidateOption(text="Sepsis", evidence=(0,)),)), library, knowledge
    )
    assert "Sepsis" not in texts(ignored)


HOSTILE = "{{ 7 * 7 }} {% for x in y %} <script>alert(1)</script> \"'`\\ <0.01 \u202eabc\u202c \U0001f600 $%s {0}"


def test_hostile_text_is_inert(library: Library, knowledge: Knowledge) -> None:
    term = DocumentedTerm(term=f"Heart failure {HOSTILE}"[:200], source=HOSTILE[:200], recorded_at=at(1))
    odd = note(HOSTILE, 2, name=HOSTILE)
    bnp = lab("NT-proBNP", "3000", 2, "pg/mL")
    found = document(basis(odd, bnp, documented=(term,), category="specificity"), library, knowledge)
    assert found.question.startswith("Heart failure {{ 7 * 7 }} {% for x in y %} <script>alert(1)</script>")
    assert any((one.name, one.value) == (HOSTILE, HOSTILE) for one in found.indicators)
    assert "49" not in found.question


def test_line_breaks_in_a_term_do_not_lay_out_the_question(library: Library, knowledge: Knowledge) -> None:
    term = DocumentedTerm(term="Heart\n\nfailure\t\tacute", source="H&P", recorded_at=at(1))
    bnp = lab("NT-proBNP", "3000", 2, "pg/mL")
    concept = ({"term": "heart failure"},)
    asked = QuestionBasis.model_validate(
        {
            "setting": "inpatient",
            "category": "specificity",
            "concepts": concept,
            "indicators": [bnp],
            "documented": [term],
        }
    )
    result = answer(request(asked), library, knowledge)
    assert result.document is None or "\n" not in result.document.question


values = st.one_of(
    st.decimals(min_value=0, max_value=20, places=2).map(str), st.sampled_from(["<0.3", ">9", "n/a", HOSTILE])
)
indicators = st.builds(
    lambda name, value, hours, unit, prior: Indicator(
        name=name,
        value=value,
        unit=unit,
        source="Laboratory",
        observed_at=START + timedelta(hours=hours),
        prior_encounter_id="before" if prior else None,
    ),
    st.sampled_from(
        ["Creatinine", "Urea nitrogen", "Lactate", "White blood cells", "Hemoglobin", "Sodium", "Odd {{ x }}"]
    ),
    values,
    st.integers(-100, 100),
    st.sampled_from(["mg/dL", "mmol/L", "K/uL", "g/dL", None]),
    st.booleans(),
)
bases = st.builds(
    lambda found, category, kind: basis(*found, category=category, response_type=kind),
    st.lists(indicators, max_size=30),
    st.sampled_from(["missing_diagnosis", "significance", "specificity", "conflict"]),
    st.sampled_from([None, "multiple_choice", "open_ended", "yes_no"]),
)


@settings(max_examples=150, deadline=None)
@given(bases)
def test_any_gap_gives_one_result_the_same_every_time(
    library: Library, knowledge: Knowledge, asked: QuestionBasis
) -> None:
    first = answer(request(asked), library, knowledge)
    again = answer(QueryRequested.model_validate_json(request(asked).model_dump_json()), library, knowledge)
    assert first.model_dump_json() == again.model_dump_json()
    assert getattr(first, "reason", None) != "internal_error"
    assert first.content_hash == document_hash(first.document)


@settings(max_examples=150, deadline=None)
@given(bases)
def test_no_option_without_evidence_and_never_without_a_way_out(
    library: Library, knowledge: Knowledge, asked: QuestionBasis
) -> None:
    found = answer(request(asked), library, knowledge).document
    if found is None or not found.options:
        return
    assert all(option.evidence for option in found.options if option.kind == "clinical")
    assert {"other", "undetermined"} <= {option.kind for option in found.options}
    assert len({option.id for option in found.options}) == len(found.options)
    assert len(found.indicators) <= 12


@settings(max_examples=60, deadline=None)
@given(bases, st.randoms())
def test_the_order_in_which_options_stand_does_not_follow_the_order_of_indicators(
    library: Library, knowledge: Knowledge, asked: QuestionBasis, shuffle: Any
) -> None:
    mixed = list(asked.indicators)
    shuffle.shuffle(mixed)
    one = answer(request(asked), library, knowledge).document
    other = answer(request(asked.model_copy(update={"indicators": tuple(mixed)})), library, knowledge).document
    assert (texts(one) if one else None) == (texts(other) if other else None)


def _types(annotation: Any, seen: set[type[BaseModel]]) -> set[type[BaseModel]]:
    """Every model that a value of this type can hold."""
    for part in (annotation, *get_args(annotation)):
        if isinstance(part, type) and issubclass(part, BaseModel) and part not in seen:
            seen.add(part)
            for field in part.model_fields.values():
                _types(field.annotation, seen)
        elif part is not annotation and get_origin(part) in (tuple, list, dict, Union, UnionType, Annotated, Literal):
            _types(part, seen)
    return seen


@pytest.mark.parametrize("provider_facing", [QueryRequested, QueryIssued, QueryHeld])
def test_no_type_on_the_way_to_a_provider_can_hold_people_codes_or_impact(provider_facing: type) -> None:
    reachable = _types(provider_facing, set())
    assert QueryDocument in reachable, "the walk sees what is nested"
    assert not reachable & {CoderOnly, Patient, GapRaised}
    forbidden = {"suspected_codes", "impact", "mrn", "birth_date", "payment", "drg", "hcc"}
    assert not forbidden & {name for model in reachable for name in model.model_fields}


def test_the_walk_over_types_finds_coder_only_data_where_it_is() -> None:
    assert {CoderOnly, Patient} <= _types(GapRaised, set())
