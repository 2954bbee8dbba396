"""Messages name teams, houses, rooms of meetings and numbers of items; what tells of a patient does not pass."""

from __future__ import annotations

import pytest

from tests.compliance.samples import judge_message, rules

GROUPS = [
    "GI group",
    "Heme-Onc team",
    "Hospitalist Team Silver",
    "Internal Medicine Group C",
    "Ambulatory Surgery Network",
    "Pulm/Critical Care pool",
    "Nephrology Associates",
    "Night Float Team",
    "Neuro ICU service",
    "Acute Care clinic",
]
NO_GROUPS = [
    "GI bleed group",
    "Sepsis team",
    "Renal failure group",
    "Overdose list",
    "Team Stroke: left MCA",
    "Mrs. Green Team",
]
HOUSES = [
    "Regards, Documentation Team, Alder Cove Children's",
    "Coding and Documentation, Ferngate General",
    "The CDI office of Brightwell Women's and Children's Hospital",
    "Health Information Management, St. Odo's",
]
NO_HOUSES = [
    "Regards, the son of the patient",
    "Her children are asking for it",
    "The Brightwell child",
    "Baby Ferngate",
]
MEETINGS = [
    "Short sessions on 04/06 and 04/08, 12:15, Room C.",
    "We meet on Wednesday at 07:30 in the Maple Room.",
    "Open house on 05/12 at noon in Auditorium B.",
]
NO_MEETINGS = [
    "Please see the patient in Room C.",
    "Session at 12:15 about the patient in Room C.",
    "Item for Room C, due at 12:15.",
]
NUMBERS = [
    "Reminder on CLQ-40718: one item is open.",
    "Item 21-0713 was assigned to you.",
    "Ticket INC0043321 was closed.",
    "event=clarification.opened ref=9ad1c77e count=1",
    "482913 is your sign-in code for the portal.",
]
NO_NUMBERS = [
    "Reminder on MRN 40718: one item is open.",
    "type=reminder.sent mrn=4471920",
    "Reminder on account 40718332: one item is open.",
    "Your sign-in code is N17.9.",
]
TAGS = ["[EXTERNAL] 1 new item", "[QueryBridge] New task", "[Secure] Open clarification"]
NO_TAGS = ["[PatientName] 1 new item", "[Sepsis] New task", "[Insert date] Open clarification"]


@pytest.mark.parametrize("name", GROUPS)
@pytest.mark.parametrize(
    "body", ["You have 2 open clarifications.", "{}: 2 open clarifications.", "{} list: 1 new item"]
)
def test_names_of_groups_are_no_patients(name: str, body: str) -> None:
    verdict = judge_message(body=body.format(name), subject=None if "{}" in body else name, channel="sms")
    assert verdict.verdict == "pass", verdict.findings


@pytest.mark.parametrize("name", NO_GROUPS)
def test_a_condition_is_no_name_of_a_group(name: str) -> None:
    assert "R-39" in rules(judge_message(body=f"{name}: 2 open clarifications.", channel="sms"))


@pytest.mark.parametrize("line", HOUSES)
def test_names_of_houses_pass_where_they_sign(line: str) -> None:
    assert judge_message(body=f"One clarification is open. Please sign in.\n{line}", channel="email").verdict == "pass"


@pytest.mark.parametrize("line", NO_HOUSES)
def test_persons_are_no_houses(line: str) -> None:
    assert "R-39" in rules(judge_message(body=f"One clarification is open. Please sign in.\n{line}", channel="email"))


@pytest.mark.parametrize("line", MEETINGS)
def test_rooms_of_meetings_pass_with_their_times(line: str) -> None:
    assert judge_message(body=f"The form gets a new layout. {line}", channel="email").verdict == "pass"


@pytest.mark.parametrize("line", NO_MEETINGS)
def test_rooms_of_patients_never_pass(line: str) -> None:
    assert "R-39" in rules(judge_message(body=line, channel="email"))


@pytest.mark.parametrize("line", NUMBERS)
def test_numbers_of_items_and_sign_in_codes_are_opaque(line: str) -> None:
    assert judge_message(body=line, channel="chat").verdict == "pass"


@pytest.mark.parametrize("line", NO_NUMBERS)
def test_numbers_of_patients_and_codes_never_pass(line: str) -> None:
    assert {"R-39", "R-18"} & rules(judge_message(body=line, channel="chat"))


@pytest.mark.parametrize("subject", TAGS)
def test_tags_of_mail_are_no_placeholders(subject: str) -> None:
    assert judge_message(body="Please sign in.", subject=subject, channel="email").verdict == "pass"


@pytest.mark.parametrize("subject", NO_TAGS)
def test_placeholders_in_front_of_a_subject_are_found(subject: str) -> None:
    assert judge_message(body="Please sign in.", subject=subject, channel="email").verdict != "pass"


