"""Names: a stopped sentence is called what it sounds like, and its verdict stays what it was."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compliance import Knowledge, check
from compliance.files import packed_file
from compliance.findings import block, by_weight, review, weight
from compliance.naming import named
from compliance.registry import RULES
from compliance.sounding import Sound, Sounds, Told, marks
from distilling.weights import SENTENCES, Labelled, labelled_sentences, sentences_of
from schemas.check import CheckDocument, MessageDocument, QueryDocument
from tests.compliance.labelled import Case, own_cases
from tests.compliance.samples import KNOWLEDGE, MESSAGE, OPEN, judge

SOUNDS = KNOWLEDGE.sounds
SILENT = replace(KNOWLEDGE, sounds=replace(SOUNDS, told={}))
LEADING_ONES = [one for one in labelled_sentences() if one.leads]
TABLE: dict[str, Any] = {"rules": ["R-18", "R-20"], "first": [0, 0], "parts": {"money": "0:300", "hurry": "0:-80 1:80"}}
TOLD = {rule: Told(f"It sounds like {rule}.", "Leave it out.", 60) for rule in ("R-18", "R-20")}


def sounds(**changes: Any) -> Sounds:
    """Return names for two rules: one is heard in money, the other in hurry."""
    mine = {"read": lambda: TABLE, "told": TOLD, "sure": 90, "names_thing": lambda _: False, "hints": lambda _: ()}
    return Sounds(**{**mine, **changes})


def placed(text: str, field: str) -> CheckDocument:
    """Return a document in which nothing else is wrong than, perhaps, a sentence of a field."""
    if field in ("body", "subject"):
        said = {**MESSAGE, "channel": "inbox", "subject": None, field: text}
        return CheckDocument(id="m", message=MessageDocument.model_validate(said))
    return CheckDocument(id="q", query=QueryDocument.model_validate({**OPEN, field: text}))


def first_rule(one: Labelled, knowledge: Knowledge) -> str:
    """Return the rule that is named first for a labelled sentence; none where nothing stops it."""
    findings = check(placed(one.text, one.field), knowledge).findings
    return findings[0].rule if findings else ""


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(own_cases()))
def test_a_name_changes_no_verdict(case: Case) -> None:
    with_names, without = check(case.document, KNOWLEDGE), check(case.document, SILENT)
    assert with_names.verdict == without.verdict
    assert set(without.findings) <= set(with_names.findings)
    added = [finding for finding in with_names.findings if finding not in without.findings]
    for finding in added:
        assert weight(finding) <= max(weight(one) for one in without.findings if one.field == finding.field)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(LEADING_ONES))
def test_a_name_says_its_rule_as_the_data_tell_it(one: Labelled) -> None:
    sound = SOUNDS.of(one.text, one.field)
    assert sound is None or (sound.rule in SOUNDS.told and sound.share >= SOUNDS.told[sound.rule].least)


def test_only_rules_of_wording_are_named_and_each_is_a_rule() -> None:
    of_structure = {f"R-{number:02}" for number in (4, 5, 6, 8, 9, 10, 12, 13, 14, 15, 26, 30, 39)}
    assert set(SOUNDS.told) <= {rule.id for rule in RULES} - of_structure


def test_the_table_is_read_when_the_first_sentence_is_stopped() -> None:
    reads: list[int] = []

    def read() -> dict[str, Any]:
        reads.append(1)
        return TABLE

    lazily = replace(KNOWLEDGE, sounds=replace(SOUNDS, read=read))
    assert check(placed("Reply in the portal.", "footer"), lazily).verdict == "pass"
    assert reads == []
    for footer in ("Hurry, the money is gone.", "Hurry, the money went."):
        assert check(placed(footer, "footer"), lazily).verdict != "pass"
    assert reads == [1]


def test_a_sentence_is_named_by_what_weighs_most() -> None:
    assert sounds().of("Money talks", "footer") == Sound("R-18", 95)
    assert sounds().of("Hurry", "footer") == Sound("R-20", 83)


def test_what_sounds_like_nothing_surely_enough_has_no_name() -> None:
    assert sounds().of("Who knows", "footer") is None
    assert sounds(told={"R-18": TOLD["R-18"]}).of("Hurry", "footer") is None


def test_a_name_stands_first_and_is_as_severe_as_the_worst_that_wording_says() -> None:
    text = "Who knows. Money talks."
    unproven = review("R-03", "footer", "Not shown to be neutral.", "Reword it.", (11, 23))
    found = named([(True, unproven)], {"footer": text}, sounds())
    assert [(one.rule, one.severity, one.span) for one in by_weight(*found)] == [
        ("R-18", "review", (11, 23)),
        ("R-03", "review", (11, 23)),
    ]


def test_a_phrase_that_blocks_keeps_its_name_unless_another_is_surely_heard() -> None:
    pushing = block("R-03", "footer", "It dictates.", "Ask.", (0, 5))
    hurried = named([(True, pushing)], {"footer": "Hurry now."}, sounds())
    assert by_weight(*hurried)[0] == pushing
    paid = named([(True, pushing)], {"footer": "Money talks."}, sounds())
    assert (by_weight(*paid)[0].rule, by_weight(*paid)[0].severity) == ("R-18", "block")


def test_what_structure_or_record_say_is_never_named_anew() -> None:
    new_diagnosis = block("R-03", "question", "It names a diagnosis.", "Ask.", (0, 5))
    found = named([(False, new_diagnosis)], {"question": "Money talks."}, sounds())
    assert by_weight(*found) == (new_diagnosis,)


def test_the_surest_name_of_a_document_stands_first() -> None:
    text = "Hurry. Money talks."
    unproven = [review("R-03", "footer", "Not shown to be neutral.", "Reword it.", span) for span in ((0, 6), (7, 19))]
    found = named([(True, one) for one in unproven], {"footer": text}, sounds())
    assert [one.rule for one in by_weight(*found)] == ["R-18", "R-20", "R-03", "R-03"]


def test_the_time_of_a_query_and_several_questions_stand_before_what_its_words_hint_at() -> None:
    hint = review("R-07", "context", "It interprets.", "Leave it out.")
    late, several = review("R-40", "phase", "It is late.", "Wait."), review("R-30", "question", "Two.", "Ask one.")
    assert by_weight([hint, several, late], {}) == (late, several, hint)
    assert by_weight([hint, late], {hint: 99}) == (late, hint)
    assert by_weight([late, block("R-11", "footer", "It marks.", "Leave it out.")], {})[0].rule == "R-11"


def test_what_a_sentence_is_named_by_is_yielded_once() -> None:
    found = Counter(marks(("^", "pay", "pay", "$"), "body", ()))
    assert set(found) == {"@message", "^", "pay", "$", "^ pay", "pay pay", "pay $"}
    assert set(found.values()) == {1}


@pytest.mark.parametrize(
    ("footer", "rule"),
    [
        ("Residents who leave this open by Friday lose their parking.", "R-20"),
        ("The plan counts what is settled before the new year, and pays by it.", "R-18"),
        ("Words like these keep the case off the list that the state puts on its website.", "R-19"),
        ("Should your reply differ from what we hoped, we will ask again next week.", "R-37"),
    ],
)
def test_a_stopped_sentence_is_called_what_it_sounds_like(footer: str, rule: str) -> None:
    findings = judge(OPEN, footer=footer).findings
    assert findings[0].rule == rule


@pytest.mark.slow
def test_names_learnt_from_others_fit_an_author_better_than_those_of_cues() -> None:
    pytest.importorskip("sklearn", reason="scikit-learn, of the packages for development, learns the weights")
    from distilling.sounds import learned

    path = SENTENCES / "rule_by_rule.jsonl"
    theirs = {one.text for one in sentences_of(path)}
    table = learned([one for one in labelled_sentences() if one.text not in theirs], KNOWLEDGE)
    others = replace(KNOWLEDGE, sounds=replace(SOUNDS, read=lambda: table))
    own = [one for one in sentences_of(path) if one.leads]
    fitting = {
        name: sum(first_rule(one, known) == one.rule for one in own)
        for name, known in (("learnt", others), ("cues", SILENT))
    }
    assert fitting["learnt"] > fitting["cues"] + len(own) / 10


@pytest.mark.slow
def test_the_table_is_what_the_sentences_say() -> None:
    pytest.importorskip("sklearn", reason="scikit-learn, of the packages for development, learns the weights")
    from distilling.sounds import learned
    from distilling.weights import all_sentences

    shipped, said = packed_file("sounds"), learned(all_sentences(), KNOWLEDGE)
    assert said["rules"] == shipped["rules"]
    shared = said["parts"].keys() & shipped["parts"].keys()
    assert len(shared) > 0.98 * max(len(said["parts"]), len(shipped["parts"]))
