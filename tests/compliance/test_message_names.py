"""Messages tell names of staff from those of patients, and payloads may tell people what a message may."""

from __future__ import annotations

import json

import pytest

from tests.compliance.samples import judge_message, rules

STAFF = [
    "Hi Dr. Marsh, Joanna Price here from CDI. One question is in your queue under Clarifications.",
    "Hi, this is Rich Tolliver from coding. One clarification is open in your list.",
    "Grace on 4421 can show you how the form works.",
    "One question is in your portal list :) - Wendy, CDI",
    "As you asked, your office manager, Ms. Teodora Vance, may now see how many clarifications you have.",
    "Your delegate, Mr. Aldo Price, may now see your list.",
    "One clarification is open. Please sign in. April Cash, RHIA",
    "One clarification is open.\n\nClinical Documentation Integrity, Harrow Vale Medical Center\next. 5520",
    "One clarification is open.\nCDI department, Larkspur Ridge Regional Medical Center",
]
PATIENTS = [
    "Mrs. B in 7W-14 has one open clarification.",
    "One clarification about Mrs. Quell is open.",
    "One clarification for Mr. Price is open.",
    "A clarification for Oswin Tarrant from CDI is open.",
    "A clarification on Tarrant on 4421. Please sign in.",
    "Joanna Tarrant has sepsis in bed 12.",
    "Grace in room 4421 has one open clarification.",
    "Harrow Vale Medical Center stay, room 12: one clarification is open.",
]
SEEN_AFTER_SIGN_IN = [
    "A clarification about the kidney function results of 05/03 has been sent to you for Mr. Oswin Tarrant.",
    "There are two separate questions on the chart of Mr. Ivo Stannard (discharged 05/06).",
    "One clarification for Mrs. Quell in room 5114 is open.",
    "Patient: Odell Marchetti, room 7W-14. One clarification is open.",
    "Each has its own findings and its own answers.",
]
NUMBERED = [
    "Reminder: 1 clarification, chart no. 00 71 44 92. Due Friday.",
    "Reminder: 1 clarification, MRN 48-29-13. Due Friday.",
    "The two that are left concern the stays of 04/18-04/23 and 04/26-05/01.",
    "The clarification concerns the hospitalization of 04/18-04/23.",
    "One clarification for the 04/18 admission is open.",
    "One clarification on the admission of April 18 is open.",
    "Both items belong to the stay that ended 05/04.",
    "The two clarifications concern the visits on 05/03 and 05/04.",
]
MEETINGS = [
    "Training on the new clarification form Thursday 12:30, Room B114.",
    "The workshop on the new form is on 05/21 at 16:00 in room 204, second floor.",
]
RANKED = [
    "The department chair receives a table each Monday of who sits where on completeness. One request is open for you.",
    "A table of names by number of open items goes to the chief each Friday.",
    "Each Friday the chief is sent the order in which the group has answered.",
]
PAYLOADS: list[dict[str, object]] = [
    {
        "event": "clarification.created",
        "id": "clq_8f2d71c0",
        "recipient": "prv_00417",
        "due_at": "2026-05-14T17:00:00Z",
    },
    {"event": "clarification.withdrawn", "id": "clq_1a", "reason_code": "WRONG_RECIPIENT", "reply_needed": False},
    {"event": "answer.received", "id": "q-77120aZ", "text": "Thank you. Your answer has been filed."},
    {"event": "maintenance.window", "starts": "2026-05-16T22:00:00Z", "text": "The service is not available."},
    {"event": "clarification.escalated", "level": 2, "policy": "MS-11", "to_role": "service_chief", "attempt": 3},
    {"digest": {"group": "grp-hospital-medicine", "open": 7, "due_24h": 2, "overdue": 0}},
    {"event": "escalation", "group": "nephrology", "level": 1, "open_items": 3, "oldest_days": 6},
    {"event": "reminder", "message": 'One "open" item.\nPlease sign in.'},
]
FAULTY_PAYLOADS: list[tuple[dict[str, object], str]] = [
    ({"id": "clq_1", "admitted": "2026-04-30", "discharged": "2026-05-04"}, "R-39"),
    ({"id": "clq_1", "est_gain_usd": 5200}, "R-18"),
    ({"id": "clq_1", "amount": 5200}, "R-18"),
    ({"id": "clq_1", "text": "One clarification about sepsis is open."}, "R-39"),
    ({"id": "clq_1", "text": "Mrs. Quell in room 5114 has one open clarification."}, "R-39"),
    ({"id": "clq_1", "text": "The account is held until you reply."}, "R-18"),
    ({"id": "pt_00417"}, "R-39"),
    ({"id": "clq_1", "title": "Acute kidney injury"}, "R-39"),
    ({"id": "clq_1", "reason_code": "SEPSIS_QUERY"}, "R-39"),
    ({"id": "clq_1", "code": "A41.9"}, "R-18"),
    ({"id": "clq_1", "group": "sepsis"}, "R-39"),
    ({"id": "clq_1", "age": 74, "sex": "F"}, "R-39"),
]


