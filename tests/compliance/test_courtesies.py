"""However somebody greets, thanks, signs and shortens: that says nothing, and what stands beside it is read."""

from __future__ import annotations

import pytest

from tests.compliance.samples import CONFLICT, KIDNEY, OPEN, PRESENT_ON_ADMISSION, judge, rules

READERS = ("Dear Dr. Averill,", "Hello Dr. Averill-Nkemi,", "Good afternoon, Dr. A. Averill:", "Dear Miss Averill, NP,")
SIGNED = (
    "Thank you, Tamsin Averill, CCS",
    "- Tamsin Averill-Roe, RN, CCDS, ext. 4410",
    "With thanks for your time, Tamsin Averill, RHIT.",
    "Kind regards, Tamsin Averill, CPC, coding office",
    "Tamsin Averill, RN, CCDS | Clinical documentation | ext. 4410",
)


@pytest.mark.parametrize("greeting", READERS)
def test_a_greeting_by_name_says_nothing(greeting: str) -> None:
    assert judge(KIDNEY, context=f"{greeting} the H&P of 05/04 lists gastroenteritis.").verdict == "pass"


@pytest.mark.parametrize("greeting", READERS)
def test_what_stands_behind_a_greeting_is_read(greeting: str) -> None:
    assert judge(KIDNEY, context=f"{greeting} the kidneys gave out on 05/05.").verdict != "pass"
    assert judge(KIDNEY, context=f"{greeting} we are counting on you.").verdict != "pass"


@pytest.mark.parametrize("closing", SIGNED)
def test_thanks_and_a_signature_say_nothing(closing: str) -> None:
    assert judge(KIDNEY, footer=closing).verdict == "pass"


@pytest.mark.parametrize(
    "closing",
    [
        "Thank you for adding it, Tamsin Averill, CCS",
        "Thanks for the injury. Tamsin Averill, CCS",
        "Many thanks for one more word, Tamsin Averill, CCS",
        "Thanks, the first answer helps us.",
        "Yes | No | Unable",
        "Left heel | Right heel",
    ],
)
def test_thanks_for_an_answer_and_parts_to_choose_from_do_not_pass(closing: str) -> None:
    assert judge(KIDNEY, footer=closing).verdict != "pass"


@pytest.mark.parametrize("greeting", ["Dear Dr. Acute,", "Dear Dr. Kidney Failure,"])
def test_what_tells_of_a_condition_is_nobodys_name(greeting: str) -> None:
    assert judge(KIDNEY, context=f"{greeting} the H&P of 05/04 lists gastroenteritis.").verdict != "pass"


@pytest.mark.parametrize(
    "title",
    [
        "SICU clarification: creatinine",
        "IR service, creatinine after contrast",
        "Re: creatinine of 05/05",
        "Clarifying the creatinine results",
        "Fluid needs 05/04 to 05/05",
        "Creatinine, more detail requested",
        "Findings behind the fluid order",
        "Creatinine, appointment of 4 May 2026",
        "CDI question 2 of 3 - creatinine",
        "Record completion: creatinine",
        "Reason for saline resumption",
        "Fluid-directed therapy: creatinine trajectory",
        "Saline challenge of 05/05",
        "Interim findings and their meaning",
    ],
)
def test_headings_name_who_asks_and_what_is_asked(title: str) -> None:
    assert judge(KIDNEY, title=title).verdict == "pass"


@pytest.mark.parametrize(
    "title",
    [
        "SICU: acute kidney injury",
        "Creatinine needs a diagnosis",
        "More than dehydration",
        "Kidney needs of the payer",
        "Kidney function: on hold until answered",
        "Challenge to the diagnosis",
        "Kidneys: no matter what",
    ],
)
def test_headings_that_say_more_are_named_as_headings(title: str) -> None:
    assert "R-02" in rules(judge(KIDNEY, title=title))


def test_cdi_is_an_office_only_where_no_stool_is_spoken_of() -> None:
    stool = {**KIDNEY["indicators"][0], "name": "Stool toxin", "value": "sent", "unit": None}
    title = "CDI question"
    assert judge(KIDNEY, title=title).verdict == "pass"
    assert "R-02" in rules(judge(KIDNEY, title=title, indicators=[*KIDNEY["indicators"], stool]))


@pytest.mark.parametrize(
    "context",
    [
        'Heme consult 05/05: "follow Cr".',
        'Peds note 05/05: "follow Cr".',
        'Theatre note 5 May: "no bleeding".',
        'A&E card 4 May: "vomiting".',
        "Creatinine 0.9 mg/dL on 4 May, 2.4 mg/dL on 5 May.",
        'H&P 05/04: "gastroenteritis". No cause given.',
        "Values and tx are listed.",
        'H&P (Averill, 05/04): "vomiting".',
        "Creatinine drawn twice on 05/05, see below.",
        "Values before and after the fluids are both shown.",
        "See the notes from nephrology and the attending.",
        "H&P of 05/04 doesn't mention it.",
        'Charge nurse note 05/05 02:00: "IV restarted."',
        'ICU note 05/05 05:00: "Vomiting, charge nurse at bedside."',
        'CC at check-in: "sick since Sunday" (medical assistant, 05/04 09:05).',
        'Therapy note 05/05: "Pt claims legs are weak."',
    ],
)
def test_contexts_may_be_as_short_as_charts_are(context: str) -> None:
    assert judge(KIDNEY, context=context).verdict == "pass"


