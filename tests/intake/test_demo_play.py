"""Played on the tracker's rules, the demo runs to its end and shows every state there is."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import get_args

import pytest

from cli.demo import DemoScenario, demo_scenario
from compliance import shipped_knowledge
from schemas.vocabulary import GapState, QueryState
from services.query_builder.library import Library, shipped_folder
from tests.intake.demo_play import Play, play, state_of

AS_OF = datetime(2026, 11, 20, 7, 30, tzinfo=UTC)
CHARTS = {"clear", "holding", "ready", "finalized", "merged"}
BY_POLICY_ONLY = {"awaiting_documentation"}
"""Reached only where the house demands an entry in the record for every answer."""

EXPECTED = {
    "DEMO-1001-a": ("queried", "delivered"),
    "DEMO-1002-a": ("queried", "opened"),
    "DEMO-1003-a": ("queried", "answered"),
    "DEMO-1004-a": ("resolved", "closed"),
    "DEMO-1012-a": ("dismissed", "withdrawn"),
    "DEMO-1013-b": ("duplicate", None),
    "DEMO-1102-a": ("queried", "under_review"),
    "DEMO-1104-a": ("withdrawn", "withdrawn"),
    "DEMO-1105-a": ("queried", "awaiting_cosign"),
    "DEMO-1108-a": ("resolved", "auto_resolved"),
    "DEMO-1109-a": ("held", "held"),
    "DEMO-1112-a": ("held", "held"),
    "DEMO-1115-b": ("queried", "delivered"),
    "DEMO-2015-a": ("held", "held"),
}


@pytest.fixture(scope="module")
def scenario() -> DemoScenario:
    return demo_scenario(AS_OF)


@pytest.fixture(scope="module")
def stages(scenario: DemoScenario) -> dict[str, Play]:
    library = Library.load(shipped_folder(), today=AS_OF.date())
    knowledge = library.knowledge(shipped_knowledge())
    return {chart.number: play(chart, scenario, library, knowledge) for chart in scenario.charts}


def test_every_state_of_gap_query_and_chart_is_shown(stages: dict[str, Play]) -> None:
    seen = set().union(*(stage.seen for stage in stages.values()))
    assert {state for subject, state in seen if subject == "gap"} >= set(get_args(GapState))
    assert {state for subject, state in seen if subject == "query"} >= set(get_args(QueryState)) - BY_POLICY_ONLY
    assert {state for subject, state in seen if subject == "chart"} >= CHARTS


def test_the_edges_that_people_ask_about_are_shown(stages: dict[str, Play]) -> None:
    seen = set().union(*(stage.seen for stage in stages.values()))
    edges = {
        "gap": ["promoted", "duplicate", "revised"],
        "query": ["amended", "answered_late", "attending_changed", "deferred", "redirected", "rehold", "phase_changed"],
        "chart": ["unready", "reopened", "late_response", "member_joined", "hold_released"],
    }
    assert [edge for kind, names in edges.items() for edge in names if (kind, f"edge {edge}") not in seen] == []


@pytest.mark.parametrize(("gap_id", "states"), EXPECTED.items())
def test_a_chart_ends_as_its_story_says(stages: dict[str, Play], gap_id: str, states: tuple[str, str | None]) -> None:
    assert state_of(stages[gap_id[:9]], gap_id)[:2] == states
