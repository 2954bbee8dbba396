"""Messages name staff, offices, buttons and things of the house; what tells of a patient never passes (R-39)."""

from __future__ import annotations

import json
import random
import string

import pytest

from tests.compliance.samples import judge_message, rules

STAFF = [
    ("Staff news", "Marguerite Dossey, RHIT, joins us on Monday."),
    ("A new face in CDI", "Ansel Ferraby has joined CDI and will write to some of you."),
    ("Meet Ansel", "Ansel Ferraby, CCS, starts at the CDI desk on 05/04. His extension is 4410."),
    ("Goodbye to Petra", "Petra Lindholm retires on Friday. Ansel Ferraby, RN, takes over her lists."),
    ("Change at the desk", "He replaces Petra Lindholm, who has left the organization."),
    ("Leave", "Our manager, Petra Lindholm, is on vacation until 05/26. Ansel Ferraby stands in for her."),
    ("Weekend", "Ansel Ferraby is on call for CDI this weekend."),
    ("Sign-in", "One item is open in your list. Thanks, Petra x4410"),
    ("Sign-in", "Hi Dr. Marsh, Ansel here. One item is open in your list."),
    ("Sign-in", "One open in your list - Ines, x3301"),
    ("Contact", "From June 1 Noor Haddad will be your contact at the coding office."),
    ("Congratulations", "Congratulations to Ansel Ferraby, who passed the CCDS exam."),
]
PATIENTS = [
    ("Meet Ansel", "Ansel is in 4B waiting for your note. One item is open."),
    ("Ansel Ferraby", "One item is open."),
    ("Welcome Ansel", "He was born on Monday and his mother asks for you."),
    ("Goodbye to Petra Lindholm", "She went home on Friday. One item is open."),
    ("News", "Ansel Ferraby has joined the dialysis list. One item is open."),
    ("News", "Petra Lindholm retired last year and fell from her porch on Sunday. One item is open."),
    ("News", "He replaces Petra Lindholm in bed 4."),
    ("News", "Petra Lindholm is on leave from 4 West. One item is open."),
    ("News", "Ansel Ferraby is on call light 4 and has one open item."),
    ("Open", "Thanks, Lindholm in 12 is done. One more is open."),
    ("Open", "Hi Dr. Marsh, this is Lindholm in 12."),
    ("Open", "One open on Petra x4410"),
    ("Contact", "Petra Lindholm is your contact in bed 4."),
    ("Congratulations", "Congratulations to Petra Lindholm and her baby. One item is open."),
    ("Open", "Mr. Ferraby, RN, has one open item on his stay."),
    ("Open", "Ansel Ferraby, CCS, is in the ICU. One item is open on him."),
]
OFFICES = [
    "The CDI desk is in room G-112 and is open from 7 am to 4 pm.",
    "Our office has moved to room 3.114 on the second floor.",
    "CDI has moved: new room 2-118, same phone.",
    "Come to Room B-12 on Thursday at noon for the training.",
    "The workshop is in the Oak Room at 4 pm on Tuesday.",
]
BEDS = [
    "The item of room G-112 is open.",
    "CDI desk: one item is open in room G-112.",
    "CDI, room 12, one open.",
    "Come to room 12 today.",
    "Come to room 12 on Thursday at noon for the meeting with the family.",
    "The one in Suite 210 has one open item.",
]
OF_THE_HOUSE = [
    "If it isn't yours, hit Redirect.",
    "Dr. Marsh is on vacation. If it isn't yours, press Defer and the clock stops.",
    "If you're away tomorrow, set Away in the app.",
    "Your number stands under My Profile in the app.",
    "The pneumatic tube is out of service until Friday, so please use the list in the portal.",
    "Flu shots for staff are given next to the CDI desk on Friday. The portal stays open.",
    "The weight limit of the cart is posted at the CDI desk.",
    "The class uses made-up cases and no patient data.",
    "The form works with Dragon and Haiku.",
    "The quick guide is attached as CDI_Quick_Guide.pdf.",
]
OF_THE_BODY = [
    "Select Sepsis and the clock stops.",
    "Press Lindholm to open the item.",
    "The patient's tube was changed on Friday. One item is open.",
    "He had his flu shot on Friday. One item is open.",
    "Weight limit exceeded: 212 pounds. One item is open.",
    "The patient scale showed 88 kg. One item is open.",
    "BP 188/92 on Friday. One item is open.",
    "The patient you saw on Friday has one open item.",
    "Epic shows Lindholm in your list.",
    "Attached: Lindholm_Petra_0412.pdf.",
]
PAYLOADS: list[dict[str, object]] = [
    {"event": "query.opened", "ref": "m4-2207-qt", "to": "group-hospitalists-east"},
    {"type": "service.notice", "severity": "info", "text": "The portal is not available from 22:00 to 23:30."},
    {"event": "query.redirected", "ref": "a8-5521", "reason": "not_on_care_team", "from": "u-17"},
    {"event": "digest", "group": "surgery-south", "open": 4, "answered_this_month": 12},
    {"event": "digest", "service": "general surgery", "open": 4},
    {"event": "query.opened", "topic": "clarification", "ref": "7f0c2b91-5d1e"},
    {"event": "escalation", "ref": "c-9x12", "notified": ["chief-of-service"], "may_answer": False},
    {"event": "clarification.closed", "id": "9f8b7c6d5e4f3a2b", "reason": "answered"},
]
FAULTY_PAYLOADS: list[dict[str, object]] = [
    {"event": "query.opened", "ref": "lindholm-0412"},
    {"event": "query.opened", "ref": "LindholmP77"},
    {"event": "query.opened", "ref": "m4-2207", "to": "group-sepsis"},
    {"event": "query.opened", "service": "heart failure"},
    {"event": "query.opened", "team": "heart-failure"},
    {"event": "query.opened", "topic": "hyponatremia", "ref": "m4-2207"},
    {"event": "query.opened", "ref": "m4-2207", "severity": "severe"},
    {"event": "query.opened", "ref": "m4-2207", "care": "wound"},
    {"event": "query.opened", "ref": "m4-2207", "reason": "heart_failure"},
    {"event": "query.answered", "ref": "m4-2207", "answer_role": "acute"},
    {"event": "query.opened", "ref": "m4-2207", "value": "2.4"},
]
RECORDED = [
    ("COPD documented 05/04", "You wrote 'COPD, stable' on 05/04. The clarification asks about its acuity, if known."),
    ("Atrial fibrillation, type", "Documented by you on 04/04, without a type. The clarification is in your list."),
    ("Heart failure, type", "Your progress note of 05/02 documents it without a type. The form is in your list."),
    ("Clarification", "The diagnosis itself is left to the attending."),
    ("Contact log", "Nothing about the content was said. - D. Whitlow, RN, CCDS"),
]
NOWHERE_RECORDED = [
    ("Atrial fibrillation, type", "The monitor showed it all night. The clarification is in your list."),
    ("Sepsis", "Documented by nobody so far on 05/04. One item is open."),
    ("Sepsis", "Documented on 05/04 is an infection. One item is open."),
    ("Severe sepsis", "Documented by you on 05/04 as sepsis. One item is open."),
    ("Clarification", "The diagnosis is sepsis and nothing else."),
    ("Clarification", "The x-ray names pneumonia, so it is pneumonia."),
]


