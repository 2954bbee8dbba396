"""Files of providers and recipients are taken whole or not at all, with every fault named."""

from __future__ import annotations

import pytest

from cli.intake.problems import BadInput
from cli.intake.recipients import read_recipients
from cli.providers import read_providers

HEADER = "id,name,role,service,email,default_for_service,active"


def faults(*lines: str) -> list[tuple[int, str]]:
    with pytest.raises(BadInput) as caught:
        read_providers(lines)
    return [(problem.line, problem.field) for problem in caught.value.problems]


def test_providers_are_read_in_the_order_of_the_file() -> None:
    text = [
        "\ufeff" + HEADER,
        'p-1,"Sampleson, Quentin",attending,MED,quentin@example.org,yes,yes',
        "",
        "p-2,Testa Deputy,consultant,,testa@example.org,,no",
    ]
    first, second = read_providers(text)
    assert (first.id, first.name, first.role, first.default_for_service) == (
        "p-1",
        "Sampleson, Quentin",
        "attending",
        True,
    )
    assert (second.service, second.default_for_service, second.active) == (None, False, False)


def test_the_active_column_may_be_left_out() -> None:
    (only,) = read_providers([HEADER.removesuffix(",active"), "p-1,Quentin,attending,MED,q@example.org,no"])
    assert only.active


def test_each_fault_has_its_line_and_field() -> None:
    assert faults(
        HEADER,
        "p-1,Quentin,attending,MED,q@example.org,yes,yes",
        ",Nobody,attending,MED,n@example.org,no,yes",
        "p-3,Testa,chief,MED,t@example.org,no,yes",
        "p-4,Testa,attending,MED,no-address,perhaps,yes",
        "p-5,Testa,attending,,t@example.org,yes,yes",
        "p-6,Testa,attending,MED,t@example.org,no,yes,more",
    ) == [(3, "id"), (4, "role"), (5, "email"), (5, "default_for_service"), (6, ""), (7, "")]


def test_an_id_given_twice_and_two_defaults_of_a_service_are_refused() -> None:
    row = "p-{},Testa,attending,MED,t@example.org,yes,yes"
    assert faults(HEADER, row.format(1), row.format(1)) == [(3, "id"), (3, "default_for_service")]


def test_a_missing_column_is_named() -> None:
    assert faults("id,name,role,email,default_for_service") == [(1, "service")]


def test_recipients_map_services_to_providers() -> None:
    assert read_recipients(["service,provider_id", "MED,p-1", "SURG,p-2"]) == {"MED": "p-1", "SURG": "p-2"}


@pytest.mark.parametrize(
    ("lines", "place"),
    [
        (["service", "MED"], (1, "provider_id")),
        (["service,provider_id", "MED,"], (2, "provider_id")),
        (["service,provider_id", "MED,p-1", "MED,p-2"], (3, "service")),
    ],
)
def test_a_faulty_recipient_file_is_refused(lines: list[str], place: tuple[int, str]) -> None:
    with pytest.raises(BadInput) as caught:
        read_recipients(lines)
    assert [(problem.line, problem.field) for problem in caught.value.problems] == [place]
