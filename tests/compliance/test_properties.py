"""Promises that hold for every document."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from compliance import check
from schemas.check import CheckDocument, MessageDocument, QueryDocument, Verdict
from schemas.vocabulary import Category, Channel, MessageKind, OptionKind, Phase, RecipientRole, ResponseType, Setting
from tests.compliance.counting import counted
from tests.compliance.samples import (
    BASES,
    CREATININE,
    HOSTILE,
    KNOWLEDGE,
    OPEN,
    OTHER,
    RANK,
    UNDETERMINED,
    judge,
    judge_message,
)

VIOLATIONS = [
    "You must document acute kidney injury.",
    "The gastroenteritis should be recorded as present on arrival.",
    "This captures more revenue.",
    "The patient meets criteria for sepsis.",
    "Please add it to your note.",
    "Your scorecard will show it.",
    "It is clearly septic shock!",
    "See N17.9.",
    "{{unfilled}}",
]
words = st.sampled_from(
    [
        "sepsis",
        "Creatinine",
        "2.4",
        "acute",
        "MCC",
        "05/04",
        "09:00",
        "please",
        "document",
        "{documented}",
        "(",
        "\u200b",
        "“",
        "'",
    ]
)
texts = st.one_of(st.text(max_size=60), st.lists(words, max_size=12).map(" ".join))
maybe = st.one_of(st.none(), texts)
times = st.one_of(maybe, st.datetimes().map(lambda moment: moment.isoformat()), st.just("2026-05-04T06:00:00Z"))
indicators: st.SearchStrategy[dict[str, Any]] = st.builds(
    dict, name=texts, value=texts, unit=maybe, source=maybe, observed_at=times, author_role=maybe,
    prior_encounter=st.booleans(), quoted=st.booleans(),
)  # fmt: skip
options: st.SearchStrategy[dict[str, Any]] = st.builds(
    dict, text=texts, kind=st.sampled_from(get_args(OptionKind)), evidence=st.lists(st.integers(-3, 20), max_size=4)
)
terms: st.SearchStrategy[dict[str, Any]] = st.builds(
    dict, term=texts, source=maybe, author_role=maybe, recorded_at=times
)
queries: st.SearchStrategy[dict[str, Any]] = st.builds(
    dict, title=texts, setting=st.sampled_from(get_args(Setting)), phase=st.sampled_from(get_args(Phase)),
    category=st.sampled_from(get_args(Category)), response_type=st.sampled_from(get_args(ResponseType)),
    recipient_role=st.sampled_from(get_args(RecipientRole)), encounter_started_at=times, admission_order_at=times,
    documented=st.lists(terms, max_size=3), indicators=st.lists(indicators, max_size=4), context=maybe, question=texts,
    options=st.lists(options, max_size=5), footer=maybe,
)  # fmt: skip
messages: st.SearchStrategy[dict[str, Any]] = st.builds(
    dict, kind=st.sampled_from(get_args(MessageKind)), channel=st.sampled_from(get_args(Channel)), subject=maybe,
    body=texts, link=maybe,
)  # fmt: skip


def check_query(query: dict[str, Any]) -> Verdict:
    return check(CheckDocument(id="q", query=QueryDocument.model_validate(query)), KNOWLEDGE)


def well_formed(verdict: Verdict, lengths: dict[str, int]) -> bool:
    spans = ((one.span, lengths[one.field]) for one in verdict.findings if one.span and one.field in lengths)
    return all(0 <= span[0] <= span[1] <= length for span, length in spans)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(queries)
def test_no_query_makes_the_check_raise(query: dict[str, Any]) -> None:
    verdict = check_query(query)
    severities = [finding.severity for finding in verdict.findings]
    worst = max(severities, key=["warn", "review", "block"].index, default="warn")
    assert verdict.verdict == ("pass" if worst == "warn" else worst)
    lengths = {name: len(query[name] or "") for name in ("title", "context", "question", "footer")}
    assert well_formed(verdict, lengths)
    assert verdict == check_query(query)


@settings(max_examples=200, deadline=None)
@given(messages)
def test_no_message_makes_the_check_raise(message: dict[str, Any]) -> None:
    verdict = check(CheckDocument(id="m", message=MessageDocument.model_validate(message)), KNOWLEDGE)
    assert well_formed(verdict, {name: len(message[name] or "") for name in ("subject", "body")})


@settings(max_examples=100, deadline=None)
@given(queries.filter(lambda query: query["question"]))
def test_a_random_query_is_never_passed(query: dict[str, Any]) -> None:
    assert check_query(query).verdict != "pass"


@settings(max_examples=150, deadline=None)
@given(
    base=st.sampled_from(BASES),
    place=st.sampled_from(["context", "footer", "question", "title"]),
    sentence=st.sampled_from(VIOLATIONS),
    first=st.booleans(),
)
def test_a_violating_sentence_never_improves_a_verdict(
    base: dict[str, Any], place: str, sentence: str, *, first: bool
) -> None:
    before = base.get(place) or ""
    changed = f"{sentence} {before}" if first else f"{before} {sentence}"
    verdict = judge(base, **{place: changed.strip()})
    assert RANK[verdict.verdict] >= RANK[judge(base).verdict]
    assert verdict.verdict != "pass"


@settings(max_examples=100, deadline=None)
@given(queries, st.sampled_from(["context", "footer"]), st.sampled_from(VIOLATIONS))
def test_a_violating_sentence_never_improves_any_verdict(query: dict[str, Any], place: str, sentence: str) -> None:
    worse = {**query, place: f"{query[place] or ''} {sentence}"}
    assert RANK[check_query(worse).verdict] >= RANK[check_query(query).verdict]


@pytest.mark.parametrize("sentence", VIOLATIONS)
def test_a_violating_sentence_never_improves_a_message(sentence: str) -> None:
    assert judge_message(body=f"You have 2 clarifications open. {sentence}").verdict != "pass"


@settings(max_examples=60, deadline=None)
@given(st.permutations(range(4)))
def test_shuffling_options_keeps_what_is_said_about_content(order: list[int]) -> None:
    options: list[dict[str, Any]] = [
        {"text": "Acute kidney injury", "kind": "clinical", "evidence": []},
        {"text": "Prerenal azotemia (preferred)", "kind": "clinical", "evidence": [2, 3]},
        OTHER,
        UNDETERMINED,
    ]

    def said(arranged: list[dict[str, Any]]) -> set[tuple[str, str, str]]:
        place = {f"options[{at}]": option["text"] for at, option in enumerate(arranged)}
        verdict = judge(options=arranged)
        return {
            (finding.rule, finding.severity, place.get(finding.field.split(".")[0], finding.field))
            for finding in verdict.findings
        }

    assert said([options[at] for at in order]) == said(options)


FINDINGS = [
    {**CREATININE, "name": name, "value": value, "unit": None, "source": source}
    for name, value, source in [
        ("Temperature", "38.9", "Nursing flowsheet"),
        ("WBC", "18.4", "Laboratory"),
        ("Lactate", "3.1", "Laboratory"),
        ("Heart rate", "122", "Nursing flowsheet"),
        ("Platelets", "88", "Laboratory"),
        ("Ceftriaxone", "2 g IV daily", "MAR"),
    ]
]


def sepsis_query(chosen: list[int]) -> Verdict:
    position = {finding: at for at, finding in enumerate(chosen)}
    choices: list[dict[str, Any]] = [
        {"text": text, "kind": "clinical", "evidence": [position[at] for at in linked if at in position]}
        for text, linked in (("Infection without sepsis", [1, 5]), ("Sepsis", list(range(5))))
    ]
    title = "Clarification of clinical findings"
    return judge(title=title, indicators=[FINDINGS[at] for at in chosen], options=[*choices, OTHER, UNDETERMINED])


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(range(6)), unique=True, min_size=1), st.data())
def test_dropping_an_indicator_never_improves_a_verdict(chosen: list[int], data: st.DataObject) -> None:
    left_out = data.draw(st.sampled_from(chosen))
    fewer = [at for at in chosen if at != left_out]
    assert RANK[sepsis_query(fewer).verdict] >= RANK[sepsis_query(chosen).verdict]


def test_all_indicators_together_pass() -> None:
    assert sepsis_query(list(range(6))).verdict == "pass"


@pytest.mark.parametrize(
    "piece",
    ["a ", "a", "a.\n", '"', "'", "<", "(", "{", "[", "please ", "1 ", "A", "\u200b", "é", "H&P 05/04: ", "http://"],
)
def test_a_text_longer_than_anybody_reads_is_blocked_unread(piece: str) -> None:
    text = piece * (100_000 // len(piece))
    query = judge(OPEN, context=text, footer=text, title=text, question=text)
    message = judge_message(body=text, subject=text, link=text)
    findings = (*query.findings, *message.findings)
    assert {(finding.rule, finding.severity) for finding in findings} == {("R-30", "block")}
    fields = {"title", "context", "question", "footer", "subject", "body", "link"}
    assert fields <= {finding.field for finding in findings}


@pytest.mark.parametrize("piece", HOSTILE)
def test_the_work_for_a_hostile_text_grows_no_faster_than_the_text(piece: str) -> None:
    """Counted in calls. Seconds: benchmarks/check_speed.py."""

    def work(field: str, signs: int) -> int:
        text = piece * (signs // len(piece))
        calls, verdict = counted(lambda: judge(OPEN, **{field: text}))
        assert not any("is longer than" in finding.message for finding in verdict.findings), "it was not read"
        return calls

    for field in ("title", "context", "question", "footer"):
        work(field, 3_000)  # what is worked out once for all texts
        assert work(field, 9_000) < 3 * work(field, 4_500), field


@pytest.mark.parametrize("piece", ["we need ", "reply by text ", "agree disagree ", "Thanks, Tobias x3320 "])
def test_the_work_for_a_hostile_message_grows_no_faster_than_the_message(piece: str) -> None:
    def work(signs: int) -> int:
        return counted(lambda: judge_message(body=piece * (signs // len(piece))))[0]

    work(3_000)
    assert work(9_000) < 3 * work(4_500)


def test_an_endless_text_is_blocked() -> None:
    endless = "You have 2 clarifications open. " * 1000
    assert judge_message(body=endless).verdict == "block"
    assert judge(OPEN, indicators=[{**CREATININE, "value": endless}]).verdict == "block"


@pytest.mark.parametrize(
    ("field", "parts"),
    [
        ("indicators", {"indicators": [CREATININE] * 201}),
        ("documented", {"documented": [{"term": "Asthma", "author_role": "attending"}] * 201}),
        ("options", {"options": [{"text": "Other", "kind": "other"}] * 61}),
        ("options", {"options": [{"text": "Asthma", "kind": "clinical", "evidence": [0] * 401}]}),
        ("indicators", {"indicators": [{**CREATININE, "value": "9 " * 4_000}] * 10}),
    ],
)
def test_an_endless_list_is_blocked_unread(field: str, parts: dict[str, Any]) -> None:
    verdict = judge(OPEN, **parts)
    assert [(finding.rule, finding.severity, finding.field) for finding in verdict.findings] == [
        ("R-30", "block", field)
    ]


def test_of_more_faults_than_anybody_reads_the_rest_is_not_looked_for() -> None:
    verdict = judge(OPEN, context="[x] " * 1_000)
    assert len(verdict.findings) <= 201
    assert ("R-30", "block") in {(finding.rule, finding.severity) for finding in verdict.findings}
