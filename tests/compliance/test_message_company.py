"""In a message a wording is read with its company, and what it tells of its query is called by name."""

from __future__ import annotations

import pytest

from tests.compliance.samples import judge_message, rules

# What pushes elsewhere, beside what makes it plain talk of an office; and beside what does not.
PLAIN_TALK = [
    ("chat", "Hi all, please remove the old shortcut from your home screen."),
    ("email", "We need your current cell number for alerts. Please update it in the portal."),
    ("email", "Please delete the bookmark for the old portal."),
    ("email", "We need a photo for your new badge by Friday."),
    ("email", "Passwords older than 90 days will be denied from Monday on."),
    ("email", "Everyone must enroll the new badge at the desk by 05/31."),
    ("chat", "If the link gives you trouble tell me and I'll have IT look at it."),
    ("sms", "CDI never asks you to answer by text. Please sign in."),
    ("email", "We don't take answers by phone; the form in the portal takes two minutes."),
    ("inbox", "You chose 'unable to determine'. Your reply is complete and the item is closed."),
    ("inbox", "You can agree, disagree, give another reading, or say that it can't be determined."),
    ("inbox", "The clarification of 05/01 remains open. There is no penalty for you."),
    ("email", "We don't have a preferred reply. Any answer that reflects your judgment is complete."),
    ("inbox", 'The field "CC" in the header stands for chief complaint.'),
    ("email", "Answers are listed that way on every form: in alphabetical order."),
    ("inbox", "The request is withdrawn, and the unit has been told to fix the sheet."),
    ("inbox", "The item moved to your list with the service. Dr. Acker can still open it and answer."),
    ("chat", "Hello everybody, the portal is back."),
    ("email", "If you would rather leave it for Dr. Reed's return, press Defer and the clock stops."),
]
NO_PLAIN_TALK = [
    ("inbox", "Please remove the old diagnosis from your list.", "R-22"),
    ("inbox", "Please remove the old term from your list.", "R-22"),
    ("email", "We need your answer before the call at noon.", "R-20"),
    ("email", "The stay is denied. Call the plan before you travel.", "R-18"),
    ("email", "Your access will be revoked until you reply.", "R-20"),
    ("email", "Everyone must answer the items by 05/31.", "R-20"),
    ("chat", "Tell me your answer and I'll put it in the form.", "R-25"),
    ("sms", "No need to sign in, just reply by text.", "R-25"),
    ("email", "We take answers by phone now; the form in the portal is not needed.", "R-25"),
    ("inbox", "You chose 'unable to determine'. The item was closed, but we have opened it again.", "R-37"),
    ("inbox", "You can agree with us or disagree.", "R-03"),
    ("inbox", "There is no penalty if you answer by Friday.", "R-20"),
    ("email", "No answer is preferred, but the first is what most choose.", "R-11"),
    ("email", "The chief complaint about your list is that it is never answered.", "R-20"),
    ("inbox", "The results point that way.", "R-03"),
    ("inbox", "The chief of staff has been told that you did not answer.", "R-20"),
    ("inbox", "The advisor can still open it and answer.", "R-36"),
    ("chat", "Hello, everybody else has answered.", "R-20"),
    ("email", "This is no fake mail: the payment hangs on your answer.", "R-18"),
]
# What a message tells of its query, by the rule that it breaks.
TOLD = [
    ("R-09", "Choose: systolic / diastolic / combined."),
    ("R-09", "The clarification offers three answers: systolic, diastolic and combined."),
    ("R-09", "The only options are acute and chronic."),
    ("R-09", "Options: acute / chronic / acute on chronic / other."),
    ("R-09", "Left or right is all the form takes."),
    ("R-09", "The can't-tell box has been left off this form to keep it short."),
    ("R-15", "Yes and no are the only answers on this form."),
    ("R-22", "Please give the clinical basis of the diagnosis, or say that you are unable to determine it."),
    ("R-22", "In your judgment, on what clinical findings does the documented pneumonia rest?"),
    ("R-23", "The two notes differ. The consultant gets to decide; the attending has not been asked."),
    ("R-27", "Below the choices stands a chart our office put together from some papers."),
    ("R-28", "Sent to you as wound nurse: please say what condition explains the fever."),
    ("R-29", "The clarification was written by a student on rotation with us."),
    ("R-30", "Please state the type of the heart failure, also whether the wound was there, in one reply for all."),
    ("R-30", "Which stage is the wound, and which type is the diabetes?"),
    ("R-32", "You wrote 'ok'. We took that as the first choice and coded from it."),
    ("R-33", "Your answer will not be kept."),
    ("R-31", "The clarification of 05/02 has been deleted, with its log."),
    ("R-31", "We withdraw your answer and send a clearer question."),
    ("R-25", "Spoke with the surgeon about the bleeding. He will add it to the summary."),
    ("R-14", "There are two buttons, agree and disagree."),
    ("R-10", "The form offers anemia, not clinically significant, other and unable to determine."),
    ("R-08", "Three of the choices are only there to fill the form."),
    ("R-04", "The choices hold one more diagnosis, although there is nothing in the chart on it yet."),
    ("R-31", "One of the choices was rephrased after you opened it."),
    ("R-32", "Since no mark was made, it was entered under the usual choice."),
    ("R-34", "Your form uses a wording that the committee hasn't approved yet."),
    ("R-37", "Your answer is on file. The item is in your list again, in case you think of it differently."),
    ("R-40", "The clarification is about a visit from last year that has long been closed."),
    ("R-22", "What in the results led you to the kidney injury documented on 05/04?"),
    ("R-18", "The health plan sent the stay back; a clarification is in your list."),
    ("R-11", "The choice that most pick shows a star next to it."),
    ("R-37", "Your reply isn't one we can work with. The form is in your list."),
    ("R-22", "Your note shows an error; please read it again."),
    ("R-37", "The hospitalist replied that the values mean nothing. Perhaps nephrology can say more."),
    ("R-37", "The resident answered 'other' on 05/03. It comes to you today with the same choices."),
    ("R-40", "The clarification is about a stay that was coded and sent in January."),
    ("R-40", "This stay was submitted in March; a clarification on it is in your list."),
    ("R-40", "A clarification has been opened eleven months after discharge."),
]
NOTHING_TOLD = [
    "Choose: systolic / diastolic / combined / other (please specify) / unable to determine.",
    "Yes, no and unable to determine are offered.",
    "The clarification of 05/04 was closed without a reply under HIM-14. The record is coded as it stands.",
    "The clarification was sent on 05/02, two days after discharge. It is in your list.",
    "The hospitalist answered the clarification of 05/02. It is closed and nothing is asked of you.",
    "Dr. Lund is off service and has handed the clarification over to you as the covering hospitalist.",
    "The attending was away on 05/02 and has redirected the clarification to you as the covering physician.",
    "A clarification about your nutrition assessment of 05/06 is in your list.",
    "Two clarifications are open on this stay, each with its own question and its own answer.",
    "Every clarification is kept for ten years as it was sent.",
    "The clarification of 05/04 was withdrawn since its wording was unclear; version 2 is in your list.",
    "No reply came by 05/11, and the item is closed as unanswered under HIM-14.",
    "The medical staff committee approved the new response times on 04/02.",
    "Your reply is still a draft. Sign it to send it.",
    "Unsent drafts are deleted after 30 days.",
    "Your note of 05/04 documents heart failure. The clarification asks about its type, if known.",
    "You asked who wrote the clarification. It was written by H. Brandvold, RHIA.",
]