@pytest.mark.parametrize(
    ("sound", "faulty"),
    [
        ("Please answer the corrected one.", "Please answer the correct one."),
        ("Its wording has not been altered.", "Its wording has been altered since you read it."),
        ("One clarification is open in your name.", "One answer was entered in your name."),
        ("We will never ask you for this code.", "We will never ask you again if you pick the first."),
        ("The PIN must have six digits.", "The answer must have six words."),
        ("Claim your portal account.", "Claim the diagnosis before billing closes."),
        ("Thanks so much for your patience.", "Thanks so much for picking the right one."),
        ("We hope the week starts well.", "We hope you see it as acute."),
        ("I have no view on the answer, and I can't give one for you.", "I have a view and can give one for you."),
        ("Could you please tell us who covers?", "Could you please tell us whether it was acute?"),
        ("The old reminders are switched off.", "Your privileges are switched off."),
        ("No rush, take as long as you need.", "No rush, as long as it ends up as severe."),
        ("Your words were taken over unchanged.", "Your words were improved before filing."),
        ("Tiene 1 aclaración pendiente.", "Tiene 1 aclaración pendiente sobre el Sr. Paz."),
    ],
)
def test_everyday_statements_pass_and_their_neighbors_do_not(sound: str, faulty: str) -> None:
    assert judge_message(body=f"{sound} Please sign in.", channel="email").verdict == "pass"
    assert judge_message(body=f"{faulty} Please sign in.", channel="email").verdict != "pass"


@pytest.mark.parametrize(
    "said",
    [
        "Nothing to do but sign.",
        "Your words were taken over with small changes.",
        "You can answer them before you leave, as all others did.",
        "You must reset your answer.",
        "Your charge nurse can help with the answer.",
        "The committee meets on Friday about you.",
        "The only form that is still blank is yours.",
        "We may change the request after it was sent.",
        "Query 40 was answered by Dr. Lim with no, so it was reassigned to you.",
        "Queries no longer show unable to determine.",
        "Dr. Smith's patient in 4 has one clarification open.",
        "[QuerySepsis] One item is open.",
    ],
)
def test_neighbors_of_everyday_messages_are_stopped(said: str) -> None:
    assert judge_message(body=f"{said} Please sign in.", channel="email").verdict != "pass"


@pytest.mark.parametrize(
    "said",
    [
        "Harrow Vale CDI: 1 new item.",
        "ClinQuery: 1 item is open.",
        "He rounds with the 6 West team on Mondays.",
        "Please confirm who covers next week.",
        "It looks like you've been locked out.",
        "Thank you for looking in.",
        "From Monday, April Dun takes over from Mark Pell as the CDI contact for hospital medicine.",
        "Hay una pregunta pendiente en su bandeja.",
        "Eine Rückfrage zur Dokumentation wartet auf Sie.",
    ],
)
def test_everyday_messages_of_other_hospitals_pass(said: str) -> None:
    verdict = judge_message(body=f"{said}\nPlease sign in.", subject=None, channel="email")
    assert verdict.verdict == "pass", verdict.findings


@pytest.mark.parametrize(
    "signed",
    ["Kind regards,\nThea Brandvold", "Thank you\nThea Brandvold, CCS", "\nThea Brandvold\nClinical Documentation"],
)
def test_a_closing_is_signed_with_a_name(signed: str) -> None:
    assert judge_message(body=f"One clarification is open. Please sign in. {signed}", channel="email").verdict == "pass"


@pytest.mark.parametrize("line", ["\nThea Brandvold", "\nThea Brandvold\nbed 4", "about\nThea Brandvold"])
def test_a_name_that_signs_nothing_may_be_a_patients(line: str) -> None:
    assert "R-39" in rules(judge_message(body=f"One clarification is open. Please sign in. {line}", channel="email"))


@pytest.mark.parametrize("verb", ["must", "has to", "can only"])
def test_who_may_answer_is_no_pressure_but_that_one_must_is(verb: str) -> None:
    assert judge_message(body=f"The reply {verb} come from a treating provider.").verdict == "pass"
    assert judge_message(body=f"The reply {verb} come back changed.").verdict != "pass"


@pytest.mark.parametrize(
    "line",
    [
        "Questions: T. Brandvold, CDI, 4471.",
        "Brandvold / CDI / 4471",
        "Thea Brandvold, for the CDI team",
        "Thea Brandvold, inpatient coding",
        "Thea Brandvold (documentation nurse), 4471",
        "Best, Thea",
    ],
)
def test_who_asks_is_named_with_an_office_and_an_extension(line: str) -> None:
    assert judge_message(body=f"One clarification is open. Please sign in. {line}", channel="email").verdict == "pass"


@pytest.mark.parametrize(
    "line",
    ["About Brandvold for CDI, 4471", "Questions: bed 4, 4471", "Best, Severe Sepsis", "Brandvold, 4471", "Thea, 4471"],
)
def test_what_is_no_office_vouches_for_no_name(line: str) -> None:
    assert "R-39" in rules(judge_message(body=f"One clarification is open. Please sign in. {line}", channel="email"))
