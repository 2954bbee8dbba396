"""A physician's day in a browser: on a phone and at a desk, by keyboard alone, and without a script."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.checks import check_page
from tests.browser.conftest import Visit
from tests.browser.house import PEOPLE, House
from tests.e2e.house import FACILITY, encounter_number

PHYSICIAN, RESIDENT, CODER = PEOPLE["provider"], PEOPLE["resident"], PEOPLE["coder"]
COLLEAGUE = "Dr. Bertil Testmann"
REPLY = "The question is about the current stay only."


def creatinine(count: int = 3) -> list[dict[str, Any]]:
    """A rise of creatinine with urea beside it: the library offers choices."""
    now = datetime.now(UTC).replace(microsecond=0)
    labs = [("Creatinine", "2160-0", f"{0.8 + 0.9 * n / (count - 1):.2f}", n) for n in range(count)]
    labs.append(("Urea nitrogen", "3094-0", "52", count - 1))
    return [
        {
            "name": name,
            "loinc": loinc,
            "value": value,
            "unit": "mg/dL",
            "kind": "laboratory",
            "source": "Laboratory",
            "observed_at": (now - timedelta(hours=60) + timedelta(hours=48 * n / count)).isoformat(),
        }
        for name, loinc, value, n in labs
    ]


def a_patient(name: str) -> dict[str, str]:
    return {"reference": f"pat-{name}", "name": f"{name} Pretend", "mrn": f"MRN-{name}", "birth_date": "1950-04-01"}


def ask(house: House, patient: str, number: str | None = None, **more: Any) -> dict[str, Any]:
    """Put a query about kidney function to somebody."""
    fields = {"indicators": creatinine(), "patient": a_patient(patient), **more}
    return house.issued(number=number or encounter_number(), **fields)


def choices(page: Page) -> Locator:
    return page.locator("form.answering input[name=choice]")


class Finger:
    """Taps, and counts them."""

    def __init__(self) -> None:
        self.taps = 0

    def tap(self, what: Locator) -> None:
        what.click()
        self.taps += 1


def recorded(page: Page) -> str:
    """What the page says will go into the record, as one sees it."""
    return page.locator("form.answering .record").inner_text()


@pytest.mark.parametrize("size", ["phone", "desktop"])
def test_two_taps_and_a_signature_lead_from_the_inbox_to_an_answer_and_on_to_the_next(
    visit: Visit, house: House, size: str
) -> None:
    patient = f"Twotap-{size}"
    first, second = ask(house, patient), ask(house, patient)  # one patient, two stays
    page, finger = visit(PHYSICIAN, "/inbox", size), Finger()
    check_page(page)
    card = page.locator(".card", has_text=f"{patient} Pretend")
    expect(card.get_by_role("listitem")).to_have_count(2)
    finger.tap(card.locator(f'a[href="/queries/{first["query_id"]}"]'))
    expect(page.get_by_text("Laboratory").first).to_be_visible()
    assert choices(page).evaluate_all("all => all.filter((one) => one.checked).length") == 0
    heights = {box["height"] for one in page.locator("form.answering .option").all() if (box := one.bounding_box())}
    assert max(heights) <= 2 * min(heights), "answers are of one size, but for a line that wraps"
    check_page(page)
    finger.tap(page.get_by_label("Unable to determine"))
    assert "Answer: Unable to determine" in recorded(page).replace("Clinically unable", "Unable")
    page.get_by_role("button", name="Sign this answer").click()
    assert finger.taps == 2
    expect(page.get_by_text("Your answer is signed and recorded.")).to_be_visible()
    check_page(page)
    page.get_by_role("link", name="Next on this patient (1)").click()
    expect(page).to_have_url(f"{house.url}/queries/{second['query_id']}")


def test_a_thumb_hits_what_it_means(visit: Visit, house: House) -> None:
    query = ask(house, "Thumb")
    page = visit(PHYSICIAN, "/inbox", "phone")
    for path in ("/inbox", f"/queries/{query['query_id']}", f"/queries/{query['query_id']}/not-mine", "/coverage"):
        page.goto(path)
        for fold in page.locator("main summary").all():
            fold.click()
        for target in page.locator("main :is(button, .button, .option, summary, .lines a.open)").all():
            box = target.bounding_box()
            assert box is None or box["height"] >= 44, f"{path}: {target.inner_text()} is {box}"


def test_the_text_for_the_record_follows_what_one_chooses_and_types_and_is_what_is_kept(
    visit: Visit, house: House
) -> None:
    query = ask(house, "Record")
    page = visit(PHYSICIAN, f"/queries/{query['query_id']}", "phone")
    assert "the one you choose above" in recorded(page)
    for option in query["document"]["options"]:
        page.get_by_label(option["text"], exact=True).check()
        assert f"Answer: {option['text']}" in recorded(page)
        assert recorded(page).count("Answer:") == 1
    assert "In the provider's words" not in recorded(page)
    other = next(one for one in query["document"]["options"] if one["kind"] == "other")
    page.get_by_label(other["text"], exact=True).check()
    page.get_by_role("button", name="Sign this answer").click()
    assert page.evaluate("document.activeElement.name") == "text", "Other asks for words before it is sent"
    page.get_by_label("Your words").fill("an invented reason")
    before = recorded(page)
    assert "In the provider's words: an invented reason" in before
    page.get_by_role("button", name="Sign this answer").click()
    (kept,) = house.call(CODER, "GET", f"/api/v1/queries/{query['query_id']}")["responses"]
    lines = [line for line in before.splitlines() if ":" in line and "when you sign" not in line]
    assert lines and all(line in kept["record_text"].splitlines() for line in lines)


def test_a_mis_tap_is_mended(visit: Visit, house: House) -> None:
    query = ask(house, "Mistap")
    page = visit(PHYSICIAN, f"/queries/{query['query_id']}", "phone")
    choices(page).last.check()
    page.get_by_role("button", name="Sign this answer").click()
    page.get_by_role("link", name="change it").click()
    page.get_by_text("Change my answer").click()
    check_page(page)
    choices(page).first.check()
    page.get_by_label("Your words").fill("mended words")
    page.get_by_role("button", name="Sign the changed answer").click()
    expect(page.get_by_text("Your changed answer is signed and recorded.")).to_be_visible()
    expect(page.get_by_text("(changed since)")).to_be_visible()


@pytest.mark.parametrize("size", ["phone", "desktop"])
def test_a_physician_asks_the_author_comes_back_later_and_passes_on_what_is_not_theirs(
    visit: Visit, house: House, size: str
) -> None:
    query = ask(house, f"Aside-{size}")
    where = f"/queries/{query['query_id']}"
    page = visit(PHYSICIAN, where, size)
    page.get_by_text("Ask the author something").click()
    page.get_by_label("Your question to").fill("Which stay is meant?")
    check_page(page)
    page.get_by_role("button", name="Send the question").click()
    expect(page.get_by_text("Your question went to the author.")).to_be_visible()

    author = visit(CODER, "/questions", size)
    check_page(author)
    author.get_by_role("link", name=f"Aside-{size} Pretend").click()
    author.get_by_label("Your reply").fill("Please write acute kidney injury, the DRG needs it.")
    author.get_by_role("button", name="Send the reply").click()
    expect(author.get_by_role("alert")).to_contain_text("The check does not let this text through")
    check_page(author)
    author.get_by_label("Your reply").fill(REPLY)
    author.get_by_role("button", name="Send the reply").click()
    expect(author.get_by_text("The provider sees your reply.")).to_be_visible()

    page.goto(where)
    expect(page.get_by_text(REPLY)).to_be_visible()
    expect(page.get_by_text("the DRG")).to_have_count(0)
    page.get_by_text("Ask me later").click()
    check_page(page)
    page.get_by_role("button", name="Tomorrow morning").click()
    expect(page.get_by_role("heading", name="Asked to come later")).to_be_visible()
    page.get_by_role("link", name=f"Aside-{size} Pretend").click()
    expect(page.get_by_text("You asked for this later")).to_be_visible()
    page.get_by_role("link", name="Not mine: pass it on").click()
    expect(page.get_by_role("button", name="Pass it on")).to_be_visible()
    check_page(page)
    page.get_by_label("Off service").check()
    page.get_by_label("Somebody else").fill("testmann")
    page.get_by_role("radio", name=re.compile(COLLEAGUE)).check()
    page.get_by_role("button", name="Pass it on").click()
    expect(page.get_by_text("The query was passed on.")).to_be_visible()
    assert house.call(CODER, "GET", f"/api/v1{where}")["recipient_id"] == "testmann"


def test_a_resident_s_answer_is_sent_back_mended_and_cosigned_with_one_tap(visit: Visit, house: House) -> None:
    number = encounter_number()
    query = ask(house, "Cosign", number, to=RESIDENT)
    attending = {"occurred_at": datetime.now(UTC).isoformat(), "facility": FACILITY, "encounter_number": number,
                 "attending_id": PHYSICIAN}  # fmt: skip
    house.call("adt", "POST", "/api/v1/encounters", {"events": [attending]})
    where = f"/queries/{query['query_id']}"
    resident = visit(RESIDENT, where, "phone")
    choices(resident).last.check()
    resident.get_by_role("button", name="Sign this answer").click()
    expect(resident.get_by_text("The answer waits for a cosigner.")).to_be_visible()

    cosigner = visit(PHYSICIAN, "/inbox", "phone")
    waiting = cosigner.locator("section", has=cosigner.get_by_role("heading", name="To cosign"))
    waiting.get_by_role("link", name="Cosign Pretend").click()
    expect(cosigner.get_by_text("Send it back").first).to_be_visible()
    check_page(cosigner)
    cosigner.get_by_text("Send it back").first.click()
    cosigner.get_by_label("Please call me before I cosign this.").check()
    check_page(cosigner)
    cosigner.get_by_role("button", name="Send it back").click()
    expect(cosigner.get_by_text("The answer went back to whoever signed it.")).to_be_visible()

    resident.goto("/inbox")
    expect(resident.get_by_role("heading", name="Sent back to you")).to_be_visible()
    check_page(resident)
    resident.get_by_role("link", name="Cosign Pretend").first.click()
    expect(resident.get_by_text("Please call me before I cosign this.")).to_be_visible()
    check_page(resident)
    choices(resident).first.check()
    resident.get_by_label("Your words").fill("after a call")
    resident.get_by_role("button", name="Sign the changed answer").click()

    finger = Finger()
    cosigner.goto("/inbox")
    finger.tap(waiting.get_by_role("link", name="Cosign Pretend"))
    cosigner.get_by_role("button", name="Cosign this answer").click()
    assert finger.taps == 1
    expect(cosigner.get_by_text("You cosigned the answer.")).to_be_visible()
    check_page(cosigner)


def test_the_second_person_sees_at_once_that_it_was_answered(visit: Visit, house: House) -> None:
    query = ask(house, "Second")
    where = f"/queries/{query['query_id']}"
    first, second = visit(PHYSICIAN, where, "phone"), visit(PHYSICIAN, where, fresh=True)
    for page in (first, second):
        choices(page).last.check()
    first.get_by_role("button", name="Sign this answer").click()
    expect(first.get_by_text("Your answer is signed and recorded.")).to_be_visible()
    choices(second).first.check()
    second.get_by_label("Your words").fill("another answer")
    second.get_by_role("button", name="Sign this answer").click()
    expect(second.get_by_text("This answer is kept, but it does not count")).to_be_visible()
    check_page(second)


@pytest.mark.parametrize("size", ["phone", "desktop"])
def test_coverage_is_set_and_ended_early(visit: Visit, house: House, size: str) -> None:
    page = visit(PHYSICIAN, "/coverage", size)
    page.get_by_label("Colleague: part of the name").fill("bertil")
    page.get_by_role("radio", name=re.compile(COLLEAGUE)).check()
    page.get_by_label("Until").fill(f"{datetime.now(UTC) + timedelta(days=1):%Y-%m-%dT%H:%M}")
    check_page(page)
    page.get_by_role("button", name="Set coverage").click()
    expect(page.get_by_text(f"{COLLEAGUE} answers for you")).to_be_visible()
    check_page(page)
    page.get_by_role("button", name=f"End it now: {COLLEAGUE}").click()
    expect(page.get_by_text("The coverage has ended.")).to_be_visible()
    expect(page.get_by_text(f"{COLLEAGUE} answers for you")).to_have_count(0)


def test_without_a_script_everything_works_and_the_record_s_text_is_shown(visit: Visit, house: House) -> None:
    query = ask(house, "Scriptless")
    where = f"/queries/{query['query_id']}"
    page = visit(PHYSICIAN, "/inbox", "phone", scripts=False)
    page.locator(".card", has_text="Scriptless").get_by_role("link").click()
    page.get_by_role("link", name="Not mine: pass it on").click()
    page.get_by_label("Somebody else").fill("testmann")
    page.get_by_role("button", name="Look").click()
    expect(page.get_by_role("radio", name=re.compile(COLLEAGUE))).to_be_visible()
    page.get_by_role("link", name="Back to the query").click()
    option = query["document"]["options"][0]
    expect(page.get_by_text("Answer: the one you choose above, word for word")).to_be_visible()
    page.get_by_label(option["text"], exact=True).check()
    expect(page.get_by_text(f"Answer: {option['text']}", exact=True)).to_be_visible()
    expect(page.get_by_text("the one you choose above")).to_be_hidden()
    page.get_by_label("Your words").fill("without a script")
    page.get_by_role("button", name="Sign this answer").click()
    expect(page.get_by_text("Your answer is signed and recorded.")).to_be_visible()
    expect(page).to_have_url(f"{house.url}{where}?done=accepted")


def test_a_query_is_answered_by_keyboard_alone(visit: Visit, house: House) -> None:
    query = ask(house, "Keyboard")
    page = visit(PHYSICIAN, "/inbox")

    def tab_to(what: str) -> None:
        for _ in range(200):
            page.keyboard.press("Tab")
            if page.evaluate("(what) => document.activeElement.matches(what)", what):
                return
        raise AssertionError(f"the keyboard does not reach {what}")

    tab_to(f'a[href="/queries/{query["query_id"]}"]')
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Question", exact=True)).to_be_visible()
    tab_to("input[name=choice]")
    page.keyboard.press("ArrowUp")  # from the first answer, up is round to the last
    assert choices(page).last.is_checked()
    tab_to("form.answering > button")
    shows_focus = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert shows_focus != "none"
    page.keyboard.press("Enter")
    expect(page.get_by_text("Your answer is signed and recorded.")).to_be_visible()


@pytest.mark.parametrize("size", ["phone", "zoomed"])
def test_however_long_the_evidence_the_question_is_one_tap_away(visit: Visit, house: House, size: str) -> None:
    query = ask(house, f"Long-{size}", indicators=creatinine(40))
    page = visit(PHYSICIAN, f"/queries/{query['query_id']}", size)
    shown = len(query["document"]["indicators"])
    if shown > 9:
        folded = page.get_by_text(f"{shown - 8} more values from the record")
        expect(folded).to_be_visible()
        folded.click()
    check_page(page)
    jump = page.get_by_role("link", name="To the question")
    expect(jump).to_be_in_viewport()
    jump.click()
    expect(page.get_by_role("heading", name="Question", exact=True)).to_be_in_viewport()


def test_fetching_a_query_ahead_opens_nothing(visit: Visit, house: House) -> None:
    query = ask(house, "Ahead")
    page = visit(PHYSICIAN, "/coverage")
    where = f"/queries/{query['query_id']}"
    answer = page.request.get(where, headers={"Sec-Purpose": "prefetch"})
    assert answer.status == 503
    assert house.call(CODER, "GET", f"/api/v1{where}")["opened_at"] is None
    page.goto(where)
    assert house.call(CODER, "GET", f"/api/v1{where}")["opened_at"] is not None
