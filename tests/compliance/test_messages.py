"""Messages: counts and neutral words pass; identity, clinical words, pressure and short replies do not."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.compliance.samples import judge_message, rules

APPROVED = [
    "You have 2 documentation clarifications waiting for you. Sign in to review them.",
    "A documentation clarification is awaiting your reply. Sign in to review it.",
    "A documentation clarification was sent to you on 04/15. Please reply by 04/18/2026 17:00.",
    "New this week: 5. Open: 7. Oldest: 12 hours. Sign in to answer them.",
    "A provider of your group has not yet answered a clarification of 03/30. The question itself has not changed.",
    "A documentation clarification was withdrawn. There is nothing for you to do.",
]


@pytest.mark.parametrize("channel", ["email", "sms", "push", "inbox", "chat"])
@pytest.mark.parametrize("body", APPROVED)
def test_approved_messages_pass_on_every_channel(body: str, channel: str) -> None:
    assert judge_message(body=body, channel=channel).verdict == "pass", judge_message(body=body).findings


def test_the_notifiers_own_words_pass() -> None:
    policy = Path(__file__).parents[2] / "services" / "notifier" / "policy.yaml"
    texts = yaml.safe_load(policy.read_text(encoding="utf-8"))["texts"]
    for text in texts.values():
        for body in (text["one"], text["several"].replace("{count}", "3")):
            assert judge_message(subject=text["subject"], body=" ".join(body.split())).verdict == "pass"


def test_any_other_sentence_is_reviewed() -> None:
    assert rules(judge_message(body="There is something in your list.")) == {"R-01"}


@pytest.mark.parametrize(
    "body",
    [
        "Clarification on J. Doe, MRN 0048291.",
        "Question about the patient in bed 9.",
        "Please look at 7W-14.",
        "Open item for DOB 1951-08-02.",
        "K.L., question open.",
        "Patient: Mustermann has an open item.",
        "Sepsis question is open.",
        "The sodium question is open.",
        "About the 81 yo from Sunday.",
    ],
)
def test_identity_and_clinical_words_are_blocked_outside_the_inbox(body: str) -> None:
    assert "R-39" in rules(judge_message(body=body, channel="sms"), "block")


def test_the_inbox_is_authenticated() -> None:
    body = "Your clarification quotes the sodium result."
    assert "R-39" not in rules(judge_message(body=body, channel="inbox"))
    assert "R-39" in rules(judge_message(body=body, channel="chat"), "block")


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        ("Just pick sepsis so we can close it.", "R-20"),
        ("You must document this today.", "R-20"),
        ("This case is worth more dollars with the right word.", "R-18"),
        ("Your ranking depends on it: the scorecard is due.", "R-19"),
        ("Reply yes if you accept.", "R-14"),
        ("Thumbs up and it is done.", "R-14"),
        ("We entered your answer on your behalf.", "R-32"),
        ("Dear {{provider}}, please sign in.", "R-26"),
        ("Code N17.9 waits for you.", "R-18"),
    ],
)
def test_leading_messages_are_blocked(body: str, rule: str) -> None:
    assert rule in rules(judge_message(body=body, channel="inbox"), "block")


@pytest.mark.parametrize("subject", ["Malnutrition - 4W-12", "ATN or not?"])
def test_the_subject_is_read_too(subject: str) -> None:
    assert "R-39" in rules(judge_message(subject=subject), "block")


@pytest.mark.parametrize(
    ("link", "verdict"),
    [
        ("https://cdi.example.org/n/Zp41vRd0", "pass"),
        ("https://cdi.example.org/inbox", "pass"),
        (None, "pass"),
        ("https://cdi.example.org/q?dx=sepsis&pt=doe", "block"),
        ("https://cdi.example.org/open?mrn=00482913", "block"),
        ("https://cdi.example.org/sepsis/Zp41vRd0", "block"),
        ("https://cdi.example.org/q?ref=abc", "review"),
        ("ftp://cdi.example.org/n/abc1", "review"),
        ("https://[broken", "review"),
    ],
)
def test_links_carry_an_opaque_id_alone(link: str | None, verdict: str) -> None:
    assert judge_message(link=link).verdict == verdict


def test_a_payload_of_opaque_ids_passes_and_any_other_is_held() -> None:
    opaque = '{"event": "clarification.sent", "ref": "0f6c2a18-93b1-4d57-8e0a-77c1d2e3f405", "count": 2}'
    assert judge_message(channel="webhook", subject=None, body=opaque, link=None).verdict == "pass"
    named = '{"event": "query.sent", "patient": {"mrn": "5550123"}}'
    assert "R-39" in rules(judge_message(channel="webhook", subject=None, body=named), "block")
    assert judge_message(channel="webhook", subject=None, body='{"event": "anything goes"}').verdict == "review"
    assert judge_message(channel="webhook", subject=None, body="[" * 9_000).verdict == "review"


def test_an_empty_message_is_reviewed() -> None:
    assert judge_message(body=" ", subject=None).verdict == "review"
