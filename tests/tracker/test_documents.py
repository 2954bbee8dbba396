"""The generated documents are current, complete, and say what the code does."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from cli.documents import ALSO, FLOW, FOLDER, asyncapi, documents, event_schema, lifecycle_markdown, published_by
from schemas.events import DEAD_LETTERS, TOPICS, TYPES
from services.tracker.app import READERS
from services.tracker.consumers import GROUP
from services.tracker.consumers import TOPICS as HEARD
from services.tracker.lifecycle import CHART_UPDATES, GAP_UPDATES, QUERY_UPDATES, TABLES
from tests.tracker.support import Ward, at

GENERATED = documents()


@pytest.mark.parametrize("name", sorted(GENERATED))
def test_the_document_in_docs_is_current(name: str) -> None:
    assert (FOLDER / name).read_text(encoding="utf-8") == GENERATED[name], "run: python -m cli.documents"


def test_no_schema_of_a_type_that_is_no_more_is_left() -> None:
    assert {path.stem for path in (FOLDER / "schemas").glob("*.json")} == set(TYPES)


def test_the_lifecycle_lists_every_edge_with_its_triggers_and_event() -> None:
    text = lifecycle_markdown()
    for subject, table in TABLES.items():
        for edge in table.values():
            assert edge.triggers
            assert f"| {edge.transition} | " in text
            assert subject == "chart" or published_by(subject, edge.transition)[0] == f"cdi.{subject}.changed.v1"


def test_every_update_belongs_to_an_edge() -> None:
    for subject, updates in (("gap", GAP_UPDATES), ("query", QUERY_UPDATES), ("chart", CHART_UPDATES)):
        assert set(updates) <= set(TABLES[subject])


def test_what_an_edge_is_said_to_publish_is_what_it_publishes() -> None:
    ward = Ward()
    ward.encounter(ended_at=at(40))
    query = ward.issue()
    ward.answer(query)
    ward.answer(query, response_id="r2", amends="r1")
    ward.outcome(query)
    ward.answer(query, response_id="r3")
    ward.finalize()
    ward.answer(query, response_id="r4")
    ward.encounter(hours=41, ended_at=None)
    ward.merge("E1", "E2")
    from services.tracker.publishing import events_of

    edges = set()
    for step in ward.steps:
        edges.add((step.change.subject, step.change.transition))
        said = published_by(step.change.subject, step.change.transition)
        assert [event.type for event in events_of(step)] == said
    assert {("chart", name) for name in ("ready", "finalized", "late_response", "reopened", "merged")} <= edges
    assert set(ALSO) - {("gap", "repeated")} <= edges


def test_the_flow_names_every_topic_and_what_services_really_read() -> None:
    assert set(FLOW) == set(TOPICS)
    assert {topic for topic, (_, readers) in FLOW.items() if GROUP in readers} == set(HEARD)
    for topic, groups in READERS.items():
        assert set(groups) <= set(FLOW[topic][1])
    assert FLOW[DEAD_LETTERS][0] == ("tracker", "query-builder", "notifier")


def references(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
        return own + [found for inner in value.values() for found in references(inner)]
    return [found for inner in value for found in references(inner)] if isinstance(value, list) else []


def resolve(document: dict[str, Any], reference: str) -> Any:
    found: Any = document
    for step in reference.removeprefix("#/").split("/"):
        found = found[step]
    return found


def test_every_reference_in_the_documents_leads_somewhere() -> None:
    for document in (asyncapi(), json.loads(GENERATED["openapi.json"]), *map(event_schema, TYPES)):
        for reference in references(document):
            if reference.startswith("#/"):
                assert resolve(document, reference) is not None
            else:
                assert reference in GENERATED


def test_a_schema_fixes_its_type_and_shows_the_fields_of_its_data() -> None:
    schema = event_schema("cdi.gap.raised.v1")
    assert schema["properties"]["type"]["const"] == "cdi.gap.raised.v1"
    assert {"gap_id", "occurred_at", "facility", "encounter"} <= set(schema["properties"]["data"]["required"])


def test_the_api_s_document_tells_of_every_route_and_what_it_takes() -> None:
    document = json.loads(GENERATED["openapi.json"])
    assert {"/api/v1/gaps", "/api/v1/queries/{query_id}/response", "/api/v1/charts/{chart_id}/finalize"} <= set(
        document["paths"]
    )
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert operation.get("summary"), (method, path)
            assert re.fullmatch(r"(?s).{10,}", operation.get("description", "")), (method, path)
