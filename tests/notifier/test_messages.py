"""Every message passes the check and says nothing clinical; words that do not pass never leave."""

from __future__ import annotations

import re
from functools import partial
from zoneinfo import ZoneInfo

import pytest

from compliance import check, shipped_knowledge
from schemas.vocabulary import Channel, MessageKind
from services.notifier.messages import PLAIN_BODY, NothingPasses, Text, compose
from services.notifier.policy import Policy, PolicyFile

TEXTS = Policy.load(None, ZoneInfo("America/New_York")).texts
LINK = "https://cdi.example.org/inbox"
KNOWLEDGE = shipped_knowledge()
judge = partial(check, knowledge=KNOWLEDGE)
KINDS: list[MessageKind] = ["notification", "reminder", "escalation", "digest", "reply"]
CHANNELS: list[Channel] = ["email", "sms", "push", "webhook", "chat", "inbox"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize("count", [0, 1, 2, 17])
def test_every_shipped_message_passes_the_check_as_it_is(kind: MessageKind, channel: Channel, count: int) -> None:
    composed = compose(TEXTS, kind, channel, count=count, link=LINK, check=judge)
    assert composed.refused == ()
    assert composed.document.link == LINK


@pytest.mark.parametrize("kind", KINDS)
def test_a_message_differs_between_queries_by_nothing_but_the_count(kind: MessageKind) -> None:
    bodies = {compose(TEXTS, kind, "email", count=n, link=LINK, check=judge).document.body for n in range(2, 30)}
    assert len({re.sub(r"\d+", "#", body) for body in bodies}) == 1
    assert all(len(re.findall(r"\d+", body)) <= 1 for body in bodies)


@pytest.mark.parametrize(
    "words",
    [
        "Just pick sepsis so we can close this.",
        "You must document acute encephalopathy by noon.",
        "This will move the DRG from 690 to 689.",
    ],
)
def test_words_that_do_not_pass_are_replaced_by_constant_ones_that_do(words: str) -> None:
    texts = {"reminder": Text("Reminder", words, words)}
    composed = compose(texts, "reminder", "email", count=1, link=LINK, check=judge)
    assert composed.document.body == PLAIN_BODY
    assert composed.refused


def test_a_link_that_does_not_pass_is_left_out() -> None:
    link = "https://cdi.example.org/inbox?dx=sepsis"
    composed = compose(TEXTS, "notification", "email", count=1, link=link, check=judge)
    assert composed.document.link is None
    assert "R-39" in composed.refused


def test_without_any_text_that_passes_nothing_is_sent() -> None:
    from schemas.check import CheckDocument, Verdict

    def block(document: CheckDocument) -> Verdict:
        return Verdict(id=document.id, verdict="block", ruleset="a hospital's own")

    with pytest.raises(NothingPasses):
        compose(TEXTS, "notification", "email", count=1, link=LINK, check=block)


@pytest.mark.parametrize("field", ["subject", "one", "several"])
@pytest.mark.parametrize("placeholder", ["{patient}", "{query}", "{count.__class__}"])
def test_a_policy_cannot_fill_in_anything_but_the_count(field: str, placeholder: str) -> None:
    words = {"subject": "A subject", "one": "One.", "several": "Several.", field: f"About {placeholder}"}
    with pytest.raises(ValueError, match="count"):
        PolicyFile.model_validate({"policy": "own", "ladders": {}, "texts": {"notification": words}})


def test_rungs_that_do_not_climb_are_refused() -> None:
    rungs = [
        {"step": "L1", "kind": "escalation", "level": 1, "after": {"hours": 1}},
        {"step": "R1", "kind": "reminder", "level": 0, "after": {"hours": 2}},
    ]
    with pytest.raises(ValueError, match="must climb"):
        PolicyFile.model_validate({"policy": "own", "ladders": {"concurrent": rungs}, "texts": {}})
