"""FHIR bundles: what is evidence is offered, what is not is said, and nothing of the person is kept."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.tracker.capture.fhir import MOST_BYTES, MOST_RESOURCES, NotFhir, Picked, read_bundle

NEW_YORK = ZoneInfo("America/New_York")
SIX = datetime(2026, 11, 20, 11, 5, tzinfo=UTC)
WHO = {"subject": {"reference": "Patient/secret-1", "display": "Testa Demopatient"}, "identifier": [{"value": "MRN-1"}]}


def concept(text: str, *codes: tuple[str, str]) -> dict[str, Any]:
    return {"text": text, "coding": [{"system": system, "code": code} for system, code in codes]}


def category(code: str) -> list[dict[str, Any]]:
    return [concept("", ("http://terminology.example/categories", code))]


def observation(**more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "status": "final",
        "category": category("laboratory"),
        "code": concept("Sodium", ("http://loinc.org", "2951-2")),
        "effectiveDateTime": "2026-11-20T06:05:00-05:00",
        "valueQuantity": {"value": 128.0, "unit": "mmol/L"},
        "referenceRange": [{"low": {"value": 135}, "high": {"value": 145}}],
        **WHO,
        **more,
    }


def bundle(*resources: Any) -> bytes:
    return json.dumps(
        {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": one} for one in resources]}
    ).encode()


def read(*resources: Any) -> Picked:
    return read_bundle(bundle(*resources), NEW_YORK)


def test_a_result_becomes_an_indicator_with_code_unit_range_and_time() -> None:
    (one,) = read(observation()).indicators
    assert (one.name, one.loinc, one.value, one.unit, one.observed_at) == ("Sodium", "2951-2", "128.0", "mmol/L", SIX)
    assert (one.kind, one.source) == ("laboratory", "Laboratory")
    assert one.reference_range is not None
    assert str(one.reference_range.low) == "135"


def test_parts_of_a_panel_become_indicators_of_their_own() -> None:
    pressure = observation(
        code=concept("Blood pressure"),
        category=category("vital-signs"),
        valueQuantity=None,
        component=[
            {"code": concept("systolic"), "valueQuantity": {"value": 84, "unit": "mmHg"}},
            {"code": concept("diastolic"), "valueQuantity": {"value": 41, "unit": "mmHg"}},
        ],
    )
    found = read(pressure)
    assert [(one.name, one.value, one.kind) for one in found.indicators] == [
        ("Blood pressure, systolic", "84", "vital_sign"),
        ("Blood pressure, diastolic", "41", "vital_sign"),
    ]


def test_drugs_reports_procedures_and_conditions_are_offered_as_what_they_are() -> None:
    found = read(
        {
            "resourceType": "MedicationAdministration",
            "status": "completed",
            "medicationCodeableConcept": concept("Norepinephrine"),
            "effectivePeriod": {"start": "2026-11-20T06:05:00-05:00"},
            "dosage": {"dose": {"value": 8, "unit": "ug/min"}, "route": concept("IV")},
        },
        {
            "resourceType": "MedicationRequest",
            "status": "active",
            "medicationReference": {"display": "Ceftriaxone"},
            "authoredOn": "2026-11-20T06:05:00-05:00",
            "dosageInstruction": [{"text": "1 g IV daily"}],
        },
        {
            "resourceType": "DiagnosticReport",
            "status": "final",
            "category": category("RAD"),
            "code": concept("Chest radiograph"),
            "effectiveDateTime": "2026-11-20T06:05:00-05:00",
            "conclusion": "Left lower lobe opacity.",
        },
        {
            "resourceType": "Procedure",
            "status": "completed",
            "code": concept("Thoracentesis"),
            "performedDateTime": "2026-11-20T06:05:00-05:00",
        },
        {
            "resourceType": "Condition",
            "category": category("problem-list-item"),
            "code": concept("Heart failure", ("http://hl7.org/fhir/sid/icd-10-cm", "I50.9")),
            "recordedDate": "2026-11-20T06:05:00-05:00",
        },
    )
    assert [(one.name, one.value, one.kind, one.quoted) for one in found.indicators] == [
        ("Norepinephrine", "8 ug/min IV", "medication", False),
        ("Ceftriaxone", "1 g IV daily", "medication", False),
        ("Chest radiograph", "Left lower lobe opacity.", "imaging", True),
        ("Thoracentesis", "done", "procedure", False),
    ]
    assert [(one.term, one.source, one.recorded_at) for one in found.terms] == [("Heart failure", "Problem list", SIX)]
    assert not found.skipped


@pytest.mark.parametrize(
    ("resource", "why"),
    [
        (observation(status="entered-in-error"), "its status is entered-in-error"),
        (observation(effectiveDateTime=None), "it has no time"),
        (observation(effectiveDateTime="2026-11-20"), "its time has no time of day"),
        (observation(valueQuantity=None), "it has no value"),
        (observation(code={}), "it has no name in words"),
        (observation(code={"text": "x" * 300}), "its name is too long or does not fit"),
        (observation(valueQuantity={"value": "many"}), "its valueQuantity.value does not fit FHIR R4"),
        (
            {
                "resourceType": "Condition",
                "code": concept("Sepsis"),
                "verificationStatus": concept("", ("http://terminology.example/status", "refuted")),
            },
            "it was refuted or entered in error",
        ),
        ({"resourceType": "DiagnosticReport", "code": concept("CT")}, "it has no conclusion in words"),
    ],
)
def test_what_cannot_be_used_is_told_in_words_and_the_others_are_taken(resource: dict[str, Any], why: str) -> None:
    found = read(resource, observation())
    assert len(found.indicators) == 1
    (skipped,) = found.skipped
    assert skipped.number == 1
    assert skipped.text.startswith(why)


def test_nothing_of_the_person_or_of_codes_of_diagnoses_is_kept() -> None:
    patient = {"resourceType": "Patient", "name": [{"family": "Demopatient"}], "birthDate": "1950-01-01"}
    condition = {
        "resourceType": "Condition",
        "code": concept("Heart failure", ("http://hl7.org/fhir/sid/icd-10-cm", "I50.9")),
        "recordedDate": "2026-11-20T06:05:00-05:00",
        "note": [{"text": "Testa Demopatient lives at 1 Example Road"}],
        **WHO,
    }
    found = read(patient, observation(), condition)
    assert found.ignored == {"Patient": 1}
    kept = repr(asdict(found))
    for secret in ("Demopatient", "secret-1", "MRN-1", "I50.9", "1950", "Example Road"):
        assert secret not in kept


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"[]", b"7", b'"text"', b"{}", b"\xff\xfe", b"[" * 100_000, b'{"resourceType": "Bundle"}']
)
def test_what_is_no_fhir_is_refused_in_words(raw: bytes) -> None:
    with pytest.raises(NotFhir):
        read_bundle(raw, NEW_YORK)


def test_too_much_is_refused_before_it_is_read() -> None:
    with pytest.raises(NotFhir, match="larger than 4 MB"):
        read_bundle(b" " * (MOST_BYTES + 1), NEW_YORK)
    with pytest.raises(NotFhir, match="more than"):
        read(*[{"resourceType": "Patient"}] * (MOST_RESOURCES + 1))


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=12), inner, max_size=3)),
    max_leaves=8,
)
FIELDS = ["status", "category", "code", "effectiveDateTime", "valueQuantity", "component", "conclusion", "dosage"]
FIELDS += ["medicationCodeableConcept", "authoredOn", "recordedDate", "referenceRange", "valueString", "resourceType"]
TYPES = ["Observation", "Condition", "MedicationAdministration", "MedicationRequest", "DiagnosticReport", "Procedure"]


@given(kind=st.sampled_from(TYPES), spoiled=st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=4))
def test_a_spoiled_resource_is_skipped_or_taken_and_never_an_exception(kind: str, spoiled: dict[str, Any]) -> None:
    found = read({**observation(resourceType=kind), **spoiled}, observation())
    assert found.indicators
    assert all(one.text for one in found.skipped)
    json.dumps([one.model_dump(mode="json") for one in found.indicators]).encode()


@given(st.one_of(st.binary(max_size=200), JSON.map(lambda value: json.dumps(value).encode())))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    try:
        read_bundle(raw, NEW_YORK)
    except NotFhir as refused:
        assert str(refused)