@pytest.mark.parametrize(("channel", "body"), PLAIN_TALK)
def test_what_pushes_elsewhere_passes_beside_what_makes_it_harmless(channel: str, body: str) -> None:
    verdict = judge_message(channel=channel, body=body)
    assert verdict.verdict == "pass", verdict.findings


@pytest.mark.parametrize(("channel", "body", "rule"), NO_PLAIN_TALK)
def test_the_same_wording_beside_an_answer_or_a_diagnosis_is_stopped(channel: str, body: str, rule: str) -> None:
    assert rule in rules(judge_message(channel=channel, body=body))


@pytest.mark.parametrize(("rule", "body"), TOLD)
def test_what_a_message_tells_of_its_query_is_named_before_what_it_sounds_like(rule: str, body: str) -> None:
    found = judge_message(subject="Clarification", channel="inbox", body=body).findings
    assert found and found[0].rule == rule, found


@pytest.mark.parametrize(
    ("subject", "body"),
    [
        ("Severe sepsis? Clarification of 04/06", "An infection is documented on 04/05. The form is in your list."),
        ("Acute respiratory failure", "A form is in your list; nobody has written a diagnosis so far."),
    ],
)
def test_a_subject_with_a_diagnosis_that_nobody_documented_is_named(subject: str, body: str) -> None:
    assert judge_message(channel="inbox", subject=subject, body=body).findings[0].rule == "R-02"


@pytest.mark.parametrize("body", NOTHING_TOLD)
def test_what_a_message_may_tell_of_its_query_passes(body: str) -> None:
    verdict = judge_message(subject="Clarification", channel="inbox", body=body)
    assert verdict.verdict == "pass", verdict.findings


@pytest.mark.parametrize("reason", ["was away that week and returned it", "has left the hospital"])
def test_an_item_that_moved_for_another_reason_is_no_shopping(reason: str) -> None:
    body = f"The attending {reason}. The clarification is in your list, since you are the covering physician."
    assert "R-37" not in rules(judge_message(channel="inbox", body=body))


@pytest.mark.parametrize("list_", ["acute, chronic, other", "acute, chronic, unable to determine", "acute or chronic"])
def test_a_list_of_choices_without_other_or_undetermined_is_told(list_: str) -> None:
    assert "R-09" in rules(judge_message(channel="inbox", body=f"The form offers {list_}."))