@pytest.mark.parametrize(
    "context",
    [
        "Only the high values are shown.",
        "Labs below speak for themselves.",
        "We saw the kidneys fail on 05/05.",
        "We found no reason not to call it an injury.",
        "CC: gastroenteritis needs one.",
        'Billing note 05/05: "no charge yet."',
        "Tx: NS 2 L 05/05 for AKI.",
        "Creatinine 2.4 on 5 May, which is renal failure.",
    ],
)
def test_short_contexts_that_argue_do_not_pass(context: str) -> None:
    assert judge(KIDNEY, context=context).verdict != "pass"


@pytest.mark.parametrize(
    "footer",
    [
        "Policy SURG-7: addenda within 30 days of discharge.",
        "Form CDI-2, rev. 01/2026.",
        "A short addendum to your progress note will do.",
        "All four choices work the same way.",
        "No answer is favoured over another.",
        "SICU documentation desk, weekdays 7 to 4.",
        "Values as of 05/05.",
        "For help dial 2-6060.",
    ],
)
def test_footers_of_other_houses_pass(footer: str) -> None:
    assert judge(KIDNEY, footer=footer).verdict == "pass"


@pytest.mark.parametrize(
    "footer",
    [
        "Form CDI-2, rev. pending.",
        "A short addendum naming the kidney injury will do.",
        "A short addendum with the diagnosis will do.",
        "The first answer works the same way as the lab sees it.",
        "No answer is right but the first.",
        "Addend your note with the diagnosis.",
        "ROM and SOI depend on this.",
    ],
)
def test_footers_that_say_which_answer_do_not_pass(footer: str) -> None:
    assert judge(KIDNEY, footer=footer).verdict != "pass"


@pytest.mark.parametrize(
    "question",
    [
        "Clinical significance of the creatinine results, if any?",
        "Your interpretation of the creatinine results, please.",
        "Could you let us know the diagnosis, or that there is none, that goes with the fluids?",
        "Having reviewed the findings, what condition, if any, do they represent?",
        "How would you interpret the change in creatinine?",
        "Normal saline was given and creatinine was followed from 05/04. What, if anything, do these represent?",
        "Creatinine and fluids of 05/05: please comment.",
    ],
)
def test_open_questions_may_be_put_in_many_ways(question: str) -> None:
    assert judge(OPEN, question=question).verdict == "pass"


@pytest.mark.parametrize(
    "question",
    [
        "Could you tell us which kidney diagnosis the creatinine reflects?",
        "Significance of the creatinine results: kidney injury?",
        "Could you give us the diagnosis that we need?",
        "Having seen such results, what else could it be?",
        "Looking back on the stay, is this not a kidney injury?",
        "Please say more about the saline reason.",
    ],
)
def test_the_same_ways_do_not_pass_where_they_say_what_to_answer(question: str) -> None:
    assert judge(OPEN, question=question).verdict != "pass"


def test_a_timing_question_may_ask_what_its_reader_considers() -> None:
    asked = "Do you consider the pressure injury to have been present at the inpatient order of 05/04/2026 09:00?"
    assert judge(PRESENT_ON_ADMISSION, question=asked).verdict == "pass"
    assert judge(CONFLICT, question="Do you consider the surgeon correct on the side?").verdict != "pass"


def test_rom_is_range_of_motion_beside_a_joint() -> None:
    assert "R-19" not in rules(judge(KIDNEY, footer="Left knee ROM 05/05 is in the therapy note."))
    assert "R-19" in rules(judge(KIDNEY, footer="ROM is in the therapy note."))


@pytest.mark.parametrize("footer", ["NS = normal saline.", "Abbreviations: Cr = creatinine; NS = normal saline."])
def test_a_key_of_short_forms_says_nothing(footer: str) -> None:
    assert judge(KIDNEY, footer=footer).verdict == "pass"


@pytest.mark.parametrize("footer", ["AKI = acute kidney injury.", "Cr = kidney function at its end.", "NS = no sense."])
def test_a_key_that_names_a_diagnosis_or_something_else_does_not_pass(footer: str) -> None:
    assert judge(KIDNEY, footer=footer).verdict != "pass"


@pytest.mark.parametrize("title", ["Left ankle fracture", "Ankle fracture of the left side, operative note"])
def test_a_heading_names_no_side_of_a_conflict_alone(title: str) -> None:
    assert "R-23" in rules(judge(CONFLICT, title=title))


@pytest.mark.parametrize(
    "question", ["Which side is correct, the left?", "The operative note says left. Is that correct?", "Left?"]
)
def test_a_question_names_no_side_of_a_conflict_alone(question: str) -> None:
    assert judge(CONFLICT, question=question).verdict != "pass"


def test_a_heading_may_name_both_sides() -> None:
    assert judge(CONFLICT, title="Ankle fracture: right or left").verdict == "pass"


def test_a_quotation_of_a_dated_document_passes_where_no_new_condition_is_sought() -> None:
    quoted = 'Radiology report 05/05: "no osteomyelitis".'
    assert judge(CONFLICT, context=quoted).verdict == "pass"
    assert "R-35" in rules(judge(KIDNEY, context=quoted))
    assert "R-35" in rules(judge(CONFLICT, context='Somebody said "osteomyelitis".'))
