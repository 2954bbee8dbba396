"""Raising a gap by hand: the form helps, keeps what was written, says what is wrong where it is, and shows the text."""

from __future__ import annotations

import html
import json
import re
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from typing import Any

import httpx
import pytest
import pytest_asyncio

from compliance import shipped_knowledge
from schemas.gaps import Indicator
from services.foundation.database import Database
from services.query_builder.app import Prepared
from services.query_builder.library import Library, shipped_folder
from services.query_builder.web import create_app as preview_app
from services.tracker.builder import HttpBuilder
from services.tracker.policy import Policy
from tests.tracker_pages.house import BASE, FACILITY, Browser, House, token_in

pytestmark = pytest.mark.database

TOKEN = "a token between the parts of this test"
CREATININE = """name\tvalue\tunit\twhen
Creatinine\t0.9\tmg/dL\t2026-03-02 13:30
Creatinine\t1.9\tmg/dL\t2026-03-03 06:00
Creatinine\t1.2\tmg/dL\t2026-03-04 06:00"""
STAY = {"number": "E77", "facility": FACILITY, "setting": "inpatient", "category": "missing_diagnosis"}
WHOLE = {**STAY, "provider_id": "ferro", "concept": "creatinine", "table": CREATININE, "started_at": "2026-03-02 13:00"}


@pytest.fixture(scope="module")
def prepared() -> Prepared:
    library = Library.load(shipped_folder(), today=date(2026, 3, 4))
    return Prepared(library, library.knowledge(shipped_knowledge()))


@pytest_asyncio.fixture
async def built(tracker_database: Database, prepared: Prepared) -> AsyncIterator[House]:
    """A house whose pages can ask a query builder, in New York."""
    transport = httpx.ASGITransport(preview_app(prepared, TOKEN))
    async with HttpBuilder("http://builder.invalid", TOKEN, transport=transport) as builder:
        made = House(tracker_database, policy=Policy(zones={FACILITY: "America/New_York"}), builder=builder)
        await made.people()
        yield made


