"""What is remembered changes nothing: a check that has seen everything says what one that has seen nothing says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compliance import check
from compliance.checking import rowless, untimed, unvalued
from compliance.findings import block
from compliance.memory import Memory
from compliance.reading import Reading
from compliance.registry import LINKED_RULES, VALUED_RULES, WORDED_RULES, Ranked
from schemas.check import CheckDocument, QueryDocument
from tests.compliance.counting import counted
from tests.compliance.labelled import own_cases
from tests.compliance.samples import CONFLICT, KIDNEY, KNOWLEDGE, OPEN, PRESENT_ON_ADMISSION, judge

QUERIES = [case.document.query for case in own_cases() if case.document.query is not None]
WRITTEN = [*(query.model_dump(mode="json") for query in QUERIES), KIDNEY, OPEN, PRESENT_ON_ADMISSION, CONFLICT]
COLD = KNOWLEDGE.extended()
TIMES = st.one_of(
    st.none(), st.sampled_from(["2026-05-04T05:00:00", "2019-05-04", "2026-05-04T23:30:00-05:00", "soon"])
)


@st.composite
def mixed(draw: st.DrawFn) -> dict[str, Any]:
    """Return a query whose parts come from several others, with any times: what each part says by itself is old."""
    query = dict(draw(st.sampled_from(WRITTEN)))
    other = draw(st.sampled_from(WRITTEN))
    for part in draw(st.lists(st.sampled_from(sorted(QueryDocument.model_fields)), max_size=3)):
        query[part] = other.get(part, QueryDocument.model_fields[part].default)
    for name in ("encounter_started_at", "admission_order_at"):
        if draw(st.booleans()):
            query[name] = draw(TIMES)
    if query.get("indicators") and draw(st.booleans()):
        first, *rest = query["indicators"]
        value = draw(st.sampled_from([first["value"], "2.4", "999.9", "septic shock", "Negative", query["question"]]))
        query["indicators"] = [*rest, {**first, "value": value, "observed_at": draw(TIMES)}]
    if draw(st.booleans()):
        query["question"] += f" It is documented on {draw(st.sampled_from(['2026-05-04', '2019-05-04 08:30']))}."
    return query


@settings(max_examples=150, deadline=None)
@given(st.lists(mixed(), min_size=1, max_size=3).map(lambda queries: [*queries, *reversed(queries)]))
def test_a_warm_memory_says_what_a_cold_one_says(queries: list[dict[str, Any]]) -> None:
    for query in queries:
        document = CheckDocument(id="q", query=QueryDocument.model_validate(query))
        for remembered in ("memory", "standing", "linked", "worded", "rows"):
            COLD.__dict__.pop(remembered, None)
        assert check(document, KNOWLEDGE) == check(document, COLD)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rules", "shown"),
    [
        ((*WORDED_RULES, *LINKED_RULES, *VALUED_RULES), untimed),
        (LINKED_RULES, lambda whole: unvalued(untimed(whole))),
        (WORDED_RULES, lambda whole: rowless(untimed(whole))),
    ],
    ids=["times", "values", "rows"],
)
def test_a_rule_is_shown_all_that_it_looks_at(rules: Ranked, shown: Callable[[Reading], Reading]) -> None:
    """It says nothing else where the rest is hidden: a rule that looks at more is known as one (registry.py)."""
    for query in QUERIES:
        whole = Reading.of(query, KNOWLEDGE)
        hidden = shown(whole)
        for _, look in rules:
            assert list(look(hidden)) == list(look(whole)), look


def test_another_time_is_another_query() -> None:
    first = judge(KIDNEY)
    assert judge(KIDNEY, encounter_started_at="2027-05-04T05:00:00").findings != first.findings
    assert judge(KIDNEY) == first


def test_another_value_is_another_query() -> None:
    first = judge(KIDNEY)
    normal = [{**one, "value": "0.9"} for one in KIDNEY["indicators"]]
    assert judge(KIDNEY, indicators=normal).findings != first.findings
    assert judge(KIDNEY) == first


def test_a_value_that_the_question_says_is_no_other_word_of_it() -> None:
    """What the values say to the texts belongs to what a query is remembered by."""
    question = "Please clarify the clinical significance, if any, of the frobnitz shown."
    shown = [{**one, "value": f"{one['value']}, frobnitz"} for one in OPEN["indicators"]]
    without, known = judge(OPEN, question=question), judge(OPEN, question=question, indicators=shown)
    assert "question" in {one.field for one in without.findings} - {one.field for one in known.findings}
    assert judge(OPEN, question=question) == without


def test_an_equal_finding_of_another_time_is_another_finding() -> None:
    first, *rest = KIDNEY["indicators"]
    twice = [first, first, *rest]
    later = [first, {**first, "observed_at": "2026-05-06T19:30:00"}, *rest]
    message = "This finding stands in an earlier row already."
    assert message in {one.message for one in judge(KIDNEY, indicators=twice).findings}
    assert message not in {one.message for one in judge(KIDNEY, indicators=later).findings}


def test_a_row_is_judged_the_same_wherever_it_stands() -> None:
    vague = {**KIDNEY["indicators"][0], "value": "abnormal"}
    first = judge(KIDNEY, indicators=[vague, *KIDNEY["indicators"]])
    last = judge(KIDNEY, indicators=[*KIDNEY["indicators"], vague])
    assert {"indicators[0].value", f"indicators[{len(KIDNEY['indicators'])}].value"} == {
        one.field for verdict in (first, last) for one in verdict.findings if one.rule == "R-06"
    }


def test_what_was_judged_before_comes_out_the_same() -> None:
    first = judge(OPEN, title="Sepsis clarification")
    again = judge(OPEN, title="Sepsis clarification")
    assert first == again
    assert judge(OPEN, title="Clarification of findings").verdict != first.verdict


def test_a_document_that_comes_again_is_not_judged_again() -> None:
    document, fresh = CheckDocument(id="q", query=QueryDocument.model_validate(KIDNEY)), KNOWLEDGE.extended()
    (first, verdict), (again, same) = (counted(lambda: check(document, fresh)) for _ in range(2))
    assert verdict == same and 10 * again < first


def test_of_what_was_judged_only_some_is_remembered() -> None:
    memory: Memory[Any] = Memory(4)
    found = block("R-30", "body", "Too long.", "Say it shortly.")
    for turn in range(10):
        assert memory.of(b"%d" % turn, lambda: found) is found
    anew = [turn for turn in range(9, -1, -1) if memory.of(b"%d" % turn, lambda: None) is None]
    assert 0 in anew
    assert 9 not in anew
    assert len(anew) >= 6


def test_even_nothing_is_remembered() -> None:
    memory: Memory[tuple[int, ...]] = Memory(4)
    assert memory.of(b"sound", tuple) == ()
    assert memory.of(b"sound", lambda: (1,)) == ()