@pytest.mark.parametrize("body", STAFF)
def test_staff_senders_and_houses_are_no_patients(body: str) -> None:
    assert judge_message(body=body, channel="email").verdict == "pass", judge_message(body=body).findings


@pytest.mark.parametrize("body", PATIENTS)
def test_patients_are_named_on_no_open_channel(body: str) -> None:
    assert "R-39" in rules(judge_message(body=body, channel="email"))


@pytest.mark.parametrize("body", SEEN_AFTER_SIGN_IN)
def test_patients_are_named_to_signed_in_readers(body: str) -> None:
    assert judge_message(body=body, channel="inbox").verdict == "pass", judge_message(
        body=body, channel="inbox"
    ).findings


@pytest.mark.parametrize("channel", ["email", "sms", "chat"])
@pytest.mark.parametrize("body", NUMBERED)
def test_numbers_of_charts_and_dates_of_stays_are_blocked(body: str, channel: str) -> None:
    assert "R-39" in rules(judge_message(body=body, channel=channel), "block")


@pytest.mark.parametrize("body", MEETINGS)
def test_the_room_of_a_meeting_is_no_bed(body: str) -> None:
    assert judge_message(body=body).verdict == "pass", judge_message(body=body).findings


@pytest.mark.parametrize(
    "body", ["After the meeting see room 204.", "Thursday training: the patient in room 204 waits."]
)
def test_a_room_beside_a_meeting_is_still_looked_at(body: str) -> None:
    assert "R-39" in rules(judge_message(body=body))


@pytest.mark.parametrize("channel", ["email", "inbox"])
@pytest.mark.parametrize("body", RANKED)
def test_tables_of_names_do_not_pass(body: str, channel: str) -> None:
    assert "R-19" in rules(judge_message(body=body, channel=channel))


@pytest.mark.parametrize("payload", PAYLOADS)
def test_payloads_tell_people_what_a_message_may(payload: dict[str, object]) -> None:
    found = judge_message(channel="webhook", subject=None, body=json.dumps(payload), link=None)
    assert found.verdict == "pass", found.findings


@pytest.mark.parametrize(("payload", "rule"), FAULTY_PAYLOADS)
def test_payloads_carry_no_money_no_person_and_no_illness(payload: dict[str, object], rule: str) -> None:
    assert rule in rules(judge_message(channel="webhook", subject=None, body=json.dumps(payload)), "block")


@pytest.mark.parametrize(
    "path", ["n/bundle/19fJq2", "done/4rTTz71p", "drafts/55uTzi", "start/x9K2", "guides/clarification-app"]
)
def test_links_name_steps_of_the_process(path: str) -> None:
    assert judge_message(link=f"https://q.example.org/{path}").verdict == "pass"


@pytest.mark.parametrize(
    "path", ["bundle/pneumonia/1", "drafts/aki-2", "n/mcc/22", "stay/2026-04-18", "n/tarrant-oswin"]
)
def test_links_name_no_person_illness_or_payment(path: str) -> None:
    assert judge_message(link=f"https://q.example.org/{path}").verdict != "pass"


@pytest.mark.parametrize(
    "subject", ["Policy update: how long you have to reply", "You've got a question from Price, CDI"]
)
def test_news_of_a_policy_presses_nobody(subject: str) -> None:
    body = "The Medical Executive Committee has approved a new reply interval."
    assert judge_message(subject=subject, body=body).verdict == "pass"


@pytest.mark.parametrize("body", ["You have to reply.", "Your name goes to the Medical Executive Committee on Friday."])
def test_the_same_words_as_a_threat_press(body: str) -> None:
    assert "R-20" in rules(judge_message(body=body))


@pytest.mark.parametrize(
    "body",
    [
        "The one at the top is flagged gold, since it's among those that bring back the most.",
        "The items that yield the highest return stand first in your list.",
        "Start with the high-yield item in your list.",
    ],
)
def test_items_sorted_by_what_they_bring_are_about_money(body: str) -> None:
    assert "R-18" in rules(judge_message(body=body, channel="inbox"))
