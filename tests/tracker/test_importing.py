"""Providers from a file: every row is judged by itself, and what would change is told before it does."""

from __future__ import annotations

import json
from typing import Any

import pytest

from services.tracker.directory import ProviderRecord
from services.tracker.importing import NotReadable, plan, read_file

HEAD = "id,name,role,service,email,default_for_service,active\n"


def role(person: str, code: str, **more: Any) -> dict[str, Any]:
    reference = {"reference": f"Practitioner/{person}"}
    return {"resourceType": "PractitionerRole", "practitioner": reference, "code": [{"text": code}], **more}


def bundle(*resources: dict[str, Any]) -> str:
    return json.dumps({"resourceType": "Bundle", "entry": [{"resource": one} for one in resources]})


FERRO = {
    "resourceType": "Practitioner",
    "id": "ferro",
    "name": [{"use": "official", "prefix": ["Dr."], "given": ["Fia"], "family": "Ferro-Invented"}],
    "telecom": [{"system": "email", "value": "ferro@hospital.example"}],
}


def test_a_csv_row_becomes_a_provider() -> None:
    (row,) = read_file("\ufeff" + HEAD + "a,Dr. A Invented,attending,medicine,a@hospital.example,yes,\n")
    assert row.place == "line 2"
    assert row.record == ProviderRecord(
        id="a", name="Dr. A Invented", role="attending", service="medicine", email="a@hospital.example",
        default_for_service=True,
    )  # fmt: skip


def test_a_wrong_row_hides_no_other_and_repeats_no_cell() -> None:
    text = HEAD + "a,Dr. A,wizard,,,,\nb,Dr. B,nurse,,no mail,,\nc,Dr. C,nurse,,,maybe,\nd,Dr. D,nurse,,,,no\n"
    rows = read_file(text)
    assert [bool(row.faults) for row in rows] == [True, True, True, False]
    assert rows[0].faults[0].startswith("role:")
    assert rows[1].faults[0].startswith("email:")
    assert rows[2].faults == ("default_for_service: yes or no was expected",)
    assert "wizard" not in str(rows[0].faults)
    assert rows[3].record is not None
    assert not rows[3].record.active


def test_ids_and_defaults_stand_once() -> None:
    text = HEAD + "a,A,nurse,m,,yes,\na,A,nurse,,,,\nb,B,nurse,m,,yes,\nc,C,nurse,,,yes,\n"
    faults = [row.faults for row in read_file(text)]
    assert faults[0] == ()
    assert "twice" in faults[1][0]
    assert "another default" in faults[2][0]
    assert "names the service" in faults[3][0]


def test_a_bundle_of_practitioners_with_their_roles_is_read() -> None:
    specialty = [{"coding": [{"code": "394802001", "display": "medicine"}]}]
    (row,) = read_file(bundle(FERRO, role("ferro", "attending", specialty=specialty)))
    assert row.record == ProviderRecord(
        id="ferro", name="Dr. Fia Ferro-Invented", role="attending", service="medicine",
        email="ferro@hospital.example",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("resources", "fault"),
    [
        ((FERRO,), "no PractitionerRole"),
        ((FERRO, role("ferro", "janitor")), "no PractitionerRole"),
        ((FERRO, role("other", "nurse")), "no PractitionerRole"),
        ((FERRO, role("ferro", "nurse"), role("ferro", "surgeon")), "contradict"),
        (({**FERRO, "id": ""}, role("", "nurse")), "role"),
        (({**FERRO, "name": "not a list"}, role("ferro", "nurse")), "FHIR R4"),
    ],
)
def test_what_a_bundle_lacks_is_told(resources: tuple[dict[str, Any], ...], fault: str) -> None:
    (row,) = read_file(bundle(*resources))
    assert row.record is None
    assert any(fault in one for one in row.faults), row.faults


def test_somebody_whose_roles_all_ended_is_not_active() -> None:
    (row,) = read_file(bundle(FERRO, role("ferro", "surgeon", active=False)))
    assert row.record is not None
    assert not row.record.active


@pytest.mark.parametrize(
    "text",
    ["", HEAD, "id,name\na,A\n", "{", '{"resourceType": "Patient"}', '{"resourceType":"Bundle"}', '{"entry": 3}'],
)
def test_a_file_that_cannot_be_read_is_refused_as_a_whole(text: str) -> None:
    with pytest.raises(NotReadable):
        read_file(text)


def test_the_plan_says_what_is_new_what_changes_and_what_stays() -> None:
    known = {
        "a": ProviderRecord(id="a", name="A", role="nurse"),
        "b": ProviderRecord(id="b", name="B", role="nurse", service="medicine"),
        "z": ProviderRecord(id="z", name="Z", role="nurse"),
    }
    rows = read_file(HEAD + "a,A,nurse,,,,\nb,B,surgeon,surgery,,,\nc,C,nurse,,,,\nd,D,wizard,,,,\n")
    planned = plan(rows, known)
    assert [one.kind for one in planned] == ["same", "changed", "new", "fault"]
    assert planned[1].changes == (("role", "nurse", "surgeon"), ("service", "medicine", "surgery"))