def said(response: httpx.Response) -> str:
    """What a reader reads: the text without tags."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", response.text)).split())


def hidden(response: httpx.Response, name: str) -> list[str]:
    return [html.unescape(found) for found in re.findall(rf'name="{name}" value="([^"]*)"', response.text)]


async def do(browser: Browser, what: str, **fields: Any) -> httpx.Response:
    form = await browser.see("/gaps/new")
    data = {"csrf": token_in(form), "do": what, **fields}
    return await browser.client.post("/gaps/new", data=data, headers={"Origin": BASE})


@pytest.mark.asyncio
async def test_a_gap_is_raised_from_a_pasted_table_by_its_author(built: House) -> None:
    browser = await built.browser("ada")
    answer = await browser.send("/gaps/new", "/gaps/new/raise", **WHOLE, note="look at this", codes="N17.9, N18")
    chart_id = built.office.chart_id(FACILITY, "E77")
    assert answer.headers["location"] == f"/charts/{chart_id}?done=raised"
    (gap,) = await built.rows("SELECT author_id, category, content FROM gaps")
    assert (gap["author_id"], gap["category"]) == ("ada", "missing_diagnosis")
    content = gap["content"]
    assert [one["value"] for one in content["indicators"]] == ["0.9", "1.9", "1.2"]
    assert datetime.fromisoformat(content["indicators"][0]["observed_at"]) == datetime(2026, 3, 2, 18, 30, tzinfo=UTC)
    assert content["addressee"]["provider_id"] == "ferro"
    assert content["coder_only"] == {"suspected_codes": ["N17.9", "N18"], "impact": {}, "note": "look at this"}


@pytest.mark.asyncio
async def test_a_gap_carries_its_priority_and_can_lead_to_a_talk(built: House) -> None:
    browser = await built.browser("bo")
    answer = await browser.send("/gaps/new", "/gaps/new/raise", **WHOLE, priority="urgent", then="talk")
    (gap,) = await built.rows("SELECT gap_uid, content FROM gaps")
    assert gap["content"]["priority"] == "urgent"
    assert answer.headers["location"] == f"/gaps/{gap['gap_uid']}/spoken"


@pytest.mark.asyncio
async def test_the_same_form_sent_twice_is_one_gap(built: House) -> None:
    browser = await built.browser("ada")
    form = await browser.see("/gaps/new")
    data = {"csrf": token_in(form), "form_id": hidden(form, "form_id")[0], **WHOLE}
    for _ in range(2):
        assert (await browser.client.post("/gaps/new/raise", data=data, headers={"Origin": BASE})).status_code == 303
    assert len(await built.rows("SELECT 1 FROM gaps")) == 1


@pytest.mark.asyncio
async def test_what_is_wrong_stands_beside_its_field_and_everything_written_stays(built: House) -> None:
    browser = await built.browser("ada")
    wrong = {
        **WHOLE,
        "number": "",
        "category": "money",
        "due_at": "soon",
        "birth_date": "1.1.50",
        "table": CREATININE + "\nLactate\t\tmmol/L\t2026-03-03 06:00",
        "note": "my <b>own</b> words",
    }
    answer = await browser.send("/gaps/new", "/gaps/new/raise", **wrong)
    assert answer.status_code == 422
    assert answer.text.count('role="alert"') == 1
    for name, sentence in {
        "number": "The encounter number is missing.",
        "category": "Choose one.",
        "due_at": "The due date is no time; write it like 2026-11-20 06:05.",
        "birth_date": "The date of birth is no date; write it like 1950-01-31.",
        "table": "Some rows cannot be read; mend them, or take them out.",
    }.items():
        assert f'id="{name}-error">{sentence}' in answer.text
    assert "Line 5 : value is missing." in said(answer)
    assert "Lactate\t\tmmol/L" in answer.text
    assert "my &lt;b&gt;own&lt;/b&gt; words" in answer.text
    assert 'value="soon"' in answer.text
    assert await built.rows("SELECT 1 FROM gaps") == []


@pytest.mark.asyncio
async def test_the_preview_shows_the_text_the_recipient_and_what_would_happen_and_stores_nothing(built: House) -> None:
    browser = await built.browser("ada")
    rows = CREATININE + "\nUrea nitrogen\t52\tmg/dL\t2026-03-03 06:00"
    answer = await browser.send("/gaps/new", "/gaps/new/preview", **{**WHOLE, "table": rows})
    text = said(answer)
    assert "Would be sent at once." in text
    assert "It asks Dr. Ferro Invented, as attending." in text
    assert "It would hold the chart until it is settled." in text
    assert "Unable to determine" in text
    assert "1.9" in text
    assert "used here" in text
    assert "The check found nothing." in text
    for table in ("gaps", "charts", "event_log", "outbox", "idempotency", "inbox"):
        assert await built.rows(f"SELECT 1 FROM {table}") == [], table


@pytest.mark.asyncio
async def test_a_finding_stands_beside_the_words_that_it_concerns(built: House) -> None:
    browser = await built.browser("ada")
    rows = CREATININE + "\nSevere sepsis per DRG query\t1\t\t2026-03-03 06:00"
    answer = await browser.send("/gaps/new", "/gaps/new/preview", **{**WHOLE, "table": rows})
    marks = re.findall(r'<mark id="words-(\d+)">(.*?)</mark>', answer.text, re.DOTALL)
    assert marks
    for number, inside in marks:
        assert f'href="#finding-{number}"' in inside
        assert f'<li id="finding-{number}">' in answer.text
        assert f'href="#words-{number}"' in answer.text


@pytest.mark.asyncio
async def test_a_finding_about_a_fact_leads_to_the_field_that_holds_it(built: House) -> None:
    browser = await built.browser("ada")
    answer = await browser.send("/gaps/new", "/gaps/new/preview", **{**WHOLE, "started_at": ""})
    assert "Would wait for a person before it is sent" in said(answer)
    assert 'on <a href="#started_at">the start of the stay</a>' in answer.text


@pytest.mark.asyncio
async def test_the_preview_says_what_is_missing_for_a_question_and_which_templates_there_are(built: House) -> None:
    browser = await built.browser("ada")
    empty = await browser.send("/gaps/new", "/gaps/new/preview", number="E1")
    assert "Choose the kind of stay and what is missing" in said(empty)
    nothing = await browser.send("/gaps/new", "/gaps/new/preview", **STAY)
    assert "No question can be composed yet: no template of the library fits this gap" in said(nothing)
    assert "Templates for this kind of gap" in said(nothing)
    assert "it needs" in said(nothing)
    nobody = await browser.send("/gaps/new", "/gaps/new/preview", **{**WHOLE, "provider_id": ""})
    assert "Nobody would be asked" in said(nobody)
    assert "1.9" in said(nobody)


@pytest.mark.asyncio
async def test_a_question_that_is_open_already_is_told_before_it_is_raised(built: House) -> None:
    browser = await built.browser("ada")
    await browser.send("/gaps/new", "/gaps/new/raise", **WHOLE)
    again = await browser.send("/gaps/new", "/gaps/new/preview", **WHOLE)
    assert "This question is open on the chart already" in said(again)
    raised = await browser.send("/gaps/new", "/gaps/new/raise", **WHOLE)
    assert raised.headers["location"].endswith("?done=asked_already")


@pytest.mark.asyncio
async def test_without_a_query_builder_the_form_works_and_says_that_there_is_no_preview(house: House) -> None:
    browser = await house.browser("ada")
    answer = await browser.send("/gaps/new", "/gaps/new/preview", **WHOLE)
    assert "There is no preview here" in said(answer)
    assert (await browser.send("/gaps/new", "/gaps/new/raise", **WHOLE)).status_code == 303


@pytest.mark.asyncio
async def test_a_known_stay_fills_in_what_is_known_and_looking_it_up_is_recorded(built: House) -> None:
    chart_id = await built.raise_gap("g1")
    await built.encounter(chart_id, encounter_class="inpatient", attending_id="okafor", service="Medicine")
    browser = await built.browser("bo")
    answer = await do(browser, "encounter", number="E1")
    assert "Philippa <Pretend>" in said(answer)
    assert f'value="{FACILITY}"' in answer.text
    assert 'value="Medicine"' in answer.text
    assert '<option value="inpatient" selected>' in answer.text
    assert '<option value="okafor" selected>' in answer.text
    views = await built.rows("SELECT user_id, chart_id FROM view_log")
    assert {"user_id": "bo", "chart_id": chart_id} in views
    unknown = await do(browser, "encounter", number="E404")
    assert "Nothing is known of this encounter yet" in said(unknown)
    opened = await browser.see(f"/gaps/new?chart={chart_id}")
    assert 'value="E1"' in opened.text


@pytest.mark.asyncio
async def test_good_rows_move_to_the_list_and_bad_ones_stay_to_be_mended(built: House) -> None:
    browser = await built.browser("ada")
    answer = await do(browser, "rows", **STAY, table=CREATININE + "\nLactate\tmany\tmmol/L\ttoday")
    kept = [Indicator.model_validate_json(one) for one in hidden(answer, "indicator")]
    assert [one.value for one in kept] == ["0.9", "1.9", "1.2"]
    assert "Line 5 : when is no time" in said(answer)
    assert "Lactate\tmany" in answer.text
    assert "Creatinine\t0.9" not in answer.text
    fewer = await do(browser, "drop-indicator-1", **STAY, indicator=hidden(answer, "indicator"))
    assert len(hidden(fewer, "indicator")) == 2


@pytest.mark.asyncio
async def test_an_indicator_and_a_term_are_added_field_by_field(built: House) -> None:
    browser = await built.browser("ada")
    typed = {"one_name": "Sodium", "one_value": "128 mmol/L", "one_when": "3/3/2026 0600", "one_kind": "laboratory"}
    answer = await do(browser, "one", **STAY, **typed)
    (one,) = (Indicator.model_validate_json(text) for text in hidden(answer, "indicator"))
    assert (one.value, one.unit, one.source) == ("128", "mmol/L", "Laboratory")
    wrong = await do(browser, "one", **STAY, **{**typed, "one_when": "noon"})
    assert 'id="one_when-error">This is no time; write it like 2026-11-20 06:05.' in wrong.text
    assert 'value="noon"' in wrong.text
    term = {"term": "swollen test", "term_source": "Progress note", "term_when": "2026-03-03 09:00"}
    documented = await do(browser, "term", **STAY, **term)
    assert json.loads(hidden(documented, "documented")[0])["term"] == "swollen test"
    assert 'id="term_when-error">This is missing.' in (await do(browser, "term", term="x")).text


SIDES = """name\tvalue\twhen\tkind\tsource
H&P\tFall at home with left hip fracture\t2026-03-02 14:00\tnote\tH&P
Operative note\tOpen reduction of right hip fracture\t2026-03-03 09:00\tnote\tOperative note"""


@pytest.mark.asyncio
async def test_two_notes_that_differ_are_asked_about_in_their_own_words(built: House) -> None:
    browser = await built.browser("ada")
    conflict = {**WHOLE, "category": "conflict", "concept": "side of the fracture", "table": SIDES}
    answer = await browser.send("/gaps/new", "/gaps/new/preview", **conflict, options="Right hip\nLeft hip\n")
    assert re.findall(r'<li dir="auto">(Left hip|Right hip)</li>', answer.text) == ["Left hip", "Right hip"]
    assert "“Fall at home with left hip fracture”" in said(answer)
    wrong = await browser.send("/gaps/new", "/gaps/new/raise", **conflict, options="Pelvis")
    assert 'id="options-error">An answer stands in none of the indicators: “Pelvis”.' in wrong.text


@pytest.mark.asyncio
async def test_a_bundle_is_read_offered_and_forgotten(built: House) -> None:
    bundle = {
        "resourceType": "Bundle",
        "entry": [
            {"resource": {"resourceType": "Patient", "name": [{"family": "Secretperson"}]}},
            {
                "resource": {
                    "resourceType": "Observation",
                    "status": "final",
                    "subject": {"display": "Secretperson"},
                    "code": {"text": "Sodium", "coding": [{"system": "http://loinc.org", "code": "2951-2"}]},
                    "effectiveDateTime": "2026-03-03T06:00:00Z",
                    "valueQuantity": {"value": 128, "unit": "mmol/L"},
                }
            },
            {"resource": {"resourceType": "Observation", "status": "cancelled", "code": {"text": "Potassium"}}},
        ],
    }
    browser = await built.browser("ada")
    answer = await do(browser, "bundle", **STAY, bundle=json.dumps(bundle))
    assert "1 indicators and 0 documented terms can be used" in said(answer)
    assert "Observation (number 3): its status is cancelled." in said(answer)
    assert "1 Patient" in said(answer)
    assert "Secretperson" not in answer.text
    offered = hidden(answer, "offered_indicator")
    picked = await do(browser, "picked", **STAY, offered_indicator=offered, pick_indicator="0")
    assert [Indicator.model_validate_json(one).name for one in hidden(picked, "indicator")] == ["Sodium"]
    assert "This is not a FHIR bundle in JSON." in said(await do(browser, "bundle", bundle="{"))
    form = await browser.see("/gaps/new")
    sent = await browser.client.post(
        "/gaps/new",
        data={"csrf": token_in(form), "do": "bundle", **STAY},
        files={"bundle_file": ("bundle.json", json.dumps(bundle).encode())},
        headers={"Origin": BASE},
    )
    assert "1 indicators and 0 documented terms can be used" in said(sent)


@pytest.mark.asyncio
async def test_providers_are_found_by_name_as_one_types_and_only_by_post(built: House) -> None:
    browser = await built.browser("ada")
    form = await browser.see("/gaps/new")
    answer = await browser.client.post(
        "/gaps/new/providers",
        data={"csrf": token_in(form), "provider_search": "okaf"},
        headers={"Origin": BASE, "HX-Request": "true"},
    )
    assert re.findall(r'data-value="([^"]*)"', answer.text) == ["okafor"]
    assert "<html" not in answer.text
    assert (await browser.see("/gaps/new/providers?provider_search=okaf")).status_code in (404, 405)
    odd = await do(browser, "provider", provider_search="100%_\\")
    assert odd.status_code == 200


@pytest.mark.asyncio
async def test_whatever_a_browser_sends_the_form_comes_back(built: House) -> None:
    browser = await built.browser("ada")
    for fields in (
        {"do": "drop-indicator-7"},
        {"do": "use:no-such-template"},
        {"do": "nonsense", "kind": "wishes", "sensitivity": "money", "response_type": "shout"},
        {"indicator": ["{", "7", "{}"], "documented": "[]", "offered_term": "x"},
        {"form_id": "x" * 99, "known": "no-such-chart", "provider_id": "nobody"},
        {"number": "x" * 9_000, "concept": "x" * 9_000, "table": "\0\0\t\t"},
        {"facility": "../../etc", "started_at": "2026-03-08 02:30"},
    ):
        for path in ("/gaps/new", "/gaps/new/preview", "/gaps/new/raise"):
            form = await browser.see("/gaps/new")
            data = {"csrf": token_in(form), **STAY, **fields}
            answer = await browser.client.post(path, data=data, headers={"Origin": BASE})
            assert answer.status_code in (200, 303, 422), (path, fields, answer.text[-300:])


@pytest.mark.asyncio
async def test_only_who_raises_gaps_opens_the_form(built: House) -> None:
    for user in ("cleo", "u-ferro"):
        browser = await built.browser(user)
        assert (await browser.see("/gaps/new")).status_code == 403
