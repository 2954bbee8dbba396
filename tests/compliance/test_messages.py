"""Messages: neutral administrative language passes; identity, clinical words, pressure and short replies do not."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.compliance.samples import judge_message, rules

APPROVED = [
    "You have 2 documentation clarifications waiting for you. Sign in to review them.",
    "A documentation clarification is awaiting your reply. Sign in to review it.",
    "A documentation clarification was sent to you on 04/15. Please reply by 04/18/2026 17:00.",
    "New this week: 5. Open: 7. Oldest: 12 hours. Sign in to answer them.",
    "A provider of your group has not yet answered a clarification of 03/30. The question itself has not changed.",
    "A documentation clarification was withdrawn. There is nothing for you to do.",
]
NEUTRAL = [
    "Hello Dr. Marchetti, a new clarification was added to your worklist. You can open it from any workstation.",
    "hey dr quinlan, just a heads up there's one open query in your inbox, no rush, thanks! - Tomas, CDI",
    "The portal is down for maintenance tonight 22:00-23:30. Items that fall due then are extended to Monday noon.",
    "Dr. Banks, 2 clarifications await your reply. Sign in with your badge to read them. CDI office x5521",
    'If a clarification reaches you by mistake, choose "Redirect" and enter the name of the treating provider.',
    "Open items: 2\nOldest: 5 days\nDue this week: 1\nAnswered last week: 6\n\nSign in to view them.",
    "Severe weather downtime is over. Your list is available again.",
    "Dear Dr. Price, the charge nurse took a message for you: one clarification is open. Call Rosa (CDI) at 4471.",
    "A clarification is in the pool of the Renal Medicine group. If you treated this patient, claim it in the list.",
    "Under policy MS-11 you are informed on day 5. The reply is to come from a provider who treated the patient.",
    "Your reply was received and signed by you at 14:12. 'Unable to determine' is a complete answer.",
]
CHARGED = [
    ("Just pick sepsis so we can close it.", "R-20"),
    ("You must document this today.", "R-20"),
    ("Your privileges are on the agenda of the committee.", "R-20"),
    ("Everyone else in the group has answered.", "R-20"),
    ("Thank you for adding it to your note.", "R-20"),
    ("This case is worth more dollars with the right word.", "R-18"),
    ("The account is held until you reply.", "R-18"),
    ("Your ranking depends on it: the scorecard is due.", "R-19"),
    ("The second choice is the one that fits.", "R-03"),
    ("Reply yes if you accept.", "R-14"),
    ("Thumbs up and it is done.", "R-14"),
    ("We entered your answer on your behalf.", "R-32"),
    ("If nothing is heard by 05/06, it will be recorded as agreed.", "R-32"),
    ("The advisor on call will answer for you.", "R-36"),
    ("The attending declined, so the same question is now yours.", "R-37"),
    ("Ring me and tell me the answer by phone.", "R-25"),
    ("One of the choices was reworded after it was sent.", "R-31"),
    ("We look back at stays of last year that were already billed.", "R-40"),
    ("Dear {{provider}}, please sign in.", "R-26"),
    ("Code N17.9 waits for you.", "R-18"),
]
DISGUISES = [str.upper, str.title, lambda text: text.replace(" ", "  "), lambda text: text.replace("e", "е"),
             lambda text: text.replace("a", "a\u200b"), lambda text: text.replace(" ", "\u00a0")]  # fmt: skip


@pytest.mark.parametrize("channel", ["email", "sms", "push", "inbox", "chat"])
@pytest.mark.parametrize("body", [*APPROVED, *NEUTRAL])
def test_neutral_messages_pass_on_every_channel(body: str, channel: str) -> None:
    assert judge_message(body=body, channel=channel).verdict == "pass", judge_message(body=body).findings


def test_the_notifiers_own_words_pass() -> None:
    policy = Path(__file__).parents[2] / "services" / "notifier" / "policy.yaml"
    texts = yaml.safe_load(policy.read_text(encoding="utf-8"))["texts"]
    for text in texts.values():
        for body in (text["one"], text["several"].replace("{count}", "3")):
            assert judge_message(subject=text["subject"], body=" ".join(body.split())).verdict == "pass"


@pytest.mark.parametrize("body", ["There are wobbly gerbils in your list.", "Mustermann waits.", "Zqwx."])
def test_a_sentence_with_unknown_words_is_held(body: str) -> None:
    assert "R-01" in rules(judge_message(body=body), "review")


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
        "One is open: 71 M, 6 days.",
        "The clarification on the operation of 05/02 is open.",
        "The one on the lady with the heparin is open.",
        "About your c-section from Tuesday, one question is open.",
    ],
)
def test_identity_and_clinical_words_are_blocked_outside_the_inbox(body: str) -> None:
    assert "R-39" in rules(judge_message(body=body, channel="sms"), "block")


@pytest.mark.parametrize(
    "body", ["A clarification re Thelma Mustermann is open.", "Open: record 8841093.", "On 5 East: one open."]
)
def test_what_may_identify_a_patient_is_held(body: str) -> None:
    assert judge_message(body=body, channel="chat").verdict != "pass"
    assert "R-39" in rules(judge_message(body=body, channel="chat"))


def test_the_inbox_is_authenticated() -> None:
    body = "Your clarification quotes the sodium results of 04/02."
    assert "R-39" not in rules(judge_message(body=body, channel="inbox"))
    assert "R-39" in rules(judge_message(body=body, channel="chat"), "block")


def test_a_diagnosis_stands_in_the_inbox_only_where_it_is_documented() -> None:
    documented = (
        "Pneumonia is documented in the progress note of 04/02. Its organism, if known, is asked for in the form."
    )
    assert (
        judge_message(subject="Clarification: pneumonia", body=documented, channel="inbox", link=None).verdict == "pass"
    )
    loose = "A clarification about pneumonia is in your list."
    assert judge_message(body=loose, channel="inbox").verdict == "review"


@pytest.mark.parametrize(("body", "rule"), CHARGED)
def test_leading_messages_are_named_by_their_rule(body: str, rule: str) -> None:
    verdict = judge_message(body=body, channel="inbox")
    assert verdict.verdict != "pass"
    assert rule in rules(verdict)


@pytest.mark.parametrize(
    "body",
    [
        "You are one of two physicians in the department who have not answered yet.",
        "The chief has asked for your answer by noon.",
        "If we do not have your reply by Friday the department chair will be informed.",
        "Sign it without reading.",
        "You can answer here and we will enter it.",
    ],
)
def test_push_in_harmless_words_is_held(body: str) -> None:
    assert judge_message(body=body, channel="inbox").verdict != "pass"


@pytest.mark.parametrize(
    "body",
    [
        "Your group is near the bottom of the table this month.",
        "Everyone on the team has finished but you.",
        "Your schedule in the OR may be affected by open items.",
        "We left the likely one at the top.",
        "The list was made shorter after it went to you.",
        "If you do not open it the first line counts.",
        "The record is not complete without it.",
        "Send a smile and the item is closed.",
        "Speak the reply into the voicemail and we type it.",
        "Cookies wait in the office for whoever replies.",
        "Choose the higher one.",
        "It is always the same with your group.",
    ],
)
@pytest.mark.parametrize(
    "around", ["{}", "Hello Dr. Marchetti, one clarification is open in your list. {} Thanks, Tomas, CDI"]
)
def test_push_in_everyday_words_is_held(body: str, around: str) -> None:
    assert judge_message(body=around.format(body), channel="inbox").verdict != "pass"


@pytest.mark.parametrize(
    "body",
    [
        "The advisor has been told that it is open. The advisor does not answer clinical questions on your behalf.",
        "You must enrol your phone once at the service desk.",
        "You replied 'Unable to determine'. It will not be sent again unless new findings come in.",
        "Notice of replacement: reference C-812 has been superseded by C-840.",
        "From the desk of Perpetua Voss, Coding Supervisor: the lift at Riverside campus is out of order.",
    ],
)
def test_negations_and_facts_of_the_process_are_harmless(body: str) -> None:
    assert judge_message(body=body, channel="email").verdict == "pass", judge_message(body=body).findings


@settings(max_examples=120, deadline=None)
@given(
    base=st.sampled_from([*APPROVED, *NEUTRAL]),
    charged=st.sampled_from([body for body, _ in CHARGED]),
    channel=st.sampled_from(["email", "sms", "inbox", "chat"]),
    first=st.booleans(),
)
def test_a_charged_sentence_never_passes_in_company(base: str, charged: str, channel: str, *, first: bool) -> None:
    body = f"{charged} {base}" if first else f"{base} {charged}"
    assert judge_message(body=body, channel=channel).verdict != "pass"


@settings(max_examples=120, deadline=None)
@given(charged=st.sampled_from([body for body, _ in CHARGED]), disguise=st.sampled_from(DISGUISES))
def test_case_spacing_and_look_alikes_hide_nothing(charged: str, disguise: object) -> None:
    assert callable(disguise)
    assert judge_message(body=disguise(charged)).verdict != "pass"


@pytest.mark.parametrize("subject", ["Malnutrition - 4W-12", "ATN or not?"])
def test_the_subject_is_read_too(subject: str) -> None:
    assert "R-39" in rules(judge_message(subject=subject), "block")


@pytest.mark.parametrize(
    ("link", "verdict"),
    [
        ("https://cdi.example.org/n/Zp41vRd0", "pass"),
        ("https://cdi.example.org/inbox", "pass"),
        ("https://cdi.example.org/n/0f6c2a18-93b1-4d57-8e0a-77c1d2e3f405", "pass"),
        ("https://cdi.example.org/q?ref=a1b2", "pass"),
        ("https://cdi.example.org/n/x7DRG2pQ", "pass"),
        ("https://cdi.example.org/n/drg871", "block"),
        (None, "pass"),
        ("https://cdi.example.org/q?dx=sepsis&pt=doe", "block"),
        ("https://cdi.example.org/open?mrn=00482913", "block"),
        ("https://cdi.example.org/sepsis/Zp41vRd0", "block"),
        ("https://cdi.example.org/n/%73epsis", "block"),
        ("https://cdi.example.org/n/c2Vwc2lzIHF1ZXJ5", "block"),
        ("https://cdi.example.org/n/Zp41vRd0#pneumonia", "block"),
        ("https://cdi.example.org/n/88214407", "block"),
        ("https://cdi.example.org/n/2026-03-11", "block"),
        ("https://cdi.example.org/n/Zp41vRd0?worklist=drg-shift", "block"),
        ("https://cdi.example.org/n/Zp41vRd0?answer=2", "review"),
        ("ftp://cdi.example.org/n/abc1", "review"),
        ("https://[broken", "review"),
    ],
)
def test_links_carry_an_opaque_id_alone(link: str | None, verdict: str) -> None:
    assert judge_message(link=link).verdict == verdict
    if link and link.startswith("https://cdi"):
        assert (judge_message(link=None, body=f"Sign in: {link}").verdict == "pass") is (verdict == "pass")


@pytest.mark.parametrize(
    "body",
    [
        '{"event": "clarification.sent", "ref": "0f6c2a18-93b1-4d57-8e0a-77c1d2e3f405", "count": 2}',
        '{"event": "digest", "recipient_ref": "u-7719", "ages_days": [1, 4], "generated": "2026-08-31T05:00:00Z"}',
    ],
)
def test_a_payload_of_opaque_ids_passes(body: str) -> None:
    assert judge_message(channel="webhook", subject=None, body=body, link=None).verdict == "pass"


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        ('{"event": "query.sent", "patient": {"mrn": "5550123"}}', "R-39"),
        ('{"event": "query.sent", "template": "nstemi-type-2"}', "R-39"),
        ('{"event": "query.sent", "impact": "mcc_gain"}', "R-18"),
        ('{"event": "query.sent", "a1c": "11.8"}', "R-39"),
        ('{"event": "anything goes"}', "R-39"),
    ],
)
def test_any_other_payload_is_held(body: str, rule: str) -> None:
    assert rule in rules(judge_message(channel="webhook", subject=None, body=body))


def test_a_payload_that_cannot_be_read_is_held() -> None:
    assert judge_message(channel="webhook", subject=None, body="[" * 9_000).verdict != "pass"


def test_an_empty_message_is_reviewed() -> None:
    assert judge_message(body=" ", subject=None).verdict == "review"


@pytest.mark.parametrize("told", ["your first case in theatre 3 yesterday", "the delivery of Tuesday in room 2"])
def test_a_treatment_with_its_day_or_place_is_never_excused(told: str) -> None:
    body = f"morning! dropped a question in your list, it's about {told}. all else is in the form"
    assert "R-39" in rules(judge_message(channel="chat", subject=None, body=body))
