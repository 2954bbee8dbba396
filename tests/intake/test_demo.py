"""The demo is coherent: its people are invented, its gaps become questions, and its answers fit them."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import get_args
from uuid import NAMESPACE_URL, uuid5

import pytest

from cli.demo import DemoScenario, demo_scenario, model
from cli.demo.script import read_cast
from compliance import Knowledge, shipped_knowledge
from schemas.events import read, topic_of, write
from schemas.queries import QueryHeld, QueryIssued
from schemas.requests import QueryRequested
from schemas.vocabulary import UserRole
from services.query_builder.composer import answer
from services.query_builder.library import Library, shipped_folder

AS_OF = datetime(2026, 11, 20, 7, 30, tzinfo=UTC)
TOLERANCE = timedelta(hours=24)


@pytest.fixture(scope="module")
def scenario() -> DemoScenario:
    return demo_scenario(AS_OF)


@pytest.fixture(scope="module")
def library() -> Library:
    return Library.load(shipped_folder(), today=AS_OF.date())


@pytest.fixture(scope="module")
def knowledge(library: Library) -> Knowledge:
    return library.knowledge(shipped_knowledge())


def compose(
    chart: model.DemoChart, gap: model.DemoGap, scenario: DemoScenario, library: Library, knowledge: Knowledge
) -> QueryIssued | QueryHeld:
    """Ask the query builder as the tracker would for a gap of the demo."""
    roles = {provider.id: provider.role for provider in scenario.providers if provider.active}
    automatic = {source.name for source in scenario.sources if source.automatic}
    unique = uuid5(NAMESPACE_URL, gap.gap_id)
    request = QueryRequested(
        request_id=unique,
        query_id=unique,
        gap_uid=unique,
        chart_id="chart",
        as_of=AS_OF,
        phase="concurrent",
        encounter_started_at=chart.admission.started_at,
        admission_order_at=chart.admission.admission_order_at,
        recipient_role=roles.get(gap.recipient or ""),
        release="automatic" if gap.source in automatic else "any_person",
        basis=gap.gap.basis(),
    )
    return answer(request, library, knowledge)


def test_it_has_many_charts_over_three_services_and_every_role(scenario: DemoScenario) -> None:
    assert len(scenario.charts) >= 40 and len({chart.number for chart in scenario.charts}) == len(scenario.charts)
    assert len({chart.admission.service for chart in scenario.charts}) == 3
    roles = Counter(user.role for user in scenario.users)
    assert set(roles) == set(get_args(UserRole))
    assert (roles["coder"], roles["cdi_specialist"], len(scenario.providers)) == (2, 2, 10)


def test_its_people_are_invented_and_unreachable(scenario: DemoScenario) -> None:
    people = [*(user for user in scenario.users if user.role != "service"), *scenario.providers]
    assert all(one.email and one.email.endswith("@example.org") for one in people)
    assert len({chart.patient for chart in scenario.charts}) == len(scenario.charts) - 1, "one visit was opened twice"


def test_all_its_events_can_be_read(scenario: DemoScenario) -> None:
    events = [
        step.event for step in scenario.steps if isinstance(step, model.Encounter | model.Documentation | model.Raise)
    ]
    assert len({(event.source, event.id) for event in events}) == len(events) > 100
    for event in events:
        assert read(topic_of(event), write(event)).envelope == event


def test_everything_has_happened_before_the_as_of_day(scenario: DemoScenario) -> None:
    midnight = AS_OF.replace(hour=0, minute=0)
    for chart in scenario.charts:
        started = chart.admission.started_at
        assert started is not None
        for gap in chart.gaps:
            current = [one for one in gap.gap.indicators if one.prior_encounter_id is None]
            assert all(started - TOLERANCE < one.observed_at < midnight for one in current), gap.gap_id
            assert gap.gap.occurred_at < midnight


def test_every_gap_becomes_what_the_demo_says(scenario: DemoScenario, library: Library, knowledge: Knowledge) -> None:
    results = {
        gap.gap_id: (gap.first, compose(chart, gap, scenario, library, knowledge))
        for chart in scenario.charts
        for gap in chart.gaps
    }
    wrong = [
        (gap_id, result.detail if isinstance(result, QueryHeld) else "issued")
        for gap_id, (first, result) in results.items()
        if isinstance(result, QueryIssued) != (first == "issued")
    ]
    assert wrong == []
    used = {result.template.id for _, result in results.values() if result.template}
    assert used <= set(library.templates)
    assert len(used) >= 8, "the demo shows templates of several specialties"
    reasons = {result.reason for _, result in results.values() if isinstance(result, QueryHeld)}
    assert {"no_template", "no_recipient", "needs_a_person", "needs_second_person"} <= reasons


def test_every_answer_fits_its_question(scenario: DemoScenario, library: Library, knowledge: Knowledge) -> None:
    answered = 0
    for chart in scenario.charts:
        documents = {gap.gap_id: compose(chart, gap, scenario, library, knowledge).document for gap in chart.gaps}
        for step in chart.steps:
            if isinstance(step, model.Answer):
                document = documents[step.gap_id]
                assert document is not None, step.gap_id
                given = step.answer.to(document)
                assert given.option_id in {option.id for option in document.options} | {None}
                assert bool(given.option_id) == bool(document.options) or given.code == "DECLINED"
                answered += 1
    assert answered > 20


def test_every_kind_of_step_and_of_outcome_is_shown(scenario: DemoScenario) -> None:
    assert {type(step) for step in scenario.steps} == set(get_args(model.Step))
    outcomes = {step.outcome for step in scenario.steps if isinstance(step, model.SetOutcome)}
    assert len(outcomes) >= 6


def test_steps_are_done_by_people_who_exist_on_gaps_that_exist(scenario: DemoScenario) -> None:
    users = {user.id for user in scenario.users}
    for chart in scenario.charts:
        raised: set[str] = set()
        for step in chart.steps:
            if isinstance(step, model.Raise):
                raised.add(step.gap_id)
            by = getattr(step, "by", None)
            assert by is None or by in users, (chart.number, step)
            assert getattr(step, "gap_id", None) in raised | {None}, (chart.number, step)


def test_the_same_day_gives_the_same_demo() -> None:
    assert demo_scenario(AS_OF) == demo_scenario(AS_OF + timedelta(hours=3))
    assert demo_scenario(AS_OF) != demo_scenario(AS_OF + timedelta(days=1))


def test_a_step_without_a_fitting_option_is_answered_in_words(
    scenario: DemoScenario, library: Library, knowledge: Knowledge
) -> None:
    chart = next(chart for chart in scenario.charts if chart.number == "DEMO-2008")
    document = compose(chart, chart.gaps[0], scenario, library, knowledge).document
    assert document is not None
    wished = model.Answering("OPTION_SELECTED", "clinical", "Something that nobody offers")
    assert wished.to(document).code == "OTHER_TEXT"
    assert wished.to(document.model_copy(update={"options": ()})).code == "FREE_TEXT"


def test_the_cast_names_no_question_that_no_chart_asks(scenario: DemoScenario) -> None:
    asked = {gap.gap.reason_code for gap in scenario.gaps}
    assert {question.reason for question in read_cast().questions.values()} == asked