@pytest.mark.parametrize(("subject", "body"), STAFF)
def test_names_are_staffs_by_what_only_staff_do(subject: str, body: str) -> None:
    found = judge_message(body=body, subject=subject, channel="email")
    assert found.verdict == "pass", found.findings


@pytest.mark.parametrize(("subject", "body"), PATIENTS)
def test_names_beside_a_bedside_never_pass(subject: str, body: str) -> None:
    assert "R-39" in rules(judge_message(body=body, subject=subject, channel="email"))


@pytest.mark.parametrize("body", OFFICES)
def test_offices_and_meetings_have_rooms(body: str) -> None:
    assert judge_message(body=body, channel="email").verdict == "pass"


@pytest.mark.parametrize("body", BEDS)
def test_rooms_of_items_are_beds(body: str) -> None:
    assert "R-39" in rules(judge_message(body=body, channel="email"))


@pytest.mark.parametrize("body", OF_THE_HOUSE)
def test_buttons_systems_and_things_of_the_house_are_no_patients(body: str) -> None:
    found = judge_message(body=body, channel="email")
    assert found.verdict == "pass", found.findings


@pytest.mark.parametrize("body", OF_THE_BODY)
def test_the_same_words_of_a_patient_never_pass(body: str) -> None:
    assert "R-39" in rules(judge_message(body=body, channel="email"))


@pytest.mark.parametrize("payload", PAYLOADS)
def test_payloads_name_groups_steps_and_ids(payload: dict[str, object]) -> None:
    found = judge_message(channel="webhook", subject=None, body=json.dumps(payload), link=None)
    assert found.verdict == "pass", found.findings


@pytest.mark.parametrize("payload", FAULTY_PAYLOADS)
def test_payloads_name_no_person_and_no_finding(payload: dict[str, object]) -> None:
    assert judge_message(channel="webhook", subject=None, body=json.dumps(payload), link=None).verdict != "pass"


@pytest.mark.parametrize(("subject", "body"), RECORDED)
def test_the_inbox_names_what_the_record_holds(subject: str, body: str) -> None:
    found = judge_message(body=body, subject=subject, channel="inbox")
    assert found.verdict == "pass", found.findings


@pytest.mark.parametrize(("subject", "body"), NOWHERE_RECORDED)
def test_the_inbox_names_nothing_else(subject: str, body: str) -> None:
    assert {"R-02", "R-03"} & rules(judge_message(body=body, subject=subject, channel="inbox"))


@pytest.mark.parametrize("signs", [string.ascii_letters + string.digits, "0123456789abcdef"])
@pytest.mark.parametrize("length", [8, 12, 16])
def test_most_ids_made_by_chance_are_opaque(signs: str, length: int) -> None:
    chance = random.Random(length)
    made = ["".join(chance.choice(signs) for _ in range(length)) for _ in range(60)]
    passed = [one for one in made if judge_message(link=f"https://q.example.org/i/{one}").verdict == "pass"]
    assert len(passed) > len(made) * 0.85, set(made) - set(passed)


@pytest.mark.parametrize(
    "part",
    ["kowalczyk1948", "cvxkowalski", "sepsisjdoe", "s3psis", "DVTpatient4", "nguyen44", "SmithJones7", "dvtleft"],
)
def test_names_and_illnesses_with_strange_signs_are_no_ids(part: str) -> None:
    assert judge_message(link=f"https://q.example.org/i/{part}").verdict != "pass"


@pytest.mark.parametrize(
    "body", ["Please enter name here.", "Contact: (insert name here).", "Reminder: insert text here."]
)
def test_what_a_template_asks_of_its_author_is_a_placeholder(body: str) -> None:
    assert "R-26" in rules(judge_message(body=body), "block")


@pytest.mark.parametrize(
    "body", ["You asked whether you can type the answer here in chat.", "Some of you put numbers here."]
)
def test_what_somebody_puts_somewhere_is_no_placeholder(body: str) -> None:
    assert "R-26" not in rules(judge_message(body=body, channel="email"))
